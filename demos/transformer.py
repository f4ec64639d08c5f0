"""Transformers: one writes like Alice in Wonderland, character by character; one reverses words.

A decoder-only model learns from some pages of the book which character comes next, and is judged by
the bits per character that pages it has not seen would need; tables of single characters and of
pairs, counted in the same pages, need more. Then it writes: always the likeliest character goes
round in circles, drawing by chance does not. An encoder-decoder learns to reverse sequences of
unequal lengths, filled up and masked: what it writes is fed back to it until it says it is done.
"""

from __future__ import annotations

from math import log
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.table import Table

import viz
from autograd.files import write_whole
from demos._alice import bits_by_counting, book, windows
from demos._attention_maps import Map, attention_maps
from demos._report import Report, console
from nn.attention.language_model import LanguageModel
from nn.attention.sampling import generate, greedy, sampler
from nn.attention.transformer import Transformer
from nn.inputs import mapped
from nn.optimizers.adam import Adam
from nn.optimizers.schedules import OneCycle
from nn.training.evaluate import evaluate
from nn.training.fit import fit
from viz.plotting.panels import INK

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nn.training.history import History

# window, size of the vectors, layers, stride of the windows, epochs, characters written
WRITER, QUICK_WRITER = (24, 32, 2, 16, 8, 80), (8, 16, 1, 40, 4, 12)
BITS, QUICK_BITS = 2.75, 3.7
SOME = 2  # of the windows to judge by, one of so many is looked at after each epoch
START_TEXT = "alice "
# longest word, size of the vectors, samples, epochs
REVERSER, QUICK_REVERSER = (8, 16, 4000, 10), (4, 12, 800, 7)
WANTED, QUICK_WANTED = 0.99, 0.8
PADDING, BEGIN, END, LETTERS = 0, 1, 2, "abcdefgh"  # letters are the tokens from 3
SHOWN = ["·", "‹", "›", *LETTERS]
HEADS, RATE, TEST = 2, 0.01, 200


def main(out: Path, quick: bool) -> Report:
    """Train both, print what they write, and draw how they learned and where they look."""
    report = Report()
    write_like_alice(out, quick, report)
    reverse_words(out, quick, report)
    return report


def write_like_alice(out: Path, quick: bool, report: Report) -> None:
    """Train the language model, compare it with tables of counts, and let it write."""
    window, size, layers, stride, epochs, length = QUICK_WRITER if quick else WRITER
    tokens, others, names = book()
    X, y = windows(tokens, window, stride)
    judged_by = windows(others, window, 3 * window if quick else window)
    model = LanguageModel(len(names), size, HEADS, layers, hidden=2 * size, seed=0)
    console.print(f"{len(tokens):,} characters to learn from, {len(others):,} to judge by; "
                  f"{len(model.parameters()):,} weights", highlight=False)  # fmt: skip
    history = fit(model, X, y, optimizer=Adam(lr=RATE), epochs=epochs, schedule=OneCycle(),
                  validation=(judged_by[0][::SOME], judged_by[1][::SOME]), seed=0)  # fmt: skip
    bits = evaluate(model, *judged_by, "cross_entropy")["loss"] / log(2)
    baselines = bits_by_counting(tokens, *judged_by, len(names))
    table = Table("", "bits per character", title="pages that were not learned from")
    for name, each in {**baselines, f"transformer, {window} characters seen": bits}.items():
        table.add_row(name, f"{each:.3f}")
    console.print(table)
    report.reach("bits per character, held out", bits, at_most=QUICK_BITS if quick else BITS)
    counted = "characters counted" if quick else "pairs counted"
    report.reach(f"bits fewer than by {counted}", baselines[counted] - bits, at_least=0.5)
    start = [names.index(character) for character in START_TEXT]
    texts = {}
    for name, choose in (
        ("always the likeliest", greedy),
        ("drawn, temperature 0.7", sampler(temperature=0.7, seed=0)),
        ("drawn of the 5 likeliest", sampler(top_k=5, seed=0)),
    ):
        written = generate(model, start, length, window=window, choose=choose)
        texts[name] = "".join(names[token] for token in written)
        console.print(f"[bold]{name}:[/] {texts[name]}", soft_wrap=True, highlight=False)
    all_texts = "\n\n".join(f"{name}:\n{text}" for name, text in texts.items()) + "\n"
    report.write(out / "samples.txt", "what it writes",
                 lambda path: write_whole(path, all_texts, "text"))  # fmt: skip
    report.draw(
        out / "learning.svg",
        "bits per character by epoch, beside tables of counts",
        lambda: learning(history, baselines),
    )
    line = judged_by[0][1].tolist()
    report.draw(
        out / "attention.svg",
        "where each character looks, by layer and head",
        lambda: writer_maps(model, line, names),
    )


def learning(history: History, baselines: dict[str, float]) -> Figure:
    """Return the curves of bits per character, and lines for the tables of counts."""
    series = {
        "training": [loss / log(2) for loss in history["loss"]],
        "held out, a part of it": [loss / log(2) for loss in history["val_loss"]],
    }
    figure = viz.curves(series, title="A transformer needs fewer bits than counting does",
                        ylabel="bits per character", start=1)  # fmt: skip
    [axes] = figure.axes
    for name, bits in baselines.items():
        axes.axhline(bits, color=INK, linewidth=0.8, linestyle=":")
        axes.annotate(name, (len(history), bits), ha="right", va="bottom", fontsize=8)
    return figure


def writer_maps(model: LanguageModel, tokens: list[int], names: list[str]) -> Figure:
    """Return the attention maps of every layer and head for one stretch of text."""
    text = ["␣" if names[token] == " " else names[token] for token in tokens]
    weights = mapped(lambda w: w.data, model.weights(tokens))
    maps = [
        Map(f"layer {i}, head {j}", head, text, text)
        for i, layer in enumerate(weights, 1)
        for j, head in enumerate(layer, 1)
    ]
    return attention_maps(maps, "Each character looks back at those it needs", columns=HEADS,
                          side=3.4, rows="read so far", seen="looked at")  # fmt: skip


def reverse_words(out: Path, quick: bool, report: Report) -> None:
    """Train the encoder-decoder, and judge words that it writes without help."""
    longest, size, samples, epochs = QUICK_REVERSER if quick else REVERSER
    X, y = words(samples, longest, seed=0)
    model = Transformer(len(SHOWN), size, HEADS, 1, hidden=2 * size, padding=PADDING, seed=0)
    fit(model, X, y, optimizer=Adam(lr=2 * RATE if quick else RATE), epochs=epochs,
        schedule=OneCycle(), metrics=["accuracy"], seed=0)  # fmt: skip
    tests, answers = words(TEST, longest, seed=1)
    written = reversed_by(model, tests[:, 0])
    right = (written == answers).all(axis=1)
    report.reach("words reversed without a mistake", float(right.mean()),
                 at_least=QUICK_WANTED if quick else WANTED)  # fmt: skip
    i = int(np.argmax((answers == PADDING).sum(axis=1) == 1 + longest // 4))
    pair = tests[i].tolist()
    console.print(f"for example {spelled(pair[0])} gives {spelled(written[i])}", highlight=False)
    report.draw(
        out / "reversal.svg",
        "where the decoder looks in the word it reverses",
        lambda: reversal_maps(model, pair),
    )


def words(count: int, longest: int, seed: int) -> tuple[Any, Any]:
    """Return samples [source, target so far], filled up, and the tokens that follow in the target.

    A word of two letters or more is the source; the target begins with BEGIN, and after the
    reversed word comes END.
    """
    source = np.random.default_rng(seed)
    words = np.zeros((count, longest + 1), dtype=int)
    answers = np.zeros_like(words)
    for word, answer, n in zip(words, answers, source.integers(2, longest + 1, count), strict=True):
        word[:n] = source.integers(3, len(SHOWN), n)
        answer[: n + 1] = [*word[:n][::-1], END]
    begins = np.full((count, 1), BEGIN)
    return np.stack([words, np.hstack([begins, answers[:, :-1]])], axis=1), answers


def reversed_by(model: Transformer, words: Any) -> Any:
    """Return what the model writes for each word, token by token, until it says END."""
    written = np.full((len(words), words.shape[1] + 1), PADDING)
    written[:, 0] = BEGIN
    done = np.zeros(len(words), dtype=bool)
    for place in range(words.shape[1]):
        logits = model.predict(np.stack([words, written[:, :-1]], axis=1))
        written[:, place + 1] = np.where(done, PADDING, logits[:, place].argmax(axis=1))
        done |= written[:, place + 1] == END
    return written[:, 1:]


def spelled(tokens: Any) -> str:
    """Return the letters of a word."""
    return "".join(SHOWN[token] for token in tokens if token > END)


def reversal_maps(model: Transformer, pair: list[list[int]]) -> Figure:
    """Return the maps of the decoder's heads, from the places of the target to the source."""
    source, target = ([SHOWN[token] for token in tokens] for tokens in pair)
    [heads] = mapped(lambda w: w.data, model.cross_weights(pair))
    maps = [Map(f"head {i}", weights, target, source) for i, weights in enumerate(heads, 1)]
    title = f"To reverse “{spelled(pair[0])}” the decoder reads it backwards"
    return attention_maps(maps, title, side=3.0, rows="written so far (‹ begins, › ends)",
                          seen="source (· fills up)")  # fmt: skip
