"""Chunks of samples, as data that memory does not hold come in: mixed, and cut to batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nn.data.arrays import Array, Ints


@dataclass(frozen=True, slots=True)
class Chunk:
    """Hold some samples, the target of each, and their places in the data, counted from 0."""

    X: Array
    y: Array
    places: Ints

    def __len__(self) -> int:
        return len(self.places)

    def take(self, which: Any) -> Chunk:
        """Return those of these indices, or of a slice."""
        return Chunk(self.X[which], self.y[which], self.places[which])


def joined(chunks: Sequence[Chunk]) -> Chunk:
    """Return one chunk of the samples of all."""
    if len(chunks) == 1:
        return chunks[0]
    return Chunk(
        np.concatenate([c.X for c in chunks]),
        np.concatenate([c.y for c in chunks]),
        np.concatenate([c.places for c in chunks]),
    )


def mixed(chunks: Iterable[Chunk], size: int, source: np.random.RandomState) -> Iterator[Chunk]:
    """Yield the samples in another order: of a pool of `size`, again and again, a random half.

    A pool that holds everything is one random permutation. Half of it stays behind every time, so
    that samples which come together are spread over several pools.
    """
    held: list[Chunk] = []
    count = 0
    for chunk in chunks:
        held.append(chunk)
        count += len(chunk)
        if count >= size:
            pool, order, stay = joined(held), source.permutation(count), size // 2
            held, count = [pool.take(order[:stay])], stay
            chunk = pool.take(order[stay:])
            del pool, order  # memory is what this is about
            yield chunk
    if count:
        yield joined(held).take(source.permutation(count))


def even(chunks: Iterable[Chunk], size: int) -> Iterator[Chunk]:
    """Yield the samples in their order, `size` at a time, what is left over at the end.

    >>> ones = [Chunk(np.ones((n, 1)), np.ones(n), np.arange(n)) for n in (1, 5, 1)]
    >>> [len(chunk) for chunk in even(ones, 3)]
    [3, 3, 1]
    """
    held: list[Chunk] = []
    count = 0
    for chunk in chunks:
        held.append(chunk)
        count += len(chunk)
        if count >= size:
            whole, stop = joined(held), count - count % size
            for i in range(0, stop, size):
                yield whole.take(slice(i, i + size))
            held, count = [whole.take(slice(stop, None))], count - stop
    if count:
        yield joined(held)
