"""Source lines: where a Value was made, kept for those made under `with autograd.lines():`.

A Value's number, which only orders it, is then an int that also carries the line. So there is
no slot for it and no test when recording; and the line lives exactly as long as its Value.
"""

from __future__ import annotations

import copy
import linecache
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from autograd import value
from autograd.real import short
from autograd.value import Value

_ordinary_number = value._new_number
_local = threading.local()
_lock = threading.Lock()
_open = 0  # how many lines() are open, in all threads

_here = os.path.dirname(value.apply.__code__.co_filename)
# frames of these files are passed over, so that the line is one of whoever uses them
_PASSED = (
    os.path.join(_here, ""),
    os.path.join(os.path.dirname(_here), "nn", ""),
    os.path.join(os.path.dirname(np.__file__), ""),
    copy.copy.__code__.co_filename,
)


class Line(NamedTuple):
    """Name a source line by its file and its number, counted from 1; `str` is "model.py:12"."""

    filename: str
    number: int

    @property
    def text(self) -> str:
        """Return the line itself, without the space around it; "" where there is no source."""
        return linecache.getline(self.filename, self.number).strip()

    def __str__(self) -> str:
        return f"{_cell(self.filename) or os.path.basename(self.filename)}:{self.number}"


class _LocatedNumber(int):
    """Be the number of a Value, and say where that was made."""

    line: Line


def _located_number() -> int:
    number = _ordinary_number()
    if not getattr(_local, "on", False):  # another thread's lines()
        return number
    frame: Any = sys._getframe(1)
    while frame and frame.f_code.co_filename.startswith(_PASSED):
        frame = frame.f_back
    if frame is None:
        return number
    located = _LocatedNumber(number)
    located.line = Line(frame.f_code.co_filename, frame.f_lineno)
    return located


@contextmanager
def lines() -> Iterator[None]:
    """Keep, in this thread, the source line of every Value that is made: see `line_of`.

    It is the line of the innermost call outside autograd, nn and NumPy. Copies and pickles
    do not carry it along.

    >>> with lines():
    ...     y = Value(3.0) * 2
    >>> line_of(y).number
    2
    """
    global _open
    was_on = getattr(_local, "on", False)
    _local.on = True
    with _lock:
        _open += 1
        value._new_number = _located_number
    try:
        yield
    finally:
        _local.on = was_on
        with _lock:
            _open -= 1
            if _open == 0:
                value._new_number = _ordinary_number


def line_of(v: Value) -> Line | None:
    """Return the source line where v was made; None unless that was under `lines()`.

    Raises TypeError for anything but a Value.

    >>> line_of(Value(3.0)) is None
    True
    """
    if type(v) is not Value:
        raise TypeError(f"line_of({short(v)}): only a Value knows the line where it was made")
    return getattr(v.number, "line", None)


def _cell(filename: str) -> str:
    """Return IPython's name of a cell, such as In[3], for the file name that it invents for it."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    named = shell.compile.format_code_name(filename) if shell else None
    return named[1] if named else ""
