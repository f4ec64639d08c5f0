"""The demos of generative models: they reach their quick figures, and judge as they say."""

from __future__ import annotations

import numpy as np
import pytest
from running_demos import figures, run

from demos import autoencoder, gan, vae
from demos._digits import digits


@pytest.mark.demo
def test_autoencoder(tmp_path, capsys):
    status, rows, said, written = run("autoencoder", tmp_path, capsys)
    assert status == 0
    assert written == {"reconstructions.svg", "plane.svg", "denoising.svg", "anomalies.svg"}
    table = {row[0]: [float(x) for x in row[1:]] for row in rows if row[:1] in (["2"], ["8"])}
    for code, (linear, curved, share) in table.items():
        assert share == pytest.approx(curved / linear, abs=0.01), code
    found = figures(said)
    assert len(found) == 6
    assert found["area under the ROC curve, pixels shuffled"] > 0.99


def test_components_are_the_nearest_of_any_plane():
    """By Eckart and Young the squares left are those of the other singular values."""
    X = np.random.RandomState(0).uniform(0, 1, (50, 6))
    components, rebuilt = autoencoder.on_components(X, X, 2)
    left = np.linalg.svd(X - X.mean(axis=0), compute_uv=False)[2:]
    assert ((X - rebuilt) ** 2).sum() == pytest.approx((left**2).sum())
    assert components.shape == (50, 2)


@pytest.mark.demo
def test_vae(tmp_path, capsys):
    status, _, said, written = run("vae", tmp_path, capsys)
    assert status == 0
    assert written == {"curves.svg", "plane.svg", "samples.svg"}
    assert "ln p of a digit not learned from: -0.89 by 2 principal components" in said
    assert figures(said)["gain on principal components, in nats a digit"] > 1


def test_principal_likelihoods_are_those_of_the_normal_distribution():
    """ln N(x; mean, C), C = W Wt + v I written out as a matrix."""
    (X, _), (rows, _) = digits()
    variances, axes = np.linalg.eigh(np.cov(X.T, bias=True))
    v = variances[:-2].mean()
    W = axes[:, -2:] * np.sqrt(variances[-2:] - v)
    C = W @ W.T + v * np.eye(64)
    distances = rows[:3] - X.mean(axis=0)
    squares = (distances @ np.linalg.inv(C) * distances).sum(axis=1)
    expected = -(64 * np.log(2 * np.pi) + np.linalg.slogdet(C)[1] + squares) / 2
    assert vae.principal_log_likelihoods(X, rows[:3]) == pytest.approx(expected.tolist())


@pytest.mark.demo
def test_gan(tmp_path, capsys):
    status, _, said, written = run("gan", tmp_path, capsys)
    assert status == 0
    assert written == {"ring.svg", "losses.svg", "digits.svg"}
    found = figures(said)
    assert found["spots found when both keep pace"] >= 5
    assert found["spots found against a discriminator that is too fast"] <= 3


def test_spots_are_found_by_fakes_inside_them():
    centres = gan.centres()
    np.testing.assert_allclose(centres[[0, 2]], [[2, 0], [0, 2]], atol=1e-12)
    inside, outside = centres[:3] + 0.19 * np.array([0.6, 0.8]), centres[3:] * 0.8
    assert gan.found(np.repeat(np.concatenate([inside, outside]), 10, axis=0)) == (3, 3 / 8)
    crowd = np.concatenate([np.repeat(centres[:1], 99, axis=0), centres[1:2]])
    assert gan.found(crowd) == (1, 1.0)  # one of 100 is below the share of a spot


def test_real_and_others_are_told_apart_if_they_lie_apart():
    source = np.random.RandomState(0)
    real, alike = source.standard_normal((2, 400, 3))
    assert gan.told_apart(real, alike + 100) == 1.0
    assert gan.told_apart(real, alike) == pytest.approx(0.5, abs=0.08)
    assert gan.told_apart(real, real + 1e-9) == 0.0  # each one's nearest is its copy


@pytest.mark.demo
def test_a_demo_that_misses_its_figure_fails(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(vae, "QUICK_GAIN", 1e6)
    monkeypatch.setattr(vae, "QUICK_EPOCHS", 1)
    status, _, said, _ = run("vae", tmp_path, capsys)
    assert status == 1
    assert "gain on principal components" in said
