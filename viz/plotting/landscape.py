"""The loss around a network's weights, on a plane through them, with the optimizer's path."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.real import short
from autograd.value import detached
from viz.diagrams.digits import digits
from viz.plotting.columns import at_points
from viz.plotting.network_layers import all_parameters
from viz.plotting.panels import INK, literal, place
from viz.plotting.plane import Plane, plane_through
from viz.plotting.running import in_use
from viz.training.recorder import Recorder

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_DOTS = 40  # points of the path at which the true loss is computed


def landscape(
    model: Any,
    loss: Callable[[Any], Any],
    path: Recorder | Sequence[Any] | None = None,
    *,
    directions: str = "random",
    points: int = 41,
    radius: float | None = None,
    seed: int = 0,
    title: str = "",
    ax: Axes | None = None,
) -> Figure:
    """Return a figure of loss(model) over centre + a * d1 + b * d2, the centre being the weights.

    `directions="random"` are filter-normalised: normal numbers, for every neuron scaled to the
    length of its own weights; parameters that are no weights, as biases, stay as they are. "pca"
    are the two directions in which the path varies most, of length 1 and not filter-normalised,
    which would turn them off the path. The `path` is a `Recorder` of the training, or a list of
    the parameters at some times, in the order of `model.parameters()`.

    A path does not lie in a plane: its points are projected onto it, at a right angle. Random
    directions hold next to nothing of a path through many parameters (section 7.1); principal ones
    hold the most. So below the plot stands which share of its squared distances from the model the
    plane holds, and how far the loss of the plane is from the true one; the dots have the colour of
    the true one.

    The loss is a function of the model, computed points**2 times with the parameters changed,
    which are put back: all at once if its operations take arrays, else one by one, as where a
    softmax compares numbers; then fewer points, or some of the samples, save time. The sides reach
    from -radius to radius and as far as the path goes. Raises TypeError for what is no network or
    loss, ValueError for a path of another length, unknown options and a loss that is several
    numbers or finite nowhere, ImportError without matplotlib.

    Source: Li, Xu, Taylor, Studer and Goldstein 2018, "Visualizing the Loss Landscape of Neural
    Nets", sections 4 (filter normalisation) and 7 (paths).
    """
    if not callable(loss):
        raise TypeError(f"landscape(loss={short(loss)}): give a function of the model")
    if type(points) is not int or points < 3:
        raise ValueError(f"landscape(points={points!r}): give an int of 3 or more")
    if radius is not None and not 0 < radius < inf:
        raise ValueError(f"landscape(radius={radius}): give a number above 0, or None")
    plane = plane_through(model, path, directions, seed)
    sides = _sides(plane, radius, points)
    parameters = all_parameters(model)
    grid = np.stack(np.meshgrid(*sides), axis=-1).reshape(-1, 2)
    dots = _chosen(len(plane.steps))
    with in_use(model):

        def losses(places: Any) -> Any:
            return at_points(lambda: _number(loss(model)), parameters, places)[:, 0]

        heights = losses(plane.at(grid)).reshape(points, points)
        true = losses(plane.steps[dots]) if dots else np.array([])
        there = losses(plane.at(plane.path[dots])) if dots else np.array([])
    if not np.isfinite(heights).any():
        raise ValueError("landscape: the loss is finite nowhere on the plane; give a lesser radius")
    figure, axes = place(ax, (6.2, 5.2))
    _draw(figure, axes, sides, heights, plane, true, dots)
    told = _told(plane, true, there, dots)
    axes.set_title(literal(title), pad=34 if title else None)  # the legend is below it
    axes.set_ylabel(plane.names[1])
    axes.set_xlabel(plane.names[0])
    if told:
        axes.annotate(told, (0.5, 0), xytext=(0, -42), xycoords="axes fraction", ha="center",
                      va="top", textcoords="offset points", fontsize=8, color=INK)  # fmt: skip
    return figure


def _number(y: Any) -> Any:
    if isinstance(y, (list, tuple)):
        if len(y) != 1:
            raise ValueError(f"landscape: the loss gave {len(y)} numbers; it must give one")
        y = y[0]
    return detached(y)


def _sides(plane: Plane, radius: float | None, points: int) -> Any:
    """Return the ticks of both sides: from -radius to radius, and as far as the path goes."""
    low = np.minimum(plane.path.min(axis=0, initial=0.0), 0.0)
    high = np.maximum(plane.path.max(axis=0, initial=0.0), 0.0)
    longest = float((high - low).max())
    room = np.maximum(0.2 * (high - low), 0.15 * longest)
    least = radius if radius is not None else 0.0 if longest and plane.principal else 1.0
    return np.linspace(np.minimum(low - room, -least), np.maximum(high + room, least), points).T


def _chosen(count: int) -> list[int]:
    """Return which points of the path have a dot: all, or evenly chosen ones with both ends."""
    return sorted({round(i) for i in np.linspace(0, count - 1, min(count, _DOTS))} if count else [])


def _levels(low: float, high: float) -> tuple[Any, bool]:
    """Return the levels, and whether they are logarithmic, as equal steps would show the rim alone.

    >>> _levels(0.1, 10.0)[0].tolist()
    [0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 2.0, 3.0, 5.0, 7.0, 10.0]
    """
    from matplotlib.ticker import MaxNLocator

    if not (low > 0 and high > 20 * low):
        return np.array(MaxNLocator(20).tick_values(low, high)), False
    powers = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    steps = (1, 2, 3, 5, 7) if len(powers) < 4 else (1, 2, 5) if len(powers) < 8 else (1,)
    every = np.array([float(f"{step}e{power}") for power in powers for step in steps])
    first, last = np.searchsorted(every, low, "right") - 1, np.searchsorted(every, high)
    return every[max(first, 0) : last + 1], True


def _draw(figure: Figure, ax: Axes, sides: Any, heights: Any, plane: Plane, true: Any,
          dots: Sequence[int]) -> None:  # fmt: skip
    from matplotlib.colors import LogNorm, Normalize
    from matplotlib.patheffects import Normal, Stroke

    shown = np.ma.masked_invalid(heights)
    known = np.concatenate([shown.compressed(), true[np.isfinite(true)]])
    levels, wide = _levels(float(known.min()), float(known.max()))
    norm = LogNorm(levels[0], levels[-1]) if wide else Normalize(levels[0], levels[-1])
    filled = ax.contourf(*sides, shown, levels, cmap="viridis", norm=norm)
    lines = ax.contour(*sides, shown, levels, colors="white", linewidths=0.6, alpha=0.8)
    around = [Stroke(linewidth=2.0, foreground="#00000099"), Normal()]
    for text in ax.clabel(lines, levels[1::2], fmt=lambda t: digits(float(t), 2), fontsize=7):
        text.set_path_effects(around)
    bar = figure.colorbar(filled, ax=ax, label="loss" + (", logarithmic" if wide else ""))
    ticks = levels[:: -(-len(levels) // 12)]
    bar.set_ticks(ticks.tolist(), labels=[digits(float(t), 2) for t in ticks])
    bar.ax.minorticks_off()
    outline = [Stroke(linewidth=3.4, foreground="black"), Normal()]
    if dots:
        ax.plot(*plane.path.T, "-", color="white", linewidth=1.6, path_effects=outline,
                label="path, projected; dots: the true loss")  # fmt: skip
        at = plane.path[dots]
        ax.scatter(at[:, 0], at[:, 1], c=true, cmap="viridis", norm=norm, s=26, zorder=3,
                   edgecolors="white", linewidths=0.9)  # fmt: skip
        ends = [(0, "s", "start"), (-1, "X", "end of the path")]
        for i, marker, word in ends[: 1 if np.array_equal(plane.steps[-1], plane.centre) else 2]:
            ax.plot(*plane.path[i], marker, color="white", markeredgecolor=INK, markersize=9,
                    linestyle="none", label=word, zorder=4)  # fmt: skip
    ax.plot(0, 0, "*", color="white", markeredgecolor="black", markersize=14, linestyle="none",
            label="the model", zorder=5)  # fmt: skip
    ax.legend(fontsize=8, framealpha=1.0, edgecolor="none", facecolor="#C9CDD2", ncols=3,
              loc="lower left", bbox_to_anchor=(0.0, 1.01), borderaxespad=0.0)  # fmt: skip


def _told(plane: Plane, true: Any, there: Any, dots: Sequence[int]) -> str:
    """Return what the plane hides of the path."""
    if not dots:
        return ""
    size = digits(float(plane.share) * 100, 2 if plane.share < 0.995 else 3)
    gaps = np.abs(true - there)
    worst = int(np.nanargmax(np.where(np.isfinite(gaps), gaps, -1.0)))
    where = "start" if dots[worst] == 0 else f"point {dots[worst]} of {len(plane.steps) - 1}"
    text = f"this plane holds {size} % of the path's squared distances\nfrom the model"
    if plane.share < 0.5 and not plane.principal:
        text += " (try directions='pca')"
    return text + (
        f"; where it is farthest from the truth ({where}),\nthe loss is "
        f"{digits(float(true[worst]), 3)}, on the plane {digits(float(there[worst]), 3)}"
    )
