"""One module for every element: each step of a sequence, each node of a graph, on its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

from nn.module import Module


class Each(Module):
    """Compute [module(x1), module(x2), ...] of a sample's elements, all with the same parameters.

    Raises TypeError for what cannot be called, and for a sample that is one number.

    >>> from nn.layers.layer import Layer
    >>> Each(Layer(2, 1, init=lambda *_: 1.0))([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    [Value(3.0), Value(7.0), Value(11.0)]
    """

    def __init__(self, module: Callable[[Any], Any]) -> None:
        if isinstance(module, type) or not callable(module):
            raise TypeError(f"Each({module!r}): give a Module or a function, as nn.Layer(2, 1)")
        self.module = module

    def __call__(self, x: Iterable[Any]) -> list[Any]:
        return [self.module(element) for element in self._elements(x)]

    def batch(self, rows: Iterable[Iterable[Any]]) -> list[Any]:
        """Return the outputs for many samples, whose elements go through the module together."""
        samples = [self._elements(x) for x in rows]
        if not isinstance(self.module, Module):
            return [self(x) for x in samples]
        outputs = iter(self.module.batch([element for x in samples for element in x]))
        return [list(islice(outputs, len(x))) for x in samples]

    def _elements(self, x: Iterable[Any]) -> list[Any]:
        if not isinstance(x, Iterable):
            raise TypeError(f"{self!r}: {x!r} is one number; give a list, an element for each call")
        return list(x)

    def options(self) -> dict[str, Any]:
        """Return the keyword arguments that make one like it, but for its numbers."""
        return {"module": self.module}

    def __repr__(self) -> str:
        return f"Each({self.module!r})"
