"""A compiled function whose parameters live in one flat array while a model is trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.program.eager import gradient_of
from autograd.program.function import Call
from autograd.program.lifting.groups import SHARED_STORE
from autograd.program.recording.arguments import Array, Column, SharedArgument
from autograd.program.recording.draws import Draws
from autograd.program.recording.record import DRAWS
from autograd.program.recording.recordings import Flat, Part, selects
from autograd.program.running.machine import Machine
from autograd.program.running.program import Program
from autograd.program.running.step import Step
from autograd.program.running.workspace import Workspace
from autograd.real import short
from autograd.value import Value, nodes

if TYPE_CHECKING:
    from autograd.program.compiled import Compiled


class Bound:
    """Hold a model's numbers in `parameters`, and give value and gradient there.

    The order is that of the models' `parameters()`. Write to `parameters` in place; `sync()` writes
    them back to the Values. A function that returns several numbers is differentiated by its first;
    the others are then in `outputs`, as (rows, numbers). One Bound is for one thread.
    """

    def __init__(self, compiled: Compiled, models: Sequence[Any]) -> None:
        self.compiled = compiled
        shared = compiled.shared_names
        if shared and len(shared) != len(models):
            raise TypeError(
                f"{compiled.name}.bind() takes {len(shared)} shared arguments, {', '.join(shared)}"
                f"; {len(models)} were given"
            )
        found = [_parameters(model, strict=not shared) for model in models]
        self.values = list(dict.fromkeys(v for values in found for v in values))
        if not self.values:
            raise ValueError(f"{compiled.name}.bind(): give the model whose parameters are trained")
        if compiled.row_names and compiled.reduce is None:
            raise TypeError(
                f"{compiled.name}: a bound function gives one number: compile it with reduce="
            )
        self.fixed = dict(zip(shared, models, strict=True)) if shared else {}
        self._as_given = [name for name, values in zip(shared, found, strict=False) if values]
        dtype = np.dtype(compiled.dtype)
        self.parameters: Array = np.array([float(v.data) for v in self.values], dtype)
        self.gradient: Array = np.zeros_like(self.parameters)
        self.outputs: Array = np.zeros((0, 0), dtype)
        self._flat = Flat(self.values, self.parameters)
        modules = [
            module for model in models if hasattr(model, "named_modules")
            for _, module in model.named_modules()
        ]  # fmt: skip
        # modules that count how often a mode was set are not asked one by one: there are many
        self._counting = [module for module in modules if hasattr(module, "modes_set")][:1]
        self._modules = [module for module in modules if not hasattr(module, "modes_set")]
        self._spaces: dict[int, tuple[Program, Machine, Workspace]] = {}
        self._last: tuple[Program, Call, Any] | None = None  # a program that was for all rows
        self._step: Step | None = None  # the same, if nothing is to be looked at before and after

    def sync(self) -> None:
        """Write the numbers back to the Values."""
        for v, x in zip(self.values, self.parameters.tolist(), strict=True):
            v.data = x

    def value_and_grad(self, *rows: Any) -> tuple[float, Array]:
        """Return (value, gradient): a float and a flat array, overwritten by the next call.

        `rows` are the row arguments in order.
        """
        if self._step is not None and (value := self._step(rows)) is not None:
            return value, self.gradient
        compiled = self.compiled
        draws = Draws(len(rows[0]) if rows and hasattr(rows[0], "__len__") else 1)
        if self._last is not None:
            found = self._once_more(*self._last, rows, draws)
            if found is not None:
                return found, self.gradient
        self._last = self._step = None
        if len(rows) != len(compiled.row_names):
            raise TypeError(
                f"{compiled.name}: value_and_grad takes the rows "
                f"({', '.join(compiled.row_names)}); {len(rows)} arguments were given"
            )
        arguments = {**self.fixed, **dict(zip(compiled.row_names, rows, strict=True))}
        call = compiled.call(arguments, self._as_given)
        if draws.count == call.count:  # what a program that was not for all rows has drawn
            call.draws = draws
        value, parts = self._run(call, selecting=True)
        if selects(parts) and np.isnan(self.gradient).any():
            value, _ = self._run(call, selecting=False)  # see `gradient.total`
            if not np.isnan(self.gradient).any():
                compiled.recordings.branching.add(call.key)
            return value, self.gradient
        program = parts[0].program
        if len(parts) == 1 and program is not None and program.audited and not program.fixed:
            self._last = program, call, self._seen()
            if Step.fits(program, self._space(program)[0], call.columns):
                self._step = Step(self, program, call.columns)
        return value, self.gradient

    # the program that was for all rows of the last call -----------------------------------------

    def _once_more(
        self, program: Program, call: Call, seen: Any, rows: Sequence[Any], draws: Draws
    ) -> float | None:
        """Run the program of the last call, None if it may not be for all of these rows."""
        columns = _like(call.columns, rows)
        if columns is None or seen != self._seen() or not program.within_bounds(columns):
            return None
        count = len(rows[0]) if rows else 1
        stores = program.columns_for(columns)
        if program.draws:
            generated = draws.of(program.draws, np.arange(count))
            stores[program.lifted.columns[DRAWS][0]] = generated
        value, outputs, holds = self._differentiate(program, call.shared, stores, count, count)
        if not holds or (program.selects and np.isnan(self.gradient).any()):
            return None
        self.outputs = outputs
        return value

    def _seen(self) -> Any:
        """Return what can be seen at a glance of all that a recording depends on."""
        modes = [m.modes_set for m in self._counting] + [m.training for m in self._modules]
        return modes, self.compiled.surroundings.glance()

    # any rows -----------------------------------------------------------------------------------

    def _run(self, call: Call, selecting: bool) -> tuple[float, list[Part]]:
        """Set gradient and outputs; return the value, and the programs that the rows are for."""
        compiled, count = self.compiled, call.count
        parts = compiled.recordings.assigned(call, self._flat, selecting, values=False)
        parts.sort(key=lambda part: int(part.rows[0]))  # whichever was recorded first
        if len(parts) == 1 and parts[0].program is not None:
            self._check(parts[0].program)
            value, self.outputs, _ = self._differentiate(
                parts[0].program, call.shared, parts[0].columns, count, count
            )
            return value, parts
        total, gradient = 0.0, np.zeros_like(self.parameters)
        outputs: list[tuple[Array, Array]] = []
        for part in parts:
            if part.program is None:
                value, others = self._as_it_is(part.rows, call)
            else:
                self._check(part.program)
                value, others, _ = self._differentiate(
                    part.program, call.shared, part.columns, len(part.rows), count
                )
            total += value
            gradient += self.gradient
            outputs.append((part.rows, others))
        if len({others.shape[1] for _, others in outputs}) > 1:
            raise ValueError(f"{compiled.name}: rows give unequal numbers of outputs")
        self.gradient = gradient
        self.outputs = np.empty((count, outputs[0][1].shape[1]), self.parameters.dtype)
        for rows, others in outputs:
            self.outputs[rows] = others
        return total, parts

    def _check(self, program: Program) -> None:
        """Raise TypeError if a derivative would be lost."""
        if program.checked:
            return
        made = [v for _, v in program.others if v.rule is not None]
        if made and not set(self.values).isdisjoint(nodes(*made)):
            raise TypeError(
                f"{self.compiled.name} uses a Value that was computed from the parameters before it"
                " was called: the gradient would stop there. Compute it inside the function"
            )
        program.checked = True

    def _differentiate(
        self, program: Program, shared: Mapping[str, SharedArgument], columns: Mapping[str, Array],
        count: int, total: int,
    ) -> tuple[float, Array, bool]:  # fmt: skip
        """Return value, other outputs, and whether it was for all of the rows; set the gradient."""
        machine, space = self._space(program)
        program.fill(space, shared, self.parameters)
        guarded, more = bool(machine.lifted.guards), len(machine.lifted.outputs) - 1
        outputs = np.empty((count, more), self.parameters.dtype)
        failed: list[int] = []

        def look(stores: Mapping[str, Array], start: int, stop: int) -> None:
            for k, x in enumerate(machine.outputs(space, stores)[1:]):
                outputs[start:stop, k] = x
            if guarded and not machine.holds(space, stores, stop - start).all():
                failed.append(start)

        seed = 1.0 / total if self.compiled.reduce == "mean" else 1.0
        value = machine.value_and_gradient(
            space, columns, count, seed, look=look if guarded or more else None
        )
        self.gradient = space.gradient[: len(self.parameters)]
        return value, outputs, not failed

    def _space(self, program: Program) -> tuple[Machine, Workspace]:
        if id(program) not in self._spaces:
            machine = program.machine({SHARED_STORE: range(len(self.values))})
            self._spaces[id(program)] = program, machine, Workspace(machine)
        return self._spaces[id(program)][1:]

    def _as_it_is(self, rows: Array, call: Call) -> tuple[float, Array]:
        """Differentiate rows that no program is for, one by one."""
        seed = 1.0 / call.count if self.compiled.reduce == "mean" else 1.0
        value, others = 0.0, []
        self.gradient = np.zeros_like(self.parameters)
        with self._flat.written():
            for row in rows.tolist():
                outputs, _, gradient = gradient_of(self.compiled, call, row, (), self.values)
                value += outputs[0] * seed
                self.gradient += np.array(gradient) * seed
                others.append(outputs[1:])
        return value, np.array(others).reshape(len(rows), -1)


def _like(known: Mapping[str, Column], rows: Sequence[Any]) -> dict[str, Column] | None:
    """Return arrays as columns, if they have the form that came last."""
    if len(known) != len(rows):
        return None
    columns = {}
    for x, column in zip(rows, known.values(), strict=True):
        same = type(x) is np.ndarray and x.dtype == column.array.dtype
        if not same or x.shape[1:] != column.shape or not 0 < len(x) == len(rows[0]):
            return None
        columns[column.place] = Column(column.place, x, column.kind, column.as_lists)
    return columns


def _parameters(model: Any, strict: bool) -> list[Value]:
    """Return the Values to be trained of a model, or of what stands in lists, tuples and dicts."""
    if hasattr(model, "parameters"):
        return list(model.parameters())
    if type(model) is Value:
        return [model]
    if isinstance(model, (list, tuple, dict)):
        parts = model.values() if isinstance(model, dict) else model
        return [v for part in parts for v in _parameters(part, strict)]
    if strict:
        raise TypeError(f"bind({short(model)}): it is no model and no Value")
    return []
