"""Stripes and bars, and a restricted Boltzmann machine that learns them and dreams."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

import autograd
from autograd import Value, mean
from nn.classical.boltzmann import RestrictedBoltzmann
from nn.data.arrays import Floats
from nn.optimizers.schedules import CosineDecay
from nn.optimizers.sgd import SGD
from nn.training.fit import fit
from viz.plotting.panels import blank, panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIDE, HIDDEN, STEPS, LEARNING_RATE = 3, 8, 3, 0.3
LOOKS = 40  # at the likelihood


def stripes() -> Floats:
    """Return the 14 images of 3 x 3 pixels whose rows, or whose columns, are all of one kind.

    Source: MacKay 2003, "Information Theory, Inference, and Learning Algorithms", section 43.2.

    >>> stripes().shape
    (14, 9)
    """
    found = set()
    for bits in product((0.0, 1.0), repeat=SIDE):
        rows = np.tile(bits, (SIDE, 1))
        found |= {tuple(rows.ravel().tolist()), tuple(rows.T.ravel().tolist())}
    return np.array(sorted(found))


def trained(X: Floats, epochs: int) -> tuple[RestrictedBoltzmann, list[float], int]:
    """Return the machine, its mean log-likelihood every few epochs, and of how many."""
    machine = RestrictedBoltzmann(SIDE * SIDE, HIDDEN, steps=STEPS, seed=0)
    every, likelihoods = epochs // LOOKS, [likelihood(machine, X)]

    def look(state: Any) -> None:
        if state.epoch % every == 0:
            state.write_back()
            likelihoods.append(likelihood(machine, X))

    fit(
        machine, X, X, loss=machine.contrast, optimizer=SGD(lr=LEARNING_RATE, momentum=0.5),
        schedule=CosineDecay(), epochs=epochs, batch_size=None, seed=0, callbacks=[look],
    )  # fmt: skip
    return machine, likelihoods, every


def likelihood(machine: RestrictedBoltzmann, X: Floats) -> float:
    """Return the exact mean of ln P of the images."""
    with autograd.no_grad():
        energies: Value = mean([machine.free_energy(v) for v in X.tolist()])
        return float((-energies - machine.log_partition()).data)


def dreams(machine: RestrictedBoltzmann, count: int) -> list[list[float]]:
    """Return images that the machine draws, some rounds of Gibbs sampling apart, from noise."""
    found: list[list[float]] = []
    v = [0.0, 1.0] * (SIDE * SIDE // 2) + [0.0]
    with autograd.no_grad():
        for _ in range(count):
            for _ in range(5):
                v = machine(v)
            found.append(v)
    return found


def dreams_figure(patterns: list[list[float]], seen: list[list[float]]) -> Figure:
    """Return a figure of what it learned from, and of what it dreams."""
    columns = 7
    figure, axes = panels(
        4, columns, (6.4, 4.4), "Above: all patterns. Below: dreams, ✗: no pattern"
    )
    for ax, image in zip(axes.flat, [*patterns, *seen], strict=False):
        ax.imshow(np.reshape(image, (SIDE, SIDE)), cmap="Greys", vmin=-0.2, vmax=1)
        ax.set(xticks=[], yticks=[])
    for ax, image in zip(list(axes.flat)[len(patterns) :], seen, strict=False):
        if image not in patterns:
            ax.set_title("✗", fontsize=9, pad=2)
    blank(list(axes.flat)[len(patterns) + len(seen) :])
    return figure
