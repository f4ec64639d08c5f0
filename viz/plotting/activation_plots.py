"""Activation functions with their derivatives, which the engine takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from math import isfinite, isnan, nan
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd import Value, functions, gradients
from autograd.real import short
from autograd.value import detached, recording
from viz.plotting.panels import LOOKS, blank, grid_of, literal, panels, place, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ACTIVATIONS = ("sigmoid", "tanh", "hardtanh", "relu", "leaky_relu", "elu", "selu", "gelu", "silu",
               "mish", "softplus", "logsigmoid")  # fmt: skip
Activation = str | Callable[[Any], Any]


def activations(
    which: Activation | Sequence[Activation] = ACTIVATIONS,
    *,
    low: float = -4.0,
    high: float = 4.0,
    points: int = 321,
    title: str = "",
    ax: Axes | None = None,
) -> Figure:
    """Return a figure of functions f(x), solid, and f'(x), dashed; a panel for each of several.

    An activation is a name in `autograd` or a function of one Value; where a derivative jumps its
    curve is broken. `ax` serves one function. Raises ValueError for unknown names, no function and
    bad limits, TypeError for what is no function, ImportError without matplotlib.

    >>> [line.get_label() for line in activations("tanh").axes[0].lines[:2]]
    ['f(x)', 'f′(x)']
    """
    alone = isinstance(which, str) or callable(which) or not isinstance(which, Iterable)
    chosen = [_found(f) for f in ([which] if alone else which)]  # type: ignore[union-attr]
    if not chosen or not low < high or points < 3:
        raise ValueError("activations(): give a function or more, low < high and 3 points or more")
    if ax is not None and len(chosen) > 1:
        raise ValueError(f"activations(ax=...): one axes for {len(chosen)} functions; give one")
    plots: list[Any]
    if len(chosen) == 1:
        figure, only = place(ax, (4.6, 3.4))
        plots = [only]
    else:
        rows, columns = grid_of(len(chosen), 4)
        figure, grid = panels(rows, columns, (2.7 * columns, 2.2 * rows + 0.6), title)
        plots = list(grid.flat)
    xs = np.linspace(low, high, points).tolist()
    for (name, function), axes in zip(chosen, plots, strict=False):
        _draw(axes, function, xs)
        axes.set_title(literal(title if len(chosen) == 1 and title else name), fontsize=10)
    plots[0].legend(frameon=False, handlelength=2.6, fontsize=8)
    blank(plots[len(chosen) :])
    return figure


def value_and_slope(function: Callable[[Any], Any], x: float) -> tuple[float, float]:
    """Return f(x) and f'(x), which is 0 where f does not depend on x; nan where f is undefined.

    >>> from autograd import tanh
    >>> value_and_slope(tanh, 0.0)
    (0.0, 1.0)
    """
    with recording(True):
        v = Value(x)
        try:
            y = function(v)
        except (ValueError, ArithmeticError):
            return nan, nan
        y = y[0] if isinstance(y, list) else y
        slope = gradients(y, [v])[0] if type(y) is Value else 0.0
    value = float(detached(y))
    return value, nan if isnan(value) else float(slope)


def jumps(
    function: Callable[[Any], Any], xs: Sequence[float], slopes: Sequence[float]
) -> list[int]:
    """Return every i such that the slope jumps between xs[i] and xs[i + 1].

    Where it does not, about half of its change is on each side of the middle.
    """
    found = []
    finite = [slope for slope in slopes if isfinite(slope)] or [0.0]
    scale = max(finite) - min(finite)
    for i, ((a, b), (p, q)) in enumerate(zip(pairwise(xs), pairwise(slopes), strict=True)):
        if abs(q - p) > 0.01 * scale:
            _, middle = value_and_slope(function, (a + b) / 2)
            if max(abs(middle - p), abs(q - middle)) > 0.9 * abs(q - p):
                found.append(i)
    return found


def _found(activation: Any) -> tuple[str, Callable[[Any], Any]]:
    if isinstance(activation, str):
        if activation not in (*ACTIVATIONS, *functions.__all__):
            raise ValueError(f"activation {activation!r} is unknown: the names are "
                             f"{', '.join(ACTIVATIONS)}; a function will do as well")  # fmt: skip
        return activation, getattr(functions, activation)
    if not callable(activation):
        raise TypeError(f"{short(activation)} is no activation: give a name or a function")
    return getattr(activation, "__name__", type(activation).__name__), activation


def _draw(ax: Axes, function: Callable[[Any], Any], xs: Sequence[float]) -> None:
    values, slopes = zip(*[value_and_slope(function, x) for x in xs], strict=True)
    broken_xs, broken = list(xs), list(slopes)
    for i in reversed(jumps(function, xs, slopes)):
        broken_xs.insert(i + 1, (xs[i] + xs[i + 1]) / 2)
        broken.insert(i + 1, nan)
    for word, x, y, (colour, dashes, _) in zip(("f(x)", "f′(x)"), (xs, broken_xs),
                                               (values, broken), LOOKS, strict=False):  # fmt: skip
        ax.plot(x, y, color=colour, linestyle=dashes, linewidth=1.8, label=word)
    tidy(ax)
    ax.axhline(0, color="#9AA0A8", linewidth=0.8, zorder=1)
    ax.axvline(0, color="#9AA0A8", linewidth=0.8, zorder=1)
