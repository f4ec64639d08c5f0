"""Training steps of 64-w-w-10, float32 and float64, by width and rows: NumPy, JAX and PyTorch.

A step is loss, gradient and Adam. chalkgrad's programs and plain JAX take turns in one process, so
that their ratio is that of neighbouring moments; PyTorch is in its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from itertools import pairwise, product
from time import perf_counter
from typing import Any

from benchmarks.array_engines import Array, Parameters
from benchmarks.engines import Installed
from benchmarks.race import Race, Runs
from benchmarks.report import Table
from benchmarks.summary import disagreements, ratio_cell, target
from benchmarks.timing import interleaved_seconds
from benchmarks.wide_networks import Starts, chalkgrad, jax, torch

INPUTS, CLASSES = 64, 10
WIDTHS, ROWS = (64, 256, 1_024, 2_048), (32, 1_024, 65_536)
BYTES, TOLERANCES = {"float32": 4, "float64": 8}, {"float32": 1e-4, "float64": 1e-9}
MOST_WORK = 7e12  # floating-point operations times bytes of a number: about 12 seconds a step
LIMIT, OURS, BASE = 1.1, "chalkgrad, JAX", "plain JAX"
WAYS = ("chalkgrad, NumPy", OURS, BASE, "PyTorch", "PyTorch, compiled")
MOST_COMPILED = 1_024  # rows that torch.compile is asked for: it compiles anew for more
CHECKED, STEPS = 32, 5  # rows and steps whose losses are compared


@dataclass(frozen=True)
class Engine(Installed):
    """Hold what makes the steps that are taken in one process."""

    name: str
    distribution: str
    starts: Callable[[Parameters], Starts]
    libraries: tuple[str, ...] = ()  # beside it
    recursive: bool = False

    @property
    def version(self) -> str:
        """Return its version, and those of the libraries."""
        return ", ".join([super().version, *(f"{x} {metadata.version(x)}" for x in self.libraries)])


ENGINES = {
    "chalkgrad": Engine("chalkgrad", "chalkgrad", lambda p: chalkgrad(p) | jax(p), ("jax",)),
    "torch": Engine("torch", "torch", torch),
}


def problem(width: int, rows: int, dtype: str) -> tuple[Parameters, Array, Array]:
    """Return parameters W, b, ... of the network, inputs (rows, 64) and classes (rows,)."""
    import numpy as np

    random = np.random.default_rng(1337)
    parameters: Parameters = []
    for inputs, outputs in pairwise((INPUTS, width, width, CLASSES)):
        parameters.append((random.standard_normal((outputs, inputs)) / inputs**0.5).astype(dtype))
        parameters.append(np.zeros(outputs, dtype))
    X = random.standard_normal((rows, INPUTS)).astype(dtype)
    return parameters, X, (X @ random.standard_normal((INPUTS, CLASSES))).argmax(axis=1)


def work(width: int, rows: int) -> float:
    """Return about how many floating-point operations a step has: 6 a weight and row."""
    return 6.0 * rows * width * (INPUTS + width + CLASSES)


def run(
    engine: Engine, *, width: int, rows: list[int], dtype: str, seconds: float
) -> dict[str, Any]:
    """Return for each way to take a step seconds by rows, first losses and how long it prepared."""
    parameters, X, y = problem(width, CHECKED, dtype)
    begun = perf_counter()
    starts = engine.starts(parameters)
    found: dict[str, Any] = {}
    for name, start in starts.items():
        step = start(X, y)
        first, *others = [step() for _ in range(STEPS)]
        found[name] = {"value": first, "gradient": others, "times": {}}
    prepared = perf_counter() - begun
    for n in rows:
        _, X, y = problem(width, n, dtype)
        steps = {
            name: start(X, y)
            for name, start in starts.items()
            if name != WAYS[-1] or n <= MOST_COMPILED
        }
        # threads of NumPy's products go on waiting for more: who comes next would pay for that
        numpy = {name: steps.pop(name) for name in WAYS[:1] if name in steps}
        for actions in (steps, numpy):
            for name, times in interleaved_seconds(actions, seconds).items():
                found[name]["times"][str(n)] = times
    return {"ways": found, "prepared": prepared}


def of(runs: Runs, rows: str) -> Runs:
    """Return the ways of all engines as the runs, whose turns are the rounds, in milliseconds."""
    return {
        way: [{**answer, "figure": s * 1e3} for s in answer["times"][rows]]
        for results in runs.values()
        for way, answer in results[0]["ways"].items()
        if rows in answer["times"]
    }


def table(race: Race) -> Table:
    """Return milliseconds a step for each width, number of rows and type, and their ratios."""
    result = Table(
        f"Milliseconds a step of {INPUTS}-w-w-{CLASSES}, tanh, cross entropy, Adam (over {BASE})",
        ["type, w, rows", *WAYS],
    )
    widths, most_rows, seconds = ((256,), 1_024, 1.0) if race.quick else (WIDTHS, ROWS[-1], 3.0)
    for dtype, width in product(BYTES, widths):
        what, asked = f"{dtype}, {width:,}", [n for n in ROWS if n <= most_rows]
        sizes = [n for n in asked if work(width, n) * BYTES[dtype] <= MOST_WORK]
        result.notes += [
            f"{what}, {n:,} rows: left out, {work(width, n):.2g} operations a step take too long"
            for n in asked[len(sizes) :]
        ]
        runs = race(
            "widths", only=ENGINES, repeats=1, width=width, dtype=dtype, rows=sizes, seconds=seconds
        )
        if "chalkgrad" in runs:
            prepared = runs["chalkgrad"][0]["prepared"]
            result.notes.append(f"{what}: recorded, lifted and compiled in {prepared:.1f} s")
        compared = of(runs, str(sizes[0]))
        result.notes += disagreements(compared, f"{what}: {STEPS} losses", TOLERANCES[dtype])
        for n in sizes:
            timed = of(runs, str(n))
            result.rows.append([f"{what}, {n:,}", *(ratio_cell(timed, way, BASE) for way in WAYS)])
            result.notes += target(timed, OURS, BASE, LIMIT, f"{what}, {n:,} rows")
    return result
