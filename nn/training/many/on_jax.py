"""Many models on JAX: jax.vmap of the function of one, and a scan over the batches of an epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from autograd.program.jax import JaxFunction, check_precision, imported
from autograd.program.pure.function import Arrays
from autograd.program.pure.many import NumbersOf, fixed_numbers
from nn.data.arrays import Array
from nn.optimizers.optimizer import Optimizer
from nn.training.many.on_numpy import Batch
from nn.training.many.program import ManyProgram
from nn.training.many.step import Carry, Report, step
from nn.training.samples import Samples


class ManyOnJax(JaxFunction):
    """Compute for each of many models what a compiled function does: see `ManyFunction`."""

    def __init__(
        self, compiled: Any, programs: Sequence[Any], numbers_of: NumbersOf, own_rows: bool
    ) -> None:
        check_precision("fit_many, engine='jax',", "float64", other="")
        self.numbers_of, self.own_rows = numbers_of, own_rows
        super().__init__(compiled, list(programs), complete=False)

    @cached_property
    def of_models(self) -> tuple[Arrays, dict[str, int | None]]:
        """Return the numbers that are not trained, and which of them have an axis of models."""
        found = fixed_numbers(self, self.numbers_of)
        sizes = {leaf.name: leaf.places.ndim for leaf in self.leaves}
        return found, {name: 0 if x.ndim > sizes[name] else None for name, x in found.items()}

    def value_and_grad(
        self, parameters: Mapping[str, Any], rows: Any = (), weights: Any = None, draws: Any = None
    ) -> tuple[Any, Arrays, Any]:
        fixed, of_fixed = self.of_models

        def of_one(p: Arrays, fixed: Arrays, rows: Any, draws: Any) -> Any:
            return super(ManyOnJax, self).value_and_grad({**fixed, **p}, rows, weights, draws)

        axes = (0, of_fixed, 0 if self.own_rows else None, None if draws is None else 0)
        value, slopes, outputs = imported().vmap(of_one, in_axes=axes)(
            dict(parameters), fixed, rows, draws
        )
        return value, slopes, outputs


class OnJax:
    """Make the steps of many batches as one program of JAX: a scan over them."""

    def __init__(
        self, program: ManyProgram, samples: Samples, rule: Optimizer, outputs: bool, size: int
    ) -> None:
        jax = imported()
        self.xp = jax.numpy
        self.program, self.rule, self.outputs, self.size = program, rule, outputs, size
        X, y = program.rows(samples, np.arange(len(samples)))
        self.samples = self.xp.asarray(X), self.xp.asarray(y)
        self.scan = jax.jit(self._scan, compiler_options=program.function.compiler_options())

    def __call__(self, carry: Carry, batches: Sequence[Batch]) -> tuple[Carry, list[Report]]:
        """Return where models are after the batches, and what each step says."""
        orders = np.stack([self._filled(batch.order) for batch in batches])
        weights = np.zeros((len(batches), orders.shape[-1]))
        for row, batch in zip(weights, batches, strict=True):
            count = batch.order.shape[-1]
            row[:count] = 1 / count
        drawn = [self._filled(x.draws.swapaxes(1, 2)) for x in batches if x.draws is not None]
        draws = np.stack(drawn).swapaxes(2, 3) if drawn else None
        options = imported().tree.map(lambda *x: np.stack(x), *[x.options for x in batches])
        carry, reports = self.scan(carry, (orders, weights, draws, options), self.samples)
        host = [None if x is None else np.asarray(x) for x in reports]
        found = []
        for s, batch in enumerate(batches):
            loss, goes, at, slope, outputs = (None if x is None else x[s] for x in host)
            if outputs is not None:
                outputs = outputs[:, : batch.order.shape[-1]]
            found.append(Report(loss, goes, at, slope, outputs))
        return carry, found

    def _scan(self, carry: Carry, batches: Any, samples: Any) -> Any:
        X, y = samples

        def one(carry: Carry, batch: Any) -> Any:
            order, weights, draws, options = batch
            after, report = step(
                self.xp, self.program.value_and_gradient, self.rule, options, carry,
                (X[order], y[order]), weights, draws,
            )  # fmt: skip
            state = {name: after.state[name] for name in carry.state}
            kept = report if self.outputs else report._replace(outputs=None)
            return after._replace(state=state), kept

        return imported().lax.scan(one, carry, batches)

    def _filled(self, x: Array) -> Array:
        """Return places, or other numbers of rows, as many as a whole batch has."""
        more = self.size - x.shape[-1]
        return np.concatenate([x, np.repeat(x[..., :1], more, axis=-1)], axis=-1) if more else x
