"""The front door: choose a view and draw."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from autograd import Value, nodes
from viz.detail import detail
from viz.digits import digits
from viz.drawing import Drawing
from viz.full import full
from viz.labels import plain
from viz.neurons import Model, neurons_of, parameters
from viz.render import RenderError
from viz.summary import summary
from viz.titles import title

VIEWS = ("auto", "detail", "summary", "full")
MOST_IN_DETAIL = 40
MOST = 1000


def draw(
    values: Value | Iterable[Value] | None = None,
    view: str = "auto",
    model: Model | None = None,
    force: bool = False,
) -> Drawing:
    """Return a drawing of all that the values were computed from, or of a model alone.

    The views are "detail", one box per value; "summary", one per neuron of the model; and "full",
    every operation with the leaves that only it uses inside. "auto" is detail up to 40 values,
    then summary if there is a model, else full. Nothing is changed; gradients are shown where a
    backward pass has left some. Raises ValueError for an unknown view, a summary without a
    model, and more than 1,000 values or parameters unless `force=True`.

    >>> y = Value(3.0, "x") ** 2
    >>> draw(y).title
    'x² = 9, drawn with 2 values, 1 of them leaves'
    """
    ys = [] if values is None else [values] if type(values) is Value else list(values)
    if not ys and model is None:
        raise ValueError("draw(): give a Value, several of them, or model=")
    if model is not None and not hasattr(model, "layers"):
        raise TypeError(f"model={model!r} has no layers: give a network, as nn.MLP")
    if view not in VIEWS:
        raise ValueError(f"view={view!r}: it must be one of {', '.join(VIEWS)}")
    order = nodes(*ys)
    if view == "auto":
        small = ys and len(order) <= MOST_IN_DETAIL
        view = "detail" if small else "summary" if model is not None else "full"
    if view == "summary":
        if model is None:
            raise ValueError("view='summary' shows the neurons of a model: give it, as model=mlp")
        size = sum(len(parameters(neuron)) for neuron in neurons_of(model))
        check_size(size, "parameters", force)
        return Drawing(summary(model, ys), _network(model, size))
    if not ys:
        raise ValueError(f"view={view!r} shows values: give one that the model computed")
    check_size(len(order), "values", force)
    if view == "detail":
        weights = {p for n in neurons_of(model) for p in parameters(n)} if model else set()
        return Drawing(detail(ys, weights), _computation(ys, order))
    return Drawing(full(ys, model), _computation(ys, order))


def check_size(size: int, what: str, force: bool) -> None:
    """Raise ValueError if that is more than can be read, unless forced."""
    if size > MOST and not force:
        raise ValueError(
            f"{size:,} {what} are more than the {MOST:,} that can be read: show a part of it, "
            "or force=True to have all of them anyway"
        )


def picture(v: Value) -> str | None:
    """Return the SVG of a value for a notebook, None if it is too large or can't be drawn."""
    try:
        return draw(v)._repr_svg_()
    except (ValueError, RenderError):
        return None


def _computation(ys: Sequence[Value], order: Sequence[Value]) -> str:
    names = ", ".join(f"{plain(y.label) or title(y) or 'value'} = {digits(y.data)}" for y in ys[:3])
    more = ", ..." if len(ys) > 3 else ""
    leaves = sum(v.rule is None for v in order)
    return f"{names}{more}, drawn with {len(order)} values, {leaves} of them leaves"


def _network(model: Model, size: int) -> str:
    shape = ", ".join(str(len(layer.neurons)) for layer in model.layers)
    return f"network with layers of {shape} neurons and {size} parameters"
