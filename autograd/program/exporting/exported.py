"""The programs of a compiled function as a file needs them: what is given, kept and returned."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from autograd.program.lifting.groups import ROW_STORE, Ref
from autograd.program.pure.elementwise import NoArrays
from autograd.program.pure.function import PureFunction
from autograd.program.pure.graph import Array, Numbers
from autograd.program.pure.leaves import Leaf
from autograd.program.pure.program import PureProgram
from autograd.program.recording.record import DRAWS
from autograd.program.running.program import Program
from autograd.structure import Form


@dataclass(frozen=True)
class Given:
    """Hold an array that a function is given: the place where it stands, and its shape.

    That of a row argument is the shape of a row. `start` is where its numbers begin among those of
    its argument.
    """

    place: str  # "x", "x['a']"
    shape: tuple[int, ...]
    row: bool
    kind: str = "float"
    start: int = 0

    @property
    def argument(self) -> str:
        """Return the argument that it belongs to."""
        return self.place.partition("[")[0]

    @property
    def size(self) -> int:
        """Return how many numbers there are, in a row if it has rows."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class Returned:
    """Hold an array that a function returns, where in the tree, and its shape (in a row).

    With `lists` the function returns lists in lists of numbers, which an array can stand for.
    """

    place: str  # "", "['a']", "[0]"
    shape: tuple[int, ...]
    lists: bool
    start: int


class Exported(PureFunction):
    """Hold a function's programs, with outputs as few arrays as their form allows.

    `inputs` are the arrays that it is called with; `sources` says for each array of shared numbers
    which of them it is part of, and its places there; the others are `kept`, with their numbers.
    Raises TypeError for what `PureFunction` refuses, and for operations done by Python.
    """

    def __init__(self, compiled: Any, programs: Sequence[Program]) -> None:
        try:
            super().__init__(compiled, programs)
        except NoArrays as error:
            raise TypeError(
                f"{compiled.name} cannot be a file: {error}; "
                "write it in terms of functions of autograd"
            ) from None

    @cached_property
    def inputs(self) -> list[Given]:
        """Return the arrays that the function is called with, in the order of its arguments."""
        program = self.programs[0]
        found = []
        for name in self.compiled.order:
            if name in self.compiled.row_names:
                found += [
                    Given(place, shape, True, kind)
                    for place, (shape, kind) in program.row_shapes.items()
                    if place.partition("[")[0] == name
                ]
            elif name in program.outlines:
                found += _places(program.outlines[name], name, 0)
        if program.draws:
            found.append(Given(DRAWS, (len(program.draws),), True))
        return found

    @cached_property
    def left_out(self) -> list[str]:
        """Return the arguments that were constants of the recording, as models and strings are."""
        found = {x.argument for x in self.inputs}
        return [name for name in self.compiled.order if name not in found]

    def _owners(self) -> dict[int, tuple[Given, int]]:
        """Return for the place of each number of an argument which array it is in, and where."""
        found = {}
        for key, k in self.at.items():
            if isinstance(key, tuple):
                name, i = key
                mine = [x for x in self.inputs if x.argument == name]
                x = next(x for x in mine if 0 <= i - x.start < x.size)
                found[k] = x, i - x.start
        return found

    def apart(self, trained: Numbers) -> Numbers:
        owners = self._owners()
        of = [
            self.inputs.index(owners[k][0]) + 1 if k in owners else 0 for k in range(len(trained))
        ]
        return np.array(of, np.intp) * 2 + trained

    @cached_property
    def sources(self) -> dict[str, tuple[Given, Numbers]]:
        """Return the arrays of shared numbers that arguments give, by name."""
        owners = self._owners()
        return {
            leaf.name: (
                owners[int(leaf.places.flat[0])][0],
                np.vectorize(lambda k: owners[k][1], otypes=[np.intp])(leaf.places),
            )
            for leaf in self.leaves if int(leaf.places.flat[0]) in owners
        }  # fmt: skip

    @cached_property
    def kept(self) -> dict[str, Numbers]:
        """Return the other arrays of shared numbers, as they are now."""
        found = {**self.parameters, **self.fixed}
        return {x.name: found[x.name] for x in self.leaves if x.name not in self.sources}

    @property
    def learned(self) -> list[Leaf]:
        """Return the arrays among those kept that are parameters."""
        return [x for x in self.trained if x.name not in self.sources]

    # outputs --------------------------------------------------------------------------------------

    @cached_property
    def returned(self) -> list[Returned]:
        """Return the arrays that the function returns. Raises ValueError if there are none."""
        found = list(_returned(self.output.outline(), "", 0))
        if not found:
            raise ValueError(f"{self.compiled.name} returns no number: there is nothing to save")
        return found

    def part(self, program: Program, places: Numbers, **options: Any) -> PureProgram:
        part = super().part(program, places, **options)
        part.outputs = [_joined(part, program, x) for x in self.returned]
        return part


def _places(tree: Any, place: str, start: int) -> list[Given]:
    """Return the arrays that an argument is, or holds in its lists, tuples and dicts."""
    if (shape := _regular(tree)) is not None:
        return [Given(place, shape, False, "float", start)]
    found: list[Given] = []
    items = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for key, item in items:
        at = found[-1].start + found[-1].size if found else start
        found += _places(item, f"{place}[{key!r}]", at)
    return found


def _regular(tree: Any) -> tuple[int, ...] | None:
    """Return the shape of the array that lists in lists are, None if they are none."""
    if isinstance(tree, Form):
        return tree.shape or ()
    if isinstance(tree, dict) or not tree:
        return None
    shapes = {_regular(item) for item in tree}
    shape = shapes.pop()
    return None if shapes or shape is None else (len(tree), *shape)


def _returned(tree: Any, place: str, start: int) -> Iterator[Returned]:
    if isinstance(tree, Form):
        yield Returned(place, tree.shape or (), False, start)
    elif isinstance(tree, list) and (shape := _regular(tree)) and _is_of_numbers(tree):
        yield Returned(place, shape, True, start)
    else:
        items = tree.items() if isinstance(tree, dict) else enumerate(tree)
        for key, item in items:
            for found in _returned(item, f"{place}[{key!r}]", start):
                yield found
                start = found.start + math.prod(found.shape)


def _is_of_numbers(tree: Any) -> bool:
    """Say whether there are only lists and numbers."""
    if isinstance(tree, list):
        return all(_is_of_numbers(item) for item in tree)
    return isinstance(tree, Form) and tree.shape is None


def _joined(part: PureProgram, program: Program, x: Returned) -> Array:
    """Return numbers that a program computes, as the one array that they are in a row."""
    size = math.prod(x.shape)
    graph, wanted = part.made.graph, slice(x.start, x.start + size)
    found = program.plain.outputs[wanted]
    stores = {store for store, _ in found}
    if len(stores) == 1 and not program.bounds:
        [store] = stores
        places = np.array([place for _, place in found], np.intp).reshape(x.shape or (1,))
        y = part.made.stores.read(Ref(store, places, store == ROW_STORE), whole=True)
        return graph.reshape(y, x.shape)
    ones = [graph.reshape(y, (1,)) for y in part.outputs[wanted]]
    return graph.reshape(graph.concat(ones, 0), x.shape)
