"""What `fit_many` returns: the models, how each was trained, and their predictions together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isnan
from typing import Any

import numpy as np

import autograd
from autograd.program.pure.many import ManyFunction
from nn.data.arrays import Array, Floats, samples, unknown
from nn.inputs import flattened, listed, shape
from nn.module import Module
from nn.programs import as_lists, run_in_a_form
from nn.training.history import History, best_direction
from nn.training.many.members import Member
from nn.training.many.recording import modes_kept, numbers_of_models

_RECORDED = 8  # rows, to see whether and how models branch
_TOGETHER = 1_024  # rows at once
_SAME = 1e-6  # relative, between a program and the model


class Ensemble:
    """Hold the members of a `fit_many`: each a Module with seed, hyperparameters and history.

    `len(ensemble)` and iteration are over `members`; `models` and `histories` are theirs in order.
    """

    def __init__(self, members: Sequence[Member]) -> None:
        self.members = list(members)

    def __len__(self) -> int:
        return len(self.members)

    def __getitem__(self, k: int) -> Member:
        return self.members[k]

    def __iter__(self) -> Iterator[Member]:
        return iter(self.members)

    @property
    def models(self) -> list[Module]:
        """Return the trained models."""
        return [member.model for member in self.members]

    @property
    def histories(self) -> list[History]:
        """Return the history of each."""
        return [member.history for member in self.members]

    def best(self, name: str = "loss", which: str | None = None) -> Member:
        """Return the member whose last number in a column of the history is the best.

        Those that diverged, or have no number there, are not looked at. `which` is "lowest" or
        "highest"; without it the name decides. Raises KeyError for an unknown column, ValueError
        if no member is left.
        """
        if name not in self.members[0].history:
            raise KeyError(str(unknown("history", name, self.members[0].history.columns)))
        direction = best_direction(name, which)
        ends = [(member.history[name][-1:], member) for member in self._sound()]
        found = [(x, member) for [x], member in (e for e in ends if e[0]) if not isnan(x)]
        if not found:
            raise ValueError(f"ensemble.best({name!r}): there is no number yet")
        pick = min if direction == "lowest" else max
        return pick(found, key=lambda entry: entry[0])[1]

    def predict(self, X: Any, each: bool = False) -> Floats:
        """Return the mean of the models' raw outputs for many samples, (samples, outputs).

        Models that diverged are left out. With `each` return those of all models, (models, samples,
        outputs). X is as for `Module.predict`. Raises ValueError if all have diverged.
        """
        if each:
            return outputs_of_models(self.models, X)
        found: Floats = outputs_of_models([m.model for m in self._sound()], X).mean(axis=0)
        return found

    def __repr__(self) -> str:
        lost = sum(member.diverged for member in self.members)
        told = f"{len(self)} {type(self.members[0].model).__name__}s"
        return f"Ensemble({told}{f', {lost} diverged' if lost else ''})"

    def _sound(self) -> list[Member]:
        found = [member for member in self.members if not member.diverged]
        if not found:
            raise ValueError(f"all {len(self)} models have diverged: see ensemble[0].history")
        return found


class EnsembleInterrupted(KeyboardInterrupt):
    """Say that Ctrl-C ended a `fit_many`; `ensemble` has its models and histories of then."""

    def __init__(self, message: str, ensemble: Ensemble) -> None:
        super().__init__(message)
        self.ensemble = ensemble


def outputs_of_models(models: Sequence[Module], X: Any) -> Floats:
    """Return the outputs of models of one structure, (models, samples, *outputs).

    They run as one program where they can, else one after another.
    """
    array = samples(X)
    with modes_kept(models):
        for model in models:
            model.eval()
        found = _by_one_program(models, array)
    return np.stack([model.predict(X) for model in models]) if found is None else found


def _by_one_program(models: Sequence[Module], array: Array) -> Floats | None:
    form: tuple[int, ...] = ()

    def outputs(x: Any) -> list[Any]:
        nonlocal form
        output = listed(models[0](as_lists(x)))
        form = shape(output)
        return flattened(output)

    program = autograd.compile(outputs, rows=["x"])
    try:
        _, kind = run_in_a_form(program, array[:_RECORDED])
        many = ManyFunction(program, program.recordings.latest(), numbers_of_models(models))
        parameters, parts = many.parameters, []
        for first in range(0, len(array), _TOGETHER):
            rows = np.asarray(array[first : first + _TOGETHER], kind)
            parts.append(many(parameters, rows))
        found: Floats = np.concatenate(parts, axis=1).reshape(len(models), len(array), *form)
        alone = np.stack([model.predict(array[:1]) for model in models])
    except Exception:  # whatever it is, each model on its own says it better
        return None
    same = np.allclose(found[:, :1], alone, _SAME, _SAME) and not np.isnan(found).any()
    return found if same else None
