"""micrograd users can switch by changing the import; published examples give their numbers."""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path
from typing import Any

import pytest

import autograd
from autograd import Value, gradients, hessian

WORKED = json.loads((Path(__file__).parents[1] / "data" / "worked_numbers.json").read_text())[
    "items"
]
EPSILON = sys.float_info.epsilon


def run(item: dict[str, Any], inputs: list[Any]) -> Any:
    names: dict[str, Any] = dict(zip(item["inputs"], inputs, strict=True))
    functions = {name: getattr(autograd, name) for name in autograd.__all__}
    for name, formula in item["steps"]:
        names[name] = eval(formula, functions, names)
    return names


@pytest.mark.parametrize("item", WORKED, ids=[item["id"] for item in WORKED])
def test_worked_examples_of_the_literature(item: dict[str, Any]) -> None:
    """Their stored digits come from 80-digit arithmetic.

    Each example is at most 50 roundings of half an ulp deep, none of them amplified by more than
    the 8 of a sum that cancels: 200 ulp of the largest number in it bounds the rounding error.
    """
    values = [Value(x, label=name) for name, x in item["inputs"].items()]
    names = run(item, values)
    y = names[item["output"]]
    for name, expected in item["intermediates"].items():
        assert abs(names[name].data - expected) <= 4 * EPSILON * max(1, abs(expected)), name
    bound = 200 * EPSILON * max(1.0, abs(y.data))
    assert abs(y.data - item["value"]) <= bound
    found = dict(zip(item["inputs"], gradients(y, values), strict=True))
    largest = max(map(abs, item["grad"].values()))
    for name, expected in item["grad"].items():
        assert abs(found[name] - expected) <= 200 * EPSILON * largest, name
    second = hessian(lambda xs: run(item, xs)[item["output"]])(list(item["inputs"].values()))
    scale = max(abs(h) for row in item["hess"] for h in row) if "hess" in item else 0
    for row, expected_row in zip(second, item.get("hess", []), strict=False):
        for h, expected in zip(row, expected_row, strict=True):
            assert abs(h - expected) <= 200 * EPSILON * scale
    published = item.get("published", {})
    for name, text in published.items():
        x = names[name].data if name in names else found.get(name.removeprefix("d"))
        if x is not None and isinstance(text, str):
            digits = len(text.partition(".")[2])
            half_a_digit = 0.5 * 10.0**-digits
            assert abs(x - float(text)) <= half_a_digit + 200 * EPSILON * largest, (name, x, text)


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
