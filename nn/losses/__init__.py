"""Losses: what training makes small, each one formula on scalars, found by name or given."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Any

from nn.losses.binary import binary_cross_entropy as binary_cross_entropy
from nn.losses.binary import binary_cross_entropy_with_logits as binary_cross_entropy_with_logits
from nn.losses.categorical import cross_entropy as cross_entropy
from nn.losses.categorical import kullback_leibler as kullback_leibler
from nn.losses.categorical import negative_log_likelihood as negative_log_likelihood
from nn.losses.cosine import cosine_distance as cosine_distance
from nn.losses.cosine import cosine_embedding as cosine_embedding
from nn.losses.margin import hinge as hinge
from nn.losses.margin import multiclass_hinge as multiclass_hinge
from nn.losses.margin import squared_hinge as squared_hinge
from nn.losses.reduction import Loss
from nn.losses.reduction import pairs as pairs
from nn.losses.regression import huber as huber
from nn.losses.regression import log_cosh as log_cosh
from nn.losses.regression import mean_absolute_error as mean_absolute_error
from nn.losses.regression import mean_squared_error as mean_squared_error

_OF_ONE_SAMPLE: list[Any] = [
    mean_squared_error, mean_absolute_error, huber, log_cosh, cross_entropy,
    negative_log_likelihood, kullback_leibler, binary_cross_entropy,
    binary_cross_entropy_with_logits, hinge, squared_hinge, multiclass_hinge, cosine_distance,
]  # fmt: skip
LOSSES: dict[str, Callable[..., Any]] = {loss.__name__: loss for loss in _OF_ONE_SAMPLE}
# what other libraries call them
OTHER_NAMES = {
    "categorical_crossentropy": "cross_entropy",
    "sparse_categorical_crossentropy": "cross_entropy",
    "l1": "mean_absolute_error",
    "l2": "mean_squared_error",
    "bce_with_logits": "binary_cross_entropy_with_logits",
    "kl": "kullback_leibler",
    "kl_divergence": "kullback_leibler",
    "smooth_l1": "huber",
    "cosine": "cosine_distance",
} | {"".join(word[0] for word in name.split("_")): name for name in LOSSES if "_" in name}


def find_loss(loss: str | Loss) -> Loss:
    """Return the loss of one sample, (outputs, target) -> number, given its name or itself.

    Outputs are what a model returns for one sample: a Value or a list of them. Raises ValueError
    for an unknown name, TypeError for what is neither name nor function.

    >>> find_loss("huber")(3.0, 0.0)
    2.5
    """
    if callable(loss):
        return loss
    if not isinstance(loss, str):
        raise TypeError(
            f"loss={loss!r}: give a name, as 'cross_entropy', or a function of one sample's "
            "outputs and target"
        )
    if loss not in LOSSES:
        spelled = loss.lower().replace("-", "_").replace(" ", "_")
        near = [OTHER_NAMES[spelled]] if spelled in OTHER_NAMES else []
        near = near or difflib.get_close_matches(spelled, LOSSES)
        raise ValueError(
            f"loss={loss!r} is unknown"
            + (f": did you mean {' or '.join(map(repr, near))}?" if near else ".")
            + f" The names are {', '.join(LOSSES)}; any function of one sample's outputs and "
            "target will do as well"
        )
    return LOSSES[loss]
