"""A scalar reverse-mode automatic differentiation engine: write scalars, see every derivative.

>>> a = Value(2.0, label="a")
>>> y = a * tanh(a)
>>> y.backward()
>>> a
Value(2.0, grad=1.105329229782146, label='a')
"""

from typing import TYPE_CHECKING, Any

import autograd.installed  # first: says if another package lies among ours
import autograd.copying  # noqa: F401  (registers how Values are pickled)
from autograd.explain import explain
from autograd.functions import (
    abs, acos, acosh, asin, asinh, atan, atan2, atanh, cbrt, ceil, clip, cos, cosh, digamma, dot,
    elu, erf, erfc, exp, exp2, expm1, floor, gamma, gaussian, gelu, hardtanh, hypot, leaky_relu,
    lgamma, log, log1p, log2, log10, log_softmax, logsigmoid, logsumexp, max, maximum, mean, min,
    minimum, mish, norm, normal_cdf, polygamma, prod, relu, round, selu, sigmoid, sign, silu, sin,
    sinh, softmax, softplus, sqrt, sum, swish, take, tan, tanh, where,
)  # fmt: skip
from autograd.lines import line_of, lines
from autograd.passes import gradients
from autograd.primitive import primitive
from autograd.show import name, table, tree
from autograd.transforms import (
    derivative, grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp,
)  # fmt: skip
from autograd.value import Value, derivatives, no_grad, nodes
from autograd.why import why

if TYPE_CHECKING:
    from autograd.program import compile, draw

__version__ = "0.1.0"
__all__ = [
    "Value", "abs", "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "ceil",
    "clip", "compile", "cos", "cosh", "derivative", "derivatives", "digamma", "dot", "draw",
    "elu", "erf", "erfc", "exp", "exp2", "explain", "expm1", "floor", "gamma", "gaussian", "gelu",
    "grad", "gradients", "hardtanh", "hessian", "hvp", "hypot", "jacobian", "jvp", "leaky_relu",
    "lgamma", "line_of", "lines", "log", "log10", "log1p", "log2", "log_softmax", "logsigmoid",
    "logsumexp", "max", "maximum", "mean", "min", "minimum", "mish", "name", "no_grad", "nodes",
    "norm", "normal_cdf", "polygamma", "primitive", "prod", "relu", "round", "selu", "sigmoid",
    "sign", "silu", "sin", "sinh", "softmax", "softplus", "sqrt", "sum", "swish", "table", "take",
    "tan", "tanh", "tree", "value_and_grad", "vjp", "where", "why",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Import the compiler when it is asked for: the engine alone starts in half the time."""
    if name not in ("compile", "draw"):
        raise AttributeError(f"module 'autograd' has no attribute {name!r}")
    from autograd import program

    return getattr(program, name)
