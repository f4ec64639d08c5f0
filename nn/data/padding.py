"""Sequences of unequal lengths as one array, with a mask of what is real."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from nn.data.arrays import Floats, whole
from nn.data.nested import tensor
from nn.inputs import is_row, listed


def padded(
    sequences: Iterable[Any], value: float = 0.0, length: int | None = None
) -> tuple[Floats, Floats]:
    """Return (array, mask): the sequences filled up at their ends with `value`, and 1 for each
    step that is real, else 0.

    A sequence is a list of numbers, or of steps of as many numbers each. The array is (sequences,
    length) or (sequences, length, features), the mask (sequences, length); without `length` the
    longest decides. Raises ValueError for no sequences, an empty one, one longer than `length`, and
    unequal features; TypeError for what is no sequence.

    >>> array, mask = padded([[5, 6, 7], [8]])
    >>> array
    array([[5., 6., 7.],
           [8., 0., 0.]])
    >>> mask
    array([[1., 1., 1.],
           [1., 0., 0.]])
    """  # fmt: skip
    given = listed(sequences)
    for i, sequence in enumerate(given):
        if not is_row(sequence):
            raise TypeError(
                f"sequences: {sequence!r}, at {i}, is no sequence; give a list of steps"
            )
    steps = [list(sequence) for sequence in given]
    if not steps:
        raise ValueError("sequences: there are none; give one or more")
    if empty := [i for i, sequence in enumerate(steps) if not sequence]:
        raise ValueError(
            f"sequences: number {empty[0]} is empty; give one step or more, or drop it"
        )
    lengths = [len(sequence) for sequence in steps]
    count = max(lengths) if length is None else whole("length", length, 1)
    if max(lengths) > count:
        at = int(np.argmax(lengths))
        raise ValueError(
            f"sequences: number {at} has {lengths[at]} steps and length={count}; nothing is cut "
            "off: give a greater length, or cut it yourself"
        )
    flat = tensor([step for sequence in steps for step in sequence], "the steps of the sequences")
    alone = not is_row(steps[0][0])
    array = np.full((len(steps), count, *(() if alone else flat.shape[1:])), float(value))
    mask = np.zeros((len(steps), count))
    ends = np.cumsum(lengths)
    for i, (n, end) in enumerate(zip(lengths, ends.tolist(), strict=True)):
        real = flat[end - n : end]
        array[i, :n], mask[i, :n] = real[:, 0] if alone else real, 1.0
    return array, mask


def with_mask(array: Any, mask: Any) -> Floats:
    """Return the sequences with each step's mask as its last number, as `nn.Masked` reads it.

    The array is (sequences, length) or (sequences, length, features), the mask (sequences, length)
    of 0 and 1; the result is (sequences, length, features + 1). Raises ValueError for another shape
    or another number in the mask.

    >>> with_mask(*padded([[5, 6], [8]])).tolist()
    [[[5.0, 1.0], [6.0, 1.0]], [[8.0, 1.0], [0.0, 0.0]]]
    """
    steps, mask = tensor(array, "array"), tensor(mask, "mask")
    if mask.shape != steps.shape[:2] or not np.isin(mask, (0, 1)).all():
        raise ValueError(
            f"mask of shape {mask.shape} for sequences of shape {steps.shape}: give a 0 or 1 for "
            "each step, as nn.data.padded returns them"
        )
    return np.concatenate([steps.reshape(*mask.shape, -1), mask[..., None]], axis=-1)
