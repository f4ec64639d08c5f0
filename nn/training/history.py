"""The record of a fit: loss, metrics and learning rate of every epoch, to read, keep, compare."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from math import isnan
from pathlib import Path
from typing import NamedTuple

from autograd.files import write_whole
from autograd.real import short
from nn.data.arrays import unknown

# names, or the first part of them, of what is better the larger it is; losses and errors are not
RISING = ("acc", "precision", "recall", "f1", "roc_auc", "auc", "r2")
DIRECTIONS = ("lowest", "highest")


class Best(NamedTuple):
    """Hold a best value and its epoch, counted from 1."""

    epoch: int
    value: float


class History:
    """Hold a column of numbers, one an epoch, under each name: "loss", "val_loss", "accuracy", ...

    `history["loss"]` is such a list, `len(history)` the number of epochs and `history.stopped` why
    the fit ended before its last epoch, "" if it did not. `history.engine` is what computed,
    "compiled" or "eager", and why it had to be that, if it was not asked for. Histories of equal
    columns are equal.

    >>> history = History({"loss": [0.7, 0.2, 0.3]})
    >>> history
    History(3 epochs: loss 0.7 → 0.3)
    >>> history.best("loss")
    Best(epoch=2, value=0.2)
    """

    def __init__(self, columns: Mapping[str, Sequence[float]], stopped: str = "") -> None:
        self.columns = {name: list(numbers) for name, numbers in columns.items()}
        self.stopped = stopped
        self.engine = ""
        if len({len(numbers) for numbers in self.columns.values()}) > 1:
            raise ValueError("History: the columns are of unequal lengths; give a number an epoch")

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), []))

    def __getitem__(self, name: str) -> list[float]:
        if name not in self.columns:
            raise KeyError(str(unknown("history", name, self.columns)))
        return self.columns[name]

    def __contains__(self, name: str) -> bool:
        return name in self.columns

    def __eq__(self, other: object) -> bool:
        return isinstance(other, History) and self.columns == other.columns

    __hash__ = None  # type: ignore[assignment]  # it changes while the fit runs

    def __repr__(self) -> str:
        courses = [f"{k} {x[0]:.4g} → {x[-1]:.4g}" for k, x in self.columns.items() if x]
        told = f"{len(self)} epoch{'s' * (len(self) != 1)}"
        told += f": {', '.join(courses)}" if courses else ""
        told += f"; stopped: {self.stopped}" if self.stopped else ""
        return f"History({told})"

    def append(self, row: Mapping[str, float]) -> None:
        """Add an epoch. Raises ValueError unless it has a number for every column."""
        if row.keys() != self.columns.keys():
            raise ValueError(f"History: columns {list(self.columns)}, but given {list(row)}")
        for name, number in row.items():
            self.columns[name].append(number)

    def cut(self, epochs: int) -> None:
        """Forget what came after this many epochs."""
        for numbers in self.columns.values():
            del numbers[epochs:]

    def best(self, name: str = "loss", which: str | None = None) -> Best:
        """Return the best value of a column and its epoch, the first of equal ones.

        `which` is "lowest" or "highest"; without it the name decides. Raises KeyError for an
        unknown name, ValueError for a name that does not decide and a column without numbers.
        """
        column, direction = self[name], best_direction(name, which)
        found = [(x, epoch) for epoch, x in enumerate(column, 1) if not isnan(x)]
        if not found:
            raise ValueError(f"history.best({name!r}): there is no number yet")
        pick = min if direction == "lowest" else max
        value, epoch = pick(found, key=lambda entry: entry[0])
        return Best(epoch, value)

    def save(self, path: str | Path) -> None:
        """Write the history as .csv or .json, every float to its last bit.

        Raises ValueError for other endings.
        """
        path = Path(path)
        if _format(path) == ".json":
            saved = {"history": self.columns, "stopped": self.stopped}
            write_whole(path, json.dumps(saved, indent=1))
            return
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(["epoch", *self.columns])
        rows = zip(*self.columns.values(), strict=True)
        writer.writerows([epoch, *map(repr, row)] for epoch, row in enumerate(rows, 1))
        write_whole(path, text.getvalue())

    @classmethod
    def load(cls, path: str | Path) -> History:
        """Return the history that `save` wrote. Raises ValueError for any other file."""
        path = Path(path)
        try:
            if _format(path) == ".json":
                saved = json.loads(path.read_text())
                columns, stopped = saved["history"], saved["stopped"]
            else:
                with path.open(newline="") as file:
                    [epoch, *names], *rows = csv.reader(file)
                if epoch != "epoch" or any(len(row) != 1 + len(names) for row in rows):
                    raise ValueError("its columns are not those of a history")
                columns = {name: [row[i] for row in rows] for i, name in enumerate(names, 1)}
                stopped = ""
            return cls({k: [float(x) for x in column] for k, column in columns.items()}, stopped)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(
                f"History.load({str(path)!r}): not a saved history ({error})"
            ) from None


def best_direction(name: str, which: str | None = None) -> str:
    """Return whether the best of a column is its "lowest" or its "highest" number.

    Raises ValueError if neither `which` nor the name says.

    >>> best_direction("val_loss"), best_direction("val_accuracy")
    ('lowest', 'highest')
    """
    if which is not None:
        if which not in DIRECTIONS:
            raise unknown("best", which, DIRECTIONS)
        return which
    plain = name.removeprefix("val_")
    if plain.startswith(RISING):
        return "highest"
    if plain.endswith(("loss", "error")) or plain in ("mae", "mse", "rmse"):
        return "lowest"
    raise ValueError(
        f"is a high or a low {name} good? Its name does not say: give 'lowest' or 'highest'"
    )


def _format(path: Path) -> str:
    if path.suffix not in (".csv", ".json"):
        raise ValueError(
            f"{short(str(path))}: a history is kept in a file that ends in .csv or .json"
        )
    return path.suffix
