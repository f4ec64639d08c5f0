"""Value and gradient of a compiled function, by the reverse programs of its recordings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import methodcaller
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.program.eager import call_as_it_is, gradient_of, runs_as_it_is
from autograd.program.function import FLOATS, Call
from autograd.program.lifting.groups import SHARED_STORE
from autograd.program.recording.arguments import Array
from autograd.program.recording.recordings import Part, has_nan, selects
from autograd.program.running.program import Program
from autograd.real import short
from autograd.structure import rebuild
from autograd.value import Value

if TYPE_CHECKING:
    from autograd.program.compiled import Compiled


def value_and_grad(
    compiled: Compiled, arguments: Mapping[str, Any], argnums: Any
) -> tuple[Any, Any]:
    """Return (value, gradient by the arguments at argnums, in their form)."""
    names = argument_names(compiled, compiled.name, argnums)
    if runs_as_it_is(arguments):
        from autograd import transforms

        both = transforms.value_and_grad(_AsItIs(compiled), argnums)
        return both(*arguments.values())  # type: ignore[no-any-return]
    call = compiled.call(arguments)
    for name in names:
        shared = call.shared.get(name)
        if shared is not None and shared.nested is None and shared.model is None:
            raise TypeError(
                f"{compiled.name}: {name}={short(shared.given)} has no numbers to differentiate by"
            )
        if shared is None and all(c.kind == "constant" for c in call.rows[name].columns):
            raise TypeError(f"{compiled.name}: the rows {name} have no numbers to differentiate by")
    if compiled.row_names and compiled.reduce is None:
        if any(name in call.shared and call.shared[name].model is not None for name in names):
            return _row_by_row(compiled, arguments, call, argnums)
        if any(name in call.shared for name in names):
            return _spread(compiled, arguments, call, names, argnums)
    found = total(compiled, call, names)
    value: Any = found.values if found.values is not None else float(found.value)
    forms = [found.in_form(name) for name in names]
    return value, forms[0] if isinstance(argnums, int) else tuple(forms)


class _AsItIs:
    """Be a compiled function, run as it is."""

    def __init__(self, compiled: Compiled) -> None:
        self.compiled, self.__name__ = compiled, compiled.name

    def __call__(self, *args: Any) -> Any:
        return call_as_it_is(self.compiled, dict(zip(self.compiled.order, args, strict=True)))


@dataclass
class Total:
    """Collect value and gradients of the parts of a call.

    `shared` has {leaf: gradient}, leaves being the Values of models or (name, position) of numbers;
    `rows` has {column: gradients}; `values` is there where nothing is reduced.
    """

    call: Call
    value: float
    values: Array | None
    shared: dict[Any, float] = field(default_factory=dict)
    rows: dict[str, Array] = field(default_factory=dict)

    def add(self, leaf: Any, gradient: float) -> None:
        """Add to a shared number's gradient."""
        self.shared[leaf] = self.shared.get(leaf, 0.0) + gradient

    def has_nan(self) -> bool:
        """Say whether there is a nan among value and gradients."""
        return (
            self.value != self.value
            or any(g != g for g in self.shared.values())
            or has_nan(self.rows)
        )

    def in_form(self, name: str) -> Any:
        """Return the gradient by an argument, in its form."""
        if name in self.call.rows:
            count, rows = self.call.count, self.rows
            return rebuild(
                self.call.rows[name].tree,
                lambda c: rows[c.place].reshape(count, *c.shape) if c.place in rows else None,
            )
        shared = self.call.shared[name]
        if shared.model is not None:
            return {path: self.shared.get(p, 0.0) for path, p in shared.model.named_parameters()}
        assert shared.nested is not None
        n = len(shared.nested.leaves)
        return shared.nested.fill([self.shared.get((name, k), 0.0) for k in range(n)])


def total(compiled: Compiled, call: Call, names: Sequence[str]) -> Total:
    """Return value and gradients, of all rows together or of each.

    Where a where() computes both of its branches, the one not chosen can bring 0 * inf = nan into
    the gradient; then Python branches there instead.
    """
    found, selected = _total(compiled, call, names, selecting=True)
    if selected and found.has_nan():
        other, _ = _total(compiled, call, names, selecting=False)
        if not other.has_nan():
            compiled.recordings.branching.add(call.key)
        return other
    return found


def _total(
    compiled: Compiled, call: Call, names: Sequence[str], selecting: bool
) -> tuple[Total, bool]:
    each_row = bool(compiled.row_names) and compiled.reduce is None
    parts = compiled.recordings.assigned(call, selecting=selecting, values=each_row)
    dtype = FLOATS[compiled.dtype]
    found = Total(call, 0.0, np.zeros(call.count, dtype) if each_row else None)
    found.rows = {
        c.place: np.zeros((call.count, c.size), dtype)
        for name in names if name in call.rows for c in call.rows[name].columns
        if c.kind != "constant"
    }  # fmt: skip
    seed = 1.0 / call.count if compiled.reduce == "mean" else 1.0
    for part in parts:
        if part.program is None:
            _add_as_it_is(compiled, part, names, seed, found)
        else:
            _check_one_number(compiled, part.program)
            _add(compiled, part, part.program, names, seed, found)
            if found.values is not None and part.outputs is not None:
                found.values[part.rows] = part.outputs[0]
    return found, selects(parts)


def _check_one_number(compiled: Compiled, program: Program) -> None:
    if program.output.form() != "number":
        raise TypeError(
            f"{compiled.name}: a gradient is of one number, and it returns "
            f"{program.output.form()}: add them up, or take its jacobian"
        )


def _add(
    compiled: Compiled,
    part: Part,
    program: Program,
    names: Sequence[str],
    seed: float,
    found: Total,
) -> None:
    """Add value and gradient of some rows, by the program that is for them."""
    call = found.call
    wanted: dict[str, list[int]] = {}
    places: list[int] = []  # of shared numbers, and whose they are
    leaves: list[Any] = []
    for name in names:
        if name in call.rows:
            for column in call.rows[name].columns:
                if column.place in program.lifted.columns:
                    store, size = program.lifted.columns[column.place]
                    wanted[store] = list(range(size))
        elif (model := call.shared[name].model) is not None:
            of_model = [p for _, p in model.named_parameters() if p in program.places]
            places += [program.places[p] for p in of_model]
            leaves += of_model
        else:
            slots = program.argument_slots(name)
            places += slots
            leaves += [(name, k) for k in range(len(slots))]
    if places:
        wanted[SHARED_STORE] = places
    machine = program.machine(wanted)
    stores = {store: place for place, (store, _) in program.lifted.columns.items()}
    by_rows = {
        store: np.zeros((len(part.rows), program.lifted.columns[stores[store]][1]), machine.dtype)
        for store in machine.columns_wanted
    }
    with machine.workspace() as space:
        program.fill(space, call.shared)
        found.value += machine.value_and_gradient(
            space, part.columns, len(part.rows), seed, by_rows
        )
        for leaf, place in zip(leaves, places, strict=True):
            found.add(leaf, float(space.gradient[place]))
    for store, gradient in by_rows.items():
        found.rows[stores[store]][part.rows] = gradient


def _add_as_it_is(
    compiled: Compiled, part: Part, names: Sequence[str], seed: float, found: Total
) -> None:
    """Add value and gradient of rows that no program is for, one by one."""
    call = found.call
    models = [call.shared[n].model for n in names if n in call.shared]
    live: list[Value] = list(dict.fromkeys(
        p for model in models if model is not None for _, p in model.named_parameters()
    ))  # fmt: skip
    for row in part.rows.tolist():
        outputs, by_name, by_live = gradient_of(compiled, call, row, names, live)
        found.value += outputs[0] * seed
        if found.values is not None:
            found.values[row] = outputs[0]
        for p, g in zip(live, by_live, strict=True):
            found.add(p, g * seed)
        for name, gradient in by_name.items():
            if name in call.shared:
                for k, g in enumerate(gradient):
                    found.add((name, k), g * seed)
                continue
            start = 0
            for c in call.rows[name].columns:
                if c.kind != "constant":
                    found.rows[c.place][row] = np.array(gradient[start : start + c.size]) * seed
                    start += c.size


def argument_names(compiled: Compiled, use: str, argnums: Any) -> list[str]:
    """Return the names of the arguments at argnums. Raises TypeError or IndexError, as `use`."""
    names = []
    for at in _tuple(argnums):
        if not isinstance(at, int):
            raise TypeError(
                f"{use}: argnums={argnums!r}; give the place of an argument, or several"
            )
        if not -len(compiled.order) <= at < len(compiled.order):
            raise IndexError(
                f"{use}: argnums={argnums!r}; {compiled.name} takes {len(compiled.order)} arguments"
            )
        names.append(compiled.order[at])
    return names


# gradients for each row by what all rows share ----------------------------------------------------


def _spread(
    compiled: Compiled, arguments: Mapping[str, Any], call: Call, names: Sequence[str], argnums: Any
) -> tuple[Any, Any]:
    """Give shared numbers to every row of its own, and differentiate by these."""
    from autograd.program.compiled import Compiled

    shared = [name for name in names if name in call.shared]
    rows = [name for name in compiled.order if name in compiled.row_names or name in shared]
    spread = compiled.derived(
        ("per row", *shared),
        lambda: Compiled(compiled.f, rows, None, compiled.dtype, compiled.threads, compiled.native),
    )
    repeated = {name: _repeated(arguments[name], call.count) for name in shared}
    value, gradient = value_and_grad(spread, {**arguments, **repeated}, argnums)
    return value, gradient


def _repeated(given: Any, count: int) -> Any:
    """Return a shared argument once for each row."""
    if isinstance(given, dict):
        return {key: _repeated(item, count) for key, item in given.items()}
    if isinstance(given, tuple):
        return tuple([_repeated(item, count) for item in given])
    numbers = np.asarray(given, dtype=float)
    whole = np.broadcast_to(numbers, (count, *numbers.shape))
    return whole if isinstance(given, np.ndarray) else whole.tolist()


def _row_by_row(
    compiled: Compiled, arguments: Mapping[str, Any], call: Call, argnums: Any
) -> tuple[Any, Any]:
    """Return the gradient of every row by a model's parameters, each an array over the rows."""
    from autograd.program.compiled import Compiled

    alone = compiled.derived(
        "row by row",
        lambda: Compiled(
            compiled.f, compiled.row_names, "sum", compiled.dtype, compiled.threads, compiled.native
        ),
    )
    found = []
    for row in range(call.count):
        one = {name: rebuild(argument.tree, methodcaller("alone", row))
               for name, argument in call.rows.items()}  # fmt: skip
        found.append(value_and_grad(alone, {**arguments, **one}, _tuple(argnums)))
    values = np.array([value for value, _ in found], FLOATS[compiled.dtype])
    forms = []
    for k, name in enumerate(argument_names(compiled, compiled.name, argnums)):
        mine = [gradients[k] for _, gradients in found]
        forms.append(_stacked(mine, np.concatenate if name in call.rows else np.array))
    return values, forms[0] if isinstance(argnums, int) else tuple(forms)


def _tuple(argnums: Any) -> tuple[int, ...]:
    return tuple(argnums) if isinstance(argnums, (tuple, list)) else (argnums,)


def _stacked(gradients: Sequence[Any], joined: Any) -> Any:
    """Return gradients of one row each as one of all rows."""
    first = gradients[0]
    if isinstance(first, dict):
        return {key: _stacked([g[key] for g in gradients], joined) for key in first}
    if isinstance(first, tuple):
        return tuple([_stacked(g, joined) for g in zip(*gradients, strict=True)])
    return None if first is None else joined(gradients)
