"""The classic drawing of a network: a circle for every neuron, a line for every weight."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any

from autograd import Value
from autograd.real import short
from autograd.value import detached
from viz.canvas import largest, signed, width
from viz.digits import digits
from viz.neurons import Place
from viz.panels import INK, literal, place
from viz.roles import ACTIVATION, INPUT, OUTPUT
from viz.running import activation_of, by_layer, checked_model, outputs_of

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
    than `largest_layer` neurons the first ones and the last one are drawn. Raises ValueError for a
    graph of another model, gradients that are not there and unknown options, TypeError for what is
    no network, ImportError without matplotlib.
    """
    layers = checked_model("network", model).layers
    if show not in ("weights", "gradients"):
        raise ValueError(f"show={show!r}: it is 'weights' or 'gradients'")
    if largest_layer < 3:
        raise ValueError(f"largest_layer={largest_layer}: it must be 3 or more")
    if x is not None and graph is not None:
        raise ValueError("network(): give the sample x or the graph made of one, not both")
    strengths = [[[_strength(w, show) for w in n.w] for n in layer.neurons] for layer in layers]
    columns = _columns(model, x, graph, show)
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
        title = f"layer {i}\n{activation_of(layers[i - 1])}" if i else "inputs"
        title += f"\n{len(column)} of them" if None in shown else ""
        ax.text(i * _ACROSS, (tall - 1) / 2 + 0.6, literal(title), ha="center", va="bottom",
                fontsize=9, color=part.title)  # fmt: skip
    caption = _caption(show, columns, most, show == "gradients" and x is None)
    ax.text(-0.6, -(tall - 1) / 2 - 0.75, caption, fontsize=8, color="#4B5563", va="top")
    ax.set(xlim=(-0.75, _ACROSS * len(layers) + 0.75), aspect="equal",
           ylim=(-(tall - 1) / 2 - 1.5, (tall - 1) / 2 + 1.7))  # fmt: skip
    ax.set_axis_off()
    return figure


def _strength(w: Value, show: str) -> Any:
    if show == "weights":
        return w.data
    if w.grad is None:
        raise ValueError(f"{short(w)} has no gradient yet: call loss.backward() first")
    return w.grad


def _columns(model: Any, x: Any, graph: Any, show: str) -> list[list[Any]]:
    """Return the number in every circle, inputs first; None where it is not known."""
    layers = model.layers
    blank = [[None] * len(layers[0].neurons[0].w)]
    blank += [[None] * len(layer.neurons) for layer in layers]
    if x is None and graph is None:
        return blank
    ys = outputs_of(model, x) if graph is None else [graph] if type(graph) is Value else graph
    found = by_layer(model, list(ys))
    values: list[list[Any]] = [found[0][0].inputs]
    values += [_outputs(places, found[i + 1 : i + 2]) for i, places in enumerate(found)]
    if x is not None and len(ys) == len(values[-1]):
        values[-1] = list(ys)  # what a softmax made of the sums, say
    if show == "gradients" and x is None:
        return [[v.grad if type(v) is Value else None for v in column] for column in values]
    return [[detached(v) for v in column] for column in values]


def _outputs(places: Sequence[Place], following: Sequence[Sequence[Place]]) -> list[Any]:
    """Return the neurons' outputs; one that is not clear is what the next layer was fed with."""
    fed = following[0][0].inputs if following else []
    fed = fed if len(fed) == len(places) else [None] * len(places)
    return [f if p.output is None else p.output for p, f in zip(places, fed, strict=True)]


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
    ax.text(*centre, text.replace("-", "−"), ha="center", va="center", fontsize=8, zorder=3)
    if names:
        ax.text(centre[0] - _RADIUS - 0.08, centre[1], names[j], ha="right", va="center",
                fontsize=8, color=part.title)  # fmt: skip


def _tint(share: float) -> tuple[float, ...]:
    """Return white for 0, blue for 1, orange for -1, as the lines are, and what lies between."""
    full = (0.34, 0.71, 0.91) if share > 0 else (0.93, 0.69, 0.20)
    return tuple(1 - abs(share) * (1 - part) for part in full)


def _inputs(layer: Any) -> list[str]:
    return [f"x{j + 1}" for j in range(len(layer.neurons[0].w))]


def _caption(show: str, columns: Sequence[Sequence[Any]], most: float, gradients: bool) -> str:
    what = "weight" if show == "weights" else "∂/∂weight"
    text = f"line: solid blue = {what} ≥ 0, dashed orange = {what} < 0;"
    text += f" the widest is {digits(most, 2)} in size"
    if any(number is not None for column in columns for number in column):
        holds = "∂/∂output of the neuron" if gradients else "output of the neuron"
        text += f"\ncircle: {holds}, blue above 0, orange below"
    return text
