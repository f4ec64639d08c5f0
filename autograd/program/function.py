"""A Python function of scalars, what `compile` was told about it, and its calls taken apart."""

from __future__ import annotations

import inspect
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.numbers import Function
from autograd.program.recording.arguments import Array, Column, RowArgument, SharedArgument
from autograd.program.recording.draws import Draws
from autograd.program.recording.surroundings import Surroundings
from autograd.program.running.native import checked
from autograd.real import short
from autograd.structure import Nested

FLOATS = {"float64": np.float64, "float32": np.float32}


@dataclass
class Call:
    """Hold the arguments of one call, taken apart; equal keys may share a recording."""

    rows: dict[str, RowArgument]
    shared: dict[str, SharedArgument]
    columns: dict[str, Column]
    count: int
    form: Hashable
    surroundings: Hashable
    draws: Draws

    @property
    def key(self) -> Hashable:
        """Return what a recording depends on."""
        return self.form, self.surroundings


class ScalarFunction:
    """Hold a function, which of its arguments have a row axis, and what its results are."""

    def __init__(
        self, f: Function, rows: Sequence[str], reduce: str | None, dtype: str, threads: int | None,
        native: bool | None = None,
    ) -> None:  # fmt: skip
        if not callable(f):
            raise TypeError(f"compile({short(f)}): it must be a function")
        self.f, self.reduce, self.threads = f, reduce, threads
        self.name = getattr(f, "__name__", type(f).__name__)
        self.signature = _signature(f, self.name)
        self.order = list(self.signature.parameters)
        self.row_names = _row_names(self.name, rows, self.signature)
        self.surroundings = Surroundings(f)
        if reduce not in (None, "sum", "mean"):
            raise ValueError(f"compile: reduce={reduce!r}; allowed are None, 'sum' and 'mean'")
        if reduce and not self.row_names:
            raise ValueError(f"compile: reduce={reduce!r} of no rows: name them, as rows=['x']")
        self.dtype = next((name for name, kind in FLOATS.items() if dtype in (name, kind)), "")
        if not self.dtype:
            raise ValueError(f"compile: dtype={dtype!r}; allowed are 'float64' and 'float32'")
        if threads is not None and (type(threads) is not int or threads < 1):
            raise ValueError(f"compile: threads={threads!r}; allowed are None, 1, 2, ...")
        self.native = checked(native)

    @property
    def shared_names(self) -> list[str]:
        """Return the arguments that have no row axis."""
        return [name for name in self.order if name not in self.row_names]

    def bound_arguments(self, args: Sequence[Any], kw: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments by name. Raises TypeError if they do not fit the function."""
        try:
            bound = self.signature.bind(*args, **kw)
        except TypeError as error:
            raise TypeError(f"{self.name}{self.signature}: {error}") from None
        bound.apply_defaults()
        return dict(bound.arguments)

    def call(self, arguments: Mapping[str, Any], as_given: Sequence[str] = ()) -> Call:
        """Take arguments apart; those named in `as_given` are not made into inputs."""
        rows = {name: RowArgument.of(name, arguments[name]) for name in self.row_names}
        shared = {
            name: SharedArgument.of(name, arguments[name], name in as_given)
            for name in self.shared_names
        }  # fmt: skip
        columns = {c.place: c for argument in rows.values() for c in argument.columns}
        count = _row_count(self.name, columns)
        form = (
            *[argument.key() for argument in rows.values()],
            *[argument.key() for argument in shared.values()],
        )
        return Call(rows, shared, columns, count, form, self.surroundings.key(), Draws(count))

    def in_form(self, output: Nested, leaves: Sequence[Any], count: int) -> Any:
        """Return numbers, one or an array over rows each, in the form of the function's output."""
        if not self.row_names or self.reduce:
            return output.fill(leaves)
        parts, rest = [], iter(leaves)
        for block in output.blocks:
            found = [next(rest) for _ in block.leaves]
            parts.append(
                found[0] if block.shape is None
                else np.stack(found, axis=1).reshape(count, *block.shape)
                if found else np.empty((count, *block.shape))
            )  # fmt: skip
        return output.replace(parts)

    def reduced(self, x: Array) -> Any:
        """Return the sum or mean of an array over rows."""
        total = np.add.reduce(x)
        return total / len(x) if self.reduce == "mean" else total


def _signature(f: Function, name: str) -> inspect.Signature:
    try:
        signature = inspect.signature(f)
    except ValueError:
        raise TypeError(
            f"compile({name}): it does not say what its arguments are; "
            f"write a function around it, as lambda x: {name}(x)"
        ) from None
    for parameter in signature.parameters.values():
        if parameter.kind not in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
            raise TypeError(
                f"compile: {name} takes {parameter}; write its arguments out, each with a name "
                "and none by keyword alone"
            )
    return signature


def _row_names(name: str, rows: Sequence[str], signature: inspect.Signature) -> list[str]:
    rows = [rows] if isinstance(rows, str) else list(rows)
    unknown = [row for row in rows if row not in signature.parameters]
    if unknown:
        raise ValueError(
            f"compile: rows={rows!r}: {name}{signature} has no argument {unknown[0]!r}"
        )
    return [row for row in signature.parameters if row in rows]


def _row_count(name: str, columns: Mapping[str, Column]) -> int:
    counts = {place: len(c.array) for place, c in columns.items()}
    if not counts:
        return 1
    if len(set(counts.values())) > 1:
        raise ValueError(unequal(name, counts))
    count = next(iter(counts.values()))
    if count == 0:
        raise ValueError(f"{name}: {next(iter(counts))} has no rows; give at least one")
    return count


def unequal(name: str, counts: Mapping[str, int]) -> str:
    """Return what is wrong with row arguments of different lengths."""
    each = ", ".join(f"{place} has {n}" for place, n in counts.items())
    return f"{name}: the row arguments must have as many rows: {each}"
