"""Pictures of computations: diagrams of values and networks, tables of text, curves."""

import autograd.installed  # noqa: F401  (first: says if it is another package)
from autograd import Value
from viz.activation_plots import activations
from viz.boundary import boundary
from viz.drawing import Drawing
from viz.gradient_flow import gradient_flow
from viz.landscape import landscape
from viz.listing import text
from viz.network import network
from viz.player import player
from viz.plots import curves, training_curves
from viz.render import RenderError
from viz.report import report
from viz.selection import largest, path, sample
from viz.surface import surface
from viz.views import draw, picture
from viz.weights import attention, filters, weights
from viz.worksheet import Worksheet, worksheet

__all__ = [
    "Drawing", "RenderError", "Worksheet", "activations", "attention", "boundary", "curves", "draw",
    "filters", "gradient_flow", "landscape", "largest", "network", "path", "player", "report",
    "sample", "surface", "text", "training_curves", "weights", "worksheet",
]  # fmt: skip

Value.drawing = picture  # from now on notebooks show values as diagrams
