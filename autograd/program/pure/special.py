"""Special functions for JAX, with the derivatives of the rule table.

JAX's polygamma, and with it the derivative of its digamma, is wrong for negative numbers, and some
of its functions are nan at poles and at infinity; the others are taken as they are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from autograd.program.writing.expressions import CALLS, UFUNCS, Symbol, evaluated
from autograd.special import BERNOULLI

Function = Callable[..., Any]


def special_functions(namespace: Mapping[str, Any]) -> dict[str, Function]:
    """Return functions of JAX arrays; `namespace` has what the table's partials call besides."""
    import jax
    import jax.numpy as jnp
    from jax.scipy import special

    functions: dict[str, Function] = {
        "erf": special.erf, "erfc": special.erfc, "normal_cdf": special.ndtr,
        "gaussian": lambda x: jnp.exp(-x * x), "gamma": special.gamma, "lgamma": special.gammaln,
        "digamma": lambda x: jnp.where(x == 0, -jnp.copysign(jnp.inf, x), special.digamma(x)),
        "polygamma": lambda n, x: _polygamma(jnp, n, x) if n else functions["digamma"](x),
    }  # fmt: skip
    ruled: dict[str, Function] = {}

    def with_slope(name: str, function: Function) -> Function:
        parameters = (0,) if name == "polygamma" else ()
        made = jax.custom_jvp(function, nondiff_argnums=parameters)

        @made.defjvp
        def tangent(*args: Any) -> tuple[Any, Any]:
            *given, (x,), (dx,) = args
            y = made(*given, x)
            pool: dict[Any, Symbol] = {}
            symbols = {k: Symbol.named(k, pool) for k in "xy"}
            slope = evaluated(name, len(given), [*given, symbols["x"]], symbols["y"])
            return y, dx * _value({**namespace, **ruled}, slope, {"x": x, "y": y})

        return made

    for name in CALLS:
        if name != "element":
            ruled[name] = with_slope(name, functions[name])
    return ruled


def _value(functions: Mapping[str, Function], expression: Any, arrays: Mapping[str, Any]) -> Any:
    """Return what an expression in Symbols is for these arrays."""
    if not isinstance(expression, Symbol):
        return expression
    if expression.op == "name":
        return arrays[expression.args[0]]
    args = [_value(functions, x, arrays) for x in expression.args]
    return functions[UFUNCS.get(expression.op, expression.op)](*args)


def _polygamma(jnp: Any, n: int, x: Any) -> Any:
    """Return the n-th derivative of digamma, n > 0, as `autograd.special` computes it."""
    sign, positive = 1 if n % 2 else -1, x > 0
    distance = jnp.where(positive | jnp.isinf(x), 0.25, x - jnp.round(x))
    near = jnp.where(distance == 0, 0.25, jnp.abs(distance))
    base = jnp.where(positive, jnp.where(jnp.isinf(x), 1, x), near)
    beyond = jnp.where(positive | jnp.isinf(x), 1, 1 - x)
    whole = _hurwitz(jnp, n + 1, base) * jnp.where(positive | (distance > 0), sign, 1)
    others = _hurwitz(jnp, n + 1, 1 - near) * (near / (1 - near)) ** (n + 1)
    others = others * jnp.where(distance > 0, 1, sign)
    others = others - _hurwitz(jnp, n + 1, beyond) * (near / beyond) ** (n + 1)
    y = (whole + jnp.where(positive, 0, others)) / base * math.factorial(n) / base**n
    at_poles = jnp.where(x == 0, -jnp.copysign(jnp.inf, x), jnp.nan)
    y = jnp.where(distance == 0, jnp.inf if n % 2 else at_poles, y)
    return jnp.where(jnp.isinf(x), jnp.where(positive, 0.0, jnp.nan), y)


def _hurwitz(jnp: Any, s: int, a: Any) -> Any:
    """Return a**s zeta(s, a) as there, by as many terms for every a (DLMF 25.11.43)."""
    steps = s + 10
    large = a + steps
    tail = large / (s - 1) + 0.5
    factor = s / (2 * large)
    for k, bernoulli in enumerate(BERNOULLI, 1):
        tail = tail + bernoulli * factor
        factor = factor * ((s + 2 * k - 1) / large * (s + 2 * k) / large)
        factor = factor / ((2 * k + 1) * (2 * k + 2))
    first = a[..., None] / (a[..., None] + jnp.arange(steps, dtype=a.dtype))
    return (first**s).sum(-1) + tail * (a / large) ** s
