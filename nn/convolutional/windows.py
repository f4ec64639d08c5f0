"""The windows that slide over a signal or an image: what convolutions and pooling look through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nn.inputs import mapped

Grid = Sequence[Any]  # numbers in as many nested lists as there are dimensions
Margins = Sequence[tuple[int, int]]  # before and after, along each dimension


def windows(
    grid: Grid, kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int]
) -> list[Any]:
    """Return the windows of a grid: at each place the list of the numbers that are seen there.

    Each dimension has its size of the window, its step from one window to the next and its step
    inside. The last index of a window runs fastest; what is left over at the end is in none.

    >>> windows([1, 2, 3, 4, 5], [3], [2], [1])
    [[1, 2, 3], [3, 4, 5]]
    >>> windows([[1, 2, 3], [4, 5, 6]], [2, 2], [1, 1], [1, 1])
    [[[1, 2, 4, 5], [2, 3, 5, 6]]]
    """
    if not kernel:
        return [grid]  # a number: what a window without dimensions sees
    lines = [windows(line, kernel[1:], stride[1:], dilation[1:]) for line in grid]
    reach = dilation[0] * (kernel[0] - 1)
    return [
        joined(lines[i : i + reach + 1 : dilation[0]], len(kernel) - 1)
        for i in range(0, len(lines) - reach, stride[0])
    ]


def joined(grids: Sequence[Grid], dimensions: int) -> list[Any]:
    """Return one grid of lists for several: at each place their lists, one after another.

    >>> joined([[[1], [2]], [[3], [4]]], 1)
    [[1, 3], [2, 4]]
    """
    if dimensions == 0:
        return [number for numbers in grids for number in numbers]
    return [joined(parts, dimensions - 1) for parts in zip(*grids, strict=True)]


def at_places(function: Callable[[Any], Any], grid: Grid, dimensions: int) -> Any:
    """Return function(window) at each place of a grid of windows.

    >>> at_places(sum, [[[1, 2], [3, 4]]], 2)
    [[3, 7]]
    """
    if dimensions == 0:
        return function(grid)
    return [at_places(function, part, dimensions - 1) for part in grid]


def padded(grid: Grid, margins: Margins, fill: Any) -> Any:
    """Return the grid with so many `fill` before and after it, along each dimension.

    >>> padded([[1, 2]], [(0, 1), (1, 0)], 0)
    [[0, 1, 2], [0, 0, 0]]
    """
    if not margins:
        return grid
    before, after = margins[0]
    lines = [padded(line, margins[1:], fill) for line in grid]
    empty = mapped(lambda _: fill, lines[0])
    return [empty] * before + lines + [empty] * after


def stretched(grid: Grid, stride: Sequence[int], fill: Any) -> Any:
    """Return the grid with stride - 1 `fill` between neighbours, along each dimension.

    >>> stretched([[1, 2]], [1, 3], 0)
    [[1, 0, 0, 2]]
    """
    if not stride:
        return grid
    lines = [stretched(line, stride[1:], fill) for line in grid]
    empty = mapped(lambda _: fill, lines[0])
    return lines[:1] + [part for line in lines[1:] for part in [empty] * (stride[0] - 1) + [line]]
