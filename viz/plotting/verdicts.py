"""What a model says of samples whose truth is known: confusion matrix and residuals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from viz.plotting.boundary import chosen, outputs_or_shares, threshold_of
from viz.plotting.panels import INK, LOOKS, literal, place, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def confusion(
    model: Any,
    X: Any,  # noqa: N803
    y: Any,
    names: Sequence[Any] = (),
    *,
    threshold: float | None = None,
    title: str = "",
    ax: Axes | None = None,
) -> Figure:
    """Return a figure of how many samples of each class (row) are taken for which (column).

    A cell is the darker, the more of its row's samples are in it. Model, classes counted from 0
    and `threshold` are those of `boundary`; `names` are those of the classes. Raises ValueError
    for other shapes, classes or names, TypeError for what is no model, ImportError without
    matplotlib.

    >>> figure = confusion(lambda rows: rows[:, 0], [[-1.0], [2.0], [3.0]], [0, 0, 1])
    >>> figure.axes[0].get_title()
    '2 of 3 right (66.7 %)'
    """
    rows, classes = paired_samples("confusion", X, y)
    threshold = threshold_of(model) if threshold is None else threshold
    said = outputs_or_shares(model, rows)
    count = max(said.shape[1], 2)
    if not np.isin(classes, range(count)).all():
        strange = classes[~np.isin(classes, range(count))][0]
        raise ValueError(f"confusion: y has the class {strange:g}; the model knows 0 to "
                         f"{count - 1}")  # fmt: skip
    if names and len(names) != count:
        raise ValueError(f"confusion: {len(names)} names for {count} classes")
    counts = np.zeros((count, count), dtype=int)
    np.add.at(counts, (classes.astype(int), chosen(said, threshold)), 1)
    figure, axes = place(ax, (0.6 * count + 2.6, 0.6 * count + 2.0))
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, interpolation="nearest")
    for (i, j), number in np.ndenumerate(counts):
        axes.text(j, i, f"{number}", ha="center", va="center", fontsize=10 if count < 12 else 7,
                  color="white" if shares[i, j] > 0.55 else "black",
                  weight="bold" if i == j else "normal")  # fmt: skip
    shown = [literal(name) for name in names or range(count)]
    axes.set_xticks(range(count), shown, rotation=0 if max(map(len, shown)) < 5 else 90)
    axes.set_yticks(range(count), shown)
    right, all_of_them = int(np.trace(counts)), len(rows)
    told = f"{right} of {all_of_them} right ({right / all_of_them:.1%})".replace("%", " %")
    axes.set(xlabel="class said", ylabel="true class", title=literal(title) or told)
    return figure


def residuals(
    model: Any,
    X: Any,  # noqa: N803
    z: Any,
    *,
    title: str = "",
    ax: Axes | None = None,
) -> Figure:
    """Return a figure of z minus what the model says, over what it says; the rms is in the title.

    Points without a pattern around 0 are the best that can be had. Raises ValueError for other
    shapes and several outputs, TypeError for what is no model, ImportError without matplotlib.

    >>> figure = residuals(lambda rows: rows[:, 0], [[1.0], [2.0]], [1.5, 1.5])
    >>> figure.axes[0].get_title()
    'rms 0.5, mean 0'
    """
    rows, truth = paired_samples("residuals", X, z)
    said = outputs_or_shares(model, rows)
    if said.shape[1] != 1:
        raise ValueError(f"residuals: the model has {said.shape[1]} outputs; only one can be drawn")
    gaps = truth - said[:, 0]
    figure, axes = place(ax, (5.0, 3.6))
    axes.axhline(0, color=INK, linewidth=1.0)
    axes.plot(said[:, 0], gaps, "o", color=LOOKS[0][0], markersize=4.5, alpha=0.75,
              markeredgecolor="white", markeredgewidth=0.5)  # fmt: skip
    told = f"rms {np.sqrt(np.mean(gaps**2)):.3g}, mean {np.mean(gaps):.2g}"
    axes.set(xlabel="the model says", ylabel="residual: truth - model",
             title=literal(title) or told)  # fmt: skip
    tidy(axes)
    return figure


def paired_samples(use: str, X: Any, y: Any) -> tuple[Any, Any]:  # noqa: N803
    """Return X as an array of rows, y as one of numbers. Raises ValueError if they don't pair."""
    try:
        rows, numbers = np.asarray(X, dtype=float), np.asarray(y, dtype=float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{use}: X and y are no arrays of numbers: {error}") from None
    rows = rows[:, None] if rows.ndim == 1 else rows
    if numbers.ndim == 2 and numbers.shape[1] == 1:
        numbers = numbers[:, 0]
    if rows.ndim != 2 or not len(rows) or numbers.shape != (len(rows),):
        raise ValueError(
            f"{use}: X has shape {rows.shape} and y {numbers.shape}; give a row and a number for "
            "each sample"
        )
    return rows, numbers
