"""What was found about two implementations of the same thing, and how it is told."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from autograd.check.oracles.precise import context, exactly
from autograd.check.places import Place, as_text
from autograd.check.ulps import nearest, ulp

_SHOWN = 10  # values and gradients in the table; the others are counted
_NEXT = 3  # operations shown where functions part
_fifty_digits = context(50)


@dataclass(frozen=True)
class Both:
    """Hold a number that f and g both computed, and the exact one (an mpmath number) if known.

    `size` is that of the terms that were added up in it, as far as known.
    """

    name: str
    f: Any
    g: Any
    exact: Any = None
    size: float = 0.0

    @property
    def equal(self) -> bool:
        """Say whether the two are the same number, or both nan."""
        return bool(self.f == self.g or (self.f != self.f and self.g != self.g))

    @property
    def ulps(self) -> float:
        """Return how far they are apart, in units in the last place of the largest."""
        return 0.0 if self.equal else _apart(self.f, self.g, self._unit)

    @property
    def f_off(self) -> float | None:
        """Return how far f is from the exact number in these ulp, None if that is unknown."""
        return None if self.exact is None else _apart(self.f, self.exact, self._unit)

    @property
    def g_off(self) -> float | None:
        """Return how far g is from the exact number in these ulp, None if that is unknown."""
        return None if self.exact is None else _apart(self.g, self.exact, self._unit)

    @property
    def _unit(self) -> float:
        known = [x for x in (self.f, self.g, self.exact, self.size) if x is not None]
        return ulp(max(abs(exactly(_fifty_digits, x)) for x in known))


def _apart(a: Any, b: Any, unit: float) -> float:
    a, b = (exactly(_fifty_digits, x) for x in (a, b))
    apart = abs(nearest((a - b) / unit))
    return math.inf if math.isnan(apart) else apart if apart > 1e-30 else 0.0


@dataclass(frozen=True)
class Pair:
    """Hold a value that f and g both compute, by whatever operations: its place in each."""

    f: Place
    g: Place
    exact: Any

    @property
    def numbers(self) -> Both:
        """Return the two floats, beside the exact number."""
        return Both(self.f.name, self.f.value.data, self.g.value.data, self.exact)

    @property
    def ulps(self) -> float:
        """Return how far the two floats are apart in ulp."""
        return self.numbers.ulps


@dataclass(frozen=True)
class Comparison:
    """Hold two implementations, lined up; `ok` is the verdict and `str(comparison)` tells it.

    `same_function` says whether f and g are mathematically the same near x, None if that is
    unknown. `first` is the first value, in f's order, that both compute and that comes out
    different, and `worst` the one that differs by most ulp. If the functions differ, `agreed` is
    the last value on which they agree before they part (None: on nothing but inputs), and
    `f_next` and `g_next` are the first operations after that which the other has not.
    """

    f_name: str
    g_name: str
    values: list[Both]
    gradients: list[Both]
    allowed: float
    same_function: bool | None
    matched: int = 0
    first: Pair | None = None
    worst: Pair | None = None
    agreed: Pair | None = None
    f_next: Sequence[Place] = ()
    g_next: Sequence[Place] = ()
    notes: Sequence[str] = ()

    @property
    def equal(self) -> bool:
        """Say whether all values and gradients are the same to the last bit."""
        return all(both.equal for both in (*self.values, *self.gradients))

    @property
    def ok(self) -> bool:
        """Say whether the functions agree: none is another, no number differs by too many ulp."""
        near = all(both.ulps <= self.allowed for both in (*self.values, *self.gradients))
        return near and self.same_function is not False

    @property
    def verdict(self) -> str:
        """Return the result in one sentence."""
        same = {True: "the same function near x", False: "NOT the same function",
                None: "the outputs at x are compared"}[self.same_function]  # fmt: skip
        if self.equal:
            return f"{same}; all numbers are equal to the last bit"
        told = []
        for what, group in (("values", self.values), ("gradients", self.gradients)):
            worst = max((both.ulps for both in group), default=0.0)
            told.append(f"{what} {f'up to {worst:.3g} ulp apart' if worst else 'equal'}")
        return f"{same}; {', '.join(told[: 1 + bool(self.gradients)])}"

    def _told(self) -> list[str]:
        told = []
        if self.f_next or self.g_next:
            if self.agreed:
                told += ["they agree up to", _line("f", self.agreed.f), _line("g", self.agreed.g)]
            else:
                told += ["they agree on the inputs only"]
            told += ["then they part", *_lines("f", self.f_next), *_lines("g", self.g_next)]
        for what, pair in (("first", self.first), ("largest", self.worst)):
            if pair and (what == "first" or pair != self.first):
                both = pair.numbers
                told.append(f"{what} difference: {both.ulps:.3g} ulp")
                told += [_line("f", pair.f, both.f_off), _line("g", pair.g, both.g_off)]
        return told + [f"note: {note}" for note in self.notes]

    def __rich__(self) -> Any:
        from rich.console import Group
        from rich.table import Table
        from rich.text import Text

        table = Table()
        for head in ("", "f", "g", "apart, ulp", "f off, ulp", "g off, ulp"):
            table.add_column(head, justify="right" if head else "left", no_wrap=True)
        for group in (self.values, self.gradients):
            for both in sorted(group, key=lambda both: both.ulps, reverse=True)[:_SHOWN]:
                off = ["" if each is None else f"{each:.3g}" for each in (both.f_off, both.g_off)]
                cells = (both.name, repr(both.f), repr(both.g), f"{both.ulps:.3g}", *off)
                style = "" if both.ulps <= self.allowed else "bold red"
                table.add_row(*map(Text, cells), style=style)
            if len(group) > _SHOWN:
                table.add_row(f"... and {len(group) - _SHOWN:,} nearer ones")
        title = f"f = {self.f_name}, g = {self.g_name}: {self.verdict}"
        return Group(Text(title), table, *map(Text, self._told()))

    def __str__(self) -> str:
        return as_text(self)


def _lines(name: str, places: Sequence[Place]) -> list[str]:
    if not places:
        return [f"  {name}: ends there"]
    more = [f"  {name}: ... and {len(places) - _NEXT} more"] if len(places) > _NEXT else []
    return [_line(name, place) for place in places[:_NEXT]] + more


def _line(name: str, place: Place, off: float | None = None) -> str:
    at = f"  at {place.line}" if place.line else ""
    far = "" if off is None else f", {off:.3g} ulp off"
    return f"  {name}: {place.made} = {place.value.data!r}{far}{at}"
