"""Weights as images: layers as matrices, neurons as filters, attention as a map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.real import short
from autograd.value import detached
from viz.diagrams.canvas import largest
from viz.diagrams.digits import digits
from viz.plotting.network_layers import layers_of
from viz.plotting.panels import blank, grid_of, literal, panels, place, signed_colours

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_NUMBERED = 12  # rows or columns up to which numbers are written into the cells
_CELL = 0.46  # inches of a cell of attention, wide enough for every number
_PANEL = 2.2  # inches of the image of a layer
_LETTER = 0.065  # inches of a digit in the size of these numbers


def weights(model: Any, title: str = "") -> Figure:
    """Return a figure with an image of every layer's weights: a row a neuron, a column an input.

    Dark brown is the most negative weight of the layer, light blue the most positive one; layers
    so small that there is room have their numbers written in. Raises TypeError for what is no
    network, ImportError without matplotlib.
    """
    layers = layers_of("weights", model).layers
    rows, columns = grid_of(len(layers), 4)
    figure, grid = panels(rows, columns, (max(3.4 * columns, 4.0), 3.1 * rows + 0.4), title)
    for i, (layer, ax) in enumerate(zip(layers, grid.flat, strict=False), 1):
        matrix = _matrix([neuron.w for neuron in layer.neurons])
        image = _signed_image(ax, matrix, largest(matrix.ravel()) or 1.0)
        figure.colorbar(image, ax=ax)
        neurons, inputs = matrix.shape
        ax.set_title(f"layer {i}: {neurons} × {inputs}", fontsize=10)
        ax.set(xlabel="from input", ylabel="to neuron")
        _count_from_one(ax, matrix.shape)
    blank(list(grid.flat)[len(layers) :])
    return figure


def filters(
    model: Any, shape: tuple[int, int], *, layer: int = 1, count: int = 32, title: str = ""
) -> Figure:
    """Return a figure of the weights of a layer's first neurons, each as an image (rows, columns).

    All share one scale. Raises ValueError if the layer is not there or its neurons have another
    number of weights, TypeError for what is no network or shape, ImportError without matplotlib.
    """
    layers = layers_of("filters", model).layers
    if not 1 <= layer <= len(layers) or count < 1:
        raise ValueError(f"filters(layer={layer}, count={count}): the layers are 1 to {len(layers)}"
                         ", and 1 filter or more is drawn")  # fmt: skip
    matrix = _matrix([neuron.w for neuron in layers[layer - 1].neurons])
    if not isinstance(shape, (tuple, list)) or len(shape) != 2:
        raise TypeError(f"filters(shape={shape!r}): give (rows, columns), as (8, 8)")
    if shape[0] * shape[1] != matrix.shape[1]:
        raise ValueError(
            f"filters(shape={shape}): that is {shape[0] * shape[1]} pixels, but each neuron of "
            f"layer {layer} has {matrix.shape[1]} weights"
        )
    shown = matrix[:count]
    rows, columns = grid_of(len(shown), 8)
    size = (max(1.1 * columns + 0.9, 4.0), 1.25 * rows + 0.5)
    figure, grid = panels(rows, columns, size, title)
    most = largest(shown.ravel()) or 1.0
    for i, (numbers, ax) in enumerate(zip(shown, grid.flat, strict=False), 1):
        image = _signed_image(ax, numbers.reshape(shape), most, numbered=False)
        ax.set_title(f"{i}", fontsize=8, pad=2)
        ax.set(xticks=[], yticks=[])
    blank(list(grid.flat)[len(shown) :])
    figure.colorbar(image, ax=list(grid.flat), label="weight", aspect=30)
    return figure


def attention(
    matrix: Any,
    keys: Sequence[str] = (),
    queries: Sequence[str] | None = None,
    *,
    title: str = "",
    ax: Axes | None = None,
) -> Figure:
    """Return a figure of attention weights: a row a query, a column a key, light is most.

    The numbers (Values will do) are from 0 to 1. `keys` and `queries` are the words at the sides;
    without `queries` the keys stand at both. Raises ValueError for another shape or other numbers,
    TypeError for what is no matrix, ImportError without matplotlib.

    >>> attention([[1.0, 0.0], [0.25, 0.75]], ["the", "cat"]).axes[0].get_xlabel()
    'key'
    """
    numbers = _matrix(matrix)
    if numbers.ndim != 2 or not numbers.size or not ((numbers >= 0) & (numbers <= 1)).all():
        raise ValueError(
            f"attention: an array of shape {numbers.shape}; give rows of numbers from 0 to 1, "
            "as softmax makes them"
        )
    words = [keys, keys if queries is None else queries]
    for name, side, count in zip(("keys", "queries"), words, numbers.shape[::-1], strict=True):
        if side and len(side) != count:
            raise ValueError(f"attention: {len(side)} {name} for {count}; give one each, or none")
    rows, columns = numbers.shape
    figure, axes = place(ax, (_CELL * min(columns, 24) + 2.2, _CELL * min(rows, 24) + 1.6))
    image = axes.imshow(numbers, cmap="viridis", vmin=0, vmax=1, interpolation="nearest")
    figure.colorbar(image, ax=axes, label="attention")
    _write(axes, numbers, lambda number: number > 0.55, _CELL)
    axes.set(title=literal(title), xlabel="key", ylabel="query")
    _count_from_one(axes, numbers.shape)
    if words[0]:
        axes.set_xticks(range(columns), list(map(literal, words[0])), rotation=90)
    if words[1]:
        axes.set_yticks(range(rows), list(map(literal, words[1])))
    return figure


def _matrix(rows: Any) -> Any:
    try:
        found = [[float(detached(number)) for number in row] for row in rows]
    except (TypeError, ValueError):
        raise TypeError(f"{short(rows)} is no matrix: give rows of numbers") from None
    if len({len(row) for row in found}) > 1:
        raise ValueError("the rows of weights are of unequal lengths and make no image")
    return np.array(found, dtype=float)


def _signed_image(ax: Axes, matrix: Any, most: float, numbered: bool = True) -> Any:
    image = ax.imshow(matrix, cmap=signed_colours(), vmin=-most, vmax=most, interpolation="nearest",
                      aspect="auto" if numbered else "equal")  # fmt: skip
    if numbered:
        _write(ax, matrix, lambda number: number > -0.3 * most, _PANEL / matrix.shape[1])
    return image


def _write(ax: Axes, matrix: Any, is_light: Any, cell: float) -> None:
    """Write the numbers into cells so many inches wide, unless one of them has no room."""
    if max(matrix.shape) > _NUMBERED:
        return
    texts = [[digits(float(x), 2).replace("-", "−") for x in row] for row in matrix]
    if max(len(text) for row in texts for text in row) * _LETTER > cell:
        return
    for (i, j), number in np.ndenumerate(matrix):
        ax.text(j, i, texts[i][j], ha="center", va="center", fontsize=7,
                color="black" if is_light(number) else "white")  # fmt: skip


def _count_from_one(ax: Axes, shape: tuple[int, int]) -> None:
    for count, put in zip(shape, (ax.set_yticks, ax.set_xticks), strict=True):
        ticks = [*range(0, count, max(1, -(-count // 10)))]
        put(ticks, [str(t + 1) for t in ticks])
