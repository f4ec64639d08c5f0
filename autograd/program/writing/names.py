"""Names for the arrays of a program: from labels where there are any, else by what they hold."""

from __future__ import annotations

import keyword
import re
from bisect import bisect_right
from typing import Any

import numpy as np

from autograd.program.lifting.groups import RESERVED, SHARED_STORE, Group, Lifted

Array = np.ndarray[Any, Any]
_SUMS = ("product", "dot", "terms", "total")


class Namer:
    """Give every array of a program one name, and no two arrays the same.

    What sums compute is z1, z2, ...; what functions compute h1, h2, ...; inputs have their labels'
    names, `W2` for w2,1,1 to w2,64,64; derivatives by `W2` are `dW2`.
    """

    def __init__(self, lifted: Lifted) -> None:
        self.lifted = lifted
        self.columns = [store for store, _ in lifted.columns.values()]
        adjoints = [f"d{column}" for column in self.columns]
        called = {g.op for g in lifted.groups}  # seldom gamma, as normalisations name their factors
        self.taken: set[str] = {*RESERVED - {"gamma"}, *called, *self.columns, *adjoints}
        self.results: dict[tuple[str, int], str] = {}
        self.arrays: dict[Any, str] = {}
        self._next: dict[str, int] = {}
        self._starts: dict[str, list[int]] = {}
        counts = {"z": 0, "h": 0}
        for g in lifted.groups:
            letter = "z" if g.form in _SUMS else "h"
            counts[letter] += 1
            self.results[g.store, g.start] = self.fresh(f"{letter}{counts[letter]}")
            self._starts.setdefault(g.store, []).append(g.start)

    def fresh(self, name: str) -> str:
        """Return the name, with a number behind it if it is taken."""
        name = re.sub(r"\W", "_", name).strip("_") or "a"
        if name[0].isdigit() or keyword.iskeyword(name):
            name = f"a{name}"
        made, k = name, self._next.get(name, 2)
        while made in self.taken:
            made, k = f"{name}_{k}", k + 1
        self._next[name] = k
        self.taken.add(made)
        return made

    def result(self, g: Group) -> str:
        """Return the name of what a group computes."""
        return self.results[g.store, g.start]

    def array(self, store: str, index: Array, label: str) -> str:
        """Return a name for a view of a store."""
        key = store, index.shape, index.tobytes(), label
        if key not in self.arrays:
            self.arrays[key] = self.fresh(self._guess(store, index, label))
        return self.arrays[key]

    def leaf(self, index: Array) -> str:
        """Return a name for shared inputs, in the form in which they are read."""
        return self.fresh(self._guess(SHARED_STORE, index, ""))

    def adjoint(self, store: str, index: Array) -> str:
        """Return the label of a view of adjoints."""
        return "d" + self._guess(store, index, "")

    def _guess(self, store: str, index: Array, label: str) -> str:
        if label.startswith("d") and len(label) > 1:
            return label
        store = store if store in self._starts or store in self.columns else store.removeprefix("d")
        places = index.ravel()
        first, last = int(places[0]), int(places[-1])
        if store == SHARED_STORE and max(first, last) < len(self.lifted.shared):
            name = common_name(*[self.lifted.shared[k].label for k in (first, last)])
            if name:
                matrix = index.ndim > 1 and (min(index.shape) > 1 or name[0] == "w")
                return name[0].upper() + name[1:] if matrix and len(name) <= 3 else name
            return "p"
        if store == SHARED_STORE and first < len(self.lifted.shared) + len(self.lifted.constants):
            return "c" if first >= len(self.lifted.shared) else "p"
        starts = self._starts.get(store, ())
        k = bisect_right(starts, first) - 1
        name = store if k < 0 else self.results[store, starts[k]]
        ones = self.lifted.ones.get(store, ())
        return f"{name}_and_1" if len(places) > 1 and last in ones else name

    def shape(self, g: Group) -> str:
        """Return the shape of what a group computes, as (64, rows).

        >>> from autograd.program.lifting.groups import Lifted
        >>> g = Group("map", "exp", "v", True, 1, (4, 6), 0, [])
        >>> Namer(Lifted([g], {}, [], np.zeros(0), [], [], 0, {})).shape(g)
        '(4, 6, rows)'
        """
        sizes = [str(n) for n in g.grid if n > 1 or g.form != "product"]
        if g.row:
            sizes = [*[n for n in sizes if sizes != ["1"]], "rows"]
        return f"({', '.join(sizes or ['1'])}{',' if len(sizes) < 2 else ''})"

    def describe(self, g: Group) -> str:
        """Return the shape and, where the line does not say it, what the group is."""
        plain = g.form in _SUMS or g.op in ("mul", "div")
        return self.shape(g) if plain else f"{self.shape(g)} {g.op}"


def common_name(a: str, b: str) -> str:
    """Return a name for numbers from label a to label b, "" if they have nothing in common.

    >>> common_name("w2,1,1", "w2,64,64"), common_name("gamma1", "gamma12")
    ('w2', 'gamma')
    >>> common_name("W[0][0]", "W[3][1]"), common_name("net['b1'][0]", "net['b1'][7]")
    ('W', 'b1')
    >>> common_name("w2,1,1", "b2,64")
    'wb2'
    """
    words = [re.findall(r"[A-Za-z_]\w*|\d+", label) for label in (a, b)]
    both = [x for x, y in zip(*words, strict=False) if x == y and not x[0].isdigit()]
    if both:
        return str(both[-1])
    heads = [re.fullmatch(r"([A-Za-z]+)(\d*)", found[0]) if found else None for found in words]
    if heads[0] and heads[1] and heads[0][2] == heads[1][2] and heads[0][1] != heads[1][1]:
        return f"{heads[0][1]}{heads[1][1]}{heads[0][2]}"  # weights and biases of one layer
    same = 0
    while a[same : same + 1] == b[same : same + 1] != "":
        same += 1
    return str(re.sub(r"\W+", "_", a[:same])).rstrip("_0123456789").lstrip("_")
