"""The scorecard of an engine: what came of each exercise, and the mistakes behind the failures."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from autograd.check.engines.exercises import GROUPS

if TYPE_CHECKING:
    from rich.console import Group

Verdict = Literal["passed", "failed", "not there"]


@dataclass(frozen=True, slots=True)
class Result:
    """Hold what came of one exercise; of a failed one also the mistake that usually causes it.

    `follows` names an exercise that had failed before for the same reason; `raised` says that an
    exception came where a number should have been computed.
    """

    name: str
    group: str
    verdict: Verdict
    expected: str = ""
    came: str = ""
    mistake: str = ""
    follows: str = ""
    note: str = ""
    raised: bool = False


@dataclass(frozen=True, slots=True)
class Scorecard:
    """Hold the results of one engine; `str(card)` is what `check_engine` prints."""

    engine: str
    precision: str
    results: list[Result]

    @property
    def ok(self) -> bool:
        """Say whether all numbers were right; robustness and limits do not count."""
        return not any(x.verdict == "failed" and GROUPS[x.group] for x in self.results)

    @property
    def score(self) -> tuple[int, int]:
        """Return how many exercises were passed, and how many there were to pass or fail."""
        return _score(self.results)

    @property
    def mistakes(self) -> dict[str, list[Result]]:
        """Return the failures by the mistake that usually causes them, in the order met."""
        found: dict[str, list[Result]] = {}
        for x in self.results:
            if x.verdict == "failed":
                found.setdefault(x.mistake, []).append(x)
        return found

    def __getitem__(self, name: str) -> Result:
        """Return the result of the exercise of this name. Raises KeyError if there is none."""
        for x in self.results:
            if x.name == name:
                return x
        raise KeyError(f"there is no exercise {name!r}: {', '.join(x.name for x in self.results)}")

    def to_json(self) -> dict[str, Any]:
        """Return the card as a dict that `json.dumps` takes."""
        passed, tried = self.score
        return {
            "engine": self.engine, "precision": self.precision, "ok": self.ok,
            "passed": passed, "tried": tried, "results": [asdict(x) for x in self.results],
        }  # fmt: skip

    def __rich__(self) -> Group:
        from rich.console import Group
        from rich.padding import Padding
        from rich.table import Table
        from rich.text import Text

        passed, tried = self.score
        parts: list[Any] = [Text(f"{self.engine}: {passed} of {tried} exercises passed", "bold")]
        grid = Table.grid(padding=(0, 2))
        for group in GROUPS:
            results = [x for x in self.results if x.group == group]
            done, count = _score(results)
            lacking = [x.name for x in results if x.verdict == "not there" and not x.follows]
            words = "" if done == count else "WRONG" if GROUPS[group] else "weak"
            style = "bold red" if words == "WRONG" else "yellow" if words else "green"
            without = f"not there: {', '.join(lacking)}" if lacking else ""
            cells = (
                (f"{done} of {count}", style),
                (words, style),
                (without.replace("(a)", ""), "dim"),
            )
            grid.add_row(f"  {group}", *[Text(*cell) for cell in cells])
        parts.append(grid)
        for mistake, failures in self.mistakes.items():
            parts.append(Text(f"\n✗ {mistake}", "bold"))
            rows = Table.grid(padding=(0, 2))
            for x in failures:
                if not x.follows:
                    rows.add_row(
                        Text(x.name, "cyan"), Text(f"expected {x.expected}\ncame {x.came}")
                    )
            parts.append(Padding(rows, (0, 0, 0, 4)))
            if following := [x.name for x in failures if x.follows]:
                parts.append(Padding(Text(f"and so: {', '.join(following)}", "dim"), (0, 0, 0, 4)))
        notes = [f"{x.name}: {x.note}" for x in self.results if x.note]
        parts.append(Text("\n".join(["", self.precision, *notes]), "dim"))
        return Group(*parts)

    def __str__(self) -> str:
        from rich.console import Console

        console = Console(file=io.StringIO(), width=110)
        console.print(self)
        assert isinstance(console.file, io.StringIO)
        return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())

    def __repr__(self) -> str:
        passed, tried = self.score
        return f"Scorecard({self.engine!r}, {passed} of {tried} passed, ok={self.ok})"


def _score(results: Sequence[Result]) -> tuple[int, int]:
    verdicts = [x.verdict for x in results]
    return verdicts.count("passed"), len(verdicts) - verdicts.count("not there")
