"""Deep networks: gradients that vanish layer by layer, and ReLUs that die of one large step."""

from __future__ import annotations

from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

from rich.table import Table

import viz
from autograd import Value, mean, no_grad
from autograd.value import data_of
from demos._report import Report, console
from nn.inputs import listed
from nn.layers.mlp import MLP
from nn.losses import mean_squared_error
from nn.optimizers.sgd import SGD
from nn.toys import moons

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DEPTH, WIDTH = 8, 8
ACTIVATIONS = ("sigmoid", "tanh", "relu")
RATES = (0.1, 3.0, 10.0)
EPOCHS, QUICK_EPOCHS = 20, 10
SAMPLES, QUICK_SAMPLES = 40, 20


def main(out: Path, quick: bool) -> Report:
    """Measure the gradients of every layer, and count the ReLUs that no sample activates."""
    X, classes = moons(QUICK_SAMPLES if quick else SAMPLES, noise=0.1, seed=0)
    rows, targets = X.tolist(), [2.0 * k - 1 for k in classes.tolist()]
    report = Report()

    sizes = {name: gradient_sizes(name, rows, targets) for name in ACTIVATIONS}
    table = Table("layer", *ACTIVATIONS, title="mean |∂loss/∂w| by layer, untrained")
    for column in table.columns:
        column.justify = "right"
    for i in range(DEPTH + 1):
        table.add_row(str(i + 1), *[f"{sizes[name][i]:.1e}" for name in ACTIVATIONS])
    console.print(table)
    ratio = sizes["sigmoid"][0] / sizes["sigmoid"][-1]
    console.print(
        f"Behind {DEPTH} sigmoids layer 1 gets {ratio:.0e} of the last one's gradient: each "
        "multiplies it by a slope of at most 1/4. He's weights keep that of ReLUs in size.",
        highlight=False, soft_wrap=True,
    )  # fmt: skip
    report.draw(
        out / "gradients.svg",
        "the size of the gradient in every layer",
        lambda: size_curves(sizes),
    )

    epochs = QUICK_EPOCHS if quick else EPOCHS
    dead = {f"relu, learning rate {rate}": dead_by_epoch("relu", rate, rows, targets, epochs)
            for rate in RATES}  # fmt: skip
    leaky = f"leaky_relu, learning rate {RATES[-1]}"
    dead[leaky] = dead_by_epoch("leaky_relu", RATES[-1], rows, targets, epochs)
    table = Table("", "at the start", "after 1 epoch", f"after {epochs}",
                  title=f"dead ones of {2 * WIDTH} neurons: 0 on every sample")  # fmt: skip
    for name, counts in dead.items():
        table.add_row(name, *[str(counts[i]) for i in (0, 1, -1)])
    console.print(table)
    report.draw(
        out / "dying_relus.svg",
        "dead ReLUs by epoch and learning rate",
        lambda: viz.curves(
            dead,
            title="Steps too large kill ReLUs; leaky ones live",
            ylabel=f"dead neurons of {2 * WIDTH}",
        ),
    )
    return report


def loss_of(model: MLP, rows: list[list[float]], targets: list[float]) -> Value:
    """Return the mean squared error of the model."""
    loss: Value = mean(
        [mean_squared_error(y, t) for y, t in zip(model.batch(rows), targets, strict=True)]
    )
    return loss


def gradient_sizes(name: str, rows: list[list[float]], targets: list[float]) -> list[float]:
    """Return the mean size of a weight's gradient in every layer of a new deep network."""
    model = MLP(2, [WIDTH] * DEPTH + [1], activation=name, seed=0)
    model.zero_grad()
    loss_of(model, rows, targets).backward()
    return [
        fmean(abs(w.grad) for neuron in layer.neurons for w in neuron.w) for layer in model.layers
    ]


def dead_by_epoch(
    name: str, rate: float, rows: list[list[float]], targets: list[float], epochs: int
) -> list[int]:
    """Return how many hidden neurons were dead before each epoch of gradient descent, and after."""
    model = MLP(2, [WIDTH, WIDTH, 1], activation=name, output="tanh", seed=2)
    optimizer = SGD(model.parameters(), lr=rate)
    counts = [dead_neurons(model, rows)]
    for _ in range(epochs):
        optimizer.zero_grad()
        loss_of(model, rows, targets).backward()
        optimizer.step()
        counts.append(dead_neurons(model, rows))
    return counts


def dead_neurons(model: MLP, rows: list[list[float]]) -> int:
    """Return the number of hidden neurons that answer 0, hence have slope 0, on all samples."""
    count = 0
    xs = rows
    with no_grad():
        for layer in model.layers[:-1]:
            xs = [data_of(listed(layer(x))) for x in xs]
            count += sum(all(y == 0 for y in column) for column in zip(*xs, strict=True))
    return count


def size_curves(sizes: dict[str, list[float]]) -> Figure:
    """Return a figure of the sizes of the gradients over the layers, on a logarithmic axis."""
    figure = viz.curves(sizes, title="The gradient on its way back to the first layer",
                        xlabel="layer (right: the output)", ylabel="mean |∂loss/∂w|")  # fmt: skip
    [axes] = figure.axes
    axes.set_yscale("log")
    axes.set_xticks(range(DEPTH + 1), [str(i + 1) for i in range(DEPTH + 1)])
    return figure
