"""The demos of convolutional networks: what they print is true, and their pictures are written."""

from __future__ import annotations

import numpy as np
import pytest
from running_demos import figures, run

import nn
from autograd import Value
from demos import _shapes, cnn, saliency, unet
from demos._attributions import integrated_gradients
from nn.inputs import flattened, mapped, numbers_of


@pytest.mark.demo
def test_cnn(tmp_path, capsys):
    status, rows, said, written = run("cnn", tmp_path, capsys)
    assert status == 0
    assert written == {"curves.svg", "filters.svg", "feature_maps.svg"}
    assert 0.85 <= figures(said)["test accuracy"] <= 1
    assert "Sequential: 1,898 parameters" in said
    assert ["parts.2", "Conv2d", "16", "×", "4", "×", "4", "relu", "1,168"] in rows


@pytest.mark.demo
def test_too_low_an_accuracy_is_a_problem(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(cnn, "QUICK_EPOCHS", 1)
    status, _, said, _ = run("cnn", tmp_path, capsys)
    assert status == 1
    assert "problem: test accuracy: 0." in said


def test_the_maps_drawn_are_what_the_network_computes():
    model = cnn.network()
    image = np.random.RandomState(0).uniform(size=(1, 8, 8))
    steps = cnn.steps(model, image)
    assert steps[0].tolist() == image.tolist()
    assert steps[-1].tolist() == numbers_of(model(image.tolist()))
    np.testing.assert_array_equal(steps[2], steps[1].reshape(8, 4, 2, 4, 2).max(axis=(2, 4)))


@pytest.mark.demo
def test_unet(tmp_path, capsys):
    status, rows, said, written = run("unet", tmp_path, capsys)
    assert status == 0
    assert written == {"examples.svg", "curves.svg"}
    [row] = [row for row in rows if row[:1] == ["shape"]]
    assert figures(said)["intersection over union, mean of the kinds"] == pytest.approx(
        float(row[2]), abs=1e-3
    )
    _, masks = _shapes.shapes(unet.TEST, seed=1)
    assert row[1] == f"{int(masks.sum()):,}"


def test_unet_draws_every_kind_in_its_colour(tmp_path):
    pytest.importorskip("matplotlib")
    X, Y = _shapes.shapes(unet.SHOWN, seed=2)
    figure = unet.examples(X, Y, np.where(Y, 1.0, -1.0), _shapes.KINDS)
    [legend] = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["nothing", *_shapes.KINDS]
    assert {axes.get_xlabel() for axes in figure.axes} == {"", "0 of 256"}  # all said right
    np.testing.assert_array_equal(unet.kind_of(Y - 0.5), (Y * [[[1]], [[2]], [[3]]]).max(axis=1))


def test_shapes_are_what_they_are_called_and_do_not_touch():
    disc, square, cross = (_shapes.pixels(kind, 3, 6, 6) for kind in range(3))
    assert square.sum() == 49
    assert cross.sum() == 13
    assert (disc & ~square).sum() == 0
    assert [cross[6, 3], disc[3, 3], square[3, 3]] == [True, False, True]
    images, masks = _shapes.shapes(50, seed=3)
    assert images.shape == (50, 1, 16, 16)
    assert masks.sum(axis=1).max() == 1
    again = _shapes.shapes(50, seed=3)
    np.testing.assert_array_equal(images, again[0])
    inside = masks.max(axis=1) > 0
    # brightness is 0.6 to 1, the noise 0.15 a pixel; thousands of pixels are averaged
    assert 0.75 < images[:, 0][inside].mean() < 0.85
    assert abs(images[:, 0][~inside].mean()) < 0.01


def test_overlap_counts_pixels_of_all_images_together():
    logits = np.array(
        [[[[1.0, 1.0, -1.0]], [[-1.0, -1.0, -1.0]]], [[[3.0, -2.0, 1.0]], [[-1.0, -1.0, 5.0]]]]
    )
    masks = np.array([[[[1, 0, 0]], [[0, 0, 0]]], [[[1, 0, 1]], [[0, 0, 1]]]])
    assert unet.overlap(logits, masks) == pytest.approx((3 / 4 + 1) / 2)
    assert unet.overlap_of(np.zeros(3, bool), np.zeros(3, bool)) == 1.0


@pytest.mark.demo
def test_saliency(tmp_path, capsys):
    status, _, said, written = run("saliency", tmp_path, capsys)
    assert status == 0
    assert written == {"attributions.svg", "deletion.svg"}
    found = figures(said)
    [error] = [found[what] for what in found if what.endswith("largest change of a score")]
    assert error <= 0.01
    for name in ("gradient", "integrated gradients", "occlusion"):
        [share] = [found[what] for what in found
                   if what.startswith(f"{name}: ") and what.endswith("a random order")]  # fmt: skip
        assert share < 0.9


def test_the_slopes_of_a_score_are_those_of_the_network():
    model = cnn.network()
    image = np.random.RandomState(1).uniform(size=(1, 8, 8))
    rows = mapped(Value, image.tolist())
    model(rows)[4].backward()
    score = saliency.score_of(model)
    found = score.grad(image[None], np.array([4]))
    np.testing.assert_allclose(found[0].ravel(), [x.grad for x in flattened(rows)], atol=1e-13)


def test_integrated_gradients_of_a_quadratic_are_exact_and_complete():
    """f = sum of w_i x_i**2 has the slopes 2 w_i a x_i on the way, so the part w_i x_i**2."""
    w = np.arange(64.0).reshape(1, 8, 8)

    class Quadratic(nn.Module):
        def __init__(self):
            self.w = [Value(v) for v in w.ravel()]

        def __call__(self, image):
            return [
                sum(w * x * x for w, x in zip(self.w, flattened(image), strict=True)),
                Value(0.0),
            ]

    score = saliency.score_of(Quadratic())
    X = np.random.RandomState(0).normal(size=(3, 1, 8, 8))
    said = np.zeros(3, int)
    found = integrated_gradients(lambda rows: score.grad(rows, said), X, 0.0, steps=2)
    np.testing.assert_allclose(found, w * X * X, rtol=1e-13)  # midpoints are exact for lines


def test_occlusion_is_what_the_score_loses():
    class Total(nn.Module):
        def __init__(self):
            self.scale = Value(2.0)

        def __call__(self, image):
            return [self.scale * sum(flattened(image)), Value(0.0)]

    X = np.ones((2, 1, 8, 8))
    found = saliency.occlusion(saliency.score_of(Total()), X, np.zeros(2, int))
    assert found[0, 0, 4, 4] == pytest.approx(2 * 9)
    assert found[1, 0, 0, 0] == pytest.approx(2 * 4)  # a corner: four pixels are covered


def test_deletion_begins_with_the_whole_image_and_takes_the_largest_parts_first():
    model = nn.Sequential(nn.Flatten(), nn.Layer(64, 10, nonlin=False, seed=0))
    X = np.random.RandomState(2).uniform(size=(40, 1, 8, 8))
    said = model.predict(X).argmax(axis=1)
    parts = np.random.RandomState(3).uniform(size=X.shape)
    left = saliency.deletion(model, X, said, parts, count=64 - 1)
    outputs = np.exp(model.predict(X))
    whole = (outputs / outputs.sum(axis=1, keepdims=True))[np.arange(40), said].mean()
    assert left[0] == pytest.approx(whole, rel=1e-12)
    last = np.where(parts == parts.min(axis=(1, 2, 3), keepdims=True), X, 0)  # the smallest stays
    outputs = np.exp(model.predict(last))
    assert left[-1] == pytest.approx(
        (outputs / outputs.sum(axis=1, keepdims=True))[np.arange(40), said].mean(), rel=1e-12
    )
