"""Going on with a fit that was broken off: what a checkpoint keeps of it, and how it comes back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nn.data.arrays import set_state, state_of
from nn.storage.description import difference
from nn.training.history import History

if TYPE_CHECKING:
    from nn.training.run import Run

FORMAT = "chalkgrad fit, version 2"
_EARLIER = "chalkgrad fit, version 1"  # which kept the order of all samples


def state_of_run(run: Run) -> dict[str, Any]:
    """Return everything that the rest of the fit depends on, as JSON can keep it."""
    return {
        "settings": run.settings,
        "held_out": run.held_out,
        "model": run.snapshot(),
        "random_state": run.model.random_state(),
        "optimizer": run.optimizer.state_dict(),
        "callbacks": run.callback_states(),
        "history": run.history.columns,
        "finished": run.finished,
        "batch": run.batch,
        "order": run.order,
        "tally": run.tally.state_dict(),
        "stopped": run.stopped,
        "source": state_of(run.source),
    }


def check_same_fit(run: Run, saved: Mapping[str, Any], name: str) -> None:
    """Raise ValueError if a checkpoint is of a fit with other settings, naming them."""
    theirs = saved.get("settings")
    if not isinstance(theirs, dict) or saved.keys() != {"format", *state_of_run(run)}:
        raise ValueError(f"resume={name!r}: not a checkpoint of a fit")
    differ = [
        "{} was {} and is {}".format(key, *difference(theirs.get(key), now, ""))
        for key, now in run.settings.items()
        if theirs.get(key) != now
    ]
    if differ:
        raise ValueError(
            f"resume={name!r}: this fit is another one: {'; '.join(differ)}. An exact resume "
            "needs the same; to go on otherwise, start a new fit from the trained model"
        )


def go_on(run: Run, saved: Mapping[str, Any], name: str) -> None:
    """Go where a checkpoint stood. Raises ValueError, changing nothing, if it is damaged."""
    before = state_of_run(run)
    try:
        _load(run, saved)
    except (ValueError, TypeError, KeyError, IndexError) as error:
        _load(run, before)
        raise ValueError(f"resume={name!r}: the checkpoint does not fit: {error}") from error


def _load(run: Run, saved: Mapping[str, Any]) -> None:
    run.restore(saved["model"])
    run.model.set_random_state(saved["random_state"])
    run.optimizer.load_state_dict(saved["optimizer"])
    run.load_callback_states(saved["callbacks"])
    set_state(run.source, saved["source"])
    run.history = History(saved["history"])
    run.finished, run.batch, run.order = saved["finished"], saved["batch"], saved["order"]
    run.tally.load_state_dict(saved["tally"])
    run.stopped = saved["stopped"]


def read_checkpoint(path: str | Path) -> dict[str, Any]:
    """Return what a checkpoint holds. Raises ValueError if the file is none, or not whole."""
    try:
        saved = json.loads(Path(path).read_text())
    except (ValueError, UnicodeDecodeError) as error:
        raise ValueError(
            f"resume={str(path)!r}: not a checkpoint, or not the whole of it ({error})"
        ) from None
    if isinstance(saved, dict) and saved.get("format") == _EARLIER:
        raise ValueError(
            f"resume={str(path)!r}: a checkpoint of an earlier chalkgrad, which this one cannot go "
            "on from to the same bits; finish that fit with the earlier one"
        )
    if not isinstance(saved, dict) or saved.get("format") != FORMAT:
        raise ValueError(f"resume={str(path)!r}: not a checkpoint ({FORMAT})")
    return saved
