"""One gradient of ADBench's Gaussian mixture: the log posterior of K means and precisions.

By alphas (K,), means (K, d) and icf (K, d(d+1)/2): the logs of the diagonals of the inverse
covariance factors, then their strict lower triangles by columns. Points are rows (n, d).
"""

from __future__ import annotations

import math
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
GAMMA, M = 1.0, 0  # of the Wishart prior
SIZES = tuple(
    {"d": d, "k": k, "n": n}
    for d, k, n in (
        *((2, 5, 100), (2, 5, 1_000), (2, 200, 1_000), (10, 5, 1_000), (10, 25, 1_000)),
        *((10, 100, 1_000), (20, 25, 1_000), (32, 25, 1_000), (64, 10, 1_000), (10, 25, 10_000)),
    )
)
_MOST_NODES = 400_000


def fits_without_rows(d: int, k: int, n: int) -> bool:
    """Say whether the graph of all points together is recorded in seconds."""
    return n * k * d * (d + 3) <= _MOST_NODES


def data(d: int, k: int, n: int) -> Numbers:
    """Return the arguments of a random problem, drawn as ADBench's generator does."""
    np: Any = import_module("numpy")
    random = np.random.default_rng(31337)
    return {
        "alphas": random.normal(size=k),
        "means": random.uniform(size=(k, d)),
        "icf": random.normal(size=(k, d * (d + 1) // 2)),
        "points": random.normal(size=(n, d)),
    }


def run(engine: Engine, *, d: int, k: int, n: int, threads: int, seconds: float) -> dict[str, Any]:
    """Return milliseconds of one gradient, and the gradient."""
    return measured(engine, data(d, k, n), threads, seconds)


def chalkgrad(given: Numbers, threads: int) -> Callable[[], Answer]:
    """Compile what one point adds to the sum; the prior is shared among the points."""
    autograd: Any = import_module("autograd")
    objectives: Any = import_module("benchmarks.objectives")
    points = given["points"]
    n = len(points)

    @autograd.compile(rows=["x"], reduce="sum", threads=threads)  # type: ignore[untyped-decorator]
    def objective(alphas: Any, means: Any, icf: Any, x: Any) -> Any:
        prior = objectives.gmm_prior(alphas, icf, n, len(x), GAMMA, M)
        return objectives.gmm_point(alphas, means, icf, x) + prior / n

    bound = objective.bind(*_parameters(autograd, given))

    def gradient() -> Answer:
        value, slopes = bound.value_and_grad(points)
        return value, [slopes]

    return gradient


def chalkgrad_no_rows(given: Numbers, threads: int) -> Callable[[], Answer]:
    """Compile the objective as its formula reads, with a loop over the points."""
    autograd: Any = import_module("autograd")
    objectives: Any = import_module("benchmarks.objectives")

    points = given["points"].tolist()

    @autograd.compile(threads=threads)  # type: ignore[untyped-decorator]
    def objective(alphas: Any, means: Any, icf: Any) -> Any:
        return objectives.gmm(alphas, means, icf, points, GAMMA, M)

    bound = objective.bind(*_parameters(autograd, given))

    def gradient() -> Answer:
        value, slopes = bound.value_and_grad()
        return value, [slopes]

    return gradient


def _parameters(autograd: Any, given: Numbers) -> list[Any]:
    return [as_values(autograd, given[name]) for name in ("alphas", "means", "icf")]


def numpy(given: Numbers, threads: int) -> Callable[[], Answer]:
    """Write objective and gradient by hand, with batched products."""
    np: Any = import_module("numpy")
    alphas, means, icf, points = (given[name] for name in ("alphas", "means", "icf", "points"))
    (k, d), n = means.shape, len(points)
    columns, rows = np.triu_indices(d, 1)  # the lower triangle by columns
    diagonal = np.arange(d)
    x = np.ascontiguousarray(points.T)
    constant = _constant(n, d, k)
    factor = np.zeros((k, d, d))
    v, y = np.empty((k, d, n)), np.empty((k, d, n))

    def gradient() -> Answer:
        logs, below = icf[:, :d], icf[:, d:]
        factor[:, diagonal, diagonal] = exps = np.exp(logs)
        factor[:, rows, columns] = below
        np.subtract(x, means[:, :, None], out=v)
        np.matmul(factor, v, out=y)
        scores = (alphas + logs.sum(1))[:, None] - np.einsum("kdn,kdn->kn", y, y) / 2
        top = scores.max(0)
        shares = np.exp(scores - top)
        totals = shares.sum(0)
        shares /= totals
        weights = np.exp(alphas - alphas.max())
        value = float(
            (np.log(totals) + top).sum()
            - n * (math.log(weights.sum()) + alphas.max())
            + GAMMA**2 / 2 * ((exps**2).sum() + (below**2).sum())
            - M * logs.sum()
            + constant
        )
        of_component = shares.sum(1)
        d_alphas = of_component - n * weights / weights.sum()
        np.multiply(y, -shares[:, None], out=y)
        d_factor = np.matmul(y, v.swapaxes(1, 2))
        d_means = -np.matmul(factor.swapaxes(1, 2), y.sum(2)[:, :, None])[:, :, 0]
        d_icf = np.empty_like(icf)
        d_icf[:, :d] = (
            of_component[:, None] + d_factor[:, diagonal, diagonal] * exps
            + GAMMA**2 * exps**2 - M
        )  # fmt: skip
        d_icf[:, d:] = d_factor[:, rows, columns] + GAMMA**2 * below
        return value, (d_alphas, d_means, d_icf)

    return gradient


def jax(given: Numbers, threads: int) -> Callable[[], Answer]:
    """Compile value and gradient of array code with jit."""
    library: Any = import_module("jax")
    library.config.update("jax_enable_x64", True)
    arguments = [library.numpy.asarray(given[name]) for name in ("alphas", "means", "icf")]
    points = library.numpy.asarray(given["points"])
    logsumexp = library.scipy.special.logsumexp

    def objective(alphas: Array, means: Array, icf: Array, points: Array) -> Array:
        (k, d), n = means.shape, len(points)
        columns, rows = import_module("numpy").triu_indices(d, 1)
        exps = library.numpy.exp(icf[:, :d])
        factor = library.vmap(library.numpy.diag)(exps).at[:, rows, columns].set(icf[:, d:])
        v = points.T[None] - means[:, :, None]
        y = factor @ v
        scores = (alphas + icf[:, :d].sum(1))[:, None] - (y**2).sum(1) / 2
        squares = (exps**2).sum() + (icf[:, d:] ** 2).sum()
        return (
            logsumexp(scores, 0).sum() - n * logsumexp(alphas)
            + GAMMA**2 / 2 * squares - M * icf[:, :d].sum() + _constant(n, d, k)
        )  # fmt: skip

    compiled = library.jit(library.value_and_grad(objective, (0, 1, 2)))
    return lambda: library.block_until_ready(compiled(*arguments, points))


def torch(given: Numbers, threads: int) -> Callable[[], Answer]:
    """Run array code operation by operation."""
    library: Any = import_module("torch")
    library.set_num_threads(threads)
    arguments = [
        library.tensor(given[name], requires_grad=True) for name in ("alphas", "means", "icf")
    ]
    points = library.tensor(given["points"])
    n, d = points.shape
    k = len(arguments[0])
    columns, rows = library.triu_indices(d, d, 1)

    def gradient() -> Answer:
        alphas, means, icf = arguments
        exps = icf[:, :d].exp()
        factor = library.diag_embed(exps).index_put(
            (library.arange(k)[:, None], rows[None], columns[None]), icf[:, d:]
        )
        y = factor @ (points.T[None] - means[:, :, None])
        scores = (alphas + icf[:, :d].sum(1))[:, None] - (y**2).sum(1) / 2
        squares = (exps**2).sum() + (icf[:, d:] ** 2).sum()
        value = (
            scores.logsumexp(0).sum() - n * alphas.logsumexp(0)
            + GAMMA**2 / 2 * squares - M * icf[:, :d].sum() + _constant(n, d, k)
        )  # fmt: skip
        return value.detach(), library.autograd.grad(value, arguments)

    return gradient


def _constant(n: int, d: int, k: int) -> float:
    """Return what does not depend on the arguments."""
    freedom = d + M + 1
    gammas = sum(math.lgamma(freedom / 2 - j / 2) for j in range(d))
    wishart = freedom * d * (math.log(GAMMA) - math.log(2) / 2) - (
        d * (d - 1) / 4 * math.log(math.pi) + gammas
    )
    return -n * d / 2 * math.log(2 * math.pi) - k * wishart


ENGINES = engines(
    chalkgrad=chalkgrad, chalkgrad_no_rows=chalkgrad_no_rows, numpy=numpy, jax=jax, torch=torch
)
