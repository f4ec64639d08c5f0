"""Factors by which a gradient is wrong more often than by others, with names and usual reasons."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from autograd.check.oracles.replay import is_parameter
from autograd.value import Value

if TYPE_CHECKING:
    from autograd.check.diagnosis.evidence import Evidence


class Factor(NamedTuple):
    """Hold a factor, its name, the question that it raises, and the bits that it takes to say."""

    value: float
    name: str
    hint: str
    bits: float


_LOGARITHM = "was a logarithm of another base taken for it?"
_ANGLE = "are degrees taken for radians, or the other way round?"
_CONSTANTS = [
    ("ln 2", math.log(2), _LOGARITHM), ("ln 10", math.log(10), _LOGARITHM),
    ("1/ln 2", 1 / math.log(2), _LOGARITHM), ("1/ln 10", 1 / math.log(10), _LOGARITHM),
    ("pi/180", math.pi / 180, _ANGLE), ("180/pi", 180 / math.pi, _ANGLE),
    ("pi", math.pi, ""), ("1/pi", 1 / math.pi, ""), ("2 pi", 2 * math.pi, ""),
    ("1/(2 pi)", 0.5 / math.pi, ""), ("sqrt 2", math.sqrt(2), ""), ("1/sqrt 2", math.sqrt(0.5), ""),
    ("sqrt(2 pi)", math.sqrt(2 * math.pi), ""), ("1/sqrt(2 pi)", 1 / math.sqrt(2 * math.pi), ""),
    ("2/sqrt(pi)", 2 / math.sqrt(math.pi), ""), ("sqrt(pi)/2", math.sqrt(math.pi) / 2, ""),
    ("e", math.e, ""), ("1/e", 1 / math.e, ""),
]  # fmt: skip


def near(evidence: Evidence, ratio: float) -> Iterator[Factor]:
    """Yield the named factors, and their negatives, within a percent of a ratio; first 1 and -1."""
    for factor in (Factor(1.0, "1", "", 0.0), *evidence.factors):
        if abs(abs(ratio) - abs(factor.value)) <= 0.01 * abs(factor.value):
            if ratio * factor.value > 0:
                yield factor
            else:
                name = f"-{factor.name}"
                yield Factor(-factor.value, name, factor.hint, factor.bits + 1)


def named_factors(evidence: Evidence) -> list[Factor]:
    """Return the factors that have a name for this function, each once."""
    found: dict[float, Factor] = {}
    for factor in _all(evidence):
        if math.isfinite(factor.value) and factor.value not in (0, 1, -1):
            first = found.setdefault(factor.value, factor)
            found[factor.value] = first._replace(bits=min(first.bits, factor.bits))
    return list(found.values())


def _all(evidence: Evidence) -> Iterator[Factor]:
    yield Factor(2.0, "2", "is it accumulated twice, or was a 1/2 forgotten?", 2)
    yield Factor(0.5, "1/2", "was the 2 of a square forgotten, or its half counted twice?", 2)
    for n, what in _counts(evidence):
        yield Factor(n, f"{n} ({what})", f"was a division by {n} forgotten, or done twice?", 3)
        hint = f"was a mean over {n} taken for a sum, or divided twice?"
        yield Factor(1 / n, f"1/{n} ({what})", hint, 3)
    yield from _graph_constants(evidence)
    for n in (3, 4, 5, 6, 7, 8, 9, 10, 100, 1000, 10000):
        yield Factor(n, str(n), "", 4)
        yield Factor(1 / n, f"1/{n}", "", 4)
    for q in range(2, 6):
        for p in range(2, 10):
            if Fraction(p, q).denominator == q:
                yield Factor(p / q, f"{p}/{q}", "", 6)
    for name, value, hint in _CONSTANTS:
        yield Factor(value, name, hint, 5)
    y = evidence.y.data if evidence.y is not None else 0.0
    if isinstance(y, float) and y:
        yield Factor(y, f"f(x) = {y:.6g}", "is it the gradient of f**2 / 2?", 4)
        yield Factor(2 * y, f"2 f(x) = {2 * y:.6g}", "is it the gradient of f**2?", 4)
        yield Factor(1 / y, f"1/f(x) = {1 / y:.6g}", "is it the gradient of log f?", 4)
        if y > 0:
            half = 0.5 / math.sqrt(y)
            yield Factor(half, f"1/(2 sqrt f(x)) = {half:.6g}", "is it the gradient of sqrt f?", 5)


def _counts(evidence: Evidence) -> Iterator[tuple[int, str]]:
    yield len(evidence.names), "the number of components of x"
    for block in evidence.blocks:
        for n in block.shape or ():
            yield n, f"a length in the shape of {block.name}"
    for length in dict.fromkeys(
        len(e.v.inputs) for e in evidence.edges if e.v.rule and e.v.rule.all_partials
    ):
        yield length, "the number of terms of an operation"


def _graph_constants(evidence: Evidence) -> Iterator[Factor]:
    found: dict[float, None] = {}
    for v in dict.fromkeys(e.v for e in evidence.edges):
        for i, c in enumerate(v.inputs):
            if type(c) is not Value and v.rule and not is_parameter(v.rule, i) and c:
                found[abs(float(c))] = None
    bits = 4 + math.log2(len(found) + 1)
    for c in sorted(found, key=lambda c: not c.is_integer()):  # 5 and 1/5 rather than 1/0.2
        yield Factor(
            c, f"{c:.6g} (a constant of the function)", "is it used twice, or divided by?", bits
        )
        yield Factor(1 / c, f"1/{c:.6g} (a constant of the function)", "is it missing?", bits)
