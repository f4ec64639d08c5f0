"""The handwritten digits that several demos learn from, in two parts."""

from __future__ import annotations

from pathlib import Path

from nn.data.arrays import Floats, Ints
from nn.data.splitting import split
from nn.datasets import load_csv

FILE = Path(__file__).with_name("data") / "digits.csv.gz"
SIDE, INK = 8, 16  # an image is SIDE x SIDE pixels of 0 to INK
TRAIN, TEST = 1347, 450


def digits() -> tuple[tuple[Floats, Ints], tuple[Floats, Ints]]:
    """Return (X, y) to learn from and to judge by: rows of 64 pixels from 0 to 1, and classes."""
    data = load_csv(FILE)
    train, test = split(data.X / INK, data.y, test=TEST, seed=0)
    return train, test
