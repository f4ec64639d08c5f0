"""Local derivatives as they are often taken by mistake: a table of wrong formulas.

None of these is a derivative of ours: those are in `rules.py`, and what is right here comes from
differences. An entry is what someone writes who forgets a factor, takes the output for the input
or confuses two functions. In the formulas y is the output, x or a and b are the inputs, d is the
right local derivative and i the number of the input.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from autograd.rules import Rule
from autograd.value import Value, data_of


class Slope(NamedTuple):
    """Hold a wrong local derivative, how it comes about, and the bits that it takes to say."""

    value: float
    how: str
    bits: float


NOTHING = "0: no gradient passes"
TWICE = "twice what it is"
Formula = Callable[..., float]

# Formulas for every operation: (text, formula of the output, the own input and d; bits).
_ANY: list[tuple[str, Formula, float]] = [
    (NOTHING, lambda y, x, d: 0.0, 1),
    ("the negative of what it is", lambda y, x, d: -d, 1),
    (TWICE, lambda y, x, d: 2 * d, 2),
    ("half of what it is", lambda y, x, d: d / 2, 2.5),
]
_ANY_BUT_LINEAR: list[tuple[str, Formula, float]] = [
    *_ANY,
    ("1: its factor in the chain rule is forgotten", lambda y, x, d: 1.0, 1.5),
    ("1 over what it is", lambda y, x, d: 1 / d, 3),
    ("its square: it is applied twice", lambda y, x, d: d * d, 3),
    ("its own input", lambda y, x, d: x, 2.5),
    ("its output", lambda y, x, d: y, 2.5),
    ("1 over its own input", lambda y, x, d: 1 / x, 3),
    ("1 over its output", lambda y, x, d: 1 / y, 3),
    ("itself times the input", lambda y, x, d: d * x, 3),
    ("itself times the output", lambda y, x, d: d * y, 3),
    ("-1", lambda y, x, d: -1.0, 3),
]
_LINEAR = {"add", "sub", "neg", "identity", "sum", "mean"}

# Formulas of one rule's input (None: of any one): (rule, input, text, formula of y and the inputs).
_OF: list[tuple[str, int | None, str, Formula]] = [
    ("div", 0, "b instead of 1/b", lambda y, a, b: b),
    ("div", 0, "1/b**2 instead of 1/b", lambda y, a, b: 1 / b**2),
    ("div", 1, "1/b, that of the numerator", lambda y, a, b: 1 / b),
    ("div", 1, "-1/b**2: the numerator is forgotten", lambda y, a, b: -1 / b**2),
    ("div", 1, "1/b**2", lambda y, a, b: 1 / b**2),
    ("div", 1, "-a/b: the square is forgotten", lambda y, a, b: -y),
    ("div", 1, "log(b), as in an integral", lambda y, a, b: math.log(b)),
    ("div", 1, "a", lambda y, a, b: a),
    ("div", 1, "-a", lambda y, a, b: -a),
    ("pow", 0, "a**(b - 1): the factor b is forgotten", lambda y, a, b: a ** (b - 1)),
    ("pow", 0, "b * a**b: the exponent is not lowered", lambda y, a, b: b * y),
    ("pow", 0, "(b - 1) * a**(b - 1)", lambda y, a, b: (b - 1) * a ** (b - 1)),
    ("pow", 0, "b * a", lambda y, a, b: b * a),
    ("pow", 0, "b * a**(b - 2): the exponent is lowered twice", lambda y, a, b: b * a ** (b - 2)),
    ("pow", 0, "a**(b + 1) / (b + 1), the integral", lambda y, a, b: a ** (b + 1) / (b + 1)),
    ("pow", 0, "y * log(a), that by the exponent", lambda y, a, b: y * math.log(a)),
    ("pow", 1, "b * a**(b - 1), that by the base", lambda y, a, b: b * a ** (b - 1)),
    ("pow", 1, "a**b: the factor log(a) is forgotten", lambda y, a, b: y),
    ("pow", 1, "y * log(b) instead of y * log(a)", lambda y, a, b: y * math.log(b)),
    ("pow", 1, "log(a): the factor a**b is forgotten", lambda y, a, b: math.log(a)),
    ("pow", 1, "y * a", lambda y, a, b: y * a),
    ("exp", 0, "x * e**(x - 1), as if x were the base", lambda y, x: x * math.exp(x - 1)),
    ("exp2", 0, "2**x: the factor ln 2 is forgotten", lambda y, x: y),
    ("exp2", 0, "x * 2**(x - 1)", lambda y, x: x * 2 ** (x - 1)),
    ("exp2", 0, "2**x / ln 2", lambda y, x: y / math.log(2)),
    ("expm1", 0, "expm1(x): the 1 is forgotten", lambda y, x: y),
    ("log", 0, "1 / (x ln 10), that of log10", lambda y, x: 1 / (x * math.log(10))),
    ("log", 0, "1 / (x ln 2), that of log2", lambda y, x: 1 / (x * math.log(2))),
    ("log10", 0, "1/x: the ln 10 is forgotten", lambda y, x: 1 / x),
    ("log10", 0, "ln 10 / x", lambda y, x: math.log(10) / x),
    ("log2", 0, "1/x: the ln 2 is forgotten", lambda y, x: 1 / x),
    ("log2", 0, "ln 2 / x", lambda y, x: math.log(2) / x),
    ("log1p", 0, "1/x instead of 1/(1 + x)", lambda y, x: 1 / x),
    ("sqrt", 0, "1/sqrt(x): the 1/2 is forgotten", lambda y, x: 1 / y),
    ("sqrt", 0, "sqrt(x)/2", lambda y, x: y / 2),
    ("sqrt", 0, "1/(2x)", lambda y, x: 0.5 / x),
    ("cbrt", 0, "1/(3y): the square is forgotten", lambda y, x: 1 / (3 * y)),
    ("cbrt", 0, "1/y**2: the 1/3 is forgotten", lambda y, x: 1 / (y * y)),
    ("sin", 0, "sin(x)", lambda y, x: y),
    ("sin", 0, "-sin(x), that of cos", lambda y, x: -y),
    ("cos", 0, "sin(x): the minus is forgotten", lambda y, x: math.sin(x)),
    ("tan", 0, "1/cos(x): the square is forgotten", lambda y, x: 1 / math.cos(x)),
    ("tan", 0, "cos(x)**2", lambda y, x: math.cos(x) ** 2),
    ("tan", 0, "1 - tan(x)**2, the sign of tanh", lambda y, x: 1 - y * y),
    ("tan", 0, "1 + x**2: the input for the output", lambda y, x: 1 + x * x),
    ("asin", 0, "1/sqrt(1 + x**2), that of asinh", lambda y, x: 1 / math.sqrt(1 + x * x)),
    ("asin", 0, "1/(1 - x**2): the root is forgotten", lambda y, x: 1 / (1 - x * x)),
    ("acos", 0, "-1/(1 - x**2): the root is forgotten", lambda y, x: -1 / (1 - x * x)),
    ("atan", 0, "1/(1 - x**2), that of atanh", lambda y, x: 1 / (1 - x * x)),
    ("atan", 0, "1/sqrt(1 + x**2), that of asinh", lambda y, x: 1 / math.sqrt(1 + x * x)),
    ("atan", 0, "1/(1 + x): the square is forgotten", lambda y, x: 1 / (1 + x)),
    ("atan", 0, "1/(1 + y**2): the output for the input", lambda y, x: 1 / (1 + y * y)),
    ("cosh", 0, "-sinh(x), the sign of cos", lambda y, x: -math.sinh(x)),
    ("sinh", 0, "sinh(x)", lambda y, x: y),
    ("asinh", 0, "1/sqrt(1 - x**2), that of asin", lambda y, x: 1 / math.sqrt(1 - x * x)),
    ("atanh", 0, "1/(1 + x**2), that of atan", lambda y, x: 1 / (1 + x * x)),
    ("tanh", 0, "1 - x**2: the input for the output", lambda y, x: 1 - x * x),
    ("tanh", 0, "1 - y: the square is forgotten", lambda y, x: 1 - y),
    ("tanh", 0, "1 + y**2, the sign of tan", lambda y, x: 1 + y * y),
    ("tanh", 0, "y * (1 - y), that of the sigmoid", lambda y, x: y * (1 - y)),
    ("tanh", 0, "1/cosh(x): the square is forgotten", lambda y, x: 1 / math.cosh(x)),
    ("tanh", 0, "(1 - y)**2", lambda y, x: (1 - y) ** 2),
    ("sigmoid", 0, "x * (1 - x): the input for the output", lambda y, x: x * (1 - x)),
    ("sigmoid", 0, "y: the factor 1 - y is forgotten", lambda y, x: y),
    ("sigmoid", 0, "1 - y: the factor y is forgotten", lambda y, x: 1 - y),
    ("sigmoid", 0, "1 - y**2, that of tanh", lambda y, x: 1 - y * y),
    ("sigmoid", 0, "y * (1 + y)", lambda y, x: y * (1 + y)),
    ("softplus", 0, "y/(1 + y)", lambda y, x: y / (1 + y)),
    ("softplus", 0, "1 - sigmoid(x)", lambda y, x: 1 / (1 + math.exp(x))),
    ("logsigmoid", 0, "sigmoid(x) instead of sigmoid(-x)", lambda y, x: math.exp(y)),
    ("relu", 0, "where x < 0 instead of x > 0", lambda y, x: float(x < 0)),
    ("relu", 0, "0.01 below 0, as of a leaky one", lambda y, x: 1.0 if x > 0 else 0.01),
    ("relu", 0, "1 where it is 0 as well", lambda y, x: float(x >= 0)),
    ("leaky_relu", 0, "0 below 0: the slope is forgotten", lambda y, x, slope: float(x > 0)),
    ("leaky_relu", 0, "the slope on both sides", lambda y, x, slope: slope),
    ("elu", 0, "y below 0 instead of y + alpha", lambda y, x, alpha: 1.0 if x > 0 else y),
    ("elu", 0, "0 below 0", lambda y, x, alpha: float(x > 0)),
    ("silu", 0, "sigmoid(x): the product rule is forgotten", lambda y, x: 1 / (1 + math.exp(-x))),
    ("silu", 0, "only x * sigmoid'(x)", lambda y, x: y * (1 - y / x)),
    ("gelu", 0, "the normal cdf: the product rule is forgotten", lambda y, x: y / x),
    ("maximum", None, "1 for every input", lambda y, a, b: 1.0),
    ("maximum", None, "1/2 for either input", lambda y, a, b: 0.5),
    ("minimum", None, "1/2 for either input", lambda y, a, b: 0.5),
    ("hypot", 0, "a: the division by y is forgotten", lambda y, a, b: a),
    ("hypot", 0, "a/y**2", lambda y, a, b: a / y**2),
    ("hypot", 1, "b/y**2", lambda y, a, b: b / y**2),
    ("atan2", 0, "1/(1 + (a/b)**2): the inner derivative is forgotten",
     lambda y, a, b: 1 / (1 + (a / b) ** 2)),
    ("erf", 0, "e**(-x**2): the factor 2/sqrt(pi) is forgotten", lambda y, x: math.exp(-x * x)),
    ("lgamma", 0, "log(x), digamma's first term", lambda y, x: math.log(x)),
]  # fmt: skip

# Formulas of rules with any number of terms: (rule, text, formula of y, own term, i, terms, d).
_WIDE: list[tuple[str, str, Callable[..., float]]] = [
    ("sum", "1/n, that of a mean", lambda y, x, i, xs, d: 1 / len(xs)),
    ("mean", "1: the 1/n is forgotten", lambda y, x, i, xs, d: 1.0),
    ("prod", "the whole product", lambda y, x, i, xs, d: y),
    ("max", "1/n for each term", lambda y, x, i, xs, d: 1 / len(xs)),
    ("max", "1 for each term", lambda y, x, i, xs, d: 1.0),
    ("min", "1/n for each term", lambda y, x, i, xs, d: 1 / len(xs)),
    ("norm", "x/y**2", lambda y, x, i, xs, d: x / y**2),
    ("norm", "2x", lambda y, x, i, xs, d: 2 * x),
    ("norm", "x/(2y)", lambda y, x, i, xs, d: x / (2 * y)),
    ("logsumexp", "e**x: not divided by the sum", lambda y, x, i, xs, d: math.exp(x)),
    ("logsumexp", "1/n for each term", lambda y, x, i, xs, d: 1 / len(xs)),
    ("softmax", "only the diagonal p * (1 - p)", lambda y, x, i, xs, d: d if d > 0 else 0.0),
    ("softmax", "only the terms off the diagonal", lambda y, x, i, xs, d: d if d < 0 else 0.0),
    ("softmax", "p * (1 - p) for every input", lambda y, x, i, xs, d: y * (1 - y)),
    ("softmax", "the diagonal is p, not p * (1 - p)", lambda y, x, i, xs, d: y if d > 0 else d),
    ("softmax", "with + off the diagonal", lambda y, x, i, xs, d: abs(d)),
    ("log_softmax", "only the diagonal", lambda y, x, i, xs, d: d if d > 0 else 0.0),
    ("log_softmax", "1 on the diagonal, 0 off it: -p is forgotten",
     lambda y, x, i, xs, d: float(d > 0)),
    ("log_softmax", "-p: the 1 on the diagonal is forgotten",
     lambda y, x, i, xs, d: d - 1 if d > 0 else d),
]  # fmt: skip


def wrong_slopes(v: Value, i: int, d: float, y: float, xs: list[float],
                 other: float | None) -> Iterator[Slope]:  # fmt: skip
    """Yield the wrong local derivatives of v by its i-th input, where the right one is d.

    `y` and `xs` are the numbers of v and its inputs, `other` is the right local derivative by its
    other input, if there is just one.
    """
    rule = v.rule
    assert rule is not None
    found: list[tuple[str, float, Formula, tuple[Any, ...]]] = [
        (how, bits, formula, (y, xs[i], d))
        for how, formula, bits in (_ANY if rule.name in _LINEAR else _ANY_BUT_LINEAR)
    ]
    for how, formula in _BY_RULE.get((rule.name, i), ()):
        found.append((how, 1.25, formula, (y, *xs)))
    for how, formula in _BY_WIDE_RULE.get(rule.name, ()):
        found.append((how, 1.25, formula, (y, xs[i], i, xs, d)))
    for where, x in _points(v, i, y):
        found.append((f"what it is at {where}", 3, _elsewhere, (rule, i, x, xs)))
    for how, bits, formula, arguments in found:
        try:
            value = float(formula(*arguments))
        except (ArithmeticError, ValueError, TypeError):  # no such number here: a log of -1
            continue
        if math.isfinite(value):
            yield Slope(value, how, bits)
    if other is not None and rule.name not in _LINEAR:
        yield Slope(other, "that by the other input", 2)
    if rule.name == "mul" and type(x := v.inputs[1 - i]) is Value and len(x.inputs) == 1:
        before = float(*data_of(x.inputs))
        yield Slope(before, f"the other factor before its {x.rule and x.rule.name}", 3)


def _points(v: Value, i: int, y: float) -> Iterator[tuple[str, float]]:
    """Yield where else the local derivative may have been taken, for operations that bend."""
    if v.rule is None or len(v.inputs) > 2 or v.rule.name in (*_LINEAR, "mul"):
        return
    yield "the output instead of the input", y
    x = v.inputs[i]
    if type(x) is Value and len(x.inputs) == 2:
        first, second = map(float, data_of(x.inputs))
        yield "the first operand of its input alone", first
        yield "the second operand of its input alone", second


def _elsewhere(rule: Rule, i: int, x: float, xs: list[float]) -> float:
    moved = [*xs[:i], x, *xs[i + 1 :]]
    wanted = [k == i for k in range(len(xs))]
    return float(rule.derivatives(rule.function(*moved), moved, wanted)[i])


_BY_RULE: dict[tuple[str, int], list[tuple[str, Formula]]] = {}
for _name, _at, _how, _formula in _OF:
    for _input in (_at,) if _at is not None else (0, 1):
        _BY_RULE.setdefault((_name, _input), []).append((_how, _formula))
_BY_WIDE_RULE: dict[str, list[tuple[str, Formula]]] = {}
for _name, _how, _formula in _WIDE:
    _BY_WIDE_RULE.setdefault(_name, []).append((_how, _formula))
