"""ADBench's objectives, compiled: the stored answers, with rows and without, and what they become."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from published import flat, load, measure

import autograd
from benchmarks.objectives import (
    bundle_adjustment,
    gmm,
    gmm_point,
    gmm_prior,
    lstm,
    reprojection_error,
)  # fmt: skip

BOUND = 1e-12  # as for the same functions run as they are
GMM, BA, LSTM = (load(f"adbench/{name}.json") for name in ("gmm_test", "ba_test", "lstm_l2_c12"))
random = np.random.default_rng(31337)


def lists(gradient: Any) -> list[Any]:
    """Return the numbers of nested forms and arrays, in order."""
    return flat([np.asarray(part).tolist() for part in gradient])


def mixture(d: int, k: int) -> list[Any]:
    """Return alphas, means and inverse covariance factors."""
    icf = random.normal(size=(k, d * (d + 1) // 2))
    return [random.normal(size=k), random.uniform(size=(k, d)), icf]


def objective_of_rows(n: int, gamma: float, m: int) -> Any:
    """Return the mixture's objective with points as rows: the prior is shared by all of them."""

    @autograd.compile(rows=["x"], reduce="sum")
    def objective(alphas: Any, means: Any, icf: Any, x: Any) -> Any:
        return gmm_point(alphas, means, icf, x) + gmm_prior(alphas, icf, n, len(x), gamma, m) / n

    return objective


@pytest.mark.parametrize("rows", [False, True])
def test_stored_answers_of_the_mixture(rows: bool) -> None:
    given = GMM["input"]
    gamma, m = given["gamma"], given["m"]
    compiled = objective_of_rows(given["n"], gamma, m) if rows else autograd.compile(
        lambda alphas, means, icf, points: gmm(alphas, means, icf, points, gamma, m)
    )  # fmt: skip
    theta = [np.array(given[name]) for name in ("alphas", "means", "icf", "x")]
    value, gradient = compiled.value_and_grad(*theta, argnums=(0, 1, 2))
    assert measure([value], [GMM["objective"]]) <= BOUND
    assert measure(lists(gradient), GMM["gradient"]) <= BOUND


def test_stored_answers_of_bundle_adjustment() -> None:
    compiled = autograd.compile(bundle_adjustment)
    given = BA["cam"], BA["X"], BA["w"], BA["feat"]
    value, gradient = compiled.value_and_grad(*given, argnums=(0, 1, 2))
    assert measure([value], [BA["objective"]]) <= BOUND
    assert measure(lists(gradient), BA["gradient"]) <= BOUND


def test_stored_jacobian_for_each_of_several_observations() -> None:
    given = [np.array([x, x, x]) for x in (BA["cam"], BA["X"], BA["w"], BA["feat"])]
    given[2][1] = 0.75  # another weight scales the block
    compiled = autograd.compile(reprojection_error, rows=["camera", "point", "weight", "feature"])
    found = compiled.jacobian(*given, argnums=(0, 1, 2))
    blocks = np.array([np.column_stack(parts) for parts in found]).transpose(1, 0, 2)
    stored = np.array(BA["jacobian_reproj"])
    scaled = np.column_stack([stored[:, :-1] * (0.75 / BA["w"]), stored[:, -1]])
    for block, expected in zip(blocks, (stored, scaled, stored), strict=True):
        assert measure(block.tolist(), expected.tolist()) <= BOUND


def test_stored_answers_of_the_lstm() -> None:
    given = LSTM["input"]
    sequence = [[int(bit) for bit in bits] for bits in given["sequence"]]
    compiled = autograd.compile(lambda main, extra: lstm(main, extra, given["state"], sequence))
    theta = given["main_params"], given["extra_params"]
    value, gradient = compiled.value_and_grad(*theta, argnums=(0, 1))
    assert measure([value], [LSTM["objective"]]) <= BOUND
    assert measure(lists(gradient), LSTM["gradient"]) <= BOUND


@pytest.mark.parametrize(("d", "k"), [(2, 3), (5, 1), (5, 4)])
def test_mixtures_of_other_sizes_as_they_are_eagerly(d: int, k: int) -> None:
    theta, points = mixture(d, k), random.normal(size=(7, d))
    compiled = objective_of_rows(7, 1.3, 2)
    value, gradient = compiled.value_and_grad(*theta, points, argnums=(0, 1, 2))
    plain = [x.tolist() for x in theta]
    eager = autograd.value_and_grad(
        lambda a, b, c: gmm(a, b, c, points.tolist(), 1.3, 2), (0, 1, 2)
    )
    expected, slopes = eager(*plain)
    assert measure([value], [expected]) <= BOUND
    assert measure(lists(gradient), lists(slopes)) <= BOUND


def test_a_triangular_factor_is_one_matrix_product() -> None:
    """Its rows have one product, two, ..., which would be a group for each length."""
    compiled = objective_of_rows(7, 1.0, 0)
    compiled.value_and_grad(*mixture(6, 3), random.normal(size=(7, 6)))
    products = [line for line in compiled.source.splitlines() if "matmul(" in line]
    assert sum("einsum" in line for line in products) == 0
    rows = compiled.source.split("def rows")[1]
    forward = rows.split("def forward")[1].split("def reverse")[0]
    assert forward.count("matmul(") == 1
    assert len(forward.splitlines()) <= 16


def triangle(factors: Any, x: Any) -> Any:
    """Return the sum of the exponentials of L x: row i of L is the first i + 1 factors."""
    rows = [factors[: i + 1] for i in range(5)]
    return autograd.sum(autograd.exp(autograd.dot(row, x[: len(row)])) for row in rows)


@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan])
def test_an_infinite_number_does_not_meet_the_zeros_of_a_triangle(bad: float) -> None:
    factors = -np.array([1.0, 2.0, 0.5, 1.5, 3.0])
    x = np.ones((3, 5))
    compiled = autograd.compile(triangle, rows=["x"])
    compiled(factors, x)
    assert compiled.source.count("matmul(") == 1
    x[1, 3] = bad  # exp(-1.5 * inf) = 0, but 0 * inf = nan
    with np.errstate(all="ignore"):
        found, slopes = compiled.value_and_grad(factors, x, argnums=1)
    each = [autograd.value_and_grad(triangle, 1)(factors.tolist(), row) for row in x.tolist()]
    np.testing.assert_allclose(found, [value for value, _ in each], rtol=1e-13)
    np.testing.assert_allclose(slopes, [slope for _, slope in each], rtol=1e-13)
    np.testing.assert_allclose(compiled(factors, x), found, rtol=1e-13)
