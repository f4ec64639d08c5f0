"""Many trainings with one call, and as one program: ensembles, and sweeps of hyperparameters."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autograd.real import short
from nn.data.arrays import unknown, whole
from nn.losses import find_loss
from nn.losses.reduction import Loss
from nn.metrics.names import Metric
from nn.module import Module
from nn.optimizers.optimizer import Optimizer
from nn.optimizers.schedule import Schedule, find_schedule
from nn.training.arguments import checked_optimizer, checked_penalty, checked_validation
from nn.training.diverged import DivergedError
from nn.training.engines import Objective, Penalty
from nn.training.fit import fit
from nn.training.history import History
from nn.training.interrupts import Interrupted
from nn.training.large import Large
from nn.training.many.ensemble import Ensemble, EnsembleInterrupted
from nn.training.many.loop import ManyRun
from nn.training.many.members import Make, Trainee, checked_seeds, models_of, optimizers_of
from nn.training.many.validation import Validation
from nn.training.progress import Progress
from nn.training.samples import Samples, checked_samples
from nn.training.scoring import metrics_of, named_metrics, try_metrics
from nn.training.trial import check_batches, try_out

ENGINES = ("auto", "numpy", "jax")


def fit_many(
    model: Module | Make,
    X: Any,
    y: Any,
    loss: str | Loss = "cross_entropy",
    optimizer: Optimizer | None = None,
    epochs: int = 10,
    batch_size: int | None = 32,
    *,
    seeds: Sequence[int] | None = None,
    hyperparameters: Sequence[Mapping[str, Any]] | None = None,
    validation: tuple[Any, Any] | float | None = None,
    metrics: Sequence[str | Metric] = (),
    schedule: Schedule | Callable[[int], Any] | None = None,
    penalty: Penalty | None = None,
    shuffle: bool = True,
    progress: bool = True,
    engine: str = "auto",
) -> Ensemble:
    """Train many models of one structure at once, each as `fit` trains it alone, to rounding.

    `model` is a function that makes one of a seed, or a Module, of which all are copies and which
    is left as it is. There is a member for every set of hyperparameters with every seed: in order
    hyperparameters[0] with all seeds, then the next. Hyperparameters are options of the optimizer,
    numbers that replace those it has: {"lr": 0.1, "weight_decay": 1e-4}. A seed makes the model,
    and decides the order of the samples and what is held out, as `fit`'s does; without seeds one is
    drawn. Everything else is as in `fit` and the same for all: the batch size too, and callbacks
    (and with them early stopping and checkpoints) are for `fit` alone.

    All models run as one program, each array with an axis of models in front: on NumPy, or with
    engine="jax" whole epochs on JAX. "auto" is NumPy's, and models one after another where there
    can be no program, as with BatchNorm; `history.engine` says why; "numpy" and "jax" raise
    TypeError then. A model that diverges is left with the parameters of its last finite loss, its
    `history.stopped` says so, and the others go on. Ctrl-C raises EnsembleInterrupted (a
    KeyboardInterrupt), whose `ensemble` has all models as they were after the last whole step.

    Raises ValueError or TypeError, with nothing changed, for what it cannot use.

    >>> from nn.layers.mlp import MLP
    >>> from nn.optimizers.adam import Adam
    >>> X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    >>> ensemble = fit_many(
    ...     lambda seed: MLP(2, [4, 2], activation="tanh", seed=seed), X, y, epochs=100,
    ...     optimizer=Adam(lr=0.1), seeds=range(3), progress=False)
    >>> ensemble.predict(X).argmax(axis=1)
    array([0, 1, 1, 0])
    """
    if engine not in ENGINES:
        raise unknown("engine", engine, ENGINES)
    samples, function, named = checked_samples(X, y), find_loss(loss), named_metrics(metrics)
    epochs = whole("epochs", epochs, 1)
    options = optimizers_of(checked_optimizer(optimizer), hyperparameters)
    schedule = None if schedule is None else find_schedule(schedule)
    checked_penalty(penalty)
    if not callable(model):  # a Module is, too
        raise TypeError(
            f"fit_many: {short(model)} is no Module and no function that makes one, as "
            "lambda seed: nn.MLP(2, [16, 1], seed=seed)"
        )
    found_seeds = checked_seeds(seeds, model)
    models = models_of(model, found_seeds, len(options))
    if not models[0].parameters():
        raise ValueError("fit_many: the model has no parameters to train; are all of them frozen?")
    output = try_out(models[0], samples, function, ("X", "y"))
    named = metrics_of(named, output, function)
    judged = checked_validation(validation, samples, models[0], function, epochs)
    if isinstance(judged, Large):
        raise TypeError(
            "validation: models that train at once hold all samples in memory; give arrays, as "
            "(np.array(X), np.array(y))"
        )
    columns = ["loss", *named]
    columns += [f"val_{name}" for name in columns] if judged is not None else []
    columns += ["lr"] if schedule else []
    pairs = [(own, seed) for own in options for seed in found_seeds]
    trainees = [
        Trainee(
            seed, given, made, copy.copy(of_options), copy.copy(schedule),
            History({name: [] for name in columns}),
        )
        for ((given, of_options), seed), made in zip(pairs, models, strict=True)
    ]  # fmt: skip
    for trainee in trainees:
        share = judged if isinstance(judged, float) else None
        trainee.hold_out(len(samples), share)
    size = len(trainees[0].places)
    batch = size if batch_size is None else whole("batch_size", batch_size, 1)
    check_batches(models[0], size, batch)
    others = judged if isinstance(judged, Samples) else None
    for part, name in ((samples, "y"), (others, "validation y")):
        if part is not None:
            try_metrics(named, output, part, name)
    for trainee in trainees:
        trainee.bind(epochs, -(-size // batch))
    objectives = [Objective(made, function, penalty) for made in models]
    validated = None
    if judged is not None:
        held = np.arange(len(others)) if others else np.array([t.held for t in trainees])
        held = held[0] if others is None and len(found_seeds) == 1 else held
        validated = Validation(models, function, named, others or samples, held)
    try:
        run = ManyRun(
            trainees, samples, objectives, validated, named, epochs, batch, bool(shuffle),
            "numpy" if engine == "auto" else engine,
        )  # fmt: skip
    except TypeError as error:
        if engine != "auto":
            raise
        given = {
            "validation": validation, "metrics": metrics, "penalty": penalty, "shuffle": shuffle,
        }  # fmt: skip
        return _one_by_one(trainees, str(error), X, y, loss, epochs, batch_size, given)
    for trainee in trainees:
        trainee.history.engine = f"{run.engine}, {len(trainees)} models at once"
    try:
        run.train(Progress() if progress else None)
    except KeyboardInterrupt:
        raise _interrupted(trainees, epochs, run.place) from None
    return Ensemble([trainee.member for trainee in trainees])


def _one_by_one(
    trainees: Sequence[Trainee], why: str, X: Any, y: Any, loss: Any, epochs: int, size: Any,
    given: Mapping[str, Any],
) -> Ensemble:  # fmt: skip
    for k, each in enumerate(trainees, 1):
        broken = ""
        try:
            each.history = fit(
                each.model, X, y, loss, each.optimizer, epochs, size, seed=each.seed,
                schedule=each.schedule, progress=False, **given,
            )  # fmt: skip
        except DivergedError as error:
            each.history = error.history
            each.history.stopped = f"diverged: {str(error).splitlines()[0]}"
        except Interrupted as error:
            each.history = error.history
            broken = f"model {k} of {len(trainees)}"
        each.history.engine = f"{each.history.engine}, one by one: {why}"
        if broken:
            raise _interrupted(trainees, epochs, broken)
    return Ensemble([each.member for each in trainees])


def _interrupted(trainees: Sequence[Trainee], epochs: int, place: str) -> EnsembleInterrupted:
    for each in trainees:
        if len(each.history) < epochs and not each.history.stopped:
            each.history.stopped = f"interrupted in {place}"
    return EnsembleInterrupted(
        f"fit_many was interrupted in {place}: the error's ensemble has the models of then",
        Ensemble([each.member for each in trainees]),
    )
