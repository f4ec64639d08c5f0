"""A compiled function as pure functions of (parameters, rows), for an engine that others maintain.

A function that branches has a program for each way: `selecting` runs them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from autograd.program.function import FLOATS
from autograd.program.pure.leaves import Leaf, leaves_of, of_one_list
from autograd.program.pure.namespace import Namespace
from autograd.program.pure.program import PureProgram
from autograd.program.recording.arguments import _walk
from autograd.program.recording.record import DRAWS
from autograd.program.running.program import Program
from autograd.structure import Nested
from autograd.value import Value, detached

Numbers = np.ndarray[Any, Any]
Arrays = dict[str, Any]


class PureFunction:
    """Compute what a compiled function does, purely: a subclass says in which namespace.

    `parameters` are the numbers that rows share, as a dict of arrays, with the numbers they have
    now; `fixed` those of them that are not trained. Programs that are not `complete` need not be
    for every row: whoever runs them looks.
    """

    def __init__(self, compiled: Any, programs: Sequence[Program], complete: bool = True) -> None:
        self.compiled, self.programs = compiled, list(programs)
        self.dtype = FLOATS[compiled.dtype]
        self.complete = complete
        check(compiled.name, self.programs, complete)
        self.output: Nested = self.programs[0].output
        self.values, places, self.at = _numbered(self.programs)
        first = self.programs[0].first or len(self.values)
        trained = np.arange(len(self.values)) < first
        self.leaves: list[Leaf] = leaves_of(
            [p.plain for p in self.programs], places, self.apart(trained)
        )
        self.trained = [leaf for leaf in self.leaves if trained[leaf.places.flat[0]]]
        self.first = first
        self.draws: list[Any] = self.programs[0].draws
        self.parts = [
            self.part(program, where) for program, where in zip(self.programs, places, strict=True)
        ]

    @cached_property
    def functions(self) -> list[tuple[Callable[..., Any], ...]]:
        """Return the functions of each program: forward, and the one that goes back as well."""
        return [part.functions(self.namespace(), self.dtype) for part in self.parts]

    def apart(self, trained: Numbers) -> Numbers:
        """Return a number for each shared one: those with unequal ones are in no array together.

        So each argument, and each list in one, has arrays of its own.
        """
        owners = [""] * len(trained)
        for key, k in self.at.items():
            if isinstance(key, tuple):
                stem = of_one_list(self.values[k].label)
                owners[k] = stem if stem.startswith(key[0]) else key[0]
        _, groups = np.unique(owners, return_inverse=True)
        return groups * 2 + trained

    def namespace(self) -> Namespace:
        """Return the functions that the text calls."""
        raise NotImplementedError

    def part(self, program: Program, places: Numbers, **options: Any) -> PureProgram:
        """Return one of the programs, whose shared numbers have these places in `values`."""
        wanted = [leaf.name for leaf in self.trained]
        return PureProgram(program.plain, self.leaves, places, program.bounds, wanted, **options)

    # numbers --------------------------------------------------------------------------------------

    @property
    def parameters(self) -> Arrays:
        """Return the numbers that are differentiated by, as they are now."""
        return self.pack(np.array([detached(v) for v in self.values[: self.first]], self.dtype))

    @property
    def fixed(self) -> Arrays:
        """Return the other numbers that all rows share, as they are now."""
        numbers = np.array([detached(v) for v in self.values[self.first :]], self.dtype)
        return {
            x.name: self.array(numbers[x.places - self.first])
            for x in self.leaves if x not in self.trained
        }  # fmt: skip

    def pack(self, numbers: Numbers) -> Arrays:
        """Return a flat array, in the order of the parameters, as the dict of arrays.

        Axes before the last, of several models, stay in front. Raises ValueError for another
        length.
        """
        if np.shape(numbers)[-1:] != (self.first,):
            raise ValueError(
                f"{self.compiled.name}: numbers of the shape {np.shape(numbers)} to pack; the last "
                f"axis is to have the length {self.first}"
            )
        return {x.name: self.array(numbers[..., x.places]) for x in self.trained}

    def unpack(self, arrays: Mapping[str, Any]) -> Numbers:
        """Return the dict of arrays as a flat one: the inverse of `pack`.

        Raises TypeError if it lacks one.
        """
        if missing := [x.name for x in self.trained if x.name not in arrays]:
            raise TypeError(f"{self.compiled.name}: parameters lack {', '.join(missing)}")
        found = [(x.places, np.asarray(arrays[x.name])) for x in self.trained]
        if not found:
            return np.zeros(0, self.dtype)
        leads = found[0][1].shape[: found[0][1].ndim - found[0][0].ndim]
        numbers = np.zeros((*leads, self.first), self.dtype)
        for places, x in found:
            numbers[..., places] = x
        return numbers

    def array(self, numbers: Numbers) -> Any:
        """Return numbers as an array of the engine."""
        return np.asarray(numbers, self.dtype)

    # text -----------------------------------------------------------------------------------------

    @property
    def source(self) -> str:
        """Return the text of the functions that run, forward and with the reverse program."""
        parts = []
        for k, part in enumerate(self.parts, 1):
            head = f"# program {k} of {self.compiled.name}\n"
            parts.append(f"{head}{part.forward_text}\n\n{part.reverse_text}")
        return "\n\n".join(parts)

    # rows -----------------------------------------------------------------------------------------

    def columns(self, rows: Any) -> dict[str, Any]:
        """Return the arrays of the row arguments by place. Raises TypeError for another form."""
        names = self.compiled.row_names
        given = rows if isinstance(rows, tuple) else (rows,)
        if len(given) != len(names):
            raise TypeError(
                f"{self.compiled.name}: rows is a tuple of {len(names)} ({', '.join(names)}), "
                f"and {len(given)} were given"
            )
        found: dict[str, Any] = {}
        for name, x in zip(names, given, strict=True):
            _walk(x, name, lambda part, place: found.setdefault(place, part))
        return found

    def given(self, part: PureProgram, columns: Mapping[str, Any], draws: Any) -> list[Any]:
        """Return the columns that a program reads, in its order."""
        whole = {**columns, DRAWS: draws}
        missing = [place for place in part.columns if whole.get(place) is None]
        if missing:
            name = self.compiled.name
            raise TypeError(
                f"{name} draws random numbers: give draws=, an array (rows, {len(self.draws)})"
                if missing == [DRAWS] else f"{name}: rows lack {', '.join(missing)}"
            )  # fmt: skip
        return [whole[place] for place in part.columns]


def check(name: str, programs: Sequence[Program], complete: bool = True) -> None:
    """Raise TypeError if programs cannot be one pure function, saying why and what to do."""
    if not programs:
        raise TypeError(
            f"{name} has not been called yet on plain numbers (with Values it runs as it is): call "
            "it, or its grad, once on rows like those to come"
        )
    for program in programs:
        if complete and program.fixed:
            place = program.fixed[0][0]
            raise TypeError(
                f"{name} has a program for each value of {place} (a string, a bool, or an integer "
                f"that Python looks at): choose with autograd.take or autograd.where, or give "
                f"{place} as floats"
            )
    if any(program.draws != programs[0].draws for program in programs):
        raise TypeError(
            f"{name} draws other random numbers in each of its ways: draw before it branches"
        )
    ways = {tuple(_outcomes(program)) for program in programs}
    known = sum(Fraction(1, 2 ** len(way)) for way in ways)
    if complete and known < 1:
        raise TypeError(
            f"{name} branches on comparisons, and not every way has been seen: {len(programs)} "
            f"recorded, and {_unseen(programs)}. Call it on rows that take the others, or choose "
            "with autograd.where, which needs no branch"
        )


def _outcomes(program: Program) -> list[bool]:
    """Return how the comparisons came out in a recording, each once."""
    return list({(store, at): truth for store, at, truth in program.plain.guards}.values())


def _unseen(programs: Sequence[Program]) -> str:
    """Return which comparison has come out one way alone after those before it, in words."""
    for program in programs:
        way = [truth for *_, truth in program.plain.guards]
        others = [[truth for *_, truth in other.plain.guards] for other in programs]
        for k, truth in enumerate(way):
            if [*way[:k], not truth] not in [other[: k + 1] for other in others]:
                if len(program.branched_at) != len(way):  # some compared constants
                    break
                return f"the comparison at {program.branched_at[k]} was {truth} in all"
    return "some comparisons came out one way alone"


def _numbered(
    programs: Sequence[Program],
) -> tuple[list[Value], list[Numbers], dict[Any, int]]:
    """Return the Values that are shared, for each program where its own stand in the list, and
    the place by argument and number in it, or by Value if it belongs to none.
    """
    values: list[Value] = []
    at: dict[Any, int] = {}
    places = []
    for program in programs:
        arguments = {
            k: (name, i)
            for name, slots in program.argument_slots_of.items()
            for i, k in enumerate(slots)
        }
        mine = []
        for k, v in enumerate(program.shared):
            key = arguments.get(k, v)
            if key not in at:
                at[key] = len(values)
                values.append(v)
            mine.append(at[key])
        places.append(np.array(mine, np.intp))
    return values, places, at


def in_form(
    output: Nested, leaves: Sequence[Any], count: int | None, stack: Callable[..., Any]
) -> Any:
    """Return numbers, or arrays over so many rows, in the form of a function's output."""
    parts, rest = [], iter(leaves)
    for block in output.blocks:
        found = [next(rest) for _ in block.leaves]
        if block.shape is None:
            parts.append(found[0])
        elif count is None:
            parts.append(stack(found).reshape(block.shape))
        else:
            parts.append(stack(found, axis=1).reshape(count, *block.shape))
    return output.replace(parts)
