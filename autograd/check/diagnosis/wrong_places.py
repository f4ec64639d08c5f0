"""True components in wrong places: swapped, shifted, transposed, a part of a Hessian."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import combinations, permutations
from typing import Any, NamedTuple

import numpy as np

from autograd.check.diagnosis.evidence import Block, Evidence, Vector
from autograd.check.diagnosis.flow import Flow

_LARGEST = 200  # rows of a Hessian that is inverted


class Arrangement(NamedTuple):
    """Hold a gradient made of the true components, what was done, and the bits to say it."""

    kind: str
    phrase: str
    vector: Vector
    bits: float


def arrangements(evidence: Evidence, blur: float) -> Iterator[Arrangement]:
    """Yield the true components in other orders, within blocks and between them."""
    true = evidence.true
    yield from _swapped(evidence, blur)
    blocks = evidence.blocks
    for block in blocks:
        if block.stop - block.start < 2:
            continue
        part = true[block.start : block.stop]
        bits = math.log2(len(blocks))
        for kind, phrase, changed, own in _within(block, part):
            vector = true.copy()
            vector[block.start : block.stop] = changed.ravel()
            yield Arrangement(kind, f"{block.name}: {phrase}", vector, own + bits)
    if len(blocks) > 1:
        yield from _between(blocks, true)
        for kind, phrase, changed, own in _moved(true):
            yield Arrangement(kind, f"all of x: {phrase}", changed, own + 1)
        matrices = [b.shape is not None and len(b.shape) > 1 for b in blocks]
        if sum(matrices) > 1:
            turned = [
                _reshaped(true, b).T.ravel() if matrix else true[b.start : b.stop]
                for b, matrix in zip(blocks, matrices, strict=True)
            ]
            every = "every matrix is transposed"
            yield Arrangement("transposed", every, np.concatenate(turned), 2)
    yield from _sorted(evidence)


def _reshaped(true: Vector, block: Block) -> Any:
    return true[block.start : block.stop].reshape(block.shape or (block.stop - block.start,))


def _swapped(evidence: Evidence, blur: float) -> Iterator[Arrangement]:
    true = evidence.true
    wrong = np.flatnonzero(np.abs(evidence.error) > evidence.slack(true, blur))
    if len(wrong) == 2 and len(evidence.names) == len(true):
        i, j = map(int, wrong)
        vector = true.copy()
        vector[[i, j]] = vector[[j, i]]
        phrase = f"{evidence.names[i]} and {evidence.names[j]} are swapped"
        yield Arrangement("swapped", phrase, vector, 2 * math.log2(len(true)))


def _sorted(evidence: Evidence) -> Iterator[Arrangement]:
    """Yield whatever order of the true components comes nearest to the claim."""
    vector = np.empty_like(evidence.true)
    vector[np.argsort(evidence.claim)] = np.sort(evidence.true)
    moved = int(np.count_nonzero(vector != evidence.true))
    phrase = f"the components are right but for their order: {moved} stand in another's place"
    if moved:
        yield Arrangement("permuted", phrase, vector, 2 + math.lgamma(moved + 1) / math.log(2))


def _within(block: Block, part: Vector) -> Iterator[Arrangement]:
    n = len(part)
    if block.shape is None or len(block.shape) == 1:
        yield from _moved(part)
        sides = [m for m in range(2, math.isqrt(n) + 1) if n % m == 0]
        for m in dict.fromkeys([*sides, *(n // m for m in sides)]):
            phrase = f"transposed, as a matrix of {m} rows and {n // m} columns"
            bits = 3 + math.log2(2 * len(sides))
            yield Arrangement("transposed", phrase, part.reshape(m, n // m).T, bits)
        return
    a = part.reshape(block.shape)
    if len(block.shape) == 2:
        square = block.shape[0] == block.shape[1]
        phrase = "transposed" if square else "transposed, or read in column-major order"
        yield Arrangement("transposed", phrase, a.T, 2)
    else:
        for axes in list(permutations(range(a.ndim)))[1:] if a.ndim <= 4 else []:
            phrase = f"its axes are in the order {axes}"
            yield Arrangement("transposed", phrase, np.transpose(a, axes), 2 + 2 * a.ndim)
    for k in range(1, a.ndim + 1):
        for axes in combinations(range(a.ndim), k):
            along = "all axes" if k == a.ndim else f"axis {', '.join(map(str, axes))}"
            yield Arrangement("reversed", f"reversed along {along}", np.flip(a, axes), 2 + a.ndim)
    for axis in range(a.ndim):
        for step in (1, -1):
            phrase = f"shifted by {step:+d} along axis {axis}, around the end"
            yield Arrangement("shifted", phrase, np.roll(a, step, axis), 4 + a.ndim)
            phrase = f"shifted by {step:+d} along axis {axis}, with 0 at the end"
            yield Arrangement("shifted", phrase, _shifted(a, step, axis), 5 + a.ndim)
    yield from _moved(part)


def _moved(part: Vector) -> Iterator[Arrangement]:
    """Yield a flat list of components shifted, reversed, summed up, made all the same."""
    n = len(part)
    yield Arrangement("reversed", "the components are in reversed order", part[::-1], 2)
    for step in (1, -1, 2, -2):
        by = f"shifted by {step:+d}"
        bits = 2 + abs(step)
        yield Arrangement("shifted", f"{by}, around the end", np.roll(part, step), bits)
        yield Arrangement("shifted", f"{by}, with 0 at the end", _shifted(part, step, 0), bits + 1)
    so_far = "each component is the sum of all up to it: is something not reset in a loop?"
    yield Arrangement("summed", so_far, np.cumsum(part), 4)
    from_it_on = "each component is the sum of all from it on"
    yield Arrangement("summed", from_it_on, np.cumsum(part[::-1])[::-1], 4)
    for phrase, value, bits in (
        ("every component is the sum of all", part.sum(), 3),
        ("every component is the mean of all", part.mean(), 3),
        ("every component is the last one: is one object shared by all?", part[-1], 3),
        ("every component is the first one", part[0], 3),
    ):
        yield Arrangement("summed", phrase, np.full(n, value), bits)


def _shifted(a: Any, step: int, axis: int) -> Any:
    moved = np.roll(a, step, axis)
    ends = [slice(None)] * a.ndim
    ends[axis] = slice(0, step) if step > 0 else slice(step, None)
    moved[tuple(ends)] = 0
    return moved


def _between(blocks: list[Block], true: Vector) -> Iterator[Arrangement]:
    """Yield whole blocks exchanged or in another order."""
    parts = [true[b.start : b.stop] for b in blocks]
    pairs = list(combinations(range(len(blocks)), 2)) if len(blocks) <= 50 else []
    for i, j in pairs:
        if len(parts[i]) == len(parts[j]) > 1:
            moved = list(parts)
            moved[i], moved[j] = parts[j], parts[i]
            phrase = f"{blocks[i].name} and {blocks[j].name} are swapped"
            yield Arrangement("swapped", phrase, np.concatenate(moved), 2 + math.log2(len(pairs)))
    for order in list(permutations(range(len(blocks))))[1:] if len(blocks) <= 4 else []:
        phrase = f"its parts are in the order {', '.join(blocks[i].name for i in order)}"
        yield Arrangement("permuted", phrase, np.concatenate([parts[i] for i in order]), 6)


def hessian_arrangements(evidence: Evidence) -> Iterator[Arrangement]:
    """Yield what is taken for a Hessian: a part of it, its inverse, doubled sides."""
    m = math.isqrt(len(evidence.true))
    if m * m != len(evidence.true):
        return
    h = evidence.true.reshape(m, m)
    diagonal = np.diag(np.diag(h))
    for phrase, matrix in (
        ("only the diagonal is there: the mixed derivatives are missing", diagonal),
        ("only the mixed derivatives are there: the diagonal is missing", h - diagonal),
        ("only the lower triangle is filled: copy it to the upper one", np.tril(h)),
        ("only the upper triangle is filled: copy it to the lower one", np.triu(h)),
        ("the mixed derivatives are counted twice", 2 * h - diagonal),
        ("the mixed derivatives are counted half", (h + diagonal) / 2),
        ("the diagonal is counted twice: the transpose was added to a triangle", h + diagonal),
        ("the diagonal is counted half", h - diagonal / 2),
        ("the mixed derivatives have the opposite sign", 2 * diagonal - h),
    ):
        yield Arrangement("hessian", phrase, matrix.ravel(), 3)
    if evidence.y is not None and len(evidence.xs) == m:
        [g] = Flow(evidence.y, evidence.xs, evidence.edges).gradients([{}])
        outer = "this is the gradient times its transpose, not the second derivatives"
        yield Arrangement("hessian", outer, np.outer(g, g).ravel(), 3)
    if m <= _LARGEST and np.all(np.isfinite(h)) and np.linalg.matrix_rank(h) == m:
        inverse = "this is the inverse of the Hessian"
        yield Arrangement("hessian", inverse, np.asarray(np.linalg.inv(h), dtype=float).ravel(), 3)
