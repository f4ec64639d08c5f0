"""Random functions with much sharing, saved in both forms: values, and gradients by what is shared."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from random_graphs import graph
from test_agreement_compiled import eager, numbers

from autograd import compile
from autograd.program.exporting.standalone import Standalone


@pytest.mark.parametrize("seed", range(24))
def test_random_functions_saved(seed: int) -> None:
    source, draws = random.Random(seed), np.random.default_rng(seed)
    f, n, m = graph(source, 12)
    x, w = numbers(draws, 6, n), numbers(draws, m)
    found = [eager(lambda a, b: f(a, b)[0], row, w) for row in x]
    if None in found:  # infinities
        return
    reduce = source.choice([None, "sum", "mean"])
    fast = compile(lambda x, w: f(x, w)[0], rows=["x"], reduce=reduce)
    want, bound = fast(x, w), 1e-12 * sum(each[2] for each in found)
    names: dict[str, Any] = {}
    exec(Standalone(fast).text(), names)
    value, gradients = names["program_and_gradients"](x, w)
    np.testing.assert_allclose(value, want, rtol=1e-12, atol=bound)
    slopes = fast.grad(x, w, argnums=1)
    slopes = slopes if reduce else np.sum(slopes, axis=0)
    sizes = np.sum([each[3][n:] for each in found], axis=0)
    assert (np.abs(gradients["w"] - slopes) <= 1e-12 * sizes).all()

    pytest.importorskip("onnxruntime", reason='pip install "chalkgrad[onnx]"')
    from autograd.program.exporting.onnx import OnnxModel

    model = OnnxModel(fast)
    [got] = model.run(model.content(), {"x": x, "w": w})
    np.testing.assert_allclose(got, want, rtol=1e-12, atol=bound)
