"""The public functions: every one takes plain numbers, arrays or `Value`s.

Those of one or a few arguments are the functions of `numbers` and `activations`; a `Value` among
the arguments makes them record. Those over sequences are here; each records one node, however
many terms it has.
"""

from __future__ import annotations

import builtins
import operator
from collections.abc import Iterable, Sequence
from typing import Any

from autograd.activations import (
    elu, gelu, leaky_relu, logsigmoid, mish, relu, selu, sigmoid, silu, softplus,
)  # fmt: skip
from autograd.numbers import (
    acos, acosh, any_number, asin, asinh, atan, atan2, atanh, cbrt, ceil, clip, cos, cosh, digamma,
    erf, erfc, exp, exp2, expm1, floor, gamma, gaussian, hypot, lgamma, log, log1p, log2, log10,
    maximum, minimum, normal_cdf, polygamma, round, sign, sin, sinh, sqrt, tan, tanh, where,
)  # fmt: skip
from autograd.rules import find
from autograd.value import apply

__all__ = [
    "abs", "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "ceil", "clip",
    "cos", "cosh", "digamma", "dot", "elu", "erf", "erfc", "exp", "exp2", "expm1", "floor",
    "gamma", "gaussian", "gelu", "hardtanh", "hypot", "leaky_relu", "lgamma", "log", "log10",
    "log1p", "log2", "log_softmax", "logsigmoid", "logsumexp", "max", "maximum", "mean", "min",
    "minimum", "mish", "norm", "normal_cdf", "polygamma", "prod", "relu", "round", "selu",
    "sigmoid", "sign", "silu", "sin", "sinh", "softmax", "softplus", "sqrt", "sum", "swish",
    "take", "tan", "tanh", "where",
]  # fmt: skip

swish = silu


@any_number
def abs(x: Any) -> Any:
    """Return |x|; its derivative at 0 is 0.

    >>> abs(-2.5)
    2.5
    """
    return builtins.abs(x)


@any_number
def hardtanh(x: Any) -> Any:
    """Return x held between -1 and 1.

    >>> hardtanh(3.0)
    1.0
    """
    return clip(x, -1, 1)


def _terms(name: str, xs: Iterable[Any]) -> list[Any]:
    terms = list(xs)
    if not terms:
        raise ValueError(f"{name}([]): there is nothing to take the {name} of")
    return terms


def sum(xs: Iterable[Any]) -> Any:
    """Return x1 + x2 + ... as one node; floats are rounded once, at the end.

    >>> sum([0.1] * 10)
    1.0
    """
    return apply(find("sum"), *xs)


def mean(xs: Iterable[Any]) -> Any:
    """Return (x1 + ... + xn) / n as one node. Raises ValueError for an empty sequence.

    >>> mean([1.0, 2.0, 6.0])
    3.0
    """
    return apply(find("mean"), *_terms("mean", xs))


def prod(xs: Iterable[Any]) -> Any:
    """Return x1 * x2 * ... as one node.

    >>> prod([2.0, 3.0, 4.0])
    24.0
    """
    return apply(find("prod"), *xs)


def dot(a: Iterable[Any], b: Iterable[Any]) -> Any:
    """Return a1*b1 + ... + an*bn as one node. Raises ValueError for unequal lengths.

    >>> dot([1.0, 2.0], [3.0, 4.0])
    11.0
    """
    a, b = list(a), list(b)
    if len(a) != len(b):
        raise ValueError(
            f"dot(a, b): a has {len(a)} terms and b has {len(b)}; they must be as many, "
            "so that each has its partner"
        )
    return apply(find("dot"), *a, *b)


def norm(xs: Iterable[Any]) -> Any:
    """Return sqrt(x1**2 + ... + xn**2) as one node; its gradient at 0 is 0.

    >>> norm([3.0, 4.0])
    5.0
    """
    return apply(find("norm"), *_terms("norm", xs))


def max(xs: Iterable[Any]) -> Any:
    """Return the largest of the numbers as one node; ties share the gradient evenly.

    >>> max([1.0, 3.0, 2.0])
    3.0
    """
    return apply(find("max"), *_terms("max", xs))


def min(xs: Iterable[Any]) -> Any:
    """Return the smallest of the numbers as one node; ties share the gradient evenly.

    >>> min([1.0, 3.0, 2.0])
    1.0
    """
    return apply(find("min"), *_terms("min", xs))


def logsumexp(xs: Iterable[Any]) -> Any:
    """Return ln(e**x1 + ... + e**xn) as one node, without overflow.

    >>> logsumexp([1000.0, 1000.0])
    1000.6931471805599
    """
    return apply(find("logsumexp"), *_terms("logsumexp", xs))


def softmax(xs: Iterable[Any]) -> list[Any]:
    """Return [e**xi / (e**x1 + ... + e**xn) for every i], one node each.

    >>> softmax([0.0, 0.0])
    [0.5, 0.5]
    """
    terms = _terms("softmax", xs)
    return [apply(find("softmax"), i, *terms) for i in range(len(terms))]


def log_softmax(xs: Iterable[Any]) -> list[Any]:
    """Return [ln(softmax(xs)[i]) for every i], one node each, right also where softmax is 0 or 1.

    >>> log_softmax([0.0, -1000.0])
    [0.0, -1000.0]
    """
    terms = _terms("log_softmax", xs)
    return [apply(find("log_softmax"), i, *terms) for i in range(len(terms))]


def take(xs: Sequence[Any], i: Any) -> Any:
    """Return xs[i]; in a compiled function i may be a row's integer, and one program serves all.

    Raises IndexError for an index outside the sequence.

    >>> take([1.0, 2.0, 4.0], 2)
    4.0
    """
    if hasattr(i, "element_of"):  # an integer of a row that is being recorded
        return i.element_of(list(xs))
    return xs[operator.index(i)]
