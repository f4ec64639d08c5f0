"""micrograd's demo compiled: 100 moons points, 100 steps, its own loss as its notebook writes it.

`step` is one step of training; `whole` is all of them from nothing: recording and lifting count.
"""

from __future__ import annotations

from itertools import pairwise
from time import perf_counter
from typing import Any

from benchmarks import engines
from benchmarks.array_engines import ArrayEngine, Training
from benchmarks.problems.moons import SIZES, initial, make_moons, training
from benchmarks.problems.programs import of
from benchmarks.race import Race
from benchmarks.report import Table
from benchmarks.summary import disagreements, ratio_cell, target
from benchmarks.timing import median_seconds

RATE, ALPHA = 0.1, 1e-4


def chalkgrad(parameters: list[float], X: Any, y: Any, threads: int) -> Training:
    """Write the demo's loss as its notebook does, and bind the model that it closes over."""
    import numpy as np

    import autograd
    import nn

    model = nn.MLP(SIZES[0], list(SIZES[1:]), activation="relu", seed=0)
    for p, number in zip(model.parameters(), parameters, strict=True):
        p.data = number

    def loss() -> Any:
        inputs = [list(map(autograd.Value, row)) for row in X]
        scores = list(map(model, inputs))
        losses = [(1 + -yi * score).relu() for yi, score in zip(y, scores, strict=True)]
        data_loss = sum(losses) * (1.0 / len(losses))
        return data_loss + ALPHA * sum(p * p for p in model.parameters())

    bound = autograd.compile(loss, threads=threads).bind(model)
    change = np.empty_like(bound.parameters)

    def step() -> float:
        value, gradient = bound.value_and_grad()
        np.multiply(gradient, RATE, out=change)
        np.subtract(bound.parameters, change, out=bound.parameters)
        return float(value)

    return Training(step, lambda: [bound.parameters.copy()])


def numpy(parameters: list[float], X: Any, y: Any, threads: int) -> Training:
    """Write it by hand, with every array made beforehand; [W b] of a layer is one matrix."""
    import numpy as np

    n = len(X)
    flat = np.array(parameters)
    slopes, change = np.empty_like(flat), np.empty_like(flat)
    weights, d_weights, start = [], [], 0
    for inputs, outputs in pairwise(SIZES):
        stop = start + outputs * (inputs + 1)
        weights.append(flat[start:stop].reshape(outputs, inputs + 1))
        d_weights.append(slopes[start:stop].reshape(outputs, inputs + 1))
        start = stop
    h = [np.ones((size + 1, n)) for size in SIZES]  # the last row stays 1, for the biases
    h[0][:-1] = np.array(X).T
    labels, active = np.array(y, float), [np.empty((size, n), bool) for size in SIZES]
    dz = [np.empty((size, n)) for size in SIZES]
    margins = np.empty(n)
    last = len(weights) - 1

    def step() -> float:
        for k, w in enumerate(weights):
            out = h[k + 1][:-1]
            np.matmul(w, h[k], out=out)
            if k < last:
                np.maximum(out, 0.0, out=out)
        np.multiply(h[-1][0], labels, out=margins)
        np.subtract(1.0, margins, out=margins)
        np.greater(margins, 0.0, out=active[-1][0])
        value = np.dot(margins, active[-1][0]) / n + ALPHA * np.dot(flat, flat)
        np.multiply(labels, active[-1][0], out=dz[-1][0])
        np.multiply(dz[-1], -1.0 / n, out=dz[-1])
        for k in range(last, -1, -1):
            np.dot(dz[k + 1], h[k].T, out=d_weights[k])
            if k:
                np.matmul(weights[k][:, :-1].T, dz[k + 1], out=dz[k])
                np.greater(h[k][:-1], 0.0, out=active[k])
                np.multiply(dz[k], active[k], out=dz[k])
        np.multiply(flat, 2 * ALPHA, out=change)
        np.add(slopes, change, out=slopes)
        np.multiply(slopes, RATE, out=change)
        np.subtract(flat, change, out=flat)
        return float(value)

    return Training(step, lambda: [flat.copy()])


def micrograd(parameters: list[float], X: Any, y: Any, threads: int) -> Training:
    """Run micrograd with its own nn."""
    step = training(engines.micrograd(), make_moons(len(X)))
    return Training(step, list)


ENGINES = {
    "chalkgrad": ArrayEngine("chalkgrad", "chalkgrad", chalkgrad),
    "numpy": ArrayEngine("numpy", "numpy", numpy),
    "micrograd": ArrayEngine("micrograd", "micrograd", micrograd, recursive=True),
}


def run(engine: ArrayEngine, *, points: int, steps: int, seconds: float) -> dict[str, Any]:
    """Return milliseconds of one step and of a whole run, the last loss and the parameters then."""
    data = make_moons(points)
    X, y = [list(row) for row, _ in data], [label for _, label in data]
    start = perf_counter()
    trained = engine.training(initial(), X, y, 1)
    value = 0.0
    for _ in range(steps):
        value = trained.step() or 0.0
    whole = perf_counter() - start
    final = [float(x) for p in trained.parameters() for x in p]
    one = whole / steps if engine.recursive else median_seconds(trained.step, seconds)
    times = {"step": one * 1e3, "whole": whole * 1e3}
    return {"value": value, "gradient": final, "times": times}


def table(race: Race) -> Table:
    """Return milliseconds of a step and of the whole run, with the ratios to micrograd's."""
    steps = 10 if race.quick else 100
    runs = race(
        "moons_compiled", only=ENGINES, limit=1, repeats=max(2, min(race.repeats, 3)),
        points=100, steps=steps, seconds=0.2 if race.quick else 1.0,
    )  # fmt: skip
    result = Table(
        f"micrograd's demo, compiled: 100 points, MLP(2, [16, 16, 1]), {steps} steps, one thread",
        ["engine", "ms a step (ratio to micrograd)", "ms the whole run (ratio to micrograd)"],
    )
    one, whole = of(runs, "step"), of(runs, "whole")
    for name in runs:
        cells = [ratio_cell(found, name, "micrograd") for found in (one, whole)]
        result.rows.append([name, *cells])
    result.notes += target(one, "chalkgrad", "numpy", 1.0, "demo step")
    result.notes += target(whole, "chalkgrad", "micrograd", 1 / 80, "whole run, lifting included")
    result.notes += disagreements({k: v for k, v in runs.items() if k != "micrograd"}, "last step")
    return result
