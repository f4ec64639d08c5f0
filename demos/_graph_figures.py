"""Figures of graphs: the karate club, where networks put its members, and molecules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from demos._karate import places
from demos._molecules import ATOMS
from demos._planes import COLOURS, MARKERS
from nn.graph.graphs import Graph, unpacked_graph
from viz.plotting.panels import INK, panels, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BOND, WRONG = "#B8BEC5", "#A34100"
ATOM_LOOKS = {"C": ("#4A5058", "white"), "N": ("#0072B2", "white"), "O": ("#E69F00", "black")}
PAIRS_SHOWN = 4


def club_figure(
    graph: Graph, said: dict[str, Any], factions: Any, known: Sequence[int], names: Sequence[str]
) -> Figure:
    """Return a figure with the club for each network, its members marked by what it says."""
    figure, axes = panels(2, 2, (9.6, 8.4), "The side that each network gives to each member")
    points = places(graph)
    for ax, (name, answers) in zip(axes.flat, said.items(), strict=True):
        for i, j in graph.edges:
            ax.plot(*points[[i, j]].T, color=BOND, linewidth=0.8, zorder=1)
        members(ax, points, answers, known, names)
        for i in np.flatnonzero(answers != factions).tolist():
            ax.plot(*points[i], "o", markersize=20, fillstyle="none", color=WRONG, zorder=2)
        for i, (across, up) in enumerate(points):
            ax.text(across, up, str(i + 1), ha="center", va="center", fontsize=6.5, zorder=4,
                    color="black" if answers[i] else "white")  # fmt: skip
        wrong = int((answers != factions).sum())
        ax.set_title(f"{name}: {wrong} of {len(factions)} wrong{' (ringed)' * (wrong > 0)}",
                     fontsize=10)  # fmt: skip
        ax.set_axis_off()
    handles, labels = axes.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False, fontsize=9)
    return figure


def embedding_figure(
    points: dict[str, Any], factions: Any, known: Sequence[int], names: Sequence[str]
) -> Figure:
    """Return a figure of the two features of each member, marked by the true side."""
    figure, axes = panels(
        1,
        len(points),
        (3.1 * len(points), 3.5),
        "Where the last layer puts the members: one line is enough for two sides",
    )
    for ax, (name, xy) in zip(axes.flat, points.items(), strict=True):
        members(ax, xy, factions, known, names, size=7)
        ax.set_title(name, fontsize=10)
        tidy(ax)
    axes.flat[0].legend(frameon=True, framealpha=0.85, edgecolor="none", fontsize=7.5)
    return figure


def members(
    ax: Axes, points: Any, sides: Any, known: Sequence[int], names: Sequence[str], size: float = 12
) -> None:
    """Draw a marker for each member, by its side; those that were told have a black edge."""
    told = np.isin(np.arange(len(points)), known)
    for side, name in enumerate(names):
        for chosen, edge, label in ((~told, "white", name), (told, "black", f"{name}, was told")):
            xy = points[(sides == side) & chosen]
            ax.plot(xy[:, 0], xy[:, 1], MARKERS[side], color=COLOURS[side], markersize=size,
                    markeredgecolor=edge, markeredgewidth=1.6, label=label, zorder=3)  # fmt: skip


def molecule_figure(X: Any, y: Any, answers: dict[str, Any]) -> Figure:
    """Return a figure of pairs of molecules, one below the other, and the answers of networks."""
    figure, axes = panels(
        2,
        PAIRS_SHOWN,
        (2.7 * PAIRS_SHOWN, 6.2),
        "Made-up molecules. Above: no N-C-O. Below: the same atoms and skeleton, with it",
    )
    for pair in range(PAIRS_SHOWN):
        for row, ax in enumerate(axes[:, pair]):
            k = 2 * pair + row
            molecule(ax, X[k])
            told = [f"messages {name}: {'N-C-O' if said[k] else 'no N-C-O'}"
                    + (" ✗" if said[k] != y[k] else "")
                    for name, said in answers.items()]  # fmt: skip
            ax.set_title("\n".join(told), fontsize=8.5)
    return figure


def molecule(ax: Axes, sample: Any) -> None:
    """Draw the atoms of a packed molecule as letters, and its bonds as lines."""
    x, bonds = (np.array(part) for part in unpacked_graph(sample))
    n = int(np.trace(bonds))
    graph = Graph(n, [(i, j) for i in range(n) for j in range(i) if bonds[i, j]])
    points = places(graph)
    for i, j in graph.edges:
        ax.plot(*points[[i, j]].T, color=INK, linewidth=1.4, zorder=1)
    for (across, up), features in zip(points, x, strict=False):
        atom = ATOMS[int(features.argmax())]
        fill, letter = ATOM_LOOKS[atom]
        ax.plot(across, up, "o", markersize=15, color=fill, zorder=2, clip_on=False)
        ax.text(across, up, atom, color=letter, ha="center", va="center", fontsize=9, zorder=3)
    ax.margins(0.15)
    ax.set_aspect("equal", adjustable="datalim")
    ax.set_axis_off()
