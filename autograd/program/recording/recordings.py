"""The recordings of a function: one for each form of its arguments and each way it branches.

The rows of a call are given to the programs that there are; the first row that none is for is
recorded. A row that none can be for is run as it is: one beyond the bound on recordings, and one
that lies so close to a branch that rounding decides.
"""

from __future__ import annotations

import sys
import threading
import warnings
from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.program.eager import numbers_of, same_form
from autograd.program.function import FLOATS, Call, ScalarFunction
from autograd.program.lifting.layout import TooIrregular
from autograd.program.recording.arguments import Array
from autograd.program.recording.collector import collector_held_off
from autograd.program.recording.record import DRAWS, record
from autograd.program.recording.surroundings import is_gone
from autograd.program.running.program import Program
from autograd.structure import Nested
from autograd.value import Value

MOST_PROGRAMS = 64  # recordings of one function for arguments of one form
MOST_FORMS = 64  # forms of arguments that recordings are kept for
_AUDIT = {"float64": 1e-7, "float32": 1e-2}  # a baked-in number is further off than rounding


@dataclass
class Part:
    """Hold some rows of a call, and the program that is for them; None: they are run as they are.

    `outputs` are the numbers it gives there, each an array or one number for all of them; None if
    they have not been computed.
    """

    program: Program | None
    rows: Array
    columns: dict[str, Array]
    outputs: list[Any] | None
    output: Nested  # the form of what the function returns


@dataclass(frozen=True)
class Flat:
    """Hold Values whose numbers are in an array for the time being."""

    values: Sequence[Value]
    numbers: Array

    @contextmanager
    def written(self) -> Iterator[None]:
        """Lend the Values the numbers, for Python code that reads them."""
        before = [v.data for v in self.values]
        try:
            for v, x in zip(self.values, self.numbers.tolist(), strict=True):
                v.data = x
            yield
        finally:
            for v, x in zip(self.values, before, strict=True):
                v.data = x


NOTHING = Flat((), np.zeros(0))


class Recordings:
    """Keep the programs of a function, and find the right one for every row of a call."""

    def __init__(self, function: ScalarFunction) -> None:
        self.function = function
        self.families: dict[Hashable, list[Program]] = {}
        self.made = 0
        self.eager_rows = 0
        self.irregular: dict[Hashable, str] = {}  # keys of calls that are not lifted, and why
        self.branching: set[Hashable] = set()  # keys of calls whose where() has to branch
        self._forgotten = False
        self._lock = threading.RLock()

    def programs(self) -> list[Program]:
        """Return all there are, in the order in which they were made."""
        with self._lock:
            return [program for found in self.families.values() for program in found]

    def latest(self) -> list[Program]:
        """Return those of the form of arguments that was used last."""
        with self._lock:
            return list(next(reversed(self.families.values()), []))

    def _family(self, key: Hashable) -> list[Program]:
        with self._lock:
            found = self.families.pop(key, None)
            if found is None:
                found = []
                for other in [k for k in self.families if is_gone(k)]:
                    del self.families[other]
                if len(self.families) >= MOST_FORMS:
                    del self.families[next(iter(self.families))]
                    self._report_forgotten()
            self.families[key] = found  # the one used last stands last
            return found

    # the rows of a call -------------------------------------------------------------------------

    def assigned(
        self, call: Call, flat: Flat = NOTHING, selecting: bool = True, values: bool = True,
    ) -> list[Part]:  # fmt: skip
        """Return parts with all rows of a call; without `values`, only the outputs that are needed.

        With `selecting`, where() computes both and selects; else Python branches there, too.
        """
        selecting = selecting and call.key not in self.branching
        key = tuple(map(id, flat.values)), selecting
        found = self._family((call.key, *key))
        made = self.made
        left = np.ones(call.count, bool)
        if len(found) > 1 and call.key not in self.irregular:
            self._draw(call, found)
        parts: list[Part] = []
        alone: list[int] = []  # rows that no program can be for
        k = 0
        if call.key in self.irregular:
            alone, left = list(range(call.count)), ~left
            self.eager_rows += call.count
        while (rest := np.flatnonzero(left)).size:
            if k == len(found):
                if k >= MOST_PROGRAMS:
                    self._report(len(rest))
                    alone += rest.tolist()
                    break
                with collector_held_off():
                    made_one = self._record(call, found, k, int(rest[0]), flat, selecting)
                if not made_one:
                    if call.key in self.irregular:
                        alone += rest.tolist()
                        self.eager_rows += len(rest)
                        break
                    alone.append(int(rest[0]))
                    left[rest[0]] = False
                continue
            program = found[k]
            k += 1
            mine = program.candidates(call.columns, rest)
            if not len(mine):
                continue
            part = Part(program, mine, self._columns(program, call, mine), None, program.output)
            if values or program.guarded or not program.audited:
                part = self._run(part, call, flat)
            if len(part.rows):
                left[part.rows] = False
                parts.append(part)
        if alone:
            rows = np.array(alone)
            with flat.written():
                output, numbers = numbers_of(self.function, call, rows)
            parts.append(Part(None, rows, {}, numbers, output))
        if made != self.made and self.function.surroundings.changed(call.surroundings):
            with self._lock:
                self.families.pop((call.key, *key), None)
                call.surroundings = self.function.surroundings.key()
                self.families[call.key, *key] = found
        return parts

    def _record(
        self, call: Call, found: list[Program], k: int, row: int, flat: Flat, selecting: bool
    ) -> bool:
        """Make program k of a family; say False if it is there already, and not for the row."""
        function = self.function
        with self._lock:
            if len(found) > k:
                return True  # another thread was faster
            with flat.written():
                try:
                    recording = record(
                        function.f, function.name, function.order, call.rows, call.shared, row,
                        selecting, call.draws,
                    )  # fmt: skip
                except Exception as error:
                    if function.row_names:
                        error.add_note(f"(in row {row} of {function.name}, while it was recorded)")
                    raise
            try:
                program = Program(
                    recording, call.columns, row, flat.values, FLOATS[function.dtype],
                    function.threads, function.native,
                )  # fmt: skip
            except TooIrregular as error:
                self.irregular[call.key] = str(error)
                _warn(f"{function.name}: {error}")
                return False
            self.made += 1
            if any(program.way == other.way for other in found):
                return False
            found.append(program)
            return True

    @staticmethod
    def _draw(call: Call, found: Sequence[Program]) -> None:
        """Draw the numbers that each row needs for the first program that it may be for.

        Otherwise the rows of one program would draw after all those of another.
        """
        if any(program.draws for program in found):
            wanted, rows = [], np.arange(call.count)
            for program in found:
                mine = program.candidates(call.columns, rows)
                wanted.append((program.draws, mine))
                rows = np.setdiff1d(rows, mine, assume_unique=True)
            call.draws.ahead(wanted)

    @staticmethod
    def _columns(program: Program, call: Call, rows: Array) -> dict[str, Array]:
        columns = program.columns_for(call.columns, None if len(rows) == call.count else rows)
        if program.draws:
            columns[program.lifted.columns[DRAWS][0]] = call.draws.of(program.draws, rows)
        return columns

    def _run(self, part: Part, call: Call, flat: Flat) -> Part:
        """Compute outputs, and leave those rows that the program is for."""
        program, rows, columns = part.program, part.rows, part.columns
        assert program is not None
        machine = program.machine(None)
        with machine.workspace() as space:
            program.fill(space, call.shared, flat.numbers)
            outputs, holds = machine.run(space, columns, len(rows))
            if not holds.all():
                outputs = [x[holds] if np.ndim(x) else x for x in outputs]
                columns = {store: x[holds] for store, x in columns.items()}
                rows = rows[holds]
            part = Part(program, rows, columns, outputs, program.output)
            if len(rows) and not program.audited and self._on_others(part, space.parameters):
                self._audit(part, call, flat)
        return part

    # what was not recorded ----------------------------------------------------------------------

    @staticmethod
    def _on_others(part: Part, parameters: Array) -> bool:
        """Say whether a program is run on other numbers than those it was made from.

        If nothing else ever comes, the third time counts.
        """
        program = part.program
        assert program is not None
        numbers = b"".join(
            x.tobytes() for x in (parameters, *[c[-1] for c in part.columns.values()])
        )
        program.seen.append(numbers)
        return (
            int(part.rows[-1]) != program.row or numbers != program.seen[0] or len(program.seen) > 2
        )

    def _audit(self, part: Part, call: Call, flat: Flat) -> None:
        """Run a row as it is and compare: is there anything that was not recorded?"""
        function, program, row = self.function, part.program, int(part.rows[-1])
        assert program is not None
        assert part.outputs is not None
        with flat.written():
            _, found = numbers_of(function, call, part.rows[-1:])
        theirs = np.array([x[0] for x in found])
        ours = np.array([x[-1] if np.ndim(x) else x for x in part.outputs], dtype=float)
        same = (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))
        with np.errstate(invalid="ignore"):
            near = np.abs(ours - theirs) <= _AUDIT[function.dtype] * (1 + np.abs(theirs))
        if not (same | near).all():
            k = int(np.flatnonzero(~(same | near))[0])
            with self._lock:
                self.families.clear()
            where = f" for row {row}" if function.row_names else ""
            raise ValueError(
                f"{function.name}: the recorded program gives {float(ours[k])!r}{where}, the "
                f"function itself {float(theirs[k])!r}. It depends on something that is not "
                "recorded: a random number (declare it, as autograd.draw(source.random)), a number "
                "that was taken out of a Value, or a variable that has changed since"
            )
        program.audited, program.seen = True, []

    # reports ------------------------------------------------------------------------------------

    def _report(self, count: int) -> None:
        if not self.eager_rows:
            _warn(
                f"{self.function.name}: rows branch in more than {MOST_PROGRAMS} ways; {count} of "
                "them run eagerly, one by one. autograd.where and autograd.take choose without "
                "branching"
            )
        self.eager_rows += count

    def _report_forgotten(self) -> None:
        if not self._forgotten:
            self._forgotten = True
            _warn(
                f"{self.function.name}: arguments came in more than {MOST_FORMS} forms (shapes, "
                "models, constants, or variables of the function that changed); each needs a "
                "recording, and the oldest are forgotten. Give arrays of one shape"
            )


def merged(name: str, parts: Sequence[Part], call: Call, dtype: Any) -> list[Any]:
    """Return the numbers of all parts, put back in the order of the rows."""
    same_form(name, [part.output for part in parts])
    leaves = []
    for k in range(len(parts[0].output.leaves)):
        whole = np.empty(call.count, dtype)
        for part in parts:
            assert part.outputs is not None
            whole[part.rows] = part.outputs[k]
        leaves.append(whole)
    return leaves


def _warn(message: str) -> None:
    """Warn at the line of the user's that called us."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("autograd."):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, RuntimeWarning, stacklevel=level)


def selects(parts: Sequence[Part]) -> bool:
    """Say whether a where() of these parts computes both of its branches."""
    return any(part.program is not None and part.program.selects for part in parts)


def has_nan(arrays: Mapping[Any, Any] | Sequence[Any]) -> bool:
    """Say whether there is a nan among numbers and arrays."""
    items = arrays.values() if isinstance(arrays, Mapping) else arrays
    return any(np.isnan(x).any() for x in items)
