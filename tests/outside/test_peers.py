"""Our gradients against those of PyTorch and JAX in float64, where they are installed.

Random expressions are run as the same text by all; the Gaussian mixture of ADBench is written here
in matrices, as its users would, and has nothing in common with the scalar one but the formula.
"""

from __future__ import annotations

import importlib
import math
import random
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from published import flat, measure

from autograd import value_and_grad
from autograd.check import assert_gradient
from autograd.check.strategies import Case, cases, graphs
from benchmarks.objectives import gmm

SHARED = (
    "add", "sub", "mul", "div", "neg", "abs", "exp", "exp2", "expm1", "log", "log2", "log10", "log1p",
    "sqrt", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh",
    "atanh", "erf", "erfc", "lgamma", "sigmoid", "relu",
)  # fmt: skip

Gradient = Callable[[Callable[..., Any], Sequence[Any]], tuple[Any, list[Any]]]


@dataclass(frozen=True)
class Peer:
    """Hold another library: where its functions are, and how it differentiates."""

    namespaces: list[Any]
    value_and_gradient: Gradient  # of a function at float64 numbers or arrays
    arrays: Any
    logsumexp: Callable[[Any], Any]  # along the last axis


def imported(name: str) -> Any:
    """Import a module, whatever it warns of, or skip the test."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytest.importorskip(name.partition(".")[0])
        return importlib.import_module(name)


def torch_peer() -> Peer:
    torch = imported("torch")

    def value_and_gradient(f: Callable[..., Any], xs: Sequence[Any]) -> tuple[Any, list[Any]]:
        tensors = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in xs]
        y = f(*tensors)
        found = torch.autograd.grad(y, tensors, allow_unused=True)
        return y.item(), [
            np.zeros(np.shape(x)) if g is None else g.numpy()
            for g, x in zip(found, xs, strict=True)
        ]

    return Peer([torch], value_and_gradient, torch, lambda x: torch.logsumexp(x, -1))


def jax_peer() -> Peer:
    jax = imported("jax")
    jax.config.update("jax_enable_x64", True)
    special = imported("jax.scipy.special")
    quick = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}

    def value_and_gradient(f: Callable[..., Any], xs: Sequence[Any]) -> tuple[Any, list[Any]]:
        arrays = [jax.numpy.asarray(x, dtype=float) for x in xs]
        run = jax.value_and_grad(f, argnums=tuple(range(len(xs))))
        if any(x.ndim for x in arrays):  # one compilation, and not one for each operation
            run = jax.jit(run, compiler_options=quick)
        y, found = run(*arrays)
        return float(y), [np.asarray(g) for g in found]

    namespaces = [jax.numpy, jax.nn, special, jax.lax]
    return Peer(namespaces, value_and_gradient, jax.numpy, lambda x: special.logsumexp(x, -1))


every_peer = pytest.mark.parametrize("peer", [torch_peer, jax_peer], ids=["torch", "jax"])


@every_peer
def test_random_expressions(peer: Callable[[], Peer]) -> None:
    """Theirs has to be content with the judgement that ours is: the error analysis of the graph."""
    other = peer()

    @settings(max_examples=60, deadline=None, derandomize=True, database=None)
    @given(cases(graphs(operations=SHARED)))
    def agree(case: Case) -> None:
        expression, point = case
        xs = [float(x) for x in point]
        _, theirs = other.value_and_gradient(expression.on(*other.namespaces), xs)
        assert_gradient(lambda xs: expression(*xs), xs, [float(g) for g in theirs])
        assert_gradient(lambda xs: expression(*xs), xs)

    agree()


def gmm_in_matrices(peer: Peer, points: Any, gamma: float, m: int) -> Callable[..., Any]:
    """Return ADBench's objective of alphas, means and icf: all points and components at once."""
    xp = peer.arrays
    n, d = points.shape
    places = [(i, i) for i in range(d)] + [(i, j) for j in range(d) for i in range(j + 1, d)]
    basis = np.zeros((len(places), d, d))  # where each entry of a row of icf goes
    for entry, place in enumerate(places):
        basis[entry][place] = 1.0
    basis, points = xp.asarray(basis), xp.asarray(points)
    freedom = d + m + 1
    constant = freedom * d * (math.log(gamma) - math.log(2) / 2)
    constant -= d * (d - 1) / 4 * math.log(math.pi)
    constant -= sum(math.lgamma((freedom - j) / 2) for j in range(d))

    def objective(alphas: Any, means: Any, icf: Any) -> Any:
        q, below = icf[:, :d], icf[:, d:]
        factors = xp.einsum("ke,eij->kij", xp.concatenate([xp.exp(q), below], -1), basis)
        apart = xp.einsum("kij,nkj->nki", factors, points[:, None] - means)
        inner = alphas + q.sum(-1) - (apart**2).sum(-1) / 2
        likelihood = peer.logsumexp(inner).sum() - n * peer.logsumexp(alphas)
        squares = (xp.exp(q) ** 2).sum() + (below**2).sum()
        prior = gamma**2 / 2 * squares - m * q.sum() - len(alphas) * constant
        return likelihood - n * d / 2 * math.log(2 * math.pi) + prior

    return objective


@every_peer
@pytest.mark.parametrize(("d", "k", "n", "m"), [(1, 1, 1, 0), (2, 3, 40, 0), (5, 4, 20, 2)])
def test_gaussian_mixture(peer: Callable[[], Peer], d: int, k: int, n: int, m: int) -> None:
    """Sums of n terms in other orders, of parts that cancel to their tenth: 1e-12, as ADBench's."""
    other = peer()
    rng = random.Random(d)
    rows = lambda count, length: [[rng.gauss(0, 1) for _ in range(length)] for _ in range(count)]  # noqa: E731
    [alphas], means, icf, points = rows(1, k), rows(k, d), rows(k, d * (d + 1) // 2), rows(n, d)
    y, gradient = value_and_grad(gmm, (0, 1, 2))(alphas, means, icf, points, 1.5, m)
    objective = gmm_in_matrices(other, np.array(points), 1.5, m)
    their_y, theirs = other.value_and_gradient(objective, [alphas, means, icf])
    assert measure(y, their_y) <= 1e-12
    assert measure(flat(gradient), np.concatenate([g.ravel() for g in theirs]).tolist()) <= 1e-12
