"""Zachary's karate club: 34 members, 78 friendships, and the two clubs into which it broke."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from nn.data.arrays import Floats, Ints
from nn.graph.graphs import Graph

FILE = Path(__file__).with_name("data") / "karate.csv"
FACTIONS = ("Mr. Hi", "Officer")
KNOWN = (0, 1, 32, 33)  # the two leaders, members 1 and 34, and a friend of each


def karate() -> tuple[Graph, Ints]:
    """Return the graph, member 1 as node 0, and the faction of each member, 0 or 1.

    >>> karate()[0]
    Graph of 34 nodes and 78 edges
    """
    with FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    edges = [(int(row["person"]) - 1, int(friend) - 1)
             for row in rows for friend in row["friends"].split()]  # fmt: skip
    graph = Graph(len(rows), [(i, j) for i, j in edges if i < j])
    return graph, np.array([FACTIONS.index(row["faction"]) for row in rows])


def places(graph: Graph, rounds: int = 200) -> Floats:
    """Return a point of the plane for each node, whose distances are near those along edges.

    The graph has to be connected. Source: de Leeuw 1977, "Applications of Convex Analysis to
    Multidimensional Scaling" (the majorisation, all weights 1), started by classical scaling.
    """
    n = graph.nodes
    steps = np.where(np.eye(n) > 0, 0.0, np.where(np.array(graph.matrix()) > 0, 1.0, np.inf))
    for k in range(n):  # Floyd and Warshall
        steps = np.minimum(steps, steps[:, k, None] + steps[None, k, :])
    centre = np.eye(n) - 1 / n
    sizes, vectors = np.linalg.eigh(-centre @ steps**2 @ centre / 2)
    points: Floats = vectors[:, -2:] * np.sqrt(sizes[-2:])
    for _ in range(rounds):
        apart = np.linalg.norm(points[:, None] - points[None, :], axis=2)
        ratios = np.divide(steps, apart, out=np.zeros((n, n)), where=apart > 0)
        points = (np.diag(ratios.sum(axis=1)) - ratios) @ points / n
    return points
