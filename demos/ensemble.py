"""Ensembles: many networks trained at once as one program, and a sweep of learning rates.

Networks that start from other numbers err in other places: the mean of their probabilities has a
lower loss than they have on average, and where they disagree nobody should be sure. All train at
once (`nn.fit_many`), since each array of the program has an axis of networks. So do those of a
sweep of learning rates, each from a few seeds; what runs away leaves the others alone.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.table import Table

from demos._planes import COLOURS, MARKERS, maps
from demos._report import Report, console
from nn.layers.mlp import MLP
from nn.metrics.classification import accuracy, log_loss
from nn.optimizers.adam import Adam
from nn.optimizers.sgd import SGD
from nn.toys import moons
from nn.training.fit import fit
from nn.training.many.ensemble import Ensemble
from nn.training.many.fit_many import fit_many
from viz.plotting.panels import LOOKS, panels, tidy

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LEARN, JUDGE, NOISE = 60, 400, 0.3
LAYERS = (2, [16, 16, 1])
NETWORKS, QUICK_NETWORKS = 32, 8
EPOCHS, QUICK_EPOCHS = 200, 60
RATES = tuple(10 ** (k / 2) for k in range(-6, 7))  # of the sweep: 0.001 to 1000
SWEEP_SEEDS, SWEEP_EPOCHS = 3, 20
LOSS = "binary_cross_entropy_with_logits"


def main(out: Path, quick: bool) -> Report:
    """Train an ensemble, judge it beside its members, and sweep learning rates."""
    learn, judge = moons(LEARN, noise=NOISE, seed=0), moons(JUDGE, noise=NOISE, seed=1)
    count, epochs = (QUICK_NETWORKS, QUICK_EPOCHS) if quick else (NETWORKS, EPOCHS)
    start = perf_counter()
    ensemble = fit_many(
        network, *learn, LOSS, Adam(lr=0.02), epochs, batch_size=20, seeds=range(count),
        progress=False,
    )  # fmt: skip
    together = perf_counter() - start
    start = perf_counter()
    alone = network(0)
    history = fit(alone, *learn, LOSS, Adam(lr=0.02), epochs, batch_size=20, seed=0, progress=False)
    one = perf_counter() - start
    console.print(
        f"{count} networks at once took {together:.2f} s, one of them alone {one:.2f} s: "
        f"{count * one / together:.1f} times as fast as one after another."
    )

    each = probabilities(ensemble, judge[0])
    mean = each.mean(axis=0)
    losses = [log_loss(p, judge[1], from_logits=False) for p in each]
    rights = [accuracy(p, judge[1], threshold=0.5) for p in each]
    of_mean = log_loss(mean, judge[1], from_logits=False)
    right = accuracy(mean, judge[1], threshold=0.5)
    table = Table("", "cross-entropy", "accuracy", title=f"{LEARN} points to learn, {JUDGE} others")
    table.add_row("a network, on average", f"{np.mean(losses):.3f}", f"{np.mean(rights):.1%}")
    table.add_row("the best one, in hindsight", f"{min(losses):.3f}", f"{max(rights):.1%}")
    table.add_row("all together", f"{of_mean:.3f}", f"{right:.1%}")
    console.print(table)
    spread = each.std(axis=0)
    wrong = (mean > 0.5) != judge[1]
    sweep = fit_many(
        network, *learn, LOSS, SGD(), SWEEP_EPOCHS, batch_size=20, seeds=range(SWEEP_SEEDS),
        hyperparameters=[{"lr": rate} for rate in RATES], validation=judge, progress=False,
    )  # fmt: skip
    best = sweep.best("val_loss")
    console.print(
        f"Of {len(sweep)} networks that SGD trained with {len(RATES)} rates the best has "
        f"lr={best.hyperparameters['lr']:.3g}."
    )

    report = Report()
    report.reach("largest difference of a loss from that of the network alone",
                 float(np.abs(np.subtract(ensemble[0].history["loss"], history["loss"])).max()),
                 at_most=1e-9)  # fmt: skip
    report.reach("cross-entropy of all together, beside the mean of the networks'",
                 of_mean / float(np.mean(losses)), at_most=0.95)  # fmt: skip
    report.reach("how much more networks disagree where they are wrong",
                 float(spread[wrong].mean() / spread[~wrong].mean()), at_least=1.2)  # fmt: skip
    points = 25 if quick else 51
    report.draw(
        out / "agreement.svg",
        "what one network says, and what all say together",
        lambda: maps(
            [("one network", partial(scores, Ensemble(ensemble.members[:1]))),
             (f"{count} together", partial(scores, ensemble))],
            *learn, points, "Networks 2-16-16-1 on noisy points",
        ),
    )  # fmt: skip
    report.draw(out / "spread.svg", "where networks disagree",
                lambda: spread_map(ensemble, learn, points))  # fmt: skip
    report.draw(out / "sweep.svg", "validation loss by learning rate", lambda: sweep_curve(sweep))
    return report


def network(seed: int) -> MLP:
    """Return a network that starts from the numbers of a seed."""
    return MLP(*LAYERS, activation="tanh", seed=seed)


def probabilities(ensemble: Ensemble, rows: Any) -> Any:
    """Return the probability of class 1, (networks, rows)."""
    return 1 / (1 + np.exp(-ensemble.predict(rows, each=True)[:, :, 0]))


def scores(ensemble: Ensemble, rows: Any) -> Any:
    """Return the mean probability of each row, less a half; above zero is class 1."""
    return probabilities(ensemble, rows).mean(axis=0) - 0.5


def spread_map(ensemble: Ensemble, samples: Any, points: int) -> Figure:
    """Return a map of the standard deviation of the networks' probabilities."""
    X, y = np.asarray(samples[0]), np.asarray(samples[1])
    low, high = X.min(axis=0) - 1, X.max(axis=0) + 1
    across, up = (np.linspace(a, b, points) for a, b in zip(low, high, strict=True))
    grid = np.array([[a, b] for b in up for a in across])
    found = probabilities(ensemble, grid).std(axis=0).reshape(points, points)
    figure, [[axes]] = panels(title="Where the networks disagree")
    drawn = axes.contourf(across, up, found, levels=10, cmap="Greys")
    figure.colorbar(drawn, ax=axes, label="standard deviation of the probability")
    for k, (colour, marker) in enumerate(zip(COLOURS, MARKERS, strict=True)):
        axes.plot(*X[y == k].T, marker, color=colour, markeredgecolor="white", label=f"class {k}")
    axes.legend(frameon=True, fontsize=8)
    return figure


def sweep_curve(sweep: Ensemble) -> Figure:
    """Return a figure of the last validation losses by rate; what diverged has none."""
    figure, [[axes]] = panels(title=f"SGD for {SWEEP_EPOCHS} epochs, by learning rate")
    for k, (colour, _, marker) in zip(range(SWEEP_SEEDS), LOOKS, strict=False):
        mine = [m for m in sweep if m.seed == k and not m.diverged]
        rates = [m.hyperparameters["lr"] for m in mine]
        losses = [m.history["val_loss"][-1] for m in mine]
        axes.plot(rates, losses, color=colour, marker=marker, label=f"seed {k}")
    axes.set(xlabel="learning rate", ylabel="validation loss", xscale="log", yscale="log")
    tidy(axes)
    axes.legend(frameon=False)
    return figure
