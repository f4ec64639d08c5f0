"""The U-Net: what each output looks at, its form, slopes, wrong input."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

import autograd
import nn
from autograd import Value
from autograd.check import check_gradient
from nn.inputs import flattened, mapped, shape


def test_the_output_has_the_form_of_the_input():
    model = nn.UNet(2, 3, channels=2, depth=2, seed=0)
    x = np.random.RandomState(0).uniform(size=(2, 8, 4)).tolist()
    assert shape(model(x)) == (3, 8, 4)


def test_channels_double_on_the_way_down_and_halve_on_the_way_up():
    model = nn.UNet(1, 2, channels=3, depth=2, seed=0)
    forms = [(m.nin, m.nout) for _, m in model.named_modules() if isinstance(m, nn.Conv2d)]
    assert forms == [(1, 3), (3, 3), (3, 6), (6, 6), (6, 12), (12, 12), (12, 6), (6, 6), (6, 3),
                     (3, 3), (3, 2)]  # fmt: skip
    grown = [
        (m.nin, m.nout) for _, m in model.named_modules() if isinstance(m, nn.TransposedConv2d)
    ]
    assert grown == [(12, 6), (6, 3)]
    labels = [p.label for p in model.parameters()]
    assert len(set(labels)) == len(labels)
    assert labels[0] == "w1,1,1,1,1"
    assert labels[-1] == "b13,2"


def test_through_the_bottom_alone_or_the_skip_alone_the_image_is_seen():
    """With either half of the channels cut off, the output still depends on the image."""
    x = np.random.RandomState(0).uniform(size=(1, 4, 4))
    for kept in ("skip", "deep"):
        model = nn.UNet(1, 1, channels=2, depth=1, seed=4)
        first = model.expanding[0][0]
        for kernels in first.w:  # channels 0 and 1 are from the skip, 2 and 3 from below
            for plane in kernels[2:] if kept == "skip" else kernels[:2]:
                for w in flattened(plane):
                    w.data = 0.0
        rows = mapped(Value, x.tolist())
        autograd.sum(flattened(model(rows))).backward()
        assert any(v.grad for v in flattened(rows)), kept
        below = [p.grad for p in model.bottom.parameters()]
        assert any(below) == (kept == "deep")


def test_a_pixel_far_away_is_seen_only_through_the_bottom():
    """Two convolutions reach 2 pixels further; a pixel i below is of the pixels 2i and 2i + 1."""
    model = nn.UNet(1, 1, channels=1, depth=2, init=lambda *_: 0.1)
    rows = mapped(Value, [[[1.0] * 32] * 4])
    model(rows)[0][0][0].backward()
    seen = [i for i, v in enumerate(rows[0][0]) if v.grad]
    # on the way up 0 + 2, 2 // 2 + 2, then at the bottom 3 // 2 + 2; down 2*3 + 1 + 2, 2*9 + 1 + 2
    assert max(seen) == 21


@pytest.mark.parametrize("order", [1, 2])
def test_slopes_along_directions_in_which_weights_and_image_move(order):
    draw = Random(0)

    def loss(steps):
        model = nn.UNet(1, 1, channels=1, depth=1, seed=1)
        for p in model.parameters():
            p.data += 0.5  # else most relus are off
        moving = {id(p): autograd.dot(steps, [draw.gauss(0, 1) for _ in steps]) + p.data
                  for p in model.parameters()}  # fmt: skip
        for _, module in model.named_modules():
            if hasattr(module, "w"):
                module.w = mapped(lambda p: moving[id(p)], module.w)
                module.b = [moving[id(p)] for p in module.b]
        image = [[autograd.dot(steps, [draw.gauss(0, 1) for _ in steps]) + 1 for _ in range(2)]
                 for _ in range(2)]  # fmt: skip
        draw.seed(0)  # the same directions at each call
        return autograd.sum([y * y for y in flattened(model([image]))])

    draw.seed(0)
    report = check_gradient(loss, [0.05, -0.03], order=order)
    assert report.ok, report


def test_training_runs_as_a_program_and_lowers_the_loss():
    rs = np.random.RandomState(0)
    X = rs.normal(size=(16, 1, 4, 4))
    Y = (X > 0).astype(float)
    model = nn.UNet(1, 1, channels=2, depth=1, seed=0)
    history = nn.fit(model, X, Y, loss="binary_cross_entropy_with_logits", optimizer=nn.Adam(lr=0.02),
                     epochs=20, batch_size=8, seed=0, progress=False)  # fmt: skip
    assert history.engine == "compiled"
    assert history["loss"][-1] < 0.5 * history["loss"][0]


def test_options_and_repr_make_it_again():
    model = nn.UNet(1, 2, channels=3, depth=1)
    assert repr(model) == "UNet(1, 2, channels=3, depth=1)"
    again = nn.UNet(**model.options())
    assert list(again.state_dict()) == list(model.state_dict())


def test_wrong_input():
    model = nn.UNet(1, 1, channels=1, depth=2)
    with pytest.raises(
        ValueError, match=r"image of 6×8 cannot be halved 2 times: .* pad it to 8×8"
    ):
        model([[[0.0] * 8] * 6])
    with pytest.raises(ValueError, match="takes 1 channel; what was given has 2"):
        model([[[0.0] * 4] * 4] * 2)
    with pytest.raises(ValueError, match=r"no channels: write \[x\]"):
        model([[0.0] * 4] * 4)
    with pytest.raises(ValueError, match="depth=0"):
        nn.UNet(1, 1, depth=0)
    with pytest.raises(ValueError, match=r"channels=1\.5"):
        nn.UNet(1, 1, channels=1.5)
