"""Which numbers of a lifted program depend on the inputs that derivatives are wanted by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from autograd.program.lifting.groups import ROW_FLAGS, SHARED_FLAGS, Lifted

Array = np.ndarray[Any, Any]


def active_places(lifted: Lifted, wanted: Mapping[str, Array]) -> dict[str, Array]:
    """Return, for each store, the places that depend on those that are wanted."""
    sizes = {**lifted.sizes, **lifted.widths}
    active = {name: np.zeros(size, bool) for name, size in sizes.items()}
    for name, places in wanted.items():
        active[name][places] = True
    for g in lifted.groups:
        if g.store not in (SHARED_FLAGS, ROW_FLAGS) and g.op != "stop gradient":
            differentiable = g.operands[g.form == "lookup" :]  # an index is none
            reached = any(active[ref.store][ref.index].any() for ref in differentiable)
            active[g.store][g.start : g.start + g.size] = reached
    return active
