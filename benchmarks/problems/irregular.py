"""Value and gradient of an irregular scalar graph: a random one, with no matrices in it.

`wide` lets every node read any earlier one, `thin` one of the last 30: then hardly any two
operations can be done at the same time. All engines are given one point at a time.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

from benchmarks.engines import Installed
from benchmarks.peers import Peer
from benchmarks.race import Race, Runs
from benchmarks.report import Table
from benchmarks.summary import disagreements, ratio_cell, target, typical
from benchmarks.timing import median_seconds

__all__ = ["ENGINES", "PEERS", "run", "table"]
LEAVES = 100
OPERATIONS = ("add", "sub", "mul", "div", "sin", "tanh")  # two in six are slow ones
WINDOWS = {"wide": None, "thin": 30}
NODES = (10_000, 100_000)
PROGRAM_SPEEDUP, MOST_NANOSECONDS, MOST_MICROSECONDS = 5.0, 6.0, 50.0
Scalar = Any
Prepared = Callable[[], tuple[float, Sequence[float]]]  # value and gradient, computed anew
PEERS = (
    Peer("chalkgrad-eager"),
    Peer("chalkgrad-numpy"),
    Peer("chalkgrad-native", ("numba>=0.61", "numpy", "graphviz", "rich")),
    Peer("casadi", ("casadi==3.8.2", "numpy")),
    Peer("ddx", ("ddx-ad==4.3.0",)),
)


@dataclass(frozen=True)
class Graph:
    """Hold a random graph as steps (operation, first operand, second)."""

    at: list[float]
    steps: tuple[tuple[str, int, int], ...]

    @classmethod
    def random(cls, nodes: int, window: int | None) -> Graph:
        """Return a graph that becomes about so many nodes."""
        random = Random(5)
        at = [random.uniform(0.5, 0.9) for _ in range(LEAVES)]
        steps = []
        for i in range(LEAVES, int(nodes / 1.7)):
            low = 0 if window is None else max(0, i - window)
            operation = random.choice(OPERATIONS)
            steps.append((operation, random.randrange(low, i), random.randrange(low, i)))
        return cls(at, tuple(steps))

    def value(self, xs: Sequence[Scalar], sin: Any, tanh: Any) -> tuple[Scalar, int]:
        """Return the mean of all that nothing reads, and how many nodes that makes."""
        values, read, count = list(xs), set(), len(xs)
        for operation, i, j in self.steps:
            a, b = values[i], values[j]
            read.add(i)
            if operation not in ("sin", "tanh"):
                read.add(j)
            count += {"mul": 1, "div": 3, "sin": 1, "tanh": 1}.get(operation, 2)
            values.append(
                0.5 * (a + b) if operation == "add" else a - 0.5 * b if operation == "sub"
                else a * b if operation == "mul" else a / (b * b + 2.0) if operation == "div"
                else sin(a) if operation == "sin" else tanh(a)
            )  # fmt: skip
        last = [x for k, x in enumerate(values) if k not in read]
        total = last[0]
        for x in last[1:]:
            total = total + x
        return total / float(len(last)), count + len(last)


def chalkgrad(graph: Graph, native: bool | None) -> Prepared:
    """Compile and bind; native=None here: run it as it is."""
    autograd: Any = import_module("autograd")
    leaves = [autograd.Value(x) for x in graph.at]

    def f() -> Scalar:
        return graph.value(leaves, autograd.sin, autograd.tanh)[0]

    if native is None:

        def eager() -> tuple[float, Sequence[float]]:
            for leaf in leaves:
                leaf.grad = 0.0
            y = f()
            y.backward()
            return y.data, [leaf.grad for leaf in leaves]

        return eager
    bound = autograd.compile(f, native=native).bind(leaves)

    def step() -> tuple[float, Sequence[float]]:
        value, gradient = bound.value_and_grad()
        return value, gradient

    return step


def chalkgrad_native(graph: Graph) -> Prepared:
    """Run in an environment with Numba, from this repository."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    return chalkgrad(graph, True)


def casadi(graph: Graph) -> Prepared:
    """Call CasADi's virtual machine for scalar graphs on buffers of one's own."""
    library, np = import_module("casadi"), import_module("numpy")
    xs = library.SX.sym("x", len(graph.at))
    y, _ = graph.value([xs[i] for i in range(len(graph.at))], library.sin, library.tanh)
    function = library.Function("f", [xs], [y, library.gradient(y, xs)])
    buffer, evaluate = function.buffer()
    at, value, gradient = np.array(graph.at), np.zeros(1), np.zeros(len(graph.at))
    buffer.set_arg(0, memoryview(at))
    buffer.set_res(0, memoryview(value))
    buffer.set_res(1, memoryview(gradient))

    def step() -> tuple[float, Sequence[float]]:
        evaluate()
        return float(value[0]), gradient

    step.kept = (function, buffer)  # type: ignore[attr-defined]
    return step


def ddx(graph: Graph) -> Prepared:
    """Let ddx interpret: it would take minutes to compile."""
    library, np = import_module("ddx"), import_module("numpy")

    @library.equation  # type: ignore[untyped-decorator]
    def function() -> Any:
        xs = [library.var(f"x{i}") for i in range(len(graph.at))]
        return graph.value(xs, library.sin, library.tanh)[0]

    function.options = function.options.model_copy(update={"backend": library.Backend.INTERPRET})
    call = function.buffer(np.array(graph.at))

    def step() -> tuple[float, Sequence[float]]:
        call()
        return float(call.value), call.jacobian

    return step


@dataclass(frozen=True)
class GraphEngine(Installed):
    """Hold what makes value and gradient of a graph, of one engine."""

    distribution: str
    prepare: Callable[[Graph], Prepared]
    recursive: bool = False


ENGINES: dict[str, GraphEngine] = {
    "chalkgrad-eager": GraphEngine("chalkgrad", lambda graph: chalkgrad(graph, None)),
    "chalkgrad-numpy": GraphEngine("chalkgrad", lambda graph: chalkgrad(graph, False)),
    "chalkgrad-native": GraphEngine("numba", chalkgrad_native),
    "casadi": GraphEngine("casadi", casadi),
    "ddx": GraphEngine("ddx-ad", ddx),
}


def run(engine: GraphEngine, *, nodes: int, shape: str, seconds: float) -> dict[str, Any]:
    """Return nanoseconds a node for value and gradient, microseconds a node to prepare that."""
    small = Graph.random(2_000, WINDOWS[shape])
    engine.prepare(small)()  # imports, and what is compiled once for all graphs
    graph = Graph.random(nodes, WINDOWS[shape])
    count = graph.value(graph.at, import_module("math").sin, import_module("math").tanh)[1]
    start = perf_counter()
    step = engine.prepare(graph)
    value, gradient = step()
    prepared = perf_counter() - start
    answer = {"value": float(value), "gradient": [float(g) for g in gradient]}
    for _ in range(2):
        step()
    figure = median_seconds(step, seconds)
    return {**answer, "figure": figure / count * 1e9, "preparation": prepared / count * 1e6}


def table(race: Race) -> Table:
    """Return the times of each engine on wide and thin graphs of two sizes."""
    sizes = NODES[:1] if race.quick else NODES
    cases = [(shape, nodes) for shape in WINDOWS for nodes in sizes]
    result = Table(
        "Nanoseconds a node for value and gradient of a random graph (ratio to CasADi); "
        "microseconds a node to prepare",
        ["engine", *(f"{shape}, {nodes:,}" for shape, nodes in cases)],
    )
    cells: dict[str, list[str]] = {name: [] for name in race.peers}
    for shape, nodes in cases:
        runs = race(
            "irregular", repeats=max(2, race.repeats), limit=1,
            nodes=nodes, shape=shape, seconds=0.2 if race.quick else 1.0,
        )  # fmt: skip
        what = f"{shape}, {nodes:,} nodes"
        result.notes += [*disagreements(runs, what), *_targets(runs, what)]
        for name, row in cells.items():
            found = name in runs
            cell = ratio_cell(runs, name, "casadi") if found and "casadi" in runs else "-"
            row.append(f"{cell}; {typical(runs, name, 'preparation'):.0f}" if found else "-")
    result.rows += [[name, *row] for name, row in cells.items()]
    return result


def _targets(runs: Runs, what: str) -> list[str]:
    """Return whether the targets are met."""
    limit = 1 / PROGRAM_SPEEDUP if what.startswith("wide") else 1.0
    notes = target(runs, "chalkgrad-numpy", "chalkgrad-eager", limit, what)
    if "chalkgrad-native" in runs:
        time, preparation = (
            typical(runs, "chalkgrad-native", key) for key in ("figure", "preparation")
        )
        notes.append(
            f"{what}: native {time:.1f} ns a node (at most {MOST_NANOSECONDS:g}), prepared in "
            f"{preparation:.0f} µs a node (at most {MOST_MICROSECONDS:g})"
        )
    return notes
