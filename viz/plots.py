"""Curves over time, as the loss during training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle
from math import isfinite
from typing import TYPE_CHECKING, Any

from autograd.value import detached
from viz.digits import digits
from viz.panels import INK, LOOKS, blank, grid_of, literal, panels, place, tidy

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
    Raises ImportError without matplotlib and ValueError if there is nothing to draw.

    >>> figure = curves({"train": [3.0, 1.0], "test": [3.5, 2.0]})
    >>> [line.get_label() for line in figure.axes[0].lines]
    ['train', 'test']
    """
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


def training_curves(history: Any, title: str = "") -> Figure:
    """Return a figure with a panel for each quantity of a training: training and validation.

    `history` is what `nn.fit` returns, or a mapping {name: numbers, one an epoch}; the column
    val_<name> is drawn beside <name>, with its best epoch marked if the history knows which is
    best. Raises ImportError without matplotlib and ValueError if there is nothing to draw.

    >>> figure = training_curves({"loss": [3.0, 1.0], "val_loss": [3.5, 2.0], "f1": [0.5, 1.0]})
    >>> [ax.get_title() for ax in figure.axes]
    ['loss', 'f1']
    """
    columns = columns_of(history)
    quantities = list(dict.fromkeys(name.removeprefix("val_") for name in columns))
    rows, across = grid_of(len(quantities), 3)
    figure, axes = panels(rows, across, (max(4.2 * across, 6.0), 3.2 * rows + 0.4), title)
    for ax, quantity in zip(axes.flat, quantities, strict=False):
        words = {quantity: "training", f"val_{quantity}": "validation"}
        shown = {word: columns[name] for name, word in words.items() if name in columns}
        curves(shown, quantity, ylabel="", start=1, ax=ax)
        last = f"val_{quantity}" if "validation" in shown else quantity
        best = best_of(history, last)
        if best is not None:
            epoch, value = best
            ax.plot([epoch], [value], "v", color=INK, label=f"best: {digits(value)} in {epoch}")
        if len(shown) == 1 and best is None:
            ax.get_legend().remove()
        else:
            ax.legend(frameon=False, handlelength=3.0, fontsize=8)
    blank(list(axes.flat)[len(quantities) :])
    return figure


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
