"""Starting weights, drawn one by one given the neuron's fan-in and fan-out, or a layer at once."""

from __future__ import annotations

import difflib
import operator
import random
from collections.abc import Callable
from dataclasses import dataclass
from math import fsum, isfinite, sqrt
from typing import Protocol, cast


class Generator(Protocol):
    """Describe a source of random numbers: a `random.Random`, or the module `random` itself."""

    def uniform(self, a: float, b: float) -> float:
        """Return a number between a and b."""

    def normalvariate(self, mu: float, sigma: float) -> float:
        """Return a number from the normal distribution of that mean and standard deviation."""


Initialiser = Callable[[Generator, int, int], float]
Seed = int | Generator | None


def generator(seed: Seed) -> Generator:
    """Return a generator of its own for a number, Python's shared `random` for None.

    >>> generator(0).uniform(-1, 1) == generator(0).uniform(-1, 1)
    True
    """
    if seed is None:
        return random
    if hasattr(seed, "uniform") and hasattr(seed, "normalvariate"):
        return cast(Generator, seed)
    try:
        return random.Random(operator.index(seed))
    except TypeError:
        raise TypeError(f"seed={seed!r}: give a whole number, None or a random.Random") from None


def own_generator(seed: Seed) -> random.Random:
    """Return a generator that a module keeps: that of the seed, one drawn from it if shared.

    >>> own_generator(1).random() == random.Random(1).random()
    True
    """
    source = generator(seed)
    if isinstance(source, random.Random):
        return source
    return random.Random(source.uniform(0, 1))


def uniform(low: float, high: float) -> Initialiser:
    """Return an initialiser that draws from [low, high], whatever the fan-in.

    Raises ValueError unless low <= high, both finite.

    >>> -1 <= uniform(-1, 1)(generator(0), 3, 2) <= 1
    True
    """
    if not (isfinite(low) and isfinite(high) and low <= high):
        raise ValueError(
            f"uniform({low!r}, {high!r}): give two finite numbers, the lower one first"
        )
    return lambda source, fan_in, fan_out: source.uniform(low, high)


def normal(mean: float = 0.0, std: float = 1.0) -> Initialiser:
    """Return an initialiser that draws from the normal distribution, whatever the fan-in.

    Raises ValueError for a standard deviation below zero, or either not finite.

    >>> normal(mean=3.0, std=0.0)(generator(0), 3, 2)
    3.0
    """
    if not (isfinite(mean) and isfinite(std) and std >= 0):
        raise ValueError(f"normal(mean={mean!r}, std={std!r}): finite numbers, std at least zero")
    return lambda source, fan_in, fan_out: source.normalvariate(mean, std)


def zeros(source: Generator, fan_in: int, fan_out: int) -> float:
    """Return 0. Neurons of one layer that start equal stay so: for a layer of one, or to see it."""
    return 0.0


def he(source: Generator, fan_in: int, fan_out: int) -> float:
    """Draw from [-a, a] with a = sqrt(6 / fan_in): variance 2 / fan_in, for rectifiers.

    Source: He et al. 2015, "Delving Deep into Rectifiers", equation 10 (there a normal
    distribution of this variance; a uniform one draws no outliers for small neurons).
    """
    return _even(source, 2 / fan_in)


def he_normal(source: Generator, fan_in: int, fan_out: int) -> float:
    """Draw from the normal distribution of variance 2 / fan_in, as `he`'s source does."""
    return source.normalvariate(0.0, sqrt(2 / fan_in))


def glorot(source: Generator, fan_in: int, fan_out: int) -> float:
    """Draw from [-a, a] with a = sqrt(6 / (fan_in + fan_out)), for the other activations.

    Source: Glorot and Bengio 2010, "Understanding the difficulty of training deep feedforward
    neural networks", equation 16.
    """
    return _even(source, 2 / (fan_in + fan_out))


def glorot_normal(source: Generator, fan_in: int, fan_out: int) -> float:
    """Draw from the normal distribution of variance 2 / (fan_in + fan_out).

    Source: Glorot and Bengio 2010, equation 12.
    """
    return source.normalvariate(0.0, sqrt(2 / (fan_in + fan_out)))


def lecun(source: Generator, fan_in: int, fan_out: int) -> float:
    """Draw from [-a, a] with a = sqrt(3 / fan_in): variance 1 / fan_in, for selu.

    Sources: LeCun et al. 1998, "Efficient BackProp", equation 16; for selu Klambauer et al. 2017,
    "Self-Normalizing Neural Networks", section "Initialization".
    """
    return _even(source, 1 / fan_in)


def lecun_normal(source: Generator, fan_in: int, fan_out: int) -> float:
    """Draw from the normal distribution of variance 1 / fan_in; sources as for `lecun`."""
    return source.normalvariate(0.0, sqrt(1 / fan_in))


def _even(source: Generator, variance: float) -> float:
    limit = sqrt(3 * variance)
    return source.uniform(-limit, limit)


@dataclass(frozen=True)
class Orthogonal:
    """Draw the weights of a layer together: see `orthogonal`."""

    gain: float

    def matrix(self, source: Generator, fan_in: int, fan_out: int) -> list[list[float]]:
        """Return fan_out rows of fan_in weights; rows, or else columns, are orthogonal.

        >>> [[w]] = Orthogonal(gain=2.0).matrix(generator(0), 1, 1)
        >>> abs(w)
        2.0
        """
        count, length = sorted((fan_out, fan_in))
        rows: list[list[float]] = []
        while len(rows) < count:
            row = [source.normalvariate(0.0, 1.0) for _ in range(length)]
            for other in rows * 2:  # a second pass takes what rounding left in the first
                along = _dot(row, other)
                row = [x - along * y for x, y in zip(row, other, strict=True)]
            size = sqrt(_dot(row, row))
            rows.append([x / size for x in row])
        if fan_out > fan_in:
            rows = [list(column) for column in zip(*rows, strict=True)]
        return [[self.gain * x for x in row] for row in rows]

    def __call__(self, source: Generator, fan_in: int, fan_out: int) -> float:
        """Draw the one weight of a layer with one input and one output; others come at once."""
        if (fan_in, fan_out) != (1, 1):
            raise TypeError(f"{self!r}: its weights come all at once, by matrix(); see of_layer")
        return self.matrix(source, 1, 1)[0][0]


def orthogonal(gain: float = 1.0) -> Orthogonal:
    """Return an initialiser whose layers neither stretch nor shrink: W Wt or Wt W is gain**2 I.

    Normal numbers are made orthogonal by Gram and Schmidt's process, twice, so every orthogonal
    matrix is as likely. A gain of sqrt(2) makes up for relu. Raises ValueError for a gain of zero
    or below. Sources: Saxe et al. 2014, "Exact solutions to the nonlinear dynamics of learning in
    deep linear neural networks"; Mezzadri 2007, "How to generate random matrices from the classical
    compact groups"; Giraud et al. 2005, "The loss of orthogonality in the Gram-Schmidt
    orthogonalization process" (twice is enough).

    >>> (a, b), (c, d) = orthogonal().matrix(generator(0), 2, 2)
    >>> f"{abs(a * c + b * d):.12f} {a * a + b * b:.12f}"
    '0.000000000000 1.000000000000'
    """
    if not 0 < gain < float("inf"):
        raise ValueError(f"orthogonal(gain={gain!r}): the length of the rows; above zero, finite")
    return Orthogonal(gain)


def _dot(a: list[float], b: list[float]) -> float:
    return fsum(x * y for x, y in zip(a, b, strict=True))  # same bits on every machine


# micrograd's own is "uniform"
INITIALISERS: dict[str, Initialiser] = {
    "uniform": uniform(-1, 1), "normal": normal(), "he": he, "he_normal": he_normal,
    "glorot": glorot, "glorot_normal": glorot_normal, "lecun": lecun,
    "lecun_normal": lecun_normal, "orthogonal": orthogonal(), "zeros": zeros,
}  # fmt: skip
OTHER_NAMES = {"kaiming": "he", "xavier": "glorot", "_uniform": ""}
RECTIFIERS = ("relu", "leaky_relu", "prelu", "elu", "gelu", "silu", "swish", "mish")


def of_layer(init: Initialiser, source: Generator, fan_in: int, fan_out: int) -> Initialiser:
    """Return init, or if it draws a layer's matrix, what hands that out row by row.

    >>> source = generator(0)
    >>> draw = of_layer(orthogonal(), source, 2, 1)
    >>> f"{draw(source, 2, 1) ** 2 + draw(source, 2, 1) ** 2:.12f}"
    '1.000000000000'
    """
    matrix = getattr(init, "matrix", None)
    if matrix is None:
        return init
    weights = iter([w for row in matrix(source, fan_in, fan_out) for w in row])
    return lambda *_: next(weights)


def find_initialiser(init: str | Initialiser | None, activation: str) -> Initialiser:
    """Return the initialiser of that name; for None the one that suits the activation.

    That is `he` for relu and its kin, `lecun` for selu, else `glorot`. Raises ValueError for an
    unknown name, TypeError for what is neither name nor function.

    >>> [find_initialiser(None, name).__name__ for name in ("relu", "selu", "tanh")]
    ['he', 'lecun', 'glorot']
    """
    if init is None:
        kind = activation.lower()
        return he if kind in RECTIFIERS else lecun if kind == "selu" else glorot
    if callable(init):
        return init
    if not isinstance(init, str):
        raise TypeError(f"init={init!r}: give a name, as 'he', or a function, as nn.uniform(-1, 1)")
    if init not in INITIALISERS:
        raise ValueError(
            f"init={init!r} is unknown{_near(init)} The names are {', '.join(INITIALISERS)}; "
            "without init= it is chosen by the activation"
        )
    return INITIALISERS[init]


def _near(name: str) -> str:
    spelled = name.lower()
    for other, ours in OTHER_NAMES.items():
        spelled = spelled.replace(other, ours)
    near = difflib.get_close_matches(spelled, INITIALISERS)
    return f": did you mean {' or '.join(map(repr, near))}?" if near else "."
