"""A convolutional network reads digits: small filters slide over the image, others over theirs.

It is built like LeNet: convolution, pooling, convolution, pooling, and a layer of neurons for the
ten digits. A filter has the same nine weights at every place, so that 1,898 numbers are learned
where the dense network of the demo mlp needs 17,226, and name more of the others right. `nn.fit`
finds one matrix product in each convolution, though it is written as a dot product a window.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import viz
from autograd import no_grad
from demos._digits import SIDE, TEST, TRAIN, digits
from demos._report import Report, console
from nn.convolutional.convolution import Conv2d
from nn.convolutional.pooling import MaxPool2d
from nn.inputs import flattened, numbers_of
from nn.layers.flatten import Flatten
from nn.layers.layer import Layer
from nn.layers.sequential import Sequential
from nn.metrics.confusion import confusion_matrix, confusion_table
from nn.optimizers.adam import Adam
from nn.optimizers.schedules import CosineDecay
from nn.training.fit import fit
from nn.training.history import History
from viz.plotting.panels import panels, signed_colours

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FILTERS, LEARNING_RATE, BATCH = (8, 16), 0.01, 32
EPOCHS, QUICK_EPOCHS = 20, 3
WANTED, QUICK_WANTED = 0.97, 0.85
SHOWN = 3  # the digit whose feature maps are drawn


def main(out: Path, quick: bool) -> Report:
    """Train, print the confusion table, and draw filters, feature maps and accuracies."""
    train, test = images()
    console.print(f"{TRAIN:,} digits to learn from, {TEST} others to judge by", highlight=False)
    model, history = trained(train, test, QUICK_EPOCHS if quick else EPOCHS)
    console.print(model.summary(sample=train[0][0].tolist()))
    X, y = test
    console.print(confusion_table(confusion_matrix(model.predict(X), y)), soft_wrap=True)

    report = Report()
    report.reach("test accuracy", history["val_accuracy"][-1],
                 at_least=QUICK_WANTED if quick else WANTED)  # fmt: skip
    digit = X[np.flatnonzero(y == SHOWN)[0]]
    report.draw(out / "curves.svg", "accuracies by epoch", lambda: curves(history))
    report.draw(out / "filters.svg", "the weights of the first filters", lambda: filters(model))
    report.draw(
        out / "feature_maps.svg",
        "what each filter finds in a digit",
        lambda: feature_maps(model, digit),
    )
    return report


def images() -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """Return (X, y) to learn from and to judge by: images [channel][height][width], and classes."""
    (X, y), (test_X, test_y) = digits()
    shape = (-1, 1, SIDE, SIDE)
    return (X.reshape(shape), y), (test_X.reshape(shape), test_y)


def network() -> Sequential:
    """Return the network: 1×8×8, 8×8×8, 8×4×4, 16×4×4, 16×2×2, 64, 10 numbers."""
    first, second = FILTERS
    return Sequential(
        Conv2d(1, first, 3, padding="same", activation="relu", seed=0), MaxPool2d(2),
        Conv2d(first, second, 3, padding="same", activation="relu", seed=1), MaxPool2d(2),
        Flatten(), Layer(second * (SIDE // 4) ** 2, 10, activation="linear", seed=2),
    )  # fmt: skip


def trained(train: Any, test: Any, epochs: int) -> tuple[Sequential, History]:
    """Return the network after so many epochs of Adam on the cross-entropy, and its history."""
    X, y = train
    model = network()
    history = fit(
        model, X, y, loss="cross_entropy", optimizer=Adam(lr=LEARNING_RATE),
        schedule=CosineDecay(), epochs=epochs, batch_size=BATCH, validation=test,
        metrics=["accuracy"], seed=0,
    )  # fmt: skip
    return model, history


def steps(model: Sequential, image: Any) -> list[Any]:
    """Return the image and what each part makes of it, as arrays.

    >>> [step.shape for step in steps(network(), np.zeros((1, 8, 8)))][:4]
    [(1, 8, 8), (8, 8, 8), (8, 4, 4), (16, 4, 4)]
    """
    found = [image.tolist()]
    with no_grad():
        for part in model.parts:
            found.append(part(found[-1]))
    return [np.array(numbers_of(step)) for step in found]


def curves(history: History) -> Figure:
    """Return a figure of the accuracies by epoch."""
    series = {"training": history["accuracy"], "test": history["val_accuracy"]}
    title = f"A convolutional network learns from {TRAIN:,} digits"
    figure = viz.curves(series, title=title, ylabel="share of digits named right", start=1)
    [axes] = figure.axes
    axes.axhline(WANTED, color="0.6", linewidth=0.8)
    axes.annotate(f"{WANTED:g}", (1, WANTED), xytext=(0, 3), textcoords="offset points",
                  fontsize=8, color="0.4")  # fmt: skip
    return figure


def filters(model: Sequential) -> Figure:
    """Return a figure of the first convolution's weights, each filter as an image."""
    convolution = model.parts[0]
    assert isinstance(convolution, Conv2d)
    weights = np.reshape([w.data for w in flattened(convolution.w)], (-1, *convolution.kernel))
    most = np.abs(weights).max()
    columns = len(weights) // 2
    title = "The eight filters of the first layer: 3×3 weights, the same at every place"
    figure, grid = panels(2, columns, (1.5 * columns + 1.0, 3.6), title)
    for i, (axes, weight) in enumerate(zip(grid.flat, weights, strict=True), 1):
        picture = axes.imshow(weight, cmap=signed_colours(), vmin=-most, vmax=most)
        axes.set_title(f"filter {i}", fontsize=9)
        axes.set_xticks([])
        axes.set_yticks([])
    figure.colorbar(picture, ax=grid, label="weight", shrink=0.8)
    return figure


def feature_maps(model: Sequential, image: Any) -> Figure:
    """Return a figure of a digit, and of the maps of both convolutions."""
    _, first, _, second = steps(model, image)[:4]
    columns = FILTERS[0] + 1
    title = "One digit, where each filter finds something in it, and filters of these maps"
    figure, grid = panels(3, columns, (1.0 * columns + 0.6, 4.0), title)
    for axes in grid.flat:
        axes.set_axis_off()
    grid[0, 0].imshow(image[0], cmap="Greys", vmin=0, vmax=1)
    grid[0, 0].set_title("the digit", fontsize=9)
    panes = [*grid[0, 1:], *grid[1:, 1:].flat]
    for i, (axes, plane) in enumerate(zip(panes, [*first, *second], strict=True)):
        row = first if i < FILTERS[0] else second
        axes.imshow(plane, cmap="cividis", vmin=0, vmax=row.max())
        number = i + 1 if i < FILTERS[0] else i + 1 - FILTERS[0]
        axes.set_title(f"{'first' if i < FILTERS[0] else 'second'} {number}", fontsize=8)
    return figure
