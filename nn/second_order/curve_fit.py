"""Curve fitting: the parameters of a function, or of a model, that pass closest to the data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd import Value
from autograd.structure import Nested
from nn.data.arrays import matrix, paired
from nn.module import Module
from nn.second_order.fitted import Fitted
from nn.second_order.least_squares import fitted, names_of


def curve_fit(
    f: Callable[..., Any],
    x: Any,
    y: Any,
    start: Any = None,
    *,
    sigma: Any = None,
    method: str = "lm",
    max_evaluations: int | None = None,
) -> Fitted:
    """Return the fit of y ≈ f(x, *parameters): the least sum of ((f(x) - y) / sigma)**2.

    `f` is called with one x at a time (a number, or a list where x has rows) and the parameters in
    the form of `start`: f(x, *start) for a list, tuple or array, f(x, **start) for a dict, else
    f(x, start). `sigma` holds the standard deviation of each y, up to a common factor. A model of
    `nn` is called with x alone: it starts from its own weights, and the best ones are written
    back, also after an error. The rest is as in `least_squares`; raises ValueError also for empty
    data, for unequal lengths and for numbers that are not finite.

    >>> def line(x, slope, offset):
    ...     return slope * x + offset
    >>> curve_fit(line, [0, 1, 2, 3], [1, 3, 5, 8], start=[1, 0])  # doctest: +ELLIPSIS
    <BLANKLINE>
      parameter   estimate   standard error   95 % from        to
     ─────────────────────────────────────────────────────────────
      slope            2.3         0.173205     1.55476   3.04524
      offset           0.8         0.324037   -0.594219   2.19422
    <BLANKLINE>
    residual sum of squares       0.3
    residual standard deviation   0.3872983346
    degrees of freedom            2
    converged: ...
    """
    xs, ys = numeric_pairs(x, y)
    scale = _checked_sigma(sigma, len(ys))
    if isinstance(f, Module):
        if start is not None:
            raise ValueError(
                "curve_fit(model, x, y): a model starts from its own weights, without start="
            )
        named = f.named_parameters()
        trainable = set(f.parameters())
        names = [name for name, p in named if p in trainable]
        parameters = f.parameters()
        in_form: Callable[[Sequence[float]], Any] = lambda numbers: dict(  # noqa: E731
            zip(names, numbers, strict=True)
        )
        call: Callable[[Any], Any] = f
    else:
        if start is None:
            raise ValueError(
                "curve_fit(f, x, y, start): give the parameters to start from, as [1.0, 0.5]"
            )
        nested = Nested.of(start, "curve_fit: start")
        in_form = nested.fill
        parameters = [Value(float(b)) for b in nested.leaves]
        names = names_of(start, nested, f, skipped=1)
        call = _bound(f, nested.fill(parameters))

    def residuals() -> list[Any]:
        return [
            (output - target) / s
            for sample, targets, s in zip(xs, ys, scale, strict=True)
            for output, target in _pairs(call(sample), targets)
        ]

    return fitted("curve_fit", parameters, names, residuals, method, max_evaluations, in_form)


def numeric_pairs(x: Any, y: Any) -> tuple[list[Any], list[Any]]:
    """Return samples and targets as lists. Raises ValueError for unequal lengths, gaps and nan."""
    xs, ys = paired(x, y)
    matrix(xs, "x")
    matrix(ys, "y")
    return xs.tolist(), ys.tolist()


def _bound(f: Callable[..., Any], b: Any) -> Callable[[Any], Any]:
    if isinstance(b, dict):
        return lambda x: f(x, **b)
    if isinstance(b, (list, tuple, np.ndarray)):
        return lambda x: f(x, *b)
    return lambda x: f(x, b)


def _pairs(outputs: Any, targets: Any) -> list[tuple[Any, Any]]:
    found = list(outputs) if isinstance(outputs, (list, tuple, np.ndarray)) else [outputs]
    wanted = targets if isinstance(targets, list) else [targets]
    if len(found) != len(wanted):
        raise ValueError(
            f"curve_fit: {len(found)} outputs for a sample with {len(wanted)} targets; "
            "there must be as many"
        )
    return list(zip(found, wanted, strict=True))


def _checked_sigma(sigma: Any, n: int) -> list[float]:
    if sigma is None:
        return [1.0] * n
    scale = np.asarray(sigma, dtype=float)
    if scale.shape != (n,) or not np.all(np.isfinite(scale) & (scale > 0)):
        raise ValueError(f"curve_fit: sigma must hold {n} numbers above zero, one for each y")
    return [float(s) for s in scale]
