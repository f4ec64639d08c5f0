"""Maps of the plane: what a model says of every point, with the samples on top."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# the classes 0 and 1, told apart by marker and lightness as well as by hue (Okabe and Ito)
COLOURS, MARKERS = ("#0072B2", "#E69F00"), ("o", "s")


def maps(
    panels: Sequence[tuple[str, Callable[[Any], Any]]],
    X: Any,
    y: Any,
    points: int,
    title: str,
) -> Figure:
    """Return a figure with a map for each (title, score): score(rows) > 0 is class 1.

    Raises ImportError without matplotlib.
    """
    try:
        from viz.plotting.figures import Picture
    except ImportError as error:
        raise ImportError("maps need matplotlib: pip install 'chalkgrad[plot]'") from error
    figure = Picture(figsize=(0.4 + 3.3 * len(panels), 3.7), layout="constrained")
    figure.suptitle(title)
    for axes, (name, score) in zip(
        figure.subplots(1, len(panels), sharey=True, squeeze=False)[0], panels, strict=True
    ):
        _draw(axes, score, np.asarray(X, dtype=float), np.asarray(y), points)
        axes.set_title(name, fontsize=10)
    return figure


def _draw(axes: Axes, score: Callable[[Any], Any], rows: Any, classes: Any, points: int) -> None:
    low, high = rows.min(axis=0), rows.max(axis=0)
    margin = 0.3 * (high - low)
    across = np.linspace(low[0] - margin[0], high[0] + margin[0], points)
    up = np.linspace(low[1] - margin[1], high[1] + margin[1], points)
    grid = np.array([[a, b] for b in up for a in across])
    scores = np.asarray(score(grid), dtype=float).reshape(points, points)
    axes.contourf(across, up, scores > 0, levels=[-0.5, 0.5, 1.5], colors=["#DCEBF5", "#FBEBC8"])
    if scores.min() < 0 < scores.max():
        axes.contour(across, up, scores, levels=[0], colors="#3A3F45", linewidths=1.2)
    for k in (0, 1):
        chosen = rows[classes == k]
        axes.plot(chosen[:, 0], chosen[:, 1], MARKERS[k], color=COLOURS[k], markeredgecolor="white",
                  markersize=7, label=f"class {k}")  # fmt: skip
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=True, framealpha=0.8, edgecolor="none", fontsize=8, loc="lower right")
