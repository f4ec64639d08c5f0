"""What `fit` and `fit_many` are both given, checked: optimizer, penalty, validation, batch size."""

from __future__ import annotations

from typing import Any

from autograd.real import short
from nn.data.arrays import whole
from nn.data.stream import Stream
from nn.losses.reduction import Loss
from nn.module import Module
from nn.optimizers.adam import Adam
from nn.optimizers.optimizer import Optimizer
from nn.training.samples import Samples
from nn.training.source import Source, find_source
from nn.training.trial import try_out


def checked_optimizer(optimizer: Any) -> Optimizer:
    """Return the optimizer, Adam for None. Raises TypeError for what is none."""
    if optimizer is None:
        return Adam(lr=0.01)
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"optimizer={short(optimizer)}: give one, as nn.Adam(lr=0.01)")
    return optimizer


def checked_penalty(penalty: Any) -> None:
    """Raise TypeError for a penalty that is no function."""
    if penalty is not None and not callable(penalty):
        raise TypeError(
            f"penalty={short(penalty)}: give a function of the parameters, as "
            "lambda parameters: nn.l2_penalty(parameters, 0.01)"
        )


def checked_validation(
    validation: Any, samples: Source, model: Module, loss: Loss, epochs: int
) -> Source | float | None:
    """Return what a model is judged by: samples that were tried, a share, or None.

    Raises ValueError and TypeError, naming rows, for what cannot be used.
    """
    if validation is None:
        return None
    if isinstance(validation, float):
        if not 0 < validation < 1 or samples.count == 1:
            raise ValueError(
                f"validation={validation!r}: a share above 0 and below 1, of 2 samples or more"
            )
        return validation
    if isinstance(validation, Stream):
        validation = validation, None
    if not isinstance(validation, (tuple, list)) or len(validation) != 2:
        raise TypeError(
            f"validation={short(validation)}: give (X, y), or the share to hold out, as 0.2"
        )
    names = ("validation X", "validation y")
    found = find_source(validation[0], validation[1], names)
    refuse_once(found, epochs, names[0])
    try_out(model, found, loss, names)
    return found


def refuse_once(samples: Source, epochs: int, name: str) -> None:
    """Raise ValueError for samples that come only once, if there are more epochs."""
    if samples.once and epochs > 1:
        raise ValueError(
            f"{name}: the Stream was given an iterator, which gives its samples only once, and "
            f"there are {epochs} epochs; give it a function that makes one, as lambda: rows()"
        )


def checked_batch_size(batch_size: int | None, samples: Source) -> int:
    """Return how many samples a batch has. Raises ValueError and TypeError for what cannot be."""
    if batch_size is not None:
        return whole("batch_size", batch_size, 1)
    if not isinstance(samples, Samples):
        raise ValueError("batch_size=None takes all samples at once: give one that memory holds")
    return len(samples)
