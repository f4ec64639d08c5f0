"""The chain: parts of any kind, each fed with the output of the one before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from autograd import functions
from nn.activations import TITLES, find_activation, name_of, of_a_layer
from nn.inputs import Inputs, mapped
from nn.module import Module

Part = Module | Callable[[Any], Any]


class Sequential(Module):
    """Compute part_n(... part_1(x)).

    A part is a Module; the name of an activation, for every number on its own, or of "softmax"
    and "log_softmax", for all of them together; or a function of all that the part before gives, a
    list or one Value. Parameters are labelled anew: w<layer>,<neuron>,<input> with the
    layers counted from 1, and likewise those of other parts. Raises TypeError for anything else and
    ValueError for no parts and unknown names.

    >>> from nn.layers.layer import Layer
    >>> model = Sequential(Layer(2, 2, nonlin=False, seed=0), "tanh", Layer(2, 1, seed=1))
    >>> model
    Sequential of [Layer of [LinearNeuron(2), LinearNeuron(2)], Tanh, Layer of [ReLUNeuron(2)]]
    >>> model([0.0, 0.0])
    Value(0.0)
    """

    parts: list[Part]

    def __init__(self, *parts: Module | Callable[[Any], Any] | str) -> None:
        if not parts:
            raise ValueError("Sequential(): give the parts, as Sequential(nn.Layer(2, 1), 'tanh')")
        self.parts = [_part(i, part) for i, part in enumerate(parts)]
        number_labels(self)

    @property
    def layers(self) -> list[Any]:
        """Return the layers of neurons in it, those inside other parts too."""
        return [part for _, part in self.named_modules() if hasattr(part, "neurons")]

    def __call__(self, x: Inputs) -> Any:
        for part in self.parts:
            x = part(x)
        return x

    def batch(self, rows: Iterable[Any]) -> list[Any]:
        """Return the outputs for many samples, which go through each part together."""
        rows = list(rows)
        for part in self.parts:
            rows = part.batch(rows) if isinstance(part, Module) else [part(x) for x in rows]
        return rows

    def __len__(self) -> int:
        return len(self.parts)

    def __getitem__(self, i: int) -> Part:
        return self.parts[i]

    def options(self) -> dict[str, Any]:
        """Return the keyword arguments that make one like it, but for its numbers."""
        return {"parts": self.parts}

    def __repr__(self) -> str:
        names = [
            repr(p) if isinstance(p, Module) else getattr(p, "__name__", repr(p))
            for p in self.parts
        ]
        return f"Sequential of [{', '.join(names)}]"


class Elementwise(Module):
    """Compute an activation of every number on its own, also of lists in lists.

    >>> Elementwise("relu")([1.0, -1.0])
    [1.0, 0.0]
    """

    activation: str

    def __init__(self, activation: str) -> None:
        self.activation, self.function = find_activation(activation)

    def __call__(self, x: Inputs) -> Any:
        return mapped(self.function, x)

    def options(self) -> dict[str, Any]:
        """Return the keyword arguments that make one like it, but for its numbers."""
        return {"activation": name_of(self.activation, self.function)}

    def __repr__(self) -> str:
        return TITLES[self.activation]


def _part(i: int, part: Any) -> Part:
    """Return what is called for a part: names become functions or modules."""
    if isinstance(part, str) and (name := of_a_layer(part)):
        return getattr(functions, name)  # type: ignore[no-any-return]
    if isinstance(part, str):
        _, function = find_activation(part)
        return function if isinstance(function, Module) else Elementwise(part)
    if isinstance(part, type) or not callable(part):
        hint = f": write {part.__name__}(...)" if isinstance(part, type) else ""
        raise TypeError(
            f"Sequential: part {i} is {part!r}{hint}; "
            "give a Module, a function or the name of an activation"
        )
    name = getattr(part, "__name__", "")
    is_activation = name in TITLES and part is getattr(functions, name, None)
    return Elementwise(name) if is_activation else part


def number_labels(model: Module) -> None:
    """Put the number of a layer into the labels of its parameters, counted for each kind."""
    counts: Counter[Any] = Counter()
    done = "?"
    for path, module in model.named_modules():
        relabel = getattr(type(module), "relabel", None)
        if relabel and not path.startswith(done):
            counts[relabel] += 1
            relabel(module, f"{counts[relabel]}")
            done = f"{path}."  # a layer labels its own neurons
