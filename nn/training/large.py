"""Batches of samples that memory does not hold all at once: of a memory map, or of a Stream."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from itertools import islice
from math import ceil

import numpy as np

from nn.data.chunks import Chunk, even, mixed
from nn.data.mapped import Mapped
from nn.data.prefetch import prefetched
from nn.data.stream import Stream
from nn.training.samples import Samples

_FIRST = 256  # samples that model and loss are tried on before all others


class Large:
    """Give batches: chunks are read, mixed, cut and made floats in a thread, a few ahead.

    Memory holds one pool of samples to mix, and those ahead. `tried` is called with every batch.
    """

    in_memory = False

    def __init__(
        self, data: Mapped | Stream, tried: Callable[[Samples], None] | None = None
    ) -> None:
        self.data, self.tried = data, tried
        self._first: Samples | None = None

    @property
    def once(self) -> bool:
        """Say whether they can be gone through only once."""
        return self.data.once

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the shape of a sample."""
        return self.first().shape

    @property
    def count(self) -> int | None:
        """Return how many there are, None if it is not known, or not yet."""
        return self.data.count

    def first(self) -> Samples:
        """Return some of the first, to try out what is to be done with all."""
        if self._first is None:
            self._first = _samples(self.data.first().take(slice(_FIRST)))
        return self._first

    def batches(
        self, size: int, source: np.random.RandomState | None, start: int = 0
    ) -> Generator[Samples, None, None]:
        """Return an epoch in batches; a source of random numbers gives the seed of its order.

        It begins with the batch of the number `start`: those before it are read, too.
        """
        seed = None if source is None else int(source.randint(0, 2**32, dtype=np.uint64))
        return self._epoch(size, seed, start)

    def _epoch(self, size: int, seed: int | None, start: int) -> Generator[Samples, None, None]:
        pool = self.data.pool if seed is not None else 0
        ahead = max(self.data.prefetch, ceil(pool / 2 / size)) if self.data.prefetch else 0
        batches = prefetched(self._batches(size, seed, pool, start), ahead)
        try:
            for batch in batches:
                if self.tried is not None:
                    self.tried(batch)
                yield batch
        finally:
            batches.close()

    def _batches(self, size: int, seed: int | None, pool: int, start: int) -> Iterator[Samples]:
        source = None if seed is None else np.random.RandomState(seed)
        chunks: Iterator[Chunk] = self.data.chunks(source)
        if source is not None and pool:
            chunks = mixed(chunks, pool, source)
        for batch in islice(even(chunks, size), start, None):
            yield _samples(batch)

    def held_out(self, share: float, source: np.random.RandomState) -> list[int]:
        """Return the blocks of a memory map that hold a share of it, taken at random.

        Raises TypeError for a stream.
        """
        if isinstance(self.data, Stream):
            raise TypeError(
                f"validation={share!r}: a Stream cannot be parted; give samples of their own to "
                "judge, as validation=(X, y) or another Stream"
            )
        blocks = self.data.blocks
        count = min(len(blocks) - 1, ceil(share * len(blocks)))
        return sorted(source.permutation(blocks)[:count].tolist())

    def parted(self, held_out: Sequence[int]) -> tuple[Large, Large]:
        """Return the samples of these blocks of a memory map, and the others."""
        assert isinstance(self.data, Mapped)
        others = np.setdiff1d(self.data.blocks, held_out)
        parts = self.data.of_blocks(held_out), self.data.of_blocks(others)
        return Large(parts[0], self.tried), Large(parts[1], self.tried)

    def fingerprint(self) -> str:
        """Return a text that tells these samples from most others: it is made of a few of them."""
        if isinstance(self.data, Mapped):
            return self.data.fingerprint()
        return f"{self.first().fingerprint()}, {self.data.pool} mixed"


def _samples(chunk: Chunk) -> Samples:
    """Return a chunk as floats."""
    return Samples(np.array(chunk.X, dtype=np.float64), chunk.y, chunk.places)
