"""Samples in memory, with their targets: what `fit` and `evaluate` are given, and a batch of it."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from nn.data.arrays import Array, Floats, Ints
from nn.data.checks import checked_targets, refuse_not_finite
from nn.data.nested import tensor
from nn.data.splitting import split_indices


@dataclass(frozen=True)
class Samples:
    """Hold samples of floats and the target of each, of any shapes, as arrays and as lists.

    `places` are those in the data, counted from 0, of samples that were taken from larger ones.
    """

    X: Floats
    y: Array
    places: Ints | None = None

    @cached_property
    def rows(self) -> list[Any]:
        """Return the samples as lists of floats, or lists in lists."""
        found: list[Any] = self.X.tolist()
        return found

    @cached_property
    def targets(self) -> list[Any]:
        """Return the targets as numbers or lists."""
        found: list[Any] = self.y.tolist()
        return found

    def __len__(self) -> int:
        return len(self.X)

    def take(self, indices: Sequence[int] | Ints) -> Samples:
        """Return those of these indices, in their order."""
        places = None if self.places is None else self.places[indices]
        return Samples(self.X[indices], self.y[indices], places)

    def place(self, i: int) -> int:
        """Return where the i-th of these samples is in the data."""
        return i if self.places is None else int(self.places[i])

    # as a source of batches, which larger data are too

    in_memory = True
    once = False

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the shape of a sample."""
        return self.X.shape[1:]

    @property
    def count(self) -> int:
        """Return how many there are."""
        return len(self.X)

    def first(self) -> Samples:
        """Return all."""
        return self

    def batches(
        self, size: int, source: np.random.RandomState | None, start: int = 0
    ) -> Generator[Samples, None, None]:
        """Return an epoch in batches: in an order drawn at once, or as they are without a source.

        It begins with the batch of the number `start`.
        """
        order = np.arange(len(self)) if source is None else source.permutation(len(self))
        firsts = range(start * size, len(self), size)
        return (self.take(order[first : first + size]) for first in firsts)

    def held_out(self, share: float, source: np.random.RandomState) -> list[int]:
        """Return the samples of a share of all, taken at random."""
        found: list[int] = split_indices(len(self), test=share, seed=source)[1].tolist()
        return found

    def parted(self, held_out: Sequence[int]) -> tuple[Samples, Samples]:
        """Return the samples held out, and the others."""
        left = set(held_out)
        others = [i for i in range(len(self)) if i not in left]
        return self.take(held_out), self.take(others)

    def fingerprint(self) -> str:
        """Return a text that tells these samples from others."""
        digest = hashlib.sha256(self.X.tobytes())
        digest.update(self.y.astype(np.float64).tobytes())
        return digest.hexdigest()[:16]


def checked_samples(X: Any, y: Any, names: tuple[str, str] = ("X", "y")) -> Samples:
    """Return samples and targets that `fit` can use: as many of each, finite, of one shape.

    A column of targets is taken as numbers, and whole numbers stay whole. Raises ValueError and
    TypeError, with the numbers of the rows, for anything else.
    """
    rows, targets = tensor(X, names[0], missing=True), checked_targets(y, names[1])
    if len(rows) != len(targets):
        raise ValueError(
            f"{names[0]} has {len(rows)} rows and {names[1]} has {len(targets)}; "
            "every row needs its target"
        )
    refuse_not_finite(rows, names[0])
    refuse_not_finite(targets, names[1])
    return Samples(np.ascontiguousarray(rows), targets)
