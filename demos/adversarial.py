"""Adversarial examples: a small step of every pixel, up or down the gradient, fools a network.

The gradient of the loss by the *input* says in which direction each pixel hurts most; x + ε sign(∇)
moves all of them by ε (fast gradient sign, FGSM). Steps of the same size in random directions do
next to nothing: the direction is what matters. A network that learns from such digits too, made
anew for it at every step, resists them, yet not without limit. Source: Goodfellow, Shlens and
Szegedy 2015, "Explaining and Harnessing Adversarial Examples", sections 4 and 6.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.table import Table

import autograd
from demos._digits import SIDE, digits
from demos._lines import lines
from demos._progress import progress
from demos._report import Report, console
from nn.data.batches import batches
from nn.layers.mlp import MLP
from nn.losses import cross_entropy
from nn.metrics.classification import accuracy
from nn.module import Module
from nn.optimizers.adam import Adam
from viz.plotting.panels import panels, signed_colours

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = np.ndarray[Any, Any]

SIZES, LEARNING_RATE, BATCH = [128, 64, 10], 0.003, 32
EPSILONS, QUICK_EPSILONS = (0.0, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25), (0.0, 0.1, 0.2)
TAUGHT, SHOWN = 0.15, 0.1  # the ε that a network learns from, and that of the pictures
EPOCHS, QUICK_EPOCHS = 12, 3
FOOLED, RESISTS, QUICK_RESISTS = 0.6, 0.8, 0.6
PICTURES = 5


def main(out: Path, quick: bool) -> Report:
    """Train a network as usual and another one on attacked digits, and attack both."""
    (X, y), (V, w) = digits()
    epochs = QUICK_EPOCHS if quick else EPOCHS
    usual, taught = taught_with(X, y, 0.0, epochs), taught_with(X, y, TAUGHT, epochs)
    models = {"usual": usual, "taught with attacks": taught}
    epsilons = QUICK_EPSILONS if quick else EPSILONS

    found: dict[str, list[float]] = {}
    for name, model in models.items():
        attack = Attack(model)
        attacked = [attack(V, w, epsilon) for epsilon in epsilons]
        found[f"{name}, attacked"] = [accuracy(model.predict(each), w) for each in attacked]
        moved = [random_signs(V, epsilon) for epsilon in epsilons]
        found[f"{name}, random steps"] = [accuracy(model.predict(each), w) for each in moved]
    table = Table(
        "ε", *found, title=f"test accuracy when every pixel moves by ε ({V.max():g} is ink)"
    )
    for column in table.columns:
        column.justify = "right"
    for i, epsilon in enumerate(epsilons):
        table.add_row(f"{epsilon:g}", *[f"{numbers[i]:.1%}" for numbers in found.values()])
    console.print(table)

    report, i = Report(), epsilons.index(SHOWN)
    report.reach("accuracy without attack", found["usual, attacked"][0], at_least=0.93)
    report.reach(f"usual network, attacked with ε = {SHOWN}", found["usual, attacked"][i],
                 at_most=FOOLED)  # fmt: skip
    report.reach(f"the same, ε = {SHOWN} in random directions", found["usual, random steps"][i],
                 at_least=0.9)  # fmt: skip
    report.reach(f"taught network, attacked with ε = {SHOWN}",
                 found["taught with attacks, attacked"][i],
                 at_least=QUICK_RESISTS if quick else RESISTS)  # fmt: skip
    report.draw(
        out / "accuracy.svg",
        "test accuracy by the size of the attack",
        lambda: curves(epsilons, found),
    )
    report.draw(
        out / "digits.svg", "digits before and after the attack", lambda: pictures(usual, V, w)
    )
    return report


def taught_with(X: Array, y: Array, epsilon: float, epochs: int) -> MLP:
    """Return a network that learned so many epochs, from each batch and from the batch attacked.

    The mean over both is Goodfellow's loss, section 6, with α = 1/2. The digits of a batch are
    attacked where the network is at the time; ε = 0 leaves them out.
    """
    model, optimizer = MLP(SIDE * SIDE, SIZES, seed=0), Adam(lr=LEARNING_RATE)
    descent = autograd.compile(loss_of(model), rows=["x", "target"], reduce="mean").bind(model)
    attack = Attack(model)
    with progress(f"taught with ε = {epsilon:g}", epochs) as advance:
        for epoch in range(epochs):
            for rows, classes in batches(X, y, BATCH, seed=epoch):
                if epsilon:
                    descent.sync()  # the attack looks at the model
                    rows = np.concatenate([rows, attack(rows, classes, epsilon)])
                    classes = np.concatenate([classes, classes])
                loss, gradient = descent.value_and_grad(rows, classes)
                optimizer.step_array(descent.parameters, gradient)
            advance(f"loss of a batch {loss:.4f}")
    descent.sync()
    return model


def loss_of(model: Module) -> Callable[[Any, Any], Any]:
    """Return the loss of one sample."""

    def loss(x: Any, target: Any) -> Any:
        return cross_entropy(model(x.tolist()), target)

    return loss


class Attack:
    """Compute x + ε sign(∂loss/∂x) for many digits, kept within 0 and 1."""

    def __init__(self, model: Module) -> None:
        self.loss = autograd.compile(loss_of(model), rows=["x", "target"])

    def __call__(self, X: Array, y: Array, epsilon: float) -> Array:
        """Return the digits attacked: the fast gradient sign, Goodfellow's section 4."""
        return kept_as_ink(X + epsilon * np.sign(self.loss.grad(X, y)))


def random_signs(X: Array, epsilon: float) -> Array:
    """Return x + ε times a random sign for each pixel, kept within 0 and 1."""
    return kept_as_ink(X + epsilon * np.random.RandomState(0).choice([-1, 1], X.shape))


def kept_as_ink(X: Array) -> Array:
    """Return images cut off at 0, white, and 1, ink."""
    cut: Array = np.clip(X, 0, 1)
    return cut


def curves(epsilons: tuple[float, ...], found: dict[str, list[float]]) -> Figure:
    """Return a figure of the accuracies over ε."""
    figure = lines(epsilons, found, "The direction of the step is what fools a network",
                   xlabel="ε: how far every pixel moves (white is 0, ink is 1)")  # fmt: skip
    [axes] = figure.axes
    axes.set_ylim(0, 1)
    axes.legend(frameon=False, handlelength=3.5, loc="center left", bbox_to_anchor=(1, 0.5))
    figure.set_size_inches(8.4, 4)
    return figure


def pictures(model: Module, X: Array, y: Array) -> Figure:
    """Return a figure of digits that are named right before an attack and wrong after it."""
    attacked = Attack(model)(X, y, SHOWN)
    before, after = (model.predict(rows).argmax(axis=1) for rows in (X, attacked))
    fooled = np.flatnonzero((before == y) & (after != y))
    _, first = np.unique(y[fooled], return_index=True)  # one of each digit
    shown = fooled[np.sort(first)][:PICTURES]
    title = f"Before, the step (light blue: more ink, brown: less) and after: ε = {SHOWN:g}"
    figure, grid = panels(3, PICTURES, (1.5 * PICTURES, 5.2), title)
    for axes in grid.flat:
        axes.set_axis_off()
    for i, column in zip(shown, grid.T, strict=False):
        images = X[i], attacked[i] - X[i], attacked[i]
        titles = f"said: {before[i]}", "", f"said: {after[i]}"
        for axes, image, title in zip(column, images, titles, strict=True):
            step = image is images[1]
            axes.imshow(image.reshape(SIDE, SIDE), cmap=signed_colours() if step else "Greys",
                        vmin=-SHOWN if step else 0, vmax=SHOWN if step else 1)  # fmt: skip
            axes.set_title(title, fontsize=9)
    return figure
