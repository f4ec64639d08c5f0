"""Networks on graphs: what counts as a graph, lone and missing nodes, gradients, programs."""

from __future__ import annotations

import json
import random
from fractions import Fraction

import numpy as np
import pytest
from test_recurrent_gradients import put

import nn
from autograd import dot, no_grad, softmax
from autograd.check import check_gradient
from autograd.value import detached
from nn.graph.attention import GraphAttention
from nn.graph.convolution import GraphConv
from nn.graph.graphs import Graph, packed_graph, unpacked_graph
from nn.graph.messages import MessagePassing
from nn.graph.readout import Readout
from nn.inputs import flattened, mapped
from nn.storage.description import build, describe

PATH = Graph(3, [(0, 1), (1, 2)])
LONE = Graph(4, [(0, 1), (1, 2)])
LAYERS = {
    "convolution": lambda **options: GraphConv(2, 2, activation="tanh", seed=1, **options),
    "sum": lambda **options: MessagePassing(2, 2, "sum", activation="tanh", seed=2, **options),
    "mean": lambda **options: MessagePassing(2, 2, "mean", activation="tanh", seed=3, **options),
    "attention": lambda **options: GraphAttention(2, 1, 2, seed=4, **options),
}
X = [[0.5, -1.0], [2.0, 0.25], [-0.75, 1.5], [1.0, 1.0]]


def outputs(layer, x, graph):
    with no_grad():
        return np.array(mapped(lambda y: float(detached(y)), layer(x, graph)))


# --- graphs ---


def test_neighbours_and_matrix():
    assert LONE.neighbours == [[1], [0, 2], [1], []]
    a = np.array(LONE.matrix())
    assert (a == a.T).all()
    assert a.diagonal().tolist() == [1] * 4
    assert a.sum() == 4 + 2 * 2
    assert repr(LONE) == "Graph of 4 nodes and 2 edges"


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Graph(2, [(0, 2)]), ValueError, r"edge 0, \(0, 2\)=2: it must be from 0 to 1, the nodes"),
        (lambda: Graph(2, [(-1, 0)]), ValueError, r"edge 0, \(-1, 0\)=-1"),
        (lambda: Graph(2, [(0, 1.0)]), TypeError, "must be a whole number"),
        (lambda: Graph(2, [(1, 1)]), ValueError, "from a node to itself: layers add that themselves"),
        (lambda: Graph(2, [(0, 1), (1, 0)]), ValueError, r"edge 1, \(1, 0\), is given twice"),
        (lambda: Graph(2, [(0, 1), (0, 1)]), ValueError, "given twice"),
        (lambda: Graph(3, [(0, 1, 2)]), ValueError, "give a pair of nodes"),
        (lambda: Graph(3, [0, 1]), ValueError, r"edge 0, \(0,\): give a pair of nodes"),
        (lambda: Graph(0, []), ValueError, "nodes=0"),
        (lambda: GraphConv(2, 2)(X), ValueError, "which graph"),
        (lambda: GraphConv(2, 2, graph=PATH)(X), ValueError, r"4 rows of features, and a graph whose matrix is of shape \(3, 3\)"),
        (lambda: MessagePassing(2, 2)(X, [[1, 0], [0, 1]]), ValueError, r"shape \(2, 2\)"),
        (lambda: GraphAttention(2, 2)(X, [[1, 0], [0]]), ValueError, "unequal lengths"),
        (lambda: GraphConv(3, 2, graph=LONE)(X), ValueError, "Layer of 3 inputs: 2 were given"),
        (lambda: MessagePassing(3, 2, graph=LONE)(X), ValueError, "MessagePassing of 3 inputs: 2 were given"),
        (lambda: MessagePassing("a", 2), ValueError, "nin='a'"),
        (lambda: packed_graph(X, LONE, 4.5), TypeError, "nodes=4.5: it must be a whole number"),
        (lambda: MessagePassing(2, 2, "max"), ValueError, "aggregation='max' is unknown"),
        (lambda: GraphAttention(2, 2, join="sum"), ValueError, "join='sum'"),
        (lambda: GraphAttention(2, 2, 0), ValueError, "heads=0"),
        (lambda: Readout("median"), ValueError, "how='median'.*did you mean"),
        (lambda: Readout()([]), ValueError, "no nodes"),
        (lambda: GraphConv(2, 2)([*X[:3], [1.0]], LONE), ValueError, "lists of unequal lengths: part 3"),
        (lambda: MessagePassing(2, 2)([1.0, 2.0, 3.0], PATH), ValueError, r"features of shape \(3,\)"),
        (lambda: Readout()([[1.0], [1.0, 2.0]]), ValueError, "unequal lengths"),
        (lambda: Readout()([[1.0], [2.0]], [[1]]), ValueError, r"2 rows of features, and a graph whose matrix is of shape \(1, 1\)"),
        (lambda: packed_graph(X, PATH, 4), ValueError, "4 rows of features for a Graph of 3 nodes"),
        (lambda: packed_graph(X, LONE, 3), ValueError, "in a sample of 3 nodes"),
        (lambda: unpacked_graph([[1.0, 1.0], [1.0, 1.0]]), ValueError, "2 rows of 2 numbers"),
        (lambda: unpacked_graph(5.0), ValueError, "1 rows of 1 numbers"),
        (lambda: unpacked_graph([]), ValueError, "0 rows of 0 numbers"),
    ],
)  # fmt: skip
def test_wrong_input(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_what_is_packed_can_be_unpacked():
    sample = packed_graph(X[:3], PATH, 5)
    features, matrix = unpacked_graph(sample.tolist())
    assert features[:3] == X[:3]
    assert np.array(matrix)[:3, :3].tolist() == PATH.matrix()
    assert not np.array(features)[3:].any()
    assert not np.array(matrix)[3:].any()
    assert not np.array(matrix)[:, 3:].any()


# --- layers ---


def test_a_convolution_by_hand():
    """Kipf and Welling, equation 2, on a star: with self-loops the degrees are 4 and 2."""
    star = Graph(4, [(0, 1), (0, 2), (0, 3)])
    layer = GraphConv(1, 1, graph=star, activation="linear", bias=False, init=lambda *_: 1.0)
    centre, leaf = outputs(layer, [[8.0], [2.0], [4.0], [6.0]], None)[:2, 0]
    assert centre == pytest.approx(8 / 4 + (2 + 4 + 6) / 8**0.5, rel=1e-15)
    assert leaf == pytest.approx(2 / 2 + 8 / 8**0.5, rel=1e-15)


def test_messages_by_hand():
    for how, expected in (("sum", [10, 101, 10, 0]), ("mean", [10, 50.5, 10, 0])):
        layer = MessagePassing(1, 1, how, graph=LONE, activation="linear", init="zeros")
        layer.layer.neurons[0].w[1].data = 1.0  # only what the neighbours say
        assert outputs(layer, [[1.0], [10.0], [100.0], [7.0]], None)[:, 0].tolist() == expected


@pytest.mark.parametrize("name", LAYERS)
def test_the_order_of_the_nodes_is_only_a_name(name):
    layer, order = LAYERS[name](), [2, 0, 3, 1]
    where = {old: new for new, old in enumerate(order)}
    renamed = Graph(4, [(where[i], where[j]) for i, j in LONE.edges])
    one, other = outputs(layer, X, LONE), outputs(layer, [X[i] for i in order], renamed)
    np.testing.assert_allclose(other, one[order], rtol=1e-14)


@pytest.mark.parametrize("name", LAYERS)
def test_nothing_comes_from_a_part_that_is_not_connected(name):
    layer = LAYERS[name]()
    moved = [[9.0, -9.0] if i == 3 else x for i, x in enumerate(X)]
    before, after = outputs(layer, X, LONE), outputs(layer, moved, LONE)
    assert (before[:3] == after[:3]).all()
    assert (before[3] != after[3]).any()
    alone = outputs(layer, X[3:], Graph(1, []))
    np.testing.assert_allclose(before[3:], alone, rtol=1e-14)


@pytest.mark.parametrize("name", LAYERS)
def test_filled_up_nodes_change_nothing(name):
    layer = LAYERS[name]()
    x, a = unpacked_graph(packed_graph(X[:3], PATH, 6).tolist())
    found = outputs(layer, x, a)
    np.testing.assert_allclose(found[:3], outputs(layer, X[:3], PATH), rtol=1e-14)
    assert np.isfinite(found).all()
    for how in ("sum", "mean", "max"):
        np.testing.assert_allclose(
            outputs(Readout(how), found.tolist(), a),
            outputs(Readout(how), found[:3].tolist(), None), rtol=1e-14,
        )  # fmt: skip


def test_the_graph_of_the_call_comes_before_that_of_the_layer():
    layer = GraphConv(2, 2, graph=LONE, seed=0)
    empty = Graph(4, [])
    assert (outputs(layer, X, empty) != outputs(layer, X, None)).any()
    assert (outputs(layer, X, empty) == outputs(GraphConv(2, 2, seed=0), X, empty)).all()


def test_attention_is_a_softmax_over_the_node_and_its_neighbours():
    layer = GraphAttention(2, 2, 3, graph=LONE, seed=0)
    shares = layer.attention(X)
    assert [[len(row) for row in head] for head in shares] == [[2, 3, 2, 1]] * 3
    assert all(sum(s.data for s in row) == pytest.approx(1, abs=1e-15) for h in shares for row in h)
    head = layer.heads[1]
    h = [np.array([[w.data for w in n.w] for n in head.layer.neurons]) @ x for x in X]
    left, right = ([v.data for v in part] for part in (head.left, head.right))
    scores = [np.dot(left, h[1]) + np.dot(right, h[j]) for j in (1, 0, 2)]
    by_hand = softmax([s if s > 0 else 0.2 * s for s in map(float, scores)])
    assert [s.data for s in shares[1][1]] == pytest.approx(by_hand, rel=1e-14)


def test_the_sum_counts_neighbours_and_the_mean_does_not():
    """Xu et al. 2019, figure 3: nodes of equal features with two and with three neighbours."""
    two, three = Graph(3, [(0, 1), (0, 2)]), Graph(4, [(0, 1), (0, 2), (0, 3)])
    for name, same in (("sum", False), ("mean", True)):
        layer = LAYERS[name]()
        first = [outputs(layer, [[1.0, 2.0]] * g.nodes, g)[0].tolist() for g in (two, three)]
        assert (first[0] == first[1]) is same


def test_labels_and_what_they_are_called():
    model = nn.Sequential(GraphConv(2, 1, graph=PATH), GraphAttention(1, 1, 2, graph=PATH))
    assert [p.label for p in model.parameters()] == [
        "w1,1,1", "w1,1,2", "b1,1", "w1,1,1,1", "left1,1,1", "right1,1,1", "w1,2,1,1",
        "left1,2,1", "right1,2,1", "b1,1", "b1,2",
    ]  # fmt: skip
    assert (
        repr(MessagePassing(1, 1, "mean")) == "MessagePassing('mean') of Layer of [ReLUNeuron(2)]"
    )


@pytest.mark.parametrize(
    "model",
    [
        GraphConv(2, 3, graph=LONE, activation="tanh", bias=False),
        MessagePassing(2, 3, "mean", graph=PATH),
        GraphAttention(2, 3, 2, join="mean", activation="sigmoid", graph=PATH),
        nn.Sequential(GraphAttention(2, 1, 3), Readout("max")),
    ],
)  # fmt: skip
def test_what_a_file_says_of_a_model_makes_one_like_it(model):
    description = json.loads(json.dumps(describe(model)))
    again = build(description)
    assert describe(again) == description
    assert list(again.state_dict()) == list(model.state_dict())
    if hasattr(model, "graph"):
        again.load_state_dict(model.state_dict())
        nodes = model.graph.nodes
        assert (outputs(again, X[:nodes], None) == outputs(model, X[:nodes], None)).all()


def test_sums_and_means_of_exact_numbers_are_exact():
    thirds = [[Fraction(1, 3), Fraction(2)], [Fraction(1, 3), Fraction(1, 7)]]
    assert Readout("sum")(thirds) == [Fraction(2, 3), Fraction(15, 7)]
    assert Readout("mean")(thirds) == [Fraction(1, 3), Fraction(15, 14)]
    assert all(type(y) is Fraction for how in ("sum", "mean") for y in Readout(how)(thirds))


# --- gradients, programs ---


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("name", LAYERS)
def test_gradients_by_parameters_and_features(name, order):
    layer, source = LAYERS[name](), random.Random(0)
    for p in layer.parameters():
        p.data = source.uniform(-1, 1)
    graph = Graph(3, [(0, 1)])
    paths, count = list(layer.state_dict()), len(layer.state_dict())

    def f(point):
        put(layer, paths, point[:count])
        x = [point[count + 2 * i : count + 2 * i + 2] for i in range(3)]
        found = flattened(layer(x, graph))
        return dot([0.5 + 0.25 * i for i in range(len(found))], found)

    start = [*layer.state_dict().values(), *flattened(X[:3])]
    report = check_gradient(f, start, order=order)
    assert report.ok, report


@pytest.mark.parametrize("how", ["sum", "mean", "max"])
def test_gradients_of_readouts(how):
    # the check has no road for ln 0 = -inf, by which the largest leaves nodes out
    a = None if how == "max" else [[1, 1, 0], [1, 1, 0], [0, 0, 0]]
    report = check_gradient(
        lambda p: dot([1.0, -2.0], Readout(how)([p[0:2], p[2:4], p[4:6]], a)), flattened(X[:3])
    )
    assert report.ok, report


@pytest.mark.parametrize("name", LAYERS)
def test_graphs_of_unlike_sizes_are_one_program(name):
    """Which of two graphs has more edges than a path: `nn.fit` learns it without a guard."""

    class Model(nn.Module):
        def __init__(self):
            self.layer, self.readout = LAYERS[name](), Readout("sum")
            self.last = nn.Layer(2, 2, activation="linear", seed=0)

        def __call__(self, sample):
            x, a = unpacked_graph(sample)
            return self.last(self.readout(self.layer(x, a), a))

    graphs = [PATH, Graph(4, [(0, 1), (1, 2), (2, 3), (3, 0)]), Graph(2, [(0, 1)])]
    samples = np.array([packed_graph(X[: g.nodes], g, 4) for g in graphs])
    model = Model()
    eager = [[y.data for y in model(s)] for s in samples.tolist()]
    history = nn.fit(model, samples, [0, 1, 0], epochs=1, optimizer=nn.SGD(lr=1e-12), seed=0,
                     progress=False, engine="compiled")  # fmt: skip
    assert history.engine == "compiled"
    np.testing.assert_allclose(
        model.predict(np.repeat(samples, 40, axis=0))[::40], eager, rtol=1e-9
    )
