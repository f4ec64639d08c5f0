"""Transforms of compiled functions: the scalar graph is differentiated, then lifted in its turn."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from autograd import transforms
from autograd.numbers import Function
from autograd.program.eager import runs_as_it_is
from autograd.program.gradient import argument_names

if TYPE_CHECKING:
    from autograd.program.compiled import Compiled


def transformed(compiled: Compiled, name: str, option: Any) -> Any:
    """Return what a transform makes of a compiled function; `option` is its second argument."""
    if name in ("grad", "value_and_grad"):
        return Gradient(compiled, option, with_value=name == "value_and_grad")
    return _made(compiled, name, option)


def _made(compiled: Compiled, name: str, option: Any) -> Compiled:
    if name != "derivative":
        _check_reduced(compiled, name, option)
    of: Any = getattr(transforms, name)

    def make() -> Compiled:
        return _like(compiled, f"{name} of {compiled.name}", of(compiled.f, option), compiled.order)

    made: Compiled = compiled.derived((name, option), make)
    return made


def _like(
    compiled: Compiled, name: str, f: Function, order: Sequence[str], rows: Sequence[str] = ()
) -> Compiled:
    """Return f compiled as another function is, with arguments of these names."""
    from autograd.program.compiled import Compiled

    def function(*args: Any) -> Any:
        return f(*args)

    function.__name__ = function.__qualname__ = name
    function.__wrapped__ = compiled.f  # type: ignore[attr-defined]  # what it closes over counts
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    function.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [inspect.Parameter(each, kind) for each in order]
    )
    rows = [*compiled.row_names, *rows]
    return Compiled(function, rows, compiled.reduce, compiled.dtype, compiled.threads,
                    compiled.native)  # fmt: skip


def _check_reduced(compiled: Compiled, name: str, argnums: Any) -> None:
    for argument in argument_names(compiled, name, argnums):
        if compiled.reduce and argument in compiled.row_names:
            raise TypeError(
                f"{name} of {compiled.name}, reduced, by its rows {argument}: there is"
                " one for each pair of rows; compile it with reduce=None"
            )


class Gradient:
    """Be `grad` or `value_and_grad` of a compiled function; transforms of it are compiled too."""

    def __init__(self, compiled: Compiled, argnums: Any, with_value: bool) -> None:
        self.compiled, self.argnums, self.with_value = compiled, argnums, with_value
        self.__name__ = f"grad of {compiled.name}"
        self.__signature__ = compiled.signature

    def __call__(self, *args: Any, **kw: Any) -> Any:
        both = self.compiled.value_and_grad(*args, argnums=self.argnums, **kw)
        return both if self.with_value else both[1]

    def transformed(self, name: str, option: Any) -> Any:
        """Return a transform of the gradient, compiled."""
        return self._itself().transformed(name, option)

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        """Return (value, derivative in the direction of the tangents)."""
        return self._itself().jvp(primals, tangents)

    def vjp(self, *primals: Any) -> Any:
        """Return (value, pullback)."""
        return self._itself().vjp(*primals)

    def hvp(self, x: Any, v: Any) -> Any:
        """Return the Hessian at x times v."""
        return self._itself().hvp(x, v)

    def _itself(self) -> Compiled:
        return _made(self.compiled, "value_and_grad" if self.with_value else "grad", self.argnums)


def jvp(compiled: Compiled, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
    """Return (value, derivative in the direction of the tangents)."""
    for part, given in (("primals", primals), ("tangents", tangents)):
        if not isinstance(given, (tuple, list)):
            raise TypeError(f"jvp: {part} is the tuple of arguments: write ({given!r},)")
    n = len(compiled.order)
    if not len(primals) == len(tangents) == n:
        raise TypeError(
            f"jvp: {compiled.name}{compiled.signature} takes {n} arguments; there are "
            f"{len(primals)} primals and {len(tangents)} tangents"
        )
    tangent = _names(compiled, compiled.order, "tangent")

    def make() -> Compiled:
        f = compiled.f  # not the compiled one: it is what is recorded

        def function(*args: Any) -> Any:
            return transforms.jvp(f, args[:n], args[n:])

        return _like(
            compiled, f"jvp of {compiled.name}", function, [*compiled.order, *tangent.values()],
            [tangent[name] for name in compiled.row_names],
        )  # fmt: skip

    if runs_as_it_is(dict(enumerate([*primals, *tangents]))):  # type: ignore[arg-type]
        return transforms.jvp(_plain(compiled), primals, tangents)
    return compiled.derived("jvp", make)(*primals, *tangents)


def hvp(compiled: Compiled) -> Compiled:
    """Return the compiled function of (x, v, *rest): the Hessian by x, times v."""
    x, *rest = compiled.order
    _check_reduced(compiled, "hvp", 0)
    v = _names(compiled, [x], "direction")[x]

    def make() -> Compiled:
        f = compiled.f

        def function(x: Any, v: Any, *others: Any) -> Any:
            return transforms.hvp(lambda each: f(each, *others), x, v)

        rows = [v] if x in compiled.row_names else []
        return _like(compiled, f"hvp of {compiled.name}", function, [x, v, *rest], rows)

    made: Compiled = compiled.derived("hvp", make)
    return made


def vjp(compiled: Compiled, primals: Sequence[Any]) -> tuple[Any, Function]:
    """Return (value, pullback): compiled where there are no rows, else run as it is."""
    arguments = compiled.bound_arguments(primals, {})
    if compiled.row_names or runs_as_it_is(arguments):
        return transforms.vjp(_plain(compiled), *primals)
    n = len(compiled.order)
    [cotangent] = _names(compiled, ["value"], "cotangent").values()

    def make() -> Compiled:
        f = compiled.f

        def function(*args: Any) -> Any:
            return transforms.vjp(f, *args[:n])[1](args[n])

        return _like(compiled, f"vjp of {compiled.name}", function, [*compiled.order, cotangent])

    pull = compiled.derived("vjp", make)
    return compiled(*primals), lambda given: pull(*arguments.values(), given)


def _plain(compiled: Compiled) -> Function:
    """Return a compiled function as one that transforms do not know to be compiled."""

    def function(*args: Any) -> Any:
        return compiled(*args)

    function.__name__ = compiled.name
    return function


def _names(compiled: Compiled, of: Sequence[str], what: str) -> dict[str, str]:
    """Return names for further arguments that the function does not have yet."""
    names = {}
    for name in of:
        names[name] = f"{name}_{what}"
        while names[name] in compiled.order:
            names[name] += "_"
    return names
