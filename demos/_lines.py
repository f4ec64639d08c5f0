"""Figures of what was measured over what was varied, as accuracy over noise or size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from viz.plotting.panels import LOOKS, literal, place, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def lines(
    xs: Sequence[float],
    series: Mapping[str, Sequence[float]],
    title: str = "",
    *,
    xlabel: str,
    ylabel: str = "test accuracy",
    ax: Axes | None = None,
) -> Figure:
    """Return a figure of points (x, y) joined by a line for each name; `ax` are axes to draw in.

    Raises ImportError without matplotlib, ValueError for other numbers of xs and ys.

    >>> figure = lines([0, 1], {"a": [0.5, 1.0]}, xlabel="bits")
    >>> figure.axes[0].lines[0].get_ydata().tolist()
    [0.5, 1.0]
    """
    figure, axes = place(ax)
    for (name, ys), (colour, dashes, marker) in zip(series.items(), LOOKS, strict=False):
        axes.plot(xs, ys, label=literal(name), color=colour, linestyle=dashes, marker=marker)
    axes.set(title=literal(title), xlabel=literal(xlabel), ylabel=literal(ylabel))
    tidy(axes)
    axes.legend(frameon=False, handlelength=3.5)
    return figure
