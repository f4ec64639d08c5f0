"""What recording and lifting cost a node, what a gradient costs, and time against size.

The graphs are networks of sums of products written scalar by scalar, over samples in a loop.
"""

from __future__ import annotations

import tracemalloc
from math import log
from pathlib import Path
from statistics import linear_regression, median
from time import process_time
from typing import Any

from benchmarks.array_engines import ARRAY_ENGINES as ENGINES
from benchmarks.array_engines import ArrayEngine
from benchmarks.problems.programs import problem
from benchmarks.race import Race
from benchmarks.report import Table
from benchmarks.summary import typical
from benchmarks.timing import median_seconds

NODES = (1_000, 10_000, 100_000, 1_000_000)
MOST_MICROSECONDS, MOST_BYTES = 15.0, 400.0
NETWORKS = {"[2, 16, 16, 1]": (2, 16, 16, 1), "[2, 64, 64, 64, 1]": (2, 64, 64, 64, 1)}
MOST_GRADIENT, MOST_OPERATIONS = 3.0, 4.0
SWEEPS: dict[str, list[tuple[float, tuple[int, ...], int]]] = {  # x, sizes of layers, rows
    "rows": [(n, (2, 64, 64, 64, 1), n) for n in (1, 10, 100, 1_000, 10_000, 100_000)],
    "width": [(w, (2, w, w, w, 1), 1_000) for w in (8, 16, 32, 64, 128)],
    "depth": [(d, (2, *[32] * d, 1), 1_000) for d in (1, 2, 4, 8, 16)],
}
TITLES = {
    "rows": "layers 2-64-64-64-1",
    "width": "layers 2-w-w-w-1, 1,000 rows",
    "depth": "d hidden layers of 32, 1,000 rows",
}
DRAWN = {  # engines of the figure: what they are called there, and how they look
    "chalkgrad": ("chalkgrad, written in scalars", "o-"),
    "numpy": ("NumPy by hand, preallocated", "s--"),
    "numpy-naive": ("NumPy by hand, naive", "v--"),
    "jax": ("JAX jit", "^:"),
    "torch": ("PyTorch eager", "D:"),
}
FIGURE = Path("out") / "programs_scaling.png"
__all__ = ["ENGINES", "draw", "figure", "run", "table"]


def run(engine: ArrayEngine, *, what: str, **spec: Any) -> dict[str, Any]:
    """Return the figures of one of the questions: `nodes`, `gradient` or `sweep`."""
    if what == "sweep":
        return {"figures": {axis: _sweep(engine, axis, **spec) for axis in SWEEPS}}
    return _nodes(**spec) if what == "nodes" else _gradient(**spec)


def _sum_over_samples(nodes: int) -> tuple[Any, list[Any]]:
    """Return a loss of about so many scalar operations, and its parameters."""
    from autograd import Value

    weights: list[list[Any]] = [[Value(0.1 * (i - j)) for i in range(9)] for j in range(8)]
    last = [Value(0.1 * j) for j in range(8)]
    samples = max(1, nodes // (8 * 18 + 18))

    def loss() -> Any:
        total = Value(0.0)
        for k in range(samples):
            xs = [((k * 7 + i * 3) % 11) / 11 for i in range(9)]
            hidden = [sum(w * x for w, x in zip(ws, xs, strict=True)).tanh() for ws in weights]
            total = total + sum(w * h for w, h in zip(last, hidden, strict=True)) ** 2
        return total

    return loss, [*(w for ws in weights for w in ws), *last]


def _nodes(*, nodes: int, trace: bool) -> dict[str, Any]:
    """Return CPU microseconds (bytes at the peak, if traced) a node of recording and lifting."""
    from autograd import compile
    from autograd import nodes as walk

    loss, values = _sum_over_samples(nodes)
    compile(lambda: values[0] * 2.0).bind(values).value_and_grad()  # first use costs once
    recorded = len(walk(loss()))
    if trace:
        tracemalloc.start()
    start = process_time()
    bound = compile(loss).bind(values)
    bound.value_and_grad()
    seconds = process_time() - start
    figure = tracemalloc.get_traced_memory()[1] if trace else seconds * 1e6
    return {"figure": figure / recorded, "nodes": recorded}


def _gradient(*, widths: list[int], rows: int, seconds: float) -> dict[str, Any]:
    """Return the time of value and gradient over that of the value, and lines each way."""
    import numpy as np

    import autograd
    import nn

    model = nn.MLP(widths[0], widths[1:], activation="relu", seed=0)
    _, X, y = problem(tuple(widths), rows)
    compiled: Any = autograd.compile(
        lambda model, x, y: (model(x) - y) ** 2, rows=["x", "y"], reduce="mean", threads=1
    )
    bound = compiled.bind(model)
    bound.value_and_grad(X, y)
    bound.value_and_grad(X, y)
    program = next(iter(bound._spaces.values()))[0]
    machine, columns = program.machine(None), {"x": X, "y": y.reshape(-1, 1)}
    with machine.workspace() as space:
        program.fill(space, {}, bound.parameters)
        value = [
            median_seconds(lambda: np.add.reduce(machine.run(space, columns, rows)[0][0]), seconds)
            for _ in range(2)
        ]
        both = [median_seconds(lambda: bound.value_and_grad(X, y), seconds) for _ in range(2)]
    text = compiled.source
    forward, reverse = text.partition("def reverse(seed):")[::2]
    counts = [part.count("out=") for part in (forward.partition("def forward():")[2], reverse)]
    return {"figure": median(both) / median(value), "forward": counts[0], "reverse": counts[1]}


def _sweep(engine: ArrayEngine, axis: str, *, quick: bool, seconds: float) -> list[float]:
    """Return milliseconds a step along one of the axes."""
    found = []
    for _, widths, rows in SWEEPS[axis][: -1 if quick else None]:
        training = engine.training(*problem(widths, rows), 1)
        for _ in range(3):
            training.step()
        found.append(median_seconds(training.step, seconds, 7) * 1e3)
    return found


def table(race: Race) -> Table:
    """Return microseconds and bytes a node for each size, and the cost of gradients; draw time."""
    sizes = NODES[:-1] if race.quick else NODES
    result = Table(
        "Recording and lifting a loss over samples, written scalar by scalar",
        ["a node", *(f"{n:,} nodes" for n in sizes), "p"],
    )
    for trace, name, limit in (
        (False, "microseconds", MOST_MICROSECONDS),
        (True, "bytes at the peak", MOST_BYTES),
    ):
        runs = [
            race("preparation", only=["chalkgrad"], repeats=1 if trace else None, what="nodes",
                 nodes=n, trace=trace)
            for n in sizes
        ]  # fmt: skip
        if not all("chalkgrad" in one for one in runs):
            continue
        found = [typical(one, "chalkgrad") for one in runs]
        totals = [log(n * x) for n, x in zip(sizes, found, strict=True)]
        slope = linear_regression([log(n) for n in sizes], totals).slope
        result.rows.append([name, *(f"{x:.3g}" for x in found), f"{slope:.3f}"])
        verdict = "met" if max(found[1:]) <= limit else "MISSED"  # the smallest pays for starting
        result.notes.append(
            f"{name} a node: at most {max(found[1:]):.3g}, target {limit:g}: {verdict}"
        )
    for name, widths in NETWORKS.items():
        for rows in (1, 32, 1_000):
            spec: dict[str, Any] = {
                "what": "gradient",
                "widths": widths,
                "rows": rows,
                "seconds": 0.5,
            }
            costs = race("preparation", only=["chalkgrad"], limit=1, **spec)
            if "chalkgrad" in costs:
                ratio, one = typical(costs, "chalkgrad"), costs["chalkgrad"][0]
                lines = one["reverse"] / one["forward"]
                fine = ratio <= MOST_GRADIENT and lines <= MOST_OPERATIONS
                result.notes.append(
                    f"{name}, {rows:,} rows: value and gradient take {ratio:.3g} of the value's "
                    f"time on the wall (target {MOST_GRADIENT:g}); {one['reverse']} operations "
                    f"after {one['forward']}, {lines:.3g} (target {MOST_OPERATIONS:g}): "
                    f"{'met' if fine else 'MISSED'}"
                )
    result.notes += figure(race)
    return result


def figure(race: Race) -> list[str]:
    """Measure and draw milliseconds a step along all axes; return where it lies, or why not."""
    runs = race(
        "preparation", only=DRAWN, limit=1, repeats=1, what="sweep", quick=race.quick, seconds=0.3
    )
    return draw({name: found[0]["figures"] for name, found in runs.items()})


def draw(times: dict[str, dict[str, list[float]]]) -> list[str]:
    """Draw milliseconds a step by engine and axis; return where it lies, or why not."""
    try:
        from matplotlib.figure import Figure
        from matplotlib.ticker import FuncFormatter, NullLocator
    except ImportError:
        return ["no figure: matplotlib is not installed"]
    plain = FuncFormatter(lambda x, _: f"{x:,.10g}")
    drawn = Figure(figsize=(13, 4.3), layout="constrained")
    drawn.suptitle("One training step (value, gradient and update), float64, one thread")
    for axes, (axis, points) in zip(drawn.subplots(1, 3), SWEEPS.items(), strict=True):
        for name, (label, look) in DRAWN.items():
            if name in times:
                ours, found = name == "chalkgrad", times[name][axis]
                axes.loglog(
                    [x for x, *_ in points][: len(found)], found, look, label=label,
                    linewidth=2.5 if ours else 1.2, markersize=7 if ours else 5,
                    zorder=3 if ours else 2,
                )  # fmt: skip
        shown = max((len(found[axis]) for found in times.values()), default=len(points))
        axes.set_xticks([x for x, *_ in points][:shown])
        axes.xaxis.set_minor_locator(NullLocator())
        for ticks in (axes.xaxis, axes.yaxis):
            ticks.set_major_formatter(plain)
        axes.yaxis.set_minor_formatter(FuncFormatter(_one_two_five))
        axes.set_xlabel(axis)
        axes.set_title(TITLES[axis], fontsize=10)
        axes.grid(alpha=0.3)
    drawn.axes[0].set_ylabel("milliseconds")
    drawn.axes[0].legend(frameon=False)
    FIGURE.parent.mkdir(exist_ok=True)
    drawn.savefig(FIGURE, dpi=150)
    return [f"time against rows, width and depth: {FIGURE}"]


def _one_two_five(x: float, _: object) -> str:
    """Return the label of a tick between powers of ten, of which 2 and 5 have one."""
    return f"{x:,.10g}" if f"{x:e}"[0] in "25" else ""
