"""Native code for irregular programs, an optional extra: a tape that one compiled loop runs.

Where groups are small, calling NumPy for each costs more than the arithmetic. A `Tape` has a row
for each group and a list of places for its operands; the loop over it (see `opcodes`) is machine
code that Numba makes once, for all graphs, and keeps on disk.
"""

from __future__ import annotations

import importlib.util
import math
import os
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from autograd.program.lifting import layout
from autograd.program.lifting.active import active_places
from autograd.program.lifting.groups import ROW_FLAGS, ROW_STORE, SHARED_FLAGS, SHARED_STORE, Lifted
from autograd.program.running import opcodes
from autograd.program.running.code import TextCode
from autograd.program.running.tape import Tape, key_of

Array = np.ndarray[Any, Any]
FEW_ROWS = 16  # up to so many a native program is run row by row; NumPy is faster for more
SMALL = 256  # mean elements of a group: below, native code is used unasked
LEAST = 2000  # elements: fewer are done before Numba is loaded

_NO_FLAGS: Array = np.zeros(0, bool)
_NO_PLACES: Array = np.zeros(0, np.intp)
_lock = threading.Lock()
_loaded: dict[str, ModuleType] = {}


def installed() -> bool:
    """Say whether Numba is there."""
    return importlib.util.find_spec("numba") is not None


def checked(native: bool | None) -> bool | None:
    """Return the option of `compile`. Raises TypeError, or ImportError if the extra is missing."""
    if native not in (None, True, False):
        raise TypeError(f"compile: native={native!r}; allowed are None, True and False")
    if native and not installed():
        raise ImportError(
            "native=True needs Numba: install it with pip install 'chalkgrad[native]'"
        )
    return native


def reason_against(lifted: Lifted, native: bool | None, dtype: Any) -> str:
    """Return why a program is not run natively, '' if it is.

    Unasked, it is where groups have less than 256 elements on average and there are 2,000 of these
    or more.
    """
    if native is False:
        return "native=False"
    if not lifted.groups:
        return "nothing is computed"
    if native is None:
        size = sum(g.size for g in lifted.groups)
        if size >= SMALL * len(lifted.groups) or size < LEAST:
            return "NumPy is fast enough"
    if np.dtype(dtype) != np.float64:
        return f"{np.dtype(dtype)} numbers"
    if not installed():  # for native=True it is: see `checked`
        return "the extra `native` is not installed"
    other = sorted({g.op for g in lifted.groups if key_of(g) is None})
    return f"there is no native code for {', '.join(other)}" if other else ""


def said(against: str, native: bool | None) -> str:
    """Return for a table whether native code runs a program, '' where that is not worth saying."""
    if not against:
        return "run by native code"
    plain = native is False or against == "NumPy is fast enough"
    return "" if plain else f"not run by native code: {against}"


def most_groups(native: bool | None) -> float:
    """Return how many groups a program may have: any number where it may run natively."""
    return layout.MOST_GROUPS if native is False or not installed() else math.inf


class NativeCode:
    """Be what a program's text is, see `code`: functions that make forward and reverse."""

    def __init__(self, lifted: Lifted, wanted: Mapping[str, Array] | None, dtype: Any) -> None:
        self.lifted, self.wanted, self.dtype = lifted, wanted, dtype
        self.active = active_places(lifted, wanted or {})
        self.columns_wanted = [c for c, _ in lifted.columns.values() if self.active[c].any()]
        self.output, self.place = lifted.outputs[0]
        self.is_row = self.output not in (SHARED_STORE, SHARED_FLAGS)
        self.has_rows = any(g.row for g in lifted.groups) or bool(lifted.columns)
        self.has_shared = not self.is_row or not all(g.row for g in lifted.groups)
        self.tapes = {row: Tape.of(lifted, row) for row in (False, True)}
        self.backwards = {row: tape.reverse(self.active) for row, tape in self.tapes.items()}
        self.loops = interpreter(opcodes.common({key_of(g) for g in lifted.groups}))
        self.most_rows = FEW_ROWS if len(lifted.groups) <= layout.MOST_GROUPS else math.inf
        self._text: TextCode | None = None

    @property
    def source(self) -> str:
        """Return what is run, as comments: there is no text for this very graph."""
        groups, elements = Counter[Any](), Counter[Any]()
        for g in self.lifted.groups:
            name = g.op if key_of(g) != "sums" and g.form != "terms" else "sums of products"
            groups[name] += 1
            elements[name] += g.size
        lines = [f"# native code: a tape of {groups.total():,} operations on lists of places",
                 f"# run by the compiled loops in {self.loops.__file__}"]  # fmt: skip
        lines += [f"#   {name}: {count:,} numbers in {groups[name]:,} operations"
                  for name, count in elements.most_common()]  # fmt: skip
        if self.has_rows and self.most_rows == FEW_ROWS:
            lines.append(f"# For more than {FEW_ROWS} rows at a time NumPy is used.")
        return "\n".join(lines) + "\n"

    def shared(self, s: Array, ds: Array, flags: Array = _NO_FLAGS) -> Any:
        """Return the functions that compute what is the same for all rows, and its adjoints."""
        tape = self.tapes[False]

        def forward() -> None:
            self.loops.forward(*tape.forward, s, flags)

        def reverse(seed: float) -> None:
            if not self.has_rows:
                ds.fill(0)
            if not self.is_row:
                ds[self.place] += seed
            self.loops.reverse(*self.backwards[False], s, flags, ds)

        return forward, reverse, {}

    def rows(self, n: int, s: Array, ds: Array, *more: Array) -> Any:
        """Return the functions that compute n rows, and their adjoints."""
        if n > self.most_rows:
            return self._many_rows(n, s, ds, *more)
        tape = self.tapes[True]
        with_flags = SHARED_FLAGS in self.lifted.sizes
        shared_flags = more[0] if with_flags else _NO_FLAGS
        names = [name for name, _ in self.lifted.columns.values()]
        columns = dict(zip(names, more[with_flags:], strict=False))
        gradients = dict(zip(self.columns_wanted, more[with_flags + len(names) :], strict=True))
        x, flags = np.zeros((n, tape.size)), np.zeros((n, tape.flags), bool)
        x[:, tape.places[ROW_STORE] + self.lifted.ones.get(ROW_STORE, _NO_PLACES)] = 1
        dx = np.zeros_like(x)
        sizes = {
            ROW_STORE: self.lifted.sizes.get(ROW_STORE, 0),
            **self.lifted.widths,
        }

        def part(whole: Array, name: str) -> Array:
            start = tape.places[name]
            return whole[:, start : start + sizes[name]]

        def forward() -> None:
            x[:, : len(s)] = s
            flags[:, : len(shared_flags)] = shared_flags
            for name, column in columns.items():
                part(x, name)[...] = column.T
            for k in range(n):
                self.loops.forward(*tape.forward, x[k], flags[k])

        def reverse(seed: float) -> None:
            dx.fill(0)
            if self.is_row:
                dx[:, tape.places[self.output] + self.place] = seed
            for k in range(n):
                self.loops.reverse(*self.backwards[True], x[k], flags[k], dx[k])
            np.add.reduce(dx[:, : len(s)], 0, out=ds)
            for name, gradient in gradients.items():
                gradient[...] = part(dx, name).T

        stores = {ROW_STORE: part(x, ROW_STORE).T, ROW_FLAGS: flags[:, len(shared_flags) :].T}
        return forward, reverse, stores

    def _many_rows(self, n: int, s: Array, ds: Array, *more: Array) -> Any:
        self._text = self._text or TextCode(self.lifted, self.wanted, self.dtype)
        forward, backward, stores = self._text.rows(n, s, ds, *more)

        def reverse(seed: float) -> None:
            ds.fill(0)  # the text sets what it reaches, and the tape adds to all
            backward(seed)

        return forward, reverse, stores


def interpreter(common: bool) -> ModuleType:
    """Return the compiled loops: from disk, or made now, which takes a while once."""
    text = opcodes.text(common)
    name = "autograd_tape_" + sha256(text.encode()).hexdigest()[:16]
    with _lock:
        if name not in _loaded:
            folder = _folder()
            path = folder / f"{name}.py"
            if not path.exists():
                part = path.with_suffix(f".{os.getpid()}")
                part.write_text(text)
                part.replace(path)  # another process may write it, too
            spec = importlib.util.spec_from_file_location(name, path)
            assert spec is not None
            assert spec.loader is not None
            module = importlib.util.module_from_spec(spec)
            sys.modules[name] = module  # Numba's cache asks for it
            spec.loader.exec_module(module)
            _loaded[name] = module
        return _loaded[name]


def _folder() -> Path:
    """Return a folder of the user's own for generated code; a temporary one if there is none."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    folder = Path(os.environ.get("CHALKGRAD_CACHE") or os.path.join(home, "chalkgrad"), "native")
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if os.access(folder, os.W_OK):
            return folder
    except OSError:
        pass
    return Path(tempfile.mkdtemp(prefix="chalkgrad-"))
