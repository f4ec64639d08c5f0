"""Federated averaging: ten clients who know two or three digits each learn all ten together.

Nobody's digits leave them: a client gets the weights of the common model, trains them on its own
samples and gives weights back, of which the server takes the mean. A client alone cannot know the
digits that it has never seen; together they come near a model that was trained on everything. The
more each learns before the weights are averaged, the more the first rounds bring; but clients so
unlike each other pull apart, and when some are not asked, what they know fades at once.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.table import Table

import autograd
import viz
from demos._digits import digits
from demos._progress import Advance, progress
from demos._report import Report, console
from nn.data.arrays import Floats
from nn.data.batches import batches
from nn.layers.mlp import MLP
from nn.losses import cross_entropy
from nn.metrics.classification import accuracy
from viz.plotting.panels import panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CLIENTS, SHARDS = 10, 2  # shards a client: runs of samples sorted by class
INPUTS, SIZES, LEARNING_RATE, BATCH = 64, [32, 10], 0.2, 10
ROUNDS, QUICK_ROUNDS, LOCAL_EPOCHS = 50, 5, 5
WANTED, QUICK_WANTED = 0.91, 0.75


class Trainer:
    """Compute loss and gradient of one network wherever its weights are: what every client runs.

    Its weights are one flat array. `nn.fit` would make a new program for every client and round.
    """

    def __init__(self) -> None:
        self.model = MLP(INPUTS, SIZES, seed=0)
        loss = autograd.compile(lambda x, t: cross_entropy(self.model(x), t), rows=["x", "t"],
                                reduce="mean")  # fmt: skip
        self.bound = loss.bind(self.model)
        self.start: Floats = self.bound.parameters.copy()

    def descend(self, weights: Floats, X: Any, y: Any, epochs: int, seed: int) -> Floats:
        """Return the weights after so many epochs of w <- w - η ∇loss(w; batch)."""
        w, source = self.bound.parameters, np.random.RandomState(seed)
        w[:] = weights
        for _ in range(epochs):
            for x, t in batches(X, y, BATCH, seed=source):
                _, gradient = self.bound.value_and_grad(x, t)
                w -= LEARNING_RATE * gradient
        return np.array(w)

    def accuracy(self, weights: Floats, X: Any, y: Any) -> float:
        """Return how many of the samples the network with these weights names right."""
        self.bound.parameters[:] = weights
        self.bound.sync()
        return accuracy(self.model.predict(X), y)


class Client:
    """Hold samples that nobody else sees, and learn from them when asked."""

    def __init__(self, X: Any, y: Any) -> None:
        self._X, self._y = X, y
        self.count = len(y)
        self.knows = np.bincount(y, minlength=SIZES[-1])  # samples of each class
        self.asked = 0

    def update(self, trainer: Trainer, weights: Floats, epochs: int) -> Floats:
        """Return the common weights after so many epochs on one's own samples.

        Source: McMahan et al. 2017, "Communication-Efficient Learning of Deep Networks from
        Decentralized Data", ClientUpdate of algorithm 1.
        """
        self.asked += 1
        return trainer.descend(weights, self._X, self._y, epochs, seed=self.asked)


def main(out: Path, quick: bool) -> Report:
    """Train together, alone and in one place, and compare on digits that no client has."""
    train, (X_test, y_test) = digits()
    rounds = QUICK_ROUNDS if quick else ROUNDS

    trainer = Trainer()

    def judged(weights: Floats) -> float:
        return trainer.accuracy(weights, X_test, y_test)

    skewed = clients_of(*train, by_class=True)
    mixed = clients_of(*train, by_class=False)
    curves = {}
    for name, clients, epochs, share in (
        (f"{LOCAL_EPOCHS} local epochs", skewed, LOCAL_EPOCHS, 1.0),
        ("1 local epoch", skewed, 1, 1.0),
        ("half of the clients a round", skewed, LOCAL_EPOCHS, 0.5),
        ("clients with all digits", mixed, LOCAL_EPOCHS, 1.0),
    ):
        with progress(name, rounds) as advance:
            common = federated(trainer, clients, rounds, epochs, share, advance)
        curves[name] = [judged(weights) for weights in common]
    together = next(iter(curves.values()))[-1]

    # more passes change nothing for them: they have learned what there is
    central = judged(trainer.descend(trainer.start, *train, rounds, seed=0))
    alone = [judged(client.update(trainer, trainer.start, rounds)) for client in skewed]
    console.print(results(skewed, alone, together, central))
    sent = 2 * CLIENTS * rounds * len(trainer.start)
    console.print(f"{sent:,} numbers went to and fro, and no sample", highlight=False)

    report = Report()
    report.reach("accuracy of the clients together", together,
                 at_least=QUICK_WANTED if quick else WANTED)  # fmt: skip
    report.reach("accuracy of a client alone, on average", fmean(alone), at_most=0.3)
    report.reach("lost against one place", central - together, at_most=0.25 if quick else 0.06)
    report.draw(
        out / "rounds.svg", "accuracy by round", lambda: round_curves(curves, alone, central)
    )
    report.draw(
        out / "clients.svg",
        "which digits each client has, and how good it is alone",
        lambda: client_chart(skewed, alone),
    )
    return report


def clients_of(X: Any, y: Any, *, by_class: bool) -> list[Client]:
    """Return clients with as many samples each, of a few classes each or of all.

    Sorted by class the samples are cut into shards, of which each client draws two: the
    "pathological" split of McMahan et al. 2017, section 3.
    """
    source = np.random.RandomState(0)
    order = np.argsort(y, kind="stable") if by_class else source.permutation(len(y))
    shards = np.array_split(order, CLIENTS * SHARDS)
    hands = source.permutation(len(shards)).reshape(CLIENTS, SHARDS)
    chosen = [np.concatenate([shards[i] for i in hand]) for hand in hands]
    return [Client(X[mine], y[mine]) for mine in chosen]


def averaged(weights: Sequence[Floats], counts: Sequence[int]) -> Floats:
    """Return the mean of weights, those of more samples counting more: Σ n_k w_k / Σ n_k.

    >>> averaged([np.array([0.0]), np.array([4.0])], [1, 3])
    array([3.])
    """
    return np.asarray(np.average(weights, axis=0, weights=counts))


def federated(
    trainer: Trainer,
    clients: list[Client],
    rounds: int,
    epochs: int,
    share: float,
    advance: Advance,
) -> list[Floats]:
    """Return the common weights before the first round and after each; in each a share is asked.

    Source: McMahan et al. 2017, FederatedAveraging of algorithm 1.
    """  # fmt: skip
    source = random.Random(0)
    common = [trainer.start]
    for number in range(1, rounds + 1):
        asked = source.sample(clients, round(share * len(clients)))
        found = [client.update(trainer, common[-1], epochs) for client in asked]
        common.append(averaged(found, [client.count for client in asked]))
        advance(f"round {number}")
    return common


def results(clients: list[Client], alone: list[float], together: float, central: float) -> Table:
    """Return a table of the accuracies on all ten digits."""
    table = Table("trained by", "samples", "knows", "accuracy", title="on digits of the test part")
    for number, (client, right) in enumerate(zip(clients, alone, strict=True), 1):
        knows = ", ".join(map(str, np.flatnonzero(client.knows)))
        table.add_row(f"client {number} alone", str(client.count), knows, f"{right:.1%}")
    everyone = f"{sum(client.count for client in clients):,}"
    table.add_row("all clients, averaging", everyone, "their own", f"{together:.1%}")
    table.add_row("one place", everyone, "everything", f"{central:.1%}")
    return table


def round_curves(curves: dict[str, list[float]], alone: list[float], central: float) -> Figure:
    """Return a figure of the accuracies by round, between one client's and the central one."""
    figure = viz.curves(curves, title="Weights travel, samples stay", xlabel="round",
                        ylabel="accuracy on the test part")  # fmt: skip
    [axes] = figure.axes
    last = len(next(iter(curves.values()))) - 1
    for height, text in ((central, "everything in one place"), (fmean(alone), "a client alone")):
        axes.axhline(height, color="black", linewidth=0.8)
        axes.text(last, height + 0.01, text, ha="right", va="bottom")
    axes.set_ylim(0, 1.06)
    axes.legend(frameon=False, handlelength=3.5, loc="center right")
    return figure


def client_chart(clients: list[Client], alone: list[float]) -> Figure:
    """Return a figure of the samples of each class that the clients have."""
    figure, [[axes]] = panels(1, 1, (6.6, 4.6), "Which digits each client has")
    image = axes.imshow([client.knows for client in clients], cmap="Blues")
    axes.set_xticks(range(10))
    axes.set_yticks(range(CLIENTS), [f"{i}: alone {right:.0%}" for i, right in enumerate(alone, 1)])
    axes.set(xlabel="digit", ylabel="client")
    figure.colorbar(image, ax=axes, label="samples")
    return figure
