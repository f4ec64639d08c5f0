"""micrograd users can switch by changing the import."""

from __future__ import annotations

import random
import sys
from typing import Any

import pytest

from autograd import Value

EPSILON = sys.float_info.epsilon


def test_the_readme_example_prints_micrograds_digits() -> None:
    a, b = Value(-4.0), Value(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    assert f"{g.data:.4f}" == "24.7041"
    g.backward()
    assert f"{a.grad:.4f}" == "138.8338"
    assert f"{b.grad:.4f}" == "645.5773"


def test_its_test_files_first_expression() -> None:
    """test_engine.py::test_sanity_check: PyTorch's double-precision answers are exact here."""
    x = Value(-4.0)
    z = 2 * x + 2 + x
    q = z.relu() + z * x
    h = (z * z).relu()
    y = h + q + q * x
    y.backward()
    assert (y.data, x.grad) == (-20.0, 46.0)


def test_its_nn_code_runs_on_our_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same network, seed and data: losses and gradients equal those of its own engine."""
    theirs = pytest.importorskip("micrograd.engine").Value
    module = pytest.importorskip("micrograd.nn")

    def train(engine: Any) -> list[float]:
        monkeypatch.setattr(module, "Value", engine)
        random.seed(1337)
        model = module.MLP(2, [4, 4, 1])
        xs = [[random.uniform(-1, 1), random.uniform(-1, 1)] for _ in range(6)]
        ys = [1 if x[0] > x[1] else -1 for x in xs]
        seen = []
        for _ in range(3):
            losses = [(1 + -y * model(x)).relu() for x, y in zip(xs, ys, strict=True)]
            loss = sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in model.parameters())
            model.zero_grad()
            loss.backward()
            for p in model.parameters():
                p.data -= 0.1 * p.grad
            seen += [loss.data, *[p.data for p in model.parameters()]]
        return seen

    ours, original = train(Value), train(theirs)
    # the order of additions in the reverse pass differs: a rounding or two a step, of terms near 1
    assert max(abs(a - b) for a, b in zip(ours, original, strict=True)) <= 64 * EPSILON
