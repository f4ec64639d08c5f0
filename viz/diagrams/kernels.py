"""The kernels of a convolution as small pictures in a label: a cell of a table for each weight."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from viz.diagrams.canvas import largest
from viz.diagrams.labels import KEY
from viz.diagrams.roles import SIGNED

Picture = list[list[Any]]  # [row][column] of numbers

_MOST_OUT, _MOST_IN = 8, 3
_LONGEST = 32  # weights in a row; longer ones would be no small pictures
_SIDE, _LINE = 27, 45  # of a picture, and of one that is a single line, in points
_APART = 3
CAPTION = (
    "kernels: a column an output, a row an input channel; brown to black is below zero, "
    "blue to white above"
)


def kernels_of(module: Any) -> list[list[Picture]]:
    """Return the kernels [input channel][output channel] of a convolution, [] for other modules."""
    if not hasattr(module, "kernel") or not hasattr(module, "w") or len(module.kernel) > 2:
        return []
    columns = module.w
    if not getattr(module, "inputs_first", False):
        columns = list(zip(*columns, strict=True))
    is_flat = len(module.kernel) == 1
    return [
        [[_numbers(kernel)] if is_flat else [_numbers(line) for line in kernel] for kernel in row]
        for row in columns
    ]


def pictures(kernels: Sequence[Sequence[Picture]]) -> str:
    """Return a table of the first kernels; "" if they are too large."""
    most = largest(x for row in kernels for kernel in row for line in kernel for x in line)
    if max((len(line) for line in kernels[0][0]), default=0) > _LONGEST:
        return ""
    rows = [
        "".join(f"<TD>{_picture(kernel, most)}</TD>" for kernel in row[:_MOST_OUT])
        for row in kernels[:_MOST_IN]
    ]
    width, height = _size(kernels[0][0])
    across, up = min(len(kernels[0]), _MOST_OUT), min(len(kernels), _MOST_IN)
    body = "".join(f"<TR>{row}</TR>" for row in rows)
    room = _fixed(across * (width + _APART) + _APART, up * (height + _APART) + _APART)
    return f'<TABLE BORDER="0" CELLSPACING="{_APART}" CELLPADDING="0" {room}>{body}</TABLE>'


def count_of(kernels: Sequence[Sequence[Picture]]) -> str:
    """Return how many of them have a picture, "" if all have."""
    found = len(kernels) * len(kernels[0])
    drawn = min(len(kernels), _MOST_IN) * min(len(kernels[0]), _MOST_OUT)
    return f"{drawn} of {found:,} kernels" if drawn < found else ""


def colour(x: Any, most: float) -> str:
    """Return the colour of a number: the darkest for -most, grey for 0, the lightest for most.

    >>> colour(-1.0, 1.0), colour(0.0, 1.0), colour(1.0, 1.0), colour(float("nan"), 1.0)
    ('#401600', '#A6A6A2', '#E6F7FF', '#FFFFFF')
    """
    if x != x:
        return "#FFFFFF"
    share = 0.0 if not most else max(-1.0, min(1.0, float(x) / most))
    place = (share + 1) / 2 * (len(SIGNED) - 1)
    i = min(int(place), len(SIGNED) - 2)
    pair = [[int(c[k : k + 2], 16) for k in (1, 3, 5)] for c in SIGNED[i : i + 2]]
    mixed = [round(a + (b - a) * (place - i)) for a, b in zip(*pair, strict=True)]
    return "#" + "".join(f"{part:02X}" for part in mixed)


def _numbers(line: Sequence[Any]) -> list[Any]:
    return [w.data for w in line]


def _picture(kernel: Picture, most: float) -> str:
    side = _side(kernel)
    rows = "".join(
        "<TR>"
        + "".join(f'<TD {_fixed(side, side)} BGCOLOR="{colour(x, most)}"></TD>' for x in line)
        + "</TR>"
        for line in kernel
    )
    look = f'BORDER="1" COLOR="{KEY}" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0"'
    return f"<TABLE {look} {_fixed(*_size(kernel))}>{rows}</TABLE>"


def _side(kernel: Picture) -> int:
    room = _SIDE if len(kernel) > 1 else _LINE
    return max(2, min(9, room // max(len(kernel), len(kernel[0]))))


def _size(kernel: Picture) -> tuple[int, int]:
    """Return width and height of a picture, its frame included."""
    side = _side(kernel)
    return side * len(kernel[0]) + 2, side * len(kernel) + 2


def _fixed(width: int, height: int) -> str:
    """Return the attributes without which tables grow with what they stand in."""
    return f'WIDTH="{width}" HEIGHT="{height}" FIXEDSIZE="TRUE"'
