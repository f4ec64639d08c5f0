"""Pictures of computations: diagrams of values and networks, tables of text, curves."""

import autograd.installed  # noqa: F401  (first: says if it is another package)
from autograd import Value
from viz.diagrams.listing import text
from viz.diagrams.selection import largest, path, sample
from viz.diagrams.views import draw, picture
from viz.playing.frame import frame
from viz.playing.player import player
from viz.plotting.activation_plots import activations
from viz.plotting.boundary import boundary
from viz.plotting.gradient_flow import gradient_flow
from viz.plotting.landscape import landscape
from viz.plotting.network import network
from viz.plotting.plots import curves, training_curves
from viz.plotting.surface import surface
from viz.plotting.verdicts import confusion, residuals
from viz.plotting.weights import attention, filters, weights
from viz.rendering.drawing import Drawing
from viz.rendering.render import RenderError
from viz.training.live import live
from viz.training.recorder import Recorder
from viz.training.report import report
from viz.worksheets.worksheet import Worksheet, worksheet

__all__ = [
    "Drawing", "Recorder", "RenderError", "Worksheet", "activations", "attention", "boundary",
    "confusion", "curves", "draw", "filters", "frame", "gradient_flow", "landscape", "largest",
    "live", "network", "path", "player", "report", "residuals", "sample", "surface", "text",
    "training_curves", "weights", "worksheet",
]  # fmt: skip

Value.drawing = picture  # from now on notebooks show values as diagrams
