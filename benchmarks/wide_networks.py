"""Training steps of a network of any width, for each engine as its users write them: rows to Adam.

The network is a classifier with tanh between its layers; the arrays' own type is what it computes
in. This file runs inside each peer's own Python, so an engine is imported only when asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from benchmarks.array_engines import Array, Parameters

RATE, BETAS, EPSILON = 1e-3, (0.9, 0.999), 1e-8
Step = Callable[[], float]  # changes the parameters, returns the loss before that
Start = Callable[..., Any]  # of inputs (rows, numbers) and classes, for JAX devices too: a Step
Starts = dict[str, Start]  # by what the table calls them


def chalkgrad(parameters: Parameters) -> Starts:
    """Write the loss of one row on scalars, and run its program with NumPy and with JAX."""
    np, autograd, nn = map(import_module, ("numpy", "autograd", "nn"))
    allow_float64(parameters)
    weights, biases = parameters[::2], parameters[1::2]
    model = nn.MLP(weights[0].shape[1], [len(b) for b in biases], activation="tanh", seed=0)

    @autograd.compile(rows=["x", "y"], reduce="mean", dtype=str(weights[0].dtype))  # type: ignore[untyped-decorator]
    def loss(model: Any, x: Any, y: Any) -> Any:
        return nn.cross_entropy(model(x), y)

    bound = loss.bind(model)
    layers = [np.column_stack([w, b]).ravel() for w, b in zip(weights, biases, strict=True)]
    start = np.concatenate(layers)
    bound.value_and_grad(np.zeros((1, weights[0].shape[1])), np.zeros(1, int))  # records it
    pure = loss.to("jax")
    named = pure.pack(start)

    def with_numpy(X: Array, y: Array) -> Step:
        numbers, optimizer = start.astype(float), nn.Adam(lr=RATE, betas=BETAS, eps=EPSILON)

        def step() -> float:
            bound.parameters[:] = numbers
            value, gradient = bound.value_and_grad(X, y)
            optimizer.step_array(numbers, gradient.astype(float, copy=False))
            return float(value)

        return step

    def with_jax(X: Array, y: Array, devices: int = 1) -> Step:
        def value_and_gradient(p: Any, *rows: Array) -> Any:
            return pure.value_and_grad(p, rows)[:2]

        return JittedStep.of(value_and_gradient, named, (X, y), devices)

    return {"chalkgrad, NumPy": with_numpy, "chalkgrad, JAX": with_jax}


def jax(parameters: Parameters) -> Starts:
    """Write the loss on arrays, and compile the whole step with jit."""
    library, jnp, nn = map(import_module, ("jax", "jax.numpy", "jax.nn"))
    allow_float64(parameters)

    def loss(layers: Any, X: Array, y: Array) -> Array:
        for W, b in layers[:-1]:
            X = jnp.tanh(X @ W + b)
        W, b = layers[-1]
        scores = nn.log_softmax(X @ W + b)
        return -jnp.take_along_axis(scores, y[:, None], axis=1).mean()

    def start(X: Array, y: Array, devices: int = 1) -> Step:
        layers = [(w.T, b) for w, b in zip(parameters[::2], parameters[1::2], strict=True)]
        return JittedStep.of(library.value_and_grad(loss), layers, (X, y), devices)

    return {"plain JAX": start}


def allow_float64(parameters: Parameters) -> None:
    """Switch float64 on in JAX for parameters of that type, off for others."""
    import_module("jax").config.update("jax_enable_x64", parameters[0].dtype == float)


@dataclass
class JittedStep:
    """Hold value, gradient and Adam's step as one compiled function, which gets its state back.

    Rows are spread over the devices, the state is on each of them.
    """

    compiled: Any
    state: Any
    rows: tuple[Array, ...]

    def __call__(self) -> float:
        """Take a step."""
        value, self.state = self.compiled(self.state, *self.rows)
        return float(value)

    def text(self) -> str:
        """Return what XLA made of it."""
        return str(self.compiled.lower(self.state, *self.rows).compile().as_text())

    @classmethod
    def of(
        cls, value_and_gradient: Callable[..., Any], parameters: Any, rows: Any, devices: int
    ) -> JittedStep:
        """Compile the step, and bring everything to so many devices."""
        library, jnp, np = map(import_module, ("jax", "jax.numpy", "numpy"))
        sharding, mapped, (b1, b2) = library.sharding, library.tree.map, BETAS

        def update(state: Any, *rows: Array) -> tuple[Array, Any]:
            p, m, v, t = state
            value, g = value_and_gradient(p, *rows)
            t = t + 1
            m = mapped(lambda m, g: b1 * m + (1 - b1) * g, m, g)
            v = mapped(lambda v, g: b2 * v + (1 - b2) * g * g, v, g)

            def moved(p: Array, m: Array, v: Array) -> Array:
                return p - RATE * (m / (1 - b1**t)) / (jnp.sqrt(v / (1 - b2**t)) + EPSILON)

            return value, (mapped(moved, p, m, v), m, v, t)

        mesh = sharding.Mesh(np.array(library.devices()[:devices]), ("rows",))
        everywhere = sharding.NamedSharding(mesh, sharding.PartitionSpec())
        by_rows = sharding.NamedSharding(mesh, sharding.PartitionSpec("rows"))
        parameters = mapped(jnp.array, parameters)
        zeros = [mapped(jnp.zeros_like, parameters) for _ in range(2)]
        state = parameters, *zeros, jnp.zeros((), library.tree.leaves(parameters)[0].dtype)
        compiled = library.jit(update, donate_argnums=0, out_shardings=(everywhere, everywhere))
        return cls(
            compiled, library.device_put(state, everywhere), library.device_put(rows, by_rows)
        )


def torch(parameters: Parameters) -> Starts:
    """Run PyTorch operation by operation, and with the loss compiled; Adam is its fused one."""
    library: Any = import_module("torch")
    functional = library.nn.functional

    def loss(ps: Parameters, X: Array, y: Array) -> Array:
        for k in range(0, len(ps) - 2, 2):
            X = functional.linear(X, ps[k], ps[k + 1]).tanh()
        return functional.cross_entropy(functional.linear(X, *ps[-2:]), y)

    def start(X: Array, y: Array, function: Any = loss) -> Step:
        state = [library.tensor(p, requires_grad=True) for p in parameters]
        optimizer = library.optim.Adam(state, lr=RATE, betas=BETAS, eps=EPSILON, fused=True)
        X, y = library.tensor(X), library.tensor(y)

        def step() -> float:
            optimizer.zero_grad()
            value = function(state, X, y)
            value.backward()
            optimizer.step()
            return float(value.detach())

        return step

    compiled = library.compile(loss)
    return {"PyTorch": start, "PyTorch, compiled": lambda X, y: start(X, y, compiled)}
