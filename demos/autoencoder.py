"""Autoencoders: digits squeezed through 2 or 8 numbers, cleaned of noise, and strange ones found.

Each digit goes through a narrow code and is asked for again. So the code keeps what the digits have
in common, better than as many principal components do, though nobody has told it the classes. What
it was never shown, it cannot draw: a large error tells a strange picture.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from rich.table import Table

from demos._digit_pictures import digit_scatter, image_rows
from demos._digits import SIDE, digits
from demos._report import Report, console
from nn.data.arrays import Floats, Ints
from nn.data.augmentation import noisy
from nn.generative.autoencoder import Autoencoder
from nn.layers.mlp import MLP
from nn.layers.noise import Noise
from nn.layers.sequential import Sequential
from nn.metrics.ranking import roc_auc, roc_curve
from nn.module import Module
from nn.optimizers.adam import Adam
from nn.optimizers.schedules import CosineDecay
from nn.training.fit import fit
from viz.plotting.panels import LOOKS, panels, tidy

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PIXELS, HIDDEN, CODES = SIDE * SIDE, 32, (2, 8)
NOISE, UNSEEN = 0.4, 4
EPOCHS, QUICK_EPOCHS = 60, 14
LEARNING_RATE, BATCH = 0.01, 32
# figures to be reached, and those of the quick form: shares of another error, and areas
OF_PCA, QUICK_OF_PCA = 0.75, 1.1
LEFT, QUICK_LEFT = 0.25, 0.4
AREAS, QUICK_AREAS = (0.9, 0.8, 0.99), (0.6, 0.6, 0.9)


def main(out: Path, quick: bool) -> Report:
    """Train four autoencoders, compare them with principal components, and draw what they do."""
    (X, y), (tested, classes) = digits()
    epochs = QUICK_EPOCHS if quick else EPOCHS
    report = Report()
    one_each = [int(np.flatnonzero(classes == k)[0]) for k in range(10)]

    models = {code: trained(*halves(code), X, epochs) for code in CODES}
    decoded = {"digit": tested}
    table = Table("numbers in the code", "principal components", "autoencoder", "its share",
                  title="mean squared error of a pixel, 450 digits not learned from")  # fmt: skip
    shares = {}
    for code, model in models.items():
        linear, curved = on_components(X, tested, code)[1], model.reconstruct(tested)
        decoded |= {f"{code} components": linear, f"code of {code}": curved}
        of_linear, of_curved = (((x - tested) ** 2).mean() for x in (linear, curved))
        shares[code] = float(of_curved / of_linear)
        table.add_row(f"{code}", f"{of_linear:.4f}", f"{of_curved:.4f}", f"{shares[code]:.2f}")
    console.print(table)
    for code, share in shares.items():
        report.reach(f"error through {code} numbers, as a share of the components'", share,
                     at_most=QUICK_OF_PCA if quick else OF_PCA)  # fmt: skip
    rows = [(name, pictures[one_each]) for name, pictures in decoded.items()]
    report.draw(
        out / "reconstructions.svg",
        "digits, and what comes out of few numbers",
        lambda: image_rows(rows, "Digits through a narrow code"),
    )
    planes = {
        "2 principal components": on_components(X, tested, 2)[0],
        "a code of 2 numbers": models[2].encoder.predict(tested),
    }
    report.draw(
        out / "plane.svg",
        "where the digits lie in two numbers",
        lambda: side_by_side(planes, classes),
    )

    encoder, decoder = halves(PIXELS)
    cleaner = trained(Sequential(Noise(NOISE, seed=0), encoder), decoder, X, epochs // 3)
    dirty = noisy(tested, NOISE, seed=1)
    clean = cleaner.reconstruct(dirty)
    left = float(((clean - tested) ** 2).mean() / ((dirty - tested) ** 2).mean())
    report.reach("share of the noise that is left", left, at_most=QUICK_LEFT if quick else LEFT)
    cleaned = [("digit", tested[one_each]), ("with noise", dirty[one_each].clip(0, 1)),
               ("cleaned", clean[one_each])]  # fmt: skip
    report.draw(
        out / "denoising.svg",
        "noise taken off digits",
        lambda: image_rows(cleaned, "What is no digit is not kept"),
    )

    watch = trained(*halves(CODES[-1]), X[y != UNSEEN], epochs)
    known = tested[classes != UNSEEN]
    strange = {
        f"the digit {UNSEEN}, never seen": tested[classes == UNSEEN],
        "upside down": known.reshape(-1, SIDE, SIDE)[:, ::-1].reshape(known.shape),
        "pixels shuffled": known[:, np.random.RandomState(0).permutation(PIXELS)],
    }
    usual = watch.reconstruction_errors(known)
    scores = {name: watch.reconstruction_errors(rows) for name, rows in strange.items()}
    for (name, errors), area in zip(scores.items(), QUICK_AREAS if quick else AREAS, strict=True):
        report.reach(f"area under the ROC curve, {name}", roc_auc(*ranked(usual, errors)),
                     at_least=area)  # fmt: skip
    report.draw(
        out / "anomalies.svg",
        "how well the error tells strange pictures",
        lambda: anomalies(usual, scores),
    )
    return report


def halves(code: int) -> tuple[MLP, MLP]:
    """Return an encoder from the pixels to so many numbers, and a decoder back."""
    encoder = MLP(PIXELS, [HIDDEN, code], activation="tanh", seed=0)
    return encoder, MLP(code, [HIDDEN, PIXELS], activation="tanh", output="sigmoid", seed=1)


def trained(encoder: Module, decoder: Module, X: Floats, epochs: int) -> Autoencoder:
    """Return the autoencoder of both after so many epochs on the squared error."""
    model = Autoencoder(encoder, decoder)
    fit(model, X, X, loss="mean_squared_error", optimizer=Adam(lr=LEARNING_RATE), epochs=epochs,
        batch_size=BATCH, schedule=CosineDecay(), seed=0)  # fmt: skip
    return model


def on_components(X: Floats, rows: Floats, count: int) -> tuple[Floats, Floats]:
    """Return the first principal components of rows, those of X, and the rows made of these."""
    mean = X.mean(axis=0)
    axes = np.linalg.svd(X - mean, full_matrices=False)[2][:count]
    components = (rows - mean) @ axes.T
    return components, mean + components @ axes


def ranked(usual: Floats, strange: Floats) -> tuple[Floats, Ints]:
    """Return the errors of both as scores, and 0 and 1 for what they are of."""
    return np.concatenate([usual, strange]), np.repeat([0, 1], [len(usual), len(strange)])


def side_by_side(planes: dict[str, Floats], classes: Ints) -> Figure:
    """Return a figure of the digits' places in each plane."""
    title = "450 digits in two numbers; the classes were never told"
    figure, [grid] = panels(1, len(planes), (11, 5.2), title)
    for axes, (name, places) in zip(grid, planes.items(), strict=True):
        digit_scatter(axes, places, classes)
        axes.set_title(name, fontsize=10)
    return figure


def anomalies(usual: Floats, scores: dict[str, Floats]) -> Figure:
    """Return a figure of the errors of known and strange pictures, and their ROC curves."""
    figure, [[left, right]] = panels(1, 2, (11, 4.4), "A large error tells what was not learned")
    for (name, errors), look in zip({"digits like those learned": usual, **scores}.items(), LOOKS,
                                    strict=False):  # fmt: skip
        colour, dashes, _ = look
        shares = np.arange(1, len(errors) + 1) / len(errors)
        left.step(np.sort(errors), shares, color=colour, linestyle=dashes, where="post", label=name)
        if errors is not usual:
            curve = roc_curve(*ranked(usual, errors))
            right.plot(curve.false_positive_rate, curve.true_positive_rate, color=colour,
                       linestyle=dashes, label=name)  # fmt: skip
    left.set(xlabel="mean squared error of a picture's pixels", ylabel="share of pictures below")
    left.set_xscale("log")
    right.set(xlabel="known digits taken for strange", ylabel="strange pictures found")
    for axes in (left, right):
        tidy(axes)
        axes.legend(frameon=False, fontsize=8, handlelength=3.5)
    return figure
