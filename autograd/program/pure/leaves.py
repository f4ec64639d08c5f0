"""The numbers that all rows share, as arrays with names: W1, b1, ...

A program reads them by place in one list. Those that are always read together are one array, in
the form in which they are read, so that a step neither gathers weights nor scatters gradients.
What is read one by one is a list, too, if labels say so: b[0] and b[1] are `b`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from autograd.program.lifting.groups import RESERVED, SHARED_STORE, Lifted
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
    namer.taken -= RESERVED  # in a dict they disturb no text
    labels = {
        int(k): v.label
        for program, where in zip(lifted, places, strict=True)
        for k, v in zip(where, program.shared, strict=True)
    }

    def of_list(part: Numbers) -> tuple[int, str]:
        """Return what numbers that are read alone have in common if they are of one list."""
        k = int(part[0])
        stem = of_one_list(labels[k])
        return (int(groups[k]), stem) if len(part) == 1 and stem != labels[k] else (-1, str(k))

    leaves = []
    parts.sort(key=lambda part: int(part[0]))
    for part in [np.concatenate(list(of_one)) for _, of_one in groupby(parts, of_list)]:
        index = forms.get(part.tobytes(), part) if len(part) > 1 else part.reshape(())
        leaves.append(Leaf(namer.leaf(index), index))
    return leaves


def of_one_list(label: str) -> str:
    """Return a label without the indices at its end.

    >>> of_one_list("w['b'][0][3]"), of_one_list("W[0, 3]"), of_one_list("w2,1,4")
    ("w['b']", 'W', 'w2')
    """
    return re.sub(r"(\[\d+(, \d+)*\]|,\d+)+$", "", label)


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
