"""A model's structure as JSON: which classes of `nn`, with which options; and a model from that."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

from autograd import functions
from autograd.real import short
from nn.activations import LAYER_TITLES, find_activation
from nn.layers.dropout import Dropout
from nn.layers.embedding import Embedding
from nn.layers.layer import Layer
from nn.layers.mlp import MLP
from nn.layers.neuron import Neuron
from nn.layers.normalisation import BatchNorm, LayerNorm
from nn.layers.perceptron import Perceptron
from nn.layers.prelu import PReLU
from nn.layers.residual import Residual
from nn.layers.sequential import Elementwise, Sequential
from nn.module import Module

Description = dict[str, Any]


def describe(model: Module) -> Description:
    """Return {"class": name, option: value, ...}, options that are Modules likewise.

    Raises ValueError, saying what it is, for a part that a name and options do not give again: a
    class or function of one's own, shared parameters, a layer changed by hand.

    >>> describe(MLP(2, [16, 1]))  # doctest: +NORMALIZE_WHITESPACE
    {'class': 'MLP', 'nin': 2, 'nouts': [16, 1], 'activation': 'relu', 'output': 'linear',
     'bias': True}
    """
    found: Description = _described(model)
    if list(build(found).state_dict()) != list(model.state_dict()):
        raise ValueError("some parameters are shared between its parts or were added by hand")
    return found


def build(description: Description) -> Module:
    """Return a new model of that description; its parameters are still to be set.

    Python's `random` is left alone. Raises ValueError for a class that is not one of `nn`'s layers
    and for options that it refuses.

    >>> build({"class": "Sequential", "parts": [{"class": "Dropout", "p": 0.5}, "tanh"]})
    Sequential of [Dropout(0.5), Tanh]
    """
    if not isinstance(description, dict):
        raise ValueError(f"{short(description)} describes no model")
    options = {name: _built(option) for name, option in description.items()}
    kind = _CLASSES.get(str(options.pop("class", None)))
    if kind is None:
        raise ValueError(
            f"{description.get('class')!r} is no class of nn's; known are {', '.join(_CLASSES)}"
        )
    if kind in _SEEDED:
        options["seed"] = 0
    try:
        model: Module = kind(*options.pop("parts", ()), **options)
    except TypeError as error:
        raise ValueError(f"{kind.__name__} with {description}: {error}") from None
    return model


def size(description: Any) -> int:
    """Return how many weights a model of that description has at least, without building it.

    >>> size({"class": "MLP", "nin": 2, "nouts": [16, 1], "activation": "relu"})
    48
    """
    if isinstance(description, list):
        return sum(map(size, description))
    if not isinstance(description, dict):
        return 0
    match description:
        case {"class": "MLP", "nin": int(nin), "nouts": [*nouts]}:
            own = sum(a * b for a, b in pairwise([nin, *map(int, nouts)]))
        case {"nin": int(a), "nout": int(b)} | {"count": int(a), "size": int(b)}:
            own = a * b
        case {"nin": int(own)} | {"n": int(own)} | {"count": int(own)}:
            pass
        case _:
            own = 0
    return own + sum(map(size, description.values()))


def difference(a: Any, b: Any, name: str) -> tuple[str, str]:
    """Return the first option that differs, as it is in both."""
    if isinstance(a, dict) and isinstance(b, dict) and list(a) == list(b):
        pairs = [(a[key], b[key], key) for key in a]
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        pairs = [(x, y, name) for x, y in zip(a, b, strict=True)]
    else:
        return f"{name} {a!r}".strip(), f"{name} {b!r}".strip()
    return next(difference(*pair) for pair in pairs if pair[0] != pair[1])


def _built(option: Any) -> Any:
    if isinstance(option, list):
        return [_built(item) for item in option]
    return build(option) if isinstance(option, dict) else option


def _described(part: Any) -> Any:
    """Return the description of a module, or the name of softmax or log_softmax."""
    for name in LAYER_TITLES:
        if part is getattr(functions, name):
            return name
    if not isinstance(part, Module):
        raise ValueError(f"{_name(part)} is a Python function")
    options = _OPTIONS.get(type(part))
    if options is None:
        raise ValueError(f"{type(part).__name__} is a class of your own")
    return {"class": type(part).__name__, **options(part)}


def _name(function: Any) -> str:
    return str(getattr(function, "__name__", type(function).__name__))


def _activation(name: str, function: Any) -> Any:
    """Return the activation's name, or the description of a Module that all neurons share."""
    if isinstance(function, Module) and name != "prelu":
        return _described(function)
    try:
        known = find_activation(name)[1]
    except ValueError:
        known = None
    if known is not function and not type(known) is type(function) is PReLU:
        raise ValueError(f"the activation {_name(function)} is a Python function")
    return name


def _only(items: Iterable[Any], holder: Module) -> Any:
    """Return the one thing that all are. Raises ValueError if one differs."""
    first, *others = items
    if any(other != first for other in others):
        raise ValueError(
            f"a {type(holder).__name__} has parts that differ in inputs, bias or activation"
        )
    return first


def _neuron(neuron: Neuron) -> Description:
    activation = _activation(neuron.activation, neuron.function)
    return {"nin": len(neuron.w), "activation": activation, "bias": neuron.b is not None}


def _layer(layer: Layer) -> Description:
    first = dict(_only(map(_neuron, layer.neurons), layer))
    if layer.activation in LAYER_TITLES:
        first["activation"] = layer.activation
    return {"nin": first.pop("nin"), "nout": len(layer.neurons), **first}


def _mlp(model: MLP) -> Description:
    if any(type(layer) is not Layer for layer in model.layers):
        raise ValueError("an MLP holds more than Layers (a Sequential may hold anything)")
    *hidden, last = map(_layer, model.layers)
    return {
        "nin": [*hidden, last][0]["nin"],
        "nouts": [layer["nout"] for layer in [*hidden, last]],
        "activation": _only([layer["activation"] for layer in hidden] or ["relu"], model),
        "output": last["activation"],
        "bias": _only([layer["bias"] for layer in [*hidden, last]], model),
    }


# what may be in a file, each class with the options that its constructor takes
_OPTIONS: dict[type[Module], Callable[[Any], Description]] = {
    Neuron: _neuron,
    Perceptron: lambda m: {"nin": len(m.w), "lr": float(m.lr)},
    Layer: _layer,
    MLP: _mlp,
    Sequential: lambda m: {"parts": [_described(part) for part in m.parts]},
    Residual: lambda m: {
        "module": _described(m.module),
        "projection": None if m.projection is None else _described(m.projection),
    },
    Dropout: lambda m: {"p": float(m.p)},
    LayerNorm: lambda m: {"n": len(m.gamma), "eps": float(m.eps)},
    BatchNorm: lambda m: {
        "n": len(m.gamma), "momentum": float(m.momentum), "eps": float(m.eps)
    },
    Embedding: lambda m: {"count": len(m.rows), "size": len(m.rows[0])},
    PReLU: lambda m: {"count": len(m.slopes)},
    Elementwise: lambda m: {"activation": _activation(m.activation, m.function)},
}  # fmt: skip
_CLASSES: dict[str, Any] = {kind.__name__: kind for kind in _OPTIONS}
_SEEDED = (Neuron, Layer, MLP, Embedding, Dropout)
