"""What a neuron, layer or network is called with: a number, or lists of them, nested or not."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeGuard

from autograd.value import detached

Number = Any  # a Value, or anything that may be the data of one
Inputs = Iterable[Number] | Number


def listed(x: Inputs) -> list[Number]:
    """Return the numbers as a list; a single number is a list of one.

    >>> listed((1.0, 2.0)), listed(0.5)
    ([1.0, 2.0], [0.5])
    """
    return list(x) if isinstance(x, Iterable) else [x]


def is_row(x: Any) -> TypeGuard[Iterable[Any]]:
    """Say whether x is many numbers: a list, a tuple, an array, but no text."""
    return isinstance(x, Iterable) and not isinstance(x, (str, bytes))


def flattened(x: Inputs) -> list[Number]:
    """Return the numbers of lists in lists, in their order; a single number is a list of one.

    >>> flattened([[1.0, 2.0], [3.0]]), flattened(0.5)
    ([1.0, 2.0, 3.0], [0.5])
    """
    if not is_row(x):
        return [x]
    found: list[Number] = []
    for part in x:
        if is_row(part):
            found += flattened(part)
        else:
            found.append(part)
    return found


def shape(x: Inputs) -> tuple[int, ...]:
    """Return how many there are at each depth of lists in lists; () is that of a number.

    Raises ValueError unless the lists of each depth are equally long.

    >>> shape([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), shape(0.5)
    ((2, 3), ())
    """
    if not is_row(x):
        return ()
    parts = list(x)
    shapes = [shape(part) for part in parts]
    for i, other in enumerate(shapes):
        if other != shapes[0]:
            raise ValueError(
                f"lists of unequal lengths: part {i} has the shape {other} and part 0 {shapes[0]}; "
                "fill up the shorter ones, and leave what was filled in out with a mask"
            )
    return (len(parts), *(shapes[0] if shapes else ()))


def mapped(function: Callable[[Number], Number], x: Inputs) -> Any:
    """Return function(number) for every number of lists in lists.

    >>> mapped(abs, [[-1.0, 2.0], [3.0, -4.0]])
    [[1.0, 2.0], [3.0, 4.0]]
    """
    return [mapped(function, part) for part in x] if is_row(x) else function(x)


def numbers_of(output: Any) -> list[Any]:
    """Return what a model gives for a sample as floats: a list, or lists in lists as they are.

    >>> from autograd import Value
    >>> numbers_of(Value(0.5)), numbers_of([[Value(1.0), 2]])
    ([0.5], [[1.0, 2.0]])
    """
    found: list[Any] = mapped(lambda y: float(detached(y)), listed(output))
    return found


def like(x: Inputs, ys: list[Number]) -> Any:
    """Return the list ys, or its only number if x is a number and no list.

    >>> like(0.5, [1.0]), like([0.5], [1.0])
    (1.0, [1.0])
    """
    return ys if isinstance(x, Iterable) else ys[0]


def checked(x: Inputs, nin: int, caller: object) -> list[Number]:
    """Return the inputs as a list of nin numbers; a single number is a list of one.

    Raises ValueError for another length.

    >>> checked(0.5, 1, "neuron")
    [0.5]
    """
    xs = listed(x)
    if len(xs) != nin:
        rows = any(isinstance(item, Iterable) for item in xs)
        raise ValueError(
            f"{type(caller).__name__} of {nin} input{'s' * (nin != 1)}: {len(xs)} were given; "
            + ("these are rows: write model.batch(rows), or model.predict(rows) for an array"
               if rows else "every input needs its weight")
        )  # fmt: skip
    return xs


def only(items: Iterable[Any], holder: object) -> Any:
    """Return the one thing that all are. Raises ValueError if one differs.

    >>> only([2, 2], "layer")
    2
    """
    first, *others = items
    if any(other != first for other in others):
        raise ValueError(
            f"a {type(holder).__name__} has parts that differ in inputs, bias or activation"
        )
    return first


def checked_size(name: str, size: int) -> int:
    """Return a number of inputs or neurons; raise ValueError unless it is 1 or more."""
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        raise ValueError(f"{name}={size!r}: it must be a whole number, 1 or more")
    return size
