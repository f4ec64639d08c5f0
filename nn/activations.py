"""Activations by name: those of `autograd`; `linear`, which does nothing; `prelu`, which learns.

Softmax is no neuron's: each of its outputs depends on all inputs, so it belongs to a layer.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Any

from autograd import functions
from nn.layers.prelu import PReLU

Activation = str | Callable[[Any], Any]

# the name, and how it is written in front of "Neuron"
TITLES = {
    "linear": "Linear",
    "elu": "ELU",
    "gelu": "GELU",
    "hardtanh": "HardTanh",
    "leaky_relu": "LeakyReLU",
    "logsigmoid": "LogSigmoid",
    "mish": "Mish",
    "prelu": "PReLU",
    "relu": "ReLU",
    "selu": "SELU",
    "sigmoid": "Sigmoid",
    "silu": "SiLU",
    "softplus": "Softplus",
    "swish": "Swish",
    "tanh": "Tanh",
}
# those of a whole layer, and how they are written in front of "Layer"
LAYER_TITLES = {"softmax": "Softmax", "log_softmax": "LogSoftmax"}


def linear(x: Any) -> Any:
    """Return x."""
    return x


def find_activation(activation: Activation) -> tuple[str, Callable[[Any], Any]]:
    """Return the activation's name and function, given either; a new PReLU for "prelu".

    Raises ValueError for an unknown name, TypeError for what is neither name nor function.

    >>> name, function = find_activation("relu")
    >>> name, function(-2.0)
    ('relu', 0.0)
    """
    if name := of_a_layer(activation):
        raise ValueError(
            f"activation={name!r} looks at all neurons of a layer: give it to a Layer, "
            "or to an MLP as output="
        )
    if callable(activation) and not isinstance(activation, type):
        return called(activation), activation
    if not isinstance(activation, str):
        raise TypeError(
            f"activation={activation!r}: give a name, as 'tanh', or a function of one Value"
        )
    if activation not in TITLES:
        near = difflib.get_close_matches(activation, [*TITLES, *LAYER_TITLES])
        raise ValueError(
            f"activation={activation!r} is unknown"
            + (f": did you mean {' or '.join(map(repr, near))}?" if near else ".")
            + f" The names are {', '.join(TITLES)}, for a layer also {', '.join(LAYER_TITLES)}; "
            "any function of one Value will do as well"
        )
    if activation == "prelu":
        return activation, PReLU()
    return activation, linear if activation == "linear" else getattr(functions, activation)


def name_of(name: str, function: Any) -> Any:
    """Return an activation as it may be given: its name, or the Module that neurons share.

    Raises ValueError for a Python function, which no file can hold.

    >>> name_of("relu", functions.relu)
    'relu'
    """
    if hasattr(function, "parameters") and name != "prelu":
        return function
    try:
        known = find_activation(name)[1]
    except ValueError:
        known = None
    if known is not function and not type(known) is type(function) is PReLU:
        raise ValueError(f"the activation {called(function)} is a Python function")
    return name


def called(function: Any) -> str:
    """Return the name of a function, or of the class of an object."""
    return str(getattr(function, "__name__", type(function).__name__))


def of_a_layer(activation: Activation) -> str | None:
    """Return the name of an activation of a whole layer, given it or its function, else None.

    >>> of_a_layer(functions.softmax), of_a_layer("tanh")
    ('softmax', None)
    """
    for name in LAYER_TITLES:
        if activation is getattr(functions, name) or activation == name:
            return name
    return None
