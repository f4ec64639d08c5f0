"""Self-supervised learning: guess hidden parts of unlabelled digits, then learn from 30 labels.

An encoder that sees no label learns what digits look like: a square of each picture is hidden, and
a decoder has to paint it from what the encoder gives. Then the encoder stays as it is, and a linear
layer on top learns the classes from three labels of each. The same encoder with random weights, and
the pixels themselves, show what the guessing was worth: much against random weights, a little
against the pixels, which the linear layer reads well; and least once there are many labels.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from itertools import pairwise
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from rich.table import Table

from demos._digits import SIDE, digits
from demos._progress import progress
from demos._report import Report, console
from nn.data.scaling import Standardiser
from nn.layers.layer import Layer
from nn.layers.sequential import Sequential
from nn.metrics.classification import accuracy
from nn.optimizers.adam import Adam
from nn.training.fit import fit
from viz.plotting.panels import LOOKS, blank, panels, tidy

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PIXELS, SIZES, CLASSES = SIDE * SIDE, (128, 64), 10
SQUARE = 4  # the side of what is hidden, in pixels
GUESS_RATE, BATCH = 0.003, 32
READ_RATE, DECAY, STEPS = 0.02, 0.01, 60  # of the linear layer: all its samples in every step
SHOWN = 10

Samples = tuple[Any, Any]
Inputs = Callable[[Any], Any]  # of pixels: what the linear layer sees


class Effort(NamedTuple):
    """Hold how often the digits are seen, the labels a class, how often they are drawn."""

    passes: int
    labels: tuple[int, ...]
    draws: int
    tuned: int  # of the draws, on which the whole network is trained too


class Wanted(NamedTuple):
    """Hold what must be reached: the guesses' relative error, and gains in accuracy."""

    error: float
    gain: float
    over_pixels: float
    tuned: float


FULL, QUICK = Effort(40, (1, 3, 10, 30), 10, 5), Effort(6, (3,), 2, 1)
WANTED, QUICK_WANTED = Wanted(0.8, 0.06, 0.0, 0.0), Wanted(0.9, 0.03, -0.05, -0.05)
JUDGED = 3  # labels a class


def main(out: Path, quick: bool) -> Report:
    """Learn by guessing squares, read the classes out with few labels, and compare."""
    effort, wanted = (QUICK, QUICK_WANTED) if quick else (FULL, WANTED)
    train, test = digits()
    learned = encoder()
    guessing = Sequential(learned, Layer(SIZES[-1], PIXELS, nonlin=False, seed=len(SIZES)))
    many = np.tile(train[0], (effort.passes, 1))  # each time with another square hidden
    fit(guessing, with_hidden_squares(many, seed=0)[0], many, "mean_squared_error",
        Adam(lr=GUESS_RATE), epochs=1, batch_size=BATCH, seed=0)  # fmt: skip
    hidden, covered = with_hidden_squares(test[0], seed=1)
    guessed = np.where(covered, guessing.predict(hidden), test[0])

    readers: dict[str, Inputs] = {
        "pixels": np.asarray,
        "random encoder": encoder().predict,
        "trained encoder": learned.predict,
    }
    found: dict[str, dict[int, list[float]]] = {}
    with progress("linear layers", len(readers) * len(effort.labels)) as advance:
        for name, inputs in readers.items():
            scaler = Standardiser().fit(inputs(train[0]))
            seen, judged = ((scaler.transform(inputs(X)), y) for X, y in (train, test))
            found[name] = {}
            for labels in effort.labels:
                found[name][labels] = [
                    read_out(few(seen, labels, draw), judged) for draw in range(effort.draws)
                ]
                advance(f"{name}, {CLASSES * labels} labels")
    console.print(results(found))
    scratch, after = (
        fmean(tuned(start, few(train, JUDGED, draw), test) for draw in range(effort.tuned))
        for start in (encoder(), learned)
    )
    console.print(f"The whole network trained on {CLASSES * JUDGED} labels: {scratch:.1%} from "
                  f"random weights, {after:.1%} after guessing.", highlight=False)  # fmt: skip

    report = Report()
    hidden_error, mean_error = (
        float(np.sqrt(((picture - test[0])[covered] ** 2).mean()))
        for picture in (guessed, np.broadcast_to(train[0].mean(axis=0), guessed.shape))
    )
    report.reach("error of the hidden pixels / error of guessing each pixel's mean",
                 hidden_error / mean_error, at_most=wanted.error)  # fmt: skip
    on_pixels, on_random, on_learned = (fmean(found[name][JUDGED]) for name in readers)
    report.reach(f"gain over random weights with {CLASSES * JUDGED} labels",
                 on_learned - on_random, at_least=wanted.gain)  # fmt: skip
    report.reach("gain over pixels", on_learned - on_pixels, at_least=wanted.over_pixels)
    report.reach("gain where the whole network is trained", after - scratch, at_least=wanted.tuned)
    report.draw(
        out / "guesses.svg",
        "what is hidden, what is guessed, what it was",
        lambda: guesses(hidden, guessed, covered, test[0]),
    )
    if len(effort.labels) > 1:
        report.draw(
            out / "labels.svg", "accuracy by the number of labels", lambda: label_curves(found)
        )
    return report


def encoder() -> Sequential:
    """Return the encoder with random weights."""
    return Sequential(*[
        Layer(nin, nout, activation="relu", seed=i)
        for i, (nin, nout) in enumerate(pairwise([PIXELS, *SIZES]))
    ])  # fmt: skip


def with_hidden_squares(X: Any, seed: int) -> tuple[Any, Any]:
    """Return the pictures, each with a square made blank somewhere, and which pixels these are.

    Source: Pathak et al. 2016, "Context Encoders: Feature Learning by Inpainting", section 3.3.
    """
    source = np.random.RandomState(seed)
    covered = np.zeros((len(X), SIDE, SIDE), dtype=bool)
    corners = source.randint(0, SIDE - SQUARE + 1, size=(len(X), 2))
    for picture, (row, column) in zip(covered, corners, strict=True):
        picture[row : row + SQUARE, column : column + SQUARE] = True
    flat = covered.reshape(len(X), PIXELS)
    return np.where(flat, 0.0, X), flat


def few(samples: Samples, labels: int, seed: int) -> Samples:
    """Return so many random samples of each class."""
    X, y = samples
    source = np.random.RandomState(seed)
    chosen = [source.choice(np.flatnonzero(y == k), labels, replace=False) for k in range(CLASSES)]
    rows = np.concatenate(chosen)
    return X[rows], y[rows]


def read_out(samples: Samples, judged: Samples) -> float:
    """Return the accuracy of a linear layer trained on a few samples."""
    reader = Layer(samples[0].shape[1], CLASSES, nonlin=False, init="zeros")
    fit(reader, *samples, "cross_entropy", Adam(lr=READ_RATE, weight_decay=DECAY), epochs=STEPS,
        batch_size=None, progress=False)  # fmt: skip
    return accuracy(reader.predict(judged[0]), judged[1])


def tuned(start: Sequential, samples: Samples, judged: Samples) -> float:
    """Return the accuracy of a network trained on a few samples as a whole, from this start."""
    model = Sequential(deepcopy(start), Layer(SIZES[-1], CLASSES, nonlin=False, init="zeros"))
    fit(model, *samples, "cross_entropy", Adam(lr=GUESS_RATE), epochs=STEPS, batch_size=None,
        progress=False)  # fmt: skip
    return accuracy(model.predict(judged[0]), judged[1])


def results(found: dict[str, dict[int, list[float]]]) -> Table:
    """Return a table of mean accuracies, and how they vary with the labels drawn."""
    labels = list(next(iter(found.values())))
    draws = len(found["pixels"][JUDGED])
    table = Table("linear layer on", *[f"{CLASSES * n} labels" for n in labels],
                  title=f"test accuracy, mean ± deviation of {draws} draws of labels")  # fmt: skip
    for name, reached in found.items():
        cells = [f"{np.mean(reached[n]):.1%} ± {np.std(reached[n]):.1%}" for n in labels]
        table.add_row(name, *cells)
    return table


def guesses(hidden: Any, guessed: Any, covered: Any, pictures: Any) -> Figure:
    """Return a figure of pictures with a hidden square, with the guess in it, and as they were."""
    title = "A square is hidden, guessed, and seen, in digits of the test part"
    figure, grid = panels(3, SHOWN, (0.95 * SHOWN, 3.6), title)
    for row, (name, images) in zip(
        grid, (("hidden", hidden), ("guessed", guessed), ("true", pictures)), strict=True
    ):
        blank(row)
        row[0].text(-0.15, 0.5, name, ha="right", va="center", transform=row[0].transAxes)
        for axes, image, square in zip(row, images, covered, strict=False):
            axes.imshow(image.reshape(SIDE, SIDE), cmap="Greys", vmin=0, vmax=1)
            top, left = np.argwhere(square.reshape(SIDE, SIDE)).min(axis=0) - 0.5
            across, up = [0, 1, 1, 0, 0], [0, 0, 1, 1, 0]
            axes.plot(left + SQUARE * np.array(across), top + SQUARE * np.array(up),
                      color=LOOKS[1][0], linewidth=1.2)  # fmt: skip
    return figure


def label_curves(found: dict[str, dict[int, list[float]]]) -> Figure:
    """Return a figure of the accuracies by the number of labels, with their deviations."""
    figure, [[axes]] = panels(title="What guessing was worth, by the number of labels")
    for k, (name, reached) in enumerate(found.items()):
        colour, dashes, marker = LOOKS[k]
        labels = [CLASSES * n * 1.04 ** (k - 1) for n in reached]  # side by side
        axes.errorbar(labels, [np.mean(a) for a in reached.values()],
                      [np.std(a) for a in reached.values()], label=name, color=colour,
                      linestyle=dashes, marker=marker, capsize=3)  # fmt: skip
    axes.set(xscale="log", xlabel="labels", ylabel="accuracy on the test part")
    counts = [CLASSES * n for n in next(iter(found.values()))]
    axes.set_xticks(counts, [str(n) for n in counts], minor=False)
    axes.minorticks_off()
    tidy(axes)
    axes.legend(frameon=False, handlelength=3.5, loc="lower right")
    return figure
