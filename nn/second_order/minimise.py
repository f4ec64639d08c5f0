"""Full-batch training by second-order methods: L-BFGS, and Newton with exact curvature.

SciPy chooses the steps; gradients and curvature are ours. Install it with the extra "scipy". For
least squares with standard errors see `nn.curve_fit`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd import Value, gradients, no_grad, why
from autograd.passes import push_forward
from nn.data.arrays import Floats, whole
from nn.losses import find_loss
from nn.losses.reduction import Loss
from nn.module import Module, left_as_it_was
from nn.second_order.best_parameters import best_kept, scipy_module
from nn.second_order.curve_fit import numeric_pairs
from nn.training.engines import Objective
from nn.training.flat import Flat

_METHODS = {"l-bfgs": "L-BFGS-B", "newton-cg": "trust-ncg"}
_FAR = 1e100  # the trust region may grow as far as the parameters have to go
_PATIENCE = 20  # iterations in a row in which the loss may stay as it is


@dataclass(frozen=True, repr=False)
class Minimum:
    """Hold where `minimise` ended: the loss by iteration (0 is the start), and why it stopped.

    `slope` is the largest component of the gradient there, by size.
    """

    losses: list[float] = field(default_factory=list)
    slope: float = np.inf
    evaluations: int = 0
    converged: bool = False
    message: str = ""

    @property
    def loss(self) -> float:
        """Return the loss of the parameters that the model has now."""
        return min(self.losses)

    def __str__(self) -> str:
        n = len(self.losses) - 1
        return (
            f"loss {self.losses[0]:.6g} -> {self.loss:.6g} in {n} iteration{'s' * (n != 1)}, "
            f"{self.evaluations} evaluations\n"
            f"{'converged' if self.converged else 'NOT converged'}: {self.message} "
            f"(largest slope {self.slope:.2g})"
        )

    __repr__ = __str__


def minimise(
    model: Module,
    X: Any,
    y: Any,
    loss: str | Loss = "mean_squared_error",
    method: str = "l-bfgs",
    *,
    penalty: Callable[[list[Value]], Any] | None = None,
    max_iterations: int = 1000,
    tolerance: float = 1e-8,
    callback: Callable[[int, float], object] | None = None,
) -> Minimum:
    """Train a model on all samples at once: make mean(loss) + penalty(parameters) least.

    `loss` is a name or a function of one sample's outputs and target. `method` is "l-bfgs", or
    "newton-cg": Newton's method in a trust region, its equations solved by conjugate gradients on
    exact products of the Hessian and a vector, forward over reverse. It stops where no component
    of the gradient is above `tolerance`. `callback(iteration, loss)` may raise StopIteration to
    stop. Parameters become floats; the best ones are in the model at the end, also after an error
    or Ctrl-C; frozen ones stay. Raises ValueError for unknown names, for bad data, and for a loss
    that is not finite at the start or differs from call to call (dropout: `model.eval()` first),
    ImportError without SciPy. Sources: Liu and Nocedal 1989, "On the limited memory BFGS method";
    Steihaug 1983, "The conjugate gradient method and trust regions in large scale optimization";
    Pearlmutter 1994, "Fast exact multiplication by the Hessian".

    >>> from nn.layers.neuron import Neuron
    >>> line = Neuron(1, nonlin=False, seed=0)
    >>> result = minimise(line, [[0], [1], [2]], [1, 3, 5], method="newton-cg")
    >>> result.converged, f"{line.w[0].data:.6f} {line.b.data:.6f}"
    (True, '2.000000 1.000000')
    """
    if method not in _METHODS:
        raise ValueError(
            f"minimise: method={method!r} is unknown. The methods are 'l-bfgs' and 'newton-cg'; "
            "nn.curve_fit(model, x, y) fits by Levenberg-Marquardt"
        )
    if not tolerance > 0:
        raise ValueError(f"minimise: tolerance={tolerance!r} must be above zero")
    whole("max_iterations", max_iterations, 1)
    rows, targets = numeric_pairs(X, y)
    computed, parameters = Objective(model, find_loss(loss), penalty), model.parameters()
    if not parameters:
        raise ValueError("minimise: the model has no parameters to train; see model.unfreeze()")
    optimize = scipy_module("optimize", "minimise")

    def objective() -> Value:
        total: Value = computed(rows, targets)[0]
        return total

    with left_as_it_was(model):
        _check_start(objective)
    flat = Flat(parameters)
    start, curvature = flat.numbers, _Curvature(flat, objective)
    with best_kept(parameters) as note:

        def value_and_gradient(x: Floats) -> tuple[float, Floats]:
            flat.write(x)
            y = objective()
            note(float(y.data), x)
            return float(y.data), np.array(gradients(y, parameters), dtype=float)

        first, slopes = value_and_gradient(start)
        watch = _Watch([first], callback)
        options = (
            {
                "maxiter": max_iterations,
                "maxfun": 20 * max_iterations + 100,
                "gtol": tolerance,
                "ftol": 0,
            }
            if method == "l-bfgs"
            else {"maxiter": max_iterations, "gtol": tolerance, "max_trust_radius": _FAR}
        )
        if np.max(np.abs(slopes)) <= tolerance:
            return Minimum(
                [first], float(np.max(np.abs(slopes))), 1, True, "it starts at a minimum"
            )
        found = optimize.minimize(
            value_and_gradient, start, jac=True, method=_METHODS[method], options=options,
            hessp=curvature.times if method == "newton-cg" else None, callback=watch.iteration,
        )  # fmt: skip
    slope = float(np.max(np.abs(found.jac)))
    if slope <= tolerance:
        message = "the gradient is zero within the tolerance"
    elif len(watch.losses) > max_iterations:
        message = "max_iterations are used up"
    else:
        message = watch.reason or str(found.message).lower()
    return Minimum(watch.losses, slope, int(found.nfev) + 1, slope <= tolerance, message)


def _check_start(objective: Callable[[], Value]) -> None:
    first = objective()
    if not np.isfinite(float(first.data)):
        raise ValueError(f"minimise: the loss at the start is {first.data}. {why(first)}")
    with no_grad():
        again = objective()
    if again.data != first.data:
        raise ValueError(
            f"minimise: the loss is {first.data} and, with the same parameters, "
            f"{again.data}. It must be a function of them: "
            "call model.eval() to switch dropout off, or train with nn.fit"
        )


class _Watch:
    """Note the loss of every iteration; stop when it no longer falls."""

    def __init__(
        self, losses: list[float], callback: Callable[[int, float], object] | None
    ) -> None:
        self.losses, self.callback, self.reason = losses, callback, ""

    def iteration(self, intermediate_result: Any) -> None:
        self.losses.append(float(intermediate_result.fun))
        if self.callback is not None:
            self.reason = "stopped by the callback"
            self.callback(len(self.losses) - 1, self.losses[-1])
            self.reason = ""
        recent = self.losses[-_PATIENCE - 1 :]
        if len(recent) > _PATIENCE and min(recent) == recent[0]:
            self.reason = "the loss no longer falls: rounding hides what is left"
            raise StopIteration


class _Curvature:
    """Multiply the Hessian at x with vectors; the graph of the gradient is made once for each x."""

    def __init__(self, flat: Flat, objective: Callable[[], Value]) -> None:
        self.flat, self.objective = flat, objective
        self.at: Floats | None = None
        self.slopes: list[Any] = []

    def times(self, x: Floats, v: Floats) -> Floats:
        if self.at is None or not np.array_equal(self.at, x):
            self.flat.write(x)
            self.slopes = gradients(self.objective(), self.flat.values, create_graph=True)
            self.at = x.copy()
        found = push_forward(self.slopes, self.flat.values, v.tolist())
        return np.array([0.0 if t is None else t for t in found], dtype=float)
