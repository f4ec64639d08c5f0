"""Where `fit` and `evaluate` take their batches from: what memory holds, a memory map, a stream."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any, Protocol, Self

import numpy as np

from nn.data.mapped import Mapped, is_mapped
from nn.data.stream import Stream
from nn.training.large import Large
from nn.training.samples import Samples, checked_samples


class Source(Protocol):
    """Be what gives batches: `Samples`, or `Large` ones."""

    @property
    def in_memory(self) -> bool:
        """Say whether memory holds all."""

    @property
    def once(self) -> bool:
        """Say whether they can be gone through only once."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the shape of a sample."""

    @property
    def count(self) -> int | None:
        """Return how many there are, None if it is not known."""

    def first(self) -> Samples:
        """Return some, to try out what is to be done with all."""

    def batches(
        self, size: int, source: np.random.RandomState | None, start: int = 0
    ) -> Generator[Samples, None, None]:
        """Return an epoch in batches; what is random about them is drawn from the source at once.

        It begins with the batch of the number `start`.
        """

    def held_out(self, share: float, source: np.random.RandomState) -> list[int]:
        """Return numbers that say which to hold out; `parted` takes them."""

    def parted(self, held_out: Sequence[int]) -> tuple[Self, Self]:
        """Return the samples held out, and the others."""

    def fingerprint(self) -> str:
        """Return a text that tells these samples from others."""


def find_source(X: Any, y: Any, names: tuple[str, str] = ("X", "y")) -> Source:
    """Return where batches of these samples come from.

    What memory holds is checked wholly; memory maps and streams when their samples come. Raises
    ValueError and TypeError for what cannot be used.
    """
    if isinstance(X, Stream):
        if y is not None:
            raise TypeError(f"{names[1]}: a Stream gives the targets itself; leave {names[1]} out")
        if not X.targets:
            raise TypeError(f"{names[0]}: {X} has targets=False; there is nothing to train on")
        return Large(X)
    if y is None:
        raise TypeError(f"{names[1]} is missing: every sample of {names[0]} needs its target")
    return Large(Mapped(X, y, names)) if is_mapped(X) else checked_samples(X, y, names)
