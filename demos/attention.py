"""Attention: looking things up, reversing sequences, and maps that show who looks where.

Cross-attention learns to look up: it is given pairs of a letter and a digit, and asked for the
digits of the letters in another order. One block of self-attention learns to reverse a sequence,
which it can only with positions: without them it sees no order. In both the attention weights say
what was learned. Masks decide what may be looked at; the last picture shows what they leave.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd import Value
from demos._attention_maps import Map, attention_maps
from demos._report import Report, console
from nn.attention.blocks import EncoderBlock
from nn.attention.masks import both_masks, causal_mask, padding_mask
from nn.attention.multi_head import MultiHeadAttention
from nn.attention.positions import PositionalEncoding
from nn.attention.scaled_dot_product import attention_weights
from nn.attention.tokens import TokenEmbedding
from nn.inputs import mapped
from nn.layers.each import Each
from nn.layers.embedding import Embedding
from nn.layers.layer import Layer
from nn.layers.sequential import Sequential
from nn.metrics.classification import accuracy
from nn.module import Module
from nn.optimizers.adam import Adam
from nn.optimizers.schedules import OneCycle
from nn.training.fit import fit
from viz.plotting.panels import panels, signed_colours

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LETTERS, DIGITS = "abcdefgh", "12345678"
PAIRS, LENGTH = 6, 10
SIZE, HEADS = 16, 2
SAMPLES, TEST, EPOCHS = 2000, 300, 10
QUICK_PAIRS, QUICK_LENGTH, QUICK_SAMPLES, QUICK_EPOCHS = 3, 4, 800, 7
WANTED, QUICK_WANTED = 0.99, 0.9


def main(out: Path, quick: bool) -> Report:
    """Learn to look up and to reverse, and write the attention maps."""
    wanted = QUICK_WANTED if quick else WANTED
    report = Report()
    samples, epochs = (QUICK_SAMPLES, QUICK_EPOCHS) if quick else (SAMPLES, EPOCHS)

    pairs = QUICK_PAIRS if quick else PAIRS
    (X, y), test = lookups(samples, pairs, seed=0), lookups(TEST, pairs, seed=1)
    lookup = Lookup()
    learn(lookup, X, y, epochs)
    report.reach("looking up, test accuracy", judged(lookup, test), at_least=wanted)
    example = test[0][0].tolist()
    report.draw(
        out / "lookup.svg",
        "cross-attention: asked letters look at the pairs",
        lambda: lookup_maps(lookup, example),
    )

    length = QUICK_LENGTH if quick else LENGTH
    (X, y), test = reversals(samples, length, seed=2), reversals(TEST, length, seed=3)
    model = reverser(with_positions=True)
    learn(model, X, y, epochs)
    report.reach("reversing, test accuracy", judged(model, test), at_least=wanted)
    blind = reverser(with_positions=False)
    learn(blind, X, y, epochs)
    console.print("Without positions a block has one answer for all places of the same digit:")
    report.reach("reversing without positions", judged(blind, test), at_most=0.6)
    x = test[0][0].tolist()
    report.draw(
        out / "reversal.svg",
        "self-attention with positions, and without",
        lambda: reversal_maps(model, blind, x),
    )
    report.draw(
        out / "masks.svg",
        "what a query that prefers nothing takes, behind each mask",
        mask_maps,
    )
    report.draw(out / "positions.svg", "the waves that tell the places apart", waves)
    return report


class Lookup(Module):
    """Answer with digits: letters that are asked for look at pairs of a letter and a digit.

    A sample is [letters, digits, asked], each a list of numbers from 0.
    """

    def __init__(self) -> None:
        self.letters = Each(Embedding(len(LETTERS), SIZE, seed=0))
        self.digits = Each(Embedding(len(DIGITS), SIZE, seed=1))
        self.attention = MultiHeadAttention(SIZE, HEADS, seed=2)
        self.output = Each(Layer(SIZE, len(DIGITS), activation="linear", seed=3))

    def __call__(self, x: Any) -> Any:
        return self.output(self.attention(*self.seen(x)))

    def seen(self, x: Any) -> tuple[Any, Any]:
        """Return the queries, one for each letter asked, and the context, one for each pair."""
        letters, digits, asked = x
        pairs = zip(self.letters(letters), self.digits(digits), strict=True)
        return self.letters(asked), [
            [a + b for a, b in zip(letter, digit, strict=True)] for letter, digit in pairs
        ]


def lookups(count: int, pairs: int, seed: int) -> tuple[Any, Any]:
    """Return samples [letters, digits, asked], the letters all different, and the digits asked."""
    source = np.random.default_rng(seed)
    letters = np.argsort(source.random((count, len(LETTERS))), axis=1)[:, :pairs]
    digits = source.integers(0, len(DIGITS), (count, pairs))
    order = np.argsort(source.random((count, pairs)), axis=1)
    asked, y = (np.take_along_axis(part, order, axis=1) for part in (letters, digits))
    return np.stack([letters, digits, asked], axis=1), y


def reversals(count: int, length: int, seed: int) -> tuple[Any, Any]:
    """Return sequences of digits, and the same from back to front."""
    X = np.random.default_rng(seed).integers(0, len(DIGITS), (count, length))
    return X, X[:, ::-1].copy()


def reverser(with_positions: bool) -> Sequential:
    """Return digits → vectors → one block of attention → logits of a digit for each place."""
    count = len(DIGITS)
    embedding = TokenEmbedding if with_positions else Embedding
    vectors = embedding(count, SIZE, seed=0)
    return Sequential(
        vectors if with_positions else Each(vectors),
        EncoderBlock(SIZE, HEADS, hidden=2 * SIZE, seed=1),
        Each(Layer(SIZE, count, activation="linear", seed=2)),
    )  # fmt: skip


def learn(model: Module, X: Any, y: Any, epochs: int) -> None:
    """Train with Adam, its rate rising and falling once."""
    fit(model, X, y, optimizer=Adam(lr=0.02), epochs=epochs, schedule=OneCycle(),
        metrics=["accuracy"], seed=0)  # fmt: skip


def judged(model: Module, test: tuple[Any, Any]) -> float:
    """Return the share of right answers."""
    return accuracy(model.predict(test[0]), test[1])


def data(weights: Any) -> Any:
    """Return Values in lists as numbers in an array."""
    return np.array(mapped(lambda w: w.data if isinstance(w, Value) else w, weights))


def lookup_maps(model: Lookup, x: Any) -> Figure:
    """Return the maps of each head for one sample."""
    letters, digits, asked = x
    keys = [f"{LETTERS[a]}{DIGITS[d]}" for a, d in zip(letters, digits, strict=True)]
    maps = [
        Map(f"head {i}", weights, [f"{LETTERS[a]}?" for a in asked], keys)
        for i, weights in enumerate(data(model.attention.weights(*model.seen(x))), 1)
    ]
    return attention_maps(maps, "Each letter finds its pair", rows="asked", seen="pairs")


def reversal_maps(model: Sequential, blind: Sequential, x: Any) -> Figure:
    """Return the maps of each head for one sequence, with positions and without."""
    digits = [DIGITS[i] for i in x]
    maps = []
    for name, each in (("positions", model), ("no positions", blind)):
        embedding: Any = each[0]
        block: Any = each[1]
        weights = data(block.weights(embedding(x)))
        maps += [Map(f"{name}, head {i}", w, digits, digits) for i, w in enumerate(weights, 1)]
    title = "With positions each place sees its mirror image"
    return attention_maps(maps, title, columns=2, rows="from", seen="to")


def mask_maps() -> Figure:
    """Return maps of a query of zeros, which shares its attention evenly over what it may see."""
    n, fill = 5, 2
    tokens = [1] * (n - fill) + [0] * fill
    words, known = [f"{i}" for i in range(1, n + 1)], ["A", "B", "C"]
    filled = [word if token else "–" for word, token in zip(words, tokens, strict=True)]
    causal, padding = causal_mask(n), padding_mask(tokens, padding=0)

    def even(title: str, queries: list[str], keys: list[str], mask: Any = None) -> Map:
        weights = attention_weights([[0.0]] * len(queries), [[0.0]] * len(keys), mask)
        return Map(title, weights, queries, keys, mask)

    maps = [
        even("self: all of it", words, words),
        even("causal: not what follows", words, words, causal),
        even("cross: another sequence", words, known),
        even("padding: not what was filled in", filled, filled, padding),
        even("causal and padding", filled, filled, both_masks(causal, padding)),
    ]
    title = "What attention may look at: a query that prefers nothing shares evenly"
    return attention_maps(maps, title, columns=3)


def waves(length: int = 48, size: int = 32) -> Figure:
    """Return a picture of what is added to each place: slower waves to the right."""
    encoding = PositionalEncoding(size)
    figure, [[axes]] = panels(size=(6.0, 4.4))
    image = axes.imshow([encoding.encoding(t) for t in range(length)], cmap=signed_colours(),
                        vmin=-1, vmax=1, aspect="auto")  # fmt: skip
    axes.set_title("Sinusoidal positions: every place has a pattern of its own")
    axes.set_xlabel("number in the vector")
    axes.set_ylabel("place in the sequence")
    figure.colorbar(image, ax=axes, label="added")
    return figure
