"""Numbers by their names in a model, as the arrays that other tools expect, and back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import product
from typing import Any

import numpy as np

from autograd.real import short

Layout = dict[str, tuple[tuple[int, ...], list[str]]]
Tensors = dict[str, np.ndarray[Any, Any]]

_NEURON = re.compile(r"(|.*\.)neurons\.([0-9]+)\.(.+)")


def tensors_of(state: Mapping[str, Any]) -> Tensors:
    """Return {tensor: array} of the numbers of a state_dict. Raises TypeError as `_tensor` does."""
    return {
        tensor: _tensor([(name, state[name]) for name in names], shape)
        for tensor, (shape, names) in layout(state).items()
    }


def layout(names: Iterable[str]) -> Layout:
    """Return {tensor: (shape, its numbers' names in order)} for the names of a state_dict.

    The numbers of a list are one tensor, those of the neurons of a layer are one tensor with a row
    for each. A list whose numbers do not fill a box has a tensor for each.

    >>> layout(["neurons.0.w.0", "neurons.0.w.1", "neurons.0.b"])
    {'weight': ((1, 2), ['neurons.0.w.0', 'neurons.0.w.1']), 'bias': ((1,), ['neurons.0.b'])}
    """
    groups: dict[str, list[tuple[tuple[int, ...], str]]] = {}
    for name in names:
        tensor, index = _place(name)
        groups.setdefault(tensor, []).append((index, name))
    found: Layout = {}
    for tensor, group in groups.items():
        group.sort()
        indices = [index for index, _ in group]
        shape = tuple(i + 1 for i in indices[-1])
        if indices == list(product(*map(range, shape))):
            found[tensor] = shape, [name for _, name in group]
        else:
            found.update({name: ((), [name]) for _, name in group})
    return found


def _place(name: str) -> tuple[str, tuple[int, ...]]:
    """Return the tensor that a number belongs to, and its index there.

    >>> _place("layers.0.neurons.4.w.2")
    ('layers.0.weight', (4, 2))
    """
    stem, *numbers = re.split(r"\.(?=[0-9.]+$)", name, maxsplit=1)
    index = [int(number) for number in ".".join(numbers).split(".") if number]
    if found := _NEURON.fullmatch(stem):
        before, neuron, rest = found.groups()
        stem = before + {"w": "weight", "b": "bias"}.get(rest, rest)
        index.insert(0, int(neuron))
    return stem, tuple(index)


def _tensor(items: list[tuple[str, Any]], shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """Return the numbers as 64-bit floats, or ints if all are. Raises TypeError for others."""
    for name, x in items:
        if type(x) is not float and (type(x) is not int or abs(x) > 2**53):
            raise TypeError(
                f"save: {name!r} is {short(x)}, a {type(x).__name__}: a file keeps 64-bit floats. "
                "Give the model float(...) of it first"
            )
    numbers = [x for _, x in items]
    whole = all(type(x) is int for x in numbers)
    return np.array(numbers, dtype=np.int64 if whole else np.float64).reshape(shape)
