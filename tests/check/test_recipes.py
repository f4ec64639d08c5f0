"""The README's recipes: each runs, and catches a mistake made in the gradient that it checks."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograd.check import GradientMismatch

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
RECIPES = dict(re.findall(r"<!-- recipe: (\w+) -->\n```python\n(.*?)```\n", README, re.DOTALL))
NEEDS = {"scipy": "scipy", "torch": "torch", "jax": "jax", "homework": "numpy"}
# what is right in a recipe, and a mistake of the kind that people make there
MISTAKES = [
    ("scipy", "slopes = 2 * residuals", "slopes = residuals"),
    ("scipy", "(1 + residuals**2)", "(1 + residuals)"),
    ("scipy", "[slopes.sum(), slopes @ t]", "[slopes @ t, slopes.sum()]"),
    ("torch", "dy * torch.tanh(x)", "torch.tanh(-x) * dy"),
    ("torch", "dy * torch.tanh(x)", "dy * x"),
    ("torch", "torch.float64", "torch.float32"),
    ("jax", "(dy * x / y,)", "(dy * x,)"),
    ("jax", "(dy * x / y,)", "(-dy * x / y,)"),
    ("homework", "(1 - h**2)", "(1 - h)"),
    ("homework", "np.outer(dh, x)", "np.outer(h, x)"),
    ("homework", '"v": dy * h', '"v": h'),
]


@pytest.fixture(autouse=True)
def jax_as_it_was() -> Iterator[None]:
    """Undo what the recipe tells JAX for the whole process."""
    yield
    if jax := sys.modules.get("jax"):
        jax.config.update("jax_enable_x64", False)


def test_all_recipes_are_run() -> None:
    assert RECIPES.keys() == NEEDS.keys()
    assert {name for name, _, _ in MISTAKES} == NEEDS.keys()


@pytest.mark.parametrize("name", NEEDS)
def test_it_runs(name: str) -> None:
    pytest.importorskip(NEEDS[name])
    exec(RECIPES[name], {})


@pytest.mark.parametrize(("name", "right", "wrong"), MISTAKES)
def test_it_catches_a_mistake(name: str, right: str, wrong: str) -> None:
    pytest.importorskip(NEEDS[name])
    assert RECIPES[name].count(right) == 1
    with pytest.raises(GradientMismatch):
        exec(RECIPES[name].replace(right, wrong), {})
