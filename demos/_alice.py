"""The book that a language model learns from, as numbers of its characters, in two parts."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from nn.data.arrays import Ints
from nn.data.encoding import class_numbers

FILE = Path(__file__).with_name("data") / "alice.txt"
HELD_OUT = 0.1  # the share at the end, to judge by


def book() -> tuple[Ints, Ints, list[str]]:
    """Return the tokens to learn from, those to judge by, and the character of each token.

    Letters are small; white space and what is no letter or common mark is one space.
    """
    text = FILE.read_text(encoding="utf-8").lower().replace("`", "'")
    tokens, names = class_numbers(list(re.sub(r"[^a-z.,;:!?'-]+", " ", text)))
    cut = round(len(tokens) * (1 - HELD_OUT))
    return tokens[:cut], tokens[cut:], [str(name) for name in names]


def windows(tokens: Ints, length: int, stride: int) -> tuple[Ints, Ints]:
    """Return stretches of that many tokens, one every `stride`, and what follows each token."""
    starts = range(0, len(tokens) - length, stride)
    X = np.array([tokens[i : i + length] for i in starts])
    return X, np.array([tokens[i + 1 : i + length + 1] for i in starts])


def bits_by_counting(tokens: Ints, X: Ints, y: Ints, count: int) -> dict[str, float]:
    """Return the bits per character of y that two tables of counts need, made of other tokens.

    One counts characters, the other pairs; each count is one more than it was (Laplace).
    """
    single = np.bincount(tokens, minlength=count) + 1.0
    pair = np.ones((count, count))
    np.add.at(pair, (tokens[:-1], tokens[1:]), 1)
    return {
        "characters counted": float(-np.log2(single / single.sum())[y].mean()),
        "pairs counted": float(-np.log2(pair / pair.sum(axis=1, keepdims=True))[X, y].mean()),
    }
