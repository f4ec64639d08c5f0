"""What a model has learned of a function of one or two numbers, beside the truth."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from viz.diagrams.canvas import largest
from viz.plotting.boundary import square
from viz.plotting.panels import INK, LOOKS, literal, panels, place, signed_colours, tidy
from viz.plotting.running import checked_rows, scores

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def surface(
    model: Any,
    X: Any,  # noqa: N803
    z: Any,
    truth: Callable[[Any], Any] | None = None,
    *,
    points: int = 121,
    title: str = "",
    ax: Axes | None = None,
) -> Figure:
    """Return a figure of what a model says between the samples, the truth, and the difference.

    X has one or two numbers a sample, z one number each; `truth` is a function of an array of
    rows. Of one number the figure is one plot of curves, the residuals being upright lines, which
    may go into `ax`; of two it is two or three maps: the truth if it is given, the model, and the
    model minus the truth or, without it, the samples' errors. Raises ValueError for other shapes,
    TypeError for what is no model, ImportError without matplotlib.

    >>> figure = surface(lambda rows: rows[:, 0] ** 2, [0.0, 0.5, 1.0], [0.1, 0.2, 1.0])
    >>> [line.get_label() for line in figure.axes[0].lines]
    ['samples', 'model']
    """
    rows = checked_rows("surface", X, [1, 2])
    try:
        heights = np.asarray(z, dtype=float).reshape(-1)
    except (TypeError, ValueError) as error:
        raise ValueError(f"surface: z is no array of numbers ({error}); give a number for each "
                         "sample") from None  # fmt: skip
    if len(heights) != len(rows):
        raise ValueError(
            f"surface: {len(rows)} samples but {len(heights)} numbers z: give one each"
        )
    if rows.shape[1] == 1:
        return _curve(model, rows, heights, truth, points, title, ax)
    if ax is not None:
        raise ValueError("surface(ax=...): two inputs need several axes; leave ax out")
    return _maps(model, rows, heights, truth, points, title)


def _one_output(model: Any, rows: Any) -> Any:
    said = scores(model, rows)
    if said.shape[1] != 1:
        raise ValueError(f"surface: {said.shape[1]} outputs; only one can be drawn as a height")
    return said[:, 0]


def _curve(model: Any, rows: Any, heights: Any, truth: Any, points: int, title: str,
           ax: Axes | None) -> Figure:  # fmt: skip
    low, high = rows.min(), rows.max()
    fine = np.linspace(low - 0.1 * (high - low), high + 0.1 * (high - low), max(points, 2))[:, None]
    figure, axes = place(ax)
    said = _one_output(model, rows)
    axes.vlines(rows[:, 0], heights, said, color="#9AA0A8", linewidth=0.9, zorder=1,
                label=f"residuals, rms {_rms(said - heights):.3g}")  # fmt: skip
    axes.plot(rows[:, 0], heights, "o", color=INK, markersize=4, alpha=0.7, label="samples")
    for name, function, (colour, dashes, _) in zip(
        ("model", "truth"), (model, truth), LOOKS, strict=False
    ):
        if function is not None:
            axes.plot(fine[:, 0], _one_output(function, fine), color=colour, linestyle=dashes,
                      linewidth=1.8, label=name)  # fmt: skip
    axes.set(xlabel="x", ylabel="z")
    tidy(axes)
    axes.legend(frameon=False, handlelength=3.0, fontsize=8, ncols=4, loc="lower center",
                bbox_to_anchor=(0.5, 1.0), borderaxespad=0.2)  # fmt: skip
    if title:
        axes.set_title(literal(title), pad=24)  # the legend is below it
    return figure


def _rms(residuals: Any) -> float:
    return float(np.sqrt(np.mean(residuals**2)))


def _maps(model: Any, rows: Any, heights: Any, truth: Any, points: int, title: str) -> Figure:
    from matplotlib.ticker import MaxNLocator

    across, up, grid = square(rows, points, margin=0.0)
    shape = (points, points)
    shown = {} if truth is None else {"the truth": _one_output(truth, grid)}
    shown["the model"] = _one_output(model, grid)
    every = np.concatenate([*shown.values(), heights])
    every = every[np.isfinite(every)]
    levels = MaxNLocator(14).tick_values(every.min(), every.max())
    count = len(shown) + 1
    figure, [plots] = panels(1, count, (4.2 * count, 3.7), title)
    for axes, (name, said) in zip(plots, shown.items(), strict=False):
        said = np.ma.masked_invalid(said.reshape(shape))
        filled = axes.contourf(across, up, said, levels, cmap="viridis", extend="both")
        axes.contour(across, up, said, levels, colors="white", linewidths=0.4)
        axes.plot(rows[:, 0], rows[:, 1], ".", color="black", markersize=2.5, alpha=0.6)
        axes.set_title(name, fontsize=10)
    figure.colorbar(filled, ax=list(plots[:-1]), label="z")
    _errors(figure, plots[-1], (across, up), model, shown, rows, heights)
    for axes in plots:
        axes.set(xlabel="x1", xlim=(across[0], across[-1]), ylim=(up[0], up[-1]))
    plots[0].set_ylabel("x2")
    return figure


def _errors(figure: Figure, ax: Axes, where: Any, model: Any, shown: Any, rows: Any,
            heights: Any) -> None:  # fmt: skip
    from matplotlib.ticker import MaxNLocator

    across, up = where
    at_samples = _one_output(model, rows) - heights
    if len(shown) == 1:
        most = largest(at_samples) or 1.0
        drawn: Any = ax.scatter(rows[:, 0], rows[:, 1], c=at_samples, cmap=signed_colours(),
                                vmin=-most, vmax=most, edgecolors=INK, linewidths=0.4)  # fmt: skip
        name = "model - sample"
    else:
        error = (shown["the model"] - shown["the truth"]).reshape(len(up), len(across))
        most = largest(error.ravel()) or 1.0
        levels = MaxNLocator(12, symmetric=True).tick_values(-most, most)
        drawn = ax.contourf(across, up, np.ma.masked_invalid(error), levels, cmap=signed_colours())
        ax.contour(across, up, error, levels=[0], colors=INK, linewidths=0.8)
        name = "model - truth"
    ax.set_title(f"{name} (rms {_rms(at_samples):.3g} at the samples)", fontsize=10)
    figure.colorbar(drawn, ax=ax, label=name)
