"""Checkpoints: the whole state of a running fit in one JSON file, exact to the last bit.

Floats are written with the digits that give the same float back. The file is replaced in one step,
so whenever the machine stops there is a whole one, the new or the old.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from autograd.files import write_whole
from nn.data.arrays import whole
from nn.training.callbacks import Callback
from nn.training.resume import FORMAT, state_of_run

if TYPE_CHECKING:
    from nn.training.run import Run


class Checkpoint(Callback):
    """Keep the state of a fit in a file, every so many epochs, at its end and when it breaks off.

    `fit(..., resume=path)` goes on from it. A fit that diverged leaves the file as it was. Raises
    ValueError for every < 1 and, when the fit starts, for a folder that does not exist.

    >>> Checkpoint("run.json", every=5)
    Checkpoint('run.json', every=5)
    """

    def __init__(self, path: str | Path, every: int = 1) -> None:
        self.path, self.every = Path(path), whole("every", every, 1)

    def on_fit_start(self, state: Run) -> None:
        """Refuse a path that cannot be written."""
        if self.path.is_dir() or not self.path.parent.is_dir():
            raise ValueError(
                f"Checkpoint({str(self.path)!r}): give the name of a file in a folder that exists"
            )

    def on_epoch_end(self, state: Run) -> None:
        """Write the file if it is time."""
        if len(state.history) % self.every == 0 or state.over:
            self.save(state)

    def on_interrupt(self, state: Run) -> None:
        """Write the file, also in the middle of an epoch."""
        self.save(state)

    def save(self, state: Run) -> None:
        """Write the file: first under another name, which then takes the place of this one."""
        whole_state = state_of_run(state)  # in every process, as the numbers may be spread over all
        if state.engine.leads:
            write_whole(self.path, json.dumps({"format": FORMAT, **whole_state}))

    def __repr__(self) -> str:
        return f"Checkpoint({str(self.path)!r}, every={self.every})"
