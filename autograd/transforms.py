"""Derivatives of functions: grad, jacobian, hessian, jvp, vjp, hvp, under JAX's names.

A function is called on Values in the form of its arguments: numbers, nested lists, tuples and
dicts, NumPy arrays. These variables are nodes of the transform's own, so nested transforms never
confuse whose derivative is whose. Where the result depends on other Values (an outer
transform's, or a model's parameters) it is made of Values that can be differentiated again;
otherwise, and under `no_grad`, of numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import wraps
from typing import Any

import numpy as np

from autograd.numbers import Function, one, zero
from autograd.passes import pull_back, push_forward
from autograd.rules import find
from autograd.structure import Block, Nested, in_order_of
from autograd.value import Value, apply, nodes, recording

Argnums = int | tuple[int, ...]


class Call:
    """Call a function on variables of its own, and keep what came out."""

    def __init__(self, name: str, f: Function, args: Sequence[Any], at: Argnums, kw: Any) -> None:
        self.name = name
        self.f = f"{getattr(f, '__name__', type(f).__name__)}(...)"
        self.one_argument = isinstance(at, int)
        self.arguments: list[Nested] = []
        self.xs: list[Value] = []
        full = list(args)
        with recording(True) as self.recorded_outside:  # also inside someone's no_grad()
            for i in (at,) if isinstance(at, int) else at:
                if not -len(args) <= i < len(args):
                    given = f"{len(args)} positional argument{'s' * (len(args) != 1)}"
                    raise IndexError(f"{name}: argnums={at!r}, but {self.f} was given {given}")
                argument = Nested.of(args[i], f"{name}: argument {i}")
                if not argument.leaves:
                    raise TypeError(
                        f"{name}: argument {i} is {args[i]!r}: "
                        "there is no number in it to differentiate by"
                    )
                xs = [_variable(x) for x in argument.leaves]
                full[i] = argument.fill(xs)
                self.arguments.append(argument)
                self.xs += xs
            self.returned = f(*full, **kw)

    def number(self) -> Value:
        """Return the output as the one number that a gradient is taken of."""
        y = self.returned
        if isinstance(y, np.ndarray) and y.shape == ():
            y = y.item()
        what = "one number: sum it up, or use autograd.jacobian"
        for kind, advice in {
            list: f"a list, not {what}",
            tuple: f"a tuple, not {what}",
            dict: f"a dict, not {what}",
            np.ndarray: f"an array of shape {getattr(y, 'shape', '?')}, not {what}",
            type(None): "None: does it lack a return?",
            str: f"the text {y!r}: it must return a number",
        }.items():
            if isinstance(y, kind):
                raise TypeError(f"{self.name}: {self.f} returned {advice}")
        return y if type(y) is Value else Value(y)  # a constant function has gradient 0

    def numbers(self) -> Nested:
        """Return the output in its nested form."""
        if self.returned is None:
            raise TypeError(f"{self.name}: {self.f} returned None: does it lack a return?")
        return Nested.of(self.returned, f"{self.name}: what {self.f} returned")

    def as_graph(self, *ys: Any) -> bool:
        """Say whether ys depend on Values that are not ours, so that the result has to as well."""
        values = [y for y in ys if type(y) is Value]
        first = self.xs[0].number  # what the call itself made, variables included, is younger
        return self.recorded_outside and any(
            x.number < first
            for v in (values, *[v.inputs for v in nodes(*values, since=first)])
            for x in v
            if type(x) is Value
        )

    def gradients(self, ys: Sequence[Any], seeds: Sequence[Any], as_graph: bool) -> list[Any]:
        """Return for each variable the sum over ys of seed * dy/dx."""
        pairs = [(y, seed) for y, seed in zip(ys, seeds, strict=True) if type(y) is Value]
        found = pull_back([y for y, _ in pairs], [s for _, s in pairs], self.xs, as_graph)
        return [zero(x) if g is None else g for g, x in zip(found, self.xs, strict=True)]

    def in_form(self, gradients: Sequence[Any]) -> Any:
        """Return gradients in the form of the argument; of several arguments, as a tuple."""
        rest = iter(gradients)
        parts = tuple([a.fill([next(rest) for _ in a.leaves]) for a in self.arguments])
        return parts[0] if self.one_argument else parts


def _variable(x: Any) -> Value:
    """Return a Value of the transform's own: a leaf, or a node above an outer variable."""
    return apply(find("identity"), x) if type(x) is Value else Value(x)


def _result(y: Any, as_graph: bool) -> Any:
    return y.data if type(y) is Value and not as_graph else y


def value_and_grad(f: Function, argnums: Argnums = 0) -> Function:
    """Return a function that gives (f(*args), gradient of f), in one pass each way.

    The gradient has the form of the argument at `argnums`, or is a tuple of them for several.
    Raises TypeError if f does not return one number.

    >>> value_and_grad(lambda x, y: x * y, argnums=(0, 1))(3.0, 4.0)
    (12.0, (4.0, 3.0))
    """
    if hasattr(f, "transformed"):  # a compiled function
        return f.transformed("value_and_grad", argnums)  # type: ignore[no-any-return]
    return _value_and_grad("value_and_grad", f, argnums)


def _value_and_grad(name: str, f: Function, argnums: Argnums) -> Function:
    @wraps(f)
    def both(*args: Any, **kw: Any) -> tuple[Any, Any]:
        call = Call(name, f, args, argnums, kw)
        y = call.number()
        as_graph = call.as_graph(y)
        return _result(y, as_graph), call.in_form(call.gradients([y], [one(y)], as_graph))

    return both


def grad(f: Function, argnums: Argnums = 0) -> Function:
    """Return a function that gives the gradient of f, in the form of its argument.

    Raises TypeError if f does not return one number.

    >>> grad(lambda p: p["w"] ** 2 * p["x"])({"w": 3.0, "x": 2.0})
    {'w': 12.0, 'x': 9.0}
    """
    if hasattr(f, "transformed"):
        return f.transformed("grad", argnums)  # type: ignore[no-any-return]
    return _grad("grad", f, argnums)


def _grad(name: str, f: Function, argnums: Argnums) -> Function:
    both = _value_and_grad(name, f, argnums)

    @wraps(f)
    def gradient(*args: Any, **kw: Any) -> Any:
        return both(*args, **kw)[1]

    return gradient


def jacobian(f: Function, argnums: Argnums = 0) -> Function:
    """Return a function that gives all derivatives of all outputs of f, one reverse pass each.

    The result has the form of the output with each number replaced by the form of the
    argument; an array differentiated by an array has the shape of the one, then of the other.

    >>> jacobian(lambda x: [x[0] * x[1], x[0] + x[1]])([2.0, 3.0])
    [[3.0, 2.0], [1.0, 1.0]]
    """
    if hasattr(f, "transformed"):
        return f.transformed("jacobian", argnums)  # type: ignore[no-any-return]

    @wraps(f)
    def matrix(*args: Any, **kw: Any) -> Any:
        call = Call("jacobian", f, args, argnums, kw)
        output = call.numbers()
        if not output.leaves:
            raise TypeError(f"jacobian: {call.f} returned {call.returned!r}: no number in it")
        as_graph = call.as_graph(*output.leaves)
        parts = []
        for block in output.blocks:
            rows = [call.gradients([y], [one(y)], as_graph) for y in block.leaves]
            parts.append(
                call.in_form(rows[0]) if block.shape is None else _stack(call, block, rows)
            )
        return output.replace(parts)

    return matrix


def _stack(call: Call, output: Block, rows: Sequence[Sequence[Any]]) -> Any:
    """Return the gradients of an array's elements with each number and array stacked."""
    columns = iter(zip(*rows, strict=True))
    results = []
    for argument in call.arguments:
        parts = []
        for block in argument.blocks:
            entries = zip(*[next(columns) for _ in block.leaves], strict=True)
            shape = (*(output.shape or ()), *(block.shape or ()))
            parts.append(Block(shape, []).fill([x for row in entries for x in row]))
        results.append(argument.replace(parts))
    return results[0] if call.one_argument else tuple(results)


def hessian(f: Function, argnums: int = 0) -> Function:
    """Return a function that gives the second derivatives of f: the Jacobian of its gradient.

    Raises TypeError if f does not return one number.

    >>> hessian(lambda x: x[0] ** 2 * x[1])([3.0, 5.0])
    [[10.0, 6.0], [6.0, 0.0]]
    """
    if hasattr(f, "transformed"):
        return f.transformed("hessian", argnums)  # type: ignore[no-any-return]
    return jacobian(_grad("hessian", f, argnums), argnums)


def jvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """Return (f(*primals), its derivative in the direction of tangents): forward mode.

    `primals` is the tuple of arguments, `tangents` a tuple of the same form.
    Raises TypeError or ValueError if it is not.

    >>> jvp(lambda x, y: x * y, (3.0, 4.0), (1.0, 0.0))
    (12.0, 4.0)
    """
    if hasattr(f, "transformed"):
        return f.jvp(primals, tangents)  # type: ignore[attr-defined,no-any-return]
    return _jvp("jvp", f, primals, tangents)


def _jvp(name: str, f: Function, primals: Any, tangents: Any) -> tuple[Any, Any]:
    for part, given in (("primals", primals), ("tangents", tangents)):
        if not isinstance(given, (tuple, list)):
            raise TypeError(f"{name}: {part} is the tuple of arguments: write ({given!r},)")
    call = Call(name, f, primals, tuple(range(len(primals))), {})
    directions = _same_form(name, "tangents", tuple(tangents), "primals", tuple(primals))
    output = call.numbers()
    as_graph = call.as_graph(*output.leaves, *directions)
    found = push_forward(output.leaves, call.xs, directions, as_graph)
    value = output.fill([_result(y, as_graph) for y in output.leaves])
    return value, output.fill(
        [
            zero(y) if t is None else _result(t, as_graph)
            for y, t in zip(output.leaves, found, strict=True)
        ]
    )


def _same_form(name: str, part: str, given: Any, model_name: str, model: Any) -> list[Any]:
    """Return the numbers of one nested argument that must have the form of another."""
    nested = Nested.of(in_order_of(model, given), f"{name}: {part}")
    form, wanted = nested.form(), Nested.of(model, name).form()
    if form != wanted:
        raise ValueError(
            f"{name}: {part} must have the form of {model_name}: {wanted}; given was {form}"
        )
    return nested.leaves


def vjp(f: Function, *primals: Any) -> tuple[Any, Function]:
    """Return (f(*primals), pullback): pullback(cotangent) gives one gradient per argument.

    `cotangent` has the form of the value. Raises ValueError if it has not.

    >>> value, pullback = vjp(lambda x, y: [x * y, x + y], 3.0, 4.0)
    >>> pullback([1.0, 10.0])
    (14.0, 13.0)
    """
    if hasattr(f, "transformed"):
        return f.vjp(*primals)  # type: ignore[attr-defined,no-any-return]
    call = Call("vjp", f, primals, tuple(range(len(primals))), {})
    output = call.numbers()
    as_graph = call.as_graph(*output.leaves)
    value = output.fill([_result(y, as_graph) for y in output.leaves])

    def pullback(cotangent: Any) -> Any:
        seeds = _same_form("vjp", "the cotangent", cotangent, "the value", value)
        graph = as_graph or call.as_graph(*seeds)
        return call.in_form(call.gradients(output.leaves, seeds, graph))

    return value, pullback


def hvp(f: Function, x: Any, v: Any) -> Any:
    """Return the Hessian of f at x times v, forward over reverse, without making the Hessian.

    Source: Pearlmutter 1994, "Fast exact multiplication by the Hessian".

    >>> hvp(lambda x: x[0] ** 2 * x[1], [3.0, 5.0], [1.0, 0.0])
    [10.0, 6.0]
    """
    if hasattr(f, "transformed"):
        return f.hvp(x, v)  # type: ignore[attr-defined]
    return _jvp("hvp", _grad("hvp", f, 0), (x,), (v,))[1]


def derivative(f: Function, n: int = 1) -> Function:
    """Return the n-th derivative of a function of one number, n = 0, 1, 2, ...

    >>> derivative(lambda x: x**4, 3)(2.0)
    48.0
    """
    if type(n) is not int or n < 0:
        raise ValueError(f"derivative(f, n={n!r}): the order n must be an int, 0 or more")
    if hasattr(f, "transformed"):
        return f.transformed("derivative", n)  # type: ignore[no-any-return]

    @wraps(f)
    def nth(x: Any) -> Any:
        call = Call("derivative", f, (x,), 0, {})
        y: Any = call.number()
        as_graph = call.as_graph(y)
        for _ in range(n):
            if type(y) is not Value:
                return zero(x)  # the derivative of a constant
            [y] = call.gradients([y], [one(y)], True)
        return _result(y, as_graph)

    return nth
