"""Curves over time, as the loss during training."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import cycle
from math import isfinite
from typing import TYPE_CHECKING, Any

from autograd.real import short
from autograd.value import detached
from viz.diagrams.digits import digits
from viz.plotting.panels import GRID, INK, LOOKS, blank, grid_of, literal, panels, place, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def curves(
    series: Mapping[str, Sequence[Any]],
    title: str = "",
    xlabel: str = "epoch",
    ylabel: str = "loss",
    *,
    start: int = 0,
    every: int = 1,
    logarithmic: bool = False,
    ax: Axes | None = None,
) -> Figure:
    """Return a matplotlib figure with a curve per name: number i stands at start + every * i.

    It belongs to no window and leaves pyplot alone: `.savefig("loss.png")` writes it; `ax` are
    axes to draw in. `logarithmic` is the vertical axis, on which numbers not above 0 are left out.
    Raises ImportError without matplotlib, TypeError for what is no mapping and ValueError if there
    is nothing to draw.

    >>> figure = curves({"train": [3.0, 1.0], "test": [3.5, 2.0]})
    >>> [line.get_label() for line in figure.axes[0].lines]
    ['train', 'test']
    """
    if not isinstance(series, Mapping):
        raise TypeError(f"curves({short(series)}): give {{name: numbers}}, as {{'train': [3, 1]}}")
    if not series or not all(len(ys) for ys in series.values()):
        raise ValueError("curves(): give {name: numbers}, with at least one number for each name")
    if every < 1:
        raise ValueError(f"curves(every={every}): it must be 1 or more")
    figure, axes = place(ax)
    axes.set(title=literal(title), xlabel=literal(xlabel), ylabel=literal(ylabel))
    for (name, ys), (colour, dashes, _) in zip(series.items(), cycle(LOOKS), strict=False):
        numbers = [float(detached(y)) for y in ys]
        marker = "o" if len(numbers) == 1 else ""
        xs = range(start, start + every * len(numbers), every)
        axes.plot(xs, numbers, label=literal(name), color=colour, linestyle=dashes, marker=marker)
    if logarithmic:
        axes.set_yscale("log", nonpositive="mask")
    axes.xaxis.get_major_locator().set_params(integer=True)  # type: ignore[call-arg]
    tidy(axes)
    axes.legend(frameon=False, handlelength=3.5)
    return figure


def training_curves(
    history: Any, title: str = "", *, only: str = "", ax: Axes | None = None
) -> Figure:
    """Return a figure with a panel for each quantity of a training: training and validation.

    `history` is what `nn.fit` returns, or a mapping {name: numbers, one an epoch}; the column
    val_<name> is drawn beside <name>, dashed. The best epoch is marked, if the history knows which
    is best; after an early stop the epochs that it waited in vain are shaded. The scale is
    logarithmic where all numbers are positive and the largest is over 100 times the smallest.
    `only` is the one quantity to draw, which may go into `ax`. Raises ImportError without
    matplotlib and ValueError if there is nothing to draw or no such quantity.

    >>> figure = training_curves({"loss": [3.0, 1.0], "val_loss": [3.5, 2.0], "f1": [0.5, 1.0]})
    >>> [ax.get_title() for ax in figure.axes]
    ['loss', 'f1']
    """
    columns = columns_of(history)
    quantities = quantities_of(columns)
    if only and only not in quantities:
        raise ValueError(
            f"training_curves(only={only!r}): the quantities are {', '.join(quantities)}"
        )
    if only or ax is not None:
        if not only and len(quantities) > 1:
            raise ValueError("training_curves(ax=...): say which quantity goes there, as "
                             f"only={quantities[0]!r}")  # fmt: skip
        figure, axes = place(ax, (5.0, 3.4))
        _quantity(axes, history, columns, only or quantities[0])
        if title:
            axes.set_title(literal(title))
        return figure
    rows, across = grid_of(len(quantities), 3)
    figure, grid = panels(rows, across, (max(4.2 * across, 6.0), 3.2 * rows + 0.4), title)
    for axes, quantity in zip(grid.flat, quantities, strict=False):
        _quantity(axes, history, columns, quantity)
    blank(list(grid.flat)[len(quantities) :])
    return figure


def quantities_of(columns: Mapping[str, Any]) -> list[str]:
    """Return the names of columns, val_<name> counting as <name>.

    >>> quantities_of({"loss": [], "val_loss": [], "lr": []})
    ['loss', 'lr']
    """
    return list(dict.fromkeys(name.removeprefix("val_") for name in columns))


def _quantity(ax: Axes, history: Any, columns: Mapping[str, list[float]], quantity: str) -> None:
    words = {quantity: "training", f"val_{quantity}": "validation"}
    shown = {word: columns[name] for name, word in words.items() if name in columns}
    sizes = [x for numbers in shown.values() for x in numbers if isfinite(x)]
    wide = bool(sizes) and min(sizes) > 0 and max(sizes) > 100 * min(sizes)
    name = "learning rate" if quantity == "lr" else quantity
    curves(shown, name, ylabel="logarithmic" if wide else "", start=1, logarithmic=wide, ax=ax)
    if "training" not in shown:  # as always: the dashed one is the validation
        ax.lines[0].set(color=LOOKS[1][0], linestyle=LOOKS[1][1])
    best = best_of(history, f"val_{quantity}" if "validation" in shown else quantity)
    if best is not None:
        epoch, value = best
        ax.plot([epoch], [value], "v", color=INK, label=f"best: {digits(value)} in {epoch}")
    monitor, waited = waited_in_vain(history)
    if monitor.removeprefix("val_") == quantity:
        ax.axvspan(*waited, color=GRID, alpha=0.6, zorder=0, linewidth=0,
                   label=f"early stop after {round(waited[1])}")  # fmt: skip
    if len(shown) == 1 and best is None:
        if legend := ax.get_legend():
            legend.remove()
    else:
        ax.legend(frameon=False, handlelength=3.0, fontsize=8)


def waited_in_vain(history: Any) -> tuple[str, tuple[int, int]]:
    """Return what an early stop looked at, its best epoch and the last; ("", (0, 0)) if none."""
    stopped = str(getattr(history, "stopped", ""))
    said = re.match(r"(\S+) was not better for .* in epoch (\d+)", stopped)
    return (said[1], (int(said[2]), len(history))) if said else ("", (0, 0))


def columns_of(history: Any) -> dict[str, list[float]]:
    """Return {name: floats} of an `nn.History` or a mapping of columns.

    Raises TypeError for anything else and ValueError for a history without numbers.
    """
    columns = getattr(history, "columns", history)
    if not isinstance(columns, Mapping):
        raise TypeError(
            f"{history!r:.60} is no history: give what nn.fit returned, or a mapping "
            "{name: numbers, one an epoch}, as {'loss': [0.7, 0.2]}"
        )
    if not columns or not all(len(numbers) for numbers in columns.values()):
        raise ValueError("the history has no epoch yet: train first, or give {'loss': [0.7, 0.2]}")
    return {str(name): [float(detached(y)) for y in ys] for name, ys in columns.items()}


def best_of(history: Any, name: str) -> tuple[int, float] | None:
    """Return (epoch, value), the epoch from 1, where the history can say; else None."""
    try:
        epoch, value = history.best(name)
    except (AttributeError, ValueError, KeyError):  # a plain mapping; or a name without direction
        return None
    return (int(epoch), float(value)) if isfinite(value) else None
