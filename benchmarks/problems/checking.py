"""Check a gradient: the time to judge 100 derivatives of a graph, and what the judge can see.

Each engine's own checker judges its own gradient of one function: `check_gradient` with 50 and
with 100 digits, PyTorch's `gradcheck` and HIPS autograd's `check_grads` with float differences.
HIPS looks in one random direction only.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

from benchmarks.engines import Engine
from benchmarks.problems.graphs import SHAPES
from benchmarks.race import Race
from benchmarks.report import Table
from benchmarks.summary import ratio_cell

LIMIT = 5.0  # seconds that the check of 10,000 nodes with 50 digits may take
TOLERANCES = {"chalkgrad": "earned", "torch": "1e-3 relative + 1e-5", "hips": "1e-6"}  # defaults


def run(engine: Engine, *, shape: str, nodes: int, digits: int) -> dict[str, Any]:
    """Return the seconds of one check, and whether the gradient was found right."""
    graph = SHAPES[shape](nodes)
    started = time.process_time()
    right = CHECKERS[engine.name](
        engine, lambda xs: graph.function(engine, list(xs)), graph.at, digits
    )
    return {"figure": time.process_time() - started, "right": right}


def _ours(engine: Engine, f: Callable[[Any], Any], at: list[float], digits: int) -> bool:
    report = import_module("autograd.check").check_gradient(f, at, digits=digits)
    return bool(report.ok)


def _torch(engine: Engine, f: Callable[[Any], Any], at: list[float], digits: int) -> bool:
    torch = import_module("torch")
    xs = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in at]
    return bool(torch.autograd.gradcheck(lambda *xs: f(xs), xs))


def _hips(engine: Engine, f: Callable[[Any], Any], at: list[float], digits: int) -> bool:
    import_module("autograd.test_util").check_grads(f, modes=["rev"], order=1)(at)
    return True


CHECKERS = {"chalkgrad": _ours, "torch": _torch, "hips": _hips}


def table(race: Race) -> Table:
    """Return seconds a check, with the ratio to PyTorch's in the same run."""
    nodes = 1_000 if race.quick else 10_000
    result = Table(
        f"Seconds to check 100 derivatives of {nodes:,} nodes (ratio to PyTorch's gradcheck)",
        ["engine", *SHAPES, "tolerance"],
    )
    cells: dict[str, list[str]] = {}
    for shape in SHAPES:
        for digits in (50, 100):
            only = CHECKERS if digits == 100 else ["chalkgrad", "torch"]
            runs = race("checking", only=only, shape=shape, nodes=nodes, digits=digits)
            for name in runs:
                title = f"{name}, {digits} digits" if name == "chalkgrad" else name
                if name == "chalkgrad" or digits == 100:
                    cells.setdefault(title, [title]).append(ratio_cell(runs, name, "torch"))
                if not all(found["right"] for found in runs[name]):
                    result.notes.append(f"{title}, {shape}: found WRONG")
            slowest = max(found["figure"] for found in runs.get("chalkgrad", [{"figure": 0.0}]))
            if digits == 50 and not race.quick:
                verdict = "met" if slowest <= LIMIT else "MISSED"
                result.notes.append(f"{shape}: {slowest:.1f} s of {LIMIT:.0f} s: {verdict}")
    for title, row in cells.items():
        name = title.partition(",")[0]
        row.append(TOLERANCES[name])
    result.rows = list(cells.values())
    return result
