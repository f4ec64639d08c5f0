"""Made-up molecules of carbon, nitrogen and oxygen, in pairs that only their bonds tell apart."""

from __future__ import annotations

from random import Random

import numpy as np

from nn.data.arrays import Floats, Ints
from nn.graph.graphs import Graph, packed_graph

ATOMS = ("C", "N", "O")
BONDS = {"C": 4, "N": 3, "O": 2}  # at most
SMALLEST, LARGEST = 6, 10
TRIES = 50


def molecules(pairs: int, seed: int) -> tuple[Floats, Ints]:
    """Return 2 * pairs samples, packed for LARGEST nodes, and 1 for those with N-C-O, else 0.

    The atoms are features, one-hot. Those of a pair have the same skeleton and the same atoms; in
    one some carbon is bonded to both a nitrogen and an oxygen, in the other none is. So neither
    atoms nor bonds alone say anything: by chance half of the answers are right.

    >>> X, y = molecules(3, seed=0)
    >>> X.shape, y
    ((6, 10, 13), array([0, 1, 0, 1, 0, 1]))
    """
    source = Random(seed)
    samples: list[Floats] = []
    while len(samples) < 2 * pairs:
        graph = skeleton(source)
        found: dict[bool, Floats] = {}
        atoms = ["N", "O", *source.choices(ATOMS, weights=(4, 1, 1), k=graph.nodes - 2)]
        for _ in range(TRIES):
            source.shuffle(atoms)
            if fits(atoms, graph):
                found[has_motif(atoms, graph)] = packed_graph(one_hot(atoms), graph, LARGEST)
        if len(found) == 2:
            samples += [found[False], found[True]]
    return np.array(samples), np.array([0, 1] * pairs)


def skeleton(source: Random) -> Graph:
    """Return a random tree whose nodes have at most 4 edges, every other time closed to a ring."""
    nodes = source.randint(SMALLEST, LARGEST)
    edges: list[tuple[int, int]] = []
    degrees = [0] * nodes
    for i in range(1, nodes):
        j = source.choice([j for j in range(i) if degrees[j] < 3])
        edges.append((j, i))
        degrees[i] += 1
        degrees[j] += 1
    ends = [i for i in range(nodes) if degrees[i] < 3]
    i, j = sorted(source.sample(ends, 2))
    if source.random() < 0.5 and (i, j) not in edges:
        edges.append((i, j))
    return Graph(nodes, edges)


def fits(atoms: list[str], graph: Graph) -> bool:
    """Say whether no atom has more bonds than its kind allows."""
    return all(len(graph.neighbours[i]) <= BONDS[atom] for i, atom in enumerate(atoms))


def has_motif(atoms: list[str], graph: Graph) -> bool:
    """Say whether some carbon is bonded to a nitrogen and to an oxygen.

    >>> has_motif(["N", "C", "O"], Graph(3, [(0, 1), (1, 2)]))
    True
    >>> has_motif(["C", "N", "O"], Graph(3, [(0, 1), (1, 2)]))
    False
    """
    around = [{atoms[j] for j in near} for near in graph.neighbours]
    return any(atom == "C" and around[i] >= {"N", "O"} for i, atom in enumerate(atoms))


def one_hot(atoms: list[str]) -> list[list[float]]:
    """Return a row for each atom: 1 for its kind, 0 for the others."""
    return [[float(atom == kind) for kind in ATOMS] for atom in atoms]
