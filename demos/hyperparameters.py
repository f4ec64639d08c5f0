"""Hyper-parameters: random search, a grid of as many trials, and successive halving for less.

How large should a step be, how wide the hidden layer, how many samples a batch has, how strong the
penalty? The learning rate decides most, and its size is unknown. A grid of 24 trials tries three
rates, 24 random trials try 24, without a choice of values beforehand; which of both ends ahead is
luck here, for good rates are a wide range. Successive halving starts the networks of the random
search, gives up two of three after an epoch and again after three, and so comes as far in a quarter
of the epochs; a network that starts slowly is lost to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.table import Table

from demos._digits import digits
from demos._progress import Advance, progress
from demos._report import Report, console
from nn.data.splitting import split
from nn.layers.mlp import MLP
from nn.metrics.classification import accuracy
from nn.optimizers.sgd import SGD
from nn.training.diverged import DivergedError
from nn.training.fit import fit
from viz.plotting.panels import LOOKS, panels, tidy

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INPUTS, CLASSES = 64, 10
LEARN, CHOOSE = 500, 400  # digits to learn from and to choose by; more would make it too easy
WIDTHS, BATCHES = (8, 16, 24, 32), (8, 16, 32, 64)
RATES, PENALTIES = (-4.0, 1.0), (-6.0, -2.0)  # powers of ten: the least and the greatest
TRIALS, QUICK_TRIALS = 24, 8
KEPT = 3  # of so many trials one goes on to the next round of halving
ROUNDS, QUICK_ROUNDS = (1, 3, 9), (1, 3)  # epochs after which some go; the last is of all trials
WANTED, QUICK_WANTED = 0.88, 0.6

Samples = tuple[Any, Any]
Setting = dict[str, float]


@dataclass
class Trial:
    """Hold a setting, its network, and what it reaches on the validation part by epoch."""

    setting: Setting
    model: MLP = field(init=False)
    optimizer: SGD = field(init=False)
    reached: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.model = MLP(INPUTS, [int(self.setting["width"]), CLASSES], activation="tanh", seed=0)
        self.optimizer = SGD(lr=self.setting["learning rate"], weight_decay=self.setting["penalty"])

    def train(self, epochs: int, learn: Samples, choose: Samples) -> None:
        """Train on until so many epochs are reached; what diverges has reached nothing."""
        try:
            history = fit(
                self.model, *learn, "cross_entropy", self.optimizer,
                epochs - len(self.reached), int(self.setting["batch"]), validation=choose,
                metrics=["accuracy"], seed=len(self.reached), progress=False,
            )  # fmt: skip
            self.reached += history["val_accuracy"]
        except DivergedError:
            self.reached += [0.0] * (epochs - len(self.reached))

    @property
    def score(self) -> float:
        """Return what it reaches now."""
        return self.reached[-1]


def main(out: Path, quick: bool) -> Report:
    """Search in three ways, and judge the network that each finds on the test part."""
    train, test = digits()
    X, y = (part[: LEARN + CHOOSE] for part in train)
    learn, choose = split(X, y, test=CHOOSE, seed=0)
    count, rounds = (QUICK_TRIALS, QUICK_ROUNDS) if quick else (TRIALS, ROUNDS)
    settings = random_settings(count, seed=0)
    searches: dict[str, list[Trial]] = {}
    with progress("trials", 3 * count) as advance:
        for name, tried, ends in (
            ("random search", settings, rounds[-1:]),
            ("grid", grid(count), rounds[-1:]),
            ("halving", settings, rounds),
        ):
            searches[name] = [Trial(setting) for setting in tried]
            halving(searches[name], ends, learn, choose, advance)
    best = {  # of those that were not given up
        name: max(trials, key=lambda trial: (len(trial.reached), trial.score))
        for name, trials in searches.items()
    }
    judged = {name: accuracy(one.model.predict(test[0]), test[1]) for name, one in best.items()}
    epochs = {
        name: sum(len(trial.reached) for trial in trials) for name, trials in searches.items()
    }
    console.print(best_trials(searches["random search"]))
    console.print(results(best, epochs, judged))

    report = Report()
    report.reach("test accuracy of what random search found", judged["random search"],
                 at_least=QUICK_WANTED if quick else WANTED)  # fmt: skip
    report.reach("validation accuracy of the best random trial, less that of the grid's best",
                 best["random search"].score - best["grid"].score,
                 at_least=-0.2 if quick else -0.03)  # fmt: skip
    report.reach("test accuracy of what halving found", judged["halving"],
                 at_least=judged["random search"] - 0.05)  # fmt: skip
    report.reach("epochs of halving / epochs of random search",
                 epochs["halving"] / epochs["random search"],
                 at_most=0.6 if quick else 0.3)  # fmt: skip
    report.draw(out / "trials.svg", "accuracy by each hyper-parameter", lambda: scatter(searches))
    report.draw(
        out / "halving.svg",
        "the trials that successive halving goes on with",
        lambda: halving_curves(searches["halving"]),
    )
    return report


def random_settings(count: int, seed: int) -> list[Setting]:
    """Return settings drawn independently: rates and penalties evenly over powers of ten.

    Source: Bergstra and Bengio 2012, "Random Search for Hyper-Parameter Optimization".
    """
    source = np.random.RandomState(seed)
    return [
        {
            "learning rate": 10 ** source.uniform(*RATES),
            "width": int(source.choice(WIDTHS)),
            "batch": int(source.choice(BATCHES)),
            "penalty": 10 ** source.uniform(*PENALTIES),
        }
        for _ in range(count)
    ]


def grid(count: int) -> list[Setting]:
    """Return settings of all combinations: two values of each, count / 8 of the learning rate."""
    edges = np.linspace(*RATES, count // 8 + 1)
    chosen = product(
        10.0 ** ((edges[:-1] + edges[1:]) / 2),
        WIDTHS[1::2],
        BATCHES[::2],
        10.0 ** np.array([-5, -3]),
    )
    return [
        {"learning rate": rate, "width": width, "batch": batch, "penalty": penalty}
        for rate, width, batch, penalty in chosen
    ]


def halving(
    trials: Sequence[Trial], ends: Sequence[int], learn: Samples, choose: Samples, advance: Advance
) -> None:
    """Train all until the first of the ends, the best third until the next, and so on.

    With one end it is a search that gives nothing up. Source: Jamieson and Talwalkar 2016,
    "Non-stochastic Best Arm Identification and Hyperparameter Optimization", figure 3; thirds
    instead of halves: Li et al. 2018, "Hyperband", section 3.1.
    """
    for end in ends:
        for trial in trials:
            if not trial.reached:
                advance("")
            trial.train(end, learn, choose)
        trials = sorted(trials, key=lambda trial: -trial.score)[: max(1, len(trials) // KEPT)]


def best_trials(trials: Sequence[Trial]) -> Table:
    """Return a table of all trials, the best first."""
    table = Table(*trials[0].setting, "validation accuracy", title="random search, by accuracy")
    for column in table.columns:
        column.justify = "right"
    for trial in sorted(trials, key=lambda trial: -trial.score):
        table.add_row(*[f"{x:.3g}" for x in trial.setting.values()], f"{trial.score:.1%}")
    return table


def results(best: dict[str, Trial], epochs: dict[str, int], judged: dict[str, float]) -> Table:
    """Return a table of what each search cost and found."""
    table = Table("search", "epochs", "rate, width, batch, penalty", "validation", "test",
                  title="the best trial of each search")  # fmt: skip
    for name, trial in best.items():
        setting = ", ".join(f"{x:.2g}" for x in trial.setting.values())
        table.add_row(name, str(epochs[name]), setting,
                      f"{trial.score:.1%}", f"{judged[name]:.1%}")  # fmt: skip
    return table


def scatter(searches: dict[str, list[Trial]]) -> Figure:
    """Return a figure with a panel a hyper-parameter: what the trials of two searches reached."""
    names = list(searches["grid"][0].setting)
    figure, [plots] = panels(1, len(names), (12, 3.6), "What each trial reached")
    for axes, name in zip(plots, names, strict=True):
        for search, (colour, _, marker) in zip(("random search", "grid"), LOOKS, strict=False):
            trials = searches[search]
            axes.scatter([t.setting[name] for t in trials], [t.score for t in trials], 26,
                         color=colour, marker=marker, label=search, alpha=0.75)  # fmt: skip
        if name in ("learning rate", "penalty"):
            axes.set_xscale("log")
        axes.set(xlabel=name, ylim=(0, 1))
        tidy(axes)
    for axes, values in ((plots[1], WIDTHS), (plots[2], BATCHES)):
        axes.set_xticks(values, [str(value) for value in values])
    plots[0].set_ylabel("validation accuracy")
    plots[0].legend(frameon=False, fontsize=8, loc="lower center")
    return figure


def halving_curves(trials: Sequence[Trial]) -> Figure:
    """Return a figure of every trial's accuracy by epoch, as far as it was trained."""
    figure, [[axes]] = panels(title="Successive halving: most are given up early")
    lengths = sorted({len(trial.reached) for trial in trials})
    for trial in trials:
        epochs = range(1, len(trial.reached) + 1)
        colour, _, marker = LOOKS[lengths.index(len(trial.reached))]
        axes.plot(epochs, trial.reached, color=colour, marker=marker, markersize=4, linewidth=1.2)
    for length, (colour, _, marker) in zip(lengths, LOOKS, strict=False):
        count = sum(len(trial.reached) == length for trial in trials)
        axes.plot([], [], color=colour, marker=marker, label=f"{count} end at epoch {length}")
    axes.set(xlabel="epoch", ylabel="validation accuracy", ylim=(0, 1))
    axes.xaxis.get_major_locator().set_params(integer=True)
    tidy(axes)
    axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.15), ncol=len(lengths))
    return figure
