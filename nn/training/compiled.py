"""The engine that runs programs: one sample's loss is recorded, and a batch is its rows.

Whatever it cannot do, or does not get a finite number from, the eager engine does: so errors,
and what a fit that diverges says, are the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isfinite
from operator import is_
from random import Random
from typing import Any

import numpy as np

import autograd
from autograd import Value
from nn.data.arrays import Array, Floats
from nn.inputs import flattened, is_row, listed, numbers_of, shape
from nn.module import Module, left_as_it_was
from nn.programs import as_lists, forms, forms_of_targets, loss_program, losses_of, whole_batch
from nn.training.engines import Objective, Outputs
from nn.training.flat import Flat
from nn.training.host import Eager, OnHost
from nn.training.samples import Samples

_COMPARED = 3  # samples
_SAME = {  # relative; another order of summation is far below, another function above
    "float64": 1e-6,
    "float32": 1e-3,
}


class Auto(OnHost):
    """Run programs, and once something cannot be one, the graphs of batches."""

    dtype = "float64"

    def __init__(self, objective: Objective, flat: Flat) -> None:
        self.objective, self.flat, self.eager = objective, flat, Eager(objective, flat)
        self.generators: list[Random] = list(objective.model.generators().values())
        self.told = ""
        self._give_up(whole_batch_reason(objective))
        self.bound: Any = None
        self.types: tuple[Any, Any] = float, float
        self.shape: tuple[int, ...] = ()  # of a sample's outputs
        self.modules = [module for _, module in objective.model.named_modules()]
        self.inside = contents(self.modules)

    def __call__(self, numbers: Floats, samples: Samples) -> tuple[float, Floats, Outputs]:
        if not self.told.startswith("eager"):
            before = self._states()
            try:
                if self.bound is None:
                    self._begin(numbers, samples)
                loss, gradient, outputs = self._run(numbers, samples)
                if isfinite(loss) and np.isfinite(gradient).all():
                    return loss, gradient, outputs.tolist()
            except Exception as error:
                self._give_up(f"{type(error).__name__}: {error}")
            self._put_back(before)
        return self.eager(numbers, samples)

    def _states(self) -> list[Any]:
        return [generator.getstate() for generator in self.generators]

    def _put_back(self, states: list[Any]) -> None:
        """Let the generators draw again what they have drawn since they had these states."""
        for generator, state in zip(self.generators, states, strict=True):
            generator.setstate(state)

    def look_again(self) -> None:
        """Record anew if anything but numbers of Values has changed in the model."""
        inside = contents(self.modules)
        if len(inside) != len(self.inside) or not all(map(is_, inside, self.inside)):
            self.modules = [module for _, module in self.objective.model.named_modules()]
            self.inside, self.bound = contents(self.modules), None

    def _give_up(self, why: str) -> None:
        if why:
            self.told = f"eager: {why}"

    def _begin(self, numbers: Floats, samples: Samples) -> None:
        """Compile the loss of a sample, and compare a few with what a batch of them says.

        Whether inputs and targets are floats or whole numbers decides itself by what the model and
        the loss accept.
        """
        some = samples.take(range(min(_COMPARED, len(samples))))
        self.flat.write(numbers)
        with left_as_it_was(self.objective.model):
            total, graphs = self.eager.forward(some)
            outputs = [numbers_of(y) for y in graphs]
            alone = not is_row(graphs[0])
            _, taken = losses_of(  # to try them with the model takes longer
                loss_program(self.objective.loss),
                np.array([y[0] if alone else y for y in outputs]),
                some.y,
            )
        targets = sorted(forms_of_targets(samples.y), key=lambda t: t.dtype != taken)
        errors = []
        for x in forms(samples.X):
            for t in targets:
                self.types = x.dtype, t.dtype
                self.bound = autograd.compile(
                    self._of_one(), rows=["x", "t"], reduce="mean", dtype=self.dtype
                ).bind(self.objective.model)
                try:
                    with left_as_it_was(self.objective.model):
                        found, _, said = self._run(numbers, some)
                except (TypeError, ValueError, IndexError, AttributeError) as error:
                    errors.append(error)
                    continue
                same = _SAME[self.dtype]
                expected = [total.data, *np.ravel(outputs)]
                if not np.allclose([found, *said.ravel()], expected, same, same, equal_nan=True):
                    raise ValueError("the samples of a batch are not independent of each other")
                self.told = "compiled"
                return
        self.bound = None
        raise ExceptionGroup("no form of the data", errors) if len(errors) > 1 else errors[0]

    def _of_one(self) -> Any:
        objective = self.objective
        trained = objective.model.parameters()

        def computed(x: Any, t: Any) -> list[Any]:
            output = objective.model(as_lists(x))
            total = objective.loss(output, as_lists(t))
            if objective.penalty is not None:
                total = total + objective.penalty(trained)
            self.shape = shape(listed(output))
            return [total, *flattened(output)]

        def loss_of_one(x: Any, t: Any) -> list[Any]:  # programs look for changes no deeper
            return computed(x, t)

        loss_of_one.__name__ = "fit"  # as messages call it
        return loss_of_one

    def _run(self, numbers: Floats, samples: Samples) -> tuple[float, Floats, Array]:
        of_x, of_y = self.types
        rows = np.asarray(samples.X, of_x), np.asarray(samples.y, of_y)
        self.bound.parameters[:] = numbers
        recordings, before = self.bound.compiled.recordings, self._states()
        made = recordings.made
        loss, gradient = self.bound.value_and_grad(*rows)
        if self.generators and recordings.made > made:  # rows that are recorded draw too soon
            self._put_back(before)
            loss, gradient = self.bound.value_and_grad(*rows)
        outputs = self.bound.outputs
        return loss, gradient, outputs.reshape(len(outputs), *self.shape)


class Compiled(Auto):
    """Run programs, or raise TypeError saying why there can be none."""

    name = "compiled"

    def _give_up(self, why: str) -> None:
        if why:
            raise TypeError(f"engine={self.name!r}: this fit cannot be a program ({why})")


def contents(modules: Sequence[Module]) -> list[Any]:
    """Return what modules have in their attributes, and in the lists and dicts there at any depth.

    Modules among them stand for themselves, and are not looked into.
    """
    found: list[Any] = []
    waiting: list[Iterable[Any]] = [vars(module).values() for module in modules]
    while waiting:
        parts = waiting.pop()
        found += parts
        holders = [  # most parts are Values: looked at first
            p for p in parts if type(p) is not Value and isinstance(p, (list, tuple, dict))
        ]
        waiting += [p.values() if isinstance(p, dict) else p for p in holders]
    return found


def whole_batch_reason(objective: Objective) -> str:
    """Return why the samples of a batch cannot be taken one by one, "" if they can."""
    if name := whole_batch(objective.model):
        return f"{name} looks at the whole batch"
    generators = objective.model.generators().values()
    if len(set(map(id, generators))) < len(generators):
        return "modules share a generator, from which a batch draws layer by layer"
    return ""
