"""Errors that are no mistake in the mathematics: few digits, or finite differences."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograd.check.diagnosis.evidence import Evidence, Guess, Vector, shown

_STEPS = [10.0**-k for k in range(1, 13)] + [
    5e-2, 5e-3, 5e-4, 5e-5, 5e-6, 1.4901161193847656e-08, 6.055454452393343e-06, 1.22e-4,
]  # fmt: skip  # the square root, cube root and fourth root of 2**-52 are usual too
_PROBED = 4  # components that differences are taken in
_SMALL = 1e-2  # errors beyond this part of the gradient are no noise
_FORMATS = [("float32", 24), ("float16", 11), ("bfloat16", 8)]


def noise_guesses(evidence: Evidence) -> Iterator[Guess]:
    """Yield the one kind of noise that the errors look like, if they do."""
    scale = float(np.max(np.abs(evidence.true), initial=0))
    worst = float(np.max(np.abs(evidence.error)))
    if not 0 < worst <= _SMALL * scale:
        return
    text = _few_digits(evidence)
    kind = "precision"
    if text is None:
        text, kind = _differences(evidence), "differences"
    if text is None and _unsystematic(evidence, scale) and 1e-13 * scale < worst <= 1e-4 * scale:
        text = (
            f"all errors are small, at most {worst / scale:.1e} of the largest component, and "
            "follow no pattern, as those of finite differences or of fewer digits"
        )
    if text is not None:
        yield Guess(kind, text, evidence.claim, 0)


def _few_digits(evidence: Evidence) -> str | None:
    """Return what says that the claim was computed with fewer digits, if all of it fits them."""
    for name, bits in _FORMATS:
        unit = 2.0**-bits
        fits = all(_representable(x, bits) for x in evidence.claims)
        if fits and np.all(np.abs(evidence.error) <= 64 * unit * evidence.size):
            largest = float(np.max(np.abs(evidence.error) / np.maximum(evidence.size, 1e-300)))
            return (
                f"it was computed in {name}: every component is one of its numbers, and the errors "
                f"are at most {largest / unit:.2g} of its roundings; compute in float64"
            )
    return None


def _representable(x: float, bits: int) -> bool:
    mantissa = math.frexp(x)[0] * 2.0**bits
    return mantissa == int(mantissa)


def _differences(evidence: Evidence) -> str | None:
    """Return what says with which step finite differences give this very error."""
    f, xs = evidence.f, [float(x.data) for x in evidence.xs]
    if f is None or len(xs) != len(evidence.claims):
        return None
    probed = np.argsort(-np.abs(evidence.error), kind="stable")[:_PROBED]
    with np.errstate(all="ignore"):
        for name, difference in _SCHEMES.items():
            for relative in (False, True):
                for h in _STEPS:
                    if all(_same(evidence, f, xs, int(j), difference, h, relative) for j in probed):
                        of = " times |x|" if relative else ""
                        return (
                            f"these are {name} differences with a step of {shown(h)}{of}: "
                            "their error is that of the method"
                        )
    return None


def _same(evidence: Evidence, f: Callable[[list[float]], float], xs: list[float], j: int,
          difference: Callable[..., float], h: float, relative: bool) -> bool:  # fmt: skip
    if relative:
        if xs[j] == 0 or abs(xs[j]) == 1:
            return False
        h *= abs(xs[j])

    def along(t: float) -> float:
        return f([*xs[:j], xs[j] + t, *xs[j + 1 :]])

    try:
        found = difference(along, h)
        here = abs(along(0.0))
    except (ArithmeticError, ValueError):
        return False
    error = abs(float(evidence.error[j]))
    rounding = 4 * math.ulp(here) / h  # another order of operations may differ by that much
    return abs(found - evidence.claims[j]) <= max(0.01 * error, min(rounding, 0.25 * error))


_SCHEMES: dict[str, Callable[[Callable[[float], float], float], float]] = {
    "forward": lambda f, h: (f(h) - f(0.0)) / h,
    "central": lambda f, h: (f(h) - f(-h)) / (2 * h),
    "backward": lambda f, h: (f(0.0) - f(-h)) / h,
}


def _unsystematic(evidence: Evidence, scale: float) -> bool:
    """Say whether most components are wrong, none by a share that is common to all."""
    counts: Any = np.abs(evidence.true) > 1e-9 * scale
    relative: Vector = evidence.error[counts] / evidence.true[counts]
    if np.mean(np.abs(evidence.error) > evidence.slack(evidence.true, 0.0)) < 0.5:
        return False
    return len(relative) < 3 or float(np.ptp(relative)) > 0.1 * float(np.max(np.abs(relative)))
