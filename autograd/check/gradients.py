"""A gradient judged: ours, or one that someone claims."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd.check.blackbox import estimate
from autograd.check.primitives import judged_in_floats
from autograd.check.replay import references
from autograd.check.report import Component, Report
from autograd.check.ulps import nearest
from autograd.numbers import Function
from autograd.structure import Nested, rebuild
from autograd.transforms import grad
from autograd.value import Value

TOLERANCE = 1e-10


def check_gradient(f: Function, x: Any, claimed: Any = None, *,
                   tolerance: float = TOLERANCE, digits: int = 100) -> Report:  # fmt: skip
    """Compare the gradient of f at x with one that no rule had a part in.

    `x` is a number, an array, or a nested list, tuple or dict; `claimed` a gradient of the same
    form, or a function that computes one from x, and by default our own. A function that can be
    recorded is replayed with this many digits; one that takes floats only is judged by complex
    step or extrapolated differences. An error up to tolerance times the size of the terms that
    the chain rule adds up is right. Raises ValueError for a gradient of another shape, Kink where
    there is none.

    >>> check_gradient(lambda p: p[0] ** 2 * p[1], [3.0, 5.0]).ok
    True
    >>> print(check_gradient(lambda p: p[0] ** 2 * p[1], [3.0, 5.0], [30.0, 10.0]).worst.name)
    x[1]
    """
    argument = Nested.of(x, "check_gradient: x")
    names = list(_names(x))
    xs = [Value(leaf) for leaf in argument.leaves]
    title = f"gradient of {getattr(f, '__name__', type(f).__name__)}"
    try:
        y = f(argument.fill(xs))
        trues = references(y, xs, digits) if type(y) is Value else None
    except (TypeError, AttributeError):  # f, or one of its operations, takes floats only
        if claimed is None:
            raise
        trues = None
    if claimed is None:
        claimed = grad(f)
    claims = _claimed(claimed(x) if callable(claimed) else claimed, x, argument)
    if trues is None:
        components = list(_judged_in_floats(f, argument, names, claims))
    else:
        oracle = f"replay and differences at {digits} digits"
        components = [
            Component(name, c, true, tolerance * nearest(size), oracle)
            for name, c, (true, size) in zip(names, claims, trues, strict=True)
        ]
    return Report(title, components)


def assert_gradient(f: Function, x: Any, claimed: Any = None, *,
                    tolerance: float = TOLERANCE, digits: int = 100) -> None:  # fmt: skip
    """Raise GradientMismatch, with the report as its message, unless `check_gradient` is content.

    >>> assert_gradient(lambda x: x**3, 2.0, 12.0)
    """
    check_gradient(f, x, claimed, tolerance=tolerance, digits=digits).raise_if_wrong()


def _judged_in_floats(f: Function, argument: Nested, names: list[str],
                      claims: list[float]) -> Iterator[Component]:  # fmt: skip
    leaves = argument.leaves
    for i, (name, claim) in enumerate(zip(names, claims, strict=True)):

        def along(z: Any, i: int = i) -> Any:
            y = f(_filled(argument, [*leaves[:i], z, *leaves[i + 1 :]]))
            return y.item() if isinstance(y, (np.ndarray, np.generic)) else y

        yield judged_in_floats(name, claim, estimate(along, float(leaves[i])), 8)


def _filled(argument: Nested, leaves: list[Any]) -> Any:
    """Return the argument with these numbers, complex ones in complex arrays."""
    rest = iter(leaves)
    blocks = iter(argument.blocks)

    def part() -> Any:
        block = next(blocks)
        numbers = [next(rest) for _ in block.leaves]
        return numbers[0] if block.shape is None else np.array(numbers).reshape(block.shape)

    return rebuild(argument.tree, part)


def _claimed(gradient: Any, x: Any, argument: Nested) -> list[float]:
    """Return a claimed gradient as floats, after a look at its shape."""
    if hasattr(gradient, "__array__") and not isinstance(gradient, np.ndarray):
        gradient = np.asarray(gradient)  # such as a torch or JAX tensor
    numbers = Nested.of(gradient, "check_gradient: the claimed gradient").leaves
    if len(numbers) != len(argument.leaves) or _shape(gradient) != _shape(x):
        raise ValueError(
            f"check_gradient: the claimed gradient has the shape {_shape(gradient)} and "
            f"{len(numbers)} numbers, x the shape {_shape(x)} and {len(argument.leaves)}: "
            "there must be one derivative for each number of x, in the same form"
        )
    return [float(g.data if type(g) is Value else g) for g in numbers]


def _shape(tree: Any) -> tuple[int, ...] | None:
    try:
        return tuple(np.shape(tree))
    except ValueError:  # a ragged list
        return None


def _names(tree: Any, name: str = "x") -> Iterator[str]:
    """Yield the name of every number: x, x[0], x['w'][1, 2]."""
    if isinstance(tree, np.ndarray):
        for index in np.ndindex(tree.shape):
            yield f"{name}[{', '.join(map(str, index))}]" if index else name
    elif isinstance(tree, dict):
        for key, item in tree.items():
            yield from _names(item, f"{name}[{key!r}]")
    elif isinstance(tree, (list, tuple)):
        for i, item in enumerate(tree):
            yield from _names(item, f"{name}[{i}]")
    else:
        yield name
