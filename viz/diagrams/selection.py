"""Parts of a graph: paths, the largest gradients, one sample of a batch.

A selection is a function from all values of a graph, in topological order, to those to keep.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from autograd import Value
from autograd.real import short
from viz.diagrams.canvas import locals_of, size

Selection = Callable[[Sequence[Value]], Iterable[Value]]
Only = Value | Iterable[Value] | Selection
_LINEAR = {"add", "sub", "neg", "mul", "div", "sum", "mean"}


def path(*ends: Value) -> Selection:
    """Select all paths from these values to the outputs.

    >>> a, b = Value(2.0, "a"), Value(3.0, "b")
    >>> y = a * b + b
    >>> [v.data for v in path(a)([a, b, y.inputs[0], y])]
    [2.0, 6.0, 9.0]
    """
    if not ends or not all(type(v) is Value for v in ends):
        raise TypeError("only= a path: give the Values that it starts from, as only=w")

    def select(order: Sequence[Value]) -> list[Value]:
        missing = set(ends).difference(order)
        if missing:
            raise ValueError(f"only={missing.pop()!r}: the values drawn do not depend on it")
        found = set(ends)
        for v in order:
            if any(type(x) is Value and x in found for x in v.inputs):
                found.add(v)
        return [v for v in order if v in found]

    return select


def strongest(*starts: Value) -> Selection:
    """Select, from each of these values, the one path to an output along which it acts most.

    That is the path with the largest product of |local derivatives|; one with a nan on it comes
    before all others, for that is what is looked for.

    >>> x = Value(2.0, "x")
    >>> y = x**3 + 4 * x
    >>> [v.data for v in strongest(x)([x, *y.inputs, y])]
    [2.0, 8.0, 16.0]
    """
    path(*starts)  # says if these are no Values

    def select(order: Sequence[Value]) -> list[Value]:
        between = list(path(*starts)(order))
        found: set[Value] = set()
        for start in starts:
            found.update(_strongest(start, between))
        return [v for v in order if v in found]

    return select


def _strongest(start: Value, order: Sequence[Value]) -> list[Value]:
    """Return the strongest path, last value first; sizes are logarithms, so none overflows."""
    strength = {start: 0.0}
    before: dict[Value, Value] = {}
    inner = {start}
    for v in order:
        if v is start:
            continue
        for x, slope in zip(v.inputs, locals_of(v), strict=True):
            if type(x) is not Value or x not in strength:
                continue
            inner.add(x)
            here = strength[x] + _log(slope)
            if v not in strength or here > strength[v]:
                strength[v], before[v] = here, x
    ends = [v for v in strength if v not in inner] or [start]
    way = [max(ends, key=strength.__getitem__)]
    while way[-1] is not start:
        way.append(before[way[-1]])
    return way


def _log(slope: Any) -> float:
    if slope is None:
        return 0.0
    if slope != slope:
        return 1e300
    return max(math.log(size(slope)), -1e6) if size(slope) else -1e6  # 0 is weak, but a way


def largest(k: int = 10) -> Selection:
    """Select the k values whose gradients are largest in size, the last ones where they tie.

    Raises ValueError unless k is positive, and when used before a backward pass.
    """
    if type(k) is not int or k < 1:
        raise ValueError(f"largest({k!r}): how many values, at least 1")

    def select(order: Sequence[Value]) -> list[Value]:
        known = [v for v in order if v.grad is not None]
        if not known:
            raise ValueError("only=largest(...): there are no gradients yet: call backward() first")
        return sorted(known, key=lambda v: (size(v.grad), v.number))[-k:]

    return select


def sample(i: int) -> Selection:
    """Select one sample of a batch, from 0: the i-th term of the longest sum, and the way from it.

    The sum is sought from the output down through sums, means and factors, as losses are made.
    Raises IndexError if there are fewer terms.

    >>> xs = [Value(1.0), Value(2.0)]
    >>> loss = (xs[0] ** 2 + xs[1] ** 2) / 2
    >>> [v.data for v in sample(1)([*xs, *loss.inputs[0].inputs, loss.inputs[0], loss])]
    [2.0, 4.0, 5.0, 2.5]
    """
    if type(i) is not int:
        raise TypeError(f"sample({i!r}): the number of the sample, from 0")

    def select(order: Sequence[Value]) -> list[Value]:
        terms = _terms(order[-1])
        if not terms:
            raise IndexError(f"sample({i}): there is no sum of samples, as a loss is of a batch")
        if not -len(terms) <= i < len(terms):
            raise IndexError(f"sample({i}): there are {len(terms)} terms, from 0")
        below = {terms[i]}
        for v in reversed(order):
            if v in below:
                below.update(x for x in v.inputs if type(x) is Value)
        above = set(path(terms[i])(order))
        return [v for v in order if v in below or v in above]

    return select


def _terms(y: Value) -> list[Value]:
    """Return the terms of the longest sum above y, () for none."""
    best: list[Value] = []
    pending = [y]
    for v in pending:
        found = _flat(v)
        if len(found) > len(best):
            best = found
        if v.rule is not None and v.rule.name in _LINEAR and len(found) <= 3:
            pending += [x for x in v.inputs if type(x) is Value][:3]
    return best


def _flat(v: Value) -> list[Value]:
    """Return what v adds up, looking through additions that add to their left operand."""
    if v.rule is None or v.rule.name not in ("add", "sum", "mean"):
        return []
    found: list[Value] = []
    while v.rule is not None and v.rule.name == "add":
        first, *rest = v.inputs
        found += [x for x in rest if type(x) is Value]
        if type(first) is not Value:
            return found[::-1]
        v = first
    if v.rule is not None and v.rule.name in ("sum", "mean"):
        found += [x for x in reversed(v.inputs) if type(x) is Value]
    else:
        found.append(v)
    return found[::-1]


def chosen(order: Sequence[Value], only: Only) -> set[Value]:
    """Return what to keep of a graph: strongest paths from Values, or what a selection returns.

    Raises TypeError for anything else, and ValueError if nothing of the graph is chosen.
    """
    if type(only) is Value:
        select = strongest(only)
    elif callable(only):
        select = only
    elif isinstance(only, Iterable) and not isinstance(only, (str, bytes)):
        select = strongest(*only)
    else:
        raise TypeError(
            f"only={only!r}: give a Value or several, for their strongest paths, or a selection: "
            "viz.path(w), viz.largest(5), viz.sample(0)"
        )
    made: Any = select(order)
    made = list(made) if isinstance(made, Iterable) else made
    if type(made) is not list or any(type(v) is not Value for v in made):
        raise TypeError(f"only=: it returned {short(made)}: return some of the Values it was given")
    found = set(made)
    kept = found.intersection(order)
    if not kept or len(kept) < len(found):
        what = "something that is not among the values drawn" if found else "nothing"
        raise ValueError(f"only=: it chose {what}")
    return kept
