"""Activation functions, each written once so that no argument makes it overflow or lose digits."""

from __future__ import annotations

from typing import Any

from autograd.numbers import (
    any_number,
    exp,
    expm1,
    log1p,
    maximum,
    minimum,
    normal_cdf,
    tanh,
    where,
)

# Klambauer et al. 2017, "Self-Normalizing Neural Networks", equation 14.
SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946


@any_number
def sigmoid(x: Any) -> Any:
    """Return 1 / (1 + e**-x)."""
    e = exp(-abs(x))  # at most 1: nothing overflows, and for x < 0 no digit is lost
    return where(x < 0, e, 1) / (1 + e)


@any_number
def softplus(x: Any) -> Any:
    """Return ln(1 + e**x)."""
    return log1p(exp(-abs(x))) + maximum(x, 0)


@any_number
def logsigmoid(x: Any) -> Any:
    """Return ln sigmoid(x) = -softplus(-x)."""
    return minimum(x, 0) - log1p(exp(-abs(x)))


@any_number
def relu(x: Any) -> Any:
    """Return max(x, 0)."""
    return where(x <= 0, 0, x)


@any_number
def leaky_relu(x: Any, slope: Any = 0.01) -> Any:
    """Return x where x > 0, else slope * x."""
    return where(x > 0, x, slope * x)


@any_number
def elu(x: Any, alpha: Any = 1.0) -> Any:
    """Return x where x > 0, else alpha * (e**x - 1)."""
    return where(x > 0, x, alpha * expm1(minimum(x, 0)))


@any_number
def selu(x: Any) -> Any:
    """Return scale * (x where x > 0, else alpha * (e**x - 1)), scale 1.0507, alpha 1.6733."""
    return SELU_SCALE * elu(x, SELU_ALPHA)


@any_number
def gelu(x: Any) -> Any:
    """Return x times the normal distribution function of x."""
    return x * normal_cdf(x)


@any_number
def silu(x: Any) -> Any:
    """Return x * sigmoid(x), also called swish."""
    return x * sigmoid(x)


@any_number
def mish(x: Any) -> Any:
    """Return x * tanh(softplus(x))."""
    return x * tanh(softplus(x))
