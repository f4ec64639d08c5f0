"""What the text of a pure program calls: the functions of NumPy, or of JAX under the same names."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from autograd import numbers
from autograd.program.writing.expressions import CALLS, UFUNCS

Namespace = dict[str, Any]
_NAMES = ("concatenate", "pad", "where", "broadcast_to", "zeros", "isinf", *UFUNCS.values())


def of_numpy(dtype: Any) -> Namespace:
    """Return the names as functions of NumPy, for floats of this type."""

    def scatter(x: Any, places: Any, size: int) -> Any:
        found: Any = np.zeros((*x.shape[:-1], size), x.dtype)
        at: Any = (..., places)
        np.add.at(found, at, x)
        return found

    def add_rows(x: Any, at: Any, count: int) -> Any:
        leads = x.shape[: x.ndim - 1 - at.ndim]  # of models
        found = np.zeros((*leads, count, x.shape[-1]), x.dtype)
        np.add.at(found, (*[slice(None)] * len(leads), at), x)
        return found

    return {
        **{name: getattr(np, name) for name in _NAMES},
        **{name: getattr(numbers, name) for name in CALLS if name != "element"},
        "einsum": partial(np.einsum, optimize=True), "zeros": partial(np.zeros, dtype=dtype),
        "matrix": partial(_matrix, np, dtype), "scatter": scatter, "add_rows": add_rows,
        "stop_gradient": lambda x: x, "inf": np.inf, "nan": np.nan,
    }  # fmt: skip


def of_jax(dtype: Any) -> Namespace:
    """Return the names as functions of JAX, for floats of this type."""
    import jax
    import jax.numpy as jnp
    from jax.scipy import special

    def scatter(x: Any, places: Any, size: int) -> Any:
        return jnp.zeros((*x.shape[:-1], size), x.dtype).at[..., places].add(x)

    def add_rows(x: Any, at: Any, count: int) -> Any:
        return jnp.zeros((count, x.shape[-1]), x.dtype).at[at].add(x)

    return {
        **{name: getattr(jnp, name) for name in _NAMES},
        "erf": special.erf, "erfc": special.erfc, "gamma": special.gamma,
        "lgamma": special.gammaln, "digamma": special.digamma, "polygamma": special.polygamma,
        "gaussian": lambda x: jnp.exp(-x * x), "normal_cdf": special.ndtr,
        "einsum": jnp.einsum, "zeros": partial(jnp.zeros, dtype=dtype),
        "matrix": partial(_matrix, jnp, dtype), "scatter": scatter, "add_rows": add_rows,
        "stop_gradient": jax.lax.stop_gradient, "inf": jnp.inf, "nan": jnp.nan,
    }  # fmt: skip


def _matrix(module: Any, dtype: Any, x: Any) -> Any:
    """Return rows of any shape as (rows, numbers)."""
    x = module.asarray(x, dtype)
    return x.reshape(x.shape[0], -1)
