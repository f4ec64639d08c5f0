"""Mistakes that can be told from the numbers alone: signs, factors, places."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd.check.diagnosis.evidence import Block, Evidence, Guess, Vector, shown
from autograd.check.diagnosis.factors import near
from autograd.check.diagnosis.wrong_places import Arrangement, arrangements, hessian_arrangements

_NOT_ZEROED = "is the gradient zeroed before each pass?"


def number_guesses(evidence: Evidence, blur: float) -> Iterator[Guess]:
    """Yield the guesses that need no graph."""
    n = len(evidence.claims)
    zeros = np.zeros(n)
    nothing = "every component is 0: was backward called, on this result, and nothing detached?"
    yield Guess("zero", nothing, zeros, 1)
    yield from _factors(evidence, Arrangement("", "", evidence.true, 0))
    yield from _second_call(evidence)
    yield from _parts(evidence, blur)
    yield from _additions(evidence)
    yield from _elementwise(evidence)
    for arrangement in arrangements(evidence, blur):
        yield from _factors(evidence, arrangement)
    if evidence.order == 2:
        for arrangement in hessian_arrangements(evidence):
            yield from _factors(evidence, arrangement)


def _factors(evidence: Evidence, a: Arrangement) -> Iterator[Guess]:
    """Yield an arrangement times 1, -1 and the named factors that its largest component allows."""
    if not np.all(np.isfinite(a.vector)) or not np.any(a.vector):
        return
    if a.phrase and np.allclose(a.vector, evidence.true, rtol=1e-12, atol=0):
        return
    j = int(np.argmax(np.abs(a.vector)))
    ratio = float(evidence.claim[j] / a.vector[j])
    for k in near(evidence, ratio):
        if a.kind == "permuted" and k.value != 1:
            continue
        if a.phrase:
            also = "" if k.value == 1 else f"; besides, everything is {k.name} times that"
            yield Guess(a.kind, a.phrase + also, k.value * a.vector, a.bits + k.bits)
        elif k.value == -1:
            flipped = "the sign is wrong: every component is the negative of the true one"
            yield Guess("sign", flipped, -a.vector, 1)
        elif k.value != 1:
            times = f"the claimed gradient is {k.name} times the true one"
            text = f"{times}: {k.hint}" if k.hint else times
            yield Guess("factor", text, k.value * a.vector, k.bits)
            if k.value in (2, 3):
                how = "twice" if k.value == 2 else "three times"
                adds = f"it is accumulated {how}: {_NOT_ZEROED}"
                yield Guess("accumulated", adds, k.value * a.vector, k.value - 1)
    if not a.phrase and not any(k.value == ratio for k in near(evidence, ratio)):
        odd = f"the claimed gradient is {shown(ratio)} times the true one, in every component"
        yield Guess("factor", odd, ratio * a.vector, 2, free=1)


def _second_call(evidence: Evidence) -> Iterator[Guess]:
    """Yield what a second call to the claiming function shows."""
    if evidence.again is None or len(evidence.again) != len(evidence.claims):
        return
    again = np.array(evidence.again, dtype=float)
    grows = "it adds to what was there: the second call returned more by a whole gradient"
    yield Guess("accumulated", f"{grows}; zero the gradient first", again - evidence.true, 1)
    yield Guess("accumulated", f"{grows}; zero the gradient first", again + evidence.true, 1)
    yield Guess("accumulated", f"{grows}; zero the gradient first", again / 2, 2)
    off = np.abs(again - evidence.claim)
    if np.any(off > evidence.slack(again, 1e-9)):
        j = int(np.argmax(off))
        first, second = shown(evidence.claims[j]), shown(evidence.again[j])
        text = (
            f"it is another one at each call: {evidence.names[j]} was {first}, then {second}; "
            "does it depend on random numbers or on what earlier calls left?"
        )
        yield Guess("unsteady", text, evidence.claim, 4)


class _Part(NamedTuple):
    name: str
    where: Any
    bits: float
    many: bool = False


def _parts(evidence: Evidence, blur: float) -> Iterator[Guess]:
    """Yield the true gradient with one part of it missing, negated or multiplied."""
    wrong = np.flatnonzero(np.abs(evidence.error) > evidence.slack(evidence.true, blur))
    if len(wrong) == 0 or len(evidence.claims) == 1:
        return
    j = wrong[np.argmax(np.abs(evidence.true[wrong]))]
    if evidence.true[j] == 0:
        return
    ratio = float(evidence.claim[j] / evidence.true[j])
    factors = list(near(evidence, ratio))
    for part in _candidates(evidence, wrong):
        name, verb, has = part.name, *(("are", "have") if part.many else ("is", "has"))
        for k in (0.0, ratio):
            prediction = evidence.true.copy()
            prediction[part.where] *= k
            if k == 0:
                missing = f"{name} {verb} 0: no path leads there, or it is detached"
                yield Guess("missing", missing, prediction, 1 + part.bits)
            elif len(part.where) > 1:
                odd = f"{name} {verb} {shown(ratio)} times the true one"
                yield Guess("factor", odd, prediction, 2 + part.bits, free=1)
        for factor in factors:
            prediction = evidence.true.copy()
            prediction[part.where] *= factor.value
            kind, text = "factor", f"{name} {verb} {factor.name} times the true one"
            if factor.value == -1:
                kind, text = "sign", f"{name} {has} the opposite sign"
            elif factor.hint:
                text += f": {factor.hint}"
            yield Guess(kind, text, prediction, part.bits + factor.bits)


def _candidates(evidence: Evidence, wrong: Any) -> Iterator[_Part]:
    """Yield parts that contain all wrong components: blocks, rows and columns, the very set."""
    n = len(evidence.claims)
    inside = [b for b in evidence.blocks if b.start <= wrong[0] and wrong[-1] < b.stop]
    for block in inside if len(evidence.blocks) > 1 else []:
        if block.stop - block.start > 1:
            part = np.arange(block.start, block.stop)
            yield _Part(block.name, part, 1 + math.log2(len(evidence.blocks)))
    for block in inside:
        yield from _rows(block, wrong)
    names = evidence.names if len(evidence.names) == n else [f"entry {i}" for i in range(n)]
    if len(wrong) == n:  # that is no part
        return
    few = ", ".join(names[i] for i in wrong[:4]) + (", ..." if len(wrong) > 4 else "")
    many = len(wrong) > 1
    name = f"{len(wrong)} of {n} components ({few})" if many else few
    yield _Part(name, wrong, 1 + min(len(wrong), n - len(wrong) + 1) * math.log2(n), many)


def _rows(block: Block, wrong: Any) -> Iterator[_Part]:
    if block.shape is None or len(block.shape) < 2:
        return
    places = np.arange(block.start, block.stop).reshape(block.shape)
    index = np.unravel_index(wrong - block.start, block.shape)
    for axis, along in enumerate(index):
        if np.all(along == along[0]):
            where = ", ".join(str(along[0]) if a == axis else ":" for a in range(len(block.shape)))
            part = np.take(places, along[0], axis).ravel()
            yield _Part(f"{block.name}[{where}]", part, 2 + math.log2(sum(block.shape)))


def _additions(evidence: Evidence) -> Iterator[Guess]:
    """Yield the gradient plus a multiple of x or of ones, and x plus a multiple of the gradient."""
    true, claim = evidence.true, evidence.claim
    added: list[tuple[Vector, Vector, str]] = [
        (true, np.ones(len(claim)), "{} is added to every component: was it started from there?"),
    ]
    x = _data(evidence)
    if x is not None:
        decay = "{} * x is added: a weight decay, or a term {} * x**2 / 2 that f does not have"
        moved = "these are no gradients but the values after a step: x + k * gradient with k = {}"
        own = "these are the values of x, not derivatives"
        added += [(true, x, decay), (x, true, moved)]
        yield Guess("values", own, x, 2)
    for base, direction, text in added:
        if not np.any(direction):
            continue
        j = int(np.argmax(np.abs(direction)))
        ratio = float((claim[j] - base[j]) / direction[j])
        for k in near(evidence, ratio):
            say = text.format(*[k.name] * text.count("{}"))
            yield Guess("added", say, base + k.value * direction, 4 + k.bits)
        say = text.format(*[shown(ratio)] * text.count("{}"))
        yield Guess("added", say, base + ratio * direction, 4, free=1)


def _data(evidence: Evidence) -> Vector | None:
    if len(evidence.xs) != len(evidence.claims):
        return None
    return np.array([float(x.data) for x in evidence.xs])


def _elementwise(evidence: Evidence) -> Iterator[Guess]:
    """Yield functions of the true components that are taken for them."""
    if len(evidence.claims) == 1:  # one number can be much by chance
        return
    true = evidence.true
    length = float(np.linalg.norm(true))
    bound = float(np.max(np.abs(evidence.claim)))
    x = _data(evidence)
    one_over = np.divide(1, true, out=np.full(len(true), np.inf), where=true != 0)
    taken: Sequence[tuple[str, Any, int, int]] = [
        ("all signs are lost: these are the absolute values", np.abs(true), 3, 0),
        ("these are the squares of the true components", true * true, 3, 0),
        ("these are only the signs of the true components", np.sign(true), 3, 0),
        ("these are 1 over the true components", one_over, 3, 0),
        ("the gradient is scaled to the length 1", true / length if length else true, 3, 0),
        (f"the components are clipped at {shown(bound)}", np.clip(true, -bound, bound), 3, 1),
    ]  # fmt: skip
    for text, prediction, bits, free in taken:
        yield Guess("changed", text, prediction, bits, free)
    if x is not None:
        times_x = "each component is multiplied by its x: x * df/dx instead of df/dx"
        yield Guess("changed", times_x, x * true, 3)
