"""Curves over time, as the loss during training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import TYPE_CHECKING, Any

from autograd import Value

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Okabe and Ito's colours, each with its own dashes: colour is never the only sign
_LOOKS = [
    ("#0072B2", "-"), ("#D55E00", "--"), ("#009E73", "-."), ("#CC79A7", ":"),
    ("#E69F00", (0, (8, 2))), ("#56B4E9", (0, (4, 1, 1, 1, 1, 1))), ("#000000", (0, (1, 3))),
]  # fmt: skip


def curves(
    series: Mapping[str, Sequence[Any]],
    title: str = "",
    xlabel: str = "epoch",
    ylabel: str = "loss",
) -> Figure:
    """Return a matplotlib figure with a curve per name, each number over its place from 0.

    It belongs to no window and leaves pyplot alone: `.savefig("loss.png")` writes it. Raises
    ImportError without matplotlib and ValueError if there is nothing to draw.
    """
    try:
        from viz.figures import Picture
    except ImportError as error:
        raise ImportError(
            "curves need matplotlib: pip install 'chalkgrad[plot]'", name="matplotlib"
        ) from error
    if not series or not all(len(ys) for ys in series.values()):
        raise ValueError("curves(): give {name: numbers}, with at least one number for each name")
    figure = Picture(figsize=(6.4, 4.0), layout="constrained")
    axes = figure.add_subplot(
        title=_literal(title), xlabel=_literal(xlabel), ylabel=_literal(ylabel)
    )
    for (name, ys), (colour, dashes) in zip(series.items(), cycle(_LOOKS), strict=False):
        numbers = [float(y.data if type(y) is Value else y) for y in ys]
        marker = "o" if len(numbers) == 1 else ""
        axes.plot(numbers, label=_literal(name), color=colour, linestyle=dashes, marker=marker)
    axes.xaxis.get_major_locator().set_params(integer=True)  # type: ignore[call-arg]
    axes.grid(color="#E1E4E8", linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, handlelength=3.5)
    return figure


def _literal(text: str) -> str:
    return text.replace("$", r"\$")
