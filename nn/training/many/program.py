"""The loss of a sample as one program for many models of one structure, on NumPy or on JAX."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autograd.program.pure.many import ManyFunction
from autograd.program.recording.draws import Draws
from autograd.value import detached
from nn.data.arrays import Array, Floats
from nn.training.engines import Objective
from nn.training.many.recording import Recorded, numbers_of_models
from nn.training.samples import Samples

_SAME = 1e-6  # relative, as between a program and the graph that it was made of

Rows = tuple[Array, Array]  # samples and targets: (rows, ...), or (models, rows, ...)


class ManyProgram:
    """Compute loss, gradient and outputs of every model, each a row of `numbers`.

    These are (models, parameters) in the order of `order`, which is that in which programs read
    them. `apart` says that models are given rows of their own. Raises TypeError for models that
    cannot be one program, saying why.
    """

    def __init__(
        self, objectives: Sequence[Objective], samples: Samples, apart: bool, engine: str
    ) -> None:
        self.models = [objective.model for objective in objectives]
        self.objectives, self.engine = objectives, engine
        self.parameters = [model.parameters() for model in self.models]
        self.numbers_of = numbers_of_models(self.models)
        self.recorded = Recorded(objectives[0], engine)
        self.recorded.begin(samples)
        self.apart = apart or bool(self.recorded.programs[0].draws)  # each draws its own
        self.make()
        self._compare(samples.take([0]))

    def make(self) -> None:
        """Make the function of all models from the programs that there are by now."""
        self.function = self._made(self.engine)
        places = [leaf.places for leaf in self.function.trained]
        self.order = np.concatenate([place.ravel() for place in places])
        ends = np.cumsum([place.size for place in places])
        self.parts = [
            (leaf.name, int(end) - place.size, int(end), place.shape)
            for leaf, end, place in zip(self.function.trained, ends, places, strict=True)
        ]
        self.generators = self._generators()

    def _made(self, engine: str) -> Any:
        kind: Any = ManyFunction
        if engine == "jax":
            from nn.training.many.on_jax import ManyOnJax

            kind = ManyOnJax
        compiled, programs = self.recorded.bound.compiled, self.recorded.programs
        return kind(compiled, programs, self.numbers_of, self.apart)

    def split(self, numbers: Any) -> dict[str, Any]:
        """Return numbers as arrays of parameters, views of them; axes in front stay."""
        return {
            name: numbers[..., start:stop].reshape(*numbers.shape[:-1], *shape)
            for name, start, stop, shape in self.parts
        }

    def joined(self, arrays: Mapping[str, Any], leads: int = 1) -> Any:
        """Return arrays of parameters as numbers: the inverse of `split`."""
        xp = self.function.xp
        return xp.concatenate(
            [arrays[name].reshape(*arrays[name].shape[:leads], -1) for name, *_ in self.parts], -1
        )

    def rows(self, samples: Samples, orders: Array) -> Rows:
        """Return the samples of these places in the types that the program takes."""
        of_x, of_y = self.recorded.types
        return np.asarray(samples.X[orders], of_x), np.asarray(samples.y[orders], of_y)

    def draws(self, count: int) -> Array | None:
        """Return the random numbers of a batch, each model's from its own generators."""
        if not self.generators:
            return None
        return np.stack([Draws(count).of(own, np.arange(count)) for own in self.generators])

    def value_and_gradient(
        self, numbers: Floats, rows: Rows, weights: Array, draws: Array | None
    ) -> tuple[Any, Any, Any]:
        """Return losses (models,), gradients (models, parameters), outputs (models, rows, ...)."""
        value, slopes, outputs = self.function.value_and_grad(
            self.split(numbers), rows, weights, draws
        )
        return value, self.joined(slopes), outputs[..., 1:]

    def of_samples(self, numbers: Floats, samples: Samples, places: Array) -> tuple[Floats, Floats]:
        """Return loss and outputs of each sample for every model, without a gradient.

        The numbers are in the order of the models' parameters.
        """
        while True:
            packed = self.split(numbers[:, self.order])
            found = self.function(packed, self.rows(samples, places))
            odd = np.flatnonzero(np.isnan(found[..., 0]).any(1)).tolist()
            given = [samples.take(places[k] if self.apart else places) for k in odd]
            learned = [self.learn(numbers[k], seen) for k, seen in zip(odd, given, strict=True)]
            if not any(learned):
                return found[..., 0], found[..., 1:].reshape(*found.shape[:2], *self.recorded.shape)

    def learn(self, numbers: Floats, samples: Samples) -> bool:
        """Say whether there is a new program once a model of these numbers has seen samples.

        Results are nan for samples that take a way that no sample has taken before. The numbers are
        in the order of the model's parameters; `order` may be another one afterwards.
        """
        before = len(self.recorded.programs)
        try:
            after = self.recorded.run(numbers, samples)
        except Exception:  # so there is none
            return False
        if after == before:
            return False
        self.make()
        return True

    # models that look alike, and compute something else -------------------------------------------

    def _generators(self) -> list[list[Callable[[], float]]]:
        """Return what draws the random numbers of each model; none if there are none."""
        drawn = self.function.draws
        if not drawn:
            return []
        own = list(self.models[0].generators().values())
        found = []
        for model in self.models:
            theirs = list(model.generators().values())
            places = [next((i for i, x in enumerate(own) if x is draw.__self__), None)
                      if hasattr(draw, "__self__") else None for draw in drawn]  # fmt: skip
            if None in places:
                raise TypeError(
                    "a random number is drawn from what is no random.Random of the model, and "
                    "models that train together need one each"
                )
            found.append([
                getattr(theirs[i], draw.__name__)
                for i, draw in zip(places, drawn, strict=True) if i is not None
            ])  # fmt: skip
        return found

    def _compare(self, sample: Samples) -> None:
        """Raise TypeError if the program is not that of every model, by one sample's loss."""
        numbers = np.array([[p.data for p in own] for own in self.parameters], float)
        generators = [g for model in self.models for g in model.generators().values()]
        states = [generator.getstate() for generator in generators]

        def again() -> None:
            for generator, state in zip(generators, states, strict=True):
                generator.setstate(state)

        expected = []
        for objective in self.objectives:
            total, _ = objective(sample.rows, sample.targets)
            expected.append(float(detached(total)))
        again()
        draws = self.draws(1)
        again()
        places = np.zeros((len(self.models), 1), int) if self.apart else np.zeros(1, int)
        function = self._made("numpy")  # it runs at once, and has the same programs
        with np.errstate(all="ignore"):
            found, *_ = function.value_and_grad(
                self.split(numbers[:, self.order]), self.rows(sample, places), np.ones(1), draws
            )
        for k, (ours, theirs) in enumerate(zip(found, expected, strict=True)):
            if not np.isclose(ours, theirs, _SAME, _SAME, equal_nan=True) and not np.isnan(ours):
                raise TypeError(
                    f"model {k} computes something else than model 0: numbers in which they differ "
                    "and that are no parameters stand in their code"
                )
