"""Low rank: a layer's matrix as a product of two thin ones, chosen by its singular values.

W = Σ σ_k u_k v_kᵀ, the largest σ first. The first r terms are U V, two layers without anything
between them, of r (inputs + outputs) weights in place of inputs · outputs. No other matrix of rank
r is nearer to W: it is σ_(r+1) away in the spectral norm and √(σ_(r+1)² + ...) in Frobenius's,
which is measured. A few epochs of training let the thin layers adapt to what is missing.
Sources: Eckart and Young 1936, "The approximation of one matrix by another of lower rank"; Denton
et al. 2014, "Exploiting Linear Structure Within Convolutional Networks for Efficient Evaluation".
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.table import Table

from demos._digits import digits
from demos._lines import lines
from demos._report import Report, console
from demos._steps import layers_in, mlp_steps
from nn.exchange.steps import Dense, Step, network_of
from nn.metrics.classification import accuracy
from nn.optimizers.adam import Adam
from nn.training.fit import fit
from viz.plotting.panels import LOOKS, panels, tidy

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = np.ndarray[Any, Any]

RANKS, QUICK_RANKS = (24, 16, 12, 8, 6, 4, 2, 1), (16, 6)
SHOWN, QUICK_SHOWN = 8, 16
EPOCHS, QUICK_EPOCHS, LEARNING_RATE = 5, 1, 0.002
WANTED, QUICK_WANTED = 0.96, 0.94
ROUNDING = 1e-10  # of the norm of W, far above what an SVD in float64 leaves


def main(out: Path, quick: bool) -> Report:
    """Split the hidden layers at several ranks, judge, train on and judge again."""
    train, (V, w) = digits()
    steps = mlp_steps(quick)
    layers = layers_in(steps)
    model = network_of(steps, "low_rank")
    before, whole = accuracy(model.predict(V), w), len(model.parameters())
    ranks, shown = (QUICK_RANKS, QUICK_SHOWN) if quick else (RANKS, SHOWN)

    report = Report()
    table = Table("rank", "parameters", "of them", "accuracy", "accuracy,\ntrained on",
                  title="both hidden layers of 64-128-64-10 at that rank")  # fmt: skip
    for column in table.columns:
        column.justify = "right"
    table.add_row("full", f"{whole:,}", "100%", f"{before:.1%}", "")
    found: dict[str, list[float]] = {"split, then trained on": [], "split": []}
    sizes = []
    for rank in ranks:
        for layer in layers[:-1]:
            check_distance(layer.weights, rank, report)
        split = network_of(at_rank(steps, rank), "low_rank")
        found["split"].append(accuracy(split.predict(V), w))
        fit(
            split, *train, optimizer=Adam(lr=LEARNING_RATE), progress=False, seed=0,
            epochs=QUICK_EPOCHS if quick else EPOCHS,
        )  # fmt: skip
        found["split, then trained on"].append(accuracy(split.predict(V), w))
        sizes.append(len(split.parameters()))
        row = [f"{found[name][-1]:.1%}" for name in ("split", "split, then trained on")]
        table.add_row(f"{rank}", f"{sizes[-1]:,}", f"{sizes[-1] / whole:.0%}", *row)
    console.print(table)
    i = ranks.index(shown)
    report.reach(f"accuracy at rank {shown}, trained on", found["split, then trained on"][i],
                 at_least=QUICK_WANTED if quick else WANTED)  # fmt: skip
    report.reach(f"parameters at rank {shown}, of all", sizes[i] / whole, at_most=0.5)
    report.draw(
        out / "accuracy.svg", "test accuracy by rank", lambda: curves(ranks, sizes, found, whole)
    )
    report.draw(
        out / "singular_values.svg",
        "the singular values of the hidden layers",
        lambda: spectra(layers[:-1], shown),
    )
    return report


def at_rank(steps: list[Step], rank: int) -> list[Step]:
    """Return the steps of a network with every layer but the last one split in two."""
    last = layers_in(steps)[-1]
    split: list[Step] = []
    for step in steps:
        if isinstance(step, Dense) and step is not last:
            U, V = factors(step.weights, rank)
            split += [Dense(V, None), Dense(U, step.biases)]
        else:
            split.append(step)
    return split


def factors(W: Array, rank: int) -> tuple[Array, Array]:
    """Return U, of so many columns, and V, of so many rows, with U V nearest to W.

    Each has the roots of the singular values, so that both learn at the same pace.
    """
    u, s, vt = np.linalg.svd(W, full_matrices=False)
    roots = np.sqrt(s[:rank])
    return u[:, :rank] * roots, roots[:, None] * vt[:rank]


def check_distance(W: Array, rank: int, report: Report) -> None:
    """Report a problem unless U V is as far from W as Eckart and Young say."""
    U, V = factors(W, rank)
    left_out = np.linalg.svd(W, compute_uv=False)[rank:]
    said = {"spectral": left_out[0] if left_out.size else 0.0,
            "Frobenius": np.sqrt((left_out**2).sum())}  # fmt: skip
    measured = {"spectral": np.linalg.norm(W - U @ V, 2), "Frobenius": np.linalg.norm(W - U @ V)}
    for name, distance in measured.items():
        if not abs(distance - said[name]) <= ROUNDING * np.linalg.norm(W):
            report.problem(f"rank {rank}: U V is {distance} from W in the {name} norm, and the "
                           f"singular values left out say {said[name]}")  # fmt: skip


def curves(
    ranks: tuple[int, ...], sizes: list[int], found: dict[str, list[float]], whole: int
) -> Figure:
    """Return a figure of the accuracies over the rank, with the parameters under each."""
    figure = lines(ranks, found, "A few directions of each layer carry what it has learned",
                   xlabel="rank of the hidden layers; parameters left")  # fmt: skip
    [axes] = figure.axes
    axes.set_xscale("log")
    marks = [f"{rank}\n{size / whole:.0%}" for rank, size in zip(ranks, sizes, strict=True)]
    axes.set_xticks(ranks, marks)
    axes.minorticks_off()
    axes.invert_xaxis()
    axes.set_ylim(0, 1)
    return figure


def spectra(layers: list[Dense], rank: int) -> Figure:
    """Return a figure of the singular values of each layer, those kept at this rank marked."""
    figure, [row] = panels(1, len(layers), (9, 3.6), f"Singular values; those kept at rank {rank}")
    for i, (axes, layer) in enumerate(zip(row, layers, strict=True), 1):
        values = np.linalg.svd(layer.weights, compute_uv=False)
        kept = (values[:rank] ** 2).sum() / (values**2).sum()
        places = np.arange(1, len(values) + 1)
        axes.bar(places[:rank], values[:rank], color=LOOKS[0][0], label="kept")
        axes.bar(places[rank:], values[rank:], color="white", edgecolor=LOOKS[1][0],
                 linewidth=0.8, label="left out")  # fmt: skip
        axes.set(title=f"layer {i}: {kept:.0%} of |W|² is kept", xlabel="number")
        axes.legend(frameon=False)
        tidy(axes)
    return figure
