"""Model and loss tried on samples before they train, so that what is wrong shows early."""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np

from autograd import no_grad
from nn.data.arrays import Array
from nn.inputs import flattened, is_row, listed
from nn.layers.embedding import Embedding
from nn.layers.normalisation import BatchNorm
from nn.losses.reduction import Loss
from nn.module import Module, same_modes
from nn.training.large import Large
from nn.training.samples import Samples
from nn.training.source import Source

_MOST_CLASSES = 10_000


def try_out(model: Module, source: Source, loss: Loss, names: tuple[str, str]) -> Any:
    """Run the model on one row, and the loss on all targets, so that what is wrong shows early.

    Return the output, with its graph. Nothing is changed: there is no dropout and no statistics of
    batches. Of data larger than memory the first are tried, and the others when their batch comes.
    Raises ValueError or TypeError, naming the row, for rows of a wrong width and targets
    out of range.
    """
    samples, form = source.first(), source.shape
    width = f"rows of {form[0]} numbers" if len(form) == 1 else f"samples of the shape {form}"
    try:
        with same_modes(model):
            _look_up(model.eval(), samples, names[0])
            [output] = model.batch(samples.take([0]).rows)
    except ValueError as error:
        more = isinstance(source, Large) and len(form) > 1
        hint = "; if the iterator gives many samples at a time, write chunks=True" if more else ""
        raise ValueError(f"{names[0]} has {width}: {error}{hint}") from error
    apart = any(map(is_row, listed(output)))  # rows of outputs, a number of the target for each
    seen: set[Any] = set()
    for i, target in enumerate(samples.targets):
        key = set(flattened(target)) if apart else {repr(target)}
        if key <= seen:
            continue
        seen |= key
        _try_target(loss, output, samples, i, names[1])
    if isinstance(source, Large):
        source.tried = Later(model, loss, output, samples, names)
    return output


def _try_target(loss: Loss, output: Any, samples: Samples, i: int, name: str) -> None:
    try:
        with no_grad():
            loss(output, samples.targets[i])
    except (ValueError, TypeError) as error:
        raise type(error)(f"{name}, row {samples.place(i)}: {error}") from error


class Later:
    """Try the targets of later batches, and indices of embeddings, if they are not as before.

    Numbers of classes are tried when they come for the first time; others if they are less or
    greater than all before, or the first that is not whole.
    """

    def __init__(
        self, model: Module, loss: Loss, output: Any, first: Samples, names: tuple[str, str]
    ) -> None:
        self.model, self.loss, self.output, self.names = model, loss, output, names
        self.embeds = any(isinstance(module, Embedding) for _, module in model.named_modules())
        self.of_x, self.of_y = _Range(), _Range()
        self.of_x.news(first.X)
        self.of_y.news(first.y)

    def __call__(self, samples: Samples) -> None:
        """Raise ValueError, TypeError or IndexError, naming the row, for what cannot be used."""
        for i in self.of_y.news(samples.y):
            _try_target(self.loss, self.output, samples, i, self.names[1])
        if self.embeds and self.of_x.news(samples.X):
            with same_modes(self.model):
                _look_up(self.model.eval(), samples, self.names[0])


class _Range:
    """Hold which numbers there were: the least, the greatest, a few whole ones."""

    def __init__(self) -> None:
        self.low, self.high, self.all_whole = inf, -inf, True
        self.seen: set[Any] = set()

    def news(self, array: Array) -> list[int]:
        """Return the rows of numbers such as there were none before, and note them."""
        if not array.size:
            return []
        numbers = array.ravel()
        found = [i for i in (numbers.argmin(), numbers.argmax())
                 if not self.low <= numbers[i] <= self.high]  # fmt: skip
        self.low, self.high = min(self.low, numbers.min()), max(self.high, numbers.max())
        if array.dtype.kind in "iu" and len(self.seen) < _MOST_CLASSES:
            values, firsts = np.unique(numbers, return_index=True)
            pairs = zip(values.tolist(), firsts, strict=True)
            found += [i for value, i in pairs if value not in self.seen]
            self.seen.update(values.tolist())
        elif self.all_whole and not (whole := np.floor(numbers) == numbers).all():
            found.append(whole.argmin())
            self.all_whole = False
        return sorted({int(i) * len(array) // array.size for i in found})


def _look_up(model: Module, samples: Samples, name: str) -> None:
    """Run a model that holds an Embedding on what may not be in its table, and name that row.

    An index is out of range if the least or the greatest one in its place is, so these are tried
    all together, and so is one that is no whole number; only if that fails, each row.
    """
    if not any(isinstance(module, Embedding) for _, module in model.named_modules()):
        return
    X = samples.X
    odd = np.argmax(np.floor(X) != X, axis=0)
    extremes = [X.min(axis=0), X.max(axis=0), np.take_along_axis(X, odd[None], axis=0)[0]]
    with no_grad():
        try:
            for x in extremes:
                model(x.tolist())
        except (IndexError, TypeError, ValueError):
            for i, row in enumerate(samples.rows):
                try:
                    model(row)
                except (IndexError, TypeError) as error:
                    raise type(error)(f"{name}, row {samples.place(i)}: {error}") from error


def check_batches(model: Module, size: int | None, batch_size: int) -> None:
    """Raise ValueError if a batch of one sample would come to a BatchNorm, saying what to do.

    Nothing is known of samples that are not counted.
    """
    if size is None:
        return
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
