"""Time a node: build a graph, run backward, drop it; for two shapes, collector off and on.

Rounds follow each other without a collection between them. micrograd's graphs are cyclic
garbage: with the collector off they pile up, with it on their collection is timed.
"""

from __future__ import annotations

from typing import Any

from benchmarks.engines import Engine
from benchmarks.problems.graphs import SHAPES
from benchmarks.race import Race
from benchmarks.report import Table
from benchmarks.summary import disagreements, ratio_cell, target
from benchmarks.timing import mean_seconds

TARGETS = {"off": 0.50, "on": 0.12}  # at most this share of micrograd's time


def run(engine: Engine, *, shape: str, nodes: int, seconds: float) -> dict[str, Any]:
    """Return the answer and the nanoseconds a node of forward + backward + release."""
    graph = SHAPES[shape](nodes)

    def once() -> tuple[float, list[float]]:
        return engine.value_and_gradient(lambda xs: graph.function(engine, xs), graph.at)

    value, gradient = once()  # also warms up
    return {
        "value": value,
        "gradient": gradient,
        "figure": mean_seconds(once, seconds) / graph.nodes * 1e9,
    }


def table(race: Race) -> Table:
    """Return nanoseconds a node, with the ratio to micrograd in the same run."""
    nodes = 10_000 if race.quick else 100_000
    result = Table(
        f"Nanoseconds a node, forward + backward, {nodes:,} nodes (ratio to micrograd)",
        ["engine", *(f"{shape}, collector {c}" for shape in SHAPES for c in TARGETS)],
    )
    cells: dict[str, list[str]] = {
        name: [name] for name in race.peers if name != "chalkgrad-scalar"
    }
    for shape in SHAPES:
        for collector, limit in TARGETS.items():
            runs = race(
                "speed",
                only=cells,
                shape=shape,
                nodes=nodes,
                collector=collector == "on",
                seconds=0.2 if race.quick else 1.0,
            )
            for name, row in cells.items():
                row.append(ratio_cell(runs, name, "micrograd"))
            what = f"{shape}, collector {collector}"
            if not race.quick:  # the targets are for the large graph
                result.notes += target(runs, "chalkgrad", "micrograd", limit, what)
            result.notes += disagreements(runs, what)
    result.rows = [row for row in cells.values() if any(cell != "—" for cell in row[1:])]
    return result
