"""Compiled functions as pure functions of JAX, which runs them on CPU, GPU and TPU."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from autograd.program.function import unequal
from autograd.program.pure.function import in_form
from autograd.program.pure.namespace import Namespace, of_jax
from autograd.program.pure.selecting import Selecting
from autograd.real import short

if TYPE_CHECKING:
    from autograd.program.compiled import Compiled
    from autograd.program.running.program import Program


_LONG = 700  # lines; transformers and residual networks of fewer gain by fusion


class JaxFunction(Selecting):
    """Compute what a compiled function does, as a pure function of (parameters, rows).

    `parameters` is a dict of arrays, as the property of that name has them now; `rows` a tuple of
    the row arguments, or the one there is. jit, grad, vmap and shardings of JAX apply to it, and
    to `value_and_grad`, chalkgrad's own reverse program. A row whose index lies outside the
    sequence it is for gives nan, as nothing can be raised there. Shared numbers that are not
    trained are read when it is called: give them in `parameters`, too, where jit must not keep
    those of its first call. Comparisons of numbers that all rows share become `lax.cond`; of rows,
    each selects its own way.

    The slope of tanh is 1 - y**2 and that of the sigmoid y*(1 - y), as JAX's own: one array is kept
    for the way back and not two; where y is near 1 they have few digits, unlike in NumPy's
    programs. Numbers below 2.3e-308 count as 0 on the CPU, and lgamma is right to 1e-15, also near
    its zeros.

    Raises TypeError for a function that has not been called yet, for branches that no row has
    taken, and for programs that are for one integer or string each; RuntimeError where JAX
    computes in float32 and the function in float64; ImportError if the extra is missing. Calls
    raise TypeError or ValueError for parameters, rows and weights of other names or shapes.

    >>> import jax
    >>> from autograd import compile
    >>> def square(w, x):
    ...     return (w[0] * x + w[1]) ** 2
    >>> loss = compile(square, rows=["x"], reduce="mean", dtype="float32")
    >>> loss([1.0, 2.0], [1.0, -1.0])  # it is made of what has been recorded
    5.0
    >>> f = loss.to("jax")
    >>> {name: p.shape for name, p in f.parameters.items()}
    {'w': (2,)}
    >>> jax.jit(jax.grad(f))(f.parameters, [1.0, -1.0])["w"].tolist()
    [2.0, 4.0]
    >>> value, gradient, outputs = jax.jit(f.value_and_grad)(f.parameters, [1.0, -1.0])
    >>> float(value), gradient["w"].tolist(), outputs.tolist()
    (5.0, [2.0, 4.0], [[9.0], [1.0]])
    """

    def __init__(self, compiled: Compiled, programs: list[Program], complete: bool = True) -> None:
        check_precision(compiled.name, compiled.dtype)
        super().__init__(compiled, programs, complete)

    @property
    def xp(self) -> Any:
        return imported().numpy

    def namespace(self) -> Namespace:
        return of_jax(self.dtype)

    def array(self, numbers: Any) -> Any:
        return imported().numpy.asarray(numbers, self.dtype)

    def part(self, program: Program, places: Any, **options: Any) -> Any:
        """Return a program that keeps as little for the way back as JAX's own gradient does."""
        return super().part(program, places, sparing=True, **options)

    def columns(self, rows: Any) -> dict[str, Any]:
        """Return the row arguments by place. Raises TypeError or ValueError for other forms."""
        name, found = self.compiled.name, super().columns(rows)
        shapes = {place: shape for place, (shape, _) in self.programs[0].row_shapes.items()}
        if found.keys() != shapes.keys():
            raise TypeError(
                f"{name}: rows are {', '.join(found)}; recorded were {', '.join(shapes)}"
            )
        for place, x in found.items():
            found[place] = x = x if hasattr(x, "shape") else self._given(place, x)
            shape, want = x.shape, ("rows", *shapes[place])
            if not shape or shape[1:] != want[1:]:
                whole = f"({', '.join(map(str, want))}{',' * (len(want) == 1)})"
                raise ValueError(f"{name}: {place} has the shape {shape}; recorded was {whole}")
        counts = {place: len(x) for place, x in found.items()}
        if len(set(counts.values())) > 1:
            raise ValueError(unequal(name, counts))
        if 0 in counts.values():
            raise ValueError(f"{name}: {next(iter(counts))} has no rows; give at least one")
        return found

    def given_parameters(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return all shared numbers as arrays. Raises TypeError or ValueError if they differ."""
        name, shapes = self.compiled.name, {x.name: x.places.shape for x in self.leaves}
        if not isinstance(parameters, Mapping):
            raise TypeError(
                f"{name}: parameters are a dict of arrays, not {type(parameters).__name__}; "
                f"{_listed(shapes)}"
            )
        for key in parameters:
            if key not in shapes:
                raise TypeError(f"{name}: no parameter is called {key!r}; {_listed(shapes)}")
        given = {key: self._given(f"parameter {key!r}", x) for key, x in parameters.items()}
        found = {**self.fixed, **given}
        for key, shape in shapes.items():
            if key not in found:
                raise TypeError(f"{name}: parameters lack {key!r}; {_listed(shapes)}")
            if found[key].shape != shape:
                raise ValueError(
                    f"{name}: parameter {key!r} has the shape {found[key].shape}; {_listed(shapes)}"
                )
        return found

    def _given(self, name: str, numbers: Any) -> Any:
        """Return what was given under a name as an array. Raises TypeError if it is none."""
        try:
            return self.array(numbers)
        except (TypeError, ValueError):
            raise TypeError(
                f"{self.compiled.name}: {name} is {short(numbers)}, not an array of numbers"
            ) from None

    def one_of(self, run: Callable[[Sequence[int]], Any], holds: Callable[[int], Any]) -> Any:
        """Return it, where all rows branch alike by the one program that is for them."""
        ways = range(len(self.parts))
        shared = [k for k in ways if self._by_shared(k)]
        rest = [k for k in ways if k not in shared] or [shared.pop()]
        compute = partial(run, rest)
        for k in reversed(shared):
            compute = partial(imported().lax.cond, holds(k), partial(run, [k]), compute)
        return compute()

    def _by_shared(self, k: int) -> bool:
        """Say whether only numbers that all rows share decide if a program is for them."""
        holds = self.parts[k].holds
        return holds is not None and not holds.row and not self.programs[k].fixed

    def __call__(self, parameters: Mapping[str, Any], rows: Any = (), draws: Any = None) -> Any:
        jnp = imported().numpy
        compiled = self.compiled
        columns = self.columns(rows)
        outputs = self.outputs(parameters, columns, draws)
        if not compiled.row_names:
            return in_form(self.output, [y[0] for y in outputs], None, jnp.stack)
        if compiled.reduce:
            reduced = jnp.mean if compiled.reduce == "mean" else jnp.sum
            return in_form(self.output, [reduced(y) for y in outputs], None, jnp.stack)
        return in_form(self.output, outputs, self.leads(columns)[0], jnp.stack)

    def compiler_options(self, platform: str | None = None) -> dict[str, str]:
        """Return what XLA is to be told: jax.jit(f, compiler_options=f.compiler_options()).

        On the CPU, for a long program, to fuse nothing. What is fused is computed again in all that
        reads it; along a recurrence that doubles with the steps, also the time to compile: a step
        of an LSTM over 40 places took 12.5 ms fused, 1.8 ms so.
        """
        platform = platform or imported().default_backend()
        lines = sum(part.reverse_text.count("\n") for part in self.parts)
        long = platform == "cpu" and lines > _LONG
        return {"xla_disable_hlo_passes": "fusion"} if long else {}

    def __copy__(self) -> JaxFunction:
        return self

    def __deepcopy__(self, _: Any) -> JaxFunction:
        return self

    def __reduce__(self) -> Any:
        raise TypeError(
            f"{self.compiled.name}: a function of JAX is not pickled: pickle the compiled function "
            'and the arrays of `parameters`, and make it anew with to("jax")'
        )


def _listed(shapes: Mapping[str, tuple[int, ...]]) -> str:
    listed = ", ".join([f"{name}: {shape}" for name, shape in shapes.items()])
    return f"they are {listed}" if listed else "there are none"


def imported() -> Any:
    """Return JAX. Raises ImportError, naming the extra, if it is not installed."""
    try:
        import jax
        import jax.numpy
    except ImportError:
        raise ImportError(
            'programs on JAX need the extra `jax`: pip install "chalkgrad[jax]"'
        ) from None
    return jax


def check_precision(name: str, dtype: str, other: str = ', or give dtype="float32"') -> None:
    """Raise RuntimeError if JAX would compute in float32 what is to be float64."""
    if dtype == "float64" and not imported().config.jax_enable_x64:
        raise RuntimeError(
            f"{name} computes in float64, and JAX in float32 until it is told otherwise: write "
            'jax.config.update("jax_enable_x64", True) at the start of the program, or set '
            f"JAX_ENABLE_X64=1{other}"
        )
