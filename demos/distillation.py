"""Distillation: a small network learns from a large one's doubts what few labels cannot teach.

The teacher, trained on all digits, says of each not only "3" but also "a little like an 8". Divided
by a temperature T before the softmax its outputs show such doubts; a student of a twentieth of the
weights that learns them from the same fifty digits reads others better than one that learns the
labels, and better still from digits that nobody has labelled. It can even name a digit that it has
never been shown, from what the teacher says of the others. Source: Hinton, Vinyals and Dean 2015,
"Distilling the Knowledge in a Neural Network", sections 2 and 3.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.table import Table

from autograd import softmax
from demos._digits import SIDE, digits
from demos._report import Report, console
from nn.data.encoding import one_hot
from nn.layers.mlp import MLP
from nn.losses import cross_entropy
from nn.metrics.classification import accuracy
from nn.module import Module
from nn.optimizers.adam import Adam
from nn.training.fit import fit
from viz.plotting.panels import LOOKS, blank, panels, tidy

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = np.ndarray[Any, Any]

TEACHER, STUDENT, CLASSES = [128, 64, 10], [12, 10], 10
TEMPERATURE, BATCH, LEARNING_RATE = 5.0, 32, 0.01
LABELLED, LEFT_OUT = 50, 8  # digits; the one that a student is never shown
TEACHER_EPOCHS, QUICK_TEACHER_EPOCHS = 10, 4
STEPS, QUICK_STEPS = 800, 250
DRAWS, QUICK_DRAWS = 3, 1  # of the labelled digits; the accuracies are means over them
GAINED, QUICK_GAINED, NAMED, QUICK_NAMED = 0.05, 0.03, 0.4, 0.2


def main(out: Path, quick: bool) -> Report:
    """Teach the same small network by labels and by a teacher's outputs, and judge them."""
    (X, y), (V, w) = digits()
    teacher = MLP(SIDE * SIDE, TEACHER, seed=0)
    fit(teacher, X, y, optimizer=Adam(lr=0.003), seed=0, progress=False,
        epochs=QUICK_TEACHER_EPOCHS if quick else TEACHER_EPOCHS)  # fmt: skip
    soft, hard = softened(teacher.predict(X), TEMPERATURE), one_hot(y, CLASSES)
    steps, draws = (QUICK_STEPS, QUICK_DRAWS) if quick else (STEPS, DRAWS)
    seen = y != LEFT_OUT

    reached: dict[str, list[float]] = {name: [] for name in ("labels", "soft", "all")}
    for draw in range(draws):
        few = np.random.RandomState(draw).permutation(len(X))[:LABELLED]
        students = {
            "labels": taught(X[few], hard[few], 1.0, steps),
            "soft": taught(X[few], soft[few], TEMPERATURE, steps),
            "all": taught(X, soft, TEMPERATURE, steps),
        }
        for name, student in students.items():
            reached[name].append(accuracy(student.predict(V), w))
    by_labels, by_outputs, by_all = (float(np.mean(each)) for each in reached.values())
    never = {
        "labels": taught(X[seen], hard[seen], 1.0, steps),
        "outputs": taught(X[seen], soft[seen], TEMPERATURE, steps),
    }
    named = {name: recall(student, V, w) for name, student in never.items()}

    table = Table("network", "parameters", "learns from", "test accuracy",
                  title=f"fifty digits with labels, the mean of {draws} draws")  # fmt: skip
    size = f"{len(students['labels'].parameters()):,}"
    table.add_row("teacher", f"{len(teacher.parameters()):,}", f"{len(X):,} digits, labels",
                  f"{accuracy(teacher.predict(V), w):.1%}")  # fmt: skip
    for learned, number in (
        (f"{LABELLED} digits, labels", by_labels),
        (f"the same {LABELLED}, the teacher's outputs", by_outputs),
        (f"{len(X):,} without labels, the teacher's outputs", by_all),
    ):
        table.add_row("student", size, learned, f"{number:.1%}")
    console.print(table)
    console.print(f"{LEFT_OUT}s named right by students that were shown none: "
                  f"{named['labels']:.0%} by labels, {named['outputs']:.0%} by the teacher's "
                  "outputs for other digits", highlight=False, soft_wrap=True)  # fmt: skip

    report = Report()
    report.reach("gained by the teacher's outputs for the same digits", by_outputs - by_labels,
                 at_least=QUICK_GAINED if quick else GAINED)  # fmt: skip
    report.reach("accuracy with digits that have no labels", by_all, at_least=by_outputs)
    report.reach(f"{LEFT_OUT}s named right, never shown", named["outputs"],
                 at_least=QUICK_NAMED if quick else NAMED)  # fmt: skip
    report.draw(
        out / "doubts.svg",
        "what the teacher says of some digits, at T = 1 and softened",
        lambda: doubts(teacher, X),
    )
    report.draw(
        out / "students.svg", "what the teacher's outputs are worth", lambda: bars(reached, named)
    )
    return report


def softened(logits: Array, temperature: float) -> Array:
    """Return softmax(z / T) of every row z: the higher T, the more even."""
    return np.array([softmax(row) for row in (logits / temperature).tolist()])


def taught(X: Array, targets: Array, temperature: float, steps: int) -> MLP:
    """Return a student of T² · cross-entropy(softmax(z / T), targets).

    The gradient of the cross-entropy shrinks as 1/T², which the factor makes good.
    """

    def loss(z: list[Any], target: list[Any]) -> Any:
        return temperature**2 * cross_entropy([each / temperature for each in z], target)

    student = MLP(SIDE * SIDE, STUDENT, seed=0)
    fit(student, X, targets, loss=loss, optimizer=Adam(lr=LEARNING_RATE), batch_size=BATCH, seed=0,
        epochs=max(1, round(steps / -(-len(X) // BATCH))), progress=False)  # fmt: skip
    return student


def recall(model: Module, X: Array, y: Array) -> float:
    """Return the share of the digits left out that are named right."""
    return float((model.predict(X[y == LEFT_OUT]).argmax(axis=1) == LEFT_OUT).mean())


def doubts(teacher: Module, X: Array) -> Figure:
    """Return a figure of the digits that the teacher doubts most, and of its outputs."""
    logits = teacher.predict(X)
    shown = np.argsort(np.sort(logits, axis=1)[:, -1] - np.sort(logits, axis=1)[:, -2])[:5]
    title = f"What the teacher says of the digits that it doubts most, T = 1 and {TEMPERATURE:g}"
    figure, grid = panels(3, len(shown), (2.0 * len(shown), 5.4), title)
    blank(grid[0])
    for column, i in zip(grid.T, shown, strict=True):
        column[0].imshow(X[i].reshape(SIDE, SIDE), cmap="Greys", vmin=0, vmax=1)
        for axes, T, (colour, _, _) in zip(column[1:], (1.0, TEMPERATURE), LOOKS, strict=False):
            axes.bar(range(CLASSES), softened(logits[[i]], T)[0], color=colour)
            axes.set(ylim=(0, 1), xticks=range(CLASSES))
            axes.tick_params(labelsize=7)
            tidy(axes)
    for axes, T in zip(grid[1:, 0], (1.0, TEMPERATURE), strict=True):
        axes.set_ylabel(f"probability, T = {T:g}")
    return figure


def bars(reached: dict[str, list[float]], named: dict[str, float]) -> Figure:
    """Return a figure of the accuracies, and of how many were named of the digit never shown."""
    figure, [[left, right]] = panels(1, 2, (10, 3.8))
    marks = f"{LABELLED} labels", f"outputs for\nthe same {LABELLED}", "outputs for all,\nno label"
    left.bar(marks, [np.mean(each) for each in reached.values()], width=0.6, color=LOOKS[0][0])
    left.set(title="A small network's test accuracy", ylim=(0, 1), ylabel="test accuracy")
    right.bar(("labels", "the teacher's outputs"), list(named.values()), width=0.5,
              color=LOOKS[1][0])  # fmt: skip
    right.set(title=f"{LEFT_OUT}s named right by one that was shown none", ylim=(0, 1),
              ylabel="share of them")  # fmt: skip
    for axes in (left, right):
        for bar in axes.patches:
            axes.annotate(f"{bar.get_height():.0%}", (bar.get_x() + bar.get_width() / 2,
                          bar.get_height()), ha="center", va="bottom")  # fmt: skip
        tidy(axes)
    return figure
