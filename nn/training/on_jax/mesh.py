"""The devices that a fit runs on through JAX: a mesh with an axis "rows", looked at first."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.program.jax import check_precision, imported
from autograd.real import short

AXIS = "rows"
DTYPES = ("float64", "float32")


def mesh_of(devices: Any, dtype: str) -> Any:
    """Return the mesh that is meant: of all devices (None), so many of them, or the one given.

    Raises ValueError for devices that are not there, and for a mesh that has no axis "rows" or
    leaves a process out, RuntimeError for a dtype that is off, or that the device does not have.
    """
    jax = imported()
    if not isinstance(dtype, str) or dtype not in DTYPES:
        raise ValueError(f"dtype={dtype!r}: 'float64' or 'float32'")
    if isinstance(devices, jax.sharding.Mesh):  # made anew: programs leave the axes to XLA
        mesh = jax.sharding.Mesh(devices.devices, devices.axis_names)
    else:
        mesh = _first(jax, devices)
    if AXIS not in mesh.axis_names:
        raise ValueError(
            f"devices: the mesh has the axes {', '.join(map(repr, mesh.axis_names))}; name the one "
            f"that rows are spread over {AXIS!r}, as jax.make_mesh((8,), ({AXIS!r},))"
        )
    taking_part = {device.process_index for device in mesh.devices.flat}
    if left_out := sorted(set(range(jax.process_count())) - taking_part):
        raise ValueError(
            f"devices: process {left_out[0]} of {jax.process_count()} has none in the mesh; "
            "devices=None takes those of every process"
        )
    _check_dtype(jax, dtype)
    return mesh


def _first(jax: Any, devices: Any) -> Any:
    there = jax.devices()
    count = len(there) if devices is None else devices
    if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < 1:
        raise ValueError(
            f"devices={short(devices)}: how many, 1 or more, a jax.sharding.Mesh, or None for all"
        )
    if count > len(there):
        kind = there[0].platform
        raise ValueError(
            f"devices={count}: JAX has {len(there)} ({kind}). To try it with simulated ones, set "
            f"XLA_FLAGS=--xla_force_host_platform_device_count={count} and JAX_PLATFORMS=cpu in "
            "the environment before Python starts"
        )
    return jax.sharding.Mesh(np.array(there[:count]), (AXIS,))


def _check_dtype(jax: Any, dtype: str) -> None:
    """Raise RuntimeError unless numbers of this type come out of a computation as they should."""
    check_precision("engine='jax'", dtype)
    device = jax.local_devices()[0]
    x = np.full(1, 1 / 3, dtype)
    found: Any = None
    try:
        found = np.asarray(jax.device_put(x, device) * jax.device_put(x, device))
    except Exception as error:
        found = error
    if getattr(found, "dtype", None) != dtype or abs(found - x * x) > np.finfo(dtype).eps:
        raise RuntimeError(
            f"engine='jax': the device {device.device_kind} ({device.platform}) does not compute "
            f"with {dtype} ({found!r})" + ("; give dtype='float32'" if dtype == "float64" else "")
        )
