"""A compiled function on NumPy for many sets of parameters at once: models that train together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from autograd.program.pure.function import Arrays, Numbers, PureFunction
from autograd.program.pure.namespace import Namespace, of_numpy
from autograd.program.pure.program import PureProgram
from autograd.program.pure.selecting import Selecting
from autograd.program.running.program import Program
from autograd.value import Value

NumbersOf = Callable[[Sequence[Value]], Numbers]  # (models, values), of Values of the first model


class ManyFunction(Selecting):
    """Compute for each of many models what a compiled function does, by one text.

    `numbers_of` says which numbers every model has in the place of the Values of the recording.
    Parameters are arrays (models, ...), rows (rows, ...), or (models, rows, ...) with `own_rows`;
    results have an axis of models in front.
    """

    def __init__(
        self, compiled: Any, programs: Sequence[Program], numbers_of: NumbersOf,
        own_rows: bool = False,
    ) -> None:  # fmt: skip
        self.numbers_of, self.given_apart = numbers_of, own_rows
        # those that a program is not for may be other ones for each model
        self.own_rows = own_rows or len(programs) > 1 or any(each.fixed for each in programs)
        super().__init__(compiled, programs, complete=False)
        self.count = len(self.numbers_of(self.values))

    def namespace(self) -> Namespace:
        return of_numpy(self.dtype)

    def part(self, program: Program, places: Numbers, **options: Any) -> PureProgram:
        many = [x.name for x in self.trained] + [
            x.name for x in self.leaves if x.name in self.fixed and self._differs(x.name, x.places)
        ]
        return super().part(program, places, many=many, many_rows=self.own_rows, **options)

    @property
    def parameters(self) -> Arrays:
        """Return the numbers that are differentiated by, (models, ...), as they are now."""
        return self.pack(self.numbers_of(self.values)[:, : self.first])

    @cached_property
    def fixed(self) -> Arrays:
        """Return the other numbers: (models, ...) if models differ in them, else once."""
        return fixed_numbers(self, self.numbers_of)

    def _differs(self, name: str, places: Numbers) -> bool:
        return bool(self.fixed[name].ndim > places.ndim)

    @property
    def xp(self) -> Any:
        return np

    def leads(self, columns: Mapping[str, Any]) -> tuple[int, ...]:
        """Return the axes of results before the numbers: (models, rows)."""
        return self.count, next(iter(columns.values())).shape[int(self.own_rows)]

    def columns(self, rows: Any) -> dict[str, Any]:
        """Return the arrays of the row arguments by place, for each model if they are needed so."""
        found = super().columns(rows)
        if self.own_rows == self.given_apart:
            return found
        return {k: np.broadcast_to(x, (self.count, *np.shape(x))) for k, x in found.items()}

    def one_of(self, run: Callable[[Sequence[int]], Any], holds: Callable[[int], Any]) -> Any:
        """Return it; inf and nan come without warnings, as floats have them."""
        with np.errstate(all="ignore"):
            return super().one_of(run, holds)

    def __call__(self, parameters: Mapping[str, Any], rows: Any = (), draws: Any = None) -> Numbers:
        """Return all numbers that the function returns, (models, rows, numbers)."""
        return np.stack(self.outputs(parameters, self.columns(rows), draws), axis=-1)


def fixed_numbers(function: PureFunction, numbers_of: NumbersOf) -> Arrays:
    """Return numbers that are not trained: (models, ...) if models differ in them, else once."""
    numbers = numbers_of(function.values)
    found = {}
    for leaf in function.leaves:
        if leaf not in function.trained:
            each = numbers[:, leaf.places]
            same = np.array_equal(each, np.broadcast_to(each[:1], each.shape), equal_nan=True)
            found[leaf.name] = function.array(each[0] if same else each)
    return found
