"""The loss around a network's weights, on a plane through them, with the optimizer's path."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd import Value, no_grad
from autograd.value import detached
from viz.digits import digits
from viz.neurons import neurons_of
from viz.panels import literal, place
from viz.running import all_parameters, checked_model, in_use

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Plane:
    """Hold a plane through the parameters: centre + a * directions[0] + b * directions[1]."""

    centre: Any
    directions: Any  # (2, parameters)
    path: Any  # (steps, 2): where the path's points project to
    names: tuple[str, str]


def landscape(
    model: Any,
    loss: Callable[[Any], Any],
    path: Sequence[Any] | None = None,
    *,
    directions: str = "random",
    points: int = 25,
    radius: float = 1.0,
    seed: int = 0,
    title: str = "",
    ax: Axes | None = None,
) -> Figure:
    """Return a figure of loss(model) over centre + a * d1 + b * d2, the centre being the weights.

    `directions="random"` are normal numbers, for every neuron scaled to the length of its own
    weights; parameters that are no weights, as biases, stay as they are. "path" are the two
    directions in which the path varies most. The `path` is a list of the parameters at some times,
    each a list of numbers in the order of `model.parameters()`; its points are projected onto the
    plane, by least squares. The loss is a function of the model, computed points**2 times with
    the parameters changed, which are put back. Raises ValueError for a path of another length,
    unknown options and a loss that is finite nowhere, ImportError without matplotlib.

    Source: Li, Xu, Taylor, Studer and Goldstein 2018, "Visualizing the Loss Landscape of Neural
    Nets", sections 4 and 7.
    """
    checked_model("landscape", model)
    if points < 3 or not radius > 0:
        raise ValueError(f"landscape(points={points}, radius={radius}): give 3 or more, above 0")
    parameters = all_parameters(model)
    plane = plane_through(model, path, directions, seed)
    sides = _sides(plane.path, radius, points)
    with in_use(model), no_grad(), _put_back(parameters):
        heights = np.array([
            [_loss_at(model, loss, parameters, plane, a, b) for a in sides[0]] for b in sides[1]
        ])  # fmt: skip
    figure, axes = place(ax, (5.8, 4.6))
    _draw(figure, axes, sides, heights, plane)
    axes.set(title=literal(title), xlabel=plane.names[0], ylabel=plane.names[1])
    return figure


def plane_through(model: Any, path: Any, directions: str, seed: int) -> Plane:
    """Return the plane through the model's parameters, and the path on it.

    Raises ValueError if directions is neither "random" nor "path", or the path does not fit.
    """
    parameters = all_parameters(model)
    centre = np.array([float(p.data) for p in parameters])
    steps = np.empty((0, len(centre))) if path is None else _checked_path(path, len(centre))
    if directions == "random":
        found = _filter_normalised(model, parameters, seed)
        names = ("first random direction", "second random direction")
    elif directions == "path":
        if len(steps) < 3:
            raise ValueError("landscape(directions='path'): give a path of 3 points or more")
        _, sizes, axes = np.linalg.svd(steps - centre, full_matrices=False)
        found = axes[:2] * np.sign(axes[np.arange(2), np.abs(axes[:2]).argmax(axis=1)])[:, None]
        shares = sizes[:2] ** 2 / max((sizes**2).sum(), 1e-300)
        names = tuple(f"principal direction {i} of the path ({share:.0%})"
                      for i, share in enumerate(shares, 1))  # type: ignore[assignment]  # fmt: skip
    else:
        raise ValueError(f"directions={directions!r}: they are 'random' or 'path'")
    onto = np.linalg.lstsq(found.T, (steps - centre).T, rcond=None)[0].T
    return Plane(centre, found, onto, names)


def _filter_normalised(model: Any, parameters: Sequence[Value], seed: int) -> Any:
    place_of = {p: i for i, p in enumerate(parameters)}
    source = np.random.RandomState(seed)
    found = np.zeros((2, len(parameters)))
    for direction in found:
        for neuron in neurons_of(model):
            drawn = source.standard_normal(
                len(neuron.w)
            )  # also for frozen ones: they change no other
            length = np.linalg.norm([float(w.data) for w in neuron.w])
            for w, number in zip(neuron.w, drawn * length / np.linalg.norm(drawn), strict=True):
                if w in place_of:
                    direction[place_of[w]] = number
    return found


def _checked_path(path: Any, count: int) -> Any:
    lengths = {len(step) for step in path}
    if lengths != {count}:
        raise ValueError(
            f"landscape: the model has {count} parameters, the points of the path have "
            f"{', '.join(map(str, sorted(lengths))) or 'none'}; keep "
            "[p.data for p in model.parameters()] after each step"
        )
    return np.array([[float(detached(number)) for number in step] for step in path])


def _sides(path: Any, radius: float, points: int) -> Any:
    """Return the ticks of both sides: from -radius to radius, and as far as the path goes."""
    low = np.minimum(path.min(axis=0, initial=0.0), 0.0)
    high = np.maximum(path.max(axis=0, initial=0.0), 0.0)
    room = 0.15 * (high - low)
    return np.linspace(np.minimum(low - room, -radius), np.maximum(high + room, radius), points).T


@contextmanager
def _put_back(parameters: Sequence[Value]) -> Iterator[None]:
    kept = [p.data for p in parameters]
    try:
        yield
    finally:
        for p, number in zip(parameters, kept, strict=True):
            p.data = number


def _loss_at(model: Any, loss: Any, parameters: Sequence[Value], plane: Plane, a: float,
             b: float) -> float:  # fmt: skip
    numbers = plane.centre + a * plane.directions[0] + b * plane.directions[1]
    for p, number in zip(parameters, numbers.tolist(), strict=True):
        p.data = number
    return float(detached(loss(model)))


def _draw(figure: Figure, ax: Axes, sides: Any, heights: Any, plane: Plane) -> None:
    from matplotlib.patheffects import Normal, Stroke
    from matplotlib.ticker import MaxNLocator

    if not np.isfinite(heights).any():
        raise ValueError("landscape: the loss is finite nowhere on the plane; give a lesser radius")
    shown = np.ma.masked_invalid(heights)
    low, high = float(shown.min()), float(shown.max())
    wide = low > 0 and high > 50 * low  # then equal steps would show the rim alone
    levels = np.geomspace(low, high, 22) if wide else MaxNLocator(20).tick_values(low, high)
    if wide:
        from matplotlib.colors import LogNorm

        filled = ax.contourf(*sides, shown, levels, cmap="viridis", norm=LogNorm(low, high))
    else:
        filled = ax.contourf(*sides, shown, levels, cmap="viridis")
    ax.contour(*sides, shown, levels, colors="white", linewidths=0.4, alpha=0.7)
    bar = figure.colorbar(filled, ax=ax, label="loss" + (", logarithmic" if wide else ""))
    ticks = np.asarray(levels)[::3]
    bar.set_ticks(ticks.tolist(), labels=[digits(float(t), 2) for t in ticks])
    bar.ax.minorticks_off()
    outline = [Stroke(linewidth=3.2, foreground="black"), Normal()]
    if len(plane.path):
        ax.plot(
            *plane.path.T, "-", color="white", linewidth=1.6, path_effects=outline, label="path"
        )
        ax.plot(*plane.path[0], "o", color="white", markeredgecolor="black", markersize=8,
                linestyle="none", label="start")  # fmt: skip
    ax.plot(0, 0, "*", color="white", markeredgecolor="black", markersize=13, linestyle="none",
            label="the model")  # fmt: skip
    ax.legend(fontsize=8, framealpha=0.85, edgecolor="none", facecolor="#C9CDD2")
