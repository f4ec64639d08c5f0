"""What a model says of samples, and what its neurons do on the way; nothing of it is changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np

from autograd import Value, functions, nodes
from autograd.real import short
from autograd.value import recording
from viz.diagrams.neurons import Model, Place, neurons_of, parameters, places
from viz.plotting.columns import at_points


@dataclass(frozen=True)
class Layers:
    """Hold the layers of neurons of a model, whatever else is between them, and what follows them.

    `names` are the activations: of the neurons or, if these are linear, of the part after them.
    """

    layers: list[Any]
    names: list[str]


@dataclass(frozen=True)
class Alone:
    """Stand for the layer of a neuron that is a model by itself."""

    neurons: list[Any]


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

    A network (it has layers, neurons or modules inside) is called with Values for the inputs; else
    a model has `predict`. Raises TypeError for anything else, ValueError if there are not as many
    answers as rows.
    """
    rows = np.asarray(rows, dtype=float)
    if is_network(model):
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
    nonlin=False), "tanh"). Raises ValueError if not every neuron was computed exactly once.
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
    for place, neuron, name in zip(found, neurons, wanted, strict=True):
        if neuron.activation == "linear" and name in functions.__all__ and name not in _OF_A_LAYER:
            place.total, place.output = _activation_after(place.total, users)
    ends = list(accumulate(len(layer.neurons) for layer in model.layers))
    return [found[i:j] for i, j in zip([0, *ends], ends, strict=False)]


_OF_A_LAYER = ("softmax", "log_softmax")
_BETWEEN = ("add", "sub", "mul", "div", "neg", "identity")  # what a batch normalisation does in use


def _activation_after(total: Value, users: dict[Value, list[Value]]) -> tuple[Value, Value | None]:
    """Return the input and the output of the activation that a sum goes into, None if unclear."""
    v = total
    while len(users[v]) == 1:
        after = users[v][0]
        name = after.rule.name if after.rule is not None else ""
        if name not in _BETWEEN:
            alone = [x for x in after.inputs if type(x) is Value] == [v]
            return (v, after) if alone and name in functions.__all__ else (total, None)
        v = after
    return total, None


def activation_of(layer: Any) -> str:
    """Return the name of a layer's activation, or those of its neurons."""
    names = dict.fromkeys(str(neuron.activation) for neuron in layer.neurons)
    return str(getattr(layer, "activation", "")) or ", ".join(names)


def steepest(name: str) -> float:
    """Return the largest slope of an activation, from the engine; 1 for functions of one's own."""
    from viz.plotting.activation_plots import value_and_slope

    function = getattr(functions, name, None) if name in functions.__all__ else None
    if function is None:
        return 1.0
    return max(abs(value_and_slope(function, x / 4)[1]) for x in range(-24, 25)) or 1.0


def all_parameters(model: Any) -> list[Value]:
    """Return the parameters of a model: what its own method says, else those of its neurons."""
    if hasattr(model, "parameters"):
        return list(model.parameters())
    return [p for neuron in neurons_of(layers_of("the plot", model)) for p in parameters(neuron)]


def layers_of(use: str, model: Any) -> Layers:
    """Return the layers of neurons in a network, a layer, a neuron or a module that holds some.

    Raises TypeError for anything else.
    """
    walks = hasattr(model, "named_modules") and not isinstance(model, type)
    inside = [part for _, part in model.named_modules()] if walks else []
    held = getattr(model, "layers", None)
    held = held if isinstance(held, (list, tuple)) else []
    found = [part for part in held or inside if getattr(part, "neurons", None)]
    found = found or [part for part in inside if getattr(part, "neurons", None)]
    if not found and getattr(model, "neurons", None):
        found = [model]
    if not found:
        neurons = [part for part in inside or [model] if _is_neuron(part)]
        found = [Alone([neuron]) for neuron in neurons]
    if not found or isinstance(model, type):
        raise TypeError(
            f"{use}: {short(model)} is no network: it needs layers, each with neurons that have "
            "w, b and activation, as nn.MLP(2, [3, 1]) has"
        )
    return Layers(found, _names(found, inside))


def _names(layers: Sequence[Any], parts: Sequence[Any]) -> list[str]:
    names = [activation_of(layer) for layer in layers]
    now = -1
    for part in parts:
        if any(part is layer for layer in layers):
            now = [part is layer for layer in layers].index(True)
        follows = isinstance(getattr(part, "activation", None), str) and not hasattr(part, "w")
        if now >= 0 and follows and not hasattr(part, "neurons") and names[now] == "linear":
            names[now] = part.activation
    return names


def _is_neuron(part: Any) -> bool:
    return all(hasattr(part, name) for name in ("w", "b", "activation"))


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
