"""Very deep networks: 50 layers learn nothing from two spirals, unless each adds to its input.

Each plain layer scales down what goes forward through it, and the gradient that comes back. A
residual block computes x + f(x), so that both have a straight way through. With rectifiers
x + f(x) grows from block to block, and the gradient with it, until LayerNorm, in front of each f,
holds the size. The spirals are made up.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from rich.table import Table

import viz
from autograd import mean
from demos._planes import maps
from demos._report import Report, console
from nn.data.arrays import Floats, Ints
from nn.layers.layer import Layer
from nn.layers.normalisation import LayerNorm
from nn.layers.residual import Residual
from nn.layers.sequential import Sequential
from nn.losses import cross_entropy
from nn.optimizers.adam import Adam
from nn.toys import spirals
from nn.training.fit import fit
from viz.plotting.panels import panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BLOCKS, FEW, WIDTH = 50, 4, 8
POINTS, NOISE, TURNS, MEASURED = 300, 0.02, 1.25, 16
LEARNING_RATE, BATCH, EPOCHS, QUICK_EPOCHS = 0.003, 32, 40, 6
WANTED, QUICK_WANTED = 0.95, 0.85
Samples = tuple[Floats, Ints]


def main(out: Path, quick: bool) -> Report:
    """Train deep networks with and without skips, and measure the gradient of every layer."""
    report = Report()
    train, test = (spirals(POINTS, noise=NOISE, turns=TURNS, seed=seed) for seed in (0, 1))
    networks = {
        f"plain, {FEW} layers": deep(FEW),
        f"plain, {BLOCKS} layers": deep(BLOCKS),
        f"skips, {BLOCKS} layers": deep(BLOCKS, skips=True),
        f"skips and LayerNorm, {BLOCKS}": deep(BLOCKS, skips=True, norm=True),
    }
    if quick:
        del networks[f"plain, {FEW} layers"], networks[f"skips and LayerNorm, {BLOCKS}"]
    before = {name: gradient_sizes(model, train) for name, model in networks.items()}
    accuracies = {}
    for name, model in networks.items():
        console.print(name)
        history = fit(
            model, *train, optimizer=Adam(lr=LEARNING_RATE), metrics=["accuracy"],
            epochs=QUICK_EPOCHS if quick else EPOCHS, batch_size=BATCH, validation=test, seed=0,
        )  # fmt: skip
        accuracies[name] = history["val_accuracy"]
    after = {name: gradient_sizes(model, train) for name, model in networks.items()}

    rectified = {
        "relu and skips": deep(BLOCKS, skips=True, activation="relu"),
        "relu, skips and LayerNorm": deep(BLOCKS, skips=True, norm=True, activation="relu"),
    }
    exploding = {name: gradient_sizes(model, train) for name, model in rectified.items()}
    console.print(table(before | exploding, after))
    for name, found in accuracies.items():
        if name == f"plain, {BLOCKS} layers":
            report.reach(f"{name}: test accuracy", found[-1], at_most=0.7)
        elif name.startswith("skips"):
            report.reach(f"{name}: test accuracy", found[-1],
                         at_least=QUICK_WANTED if quick else WANTED)  # fmt: skip
    plain, skips = (before[f"{kind}, {BLOCKS} layers"][0] for kind in ("plain", "skips"))
    report.reach("first layer's gradient without skips, of that with them", plain / skips,
                 at_most=1e-3)  # fmt: skip

    report.draw(
        out / "gradients.svg",
        "the size of the gradient in every layer",
        lambda: gradients_figure(before, after, exploding),
    )
    report.draw(
        out / "accuracy.svg",
        "test accuracy by epoch",
        lambda: viz.curves(
            accuracies, title="With skips, depth is no obstacle", start=1, ylabel="test accuracy"
        ),
    )
    pictures = [(f"{name}: {found[-1]:.0%} right", partial(scores, networks[name]))
                for name, found in accuracies.items()]  # fmt: skip
    report.draw(
        out / "planes.svg",
        "what each network says of every point",
        lambda: maps(
            pictures,
            *test,
            41 if quick else 101,
            "Two spirals, and what each network says of the plane",
        ),
    )
    return report


def deep(
    blocks: int, *, skips: bool = False, norm: bool = False, activation: str = "tanh"
) -> Sequential:
    """Return a network of so many equal layers, between one that widens and one that decides."""

    def block(i: int) -> Any:
        layer = Layer(WIDTH, WIDTH, activation=activation, seed=100 + i)
        inner = Sequential(LayerNorm(WIDTH), layer) if norm else layer
        return Residual(inner) if skips else inner

    return Sequential(
        Layer(2, WIDTH, activation=activation, seed=1),
        *[block(i) for i in range(blocks)],
        Layer(WIDTH, 2, activation="linear", seed=2),
    )


def gradient_sizes(model: Sequential, samples: Samples) -> list[float]:
    """Return the mean |dloss/dw| of each layer's weights, over the first few samples."""
    X, y = (part[:MEASURED].tolist() for part in samples)
    model.zero_grad()
    outputs = model.batch(X)
    mean([cross_entropy(row, t) for row, t in zip(outputs, y, strict=True)]).backward()
    sizes = [fmean(abs(w.grad) for neuron in layer.neurons for w in neuron.w)
             for layer in model.layers]  # fmt: skip
    model.zero_grad()
    return sizes


def table(before: dict[str, list[float]], after: dict[str, list[float]]) -> Table:
    """Return a table of the gradient's sizes in the first, the middle and the last layer."""
    found = Table("", "first", "middle", "last", "first, trained", title="mean |∂loss/∂w| by layer")
    for column in found.columns[1:]:
        column.justify = "right"
    for name, sizes in before.items():
        some = [sizes[0], sizes[len(sizes) // 2], sizes[-1]]
        trained = f"{after[name][0]:.1e}" if name in after else "not trained"
        found.add_row(name, *[f"{size:.1e}" for size in some], trained)
    return found


def scores(model: Sequential, rows: Any) -> Any:
    """Return for each row by how much class 1 leads."""
    outputs = model.predict(rows)
    return outputs[:, 1] - outputs[:, 0]


def gradients_figure(*sizes: dict[str, list[float]]) -> Figure:
    """Return a figure of the gradient by layer: at the start, after training, with rectifiers."""
    titles = ("tanh, at the start", "tanh, after training", "relu, at the start")
    figure, [axes] = panels(1, 3, (13.0, 4.4), "The gradient on its way back to the first layer")
    for ax, title, series in zip(axes, titles, sizes, strict=True):
        viz.curves(series, title=title, xlabel="layer (right: the output)", ylabel="", start=1,
                   logarithmic=True, ax=ax)  # fmt: skip
        ax.title.set_fontsize(10)
        ax.legend(frameon=False, handlelength=3.5, fontsize=8, loc="upper center",
                  bbox_to_anchor=(0.5, -0.15))  # fmt: skip
    axes[0].set_ylabel("mean |∂loss/∂w|")
    return figure
