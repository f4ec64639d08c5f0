"""Draw: seconds from a graph to its DOT text, and to the picture."""

from __future__ import annotations

import time
from importlib import import_module
from typing import Any

from benchmarks.engines import Engine
from benchmarks.race import Race
from benchmarks.report import Table
from benchmarks.summary import cell, typical

LIMITS = {
    "10,000 values as text": 1.0,
    "1,000,001 values refused": 3.0,
    "summary of 2-16-16-1": 1.0,
}


def run(engine: Engine, *, case: str) -> dict[str, Any]:
    """Return the seconds that one drawing takes."""
    act = CASES[case]()
    started = time.perf_counter()
    act()
    return {"figure": time.perf_counter() - started}


def _text() -> Any:
    viz, value = import_module("viz"), import_module("autograd").Value
    made = [value(1.0)]
    for i in range(9_999):
        made.append(made[-1] * made[i // 2] if i % 2 else made[-1].tanh())
    return lambda: viz.draw(made[-1], "detail", force=True)


def _refusal() -> Any:
    viz, value = import_module("viz"), import_module("autograd").Value
    y = x = value(1.0)
    for i in range(1_000_000):
        y = y.sin() if i % 3 else y + x

    def refused() -> None:
        try:
            viz.draw(y)
        except ValueError:
            return

    return refused


def _summary() -> Any:
    viz, nn = import_module("viz"), import_module("nn")
    model = nn.MLP(2, [16, 16, 1], seed=0)
    loss = (model([1.0, 2.0]) - 1) ** 2
    loss.backward()
    return lambda: viz.draw(loss, "summary", model).svg()


CASES = dict(zip(LIMITS, (_text, _refusal, _summary), strict=True))


def table(race: Race) -> Table:
    """Return seconds a drawing, beside what they may take."""
    result = Table("Seconds to draw", ["what", "seconds", "limit"])
    for case, limit in LIMITS.items():
        runs = race("drawing", only=["chalkgrad"], case=case)
        seconds = typical(runs, "chalkgrad")
        verdict = "" if seconds <= limit else ", MISSED"
        result.rows.append([case, cell(runs, "chalkgrad"), f"{limit:g}{verdict}"])
    return result
