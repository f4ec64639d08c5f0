"""The loop of `fit`: epochs of batches, each done wholly or not at all, whatever breaks in.

So a fit that was broken off can go on, from its checkpoint, to the same bits. The numbers live in
one flat array (flat.py), the state in a `Run` (run.py).
"""

from __future__ import annotations

from contextlib import closing
from typing import Any

from nn.training.callbacks import shows_progress, tell
from nn.training.checkpoint import Checkpoint
from nn.training.diverged import DivergedError, reason
from nn.training.evaluate import scores
from nn.training.finite import NotFiniteError
from nn.training.history import History
from nn.training.interrupts import Interrupted, uninterrupted
from nn.training.lost import LostError
from nn.training.progress import Progress
from nn.training.run import Run
from nn.training.samples import Samples


def train(run: Run, display: Progress | None) -> History:
    """Run the epochs that are left, and leave everything in order however that ends."""
    model = run.model
    listeners = [c for c in run.callbacks if run.engine.leads or not shows_progress(c)]
    listeners += [display] if display else []
    modes = [(module, module.training) for _, module in model.named_modules()]
    try:
        model.train()
        if display:
            display.on_fit_start(run)
        while not run.over:
            _epoch(run, listeners)
    except BaseException as error:
        run.error = error
        run.write_back()
        if isinstance(error, (DivergedError, LostError)):
            raise
        tell(run.callbacks, "on_interrupt", run)
        place = f"epoch {run.epoch} of {run.epochs}, after {run.of_batches(run.batch)} batches"
        files = [str(c.path) for c in run.callbacks if isinstance(c, Checkpoint)]
        more = [f"resume={name!r} goes on from there" for name in files]
        where = "; ".join([f"{place}: the model has the parameters of then", *more])
        if isinstance(error, KeyboardInterrupt):
            run.history.stopped = f"interrupted in {place}"
            raise Interrupted(f"fit was interrupted in {where}", run.history) from None
        error.add_note(f"fit ended in {where}")
        raise
    finally:
        run.write_back()
        for module, mode in modes:
            module.training = mode
        run.let_gradients_go()
        run.history.stopped = run.stopped or run.history.stopped
        run.history.engine = run.engine.told
        tell(listeners, "on_fit_end", run)
        run.write_back()
    return run.history


def _epoch(run: Run, listeners: list[Any]) -> None:
    if run.callbacks:
        run.engine.look_again()
    with closing(run.batches_left()) as batches:
        for part in batches:
            _batch(run, part)
            run.tally.settle()
            tell(listeners, "on_batch_end", run)
    _epoch_end(run, listeners)


def _batch(run: Run, part: Samples) -> None:
    """Make one step, or none if anything breaks in."""
    run.part = part
    done, kept = run.batch, run.keep()
    try:
        try:
            run.engine.step(run, part)
        except NotFiniteError as error:
            raise _diverged(run, error, part, kept) from None
    except BaseException:
        if run.batch == done:
            run.put_back(kept)
        raise


def _epoch_end(run: Run, listeners: list[Any]) -> None:
    """Write the epoch down and tell it, or undo that if anything breaks in."""
    row = run.tally.row()
    if run.validation is not None:
        run.write_back()
        found = scores(run.model, run.validation, run.objective.loss, run.metrics)
        row |= {f"val_{name}": number for name, number in found.items()}
    if run.schedule:
        row["lr"] = run.rule.lr
    done, states, stopped = run.finished, run.callback_states(), run.stopped
    last = [c for c in listeners if isinstance(c, Checkpoint)]  # they keep what the others did
    try:
        run.history.append(row)
        tell([c for c in listeners if c not in last], "on_epoch_end", run)
        with uninterrupted():
            if run.schedule and run.schedule.per == "epoch":
                run.schedule.step(row.get("val_loss", row["loss"]))
            run.finished, run.batch = run.finished + 1, 0
            run.order, run.tally = None, run.new_tally()
    except BaseException:
        if run.finished == done:
            run.history.cut(done)
            run.load_callback_states(states)
            run.stopped = stopped
        raise
    tell(last, "on_epoch_end", run)


def _diverged(run: Run, found: NotFiniteError, part: Samples, kept: Any) -> DivergedError:
    """Return the error, with the model put back to where its loss was finite."""
    answer = None
    if found.computed:
        run.write_back()
        run.put_back(kept)  # the same dropout again
        answer = reason(run.objective, run.flat.values, part)
    words = [
        f"fit: {found.odd} in epoch {run.epoch}, batch {run.of_batches(run.batch + 1)}",
        *([f"{answer}\n"] if answer else []),
    ]
    if run.last_finite is not None:
        run.parameters[:] = run.last_finite
        words.append(f"The model has the parameters of the last finite loss, {run.loss:.6g}.")
    else:
        words.append("The model is as it was before.")
    words.append(
        f"Try a lower learning rate (it is {run.optimizer.lr:g}), clip_norm= or standardised inputs"
    )
    return DivergedError("\n".join(words), run.epoch, run.batch + 1, answer, run.history)
