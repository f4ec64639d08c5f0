"""`compile`: a function of scalars, recorded once for each way it branches, run on arrays."""

from __future__ import annotations

import importlib
import os
import sys
import threading
from collections.abc import Callable, Hashable, Sequence
from functools import update_wrapper
from pathlib import Path
from typing import Any, overload

from autograd.numbers import Function
from autograd.program.eager import call_as_it_is, runs_as_it_is
from autograd.program.function import FLOATS, ScalarFunction
from autograd.program.recording.recordings import Recordings, has_nan, merged, selects


@overload
def compile(
    f: Function, *, rows: Sequence[str] = (), reduce: str | None = None, dtype: str = "float64",
    threads: int | None = None, native: bool | None = None,
) -> Compiled: ...  # fmt: skip


@overload
def compile(
    f: None = None, *, rows: Sequence[str] = (), reduce: str | None = None, dtype: str = "float64",
    threads: int | None = None, native: bool | None = None,
) -> Callable[[Function], Compiled]: ...  # fmt: skip


def compile(
    f: Function | None = None,
    *,
    rows: Sequence[str] = (),
    reduce: str | None = None,
    dtype: str = "float64",
    threads: int | None = None,
    native: bool | None = None,
) -> Any:
    """Return f as a program of matrix operations, recorded at the first call; also a decorator.

    Arguments named in `rows` have a row axis first, and the result is one for each row, or their
    `reduce`, "sum" or "mean". The others are shared: numbers in any form are inputs, models give
    their parameters, and anything else is a constant. Row arguments of ints, bools or strings stay
    plain, with a recording for each; `take(xs, i)` indexes without. Where Python branches on a
    comparison, rows that take another branch get a recording of their own.

    Values that f closes over are inputs, read at each call; plain numbers are constants of the
    recording. Those that f itself names, and models' attributes, are looked at at each call, and
    a changed one means another recording; what the functions that f calls have changed is not seen.

    `threads` is how many share the rows (the machine's cores); results do not depend on it.
    `native` is whether graphs without matrices in them, at few rows, are run by machine code in
    place of NumPy: None for where it pays and the extra `native` is installed, `True` wherever
    there is native code for all operations. `table()` says which it was.

    Raises TypeError or ValueError for arguments that do not fit, and for a function that reads
    `.data` or returns anything but numbers; ImportError if native=True and the extra is missing.

    >>> from autograd import tanh
    >>> @compile(rows=["x"])
    ... def f(x, w):
    ...     return tanh(w * x)
    >>> f([0.0, 1.0, 2.0], 0.0)
    array([0., 0., 0.])
    >>> f.grad([0.0, 1.0, 2.0], 0.0, argnums=1)
    array([0., 1., 2.])
    """

    def of(function: Function) -> Compiled:
        return Compiled(function, rows, reduce, dtype, threads, native)

    return of if f is None else of(f)


class Compiled(ScalarFunction):
    """Run a function on arrays. Made by `compile`, which says what the options are."""

    def __init__(
        self, f: Function, rows: Sequence[str], reduce: str | None, dtype: str, threads: int | None,
        native: bool | None = None,
    ) -> None:  # fmt: skip
        super().__init__(f, rows, reduce, dtype, threads, native)
        self.recordings = Recordings(self)
        self._derived: dict[Hashable, Any] = {}
        self._lock = threading.RLock()
        update_wrapper(self, f, updated=())

    def __repr__(self) -> str:
        rows = f", rows={self.row_names}" if self.row_names else ""
        return f"<compiled {self.name}{rows}{f', reduce={self.reduce!r}' if self.reduce else ''}>"

    def __reduce__(self) -> Any:
        if _found(self.f.__module__, getattr(self.f, "__qualname__", "")) is self:
            return _found, (
                self.f.__module__,
                self.f.__qualname__,
            )  # a decorated name, like any def
        options = self.reduce, self.dtype, self.threads, self.native
        return Compiled, (self.f, self.row_names, *options)

    # calls --------------------------------------------------------------------------------------

    def __call__(self, *args: Any, **kw: Any) -> Any:
        arguments = self.bound_arguments(args, kw)
        if runs_as_it_is(arguments):
            return call_as_it_is(self, arguments)
        call = self.call(arguments)
        parts = self.recordings.assigned(call)
        leaves = merged(self.name, parts, call, FLOATS[self.dtype])
        if selects(parts) and has_nan(leaves):  # 0 * inf from the branch that was not chosen?
            others = self.recordings.assigned(call, selecting=False)
            leaves = merged(self.name, others, call, FLOATS[self.dtype])
            if not has_nan(leaves):
                self.recordings.branching.add(call.key)
        if not self.row_names or self.reduce:
            leaves = [float(self.reduced(x)) if self.reduce else float(x[0]) for x in leaves]
        return self.in_form(parts[0].output, leaves, call.count)

    def value_and_grad(self, *args: Any, argnums: Any = 0, **kw: Any) -> tuple[Any, Any]:
        """Return (value, gradient) as `autograd.value_and_grad` does, reduced or per row."""
        from autograd.program.gradient import value_and_grad

        return value_and_grad(self, self.bound_arguments(args, kw), argnums)

    def grad(self, *args: Any, argnums: Any = 0, **kw: Any) -> Any:
        """Return the gradient by the argument at `argnums` in its form, for a model {path: number}.

        With reduce=None there is a gradient for each row.
        """
        return self.value_and_grad(*args, argnums=argnums, **kw)[1]

    def jacobian(self, *args: Any, argnums: Any = 0) -> Any:
        """Return all derivatives of all outputs, as `autograd.jacobian` does."""
        return self.transformed("jacobian", argnums)(*args)

    def hessian(self, *args: Any, argnums: int = 0) -> Any:
        """Return the second derivatives of a scalar function, as `autograd.hessian` does."""
        return self.transformed("hessian", argnums)(*args)

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
        """Return (value, derivative in the direction of the tangents), as `autograd.jvp` does."""
        from autograd.program.derived import jvp

        return jvp(self, primals, tangents)  # type: ignore[no-any-return]

    def vjp(self, *primals: Any) -> tuple[Any, Function]:
        """Return (value, pullback), as `autograd.vjp` does."""
        from autograd.program.derived import vjp

        return vjp(self, primals)

    def hvp(self, x: Any, v: Any, *rest: Any) -> Any:
        """Return the Hessian by the first argument at x times v; `rest` are further arguments."""
        from autograd.program.derived import hvp

        return hvp(self)(x, v, *rest)

    def transformed(self, name: str, option: Any) -> Any:
        """Return what a transform of `autograd` makes of this function, compiled as well."""
        from autograd.program.derived import transformed

        return transformed(self, name, option)

    def derived(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """Return the function made from this one under a key, made when first asked for."""
        with self._lock:
            if key not in self._derived:
                self._derived[key] = make()
            return self._derived[key]

    def bind(self, *models: Any) -> Any:
        """Return the function with its models' parameters in one flat array: see `Bound`.

        `models` are the shared arguments in order; or, of a function that closes over them, the
        models (or lists of Values) whose parameters it trains.
        """
        from autograd.program.bound import Bound

        return Bound(self, models)

    def to(self, engine: str) -> Any:
        """Return the function as a pure one of another engine, of (parameters, rows): "jax".

        It is made of the programs recorded so far for arguments of the form used last: see
        `autograd.program.jax.JaxFunction`, also for what it raises. Raises ValueError for another
        engine.
        """
        if engine != "jax":
            raise ValueError(f"{self.name}.to({engine!r}): the only engine is 'jax'")
        from autograd.program.jax import JaxFunction

        return JaxFunction(self, self.recordings.latest())

    def source_for(self, engine: str) -> str:
        """Return the text that an engine runs: "numpy", which is `source`, or "jax".

        Raises what `to` raises.
        """
        if engine == "numpy":
            return self.source
        return str(self.to(engine).source)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the function to a file for use elsewhere, and return its path.

        What is written goes by the ending. "model.py" is NumPy source that needs no chalkgrad: a
        function of this name, and `<name>_and_gradients` where the result is one number: by all
        that rows share, or by the rows if they share nothing. "model.onnx" is a model for the
        runtimes of ONNX, its inputs named as the arguments. Numbers that the function closes over
        and those of models are kept as they are now (those of a `Bound` after `sync()`); arguments
        that are neither numbers nor rows are part of the file. In it an index that is none
        gives nan.

        It is made of the programs recorded so far for arguments of the form used last, run on what
        was recorded, and written whole or not at all. Raises ValueError for another ending, OSError
        if the file cannot be written, ImportError without the extra `onnx`; TypeError for a
        function that has not been called, one with branches that no row has taken, and for
        operations that have no form there.

        >>> import tempfile
        >>> def double(x):
        ...     return 2 * x
        >>> fast = compile(double, rows=["x"])
        >>> fast([1.5])
        array([3.])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     exec(fast.save(f"{folder}/double.py").read_text())
        >>> double([2.0, 4.0])  # that of the file
        array([4., 8.])
        """
        from autograd.program.exporting.saving import save

        return save(self, path)

    # what was made ------------------------------------------------------------------------------

    @property
    def source(self) -> str:
        """Return the NumPy source of the programs made so far: the code that runs.

        Those of derived functions, as the Hessian or the gradient of each row, come last.
        """
        parts = []
        for each in self._family():
            for k, program in enumerate(each.recordings.programs(), 1):
                head = f"# program {k} of {each.name}: {len(program.lifted.groups)} operations\n"
                parts.append(head + program.latest().source)
        return "\n\n".join(parts) or f"# {self.name} has not been called yet\n"

    def table(self) -> Any:
        """Return what was lifted into what: nodes, operations, flops, bytes. It prints itself."""
        from autograd.program.table import table

        return table(self)

    def _family(self) -> list[Compiled]:
        """Return it, and what has been derived from it and from these."""
        with self._lock:
            derived = list(self._derived.values())
        return [self, *[part for each in derived for part in each._family()]]

    @property
    def eager_rows(self) -> int:
        """Return how many rows, of all calls, were beyond the bound on recordings."""
        return sum(each.recordings.eager_rows for each in self._family())


def _found(module: str, name: str) -> Any:
    """Return what a module calls by this name, None if there is no such thing."""
    found: Any = sys.modules.get(module) or importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return found
