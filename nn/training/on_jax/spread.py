"""Where arrays lie on the devices of a mesh: rows spread, parameters whole on each or spread too.

A spread parameter lies flat, filled up with zeros to a multiple of the devices, a part on each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

import numpy as np

from autograd.program.jax import imported
from nn.training.on_jax.mesh import AXIS

Arrays = dict[str, Any]


@dataclass(frozen=True)
class Spread:
    """Bring arrays by name to the devices of a mesh and back; parameters in `parts` or whole."""

    mesh: Any
    shapes: Mapping[str, tuple[int, ...]]
    dtype: str
    parts: bool

    @property
    def count(self) -> int:
        """Return how many parts there are."""
        return int(self.mesh.shape[AXIS])

    @cached_property
    def by_rows(self) -> Any:
        """Return the sharding of rows."""
        return self._sharding(AXIS)

    @cached_property
    def everywhere(self) -> Any:
        """Return the sharding of what is whole on every device."""
        return self._sharding()

    @property
    def of_parameters(self) -> Any:
        """Return the sharding of parameters between two steps."""
        return self.by_rows if self.parts else self.everywhere

    def _sharding(self, *axes: str) -> Any:
        sharding = imported().sharding
        return sharding.NamedSharding(self.mesh, sharding.PartitionSpec(*axes))

    def bring(self, x: Any, sharding: Any) -> Any:
        """Return a NumPy array, the same in every process, as one on the devices."""
        make = imported().make_array_from_callback  # half as long as device_put takes
        return make(x.shape, sharding, lambda index: x[index])

    def bring_rows(self, columns: Sequence[Any], size: int) -> list[Any]:
        """Return columns with `size` rows each: the first, the weights, has 0 in those it lacks.

        Where there is one process they are NumPy's, as JAX spreads these sooner than we can.
        """
        brought, alone = [], imported().process_count() == 1
        for k, x in enumerate(columns):
            x = np.asarray(x, self.dtype if x.dtype.kind == "f" else x.dtype)
            if lacking := size - len(x):
                more = np.repeat(x[:1] if k else np.zeros(1, x.dtype), lacking, axis=0)
                x = np.concatenate([x, more])
            brought.append(x if alone else self.bring(x, self.by_rows))
        return brought

    def bring_parameters(self, arrays: Mapping[str, Any]) -> Arrays:
        """Return a copy of parameters, or what is like them, on the devices."""
        found = {}
        for name, x in arrays.items():
            own = np.array(x, self.dtype)  # JAX may compute with the very memory it is given
            if self.parts:
                own = np.pad(own.ravel(), (0, -own.size % self.count))
            found[name] = self.bring(own, self.of_parameters)
        return found

    @cached_property
    def _made_whole(self) -> Any:
        return imported().jit(lambda arrays: arrays, out_shardings=self.everywhere)

    def take_home(self, arrays: Arrays) -> Arrays:
        """Return what lies on the devices as NumPy arrays of the right shapes."""
        if self.parts:
            arrays = self._made_whole(arrays)
        return {
            name: np.asarray(x).ravel()[: prod(self.shapes[name])].reshape(self.shapes[name])
            for name, x in arrays.items()
        }

    # inside a program -----------------------------------------------------------------------------

    def gathered(self, arrays: Arrays) -> Arrays:
        """Return parameters whole, in their shapes."""
        if not self.parts:
            return arrays
        lax = imported().lax
        return {
            name: lax.with_sharding_constraint(x, self.everywhere)[
                : prod(self.shapes[name])
            ].reshape(self.shapes[name])
            for name, x in arrays.items()
        }

    def scattered(self, arrays: Arrays) -> Arrays:
        """Return gradients, whole in their shapes, as parameters lie."""
        if not self.parts:
            return arrays
        jax = imported()
        return {
            name: jax.lax.with_sharding_constraint(
                jax.numpy.pad(x.ravel(), (0, -x.size % self.count)), self.by_rows
            )
            for name, x in arrays.items()
        }
