"""What the text of a pure program calls: the functions of NumPy, or of JAX under the same names."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from autograd import numbers
from autograd.program.writing.expressions import CALLS, UFUNCS

Namespace = dict[str, Any]
_NAMES = ("concatenate", "pad", "where", "broadcast_to", "zeros", "arange", "isinf",
          *UFUNCS.values())  # fmt: skip


def of_numpy(dtype: Any) -> Namespace:
    """Return the names as functions of NumPy, for floats of this type."""

    def scatter(x: Any, places: Any, size: int) -> Any:
        found: Any = np.zeros((*x.shape[:-1], size), x.dtype)
        at: Any = (..., places)
        np.add.at(found, at, x)
        return found

    def add_rows(x: Any, at: Any, count: int, models: int = 0) -> Any:
        if models:  # each adds to rows of its own: those of one long table
            first = np.arange(models).reshape(-1, *[1] * (at.ndim - 1)) * count
            found = add_rows(x, at + first, models * count)
            return found.reshape(models, count, -1)
        leads = x.shape[: x.ndim - 1 - at.ndim]  # of models that add to the same rows
        found = np.zeros((*leads, count, x.shape[-1]), x.dtype)
        np.add.at(found, (*[slice(None)] * len(leads), at), x)
        return found

    return {
        **{name: getattr(np, name) for name in _NAMES},
        **{name: getattr(numbers, name) for name in CALLS if name != "element"},
        "einsum": partial(np.einsum, optimize=True), "zeros": partial(np.zeros, dtype=dtype),
        "matrix": partial(_matrix, np, dtype, 1), "scatter": scatter, "add_rows": add_rows,
        "matrices": partial(_matrix, np, dtype, 2), "stop_gradient": lambda x: x,
        "inf": np.inf, "nan": np.nan,
    }  # fmt: skip


def of_jax(dtype: Any) -> Namespace:
    """Return the names as functions of JAX, for floats of this type."""
    import jax
    import jax.numpy as jnp

    from autograd.program.pure.special import special_functions

    def scatter(x: Any, places: Any, size: int) -> Any:
        return jnp.zeros((*x.shape[:-1], size), x.dtype).at[..., places].add(x)

    def add_rows(x: Any, at: Any, count: int) -> Any:
        return jnp.zeros((count, x.shape[-1]), x.dtype).at[at].add(x)

    names = {name: getattr(jnp, name) for name in _NAMES}
    names["absolute"] = lambda x: x * jnp.sign(x)  # at 0 the slope is 0, and not JAX's 1
    return {
        **names, **special_functions(names),
        "einsum": jnp.einsum, "zeros": partial(jnp.zeros, dtype=dtype),
        "matrix": partial(_matrix, jnp, dtype, 1), "scatter": scatter, "add_rows": add_rows,
        "stop_gradient": jax.lax.stop_gradient, "inf": jnp.inf, "nan": jnp.nan,
    }  # fmt: skip


def _matrix(module: Any, dtype: Any, leads: int, x: Any) -> Any:
    """Return rows of any shape as (rows, numbers), or those of many models with an axis more."""
    x = module.asarray(x, dtype)
    return x.reshape(*x.shape[:leads], -1)
