"""Figures that are written whole or not at all, and the same bytes on every run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def save_figure(figure: Figure, path: Path) -> None:
    """Write a matplotlib figure as SVG under a temporary name, then rename it."""
    from matplotlib import rc_context

    draft = path.with_name(f".{path.name}.part")
    try:
        with rc_context({"svg.hashsalt": path.name}):  # else ids are random
            figure.savefig(draft, format="svg", metadata={"Date": None})
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
