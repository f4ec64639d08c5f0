"""A whole training step as one program of JAX: forward, reverse, clipping, the optimizer's rule."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograd.program.jax import imported
from nn.optimizers.clipping import clipped
from nn.optimizers.optimizer import Optimizer
from nn.training.on_jax.spread import Arrays, Spread

ValueAndGradient = Callable[..., tuple[Any, Arrays, Any]]
State = dict[str, Any]  # of an optimizer: a dict of arrays by parameter, or what all share


def program_of(
    compute: ValueAndGradient,
    optimizer: Optimizer,
    spread: Spread,
    arguments: tuple[Any, ...],
    with_outputs: bool,
    compiler_options: Mapping[str, str],
) -> Any:
    """Return the compiled step for arguments of these shapes.

    It is called as step(parameters, state, spare, fixed, options, *rows), spare being what memory
    to use again for (parameters, state, gradient), and returns (report, (parameters, state,
    gradient), outputs); the report is [loss, whether it, the gradient and the new parameters are
    finite]. Raises TypeError for a rule that JAX cannot follow.
    """
    jax = imported()
    jnp = jax.numpy

    def step(
        parameters: Arrays, state: State, spare: Any, fixed: Arrays, options: Mapping[str, Any],
        *rows: Any,
    ) -> tuple[Any, tuple[Arrays, State, Arrays], Any]:  # fmt: skip
        value, slopes, outputs = compute({**fixed, **spread.gathered(parameters)}, *rows)
        gradient = spread.scattered(slopes)
        new, after = moved(_with(optimizer, options), parameters, gradient, state)
        # 0 * x is 0 if x is finite, else nan: one pass through each array says it of all
        zeros = jnp.stack([(0 * new[name] + 0 * gradient[name]).sum() for name in new])
        finite = jnp.isfinite(value) & (zeros == 0).all()
        report = jnp.stack([value, finite.astype(value.dtype)])
        return report, (new, after, gradient), outputs if with_outputs else None

    lies, everywhere, by_rows = spread.of_parameters, spread.everywhere, spread.by_rows
    state_lies = jax.tree.map(lambda x: lies if np.ndim(x) else everywhere, arguments[1])
    held = lies, state_lies, lies
    try:
        made = jax.jit(
            step, donate_argnums=2, keep_unused=True,
            in_shardings=(lies, state_lies, held, everywhere, everywhere,
                          *[by_rows] * len(arguments[5:])),
            out_shardings=(everywhere, held, everywhere),
        )  # fmt: skip
        return made.lower(*arguments).compile(dict(compiler_options))
    except (jax.errors.JAXTypeError, TypeError) as error:
        why = str(error).splitlines()[0]
        raise TypeError(
            f"engine='jax': JAX cannot follow this step ({why}). A rule of your own, "
            "update(p, g, state), is to use operators and functions of autograd"
        ) from error


def moved(
    optimizer: Optimizer, parameters: Arrays, gradient: Arrays, state: State
) -> tuple[Arrays, State]:
    """Return new parameters and state, by the optimizer's own rule for each array."""
    names = list(parameters)
    slopes = clipped([gradient[name] for name in names], optimizer.clip, optimizer.clip_norm)
    new, after = {}, {}
    for name, g in zip(names, slopes, strict=True):
        own = {key: x[name] if isinstance(x, dict) else x for key, x in state.items()}
        new[name] = optimizer.update(parameters[name], g, own).astype(g.dtype)
        after[name] = own
    return new, {
        key: {name: after[name][key].astype(x[name].dtype) for name in names}
        if isinstance(x, dict)
        else after[names[0]][key]
        for key, x in state.items()
    }


def state_kept(optimizer: Optimizer) -> list[str]:
    """Return the names of what the rule keeps with its present options."""
    state: dict[str, Any] = {}
    copy.copy(optimizer).update(np.ones(1), np.ones(1), state)
    return list(state)


def _with(optimizer: Optimizer, options: Mapping[str, Any]) -> Optimizer:
    own = copy.copy(optimizer)
    vars(own).update(options)
    return own


def may_vary(before: Any, now: Any) -> bool:
    """Say whether an option may be an input of a program: a number, in use before and now."""
    if isinstance(before, tuple) and isinstance(now, tuple):
        return all(type(x) is float for x in (*before, *now))
    return type(before) is float and type(now) is float and before != 0 != now
