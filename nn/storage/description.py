"""A model's structure as JSON: which classes of `nn`, with which options; and a model from that."""

from __future__ import annotations

from inspect import signature
from typing import Any

from autograd import functions
from autograd.real import short
from nn.activations import LAYER_TITLES, called
from nn.module import Module

Description = dict[str, Any]


def describe(model: Module) -> Description:
    """Return {"class": name, option: value, ...}, options that are Modules likewise.

    Raises ValueError, saying what it is, for a part that a name and options do not give again: a
    class or function of one's own, shared parameters, a layer changed by hand.

    >>> from nn.layers.mlp import MLP
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
    known = _classes()
    kind = known.get(str(options.pop("class", None)))
    if kind is None:
        raise ValueError(
            f"{description.get('class')!r} is no class of nn's; known are {', '.join(known)}"
        )
    if "seed" in signature(kind).parameters:
        options["seed"] = 0
    try:
        model: Module = kind(*options.pop("parts", ()), **options)
    except TypeError as error:
        raise ValueError(f"{kind.__name__} with {description}: {error}") from None
    return model


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
        raise ValueError(f"{called(part)} is a Python function")
    name = type(part).__name__
    if _classes().get(name) is not type(part):
        raise ValueError(f"{name} is a class of your own")
    options: Description = part.options()  # type: ignore[attr-defined]  # it is one of those
    return {"class": name, **{key: _option(option) for key, option in options.items()}}


def _option(option: Any) -> Any:
    """Return an option as JSON has it: modules and functions described, tuples as lists."""
    if isinstance(option, (list, tuple)):
        return [_option(item) for item in option]
    return _described(option) if callable(option) else option


def _classes() -> dict[str, Any]:
    """Return nn's classes that say their options, by name: what may be in a file."""
    found, waiting = {}, Module.__subclasses__()
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind.__module__.startswith("nn.") and hasattr(kind, "options"):
            found[kind.__name__] = kind
    return dict(sorted(found.items()))
