"""One training step of a network of each family, float64, on one thread: beside PyTorch eager.

A step is loss and gradient of a batch; the sizes are those of the demos. What chalkgrad does once
(recording, lifting, writing) is timed apart, as its first call.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from time import process_time
from typing import Any

from benchmarks.engines import Installed
from benchmarks.race import Race, Runs
from benchmarks.report import Table
from benchmarks.summary import disagreements, ratio_cell, target, typical
from benchmarks.timing import mean_seconds

Array = Any
LIMIT = 2.0  # of PyTorch's time
BATCH, STEPS, TOKENS, PLACES, SIZE = 32, 100, 50, 32, 32
NODES, EDGES = 34, 78  # as many as the karate club has
FAMILIES = {
    "cnn": "2 convolutions and poolings, 8×8",
    "rnn": f"RNN of 32, {STEPS} steps",
    "lstm": f"LSTM of 32, {STEPS} steps",
    "gru": f"GRU of 32, {STEPS} steps",
    "attention": f"self-attention, 2 heads, {PLACES}×{SIZE}",
    "transformer": f"decoder-only transformer, 2 layers, {PLACES}×{SIZE}",
    "residual": "50 residual layers of 16",
    "unet": "U-Net of 8 and 16 channels, 16×16",
    "autoencoder": "autoencoder 64-32-8-32-64",
    "gnn": f"2 graph convolutions, {NODES} nodes, one sample",
}


@dataclass
class Step:
    """Hold a function that returns the loss and may leave the gradient, and what else is known."""

    run: Callable[[], float]
    gradient: Callable[[], Array]  # after `run`: flat, in the order of chalkgrad's parameters
    lines: int = 0  # of the program


Maker = Callable[[str, Array, Array, Array, int], Step]  # family, numbers, X, targets, threads


@dataclass(frozen=True)
class Engine(Installed):
    """Hold what makes one engine's step."""

    name: str
    distribution: str
    module: str  # that has its `step`, imported in its own Python
    recursive: bool = False


ENGINES = {
    "chalkgrad": Engine("chalkgrad", "chalkgrad", "benchmarks.networks_in_scalars"),
    "torch": Engine("torch", "torch", "benchmarks.networks_in_torch"),
}


def problem(family: str) -> tuple[Array, Array, Array]:
    """Return numbers for the parameters, more than there are, inputs and targets of a batch."""
    np = import_module("numpy")
    random = np.random.default_rng(1337)
    numbers = random.standard_normal(100_000) * 0.1

    def classes(count: int, *shape: int) -> Array:
        return random.integers(0, count, shape)

    shapes = {
        "cnn": (BATCH, 1, 8, 8), "rnn": (BATCH, STEPS, 1), "lstm": (BATCH, STEPS, 2),
        "gru": (BATCH, STEPS, 1), "attention": (BATCH, PLACES, SIZE), "residual": (BATCH, 2),
        "unet": (BATCH, 1, 16, 16), "autoencoder": (BATCH, 64), "gnn": (1, NODES, NODES),
    }  # fmt: skip
    if family == "transformer":
        return numbers, classes(TOKENS, BATCH, PLACES), classes(TOKENS, BATCH, PLACES)
    X = random.standard_normal(shapes[family])
    targets = {
        "cnn": lambda: classes(10, BATCH), "residual": lambda: classes(2, BATCH),
        "unet": lambda: classes(2, *X.shape) * 1.0, "gnn": lambda: classes(2, 1, NODES),
        "attention": lambda: random.standard_normal(X.shape), "autoencoder": lambda: X,
    }  # fmt: skip
    return numbers, X, targets.get(family, lambda: random.standard_normal(BATCH))()


def edges() -> list[tuple[int, int]]:
    """Return the edges of the graph: random ones."""
    random = import_module("random").Random(1337)
    pairs = [(i, j) for i in range(NODES) for j in range(i)]
    return sorted(random.sample(pairs, EDGES))


def run(engine: Engine, *, families: list[str], threads: int, seconds: float) -> dict[str, Any]:
    """Return for each family the first loss and gradient, and CPU milliseconds of a step."""
    step_of: Maker = import_module(engine.module).step
    found = {}
    for family in families:
        numbers, X, targets = problem(family)
        start = process_time()
        step = step_of(family, numbers, X, targets, threads)
        value = float(step.run())
        first = process_time() - start
        gradient = step.gradient().tolist()
        for _ in range(3):
            step.run()
        figure = mean_seconds(step.run, seconds) * 1e3
        found[family] = {"value": value, "gradient": gradient, "figure": figure, "first": first,
                         "lines": step.lines}  # fmt: skip
    return {"families": found}


def of(runs: Runs, family: str) -> Runs:
    """Return the runs of one family."""
    return {
        name: [result["families"][family] for result in results] for name, results in runs.items()
    }


def table(race: Race) -> Table:
    """Return milliseconds a step for each family, and what preparing it took."""
    runs = race(
        "architectures", only=ENGINES, repeats=max(2, race.repeats), limit=1,
        families=list(FAMILIES), threads=1, seconds=0.3 if race.quick else 1.0,
    )  # fmt: skip
    result = Table(
        f"CPU milliseconds a training step, batch of {BATCH}, float64, one thread",
        ["network", "chalkgrad (ratio to torch)", "torch", "first call, s", "lines"],
    )
    for family, title in FAMILIES.items():
        mine = of(runs, family)
        ours = mine.get("chalkgrad")
        first = f"{typical(mine, 'chalkgrad', 'first'):.2f}" if ours else "—"
        lines = f"{ours[0]['lines']:,}" if ours else "—"
        cells = [ratio_cell(mine, "chalkgrad", "torch"), ratio_cell(mine, "torch", "torch")]
        result.rows.append([title, cells[0], cells[1].partition(" (")[0], first, lines])
        result.notes += [
            note for note in disagreements(mine, family) if "agree on" not in note
        ] + target(mine, "chalkgrad", "torch", LIMIT, family)
    if len(runs) > 1:
        result.notes.insert(0, "Losses and gradients of a step were compared before: to 1e-9.")
    return result
