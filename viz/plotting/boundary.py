"""Decision boundaries: which class a model gives every point of the plane, the samples on top."""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd import sigmoid
from viz.plotting.panels import INK, LOOKS, literal, place, tidy
from viz.plotting.running import checked_rows, is_network, scores

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_HATCHES = ["", "////", "....", "\\\\\\\\", "++", "xx", "oo"]
_TINTS = ((0.0, 0.10), (0.6, 0.20), (0.75, 0.32), (0.9, 0.46))  # from a share on, how much colour


def boundary(
    model: Any,
    X: Any,  # noqa: N803
    y: Any,
    truth: Callable[[Any], Any] | None = None,
    *,
    threshold: float | None = None,
    points: int = 161,
    title: str = "",
    ax: Axes | None = None,
) -> Figure:
    """Return a figure of the regions in which a model says each class, with the samples.

    The model is a network, one with `predict_proba` or `predict`, or a function of an array of
    rows. One output is class 1 above the `threshold` (0 for logits, 0.5 for probabilities; None
    is 0.5 if the last layer is a sigmoid, else 0), else 0; of several the largest is the class. A
    class's colour is fuller where its probability is larger: the outputs if they are probabilities,
    else the sigmoid or softmax of them. X has two numbers a sample, y classes counted from 0; a
    ring is around each sample that the model gets wrong. `truth`, a function of an array of rows
    that gives classes, adds the true boundary as a white dashed line. Raises ValueError for other
    shapes or classes, TypeError for what is no model, ImportError without matplotlib.

    >>> figure = boundary(lambda rows: rows[:, 0] - 0.5, [[0, 0], [1, 0], [2, 1]], [0, 1, 0])
    >>> [line.get_label() for line in figure.axes[0].lines]
    ['class 0', 'class 1', 'wrong: 1 of 3']
    """
    rows, classes = checked_rows("boundary", X, [2]), np.asarray(y)
    if classes.shape != (len(rows),):
        raise ValueError(f"boundary: y has shape {classes.shape}; give a class for each of the "
                         f"{len(rows)} samples")  # fmt: skip
    across, up, grid = square(rows, points)
    threshold = threshold_of(model) if threshold is None else threshold
    said = outputs_or_shares(model, grid)
    count = max(said.shape[1], 2)
    if not np.isin(classes, range(count)).all():
        strange = classes[~np.isin(classes, range(count))][0]
        raise ValueError(f"boundary: y has the class {strange}; the model knows 0 to {count - 1}")
    figure, axes = place(ax, (6.0, 4.6))
    word = _regions(axes, across, up, said, threshold)
    if truth is not None:
        _true_boundary(axes, across, up, scores(truth, grid)[:, 0])
    wrong = chosen(outputs_or_shares(model, rows), threshold) != classes
    for k, (colour, _, marker) in enumerate(islice(cycle(LOOKS), count)):
        at = rows[classes == k]
        axes.plot(at[:, 0], at[:, 1], marker, color=colour, markeredgecolor="white", markersize=7,
                  linestyle="none", label=f"class {k}")  # fmt: skip
    if wrong.any():
        axes.plot(
            *rows[wrong].T, "o", markersize=11, fillstyle="none", color="black", linestyle="none",
            label=f"wrong: {wrong.sum()} of {len(rows)}",
        )  # fmt: skip
    axes.set(title=literal(title), xlabel="x1", ylabel="x2",
             xlim=(across[0], across[-1]), ylim=(up[0], up[-1]))  # fmt: skip
    tidy(axes, grid=False)
    _legend(axes, word, truth is not None)
    return figure


def square(rows: Any, points: int, margin: float = 0.2) -> tuple[Any, Any, Any]:
    """Return the ticks of both sides of a grid around the samples, and its points as rows.

    Raises ValueError for fewer than 2 points a side.
    """
    if points < 2:
        raise ValueError(f"points={points}: a side of the grid needs 2 or more")
    low, high = rows.min(axis=0), rows.max(axis=0)
    room = np.where(high > low, margin * (high - low), 1.0)
    across, up = np.linspace(low - room, high + room, points).T
    return across, up, np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)


def threshold_of(model: Any) -> float:
    """Return 0.5 for a network that ends in a sigmoid, else 0."""
    end = model
    while inside := getattr(end, "layers", None) or getattr(end, "parts", None):
        end = (getattr(end, "parts", None) or inside)[-1]
    return 0.5 if getattr(end, "activation", "") == "sigmoid" else 0.0


def chosen(said: Any, threshold: float) -> Any:
    """Return the class of every row of outputs."""
    return (said[:, 0] > threshold).astype(int) if said.shape[1] == 1 else said.argmax(axis=1)


def shares(said: Any, threshold: float) -> tuple[Any, str]:
    """Return the probability of each class, an array (rows, classes), and how it was found.

    The word is "" where outputs and threshold are those of no probability.
    """
    if said.shape[1] == 1:
        one, told = said[:, 0], "probability of the class"
        if threshold == 0:
            one, told = sigmoid(one), "sigmoid of the output"
        elif not (0 < threshold < 1 and ((one >= 0) & (one <= 1)).all()):
            told = ""
        return np.stack([1 - one, one], axis=1), told
    if (said >= 0).all() and np.allclose(said.sum(axis=1), 1.0, rtol=0, atol=1e-6):
        return said, "probability of the class"
    powers = np.exp(said - said.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True), "softmax of the outputs"


def outputs_or_shares(model: Any, rows: Any) -> Any:
    """Return the scores; of an estimator as scikit-learn's the probabilities, if it has them."""
    if hasattr(model, "predict_proba") and not is_network(model):
        return np.asarray(model.predict_proba(rows), dtype=float)
    return scores(model, rows)


def _regions(ax: Axes, across: Any, up: Any, said: Any, threshold: float) -> str:
    """Fill each class's region with its colour, fuller where it is likelier, and its hatch."""
    import matplotlib as mpl

    shape = (len(up), len(across))
    if said.shape[1] == 1:
        gaps = [threshold - said[:, 0], said[:, 0] - threshold]
    else:  # by how much a class is above the best of the others
        gaps = [said[:, k] - np.delete(said, k, axis=1).max(axis=1) for k in range(said.shape[1])]
    with np.errstate(all="ignore"):
        likely, word = shares(said, threshold)
    for k, (gap, (colour, _, _)) in enumerate(zip(gaps, cycle(LOOKS), strict=False)):
        gap = np.where(np.isfinite(gap), gap, np.nan).reshape(shape)
        if not np.nanmax(gap, initial=-1.0) > 0:
            continue
        hatch = _HATCHES[k % len(_HATCHES)]
        with mpl.rc_context({"hatch.linewidth": 0.8}):
            filled = ax.contourf(across, up, gap, levels=[0, np.inf], hatches=[hatch],
                                 colors=[_tint(colour, _TINTS[1 if word else 2][1])])  # fmt: skip
        filled.set(edgecolor="white", linewidth=0.0)
        if word:
            _shade(ax, across, up, gap, likely[:, k].reshape(shape), colour, hatch)
        if np.nanmin(gap) < 0:
            ax.contour(across, up, gap, levels=[0], colors=INK, linewidths=1.3)
    return word


def _shade(ax: Axes, across: Any, up: Any, gap: Any, likely: Any, colour: str,
           hatch: str) -> None:  # fmt: skip
    """Lay the steps of probability over the region of one class."""
    import matplotlib as mpl

    own = np.where(gap >= 0, likely, np.minimum(likely, 0.5))  # 0.4 may be another's
    for (low, amount), (high, _) in zip(_TINTS[1:], [*_TINTS[2:], (1.01, 0.0)], strict=True):
        if ((own >= low) & (own < high)).any():
            with mpl.rc_context({"hatch.linewidth": 0.8}):
                filled = ax.contourf(across, up, own, levels=[low, high], hatches=[hatch],
                                     colors=[_tint(colour, amount)])  # fmt: skip
            filled.set(edgecolor="white", linewidth=0.0)


def _tint(colour: str, amount: float) -> tuple[float, float, float]:
    from matplotlib.colors import to_rgb

    red, green, blue = (1 - amount * (1 - part) for part in to_rgb(colour))
    return red, green, blue


def _true_boundary(ax: Axes, across: Any, up: Any, classes: Any) -> None:
    from matplotlib.patheffects import Normal, Stroke

    shown = classes.reshape(len(up), len(across))
    for k in np.unique(shown)[:-1]:
        lines = ax.contour(across, up, shown > k, levels=[0.5], colors="white", linewidths=1.8,
                           linestyles=[(0, (5, 2))])  # fmt: skip
        lines.set_path_effects([Stroke(linewidth=3.2, foreground=INK), Normal()])


def _legend(ax: Axes, word: str, truth: bool) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles, names = ax.get_legend_handles_labels()
    if truth:
        handles.append(Line2D([], [], color=INK, linewidth=1.8, linestyle=(0, (5, 2))))
        names.append("the truth")
    if word:
        for (low, amount), end in zip(_TINTS, ("0.6", "0.75", "0.9", "1"), strict=True):
            handles.append(Patch(facecolor=_tint("#000000", amount), edgecolor=INK, linewidth=0.5))
            names.append(f"{low:g} – {end}" if low else f"below {end}")
    legend = ax.legend(handles, names, frameon=False, fontsize=8, loc="upper left",
                       bbox_to_anchor=(1.0, 1.0))  # fmt: skip
    if word:
        ax.annotate(f"shade: {word}", (1.0, 0.0), xycoords="axes fraction", xytext=(8, 0),
                    textcoords="offset points", rotation=90, fontsize=8, va="bottom")  # fmt: skip
    legend.set_in_layout(True)
