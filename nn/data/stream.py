"""Samples from an iterator: of a file that is read line by line, of a database, of a simulation."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from itertools import chain
from typing import Any

import numpy as np

from autograd.real import short
from nn.data.arrays import whole
from nn.data.checks import refuse_not_finite
from nn.data.chunks import Chunk
from nn.data.reading import Form, chunk_of, grouped, told


class Stream:
    """Hold samples that come from an iterator, for `fit`, `evaluate` and `predict`.

    `make` is a function without arguments that gives an iterator of pairs (sample, target), anew
    for every epoch, or what can be iterated over again and again. With `chunks` it gives many at a
    time, (X, y) of any length; without `targets` samples alone, or X. `shuffle` is how many samples
    memory holds to mix them (fit's seed decides how); 0 leaves them in their order, and so does
    fit(shuffle=False). `count` is how many samples an epoch has, if known. A thread takes them from
    the iterator, `prefetch` batches ahead; with 0 there is none. A fit that is resumed within an
    epoch reads past what it was trained on, so the same must come again.

    Raises TypeError for what cannot be iterated over. What is wrong with a sample, of other
    shape than the first or not finite, is told with its number when it comes.

    >>> from nn.layers.layer import Layer
    >>> tenths = Stream(lambda: (([i / 10], i / 5) for i in range(3)))
    >>> Layer(1, 1, activation="linear", init=lambda *_: 1.0).predict(tenths)
    array([[0. ],
           [0.1],
           [0.2]])
    """

    def __init__(
        self, make: Callable[[], Iterable[Any]] | Iterable[Any], *, targets: bool = True,
        chunks: bool = False, shuffle: int = 0, count: int | None = None, prefetch: int = 2,
    ) -> None:  # fmt: skip
        if isinstance(make, (str, bytes)) or not (callable(make) or isinstance(make, Iterable)):
            raise TypeError(
                f"Stream({short(make)}): give a function that gives an iterator, as lambda: rows()"
            )
        self.make, self.targets, self.in_chunks = make, bool(targets), bool(chunks)
        self.pool, self.prefetch = whole("shuffle", shuffle, 0), whole("prefetch", prefetch, 0)
        self.said = None if count is None else whole("count", count, 1)
        self.count = self.said  # or what the last whole pass has counted
        self.once = isinstance(make, Iterator)
        self._form = Form()
        self._last: Any = None  # iterator
        self._begun: Iterator[Chunk] | None = None  # what is left of one that comes only once

    def first(self) -> Chunk:
        """Return the first samples."""
        if self._begun is not None:
            first = next(self._begun)
            self._begun = chain([first], self._begun)
            return first
        chunks = self._chunks()
        first = next(chunks)
        if self.once:
            self._begun = chain([first], chunks)
        else:
            chunks.close()
        return first

    def chunks(
        self, source: np.random.RandomState | None = None, *, missing: bool = False
    ) -> Iterator[Chunk]:
        """Yield all samples in the order in which they come.

        Raises ValueError, naming the row, for what is not finite, unless `missing` lets it through.
        """
        begun, self._begun = self._begun, None
        for chunk in begun or self._chunks():
            if not missing:
                refuse_not_finite(chunk.X, "X", int(chunk.places[0]))
                refuse_not_finite(chunk.y, "y", int(chunk.places[0]))
            yield chunk

    def _chunks(self) -> Generator[Chunk, None, None]:
        number = 0
        items = told(self._iterator(), "chunks" if self.in_chunks else "samples")
        for X, y in grouped(items, self.targets, self.in_chunks):
            try:
                chunk = chunk_of(X, y, number, self._form)
            except (TypeError, ValueError) as error:
                if number == 0 and not self.in_chunks:
                    error.add_note("if the iterator gives many samples at a time: chunks=True")
                raise
            number += len(chunk)
            if self.said is not None and number > self.said:
                break
            yield chunk
        if number == 0:
            raise ValueError(f"{self}: the iterator gave no sample")
        if self.said not in (None, number):
            more = "more" if number > (self.said or 0) else f"{number:,}"
            raise ValueError(
                f"{self}: the iterator gave {more}; itertools.islice gives so many of them"
            )
        self.count = number

    def _iterator(self) -> Iterator[Any]:
        """Return the iterator of the next pass. Raises ValueError if there can be none."""
        make: Any = self.make
        found = make if isinstance(make, Iterable) else make()
        if not isinstance(found, Iterable):
            raise TypeError(f"{self}: the function gave {short(found)}, which is no iterator")
        iterator = iter(found)
        if iterator is self._last:
            raise ValueError(
                f"{self}: the iterator gives its samples only once, and they are used up; give a "
                "function that makes a new one each time, as lambda: rows()"
            )
        self._last = iterator
        return iterator

    def __repr__(self) -> str:
        return f"Stream({short(self.make)}{'' if self.said is None else f', count={self.said}'})"
