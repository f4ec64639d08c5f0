"""Perceptron and ADALINE: one unit learns AND, never XOR; one hidden layer learns XOR.

Rosenblatt's rule moves the weights only for a mistake: on AND it stops after six epochs, on XOR it
goes round in circles, which is proved in exact arithmetic. Widrow and Hoff's rule follows the error
of the sum before the threshold, down a smooth bowl: it comes to rest also where no line parts the
classes, at the weights of linear regression, and that is the idea which gradients took further.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.table import Table

import viz
from demos._planes import maps
from demos._report import Report, console
from nn.classical.adaline import Adaline, Adaptation
from nn.classical.perceptron import Learning, Perceptron
from nn.layers.mlp import MLP
from nn.layers.neuron import Neuron
from nn.optimizers.adam import Adam
from nn.training.fit import fit
from viz.plotting.panels import panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROWS = [[0, 0], [0, 1], [1, 0], [1, 1]]
GATES = {"AND": [0, 0, 0, 1], "XOR": [0, 1, 1, 0]}
UNIT_EPOCHS, LMS_RATE = 40, 0.1
HIDDEN, SEED, LEARNING_RATE = 3, 0, 0.1
EPOCHS, QUICK_EPOCHS = 200, 100


def main(out: Path, quick: bool) -> Report:
    """Teach AND and XOR to both units, then XOR to a network with one hidden layer."""
    report = Report()
    units: dict[str, Neuron] = {}
    learned: dict[str, Learning] = {}
    adapted: dict[str, Adaptation] = {}
    for gate, targets in GATES.items():
        rosenblatt, widrow = Perceptron(2), Adaline(2, lr=LMS_RATE)
        learned[gate] = rosenblatt.fit(ROWS, targets, epochs=UNIT_EPOCHS)
        adapted[gate] = widrow.fit(ROWS, [2 * t - 1 for t in targets], epochs=UNIT_EPOCHS)
        units |= {f"perceptron, {gate}": rosenblatt, f"ADALINE, {gate}": widrow}
        console.print(f"[bold]perceptron, {gate}[/]")
        console.print(str(learned[gate]), highlight=False, soft_wrap=True)
        errors = adapted[gate].errors
        console.print(f"[bold]ADALINE, {gate}[/]")
        console.print(f"mean squared error {errors[0]:.2f} in the first epoch, {errors[-1]:.2f} in "
                      f"the last of {len(errors)}", highlight=False)  # fmt: skip

    network = MLP(2, [HIDDEN, 1], activation="tanh", seed=SEED)
    losses = fit(network, ROWS, GATES["XOR"], loss="binary_cross_entropy_with_logits",
                 optimizer=Adam(lr=LEARNING_RATE), epochs=QUICK_EPOCHS if quick else EPOCHS,
                 batch_size=4, shuffle=False)["loss"]  # fmt: skip
    console.print(f"[bold]network 2-{HIDDEN}-1, XOR[/]")
    console.print(f"loss {losses[0]:.4f} at the start, {losses[-1]:.4f} after {len(losses)} epochs")

    scores = {name: sums(unit, ROWS) for name, unit in units.items()}
    scores["network, XOR"] = network.predict(ROWS)[:, 0]
    console.print(table(scores))
    for name, wanted in {"perceptron, AND": 1, "ADALINE, AND": 1, "network, XOR": 1}.items():
        report.reach(f"share right, {name}", right(scores[name], name), at_least=wanted)
    for name in ("perceptron, XOR", "ADALINE, XOR"):
        report.reach(f"share right, {name}", right(scores[name], name), at_most=0.75)

    size = 41 if quick else 121
    for gate, targets in GATES.items():
        pictures: list[tuple[str, Any]] = [
            (name, lambda grid, unit=unit: sums(unit, grid))
            for name, unit in units.items() if name.endswith(gate)
        ]  # fmt: skip
        title = f"{gate}: a straight line parts the classes"
        if gate == "XOR":
            title = "XOR: no straight line parts the classes, one hidden layer does"
            name = f"{HIDDEN} hidden tanh neurons"
            pictures.append((name, lambda grid: network.predict(grid)[:, 0]))
        report.draw(out / f"{gate.lower()}.svg", "what each says of every point",
                    partial(maps, pictures, ROWS, targets, size, title))  # fmt: skip
    report.draw(
        out / "epochs.svg",
        "mistakes and errors by epoch",
        lambda: by_epoch(learned, adapted, losses),
    )
    return report


def sums(unit: Neuron, rows: Any) -> Any:
    """Return w1*x1 + w2*x2 + b for every row: what the unit's threshold is applied to."""
    *w, b = [p.data for p in unit.parameters()]
    return np.asarray(rows) @ w + b


def right(scores: Any, name: str) -> float:
    """Return the share of the corners whose score has the right sign."""
    targets = GATES[name[-3:]]
    return float(np.mean((np.asarray(scores) > 0) == np.array(targets)))


def table(scores: dict[str, Any]) -> Table:
    """Return a table of the scores at the four corners, those of the wrong sign marked."""
    found = Table("", *[f"{a} {b}" for a, b in ROWS],
                  title="score at each corner: above zero says 1; ✗ is wrong")  # fmt: skip
    for column in found.columns[1:]:
        column.justify = "right"
    for name, numbers in scores.items():
        marks = ["" if (s > 0) == (t == 1) else " ✗"
                 for s, t in zip(numbers, GATES[name[-3:]], strict=True)]  # fmt: skip
        found.add_row(name, *[f"{s:.2f}{m}" for s, m in zip(numbers, marks, strict=True)])
    return found


def by_epoch(
    learned: dict[str, Learning], adapted: dict[str, Adaptation], losses: list[float]
) -> Figure:
    """Return a figure of the perceptron's mistakes, ADALINE's errors and the network's loss."""
    figure, [axes] = panels(1, 3, (11.0, 3.4), "Three ways to learn")
    for ax, series, title, ylabel in (
        (axes[0], {gate: found.mistakes for gate, found in learned.items()},
         "perceptron: right, or round for ever", "mistakes of 4"),
        (axes[1], {gate: found.errors for gate, found in adapted.items()},
         "ADALINE: comes to rest either way", "mean squared error"),
        (axes[2], {"XOR": losses}, "network: no error is left", "mean cross-entropy"),
    ):  # fmt: skip
        viz.curves(series, title=title, ylabel=ylabel, start=1, ax=ax)
        ax.title.set_fontsize(10)
        ax.set_ylim(bottom=0)
    return figure
