"""Many small trainings: by nn.fit in turn, by nn.fit_many at once, and by torch.func.vmap.

Each network 2-w-w-1 trains with Adam on the same 200 points, in batches of 25 in their order. Calls
are timed whole: what it takes to record and to compile is in them, as whoever calls pays for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module, metadata
from itertools import product
from time import perf_counter
from typing import Any

from benchmarks.array_engines import Array
from benchmarks.engines import Installed
from benchmarks.race import Race, Runs
from benchmarks.report import Table
from benchmarks.summary import disagreements, ratio_cell, target

ROWS, BATCH, RATE = 200, 25, 0.01
MODELS, WIDTHS, EPOCHS = (2, 8, 32, 128), (8, 16, 64), (1, 100)
BASE, OURS = "nn.fit, one by one", "nn.fit_many, NumPy"
WAYS = (BASE, OURS, "nn.fit_many, JAX", "torch.func.vmap")
LIMITS = {(32, 16): 0.25}  # (models, width): at most this share of the time one by one
Train = Callable[[int], list[float]]  # of epochs: the last loss of each network, of an epoch
Layers = list[tuple[Array, Array]]  # W (models, outputs, inputs) and b (models, outputs)


@dataclass(frozen=True)
class Engine(Installed):
    """Hold what makes the trainings that are timed in one process."""

    name: str
    distribution: str
    ways: Callable[[Layers, Array, Array], dict[str, Train]]
    libraries: tuple[str, ...] = ()  # beside it
    recursive: bool = False

    @property
    def version(self) -> str:
        """Return its version, and those of the libraries."""
        return ", ".join([super().version, *(f"{x} {metadata.version(x)}" for x in self.libraries)])


def problem(models: int, width: int) -> tuple[Layers, Array, Array]:
    """Return the parameters of all networks, inputs (rows, 2) and labels (rows,), 0 or 1."""
    import numpy as np

    random = np.random.default_rng(1337)
    sizes = ((width, 2), (width, width), (1, width))
    layers = [
        (random.standard_normal((models, *size)) / size[1] ** 0.5, np.zeros((models, size[0])))
        for size in sizes
    ]
    X = random.standard_normal((ROWS, 2))
    return layers, X, (X[:, 0] * X[:, 1] > 0).astype(float)


def chalkgrad(layers: Layers, X: Array, y: Array) -> dict[str, Train]:
    """Train by nn.fit and by nn.fit_many."""
    np, nn, jax = map(import_module, ("numpy", "nn", "jax"))
    jax.config.update("jax_enable_x64", True)
    models, loss = len(layers[0][0]), "binary_cross_entropy_with_logits"
    given = {"batch_size": BATCH, "shuffle": False, "progress": False}

    def made(k: int) -> Any:
        widths = [b.shape[1] for _, b in layers]
        model = nn.MLP(2, widths, activation="tanh", init=lambda *_: 0.0)
        flat = [np.column_stack([W[k], b[k]]).ravel() for W, b in layers]
        for p, x in zip(model.parameters(), np.concatenate(flat).tolist(), strict=True):
            p.data = x
        return model

    def one_by_one(epochs: int) -> list[float]:
        return [
            nn.fit(made(k), X, y, loss, nn.Adam(lr=RATE), epochs, **given)["loss"][-1]
            for k in range(models)
        ]

    def at_once(engine: str, epochs: int) -> list[float]:
        found = nn.fit_many(
            made, X, y, loss, nn.Adam(lr=RATE), epochs, seeds=range(models), engine=engine, **given
        )
        return [history["loss"][-1] for history in found.histories]

    return {
        BASE: one_by_one,
        OURS: lambda epochs: at_once("numpy", epochs),
        "nn.fit_many, JAX": lambda epochs: at_once("jax", epochs),
    }


def torch(layers: Layers, X: Array, y: Array) -> dict[str, Train]:
    """Train with gradients by torch.func.vmap, and Adam on the stacked parameters."""
    torch = import_module("torch")
    inputs, targets = torch.tensor(X), torch.tensor(y)
    entropy = torch.nn.functional.binary_cross_entropy_with_logits

    def loss(parameters: Any, x: Any, t: Any) -> Any:
        *hidden, (W, b) = zip(parameters[::2], parameters[1::2], strict=True)
        for w, c in hidden:
            x = torch.tanh(x @ w.T + c)
        return entropy((x @ W.T + b)[:, 0], t)

    def train(epochs: int) -> list[float]:
        parameters = [torch.tensor(x) for layer in layers for x in layer]
        optimizer = torch.optim.Adam(parameters, lr=RATE)
        compute = torch.func.vmap(torch.func.grad_and_value(loss), in_dims=(0, None, None))
        for _ in range(epochs):
            losses = []
            for start in range(0, ROWS, BATCH):
                part = slice(start, start + BATCH)
                gradients, found = compute(parameters, inputs[part], targets[part])
                for p, g in zip(parameters, gradients, strict=True):
                    p.grad = g
                optimizer.step()
                losses.append(found)
        last: list[float] = torch.stack(losses).mean(dim=0).tolist()
        return last

    return {"torch.func.vmap": train}


ENGINES = {
    "chalkgrad": Engine("chalkgrad", "chalkgrad", chalkgrad, ("jax",)),
    "torch": Engine("torch", "torch", torch),
}


def run(engine: Engine, *, models: int, width: int, epochs: int, rounds: int) -> dict[str, Any]:
    """Return for each way the seconds of every round, and the last losses of the networks."""
    ways = engine.ways(*problem(models, width))
    found: dict[str, Any] = {}
    for turn in range(rounds):
        for name in list(ways)[:: -1 if turn % 2 else 1]:
            start = perf_counter()
            losses = ways[name](epochs)
            seconds = perf_counter() - start
            answer = found.setdefault(name, {"value": losses[0], "gradient": losses, "times": []})
            answer["times"].append(seconds)
    return {"ways": found}


def of(runs: Runs) -> Runs:
    """Return the ways of all engines as the runs, whose turns are the rounds, in seconds."""
    return {
        way: [{**answer, "figure": seconds} for seconds in answer["times"]]
        for results in runs.values()
        for way, answer in results[0]["ways"].items()
    }


def table(race: Race) -> Table:
    """Return the seconds of trainings by how many, how wide and how long, and their ratios."""
    result = Table(
        f"Seconds to train networks 2-w-w-1, {ROWS} points in batches of {BATCH} (over {BASE})",
        ["networks, w, epochs", *WAYS],
    )
    cases = [(32, 16, 20)] if race.quick else list(product(MODELS, WIDTHS, EPOCHS))
    for models, width, epochs in cases:
        rounds = 1 if race.quick else 2
        runs = of(race(
            "together", only=ENGINES, repeats=1, limit=1, models=models, width=width, epochs=epochs,
            rounds=rounds,
        ))  # fmt: skip
        what = f"{models}, {width}, {epochs}"
        result.rows.append([what, *(ratio_cell(runs, way, BASE) for way in WAYS)])
        result.notes += disagreements(runs, what, 1e-9)
        if (limit := LIMITS.get((models, width))) is not None and epochs > 1:
            result.notes += target(runs, OURS, BASE, limit, what)
    return result
