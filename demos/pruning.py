"""Pruning: most weights of a trained network can be zero, if the others may learn on.

The smallest weights are removed, those of all layers compared with each other. Removed at random,
or too many at once, they take the accuracy with them; a few epochs of training in which a mask
keeps zeros at zero bring it back. A weight's size alone so tells which ones matter. Zeros are
smaller to store, but a matrix product takes the same time with them. Source: Han et al. 2015,
"Learning both Weights and Connections for Efficient Neural Networks".
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.table import Table

from demos._digits import digits
from demos._lines import lines
from demos._report import Report, console
from demos._steps import mlp_steps
from nn.exchange.steps import network_of
from nn.layers.mlp import MLP
from nn.layers.sequential import Sequential
from nn.metrics.classification import accuracy
from nn.module import Module
from nn.optimizers.adam import Adam
from nn.training.callbacks import Callback
from nn.training.fit import fit
from nn.training.run import Run
from viz.plotting.panels import LOOKS, panels, tidy

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = np.ndarray[Any, Any]
Network = MLP | Sequential
Order = Callable[[Array], Array]  # weights -> their indices, the first to be removed first

LEFT, QUICK_LEFT = (1.0, 0.5, 0.3, 0.2, 0.1, 0.05, 0.03, 0.02), (0.3, 0.1)  # shares
WAYS = "smallest removed, then trained on", "smallest removed", "random ones removed"
SHOWN, QUICK_SHOWN = 0.1, 0.3
EPOCHS, QUICK_EPOCHS, LEARNING_RATE = 8, 2, 0.003
WANTED, QUICK_WANTED = 0.95, 0.93


def main(out: Path, quick: bool) -> Report:
    """Remove more and more weights, judge what is left, and judge it again when it learned on."""
    train, (V, w) = digits()
    steps = mlp_steps(quick)
    model = network_of(steps, "pruning")
    shares, shown = (QUICK_LEFT, QUICK_SHOWN) if quick else (LEFT, SHOWN)
    found: dict[str, list[float]] = {way: [] for way in WAYS}
    kept_models: dict[float, Network] = {}
    table = Table("weights left", "of them", *found, title="test accuracy of the pruned network")
    for column in table.columns:
        column.justify = "right"
    for left in shares:
        at_random, smallest, tuned = (network_of(steps, "pruning") for _ in range(3))
        prune(at_random, left, shuffled)
        prune(smallest, left, by_size)
        mask = prune(tuned, left, by_size)
        kept_models[left] = tuned
        fit(
            tuned, *train, optimizer=Adam(lr=LEARNING_RATE), progress=False, seed=0,
            epochs=QUICK_EPOCHS if quick else EPOCHS, callbacks=[Mask(mask)],
        )  # fmt: skip
        row = [accuracy(each.predict(V), w) for each in (tuned, smallest, at_random)]
        for numbers, number in zip(found.values(), row, strict=True):
            numbers.append(number)
        weights = np.count_nonzero(numbers_of(tuned)[is_weight(tuned)])
        table.add_row(f"{left:.0%}", f"{weights:,}", *[f"{number:.1%}" for number in row])
    console.print(table)

    report = Report()
    tuned_accuracy = found[WAYS[0]][shares.index(shown)]
    report.reach(f"accuracy with {shown:.0%} of the weights", tuned_accuracy,
                 at_least=QUICK_WANTED if quick else WANTED)  # fmt: skip
    report.draw(
        out / "accuracy.svg",
        "test accuracy by the share of weights left",
        lambda: curves(shares, found),
    )
    report.draw(
        out / "weights.svg",
        "the weights by size, before and after",
        lambda: histograms(model, kept_models[shown]),
    )
    return report


class Mask(Callback):
    """Put the parameters that a mask does not keep back to 0 after every step."""

    def __init__(self, kept: Array) -> None:
        self.removed = ~kept

    def on_batch_end(self, state: Run) -> None:
        """Undo what the step did to them."""
        state.parameters[self.removed] = 0.0


def prune(model: Module, left: float, order: Order) -> Array:
    """Set all but this share of the weights to 0, and return the mask of the parameters kept.

    Biases are few, and all kept.
    """
    numbers, kept = numbers_of(model), np.ones(len(model.parameters()), dtype=bool)
    weights = np.flatnonzero(is_weight(model))
    removed = weights[order(numbers[weights])[: round((1 - left) * len(weights))]]
    kept[removed] = False
    parameters = model.parameters()
    for i in removed:
        parameters[i].data = 0.0
    return kept


def by_size(weights: Array) -> Array:
    """Return the indices of the weights, the smallest first."""
    return np.argsort(np.abs(weights), kind="stable")


def shuffled(weights: Array) -> Array:
    """Return the indices of the weights in a random order, the same on every call."""
    return np.random.RandomState(0).permutation(len(weights))


def numbers_of(model: Module) -> Array:
    """Return the numbers of the parameters, in their order."""
    return np.array([p.data for p in model.parameters()])


def is_weight(model: Module) -> Array:
    """Return for each parameter whether it is a weight, as "parts.0.neurons.3.w.5" is."""
    return np.array([".w." in name for name, _ in model.named_parameters()])


def curves(shares: tuple[float, ...], found: dict[str, list[float]]) -> Figure:
    """Return a figure of the accuracies over the share of weights left."""
    figure = lines([100 * left for left in shares], found,
                   "Nine of ten weights can go, if the others may learn on",
                   xlabel="weights left, %")  # fmt: skip
    [axes] = figure.axes
    axes.set_xscale("log")
    axes.set_xticks([100 * left for left in shares], [f"{100 * left:g}" for left in shares])
    axes.minorticks_off()
    axes.invert_xaxis()
    axes.set_ylim(0, 1)
    axes.legend(frameon=False, handlelength=3.5, loc="center left", bbox_to_anchor=(1, 0.5))
    figure.set_size_inches(8.6, 4)
    return figure


def histograms(before: Network, after: Network) -> Figure:
    """Return a figure of the weights by size, and of those left when they had learned on."""
    figure, [[axes]] = panels(size=(6.4, 4.0), title="Those left grow, away from zero")
    numbers = [numbers_of(model)[is_weight(model)] for model in (before, after)]
    numbers[1] = numbers[1][numbers[1] != 0]
    names = f"before: {len(numbers[0]):,}", f"after: the {len(numbers[1]):,} left"
    most = max(np.abs(each).max() for each in numbers)
    bins = np.linspace(-most, most, 61)
    for each, name, (colour, dashes, _) in zip(numbers, names, LOOKS, strict=False):
        axes.hist(each, bins, label=name, histtype="step", color=colour, linestyle=dashes,
                  linewidth=1.6)  # fmt: skip
    axes.set(xlabel="weight", ylabel="how many, logarithmic", yscale="log")
    axes.legend(frameon=False, handlelength=3.0, loc="upper left")
    axes.set_ylim(top=10 * axes.get_ylim()[1])  # room for the legend
    tidy(axes)
    return figure
