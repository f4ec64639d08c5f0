"""Leaks: what 1,000 training steps leave behind with the garbage collector off."""

from __future__ import annotations

import gc
import tracemalloc
from typing import Any

from benchmarks.engines import Engine
from benchmarks.problems.moons import make_moons, training
from benchmarks.race import Race
from benchmarks.report import Table

ALLOWED = 1.0  # bytes a step: one leaked float would be 24


def run(engine: Engine, *, points: int, steps: int) -> dict[str, Any]:
    """Return the growth of traced bytes and of tracked objects, per step."""
    step = training(engine, make_moons(points))
    tracemalloc.start()
    for _ in range(100):  # CPython keeps up to 2,000 freed tuples of each size: fill that first
        step()
    memory, objects = tracemalloc.get_traced_memory()[0], len(gc.get_objects())
    for _ in range(steps):
        step()
    return {
        "bytes": (tracemalloc.get_traced_memory()[0] - memory) / steps,
        "objects": (len(gc.get_objects()) - objects) / steps,
    }


def table(race: Race) -> Table:
    """Return what a step leaves behind in chalkgrad, with and without its dot product."""
    steps = 100 if race.quick else 1000
    runs = race(
        "leaks",
        only=["chalkgrad", "chalkgrad-scalar"],
        repeats=1,
        points=4,
        steps=steps,
        collector=False,
    )
    result = Table(
        f"Left behind by a step of the demo on 4 points, over {steps:,} steps, collector off",
        ["engine", "bytes a step", "objects a step"],
    )
    for name, (found,) in runs.items():
        result.rows.append([name, f"{found['bytes']:.2f}", f"{found['objects']:.3f}"])
        verdict = "nothing leaks" if found["bytes"] <= ALLOWED else "LEAKS"
        result.notes.append(f"{name}: {verdict}")
    return result
