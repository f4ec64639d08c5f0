"""Overfitting: a network learns the noise; what L1, L2, dropout and early stopping do about it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.table import Table

import viz
from demos._planes import maps
from demos._report import Report, console
from nn.layers.dropout import Dropout
from nn.layers.layer import Layer
from nn.layers.sequential import Sequential
from nn.metrics.classification import accuracy
from nn.module import Module
from nn.optimizers.adam import Adam
from nn.penalties import l1_penalty, l2_penalty
from nn.toys import moons
from nn.training.callbacks import EarlyStopping
from nn.training.evaluate import evaluate
from nn.training.fit import fit
from nn.training.history import History

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TRAIN, VALIDATION, NOISE = 30, 100, 0.35
HIDDEN, LEARNING_RATE = 12, 0.015
LOSS = "binary_cross_entropy_with_logits"
REMEDIES: dict[str, dict[str, Any]] = {
    "nothing": {},
    "L1": {"penalty": partial(l1_penalty, strength=0.01)},
    "L2": {"penalty": partial(l2_penalty, strength=0.01)},
    "dropout": {"p": 0.3},
    "early stopping": {"callbacks": [EarlyStopping(patience=20)]},
}
EPOCHS, QUICK_EPOCHS = 300, 100
Samples = tuple[Any, Any]


def main(out: Path, quick: bool) -> Report:
    """Train the same network in several ways on few noisy points and judge it on others."""
    train = moons(TRAIN, noise=NOISE, seed=0)
    validation = moons(VALIDATION, noise=NOISE, seed=1)
    epochs = QUICK_EPOCHS if quick else EPOCHS
    runs = {
        name: trained(train, validation, epochs, **options) for name, options in REMEDIES.items()
    }

    table = Table("remedy", "epochs", "training loss", "validation loss", "validation accuracy",
                  title=f"{TRAIN} noisy points to learn, {VALIDATION} others to judge")  # fmt: skip
    for column in table.columns[1:]:
        column.justify = "right"
    panels, left = [], {}
    for name, (model, history) in runs.items():
        losses = [loss_of(model, samples) for samples in (train, validation)]
        left[name] = losses[1]
        right = accuracy(scores(model, validation[0]), validation[1])
        table.add_row(name, f"{len(history)}", *[f"{loss:.3f}" for loss in losses], f"{right:.1%}")
        panels.append((f"{name}: {right:.1%} right", partial(scores, model)))
    console.print(table)
    plain = runs["nothing"][1]["val_loss"]
    console.print(
        f"Without a remedy the validation loss is least after {1 + int(np.argmin(plain))} epochs, "
        "and grows then."
    )

    report = Report()
    points = 25 if quick else 51
    report.draw(
        out / "maps.svg",
        "what each network says of every point",
        lambda: maps(panels, *train, points, f"A network 2-{HIDDEN}-{HIDDEN}-1 on {TRAIN} points"),
    )
    histories = {name: history for name, (_, history) in runs.items()}
    report.draw(
        out / "losses.svg",
        "training and validation losses by epoch",
        lambda: loss_curves(histories),
    )
    for name in list(REMEDIES)[1:]:
        report.reach(f"{name}, validation loss", left[name], at_most=0.9 * left["nothing"])
    return report


def trained(
    train: Samples, validation: Samples, epochs: int, p: float = 0.0, **options: Any
) -> tuple[Module, History]:
    """Return the network trained by Adam with dropout p, and its history."""
    model = Sequential(
        Layer(2, HIDDEN, activation="tanh", seed=0), Dropout(p, seed=0),
        Layer(HIDDEN, HIDDEN, activation="tanh", seed=1), Dropout(p, seed=1),
        Layer(HIDDEN, 1, nonlin=False, seed=2),
    )  # fmt: skip
    history = fit(
        model, *train, loss=LOSS, optimizer=Adam(lr=LEARNING_RATE), epochs=epochs,
        batch_size=None, validation=validation, **options,
    )  # fmt: skip
    return model, history


def scores(model: Module, rows: Any) -> Any:
    """Return the model's output for each row; above zero is class 1."""
    return model.predict(rows)[:, 0]


def loss_of(model: Module, samples: Samples) -> float:
    """Return the mean cross-entropy of the model in use, without dropout or penalty."""
    return evaluate(model, *samples, LOSS)["loss"]


def loss_curves(histories: dict[str, History]) -> Figure:
    """Return a figure of the validation losses, and of the training loss without a remedy."""
    series = {"nothing, training": histories["nothing"]["loss"]} | {
        f"{name}, validation": history["val_loss"]
        for name, history in histories.items()
        if name != "early stopping"  # until it stops it is the run without a remedy
    }
    figure = viz.curves(series, title="The training loss falls on; the validation loss turns",
                        xlabel="epoch", ylabel="mean cross-entropy")  # fmt: skip
    [axes] = figure.axes
    stopped = histories["early stopping"]["val_loss"]
    best = int(np.argmin(stopped))
    axes.plot([best], [stopped[best]], "kv", label="early stopping, its model")
    axes.legend(frameon=False, handlelength=3.5, loc="center left", bbox_to_anchor=(1, 0.5))
    figure.set_size_inches(8.6, 4)
    return figure
