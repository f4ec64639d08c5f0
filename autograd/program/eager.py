"""Rows that are run as they are, one by one, and calls with Values among the arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from autograd.passes import gradients
from autograd.program.function import Call, ScalarFunction, unequal
from autograd.program.recording.arguments import Array, Column
from autograd.program.recording.draws import Replay
from autograd.structure import Nested, array, rebuild
from autograd.value import Value, detached, no_grad, trace_here, tracing


def has_values(x: Any) -> bool:
    """Say whether there is a bare Value among the numbers of an argument."""
    if type(x) is Value:
        return True
    if isinstance(x, dict):
        return any(map(has_values, x.values()))
    if isinstance(x, (list, tuple)):
        return any(map(has_values, x))
    return isinstance(x, np.ndarray) and x.dtype == object and any(map(has_values, x.flat))


def runs_as_it_is(arguments: Mapping[str, Any]) -> bool:
    """Say whether a call is part of someone's graph: it has Values, or is being recorded itself."""
    return trace_here() is not None or any(map(has_values, arguments.values()))


def output_of(function: ScalarFunction, returned: Any) -> Nested:
    """Take apart what a function returned. Raises TypeError for anything but numbers."""
    if returned is None:
        raise TypeError(f"{function.name}(...) returned None: does it lack a return?")
    return Nested.of(returned, f"what {function.name}(...) returned")


def same_form(name: str, outputs: Sequence[Nested]) -> None:
    """Raise ValueError if rows give results that do not fit together."""
    forms = sorted({output.form() for output in outputs})
    if len(forms) > 1:
        raise ValueError(
            f"{name}: rows give results of different forms, {' and '.join(forms[:2])}; "
            "all rows must give as many numbers, in one form"
        )


def on_values(
    function: ScalarFunction, call: Call, row: int
) -> tuple[Nested, dict[str, list[Value]]]:
    """Run the function on one row, on Values as in a recording; return its output and the Values.

    Integers, bools and strings of a row are plain.
    """
    variables: dict[str, list[Value]] = {}

    def of_row(xs: list[Value], column: Column) -> Any:
        numbers = column.array[row]
        if column.kind != "float":
            return numbers.tolist() if column.as_lists else numbers
        found = [Value(x) for x in np.ravel(numbers).tolist()]
        xs += found
        if not column.shape:
            return found[0]
        whole = array(found, column.shape)
        return whole.tolist() if column.as_lists else whole

    arguments = []
    for name in function.order:
        xs = variables[name] = []
        if name in call.rows:
            arguments.append(rebuild(call.rows[name].tree, partial(of_row, xs)))
        elif (nested := call.shared[name].nested) is not None:
            xs += [Value(detached(x)) for x in nested.leaves]
            arguments.append(nested.fill(xs))
        else:
            arguments.append(call.shared[name].given)
    with tracing(Replay(call.draws, row)):
        return output_of(function, function.f(*arguments)), variables


def numbers_of(function: ScalarFunction, call: Call, rows: Array) -> tuple[Nested, list[Array]]:
    """Run rows one by one; return the form, and each number of the output as an array over them."""
    with no_grad():
        outputs = [on_values(function, call, row)[0] for row in rows.tolist()]
    same_form(function.name, outputs)
    columns = zip(*[output.leaves for output in outputs], strict=True)
    return outputs[0], [np.array([float(detached(x)) for x in column]) for column in columns]


def gradient_of(
    function: ScalarFunction, call: Call, row: int, names: Sequence[str], live: Sequence[Value]
) -> tuple[list[float], dict[str, list[float]], list[float]]:
    """Run one row; return its outputs, and the gradient of the first.

    That is {name: gradient} by the numbers of arguments, and a list by the `live` Values.
    """
    output, variables = on_values(function, call, row)
    xs = [x for name in names for x in variables[name]] + list(live)
    y = output.leaves[0]
    found = iter([float(g) for g in gradients(y, xs)] if type(y) is Value else [0.0] * len(xs))
    by_name = {name: [next(found) for _ in variables[name]] for name in names}
    return [float(detached(x)) for x in output.leaves], by_name, list(found)


def call_as_it_is(function: ScalarFunction, arguments: Mapping[str, Any]) -> Any:
    """Run f on arguments that hold Values: what comes out can be differentiated."""
    if not function.row_names:
        return function.f(*arguments.values())
    lengths: dict[str, int] = {}
    for name in function.row_names:
        _lengths(arguments[name], name, lengths)
    if len(set(lengths.values())) > 1:
        raise ValueError(unequal(function.name, lengths))
    count = next(iter(lengths.values()))
    outputs = [
        output_of(function, function.f(*[
            _row(x, i) if name in function.row_names else x for name, x in arguments.items()
        ]))
        for i in range(count)
    ]  # fmt: skip
    same_form(function.name, outputs)
    columns = list(zip(*[output.leaves for output in outputs], strict=True))
    if function.reduce is None:
        return function.in_form(outputs[0], [array(x, (count,)) for x in columns], count)
    totals = [sum(x[1:], x[0]) for x in columns]
    return outputs[0].fill([t / count for t in totals] if function.reduce == "mean" else totals)


def _lengths(x: Any, place: str, lengths: dict[str, int]) -> None:
    """Note how many rows every part of a row argument has."""
    if isinstance(x, (dict, tuple)):
        for key, item in x.items() if isinstance(x, dict) else enumerate(x):
            _lengths(item, f"{place}[{key!r}]", lengths)
    elif not hasattr(x, "__len__"):
        raise TypeError(f"{place}: {x!r} has no row axis")
    elif not len(x):
        raise ValueError(f"{place} has no rows; give at least one")
    else:
        lengths[place] = len(x)


def _row(x: Any, i: int) -> Any:
    """Return row i of an argument, as a recording is given it."""
    if isinstance(x, dict):
        return {key: _row(item, i) for key, item in x.items()}
    if isinstance(x, tuple):
        return tuple([_row(item, i) for item in x])
    return x[i].item() if isinstance(x[i], np.generic) else x[i]
