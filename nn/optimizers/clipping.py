"""Gradient clipping: the same two rules for a list of numbers, an array and parameters."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import reduce
from typing import Any

import numpy as np

from autograd import Value, numbers
from autograd.real import plain_number

Gradients = Any  # a list of numbers, a NumPy array, a list of JAX's; what is given is returned


def global_norm(gradients: Gradients) -> Any:
    """Return sqrt(g1**2 + ... + gn**2) over all numbers of a list or array.

    >>> global_norm([3.0, 4.0])
    5.0
    """
    gs = gradients.ravel().tolist() if isinstance(gradients, np.ndarray) else list(gradients)
    if numbers.library(*gs):
        return _norm_of_arrays(gs)
    if all(isinstance(g, (float, int)) for g in gs):
        return math.hypot(*gs)  # the same bits for lists and arrays, and no overflow of g**2
    return numbers.sqrt(sum(g * g for g in gs))


def _norm_of_arrays(gs: list[Any], axis: int | None = None) -> Any:
    """Return the norm of all numbers of arrays, or along an axis; no square overflows."""
    kept = axis is not None
    largest = reduce(numbers.maximum, [abs(g).max(axis=axis, keepdims=kept) for g in gs])
    unit = numbers.where(largest > 0, largest, 1)
    return unit * numbers.sqrt(sum(((g / unit) ** 2).sum(axis=axis, keepdims=kept) for g in gs))


def clip_by_value(gradients: Gradients, limit: Any) -> Gradients:
    """Return every gradient held between -limit and limit, as a list or array like the given one.

    Raises ValueError for limit <= 0.

    >>> clip_by_value([0.5, -3.0], 1.0)
    [0.5, -1.0]
    """
    limit = checked_limit("clip", limit)
    if isinstance(gradients, np.ndarray):
        return numbers.clip(gradients, -limit, limit)
    return [numbers.clip(g, -limit, limit) for g in gradients]


def clip_by_norm(gradients: Gradients, limit: Any) -> Gradients:
    """Return g * min(1, limit / (norm + 1e-6)), norm that of all gradients together.

    The direction is kept. The 1e-6 is PyTorch's, and so are the numbers. Raises ValueError for
    limit <= 0. Source: Pascanu et al. 2013, "On the difficulty of training recurrent neural
    networks", algorithm 1.

    >>> [round(g, 6) for g in clip_by_norm([3.0, 4.0], 1.0)]
    [0.6, 0.8]
    """
    scale = _scale(checked_limit("clip_norm", limit), global_norm(gradients))
    if not numbers.library(scale) and not scale < 1:
        return gradients
    if isinstance(gradients, np.ndarray):
        return gradients * scale
    return [g * scale for g in gradients]


def _scale(limit: Any, norm: Any) -> Any:
    scale = limit / (norm + 1e-6)
    arrays = isinstance(scale, np.ndarray) or numbers.library(scale)
    return numbers.where(scale < 1, scale, 1) if arrays else scale


def clip_each(gradients: Any, clip: Any = None, clip_norm: Any = None) -> Any:
    """Return the gradients of many models, (models, numbers), clipped for each on its own.

    Limits are columns, (models, 1), infinite for a model that has none.
    """
    if clip is not None:
        gradients = numbers.clip(gradients, -clip, clip)
    if clip_norm is not None:
        gradients = gradients * _scale(clip_norm, _norm_of_arrays([gradients], axis=1))
    return gradients


def clipped(gradients: Gradients, clip: Any = None, clip_norm: Any = None) -> Gradients:
    """Return the gradients clipped by value or by norm, whichever is not None."""
    if clip is not None:
        return clip_by_value(gradients, clip)
    if clip_norm is not None:
        return clip_by_norm(gradients, clip_norm)
    return gradients


def clip_gradients(params: Iterable[Value], *, clip: Any = None, clip_norm: Any = None) -> None:
    """Clip the grad of all parameters in place, between `loss.backward()` and `optimizer.step()`.

    Parameters that no backward pass has reached (grad None) are left alone. Raises ValueError for
    limits <= 0, and unless one of the two is given.

    >>> w = Value(1.0)
    >>> (w * w * 50).backward()
    >>> clip_gradients([w], clip=2.0)
    >>> w.grad
    2.0
    """
    checked_choice("clip_gradients", clip, clip_norm)
    if clip is None and clip_norm is None:
        raise ValueError("clip_gradients: say how, clip=1.0 (by value) or clip_norm=1.0 (by norm)")
    reached = [p for p in params if p.grad is not None]
    for p, g in zip(reached, clipped([p.grad for p in reached], clip, clip_norm), strict=True):
        p.grad = g


def checked_limit(name: str, limit: Any) -> Any:
    """Return the limit as a plain number. Raises ValueError unless it is above zero."""
    number = plain_number(limit, f"{name}={limit!r}")
    if not number > 0:
        raise ValueError(f"{name}={limit!r}: gradients are clipped to a size above zero")
    return number


def checked_choice(name: str, clip: Any, clip_norm: Any) -> None:
    """Raise ValueError if both ways of clipping are asked for."""
    if clip is not None and clip_norm is not None:
        raise ValueError(
            f"{name}(clip={clip!r}, clip_norm={clip_norm!r}): clip by value or by norm, not both"
        )
