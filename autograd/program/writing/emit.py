"""The program as NumPy source: arrays and views that are made once, then forward and reverse.

There are two stages. `shared` computes what is the same for all rows, once in a call; `rows` what
differs, for a block of rows at a time. Each is a function that makes its arrays and returns a
forward and a reverse function that fill them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd.program.lifting.active import active_places
from autograd.program.lifting.groups import (
    ROW_FLAGS,
    ROW_STORE,
    SHARED_FLAGS,
    SHARED_STORE,
    Group,
    Lifted,
    Ref,
)  # fmt: skip
from autograd.program.writing.names import Namer
from autograd.program.writing.reverse import Reverse
from autograd.program.writing.text import HEAD, arranged

Array = np.ndarray[Any, Any]


@dataclass
class Stage:
    """Hold the text of one stage, and the index arrays that it reads."""

    name: str
    arguments: list[str]
    inputs: int  # places of s that are not computed
    setup: list[str] = field(default_factory=list)
    forward: list[str] = field(default_factory=list)
    reverse: list[str] = field(default_factory=list)
    stores: list[str] = field(default_factory=list)

    def source(self) -> str:
        """Return the stage as the text of a function."""
        lines = [f"def {self.name}({', '.join(self.arguments)}):"]
        if len(self.setup) > _LONG:  # Python moves the first block once for each name: end it
            lines.append("    if s is None: return")
        lines += [f"    {line}" for line in arranged(self.setup, self.inputs)]
        for name, argument, body in (
            ("forward", "", self.forward),
            ("reverse", "seed", self.reverse),
        ):
            lines += ["", f"    def {name}({argument}):"]
            lines += [f"        {line}" for line in body or ["pass"]]
        stores = ", ".join(f'"{name}": {name}' for name in self.stores)
        lines += ["", f"    return forward, reverse, {{{stores}}}", ""]
        return "\n".join(lines)


_LONG = 1_000  # arrays of a stage


class Emitter:
    """Write both stages of a lifted program."""

    def __init__(self, lifted: Lifted, wanted: dict[str, Array] | None) -> None:
        self.lifted = lifted
        self.namer = Namer(lifted)
        self.indices: dict[str, Array] = {}
        self._index_names: dict[Any, str] = {}
        self.wanted = wanted
        stores = lifted.sizes
        self.active = active_places(lifted, wanted or {})
        self.readers = {name: np.zeros(len(a), int) for name, a in self.active.items()}
        for g in lifted.groups:
            for ref in g.operands:
                np.add.at(self.readers[ref.store], ref.flat(), 1)
        for store, place in lifted.outputs:
            self.readers[store][place] += 1
        self.starts = {(g.store, g.start): g for g in lifted.groups}
        self.written = {name: np.zeros(len(a), bool) for name, a in self.active.items()}
        columns = [name for name, _ in lifted.columns.values()]
        self.has_rows = any(g.row for g in lifted.groups) or bool(columns)
        gradients = [f"d{c}" for c in self.columns_wanted]
        given = ["s", "ds", *[SHARED_FLAGS] * (SHARED_FLAGS in stores)]
        inputs = len(lifted.shared) + len(lifted.constants)
        self.shared = Stage("shared", given, inputs)
        self.rows = Stage("rows", ["n", *given, *columns, *gradients], inputs)
        for row, stage in ((True, self.rows), (False, self.shared)):
            writer = Reverse(self, stage, row)
            for group in lifted.groups:
                if group.row == row:
                    writer.forward(group)
            if wanted is not None:
                writer.seeds()
                for group in self.backwards():
                    if group.row == row:
                        writer.backward(group)
            if row:
                stage.setup[:0] = self.row_stores(stage)

    def backwards(self) -> list[Group]:
        """Return the groups in reverse, those that read inputs alone last, the widest at the end.

        So what is first at the gradient of an input sets it, and a penalty on all inputs adds.
        """
        inputs = len(self.lifted.shared)

        def width(g: Group) -> int:
            active = [ref for ref in g.operands if self.is_active(ref)]
            if all(ref.store == SHARED_STORE and ref.index.max() < inputs for ref in active):
                return sum(ref.index.size for ref in active)
            return 0

        groups = self.lifted.groups[::-1]
        groups.sort(key=width)
        return groups

    @property
    def has_shared(self) -> bool:
        """Say whether anything is computed that is the same for all rows."""
        return bool(self.shared.forward or self.shared.reverse)

    @property
    def columns_wanted(self) -> list[str]:
        """Return the row arguments that a derivative is wanted by."""
        return [c for c, _ in self.lifted.columns.values() if self.active[c].any()]

    def is_active(self, ref: Ref) -> bool:
        """Say whether a derivative by some of these operands is wanted."""
        active = self.active.get(ref.store)
        return active is not None and bool(active[ref.index].any())

    def row_stores(self, stage: Stage) -> list[str]:
        sizes = self.lifted.sizes
        lines = ["ones = full(n, 1.0)"] if any("ones" in line for line in stage.reverse) else []
        if size := sizes.get(ROW_STORE):
            both = bool(self.active[ROW_STORE].any())
            lines.append(f"v = empty(({size}, n))" + (f"; dv = zeros(({size}, n))" if both else ""))
            if (at := self.lifted.ones.get(ROW_STORE)) is not None:
                lines[-1] += f"; v[{at.tolist()}] = 1"  # the biases' inputs
            stage.stores.append(ROW_STORE)
        if size := sizes.get(ROW_FLAGS):
            lines.append(f"row_flags = empty(({size}, n), bool)")
            stage.stores.append(ROW_FLAGS)
        return lines

    def index(self, values: Array) -> str:
        """Return the name of a constant array, of places or of signs."""
        key = values.shape, values.dtype.kind, values.tobytes()
        if key not in self._index_names:
            name = self._index_names[key] = self.namer.fresh(f"i{len(self.indices) + 1}")
            self.indices[name] = np.ascontiguousarray(values)
        return self._index_names[key]

    def source(self) -> str:
        """Return the whole program as text."""
        stages = [self.shared] * self.has_shared + [self.rows] * self.has_rows
        return "\n\n".join([HEAD, *[stage.source() for stage in stages]])
