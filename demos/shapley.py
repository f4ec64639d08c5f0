"""Explanations: exact Shapley values of a small network's features, and three cheaper answers.

A network says from ten measurements of cell nuclei how likely a tumour is malignant. How much of
that is due to each measurement? The Shapley value asks all 1,024 coalitions of features; a feature
that is absent takes its values from other patients. Kernel SHAP asks some of the coalitions and
comes near; integrated gradients go from the other patients to this one, and come near where the
network bends little. LIME, a linear model of the patient's surroundings, says something else: where
the network is sure, its slopes are small, though every feature has helped to make it so.
"""

from __future__ import annotations

from collections.abc import Callable
from math import comb, factorial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.table import Table

import autograd
from demos._attributions import integrated_gradients
from demos._report import Report, console
from nn.data.scaling import Standardiser
from nn.data.splitting import split
from nn.datasets import load_csv
from nn.layers.mlp import MLP
from nn.metrics.classification import accuracy
from nn.optimizers.adam import Adam
from nn.training.fit import fit
from viz.plotting.panels import LOOKS, panels, tidy

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FILE = Path(__file__).with_name("data") / "breast_cancer_means.csv.gz"
HIDDEN, DECAY, EPOCHS, QUICK_EPOCHS = 8, 0.001, 40, 15
BACKGROUND, QUICK_BACKGROUND = 50, 10  # patients that lend the values of absent features
STEPS, NEARBY, WIDTH = 50, 2000, 0.75  # of the integral; rows of LIME, and how near (times √n)
SAMPLED, DRAWS = (32, 64, 128, 256, 512), 10  # coalitions of Kernel SHAP; how often it is tried
SAME = 1e-9

Scores = Callable[[Any], Any]  # of rows: a number for each


def main(out: Path, quick: bool) -> Report:
    """Train, explain two patients in four ways, and check the axioms."""
    data = load_csv(FILE)
    (X, y), (X_test, y_test) = split(data.X, data.y, test=0.25, stratify=True, seed=0)
    scaler = Standardiser().fit(X)
    X, X_test = scaler.transform(X), scaler.transform(X_test)
    model = MLP(X.shape[1], [HIDDEN, 1], activation="tanh", seed=0)
    fit(model, X, y, "binary_cross_entropy_with_logits", Adam(lr=0.01, weight_decay=DECAY),
        epochs=QUICK_EPOCHS if quick else EPOCHS, seed=0)  # fmt: skip
    columns = [name.removeprefix("mean_").replace("_", " ") for name in data.columns]
    report = Report()
    report.reach("test accuracy", accuracy(model.predict(X_test), y_test), at_least=0.9)

    def scores(rows: Any) -> Any:
        return model.predict(rows)[:, 0]

    background = X[: QUICK_BACKGROUND if quick else BACKGROUND]
    log_odds = scores(X_test)
    found, errors = {}, []
    for title, patient in (
        ("the surest case", np.argmax(log_odds)),
        ("the worst mistake", np.argmax(log_odds * (1 - 2 * y_test))),
    ):
        x, name = X_test[patient], data.classes[y_test[patient]]
        worths = worth(scores, x, background, coalitions(len(x)))
        values = shapley_values(worths)
        some = [sampled_errors(worths, values, count) for count in SAMPLED]
        errors.append(np.array(some) / np.abs(values).max())
        found[f"{title}, {name}: log-odds {log_odds[patient]:.1f}"] = explained = {
            "Shapley exact": values,
            "Kernel SHAP all": kernel_shap(worths),
            f"Kernel SHAP {SAMPLED[2]}": kernel_shap(worths, SAMPLED[2], seed=0),
            "integrated gradients": expected_gradients(model, x, background),
            "LIME": local_slopes(scores, x, NEARBY, seed=0) * (x - background.mean(axis=0)),
        }
        console.print(table(f"{title}, {name}", columns, explained))
        total = log_odds[patient] - scores(background).mean()
        report.reach("sum of the Shapley values, off f(x) - mean f by", abs(values.sum() - total),
                     at_most=SAME)  # fmt: skip
        report.reach("sum of the integrated gradients, off by",
                     abs(explained["integrated gradients"].sum() - total),
                     at_most=0.02)  # fmt: skip
        report.reach("Kernel SHAP of all coalitions, largest difference",
                     np.abs(explained["Kernel SHAP all"] - values).max(), at_most=SAME)  # fmt: skip
    relative = np.concatenate(errors, axis=1)
    report.reach(f"Kernel SHAP of {SAMPLED[-1]}, largest difference relative to the largest value",
                 relative[-1].max(), at_most=0.1)  # fmt: skip
    axioms(report)
    report.draw(
        out / "explanations.svg", "what each feature adds, by method", lambda: bars(found, columns)
    )
    report.draw(
        out / "sampling.svg",
        "the error of Kernel SHAP by coalitions asked",
        lambda: error_curve(relative),
    )
    return report


def coalitions(n: int) -> Any:
    """Return all subsets of n features, a row each: feature i is in row r if bit i of r is 1."""
    return (np.arange(2**n)[:, None] >> np.arange(n) & 1).astype(bool)


def worth(scores: Scores, x: Any, background: Any, masks: Any) -> Any:
    """Return v(S), the mean score where the features in S are x's and the others of the background.

    Source: Lundberg and Lee 2017, "A Unified Approach to Interpreting Model Predictions", with
    features taken as independent (equation 11).
    """
    rows = np.where(masks[:, None, :], x, background)
    return scores(rows.reshape(-1, len(x))).reshape(len(masks), len(background)).mean(axis=1)


def shapley_values(worths: Any) -> Any:
    """Return Σ |S|! (n - |S| - 1)! / n! (v(S ∪ {i}) - v(S)) over the S without i, for each i.

    Source: Shapley 1953, "A Value for n-Person Games", equation 12.
    """
    n = len(worths).bit_length() - 1
    subsets = np.arange(2**n)
    sizes = coalitions(n).sum(axis=1)
    weights = np.array([factorial(s) * factorial(n - s - 1) / factorial(n) for s in range(n)])
    values = []
    for i in range(n):
        without = subsets[subsets >> i & 1 == 0]
        values.append(weights[sizes[without]] @ (worths[without | 1 << i] - worths[without]))
    return np.array(values)


def kernel_shap(worths: Any, sampled: int | None = None, seed: int = 0) -> Any:
    """Return the φ that minimise Σ π(S) (v(∅) + Σ_{i in S} φᵢ - v(S))², with Σ φ = v(all) - v(∅).

    π(S) = (n - 1) / (C(n, |S|) |S| (n - |S|)) weighs all coalitions; or so many are drawn by it,
    each with its complement. Source: Lundberg and Lee 2017, theorem 2; pairs: Covert and Lee 2021,
    "Improving KernelSHAP".
    """
    n = len(worths).bit_length() - 1
    masks = coalitions(n)
    chosen = np.arange(1, 2**n - 1)
    kernel = [(n - 1) / (comb(n, s) * s * (n - s)) for s in masks[chosen].sum(axis=1).tolist()]
    weights = np.array(kernel)
    if sampled is not None:
        source = np.random.RandomState(seed)
        half = source.choice(chosen, sampled // 2, p=weights / weights.sum())
        chosen = np.concatenate([half, 2**n - 1 - half])
        weights = np.ones(len(chosen))
    in_it, total = masks[chosen].astype(float), worths[-1] - worths[0]
    # the last value is what the others leave of the total
    rows = in_it[:, :-1] - in_it[:, -1:]
    others = least_squares(rows, worths[chosen] - worths[0] - in_it[:, -1] * total, weights)
    return np.append(others, total - others.sum())


def local_slopes(scores: Scores, x: Any, count: int, seed: int) -> Any:
    """Return the slopes of the linear model that fits the scores of random rows about x best.

    Rows at a distance d have the weight exp(-d² / width²). Source: Ribeiro et al. 2016, "Why Should
    I Trust You?", equation 2, without its choice of few features.
    """
    rows = x + np.random.RandomState(seed).standard_normal((count, len(x)))
    nearness = np.exp(-((rows - x) ** 2).sum(axis=1) / (WIDTH**2 * len(x)))
    with_one = np.column_stack([rows - x, np.ones(count)])
    return least_squares(with_one, scores(rows), nearness)[:-1]


def expected_gradients(model: MLP, x: Any, background: Any) -> Any:
    """Return the mean of the integrated gradients from each row of the background to x.

    Source: Erion et al. 2021, "Improving performance of deep learning models with axiomatic
    attribution priors and expected gradients".
    """
    output = autograd.compile(lambda x: model(x), rows=["x"])
    return integrated_gradients(output.grad, x, background, STEPS).mean(axis=0)


def least_squares(rows: Any, targets: Any, weights: Any) -> Any:
    """Return the c that minimises Σ weight (row · c - target)²."""
    roots = np.sqrt(weights)
    return np.linalg.lstsq(rows * roots[:, None], targets * roots, rcond=None)[0]


def sampled_errors(worths: Any, values: Any, count: int) -> list[float]:
    """Return the largest difference of Kernel SHAP from the values, for each of some draws."""
    return [np.abs(kernel_shap(worths, count, seed) - values).max() for seed in range(DRAWS)]


def axioms(report: Report) -> None:
    """Check symmetry and dummy where the answer is known: f = ab + 3c, which ignores d."""
    x, background = np.array([2.0, 2.0, 1.0, 5.0]), np.zeros((1, 4))
    worths = worth(lambda r: r[:, 0] * r[:, 1] + 3 * r[:, 2], x, background, coalitions(4))
    for name, method in (("Shapley", shapley_values), ("Kernel SHAP", kernel_shap)):
        wrong = np.abs(method(worths) - [2.0, 2.0, 3.0, 0.0]).max()  # a and b share 4
        report.reach(f"{name} of ab + 3c: symmetric a and b, dummy d, off by", wrong, at_most=SAME)


def table(title: str, columns: list[str], explained: dict[str, Any]) -> Table:
    """Return a table of what each feature adds to the log-odds, by method."""
    heads = [name.replace(" ", "\n") for name in explained]
    found = Table("mean of", *heads, title=f"{title}: added to the log-odds")
    for column in found.columns[1:]:
        column.justify = "right"
    for name, row in zip(columns, np.column_stack(list(explained.values())), strict=True):
        found.add_row(name, *[f"{value:+.3f}" for value in row])
    found.add_row("sum", *[f"{values.sum():+.3f}" for values in explained.values()])
    return found


def bars(found: dict[str, dict[str, Any]], columns: list[str]) -> Figure:
    """Return a figure of the features' bars for each patient, those of a method in one colour."""
    figure, [plots] = panels(1, len(found), (11, 6), "What each measurement adds to the log-odds")
    for axes, (title, explained) in zip(plots, found.items(), strict=True):
        order = np.argsort(np.abs(explained["Shapley exact"]))
        shown = {name: values for name, values in explained.items() if name != "Kernel SHAP all"}
        height = 0.8 / len(shown)
        for k, ((name, values), (colour, _, _)) in enumerate(
            zip(shown.items(), LOOKS, strict=False)
        ):
            axes.barh(np.arange(len(order)) + 0.4 - (k + 0.5) * height, values[order], height,
                      color=colour, label=name, hatch=("", "//", "..", "xx")[k],
                      edgecolor="white", linewidth=0.3)  # fmt: skip
        axes.axvline(0, color="black", linewidth=0.8)
        axes.set_yticks(range(len(order)), [columns[i] for i in order])
        axes.set_title(title, fontsize=10)
        axes.set_xlabel("added to the log-odds")
        tidy(axes)
    plots[0].legend(frameon=False, fontsize=8, loc="lower right")
    return figure


def error_curve(relative: Any) -> Figure:
    """Return a figure of the errors of all draws, and their median, by coalitions asked."""
    figure, [[axes]] = panels(title="Kernel SHAP: the more coalitions, the nearer")
    axes.plot(SAMPLED, relative, ".", color=LOOKS[0][0], alpha=0.5)
    axes.plot(SAMPLED, np.median(relative, axis=1), color=LOOKS[1][0], label="median of the draws")
    axes.set(xscale="log", yscale="log", xlabel="coalitions asked, of 1,024",
             ylabel="largest difference / largest value")  # fmt: skip
    axes.set_xticks(SAMPLED, [str(count) for count in SAMPLED], minor=False)
    axes.minorticks_off()
    tidy(axes)
    axes.legend(frameon=False)
    return figure
