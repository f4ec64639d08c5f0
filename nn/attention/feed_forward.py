"""The small network that a transformer's block has for each element, after attention."""

from __future__ import annotations

from nn.activations import Activation
from nn.initialisers import Initialiser, Seed
from nn.layers.each import Each
from nn.layers.layer import Layer
from nn.layers.sequential import Sequential


def feed_forward(
    size: int,
    hidden: int | None,
    activation: Activation,
    init: str | Initialiser | None,
    seed: Seed,
) -> Each:
    """Return linear(activation(linear(x))) of each element: size, hidden (4 * size), size.

    Source: Vaswani et al. 2017, "Attention Is All You Need", section 3.3.
    """
    hidden = 4 * size if hidden is None else hidden
    return Each(
        Sequential(
            Layer(size, hidden, activation=activation, init=init, seed=seed),
            Layer(hidden, size, activation="linear", init=init, seed=seed),
        )
    )
