"""Programs that differentiate within what they differentiate: a saddle point, a charged particle.

Each takes the modes of the outer and the inner derivative, `forward` or `reverse`. Source:
Siskind and Pearlmutter 2008, "Using programming language theory to make automatic differentiation
sound and efficient", whose answers other systems reproduce: 1e-5 is the step at first and the
tolerance at last, ten successes double the step, a failure halves it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd import hypot, jvp, norm, value_and_grad

Vector = list[Any]
Function = Callable[[Vector], Any]
Mode = Callable[[Function], Callable[[Vector], tuple[Any, Vector]]]

reverse: Mode = value_and_grad


def forward(f: Function) -> Callable[[Vector], tuple[Any, Vector]]:
    """Return a function that gives (f(x), its gradient), one forward pass for each variable."""

    def both(x: Vector) -> tuple[Any, Vector]:
        units = [[float(i == j) for j in range(len(x))] for i in range(len(x))]
        values, slopes = zip(*[jvp(f, (x,), (unit,)) for unit in units], strict=True)
        return values[0], list(slopes)

    return both


def argmin(f: Function, x: Vector, mode: Mode, precision: float = 1e-5) -> Vector:
    """Return where f is least, by gradient descent with a step that adapts."""
    value_and_gradient = mode(f)
    y, slope = value_and_gradient(x)
    rate, successes = precision, 0
    while norm(slope) > precision:
        if successes == 10:
            rate, successes = 2 * rate, 0
        step = [rate * g for g in slope]
        if norm(step) <= precision:
            break
        there = [a - b for a, b in zip(x, step, strict=True)]
        y_there, slope_there = value_and_gradient(there)
        if y_there < y:
            x, y, slope, successes = there, y_there, slope_there, successes + 1
        else:
            rate, successes = rate / 2, 0
    return x


def saddle(outer: Mode, inner: Mode) -> Vector:
    """Return [*p, *q] at min over p of max over q of |p|**2 - |q|**2, from all ones; it is 0."""

    def f(p: Vector, q: Vector) -> Any:
        return p[0] ** 2 + p[1] ** 2 - (q[0] ** 2 + q[1] ** 2)

    def best(p: Vector) -> Vector:
        return argmin(lambda q: -f(p, q), [1.0, 1.0], inner)

    p = argmin(lambda p: f(p, best(p)), [1.0, 1.0], outer)
    return [*p, *best(p)]


def miss(w: Any, inner: Mode, time_step: float = 0.1) -> Any:
    """Return the square of where a particle crosses the axis y = 0: its path by Euler's method.

    It starts at (0, 8) with the velocity (3/4, 0), and two charges at (10, 10 - w) and (10, 0)
    drive it: its acceleration is minus the gradient of the potential sum of 1 / distance.
    """
    charges = [(10.0, 10.0 - w), (10.0, 0.0)]

    def potential(x: Vector) -> Any:
        return sum(1 / hypot(x[0] - a, x[1] - b) for a, b in charges)

    slope = inner(potential)
    x, velocity = [0.0, 8.0], [0.75, 0.0]
    while True:
        there = [a + time_step * v for a, v in zip(x, velocity, strict=True)]
        if not there[1] > 0:
            rest = -x[1] / velocity[1]
            return (x[0] + rest * velocity[0]) ** 2
        velocity = [v - time_step * g for v, g in zip(velocity, slope(x)[1], strict=True)]
        x = there


def particle(outer: Mode, inner: Mode) -> Any:
    """Return the w with which the particle meets the origin."""
    return argmin(lambda w: miss(w[0], inner), [0.0], outer)[0]
