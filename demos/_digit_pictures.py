"""Pictures of digits: rows of small grey images, and places in a plane with the digit at each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from demos._digits import SIDE
from viz.plotting.panels import LOOKS, literal, panels, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def image_rows(rows: Sequence[tuple[str, Any]], title: str, size: float = 0.75) -> Figure:
    """Return a figure of rows of digits, 64 pixels from 0 to 1 each, with a name to the left."""
    columns = max(len(images) for _, images in rows)
    across = max(size * columns, 4.0) + (1.5 if any(name for name, _ in rows) else 0.0)
    figure, grid = panels(len(rows), columns, (across, (size + 0.05) * len(rows) + 0.5), title)
    for line, (name, images) in zip(grid, rows, strict=True):
        for axes in line:
            axes.set_xticks([])
            axes.set_yticks([])
            axes.spines[:].set_visible(False)
        for axes, image in zip(line, images, strict=False):
            axes.imshow(image.reshape(SIDE, SIDE), cmap="Greys", vmin=0, vmax=1)
        line[0].set_ylabel(literal(name), rotation=0, ha="right", va="center", fontsize=9)
    return figure


def digit_scatter(axes: Axes, places: Any, classes: Any) -> None:
    """Draw each digit's place in a plane as the digit itself, coloured by class."""
    for k in range(10):
        chosen = places[classes == k]
        axes.plot(chosen[:, 0], chosen[:, 1], linestyle="", marker=f"${k}$", markersize=6,
                  markeredgewidth=0.3, color=LOOKS[k % len(LOOKS)][0])  # fmt: skip
    tidy(axes)
