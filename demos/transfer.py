"""Transfer: what was learned from 0 to 4 helps to learn 5 to 9 from few digits, if it fits.

A network learns the digits 0 to 4 from many samples; its hidden layers are kept, frozen, and only a
new last layer learns 5 to 9, from few of them. Then everything is trained on with small steps
(fine-tuning). Where digits stand anywhere on a field, this beats a network that starts from chance:
the hidden layers know already that a digit is the same wherever it stands, which few samples cannot
teach. Where all digits stand in the middle there is nothing like it to pass on, and the frozen
layers, which tell 0 to 4 apart and forget the rest, are a hindrance (negative transfer). Source:
Yosinski et al. 2014, "How transferable are features in deep neural networks?"
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.table import Table

from demos._digits import SIDE, digits
from demos._lines import accuracy_panels
from demos._progress import progress
from demos._report import Report, console
from nn.data.augmentation import augmented, randomly_shifted
from nn.layers.layer import Layer
from nn.layers.sequential import Sequential
from nn.metrics.classification import accuracy
from nn.optimizers.adam import Adam
from nn.training.fit import fit
from viz.plotting.panels import panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = np.ndarray[Any, Any]
Samples = tuple[Array, Array]

MARGIN, HIDDEN, CLASSES = 2, (96, 48), 5
BATCH = 10
COPIES, QUICK_COPIES, SOURCE_EPOCHS, QUICK_SOURCE_EPOCHS = 20, 10, 4, 3
COUNTS, QUICK_COUNTS = (25, 50, 100), (25,)  # digits of 5 to 9 to learn from
SHOWN, QUICK_SHOWN = 50, 25
DRAWS, QUICK_DRAWS, EPOCHS, QUICK_EPOCHS = 2, 1, 30, 20
HEAD_RATE, TUNING_RATE, RATE = 0.01, 0.001, 0.003
GAINED, QUICK_GAINED = 0.08, 0.05
WAYS = "fine-tuned", "frozen, new last layer", "from scratch"


@dataclass(frozen=True)
class Task:
    """Hold the digits 0 to 4, and 5 to 9 as classes 0 to 4, all in images of this side."""

    side: int
    old: Samples
    new: Samples
    test_old: Samples
    test_new: Samples


def main(out: Path, quick: bool) -> Report:
    """Learn 5 to 9 from few digits in three ways, for digits anywhere and in the middle."""
    tasks = {"anywhere": task(MARGIN, quick)}
    if not quick:
        tasks["in the middle"] = task(0, quick)
    counts = QUICK_COUNTS if quick else COUNTS
    report, found = Report(), {name: compared(name, each, counts, quick)
                               for name, each in tasks.items()}  # fmt: skip
    for name, numbers in found.items():
        table = Table("digits of 5 to 9\nto learn from", *numbers,
                      title=f"digits {name}: test accuracy on 5 to 9")  # fmt: skip
        for column in table.columns:
            column.justify = "right"
        for i, count in enumerate(counts):
            table.add_row(f"{count}", *[f"{each[i]:.1%}" for each in numbers.values()])
        console.print(table)
    i = counts.index(QUICK_SHOWN if quick else SHOWN)
    tuned, frozen, scratch = (found["anywhere"][way][i] for way in WAYS)
    least = QUICK_GAINED if quick else GAINED
    report.reach(f"gained by fine-tuning, {counts[i]} digits anywhere", tuned - scratch,
                 at_least=least)  # fmt: skip
    report.reach("gained by a new last layer alone", frozen - scratch, at_least=least / 2)
    report.draw(out / "digits.svg", "digits anywhere on a field", lambda: fields(tasks["anywhere"]))
    if not quick:
        _, frozen, scratch = (found["in the middle"][way][i] for way in WAYS)
        report.reach("the same for digits in the middle", frozen - scratch, at_most=0)
        report.draw(
            out / "accuracy.svg",
            "test accuracy by the number of digits",
            lambda: curves(counts, found),
        )
    return report


def task(margin: int, quick: bool) -> Task:
    """Return digits on a field with a margin, each moved by chance by at most as much."""
    (X, y), (V, w) = digits()
    side = SIDE + 2 * margin

    def placed(X: Array, y: Array, copies: int, seed: int) -> Samples:
        images = np.pad(X.reshape(-1, SIDE, SIDE), ((0, 0), (margin, margin), (margin, margin)))
        source = np.random.RandomState(seed)
        rows, classes = augmented(
            images.reshape(len(X), -1), y, copies=copies,
            change=lambda rows: randomly_shifted(rows, margin, shape=(side, side), seed=source),
        )  # fmt: skip
        return rows[len(X) :], classes[len(X) :]  # without those in the middle

    low, test_low, copies = y < CLASSES, w < CLASSES, QUICK_COPIES if quick else COPIES
    return Task(
        side,
        placed(X[low], y[low], copies, 0),
        placed(X[~low], y[~low] - CLASSES, 1, 1),
        placed(V[test_low], w[test_low], 1, 2),
        placed(V[~test_low], w[~test_low] - CLASSES, 1, 3),
    )


def compared(name: str, task: Task, counts: tuple[int, ...], quick: bool) -> dict[str, list[float]]:
    """Return the accuracies of the three ways for so many digits, means over draws of them."""
    old = network(task.side, seed=0)
    fit(old, *task.old, optimizer=Adam(lr=RATE), seed=0, progress=False,
        epochs=QUICK_SOURCE_EPOCHS if quick else SOURCE_EPOCHS)  # fmt: skip
    reached = accuracy(old.predict(task.test_old[0]), task.test_old[1])
    console.print(f"digits {name}: {reached:.1%} of 0 to 4 named right", highlight=False)
    draws, epochs = (QUICK_DRAWS, QUICK_EPOCHS) if quick else (DRAWS, EPOCHS)
    found: dict[str, list[float]] = {way: [] for way in WAYS}
    with progress(f"5 to 9, {name}", len(counts) * draws) as advance:
        for count in counts:
            rows = []
            for draw in range(draws):
                rows.append(three_ways(old, task, few(task.new, count, draw), epochs, draw))
                advance(f"{count} digits")
            for way, number in zip(WAYS, np.mean(rows, axis=0), strict=True):
                found[way].append(float(number))
    return found


def three_ways(
    old: Sequential, task: Task, samples: Samples, epochs: int, seed: int
) -> list[float]:
    """Return the test accuracies: fine-tuned, with frozen layers, from scratch."""

    def judged(model: Sequential, rate: float) -> float:
        fit(model, *samples, optimizer=Adam(lr=rate), epochs=epochs, batch_size=BATCH, seed=0,
            progress=False)  # fmt: skip
        X, y = task.test_new
        return accuracy(model.predict(X), y)

    model = network(task.side, seed=100 + seed)
    scratch = judged(model, RATE)

    model = network(task.side, seed=100 + seed)
    last = model.layers[-1].state_dict()
    model.load_state_dict(old.state_dict())
    model.layers[-1].load_state_dict(last)
    for layer in model.layers[:-1]:
        layer.freeze()
    frozen = judged(model, HEAD_RATE)
    model.unfreeze()
    return [judged(model, TUNING_RATE), frozen, scratch]


def network(side: int, seed: int) -> Sequential:
    """Return an untrained network for images of this side."""
    first, second = HIDDEN
    return Sequential(
        Layer(side * side, first, activation="relu", seed=seed),
        Layer(first, second, activation="relu", seed=seed + 1),
        Layer(second, CLASSES, activation="linear", seed=seed + 2),
    )


def few(samples: Samples, count: int, seed: int) -> Samples:
    """Return so many of the samples, as many of each class."""
    X, y = samples
    order = np.random.RandomState(seed).permutation(len(X))
    chosen = np.concatenate([order[y[order] == k][: count // CLASSES] for k in range(CLASSES)])
    return X[chosen], y[chosen]


def fields(task: Task) -> Figure:
    """Return a figure of digits of both tasks."""
    figure, grid = panels(2, 8, (8, 2.9), "Learned first: 0 to 4. Then, from few: 5 to 9")
    for row, (X, y), first in zip(grid, (task.old, task.new), (0, CLASSES), strict=True):
        for axes, image, digit in zip(row, X, y, strict=False):
            axes.imshow(image.reshape(task.side, task.side), cmap="Greys", vmin=0, vmax=1)
            axes.set_title(f"{digit + first}", fontsize=9)
            axes.set(xticks=[], yticks=[])
    return figure


def curves(counts: tuple[int, ...], found: dict[str, dict[str, list[float]]]) -> Figure:
    """Return a figure of the accuracies over the number of digits, a panel for each task."""
    named = {f"digits {name}": numbers for name, numbers in found.items()}
    return accuracy_panels(counts, named, "Hidden layers that learned 0 to 4, on 5 to 9",
                           xlabel="digits of 5 to 9 to learn from")  # fmt: skip
