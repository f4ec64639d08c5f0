"""Every row of the table as a function of JAX: values, our reverse program, and JAX's own gradient."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from test_rules_compiled import BY_NAME, function, points, size

import autograd

jax = pytest.importorskip("jax")
TOLERANCE = 1e-12
SIZES = 1e-150, 1e150  # XLA makes (a / b) / c a / (b * c), and what is below 1e-308 is 0 to it
LENGTHS = {name: length for name, length in BY_NAME if length < 4}
QUICK = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}
KEYS = [(name, length, next(iter(points(name, length)))) for name, length in LENGTHS.items()]


@pytest.fixture(autouse=True, scope="module")
def _float64() -> Iterator[None]:
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)


def rows_of(name: str, length: int, given: Any) -> list[list[float]]:
    """Return points of a rule, and not those where numbers are too small or large for JAX."""
    xs, (low, high) = points(name, length)[given], SIZES
    return [x for x in xs if all(t == 0 or low <= abs(t) <= high or t - t != 0 for t in x)]


def computed(name: str, length: int, given: Any) -> Any:
    """Return a function of JAX from points to values and both gradients."""
    f = autograd.compile(function(name, length, given))
    with np.errstate(all="ignore"):
        f(rows_of(name, length, given)[0])
    forward = f.to("jax")

    def flat(slopes: Any) -> Any:
        found = jax.numpy.zeros(forward.first)
        for leaf in forward.trained:
            found = found.at[leaf.places].set(slopes[leaf.name])
        return found

    def run(x: Any) -> Any:
        p = {leaf.name: x[leaf.places] for leaf in forward.trained}
        value, own, _ = forward.value_and_grad(p)
        return value, flat(own), flat(jax.grad(forward)(p))

    return jax.vmap(run)


@pytest.fixture(scope="module")
def results(_float64: None) -> dict[Any, Any]:
    """Return all that JAX computes, in one program: so it is compiled once."""
    cases = {key: rows_of(*key) for key in KEYS}
    runs = {key: computed(*key) for key in cases}

    def run(xs: Any) -> Any:
        return [runs[key](x) for key, x in zip(cases, xs, strict=True)]

    found = jax.jit(run, compiler_options=QUICK)([np.array(xs) for xs in cases.values()])
    return {key: tuple(map(np.asarray, each)) for key, each in zip(cases, found, strict=True)}


def assert_near(got: Any, want: float, size: float, text: str) -> None:
    if math.isnan(want) or math.isinf(want):
        assert got == want or (math.isnan(got) and math.isnan(want)), text
    else:
        assert abs(got - want) <= TOLERANCE * size + 1e-300, text


@pytest.mark.parametrize("key", KEYS, ids=[name for name, *_ in KEYS])
def test_values_and_slopes_are_those_of_eager_mode(key: Any, results: dict[Any, Any]) -> None:
    name, length, given = key
    f = function(name, length, given)
    for x, value, own, theirs in zip(rows_of(*key), *results[key], strict=True):
        want, slopes = autograd.value_and_grad(f)(x)
        text = f"{name}{x}{given}: {value}, {own}, {theirs}; eager {want}, {slopes}"
        # that of JAX is made of logarithms of products, which are added up
        assert_near(value, want, size(name, x, want) + (name == "lgamma"), text)
        for k, slope in enumerate(slopes):
            if (name, k) == ("pow", 0) and x[1] == 0 and math.isnan(x[0]):
                continue  # nan ** 0 is 1; the slope by nan is said to be 0 or nan
            differs = name in ("tanh", "sigmoid")  # their slopes are 1 - y**2 and y - y**2
            assert_near(own[k], slope, size(name, x, abs(slope)) + differs, text)
            if smooth(name, x) and math.isfinite(slope):  # the terms of JAX's may be of the size 1
                assert_near(theirs[k], slope, size(name, x, abs(slope)) + 1, text)


def smooth(name: str, x: list[float]) -> bool:
    """Say whether a point is no kink and no edge: JAX has conventions of its own there."""
    kinks = {0.0} if name in ("abs", "relu", "leaky_relu", "elu", "selu") else set()
    ordinary = all(math.isfinite(t) and 1e-100 < abs(t) < 1e100 for t in x)
    return ordinary and len(set(x)) == len(x) and not kinks & set(x) and name != "mod"


def test_polygamma_of_any_order_and_its_slopes_at_negative_numbers() -> None:
    """JAX's own is wrong there."""
    x = np.array([-10.6, -0.25, -3.5, -1778.3, 0.3, 40.0, math.inf, 0.0])
    f = autograd.compile(lambda x: autograd.polygamma(2, x) + autograd.digamma(x), rows=["x"])
    values, slopes = f.value_and_grad(x)
    forward = f.to("jax")

    def run(x: Any) -> Any:
        return forward({}, x), jax.grad(lambda x: forward({}, x)[:6].sum())(x)

    got, found = jax.jit(run, compiler_options=QUICK)(x)
    np.testing.assert_allclose(got, values, 1e-12)
    np.testing.assert_allclose(found[:6], slopes[:6], 1e-12)


def test_softplus_and_norm_have_slopes_where_their_formulas_have_kinks() -> None:
    x = np.zeros((1, 3))
    soft = autograd.compile(lambda x: autograd.softplus(x[0]), rows=["x"], reduce="sum")
    length = autograd.compile(lambda x: autograd.norm(x), rows=["x"], reduce="sum")
    soft(x), length(x)
    runs = [jax.grad(f.to("jax"), 1) for f in (soft, length)]
    found = jax.jit(lambda x: [run({}, x) for run in runs], compiler_options=QUICK)(x)
    assert [y.tolist() for y in found] == [[[0.5, 0, 0]], [[0.0, 0, 0]]]


def test_what_python_computes_number_by_number_is_refused_by_name() -> None:
    f = autograd.compile(lambda x: round(x, 2), rows=["x"])
    f([1.0])
    with pytest.raises(TypeError, match="round is computed by Python, number by number"):
        f.to("jax")
