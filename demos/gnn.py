"""Graph networks: a club's two factions from four names, and molecules told apart by their bonds.

In Zachary's karate club 34 people split in two. Each network is told the side of four members, and
finds those of the others from the friendships alone: a member knows nothing but its own number, and
what its neighbours pass on. Number 9, whom most networks miss, Zachary's own model missed as well.

The molecules are made up; of each pair, of the same atoms and the same skeleton, one has a carbon
between a nitrogen and an oxygen. Without messages that cannot be seen.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from rich.table import Table

from autograd import mean
from demos._graph_figures import club_figure, embedding_figure, molecule_figure
from demos._karate import FACTIONS, KNOWN, karate
from demos._molecules import molecules
from demos._progress import progress
from demos._report import Report, console
from nn.data.arrays import Floats
from nn.graph.attention import GraphAttention
from nn.graph.convolution import GraphConv
from nn.graph.graphs import Graph, unpacked_graph
from nn.graph.messages import MessagePassing
from nn.graph.readout import Readout
from nn.initialisers import normal
from nn.layers.each import Each
from nn.layers.layer import Layer
from nn.layers.mlp import MLP
from nn.layers.sequential import Sequential
from nn.losses import cross_entropy
from nn.module import Module
from nn.optimizers.adam import Adam
from nn.penalties import l2_penalty
from nn.training.fit import fit

LEARNING_RATE = 0.01
HIDDEN, EPOCHS, STRENGTH, SEEDS, QUICK_SEEDS = 8, 100, 0.001, 5, 1
WIDTH, ROUNDS, MOLECULE_EPOCHS, QUICK_MOLECULE_EPOCHS = 12, 2, 40, 15
PAIRS, QUICK_PAIRS, TEST_PAIRS = 200, 150, 150
WANTED, QUICK_WANTED = 0.95, 0.8
ATOMS = 3

Part = Callable[..., Any]  # (features in, features out, options) -> a layer on a graph
PARTS: dict[str, Part] = {
    "convolution": GraphConv,
    "sum": partial(MessagePassing, aggregation="sum"),
    "mean": partial(MessagePassing, aggregation="mean"),
    "attention": lambda nin, nout, **options: GraphAttention(nin, nout // 2, heads=2, **options),
}


def main(out: Path, quick: bool) -> Report:
    """Split the club by four ways of passing messages, then tell molecules apart."""
    report = Report()
    split_the_club(report, out, QUICK_SEEDS if quick else SEEDS)
    tell_molecules_apart(report, out, quick)
    return report


def split_the_club(report: Report, out: Path, seeds: int) -> None:
    """Train every kind of network from several starts; draw what those of the first one say."""
    graph, factions = karate()
    rest = [i for i in range(graph.nodes) if i not in KNOWN]
    console.print(f"[bold]{graph}[/]: the side of {len(KNOWN)} members is known", highlight=False)
    said: dict[str, Any] = {}
    places: dict[str, Floats] = {}
    shares: dict[str, list[float]] = {name: [] for name in PARTS}
    title = f"share right of the other {len(rest)} members, {seeds} starts"
    table = Table("messages", "mean", "worst", "missed at the first start", title=title)
    with progress("karate club", len(PARTS) * seeds) as advance:
        for name, part in PARTS.items():
            for seed in range(seeds):
                network = club_network(part, graph, factions, seed)
                answers = network.predict(np.eye(graph.nodes)[None])[0].argmax(axis=1)
                shares[name].append(float((answers == factions)[rest].mean()))
                if seed == 0:
                    said[name], places[name] = answers, embedding(network, graph.nodes)
                advance(f"{name}: {shares[name][-1]:.1%} right")
            missed = " ".join(str(i + 1) for i in rest if said[name][i] != factions[i])
            average, worst = fmean(shares[name]), min(shares[name])
            table.add_row(name, f"{average:.3f}", f"{worst:.3f}", missed or "nobody")
    console.print(table)
    for name in PARTS:
        report.reach(f"karate club, {name}: share right", fmean(shares[name]), at_least=0.9)
    marks = factions, KNOWN, FACTIONS
    report.draw(
        out / "club.svg",
        "the club, and the side that each network gives to its members",
        lambda: club_figure(graph, said, *marks),
    )
    report.draw(
        out / "embedding.svg",
        "where each network puts each member",
        lambda: embedding_figure(places, *marks),
    )


def tell_molecules_apart(report: Report, out: Path, quick: bool) -> None:
    """Train networks with and without messages on pairs of molecules, and judge them on others."""
    train = molecules(QUICK_PAIRS if quick else PAIRS, seed=0)
    test = molecules(TEST_PAIRS, seed=1)
    console.print(f"[bold]{len(train[0])} made-up molecules[/] to learn from, "
                  f"{len(test[0])} others to judge by", highlight=False)  # fmt: skip
    answers = {}
    for name in ("none", "sum") if quick else ("none", "sum", "mean", "attention"):
        console.print(f"messages: {name}")
        model = Molecules(PARTS.get(name), seed=0)
        history = fit(
            model, *train, optimizer=Adam(lr=LEARNING_RATE), seed=0, validation=test,
            epochs=QUICK_MOLECULE_EPOCHS if quick else MOLECULE_EPOCHS, metrics=["accuracy"],
        )  # fmt: skip
        answers[name] = model.predict(test[0]).argmax(axis=1)
        figure = history["val_accuracy"][-1]
        if name == "none":
            report.reach("molecules without messages: test accuracy", figure, at_most=0.6)
        else:
            report.reach(f"molecules, {name}: test accuracy", figure,
                         at_least=QUICK_WANTED if quick else WANTED)  # fmt: skip
    shown = {name: answers[name] for name in ("none", "sum")}
    report.draw(
        out / "molecules.svg",
        "molecules in pairs, and what two networks say",
        lambda: molecule_figure(*test, shown),
    )


def club_network(part: Part, graph: Graph, factions: Any, seed: int) -> Sequential:
    """Return a network of two layers, trained on the members whose side is known, and no others.

    Small weights at the start and a penalty keep what was never taught from being believed.
    """
    small = normal(std=0.02)
    network = Sequential(
        part(graph.nodes, HIDDEN, graph=graph, activation="tanh", init=small, seed=seed),
        part(HIDDEN, 2, graph=graph, activation="tanh", init=small, seed=seed + 100),
        Each(Layer(2, 2, activation="linear", seed=seed)),
    )  # fmt: skip

    def loss(outputs: Any, sides: Any) -> Any:
        return mean([cross_entropy(outputs[i], k) for i, k in zip(KNOWN, sides, strict=True)])

    fit(
        network, np.eye(graph.nodes)[None], factions[None, list(KNOWN)], loss=loss,
        optimizer=Adam(lr=LEARNING_RATE), epochs=EPOCHS, progress=False,
        penalty=lambda parameters: l2_penalty(parameters, STRENGTH),
    )  # fmt: skip
    return network


def embedding(network: Sequential, nodes: int) -> Floats:
    """Return the two features that the last graph layer gives to each node."""
    points: Floats = Sequential(*network.parts[:2]).predict(np.eye(nodes)[None])[0]
    return points


class Molecules(Module):
    """Pass messages along the bonds, add up all atoms, and tell the class."""

    def __init__(self, part: Part | None, seed: int) -> None:
        sizes = [ATOMS, *[WIDTH] * ROUNDS] if part else [ATOMS]
        self.rounds = [part(nin, nout, seed=seed + k)
                       for k, (nin, nout) in enumerate(pairwise(sizes)) if part]  # fmt: skip
        self.readout = Readout("sum")
        self.last = MLP(sizes[-1], [8, 2], seed=seed + 9)

    def __call__(self, sample: Any) -> Any:
        x, bonds = unpacked_graph(sample)
        for layer in self.rounds:
            x = layer(x, bonds)
        return self.last(self.readout(x, bonds))
