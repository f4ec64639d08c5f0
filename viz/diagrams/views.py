"""The front door: choose a view and draw."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from typing import Any

from autograd import Value, nodes
from autograd.real import short
from viz.diagrams.detail import detail
from viz.diagrams.digits import digits
from viz.diagrams.folding import Part, contents, repeats
from viz.diagrams.full import full
from viz.diagrams.labels import plain
from viz.diagrams.layers import NEURONS, PARAMETERS, readable_depth
from viz.diagrams.module_view import module_view, readable_module_depth
from viz.diagrams.modules import is_chain_of_neurons, parameters_of
from viz.diagrams.neurons import is_fed_in_order
from viz.diagrams.selection import Only, chosen
from viz.diagrams.summary import summary
from viz.diagrams.titles import title
from viz.rendering.drawing import Drawing

VIEWS = ("auto", "detail", "summary", "full")
MOST_IN_DETAIL = 40
MOST = 1000
_MOST_SEARCHED = 100_000  # values; in more than these no repetition is sought
_INSTEAD = (
    "model= shows a network by its layers, only=w the strongest path from w, "
    "only=viz.largest(10) the largest gradients, only=viz.sample(0) one sample"
)


def draw(
    values: Value | Iterable[Value] | None = None,
    view: str = "auto",
    model: Any = None,
    force: bool = False,
    *,
    depth: int | None = None,
    only: Only | None = None,
    contribution: bool = False,
) -> Drawing:
    """Return a drawing of all that the values were computed from, or of a model alone.

    The views are "detail", one box per value; "summary", one per neuron of the model; and "full",
    every operation with the leaves that only it uses inside. "auto" is detail up to 40 values,
    then summary if there is a model, else full. Nothing is changed; gradients are shown where a
    backward pass has left some; with `contribution` arrows say local × upstream.

    A summary shows a network of neurons, by `depth`, with 3 its parameters, 2 a line per neuron,
    1 a box per layer or 0 one box; of any other model 0 one box, 1 its parts, 2 the parts of
    those, and last of all the insides of layers and of cells (LSTM, attention); by default as much
    as a screen holds, without these. A convolution shows its kernels, a cell its gates. `only`
    draws a part: the strongest path from a Value or from each of several, `viz.path(w)`,
    `viz.largest(5)`, `viz.sample(0)`, or what a function of all values returns. Rounds that repeat
    are folded where there are more than 1,000 values. Raises ValueError for an unknown view, a
    summary without a model, a model that did not make the values, and more than 1,000 values to be
    drawn unless `force=True`.

    >>> y = Value(3.0, "x") ** 2
    >>> draw(y).title
    'x² = 9, drawn with 2 values, 1 of them leaves'
    """
    ys = [] if values is None else given(values, "draw")
    if not ys and model is None:
        raise ValueError("draw(): give a Value, several of them, or model=")
    _check(view, depth)
    order = nodes(*ys)
    weights = set() if model is None else set(parameters_of(model))
    if ys and weights and weights.isdisjoint(order):
        raise ValueError("model=: it did not make these values: none was computed from its weights")
    part = _part(ys, order, only, force)
    shown = len(part.kept) if part else len(order)
    if view == "auto":
        small = ys and shown <= MOST_IN_DETAIL and depth is None
        view = "detail" if small else "summary" if model is not None else "full"
    if view == "summary":
        if model is None:
            raise ValueError("view='summary' shows the neurons of a model: give it, as model=mlp")
        kept = part.kept if part and only is not None else None
        return _summary(model, ys, depth, kept, weights, force)
    if not ys:
        raise ValueError(f"view={view!r} shows values: give one that the model computed")
    if depth is not None:
        raise ValueError(f"depth={depth} folds a network: give model=, and view='summary' or none")
    check_size(shown, f"values ({contents(order)})", force)
    words = _computation(ys, order) + (f"; {shown} of them are shown" if part else "")
    if view == "detail":
        return Drawing(detail(ys, weights, part=part, contribution=contribution), words)
    return Drawing(full(ys, model, part, contribution), words)


def given(values: Value | Iterable[Value], call: str) -> list[Value]:
    """Return the values that a function was called with; raise TypeError if they are no Values."""
    if type(values) is Value:
        return [values]
    ys = list(values) if isinstance(values, Iterable) else [values]
    wrong = [y for y in ys if type(y) is not Value]
    if wrong:
        raise TypeError(
            f"{call}(): {short(wrong[0])} is not a Value: give the result of a computation with "
            f"Values, as viz.{call}(a * b), or several"
        )
    return ys


def _check(view: str, depth: int | None) -> None:
    if view not in VIEWS:
        raise ValueError(f"view={view!r}: it must be one of {', '.join(VIEWS)}")
    if depth is not None and (type(depth) is not int or depth < 0):
        raise ValueError(
            f"depth={depth!r}: 0 the network, 1 layers, 2 neurons, 3 parameters; "
            "of other models 0 the model, 1 its parts, 2 the parts of those..."
        )


def _summary(model: Any, ys: Sequence[Value], depth: int | None, kept: Set[Value] | None,
             weights: Set[Value], force: bool) -> Drawing:  # fmt: skip
    words = f"{len(weights):,} parameters"
    if not is_chain_of_neurons(model) or (ys and not is_fed_in_order(model, ys, kept)):
        if depth is None:
            depth = readable_module_depth(model, ys)
        kind = type(model).__name__
        return Drawing(module_view(model, ys, depth, kept), f"{kind} with {words}, by its modules")
    if depth is None:
        depth = PARAMETERS if force else readable_depth(model)
    elif depth > PARAMETERS:
        raise ValueError(
            f"depth={depth!r}: this network has 0 the network, 1 layers, 2 neurons, 3 parameters"
        )
    elif depth >= NEURONS:
        check_size(len(weights), "parameters", force, "a lower depth= shows fewer")
    shape = ", ".join(str(len(layer.neurons)) for layer in model.layers)
    title = f"network with layers of {shape} neurons and {len(weights)} parameters"
    return Drawing(summary(model, ys, depth, kept), title)


def _part(
    ys: Sequence[Value], order: Sequence[Value], only: Only | None, force: bool
) -> Part | None:
    """Return what `only` chooses; else, of too many values, those outside of repeated rounds."""
    if only is not None:
        if not order:
            raise ValueError("only= is a part of a graph: give the values that it belongs to")
        return Part(chosen(order, only) | set(ys))
    if len(order) <= MOST or force or len(order) > _MOST_SEARCHED:
        return None
    folds = repeats(order)
    folded = {v for fold in folds for v in fold.members}
    used = {x for v in order if v not in folded for x in v.inputs if type(x) is Value}
    kept = used.union(ys, (v for v in order if v.rule is not None)) - folded
    return Part(kept | set(ys), folds) if folds else None


def check_size(size: int, what: str, force: bool, instead: str = _INSTEAD) -> None:
    """Raise ValueError if that is more than can be read, unless forced."""
    if size > MOST and not force:
        raise ValueError(
            f"{size:,} {what} are more than the {MOST:,} that can be read: {instead}, "
            "or force=True draws all of them anyway"
        )


def picture(v: Value) -> str | None:
    """Return the SVG of a value for a notebook, None if it is too large or can't be drawn."""
    try:
        return draw(v)._repr_svg_()
    except Exception:  # whatever it is, a notebook then shows the plain repr
        return None


def _computation(ys: Sequence[Value], order: Sequence[Value]) -> str:
    names = ", ".join(f"{plain(y.label) or title(y) or 'value'} = {digits(y.data)}" for y in ys[:3])
    more = ", ..." if len(ys) > 3 else ""
    if len(order) == 1:
        return f"{names}, a value alone"
    leaves = sum(v.rule is None for v in order)
    return f"{names}{more}, drawn with {len(order)} values, {leaves} of them leaves"
