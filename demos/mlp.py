"""Handwritten digits: dense layers, dropout and Adam, trained with one call of `nn.fit`.

The network is 64-128-64-10, with 17,226 weights and biases, each a scalar. `nn.fit` finds the
matrices in them, so that it learns from all 1,347 digits of the training part in seconds, and names
97 % of the others right.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import viz
from autograd import softmax
from demos._digits import SIDE, TEST, TRAIN, digits
from demos._report import Report, console
from nn.layers.dropout import Dropout
from nn.layers.layer import Layer
from nn.layers.sequential import Sequential
from nn.metrics.confusion import confusion_matrix, confusion_table
from nn.optimizers.adam import Adam
from nn.training.fit import fit
from nn.training.history import History
from viz.plotting.panels import panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DROPOUT, LEARNING_RATE, BATCH = 0.2, 0.005, 32
SHOWN = 24


EPOCHS, QUICK_EPOCHS = 10, 2
WANTED, QUICK_WANTED = 0.95, 0.9


def main(out: Path, quick: bool) -> Report:
    """Train, print the confusion table, and write the curves and the digits taken for others."""
    train, validation = digits()
    console.print(f"{TRAIN:,} digits to learn from, {TEST} others to judge by", highlight=False)
    start = time.perf_counter()
    model, history = trained(train, validation, QUICK_EPOCHS if quick else EPOCHS)
    seconds = time.perf_counter() - start
    X, y = validation
    outputs = model.predict(X)
    console.print(confusion_table(confusion_matrix(outputs, y)), highlight=False, soft_wrap=True)
    accuracy = history["val_accuracy"][-1]
    console.print(f"{len(y)} others judged, after {seconds:.0f} s")

    report = Report()
    report.reach("accuracy", accuracy, at_least=QUICK_WANTED if quick else WANTED)
    report.draw(out / "curves.svg", "losses and accuracies by epoch", lambda: curves(history))
    if (outputs.argmax(axis=1) != y).any():
        report.draw(
            out / "wrong.svg", "digits taken for others", lambda: wrong_digits(X, y, outputs)
        )
    return report


def trained(train: Any, validation: Any, epochs: int) -> tuple[Sequential, History]:
    """Return the network after so many epochs of Adam on the cross-entropy, and its history.

    The last layer is linear: the loss takes its softmax itself, which keeps the digits.
    """
    X, y = train
    model = Sequential(
        Layer(SIDE * SIDE, 128, activation="relu", seed=0), Dropout(DROPOUT, seed=0),
        Layer(128, 64, activation="relu", seed=1), Dropout(DROPOUT, seed=1),
        Layer(64, 10, activation="linear", seed=2),
    )  # fmt: skip
    history = fit(
        model, X, y, loss="cross_entropy", optimizer=Adam(lr=LEARNING_RATE), epochs=epochs,
        batch_size=BATCH, validation=validation, metrics=["accuracy"], seed=0,
    )  # fmt: skip
    return model, history


def curves(history: History) -> Figure:
    """Return a figure of losses and accuracies."""
    series = {
        "training loss": history["loss"],
        "validation loss": history["val_loss"],
        "training accuracy (with dropout)": history["accuracy"],
        "validation accuracy": history["val_accuracy"],
    }
    title = f"A network 64-128-64-10 learns from {TRAIN:,} digits"
    figure = viz.curves(series, title=title, ylabel="loss, accuracy", start=1)
    return figure


def wrong_digits(X: Any, y: Any, outputs: Any) -> Figure:
    """Return a figure of digits taken for others, the surest mistakes first."""
    chances = np.array([softmax(row) for row in outputs.tolist()])
    said = outputs.argmax(axis=1)
    wrong = np.flatnonzero(said != y)
    wrong = wrong[np.argsort(-chances[wrong, said[wrong]], kind="stable")]
    shown = wrong[:SHOWN]
    rows = -(-len(shown) // 8)
    columns = -(-len(shown) // rows)
    title = f"{len(wrong)} of {len(y)} digits are taken for others"
    title += f"; the {SHOWN} surest" if len(wrong) > SHOWN else ""
    figure, grid = panels(rows, columns, (max(1.15 * columns, 4.6), 1.5 * rows + 0.5), title)
    for axes in grid.flat:
        axes.set_axis_off()
    for axes, i in zip(grid.flat, shown, strict=False):
        axes.imshow(X[i].reshape(SIDE, SIDE), cmap="Greys", vmin=0, vmax=1)
        axes.set_title(f"{y[i]} taken for {said[i]}\n{chances[i, said[i]]:.0%} sure", fontsize=7.5)
    return figure
