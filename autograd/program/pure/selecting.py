"""Pure functions that run: each row selects what the program says that is for it.

All programs run on all rows; one is shown a row that it is for in place of those it is not for, so
that nothing it computes there, infinite perhaps, reaches a gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any

from autograd.program.pure.function import Arrays, PureFunction


class Selecting(PureFunction):
    """Compute value, gradient and outputs in the namespace `xp`, NumPy's or JAX's."""

    @property
    def xp(self) -> Any:
        """Return the module whose arrays are computed with."""
        raise NotImplementedError

    def leads(self, columns: Mapping[str, Any]) -> tuple[int, ...]:
        """Return the axes of results before the numbers: (rows,)."""
        return (len(next(iter(columns.values()))) if columns else 1,)

    def value_and_grad(
        self, parameters: Mapping[str, Any], rows: Any = (), weights: Any = None, draws: Any = None
    ) -> tuple[Any, Arrays, Any]:
        """Return (value, {name: gradient}, outputs) by chalkgrad's own reverse program.

        The value is the sum over rows of weights times the first output; without weights, what
        `reduce` says. `outputs` are all numbers of all rows, (rows, numbers). Rows that no program
        is for make the value nan. Raises TypeError or ValueError for other forms and shapes.
        """
        columns = self.columns(rows)
        leads = self.leads(columns)
        if weights is None:
            share = 1 / leads[-1] if self.compiled.reduce == "mean" else 1.0
            weights = self.xp.full(leads[-1], share, self.dtype)
        weights = self.xp.asarray(weights)
        if weights.shape not in ((), leads[-1:], leads):
            raise ValueError(
                f"{self.compiled.name}: weights have the shape {weights.shape}; one for each row "
                f"is {leads[-1:]}"
            )
        weights = self.xp.broadcast_to(weights, leads)
        outputs, value, gradient = self._computed(parameters, columns, draws, weights)
        return value, gradient, self.xp.stack(outputs, axis=-1)

    def outputs(
        self, p: Mapping[str, Any], columns: Mapping[str, Any], draws: Any = None
    ) -> list[Any]:
        """Return each output for every row, nan for rows that no program is for."""
        return self._computed(p, columns, draws)[0]

    def given_parameters(self, parameters: Mapping[str, Any]) -> Arrays:
        """Return the numbers that rows share, those that are not given as they are now."""
        return {**self.fixed, **parameters}

    def one_of(self, run: Callable[[Sequence[int]], Any], holds: Callable[[int], Any]) -> Any:
        """Return what programs give together; holds(k) says for which rows the k-th is."""
        return run(range(len(self.parts)))

    def _computed(
        self, p: Mapping[str, Any], columns: Mapping[str, Any], draws: Any, weights: Any = None
    ) -> tuple[list[Any], Any, Arrays]:
        """Return the outputs and, with weights, the value and its gradient."""
        xp, leads, p = self.xp, self.leads(columns), self.given_parameters(p)
        given = [self.given(part, columns, draws) for part in self.parts]

        def holds(k: int) -> Any:
            return self.functions[k][0](leads[-1], p, *given[k])[1]

        def run(ways: Sequence[int]) -> tuple[list[Any], Any, Arrays]:
            whole: list[Any] = []
            value: Any = 0.0
            total: Arrays = {}
            known = []
            for k in ways:
                held = None
                if len(ways) > 1 or self.programs[k].fixed:
                    held = self._held(k, holds(k), columns, leads)
                shown = given[k] if len(ways) == 1 else self._shown(k, given[k], held)
                forward, reverse = self.functions[k]
                if weights is None:
                    outputs, way = forward(leads[-1], p, *shown)
                else:
                    mine = weights if held is None else xp.where(held, weights, 0)
                    outputs, way, gradient = reverse(leads[-1], p, *shown, mine)
                    value = value + (mine * outputs[0]).sum(-1)
                    total = {x: total[x] + g for x, g in gradient.items()} if total else gradient
                whole = self._chosen(held, [xp.broadcast_to(y, leads) for y in outputs], whole)
                known.append(way if held is None else held)
            if not self.complete and (found := self._known(known)) is not None:
                found = xp.broadcast_to(found, leads)
                whole = [xp.where(found, y, xp.nan) for y in whole]
                value = xp.where(found.all(-1), value, xp.nan)
            return whole, value, total

        return self.one_of(run, holds)  # type: ignore[no-any-return]

    def _held(
        self, k: int, held: Any, columns: Mapping[str, Any], leads: tuple[int, ...]
    ) -> Any:  # fmt: skip
        """Return which rows a program is for, of those where Python branches as it does."""
        held = self.xp.ones(leads, bool) if held is None else self.xp.broadcast_to(held, leads)
        for place, at, plain in self.programs[k].fixed:
            found = columns[place]
            if at is not None:
                found = found.reshape(*leads, -1)[..., at]
            held = held & (found == plain)
        return held

    def _shown(self, k: int, given: list[Any], held: Any) -> list[Any]:
        """Return the rows that a program is run on: in place of others, the first that it is for.

        If there is none, the one that was recorded.
        """
        xp, program, shown = self.xp, self.programs[k], []
        first = xp.arange(held.shape[-1]) == held.argmax(-1)[..., None]
        for place, x in zip(self.parts[k].columns, given, strict=True):
            x = xp.asarray(x)
            ones = [1] * (x.ndim - held.ndim)
            own = xp.asarray(program.example[place], x.dtype).reshape(x.shape[held.ndim :])
            found = xp.where((first & held).reshape(*held.shape, *ones), x, 0)
            found = found.sum(held.ndim - 1, keepdims=True)
            some = held.any(-1).reshape(*held.shape[:-1], 1, *ones)
            shown.append(xp.where(held.reshape(*held.shape, *ones), x, xp.where(some, found, own)))
        return shown

    def _chosen(self, held: Any, outputs: list[Any], others: list[Any]) -> list[Any]:
        """Return for each row what the program gives that is for it."""
        if held is None or not others:
            return outputs
        where = self.xp.where
        return [where(held, y, other) for y, other in zip(outputs, others, strict=True)]

    @staticmethod
    def _known(ways: list[Any]) -> Any:
        """Return for which rows there is a program, None for all."""
        if any(way is None for way in ways):
            return None
        return reduce(lambda a, b: a | b, ways)
