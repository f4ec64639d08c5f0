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

_ACTIVATIONS = {"tanh", "relu", "leaky_relu", "elu", "selu", "gelu", "silu", "mish", "sigmoid",
                "logsigmoid", "softplus", "softmax", "log_softmax"}  # fmt: skip


_NONE: Set[Value] = frozenset()


def role(v: Value, outputs: Set[Value] = _NONE, parameters: Set[Value] = _NONE) -> Role:
    """Return the part v plays; a leaf called w, w1, b, b2,1, weight... counts as a parameter.

    The others are sets because `in` would compare the data of Values in a list.

    >>> role(Value(1.0, "w1")) is PARAMETER, role(Value(1.0, "width")) is INPUT
    (True, True)
    """
    if v.rule is None:
        named = re.match(r"(w|b|weight|bias)(?![^\W\d_])", v.label)
        return PARAMETER if named or v in parameters else INPUT
    if v in outputs:
        return OUTPUT
    return ACTIVATION if v.rule.name in _ACTIVATIONS else INTERMEDIATE
