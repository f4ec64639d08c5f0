"""A figure of several panels side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def panels(
    rows: int, columns: int, size: tuple[float, float], title: str = ""
) -> tuple[Figure, Any]:
    """Return a figure of that size in inches, and its axes as an array (rows, columns).

    Raises ImportError without matplotlib.
    """
    try:
        from viz.figures import Picture
    except ImportError as error:
        raise ImportError("pictures need matplotlib: pip install 'chalkgrad[plot]'") from error
    figure = Picture(figsize=size, layout="constrained")
    if title:
        figure.suptitle(title)
    return figure, figure.subplots(rows, columns, squeeze=False)
