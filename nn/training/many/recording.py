"""The recording that many models share, and what each has in the place of the first one's."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np

from autograd import Value
from autograd.program.pure.many import NumbersOf
from autograd.value import detached
from nn.data.arrays import Floats
from nn.module import Module, left_as_it_was, same_modes
from nn.training.compiled import Compiled
from nn.training.engines import Objective
from nn.training.flat import Flat
from nn.training.samples import Samples

_LOOKED_AT = 1_000  # samples, for the ways in which a loss branches


class Recorded(Compiled):
    """Record the loss of a sample of the first model, in the mode that it is in."""

    def __init__(self, objective: Objective, name: str) -> None:
        self.name = name
        super().__init__(objective, Flat(objective.model.parameters()))

    def begin(self, samples: Samples) -> None:
        """Record it, and what else there is for these samples. Raises TypeError if it cannot be."""
        try:
            self._begin(self.flat.numbers, samples)
            self.run(self.flat.numbers, samples.take(range(min(_LOOKED_AT, len(samples)))))
        except Exception as error:
            self._give_up(f"{type(error).__name__}: {error}")

    def run(self, numbers: Floats, samples: Samples) -> int:
        """Run samples, and return how many programs there are then."""
        with left_as_it_was(self.objective.model):
            self._run(numbers, samples)
        return len(self.programs)

    @property
    def programs(self) -> list[Any]:
        """Return the programs for the ways that have been seen."""
        found: list[Any] = self.bound.compiled.recordings.latest()
        return found


def numbers_of_models(models: Sequence[Module]) -> NumbersOf:
    """Return what says which numbers models have in the place of the first one's Values."""

    held = [[v for _, v in model.named_parameters()] for model in models]
    place = {v: i for i, v in enumerate(held[0])}

    def numbers_of(values: Sequence[Value]) -> Floats:
        places = [place.get(v) for v in values]
        found = [
            [detached(v if i is None else own[i]) for i, v in zip(places, values, strict=True)]
            for own in held
        ]
        return np.array(found, dtype=np.float64)

    return numbers_of


def modes_kept(models: Sequence[Module]) -> ExitStack:
    """Return what puts the modes of all models back at the end of a block."""
    stack = ExitStack()
    for model in models:
        stack.enter_context(same_modes(model))
    return stack
