"""Training with one call: `fit` checks all that it is given, then lets loop.py train."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from autograd.real import short
from nn.data.arrays import ArraySeed, random_source, whole
from nn.data.splitting import split_indices
from nn.losses import find_loss
from nn.losses.reduction import Loss
from nn.metrics.names import Metric
from nn.module import Module
from nn.optimizers.adam import Adam
from nn.optimizers.optimizer import Optimizer
from nn.optimizers.schedule import CustomSchedule, Schedule, find_schedule
from nn.storage.description import describe
from nn.training.callbacks import checked_callbacks, shows_progress, tell
from nn.training.checkpoint import Checkpoint, read_checkpoint
from nn.training.engines import Objective, Penalty, find_engine
from nn.training.flat import Flat
from nn.training.history import History
from nn.training.loop import train
from nn.training.progress import Progress
from nn.training.run import Run
from nn.training.samples import Samples, check_batches, checked_samples, try_out
from nn.training.scoring import metrics_of, name_of, named_metrics, try_metrics


def fit(
    model: Module,
    X: Any,
    y: Any,
    loss: str | Loss = "cross_entropy",
    optimizer: Optimizer | None = None,
    epochs: int = 10,
    batch_size: int | None = 32,
    *,
    validation: tuple[Any, Any] | float | None = None,
    metrics: Sequence[str | Metric] = (),
    callbacks: Sequence[Any] = (),
    seed: ArraySeed = None,
    progress: bool = True,
    engine: str = "auto",
    schedule: Schedule | Callable[[int], Any] | None = None,
    shuffle: bool = True,
    penalty: Penalty | None = None,
    checkpoint: Checkpoint | str | Path | None = None,
    resume: str | Path | bool | None = None,
) -> History:
    """Train the model on the samples, and return loss and metrics by epoch.

    X has a row, an image or a sequence a sample, whatever the model is called with, y a class, a
    number or a list of such each; the loss is a name or a function of one sample, as
    functools.partial(nn.cross_entropy, class_weights=[1, 3]). A step is made for every
    batch, down the gradient of its mean loss plus penalty(parameters). `batch_size=None` takes all
    samples at once; `optimizer=None` is Adam(lr=0.01). `validation` is (X, y), or a share to hold
    out. Metrics of the training samples are those of the outputs while it trained. The seed decides
    what is held out and the order of the samples. A schedule gives the optimizer its rate back at
    the end. `resume` is a checkpoint to go on from, to the same bits as without a break; True means
    that of `checkpoint`, if there is one yet. The samples run as a program of matrix operations
    (`autograd.compile`); engine="eager" records their graphs instead, which "auto" does too if it
    must, and `history.engine` says why; "compiled" raises TypeError then.

    Raises ValueError or TypeError, with nothing changed, for anything it cannot use. A loss that
    is not finite any more raises DivergedError, Ctrl-C Interrupted (a KeyboardInterrupt); both
    carry the `history`, and the model has the parameters of the last finite loss or whole step.

    >>> from nn.layers.mlp import MLP
    >>> model = MLP(2, [4, 2], activation="tanh", seed=1)
    >>> X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    >>> history = fit(model, X, y, optimizer=Adam(lr=0.1), epochs=100, seed=0, progress=False)
    >>> history["loss"][-1] < 0.01
    True
    """
    if not isinstance(model, Module):
        raise TypeError(f"fit: {short(model)} is not a Module, as nn.MLP(2, [16, 1]) is")
    samples, function, found = checked_samples(X, y), find_loss(loss), named_metrics(metrics)
    epochs, start = whole("epochs", epochs, 1), find_engine(engine)
    optimizer = Adam(lr=0.01) if optimizer is None else optimizer
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"optimizer={short(optimizer)}: give one, as nn.Adam(lr=0.01)")
    schedule = None if schedule is None else find_schedule(schedule)
    if penalty is not None and not callable(penalty):
        raise TypeError(
            f"penalty={short(penalty)}: give a function of the parameters, as "
            "lambda parameters: nn.l2_penalty(parameters, 0.01)"
        )
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
    output = try_out(model, samples, function, ("X", "y"))
    found = metrics_of(found, output, function)
    path = _resumed(resume, callbacks)
    saved = read_checkpoint(path) if path else None
    checked_validation = _checked_validation(validation, samples, model, function)

    source = random_source(seed)
    held_out: list[int] = []
    if isinstance(checked_validation, float):
        held_out = (
            split_indices(len(samples), test=checked_validation, seed=source)[1].tolist()
            if saved is None else saved.get("held_out", [])
        )  # fmt: skip
        checked_validation = samples.take(held_out)
        left = set(held_out)
        samples = samples.take([i for i in range(len(samples)) if i not in left])
    size = len(samples) if batch_size is None else whole("batch_size", batch_size, 1)
    check_batches(model, len(samples), size)
    for part, name in ((samples, "y"), (checked_validation, "validation y")):
        if part:
            try_metrics(found, output, part, name)
    columns = ["loss", *found]
    if checked_validation is not None:
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
        "validation": checked_validation.fingerprint() if checked_validation else None,
    }
    run = Run(
        Objective(model, function, penalty), optimizer, schedule, flat, samples,
        checked_validation, found, callbacks, History({name: [] for name in columns}), epochs,
        size, bool(shuffle), source, settings, held_out,
    )  # fmt: skip
    if saved is not None:
        run.check(saved, str(path))
    tell(callbacks, "on_fit_start", run)
    options = optimizer.options
    optimizer.bind(flat.values)
    if schedule is not None:
        schedule.bind(optimizer, epochs * (run.batches if schedule.per == "batch" else 1))
    if saved is not None:
        run.load_state_dict(saved, str(path))
    display = Progress() if progress and not any(map(shows_progress, callbacks)) else None
    try:
        return train(run, start(run.objective, flat), display)
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


def _checked_validation(
    validation: Any, samples: Samples, model: Module, loss: Loss
) -> Samples | float | None:
    if validation is None:
        return None
    if isinstance(validation, float):
        if not 0 < validation < 1 or len(samples) < 2:
            raise ValueError(
                f"validation={validation!r}: a share above 0 and below 1, of 2 samples or more"
            )
        return validation
    if not isinstance(validation, (tuple, list)) or len(validation) != 2:
        raise TypeError(
            f"validation={short(validation)}: give (X, y), or the share to hold out, as 0.2"
        )
    names = ("validation X", "validation y")
    found = checked_samples(validation[0], validation[1], names)
    try_out(model, found, loss, names)
    return found


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
