"""What is left out of a picture: rounds that repeat, and arrows across what a selection skips."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from graphviz import Digraph

from autograd import Value
from viz.diagrams.canvas import GREY, box
from viz.diagrams.digits import digits
from viz.diagrams.labels import cell, key, table
from viz.diagrams.roles import INTERMEDIATE
from viz.diagrams.titles import title

_LONGEST_PERIOD = 64
_FEWEST_REPEATS = 4
_MOST_OPERANDS = 3
NOTE = ";  dotted: some values are left out"


@dataclass(frozen=True)
class Fold:
    """Hold values that one box stands for: what is written in it, and which they are."""

    words: str
    members: Set[Value]


def repeats(order: Sequence[Value]) -> list[Fold]:
    """Return the runs of operations that do the same again and again, less first and last round.

    Rounds are the same if their operations are, and if they take their inputs from as far back.

    >>> from autograd import nodes
    >>> y = x = Value(1.0)
    >>> for _ in range(18):
    ...     y = (y * x).tanh()
    >>> [(fold.words, len(fold.members)) for fold in repeats(nodes(y))]
    [('×16: × tanh', 32)]
    """
    made = [v for v in order if v.rule is not None]
    places = {v: i for i, v in enumerate(made)}
    kinds = [
        (v.rule, *[i - places[x] if type(x) is Value and x in places else type(x) is Value
                   for x in v.inputs])
        for i, v in enumerate(made)
    ]  # fmt: skip
    folds = []
    start = 0
    while start < len(made):
        period, length = _run(kinds, start)
        if not period:
            start += 1
            continue
        rounds = length // period
        inner = made[start + period : start + (rounds - 1) * period]
        words = [title(v) for v in inner[:period]]
        shown = " ".join(words[:4]) + (" ..." if len(words) > 4 else "")
        folds.append(Fold(f"×{rounds - 2:,}: {shown}", set(inner)))
        start += rounds * period
    return folds


def _run(kinds: Sequence[object], start: int) -> tuple[int, int]:
    """Return the period and length of the best repetition that starts here."""
    for period in range(1, min(_LONGEST_PERIOD, (len(kinds) - start) // _FEWEST_REPEATS) + 1):
        if kinds[start] != kinds[start + period]:
            continue
        end = start + period
        while end < len(kinds) and kinds[end] == kinds[end - period]:
            end += 1
        if end - start >= _FEWEST_REPEATS * period:
            return period, end - start
    return 0, 0


@dataclass(frozen=True)
class Part:
    """Hold the part of a graph that is drawn: values, and boxes that stand for many of them."""

    kept: Set[Value]
    folds: Sequence[Fold] = ()


@dataclass(frozen=True)
class Rest:
    """Hold how what is left out joins what is drawn; a fold stands as its index."""

    bridges: list[tuple[Value | int, Value | int]]  # across values that are left out
    loose: list[tuple[Value, Value]]  # an operand that is left out, and its user


def rest(order: Sequence[Value], part: Part) -> Rest:
    """Return what lies between the values that are kept.

    A bridge is left out where its ends are joined to others by arrows: the picture stays readable.
    """
    kept = part.kept
    fold_of = {v: i for i, fold in enumerate(part.folds) for v in fold.members}
    reach: dict[Value, Set[Value | int]] = {}  # from what is drawn to a value that is left out
    has_arrow = {x for v in kept for x in v.inputs if type(x) is Value and x in kept}
    bridges: dict[tuple[Value | int, Value | int], None] = {}
    loose: dict[tuple[Value, Value], None] = {}
    nothing: Set[Value | int] = frozenset()
    for v in order:
        me = v if v in kept else fold_of.get(v)
        joined = me is v and any(type(x) is Value and x in kept for x in v.inputs)
        sources = nothing
        for x in v.inputs:
            if type(x) is not Value or (x in kept and v in kept):
                continue
            if x in kept:
                sources = sources | {x}
            elif x in fold_of:
                sources = sources | {fold_of[x]}
            elif reach[x] and not (joined and reach[x] <= has_arrow):
                sources = sources | reach[x]
            elif me is v:
                loose[x, v] = None
        if me is None:
            reach[v] = sources
        else:
            bridges |= dict.fromkeys((s, me) for s in sorted(sources - {me}, key=_place))
    return Rest(list(bridges), list(loose))


def _place(end: Value | int) -> tuple[bool, int]:
    return (True, end.number) if isinstance(end, Value) else (False, end)


def add_rest(g: Digraph, order: Sequence[Value], part: Part, names: Mapping[Value, str]) -> None:
    """Draw boxes for folds, dotted arrows across, and small boxes for operands from elsewhere."""
    left_out = rest(order, part)
    for i, fold in enumerate(part.folds):
        words = table([cell(key(fold.words, bold=True), "CENTER")], GREY)
        box(g, f"fold{i}", words, INTERMEDIATE, style="filled,dashed")

    def name(end: Value | int) -> str:
        return names[end] if type(end) is Value else f"fold{end}"

    for source, target in left_out.bridges:
        g.edge(name(source), name(target), style="dotted", penwidth="1.6")
    operands: dict[Value, list[Value]] = defaultdict(list)
    for x, v in left_out.loose:
        operands[v].append(x)
    for v, xs in operands.items():
        lines = [f"{x.label or title(x) or 'leaf'} = {digits(x.data)}" for x in xs[:_MOST_OPERANDS]]
        if len(xs) > _MOST_OPERANDS:
            lines.append(f"{len(xs) - _MOST_OPERANDS:,} more")
        label = table([cell(key(line)) for line in lines], GREY)
        g.node(f"{names[v]}_from", label=label, shape="box", style="dashed", color=GREY,
               penwidth="0.8")  # fmt: skip
        g.edge(f"{names[v]}_from", names[v], style="dotted")


def contents(order: Sequence[Value]) -> str:
    """Return what a graph is made of in a few words, the most frequent first.

    >>> x = Value(1.0)
    >>> contents([x, x * x])
    '1 leaf, 1 mul'
    """
    counts = Counter("leaf" if v.rule is None else v.rule.name for v in order)
    words = [
        f"{n:,} {'leaves' if n > 1 and name == 'leaf' else name}"
        for name, n in counts.most_common(4)
    ]
    return ", ".join(words) + (", ..." if len(counts) > 4 else "")
