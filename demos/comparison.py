"""Activations, losses, optimizers and schedules compared: the same data and start for all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.table import Table

import viz
from autograd import no_grad
from demos._report import Report, console
from nn.layers.mlp import MLP
from nn.losses import find_loss
from nn.metrics.classification import accuracy
from nn.optimizers.adagrad import AdaGrad
from nn.optimizers.adam import Adam, AdamW
from nn.optimizers.optimizer import Optimizer
from nn.optimizers.rmsprop import RMSprop
from nn.optimizers.schedule import CustomSchedule, Schedule
from nn.optimizers.schedules import CosineDecay, ExponentialDecay, OneCycle, StepDecay
from nn.optimizers.sgd import SGD
from nn.optimizers.warm_up import WarmUp
from nn.toys import moons
from nn.training.fit import fit
from viz.plotting.panels import INK, LOOKS, panels, tidy

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TRAIN, TEST, NOISE = 30, 200, 0.1
HIDDEN = [6, 6]
TASK = f"cross-entropy of {TRAIN} points of two moons, network 2-6-6-1, the same start"
LEARNED = 0.1  # a loss at which all but a few of the points are right
EPOCHS, QUICK_EPOCHS = 80, 8

ACTIVATIONS = ("linear", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "gelu")
# the rate of each is that of 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1 and 3 which left the least loss
OPTIMIZERS: dict[str, Callable[[], Optimizer]] = {
    "SGD": partial(SGD, lr=3.0),
    "momentum": partial(SGD, lr=0.3, momentum=0.9),
    "Nesterov": partial(SGD, lr=1.0, momentum=0.9, nesterov=True),
    "AdaGrad": partial(AdaGrad, lr=0.3),
    "RMSprop": partial(RMSprop, lr=0.01),
    "Adam": partial(Adam, lr=0.1),
    "AdamW": partial(AdamW, lr=0.1),
}
RATE, BATCH = 1.0, 5  # too high a rate for small batches to stay at
SCHEDULES: dict[str, Callable[[int], Schedule]] = {  # for so many epochs
    "constant": lambda epochs: CustomSchedule(factor=lambda t: 1.0),
    "step": lambda epochs: StepDecay(every=epochs // 4, factor=0.3),
    "exponential": lambda epochs: ExponentialDecay(factor=0.02 ** (1 / epochs)),
    "cosine": lambda epochs: CosineDecay(),
    "warm-up, cosine": lambda epochs: WarmUp(steps=epochs // 8, then=CosineDecay()),
    "one cycle": lambda epochs: OneCycle(per="epoch"),
}
LOSSES = ("mean_squared_error", "mean_absolute_error", "huber", "log_cosh")
POINTS, OUTLIERS, FAR = 25, (5, 12, 20), 4.0


@dataclass(frozen=True)
class Run:
    """Hold what came of one way of learning: the loss by epoch, the accuracy on new points."""

    losses: list[float]
    accuracy: float


def main(out: Path, quick: bool) -> Report:
    """Train small networks that differ in one thing only, and show what it does."""
    epochs = QUICK_EPOCHS if quick else EPOCHS
    report = Report()

    runs = {name: classified(epochs, activation=name) for name in ACTIVATIONS}
    console.print(table_of("activation", runs, f"{TASK}, Adam"))
    report.draw(
        out / "activations.svg",
        "loss by epoch and activation",
        lambda: loss_curves(runs, "activations"),
    )
    if runs["linear"].accuracy >= max(run.accuracy for run in runs.values()) and not quick:
        report.problem("no activation is better than none, though the moons are no half-planes")

    fits = {name: regression(name, 2 * epochs) for name in LOSSES}
    console.print(fits_table(fits))
    report.draw(
        out / "losses.svg", "losses, and the curves fitted by them", lambda: draw_fits(fits)
    )

    steps = {name: classified(epochs, make()) for name, make in OPTIMIZERS.items()}
    rates = {name: make().lr for name, make in OPTIMIZERS.items()}
    console.print(table_of("optimizer", steps, f"{TASK}, tanh", rates))
    report.draw(
        out / "optimizers.svg",
        "loss by epoch and optimizer",
        lambda: loss_curves(steps, "optimizers"),
    )

    planned = {name: scheduled(epochs, make(epochs)) for name, make in SCHEDULES.items()}
    runs = {name: run for name, (run, _) in planned.items()}
    console.print(table_of("schedule", runs, f"{TASK}, SGD of batches of {BATCH}, rate {RATE:g}"))
    report.draw(
        out / "schedules.svg",
        "rate and loss by epoch and schedule",
        lambda: draw_schedules(planned),
    )
    constant = runs.pop("constant").losses[-1]
    best = min(run.losses[-1] for run in runs.values())
    if not quick:
        report.reach("the best schedule's loss, of the constant rate's", best / constant,
                     at_most=0.8)  # fmt: skip
    return report


def classified(epochs: int, optimizer: Optimizer | None = None, activation: str = "tanh") -> Run:
    """Learn the moons from the same start, Glorot's weights for all; the optimizer else is Adam."""
    X, y = moons(TRAIN, noise=NOISE, seed=0)
    model = MLP(2, [*HIDDEN, 1], activation=activation, init="glorot", seed=0)
    losses = fit(
        model, X, y, loss="binary_cross_entropy_with_logits", optimizer=optimizer or Adam(lr=0.1),
        epochs=epochs, batch_size=None, shuffle=False, progress=False,
    )["loss"]  # fmt: skip
    X, y = moons(TEST, noise=NOISE, seed=1)
    return Run(losses, accuracy(model.predict(X), y))


def scheduled(epochs: int, schedule: Schedule) -> tuple[Run, list[float]]:
    """Learn the moons in small batches, and return the run and its rate by epoch."""
    X, y = moons(TRAIN, noise=NOISE, seed=0)
    model = MLP(2, [*HIDDEN, 1], activation="tanh", init="glorot", seed=0)
    history = fit(
        model, X, y, loss="binary_cross_entropy_with_logits", optimizer=SGD(lr=RATE),
        epochs=epochs, batch_size=BATCH, schedule=schedule, seed=0, progress=False,
    )  # fmt: skip
    X, y = moons(TEST, noise=NOISE, seed=1)
    return Run(history["loss"], accuracy(model.predict(X), y)), history["lr"]


def draw_schedules(planned: dict[str, tuple[Run, list[float]]]) -> Figure:
    """Return a figure of the rates, and of the losses beside them."""
    figure, [[left, right]] = panels(1, 2, (12, 4))
    viz.curves({name: rates for name, (_, rates) in planned.items()}, ax=left,
               title="the learning rate", ylabel="rate")  # fmt: skip
    viz.curves({name: run.losses for name, (run, _) in planned.items()}, ax=right,
               title="the loss of each epoch's batches", ylabel="cross-entropy")  # fmt: skip
    right.set_yscale("log")
    left.legend().remove()
    right.legend(frameon=False, handlelength=3.5, loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def table_of(
    what: str, runs: dict[str, Run], title: str, rates: dict[str, float] | None = None
) -> Table:
    """Return a table with a row a run: the losses on the way, and the accuracy."""
    epochs = len(next(iter(runs.values())).losses)
    halfway = epochs // 2
    rate = ["rate"] if rates else []
    table = Table(what, *rate, "at the\nstart", f"after\n{halfway}", f"after\n{epochs - 1}",
                  f"epochs\nto {LEARNED}", "accuracy on\nnew points", title=title)  # fmt: skip
    for column in table.columns[1:]:
        column.justify = "right"
    for name, run in runs.items():
        learned = next((str(i) for i, loss in enumerate(run.losses) if loss < LEARNED), "-")
        shown = [f"{run.losses[i]:.4f}" for i in (0, halfway, -1)]
        rate = [f"{rates[name]:g}"] if rates else []
        table.add_row(name, *rate, *shown, learned, f"{run.accuracy:.1%}")
    return table


def loss_curves(runs: dict[str, Run], what: str) -> Figure:
    """Return a figure of all losses on a logarithmic axis."""
    figure = viz.curves(
        {name: run.losses for name, run in runs.items()},
        title=f"The same network and {TRAIN} points, different {what}", ylabel="cross-entropy",
    )  # fmt: skip
    [axes] = figure.axes
    axes.set_yscale("log")
    axes.legend(frameon=False, handlelength=3.5, loc="center left", bbox_to_anchor=(1, 0.5))
    figure.set_size_inches(8, 4)
    return figure


def samples() -> tuple[Any, Any]:
    """Return points of one wave of a sine, a few of them moved far up."""
    x = np.linspace(-1, 1, POINTS)
    y = np.sin(np.pi * x)
    y[list(OUTLIERS)] += FAR
    return x[:, None], y


def regression(loss: str, epochs: int) -> tuple[MLP, list[float]]:
    """Return a network fitted to the samples by that loss, and the loss by epoch."""
    X, y = samples()
    model = MLP(1, [8, 1], activation="tanh", seed=0)
    history = fit(model, X, y, loss=loss, optimizer=Adam(lr=0.03), epochs=epochs, batch_size=None,
                  shuffle=False, progress=False)  # fmt: skip
    return model, history["loss"]


def fits_table(fits: dict[str, tuple[MLP, list[float]]]) -> Table:
    """Return a table of each loss and of the distance from the sine itself."""
    x, y = samples()
    kept = np.delete(np.arange(POINTS), OUTLIERS)
    table = Table("loss", "at the start", "at the end", "mean error,\ngood points",
                  "mean error,\noutliers",
                  title=f"a sine with {len(OUTLIERS)} outliers of {POINTS} points")  # fmt: skip
    for column in table.columns[1:]:
        column.justify = "right"
    for name, (model, losses) in fits.items():
        errors = np.abs(model.predict(x)[:, 0] - y)
        means = [errors[part].mean() for part in (kept, list(OUTLIERS))]
        table.add_row(name, *[f"{n:.4f}" for n in (losses[0], losses[-1], *means)])
    return table


def draw_fits(fits: dict[str, tuple[MLP, list[float]]]) -> Figure:
    """Return a figure of the losses over the error, and of the curves that they fit."""
    figure, [[left, right]] = panels(1, 2, (10, 4))
    errors, fine = np.linspace(-3, 3, 121), np.linspace(-1, 1, 121)
    x, y = samples()
    right.plot(x[:, 0], y, "o", color=INK, markersize=5, label="samples")
    for (name, (model, _)), (colour, dashes, _) in zip(fits.items(), LOOKS, strict=False):
        with no_grad():
            heights = [float(find_loss(name)(e, 0.0)) for e in errors.tolist()]
        left.plot(errors, heights, color=colour, linestyle=dashes, label=name)
        right.plot(fine, model.predict(fine[:, None])[:, 0], color=colour, linestyle=dashes)
    left.set(title="the loss of one sample", xlabel="prediction - target", ylim=(0, 4.5))
    right.set(title=f"a sine with {len(OUTLIERS)} outliers, fitted", xlabel="x")
    left.legend(frameon=False, handlelength=3.5, loc="upper center")
    right.legend(frameon=False, loc="upper left")
    for axes in (left, right):
        tidy(axes)
    return figure
