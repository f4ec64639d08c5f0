"""The models of a `fit_many`, each with what is its own: seed, options, order, history."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd.real import plain_number, short
from nn.data.arrays import Ints, random_source, whole
from nn.data.splitting import split_indices
from nn.module import Module
from nn.optimizers.optimizer import Optimizer
from nn.optimizers.schedule import Schedule
from nn.training.history import History

Make = Callable[[int], Module]
_MOST_SEED = 2**32 - 1


@dataclass(frozen=True, eq=False)
class Member:
    """Hold a model of an ensemble, what it was trained with, and how that went."""

    seed: int
    hyperparameters: dict[str, Any]
    model: Module = field(repr=False)  # a page long
    history: History

    @property
    def diverged(self) -> bool:
        """Say whether it was left with the parameters of its last finite loss."""
        return self.history.stopped.startswith("diverged")


@dataclass
class Trainee:
    """Hold a model while it trains; `places` are those of its samples, `held` of those held out."""

    seed: int
    hyperparameters: dict[str, Any]
    model: Module
    optimizer: Optimizer
    schedule: Schedule | None
    history: History
    source: np.random.RandomState = field(init=False)
    places: Ints = field(init=False)
    held: Ints | None = None

    def __post_init__(self) -> None:
        self.source = random_source(self.seed)

    def hold_out(self, count: int, share: float | None) -> None:
        """Say which of so many samples it learns from: all, or those that are not held out."""
        self.places = np.arange(count)
        if share is not None:
            self.held = split_indices(count, test=share, seed=self.source)[1]
            self.places = np.setdiff1d(self.places, self.held)

    def bind(self, epochs: int, batches: int) -> None:
        """Give the schedule, if there is one, its optimizer."""
        if self.schedule is not None:
            steps = epochs * (batches if self.schedule.per == "batch" else 1)
            self.schedule.bind(self.optimizer, steps)

    def order(self, shuffle: bool) -> Ints:
        """Return the places of the samples of an epoch, in its order."""
        n = len(self.places)
        return self.places[self.source.permutation(n)] if shuffle else self.places

    @property
    def member(self) -> Member:
        """Return what is left when it has been trained."""
        return Member(self.seed, self.hyperparameters, self.model, self.history)


def checked_seeds(seeds: Sequence[int] | None, model: Module | Make) -> list[int]:
    """Return the seeds. Raises TypeError and ValueError for what is none."""
    if seeds is None:
        if not isinstance(model, Module):
            raise TypeError("fit_many: the model is made of a seed: give seeds=, as range(8)")
        return [random_source(None).randint(_MOST_SEED)]
    if isinstance(seeds, (str, int, float)) or not hasattr(seeds, "__iter__"):
        raise TypeError(f"seeds={short(seeds)}: give a list of whole numbers, as range(8)")
    found = [whole(f"seeds[{k}]", seed, 0, _MOST_SEED) for k, seed in enumerate(seeds)]
    if not found:
        raise ValueError("seeds=[]: give one or more")
    if isinstance(model, Module) and len(found) > 1:
        raise TypeError(
            f"seeds={short(seeds)}: with one model all would start from the same numbers; give a "
            "function that makes it of a seed, as lambda seed: nn.MLP(2, [16, 1], seed=seed)"
        )
    return found


def optimizers_of(
    optimizer: Optimizer, hyperparameters: Sequence[Mapping[str, Any]] | None
) -> list[tuple[dict[str, Any], Optimizer]]:
    """Return for each set of hyperparameters the optimizer with them. Raises for what is none."""
    if hyperparameters is None:
        return [({}, copy.copy(optimizer))]
    listed = isinstance(hyperparameters, Iterable) and not isinstance(hyperparameters, Mapping)
    given = list(hyperparameters) if listed else []
    if not given:
        raise TypeError(
            f"hyperparameters={short(hyperparameters)}: give a list of dicts, as "
            '[{"lr": 0.1}, {"lr": 0.01, "weight_decay": 1e-4}]'
        )
    kind, options = type(optimizer), optimizer.options
    found = []
    for k, changed in enumerate(given):
        name = f"hyperparameters[{k}]"
        if not isinstance(changed, Mapping):
            raise TypeError(f'{name}={short(changed)}: give a dict of options, as {{"lr": 0.1}}')
        for option in changed:
            if option not in options:
                raise ValueError(
                    f"{name}: {option!r} is no option of {kind.__name__}, and only these may "
                    f"differ between models that train together: {', '.join(options)}"
                )
        made = kind(**{**options, **changed})
        for option, x in made.options.items():
            if x != options[option] and not _is_numeric(x, options[option]):
                raise ValueError(
                    f"{name}: {option}={x!r}, which is {options[option]!r} for the others: options "
                    "that are no numbers are the same for all; make a fit_many for each"
                )
        found.append((dict(changed), made))
    return found


def _is_numeric(*options: Any) -> bool:
    try:
        for x in options:
            for number in x if isinstance(x, tuple) else [x]:
                if number is not None:
                    plain_number(number, "option")
    except TypeError:
        return False
    return not any(isinstance(x, bool) for x in options)


def models_of(model: Module | Make, seeds: Sequence[int], count: int) -> list[Module]:
    """Return `count` models for every seed. Raises ValueError for those of other structure."""
    if isinstance(model, Module):
        return [copy.deepcopy(model) for _ in range(count * len(seeds))]
    found = []
    for _ in range(count):
        for seed in seeds:
            made = model(seed)
            if not isinstance(made, Module):
                raise TypeError(f"fit_many: the function made {short(made)}, which is no Module")
            found.append(made)
    forms, parts = zip(*map(_form, found), strict=True)
    if len({id(part) for each in parts for part in each}) < sum(map(len, parts)):
        raise ValueError(
            "fit_many: the function gave models that share parameters or generators; make them anew"
        )
    for k, form in enumerate(forms):
        if form != forms[0]:
            raise ValueError(
                f"fit_many: model {k} (seed {seeds[k % len(seeds)]}) is not of the structure of "
                "model 0; models of one structure train together"
            )
    return found


def _form(model: Module) -> tuple[Any, list[Any]]:
    """Return what models that train together have in common, and what each has of its own."""
    named, generators = model.named_parameters(), model.generators()
    modules = [(path, type(module), module.frozen) for path, module in model.named_modules()]
    form = modules, [name for name, _ in named], list(generators)
    return form, [*[p for _, p in named], *generators.values()]
