"""Least squares by Levenberg and Marquardt, with the exact Jacobian, and standard errors.

SciPy chooses the steps; every slope is ours. Install it with the extra "scipy".
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from inspect import Parameter, signature
from typing import Any

import numpy as np

from autograd import Value, gradients, no_grad
from autograd.structure import Nested
from nn.data.arrays import Floats
from nn.second_order.best_parameters import best_kept, scipy_module
from nn.second_order.fitted import Fitted, covariance, undetermined
from nn.training.flat import Flat

_SMALLEST = 4 * np.finfo(float).eps  # MINPACK takes no tolerance of the rounding's own size
_POLISHING = 30  # Gauss-Newton steps at most; each gains a digit, seldom are five taken


def least_squares(
    residuals: Callable[[Any], Any],
    start: Any,
    *,
    method: str = "lm",
    max_evaluations: int | None = None,
) -> Fitted:
    """Return the parameters b, near the start, that make the sum of residuals(b)**2 least.

    `start` is a list, dict, array or number, and `residuals` is called with Values in its form; it
    returns a list of them. `method` is "lm" (Levenberg-Marquardt) or "trf" (trust region, also
    for fewer residuals than parameters). Warns (RuntimeWarning) if it has not converged after
    `max_evaluations`, by default 100 for each parameter and 100 more. Raises ValueError if a
    residual at the start is not finite, ImportError without SciPy. Sources: Moré 1978, "The
    Levenberg-Marquardt algorithm: implementation and theory"; Branch, Coleman and Li 1999.

    >>> fit = least_squares(lambda b: [b[0] - 1, b[0] - 2, b[0] - 6], [0.0])
    >>> fit.parameters, fit.sum_of_squares, fit.degrees_of_freedom
    ([3.0], 14.0, 2)
    """
    nested = Nested.of(start, "least_squares: start")
    parameters = [Value(float(x)) for x in nested.leaves]
    names = names_of(start, nested, residuals, skipped=0)
    variables = nested.fill(parameters)
    return fitted("least_squares", parameters, names, lambda: residuals(variables), method,
                  max_evaluations, nested.fill)  # fmt: skip


def names_of(start: Any, nested: Nested, f: Callable[..., Any], skipped: int) -> list[str]:
    """Return the keys of a dict, the names of f's arguments, or b[0], b[1], ..."""
    if isinstance(start, dict) and len(start) == len(nested.leaves):
        return [str(key) for key in start]
    if skipped:
        try:
            arguments = list(signature(f).parameters.values())[skipped:]
        except (TypeError, ValueError):
            arguments = []
        plain = [a for a in arguments if a.kind is Parameter.POSITIONAL_OR_KEYWORD]
        if len(plain) == len(arguments) == len(nested.leaves):
            return [a.name for a in plain]
    return [f"b{name[1:]}" for name in nested.names]


def fitted(caller: str, parameters: list[Value], names: list[str], residuals: Callable[[], Any],
            method: str, max_evaluations: int | None,
            in_form: Callable[[Sequence[float]], Any]) -> Fitted:  # fmt: skip
    """Return the fit of what `residuals` computes from these parameters, which keep the best."""
    if method not in ("lm", "trf"):
        raise ValueError(f"{caller}: method={method!r} is unknown. The methods are 'lm' and 'trf'")
    if not parameters:
        raise ValueError(f"{caller}: there are no parameters to fit")
    optimize = scipy_module("optimize", caller)
    flat = Flat(parameters)
    with best_kept(parameters) as note:

        def values(b: Floats) -> Floats:
            flat.write(b)
            with no_grad():
                leaves = Nested.of(residuals(), f"{caller}: the residuals").leaves
            r = np.array([v.data if type(v) is Value else v for v in leaves], dtype=float)
            note(float(r @ r), b)
            return r

        def slopes(b: Floats) -> Floats:
            flat.write(b)
            leaves = Nested.of(residuals(), f"{caller}: the residuals").leaves
            nothing = [0.0] * len(b)
            return np.array(
                [gradients(v, parameters) if type(v) is Value else nothing for v in leaves],
                dtype=float,
            )

        b = flat.numbers
        _check_start(caller, values(b), len(b), method)
        found = optimize.least_squares(
            values, b, jac=slopes, method=method, x_scale="jac", ftol=_SMALLEST, xtol=_SMALLEST,
            gtol=_SMALLEST, max_nfev=max_evaluations or 100 * (len(b) + 1),
        )  # fmt: skip
        converged, message = found.status > 0, _MESSAGES[found.status]
        b, evaluations = found.x, int(found.nfev)
        if converged:
            b, more = _polished(values, slopes, b)
            evaluations += more
        r, j = values(b), slopes(b)
        square = float(r @ r)
        note(-math.inf, b)  # polished: its sum of squares is the same but for rounding
    matrix = covariance(j, square)
    freedom = len(r) - len(b)
    message += undetermined(names, np.diag(matrix))
    if not converged:
        warnings.warn(
            f"{caller}: not converged after {evaluations} evaluations: give a larger "
            "max_evaluations, or a better start",
            RuntimeWarning, stacklevel=3,
        )  # fmt: skip
    return Fitted(
        in_form(b.tolist()), in_form(np.sqrt(np.diag(matrix)).tolist()), names, b, matrix, square,
        math.sqrt(square / freedom) if freedom > 0 else math.nan, freedom, evaluations, converged,
        message,
    )  # fmt: skip


_MESSAGES = {
    -2: "stopped by a callback",
    -1: "MINPACK refused its input",
    0: "the evaluations allowed were used up",
    1: "the gradient is zero but for rounding",
    2: "the sum of squares no longer falls",
    3: "the parameters no longer move",
    4: "neither the sum of squares nor the parameters change",
}


def _check_start(caller: str, r: Floats, parameters: int, method: str) -> None:
    if not len(r):
        raise ValueError(f"{caller}: there are no residuals")
    bad = np.flatnonzero(~np.isfinite(r))
    if len(bad):
        raise ValueError(
            f"{caller}: at the start residual {bad[0]} is {r[bad[0]]} ({len(bad)} of {len(r)} are "
            "not finite); give a start at which the function is defined"
        )
    if method == "lm" and len(r) < parameters:
        raise ValueError(
            f"{caller}: {len(r)} residuals for {parameters} parameters; method='lm' needs as many "
            "at least: use method='trf', or more data"
        )


def _polished(values: Callable[[Floats], Floats], slopes: Callable[[Floats], Floats],
              b: Floats) -> tuple[Floats, int]:  # fmt: skip
    """Return b after Gauss-Newton steps, and their number, for as long as these become smaller.

    The sum of squares is flat at its minimum: where it no longer falls, half of the digits of the
    parameters are still open. The steps, which come of the gradient, know them.
    """

    def step(b: Floats) -> tuple[Floats, float]:
        j = slopes(b)
        lengths = np.linalg.norm(j, axis=0)
        lengths[lengths == 0] = 1
        scaled = np.linalg.lstsq(j / lengths, -values(b), rcond=None)[0]
        return scaled / lengths, float(np.linalg.norm(scaled))

    move, size = step(b)
    for taken in range(_POLISHING):
        trial = b + move
        move, next_size = step(trial)
        if not next_size < 0.9 * size:
            return b, taken + 1
        b, size = trial, next_size
    return b, _POLISHING
