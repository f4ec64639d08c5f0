"""Architecture search: evolution against random trials, and operations mixed by gradients.

Which network tells two spirals apart with few parameters? A network of the space has one to three
hidden layers, each of a width and an activation of its own; what counts is its loss on points that
it was not trained on, and a price for every parameter. Evolution changes what was good; random
search is what it must beat with as many trainings. Then a network that computes all activations
at once learns, by gradients, which of them to trust.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Sequence
from functools import cache
from itertools import accumulate, pairwise, product
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from rich.table import Table

import viz
from autograd import Value, dot, relu, sigmoid, sin, softmax, tanh
from demos._planes import maps
from demos._progress import progress
from demos._report import Report, console
from nn.layers.layer import Layer
from nn.layers.sequential import Sequential
from nn.module import Module
from nn.optimizers.adam import Adam
from nn.toys import spirals
from nn.training.evaluate import evaluate
from nn.training.fit import fit
from viz.plotting.panels import LOOKS, panels, tidy

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LOSS, LEARNING_RATE, BATCH = "binary_cross_entropy_with_logits", 0.03, 20
ACTIVATIONS = {"relu": relu, "tanh": tanh, "sigmoid": sigmoid, "sin": sin}
WIDTHS, DEEPEST = (2, 4, 8, 16), 3
PRICE = 0.002  # of a parameter, in units of the loss
POPULATION, TOURNAMENT = 10, 4
MIXED = (8, 8)  # widths of the network that mixes its activations

Hidden = tuple[int, str]  # the width and the activation of a layer
Architecture = tuple[Hidden, ...]
Trial = tuple[float, Architecture]  # score, the less the better
Score = Callable[[Architecture], float]


class Effort(NamedTuple):
    """Hold how much is tried: trainings of a search, searches, epochs, rounds of mixing."""

    budget: int
    searches: int
    epochs: int
    rounds: int


FULL, QUICK = Effort(50, 4, 30, 40), Effort(20, 1, 10, 8)
POINTS = 200  # to train, to choose by, to judge by, each
WANTED, QUICK_WANTED = 0.93, 0.7


def main(out: Path, quick: bool) -> Report:
    """Search in three ways, train what was found, and draw what was tried."""
    effort = QUICK if quick else FULL
    train, validation, test = (spirals(POINTS, noise=0.03, turns=1.25, seed=k) for k in range(3))

    @cache
    def measured(architecture: Architecture) -> tuple[Sequential, float]:
        model = network(architecture)
        fit(model, *train, LOSS, Adam(lr=LEARNING_RATE), epochs=effort.epochs, batch_size=BATCH,
            seed=0, progress=False)  # fmt: skip
        return model, evaluate(model, *validation, LOSS)["loss"]

    def score(architecture: Architecture) -> float:
        model, loss = measured(architecture)
        return loss + PRICE * len(model.parameters())

    report = Report()
    found: dict[str, list[list[Trial]]] = {"evolution": [], "random search": []}
    with progress("searches", 2 * effort.searches) as advance:
        for seed in range(effort.searches):
            for name, search in (("evolution", evolution), ("random search", random_search)):
                found[name].append(search(score, effort.budget, random.Random(seed)))
                advance(f"{name}: {min(found[name][-1])[0]:.3f}")
    means = {name: fmean(min(trials)[0] for trials in found[name]) for name in found}
    console.print(f"random search finds {means['random search']:.3f} on average, "
                  f"with {effort.budget} trainings each time", highlight=False)  # fmt: skip
    report.reach("best score of evolution, on average", means["evolution"],
                 at_most=means["random search"])  # fmt: skip
    _, evolved = min(trial for trials in found["evolution"] for trial in trials)

    mixed, shares = mixed_network(train, validation, effort.rounds)
    chosen = tuple(zip(MIXED, mixed.chosen, strict=True))
    alone = [tuple(zip(MIXED, names, strict=True)) for names in product(ACTIVATIONS, repeat=2)]
    rank = 1 + sum(score(other) < score(chosen) for other in alone)
    console.print(f"mixing chooses {words(chosen)}: rank {rank} of {len(alone)} when each "
                  "is trained alone", highlight=False)  # fmt: skip
    report.reach("rank of the mixed network's choice", rank, at_most=len(alone) // 2)

    table = Table("found by", "hidden layers", "parameters", "validation loss", "test accuracy")
    panels_of = []
    for name, architecture in (("evolution", evolved), ("mixing", chosen)):
        model, loss = measured(architecture)
        right = evaluate(model, *test, LOSS, ["accuracy"])["accuracy"]
        table.add_row(name, words(architecture), str(len(model.parameters())), f"{loss:.3f}",
                      f"{right:.1%}")  # fmt: skip
        panels_of.append((f"{name}: {right:.1%} right", lambda X, m=model: m.predict(X)[:, 0]))
        if name == "evolution":
            report.reach("test accuracy of the evolved network", right,
                         at_least=QUICK_WANTED if quick else WANTED)  # fmt: skip
    console.print(table)
    report.draw(
        out / "searches.svg", "the best score so far, by trainings", lambda: search_curves(found)
    )
    report.draw(
        out / "mixing.svg",
        "how much of each activation is in the mixture, by round",
        lambda: share_curves(shares),
    )
    report.draw(
        out / "maps.svg",
        "what the networks found say of every point",
        lambda: maps(panels_of, *test, 81, "The networks found, on points of the test"),
    )
    return report


def network(architecture: Architecture) -> Sequential:
    """Return the untrained network of this architecture: two inputs, one output."""
    layers, inputs = [], 2
    for place, (width, activation) in enumerate(architecture):
        layers.append(Layer(inputs, width, activation=ACTIVATIONS[activation], seed=place))
        inputs = width
    return Sequential(*layers, Layer(inputs, 1, nonlin=False, seed=len(layers)))


def random_search(score: Score, budget: int, source: random.Random) -> list[Trial]:
    """Return so many trials of architectures drawn at random."""
    drawn = [random_architecture(source) for _ in range(budget)]
    return [(score(architecture), architecture) for architecture in drawn]


def evolution(score: Score, budget: int, source: random.Random) -> list[Trial]:
    """Return the trials of a population whose best of a few are mutated and whose oldest dies.

    Source: Real et al. 2019, "Regularized Evolution for Image Classifier Architecture Search",
    algorithm 1.
    """
    tried = random_search(score, min(POPULATION, budget), source)
    population = deque(tried)
    while len(tried) < budget:
        _, parent = min(source.sample(list(population), TOURNAMENT))
        child = mutated(parent, source)
        tried.append((score(child), child))
        population.append(tried[-1])
        population.popleft()
    return tried


def random_layer(source: random.Random) -> Hidden:
    """Return a random width and activation."""
    return source.choice(WIDTHS), source.choice(list(ACTIVATIONS))


def random_architecture(source: random.Random) -> Architecture:
    """Return one to three random layers, each depth as likely."""
    return tuple(random_layer(source) for _ in range(source.randint(1, DEEPEST)))


def mutated(parent: Architecture, source: random.Random) -> Architecture:
    """Return the architecture with one layer widened, narrowed, of another activation, more, less.

    It differs from its parent, and stays in the space.
    """
    while True:
        child, place = list(parent), source.randrange(len(parent))
        width, activation = child[place]
        change = source.choice(("width", "activation", "insert", "remove"))
        if change == "width":
            child[place] = source.choice(WIDTHS), activation
        elif change == "activation":
            child[place] = width, source.choice(list(ACTIVATIONS))
        elif change == "insert":
            child.insert(place, random_layer(source))
        else:
            del child[place]
        if 1 <= len(child) <= DEEPEST and tuple(child) != parent:
            return tuple(child)


class Mixture(Module):
    """Compute Σ softmax(α)ₖ fₖ(x) of every number, over all activations f.

    Source: Liu et al. 2019, "DARTS: Differentiable Architecture Search", equation 2.
    """

    def __init__(self) -> None:
        self.alphas = [Value(0.0, label=f"α {name}") for name in ACTIVATIONS]

    def __call__(self, x: Any) -> list[Any]:
        shares = softmax(self.alphas)
        return [dot(shares, [f(number) for f in ACTIVATIONS.values()]) for number in x]

    @property
    def shares(self) -> list[float]:
        """Return how much of each activation there is."""
        return [share.data for share in softmax(self.alphas)]


class MixedNetwork(Module):
    """Be the network whose hidden layers mix all activations."""

    def __init__(self, *widths: int) -> None:
        sizes = [2, *widths, 1]
        self.weights = [
            Layer(inputs, outputs, nonlin=False, seed=i)
            for i, (inputs, outputs) in enumerate(pairwise(sizes))
        ]
        self.mixtures = [Mixture() for _ in widths]

    def __call__(self, x: list[Any]) -> Any:
        for layer, mixture in zip(self.weights, self.mixtures, strict=False):
            x = mixture(layer(x))
        return self.weights[-1](x)

    @property
    def chosen(self) -> list[str]:
        """Return the activation that each layer has most of."""
        return [max(zip(m.shares, ACTIVATIONS, strict=True))[1] for m in self.mixtures]


def mixed_network(train: Any, validation: Any, rounds: int) -> tuple[MixedNetwork, Any]:
    """Return a mixed network after so many rounds, and the shares (round, layer, activation).

    In each the weights learn from the training points, then the α from the validation points: the
    first-order method of Liu et al. 2019, section 2.3.
    """
    model = MixedNetwork(*MIXED)
    shares = [[mixture.shares for mixture in model.mixtures]]
    turns: list[tuple[Sequence[Module], Any, Adam]] = [
        (model.mixtures, train, Adam(lr=LEARNING_RATE)),
        (model.weights, validation, Adam(lr=LEARNING_RATE)),
    ]
    with progress("mixing", rounds) as advance:
        for k in range(rounds):
            for resting, samples, optimizer in turns:
                model.unfreeze()
                for part in resting:
                    part.freeze()
                X, y = samples
                history = fit(model, X, y, LOSS, optimizer, epochs=1, batch_size=BATCH, seed=k,
                              progress=False)  # fmt: skip
            shares.append([mixture.shares for mixture in model.mixtures])
            advance(f"validation loss {history['loss'][-1]:.3f}")
    return model, np.array(shares)


def words(architecture: Architecture) -> str:
    """Return an architecture as a text.

    >>> words(((8, "tanh"), (4, "relu")))
    '8 tanh, 4 relu'
    """
    return ", ".join(f"{width} {activation}" for width, activation in architecture)


def search_curves(found: dict[str, list[list[Trial]]]) -> Figure:
    """Return a figure of the best score so far: each search thin, their mean thick."""
    figure, [[axes]] = panels(title="Evolution and random search: the best score so far")
    for (name, searches), (colour, dashes, _) in zip(found.items(), LOOKS, strict=False):
        best = np.array([list(accumulate((s for s, _ in trials), min)) for trials in searches])
        trainings = range(1, best.shape[1] + 1)
        axes.plot(trainings, best.T, color=colour, linewidth=0.7, alpha=0.5, linestyle=dashes)
        axes.plot(trainings, best.mean(axis=0), color=colour, linewidth=2.5, linestyle=dashes,
                  label=f"{name}, mean of {len(searches)}")  # fmt: skip
    axes.set(xlabel="trainings", ylabel=f"validation loss + {PRICE} × parameters")
    tidy(axes)
    axes.legend(frameon=False, handlelength=3.5)
    return figure


def share_curves(shares: Any) -> Figure:
    """Return a figure of the shares of the activations in each layer."""
    figure, [plots] = panels(1, shares.shape[1], (9, 3.8), "Which activation is trusted")
    for layer, axes in enumerate(plots):
        series = dict(zip(ACTIVATIONS, shares[:, layer].T, strict=True))
        viz.curves(series, f"hidden layer {layer + 1}", "round", "share of the mixture", ax=axes)
    return figure
