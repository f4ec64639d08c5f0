"""The variational autoencoder: a plane in which every point is a digit, also those never written.

The encoder gives a small cloud instead of a point, and the loss, the negative ELBO, asks two things
of it: that what is drawn from the cloud still tells the digit, and that all clouds together fill a
standard normal distribution. So codes drawn from that are decoded to new digits, and a walk
through the plane turns one digit into another. It is judged beside probabilistic principal
components, the same model with a linear decoder, whose likelihood can be computed.
"""

from __future__ import annotations

from pathlib import Path
from statistics import NormalDist, fmean
from typing import TYPE_CHECKING, Any

import numpy as np

import viz
from demos._digit_pictures import digit_scatter, image_rows
from demos._digits import SIDE, digits
from demos._report import Report, console
from nn.data.arrays import Floats, Ints
from nn.generative.variational import VariationalAutoencoder
from nn.layers.mlp import MLP
from nn.optimizers.adam import Adam
from nn.optimizers.schedules import CosineDecay
from nn.training.fit import fit
from nn.training.history import History
from viz.plotting.panels import panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PIXELS, HIDDEN, CODE = SIDE * SIDE, 64, 2
DEVIATION = 0.2  # of a pixel, given the code
EPOCHS, QUICK_EPOCHS = 100, 20
LEARNING_RATE, BATCH = 0.01, 32
ACROSS = 13  # digits in a row of the map
# figures to be reached, and those of the quick form
GAIN, QUICK_GAIN = 9.0, 1.0  # nats a digit
SPREAD = (0.7, 1.4)  # of the codes; that of the standard normal is 1


def main(out: Path, quick: bool) -> Report:
    """Train on the negative ELBO, judge it on other digits, and draw the plane and samples."""
    (X, _), (tested, classes) = digits()
    model, history = trained(X, QUICK_EPOCHS if quick else EPOCHS)
    report = Report()

    bounds, codes = judged(model, tested)
    linear = fmean(principal_log_likelihoods(X, tested))
    console.print(
        f"ln p of a digit not learned from: {linear:.2f} by {CODE} principal components, at least "
        f"{fmean(bounds):.2f} by the network", highlight=False, soft_wrap=True,
    )  # fmt: skip
    report.reach("gain on principal components, in nats a digit", fmean(bounds) - linear,
                 at_least=QUICK_GAIN if quick else GAIN)  # fmt: skip
    for k, spread in enumerate(codes.std(axis=0).tolist(), 1):
        report.reach(f"standard deviation of the codes' number {k}", spread,
                     at_least=SPREAD[0], at_most=SPREAD[1])  # fmt: skip

    report.draw(out / "curves.svg", "both parts of the loss by epoch", lambda: curves(history))
    report.draw(
        out / "plane.svg",
        "the codes of digits, and what every place stands for",
        lambda: plane(model, tested, classes),
    )
    one_each = [int(np.flatnonzero(classes == k)[0]) for k in range(10)]
    rows = [("digit", tested[one_each]), ("decoded", model.reconstruct(tested[one_each]))]
    normal = np.random.RandomState(0).standard_normal
    rows += [(name, model.generate(normal((10, CODE)))) for name in ("drawn anew", "", "")]
    report.draw(
        out / "samples.svg",
        "digits through the code, and new ones",
        lambda: image_rows(rows, "Digits decoded and drawn"),
    )
    return report


def trained(X: Floats, epochs: int) -> tuple[VariationalAutoencoder, History]:
    """Return the network 64-64-(2 means, 2 log-variances), 2-64-64 after so many epochs."""
    model = VariationalAutoencoder(
        MLP(PIXELS, [HIDDEN, 2 * CODE], activation="tanh", seed=0),
        MLP(CODE, [HIDDEN, PIXELS], activation="tanh", output="sigmoid", seed=1),
        likelihood="normal", deviation=DEVIATION, seed=0,
    )  # fmt: skip

    def divergence(outputs: Any, targets: Any) -> float:
        return fmean(model.divergence(y, x) for y, x in zip(outputs, targets, strict=True))

    history = fit(
        model, X, X, loss=model.negative_elbo, optimizer=Adam(lr=LEARNING_RATE), epochs=epochs,
        batch_size=BATCH, metrics=[divergence], schedule=CosineDecay(), seed=0,
    )  # fmt: skip
    return model, history


def judged(model: VariationalAutoencoder, X: Floats) -> tuple[list[float], Floats]:
    """Return the ELBO of every digit at one code drawn from its cloud, and these codes."""
    clouds = model.encoder.predict(X)
    m, s = np.split(clouds, 2, axis=1)
    codes = m + np.exp(s / 2) * np.random.RandomState(0).standard_normal(m.shape)
    outputs = np.hstack([model.decoder.predict(codes), clouds])
    pairs = zip(outputs.tolist(), X.tolist(), strict=True)
    return [-float(model.negative_elbo(y, x)) for y, x in pairs], codes


def principal_log_likelihoods(X: Floats, rows: Floats) -> list[float]:
    """Return ln p of rows by the likeliest normal distribution of covariance W Wt + v I.

    W has a column for each number of the code. Source: Tipping and Bishop 1999, "Probabilistic
    Principal Component Analysis", equations 4, 7 and 8.
    """
    mean = X.mean(axis=0)
    variances, axes = np.linalg.eigh(np.cov(X.T, bias=True))  # the largest last
    found = np.full(PIXELS, variances[:-CODE].mean())
    found[-CODE:] = variances[-CODE:]
    distances = ((rows - mean) @ axes) ** 2 / found
    return [-x / 2 for x in (np.log(2 * np.pi * found) + distances).sum(axis=1).tolist()]


def curves(history: History) -> Figure:
    """Return a figure of the negative ELBO and its parts."""
    loss, divergence = history["loss"], history["divergence"]
    series = {
        "negative ELBO": loss,
        "reconstruction": [a - b for a, b in zip(loss, divergence, strict=True)],
        "KL divergence of the codes": divergence,
    }
    return viz.curves(series, title="The loss and its parts",
                      xlabel="epoch", ylabel="nats a digit")  # fmt: skip


def plane(model: VariationalAutoencoder, X: Floats, classes: Ints) -> Figure:
    """Return a figure of the digits' mean codes, and of the digit decoded at places all over."""
    figure, [[left, right]] = panels(1, 2, (11, 5.4), "A plane of digits")
    digit_scatter(left, model.encoder.predict(X)[:, :CODE], classes)
    left.set_title("mean codes of 450 digits not learned from", fontsize=10)
    steps = [NormalDist().inv_cdf((k + 0.5) / ACROSS) for k in range(ACROSS)]
    codes = [[a, b] for b in reversed(steps) for a in steps]
    decoded = model.generate(codes).reshape(ACROSS, ACROSS, SIDE, SIDE)
    framed = np.pad(decoded, ((0, 0), (0, 0), (1, 1), (1, 1)))
    cell = SIDE + 2
    mosaic = framed.transpose(0, 2, 1, 3).reshape(ACROSS * cell, ACROSS * cell)
    right.imshow(mosaic, cmap="Greys", vmin=0, vmax=1, interpolation="nearest")
    middles = [cell * (k + 0.5) - 0.5 for k in range(0, ACROSS, 2)]
    right.set_xticks(middles, [f"{z:.1f}" for z in steps[::2]])
    right.set_yticks(middles, [f"{z:.1f}" for z in reversed(steps[::2])])
    right.set_title("decoded, at places of equal chance", fontsize=10)
    return figure
