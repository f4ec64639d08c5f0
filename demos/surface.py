"""A surface from points: the from-scratch network 2-64-64-64-1 learns z = x² + xy + y + 3^(x/3).

The network is written in scalars, and `nn.fit` runs it as a program of matrices that it finds in
them: 2,000 epochs on 1,000 points take seconds. A network of matrices written by hand
(demos/_matrix_network.py) runs the first epochs from the same start, to show that both compute the
same losses. With the environment variable CHALKGRAD_FULL=1 it goes on to 4,000 epochs, and learns
from 10,000 points as well; that takes some minutes.

The biases start at 0, so every fold of a ReLU goes through the middle of the points, and with
weights as large as these the hidden layers change little: hence the star in the pictures.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.table import Table

import viz
from demos._full import full
from demos._matrix_network import descend, matrices
from demos._report import Report, console
from demos._surface_training import LEARNING_RATE, Learned, learned, sampled, surface
from nn.data.scaling import Standardiser
from nn.initialisers import uniform
from nn.layers.mlp import MLP
from nn.optimizers.sgd import SGD
from nn.training.fit import fit
from viz.plotting.panels import panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIZES = [64, 64, 64, 1]
GRID = 51  # points along a side, to draw and to judge
SAME = 1e-9  # relative; rounding alone leaves some 1e-15 at first, and grows with the epochs
COMPARED, QUICK_COMPARED = (1000, 50), (20, 3)  # points, epochs
SHOWN = 6  # of the epochs that are compared


def main(out: Path, quick: bool) -> Report:
    """Compare `nn` with the matrices, train it, and draw losses, surfaces and weights."""
    stages, counts = chosen(quick)
    report = Report()
    compare(network(), *(QUICK_COMPARED if quick else COMPARED), report)

    runs = [learned(network(), points, stages) for points in counts]
    console.print(results(runs))
    if not full():
        console.print(
            "4,000 epochs, and 10,000 points, in some minutes: with CHALKGRAD_FULL=1",
            highlight=False, soft_wrap=True,
        )  # fmt: skip
    report.draw(out / "loss.svg", "loss by epoch", lambda: loss_curves(runs))
    for run in runs:
        console.print(changes(run))
        for end, shows, draw in (
            ("", "the surface, and the network's", contours),
            ("_weights", "weights and their changes", weights),
        ):
            report.draw(out / f"{run.points}{end}.svg", shows, partial(draw, run))
        if not run.losses[-1] < run.losses[0]:
            report.problem(f"{run.points} points: the loss {run.losses[-1]} is not below the first")
    return report


def network() -> MLP:
    """Return the network as it is at the start."""
    return MLP(2, SIZES, init=uniform(-1, 1), seed=0)


def chosen(quick: bool) -> tuple[list[int], list[int]]:
    """Return after how many epochs the networks are kept, and from how many points they learn."""
    if quick:
        return [100, 200], [200]
    return ([2000, 4000], [1000, 10_000]) if full() else ([1000, 2000], [1000])


def compare(model: MLP, points: int, epochs: int, report: Report) -> None:
    """Train the model by `nn.fit` and its matrices by hand, and print both losses."""
    X, z = sampled(points)
    X, z = Standardiser().fit(X).transform(X), Standardiser().fit(z).transform(z)
    by_hand = descend(matrices(model), X, z, LEARNING_RATE, epochs)
    by_nn = fit(
        model, X, z[:, 0], loss="mean_squared_error", optimizer=SGD(lr=LEARNING_RATE),
        epochs=epochs, batch_size=None, progress=False,
    )["loss"]  # fmt: skip
    table = Table("epoch", "nn.fit", "matrices", "relative\ndifference",
                  title=f"mean squared error on {points} points")  # fmt: skip
    for column in table.columns:
        column.justify = "right"
    differences = np.abs(np.subtract(by_nn, by_hand)) / by_hand
    rows = zip(by_nn, by_hand, differences, strict=True)
    shown = {round(epoch) for epoch in np.linspace(0, epochs - 1, min(epochs, SHOWN))}
    for epoch, (ours, theirs, difference) in enumerate(rows):
        if epoch not in shown:
            continue
        table.add_row(str(epoch), f"{ours:.12g}", f"{theirs:.12g}", f"{difference:.0e}")
    console.print(table)
    worst = differences.max()
    if not worst <= SAME:  # nan is not
        report.problem(f"the losses of nn and of the matrices differ by {worst:.1e}, relative")


def results(runs: list[Learned]) -> Table:
    """Return a table of the losses, and of the errors on a grid, by the number of epochs."""
    grid, _ = _grid(GRID)
    truth = surface(grid)
    table = Table(
        "points",
        "epochs",
        "loss",
        "error of z",
        title="trained by nn.fit",
        caption=f"error: rms, on a grid, where z itself varies by {truth.std():.1f}",
    )
    for column in table.columns:
        column.justify = "right"
    for run in runs:
        for epochs in (0, *run.stages):
            layers = run.stages.get(epochs)
            error = "" if layers is None else f"{_rms(run.z(grid, epochs) - truth):.2f}"
            table.add_row(f"{run.points:,}", f"{epochs:,}", f"{run.losses[epochs]:.4g}", error)
    return table


def changes(run: Learned) -> Table:
    """Return a table of the sizes of weights and of their changes in every layer."""
    table = Table("layer", "weights", "rms at\nthe start", "rms after", "rms\nchange",
                  "largest\nchange", title=f"weights after {len(run.losses) - 1:,} epochs on "
                  f"{run.points:,} points")  # fmt: skip
    for column in table.columns:
        column.justify = "right"
    for i, ((before, _), (after, _)) in enumerate(zip(run.start, run.layers, strict=True), 1):
        change = after - before
        table.add_row(
            str(i), f"{before.size:,}", f"{_rms(before):.4f}", f"{_rms(after):.4f}",
            f"{_rms(change):.4f}", f"{np.abs(change).max():.4f}",
        )  # fmt: skip
    return table


def loss_curves(runs: list[Learned]) -> Figure:
    """Return a figure of the losses on a logarithmic axis."""
    series = {f"{run.points:,} points": run.losses for run in runs}
    figure = viz.curves(series, title="Plain gradient descent, 2-64-64-64-1",
                        ylabel="mean squared error, z standardised")  # fmt: skip
    figure.axes[0].set_yscale("log")
    return figure


def contours(run: Learned) -> Figure:
    """Return a figure of the surface, the network's after each stage, and the last one's error."""
    grid, ticks = _grid(GRID)
    truth = surface(grid)
    found = {f"the network, {e:,} epochs": run.z(grid, e) for e in run.stages}
    error = list(found.values())[-1] - truth
    most = float(np.abs(error).max())
    title = f"z = x² + xy + y + 3^(x/3), learned from {run.points:,} points"
    figure, [plots] = panels(1, len(found) + 2, (13.5, 3.9), title)
    from matplotlib import ticker

    levels = ticker.MaxNLocator(14).tick_values(truth.min(), truth.max())
    for axes, (title, z) in zip(plots, ({"the surface": truth} | found).items(), strict=False):
        filled = axes.contourf(ticks, ticks, z.reshape(GRID, GRID), levels, extend="both")
        axes.contour(ticks, ticks, z.reshape(GRID, GRID), levels, colors="white", linewidths=0.4)
        axes.set_title(title, fontsize=10)
    figure.colorbar(filled, ax=list(plots[:-1]), label="z", format="%.0f")
    levels = ticker.MaxNLocator(12, symmetric=True).tick_values(-most, most)
    filled = plots[-1].contourf(ticks, ticks, error.reshape(GRID, GRID), levels, cmap="RdBu_r")
    plots[-1].set_title("what is wrong with it", fontsize=10)
    figure.colorbar(filled, ax=plots[-1], label="network - z", format="%.0f")
    for axes in plots:
        axes.set(xlabel="x", aspect="equal", xticks=(-10, 0, 10), yticks=(-10, 0, 10))
    plots[0].set_ylabel("y")
    return figure


def weights(run: Learned) -> Figure:
    """Return a figure of each layer's weights before and after, and of what changed."""
    epochs = len(run.losses) - 1
    title = f"Weights, layer by layer: {epochs:,} epochs on {run.points:,} points"
    figure, rows = panels(3, len(run.start), (10, 7.6), title)
    for i, ((before, _), (after, _)) in enumerate(zip(run.start, run.layers, strict=True)):
        change = after - before
        for axes, matrix, most in zip(rows[:, i], (before, after, change),
                                      (1.0, 1.0, np.abs(change).max()), strict=True):  # fmt: skip
            image = axes.imshow(matrix, cmap="RdBu_r", vmin=-most, vmax=most, aspect="auto",
                                interpolation="nearest")  # fmt: skip
            figure.colorbar(image, ax=axes)
            axes.set(xticks=[], yticks=[])
        neurons, inputs = before.shape
        rows[0, i].set_title(f"layer {i + 1}: {neurons} × {inputs}", fontsize=10)
        rows[2, i].set_xlabel("from input")
    for axes, title in zip(rows[:, 0], ("at the start", "after", "change"), strict=True):
        axes.set_ylabel(f"{title}\nto neuron", fontsize=10)
    return figure


def _grid(count: int) -> tuple[Any, Any]:
    """Return the points of a square grid as rows, and the ticks of its sides."""
    ticks = np.linspace(-10, 10, count)
    return np.array([[x, y] for y in ticks for x in ticks]), ticks


def _rms(numbers: Any) -> float:
    return float(np.sqrt(np.mean(numbers**2)))
