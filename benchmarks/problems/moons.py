"""micrograd's demo: one training step of MLP(2, [16, 16, 1]) on 100 points of two moons.

The loss is the demo's, max-margin plus L2. micrograd uses its own nn; an engine with a dot
product uses it, one node per neuron's sum; the others multiply and add scalar by scalar.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterator
from itertools import islice, pairwise
from math import cos, pi, sin
from operator import mul
from random import Random
from typing import Any

from benchmarks.engines import Engine, Scalar
from benchmarks.race import Race
from benchmarks.report import Table
from benchmarks.summary import disagreements, ratio_cell, target
from benchmarks.timing import mean_seconds

SIZES = (2, 16, 16, 1)
Point = tuple[tuple[float, float], int]


def make_moons(points: int, noise: float = 0.1) -> list[Point]:
    """Return points on two interleaved half circles, labelled -1 and +1."""
    random, half = Random(1337), points // 2
    angles = [pi * k / (half - 1) for k in range(half)]
    outer = [((cos(t), sin(t)), -1) for t in angles]
    inner = [((1 - cos(t), 0.5 - sin(t)), 1) for t in angles]
    return [
        ((x + random.gauss(0, noise), y + random.gauss(0, noise)), label)
        for (x, y), label in outer + inner
    ]


def initial() -> list[float]:
    """Return the parameters in micrograd's order: each neuron's weights, then its bias."""
    random, parameters = Random(42), []
    for inputs, outputs in pairwise(SIZES):
        for _ in range(outputs):
            parameters += [random.uniform(-1, 1) for _ in range(inputs)] + [0.0]
    return parameters


def layers(parameters: list[Scalar]) -> list[list[list[Scalar]]]:
    """Return the parameters as layers of neurons, each its weights followed by its bias."""
    flow: Iterator[Scalar] = iter(parameters)
    return [
        [list(islice(flow, inputs + 1)) for _ in range(outputs)]
        for inputs, outputs in pairwise(SIZES)
    ]


def scores(engine: Engine, parameters: list[Scalar], data: list[Point]) -> list[Scalar]:
    """Return the network's score of every point."""
    if engine.mlp is not None:
        return own_scores(engine, parameters, data)
    network, result = layers(parameters), []
    for row, _ in data:
        values: list[Scalar] = list(row)
        for depth, layer in enumerate(network, start=1):
            if engine.dot is not None:
                values.append(1.0)  # the bias is the weight of this constant
                sums = [engine.dot(neuron, values) for neuron in layer]
            else:
                sums = [builtins.sum(map(mul, n[:-1], values), n[-1]) for n in layer]
            values = [engine.relu(s) for s in sums] if depth < len(network) else sums
        result.append(values[0])
    return result


def own_scores(engine: Engine, parameters: list[Scalar], data: list[Point]) -> list[Scalar]:
    """Return the scores by the engine's own nn, with these parameters put into it."""
    assert engine.mlp is not None
    network = engine.mlp(SIZES[0], list(SIZES[1:]))
    for own, layer in zip(network.layers, layers(parameters), strict=True):
        for neuron, (*weights, bias) in zip(own.neurons, layer, strict=True):
            neuron.w, neuron.b = weights, bias
    return [network([engine.constant(x) for x in row]) for row, _ in data]


def loss(engine: Engine, parameters: list[Scalar], data: list[Point]) -> Scalar:
    """Return the demo's loss: mean(relu(1 - label * score)) + 1e-4 * sum(p**2)."""
    found = scores(engine, parameters, data)
    losses = [engine.relu(1 + -label * s) for (_, label), s in zip(data, found, strict=True)]
    data_loss = (1.0 / len(losses)) * engine.sum(losses)
    if engine.dot is not None:
        return data_loss + 1e-4 * engine.dot(parameters, parameters)
    return data_loss + 1e-4 * builtins.sum(p * p for p in parameters)


def training(engine: Engine, data: list[Point]) -> Callable[[], None]:
    """Return a function that takes one step of gradient descent."""
    parameters = initial()

    def step() -> None:
        nonlocal parameters
        _, slopes = engine.value_and_gradient(lambda ps: loss(engine, ps, data), parameters)
        parameters = [p - 0.1 * slope for p, slope in zip(parameters, slopes, strict=True)]

    return step


def run(engine: Engine, *, points: int, seconds: float) -> dict[str, Any]:
    """Return the first loss and gradient, the node count and the milliseconds of one step."""
    data = make_moons(points)
    outputs: list[Scalar] = []

    def kept(ps: list[Scalar]) -> Scalar:
        outputs.append(loss(engine, ps, data))
        return outputs[0]

    value, gradient = engine.value_and_gradient(kept, initial())
    nodes, terms = engine.count(outputs[0]) if engine.count else (0, 0)
    outputs.clear()

    figure = mean_seconds(training(engine, data), seconds) * 1e3
    return {"value": value, "gradient": gradient, "nodes": nodes, "terms": terms, "figure": figure}


def table(race: Race) -> Table:
    """Return milliseconds a step, with the ratio to micrograd in the same run."""
    runs = race(
        "moons", without=["floats"], points=100, collector=True, seconds=0.2 if race.quick else 1.0
    )
    result = Table(
        "One step of micrograd's demo: 100 moons points, MLP(2, [16, 16, 1]), collector on",
        ["engine", "ms a step (ratio to micrograd)", "nodes", "dot terms"],
    )
    for name in runs:
        found = runs[name][0]
        counts = [f"{found[key]:,}" if found["nodes"] else "—" for key in ("nodes", "terms")]
        result.rows.append([name, ratio_cell(runs, name, "micrograd"), *counts])
    result.notes += target(runs, "chalkgrad", "micrograd", 1 / 30, "demo step")
    result.notes += disagreements(runs, "demo step")
    return result
