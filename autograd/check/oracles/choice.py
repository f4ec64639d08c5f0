"""The choice of an oracle, by name or the sharpest that applies.

An oracle never trusts the rules it judges. The two that use them (`fractions`, `forward`) judge
rounding and plumbing only, and say so.
"""

from __future__ import annotations

from autograd.check.oracles.floats import black_box, by_complex_step, by_directions, by_ridders
from autograd.check.oracles.recorded import by_replay
from autograd.check.oracles.same_rules import by_forward_mode, by_fractions
from autograd.check.oracles.verdict import Oracle
from autograd.check.problem import Problem

ORACLES: dict[str, Oracle] = {
    "replay": by_replay,
    "fractions": by_fractions,
    "forward": by_forward_mode,
    "complex step": by_complex_step,
    "ridders": by_ridders,
    "directions": by_directions,
}


def choose(oracle: str, problem: Problem) -> Oracle:
    """Return the oracle of that name; for "auto" the sharpest that applies."""
    if oracle == "auto":
        return by_replay if problem.recorded else black_box
    if oracle not in ORACLES:
        raise ValueError(f"oracle={oracle!r}: choose 'auto' or one of {', '.join(ORACLES)}")
    return ORACLES[oracle]
