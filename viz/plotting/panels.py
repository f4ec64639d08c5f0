"""The ground of every plot: a figure of panels without pyplot, its colours, dashes and frame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from autograd.real import short
from viz.diagrams.roles import SIGNED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

# Okabe and Ito's colours, each with its own dashes and marker: colour is never the only sign
LOOKS: list[tuple[str, Any, str]] = [
    ("#0072B2", "-", "o"), ("#D55E00", "--", "s"), ("#009E73", "-.", "^"), ("#CC79A7", ":", "D"),
    ("#E69F00", (0, (8, 2)), "v"), ("#56B4E9", (0, (4, 1, 1, 1, 1, 1)), "P"),
    ("#000000", (0, (1, 3)), "X"),
]  # fmt: skip
INK, GRID = "#3A3F45", "#E1E4E8"


def panels(rows: int = 1, columns: int = 1, size: tuple[float, float] = (6.4, 4.0),
           title: str = "") -> tuple[Figure, Any]:  # fmt: skip
    """Return a figure of that size in inches, and its axes as an array (rows, columns).

    It belongs to no window and leaves pyplot alone. Raises ImportError without matplotlib.
    """
    try:
        from viz.plotting.figures import Picture
    except ImportError as error:
        raise ImportError(
            "plots need matplotlib: pip install 'chalkgrad[plot]'", name="matplotlib"
        ) from error
    figure = Picture(figsize=size, layout="constrained")
    if title:
        figure.suptitle(literal(title))
    return figure, figure.subplots(rows, columns, squeeze=False)


def place(ax: Axes | None, size: tuple[float, float] = (6.4, 4.0)) -> tuple[Figure, Axes]:
    """Return the axes given and their figure, or those of a new figure of that size.

    Raises TypeError for what is no Axes, ImportError without matplotlib.
    """
    if ax is None:
        figure, [[ax]] = panels(size=size)
        return figure, ax
    if not hasattr(ax, "get_figure"):
        raise TypeError(f"ax={short(ax)}: give one matplotlib Axes, as figure.add_subplot() is")
    found: Any = ax.get_figure()
    return found, ax


def tidy(ax: Axes, grid: bool = True) -> None:
    """Take away the frame's top and right side, and lay a faint grid below what is drawn."""
    ax.spines[["top", "right"]].set_visible(False)
    if grid:
        ax.grid(color=GRID, linewidth=0.8)
        ax.set_axisbelow(True)


def literal(text: Any) -> str:
    """Return a text in which matplotlib sees no formula.

    >>> print(literal("$x$"))
    \\$x\\$
    """
    return str(text).replace("$", r"\$")


def signed_colours() -> Colormap:
    """Return the colours of signed numbers: from dark brown over grey at zero to light blue."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("signed", SIGNED)


def grid_of(count: int, columns: int) -> tuple[int, int]:
    """Return the rows and columns of a grid for so many panels, at most so many in a row.

    >>> grid_of(7, 4), grid_of(2, 4)
    ((2, 4), (1, 2))
    """
    return -(-count // columns), min(count, columns)


def blank(axes: Sequence[Axes]) -> None:
    """Take away panels that nothing is drawn in."""
    for ax in axes:
        ax.set_axis_off()
