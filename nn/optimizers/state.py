"""An optimizer's state in its forms: a dict for each parameter, or a column for all of them.

`step` keeps rows, `step_array` arrays, files hold columns; all start from zero, so a parameter
that has no state yet has zeros.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd.real import plain_number, short

State = list[dict[str, Any]] | dict[str, Any]


def as_rows(state: State, count: int) -> list[dict[str, Any]]:
    """Return a new list with a dict for each parameter.

    Raises ValueError for the state of another number of parameters.

    >>> as_rows({"t": 2, "m": np.array([0.5, 0.0])}, 2)
    [{'t': 2, 'm': 0.5}, {'t': 2, 'm': 0.0}]
    """
    if isinstance(state, list):
        rows = list(state)
    else:
        columns = [_listed(column, count) for column in state.values()]
        rows = [dict(zip(state, row, strict=True)) for row in zip(*columns, strict=True)]
    if rows:
        _check_count(len(rows), count)
    return rows or [{} for _ in range(count)]


def as_arrays(state: State, count: int) -> dict[str, Any]:
    """Return a dict of arrays; a count of steps that all parameters share stays one int.

    Raises ValueError for the state of another number of parameters.

    >>> as_arrays([{"t": 2, "m": 0.5}, {}], 2)
    {'t': array([2, 0]), 'm': array([0.5, 0. ])}
    """
    columns = _columns(state) if isinstance(state, list) else state
    arrays = {}
    for name, column in columns.items():
        if isinstance(column, list):
            same = name == "t" and len(set(column)) == 1
            column = column[0] if same else np.array(column, int if name == "t" else float)
        if isinstance(column, np.ndarray):
            _check_count(column.size, count)
        arrays[name] = column
    return arrays


def as_columns(state: State, kept: Sequence[str]) -> dict[str, list[Any]]:
    """Return a dict of lists of plain numbers, in the order of `kept`."""
    columns = _columns(state) if isinstance(state, list) else state
    count = max((len(c) for c in columns.values() if not isinstance(c, int)), default=0)
    return {name: _listed(columns[name], count) for name in kept if name in columns}


def checked_columns(
    saved: Any, kept: Sequence[str], name: str, params: Sequence[Any] | None
) -> dict[str, Any]:
    """Return saved columns as new lists. Raises ValueError for other names, lengths and numbers."""
    if not isinstance(saved, Mapping) or not set(saved) <= set(kept):
        raise ValueError(
            f"{name}: the saved state {short(saved)} should have the columns {', '.join(kept)}"
        )
    columns = {key: list(column) for key, column in saved.items()}
    for key, column in columns.items():
        columns[key] = [plain_number(x, f"{name}: {key}[{i}]") for i, x in enumerate(column)]
        if key == "t" and not all(type(t) is int and t >= 0 for t in columns[key]):
            raise ValueError(f"{name}: t={short(column)}: steps are counted in whole numbers")
    sizes = {len(column) for column in columns.values()}
    wanted = sizes if params is None else {len(params)}
    if len(sizes) > 1 or (sizes and sizes != wanted):
        raise ValueError(
            f"{name}: the saved state is of {' and '.join(map(str, sorted(sizes)))} parameters"
            + (f", this optimizer has {len(params)}" if params is not None else "")
        )
    return columns


def _check_count(before: int, now: int) -> None:
    if before != now:
        raise ValueError(
            f"this optimizer has moved {before} parameters so far, now {now} are given; "
            "make a new one for another model"
        )


def _columns(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name, 0) for row in rows] for name in names}


def _listed(column: Any, count: int) -> list[Any]:
    if isinstance(column, np.ndarray):
        return list(column.tolist())
    return [column] * count if isinstance(column, int) else list(column)
