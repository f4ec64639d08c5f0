"""Decision boundaries: which class a model gives every point of the plane, the samples on top."""

from __future__ import annotations

from itertools import cycle, islice
from typing import TYPE_CHECKING, Any

import numpy as np

from viz.panels import INK, LOOKS, literal, place, tidy
from viz.running import checked_rows, scores

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_HATCHES = ["", "////", "....", "\\\\\\\\", "++", "xx", "oo"]


def boundary(
    model: Any,
    X: Any,  # noqa: N803
    y: Any,
    *,
    threshold: float = 0.0,
    points: int = 101,
    title: str = "",
    ax: Axes | None = None,
) -> Figure:
    """Return a figure of the regions in which a model says each class, with the samples.

    The model is one with `predict` or `layers`, or a function of an array of rows. One output is
    class 1 above the `threshold` (0 for logits, 0.5 for probabilities), else 0; of several the
    largest is the class. X has two numbers a sample, y classes counted from 0; a ring is around
    each sample that the model gets wrong. Raises ValueError for other shapes or classes,
    TypeError for what is no model, ImportError without matplotlib.

    >>> figure = boundary(lambda rows: rows[:, 0] - 0.5, [[0, 0], [1, 0], [2, 1]], [0, 1, 0])
    >>> [line.get_label() for line in figure.axes[0].lines]
    ['class 0', 'class 1', 'wrong: 1 of 3']
    """
    rows, classes = checked_rows("boundary", X, [2]), np.asarray(y)
    if classes.shape != (len(rows),):
        raise ValueError(f"boundary: y has shape {classes.shape}; give a class for each of the "
                         f"{len(rows)} samples")  # fmt: skip
    across, up, grid = square(rows, points)
    said = scores(model, grid)
    count = max(said.shape[1], 2)
    if not np.isin(classes, range(count)).all():
        strange = classes[~np.isin(classes, range(count))][0]
        raise ValueError(f"boundary: y has the class {strange}; the model knows 0 to {count - 1}")
    figure, axes = place(ax, (5.2, 4.4))
    _regions(axes, across, up, said, threshold)
    wrong = _chosen(scores(model, rows), threshold) != classes
    for k, (colour, _, marker) in enumerate(islice(cycle(LOOKS), count)):
        at = rows[classes == k]
        axes.plot(at[:, 0], at[:, 1], marker, color=colour, markeredgecolor="white", markersize=7,
                  linestyle="none", label=f"class {k}")  # fmt: skip
    if wrong.any():
        axes.plot(
            *rows[wrong].T, "o", markersize=11, fillstyle="none", color="black", linestyle="none",
            label=f"wrong: {wrong.sum()} of {len(rows)}",
        )  # fmt: skip
    axes.set(title=literal(title), xlabel="x1", ylabel="x2",
             xlim=(across[0], across[-1]), ylim=(up[0], up[-1]))  # fmt: skip
    tidy(axes, grid=False)
    axes.legend(frameon=True, framealpha=0.85, edgecolor="none", fontsize=8)
    return figure


def square(rows: Any, points: int, margin: float = 0.2) -> tuple[Any, Any, Any]:
    """Return the ticks of both sides of a grid around the samples, and its points as rows.

    Raises ValueError for fewer than 2 points a side.
    """
    if points < 2:
        raise ValueError(f"points={points}: a side of the grid needs 2 or more")
    low, high = rows.min(axis=0), rows.max(axis=0)
    room = np.where(high > low, margin * (high - low), 1.0)
    across, up = np.linspace(low - room, high + room, points).T
    return across, up, np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)


def _chosen(said: Any, threshold: float) -> Any:
    return (said[:, 0] > threshold).astype(int) if said.shape[1] == 1 else said.argmax(axis=1)


def _regions(ax: Axes, across: Any, up: Any, said: Any, threshold: float) -> None:
    """Fill each class's region with its colour, faint, and its hatch; a line is between them."""
    import matplotlib as mpl
    from matplotlib.colors import to_rgb

    shape = (len(up), len(across))
    if said.shape[1] == 1:
        gaps = [threshold - said[:, 0], said[:, 0] - threshold]
    else:  # by how much a class is above the best of the others
        gaps = [said[:, k] - np.delete(said, k, axis=1).max(axis=1) for k in range(said.shape[1])]
    for k, (gap, (colour, _, _)) in enumerate(zip(gaps, cycle(LOOKS), strict=False)):
        gap = np.where(np.isfinite(gap), gap, np.nan).reshape(shape)
        if not np.nanmax(gap, initial=-1.0) > 0:
            continue
        faint = tuple(0.78 + 0.22 * part for part in to_rgb(colour))
        with mpl.rc_context({"hatch.linewidth": 0.8}):
            filled = ax.contourf(across, up, gap, levels=[0, np.inf], colors=[faint],
                                 hatches=[_HATCHES[k % len(_HATCHES)]])  # fmt: skip
        filled.set(edgecolor="white", linewidth=0.0)
        if np.nanmin(gap) < 0:
            ax.contour(across, up, gap, levels=[0], colors=INK, linewidths=1.3)
