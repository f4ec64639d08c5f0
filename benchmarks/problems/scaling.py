"""Time against size: chalkgrad's nanoseconds a node from 1,000 to 1,000,000 nodes."""

from __future__ import annotations

from math import log
from statistics import linear_regression
from typing import Any

from benchmarks.problems.graphs import SHAPES
from benchmarks.problems.speed import run as run
from benchmarks.race import Race
from benchmarks.report import Table
from benchmarks.summary import cell, typical

SIZES = (1_000, 10_000, 100_000, 1_000_000)


def table(race: Race) -> Table:
    """Return nanoseconds a node for each size, and the exponent p of time ~ nodes**p."""
    sizes = SIZES[:-1] if race.quick else SIZES
    result = Table(
        "chalkgrad's nanoseconds a node against size (p: time grows as nodes to the power p)",
        ["graph", *(f"{n:,}" for n in sizes), "p"],
    )
    for shape in SHAPES:
        for collector in (False, True):
            spec: dict[str, Any] = {"shape": shape, "collector": collector, "seconds": 0.2}
            runs = [race("scaling", only=["chalkgrad"], nodes=n, **spec) for n in sizes]
            row = [f"{shape}, collector {'on' if collector else 'off'}"]
            row += [cell(one, "chalkgrad") for one in runs]
            if all("chalkgrad" in one for one in runs):
                times = [n * typical(one, "chalkgrad") for n, one in zip(sizes, runs, strict=True)]
                slope = linear_regression([log(n) for n in sizes], [log(t) for t in times]).slope
                row.append(f"{slope:.3f}")
            else:
                row.append("—")
            result.rows.append(row)
    return result
