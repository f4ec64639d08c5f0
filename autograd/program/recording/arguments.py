"""The arguments of a compiled function: rows, shared numbers, models, and what is a constant.

An argument named in `rows` has a row axis first: an array, a list with an item a row, or a tuple
or dict of such. Of the others, numbers and arrays may change from call to call; a model is asked
for its parameters; anything else is a constant of the recording and has one of its own.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from autograd.program.recording.surroundings import described
from autograd.real import short
from autograd.structure import Nested, rebuild
from autograd.value import Value

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Column:
    """Hold one array of a row argument: (rows, ...) floats, integers, or things that are neither.

    `as_lists` says that a row of it is given to the function as a number or nested lists.
    """

    place: str
    array: Array
    kind: str  # "float", "integer" or "constant"
    as_lists: bool

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the shape of one row."""
        shape: tuple[int, ...] = self.array.shape[1:]
        return shape

    @property
    def size(self) -> int:
        """Return the numbers of one row."""
        return int(np.prod(self.shape, dtype=int))

    def key(self) -> Hashable:
        """Return what a recording depends on."""
        return self.kind, self.shape, self.as_lists

    def matrix(self, dtype: Any) -> Array:
        """Return it as (rows, numbers), without a copy where the type is right."""
        return np.asarray(self.array, dtype).reshape(len(self.array), self.size)

    def take(self, index: Any) -> Column:
        """Return the rows at an index or slice."""
        return Column(self.place, self.array[index], self.kind, self.as_lists)

    def alone(self, row: int) -> Any:
        """Return one row as an argument of its own."""
        one = self.array[row : row + 1]
        return one.tolist() if self.as_lists else one


@dataclass(frozen=True)
class RowArgument:
    """Hold an argument with a row axis: its columns, in the tuples and dicts they came in."""

    name: str
    tree: Any
    columns: list[Column]

    @classmethod
    def of(cls, name: str, given: Any) -> RowArgument:
        """Take an argument apart. Raises TypeError or ValueError, naming what is wrong."""
        columns: list[Column] = []

        def column(part: Any, place: str) -> Column:
            found = _column(part, place)
            columns.append(found)
            return found

        return cls(name, _walk(given, name, column), columns)

    def key(self) -> Hashable:
        """Return what a recording depends on: equal keys may share one."""
        return repr(rebuild(self.tree, Column.key))


def _walk(given: Any, place: str, make: Any) -> Any:
    if isinstance(given, dict):
        return {key: _walk(item, f"{place}[{key!r}]", make) for key, item in given.items()}
    if isinstance(given, tuple):
        return tuple([_walk(item, f"{place}[{i}]", make) for i, item in enumerate(given)])
    return make(given, place)


def _column(given: Any, place: str) -> Column:
    as_lists = not isinstance(given, np.ndarray)
    if isinstance(given, (str, bytes)) or given is None or not hasattr(given, "__len__"):
        raise TypeError(
            f"{place}: {short(given)} has no row axis. A row argument is an array of shape "
            "(rows, ...), or a list with one item for each row"
        )
    try:
        array = np.asarray(given)
    except ValueError:
        raise ValueError(_ragged(given, place)) from None
    if array.dtype.kind == "f":
        return Column(place, array, "float", as_lists or array.ndim == 1)
    if array.dtype.kind in "iu":
        return Column(place, array, "integer", as_lists or array.ndim == 1)
    if array.dtype.kind == "O":
        items = array.ravel().tolist()
        if any(isinstance(x, Value) for x in items):
            raise TypeError(
                f"{place}: rows are plain numbers, and these are Values; "
                "give Values as shared arguments, or call the function uncompiled"
            )
        if any(isinstance(x, (list, tuple, np.ndarray)) for x in items):
            raise ValueError(_ragged(given, place))
        if all(isinstance(x, (Real, np.number)) and not isinstance(x, bool) for x in items):
            return Column(place, array.astype(float), "float", True)
    parts = given if isinstance(given, (list, tuple)) else array.tolist()
    if array.ndim > 1 or array.dtype.kind not in "bU" or _mixed(parts):
        other = next((x for x in array.ravel().tolist() if not isinstance(x, Real)), array.dtype)
        raise TypeError(
            f"{place}: {short(other)} is no row of a program. Rows are numbers, or arrays and "
            "lists of numbers, in one form; or one bool or one string each"
        )
    return Column(place, array, "constant", True)


def _mixed(items: Sequence[Any]) -> bool:
    """Say whether there is anything but bools or anything but strings, which NumPy may hide."""
    kinds = {str if isinstance(x, str) else bool if isinstance(x, (bool, np.bool_)) else object
             for x in items}  # fmt: skip
    return len(kinds) > 1 or object in kinds


def _ragged(given: Any, place: str) -> str:
    lengths = [len(row) if hasattr(row, "__len__") else None for row in given]
    other = next((i for i, n in enumerate(lengths) if n != lengths[0]), None)
    if other is None:
        return f"{place}: the rows do not have one shape inside: make them of equal lengths"
    a, b = ("one number" if n is None else f"length {n}" for n in (lengths[0], lengths[other]))
    return (
        f"{place}: ragged rows: row 0 has {a}, row {other} has {b}. All rows have one shape; "
        "pad the short ones, or compile a function of one sequence length at a time"
    )


@dataclass(frozen=True)
class SharedArgument:
    """Hold an argument without row axis: numbers that are inputs, a model, or a constant."""

    name: str
    given: Any
    nested: Nested | None
    model: Any = None

    @classmethod
    def of(cls, name: str, given: Any, as_given: bool = False) -> SharedArgument:
        """Take an argument apart; `as_given` says that Values in it are to be used themselves."""
        if hasattr(given, "named_parameters"):
            return cls(name, given, None, given)
        constant = isinstance(given, (bool, str, bytes)) or given is None or callable(given)
        if not as_given and not constant:
            try:
                return cls(name, given, Nested.of(given, name))
            except TypeError:
                pass
        return cls(name, given, None)

    def key(self) -> Hashable:
        """Return what a recording depends on."""
        if self.nested is not None:
            return "numbers", self.nested.form()
        return "as it is", described(self.given)
