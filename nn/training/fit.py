"""Training with one call: `fit` checks all that it is given, then lets loop.py train."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from autograd.real import short
from nn.data.arrays import ArraySeed, random_source, whole
from nn.data.stream import Stream
from nn.losses import find_loss
from nn.losses.reduction import Loss
from nn.metrics.names import Metric
from nn.module import Module
from nn.optimizers.optimizer import Optimizer
from nn.optimizers.schedule import CustomSchedule, Schedule, find_schedule
from nn.storage.description import describe
from nn.training.arguments import (
    checked_batch_size,
    checked_optimizer,
    checked_penalty,
    checked_validation,
    refuse_once,
)
from nn.training.callbacks import checked_callbacks, shows_progress, tell
from nn.training.checkpoint import Checkpoint
from nn.training.engines import Objective, Penalty, find_engine
from nn.training.flat import Flat
from nn.training.history import History
from nn.training.loop import train
from nn.training.progress import Progress
from nn.training.resume import check_same_fit, go_on, read_checkpoint
from nn.training.run import Run
from nn.training.scoring import metrics_of, name_of, named_metrics, try_metrics
from nn.training.source import find_source
from nn.training.trial import check_batches, try_out


def fit(
    model: Module,
    X: Any,
    y: Any = None,
    loss: str | Loss = "cross_entropy",
    optimizer: Optimizer | None = None,
    epochs: int = 10,
    batch_size: int | None = 32,
    *,
    validation: tuple[Any, Any] | Stream | float | None = None,
    metrics: Sequence[str | Metric] = (),
    callbacks: Sequence[Any] = (),
    seed: ArraySeed = None,
    progress: bool = True,
    engine: str = "auto",
    devices: Any = None,
    shard: str | None = None,
    dtype: str = "float64",
    schedule: Schedule | Callable[[int], Any] | None = None,
    shuffle: bool = True,
    penalty: Penalty | None = None,
    checkpoint: Checkpoint | str | Path | None = None,
    resume: str | Path | bool | None = None,
) -> History:
    """Train the model on the samples, and return loss and metrics by epoch.

    X has a row, an image or a sequence a sample, whatever the model is called with, y a class, a
    number or a list of such each; the loss is a name or a function of one sample, as
    functools.partial(nn.cross_entropy, class_weights=[1, 3]). A step is made for every batch, down
    the gradient of its mean loss plus penalty(parameters). `batch_size=None` takes all samples at
    once; `optimizer=None` is Adam(lr=0.01). `validation` is (X, y), or a share to hold out. Data
    larger than memory are read batch by batch: X may be a memory map, as np.load(path,
    mmap_mode="r") gives it, whose rows are mixed in pools of some megabytes and held out in blocks,
    or an nn.data.Stream that gives samples and targets. Metrics of the training samples are those
    of the outputs while it trained. The seed decides what is held out and the order of the samples.
    A schedule gives the optimizer its rate back at the end. `resume` is a checkpoint to go on from,
    to the same bits as without a break; True means that of `checkpoint`, if there is one yet. The
    samples run as a program of matrix operations (`autograd.compile`); engine="eager" records their
    graphs instead, which "auto" does too if it must, and `history.engine` says why; "compiled"
    raises TypeError then, and so does "jax". That one makes each step one program on `devices`: so
    many, all (None), or those of a jax.sharding.Mesh with an axis "rows". Rows are spread over
    them, with shard="parameters" the parameters and the optimizer's state as well; dtype="float32"
    is for devices that lack float64. help("nn.training.on_jax.processes") says how machines join.

    Raises ValueError or TypeError, with nothing changed, for anything it cannot use. A loss that
    is not finite any more raises DivergedError, Ctrl-C Interrupted (a KeyboardInterrupt); both
    carry the `history`, and the model has the parameters of the last finite loss or whole step. A
    device that fails raises LostError: its numbers are gone, and a checkpoint is what there is.

    >>> from nn.layers.mlp import MLP
    >>> from nn.optimizers.adam import Adam
    >>> model = MLP(2, [4, 2], activation="tanh", seed=1)
    >>> X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    >>> history = fit(model, X, y, optimizer=Adam(lr=0.1), epochs=100, seed=0, progress=False)
    >>> history["loss"][-1] < 0.01
    True
    """
    if not isinstance(model, Module):
        raise TypeError(f"fit: {short(model)} is not a Module, as nn.MLP(2, [16, 1]) is")
    samples, function, found = find_source(X, y), find_loss(loss), named_metrics(metrics)
    epochs, start = whole("epochs", epochs, 1), find_engine(engine, devices, shard, dtype)
    optimizer = checked_optimizer(optimizer)
    schedule = None if schedule is None else find_schedule(schedule)
    checked_penalty(penalty)
    callbacks = checked_callbacks(callbacks)
    if isinstance(checkpoint, (str, Path)):
        checkpoint = Checkpoint(checkpoint)
    if checkpoint is not None:
        if not isinstance(checkpoint, Checkpoint):
            raise TypeError(f"checkpoint={short(checkpoint)}: give a path, or an nn.Checkpoint")
        callbacks.append(checkpoint)
    trained = model.parameters()
    if not trained:
        raise ValueError("fit: the model has no parameters to train; are all of them frozen?")
    flat = Flat(trained)
    refuse_once(samples, epochs, "X")
    output = try_out(model, samples, function, ("X", "y"))
    found = metrics_of(found, output, function)
    path = _resumed(resume, callbacks)
    saved = read_checkpoint(path) if path else None
    judged = checked_validation(validation, samples, model, function, epochs)

    source = random_source(seed)
    held_out: list[int] = []
    if isinstance(judged, float):
        held_out = (
            samples.held_out(judged, source)
            if saved is None else saved.get("held_out", [])
        )  # fmt: skip
        judged, samples = samples.parted(held_out)
    size = checked_batch_size(batch_size, samples)
    check_batches(model, samples.count, size)
    for part, name in ((samples, "y"), (judged, "validation y")):
        if part is not None:
            try_metrics(found, output, part, name)
    columns = ["loss", *found]
    if judged is not None:
        columns += [f"val_{name}" for name in columns]
    columns += ["lr"] if schedule else []
    settings = {
        "seed": seed if isinstance(seed, int) else None,
        "loss": name_of(function),
        "penalty": penalty is not None,
        "metrics": list(found),
        "batch_size": size,
        "shuffle": bool(shuffle),
        "schedule": "CustomSchedule" if isinstance(schedule, CustomSchedule) else repr(schedule),
        "epochs of the schedule": epochs if schedule and schedule.needs_plan else None,
        "optimizer": _described(optimizer),
        "callbacks": [
            type(c).__name__
            for c in callbacks
            if not isinstance(c, Checkpoint) and not shows_progress(c)
        ],
        "model": _structure(model),
        "frozen": [path for path, module in model.named_modules() if module.frozen],
        "X, y": samples.fingerprint(),
        "validation": judged.fingerprint() if judged else None,
    }
    objective = Objective(model, function, penalty)
    run = Run(
        objective, start(objective, flat), optimizer, schedule, flat, samples,
        judged, found, callbacks, History({name: [] for name in columns}), epochs,
        size, bool(shuffle), source, settings, held_out,
    )  # fmt: skip
    if saved is not None:
        check_same_fit(run, saved, str(path))
    tell(callbacks, "on_fit_start", run)
    options = optimizer.options
    optimizer.bind(flat.values)
    if schedule is not None:
        schedule.bind(optimizer, _steps(schedule, run))
    if saved is not None:
        go_on(run, saved, str(path))
    shows = progress and run.engine.leads and not any(map(shows_progress, callbacks))
    display = Progress() if shows else None
    try:
        return train(run, display)
    finally:
        if schedule is not None:  # the optimizer's next fit begins with its own rate again
            vars(optimizer).update(options, lr=schedule.rate)


def _resumed(resume: str | Path | bool | None, callbacks: Sequence[Any]) -> Path | None:
    """Return the checkpoint to go on from, None to start at the beginning."""
    if resume is None or resume is False:
        return None
    if resume is not True:
        return Path(resume)
    paths: list[Path] = [c.path for c in callbacks if isinstance(c, Checkpoint)]
    if not paths:
        raise ValueError("resume=True: from which file? Give checkpoint= too, or the path here")
    return paths[-1] if paths[-1].exists() else None


def _steps(schedule: Schedule, run: Run) -> int | None:
    """Return how many steps a schedule will make, None if nobody knows and it need not."""
    if schedule.per == "epoch":
        return run.epochs
    if run.batches is None and schedule.needs_plan:
        raise ValueError(
            f"{schedule!r} is planned by the batches of the fit, and nobody knows how many there "
            "are: say how many samples an epoch has, as nn.data.Stream(make, count=1_000_000)"
        )
    return None if run.batches is None else run.epochs * run.batches


def _structure(model: Module) -> Any:
    """Return the structure of a model, or the name of its class where only code can say more."""
    try:
        return describe(model)
    except ValueError:
        return type(model).__name__


def _described(optimizer: Optimizer) -> dict[str, Any]:
    saved = optimizer.state_dict()
    described: dict[str, Any] = json.loads(json.dumps({k: saved[k] for k in saved if k != "state"}))
    return described
