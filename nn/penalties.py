"""Penalties: what large weights cost, to be added to a loss."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from autograd import abs, dot, sum
from nn.inputs import is_row


def l1_penalty(parameters: Iterable[Any], strength: Any) -> Any:
    """Return strength * (|p1| + |p2| + ...), which drives weights to 0; its slope at 0 is 0.

    Give the weights that are to be small, as `model.parameters()`. Raises ValueError for a strength
    below zero and if there are no parameters. Source: Tibshirani 1996, "Regression Shrinkage and
    Selection via the Lasso".

    >>> l1_penalty([3.0, -4.0], 0.5)
    3.5
    """
    return _checked(strength, "l1_penalty") * sum(map(abs, _terms(parameters, "l1_penalty")))


def l2_penalty(parameters: Iterable[Any], strength: Any) -> Any:
    """Return strength * (p1**2 + p2**2 + ...), which keeps all weights small.

    Its gradient is 2 * strength * p, so in plain gradient descent a strength of d/2 is a weight
    decay of d. Arguments and errors are those of `l1_penalty`. Source: Hoerl and Kennard
    1970, "Ridge Regression: Biased Estimation for Nonorthogonal Problems".

    >>> l2_penalty([3.0, -4.0], 0.5)
    12.5
    """
    terms = _terms(parameters, "l2_penalty")
    return _checked(strength, "l2_penalty") * dot(terms, terms)


def elastic_penalty(parameters: Iterable[Any], l1: Any, l2: Any) -> Any:
    """Return l1 * (|p1| + |p2| + ...) + l2 * (p1**2 + p2**2 + ...): both at once.

    Errors are those of `l1_penalty`. Source: Zou and Hastie 2005, "Regularization and variable
    selection via the elastic net", equation 3.

    >>> elastic_penalty([3.0, -4.0], l1=0.5, l2=0.5)
    16.0
    """
    terms = _terms(parameters, "elastic_penalty")
    return l1_penalty(terms, l1) + l2_penalty(terms, l2)


def _terms(parameters: Iterable[Any], name: str) -> list[Any]:
    if not is_row(parameters):
        kind = type(parameters).__name__
        raise TypeError(f"{name} of a {kind}: give a list, as model.parameters()")
    if not (terms := list(parameters)):
        raise ValueError(f"{name}([]): no parameters; pass model.parameters()")
    return terms


def _checked(strength: Any, name: str) -> Any:
    if not strength >= 0:
        raise ValueError(f"{name}(strength={strength!r}): it must be at least zero")
    return strength
