"""Arrays, places and trees as Python text; arrays to the last bit, as bytes if they are many."""

from __future__ import annotations

import base64
import textwrap
from itertools import pairwise
from typing import Any

import numpy as np

Numbers = np.ndarray[Any, Any]
MOST_WRITTEN = 400  # numbers of an array that are written out
_WIDTH, _DICT = 96, 76
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
    last = f"{inner}np.{kind},\n" if dtype else ""
    return f"np.array(\n{_lines(numbers, inner)},\n{last}{indent})"


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


def dict_text(items: list[str], indent: int) -> str:
    """Return items as the text of a dict: on one line, or on a line each."""
    whole = f"{{{', '.join(items)}}}"
    if len(whole) + indent <= _DICT:
        return whole
    space = " " * indent
    lines = "".join([f"{space}    {item},\n" for item in items])
    return f"{{\n{lines}{space}}}"


def index_text(at: Numbers) -> str:
    """Return places in a list as text: a number, a range, or all of them."""
    if at.ndim == 0:
        return str(int(at))
    flat = at.ravel().tolist()
    if all(b == a + 1 for a, b in pairwise(flat)):
        text = f"np.arange({flat[0]}, {flat[-1] + 1})"
        return text if at.ndim == 1 else f"{text}.reshape({at.shape})"
    return str(at.tolist())


def tree_text(tree: Any, place: str, pieces: dict[str, str]) -> str:
    """Return lists, tuples and dicts as text, with a text for each array in them."""
    if place in pieces:
        return pieces[place]
    if isinstance(tree, dict):
        items = [
            f"{key!r}: {tree_text(item, f'{place}[{key!r}]', pieces)}" for key, item in tree.items()
        ]
        return f"{{{', '.join(items)}}}"
    items = [tree_text(item, f"{place}[{i}]", pieces) for i, item in enumerate(tree)]
    if isinstance(tree, tuple):
        return f"({', '.join(items)}{',' * (len(items) == 1)})"
    return f"[{', '.join(items)}]"
