"""Augmentation: copies of a few digits, turned and moved, teach what the few do not show.

A digit that is turned by some degrees is the same digit, but no network knows that of its own: it
is told by copies changed at random. Each pixel of a copy is taken from a place of the original,
which lies between pixels and is interpolated. Such copies teach to read digits that are turned and
moved, where others fail, and cost little where digits stand straight; copies with noise, which
keeps the class too, teach nothing about turning. Only the training part is copied. Source: Simard
et al. 2003, "Best Practices for Convolutional Neural Networks Applied to Visual Document Analysis",
section 2.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.table import Table

from demos._digits import SIDE, digits
from demos._lines import accuracy_panels
from demos._progress import progress
from demos._report import Report, console
from nn.data.augmentation import augmented, noisy
from nn.layers.mlp import MLP
from nn.metrics.classification import accuracy
from nn.optimizers.adam import Adam
from nn.training.fit import fit
from viz.plotting.panels import panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = np.ndarray[Any, Any]
Change = Callable[[Array], Array]

SIZES, LEARNING_RATE, BATCH = [64, 10], 0.004, 32
COUNTS, QUICK_COUNTS = (50, 100, 200, 400), (100,)
COPIES, STEPS, QUICK_STEPS = 20, 1200, 500
DRAWS, QUICK_DRAWS = 2, 1  # of the few digits; the accuracies are means over them
TURN, STRETCH, MOVE, NOISE = 15.0, 0.1, 1.0, 0.1  # degrees, share, pixels, ink
SHOWN, QUICK_SHOWN = 200, 100
GAINED, QUICK_GAINED, LOST, QUICK_LOST = 0.2, 0.1, 0.02, 0.05
BENT, PLAIN = "turned and moved", "as they are"


def main(out: Path, quick: bool) -> Report:
    """Learn from few digits, with and without changed copies, and judge by two sorts of others."""
    (X, y), (V, w) = digits()
    tests = {BENT: bent(V, seed=1), PLAIN: V}
    counts, draws = (QUICK_COUNTS, QUICK_DRAWS) if quick else (COUNTS, DRAWS)
    ways: dict[str, Change | None] = {
        BENT: partial(bent, seed=np.random.RandomState(0)),
        "with noise": partial(noisy, deviation=NOISE, seed=np.random.RandomState(0)),
        PLAIN: None,
    }
    found: dict[str, dict[str, list[float]]] = {test: {way: [] for way in ways} for test in tests}
    with progress("networks", len(counts) * draws * len(ways)) as advance:
        for count in counts:
            for way, change in ways.items():
                reached = []
                for draw in range(draws):
                    few = np.random.RandomState(draw).permutation(len(X))[:count]
                    model = learned(X[few], y[few], change, QUICK_STEPS if quick else STEPS)
                    reached.append([accuracy(model.predict(rows), w) for rows in tests.values()])
                    advance(f"{count} digits {way}")
                for test, number in zip(tests, np.mean(reached, axis=0), strict=True):
                    found[test][way].append(float(number))
    for test, numbers in found.items():
        table = Table("digits to\nlearn from", *[f"copies {way}" for way in list(ways)[:-1]],
                      "no copies", title=f"accuracy on test digits {test}")  # fmt: skip
        for column in table.columns:
            column.justify = "right"
        for i, count in enumerate(counts):
            table.add_row(f"{count}", *[f"{each[i]:.1%}" for each in numbers.values()])
        console.print(table)

    report, i = Report(), counts.index(QUICK_SHOWN if quick else SHOWN)
    gained, plain_gained = (found[test][BENT][i] - found[test][PLAIN][i] for test in tests)
    report.reach(f"gained by copies of {counts[i]} digits, on digits {BENT}", gained,
                 at_least=QUICK_GAINED if quick else GAINED)  # fmt: skip
    report.reach("lost by them on digits that stand straight", -plain_gained,
                 at_most=QUICK_LOST if quick else LOST)  # fmt: skip
    report.draw(out / "copies.svg", "digits and their changed copies", lambda: copies(X, y))
    if not quick:
        report.draw(
            out / "accuracy.svg",
            "test accuracy by the number of digits",
            lambda: curves(counts, found),
        )
    return report


def learned(X: Array, y: Array, change: Change | None, steps: int) -> MLP:
    """Return a network after so many steps, with or without copies."""
    rows, classes = (X, y) if change is None else augmented(X, y, change, COPIES)
    model = MLP(SIDE * SIDE, SIZES, seed=0)
    epochs = max(1, round(steps * BATCH / len(rows)))
    fit(model, rows, classes, optimizer=Adam(lr=LEARNING_RATE), epochs=epochs, batch_size=BATCH,
        seed=0, progress=False)  # fmt: skip
    return model


def bent(X: Array, *, seed: int | np.random.RandomState | None = None) -> Array:
    """Return every image turned, stretched and moved by chance about its middle.

    The pixel at p of a copy shows the place A p + d of the original, A being a rotation with a
    factor for each axis.
    """
    source = seed if isinstance(seed, np.random.RandomState) else np.random.RandomState(seed)
    changed = []
    for image in X.reshape(-1, SIDE, SIDE):
        angle = np.radians(source.uniform(-TURN, TURN))
        c, s = np.cos(angle), np.sin(angle)
        A = np.array([[c, -s], [s, c]]) * source.uniform(1 - STRETCH, 1 + STRETCH, size=2)
        changed.append(resampled(image, A, source.uniform(-MOVE, MOVE, size=2)))
    return np.reshape(changed, X.shape)


def resampled(image: Array, A: Array, d: Array) -> Array:
    """Return the image whose pixel at p, counted from the middle, is that at A p + d.

    Between pixels the four around are mixed (bilinear interpolation); beyond the edge is no ink.
    """
    middle = (np.array(image.shape) - 1) / 2
    grid = np.moveaxis(np.indices(image.shape), 0, -1) - middle
    places = grid @ A.T + d + middle
    below = np.floor(places).astype(int)
    padded = np.pad(image, 1)
    total = np.zeros(image.shape)
    for corner in ((0, 0), (0, 1), (1, 0), (1, 1)):
        at = below + corner
        share = np.prod(1 - np.abs(places - at), axis=-1)
        i, j = (np.clip(at[..., k] + 1, 0, image.shape[k] + 1) for k in (0, 1))
        total += share * padded[i, j]
    return total


def copies(X: Array, y: Array) -> Figure:
    """Return a figure of one of each of five digits, and of copies of it."""
    originals = X[[np.flatnonzero(y == digit)[0] for digit in (2, 3, 5, 7, 8)]]
    source = np.random.RandomState(0)
    versions = [originals, *[bent(originals, seed=source) for _ in range(5)],
                noisy(originals, NOISE, seed=0)]  # fmt: skip
    titles = ["original", *[""] * 5, "with noise"]
    titles[3] = "turned, moved, stretched"
    figure, grid = panels(len(originals), len(versions), (7.6, 5.8), "The same digits again")
    for column, rows, title in zip(grid.T, versions, titles, strict=True):
        column[0].set_title(title, fontsize=9)
        for axes, row in zip(column, rows, strict=True):
            axes.imshow(row.reshape(SIDE, SIDE), cmap="Greys", vmin=0, vmax=1)
            axes.set_axis_off()
    return figure


def curves(counts: tuple[int, ...], found: dict[str, dict[str, list[float]]]) -> Figure:
    """Return a figure of the accuracies over the number of digits, a panel for each test."""
    named = {
        f"on test digits {test}": {
            "no copies" if way == PLAIN else f"copies {way}": ys for way, ys in numbers.items()
        }
        for test, numbers in found.items()
    }
    return accuracy_panels(
        counts, named, "What copies of the digits teach", xlabel="digits to learn from"
    )
