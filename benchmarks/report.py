"""Tables of figures, for a terminal (rich) and for a README (Markdown)."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from benchmarks.race import Race


@dataclass
class Table:
    """Hold a title, columns, rows of text and notes below them."""

    title: str
    columns: list[str]
    rows: list[list[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def processor() -> str:
    """Return the processor's name."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def machine(race: Race) -> str:
    """Return machine, versions and method in a few sentences."""
    versions = ", ".join(f"{name} {version}" for name, version in race.versions.items())
    return (
        f"{date.today()}: {processor()}, {os.cpu_count()} cores, {platform.system()}, "
        f"{platform.python_implementation()} {platform.python_version()}. {versions}. "
        f"Medians over {race.repeats} turn(s), engines interleaved; ± is half the interquartile "
        "range; CPU time, but where the clock on the wall is named; collector means Python's "
        "garbage collector."
    )


def markdown(tables: Iterable[Table], footer: list[str]) -> str:
    """Return the tables as Markdown."""
    parts = []
    for table in tables:
        parts.append(f"**{table.title}**")
        rule = ["---", *["---:"] * (len(table.columns) - 1)]
        lines = (table.columns, rule, *table.rows)
        parts.append("\n".join(f"| {' | '.join(row)} |" for row in lines))
        parts.append("\n".join(f"- {note}" for note in table.notes))
    return "\n\n".join(part for part in [*parts, *footer] if part)


def show(tables: Iterable[Table], footer: list[str]) -> None:
    """Print the tables with rich."""
    from rich.console import Console
    from rich.table import Table as Picture

    console = Console(highlight=False)
    for table in tables:
        picture = Picture(title=table.title, title_justify="left")
        for index, column in enumerate(table.columns):
            picture.add_column(column, justify="right" if index else "left")
        for row in table.rows:
            picture.add_row(*row)
        console.print(picture)
        for note in table.notes:
            console.print(f"  {note}", markup=False)
        console.print()
    for line in footer:
        console.print(line, markup=False)
