"""How long a plain recurrent network remembers: its gradient by distance, and what it learns."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import numpy as np

import viz
from autograd import Value, gradients
from nn.inputs import flattened
from nn.layers.layer import Layer
from nn.layers.sequential import Sequential
from nn.losses import binary_cross_entropy_with_logits
from nn.optimizers.adam import Adam
from nn.recurrent.rnn import RNN
from nn.training.fit import fit
from viz.plotting.panels import INK, LOOKS, panels, tidy

if TYPE_CHECKING:
    from matplotlib.figure import Figure

UNITS, SEQUENCES, EPOCHS = 8, 800, 10
QUICK_SEQUENCES, QUICK_EPOCHS = 400, 10


def untrained(seed: int) -> Sequential:
    """Return a network that reads a sequence and says at its end whether the first number was 1."""
    source = random.Random(seed)
    return Sequential(
        RNN(1, UNITS, last=True, seed=source), Layer(UNITS, 1, activation="linear", seed=source)
    )


def recalled(steps: int, seed: int, quick: bool) -> float:
    """Train a network to recall the first of so many numbers; return how often that is right."""
    model = untrained(seed)
    X, y = noise(QUICK_SEQUENCES if quick else SEQUENCES, steps, seed=0)
    fit(model, X, y, "binary_cross_entropy_with_logits", Adam(lr=0.01, clip_norm=1.0),
        QUICK_EPOCHS if quick else EPOCHS, seed=0, progress=False)  # fmt: skip
    V, w = noise(500, steps, seed=1)
    return float(((model.predict(V)[:, 0] > 0) == w).mean())


def noise(count: int, steps: int, seed: int) -> tuple[Any, Any]:
    """Return sequences of normal numbers, whose first is -1 or 1, and whether it is 1."""
    source = np.random.RandomState(seed)
    X, y = source.normal(0, 1, (count, steps)), source.randint(0, 2, count)
    X[:, 0] = 2 * y - 1
    return X, y


def gradient_sizes(steps: int, count: int = 10) -> Any:
    """Return |∂loss/∂h_t| for each step t of an untrained network, the mean of a few sequences."""
    cell, readout = untrained(0).parts
    assert isinstance(cell, RNN)
    found = []
    for x, t in zip(*(part.tolist() for part in noise(count, steps, seed=1)), strict=True):
        hs: list[list[Value]] = [h for [h] in cell.states(x)]
        loss = binary_cross_entropy_with_logits(readout(hs[-1]), t)
        slopes = np.reshape(gradients(loss, flattened(hs)), (steps, UNITS))
        found.append(np.linalg.norm(slopes, axis=1))
    sizes: Any = np.mean(found, axis=0)
    return sizes


def memory(sizes: Any, right: dict[int, list[float]]) -> Figure:
    """Return a figure of the gradient's size by distance, and of the share recalled by length."""
    figure, [[left, axes]] = panels(1, 2, (8.6, 3.6), "A plain RNN forgets what is long ago")
    viz.curves({"before training": sizes[::-1]}, "The gradient vanishes", "steps back from the end",
               "|∂loss/∂h|, mean", logarithmic=True, ax=left)  # fmt: skip
    axes.plot(list(right), [np.mean(shares) for shares in right.values()], "-", color=LOOKS[0][0],
              label="trained RNNs, mean")  # fmt: skip
    each = [(steps, share) for steps, shares in right.items() for share in shares]
    axes.plot(*zip(*each, strict=True), "o", color=LOOKS[1][0], markerfacecolor="none",
              label="each")  # fmt: skip
    axes.axhline(0.5, color=INK, linestyle=":", linewidth=0.8, label="guessing")
    axes.set(title="and with it what is learned", xlabel="length of the sequence",
             ylabel="first number recalled", ylim=(0.4, 1.05))  # fmt: skip
    tidy(axes)
    axes.legend(frameon=False)
    return figure
