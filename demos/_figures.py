"""Figures that are written whole or not at all, and the same bytes on every run."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from autograd.files import write_whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def save_figure(figure: Figure, path: Path) -> None:
    """Write a matplotlib figure as SVG."""
    from matplotlib import rc_context

    out = io.BytesIO()
    with rc_context({"svg.hashsalt": path.name}):  # else ids are random
        figure.savefig(out, format="svg", metadata={"Date": None})
    write_whole(path, out.getvalue(), "picture")
