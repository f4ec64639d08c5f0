"""Predictions for many samples: all at once, or block by block where memory does not hold them."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from typing import Any

import numpy as np

from autograd.real import short
from nn.data.arrays import Array, Floats, samples
from nn.data.chunks import even
from nn.data.mapped import Mapped, is_mapped
from nn.data.prefetch import prefetched
from nn.data.stream import Stream

_TOGETHER = 8_192  # samples


def predicted(predict: Callable[[Array], Floats], X: Any, out: Floats | None = None) -> Floats:
    """Return the outputs for all samples, in `out` if it is given; `predict` gives those of some.

    Raises ValueError if `out` has not a row for each sample, or rows of another shape, and
    TypeError if it cannot hold floats.
    """
    if out is not None:
        given = f"an array of {out.dtype}" if isinstance(out, np.ndarray) else short(out)
        if not isinstance(out, np.ndarray) or out.dtype.kind != "f":
            raise TypeError(f"predict: out is {given}; give an array or a memory map of floats")
    with closing(_blocks(X)) as blocks:
        if out is None:
            found = [predict(block) for block in blocks]
            return found[0] if len(found) == 1 else np.concatenate(found)
        done = 0
        for block in blocks:
            outputs = predict(block)
            start, done = done, done + len(outputs)
            if out.shape[1:] != outputs.shape[1:] or done > len(out):
                raise ValueError(
                    f"predict: out has the shape {out.shape}; it needs a row of the shape "
                    f"{outputs.shape[1:]} for each sample"
                )
            out[start:done] = outputs
    if done != len(out):
        raise ValueError(f"predict: out has {len(out):,} rows, and there are {done:,} samples")
    return out


def _blocks(X: Any) -> Generator[Array, None, None]:
    """Yield what memory holds at once, and of a memory map or Stream what is read by a thread."""
    if not isinstance(X, Stream) and not is_mapped(X):
        yield samples(X)
        return
    data = X if isinstance(X, Stream) else Mapped(X)
    with closing(prefetched(even(data.chunks(missing=True), _TOGETHER), data.prefetch)) as chunks:
        for chunk in chunks:
            yield chunk.X
