"""Nested arguments: lists, tuples, dicts and NumPy arrays of numbers, as one flat list and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.real import plain_number
from autograd.value import Value


@dataclass(frozen=True)
class Block:
    """Hold one number (shape None) or one array of a nested argument."""

    shape: tuple[int, ...] | None
    leaves: list[Any]

    def fill(self, leaves: Sequence[Any]) -> Any:
        """Return an array of this shape, or the one number."""
        return leaves[0] if self.shape is None else array(leaves, self.shape)


def array(leaves: Sequence[Any], shape: tuple[int, ...]) -> Any:
    """Return a NumPy array: of floats if the leaves are floats or ints, else of objects."""
    if all(isinstance(x, (float, int)) for x in leaves):
        return np.array(leaves, dtype=float).reshape(shape)
    result = np.empty(len(leaves), dtype=object)
    result[:] = leaves
    return result.reshape(shape)


def blocks(tree: Any, use: str) -> Iterator[Block]:
    """Yield the numbers and arrays of a nested argument, in order.

    Raises TypeError, naming the place, for anything that is not a real number.
    """
    for place, item in _parts(tree, use):
        if isinstance(item, np.ndarray):
            numbers = enumerate(item.ravel().tolist())
            yield Block(item.shape, [leaf(x, f"{place}.flat[{i}]") for i, x in numbers])
        else:
            yield Block(None, [leaf(item, place)])


def _parts(tree: Any, place: str) -> Iterator[tuple[str, Any]]:
    """Yield every array, and everything else in the lists, tuples and dicts, with its place."""
    if isinstance(tree, dict):
        for key, item in tree.items():
            yield from _parts(item, f"{place}[{key!r}]")
    elif isinstance(tree, (list, tuple)):
        for i, item in enumerate(tree):
            yield from _parts(item, f"{place}[{i}]")
    else:
        yield place, tree


def leaf(x: Any, use: str) -> Any:
    """Return x if it is a Value, else as a plain number."""
    return x if type(x) is Value else plain_number(x, use)


def rebuild(tree: Any, make: Callable[[Any], Any]) -> Any:
    """Return a tree of the same lists, tuples and dicts with make(x) for every other thing x."""
    if isinstance(tree, dict):
        return {key: rebuild(item, make) for key, item in tree.items()}
    if isinstance(tree, (list, tuple)):
        items = [rebuild(item, make) for item in tree]
        if isinstance(tree, tuple):
            return type(tree)(*items) if hasattr(tree, "_fields") else tuple(items)
        return items
    return make(tree)


@dataclass(frozen=True)
class Nested:
    """Hold a nested argument as blocks, and fill its form with other numbers."""

    tree: Any
    blocks: list[Block]

    @classmethod
    def of(cls, tree: Any, use: str) -> Nested:
        """Take a nested argument apart. Raises TypeError if there is something but numbers."""
        return cls(tree, list(blocks(tree, use)))

    @property
    def leaves(self) -> list[Any]:
        """Return all numbers, flat."""
        return [x for block in self.blocks for x in block.leaves]

    def fill(self, leaves: Sequence[Any]) -> Any:
        """Return the same form with these numbers in it."""
        rest = iter(leaves)
        return self.replace(
            [block.fill([next(rest) for _ in block.leaves]) for block in self.blocks]
        )

    @property
    def names(self) -> list[str]:
        """Return the name of every number: x, x[0], x['w'][1, 2]."""
        return [
            f"{place}[{', '.join(map(str, index))}]" if index else place
            for place, item in _parts(self.tree, "x")
            for index in (np.ndindex(item.shape) if isinstance(item, np.ndarray) else [()])
        ]

    def replace(self, parts: Sequence[Any]) -> Any:
        """Return the same lists, tuples and dicts with each number and array replaced."""
        rest = iter(parts)
        return rebuild(self.tree, lambda _: next(rest))

    def form(self) -> str:
        """Return a description that equals that of another argument of the same form."""
        return repr(self.outline())

    def outline(self) -> Any:
        """Return the lists, tuples and dicts with a `Form` for each number and array."""
        return self.replace([Form(block.shape) for block in self.blocks])


@dataclass(frozen=True, repr=False)
class Form:
    """Hold the shape of an array in a nested argument, None for a number."""

    shape: tuple[int, ...] | None

    def __repr__(self) -> str:
        return "number" if self.shape is None else f"array{self.shape}"


def in_order_of(model: Any, tree: Any) -> Any:
    """Return a nested argument with its dicts in the order of another's, where the keys agree."""
    if isinstance(model, dict) and isinstance(tree, dict) and model.keys() == tree.keys():
        return {key: in_order_of(model[key], tree[key]) for key in model}
    if type(model) is type(tree) in (list, tuple) and len(model) == len(tree):
        return type(tree)([in_order_of(m, t) for m, t in zip(model, tree, strict=True)])
    return tree
