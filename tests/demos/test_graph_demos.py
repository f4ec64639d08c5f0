"""The demo of graph networks: the club as Zachary saw it, fair pairs of molecules, true figures."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from running_demos import run

from demos._karate import FILE, KNOWN, karate, places
from demos._molecules import ATOMS, BONDS, has_motif, molecules
from nn.graph.graphs import Graph, unpacked_graph


def test_the_club_is_zacharys():
    """Zachary 1977: 34 members, 78 friendships; 17 sided with each; 45 triangles among friends."""
    with FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    friends = {int(row["person"]): {int(f) for f in row["friends"].split()} for row in rows}
    assert list(friends) == list(range(1, 35))
    assert all(i in friends[j] for i, near in friends.items() for j in near)
    graph, factions = karate()
    assert len(graph.edges) == 78
    assert np.bincount(factions).tolist() == [17, 17]
    assert [len(graph.neighbours[i]) for i in (0, 33, 32, 11)] == [16, 17, 12, 1]
    a = np.array(graph.matrix()) - np.eye(34, dtype=int)
    assert np.trace(a @ a @ a) == 6 * 45
    assert factions[list(KNOWN)].tolist() == [0, 0, 1, 1]


def test_places_put_friends_nearer_than_strangers():
    path = Graph(5, [(0, 1), (1, 2), (2, 3), (3, 4)])
    points = places(path)
    apart = np.linalg.norm(points[:, None] - points[None], axis=2)
    steps = np.abs(np.arange(5)[:, None] - np.arange(5))
    np.testing.assert_allclose(apart, steps, atol=0.05)  # a path fits on a line


def test_pairs_differ_in_their_bonds_alone():
    X, y = molecules(40, seed=5)
    assert y.tolist() == [0, 1] * 40
    shapes = set()
    for without, with_motif in zip(X[::2], X[1::2], strict=True):
        (x0, a0), (x1, a1) = (map(np.array, unpacked_graph(s)) for s in (without, with_motif))
        assert (a0 == a1).all()
        assert (x0.sum(axis=0) == x1.sum(axis=0)).all()
        n = int(np.trace(a0))
        graph = Graph(n, [(i, j) for i in range(n) for j in range(i) if a0[i, j]])
        shapes.add((n, len(graph.edges)))
        for x, expected in ((x0, False), (x1, True)):
            atoms = [ATOMS[k] for k in x[:n].argmax(axis=1)]
            assert has_motif(atoms, graph) is expected
            assert all(
                len(near) <= BONDS[atom] for atom, near in zip(atoms, graph.neighbours, strict=True)
            )
        assert not x0[n:].any()
    assert {n for n, _ in shapes} == {6, 7, 8, 9, 10}
    assert {edges - n for n, edges in shapes} == {-1, 0}  # trees and rings


@pytest.mark.demo
def test_gnn(tmp_path, capsys):
    status, rows, said, written = run("gnn", tmp_path, capsys)
    assert status == 0
    assert written == {"club.svg", "embedding.svg", "molecules.svg"}
    shares = {row[0]: float(row[1]) for row in rows if len(row) >= 4 and row[0] in
              ("convolution", "sum", "mean", "attention")}  # fmt: skip
    assert len(shares) == 4
    assert min(shares.values()) >= 0.9
    assert "molecules without messages: test accuracy: 0.5 " in said
    [line] = [line for line in said.splitlines() if line.startswith("molecules, sum")]
    assert float(line.split(": ")[2].split()[0]) >= 0.8
