"""Bytes a node: after the forward pass, after backward, and at the peak in between.

`tracemalloc` sees what Python allocates, exactly; engines that keep their graph in C++ or
Rust are seen only in the growth of the process (resident memory, Linux only).
"""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

from benchmarks.engines import Engine, Scalar
from benchmarks.problems.graphs import SHAPES
from benchmarks.race import Race
from benchmarks.report import Table
from benchmarks.summary import typical

LIMITS = {"forward": 210, "backward": 260, "peak": 300}
PAGE, STATM = 4096, Path("/proc/self/statm")


def resident() -> int:
    """Return this process's resident memory in bytes, 0 where it cannot be told."""
    return int(STATM.read_text().split()[1]) * PAGE if STATM.exists() else 0


def traced() -> int:
    """Return the bytes that Python has allocated since tracing began."""
    return tracemalloc.get_traced_memory()[0]


def run(engine: Engine, *, shape: str, nodes: int, trace: bool) -> dict[str, Any]:
    """Return bytes a node of one graph that is kept alive."""
    graph = SHAPES[shape](nodes)
    engine.value_and_gradient(lambda xs: xs[0] * xs[1], [1.0, 2.0])  # first use costs once
    if trace:
        tracemalloc.start()
    meter = traced if trace else resident
    start, alive, levels = meter(), [], []

    def function(xs: list[Scalar]) -> Scalar:
        alive.append(graph.function(engine, xs))
        levels.append(meter())
        return alive[0]

    engine.value_and_gradient(function, graph.at)
    levels.append(meter())
    if trace:
        levels.append(tracemalloc.get_traced_memory()[1])
    return {
        name: (level - start) / graph.nodes for name, level in zip(LIMITS, levels, strict=False)
    }


def table(race: Race) -> Table:
    """Return bytes a live node for every engine and both shapes."""
    nodes = 10_000 if race.quick else 100_000
    result = Table(
        f"Bytes a live node, {nodes:,} nodes (— : the graph is not in Python's memory)",
        ["engine", "graph", "after forward", "after backward", "peak", "resident, after backward"],
    )
    for shape in SHAPES:
        once: dict[str, Any] = {"repeats": 1, "shape": shape, "nodes": nodes}
        hidden = ["chalkgrad-scalar", "floats"]
        native = [*hidden, "torch", "micrograd-rust", "micrograd-cpp"]
        inside = race("memory", without=native, trace=True, **once)
        outside = race("memory", without=hidden, trace=False, **once)
        for name in outside:
            exact = [f"{typical(inside, name, k):.0f}" if name in inside else "—" for k in LIMITS]
            result.rows.append([name, shape, *exact, f"{typical(outside, name, 'backward'):.0f}"])
        for key, limit in LIMITS.items():
            if "chalkgrad" in inside:
                found = typical(inside, "chalkgrad", key)
                verdict = "met" if found <= limit else "MISSED"
                result.notes.append(
                    f"{shape}, {key}: {found:.0f} bytes, target at most {limit}: {verdict}"
                )
    return result
