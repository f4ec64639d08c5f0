"""NIST's Statistical Reference Datasets for nonlinear regression: models, and the files' numbers.

Numbers are kept as the file's text, so that a test chooses what kind of number they become.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograd import exp

FOLDER = Path(__file__).parents[1] / "data" / "nist"

MODELS: dict[str, Callable[[Sequence[Any], Any], Any]] = {
    "Chwirut2": lambda b, x: exp(-b[0] * x) / (b[1] + b[2] * x),
    "DanWood": lambda b, x: b[0] * x ** b[1],
    "Misra1a": lambda b, x: b[0] * (1 - exp(-b[1] * x)),
    "Rat43": lambda b, x: b[0] / (1 + exp(b[1] - b[2] * x)) ** (1 / b[3]),
}

# Rat43.dat prints 9 degrees of freedom; its 15 observations, 4 parameters and certified residual
# standard deviation, sqrt(8786.4049080 / 11), say 11
ERRATA = {"Rat43": 2}


@dataclass(frozen=True)
class Problem:
    """Hold one data set: its model, its data and what NIST certifies."""

    name: str
    starts: tuple[list[str], list[str]]
    parameters: list[str]
    standard_deviations: list[str]
    sum_of_squares: str
    residual_standard_deviation: str
    degrees_of_freedom: int
    rows: list[tuple[str, str]]  # y, x

    def residuals(self, number: Callable[[str], Any]) -> Callable[[Sequence[Any]], list[Any]]:
        """Return the function of the parameters that gives y - model(x), data as this type."""
        model = MODELS[self.name]
        data = [(number(y), number(x)) for y, x in self.rows]
        return lambda b: [y - model(b, x) for y, x in data]


def read(name: str) -> Problem:
    """Read a file. Raises ValueError if a part of it is missing or of another size than it says."""
    text = (FOLDER / f"{name}.dat").read_text()

    def certified(label: str) -> str:
        found = re.search(rf"^{label}:\s+(\S+)", text, re.MULTILINE)
        if found is None:
            raise ValueError(f"{name}.dat: there is no line '{label}: ...'")
        return found[1]

    table = re.findall(r"^\s*b\d\s*=\s*(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s*$", text, re.MULTILINE)
    rows = [tuple(line.split()) for line in text.rpartition("Data:")[2].splitlines()[1:] if line]
    if len(rows) != int(certified("Number of Observations")) or {*map(len, rows)} != {2}:
        raise ValueError(f"{name}.dat: {len(rows)} rows of data are not what its header says")
    freedom = int(certified("Degrees of Freedom")) + ERRATA.get(name, 0)
    if len(table) != len(rows) - freedom:
        raise ValueError(f"{name}.dat: {len(table)} parameters are not what its header says")
    first, second, parameters, deviations = map(list, zip(*table, strict=True))
    return Problem(
        name, (first, second), parameters, deviations, certified("Residual Sum of Squares"),
        certified("Residual Standard Deviation"), freedom, rows,
    )  # fmt: skip
