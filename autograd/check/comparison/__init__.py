"""Two implementations of the same thing: recorded, lined up, and told apart."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from autograd.check.comparison.alignment import Alignment, Graph, align
from autograd.check.comparison.table import Both, Comparison, Pair
from autograd.check.foreign import to_numpy
from autograd.check.oracles.precise import Kink
from autograd.check.oracles.replay import replay
from autograd.check.places import place
from autograd.check.ulps import nearest
from autograd.functions import sum as add_up
from autograd.lines import lines
from autograd.numbers import Function, one, zero
from autograd.passes import pull_back
from autograd.real import short
from autograd.show import naming
from autograd.structure import Nested, in_order_of
from autograd.transforms import Call
from autograd.value import Value, detached, nodes

_number = operator.attrgetter("number")


class _Called(NamedTuple):
    """Hold what a function returned at x for its inputs xs; None if it could not be recorded."""

    name: str
    output: Any
    xs: list[Value] | None
    refusal: str


def compare(f: Function, g: Function, x: Any, *, ulps: float = 16) -> Comparison:
    """Line up two implementations of the same thing at x, and find where they first differ.

    `x` is a number, an array, or a nested list, tuple or dict. What f and g return may be nested,
    too, and is compared number by number, with the gradients; `ulps` is how far apart they may
    be, in units in the last place. Both are recorded. Values of the two graphs are partners if
    they are the same function of x, in high precision at points nearby, by whatever operations
    they are computed: so a bug is where the partners end, and a rounding difference where
    partners first come out as different floats. Of a function that takes no Values the outputs
    alone are compared. Raises ValueError for outputs of different forms, or a function that is
    not deterministic.

    >>> from autograd import exp, expm1
    >>> found = compare(lambda x: exp(x) - 1, lambda x: expm1(x), 1e-9)
    >>> found.same_function, found.ok, found.first.f.operation, found.first.g.operation
    (True, False, 'v1 - 1', 'expm1(x)')
    >>> found = compare(lambda x: exp(2 * x) * x, lambda x: exp(x) ** 3 * x, 0.5)
    >>> found.same_function, found.f_next[0].operation, found.g_next[0].operation
    (False, '2 * x', 'exp(x)')
    """
    for function, name in ((f, "f"), (g, "g")):
        if not callable(function):
            raise TypeError(f"compare(f, g, x): {name} is {short(function)}, not a function")
    if not Nested.of(to_numpy(x), "compare: x").leaves:
        raise TypeError(f"compare(f, g, x): x is {short(x)}: there is no number in it")
    of_f, of_g = _called(f, "f", x), _called(g, "g", x)
    f_out, g_out = _outputs(of_f, of_g)
    names = [f"y{name[1:]}" for name in f_out.names]
    values = [
        Both(name, detached(u), detached(w))
        for name, u, w in zip(names, f_out.leaves, g_out.leaves, strict=True)
    ]
    found = Comparison(of_f.name, of_g.name, values, [], ulps, None)
    if of_f.xs is None or of_g.xs is None:
        notes = [
            f"{letter} was not recorded ({of.refusal}), so only the outputs are compared"
            for letter, of in (("f", of_f), ("g", of_g)) if of.xs is None
        ]  # fmt: skip
        return replace(found, notes=notes)
    return _lined_up(found, _graph(of_f.xs, f_out), _graph(of_g.xs, g_out), names)


def _called(f: Function, letter: str, x: Any) -> _Called:
    """Call a function on Values, twice; on x itself if it does not take Values."""
    name = getattr(f, "__name__", type(f).__name__)
    argument = Nested.of(to_numpy(x), "compare: x")
    try:
        with lines():
            call, again = [Call("compare", f, (to_numpy(x),), 0, {}) for _ in range(2)]
        output, repeated = call.numbers(), again.numbers()
    except Exception as error:  # whatever a function of floats raises for a Value
        try:
            outputs = [Nested.of(to_numpy(f(x)), f"compare: what {letter} returned") for _ in "12"]
        except Exception:
            raise error from None
        _same_twice(name, letter, *outputs)
        return _Called(name, outputs[0].tree, None, f"{type(error).__name__}: {_first(error)}")
    _same_twice(name, letter, output, repeated)
    if not any(type(y) is Value for y in output.leaves):
        return _Called(name, output.tree, None, "no Value reached its result")
    for v, label in zip(call.xs, argument.names, strict=True):
        v.label = label
    return _Called(name, output.tree, call.xs, "")


def _graph(xs: list[Value], output: Nested) -> Graph:
    ys = [y if type(y) is Value else Value(y) for y in output.leaves]
    return Graph(xs, ys, nodes(*xs, *ys))


def _first(error: Exception) -> str:
    """Return the first sentence of a message."""
    return str(error).partition("\n")[0].partition(". ")[0]


def _same_twice(name: str, letter: str, first: Nested, second: Nested) -> None:
    a, b = ([detached(y) for y in output.leaves] for output in (first, second))
    if len(a) != len(b) or any(x != y and (x == x or y == y) for x, y in zip(a, b, strict=True)):
        raise ValueError(
            f"compare: {letter} ({name}) is not deterministic: called twice at the same x it "
            f"returned {short(a)} and then {short(b)}. Seed its random numbers inside, or pass "
            "them in as part of x"
        )


def _outputs(f: _Called, g: _Called) -> tuple[Nested, Nested]:
    """Return what f and g returned, number by number. Raises ValueError if forms differ."""
    first = Nested.of(f.output, "compare: what f returned")
    second = Nested.of(in_order_of(f.output, g.output), "compare: what g returned")
    shapes = [_shape(output.tree) for output in (first, second)]
    if len(first.leaves) != len(second.leaves) or shapes[0] != shapes[1]:
        raise ValueError(
            f"compare: f ({f.name}) returned {first.form()} and g ({g.name}) {second.form()}: they "
            "must return as many numbers, in the same form"
        )
    return first, second


def _shape(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _shape(item) for key, item in tree.items()}
    if isinstance(tree, (list, tuple)):
        return [_shape(item) for item in tree]
    return [_shape(item) for item in tree] if np.shape(tree) else None


def _lined_up(found: Comparison, f: Graph, g: Graph, names: Sequence[str]) -> Comparison:
    aligned = align(f, g)
    f_name_of, g_name_of = naming(f.order), naming(g.order)

    def pair(u: Value) -> Pair:
        w = aligned.in_g[u]
        return Pair(place(u, f_name_of), place(w, g_name_of), aligned.exact(u, w))

    inputs = set(f.xs)  # of a list, `in` would compare data
    pairs = [pair(u) for u in f.order if u in aligned.in_g and u not in inputs]
    differ = [each for each in pairs if not each.numbers.equal]
    same = all(aligned.same) if aligned.known else None
    found = replace(
        found,
        values=[
            replace(both, exact=aligned.exact(u, w)) if equal else both
            for both, equal, u, w in zip(found.values, aligned.same, f.ys, g.ys, strict=True)
        ],
        gradients=list(_gradients(f, g, names, aligned.same)),
        same_function=same,
        matched=len(pairs),
        first=differ[0] if differ else None,
        worst=max(differ, key=lambda each: each.ulps, default=None),
    )
    if same is None:
        note = "without rounding f or g has no value near x, so nothing is said of what is between"
        return replace(found, notes=[note])
    output_of_g = dict(zip(g.ys, names, strict=True))
    wrong = [i for i, equal in enumerate(aligned.same) if not equal]
    agreed, f_next, g_next = _parting(aligned, [f.ys[i] for i in wrong], [g.ys[i] for i in wrong])
    return replace(
        found,
        agreed=None if agreed is None or agreed in inputs else pair(agreed),
        f_next=[place(u, f_name_of) for u in f_next],
        g_next=[place(w, g_name_of) for w in g_next],
        notes=[
            f"{names[i]} of f is {output_of_g[w]} of g"
            for i in wrong if (w := aligned.in_g.get(f.ys[i])) in output_of_g
        ],
    )  # fmt: skip


def _gradients(f: Graph, g: Graph, names: Sequence[str], same: Sequence[bool]) -> Iterator[Both]:
    """Yield the derivatives of every output, beside the true ones where the functions agree."""
    whole = None
    with suppress(Kink, TypeError):  # no derivative, or an operation of floats only
        whole = replay(add_up(f.ys) if len(f.ys) > 1 else f.ys[0], f.xs)
    for name, equal, u, w in zip(names, same, f.ys, g.ys, strict=True):
        ours, theirs = (_gradient(y, graph.xs) for y, graph in ((u, f), (w, g)))
        true: Sequence[Any] = [None] * len(f.xs)
        if whole and equal:
            with suppress(Kink):
                true = replace(whole, y=u).references(f.xs)
        for x, a, b, exact in zip(f.xs, ours, theirs, true, strict=True):
            label = f"d{name}/d{x.label}"
            if exact is None:
                yield Both(label, a, b)
            else:
                yield Both(label, a, b, exact.gradient, nearest(exact.size))


def _gradient(y: Value, xs: Sequence[Value]) -> list[Any]:
    return [zero(y) if d is None else d for d in pull_back([y], [one(y)], xs)]


def _parting(aligned: Alignment, f_ys: Sequence[Value],
             g_ys: Sequence[Value]) -> tuple[Value | None, list[Value], list[Value]]:  # fmt: skip
    """Return the last value of f that g shares, on the way to these outputs, and what follows.

    The way leads back from outputs to the first values that have a partner.
    """
    f_next, f_border = _own(f_ys, aligned.in_g)
    g_next, g_border = _own(g_ys, aligned.in_f)
    shared = f_border | {aligned.in_f[w] for w in g_border}
    before = [u for u in shared if not f_next or u.number < f_next[0].number]
    return max(before, key=_number, default=None), f_next, g_next


def _own(ys: Sequence[Value], partners: Mapping[Value, Value]) -> tuple[list[Value], set[Value]]:
    """Return the operations on shared values that only one side has, and those shared values."""
    border = {y for y in ys if y in partners}
    way = [y for y in ys if y not in partners]
    seen = set(way)
    first = []
    for v in way:
        others = [x for x in v.inputs if type(x) is Value and x not in partners]
        border.update(x for x in v.inputs if type(x) is Value and x in partners)
        if v.rule and not any(x.rule for x in others):
            first.append(v)
        way += [x for x in others if x not in seen]
        seen.update(others)
    return sorted(first, key=_number), border
