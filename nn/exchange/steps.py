"""What a multi-layer perceptron does, step by step, in arrays and names; and a model of that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nn.activations import LAYER_TITLES
from nn.layers.dropout import Dropout
from nn.layers.layer import Layer
from nn.layers.mlp import MLP
from nn.layers.prelu import PReLU
from nn.layers.sequential import Elementwise, Sequential
from nn.module import Module
from nn.storage.description import describe

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Dense:
    """Hold the weights of a layer, shape (outputs, inputs), and its biases, if it has any."""

    weights: Array
    biases: Array | None


Step = Dense | Dropout | PReLU | str  # a text is the name of an activation


def steps_of(part: Any, use: str) -> Iterator[Step]:
    """Yield the weights and activations of a model in the order in which they act."""
    if type(part).__call__ in (MLP.__call__, Sequential.__call__):  # a chain, and nothing else
        for inner in part.layers if isinstance(part, MLP) else part.parts:
            yield from steps_of(inner, use)
    elif isinstance(part, Layer):
        activation = describe(part)["activation"]
        neurons = part.neurons
        weights = np.array([[w.data for w in n.w] for n in neurons], dtype=float)
        biases = [n.b.data for n in neurons if n.b is not None]
        yield Dense(weights, np.array(biases, dtype=float) if biases else None)
        if activation == "prelu":
            yield prelu_of([float(n.function.slopes[0].data) for n in neurons])  # type: ignore[attr-defined]
        elif isinstance(activation, dict):
            yield from steps_of(neurons[0].function, use)
        elif activation != "linear":
            yield activation
    elif isinstance(part, (Dropout, PReLU)):
        yield part
    elif isinstance(part, Elementwise):
        yield describe(part)["activation"]
    elif getattr(part, "__name__", "") in LAYER_TITLES:
        yield part.__name__
    else:
        kind = type(part).__name__ if isinstance(part, Module) else repr(part)
        raise ValueError(
            f"{use}: {kind} has no counterpart here; known are MLP, Sequential, Layer, "
            "activations by name, PReLU and Dropout"
        )


def prelu_of(slopes: Sequence[float]) -> PReLU:
    part = PReLU(len(slopes))
    for slope, number in zip(part.slopes, slopes, strict=True):
        slope.data = number
    return part


def network_of(steps: list[Step], use: str) -> MLP | Sequential:
    """Return an MLP of these steps if they have that form, else a Sequential."""
    layers: list[tuple[Dense, str]] = []
    parts: list[Any] = []
    for step in steps:
        if isinstance(step, Dense):
            nin = step.weights.shape[1]
            if layers and nin != len(layers[-1][0].weights):
                raise ValueError(
                    f"{use}: a layer of {nin} inputs follows one of {len(layers[-1][0].weights)} "
                    "outputs; they must be as many"
                )
            layers.append((step, "linear"))
            parts.append(_layer(step, "linear"))
        elif isinstance(step, str) and parts and _is_bare(parts[-1]):
            layers[-1] = layers[-1][0], step
            parts[-1] = _layer(layers[-1][0], step)
        else:
            parts.append(step)
    if not layers:
        raise ValueError(f"{use}: there is no layer with weights in it")
    hidden = {activation for _, activation in layers[:-1]}
    biased = {dense.biases is not None for dense, _ in layers}
    if len(parts) > len(layers) or len(hidden) > 1 or len(biased) > 1:
        return Sequential(*parts)
    sizes = [len(dense.weights) for dense, _ in layers]
    activation = hidden.pop() if hidden else "relu"
    model = MLP(layers[0][0].weights.shape[1], sizes, activation=activation,
                output=layers[-1][1], bias=biased.pop(), seed=0)  # fmt: skip
    model.load_state_dict({
        f"layers.{i}.{name}": x
        for i, part in enumerate(parts)
        for name, x in part.state_dict().items()
    })  # fmt: skip
    return model


def _is_bare(part: Any) -> bool:
    return isinstance(part, Layer) and part.activation == "linear"


def _layer(dense: Dense, activation: str) -> Layer:
    """Return a Layer with these weights."""
    nout, nin = dense.weights.shape
    layer = Layer(nin, nout, activation=activation, bias=dense.biases is not None, seed=0)
    for neuron, row in zip(layer.neurons, dense.weights.tolist(), strict=True):
        for w, x in zip(neuron.w, row, strict=True):
            w.data = x
    for neuron, x in zip(layer.neurons, biases_of(dense).tolist(), strict=True):
        if neuron.b is not None:
            neuron.b.data = x
    return layer


def biases_of(dense: Dense) -> Array:
    return np.zeros(len(dense.weights)) if dense.biases is None else dense.biases
