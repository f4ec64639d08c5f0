"""What part a value plays, and the colours of the parts (Okabe and Ito's palette)."""

from __future__ import annotations

import re
from collections.abc import Set
from typing import NamedTuple

from autograd import Value


class Role(NamedTuple):
    """Hold the colours of a part's border, ground and title."""

    line: str
    fill: str
    title: str


INPUT = Role("#0072B2", "#E5F1F8", "#00507D")
PARAMETER = Role("#E69F00", "#FDF5E3", "#7A5200")
INTERMEDIATE = Role("#9AA0A8", "#F6F7F8", "#3A3F45")
ACTIVATION = Role("#009E73", "#E5F5F1", "#00664B")
OUTPUT = Role("#CC79A7", "#FAF0F5", "#8A3A66")

# brown below zero, blue above, and lighter all the way: a grey copy still tells the sign
SIGNED = ["#401600", "#8C3B00", "#A8785A", "#A6A6A2", "#86C0E0", "#A5DBF7", "#E6F7FF"]

_ACTIVATIONS = {"tanh", "relu", "leaky_relu", "elu", "selu", "gelu", "silu", "mish", "sigmoid",
                "logsigmoid", "softplus", "softmax", "log_softmax"}  # fmt: skip


_NAMED = re.compile(
    r"(w|b|weight|weights|bias|gamma|beta|γ|β)(?![^\W\d_])"  # w, w_12, but not width
    r"|[ae]\d+(?:,\d+)+$"
)
_NONE: Set[Value] = frozenset()


def role(v: Value, outputs: Set[Value] = _NONE, parameters: Set[Value] = _NONE) -> Role:
    """Return the part v plays; where the parameters are given these leaves are, and no others.

    Else they are told by their names: w, w1, b, b2,1, weight, bias, gamma, beta, and those that
    prelus and embeddings give theirs, a1,2 and e3,1. The others are sets because `in` would
    compare the data of Values in a list.

    >>> [role(Value(1.0, name)) is PARAMETER for name in ("w1", "gamma2,1", "e3,1", "width", "a")]
    [True, True, True, False, False]
    """
    if v.rule is None:
        named = v in parameters if parameters else _NAMED.match(str(v.label))
        return PARAMETER if named else INPUT
    if v in outputs:
        return OUTPUT
    return ACTIVATION if v.rule.name in _ACTIVATIONS else INTERMEDIATE
