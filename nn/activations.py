"""Activations by name: those of `autograd`, and `linear`, which does nothing."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Any

from autograd import functions

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
    "relu": "ReLU",
    "selu": "SELU",
    "sigmoid": "Sigmoid",
    "silu": "SiLU",
    "softplus": "Softplus",
    "swish": "Swish",
    "tanh": "Tanh",
}


def linear(x: Any) -> Any:
    """Return x."""
    return x


def find_activation(activation: Activation) -> tuple[str, Callable[[Any], Any]]:
    """Return the activation's name and function, given either.

    Raises ValueError for an unknown name, TypeError for what is neither name nor function.

    >>> name, function = find_activation("relu")
    >>> name, function(-2.0)
    ('relu', 0.0)
    """
    if callable(activation):
        return getattr(activation, "__name__", type(activation).__name__), activation
    if not isinstance(activation, str):
        raise TypeError(
            f"activation={activation!r}: give a name, as 'tanh', or a function of one Value"
        )
    if activation not in TITLES:
        near = difflib.get_close_matches(activation, TITLES)
        raise ValueError(
            f"activation={activation!r} is unknown"
            + (f": did you mean {' or '.join(map(repr, near))}?" if near else ".")
            + f" The names are {', '.join(TITLES)}; any function of one Value will do as well"
        )
    return activation, linear if activation == "linear" else getattr(functions, activation)
