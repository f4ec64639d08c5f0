"""Tensors of other libraries: into NumPy and back, and the gradients those libraries compute.

PyTorch and JAX are recognised by their types and never imported here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.structure import rebuild


def library(x: Any) -> str:
    """Return "torch", "jax" or "" for the library that an array is of."""
    top = type(x).__module__.partition(".")[0]
    return {"torch": "torch", "jax": "jax", "jaxlib": "jax"}.get(top, "")


def items(tree: Any) -> list[Any]:
    """Return the numbers and arrays of a nested argument, whatever their library."""
    found: list[Any] = []
    rebuild(tree, found.append)
    return found


def to_numpy(tree: Any) -> Any:
    """Return a nested argument with every foreign tensor as a NumPy array.

    >>> to_numpy({"w": [1.0, 2.0]})
    {'w': [1.0, 2.0]}
    """
    return rebuild(tree, _array)


def _array(x: Any) -> Any:
    if library(x) == "torch":
        x = x.detach().cpu()
        return (x.double() if "bfloat16" in str(x.dtype) else x).numpy()  # NumPy has no bfloat16
    if isinstance(x, np.ndarray) or not hasattr(x, "__array__") or np.isscalar(x):
        return x
    return np.asarray(x) if hasattr(x, "shape") else x


def like(model: Any, numbers: Any) -> Any:
    """Return numbers as an array of the library that the model is of, in double precision.

    JAX arrays are double where `jax_enable_x64` is set.
    """
    if library(model) == "torch":
        return model.detach().double().new_tensor(np.asarray(numbers))
    if library(model) == "jax":
        return sys.modules["jax"].numpy.asarray(np.asarray(numbers, dtype=float))
    return numbers


def own_gradient(f: Callable[[Any], Any], x: Any) -> Any:
    """Return the gradient that the library of x computes of f."""
    if any(library(item) == "jax" for item in items(x)):
        return sys.modules["jax"].grad(f)(x)
    leaves: list[Any] = []

    def leaf(item: Any) -> Any:
        if library(item) != "torch":
            raise TypeError(f"check_gradient: a torch tensor beside {item!r}: make both tensors")
        leaves.append(item.detach().clone().requires_grad_())
        return leaves[-1]

    y = f(rebuild(x, leaf))
    if not y.requires_grad:
        return rebuild(x, lambda item: item.detach() * 0)
    found = iter(sys.modules["torch"].autograd.grad(y, leaves, allow_unused=True))

    def gradient(item: Any) -> Any:
        g = next(found)
        return item.detach() * 0 if g is None else g

    return rebuild(x, gradient)
