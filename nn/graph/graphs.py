"""Graphs as layers take them: a list of edges, or a matrix that belongs to the sample."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from autograd import dot
from nn.data.arrays import Floats, matrix, whole
from nn.inputs import listed, shape
from nn.module import Module

Matrix = Sequence[Sequence[Any]]
Links = list[list[tuple[int, Any]]]  # for each node: its neighbours, and how strong each edge is


class Graph(Module):
    """Hold `nodes` nodes, numbered from 0, and edges without direction, each a pair of nodes.

    It is a part of a model, without parameters. Nodes without edges, and parts without an edge
    between them, are allowed: no message goes between these. Raises ValueError for a node out of
    range, an edge given twice, also once in each direction, and one from a node to itself: layers
    add what they need of these themselves.

    >>> graph = Graph(4, [(0, 1), (1, 2)])
    >>> graph.neighbours
    [[1], [0, 2], [1], []]
    >>> graph.matrix()
    [[1, 1, 0, 0], [1, 1, 1, 0], [0, 1, 1, 0], [0, 0, 0, 1]]
    """

    def __init__(self, nodes: int, edges: Iterable[Sequence[int]]) -> None:
        self.nodes = whole("nodes", nodes, 1)
        self.edges: list[tuple[int, int]] = []
        seen: set[frozenset[int]] = set()
        for k, edge in enumerate(edges):
            pair = tuple(listed(edge))
            name = f"Graph: edge {k}, {pair!r}"
            if len(pair) != 2:
                raise ValueError(f"{name}: give a pair of nodes")
            i, j = (whole(name, node, 0, self.nodes - 1, "the nodes") for node in pair)
            if i == j:
                raise ValueError(f"{name}, goes from a node to itself: layers add that themselves")
            if frozenset((i, j)) in seen:
                raise ValueError(f"{name}, is given twice: edges have no direction")
            seen.add(frozenset((i, j)))
            self.edges.append((i, j))
        self.neighbours: list[list[int]] = [[] for _ in range(self.nodes)]
        for i, j in self.edges:
            self.neighbours[i].append(j)
            self.neighbours[j].append(i)
        for near in self.neighbours:
            near.sort()

    def matrix(self) -> list[list[int]]:
        """Return the adjacency matrix, with 1 for each edge, and for each node on the diagonal."""
        rows = [[0] * self.nodes for _ in range(self.nodes)]
        for i, near in enumerate(self.neighbours):
            for j in (i, *near):
                rows[i][j] = 1
        return rows

    def options(self) -> dict[str, Any]:
        """Return the keyword arguments that make one like it, but for its numbers."""
        return {"nodes": self.nodes, "edges": self.edges}

    def __repr__(self) -> str:
        return f"Graph of {self.nodes} nodes and {len(self.edges)} edges"


def packed_graph(features: Any, graph: Graph, nodes: int) -> Floats:
    """Return a graph as a sample of fixed size: a row a node, its features, then its matrix row.

    The sample has room for so many `nodes`; those that the graph has not are rows of zeros, also on
    the diagonal of the matrix, which so says which nodes are there. Raises ValueError for a graph
    that is larger, and another number of rows of features than it has nodes.

    >>> packed_graph([[5.0], [6.0]], Graph(2, [(0, 1)]), nodes=3)
    array([[5., 1., 1., 0.],
           [6., 1., 1., 0.],
           [0., 0., 0., 0.]])
    """
    X, n, nodes = matrix(features, "features"), graph.nodes, whole("nodes", nodes, 1)
    if len(X) != n or n > nodes:
        raise ValueError(
            f"packed_graph: {len(X)} rows of features for a {graph!r}, in a sample of {nodes} "
            "nodes; give a row for each node, and room for all of them"
        )
    sample = np.zeros((nodes, X.shape[1] + nodes))
    sample[:n, : X.shape[1]] = X
    sample[:n, X.shape[1] : X.shape[1] + n] = graph.matrix()
    return sample


def unpacked_graph(sample: Sequence[Sequence[Any]]) -> tuple[list[list[Any]], list[list[Any]]]:
    """Return the features and the adjacency matrix of a packed graph.

    Raises ValueError for rows that are too short to hold a matrix row and a feature.

    >>> unpacked_graph([[5.0, 1.0, 1.0], [6.0, 1.0, 1.0]])
    ([[5.0], [6.0]], [[1.0, 1.0], [1.0, 1.0]])
    """
    rows = [listed(row) for row in listed(sample)]
    n, width = (*shape(rows), 0)[:2]
    if width <= n:
        raise ValueError(
            f"unpacked_graph: {n} rows of {width} numbers; each has features, then {n} numbers "
            "that say to which nodes there is an edge"
        )
    return [row[:-n] for row in rows], [row[-n:] for row in rows]


def links(layer: object, x: Sequence[Any], graph: Graph | Matrix | None) -> Links:
    """Return [(j, a_ij), ...] for each node i, itself left out: the neighbours, or all others.

    Raises ValueError if there is no graph, and as `check_sizes` does.

    >>> links("layer", [[1.0], [2.0]], [[1, 0.5], [0.5, 1]])
    [[(1, 0.5)], [(0, 0.5)]]
    """
    if graph is None:
        raise ValueError(f"{layer!r}: which graph? Give graph= to the layer, or to the call")
    check_sizes(layer, x, graph)
    if isinstance(graph, Graph):
        return [[(j, 1) for j in near] for near in graph.neighbours]
    return [[(j, a) for j, a in enumerate(row) if j != i] for i, row in enumerate(graph)]


def check_sizes(layer: object, x: Sequence[Any], graph: Graph | Matrix) -> None:
    """Raise ValueError unless x has a row of as many features for each node of the graph."""
    size = (graph.nodes, graph.nodes) if isinstance(graph, Graph) else shape(graph)
    if len(found := shape(x)) != 2:
        raise ValueError(f"{layer!r}: features of shape {found}; give a row of them for each node")
    if size != (len(x), len(x)):
        raise ValueError(
            f"{layer!r}: {len(x)} rows of features, and a graph whose matrix is of shape {size}; "
            "there must be a row for each node"
        )


def gathered(nodes: Iterable[tuple[int, Any]], x: Sequence[Sequence[Any]]) -> list[Any]:
    """Return sum_j a_j x_j, feature by feature.

    >>> gathered([(0, 1), (2, 3)], [[1.0, 2.0], [9.0, 9.0], [1.0, 0.0]])
    [4.0, 2.0]
    """
    chosen = list(nodes)
    strengths = [a for _, a in chosen]
    return [dot(strengths, [x[j][k] for j, _ in chosen]) for k in range(len(x[0]))]
