"""What `fit` and `evaluate` are given: rows, targets and loss, wholly checked first."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from autograd import no_grad
from autograd.real import short
from nn.data.arrays import Array, Floats
from nn.data.arrays import samples as as_array
from nn.data.nested import tensor
from nn.inputs import flattened, is_row, listed
from nn.layers.embedding import Embedding
from nn.layers.normalisation import BatchNorm
from nn.losses.reduction import Loss
from nn.module import Module, same_modes

_SHOWN = 5  # rows that an error names


@dataclass(frozen=True)
class Samples:
    """Hold samples of floats and the target of each, of any shapes, as arrays and as lists."""

    X: Floats
    y: Array

    @cached_property
    def rows(self) -> list[Any]:
        """Return the samples as lists of floats, or lists in lists."""
        found: list[Any] = self.X.tolist()
        return found

    @cached_property
    def targets(self) -> list[Any]:
        """Return the targets as numbers or lists."""
        found: list[Any] = self.y.tolist()
        return found

    def __len__(self) -> int:
        return len(self.X)

    def take(self, indices: Sequence[int]) -> Samples:
        """Return those of these indices, in their order."""
        return Samples(self.X[indices], self.y[indices])

    def fingerprint(self) -> str:
        """Return a text that tells these samples from others."""
        digest = hashlib.sha256(self.X.tobytes())
        digest.update(self.y.astype(np.float64).tobytes())
        return digest.hexdigest()[:16]


def checked_samples(X: Any, y: Any, names: tuple[str, str] = ("X", "y")) -> Samples:
    """Return samples and targets that `fit` can use: as many of each, finite, of one shape.

    A column of targets is taken as numbers, and whole numbers stay whole. Raises ValueError and
    TypeError, with the numbers of the rows, for anything else.
    """
    rows, targets = tensor(X, names[0], missing=True), _targets(y, names[1])
    if len(rows) != len(targets):
        raise ValueError(
            f"{names[0]} has {len(rows)} rows and {names[1]} has {len(targets)}; "
            "every row needs its target"
        )
    refuse_not_finite(rows, names[0])
    refuse_not_finite(targets, names[1])
    return Samples(np.ascontiguousarray(rows), targets)


def _targets(y: Any, name: str) -> Array:
    array = as_array(y, name)
    if array.dtype.kind in "US" or (array.dtype.kind == "O" and isinstance(array.flat[0], str)):
        raise TypeError(
            f"{name}: {short(str(array.flat[0]))} is a text; make numbers of the classes first, "
            "with nn.data.class_numbers"
        )
    if array.dtype.kind == "b":
        array = array.astype(np.int64)
    if array.dtype.kind not in "iu":
        array = tensor(y, name, missing=True)
    if array.ndim > 1 and array.shape[1:] == (1,):
        array = array[:, 0]
    return array


def refuse_not_finite(array: Floats | Array, name: str) -> None:
    """Raise ValueError, naming the rows, if any number is nan or infinite."""
    finite = np.isfinite(array.reshape(len(array), -1)).all(axis=1)
    if not finite.all():
        bad = np.flatnonzero(~finite).tolist()
        more = f" and {len(bad) - _SHOWN:,} more" if len(bad) > _SHOWN else ""
        raise ValueError(
            f"{name}: nan or infinite in row{'s' * (len(bad) > 1)} "
            f"{', '.join(map(str, bad[:_SHOWN]))}{more} (counted from 0); "
            "see nn.data.fill_missing and drop_missing"
        )


def try_out(model: Module, samples: Samples, loss: Loss, names: tuple[str, str]) -> Any:
    """Run the model on one row, and the loss on all targets, so that what is wrong shows early.

    Return the output, with its graph. Nothing is changed: there is no dropout and no statistics of
    batches. Raises ValueError or TypeError, naming the row, for rows of a wrong width and targets
    out of range.
    """
    form = samples.X.shape[1:]
    width = f"rows of {form[0]} numbers" if len(form) == 1 else f"samples of the shape {form}"
    try:
        with same_modes(model):
            _look_up(model.eval(), samples.X, names[0])
            [output] = model.batch(samples.rows[:1])
    except ValueError as error:
        raise ValueError(f"{names[0]} has {width}: {error}") from error
    apart = any(map(is_row, listed(output)))  # rows of outputs, a number of the target for each
    seen: set[Any] = set()
    for i, target in enumerate(samples.targets):
        key = set(flattened(target)) if apart else {repr(target)}
        if key <= seen:
            continue
        seen |= key
        try:
            with no_grad():
                loss(output, target)
        except (ValueError, TypeError) as error:
            raise type(error)(f"{names[1]}, row {i}: {error}") from error
    return output


def _look_up(model: Module, X: Floats, name: str) -> None:
    """Run a model that holds an Embedding on what may not be in its table, and name that row.

    An index is out of range if the least or the greatest one in its place is, so these are tried
    all together, and so is one that is no whole number; only if that fails, each row.
    """
    if not any(isinstance(module, Embedding) for _, module in model.named_modules()):
        return
    odd = np.argmax(np.floor(X) != X, axis=0)
    extremes = [X.min(axis=0), X.max(axis=0), np.take_along_axis(X, odd[None], axis=0)[0]]
    with no_grad():
        try:
            for x in extremes:
                model(x.tolist())
        except (IndexError, TypeError, ValueError):
            for i, row in enumerate(X.tolist()):
                try:
                    model(row)
                except (IndexError, TypeError) as error:
                    raise type(error)(f"{name}, row {i}: {error}") from error


def check_batches(model: Module, size: int, batch_size: int) -> None:
    """Raise ValueError if a batch of one sample would come to a BatchNorm, saying what to do."""
    norms = [m for _, m in model.named_modules() if isinstance(m, BatchNorm)]
    if not norms or (batch_size > 1 and size % batch_size != 1):
        return
    if size == 1:
        raise ValueError(f"{norms[0]!r} takes the statistics of a batch: give two samples or more")
    other = next(n for n in range(max(batch_size, 2), size + 1) if size % n != 1)
    raise ValueError(
        f"batch_size={batch_size} of {size} samples leaves a batch of one, which has no variance "
        f"for {norms[0]!r}: give batch_size={other}, say, or another number of samples"
    )
