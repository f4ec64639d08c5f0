"""What a model says of samples, and what its neurons do on the way; nothing of it is changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate
from typing import Any

import numpy as np

from autograd import Value, no_grad
from autograd.real import short
from autograd.value import detached, recording
from viz.neurons import Model, Place, neurons_of, parameters, places


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

    A model has `predict`, or `layers` and is called with one row at a time. Raises TypeError for
    anything else, ValueError if there are not as many answers as rows.
    """
    rows = np.asarray(rows, dtype=float)
    if hasattr(model, "predict"):
        answers = model.predict(rows)
    elif hasattr(model, "layers"):
        with in_use(model), no_grad():
            answers = [_numbers(model(row)) for row in rows.tolist()]
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


def _numbers(output: Any) -> list[float]:
    return [float(detached(y)) for y in (output if isinstance(output, (list, tuple)) else [output])]


def outputs_of(model: Any, x: Sequence[Any]) -> list[Value]:
    """Return the Values that a model gives for one sample, recorded, its modes put back."""
    with in_use(model), recording(True):
        ys = model(x)
    return list(ys) if isinstance(ys, (list, tuple)) else [ys]


def by_layer(model: Model, ys: Sequence[Value]) -> list[list[Place]]:
    """Return where each neuron was computed in the graph of ys, layer by layer.

    Raises ValueError if not every neuron was, exactly once.
    """
    neurons = neurons_of(model)
    found = places(neurons, ys)
    if found is None:
        raise ValueError(
            "the model did not make this graph from one sample: give what was computed from it, "
            "every neuron being used once"
        )
    ends = list(accumulate(len(layer.neurons) for layer in model.layers))
    return [found[i:j] for i, j in zip([0, *ends], ends, strict=False)]


def activation_of(layer: Any) -> str:
    """Return the name of a layer's activation, or those of its neurons."""
    names = dict.fromkeys(str(neuron.activation) for neuron in layer.neurons)
    return str(getattr(layer, "activation", "")) or ", ".join(names)


def all_parameters(model: Any) -> list[Value]:
    """Return the parameters of a model: what its own method says, else those of its neurons."""
    if hasattr(model, "parameters"):
        return list(model.parameters())
    return [p for neuron in neurons_of(model) for p in parameters(neuron)]


def checked_model(use: str, model: Any) -> Any:
    """Return a model of layers with neurons. Raises TypeError for anything else."""
    layers = getattr(model, "layers", None)
    if not layers or not all(getattr(layer, "neurons", None) for layer in layers):
        raise TypeError(
            f"{use}: {short(model)} is no network: it needs layers, each with neurons that have "
            "w, b and activation, as nn.MLP(2, [3, 1]) has"
        )
    return model


def checked_rows(use: str, X: Any, columns: Sequence[int]) -> Any:  # noqa: N803
    """Return X as an array (samples, inputs). Raises ValueError unless it has so many inputs."""
    rows = np.asarray(X, dtype=float)
    rows = rows[:, None] if rows.ndim == 1 and 1 in columns else rows
    if rows.ndim != 2 or rows.shape[1] not in columns or not len(rows):
        wanted = " or ".join(map(str, columns))
        raise ValueError(
            f"{use}: X has shape {rows.shape}; give a row of {wanted} numbers for each sample"
        )
    return rows
