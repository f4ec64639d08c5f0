"""Pictures of attention: a row for what looks, a column for what is looked at, darker for more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from viz.plotting.panels import INK, blank, grid_of, literal, panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHADES = "Blues"


@dataclass(frozen=True)
class Map:
    """Hold the weights [query][key] of one head, and what stands at the rows and columns.

    What a mask hides has a cross.
    """

    title: str
    weights: Any
    queries: Sequence[str]
    keys: Sequence[str]
    mask: Any = None


def attention_maps(
    maps: Sequence[Map], title: str, columns: int = 4, side: float = 2.6, rows: str = "looks",
    seen: str = "is looked at",
) -> Figure:  # fmt: skip
    """Return a figure with a panel for each map, and one scale of shades for all."""
    down, across = grid_of(len(maps), columns)
    figure, grid = panels(down, across, (side * across + 0.8, side * down + 0.6), title)
    for axes, each in zip(grid.flat, maps, strict=False):
        weights = np.array(each.weights, dtype=float)
        image = axes.imshow(weights, cmap=SHADES, vmin=0, vmax=1)
        axes.set_title(literal(each.title), fontsize=9)
        axes.set_xticks(range(len(each.keys)), list(map(literal, each.keys)))
        axes.set_yticks(range(len(each.queries)), list(map(literal, each.queries)))
        if each.mask is not None:
            for query, key in np.argwhere(~np.array(each.mask, dtype=bool)):
                axes.text(key, query, "×", ha="center", va="center", color=INK)
        axes.tick_params(length=0, labelsize=7 if len(each.keys) > 12 else 8)
        for spine in axes.spines.values():
            spine.set_color(INK)
    for axes in grid[:, 0]:
        axes.set_ylabel(rows)
    for axes in grid[-1]:
        axes.set_xlabel(seen)
    blank(list(grid.flat)[len(maps) :])
    figure.colorbar(image, ax=grid, shrink=0.8, label="attention weight")
    return figure
