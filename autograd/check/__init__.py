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
from autograd.check.comparison import compare
from autograd.check.enclosures import enclose
from autograd.check.engines import check_engine
from autograd.check.gradients import assert_gradient, check_gradient
from autograd.check.precise import Kink
from autograd.check.primitives import assert_primitive, check_primitive
from autograd.check.replay import reference_gradients
from autograd.check.report import Component, GradientMismatch, Report
from autograd.check.ulps import ulps

__all__ = [
    "Component", "GradientMismatch", "Kink", "Report", "assert_gradient", "assert_primitive",
    "check_engine", "check_gradient", "check_primitive", "compare", "enclose", "errors",
    "reference_gradients", "ulps",
]  # fmt: skip
