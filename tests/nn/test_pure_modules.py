"""Every module, and every loss, as a pure program on NumPy: the text that JAX runs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from pure_numpy import on_numpy
from test_every_module import CASES

from autograd import compile

TAKEN_APART = {"RestrictedBoltzmann", "Gate", "Transformer"}  # not called with rows of numbers


def leaves(y: Any) -> list[Any]:
    y = y.tolist() if isinstance(y, np.ndarray) else y
    return [z for part in y for z in leaves(part)] if isinstance(y, (list, tuple)) else [y]


def rows_like(sample: Any, draws: np.random.Generator) -> Any:
    """Return rows in the form of a sample: others, but indices stay indices."""
    if isinstance(sample, tuple):
        return tuple(rows_like(part, draws) for part in sample)
    found = np.stack([np.array(sample)] * 4)
    return found + draws.normal(size=found.shape) if found.dtype.kind == "f" else found


@pytest.mark.parametrize(
    "name", [n for n, [(_, x), *_] in CASES.items() if x and n not in TAKEN_APART]
)
def test_every_module(name: str) -> None:
    draws = np.random.default_rng(0)
    for make, sample in CASES[name]:
        model = make().eval()
        for p in model.parameters():
            p.data = float(draws.normal()) / 2
        several = isinstance(sample, tuple)

        def loss(x: Any, model: Any = model, several: bool = several) -> Any:
            ys = leaves(model(*x) if several else model(x))
            return sum(math.sin(k + 1) * y for k, y in enumerate(ys))

        rows = rows_like(sample, draws)
        fast = compile(lambda x: loss(x), rows=["x"], reduce="mean")
        value = fast(rows)
        pure = on_numpy(fast)
        got, slopes, _ = pure.value_and_grad(pure.parameters, (rows,))
        assert math.isclose(got, value, rel_tol=1e-12, abs_tol=1e-12)
        if model.parameters():
            _, gradient = fast.bind(model).value_and_grad(rows)
            by_value = dict(zip(map(id, pure.values), pure.unpack(slopes), strict=True))
            found = [by_value.get(id(p), 0.0) for p in model.parameters()]
            np.testing.assert_allclose(found, gradient, 1e-12, 1e-12)
