"""The classic drawing of a network: a circle for every neuron, a line for every weight."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any

from autograd import Value
from viz.diagrams.canvas import largest, signed, width
from viz.diagrams.digits import digits
from viz.diagrams.roles import ACTIVATION, INPUT, OUTPUT
from viz.plotting.network_layers import layers_of
from viz.plotting.network_numbers import check_chain, numbers_of, strength
from viz.plotting.panels import INK, literal, place

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ACROSS, _RADIUS = 2.6, 0.33  # between layers, and of a circle, where neurons are 1 apart
_MANY = 150  # lines, from which on they are drawn fainter


def network(
    model: Any,
    x: Sequence[Any] | None = None,
    *,
    graph: Value | Sequence[Value] | None = None,
    show: str = "weights",
    largest_layer: int = 10,
    ax: Axes | None = None,
) -> Figure:
    """Return a figure of the model as circles and lines; a line is a weight, its width the size.

    A weight below 0 is dashed orange, others are solid blue; biases are not drawn. With a sample
    `x`, or the `graph` (outputs or a loss) that the model made of one, the circles hold what the
    neurons computed. `show="gradients"` draws the gradients of the weights instead, and in the
    circles those of the neurons in the graph, so call `backward()` first. Of a layer with more
    than `largest_layer` neurons the first ones and the last one are drawn, a ⋮ between them. The
    model is a neuron, a layer or any that holds layers, each fed by the one before; what is between
    them, as normalisation or the skip of a residual connection, is not drawn. Raises ValueError for
    a graph of another model, layers that don't follow each other, gradients that are not there and
    unknown options, TypeError for what is no network, ImportError without matplotlib.
    """
    inside = layers_of("network", model)
    layers = inside.layers
    check_chain(layers)
    if show not in ("weights", "gradients"):
        raise ValueError(f"show={show!r}: it is 'weights' or 'gradients'")
    if largest_layer < 3:
        raise ValueError(f"largest_layer={largest_layer}: it must be 3 or more")
    if x is not None and graph is not None:
        raise ValueError("network(): give the sample x or the graph made of one, not both")
    strengths = [[[strength(w, show) for w in n.w] for n in layer.neurons] for layer in layers]
    columns = numbers_of(model, inside, x, graph, show)
    circles = [_shown(len(column), largest_layer) for column in columns]
    most = largest(s for layer in strengths for neuron in layer for s in neuron)

    tall = max(map(len, circles))
    figure, ax = place(ax, (1.9 * len(columns) + 1.4, 0.62 * tall + 1.7))
    tops = [(len(shown) - 1) / 2 for shown in circles]
    _lines(ax, strengths, circles, tops, most)
    names = [_inputs(layers[0])] + [[] for _ in layers]
    scale = largest(number for column in columns for number in column) or 1.0
    for i, (column, shown, top) in enumerate(zip(columns, circles, tops, strict=True)):
        part = INPUT if i == 0 else OUTPUT if i == len(layers) else ACTIVATION
        for k, j in enumerate(shown):
            _circle(ax, (i * _ACROSS, top - k), j, column, names[i], part, scale)
        title = f"layer {i}\n{inside.names[i - 1]}" if i else "inputs"
        title += f"\n{len(column)} of them" if None in shown else ""
        ax.text(i * _ACROSS, (tall - 1) / 2 + 0.6, literal(title), ha="center", va="bottom",
                fontsize=9, color=part.title)  # fmt: skip
    bottom = -(tall - 1) / 2 - 0.85
    caption = _caption(columns, scale, show == "gradients" and x is None)
    if "⋮" in (text.get_text() for text in ax.texts):
        caption += f"{'; ' if caption else ''}⋮: neurons left out"
    _scale(ax, bottom, most, "weight" if show == "weights" else "∂/∂weight")
    ax.text(-0.6, bottom - 0.35, caption, fontsize=8, color="#4B5563", va="top")
    ax.set(xlim=(-0.75, max(_ACROSS * len(layers) + 0.75, 6.4)), aspect="equal",
           ylim=(bottom - 0.9, (tall - 1) / 2 + 1.7))  # fmt: skip
    ax.set_axis_off()
    return figure


def _shown(count: int, most: int) -> list[int | None]:
    """Return which neurons are drawn, None for those left out.

    >>> _shown(3, 3), _shown(100, 4)
    ([0, 1, 2], [0, 1, None, 99])
    """
    return [*range(count)] if count <= most else [*range(most - 2), None, count - 1]


def _lines(ax: Axes, strengths: Any, circles: Any, tops: Sequence[float], most: float) -> None:
    from matplotlib.collections import LineCollection

    drawn = []
    for i, layer in enumerate(strengths):
        for k, j in enumerate(circles[i + 1]):
            for m, source in enumerate(circles[i]):
                if j is not None and source is not None:
                    ends = ((i * _ACROSS, tops[i] - m), ((i + 1) * _ACROSS, tops[i + 1] - k))
                    drawn.append((ends, layer[j][source]))
    drawn.sort(key=lambda line: largest([line[1]]))  # the strongest on top
    looks = [signed(strength) for _, strength in drawn]
    ax.add_collection(LineCollection(
        [ends for ends, _ in drawn],
        colors=[look["color"] for look in looks],
        linestyles=[(0, (4, 2)) if "style" in look else "solid" for look in looks],
        linewidths=[float(width(strength, most)) for _, strength in drawn],
        alpha=0.5 if len(drawn) > _MANY else 0.85, zorder=1, label="weights",
    ))  # fmt: skip


def _circle(ax: Axes, centre: tuple[float, float], j: int | None, column: Sequence[Any],
            names: Sequence[str], part: Any, scale: float) -> None:  # fmt: skip
    from matplotlib.patches import Circle

    if j is None:
        ax.text(*centre, "⋮", ha="center", va="center", fontsize=14, color=INK)
        return
    number = column[j]
    fill, text = part.fill, ""
    if number is not None:
        text = digits(float(number), 2)
        fill = _tint(float(number) / scale) if isfinite(number) else "white"
    ax.add_patch(Circle(centre, _RADIUS, facecolor=fill, edgecolor=part.line, linewidth=1.4,
                        zorder=2))  # fmt: skip
    if part is OUTPUT:  # a double border, as everywhere
        ax.add_patch(Circle(centre, _RADIUS + 0.06, fill=False, edgecolor=part.line, linewidth=1.0,
                            zorder=2))  # fmt: skip
    ax.text(*centre, text.replace("-", "−"), ha="center", va="center",
            fontsize=8 if len(text) < 6 else 6.5, zorder=3)  # fmt: skip
    if names:
        ax.text(centre[0] - _RADIUS - 0.08, centre[1], names[j], ha="right", va="center",
                fontsize=8, color=part.title)  # fmt: skip


def _tint(share: float) -> tuple[float, ...]:
    """Return white for 0, blue for 1, orange for -1, as the lines are, and what lies between."""
    full = (0.34, 0.71, 0.91) if share > 0 else (0.93, 0.69, 0.20)
    return tuple(1 - abs(share) * (1 - part) for part in full)


def _inputs(layer: Any) -> list[str]:
    return [f"x{j + 1}" for j in range(len(layer.neurons[0].w))]


def _scale(ax: Axes, y: float, most: float, what: str) -> None:
    """Draw which look stands for which number."""
    from matplotlib.collections import LineCollection

    ax.text(-0.6, y, what, fontsize=8, color="#4B5563", va="center")
    shown = [-most, -most / 4, most / 4, most] if most else []
    if not shown:
        ax.text(0.55, y, "all are 0", fontsize=8, color="#4B5563", va="center")
    for i, number in enumerate(shown):
        left, look = 0.55 + 1.5 * i, signed(number)
        ax.add_collection(LineCollection(
            [((left, y), (left + 0.65, y))], colors=[look["color"]], label="scale",
            linestyles=[(0, (4, 2)) if "style" in look else "solid"],
            linewidths=[float(width(number, most))],
        ))  # fmt: skip
        ax.text(left + 0.72, y, digits(number, 2).replace("-", "−"), fontsize=8, color="#4B5563",
                va="center")  # fmt: skip


def _caption(columns: Sequence[Sequence[Any]], scale: float, gradients: bool) -> str:
    if all(number is None for column in columns for number in column):
        return ""
    holds = "∂/∂output of the neuron" if gradients else "output of the neuron"
    return f"circle: {holds}, blue above 0, orange below, full at {digits(scale, 2)}"
