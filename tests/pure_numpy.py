"""Pure programs on NumPy: the same text as JAX's, run without compiling it."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.program.pure.namespace import Namespace, of_numpy
from autograd.program.pure.selecting import Selecting


class NumpyFunction(Selecting):
    """Compute value, gradient and outputs as a `JaxFunction` does."""

    @property
    def xp(self) -> Any:
        return np

    def namespace(self) -> Namespace:
        return of_numpy(self.dtype)


def on_numpy(compiled: Any) -> NumpyFunction:
    """Return what `compiled.to("jax")` is, on NumPy."""
    return NumpyFunction(compiled, compiled.recordings.latest())
