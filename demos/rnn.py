"""A recurrent network: it makes up first names letter by letter, and forgets what is long ago.

Names: the RNN reads a name's letters one by one and says after each what the next will be; how well
is measured on names it was not shown, beside counts of letters and of pairs of letters (the 1,500
most frequent first names of the US census of 1990, demos/data/names.txt). Fed with its own letters,
it writes new ones. Memory: of a sequence of noise the sign of the first number is asked for at the
end (made here). The gradient that would teach it to remember shrinks with every step; beyond some
length nothing is learned, but for a lucky start now and then (Bengio, Simard and Frasconi 1994,
"Learning long-term dependencies with gradient descent is difficult"; demos/lstm.py has a way out).
"""

from __future__ import annotations

import random
from itertools import islice, pairwise, takewhile
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.table import Table

from autograd import no_grad, softmax
from demos._progress import progress
from demos._recall import gradient_sizes, memory, recalled
from demos._report import Report, console
from nn.data.alphabet import Alphabet
from nn.data.padding import padded, with_mask
from nn.data.splitting import split_indices
from nn.inputs import numbers_of
from nn.layers.each import Each
from nn.layers.embedding import Embedding
from nn.layers.layer import Layer
from nn.layers.sequential import Sequential
from nn.optimizers.adam import Adam
from nn.optimizers.schedules import CosineDecay
from nn.recurrent.masked import masked_loss
from nn.recurrent.rnn import RNN
from nn.recurrent.running import free_running
from nn.training.evaluate import evaluate
from nn.training.fit import fit
from viz.plotting.panels import panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

END = "."  # begins and ends every name
LETTERS = Alphabet(f"{END}abcdefghijklmnopqrstuvwxyz")
EMBEDDED, HIDDEN, LEARNING_RATE = 12, 48, 0.005
EPOCHS, QUICK_EPOCHS = 25, 3
MADE_UP, LONGEST = 24, 12
LENGTHS, QUICK_LENGTHS, TRIES = (2, 5, 10, 20, 30, 40, 60, 80), (2, 5, 60), 4


def main(out: Path, quick: bool) -> Report:
    """Train on names, make some up, and measure what is remembered over which distance."""
    report = Report()
    names = (Path(__file__).parent / "data" / "names.txt").read_text(encoding="utf-8").split()
    learned, others = (
        [names[i] for i in part] for part in split_indices(len(names), test=0.1, seed=0)
    )
    model = trained(learned, QUICK_EPOCHS if quick else EPOCHS)
    loss = surprise(model, others)
    singles, twos = counted(learned, others)
    console.print(
        f"{len(learned):,} names learned from, {len(others)} others judged: by letters alone "
        f"{singles:.3f} nats a letter, by pairs {twos:.3f}", highlight=False,
    )  # fmt: skip
    report.reach("nats a letter", loss, at_most=twos)
    source = random.Random(0)
    new = [made_up(model, source) for _ in range(MADE_UP)]
    console.print(f"made up: {', '.join(new)}", highlight=False)
    known = sum(name in names for name in new)
    console.print(f"{MADE_UP - known} of {MADE_UP} are not in the list")
    name = max(others, key=len)
    report.draw(
        out / "next_letters.svg",
        "what the network expects after each letter of a name",
        lambda: next_letters(model, name),
    )

    lengths, tries = (QUICK_LENGTHS, 1) if quick else (LENGTHS, TRIES)
    sizes = {steps: gradient_sizes(steps) for steps in lengths}
    right: dict[int, list[float]] = {}
    with progress("recall", len(lengths)) as advance:
        for steps in lengths:
            right[steps] = [recalled(steps, seed, quick) for seed in range(tries)]
            advance(f"{steps} steps")
    table = Table("steps", "gradient, last step", "gradient, first step", "recalled",
                  title="the first of so many numbers is asked for")  # fmt: skip
    for steps, shares in right.items():
        table.add_row(str(steps), f"{sizes[steps][-1]:.1e}", f"{sizes[steps][0]:.1e}",
                      "  ".join(f"{share:.0%}" for share in shares))  # fmt: skip
    console.print(table)
    short, longest = lengths[1], lengths[-1]
    report.reach(f"recalled after {short} steps, least", min(right[short]), at_least=0.98)
    report.reach(f"recalled after {longest} steps, mean", fmean(right[longest]), at_most=0.8)
    factor = (sizes[longest][0] / sizes[longest][-1]) ** (1 / (longest - 1))
    report.reach("the gradient's factor for each step back", factor, at_most=0.9)
    report.draw(
        out / "memory.svg",
        "gradients by distance, and what is recalled by length",
        lambda: memory(sizes[longest], right),
    )
    return report


def trained(names: list[str], epochs: int) -> Sequential:
    """Return a network trained to say the next letter: -ln of a name's probability made small."""
    model = Sequential(
        Each(Embedding(len(LETTERS), EMBEDDED, seed=0)),
        RNN(EMBEDDED, HIDDEN, seed=0),
        Each(Layer(HIDDEN, len(LETTERS), activation="linear", seed=1)),
    )
    X, y = told(names)
    fit(model, X, y, masked_loss("cross_entropy", "sum"), Adam(lr=LEARNING_RATE), epochs, seed=0,
        schedule=CosineDecay())  # fmt: skip
    return model


def told(names: list[str]) -> tuple[Any, Any]:
    """Return for each name its letters from the start, and the next ones with their mask."""
    numbers = [LETTERS.encode(f"{END}{name}{END}") for name in names]
    X, _ = padded([row[:-1] for row in numbers])
    return X, with_mask(*padded([row[1:] for row in numbers]))


def surprise(model: Sequential, names: list[str]) -> float:
    """Return the mean of -ln p over all letters of the names, their ends included."""
    X, y = told(names)
    total = evaluate(model, X, y, masked_loss("cross_entropy", "sum"))["loss"] * len(names)
    return float(total / y[..., 1].sum())


def counted(learned: list[str], others: list[str]) -> tuple[float, float]:
    """Return the same for letters by their frequency, alone and after the one before.

    Half a count is added to each, so that what was never seen is not impossible.
    """
    pairs = np.full((len(LETTERS), len(LETTERS)), 0.5)
    for name in learned:
        for a, b in pairwise(LETTERS.encode(f"{END}{name}{END}")):
            pairs[a, b] += 1
    after = pairs / pairs.sum(axis=1, keepdims=True)
    alone = pairs.sum(axis=0) / pairs.sum()
    seen = [ab for name in others for ab in pairwise(LETTERS.encode(f"{END}{name}{END}"))]
    return (-float(np.mean([np.log(alone[b]) for _, b in seen])),
            -float(np.mean([np.log(after[a, b]) for a, b in seen])))  # fmt: skip


def made_up(model: Sequential, source: random.Random) -> str:
    """Return a name whose letters are drawn from the network's probabilities, one by one."""

    def choose(logits: Any) -> int:
        return source.choices(range(len(LETTERS)), numbers_of(softmax(logits)))[0]

    [end] = LETTERS.encode(END)
    with no_grad():
        letters = islice(free_running(model, end, choose=choose), LONGEST)
        return LETTERS.decode(list(takewhile(lambda i: i != end, letters)))


def next_letters(model: Sequential, name: str) -> Figure:
    """Return a figure of the probabilities of all letters after each one of a name."""
    with no_grad():
        chances = [numbers_of(softmax(y)) for y in model(LETTERS.encode(f"{END}{name}"))]
    figure, [[axes]] = panels(1, 1, (5.2, 6.4), "What may come next in a new name, and what comes")
    image = axes.imshow(np.transpose(chances), cmap="Greys", vmin=0, aspect="auto")
    for place, letter in enumerate(LETTERS.encode(f"{name}{END}")):
        axes.plot(place, letter, "s", markersize=9, markerfacecolor="none", color="#D55E00")
    axes.set(xticks=range(len(name) + 1), xticklabels=["start", *name], yticks=range(len(LETTERS)),
             yticklabels=["end", *LETTERS.symbols[1:]], xlabel="after this letter",
             ylabel="the next one")  # fmt: skip
    axes.tick_params(labelsize=8)
    figure.colorbar(image, ax=axes, label="probability")
    return figure
