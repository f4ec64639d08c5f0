"""One training step of [2, 64, 64, 64, 1], float64, on arrays: compiled scalar code beside others.

A step is value, gradient and update. `products` does its matrix products and nothing else.
"""

from __future__ import annotations

from itertools import pairwise
from random import Random
from typing import Any

from benchmarks.array_engines import ARRAY_ENGINES as ENGINES
from benchmarks.array_engines import RATE, ArrayEngine
from benchmarks.race import Race, Runs
from benchmarks.report import Table
from benchmarks.summary import disagreements, ratio_cell, target
from benchmarks.timing import median_seconds

__all__ = ["ENGINES", "problem", "run", "table"]
WIDTHS = (2, 64, 64, 64, 1)
ROWS = (1, 32, 1_000, 10_000)
CHECKED = 32  # rows of the step whose result is compared
LIMITS = {  # rows: {engine: at most this share of its time}, on one thread
    1: {"numpy": 1.0},
    32: {"numpy": 1.0},
    1_000: {"numpy": 1.0, "numpy-naive": 0.75, "torch": 1.0},
    10_000: {"numpy-naive": 0.5, "jax": 1.0},
}


def problem(widths: tuple[int, ...], rows: int) -> tuple[list[Any], Any, Any]:
    """Return parameters W, b, ... of a network, inputs (rows, numbers) and labels (rows,)."""
    import numpy as np

    random = Random(1337)

    def normal(*shape: int) -> Any:
        count = int(np.prod(shape))
        return np.array([random.gauss(0, 1) for _ in range(count)]).reshape(shape)

    parameters = []
    for inputs, outputs in pairwise(widths):
        parameters += [normal(outputs, inputs) * (2 / inputs) ** 0.5, normal(outputs) * 0.1]
    X = normal(rows, widths[0])
    return parameters, X, np.sin(X.sum(axis=1))


def run(
    engine: ArrayEngine, *, widths: list[int], rows: list[int], threads: int, seconds: float
) -> dict[str, Any]:
    """Return milliseconds a step for each number of rows, and what a first step gives."""
    parameters, X, y = problem(tuple(widths), CHECKED)
    training = engine.training(parameters, X, y, threads)
    value = float(training.step())
    gradient: list[float] = []  # from the change of the parameters: no engine is asked for more
    for before, after in zip(parameters, training.parameters(), strict=False):
        gradient += ((before - after) / RATE).ravel().tolist()
    times = {}
    for n in rows:
        training = engine.training(*problem(tuple(widths), n), threads)
        for _ in range(3):
            training.step()  # compiles, allocates
        times[str(n)] = median_seconds(training.step, seconds) * 1e3
    return {"value": value, "gradient": gradient, "times": times}


def of(runs: Runs, key: str) -> Runs:
    """Return the runs with one of their times as the figure, in milliseconds."""
    return {
        name: [{**result, "figure": result["times"][key]} for result in results]
        for name, results in runs.items()
    }


def table(race: Race) -> Table:
    """Return milliseconds a step for each engine and number of rows, on one thread and on two."""
    rows = ROWS[:-1] if race.quick else ROWS
    result = Table(
        "Milliseconds a step of [2, 64, 64, 64, 1], float64 (ratio to numpy, preallocated)",
        ["engine", *(f"{n:,} rows" for n in rows)],
    )
    for threads in (1, 2):
        runs = race(
            "programs",
            only=ENGINES,
            repeats=max(2, race.repeats),  # both orders
            limit=threads,
            widths=WIDTHS,
            rows=rows,
            threads=threads,
            seconds=0.2 if race.quick else 1.0,
        )
        answered = {name: found for name, found in runs.items() if name != "products"}
        result.notes += disagreements(answered, f"{threads} thread(s)")
        for name in runs:
            cells = [ratio_cell(of(runs, str(n)), name, "numpy") for n in rows]
            result.rows.append([f"{name}, {threads} thread{'s' * (threads > 1)}", *cells])
        for n in rows:
            for other, limit in LIMITS[n].items():
                what = f"{n:,} rows, {threads} thread(s)"
                result.notes += target(of(runs, str(n)), "chalkgrad", other, limit, what)
    return result
