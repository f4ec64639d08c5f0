"""Fisher's iris flowers: read, split by species, standardised."""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, pstdev

FILE = Path(__file__).with_name("data") / "iris.csv"
TEST_SHARE = 0.4  # 60 flowers: in a smaller test part one hard flower decides

Samples = list[tuple[list[float], int]]  # (four features, number of the species)


@dataclass(frozen=True)
class Iris:
    """Hold the species' names and the two parts, features with mean 0 and deviation 1."""

    species: list[str]
    train: Samples
    test: Samples


def load(seed: int) -> Iris:
    """Return the data, the same share of each species in the test part, chosen by the seed.

    Mean and standard deviation are those of the training part: the test part stays unseen.
    """
    with FILE.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))[1:]
    species = sorted({row[-1] for row in rows})
    source = random.Random(seed)
    train: Samples = []
    test: Samples = []
    for label, name in enumerate(species):
        flowers = [([float(x) for x in row[:-1]], label) for row in rows if row[-1] == name]
        source.shuffle(flowers)
        cut = round(TEST_SHARE * len(flowers))
        test += flowers[:cut]
        train += flowers[cut:]
    columns = list(zip(*(x for x, _ in train), strict=True))
    means, deviations = [fmean(c) for c in columns], [pstdev(c) for c in columns]

    def standardised(samples: Samples) -> Samples:
        return [
            ([(x - m) / d for x, m, d in zip(xs, means, deviations, strict=True)], label)
            for xs, label in samples
        ]

    return Iris(species, standardised(train), standardised(test))
