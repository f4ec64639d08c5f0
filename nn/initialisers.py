"""Starting weights: each initialiser draws one weight, given the neuron's fan-in and fan-out."""

from __future__ import annotations

import random
from collections.abc import Callable
from math import sqrt
from typing import Protocol


class Generator(Protocol):
    """Describe a source of random numbers: a `random.Random`, or the module `random` itself."""

    def uniform(self, a: float, b: float) -> float:
        """Return a number between a and b."""


Initialiser = Callable[[Generator, int, int], float]
Seed = int | Generator | None


def generator(seed: Seed) -> Generator:
    """Return a generator of its own for a number, Python's shared `random` for None.

    >>> generator(0).uniform(-1, 1) == generator(0).uniform(-1, 1)
    True
    """
    if seed is None:
        return random
    if isinstance(seed, int):
        return random.Random(seed)
    if not hasattr(seed, "uniform"):
        raise TypeError(f"seed={seed!r}: give a whole number, None or a random.Random")
    return seed


def uniform(low: float, high: float) -> Initialiser:
    """Return an initialiser that draws from [low, high], whatever the fan-in."""
    return lambda source, fan_in, fan_out: source.uniform(low, high)


def he(source: Generator, fan_in: int, fan_out: int) -> float:
    """Draw from [-a, a] with a = sqrt(6 / fan_in): variance 2 / fan_in, for rectifiers.

    Source: He et al. 2015, "Delving Deep into Rectifiers", equation 10 (there a normal
    distribution of this variance; a uniform one draws no outliers for small neurons).
    """
    limit = sqrt(6 / fan_in)
    return source.uniform(-limit, limit)


def glorot(source: Generator, fan_in: int, fan_out: int) -> float:
    """Draw from [-a, a] with a = sqrt(6 / (fan_in + fan_out)), for the other activations.

    Source: Glorot and Bengio 2010, "Understanding the difficulty of training deep feedforward
    neural networks", equation 16.
    """
    limit = sqrt(6 / (fan_in + fan_out))
    return source.uniform(-limit, limit)


# micrograd's own is "uniform"
INITIALISERS: dict[str, Initialiser] = {"uniform": uniform(-1, 1), "he": he, "glorot": glorot}


def find_initialiser(init: str | Initialiser | None, activation: str) -> Initialiser:
    """Return the initialiser of that name; for None the one that suits the activation.

    Raises ValueError for an unknown name, TypeError for what is neither name nor function.

    >>> find_initialiser(None, "relu").__name__, find_initialiser(None, "tanh").__name__
    ('he', 'glorot')
    """
    if init is None:
        return he if activation in ("relu", "leaky_relu") else glorot
    if callable(init):
        return init
    if not isinstance(init, str):
        raise TypeError(f"init={init!r}: give a name, as 'he', or a function, as nn.uniform(-1, 1)")
    if init not in INITIALISERS:
        raise ValueError(
            f"init={init!r} is unknown. The names are {', '.join(INITIALISERS)}; without init= "
            "it is chosen by the activation"
        )
    return INITIALISERS[init]
