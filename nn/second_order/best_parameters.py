"""Parameters while SciPy moves them: what it tries is written, the best is kept, come what may."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from autograd import Value
from nn.data.arrays import Floats


@contextmanager
def best_kept(parameters: Sequence[Value]) -> Iterator[Callable[[float, Floats], None]]:
    """Give note(loss, numbers); leave the numbers of the least loss noted in the parameters.

    That holds also if the block ends with an error or Ctrl-C; where nothing finite was noted they
    are as they were.
    """
    best, kept = math.inf, [p.data for p in parameters]

    def note(loss: float, numbers: Floats) -> None:
        nonlocal best, kept
        if loss < best:
            best, kept = loss, numbers.tolist()

    try:
        yield note
    finally:
        for p, x in zip(parameters, kept, strict=True):
            p.data = x


def scipy_module(name: str, caller: str) -> Any:
    """Return a module of SciPy. Raises ImportError, naming the extra, if it is not installed."""
    try:
        return import_module(f"scipy.{name}")
    except ImportError as error:
        raise ImportError(
            f"{caller} needs SciPy: pip install 'chalkgrad[scipy]'", name="scipy"
        ) from error
