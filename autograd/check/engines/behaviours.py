"""What `check_engine` asks of a backward pass as a whole.

The expected gradients are products of the small integers that the leaves hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from autograd.check.engines.candidate import Candidate, NotThere, Wrong, digits, said
from autograd.check.engines.exercises import Exercise
from autograd.check.engines.mistakes import (
    ASSIGNED,
    DATA,
    INTERIOR,
    KEPT,
    LATE,
    LEAF,
    SEED,
    STALE,
    STEP,
    ZERO,
)


def _grads(candidate: Candidate, values: Sequence[Any]) -> list[float | None]:
    return [candidate.gradient(v) for v in values]


def _agree(candidate: Candidate, came: Sequence[float | None], true: Sequence[float]) -> bool:
    return all(candidate.near(g, t) for g, t in zip(came, true, strict=True))


def _list(numbers: Sequence[float | None]) -> str:
    return f"[{', '.join(map(digits, numbers))}]"


def _require(candidate: Candidate, values: Sequence[Any], true: Sequence[float],
             mistake: str, what: str = "gradients") -> None:  # fmt: skip
    came = _grads(candidate, values)
    if not _agree(candidate, came, true):
        raise Wrong(f"{what} {_list(true)}", f"{what} {_list(came)}", mistake)


def _again(candidate: Candidate, y: Any) -> None:
    """Go backward once more; an engine may refuse that, but not get it wrong."""
    try:
        candidate.go_backward(y)
    except Exception as error:
        raise NotThere(f"refuses a second pass: {said(error)}") from error


def _summed_or_new(candidate: Candidate, values: Sequence[Any], first: Sequence[float],
                   second: Sequence[float], mistake: str) -> str:  # fmt: skip
    """Return which of two meanings the leaves' gradients have after two passes; else raise."""
    came = _grads(candidate, values)
    both = [x + y for x, y in zip(first, second, strict=True)]
    if _agree(candidate, came, both):
        return "leaves add up over passes"
    if _agree(candidate, came, second):
        return "each pass begins anew"
    if _agree(candidate, came, first):
        mistake = KEPT
    expected = f"gradients {_list(both)}, or {_list(second)} if each pass begins anew"
    raise Wrong(expected, f"gradients {_list(came)}", mistake)


def _of_a_leaf(candidate: Candidate) -> str:
    [a] = candidate.values(3)
    candidate.backward(a, LEAF)
    _require(candidate, [a], [1], LEAF)
    return ""


def _of_the_output(candidate: Candidate) -> str:
    a, b = candidate.values(2, 3)
    y = a * b
    candidate.backward(y, SEED)
    if candidate.gradient(y) is None:
        raise NotThere("keeps no gradient for the value that backward is called on")
    _require(candidate, [y], [1], SEED)
    return ""


def _of_interior(candidate: Candidate) -> str:
    a, b, c = candidate.values(2, 3, 5)
    u = a * b
    candidate.backward(u * c, INTERIOR)
    if candidate.gradient(u) is None:
        raise NotThere("keeps no gradients of interior values")
    _require(candidate, [u], [5], INTERIOR)
    return ""


def _from_the_middle(candidate: Candidate) -> str:
    a, b, c = candidate.values(2, 3, 5)
    u = a * b
    y = u * c
    candidate.backward(u, LATE)
    _require(candidate, [a, b, c, y], [3, 2, 0, 0], LATE, "gradients of a, b, and what came later")
    return ""


def _unchanged(candidate: Candidate) -> str:
    a, b, c = candidate.values(2, 3, 5)
    u = a * b
    y = u * c
    candidate.backward(y, DATA)
    for name, v, x in zip("abcuy", (a, b, c, u, y), (2, 3, 5, 6, 30), strict=True):
        candidate.expect(f"the data of {name}", candidate.data(v), x, DATA)
    return ""


def _second_pass(candidate: Candidate) -> str:
    a, b, c = candidate.values(2, 3, 5)
    y = a * b * c
    candidate.backward(y, STALE)
    _again(candidate, y)
    return _summed_or_new(candidate, [a, b, c], [15, 10, 6], [15, 10, 6], STALE)


def _two_outputs(candidate: Candidate) -> str:
    a, b, c, d = candidate.values(2, 3, 5, 7)
    u = a * b
    y, z = u * c, u * d
    candidate.backward(y, STALE)
    _again(candidate, z)
    return _summed_or_new(candidate, [a, b], [15, 10], [21, 14], STALE)


def _two_graphs(candidate: Candidate) -> str:
    a, b, c = candidate.values(2, 3, 5)
    candidate.backward(a * b, ASSIGNED)
    candidate.backward(a * c, ASSIGNED)
    return _summed_or_new(candidate, [a], [3], [5], ASSIGNED)


def _set_to_zero(candidate: Candidate, leaves: Sequence[Any]) -> None:
    """Set gradients to what a new leaf has, as optimisers do, or by the engine's own method."""
    [fresh] = candidate.values(1)
    for v in leaves:
        try:
            v.grad = fresh.grad
            if candidate.gradient(v) == candidate.gradient(fresh):
                continue
        except (AttributeError, TypeError):
            pass
        if not callable(getattr(v, "zero_grad", None)):
            raise NotThere("grad cannot be set, and there is no zero_grad()")
        v.zero_grad()


def _zeroed(candidate: Candidate) -> str:
    a, b, c = candidate.values(2, 3, 5)
    candidate.backward(a * b * c, ZERO)
    _set_to_zero(candidate, [a, b, c])
    _require(candidate, [a, b, c], [0, 0, 0], ZERO)
    candidate.backward(a * b * c, ZERO)
    _require(candidate, [a, b, c], [15, 10, 6], ZERO)
    return ""


def _zeroed_same_graph(candidate: Candidate) -> str:
    a, b, c = candidate.values(2, 3, 5)
    y = a * b * c
    candidate.backward(y, STALE)
    _set_to_zero(candidate, [a, b, c])
    _again(candidate, y)
    stopped = _agree(candidate, _grads(candidate, [a, b, c]), [0, 0, 0])
    _require(candidate, [a, b, c], [15, 10, 6], KEPT if stopped else STALE)
    return ""


def _step(candidate: Candidate) -> str:
    a, b = candidate.values(2, 3)
    candidate.backward(a * b, STEP)
    try:
        a.data = candidate.make(5).data
    except (AttributeError, TypeError) as error:
        raise NotThere(f"data cannot be set: {said(error)}") from error
    _set_to_zero(candidate, [a, b])
    y = a * b
    candidate.expect("the value", candidate.data(y), 15, STEP)
    candidate.backward(y, STEP)
    _require(candidate, [a, b], [3, 5], STEP)
    return ""


def behaviours() -> Iterator[Exercise]:
    """Yield the exercises of the backward pass, the simple ones first."""
    for name, ask, needs in (
        ("backward from a leaf", _of_a_leaf, ()),
        ("the output's own gradient", _of_the_output, ()),
        ("interior gradients", _of_interior, ()),
        ("backward from the middle", _from_the_middle, ()),
        ("data stays as it was", _unchanged, ()),
        ("one leaf in two graphs", _two_graphs, ()),
        ("backward twice", _second_pass, ()),
        ("two outputs share a value", _two_outputs, ()),
        ("zeroed, then a new graph", _zeroed, ()),
        ("zeroed, then the same graph", _zeroed_same_graph, ("zeroed, then a new graph",)),
        ("data changed, then a new graph", _step, ("zeroed, then a new graph",)),
    ):
        yield Exercise(name, "backward", ask, ("a * b", *needs))
