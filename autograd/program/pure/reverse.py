"""Adjoints: the graph of a program walked backwards from its first output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from autograd.program.pure.elementwise import elementwise
from autograd.program.pure.graph import Array, Graph


def gradients(graph: Graph, y: Array, seed: Array, wanted: Mapping[str, Array]) -> dict[str, Array]:
    """Return the derivatives of sum(seed * y) by the wanted arrays, zeros where no path is."""
    needed = _active(graph, wanted)
    adjoints: dict[int, list[Array]] = {y.number: [seed if y.row else graph.folded(seed, y)]}
    for x, pull in reversed(list(graph.pulls.items())):
        if x.number not in needed:
            continue
        parts = adjoints.pop(x.number, None)
        if parts is None:
            continue
        dx = _total(graph, parts)
        dx.name = dx.name or f"d{x.name}" * bool(x.name)
        for operand, part in pull(dx):
            if operand.number in needed:
                adjoints.setdefault(operand.number, []).append(part)
    found = {}
    for name, x in wanted.items():
        parts = adjoints.get(x.number)
        found[name] = (
            _total(graph, parts) if parts else graph.make("zeros", (), None, x.grid, x.row)
        )
    return found


def _active(graph: Graph, wanted: Mapping[str, Array]) -> set[int]:
    """Return the numbers of the arrays that depend on the wanted ones."""
    active = {x.number for x in wanted.values()}
    for x in graph.pool.values():
        if x.op != "copy" and any(isinstance(y, Array) and y.number in active for y in x.inputs):
            active.add(x.number)
    return active


def _total(graph: Graph, parts: Sequence[Array]) -> Array:
    """Return the sum of what came: pieces of an array that fill it are joined."""
    pieces = [part for part in parts if part.op == "piece"]
    rest = [part for part in parts if part.op != "piece"]
    if pieces:
        rest += _joined(graph, pieces) or [_padded(graph, piece) for piece in pieces]
    total = rest[0]
    for part in rest[1:]:
        total = elementwise(graph, "add", total, part)
    return total


def _padded(graph: Graph, piece: Array) -> Array:
    return graph.padded(piece.inputs[0], piece.options, piece.grid)


def _joined(graph: Graph, pieces: Sequence[Array]) -> list[Array]:
    """Return pieces along one axis that leave no gap, as one array; none if they are not such."""
    grid = pieces[0].grid
    spans = [piece.options for piece in pieces]
    axes = {
        k for each in spans for k, (span, n) in enumerate(zip(each, grid, strict=True))
        if span != (0, n)
    }  # fmt: skip
    if len(axes) != 1:
        return []
    [axis] = axes
    ordered = sorted(pieces, key=lambda piece: piece.options[axis])
    at = 0
    for piece in ordered:
        start, stop = piece.options[axis]
        if start != at:
            return []
        at = stop
    if at != grid[axis]:
        return []
    return [graph.concat([piece.inputs[0] for piece in ordered], axis)]
