"""Reverse and forward passes that change nothing: adjoints and tangents are kept aside.

They serve `gradients` and the transforms, for any outputs and inputs, on numbers or as a graph
that can be differentiated again. `Value.backward` is the same reverse pass with the adjoints kept
in the values themselves, where a million of them cost nothing but their own floats.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from functools import reduce
from typing import Any

from autograd.numbers import one, zero
from autograd.real import short
from autograd.value import Value, data_of, nodes


def dependents(ys: Sequence[Value], xs: Sequence[Value]) -> list[Value]:
    """Return, in topological order, those of xs that ys depend on and what lies between."""
    order = nodes(*ys, since=min(x.number for x in xs)) if xs else []
    found = set(xs).intersection(order)
    for v in order:
        if v.rule is not None and not found.isdisjoint([x for x in v.inputs if type(x) is Value]):
            found.add(v)
    return [v for v in order if v in found]


def _partials(v: Value, on_path: set[Value], as_graph: bool) -> Iterator[tuple[Value, Any]]:
    """Yield the inputs of v on the path with d(v)/d(input): Values if a graph is wanted."""
    wanted = [type(x) is Value and x in on_path for x in v.inputs]
    if v.rule is not None and any(wanted):
        y, xs = (v, v.inputs) if as_graph else (v.data, data_of(v.inputs))
        for x, d, want in zip(v.inputs, v.rule.derivatives(y, xs, wanted), wanted, strict=True):
            if want:
                yield x, d


def _times(d: Any, t: Any) -> Any:
    return t if type(d) is int and d == 1 else d * t  # a graph without multiplications by 1


def pull_back(ys: Sequence[Value], seeds: Sequence[Any], xs: Sequence[Value],
              as_graph: bool = False) -> list[Any]:  # fmt: skip
    """Return for every x the sum over ys of seed * dy/dx, None where there is no path."""
    path = dependents(ys, xs)
    on_path = set(path)
    adjoints: dict[Value, Any] = {}
    for y, seed in zip(ys, seeds, strict=True):
        adjoints[y] = adjoints[y] + seed if y in adjoints else seed
    for v in reversed(path):
        for x, d in _partials(v, on_path, as_graph):
            term = _times(d, adjoints[v])
            adjoints[x] = adjoints[x] + term if x in adjoints else term
    return [adjoints.get(x) for x in xs]


def push_forward(ys: Sequence[Any], xs: Sequence[Value], tangents: Sequence[Any],
                 as_graph: bool = False) -> list[Any]:  # fmt: skip
    """Return for every y the sum over xs of dy/dx * tangent, None where there is no path."""
    path = dependents([y for y in ys if type(y) is Value], xs)
    on_path = set(path)
    found: dict[Any, Any] = dict(zip(xs, tangents, strict=True))
    for v in path:
        if v not in found:
            terms = [_times(d, found[x]) for x, d in _partials(v, on_path, as_graph)]
            found[v] = reduce(operator.add, terms)
    return [found.get(y) if type(y) is Value else None for y in ys]


def gradients(y: Value, xs: Sequence[Value], create_graph: bool = False) -> list[Any]:
    """Return dy/dx for every x in xs, changing nothing: 0 where there is no path.

    With `create_graph` they are Values that can be differentiated again; otherwise numbers.
    Raises TypeError if y or one of xs is not a Value.

    >>> x = Value(3.0)
    >>> [dy] = gradients(x**3, [x], create_graph=True)
    >>> gradients(dy, [x])
    [18.0]
    """
    if isinstance(xs, Value):
        raise TypeError("gradients(y, xs): xs is a list of Values: write gradients(y, [x])")
    xs = list(xs)
    wrong = [v for v in (y, *xs) if type(v) is not Value]
    if wrong:
        raise TypeError(
            f"gradients(y, xs): {short(wrong[0])} is not a Value. y is a Value computed from "
            "the Values in the list xs, as in gradients(x * x, [x])"
        )
    found = pull_back([y], [one(y)], xs, create_graph)
    found = [zero(y) if g is None else g for g in found]
    if create_graph:
        return [g if type(g) is Value else Value(g) for g in found]
    return found
