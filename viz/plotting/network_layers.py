"""The layers of neurons in a model of any make: found, named, and its parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from autograd import Value
from autograd.real import short
from viz.diagrams.neurons import neurons_of, parameters


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


def activation_of(layer: Any) -> str:
    """Return the name of a layer's activation, or those of its neurons."""
    names = dict.fromkeys(str(neuron.activation) for neuron in layer.neurons)
    return str(getattr(layer, "activation", "")) or ", ".join(names)


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
        said = "prelu" if type(part).__name__ == "PReLU" else getattr(part, "activation", None)
        follows = isinstance(said, str) and not hasattr(part, "w") and not hasattr(part, "neurons")
        if now >= 0 and follows and names[now] == "linear":
            names[now] = str(said)
    return names


def _is_neuron(part: Any) -> bool:
    return all(hasattr(part, name) for name in ("w", "b", "activation"))
