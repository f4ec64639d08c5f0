"""What a check found: a claimed number beside the true one, and how far apart they are."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass, field
from typing import Any

import mpmath
from rich.console import Console
from rich.table import Table

from autograd.check.ulps import nearest, ulps


class GradientMismatch(AssertionError):  # noqa: N818 - a failed assertion, by its name
    """Say that a claimed derivative is wrong; the message is the report, `report` holds it."""

    def __init__(self, report: Report) -> None:
        super().__init__(f"\n{report}")
        self.report = report


@dataclass(frozen=True, slots=True)
class Component:
    """Hold one claimed number, the true one (an mpmath number) and the error that is allowed."""

    name: str
    claimed: float
    true: Any
    allowed: float
    oracle: str

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


@dataclass(frozen=True, slots=True)
class Report:
    """Hold the components of one check; `ok` is the verdict, `str(report)` a table."""

    title: str
    components: list[Component] = field(default_factory=list)

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

    def raise_if_wrong(self) -> None:
        """Raise GradientMismatch unless every component is right."""
        if not self.ok:
            raise GradientMismatch(self)

    def __rich__(self) -> Table:
        wrong = sum(not x.ok for x in self.components)
        verdict = f"{wrong} of {len(self.components)} WRONG" if wrong else "all right"
        table = Table(title=f"{self.title}: {verdict}", caption=f"judged by {self.oracle}")
        for heading in ("", "claimed", "true", "error, ulp", "relative", "verdict"):
            table.add_column(heading, justify="right" if heading else "left", no_wrap=True)
        for x in sorted(self.components, key=_excess, reverse=True)[:20]:
            table.add_row(
                x.name, f"{x.claimed:.17g}", mpmath.nstr(x.true, 20), f"{x.ulps:.3g}",
                f"{x.relative:.1e}", "right" if x.ok else "WRONG", style="" if x.ok else "bold red",
            )  # fmt: skip
        if len(self.components) > 20:
            table.add_row(f"... and {len(self.components) - 20} nearer ones")
        return table

    def __str__(self) -> str:
        console = Console(file=io.StringIO(), width=140)
        console.print(self)
        assert isinstance(console.file, io.StringIO)
        return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


def _excess(x: Component) -> float:
    if x.error == 0:
        return 0.0
    return x.error / x.allowed if x.allowed else math.inf
