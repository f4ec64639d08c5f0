"""Pictures of computations: diagrams of values and networks, tables of text, curves."""

import autograd.installed  # noqa: F401  (first: says if it is another package)
from autograd import Value
from viz.drawing import Drawing
from viz.listing import text
from viz.plots import curves
from viz.render import RenderError
from viz.views import draw, picture

__all__ = ["Drawing", "RenderError", "curves", "draw", "text"]

Value.drawing = picture  # from now on notebooks show values as diagrams
