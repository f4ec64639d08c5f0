"""Gradients checked against numbers that do not come from the rules they judge.

Everything recorded is replayed in high precision and differenced there. A function that only
takes floats is judged by a complex step or by extrapolated differences.
"""

try:
    import mpmath as _  # noqa: F401
except ImportError as error:
    raise ImportError(
        "autograd.check computes its reference to 50 digits with mpmath, which is missing: "
        'pip install "chalkgrad[check]"'
    ) from error

from autograd.check.attribution import errors
from autograd.check.attribution.table import Errors
from autograd.check.comparison import compare
from autograd.check.comparison.table import Comparison
from autograd.check.diagnosis import Cause
from autograd.check.enclosures import Enclosure, enclose
from autograd.check.enclosures.boxes import Interval, interval
from autograd.check.enclosures.intervals import NotEnclosed
from autograd.check.engines import check_engine
from autograd.check.engines.scorecard import Scorecard
from autograd.check.gradients import assert_gradient, check_gradient
from autograd.check.oracles.precise import Kink
from autograd.check.oracles.replay import reference_gradients
from autograd.check.primitives import assert_primitive, check_primitive
from autograd.check.report import Component, GradientMismatch, Report
from autograd.check.ulps import ulps

__all__ = [
    "Cause", "Comparison", "Component", "Enclosure", "Errors", "GradientMismatch", "Interval",
    "Kink", "NotEnclosed", "Report", "Scorecard", "assert_gradient", "assert_primitive",
    "check_engine", "check_gradient", "check_primitive", "compare", "enclose", "errors",
    "interval", "reference_gradients", "ulps",
]  # fmt: skip
