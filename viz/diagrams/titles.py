"""What a box is called: the operation as it is written, with its constants in their places."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import Any

from autograd import Value
from viz.diagrams.digits import digits

_INFIX = {"add": "+", "sub": "-", "mul": "×", "div": "÷", "floordiv": "//", "mod": "%"}
_PREFIX = {"neg": "-", "sqrt": "√", "abs": "|x|"}
_SYMMETRIC = {"add", "mul", "sum", "mean", "prod", "max", "min", "maximum", "minimum", "norm",
              "hypot", "logsumexp", "dot"}  # fmt: skip
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_ORDINALS = ("1st", "2nd", "3rd")


def _nameless(_: Value) -> str:
    return ""


def title(v: Value, name: Callable[[Value], str] = _nameless) -> str:
    """Return the operation that made v, "" for a leaf.

    `name` may give operands a name, which an operation whose operands can be swapped leaves out.

    >>> x = Value(3.0)
    >>> [title(y) for y in (x * x, 2 / x, x - 1, x**2, x**-0.5, 2**x, x.clip(0, 1), -x)]
    ['×', '2 ÷', '- 1', 'x²', 'x^-0.5', '2^x', 'clip(x, 0, 1)', '-']
    """
    if v.rule is None:
        return ""
    rule = v.rule.name
    if rule in _SYMMETRIC:
        name = _nameless
    operands = [name(x) if type(x) is Value else digits(x) for x in v.inputs]
    if rule in _INFIX:
        a, b = operands
        return " ".join(filter(None, (a, _INFIX[rule], b)))
    if rule == "pow":
        return _power(operands[0] or "x", operands[1] or "y", v.inputs)
    if rule in _PREFIX:
        return _PREFIX[rule]
    if all(type(x) is Value for x in v.inputs):
        return v.rule.symbol
    return f"{v.rule.symbol}({', '.join(_arguments(v.inputs))})"


def _power(base: str, exponent: str, inputs: tuple[Any, ...]) -> str:
    if type(inputs[0]) is not Value:
        return f"{base}^{'x' if exponent == 'y' else exponent}"
    if exponent.removeprefix("-").isdecimal():
        return base + exponent.translate(_SUPERSCRIPTS)
    return f"{base}^({exponent})" if "/" in exponent else f"{base}^{exponent}"


def _arguments(inputs: tuple[Any, ...]) -> list[str]:
    """Return constants as they are and every run of Values as x or x…."""
    words: list[str] = []
    for is_value, run in groupby(inputs, lambda x: type(x) is Value):
        xs = list(run)
        words += [("x…" if len(xs) > 1 else "x")] if is_value else map(digits, xs)
    return words


def sign(v: Value) -> str:
    """Return the operation that made v without its operands and constants, "" for a leaf.

    >>> x = Value(3.0)
    >>> [sign(y) for y in (x * 2, x - 1, x**2, x.clip(0, 1))]
    ['×', '-', '**', 'clip']
    """
    return _INFIX.get(v.rule.name, v.rule.symbol) if v.rule else ""


def which(v: Value, i: int) -> str:
    """Return which operand the i-th input is, "" where that makes no difference.

    >>> which(Value(1.0) - Value(2.0), 0), which(Value(1.0) + Value(2.0), 0)
    ('left', '')
    """
    if v.rule is None or v.rule.name in _SYMMETRIC or sum(type(x) is Value for x in v.inputs) < 2:
        return ""
    if v.rule.name == "pow":
        return ("base", "exponent")[i]
    if v.rule.name in _INFIX:
        return ("left", "right")[i]
    return _ORDINALS[i] if i < len(_ORDINALS) else f"{i + 1}th"
