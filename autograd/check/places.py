"""Where a value of a graph was computed: its name, its operation and its source line."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, NamedTuple

from autograd.lines import Line, line_of
from autograd.show import formula
from autograd.value import Value


class Place(NamedTuple):
    """Hold a value, its name, its operation as text, and its source line if that was recorded."""

    value: Value
    name: str
    operation: str
    line: Line | None

    @property
    def made(self) -> str:
        """Return name and operation: "v3 = tanh(x)"."""
        return f"{self.name} = {self.operation}" if self.operation else self.name

    def __str__(self) -> str:
        return f"{self.made} at {self.line}" if self.line else self.made


def place(v: Value, name_of: Callable[[Any], str]) -> Place:
    """Return the place of v in a graph whose values have these names."""
    return Place(v, name_of(v), formula(v, name_of), line_of(v))


def as_text(table: Any) -> str:
    """Return what rich would print, in lines as long as they need to be."""
    from rich.console import Console

    console = Console(file=io.StringIO(), width=200)
    console.print(table)
    assert isinstance(console.file, io.StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())
