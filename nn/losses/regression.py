"""Losses of predicted numbers: mean squared and mean absolute error, Huber, log-cosh."""

from __future__ import annotations

from typing import Any

from autograd import abs, clip, exp, log1p, sinh
from autograd.numbers import ln
from nn.losses.reduction import over_numbers


def mean_squared_error(predictions: Any, targets: Any, *, reduction: str = "mean") -> Any:
    """Return the mean of (prediction - target)**2, over all numbers.

    Predictions and targets are two numbers, two lists, or rows of as many numbers. `reduction` is
    "mean", "sum" or "none", which returns every number's loss. Raises ValueError for unequal
    lengths and an unknown reduction. Source: Goodfellow et al. 2016, "Deep Learning", section
    5.1.4.

    >>> mean_squared_error([1.0, 4.0], [1.0, 2.0])
    2.0
    >>> mean_squared_error([[1.0], [4.0]], [[1.0], [2.0]], reduction="none")
    [[0.0], [4.0]]
    """

    def loss(prediction: Any, target: Any) -> Any:
        error = prediction - target
        return error * error

    return over_numbers("mean_squared_error", loss, predictions, targets, reduction)


def mean_absolute_error(predictions: Any, targets: Any, *, reduction: str = "mean") -> Any:
    """Return the mean of |prediction - target|; its gradient is 0 where they are equal.

    Shapes and errors are those of `mean_squared_error`. Source: Bloomfield and Steiger 1983,
    "Least Absolute Deviations", chapter 1.

    >>> mean_absolute_error([1.0, 4.0], [1.0, 2.0])
    1.0
    """
    return over_numbers(
        "mean_absolute_error", lambda y, t: abs(y - t), predictions, targets, reduction
    )


def huber(predictions: Any, targets: Any, *, delta: Any = 1.0, reduction: str = "mean") -> Any:
    """Return the mean of e**2 / 2 where |e| <= delta, else delta * (|e| - delta / 2).

    e is prediction - target: squares for small errors, and outliers pull no harder than delta.
    Shapes and errors are those of `mean_squared_error`; ValueError for delta <= 0 as well. Source:
    Huber 1964, "Robust Estimation of a Location Parameter", section 1.

    >>> huber([1.0, 4.0], [0.0, 0.0], reduction="none")
    [0.5, 3.5]
    """
    if not delta > 0:
        raise ValueError(
            f"huber(delta={delta!r}): it is the error where the line begins; above zero"
        )

    def loss(prediction: Any, target: Any) -> Any:
        error = prediction - target
        held = clip(error, -delta, delta)
        return held * (error - held / 2)  # both cases at once

    return over_numbers("huber", loss, predictions, targets, reduction)


def log_cosh(predictions: Any, targets: Any, *, reduction: str = "mean") -> Any:
    """Return the mean of ln cosh(prediction - target): nearly e**2 / 2, then |e| - ln 2.

    Shapes and errors are those of `mean_squared_error`. Source: Green 1990, "Bayesian
    reconstructions from emission tomography data using a modified EM algorithm".

    >>> [f"{x:.6g}" for x in log_cosh([1000.0, 1e-10], [0.0, 0.0], reduction="none")]
    ['999.307', '5e-21']
    """

    def loss(prediction: Any, target: Any) -> Any:
        error = prediction - target
        if abs(error) < 1:  # cosh(e) is 1 + 2 sinh(e/2)**2; ln(1 + tiny) must not see the 1
            half = sinh(error / 2)
            return log1p(2 * (half * half))
        distance = abs(error)  # cosh itself overflows
        return distance + log1p(exp(-2 * distance)) - ln(2, distance)

    return over_numbers("log_cosh", loss, predictions, targets, reduction)
