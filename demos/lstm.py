"""The long short-term memory: an LSTM adds two numbers 100 steps apart; a plain RNN cannot.

The adding problem (Hochreiter and Schmidhuber 1997, experiment 4; data made here): of a sequence of
random numbers two are marked, one in each half, and their sum is asked for at the end. Whoever says
1 each time has the mean squared error 1/6. Both networks have 16 units and are trained alike. The
pictures show the losses by epoch, and what the gates do with one sequence.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import viz
from autograd import no_grad, tanh
from demos._report import Report, console
from nn.inputs import numbers_of
from nn.layers.layer import Layer
from nn.layers.sequential import Sequential
from nn.optimizers.adam import Adam
from nn.recurrent.lstm import LSTM
from nn.recurrent.recurrent import Recurrent
from nn.recurrent.rnn import RNN
from nn.training.fit import fit
from nn.training.history import History
from viz.plotting.panels import INK, LOOKS, panels, signed_colours, tidy

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HIDDEN, FORGET_BIAS, LEARNING_RATE = 16, 4.0, 0.01
STEPS, SAMPLES, EPOCHS, JUDGED = 100, 1600, 24, 500
QUICK_STEPS, QUICK_SAMPLES, QUICK_EPOCHS = 20, 800, 12
WANTED, QUICK_WANTED = 0.005, 0.03  # mean squared errors; saying 1 has 0.167
FAILED = 0.1  # what the RNN does not get below


def main(out: Path, quick: bool) -> Report:
    """Train both, print their errors, and draw losses and gates."""
    steps = QUICK_STEPS if quick else STEPS
    train = adding(QUICK_SAMPLES if quick else SAMPLES, steps, seed=0)
    others = adding(JUDGED, steps, seed=1)
    epochs = QUICK_EPOCHS if quick else EPOCHS
    cells: dict[str, Recurrent] = {
        "RNN": RNN(2, HIDDEN, last=True, seed=0),
        "LSTM": LSTM(2, HIDDEN, last=True, forget_bias=FORGET_BIAS, seed=0),
    }
    models, histories = {}, {}
    for name, cell in cells.items():
        console.print(f"{name} of {HIDDEN} units: {len(cell.parameters())} parameters")
        models[name] = Sequential(cell, Layer(HIDDEN, 1, activation="linear", seed=1))
        histories[name] = trained(models[name], train, others, epochs)

    X, y = others
    errors = {name: float(((m.predict(X)[:, 0] - y) ** 2).mean()) for name, m in models.items()}
    close = float((abs(models["LSTM"].predict(X)[:, 0] - y) < 0.1).mean())
    console.print(
        f"On {JUDGED} other sequences of {steps} steps, saying 1 each time has the mean squared "
        f"error {((1 - y) ** 2).mean():.3f}; the LSTM is right within 0.1 on {close:.0%}.",
        highlight=False, soft_wrap=True,
    )  # fmt: skip
    report = Report()
    report.reach("mean squared error of the LSTM", errors["LSTM"],
                 at_most=QUICK_WANTED if quick else WANTED)  # fmt: skip
    report.reach("mean squared error of the RNN, which fails", errors["RNN"], at_least=FAILED)
    report.draw(
        out / "losses.svg", "errors of both networks by epoch", lambda: losses(histories, steps)
    )
    report.draw(
        out / "gates.svg",
        "the LSTM's gates and cells on one sequence",
        lambda: gates(models["LSTM"], *shown(others)),
    )
    return report


def adding(count: int, steps: int, seed: int) -> tuple[Any, Any]:
    """Return sequences of (number, mark), two of them marked, and the sums of the marked ones."""
    source = np.random.RandomState(seed)
    numbers, marks = source.uniform(0, 1, (count, steps)), np.zeros((count, steps))
    for row in marks:
        row[source.randint(0, steps // 2)] = row[source.randint(steps // 2, steps)] = 1
    return np.stack([numbers, marks], axis=-1), (numbers * marks).sum(axis=1)


def trained(model: Sequential, train: Any, others: Any, epochs: int) -> History:
    """Train by Adam on the mean squared error, gradients clipped as Pascanu et al. 2013 advise."""
    X, y = train
    return fit(model, X, y, "mean_squared_error", Adam(lr=LEARNING_RATE, clip_norm=1.0), epochs,
               validation=others, seed=0)  # fmt: skip


def losses(histories: dict[str, History], steps: int) -> Figure:
    """Return a figure of the errors on other sequences by epoch."""
    series = {name: history["val_loss"] for name, history in histories.items()}
    title = f"Adding two numbers, marked among {steps}: the LSTM learns it"
    figure = viz.curves(series, title, ylabel="mean squared error", start=1, logarithmic=True)
    [axes] = figure.axes
    axes.axhline(1 / 6, color=INK, linewidth=0.8, linestyle=":", label="saying 1 each time")
    axes.legend(frameon=False, handlelength=3.5)
    return figure


def shown(samples: Any) -> tuple[Any, float]:
    """Return the first sequence whose marked numbers are both above 1/2, and their sum."""
    X, y = samples
    least = np.where(X[..., 1] == 1, X[..., 0], 1).min(axis=1)
    first = int(np.flatnonzero(least > 0.5)[0])
    return X[first], float(y[first])


def gates(model: Sequential, x: Any, target: float) -> Figure:
    """Return a figure of what goes into an LSTM, what its gates do, and what its cells hold."""
    cell, readout = model.parts
    assert isinstance(cell, LSTM)
    opened, kept, held, said = [], [], [], []
    with no_grad():
        h, c = cell.start
        for xt in x.tolist():
            opened.append(numbers_of(cell.input_gate([*xt, *h], c)))
            kept.append(numbers_of(cell.forget_gate([*xt, *h], c)))
            h, c = cell.step(xt, (h, c))
            held.append(numbers_of([tanh(v) for v in c]))
            said += numbers_of(readout(h))
    figure, grid = panels(4, 1, (7.4, 8.2), "The LSTM lets in what is marked, and keeps it")
    top, *maps = grid[:, 0]
    marked = np.flatnonzero(x[:, 1])
    top.vlines(range(len(x)), 0, x[:, 0], color="#B8BEC6", linewidth=1)
    top.plot(marked, x[marked, 0], LOOKS[1][2], color=LOOKS[1][0], label="marked numbers")
    top.plot(said, color=LOOKS[0][0], label="what the network would say")
    top.axhline(target, color=INK, linewidth=0.8, linestyle=":", label="their sum")
    top.set(ylabel="number", xlim=(-0.5, len(x) - 0.5))
    top.legend(frameon=False, fontsize=8, ncol=3, loc="lower left", bbox_to_anchor=(0, 1))
    tidy(top)
    for axes, numbers, title, colours, low in (
        (maps[0], opened, "input gates (black is open)", "Greys", 0),
        (maps[1], kept, "forget gates (black keeps)", "Greys", 0),
        (maps[2], held, "tanh of the cells (blue above zero, brown below)", signed_colours(), -1),
    ):
        image = axes.imshow(np.transpose(numbers), cmap=colours, vmin=low, vmax=1,
                            aspect="auto", interpolation="nearest")  # fmt: skip
        axes.set_title(title, fontsize=9, loc="left")
        axes.set(ylabel="unit", yticks=[])
        figure.colorbar(image, ax=axes, pad=0.01)
    maps[-1].set_xlabel("step")
    return figure
