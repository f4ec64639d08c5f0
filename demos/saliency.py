"""Which pixels made the network say so? Gradients, integrated gradients and occlusion, compared.

The convolutional network of the demo cnn names a digit, and each method gives every pixel its part
in the score of that name: how steep the score is there (Simonyan, Vedaldi and Zisserman 2014), its
slope summed on the way from an empty image to the digit (Sundararajan, Taly and Yan 2017), or what
the score loses when the place is covered (Zeiler and Fergus 2014). Two things are checked that a
pretty picture does not tell: integrated gradients must sum to the difference of the scores at both
ends, and wiping out the pixels that a method finds important must hurt more than wiping out others.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import viz
from autograd import compile, softmax, take
from demos._attributions import integrated_gradients
from demos._digits import SIDE
from demos._report import Report, console
from demos.cnn import images, trained
from nn.module import Module
from viz.plotting.panels import panels, signed_colours

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EPOCHS, QUICK_EPOCHS = 12, 3
DIGITS, QUICK_DIGITS = 100, 30
STEPS = 64  # of the way from an empty image to the digit
COVER = 3  # pixels, the side of the square that covers a place
WANTED = 0.9  # of what is left when pixels are wiped out in a random order
DELETED = 24  # pixels that are wiped out one after another
SHOWN = 5
Score = Any  # a compiled function of images and classes


def main(out: Path, quick: bool) -> Report:
    """Train, explain digits three ways, check the explanations and draw them."""
    train, test = images()
    model, history = trained(train, test, QUICK_EPOCHS if quick else EPOCHS)
    console.print(f"test accuracy {history['val_accuracy'][-1]:.3f}", highlight=False)
    X = test[0][: QUICK_DIGITS if quick else DIGITS]
    said = model.predict(X).argmax(axis=1)
    score = score_of(model)
    methods = {
        "gradient": np.abs(score.grad(X, said)),
        "integrated gradients": integrated_gradients(
            lambda rows: score.grad(rows, said), X, 0.0, STEPS
        ),
        "occlusion": occlusion(score, X, said),
    }

    report = Report()
    change = score(X, said) - score(np.zeros_like(X), said)
    summed = methods["integrated gradients"].reshape(len(X), -1).sum(axis=1)
    report.reach(
        f"integrated gradients of {STEPS} steps: largest error of their sum, beside the largest "
        "change of a score",
        float(np.abs(summed - change).max() / np.abs(change).max()), at_most=0.01,
    )  # fmt: skip
    left = {name: deletion(model, X, said, parts) for name, parts in methods.items()}
    orders = np.random.RandomState(0).uniform(size=(5, *X.shape))
    left["in random order"] = np.mean([deletion(model, X, said, parts) for parts in orders], axis=0)
    usual = left["in random order"].mean()
    for name in methods:
        report.reach(
            f"{name}: mean probability left while {DELETED} pixels are wiped out, beside that of "
            "a random order", float(left[name].mean() / usual), at_most=WANTED,
        )  # fmt: skip
    report.draw(
        out / "attributions.svg",
        "what each method says of some digits",
        lambda: attributions(X, test[1], said, methods),
    )
    report.draw(
        out / "deletion.svg",
        "the probability left while pixels are wiped out",
        lambda: deletions(left, len(X)),
    )
    return report


def score_of(model: Module) -> Score:
    """Return the model's output for a class as a function of images and classes, row by row."""

    def score(image: Any, said: Any) -> Any:
        return take(model(image), said)

    return compile(score, rows=["image", "said"])


def occlusion(score: Score, X: Any, said: Any, side: int = COVER) -> Any:
    """Return what the score loses when the square around a pixel is wiped out.

    Source: Zeiler and Fergus 2014, "Visualizing and Understanding Convolutional Networks",
    section 4.2.
    """
    before, reach = score(X, said), side // 2
    found = np.empty_like(X)
    for i, j in np.ndindex(SIDE, SIDE):
        covered = X.copy()
        covered[:, :, max(i - reach, 0) : i + reach + 1, max(j - reach, 0) : j + reach + 1] = 0
        found[:, 0, i, j] = before - score(covered, said)
    return found


def deletion(model: Module, X: Any, said: Any, parts: Any, count: int = DELETED) -> Any:
    """Return the mean probability of the class while pixels are wiped out, the largest part first.

    Source: Petsiuk, Das and Saenko 2018, "RISE: Randomized Input Sampling for Explanation of
    Black-box Models", section 4.1.
    """
    order = np.argsort(-parts.reshape(len(X), -1), axis=1, kind="stable")
    pixels, rows = X.reshape(len(X), -1).copy(), np.arange(len(X))
    left = []
    for k in range(count + 1):
        chances = [softmax(outputs) for outputs in model.predict(pixels.reshape(X.shape)).tolist()]
        left.append(np.array(chances)[rows, said].mean())
        pixels[rows, order[:, k]] = 0
    return np.array(left)


def attributions(X: Any, y: Any, said: Any, methods: dict[str, Any]) -> Figure:
    """Return a figure of some digits, and beside each what the methods say of its pixels."""
    right = np.flatnonzero(y[: len(X)] == said)
    shown = right[np.unique(said[right], return_index=True)[1]][-SHOWN:]  # one a digit
    title = "Which pixels speak for the name that the network gives (light blue) or against (brown)"
    figure, grid = panels(len(methods) + 1, len(shown), (1.45 * len(shown) + 1.9, 6.6), title)
    pictures: list[tuple[str, Callable[[int], Any], Any]] = [("the digit", X.__getitem__, "Greys")]
    for name, parts in methods.items():
        colours = "cividis" if name == "gradient" else signed_colours()
        pictures.append((name, parts.__getitem__, colours))
    for line, (name, part, colours) in zip(grid, pictures, strict=True):
        for axes, i in zip(line, shown, strict=True):
            numbers = part(i)[0]
            most = np.abs(numbers).max()
            least = 0 if numbers.min() >= 0 else -most
            axes.imshow(numbers, cmap=colours, vmin=least, vmax=most)
            axes.set_xticks([])
            axes.set_yticks([])
        text = f"{name}, size" if name == "gradient" else name
        line[0].set_ylabel(text, rotation=0, ha="right", va="center", fontsize=9)
    for axes, i in zip(grid[0], shown, strict=True):
        axes.set_title(f"said: {said[i]}", fontsize=9)
    return figure


def deletions(left: dict[str, Any], count: int) -> Figure:
    """Return a figure of the probability left, for each order of the pixels."""
    figure = viz.curves(
        {name: list(line) for name, line in left.items()},
        title="Without the pixels that matter most the network changes its mind",
        xlabel="pixels wiped out", ylabel=f"probability, mean of {count} digits",
    )  # fmt: skip
    figure.axes[0].set_ylim(0, 1.02)
    return figure
