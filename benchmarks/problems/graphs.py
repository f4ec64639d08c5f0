"""Two shapes of graph over 100 leaves: a chain as deep as it is long, and a wide one.

Every node is reachable from the output. Numbers stay near 1, so that no engine meets
infinities or denormal floats, and relu never meets zero.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle, islice
from random import Random

from benchmarks.engines import Engine, Scalar

LEAVES = 100


@dataclass(frozen=True)
class Graph:
    """Hold the point `at` which to differentiate `function(engine, xs)`, and its node count."""

    at: list[float]
    function: Callable[[Engine, list[Scalar]], Scalar]
    nodes: int


def _leaves(random: Random, low: float, high: float) -> list[float]:
    return [random.choice((-1, 1)) * random.uniform(low, high) for _ in range(LEAVES)]


def chain(nodes: int) -> Graph:
    """Return y = y * leaf + leaf, over and over."""
    random = Random(1)
    at = _leaves(random, 0.9, 1.1)
    rounds = (nodes - LEAVES) // 2
    factors = [random.randrange(LEAVES) for _ in range(rounds)]
    terms = [k % LEAVES for k in range(rounds)]

    def function(engine: Engine, xs: list[Scalar]) -> Scalar:
        y = xs[0]
        for i, j in zip(factors, terms, strict=True):
            y = y * xs[i] + xs[j]
        return y

    return Graph(at, function, LEAVES + 2 * rounds)


def wide(nodes: int) -> Graph:
    """Return layers of leaf products, random sums, relus and leaf sums, added up as a tree."""
    random = Random(2)
    at = _leaves(random, 0.5, 0.9)
    width = max(LEAVES, (nodes - LEAVES + 1) // 25)
    depth = (nodes - LEAVES + 1) // width - 1
    layers = []
    for layer in range(depth):
        size = width if layer else LEAVES
        firsts = list(islice(cycle(range(size)), width))  # each value is used at least once
        random.shuffle(firsts)
        seconds = [random.randrange(size) for _ in range(width)]
        layers.append((firsts, seconds, [random.randrange(LEAVES) for _ in range(width)]))

    def function(engine: Engine, xs: list[Scalar]) -> Scalar:
        relu, values = engine.relu, xs
        for layer, (firsts, seconds, leaves) in enumerate(layers):
            match layer % 4:
                case 0:
                    values = [values[i] * xs[j] for i, j in zip(firsts, leaves, strict=True)]
                case 1:
                    values = [values[i] + values[j] for i, j in zip(firsts, seconds, strict=True)]
                case 2:
                    values = [relu(values[i]) for i in firsts]
                case _:
                    values = [values[i] + xs[j] for i, j in zip(firsts, leaves, strict=True)]
        while len(values) > 1:
            odd = values[len(values) & ~1 :]
            values = [a + b for a, b in zip(values[::2], values[1::2], strict=False)] + odd
        return values[0]

    return Graph(at, function, LEAVES + width * depth + width - 1)


SHAPES = {"chain": chain, "wide": wide}
