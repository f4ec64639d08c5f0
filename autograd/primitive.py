"""The table is open: a function of your own becomes a primitive like the others."""

from __future__ import annotations

from typing import Any

from autograd.numbers import Function, named
from autograd.real import plain_number
from autograd.rules import TABLE, Partial, row
from autograd.value import apply

_BUILT_IN = frozenset(TABLE) - {"stop gradient"}  # which is a mark in a graph, no function


def primitive(name: str, function: Function, *partials: Partial, symbol: str = "") -> Function:
    """Add y = function(*inputs) to the table, with dy/dx_i = partials[i](y, *inputs).

    A partial may also be an int, or None for a parameter that is not differentiated. Written with
    autograd's functions, function and partials work in every mode: second derivatives, fractions,
    50 digits. `autograd.check.check_primitive` tells whether the partials are right. Returns the
    function that records. Raises ValueError for a name that is taken by the table itself,
    TypeError for partials that are no partials.

    >>> cube = primitive("cube", lambda x: x * x * x, lambda y, x: 3 * x * x)
    >>> from autograd import grad
    >>> grad(cube)(2.0), grad(grad(cube))(2.0)
    (12.0, 12.0)
    """
    if not isinstance(name, str):
        raise TypeError(f"primitive({name!r}, ...): the name must be a string")
    if name in _BUILT_IN:
        raise ValueError(
            f"primitive({name!r}): the table has {name!r} already; choose another name"
        )
    if not callable(function):
        raise TypeError(f"primitive({name!r}): {function!r} is not a function")
    if not partials:
        raise TypeError(f"primitive({name!r}): give one partial derivative for each argument")
    for p in partials:
        if not (p is None or type(p) is int or callable(p)):
            raise TypeError(
                f"primitive({name!r}): the partial {p!r} must be a function of (y, *inputs), "
                "an int, or None for a parameter"
            )

    def checked(*xs: Any) -> Any:
        y = function(*xs)
        real = all(isinstance(x, (float, int)) for x in xs)
        return plain_number(y, f"{name}{xs}") if real else y

    row(name, named(checked, name, function.__doc__), *partials, symbol=symbol)
    rule = TABLE[name]

    def recorded(*inputs: Any) -> Any:
        if len(inputs) != len(partials):
            raise TypeError(f"{name} takes {len(partials)} arguments, not {len(inputs)}: {inputs}")
        return apply(rule, *inputs)

    return named(recorded, name, function.__doc__)
