"""What an oracle says: the true derivatives, and how sure they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from autograd.check.oracles.replay import Replay
from autograd.check.problem import Problem


class Truth(NamedTuple):
    """Hold a true derivative, the size of what was added up in it, and the oracle's own error."""

    value: Any
    size: float
    error: float
    oracle: str
    sides: tuple[float, float] | None = None


class Verdict(NamedTuple):
    """Hold the truths; for an oracle of directions the directions; the replayed graph; notes."""

    truths: list[Truth]
    directions: Sequence[Sequence[float]] = ()
    replay: Replay | None = None
    notes: Sequence[str] = ()


Oracle = Callable[[Problem, Sequence[float], int, int], Verdict]


def recorded(problem: Problem, oracle: str) -> Any:
    """Return what was recorded. Raises ValueError if nothing was."""
    if problem.recorded is None:
        raise not_applicable(oracle, problem, problem.refusal)
    return problem.recorded


def not_applicable(oracle: str, problem: Problem, error: Any) -> ValueError:
    """Return the error that says why an oracle cannot judge this problem."""
    return ValueError(
        f"check_gradient: oracle={oracle!r} does not apply to {problem.name}: {error}. "
        "Leave oracle='auto' to have one chosen"
    )
