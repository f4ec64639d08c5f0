"""Integrated gradients: what each number of an input adds to an answer, along a straight way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def integrated_gradients(gradient: Callable[[Any], Any], X: Any, baseline: Any, steps: int) -> Any:
    """Return (x - b) ∫₀¹ ∂f/∂x (b + a (x - b)) da for each row x, by so many midpoints.

    `gradient` gives ∂f/∂x for rows. Source: Sundararajan, Taly and Yan 2017, "Axiomatic
    Attribution for Deep Networks", equation 1.

    >>> integrated_gradients(lambda X: 2 * X, np.array([[3.0]]), 1.0, steps=4)  # f = x²
    array([[8.]])
    """
    way = X - baseline
    slopes = [gradient(baseline + share * way) for share in (np.arange(steps) + 0.5) / steps]
    return way * np.mean(slopes, axis=0)
