"""Compiled functions as pure functions of JAX, which runs them on CPU, GPU and TPU."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from autograd.program.pure.function import PureFunction, in_form
from autograd.program.pure.namespace import Namespace, of_jax

if TYPE_CHECKING:
    from autograd.program.compiled import Compiled
    from autograd.program.running.program import Program


class JaxFunction(PureFunction):
    """Compute what a compiled function does, as a pure function of (parameters, rows).

    `parameters` is a dict of arrays, as the property of that name has them now; `rows` a tuple of
    the row arguments, or the one there is. jit, grad, vmap and shardings of JAX apply to it, and
    to `value_and_grad`, chalkgrad's own reverse program. A row whose index lies outside the
    sequence it is for gives nan, as nothing can be raised there.

    Raises TypeError for a function that has not been called yet, for branches that no row has
    taken, and for programs that are for one integer or string each; RuntimeError where JAX
    computes in float32 and the function in float64; ImportError if the extra is missing.
    """

    def __init__(self, compiled: Compiled, programs: list[Program]) -> None:
        check_precision(compiled.name, compiled.dtype)
        super().__init__(compiled, programs)

    def namespace(self) -> Namespace:
        return of_jax(self.dtype)

    def array(self, numbers: Any) -> Any:
        return imported().numpy.asarray(numbers, self.dtype)

    def __call__(self, parameters: Mapping[str, Any], rows: Any = (), draws: Any = None) -> Any:
        jnp = imported().numpy
        compiled = self.compiled
        outputs, count = self._outputs(parameters, rows, draws)
        if not compiled.row_names:
            return in_form(self.output, [y[0] for y in outputs], None, jnp.stack)
        if compiled.reduce:
            reduced = jnp.mean if compiled.reduce == "mean" else jnp.sum
            return in_form(self.output, [reduced(y) for y in outputs], None, jnp.stack)
        return in_form(self.output, outputs, count, jnp.stack)

    def value_and_grad(
        self, parameters: Mapping[str, Any], rows: Any = (), weights: Any = None, draws: Any = None
    ) -> tuple[Any, dict[str, Any], Any]:
        """Return (value, {name: gradient}, outputs) by chalkgrad's own reverse program.

        The value is the sum over rows of weights times the first output; without weights, what
        `reduce` says. `outputs` are all numbers of all rows, (rows, numbers).
        """
        jnp = imported().numpy
        columns, count = self._columns(rows)
        if weights is None:
            share = 1 / count if self.compiled.reduce == "mean" else 1.0
            weights = jnp.full(count, share, self.dtype)
        p = {**self.fixed, **parameters}
        value: Any = 0.0
        total: dict[str, Any] = {}
        whole: list[Any] = []
        for k, (part, (_, reverse)) in enumerate(zip(self.parts, self.functions, strict=True)):
            given = self.given(part, columns, draws)
            held, given = self._shown(k, p, given, count)
            mine = weights if held is None else jnp.where(held, weights, 0)
            outputs, _, gradient = reverse(count, p, *given, mine)
            outputs = [jnp.broadcast_to(y, (count,)) for y in outputs]
            value = value + mine @ outputs[0]
            total = {x: total[x] + g for x, g in gradient.items()} if total else gradient
            whole = self._chosen(held, outputs, whole)
        return value, total, jnp.stack(whole, axis=1)

    def _columns(self, rows: Any) -> tuple[dict[str, Any], int]:
        columns = self.columns(rows)
        return columns, len(next(iter(columns.values()))) if columns else 1

    def _outputs(self, p: Mapping[str, Any], rows: Any, draws: Any) -> tuple[list[Any], int]:
        """Return each output of every row."""
        jnp = imported().numpy
        columns, count = self._columns(rows)
        p = {**self.fixed, **p}
        whole: list[Any] = []
        for k, (part, (forward, *_)) in enumerate(zip(self.parts, self.functions, strict=True)):
            held, given = self._shown(k, p, self.given(part, columns, draws), count)
            outputs = [jnp.broadcast_to(y, (count,)) for y in forward(count, p, *given)[0]]
            whole = self._chosen(held, outputs, whole)
        return whole, count

    def _shown(
        self, k: int, p: Mapping[str, Any], given: list[Any], count: int
    ) -> tuple[Any, list[Any]]:
        """Return which rows a program is for, None for all, and the rows that it is run on."""
        if len(self.parts) == 1:
            return None, given
        jnp = imported().numpy
        held = jnp.broadcast_to(self.functions[k][0](count, p, *given)[1], (count,))
        program, shown = self.programs[k], []
        for place, x in zip(self.parts[k].columns, given, strict=True):
            x = jnp.asarray(x)
            own = jnp.asarray(program.example[place], x.dtype).reshape(x.shape[1:])
            shown.append(jnp.where(held.reshape(-1, *[1] * (x.ndim - 1)), x, own))
        return held, shown

    @staticmethod
    def _chosen(held: Any, outputs: list[Any], others: list[Any]) -> list[Any]:
        """Return for each row what the program gives that is for it."""
        if held is None or not others:
            return outputs
        where = imported().numpy.where
        return [where(held, y, other) for y, other in zip(outputs, others, strict=True)]


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


def check_precision(name: str, dtype: str) -> None:
    """Raise RuntimeError if JAX would compute in float32 what is to be float64."""
    if dtype == "float64" and not imported().config.jax_enable_x64:
        raise RuntimeError(
            f"{name} computes in float64, and JAX in float32 until it is told otherwise: write "
            'jax.config.update("jax_enable_x64", True) at the start of the program, or set '
            'JAX_ENABLE_X64=1, or compile with dtype="float32"'
        )
