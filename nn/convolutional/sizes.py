"""What a layer over signals or images is given: its own sizes, and the shape of each sample."""

from __future__ import annotations

from collections.abc import Sequence
from inspect import Parameter, signature
from typing import Any

from nn.inputs import shape

Sizes = int | Sequence[int]

_FORMS = {
    1: "a signal [channels][length]",
    2: "an image [channels][height][width]",
    None: "a signal [channels][length] or an image [channels][height][width]",
}


def sizes(name: str, given: Sizes, dimensions: int, least: int = 1) -> tuple[int, ...]:
    """Return a whole number for each dimension; one that is given alone holds for all.

    Raises ValueError for fewer or more, for what is no whole number and for less than `least`.

    >>> sizes("kernel", 3, 2), sizes("stride", (2, 1), 2)
    ((3, 3), (2, 1))
    """
    found: list[Any] = list(given) if isinstance(given, Sequence) else [given] * dimensions
    whole = all(isinstance(n, int) and not isinstance(n, bool) and n >= least for n in found)
    if len(found) != dimensions or not whole:
        pair = ", or a pair of them, (vertical, horizontal)" if dimensions == 2 else ""
        raise ValueError(f"{name}={given!r}: give a whole number, {least} or more{pair}")
    return tuple(found)


def shortest(found: Sequence[int]) -> Any:
    """Return sizes as they may be given: one number if all are equal.

    >>> shortest((3, 3)), shortest((3, 5))
    (3, [3, 5])
    """
    return found[0] if len(set(found)) == 1 else list(found)


def checked_channels(
    x: Any, dimensions: int | None, caller: object, nin: int | None = None
) -> tuple[int, ...]:
    """Return the sizes of a signal or an image along its dimensions, without the channels.

    Raises ValueError for other than 1 + `dimensions` levels of lists (None: two or three), for
    lists of unequal lengths, for empty ones, and for other than `nin` channels.

    >>> checked_channels([[1.0, 2.0, 3.0]], 1, "layer")
    (3,)
    """
    form = _FORMS[dimensions]
    try:
        found = shape(x)
    except ValueError as error:
        raise ValueError(f"{caller!r} takes {form}; given were {error}") from None
    levels = min(max(2, len(found)), 3) if dimensions is None else 1 + dimensions
    if len(found) != levels:
        raise ValueError(
            f"{caller!r} takes {form}; what was given has the shape {found}"
            + _remedy(len(found), levels)
        )
    if 0 in found:
        raise ValueError(f"{caller!r}: there are no numbers in the shape {found}")
    if nin is not None and found[0] != nin:
        raise ValueError(
            f"{caller!r} takes {nin} channel{'s' * (nin != 1)}; what was given has {found[0]}, in "
            f"the shape {found}. Channels come first; where they are last in an array of samples, "
            "numpy.moveaxis(X, -1, 1) brings them there"
        )
    return found[1:]


def checked_window(
    found: Sequence[int], margins: Sequence[tuple[int, int]], window: Sequence[int], caller: object
) -> None:
    """Raise ValueError if the window does not fit into the input with its margins."""
    room = [n + before + after for n, (before, after) in zip(found, margins, strict=True)]
    if any(size > n for size, n in zip(window, room, strict=True)):
        raise ValueError(
            f"{caller!r}: its window, {times(window)}, is larger than the input, {times(found)}"
            + (f" and with its padding {times(room)}" if room != list(found) else "")
            + "; give a smaller kernel, or padding"
        )


def times(found: Sequence[int]) -> str:
    """Return sizes as they are said.

    >>> times((8, 6))
    '8×6'
    """
    return "×".join(map(str, found))


def _remedy(given: int, levels: int) -> str:
    if not given:
        return ": one number, or none"
    if given == levels - 1:
        return ", no channels: write [x] for a single one, X[:, None] for an array of samples"
    if given < levels:
        return ": X.reshape(samples, channels, height, width) makes images of rows"
    return ": a layer is called with one sample; for many there are batch(rows) and predict(X)"


def written(module: Any, options: dict[str, Any]) -> str:
    """Return how a module is made, as Python has it; options that are as by default are left out.

    >>> from nn.convolutional.pooling import MaxPool2d
    >>> written(MaxPool2d(2), {"kernel": 2, "padding": 0})
    'MaxPool2d(2)'
    """
    parts = []
    for name, parameter in signature(type(module)).parameters.items():
        if parameter.default is Parameter.empty:
            parts.append(f"{options[name]!r}")
        elif name in options and options[name] != parameter.default:
            parts.append(f"{name}={options[name]!r}")
    return f"{type(module).__name__}({', '.join(parts)})"
