"""Memories with an energy: a Hopfield network recalls letters, a Boltzmann machine learns chances.

Hopfield's network stores patterns as valleys: from a noisy or half-erased letter each change of a
unit goes downhill, until it lies in the letter's valley. Too many patterns, about 0.138 for each
unit, and the valleys run into each other; the projection rule digs them clear of each other. A
restricted Boltzmann machine turns the energy of stripes and bars into probabilities, and is so
small that its exact log-likelihood can be watched.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import viz
from autograd.numbers import log
from demos._letters import SIDE, letters
from demos._lines import lines
from demos._progress import progress
from demos._report import Report, console
from demos._stripes import dreams, dreams_figure, stripes, trained
from nn.classical.hopfield import RULES, Hopfield, Recall
from viz.plotting.panels import panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NOISE, CUES, QUICK_CUES = 0.2, 20, 5
UNITS, LOADS, TESTED = 100, (0.05, 0.1, 0.13, 0.16, 0.2, 0.25), 10
QUICK_UNITS, QUICK_LOADS, QUICK_TESTED = 50, (0.04, 0.1, 0.4), 5
EPOCHS, QUICK_EPOCHS = 2000, 1000
WANTED, QUICK_WANTED = -3.2, -4.5  # nats; the best is -ln 14 = -2.64, knowing nothing -6.24


def main(out: Path, quick: bool) -> Report:
    """Recall letters, count what a network holds, and let a Boltzmann machine learn and dream."""
    report = Report()
    memory = Hopfield(letters().values())
    console.print(f"[bold]{memory}[/]")
    recalls = {
        f"{letter}, {cue}": memory.recall(start)
        for letter, pattern in letters().items()
        for cue, start in (("noisy", noisy(pattern, Random(0))), ("half", upper_half(pattern)))
    }
    steps = {name: [memory.energy(state) for state in r.states] for name, r in recalls.items()}
    changes = [after - before for es in steps.values()
               for before, after in pairwise(es)]  # fmt: skip
    report.reach(f"largest change of the energy in {len(changes)} steps", max(changes), at_most=-1)
    report.reach("half-erased letters recalled, share",
                 share_right({n: r for n, r in recalls.items() if n.endswith("half")}),
                 at_least=1)  # fmt: skip
    source = Random(1)
    cues = {f"{letter}, {k}": memory.recall(noisy(pattern, source))
            for letter, pattern in letters().items()
            for k in range(QUICK_CUES if quick else CUES)}  # fmt: skip
    report.reach(f"letters with {NOISE:.0%} of the pixels flipped recalled, share",
                 share_right(cues), at_least=0.9)  # fmt: skip
    report.draw(
        out / "recall.svg", "letters, cues and what is recalled", lambda: recall_figure(recalls)
    )
    report.draw(out / "energy.svg", "the energy, step by step", lambda: energy_figure(steps))

    units, loads, tested = ((QUICK_UNITS, QUICK_LOADS, QUICK_TESTED) if quick
                            else (UNITS, LOADS, TESTED))  # fmt: skip
    wrong = capacity(units, loads, tested)
    report.reach(f"hebb: share of wrong units at {loads[1]:g} patterns a unit", wrong["hebb"][1],
                 at_most=0.02)  # fmt: skip
    report.reach(f"hebb: the same at {loads[-1]:g}", wrong["hebb"][-1], at_least=0.05)
    report.reach(f"projection: the same at {loads[-1]:g}", wrong["projection"][-1], at_most=0)
    report.draw(
        out / "capacity.svg",
        "how many patterns a network holds",
        lambda: capacity_figure(units, loads, wrong),
    )

    X = stripes()
    machine, likelihoods, every = trained(X, QUICK_EPOCHS if quick else EPOCHS)
    console.print(f"[bold]{machine}, {len(X)} patterns of 3 x 3 pixels[/]")
    report.reach("mean ln P of a pattern", likelihoods[-1],
                 at_least=QUICK_WANTED if quick else WANTED, at_most=-log(len(X)))  # fmt: skip
    seen = dreams(machine, 200)
    hits = sum(dream in X.tolist() for dream in seen) / len(seen)
    report.reach("dreams that are stripes or bars, share", hits, at_least=0.15 if quick else 0.6)
    report.draw(
        out / "likelihood.svg",
        "exact log-likelihood by epoch",
        lambda: likelihood_figure(likelihoods, every, len(X)),
    )
    report.draw(
        out / "dreams.svg",
        "what the Boltzmann machine learns from and dreams of",
        lambda: dreams_figure(X.tolist(), seen[:14]),
    )
    return report


def noisy(pattern: list[int], source: Random) -> list[int]:
    """Return the pattern with a share of NOISE of its pixels turned over."""
    flipped = set(source.sample(range(len(pattern)), round(NOISE * len(pattern))))
    return [-pixel if i in flipped else pixel for i, pixel in enumerate(pattern)]


def upper_half(pattern: list[int]) -> list[int]:
    """Return the pattern with the pixels of the lower half unknown, 0."""
    half = len(pattern) // 2
    return pattern[:half] + [0] * half


def share_right(recalls: dict[str, Recall]) -> float:
    """Return the share of recalls that end in the letter with which their name begins."""
    patterns = letters()
    return sum(r.state == patterns[name[0]] for name, r in recalls.items()) / len(recalls)


def capacity(units: int, loads: tuple[float, ...], tested: int) -> dict[str, list[float]]:
    """Return by rule the share of units that leave random patterns, for each number of patterns."""
    wrong: dict[str, list[float]] = {rule: [] for rule in RULES}
    with progress("capacity", len(RULES) * len(loads)) as advance:
        for load in loads:
            source = Random(0)
            patterns = [[source.choice((-1, 1)) for _ in range(units)]
                        for _ in range(round(load * units))]  # fmt: skip
            for rule in RULES:
                memory = Hopfield(patterns, rule)
                ends = [memory.recall(p, most=20).state for p in patterns[:tested]]
                left = [a != b for end, p in zip(ends, patterns, strict=False)
                        for a, b in zip(end, p, strict=True)]  # fmt: skip
                wrong[rule].append(sum(left) / len(left))
                advance(f"{rule}, {len(patterns)} patterns: {wrong[rule][-1]:.1%} of units wrong")
    return wrong


def recall_figure(recalls: dict[str, Recall]) -> Figure:
    """Return a figure with a column for each letter: cues, and what they lead to."""
    names = list(letters())
    figure, axes = panels(4, len(names), (6.2, 6.6), "Recall goes down to the nearest memory")
    for column, name in enumerate(names):
        for row, cue in ((0, "noisy"), (2, "half")):
            recall = recalls[f"{name}, {cue}"]
            pictures: list[tuple[list[Any], str]] = [
                (recall.states[0], "noisy" if cue == "noisy" else "half erased"),
                (recall.state, f"after {len(recall.states) - 1} changes"),
            ]
            for ax, (state, title) in zip(axes[row : row + 2, column], pictures, strict=True):
                rows = [state[i : i + SIDE] for i in range(0, len(state), SIDE)]
                ax.imshow(rows, cmap="Greys", vmin=-1, vmax=1)
                ax.set_title(title, fontsize=9)
                ax.set(xticks=[], yticks=[])
    return figure


def energy_figure(steps: dict[str, list[float]]) -> Figure:
    """Return a figure of the energy over the changes of units, from both cues of each letter."""
    figure, [axes] = panels(1, 2, (9.0, 3.6), "Each change of a unit lowers the energy")
    for ax, cue, title in zip(axes, ("noisy", "half"), ("noisy", "half erased"), strict=True):
        series = {name[0]: es for name, es in steps.items() if name.endswith(cue)}
        viz.curves(series, title=f"cue: {title}", xlabel="change", ylabel="energy", ax=ax)
        ax.title.set_fontsize(10)
    return figure


def capacity_figure(units: int, loads: tuple[float, ...], wrong: dict[str, list[float]]) -> Figure:
    """Return a figure of the wrong units over the number of patterns, with the known limit."""
    figure = lines(loads, wrong, f"{units} units forget all at once, by Hebb's rule",
                   xlabel="patterns for each unit", ylabel="share of wrong units")  # fmt: skip
    [ax] = figure.axes
    ax.axvline(0.138, color="#3A3F45", linewidth=1.0, linestyle=(0, (1, 2)))
    ax.annotate("0.138: the limit of\nlarge networks", (0.138, 0.9), xytext=(-4, 0), ha="right",
                va="top", xycoords=("data", "axes fraction"), textcoords="offset points",
                fontsize=8)  # fmt: skip
    ax.legend(frameon=False, handlelength=3.5, loc="center left")
    return figure


def likelihood_figure(likelihoods: list[float], every: int, patterns: int) -> Figure:
    """Return a figure of the mean exact log-likelihood, between knowing nothing and all."""
    figure = viz.curves({"contrastive divergence": likelihoods}, every=every, ylabel="mean ln P",
                        title="The Boltzmann machine learns which images there are")  # fmt: skip
    [ax] = figure.axes
    for level, text in ((-9 * log(2), "all 512 images alike"),
                        (-log(patterns), f"the {patterns} patterns alike, no others")):  # fmt: skip
        ax.axhline(level, color="#3A3F45", linewidth=1.0, linestyle=(0, (1, 2)))
        ax.annotate(text, (0.99, level), xytext=(0, 3), ha="right", fontsize=8,
                    xycoords=("axes fraction", "data"), textcoords="offset points")  # fmt: skip
    ax.legend(frameon=False, handlelength=3.5, loc="center right")
    return figure
