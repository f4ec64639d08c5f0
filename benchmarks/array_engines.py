"""Training steps of a network, written for each engine as its users would: value to update.

This file runs inside each peer's own Python, so an engine is imported only when asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from benchmarks.engines import Installed

RATE = 0.01
Array = Any
Parameters = list[Array]  # W, b of each layer in turn: (outputs, inputs) and (outputs,)


@dataclass(frozen=True)
class Training:
    """Hold a function that takes a step and returns the loss before it, and one for parameters."""

    step: Callable[[], Any]
    parameters: Callable[[], Parameters]


Maker = Callable[[Parameters, Array, Array, int], Training]  # parameters, X, y, threads


@dataclass(frozen=True)
class ArrayEngine(Installed):
    """Hold what a problem may use of one engine."""

    name: str
    distribution: str
    training: Maker
    recursive: bool = False


def chalkgrad(parameters: Parameters, X: Array, y: Array, threads: int) -> Training:
    """Write the loss of one row on scalars, compile and bind it."""
    np, autograd, nn = map(import_module, ("numpy", "autograd", "nn"))
    weights, biases = parameters[::2], parameters[1::2]
    model = nn.MLP(weights[0].shape[1], [len(b) for b in biases], activation="relu", seed=0)

    @autograd.compile(rows=["x", "y"], reduce="mean", threads=threads)  # type: ignore[untyped-decorator]
    def loss(model: Any, x: Any, y: Any) -> Any:
        return (model(x) - y) ** 2

    bound = loss.bind(model)
    rows = [np.column_stack([w, b]).ravel() for w, b in zip(weights, biases, strict=True)]
    bound.parameters[:] = np.concatenate(rows)
    change = np.empty_like(bound.parameters)

    def step() -> float:
        value, gradient = bound.value_and_grad(X, y)
        np.multiply(gradient, RATE, out=change)
        np.subtract(bound.parameters, change, out=bound.parameters)
        return float(value)

    def current() -> Parameters:
        found, start = [], 0
        for w in weights:
            outputs, inputs = w.shape
            stop = start + outputs * (inputs + 1)
            both = bound.parameters[start:stop].reshape(outputs, inputs + 1)
            found += [both[:, :-1].copy(), both[:, -1].copy()]
            start = stop
        return found

    return Training(step, current)


def numpy(parameters: Parameters, X: Array, y: Array, threads: int) -> Training:
    """Write it by hand with every array made beforehand, parameters and gradients in one each."""
    np: Any = import_module("numpy")
    n = len(X)
    flat, slopes = (np.concatenate([p.ravel() for p in parameters]) for _ in range(2))
    weights, biases = _views(flat, parameters)
    d_weights, d_biases = _views(slopes, parameters)
    columns = [b[:, None] for b in biases]
    z, h, dz = ([np.empty((len(b), n)) for b in biases] for _ in range(3))
    masks = [np.empty((len(b), n), bool) for b in biases]
    inputs, ones, change = np.ascontiguousarray(X.T), np.ones(n), np.empty_like(flat)
    error = z[-1]
    last = len(weights) - 1

    def step() -> float:
        below = inputs
        for k, w in enumerate(weights):
            np.matmul(w, below, out=z[k])
            np.add(z[k], columns[k], out=z[k])
            if k < last:
                below = np.maximum(z[k], 0.0, out=h[k])
        np.subtract(error, y, out=error)
        value = float(np.dot(error[0], error[0])) / n
        np.multiply(error, 2 / n, out=dz[last])
        for k in range(last, -1, -1):
            np.matmul(dz[k], (h[k - 1] if k else inputs).T, out=d_weights[k])
            np.matmul(dz[k], ones, out=d_biases[k])
            if k:
                np.matmul(weights[k].T, dz[k], out=dz[k - 1])
                np.greater(z[k - 1], 0.0, out=masks[k - 1])
                np.multiply(dz[k - 1], masks[k - 1], out=dz[k - 1])
        np.multiply(slopes, RATE, out=change)
        np.subtract(flat, change, out=flat)
        return value

    return Training(step, lambda: [p.copy() for p in _in_turn(weights, biases)])


def numpy_naive(parameters: Parameters, X: Array, y: Array, threads: int) -> Training:
    """Write it by hand as most people do: a new array for every result."""
    np: Any = import_module("numpy")
    weights = [w.copy() for w in parameters[::2]]
    biases = [b.copy() for b in parameters[1::2]]

    def step() -> float:
        layers, below = [X], X
        for k, (w, b) in enumerate(zip(weights, biases, strict=True)):
            z = below @ w.T + b
            below = np.maximum(z, 0) if k < len(weights) - 1 else z
            layers.append(below)
        error = below[:, 0] - y
        dz = (2 / len(X) * error)[:, None]
        for k in range(len(weights) - 1, -1, -1):
            dw, db = dz.T @ layers[k], dz.sum(axis=0)
            if k:
                dz = dz @ weights[k] * (layers[k] > 0)
            weights[k] -= RATE * dw
            biases[k] -= RATE * db
        return float((error**2).mean())

    return Training(step, lambda: [p.copy() for p in _in_turn(weights, biases)])


def products(parameters: Parameters, X: Array, y: Array, threads: int) -> Training:
    """Do the step's matrix products and nothing else: the floor for code on this library."""
    np: Any = import_module("numpy")
    n, weights = len(X), parameters[::2]
    h = [np.ascontiguousarray(X.T), *[np.ones((len(w), n)) for w in weights]]
    dz, dw = [np.ones((len(w), n)) for w in weights], [np.empty_like(w) for w in weights]

    def step() -> float:
        for k, w in enumerate(weights):
            np.matmul(w, h[k], out=h[k + 1])
        for k in range(len(weights) - 1, -1, -1):
            np.matmul(dz[k], h[k].T, out=dw[k])
            if k:
                np.matmul(weights[k].T, dz[k], out=dz[k - 1])
        return 0.0

    return Training(step, list)


def jax(parameters: Parameters, X: Array, y: Array, threads: int) -> Training:
    """Compile the whole step with jit; the parameters' buffers are given back to it."""
    library: Any = import_module("jax")
    library.config.update("jax_enable_x64", True)
    jnp: Any = import_module("jax.numpy")
    X, y = jnp.asarray(X), jnp.asarray(y)

    def loss(ps: Parameters, X: Array, y: Array) -> Array:
        below = _network(ps, X, lambda z: jnp.maximum(z, 0.0))
        return jnp.mean((below[:, 0] - y) ** 2)

    def update(ps: Parameters, X: Array, y: Array) -> tuple[Array, Parameters]:
        value, slopes = library.value_and_grad(loss)(ps, X, y)
        return value, [p - RATE * slope for p, slope in zip(ps, slopes, strict=True)]

    compiled = library.jit(update, donate_argnums=0)
    state = [jnp.array(p) for p in parameters]

    def step() -> float:
        nonlocal state
        value, state = library.block_until_ready(compiled(state, X, y))
        return float(value)

    return Training(step, lambda: [p.__array__().copy() for p in state])


def torch(parameters: Parameters, X: Array, y: Array, threads: int) -> Training:
    """Run PyTorch operation by operation, with the fused update of its optimizers."""
    return _torch(parameters, X, y, threads, compiled=False)


def torch_compiled(parameters: Parameters, X: Array, y: Array, threads: int) -> Training:
    """Run PyTorch with the loss and its gradient compiled."""
    return _torch(parameters, X, y, threads, compiled=True)


def _torch(parameters: Parameters, X: Array, y: Array, threads: int, compiled: bool) -> Training:
    library: Any = import_module("torch")
    library.set_num_threads(threads)
    X, y = library.tensor(X), library.tensor(y)
    state = [library.tensor(p, requires_grad=True) for p in parameters]
    linear: Any = library.nn.functional.linear

    def loss(ps: Parameters, X: Array, y: Array) -> Array:
        below = X
        for k in range(0, len(ps), 2):
            below = linear(below, ps[k], ps[k + 1])
            if k < len(ps) - 2:
                below = below.relu()
        return ((below[:, 0] - y) ** 2).mean()

    function = library.compile(loss) if compiled else loss

    def step() -> float:
        value = function(state, X, y)
        slopes = library.autograd.grad(value, state)
        with library.no_grad():
            library._foreach_add_(state, slopes, alpha=-RATE)
        return float(value)

    return Training(step, lambda: [p.detach().numpy().copy() for p in state])


def hips(parameters: Parameters, X: Array, y: Array, threads: int) -> Training:
    """Run HIPS autograd, which differentiates NumPy code."""
    np: Any = import_module("autograd.numpy")

    def loss(ps: Parameters) -> Array:
        below = _network(ps, X, lambda z: np.where(z > 0, z, 0.0))
        return np.mean((below[:, 0] - y) ** 2)

    transformed = import_module("autograd").value_and_grad(loss)
    state = [p.copy() for p in parameters]

    def step() -> float:
        value, slopes = transformed(state)
        for p, slope in zip(state, slopes, strict=True):
            p -= RATE * slope
        return float(value)

    return Training(step, lambda: [p.copy() for p in state])


def tinygrad(parameters: Parameters, X: Array, y: Array, threads: int) -> Training:
    """Run tinygrad on the processor, with the whole step in a TinyJit. It needs clang."""
    library: Any = import_module("tinygrad")
    tensor = library.Tensor
    data, labels = tensor(X).realize(), tensor(y).realize()
    state = [tensor(p).realize() for p in parameters]
    for p in state:
        p.requires_grad = True

    @library.TinyJit  # type: ignore[untyped-decorator]
    def update() -> Array:
        below = _network(state, data, lambda z: z.relu())
        value = ((below[:, 0] - labels) ** 2).mean()
        slopes = value.gradient(*state)
        for p, slope in zip(state, slopes, strict=True):
            p.assign(p - RATE * slope)
        return value.realize(*state)

    return Training(lambda: float(update().item()), lambda: [p.numpy().copy() for p in state])


def _network(ps: Parameters, X: Array, relu: Callable[[Array], Array]) -> Array:
    below = X
    for k in range(0, len(ps), 2):
        below = below @ ps[k].T + ps[k + 1]
        if k < len(ps) - 2:
            below = relu(below)
    return below


def _views(flat: Array, like: Parameters) -> tuple[list[Array], list[Array]]:
    """Return weights and biases as views of one array."""
    found, start = [], 0
    for p in like:
        found.append(flat[start : start + p.size].reshape(p.shape))
        start += p.size
    return found[::2], found[1::2]


def _in_turn(weights: Sequence[Array], biases: Sequence[Array]) -> Parameters:
    return [p for pair in zip(weights, biases, strict=True) for p in pair]


ARRAY_ENGINES: dict[str, ArrayEngine] = {
    name: ArrayEngine(name, distribution, maker)
    for name, distribution, maker in (
        ("chalkgrad", "chalkgrad", chalkgrad),
        ("products", "numpy", products),
        ("numpy", "numpy", numpy),
        ("numpy-naive", "numpy", numpy_naive),
        ("jax", "jax", jax),
        ("torch", "torch", torch),
        ("torch-compiled", "torch", torch_compiled),
        ("hips", "autograd", hips),
        ("tinygrad", "tinygrad", tinygrad),
    )
}
