"""One run of a function on Values: the scalar graph, its inputs, and what Python branched on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograd.numbers import Function
from autograd.program.recording.arguments import Column, RowArgument, SharedArgument
from autograd.program.recording.draws import Draws
from autograd.program.recording.integers import RowInteger
from autograd.program.recording.tracing import Condition, Trace, traced
from autograd.structure import Nested, array, rebuild
from autograd.value import Value, detached, nodes, recording

DRAWS = "draws"  # the column of numbers drawn anew at every call


@dataclass(frozen=True)
class Source:
    """Say where a leaf's number comes from: column `name` of the rows, or a shared place."""

    name: str  # "x", "x['a']", or "" for the array of shared numbers
    index: int


@dataclass
class Recording:
    """Hold what one run of the function left behind."""

    output: Nested
    values: list[Value]  # in topological order
    rows: dict[Value, Source]  # leaves that differ from row to row
    shared: list[Value]  # leaves that are numbers of arguments, in order
    arguments: dict[str, list[Value]]  # the same, by the argument's name
    outlines: dict[str, Any]  # and the forms in which they came
    live: list[Value]  # leaves that were there before: parameters, and other Values closed over
    guards: dict[Condition, bool]
    integers: dict[str, list[RowInteger]]
    draws: list[Any]  # what draws the numbers of the column DRAWS, in order
    selects: bool  # whether a where() takes both of its branches
    selecting: bool  # whether what is not needed may be computed, where() say

    @property
    def keyed(self) -> list[tuple[str, int, int]]:
        """Return the (column, index, int) of integers that were looked at as plain ones."""
        return [
            (name, k, i.plain)
            for name, found in self.integers.items()
            for k, i in enumerate(found)
            if i.used
        ]


def record(
    f: Function,
    name: str,
    order: Sequence[str],
    rows: Mapping[str, RowArgument],
    shared: Mapping[str, SharedArgument],
    row: int,
    selecting: bool = True,
    draws: Draws | None = None,
) -> Recording:
    """Run f on one row, as Values. Raises TypeError if it returns anything but numbers."""
    sources: dict[Value, Source] = {}
    integers: dict[str, list[RowInteger]] = {}
    leaves: dict[str, list[Value]] = {}
    first = Value(0.0).number

    def of_row(column: Column) -> Any:
        return _row(column, row, sources, integers)

    def of_shared(argument: SharedArgument) -> Any:
        if argument.nested is None:
            return argument.given
        xs = [Value(float(detached(x))) for x in argument.nested.leaves]
        for label, x in zip(argument.nested.names, xs, strict=True):
            x.label = argument.name + label[1:]
        leaves[argument.name] = xs
        return argument.nested.fill(xs)

    arguments = [
        rebuild(rows[each].tree, of_row) if each in rows else of_shared(shared[each])
        for each in order
    ]
    trace = Trace(selecting, draws or Draws(row + 1), row)
    with recording(True), traced(trace):
        returned = f(*arguments)
    if returned is None:
        raise TypeError(f"{name}(...) returned None: does it lack a return?")
    output = Nested.of(rebuild(returned, _number), f"what {name}(...) returned")
    values = _reached([x for x in output.leaves if type(x) is Value], trace.guards, first)
    for k, v in enumerate(trace.drawn):
        sources[v] = Source(DRAWS, k)
    live = [v for v in values if v.number < first]
    outlines = {name: x.nested.outline() for name, x in shared.items() if x.nested is not None}
    return Recording(
        output, values, sources, [x for xs in leaves.values() for x in xs], leaves, outlines, live,
        trace.guards, integers, trace.generators, trace.selected, selecting,
    )  # fmt: skip


def _number(x: Any) -> Any:
    """Return what a result is as a number: a row's integer, but no truth value."""
    if isinstance(x, RowInteger):
        return x.number
    return x.truth if isinstance(x, Condition) else x


def _row(
    column: Column, row: int, sources: dict[Value, Source], integers: dict[str, list[RowInteger]]
) -> Any:
    """Return one row of a column as the function is given it: Values in its form."""
    if column.kind == "constant":
        return column.array[row]
    numbers = column.array[row].ravel().tolist() if column.shape else [column.array[row].item()]
    found: list[Any] = []
    for i, x in enumerate(numbers):
        v = Value(float(x), label=f"{column.place}{i + 1}" if column.shape else column.place)
        sources[v] = Source(column.place, i)
        found.append(RowInteger(x, v) if column.kind == "integer" else v)
    if column.kind == "integer":
        integers[column.place] = found
    if not column.shape:
        return found[0]
    whole = array(found, column.shape)
    return whole.tolist() if column.as_lists else whole


def _reached(outputs: list[Value], guards: Mapping[Condition, bool], first: int) -> list[Value]:
    """Return what outputs and guards were computed from, in order, older Values as leaves."""
    roots = {*outputs}
    pending: list[Any] = list(guards)
    seen: set[Condition] = set()
    order: list[Value] = []
    while True:
        while pending:
            c = pending.pop()
            if isinstance(c, Condition) and c not in seen:
                seen.add(c)
                pending += [c.left, c.right]
            elif type(c) is Value:
                roots.add(c)
        order = nodes(*roots, since=first)
        pending = [
            c for v in order if v.rule is not None and v.rule.name == "where"
            for c in v.inputs[:1] if isinstance(c, Condition) and c not in seen
        ]  # fmt: skip
        if not pending:
            break
    older = {x for v in order for x in v.inputs if type(x) is Value and x.number < first}
    older |= {x for x in roots if x.number < first}
    older |= {x for c in seen for x in (c.left, c.right) if type(x) is Value and x.number < first}
    return [*sorted(older, key=lambda v: v.number), *order]
