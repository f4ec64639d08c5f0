"""The numbers that all rows share, as arrays with names: W1, b1, ...

A program reads them by place in one list. Those that are always read together are one array, in
the form in which they are read, so that a step neither gathers weights nor scatters gradients.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from autograd.program.lifting.groups import SHARED_STORE, Lifted
from autograd.program.pure.graph import Numbers
from autograd.program.writing.names import Namer


@dataclass(frozen=True)
class Leaf:
    """Hold an array of shared numbers: its name, and the place of each in their list."""

    name: str
    places: Numbers


def leaves_of(lifted: Sequence[Lifted], places: Sequence[Numbers], groups: Numbers) -> list[Leaf]:
    """Return the arrays that shared numbers make, in the order of the numbers.

    `places[k]` says where in the list the shared inputs of the k-th program are, `groups` has a
    number for each place: those with unequal ones are in no array together.
    """
    count = len(groups)
    shapes: dict[bytes, Numbers] = {}
    for program, where in zip(lifted, places, strict=True):
        for index in _reads(program):
            found = where[index]
            shapes.setdefault(repr(found.shape).encode() + found.tobytes(), found)
    generator = np.random.default_rng(0)
    signs = groups.astype(np.uint64)  # equal for places that the same operands read
    for index in shapes.values():
        signs[index] ^= generator.integers(1 << 63, dtype=np.uint64)
    forms: dict[bytes, Numbers] = {}
    for index in sorted(shapes.values(), key=lambda index: -index.ndim):
        ordered = np.sort(index, axis=None)
        if (np.diff(ordered) > 0).all():
            forms.setdefault(ordered.tobytes(), index)
    _, which = np.unique(signs, return_inverse=True)
    order = np.argsort(which, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(which[order])) + 1) if count else []
    namer = Namer(lifted[0])
    leaves = []
    for part in sorted(parts, key=lambda part: int(part[0])):
        index = forms.get(part.tobytes(), part) if len(part) > 1 else part.reshape(())
        leaves.append(Leaf(namer.leaf(index), index))
    return leaves


def _reads(lifted: Lifted) -> Iterable[Numbers]:
    """Yield the places of shared inputs that operands read, without axes that repeat them."""
    first = len(lifted.shared)
    for g in lifted.groups:
        for ref in g.operands:
            if ref.store == SHARED_STORE and ref.index.min() < first:
                index = without_repeats(ref.index if g.form != "lookup" else ref.index.T)
                index = index.reshape([n for n in index.shape if n > 1])
                yield index if index.max() < first else np.unique(index[index < first])


def without_repeats(index: Numbers) -> Numbers:
    """Return places with length 1 along each axis along which they do not change."""
    for k, n in enumerate(index.shape):
        if n > 1 and (index == index.take([0], k)).all():
            index = index.take([0], k)
    return index
