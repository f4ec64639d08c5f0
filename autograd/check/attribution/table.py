"""What was found about the rounding errors of a result, and how it is told."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import mpmath

from autograd.check.places import Place, as_text

FLOAT_DIGITS = 53 * math.log10(2)
_SHOWN = 10  # rows of a table; the others are counted


@dataclass(frozen=True)
class Rounding:
    """Hold the error that one operation made, and what became of it in the result.

    `rounding` is the operation's result less its exact value on the same floats, `adjoint` what
    the result makes of it (both mpmath numbers), `ulps` the rounding in ulp of the operation,
    `amplification` |adjoint * v / y|, `contribution` adjoint * rounding in ulp of y and `share`
    its part of the sum of all |contributions|.
    """

    place: Place
    rounding: Any
    adjoint: Any
    ulps: float
    amplification: float
    contribution: float
    share: float


@dataclass(frozen=True)
class Loss:
    """Hold an operation that loses digits, and whose rounding errors they are lost to.

    `kind` is "cancels" for a sum or difference much smaller than its terms, "magnifies" for
    another ill-conditioned operation and "rounds" for one that is itself inaccurate. `factor` is
    the condition number, sum of |x dv/dx / v| over operands with an error, for a difference
    (|a| + |b|) / |a - b|; or the rounding in half ulp. `magnified` is what passes through in ulp
    of y, `count` the number of such operations on the source line, `sources` the roundings that
    are magnified, largest first, as (text, share).
    """

    place: Place
    kind: str
    factor: float
    magnified: float
    count: int
    sources: list[tuple[str, float]]

    @property
    def digits(self) -> float:
        """Return the number of decimal digits that are lost there."""
        return min(math.log10(self.factor), FLOAT_DIGITS)

    def __str__(self) -> str:
        others = f" (the worst of {self.count:,} there)" if self.count > 1 else ""
        digits = f"{self.digits:.1f} of 16 digits"
        if self.kind == "rounds":
            return f"{self.place}{others}, whose own rounding loses {digits}"
        verb = "cancels" if self.kind == "cancels" else "magnifies errors and so loses"
        return (
            f"{self.place}{others}, which {verb} {digits}:\n"
            f"  it magnifies the rounding errors of {_list(self.sources)}"
        )


def _list(sources: Sequence[tuple[str, float]]) -> str:
    more = ["..."] if len(sources) > 3 else []
    return ", ".join([*(f"{text} ({share:.0%})" for text, share in sources[:3]), *more])


@dataclass(frozen=True)
class Sensitivity:
    """Hold what an input does to the result: |x dy/dx / y|, and one ulp of x in ulp of y."""

    place: Place
    condition: float
    ulps: float


@dataclass(frozen=True)
class Errors:
    """Hold the rounding errors of a result; `str(errors)` says where the digits are lost.

    `exact` is what the graph makes of its floats without rounding, `error` the computed number
    less that (both mpmath numbers), `ulps` the same in ulp of y. The `roundings`, largest
    contribution first, add up to it; `sources` are the same by operation and source line, as
    (text, share). `losses` are the places that lose the digits, `inputs` the leaves.
    """

    place: Place
    exact: Any
    error: Any
    ulps: float
    roundings: list[Rounding]
    losses: list[Loss]
    sources: list[tuple[str, float]]
    inputs: list[Sensitivity]

    @property
    def digits_lost(self) -> float:
        """Return log10 of the relative error in units of 2**-53: 0 where y is as near as can be."""
        if not self.error:
            return 0.0
        relative = abs(self.error / self.exact) if self.exact else mpmath.inf
        return float(max(0, min(mpmath.log10(relative) + FLOAT_DIGITS, FLOAT_DIGITS)))

    @property
    def inherent(self) -> float:
        """Return how far y moves, in ulp, if every float input is off by half an ulp."""
        return sum(x.ulps for x in self.inputs if type(x.place.value.data) is float) / 2

    @property
    def verdict(self) -> str:
        """Say who is to blame: nobody, the problem, or the formula."""
        if abs(self.ulps) <= 0.5:
            return "no float is nearer to the exact value"
        if self.digits_lost < 1:
            return "less than one digit is lost"
        moved = f"half an ulp in each input moves the result by {self.inherent:.2g} ulp"
        if abs(self.ulps) <= 4 * max(self.inherent, 0.5):
            return f"the problem is ill-conditioned: {moved}"
        return f"the formula is to blame, another one can keep more digits: {moved} only"

    def _told(self) -> list[str]:
        name, y = self.place.name, self.place.value.data
        if not self.error and not self.roundings:
            return [f"{name} = {y!r}: no operation rounded anything"]
        told = [
            f"{name} = {y!r}, without rounding {mpmath.nstr(self.exact, 17)}: "
            f"{self.digits_lost:.1f} of 16 digits are lost ({abs(self.ulps):.3g} ulp)",
            self.verdict,
            *[f"digits are lost at {loss}" for loss in self.losses],
        ]
        if self.digits_lost >= 1 and not self.losses:
            told.append(f"many roundings add up: {_list(self.sources)}")
        return told

    def __rich__(self) -> Any:
        from rich.console import Group
        from rich.text import Text

        parts: list[Any] = [Text(line) for line in self._told()]
        if roundings := [(r.place.made, str(r.place.line or ""), f"{r.ulps:+.2g}",
                     f"{r.amplification:.3g}", f"{r.contribution:+.3g}", f"{r.share:.1%}")
                    for r in self.roundings[:_SHOWN]]:  # fmt: skip
            heads = ["rounding made by", "at", "ulp", "magnified", "ulp of result", "share"]
            parts.append(_table(heads, 2, roundings, len(self.roundings)))
        if inputs := [(x.place.name, repr(x.place.value.data), f"{x.condition:.3g}",
                       f"{x.ulps:.3g}") for x in self.inputs[:_SHOWN]]:  # fmt: skip
            heads = ["input", "value", "condition number", "an ulp moves the result by, ulp"]
            parts.append(_table(heads, 1, inputs, len(self.inputs)))
        return Group(*parts)

    def __str__(self) -> str:
        return as_text(self)


def _table(heads: Sequence[str], left: int, rows: Sequence[Sequence[str]], count: int) -> Any:
    from rich.table import Table
    from rich.text import Text

    table = Table()
    for i, head in enumerate(heads):
        table.add_column(head, justify="left" if i < left else "right", no_wrap=True)
    for row in rows:
        table.add_row(*map(Text, row))
    if count > len(rows):
        table.add_row(f"... and {count - len(rows):,} smaller")
    return table
