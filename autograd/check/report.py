"""What a check found: a claimed number beside the true one, how far apart, and why."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from textwrap import fill
from typing import Any

import mpmath
from rich.console import Group
from rich.table import Table
from rich.text import Text

from autograd.check.places import as_text
from autograd.check.ulps import nearest, ulps

_SHOWN = 20  # components in the table; the others are counted


class GradientMismatch(AssertionError):  # noqa: N818 - a failed assertion, by its name
    """Say that a claimed derivative is wrong; the message is the report, `report` holds it."""

    def __init__(self, report: Report) -> None:
        super().__init__(str(report))
        self.report = report


@dataclass(frozen=True, slots=True)
class Component:
    """Hold one claimed number, the true one (an mpmath number) and the error that is allowed.

    `oracle` names the judge and `oracle_error` is the judge's own error. At a kink `sides` are
    the least and the largest derivative next to it, and `true` is the nearest right answer.
    """

    name: str
    claimed: float
    true: Any
    allowed: float
    oracle: str
    oracle_error: float = 0.0
    sides: tuple[float, float] | None = None

    @property
    def ulps(self) -> float:
        """Return the error in units in the last place of the true number."""
        return ulps(self.claimed, self.true)

    @property
    def error(self) -> float:
        """Return the absolute error; inf if the claimed number is nan."""
        if self.claimed == nearest(self.true):
            return 0.0
        difference = abs(self.true - self.claimed)
        return math.inf if difference != difference else nearest(difference)

    @property
    def relative(self) -> float:
        """Return the error relative to the true number."""
        return self.error / abs(nearest(self.true)) if nearest(self.true) else self.error

    @property
    def ok(self) -> bool:
        """Say whether the error is at most what is allowed."""
        return self.error <= self.allowed and not math.isnan(self.claimed)

    def to_json(self) -> dict[str, Any]:
        """Return the fields for JSON: `true` as text with 20 digits, inf and nan as text."""
        numbers = {"claimed": self.claimed, "error": self.error, "relative": self.relative,
                   "ulps": self.ulps, "allowed": self.allowed,
                   "oracle_error": self.oracle_error}  # fmt: skip
        shown = {key: x if math.isfinite(x) else str(x) for key, x in numbers.items()}
        return {
            "name": self.name, "true": mpmath.nstr(self.true, 20), **shown, "ok": self.ok,
            "oracle": self.oracle, "sides": self.sides and list(map(float, self.sides)),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Report:
    """Hold the components of one check; `ok` is the verdict, `str(report)` a table.

    `notes` say what else was found (a kink, an assumed tolerance), `causes` why a wrong gradient
    is wrong, the likeliest first: none if no explanation fits.
    """

    title: str
    components: list[Component] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    causes: Sequence[object] = ()

    @property
    def ok(self) -> bool:
        """Say whether every component is right."""
        return all(x.ok for x in self.components)

    @property
    def worst(self) -> Component | None:
        """Return the component whose error exceeds most, or uses most, of what is allowed."""
        return max(self.components, key=_excess, default=None)

    @property
    def oracle(self) -> str:
        """Return the names of the oracles that judged."""
        return ", ".join(dict.fromkeys(x.oracle for x in self.components))

    @property
    def verdict(self) -> str:
        """Return "all right", or how many are wrong."""
        wrong = sum(not x.ok for x in self.components)
        return f"{wrong} of {len(self.components)} WRONG" if wrong else "all right"

    def raise_if_wrong(self) -> None:
        """Raise GradientMismatch unless every component is right."""
        if not self.ok:
            raise GradientMismatch(self)

    def to_json(self) -> dict[str, Any]:
        """Return the report as a dict that `json.dumps` takes.

        >>> Report("empty").to_json()["ok"]
        True
        """
        return {
            "title": self.title,
            "ok": self.ok,
            "verdict": self.verdict,
            "oracle": self.oracle,
            "worst": self.worst and self.worst.to_json(),
            "causes": list(map(str, self.causes)),
            "notes": list(self.notes),
            "components": [x.to_json() for x in self.components],
        }

    def to_html(self) -> str:
        """Return the report as one HTML section."""
        from autograd.check.pages import section

        return section(self.to_json())

    def _repr_html_(self) -> str:
        return self.to_html()

    def __rich__(self) -> Group:
        table = Table(title=Text(f"{self.title}: {self.verdict}"), title_justify="left",
                      caption=f"judged by {self.oracle}", caption_justify="left")  # fmt: skip
        for heading in ("", "claimed", "true", "error", "relative", "ulp", "allowed", "verdict"):
            table.add_column(heading, justify="right" if heading else "left", no_wrap=True)
        for x in sorted(self.components, key=_excess, reverse=True)[:_SHOWN]:
            true = mpmath.nstr(x.true, 20)
            cells = (
                x.name, repr(x.claimed),
                f"{x.sides[0]:.6g} to {x.sides[1]:.6g}" if x.sides else true,
                f"{x.error:.1e}", f"{x.relative:.1e}", f"{x.ulps:.3g}", f"{x.allowed:.1e}",
                "right" if x.ok else "WRONG",
            )  # fmt: skip
            table.add_row(*map(Text, cells), style="" if x.ok else "bold red")
        if len(self.components) > _SHOWN:
            table.add_row(f"... and {len(self.components) - _SHOWN} nearer ones")
        lines = [("why: " if i == 0 else "  or ", cause) for i, cause in enumerate(self.causes)]
        lines += [("note: ", note) for note in self.notes]
        wrapped = [fill(f"{start}{line}", 110, subsequent_indent="     ") for start, line in lines]
        return Group(table, *map(Text, wrapped))

    def __str__(self) -> str:
        return as_text(self)


def _excess(x: Component) -> float:
    if x.error == 0 and x.ok:
        return 0.0
    return x.error / x.allowed if x.allowed else math.inf
