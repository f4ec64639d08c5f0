"""What a model says of samples, and what its neurons do on the way; nothing of it is changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate
from typing import Any

import numpy as np

from autograd import Value, functions, nodes
from autograd.real import short
from autograd.value import recording
from viz.diagrams.neurons import Model, Place, neurons_of, places
from viz.plotting.columns import at_points
from viz.plotting.network_layers import activation_of


@contextmanager
def in_use(model: Any) -> Iterator[None]:
    """Keep dropout and the like still, as a model's `eval` does, and put its modes back."""
    inside = model.named_modules() if hasattr(model, "named_modules") else []
    modes = [(part, part.training) for _, part in inside]
    try:
        for part, _ in modes:
            part.training = False
        yield
    finally:
        for part, mode in modes:
            part.training = mode


def scores(model: Any, rows: Any) -> Any:
    """Return what a model or a function of all rows says, as an array (rows, outputs).

    A model of `nn` predicts; another network, with layers or neurons inside, is called with Values
    for the inputs; what is no network has `predict`, or is called with the rows. Raises TypeError
    for anything else, ValueError if there are not as many answers as rows.
    """
    rows = np.asarray(rows, dtype=float)
    if is_network(model) and not hasattr(model, "named_modules"):
        xs = [Value(0.0) for _ in rows[0]]
        with in_use(model):
            answers = at_points(lambda: model(xs), xs, rows)
    elif hasattr(model, "predict"):
        answers = model.predict(rows)
    elif callable(model):
        answers = model(rows)
    else:
        raise TypeError(
            f"{short(model)} is neither a model nor a function of an array of rows, "
            "as lambda rows: rows[:, 0] is"
        )
    found = np.asarray(answers, dtype=float)
    if found.ndim not in (1, 2) or len(found) != len(rows):
        raise ValueError(
            f"{short(model)} gave an array of shape {found.shape} for {len(rows)} rows: "
            "give a number, or a list of them, for each row"
        )
    return found.reshape(len(rows), -1)


def is_network(model: Any) -> bool:
    """Say whether a model takes one sample of Values, and not an array of rows."""
    inside = any(hasattr(model, name) for name in ("layers", "neurons", "w", "named_modules"))
    return inside and callable(model) and not isinstance(model, type)


def outputs_of(model: Any, x: Sequence[Any]) -> list[Value]:
    """Return the Values that a model gives for one sample, recorded, its modes put back."""
    with in_use(model), recording(True):
        ys = model(x)
    return list(ys) if isinstance(ys, (list, tuple)) else [ys]


def by_layer(model: Model, ys: Sequence[Value]) -> list[list[Place]]:
    """Return where each neuron was computed in the graph of ys, layer by layer.

    The activation of a linear neuron may be a part of its own, as in nn.Sequential(nn.Layer(2, 2,
    nonlin=False), "tanh"), also behind a normalisation; then `total` is what the activation was
    given. Raises ValueError if not every neuron was computed exactly once.
    """
    neurons = neurons_of(model)
    found = places(neurons, ys)
    if found is None:
        raise ValueError(
            "the model did not make this graph from one sample: give what was computed from it, "
            "every neuron being used once"
        )
    users: dict[Value, list[Value]] = defaultdict(list)
    for v in nodes(*ys):
        for x in v.inputs:
            if type(x) is Value:
                users[x].append(v)
    names = getattr(model, "names", None) or [activation_of(layer) for layer in model.layers]
    wanted = [name for name, layer in zip(names, model.layers, strict=True) for _ in layer.neurons]
    ends = list(accumulate(len(layer.neurons) for layer in model.layers))
    layers = [found[i:j] for i, j in zip([0, *ends], ends, strict=False)]
    followed = [*(layer[0].inputs for layer in layers[1:]), ys]
    after = [v for layer, fed in zip(layers, followed, strict=True)
             for v in (fed if len(fed) == len(layer) else [None] * len(layer))]  # fmt: skip
    for place, neuron, name, fed in zip(found, neurons, wanted, after, strict=True):
        known = name in functions.__all__ and name not in _OF_A_LAYER
        if name == "prelu" or (neuron.activation == "linear" and known):
            place.total, place.output = _activation_after(place.total, users)
            if place.output is None and type(fed) is Value and _is_activation(fed):
                place.total, place.output = fed.inputs[0], fed  # behind a layer normalisation
    return layers


_OF_A_LAYER = ("softmax", "log_softmax")
_BETWEEN = ("add", "sub", "mul", "div", "neg", "identity")  # what a batch normalisation does in use


def _activation_after(total: Value, users: dict[Value, list[Value]]) -> tuple[Value, Value | None]:
    """Return the input and the output of the activation that a sum goes into, None if unclear."""
    v = total
    while len(users[v]) == 1:
        after = users[v][0]
        if after.rule is None or after.rule.name not in _BETWEEN:
            return (v, after) if _is_activation(after) and after.inputs[0] is v else (total, None)
        v = after
    return total, None


def _is_activation(v: Value) -> bool:
    """Say whether v is a function of one Value, or of one and the slope that a PReLU learns."""
    name = v.rule.name if v.rule is not None else ""
    count = sum(type(x) is Value for x in v.inputs)
    alone = type(v.inputs[0]) is Value and (count == 1 or (name == "leaky_relu" and count == 2))
    return alone and name in functions.__all__ and name not in _BETWEEN


def steepest(name: str) -> float:
    """Return the largest slope of an activation, from the engine; 1 for functions of one's own."""
    from viz.plotting.activation_plots import value_and_slope

    function = getattr(functions, name, None) if name in functions.__all__ else None
    if function is None:
        return 1.0
    return max(abs(value_and_slope(function, x / 4)[1]) for x in range(-24, 25)) or 1.0


def checked_rows(use: str, X: Any, columns: Sequence[int]) -> Any:  # noqa: N803
    """Return X as an array (samples, inputs).

    Raises ValueError unless it has so many inputs, all finite numbers.
    """
    wanted = " or ".join(map(str, columns))
    try:
        rows = np.asarray(X, dtype=float)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{use}: X is no array of numbers ({error}); give a row of {wanted} numbers for each "
            "sample"
        ) from None
    rows = rows[:, None] if rows.ndim == 1 and 1 in columns else rows
    if rows.ndim != 2 or rows.shape[1] not in columns or not len(rows):
        raise ValueError(
            f"{use}: X has shape {rows.shape}; give a row of {wanted} numbers for each sample"
        )
    if not np.isfinite(rows).all():
        i, j = np.argwhere(~np.isfinite(rows))[0]
        raise ValueError(f"{use}: X[{i}][{j}] is {rows[i, j]}; leave such samples out")
    return rows
