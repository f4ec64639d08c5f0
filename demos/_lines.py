"""Figures of what was measured over what was varied, as accuracy over noise or size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from viz.plotting.panels import LOOKS, literal, panels, place, tidy

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


def accuracy_panels(
    counts: Sequence[int],
    found: Mapping[str, Mapping[str, Sequence[float]]],
    title: str,
    *,
    xlabel: str,
) -> Figure:
    """Return a figure of accuracies over so many samples, a panel for each judgement found."""
    figure, [row] = panels(1, len(found), (5.25 * len(found), 4), title)
    for axes, (name, series) in zip(row, found.items(), strict=True):
        lines(counts, series, name, xlabel=xlabel, ax=axes)
        axes.set_xscale("log")
        axes.set_xticks(counts, [f"{count}" for count in counts])
        axes.minorticks_off()
        axes.set_ylim(0, 1)
    return figure
