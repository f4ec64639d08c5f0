"""A U-Net says of every pixel whether it belongs to a disc, to a square, to a cross or to nothing.

The images, 16×16, are drawn on the fly: two shapes of random kind, size, place and brightness, in
noise. To name the kind the network must see a whole shape, so it makes the image smaller, twice;
to draw its edge it must see single pixels, so what it saw at each size is put beside what comes up
again (Ronneberger, Fischer and Brox 2015). The figure is the intersection over union, for images
that were not learned from: the pixels both said and true, by those said or true. In its quick form
the demo only asks for shapes, of whatever kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.table import Table

import viz
from demos._report import Report, console
from demos._shapes import KINDS, SIDE, shapes
from nn.convolutional.unet import UNet
from nn.optimizers.adam import Adam
from nn.optimizers.schedules import CosineDecay
from nn.training.fit import fit
from nn.training.history import History
from viz.plotting.panels import GRID, LOOKS, panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORM, QUICK_FORM = (6, 2), (3, 1)  # channels of the first level, and depth
TRAIN, QUICK_TRAIN, TEST = 1500, 150, 100
EPOCHS, BATCH, LEARNING_RATE = 6, 8, 0.01
WANTED, QUICK_WANTED = 0.9, 0.7
SHOWN = 7


def main(out: Path, quick: bool) -> Report:
    """Train on images drawn on the fly, judge by others, and draw what was said of some."""
    train, test = shapes(QUICK_TRAIN if quick else TRAIN, seed=0), shapes(TEST, seed=1)
    kinds = ("shape",) if quick else KINDS
    if quick:
        train, test = ((X, Y.max(axis=1, keepdims=True)) for X, Y in (train, test))
    model = UNet(1, len(kinds), *(QUICK_FORM if quick else FORM), seed=0)
    console.print(
        f"{len(train[0]):,} synthetic images to learn from, {len(test[0])} others to judge by; "
        f"{model!r} has {len(model.parameters()):,} weights and biases", highlight=False,
    )  # fmt: skip
    history = fit(
        model, *train, loss="binary_cross_entropy_with_logits", optimizer=Adam(lr=LEARNING_RATE),
        schedule=CosineDecay(), epochs=EPOCHS, batch_size=BATCH,
        validation=None if quick else test, metrics=[overlap], seed=0,
    )  # fmt: skip
    X, Y = test
    outputs = model.predict(X)
    table = Table("kind", "pixels", "intersection over union", title=f"{len(X)} other images")
    for column in table.columns[1:]:
        column.justify = "right"
    for k, name in enumerate(kinds):
        true = Y[:, k] > 0
        table.add_row(name, f"{true.sum():,}", f"{overlap_of(outputs[:, k] > 0, true):.3f}")
    console.print(table)

    report = Report()
    report.reach("intersection over union, mean of the kinds", overlap(outputs, Y),
                 at_least=QUICK_WANTED if quick else WANTED)  # fmt: skip
    report.draw(
        out / "examples.svg",
        "images, their shapes, and what the network says",
        lambda: examples(X, Y, outputs, kinds),
    )
    report.draw(out / "curves.svg", "intersection over union by epoch", lambda: curves(history))
    return report


def overlap(outputs: Any, masks: Any) -> float:
    """Return the mean over the kinds of the intersection over union; outputs are logits.

    >>> logits = np.array([[[[1.0, 1.0, -1.0]]]])
    >>> overlap(logits, np.array([[[[0, 1, 1]]]]))
    0.3333333333333333
    """
    said, true = np.asarray(outputs) > 0, np.asarray(masks) > 0
    return float(np.mean([overlap_of(said[:, k], true[:, k]) for k in range(true.shape[1])]))


def overlap_of(said: Any, true: Any) -> float:
    """Return |said and true| / |said or true|, for arrays of bools; 1 if both are empty."""
    either = (said | true).sum()
    return float((said & true).sum() / either) if either else 1.0


def examples(X: Any, Y: Any, outputs: Any, names: Sequence[str]) -> Figure:
    """Return a figure of some images, their true masks, those that were said, and the errors."""
    from matplotlib.colors import ListedColormap
    from matplotlib.patches import Patch

    colours = ListedColormap([GRID, *(LOOKS[k][0] for k in range(len(names)))])
    title = "Synthetic images, the shapes in them, and what the U-Net says of each pixel"
    figure, grid = panels(4, SHOWN, (1.3 * SHOWN + 1.4, 6.2), title)
    true, said = kind_of(Y - 0.5), kind_of(outputs)
    for axes in grid.flat:
        axes.set_xticks([])
        axes.set_yticks([])
    for line, name in zip(grid, ("image", "truth", "said", "wrong"), strict=True):
        line[0].set_ylabel(name, rotation=0, ha="right", va="center", fontsize=10)
    for i, column in enumerate(grid.T):
        column[0].imshow(X[i, 0], cmap="Greys_r", vmin=-0.3, vmax=1.2)
        for axes, kinds in zip(column[1:3], (true[i], said[i]), strict=True):
            axes.imshow(kinds, cmap=colours, vmin=0, vmax=len(names))
        wrong = true[i] != said[i]
        column[3].imshow(wrong, cmap="Greys", vmin=0, vmax=1)
        column[3].set_xlabel(f"{wrong.sum()} of {SIDE * SIDE}", fontsize=8)
    patches = [Patch(color=colours(k), label=name) for k, name in enumerate(("nothing", *names))]
    figure.legend(handles=patches, loc="outside lower center", ncols=len(patches), frameon=False)
    return figure


def kind_of(logits: Any) -> Any:
    """Return for each pixel 1 + the kind of its largest logit, 0 if none is above 0.

    >>> kind_of(np.array([[[[-1.0, 2.0]], [[-2.0, 3.0]]]])).tolist()
    [[[0, 2]]]
    """
    return np.where(logits.max(axis=1) > 0, 1 + logits.argmax(axis=1), 0)


def curves(history: History) -> Figure:
    """Return a figure of the intersection over union by epoch."""
    names = {"overlap": "training", "val_overlap": "other images"}
    series = {text: history[name] for name, text in names.items() if name in history}
    figure = viz.curves(series, title="The network learns to tell the shapes apart",
                        ylabel="intersection over union", start=1)  # fmt: skip
    figure.axes[0].set_xticks(range(1, len(history) + 1))
    return figure
