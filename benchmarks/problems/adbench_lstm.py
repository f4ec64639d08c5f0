"""One gradient of ADBench's LSTM: l diagonal layers that predict b bits a character, c characters.

By main (2l, 4b) and extra (3, b); there is one sequence, so no rows.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from benchmarks.problems.adbench import (
    Answer,
    Array,
    Engine,
    Numbers,
    as_values,
    engines,
    measured,
)  # fmt: skip

__all__ = ["ENGINES", "SIZES", "data", "fits_without_rows", "run"]
BITS = 14
SIZES = tuple({"layers": layers, "characters": n} for layers, n in ((2, 12), (2, 100), (2, 1_024)))


def fits_without_rows(layers: int, characters: int) -> bool:
    """Say that there are no rows in any case: the engine with them is the one without."""
    return False


def data(layers: int, characters: int) -> Numbers:
    """Return the arguments of a random problem, drawn as ADBench's generator does."""
    np: Any = import_module("numpy")
    random = np.random.default_rng(31337)
    return {
        "main": random.uniform(size=(2 * layers, 4 * BITS)),
        "extra": random.uniform(size=(3, BITS)),
        "state": random.uniform(size=(2 * layers, BITS)),
        "sequence": random.integers(2, size=(characters, BITS)),
    }


def run(
    engine: Engine, *, layers: int, characters: int, threads: int, seconds: float
) -> dict[str, Any]:
    """Return milliseconds of one gradient, and the gradient."""
    return measured(engine, data(layers, characters), threads, seconds)


def chalkgrad(given: Numbers, threads: int) -> Callable[[], Answer]:
    """Compile the objective as its formula reads; the bits are constants of the recording."""
    autograd: Any = import_module("autograd")
    objectives: Any = import_module("benchmarks.objectives")
    state, sequence = given["state"].tolist(), given["sequence"].tolist()

    @autograd.compile(threads=threads)  # type: ignore[untyped-decorator]
    def objective(main: Any, extra: Any) -> Any:
        return objectives.lstm(main, extra, state, sequence)

    bound = objective.bind(*[as_values(autograd, given[name]) for name in ("main", "extra")])

    def gradient() -> Answer:
        value, slopes = bound.value_and_grad()
        return value, [slopes]

    return gradient


def numpy(given: Numbers, threads: int) -> Callable[[], Answer]:
    """Write objective and gradient by hand; what does not recur for all characters at once."""
    np: Any = import_module("numpy")
    main, (w_in, w_out, b_out) = given["main"], given["extra"]
    bits, following = given["sequence"][:-1].astype(float), given["sequence"][1:].astype(float)
    steps, b = bits.shape
    layers = len(main) // 2
    weights, biases = main[0::2].reshape(layers, 4, b), main[1::2].reshape(layers, 4, b)

    def sigmoid(z: Array) -> Array:
        return 1 / (1 + np.exp(-z))

    def gradient() -> Answer:
        x = bits * w_in
        kept = []
        for k in range(layers):
            w, bias = weights[k], biases[k]
            forget, output = (sigmoid(x * w[i] + bias[i]) for i in (0, 2))
            ingate, change, tanhs = (np.empty((steps, b)) for _ in range(3))
            hiddens, cells = np.empty((steps + 1, b)), np.empty((steps + 1, b))
            hiddens[0], cells[0] = given["state"][2 * k], given["state"][2 * k + 1]
            both_w, both_b = w[1::2] * [[-1], [-2]], bias[1::2] * [[-1], [-2]]
            for t in range(steps):  # tanh(z) = 2 sigmoid(2z) - 1: one exp for both gates
                both = 1 / (1 + np.exp(hiddens[t] * both_w + both_b))
                ingate[t] = both[0]
                change[t] = 2 * both[1] - 1
                cells[t + 1] = cells[t] * forget[t] + ingate[t] * change[t]
                tanhs[t] = np.tanh(cells[t + 1])
                hiddens[t + 1] = output[t] * tanhs[t]
            kept.append((x, forget, ingate, output, change, tanhs, hiddens, cells))
            x = hiddens[1:]
        y = x * w_out + b_out
        exps = np.exp(y)
        totals = 2 + exps.sum(1, keepdims=True)
        value = float((following * (np.log(totals) - y)).sum()) / (steps * b)
        dy = exps * (following.sum(1, keepdims=True) / totals) - following
        dy /= steps * b
        d_extra, d_main = np.empty((3, b)), np.empty_like(main)
        d_extra[1], d_extra[2] = (dy * x).sum(0), dy.sum(0)
        dx = dy * w_out
        for k in range(layers - 1, -1, -1):
            x, forget, ingate, output, change, tanhs, hiddens, cells = kept[k]
            w = weights[k]
            by_hidden = output * (1 - tanhs**2)  # slopes of all characters at once
            slopes = np.stack(
                [change * ingate * (1 - ingate), ingate * (1 - change**2)], 1
            )  # of cell by what goes into the gates
            dh, dc = np.zeros(b), np.zeros(b)
            d_both, d_cells, d_hiddens = np.empty((steps, 2, b)), np.empty((steps, b)), dx
            for t in range(steps - 1, -1, -1):
                dh += d_hiddens[t]
                d_hiddens[t] = dh
                dc += dh * by_hidden[t]
                d_cells[t] = dc
                np.multiply(slopes[t], dc, out=d_both[t])
                dh = (d_both[t] * w[1::2]).sum(0)
                dc = dc * forget[t]
            d_forget = d_cells * cells[:-1] * forget * (1 - forget)
            d_output = d_hiddens * tanhs * output * (1 - output)
            before = hiddens[:-1]
            each = [
                (d_forget, x), (d_both[:, 0], before), (d_output, x), (d_both[:, 1], before),
            ]  # fmt: skip
            d_main[2 * k] = np.concatenate([(d * read).sum(0) for d, read in each])
            d_main[2 * k + 1] = np.concatenate([d.sum(0) for d, _ in each])
            dx = d_forget * w[0] + d_output * w[2]
        d_extra[0] = (dx * bits).sum(0)
        return value, (d_main, d_extra)

    return gradient


def jax(given: Numbers, threads: int) -> Callable[[], Answer]:
    """Compile value and gradient with jit, the recurrence as a scan."""
    library: Any = import_module("jax")
    library.config.update("jax_enable_x64", True)
    jnp: Any = library.numpy
    sequence = jnp.asarray(given["sequence"], float)
    state = jnp.asarray(given["state"])
    layers = len(given["state"]) // 2

    def objective(main: Array, extra: Array) -> Array:
        def step(state: Array, bits: Array) -> tuple[Array, Array]:
            x, after = bits * extra[0], []
            for k in range(layers):
                gates = _gates(main[2 * k], main[2 * k + 1], x, state[2 * k], jnp.concatenate)
                h, c = _cell(gates, state[2 * k + 1], library.nn.sigmoid, jnp.tanh)
                after += [h, c]
                x = h
            return jnp.stack(after), x * extra[1] + extra[2]

        _, y = library.lax.scan(step, state, sequence[:-1])
        totals = jnp.log(2 + jnp.exp(y).sum(1, keepdims=True))
        return (sequence[1:] * (totals - y)).mean()

    compiled = library.jit(library.value_and_grad(objective, (0, 1)))
    arguments = jnp.asarray(given["main"]), jnp.asarray(given["extra"])
    return lambda: library.block_until_ready(compiled(*arguments))


def torch(given: Numbers, threads: int) -> Callable[[], Answer]:
    """Run the recurrence operation by operation."""
    library: Any = import_module("torch")
    library.set_num_threads(threads)
    main, extra = (library.tensor(given[name], requires_grad=True) for name in ("main", "extra"))
    sequence = library.tensor(given["sequence"]).double()
    start = library.tensor(given["state"])
    layers = len(start) // 2

    def gradient() -> Answer:
        state, ys = list(start), []
        for x in (sequence[:-1] * extra[0]).unbind():
            for k in range(layers):
                gates = _gates(main[2 * k], main[2 * k + 1], x, state[2 * k], library.cat)
                x, state[2 * k + 1] = _cell(gates, state[2 * k + 1], library.sigmoid, library.tanh)
                state[2 * k] = x
            ys.append(x)
        y = library.stack(ys) * extra[1] + extra[2]
        totals = (2 + y.exp().sum(1, keepdim=True)).log()
        value = (sequence[1:] * (totals - y)).mean()
        return value.detach(), library.autograd.grad(value, (main, extra))

    return gradient


def _gates(weights: Array, biases: Array, x: Array, hidden: Array, joined: Any) -> Array:
    return joined((x, hidden, x, hidden)) * weights + biases


def _cell(gates: Array, cell: Array, sigmoid: Any, tanh: Any) -> tuple[Array, Array]:
    """Return hidden and cell after a step: ADBench's cell, element by element."""
    forget, ingate, output = sigmoid(gates[: 3 * BITS]).reshape(3, BITS)
    cell = cell * forget + ingate * tanh(gates[3 * BITS :])
    return output * tanh(cell), cell


ENGINES = engines(chalkgrad=chalkgrad, numpy=numpy, jax=jax, torch=torch)
