"""A matplotlib figure that a notebook shows, whether or not pyplot was imported."""

from __future__ import annotations

import io

from matplotlib.figure import Figure


class Picture(Figure):
    """Hold a figure that notebooks show by its own `_repr_svg_`."""

    def _repr_svg_(self) -> str:
        out = io.StringIO()
        self.savefig(out, format="svg")
        return out.getvalue()
