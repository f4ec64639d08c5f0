"""What an operation is called: constants in their places, operands never exchanged."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

import autograd
from autograd import Value
from viz.diagrams.titles import title, which

X, Y = Value(2.0), Value(0.5)

TITLES: list[tuple[Any, str]] = [
    (X, ""),
    (X + Y, "+"),
    (X + 1, "+ 1"),
    (1 + X, "1 +"),
    (X - 1, "- 1"),
    (1 - X, "1 -"),
    (X / 3, "÷ 3"),
    (3 / X, "3 ÷"),
    (X * 1e-5, "× 1e-5"),
    (X**2, "x²"),
    (X**3, "x³"),
    (X**-1, "x⁻¹"),
    (X**10, "x¹⁰"),
    (X**0.5, "x^0.5"),
    (X ** Fraction(1, 2), "x^(1/2)"),
    (2**X, "2^x"),
    (X**Y, "x^y"),
    (-X, "-"),
    (abs(X), "|x|"),
    (X.tanh(), "tanh"),
    (X.leaky_relu(), "leaky_relu(x, 0.01)"),
    (Value.where(True, X, 0.0), "where(True, x, 0)"),
    (autograd.dot([X, Y], [X, Y]), "dot"),
    (autograd.softmax([X, Y])[1], "softmax(1, x…)"),
]


@pytest.mark.parametrize(("v", "text"), TITLES, ids=[text or "leaf" for _, text in TITLES])
def test_title(v: Value, text: str) -> None:
    assert title(v) == text


def test_operands_can_be_named_where_their_order_matters() -> None:
    def name(x: Value) -> str:
        return "p" if x is X else "q"

    assert title(X - Y, name) == "p - q"
    assert title(X**Y, name) == "p^q"
    assert title(X * Y, name) == "×"


def test_which_operand_it_is_is_said_where_it_matters() -> None:
    assert [which(X / Y, i) for i in (0, 1)] == ["left", "right"]
    assert [which(X**Y, i) for i in (0, 1)] == ["base", "exponent"]
    assert [which(X.atan2(Y), i) for i in (0, 1)] == ["1st", "2nd"]
    assert [which(v, 0) for v in (X * Y, X - 1, X.tanh())] == ["", "", ""]
