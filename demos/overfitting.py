"""Overfitting: a network learns the noise; what early stopping, dropout and L2 do about it."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table

import viz
from autograd import mean
from demos._figures import save_figure
from demos._planes import maps
from demos._progress import progress
from demos._report import Report, console
from nn.layers.dropout import Dropout
from nn.layers.layer import Layer
from nn.layers.sequential import Sequential
from nn.losses import binary_cross_entropy_with_logits as cross_entropy
from nn.module import Module
from nn.optimizers.adam import Adam
from nn.penalties import l2_penalty
from nn.toys import moons

TRAIN, VALIDATION, NOISE = 30, 100, 0.35
HIDDEN, LEARNING_RATE = 12, 0.015
DROPOUT, STRENGTH = 0.3, 0.01
EPOCHS, QUICK_EPOCHS, EVERY = 300, 100, 5
Samples = tuple[Any, Any]


@dataclass
class Run:
    """Hold a network, its losses every few epochs, and the weights of the best validation loss."""

    model: Module
    train: list[float] = field(default_factory=list)
    validation: list[float] = field(default_factory=list)
    best: dict[str, Any] = field(default_factory=dict)


def main(out: Path, quick: bool) -> Report:
    """Train the same network four ways on few noisy points and judge it on others."""
    train = moons(TRAIN, noise=NOISE, seed=0)
    validation = moons(VALIDATION, noise=NOISE, seed=1)
    epochs = QUICK_EPOCHS if quick else EPOCHS
    runs = {
        "nothing": trained(0.0, 0.0, train, validation, epochs, "nothing"),
        "dropout": trained(DROPOUT, 0.0, train, validation, epochs, "dropout"),
        "L2": trained(0.0, STRENGTH, train, validation, epochs, "L2"),
    }
    plain = runs["nothing"]
    stop = EVERY * plain.validation.index(min(plain.validation))
    stopped = deepcopy(plain.model)
    stopped.load_state_dict(plain.best)
    models = {name: run.model for name, run in runs.items()} | {"early stopping": stopped}

    X, y = validation
    table = Table("remedy", "training loss", "validation loss", "validation accuracy",
                  title=f"{TRAIN} noisy points to learn, {VALIDATION} others to judge")  # fmt: skip
    for column in table.columns[1:]:
        column.justify = "right"
    panels = []
    for name, model in models.items():
        right = float(((model.predict(X)[:, 0] > 0) == (y == 1)).mean())
        losses = [f"{loss_of(model, *samples):.3f}" for samples in (train, validation)]
        table.add_row(name, *losses, f"{right:.1%}")
        panels.append((f"{name}: {right:.1%} right", partial(scores, model)))
    console.print(table)
    console.print(
        f"Without a remedy the validation loss is least after {stop} epochs, and grows then."
    )

    report = Report()
    points = 25 if quick else 51
    report.write(out / "maps.svg", "what each network says of every point",
                 lambda path: save_figure(maps(panels, *train, points,
                     f"A network 2-{HIDDEN}-{HIDDEN}-1 on {TRAIN} points"), path))  # fmt: skip
    report.write(out / "losses.svg", "training and validation losses by epoch",
                 lambda path: draw_losses(runs, path))  # fmt: skip
    worst = loss_of(plain.model, *validation)
    for name, model in models.items():
        if model is not plain.model and loss_of(model, *validation) >= worst:
            report.problem(f"{name} did not help: its validation loss is not below {worst:.3f}")
    return report


def trained(
    p: float, strength: float, train: Samples, validation: Samples, epochs: int, name: str
) -> Run:
    """Return the network trained by Adam with dropout p and the L2 penalty of that strength."""
    model = Sequential(
        Layer(2, HIDDEN, activation="tanh", seed=0), Dropout(p, seed=0),
        Layer(HIDDEN, HIDDEN, activation="tanh", seed=1), Dropout(p, seed=1),
        Layer(HIDDEN, 1, nonlin=False, seed=2),
    )  # fmt: skip
    optimizer = Adam(model.parameters(), lr=LEARNING_RATE)
    rows, targets = (part.tolist() for part in train)
    run = Run(model)
    with progress(name, epochs) as advance:
        for epoch in range(epochs + 1):
            if epoch % EVERY == 0:
                run.train.append(loss_of(model, *train))
                run.validation.append(loss_of(model, *validation))
                if run.validation[-1] == min(run.validation):
                    run.best = model.state_dict()
            if epoch == epochs:
                break
            losses = [cross_entropy(y, t) for y, t in zip(model.batch(rows), targets, strict=True)]
            loss = mean(losses) + l2_penalty(model.parameters(), strength)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            advance(f"training loss {run.train[-1]:.3f}  validation loss {run.validation[-1]:.3f}")
    return run


def scores(model: Module, rows: Any) -> Any:
    """Return the model's output for each row; above zero is class 1."""
    return model.predict(rows)[:, 0]


def loss_of(model: Module, rows: Any, targets: Any) -> float:
    """Return the mean cross-entropy of the model in use, without dropout or penalty."""
    pairs = zip(scores(model, rows).tolist(), targets.tolist(), strict=True)
    return float(mean([cross_entropy(y, t) for y, t in pairs]))


def draw_losses(runs: dict[str, Run], path: Path) -> None:
    """Write the validation losses of all runs, and the training loss without a remedy."""
    series = {"nothing, training": runs["nothing"].train} | {
        f"{name}, validation": run.validation for name, run in runs.items()
    }
    figure = viz.curves(series, title="The training loss falls on; the validation loss turns",
                        xlabel="epoch", ylabel="mean cross-entropy")  # fmt: skip
    [axes] = figure.axes
    for line in axes.lines:
        line.set_xdata(EVERY * np.asarray(line.get_xdata()))
    least = runs["nothing"].validation
    stop = least.index(min(least))
    axes.plot([EVERY * stop], [least[stop]], "kv", label="early stopping")
    axes.legend(frameon=False, handlelength=3.5)
    axes.relim()
    axes.autoscale_view()
    save_figure(figure, path)
