"""Why a gradient is wrong: the mistakes that would give exactly what was claimed.

Every file `wrong_*.py` simulates mistakes of one sort; those whose gradient is the claimed one, in
every component, are the causes. What fits by chance, or only because it can fit anything, is left
out: see `evidence`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from autograd.check.diagnosis.evidence import Edge, Evidence, Guess
from autograd.check.diagnosis.noise import noise_guesses
from autograd.check.diagnosis.wrong_numbers import number_guesses
from autograd.check.diagnosis.wrong_operations import operation_guesses, rule_guesses, slopes
from autograd.check.diagnosis.wrong_passes import pass_guesses
from autograd.check.diagnosis.wrong_paths import path_guesses, projected
from autograd.check.diagnosis.wrong_patterns import Pattern, pattern_guesses, patterns

__all__ = ["Cause", "Edge", "Evidence", "diagnose"]

_MOST = 3
_SEVERAL = {"path", "operation", "rule", "factor"}  # kinds of which there may be more than one
_RARER = 9  # bits: what is 500 times rarer than the likeliest cause is not worth a line
_PLACES = {"swapped", "shifted", "reversed", "transposed", "summed"}
_EXACT = 1e-12  # relative error of a claim that is computed in float64, but in another way
_BLURRED = (3e-6, 1e-3)  # of one that has a mistake and, besides, float32 or differences


@dataclass(frozen=True)
class Cause:
    """Hold a likely cause of a mismatch: its kind in one word, and a sentence, `str(cause)`."""

    kind: str
    text: str

    def __str__(self) -> str:
        return self.text


def diagnose(evidence: Evidence) -> list[Cause]:
    """Return the likely causes of a wrong gradient, best first, at most three; [] if none fits.

    A mistake is a cause if simulating it gives the claimed numbers, and if that is more than luck.
    First claims are held to be exact but for rounding; then errors are looked at as noise; then
    both at once.

    >>> evidence = Evidence(["x[0]", "x[1]"], [6.0, -8.0], [6.0, 8.0], [0.0, 0.0], [None, None])
    >>> [str(cause) for cause in diagnose(evidence)]
    ['x[1] has the opposite sign']
    """
    if not np.all(np.isfinite(evidence.claim)) or not np.all(np.isfinite(evidence.true)):
        return []
    if not len(evidence.claims) or not np.any(evidence.error):
        return []
    simulated = _Simulated(evidence)
    causes = _causes(evidence, simulated.guesses(_EXACT), _EXACT)
    if not causes:
        causes = [_said(guess) for guess in noise_guesses(evidence)]
    for blur in _BLURRED:
        if not causes:
            causes = _causes(evidence, simulated.guesses(blur), blur)
    return causes


class _Simulated:
    """Hold the guesses of which the prediction does not depend on the claim."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.flow = flow = evidence.flow
        self.fixed: list[Guess] = []
        if flow is not None and evidence.edges:
            self.table = slopes(evidence, flow)
            self.patterns: list[Pattern] = patterns(evidence, flow, self.table)
            self.fixed += rule_guesses(evidence, flow)
            self.fixed += pass_guesses(evidence, flow)
            self.fixed += operation_guesses(evidence, flow, self.table)

    def guesses(self, blur: float) -> Iterator[Guess]:
        yield from number_guesses(self.evidence, blur)
        yield from self.fixed
        if self.flow is not None and self.evidence.edges:
            projection = projected(self.evidence, self.flow, blur)
            yield from path_guesses(self.evidence, self.flow, self.table, projection)
            yield from pattern_guesses(self.evidence, self.flow, self.patterns, projection)


def _said(guess: Guess) -> Cause:
    return Cause(guess.kind, guess.text if isinstance(guess.text, str) else guess.text())


def _causes(evidence: Evidence, guesses: Iterable[Guess], blur: float) -> list[Cause]:
    """Return the cheapest explanations that are believed, different ones first."""
    with np.errstate(all="ignore"):
        believed = [guess for guess in guesses if evidence.explains(guess, blur)]
    believed.sort(key=lambda guess: guess.bits)
    if any(not guess.free for guess in believed):
        believed = [guess for guess in believed if not guess.free]
    if not _PLACES.isdisjoint(guess.kind for guess in believed):
        believed = [guess for guess in believed if guess.kind != "permuted"]
    believed = [guess for guess in believed if guess.bits <= believed[0].bits + _RARER]
    places = set()
    kinds: dict[str, int] = {}
    ranked = []
    for guess in believed:
        if guess.place and guess.place in places:
            continue
        places.add(guess.place)
        kinds[guess.kind] = rank = kinds.get(guess.kind, 0) + 1
        if rank == 1 or guess.kind in _SEVERAL:
            ranked.append((rank, guess))
    ranked.sort(key=lambda pair: pair[0])  # the best of every kind, then the second of some
    causes: dict[Cause, float] = {}
    for _, guess in ranked:
        if len(causes) < _MOST:
            causes.setdefault(_said(guess), guess.bits)
    return sorted(causes, key=lambda cause: causes[cause])
