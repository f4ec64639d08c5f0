"""Accuracy beside scikit-learn's network of the same shape: `python -m benchmarks.accuracy`.

One hidden layer of 16 relu neurons, trained by Adam; fixed splits (a quarter for the test,
random_state 0), standardised with the training part, each number the mean over seeds. scikit-learn
trains with its own settings until its loss no longer falls, in the same run. `--keep` writes the
table to benchmarks/results/accuracy.md.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from importlib import import_module, metadata
from statistics import mean
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.peers import ROOT
from benchmarks.report import Table, markdown, processor, show
from nn.data import Standardiser, class_numbers, split
from nn.datasets import load_csv
from nn.layers.mlp import MLP
from nn.metrics import accuracy, r2
from nn.optimizers.adam import Adam
from nn.training.fit import fit

SETS = ROOT / "tests" / "data" / "sets"
RESULTS = ROOT / "benchmarks" / "results" / "accuracy.md"
HIDDEN = 16
Part = tuple[Any, Any]


@dataclass(frozen=True)
class Problem:
    """Name a data set and how our network trains on it: epochs, and Adam's weight decay."""

    file: str
    epochs: int
    regression: bool = False
    weight_decay: float = 0.0


PROBLEMS = {
    "iris": Problem("iris.csv", 100),
    "wine": Problem("wine.csv", 50),
    "breast cancer": Problem("breast_cancer.csv", 30),
    "digits": Problem("digits.csv.gz", 30),
    # both chosen on the training part alone, by five folds: 5 to 40 epochs, decay 0 to 0.3
    "diabetes": Problem("diabetes.csv", 40, regression=True, weight_decay=0.03),
}


def parts(name: str) -> tuple[Part, Part]:
    """Return training and test part of a data set, standardised, classes as numbers from 0.

    Targets of a regression are standardised too, which leaves R² as it is.
    """
    problem = PROBLEMS[name]
    data = load_csv(SETS / problem.file)
    targets = data.y if problem.regression else class_numbers(data.y)[0]
    (X, y), (X_test, y_test) = split(data.X, targets, test=0.25, seed=0)
    scaler = Standardiser().fit(X)
    if problem.regression:
        scale = Standardiser().fit(y)
        y, y_test = scale.transform(y), scale.transform(y_test)
    return (scaler.transform(X), y), (scaler.transform(X_test), y_test)


def ours(name: str, seed: int) -> float:
    """Return accuracy or R² on the test part of nn's network, trained from this seed."""
    problem, ((X, y), (X_test, y_test)) = PROBLEMS[name], parts(name)
    loss, metric, outputs = (
        ("mean_squared_error", r2, 1)
        if problem.regression
        else ("cross_entropy", accuracy, len(set(y)))
    )
    model = MLP(X.shape[1], [HIDDEN, outputs], seed=seed)
    optimizer = Adam(lr=0.01, weight_decay=problem.weight_decay)
    fit(model, X, y, loss, optimizer, problem.epochs, seed=seed, progress=False)
    return metric(model.predict(X_test), y_test)


def theirs(name: str, seed: int) -> float:
    """Return the same of scikit-learn's network."""
    network = import_module("sklearn.neural_network")
    problem, ((X, y), test) = PROBLEMS[name], parts(name)
    kind = network.MLPRegressor if problem.regression else network.MLPClassifier
    model = kind(hidden_layer_sizes=(HIDDEN,), max_iter=2000, random_state=seed).fit(X, y)
    return float(model.score(*test))


def over_seeds(engine: Callable[[str, int], float], name: str, seeds: int) -> list[float]:
    """Return the results of seeds 0, 1, ..., several at a time."""
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(engine, [name] * seeds, range(seeds)))


def row(name: str, mine: Sequence[float], other: Sequence[float]) -> list[str]:
    """Return a line of the table: mean and spread of both, and the difference of the means."""
    each = [f"{mean(x):.3f} ± {np.std(x):.3f}" for x in (mine, other)]
    return [name, *each, f"{mean(mine) - mean(other):+.3f}"]


def table(names: Sequence[str], seeds: int) -> Table:
    """Train both on every set, and return means over the seeds with the difference."""
    found = Table(
        f"Test accuracy (diabetes: R²), one hidden layer of {HIDDEN}, mean ± deviation "
        f"over {seeds} seed{'s' * (seeds > 1)}",
        ["", "chalkgrad", f"scikit-learn {metadata.version('scikit-learn')}", "difference"],
    )
    for name in names:
        start = perf_counter()
        found.rows.append(row(name, over_seeds(ours, name, seeds), over_seeds(theirs, name, seeds)))
        print(*found.rows[-1], f"{perf_counter() - start:.0f} s", sep="  ", file=sys.stderr)
    epochs = ", ".join(f"{name} {PROBLEMS[name].epochs}" for name in names)
    found.notes = [
        f"chalkgrad: nn.fit with Adam(lr=0.01), batches of 32, so many epochs: {epochs}; "
        "diabetes with a weight decay of 0.03, chosen by cross-validation of the training part.",
        "scikit-learn: its defaults (Adam, rate 0.001, batches of 200, L2 penalty 0.0001) with "
        "max_iter=2000; it stops when the training loss no longer falls.",
        "Splits: a quarter for the test, random_state 0; all standardised with the training part.",
    ]
    return found


def main() -> None:
    """Train on the sets asked for, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__)
    parser.add_argument("--only", action="append", choices=PROBLEMS, help="repeatable")
    parser.add_argument("--seeds", type=int, default=10, help="training runs per set (10)")
    parser.add_argument("--keep", action="store_true", help="write the table down as well")
    chosen = parser.parse_args()
    found = table(chosen.only or list(PROBLEMS), chosen.seeds)
    footer = [
        f"{date.today()}: {processor()}, {os.cpu_count()} cores, Python {sys.version.split()[0]}, "
        f"NumPy {np.__version__}."
    ]
    show([found], footer)
    if chosen.keep:
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(markdown([found], footer) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
