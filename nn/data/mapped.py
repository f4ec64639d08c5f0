"""Memory maps: samples that stay in their file and are read block by block."""

from __future__ import annotations

import hashlib
import mmap
from collections.abc import Iterator
from math import ceil
from typing import Any

import numpy as np

from autograd.real import short
from nn.data.arrays import Array, Ints, unwrapped
from nn.data.checks import checked_targets, refuse_not_finite
from nn.data.chunks import Chunk, even

POOL = 16 * 2**20  # bytes of samples that are mixed at a time
BLOCKS = 64  # that a pool is made of, from anywhere in the file
_FIRST = 256
_PLACES, _SEEN = 64, 16  # where the fingerprint looks, and at how many rows


class Mapped:
    """Read samples and targets from arrays, of which X is a memory map, a block of rows at a time.

    An order is that of the blocks, whose rows are then mixed in a pool of 64 blocks. Source: Xu et
    al. 2022, "In-Database Machine Learning with CorgiPile: Stochastic Gradient Descent without
    Full Data Shuffle", section 4. `blocks` are those that count, all unless given. Without y there
    are no targets. Raises ValueError and TypeError for what are no numbers, or as many of each.
    """

    once = False
    prefetch = 2

    def __init__(
        self, X: Any, y: Any = None, names: tuple[str, str] = ("X", "y"), blocks: Any = None
    ) -> None:
        X = X[:, None] if X.ndim == 1 else X
        if X.dtype.kind not in "biuf":
            raise TypeError(f"{names[0]}: a memory map of {X.dtype}; it must be of numbers")
        if not X.size:
            raise ValueError(f"{names[0]}: no data (shape {X.shape}); give at least one sample")
        self.X, self.names = X, names
        self.y = np.empty((len(X), 0)) if y is None else _targets(y, names[1])
        if len(X) != len(self.y):
            raise ValueError(
                f"{names[0]} has {len(X)} rows and {names[1]} has {len(self.y)}; "
                "every row needs its target"
            )
        self.block = max(1, min(POOL // BLOCKS // (X.nbytes // len(X)), len(X) // BLOCKS))
        self.pool = self.block * BLOCKS
        last = ceil(len(X) / self.block)
        self.blocks: Ints = np.arange(last) if blocks is None else np.asarray(blocks, np.int64)
        short_of = self.block * last - len(X) if last - 1 in self.blocks else 0
        self.count = self.block * len(self.blocks) - short_of

    def first(self) -> Chunk:
        """Return some hundred of the first samples."""
        return next(even(self.chunks(missing=True), _FIRST))

    def of_blocks(self, blocks: Any) -> Mapped:
        """Return the same with these blocks alone."""
        return Mapped(self.X, self.y, self.names, blocks)

    def chunks(
        self, source: np.random.RandomState | None = None, *, missing: bool = False
    ) -> Iterator[Chunk]:
        """Yield the blocks, in a random order if there is a source of one.

        Raises ValueError, naming the row, for what is not finite, unless `missing` lets it through.
        """
        for block in self.blocks if source is None else source.permutation(self.blocks):
            start = int(block) * self.block
            stop = min(start + self.block, len(self.X))
            X = np.array(self.X[start:stop])
            y = checked_targets(np.array(self.y[start:stop])) if self.y.size else self.y[start:stop]
            _let_go(self.X, self.y)
            if not missing:
                refuse_not_finite(X, self.names[0], start)
                refuse_not_finite(y, self.names[1], start)
            yield Chunk(X, y, np.arange(start, stop))

    def fingerprint(self) -> str:
        """Return a text that tells these samples from most others: it is made of a few of them."""
        digest = hashlib.sha256(f"{self.X.shape} {self.X.dtype} {self.y.shape}".encode())
        digest.update(self.blocks.tobytes())
        for start in np.linspace(0, max(len(self.X) - _SEEN, 0), _PLACES).astype(int).tolist():
            for array in (self.X, self.y):
                digest.update(np.array(array[start : start + _SEEN], dtype=np.float64).tobytes())
            _let_go(self.X, self.y)  # each look brings the pages around it, too
        return digest.hexdigest()[:16]


def is_mapped(X: Any) -> bool:
    """Say whether samples are in a memory map, as np.load(path, mmap_mode="r") gives it."""
    return isinstance(X, np.memmap) and X.ndim > 0


def _targets(y: Any, name: str) -> Array:
    """Return targets: those in a memory map stay there, others are looked at."""
    y = unwrapped(y)
    if not is_mapped(y):
        return checked_targets(y, name)
    if y.dtype.kind not in "biuf":
        raise TypeError(f"{name}: a memory map of {short(str(y.dtype))}; it must be of numbers")
    return np.asanyarray(y)


def _let_go(*arrays: Array) -> None:
    """Give the pages of memory maps back: what was read stays in the system's cache alone.

    Not those of a private one, whose changes are nowhere else.
    """
    for array in arrays:
        if isinstance(array, np.memmap) and array.mode != "c" and hasattr(mmap, "MADV_DONTNEED"):
            holder: Any = array
            while isinstance(holder, np.ndarray):
                holder = holder.base
            if isinstance(holder, mmap.mmap):
                holder.madvise(mmap.MADV_DONTNEED)
