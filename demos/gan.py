"""Adversarial training: a generator learns from a discriminator what eight spots, and digits, are.

The generator never sees a sample; it only learns what the discriminator takes for real. On a ring
of eight Gaussians what it has learned is easily looked at: two networks that keep pace find all.
A discriminator that learns too fast leaves a small generator no way but to crowd into a spot or two
that still pass: its modes collapse. Then a generator makes digits, and is judged twice: by a
network that reads digits, and by whether fakes lie among real ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import log
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING

import numpy as np
from rich.table import Table

from autograd import softmax
from demos._digit_pictures import image_rows
from demos._digits import SIDE, digits
from demos._report import Report, console
from demos.mlp import trained as reader_of
from nn.data.arrays import Floats
from nn.generative.adversarial import fit_adversarial
from nn.layers.mlp import MLP
from nn.optimizers.adam import Adam
from nn.training.history import History
from viz.plotting.panels import INK, LOOKS, panels, tidy

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nn.generative.rivalry import Rivalry

SPOTS, RADIUS, WIDTH = 8, 2.0, 0.05  # of the ring
SAMPLES, FAKES = 2048, 500
NEAR, FEWEST = 4 * WIDTH, 0.02  # a spot is found if this share of the fakes is so near
SURE = 0.9  # a chance above which the reader is called sure
EPOCHS = {"even": 150, "small": 150, "hasty": 45, "digits": 200}
QUICK_EPOCHS = {"even": 45, "hasty": 25, "digits": 8}
SHOWN = 5  # pictures of the fakes in a row
# figures to be reached, and those of the quick form
FOUND, QUICK_FOUND = 7, 5
CROWDED, QUICK_CROWDED = 2, 3  # spots at most against a discriminator that is too fast
READ, CLASSES = 0.7, 9  # share that the reader is sure of, and classes it reads
FAR, QUICK_FAR = 0.25, 0.7  # squared distance from real digits, as a share of noise's
ALIKE = 0.9  # share of right answers; 0.5 would be guessing


@dataclass
class Duel:
    """Hold a generator, its training, and its fakes at a few epochs."""

    title: str
    generator: MLP
    history: History
    fakes: dict[int, Floats] = field(default_factory=dict)


def main(out: Path, quick: bool) -> Report:
    """Train on the ring in three ways, then on digits, and judge and draw what is made."""
    report, epochs = Report(), QUICK_EPOCHS if quick else EPOCHS
    settings = {  # width, inputs and the discriminator's learning rate
        "even": ("both keep pace", 64, 2, 0.001),
        "small": ("half as wide, 8 inputs", 32, 8, 0.001),
        "hasty": ("as wide, discriminator 10 times as fast", 32, 8, 0.01),
    }
    duels = {name: ring_duel(*settings[name], epochs[name]) for name in settings if name in epochs}
    table = Table("training", "spots found", "fakes in spots", title="A ring of eight Gaussians")
    for duel in duels.values():
        count, share = found(list(duel.fakes.values())[-1])
        table.add_row(duel.title, f"{count} of {SPOTS}", f"{share:.0%}")
    console.print(table)
    last = {name: list(duel.fakes.values())[-1] for name, duel in duels.items()}
    report.reach("spots found when both keep pace", found(last["even"])[0],
                 at_least=QUICK_FOUND if quick else FOUND)  # fmt: skip
    report.reach("spots found against a discriminator that is too fast", found(last["hasty"])[0],
                 at_most=QUICK_CROWDED if quick else CROWDED)  # fmt: skip
    report.draw(
        out / "ring.svg",
        "samples and fakes while both networks learn",
        lambda: ring(list(duels.values())),
    )
    report.draw(
        out / "losses.svg", "losses of both networks by epoch", lambda: losses(list(duels.values()))
    )
    report.add(make_digits(out, quick, epochs["digits"]))
    return report


def ring_duel(title: str, width: int, numbers: int, rate: float, epochs: int) -> Duel:
    """Return two networks of that width after their training, the discriminator at that rate."""
    source = np.random.RandomState(0)
    X = centres()[source.randint(0, SPOTS, SAMPLES)]
    X = X + WIDTH * source.standard_normal(X.shape)
    generator = MLP(numbers, [width, width, 2], seed=0)
    discriminator = MLP(2, [width, width, 1], activation="leaky_relu", seed=100)
    seen = {round(epochs * k / (SHOWN - 1)) for k in range(SHOWN)}
    fakes = {0: drawn(generator, numbers)}

    def look(state: Rivalry) -> None:
        if state.epoch in seen:
            fakes[state.epoch] = drawn(generator, numbers)

    console.print(title, highlight=False)
    history = fit_adversarial(
        generator, discriminator, X, numbers, epochs, batch_size=64,
        discriminator_optimizer=Adam(lr=rate, betas=(0.5, 0.999)), callbacks=[look], seed=0,
    )  # fmt: skip
    return Duel(title, generator, history, fakes)


def centres() -> Floats:
    """Return the middles of the ring's spots."""
    angles = np.arange(SPOTS) * 2 * np.pi / SPOTS
    return RADIUS * np.column_stack([np.cos(angles), np.sin(angles)])


def drawn(generator: MLP, numbers: int) -> Floats:
    """Return what it makes of so many rows of normal numbers, the same ones every time."""
    return generator.predict(np.random.RandomState(1).standard_normal((FAKES, numbers)))


def found(fakes: Floats) -> tuple[int, float]:
    """Return how many spots have their share of fakes, and the share of fakes that are in spots."""
    distances = np.linalg.norm(fakes[:, None] - centres(), axis=2)
    near = distances.min(axis=1) < NEAR
    counts = np.bincount(distances.argmin(axis=1)[near], minlength=SPOTS)
    return int((counts >= FEWEST * len(fakes)).sum()), float(near.mean())


def make_digits(out: Path, quick: bool, epochs: int) -> Report:
    """Train on digits, and print and draw how the fakes are judged."""
    train, test = digits()
    (X, _), (tested, _) = train, test
    numbers, pixels = 16, SIDE * SIDE
    generator = MLP(numbers, [64, 64, pixels], output="sigmoid", seed=0)
    discriminator = MLP(pixels, [128, 64, 1], activation="leaky_relu", seed=10)
    console.print("digits", highlight=False)
    fit_adversarial(
        generator, discriminator, X, numbers, epochs, label_smoothing=0.1,
        discriminator_optimizer=Adam(lr=0.0005, betas=(0.5, 0.999)), seed=0,
    )  # fmt: skip
    fakes = drawn(generator, numbers)[: len(tested)]
    console.print("a network that reads digits", highlight=False)
    reader, _ = reader_of(train, test, 1 if quick else 10)

    noise = np.random.RandomState(2).uniform(0, 1, tested.shape)
    table = Table("450 pictures", f"reader is {SURE:.0%} sure", "classes", "distance²",
                  "told from others",
                  title="Pictures, judged by a reader and by 450 other real digits")  # fmt: skip
    kinds = {"learned from": X[: len(tested)], "fakes": fakes, "noise": noise}
    sure, classes, far, apart = {}, {}, {}, {}
    for name, rows in kinds.items():
        chances = np.array([softmax(row) for row in reader.predict(rows).tolist()])
        shares = np.bincount(chances.argmax(axis=1), minlength=10) / len(rows)
        sure[name] = float((chances.max(axis=1) >= SURE).mean())
        classes[name] = int((shares >= FEWEST).sum())
        far[name] = float(distances(rows, tested).min(axis=1).mean())
        apart[name] = told_apart(tested, rows)
        table.add_row(name, f"{sure[name]:.0%}", f"{classes[name]}",
                      f"{far[name]:.2f}", f"{apart[name]:.0%}")  # fmt: skip
    console.print(table)
    report = Report()
    report.reach("squared distance of fakes from real digits, as a share of noise's",
                 far["fakes"] / far["noise"], at_most=QUICK_FAR if quick else FAR)  # fmt: skip
    if not quick:
        console.print("(A reader is sure of noise, too, but reads few classes in it.)")
        report.reach("fakes that the reader is sure of", sure["fakes"], at_least=READ)
        report.reach("classes of digits among the fakes", classes["fakes"], at_least=CLASSES)
        report.reach("fakes and real digits told apart by their nearest neighbours",
                     apart["fakes"], at_most=ALIKE)  # fmt: skip
    shown: list[tuple[str, Floats]] = []
    for part in np.split(fakes[: 10 if quick else 30], 1 if quick else 3):
        shown += [("fakes", part), ("nearest real", X[distances(part, X).argmin(axis=1)])]
    title = "Digits that nobody wrote, above the nearest of those learned from"
    report.draw(
        out / "digits.svg",
        "digits made, and the real ones nearest to them",
        lambda: image_rows(shown, title),
    )
    return report


def told_apart(real: Floats, others: Floats) -> float:
    """Return how often a picture's nearest neighbour among all others is of its own kind.

    1/2 means that nobody could tell. Source: Lopez-Paz and Oquab 2017, "Revisiting Classifier
    Two-Sample Tests", section 3, with one neighbour left in.
    """
    rows = np.concatenate([real, others])
    apart = distances(rows, rows)
    np.fill_diagonal(apart, np.inf)
    is_real = np.arange(len(rows)) < len(real)
    return float((is_real[apart.argmin(axis=1)] == is_real).mean())


def distances(rows: Floats, others: Floats) -> Floats:
    """Return the squared distance of every row from every other one, (rows, others)."""
    return np.array([((others - row) ** 2).sum(axis=1) for row in rows])


def ring(duels: Sequence[Duel]) -> Figure:
    """Return a figure of the fakes of each duel, early and late, around the spots."""
    figure, grid = panels(len(duels), SHOWN, (2.1 * SHOWN + 0.6, 2.4 * len(duels)),
                          "Fakes (blue) and the spots they should fill (orange)")  # fmt: skip
    for line, duel in zip(grid, duels, strict=True):
        for axes, (epoch, fakes) in zip(line, duel.fakes.items(), strict=True):
            axes.plot(*centres().T, linestyle="", marker="o", markersize=9, color=LOOKS[1][0],
                      markerfacecolor="none")  # fmt: skip
            axes.plot(*fakes[:200].T, linestyle="", marker=".", markersize=2.5, color=LOOKS[0][0])
            axes.set(xlim=(-3, 3), ylim=(-3, 3), xticks=[], yticks=[], aspect="equal")
            axes.set_title(f"epoch {epoch}: {found(fakes)[0]} found", fontsize=8)
        line[0].set_ylabel("\n".join(wrap(duel.title, 24)), fontsize=9)
    return figure


def losses(duels: Sequence[Duel]) -> Figure:
    """Return a figure of both losses of each duel, and where they would be if nobody could tell."""
    figure, [grid] = panels(1, len(duels), (3.7 * len(duels), 3.4), "Both losses by epoch")
    for axes, duel in zip(grid, duels, strict=True):
        tidy(axes)
        for (name, column), (colour, dashes, _) in zip(duel.history.columns.items(), LOOKS,
                                                       strict=False):  # fmt: skip
            axes.plot(range(1, len(column) + 1), column, color=colour, linestyle=dashes,
                      label=name.replace("_loss", ""))  # fmt: skip
        axes.axhline(2 * log(2), color=INK, linewidth=0.8, label="discriminator at a loss: 2 ln 2")
        axes.set_xlabel("epoch")
        axes.set_title(duel.title, fontsize=9)
        axes.set_ylim(0)
    grid[0].legend(frameon=False, fontsize=8, handlelength=3.5)
    return figure
