"""Data sets from CSV files: columns of numbers, one of them, or a column of names, the target."""

from __future__ import annotations

import csv
import gzip
import io
import os
import zlib
from math import isfinite, nan
from pathlib import Path
from typing import NamedTuple

import numpy as np

from autograd.real import short
from nn.data.arrays import Array, Floats, unknown
from nn.data.encoding import class_numbers

MISSING = ("", "NA", "N/A", "NaN", "nan", "null", "?")
_GZIP = b"\x1f\x8b"


class Dataset(NamedTuple):
    """Hold features X (samples, columns), targets y, and the names of columns and classes.

    y holds numbers as written: ints if all are whole, else floats. If it was text, it holds class
    numbers, and `classes` the text of each; else `classes` is empty.
    """

    X: Floats
    y: Array
    columns: list[str]
    target: str
    classes: list[str]


def load_csv(
    path: str | os.PathLike[str],
    *,
    target: str | int = -1,
    header: bool | None = None,
    delimiter: str = ",",
    missing: tuple[str, ...] = MISSING,
) -> Dataset:
    """Read a CSV file, plain or gzipped: a line a sample, features and the target.

    `target` is the name or place of its column, the last unless given. Without `header` the first
    line is taken for one if none of its features is a number or missing. Blank lines are skipped;
    a feature written as one of `missing` is nan (`nn.data.fill_missing`). Raises ValueError, naming
    file, line and column, for ragged lines, cells that are no finite number, targets missing or
    partly text, unknown or doubled target columns, no samples, damaged gzip and other encodings
    than UTF-8; OSError as `open` does.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "pets.csv")
    ...     _ = path.write_text("height,weight,kind\\n0.3,4.5,cat\\n0.6,,dog\\n")
    ...     pets = load_csv(path)
    >>> pets.X, pets.y, pets.classes
    (array([[0.3, 4.5],
           [0.6, nan]]), array([0, 1]), ['cat', 'dog'])
    """
    name = Path(path).name
    lines = _lines(name, Path(path), delimiter)
    if not lines:
        raise ValueError(f"{name}: the file is empty")
    first_number, first = lines[0]
    for number, cells in lines:
        if len(cells) != len(first):
            raise ValueError(
                f"{name}, line {number}: {len(cells)} cells, line {first_number} has {len(first)}; "
                f"all lines need the same columns (parted by {delimiter!r})"
            )
    if len(first) < 2:
        raise ValueError(
            f"{name}: one column only; it needs a feature and a target (parted by {delimiter!r})"
        )
    if header is None:
        header = isinstance(target, str) or _is_header(first, target, missing)
    names = first if header else [f"column {i + 1}" for i in range(len(first))]
    place = _place(name, target, names, header)
    rows = lines[1:] if header else lines
    if not rows:
        raise ValueError(f"{name}: a header, but no samples")
    table = np.empty((len(rows), len(names) - 1))
    kept = [j for j in range(len(names)) if j != place]
    for i, (number, cells) in enumerate(rows):
        for k, j in enumerate(kept):
            value = nan if cells[j] in missing else _number(cells[j])
            if value is None:
                raise ValueError(
                    f"{name}, line {number}, {_column(j, names, header)}: {short(cells[j])} is no "
                    "finite number" + _advice(cells[j], i, header)
                )
            table[i, k] = value
    texts = [(number, cells[place]) for number, cells in rows]
    y, classes = _targets(f"{name}, line {{}}, {_column(place, names, header)}", texts, missing)
    return Dataset(table, y, [names[j] for j in kept], names[place], classes)


def _lines(name: str, path: Path, delimiter: str) -> list[tuple[int, list[str]]]:
    """Return (line number, cells without blanks around them) of each line that is not blank."""
    content = path.read_bytes()
    try:
        if content.startswith(_GZIP):
            content = gzip.decompress(content)
        text = content.decode("utf-8-sig")
    except (EOFError, OSError, zlib.error) as error:
        raise ValueError(f"{name}: damaged gzip data ({error}); fetch the file again") from None
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ValueError(f"{name}, line {line}: not UTF-8 text; save the file as UTF-8") from None
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    lines = []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                lines.append((reader.line_num, [cell.strip() for cell in cells]))
    except csv.Error as error:
        raise ValueError(f"{name}, line {reader.line_num}: {error}") from None
    return lines


def _is_header(cells: list[str], target: int, missing: tuple[str, ...]) -> bool:
    """Say whether the first line names columns: none of its features is a number or missing."""
    at = target % len(cells)  # its own cell may be text in any line
    return all(
        _number(cell) is None and cell not in missing for i, cell in enumerate(cells) if i != at
    )


def _number(cell: str) -> float | None:
    """Return the finite number that a cell holds, else None."""
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if isfinite(value) and "_" not in cell else None


def _place(name: str, target: str | int, names: list[str], header: bool) -> int:
    """Return the place of the target's column, from 0."""
    if isinstance(target, str):
        if not header:
            raise ValueError(f"{name}: target={target!r}, but header=False: give its place, from 0")
        if target not in names:
            raise unknown(f"{name}: target", target, names)
        if names.count(target) > 1:
            raise ValueError(f"{name}: {names.count(target)} columns are named {target!r}")
        return names.index(target)
    if isinstance(target, bool) or not isinstance(target, int):
        raise TypeError(f"target={target!r}: give the name of its column, or its place")
    if not -len(names) <= target < len(names):
        raise ValueError(f"{name}: target={target}: there are {len(names)} columns, 0 to "
                         f"{len(names) - 1} (-1 is the last)")  # fmt: skip
    return target % len(names)


def _targets(
    where: str, texts: list[tuple[int, str]], missing: tuple[str, ...]
) -> tuple[Array, list[str]]:
    """Return targets and the names of classes, if they are names; `where` lacks the line number."""
    for number, text in texts:
        if text in missing:
            raise ValueError(f"{where.format(number)}: the target is missing; drop the line")
    values = [_number(text) for _, text in texts]
    if all(value is None for value in values):
        numbers, classes = class_numbers([text for _, text in texts])
        return numbers, [str(each) for each in classes]
    for (number, text), value in zip(texts, values, strict=True):
        if value is None:
            raise ValueError(
                f"{where.format(number)}: {short(text)} is no finite number, other targets are; "
                "give all as numbers, or all as names"
            )
    array = np.array(values, dtype=np.float64)
    whole = all(text.lstrip("+-").isdecimal() for _, text in texts) and abs(array).max() < 2**53
    return (array.astype(np.int64) if whole else array), []


def _column(place: int, names: list[str], header: bool) -> str:
    """Return the column's number, from 1, and its name, if it has one."""
    return f"column {place + 1}" + (f" ({names[place]})" if header else "")


def _advice(cell: str, row: int, header: bool) -> str:
    """Say what may be behind a cell that is no number."""
    if _number(cell.replace(",", ".", 1)) is not None:
        return "; write a decimal point, not a comma"
    if row == 0 and not header:
        return "; if this line is a header, give header=True"
    return "; features must be numbers (nn.data.class_numbers and one_hot turn names into some)"
