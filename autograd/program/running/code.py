"""The code of a program: two functions, `shared` and `rows`, that make a forward and a reverse one.

`TextCode` is NumPy text, executed; `native.NativeCode` a tape. A machine runs either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from autograd.program.lifting.groups import Array, Lifted
from autograd.program.running.namespace import NAMESPACE, aligned, by_row, filled
from autograd.program.writing.emit import Emitter


class TextCode:
    """Hold a program's text, and what its execution defines."""

    def __init__(self, lifted: Lifted, wanted: Mapping[str, Array] | None, dtype: Any) -> None:
        emitter = Emitter(lifted, dict(wanted) if wanted is not None else None)
        self.source = emitter.source()
        self.has_rows, self.has_shared = emitter.has_rows, emitter.has_shared
        self.columns_wanted = emitter.columns_wanted

        def constant(x: Array) -> Array:
            return x.astype(dtype) if x.dtype.kind == "f" else x

        namespace: dict[str, Any] = {
            **NAMESPACE, **{name: constant(x) for name, x in emitter.indices.items()},
            "empty": lambda shape, kind=None: aligned(shape, kind or dtype),
            "zeros": lambda shape: filled(shape, 0, dtype),
            "full": lambda shape, x: filled(shape, x, dtype),
            "by_row": lambda shape, n: by_row(shape, n, dtype),
        }  # fmt: skip
        exec(compile(self.source, "<program>", "exec"), namespace)
        self.rows: Callable[..., Any] = namespace.get("rows", lambda *_: (None, None, {}))
        self.shared: Callable[..., Any] = namespace.get("shared", lambda *_: (None, None, {}))
