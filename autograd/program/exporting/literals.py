"""Arrays as Python text, to the last bit: their numbers, or their bytes where they are many."""

from __future__ import annotations

import base64
import textwrap
from typing import Any

import numpy as np

Numbers = np.ndarray[Any, Any]
MOST_WRITTEN = 400  # numbers of an array that are written out
_WIDTH = 96
PACKED = '''def _unpacked(text, dtype, shape):
    """Return an array whose bytes are written in base64."""
    numbers = np.frombuffer(base64.b64decode(text), np.dtype(dtype).newbyteorder("<"))
    return numbers.astype(dtype).reshape(shape)'''


def literal(numbers: Numbers, indent: str = "") -> str:
    """Return an expression in `np`, `inf`, `nan` and `_unpacked` that gives these numbers.

    >>> print(literal(np.array([[0.1, 2.0], [3.0, np.inf]])))
    np.array([[0.1, 2.0], [3.0, inf]])
    """
    kind = numbers.dtype.name
    if numbers.size > MOST_WRITTEN:
        data = numbers.astype(numbers.dtype.newbyteorder("<")).tobytes()
        packed = "\n".join(textwrap.wrap(base64.b64encode(data).decode(), _WIDTH))
        return f'_unpacked("""\n{packed}\n""", "{kind}", {numbers.shape})'
    dtype = "" if kind in ("float64", "bool") else f", np.{kind}"
    text = f"np.array({_nested(numbers)}{dtype})"
    if numbers.size == 0:
        return f"np.zeros({numbers.shape}, np.{kind})"
    if len(text) + len(indent) <= _WIDTH:
        return text
    inner = f"{indent}    "
    return f"np.array(\n{_lines(numbers, inner)}{dtype},\n{indent})"


def _nested(numbers: Numbers) -> str:
    if numbers.ndim == 0:
        return str(numbers)  # the fewest digits that are this number
    return f"[{', '.join([_nested(part) for part in numbers])}]"


def _lines(numbers: Numbers, indent: str) -> str:
    """Return nested lists of numbers with as many on a line as fit."""
    whole = _nested(numbers)
    if len(indent) + len(whole) <= _WIDTH:
        return indent + whole
    if numbers.ndim > 1:
        parts = [_lines(part, indent + " ").lstrip() for part in numbers]
    else:
        parts = [str(x) for x in numbers]
        text = textwrap.fill(
            ", ".join(parts), _WIDTH, initial_indent=indent + " ", subsequent_indent=indent + " "
        )
        return f"{indent}[{text.lstrip()}]"
    return f"{indent}[" + f",\n{indent} ".join(parts) + "]"
