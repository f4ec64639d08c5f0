"""The loop of `fit`: epochs of batches, each done wholly or not at all, whatever breaks in.

So a fit that was broken off can go on, from its checkpoint, to the same bits. The numbers live in
one flat array (flat.py), the state in a `Run` (run.py).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nn.training.callbacks import tell
from nn.training.checkpoint import Checkpoint
from nn.training.diverged import DivergedError, reason, what_is_odd
from nn.training.engines import LossAndGradient
from nn.training.evaluate import mean_of, measured, scores
from nn.training.history import History
from nn.training.interrupts import Interrupted, uninterrupted
from nn.training.progress import Progress
from nn.training.run import Run
from nn.training.samples import Samples


def train(run: Run, loss_and_gradient: LossAndGradient, display: Progress | None) -> History:
    """Run the epochs that are left, and leave everything in order however that ends."""
    model, listeners = run.model, [*run.callbacks, *([display] if display else [])]
    modes = [(module, module.training) for _, module in model.named_modules()]
    try:
        model.train()
        if display:
            display.on_fit_start(run)
        while not run.over:
            _epoch(run, loss_and_gradient, listeners)
    except BaseException as error:
        run.error = error
        run.write_back()
        if isinstance(error, DivergedError):
            raise
        tell(run.callbacks, "on_interrupt", run)
        place = f"epoch {run.epoch} of {run.epochs}, after {run.batch} of {run.batches} batches"
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
        run.gradient = None
        for _, p in model.named_parameters():
            p.grad = None
        run.history.stopped = run.stopped or run.history.stopped
        run.history.engine = loss_and_gradient.told
        tell(listeners, "on_fit_end", run)
        run.write_back()
    return run.history


def _epoch(run: Run, loss_and_gradient: LossAndGradient, listeners: list[Any]) -> None:
    if run.callbacks:
        loss_and_gradient.look_again()
    if not run.order:
        n = len(run.samples)
        run.order = run.source.permutation(n).tolist() if run.shuffle else list(range(n))
    while run.batch < run.batches:
        _batch(run, loss_and_gradient)
        tell(listeners, "on_batch_end", run)
    _epoch_end(run, listeners)


def _batch(run: Run, loss_and_gradient: LossAndGradient) -> None:
    """Make one step, or none if anything breaks in."""
    first = run.batch * run.batch_size
    part = run.samples.take(run.order[first : first + run.batch_size])
    done, kept = run.batch, run.keep()
    try:
        loss, gradient, outputs = loss_and_gradient(run.parameters, part)
        if odd := what_is_odd(loss, gradient, run.flat.values):
            raise _diverged(run, odd, part, kept)
        with uninterrupted():
            before = run.parameters.copy()
            run.optimizer.step_array(run.parameters, gradient)
            if not np.isfinite(run.parameters).all():
                run.parameters[:] = before
                raise _diverged(run, f"the step of {run.optimizer!r} overflows", None, kept)
            run.last_finite, run.loss, run.gradient = before, loss, gradient
            run.losses.append(loss)
            run.outputs += outputs if run.metrics else []
            run.batch += 1
            if run.schedule and run.schedule.per == "batch":
                run.schedule.step(loss)
    except BaseException:
        if run.batch == done:
            run.put_back(kept)
        raise


def _epoch_end(run: Run, listeners: list[Any]) -> None:
    """Write the epoch down and tell it, or undo that if anything breaks in."""
    sizes = [min(run.batch_size, len(run.samples) - i * run.batch_size) for i in range(run.batches)]
    row = {"loss": mean_of(run.losses, sizes)}
    if run.metrics:
        targets = [run.samples.targets[i] for i in run.order]
        row |= measured(run.metrics, run.outputs, targets)
    if run.validation is not None:
        run.write_back()
        found = scores(run.model, run.validation, run.objective.loss, run.metrics)
        row |= {f"val_{name}": number for name, number in found.items()}
    if run.schedule:
        row["lr"] = run.optimizer.lr
    done, states, stopped = run.finished, run.callback_states(), run.stopped
    last = [c for c in listeners if isinstance(c, Checkpoint)]  # they keep what the others did
    try:
        run.history.append(row)
        tell([c for c in listeners if c not in last], "on_epoch_end", run)
        with uninterrupted():
            if run.schedule and run.schedule.per == "epoch":
                run.schedule.step(row.get("val_loss", row["loss"]))
            run.finished, run.batch = run.finished + 1, 0
            run.order, run.losses, run.outputs = [], [], []
    except BaseException:
        if run.finished == done:
            run.history.cut(done)
            run.load_callback_states(states)
            run.stopped = stopped
        raise
    tell(last, "on_epoch_end", run)


def _diverged(run: Run, odd: str, part: Samples | None, kept: Any) -> DivergedError:
    """Return the error, with the model put back to where its loss was finite."""
    answer = None
    if part is not None:
        run.put_back(kept)  # the same dropout again
        answer = reason(run.objective, run.flat.values, part)
    words = [
        f"fit: {odd} in epoch {run.epoch}, batch {run.batch + 1} of {run.batches}",
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
