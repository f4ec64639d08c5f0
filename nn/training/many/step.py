"""A step of many models at once, in functions that NumPy and JAX have under the same names."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from math import inf
from typing import Any, NamedTuple

import numpy as np

from nn.optimizers.clipping import clip_each
from nn.optimizers.optimizer import Optimizer

Compute = Callable[..., tuple[Any, Any, Any]]  # losses, gradients and outputs, of numbers and rows
_LIMITS = ("clip", "clip_norm")


class Carry(NamedTuple):
    """Hold what goes from step to step: arrays whose first axis is that of the models."""

    now: Any  # parameters
    before: Any  # those of the step before, which the last finite loss was computed with
    state: dict[str, Any]  # of the optimizer
    goes: Any  # whether a model goes on


class Report(NamedTuple):
    """Hold what a step says of every model."""

    loss: Any
    goes: Any
    at: Any  # the first parameter whose gradient is not finite, and that gradient
    slope: Any
    outputs: Any


def step(
    xp: Any,
    compute: Compute,
    rule: Optimizer,
    options: Mapping[str, Any],
    carry: Carry,
    *batch: Any,
) -> tuple[Carry, Report]:
    """Return what comes after a step by the optimizer's own rule, with each model's own options.

    A model whose loss, gradient or step is not finite gets the parameters of its last finite loss,
    and keeps them.
    """
    loss, gradient, outputs = compute(carry.now, *batch)
    own = copy.copy(rule)
    vars(own).update({name: x for name, x in options.items() if name not in _LIMITS})
    state = dict(carry.state)
    limited = clip_each(gradient, *[options.get(name) for name in _LIMITS])
    new = own.update(carry.now, limited, state)
    odd = ~xp.isfinite(gradient)
    goes = carry.goes & xp.isfinite(loss) & ~odd.any(1) & xp.isfinite(new).all(1)
    falls = carry.goes & ~goes
    at = odd.argmax(1)
    after = Carry(
        xp.where(goes[:, None], new, xp.where(falls[:, None], carry.before, carry.now)),
        carry.now,
        state,
        goes,
    )
    slope = xp.take_along_axis(gradient, at[:, None], 1)[:, 0]
    return after, Report(loss, goes, at, slope, outputs)


def begin(xp: Any, rule: Optimizer, options: Mapping[str, Any], numbers: Any) -> Carry:
    """Return where models with these parameters start."""
    state: dict[str, Any] = {}
    ones = np.ones((len(numbers), 1))
    own = copy.copy(rule)
    vars(own).update({name: x for name, x in options.items() if name not in _LIMITS})
    own.update(ones, ones, state)
    start = {name: 0 if name == "t" else xp.zeros(numbers.shape) for name in state}
    numbers = xp.asarray(numbers)
    return Carry(numbers, numbers, start, xp.ones(len(numbers), bool))


def options_of(optimizers: Sequence[Optimizer], varying: set[str]) -> dict[str, Any]:
    """Return the options that vary, as columns: (models, 1), or a tuple of such.

    Those in which the optimizers are found to differ, from each other or from before, are added to
    the names of those that vary.
    """
    found = {}
    for name in optimizers[0].options:
        each = [getattr(optimizer, name) for optimizer in optimizers]
        if name in _LIMITS:
            if any(x is not None for x in each):
                found[name] = _column([inf if x is None else x for x in each])
            continue
        if name in varying or any(x != each[0] for x in each):
            varying.add(name)
            if isinstance(each[0], tuple):
                found[name] = tuple(map(_column, zip(*each, strict=True)))
            else:
                found[name] = _column(each)
    return found


def _column(numbers: Sequence[Any]) -> Any:
    return np.array(numbers, float)[:, None]
