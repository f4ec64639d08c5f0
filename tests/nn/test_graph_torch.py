"""Graph layers against dense formulas in PyTorch's float64, on the cases of torch_cases/graph.py."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from autograd import Value, compile, dot, sum
from nn.graph.attention import GraphAttention
from nn.graph.convolution import GraphConv
from nn.graph.graphs import Graph
from nn.graph.messages import MessagePassing
from nn.graph.readout import Readout
from nn.inputs import flattened, mapped

CASES = json.loads(
    (Path(__file__).parent / "torch_cases" / "graph.json").read_text(encoding="utf-8")
)
del CASES["source"]
MATRICES = CASES.pop("matrices")
MODELS = {
    "convolution": lambda: GraphConv(2, 3, activation="tanh"),
    "messages, sum": lambda: MessagePassing(2, 3, "sum", activation="sigmoid"),
    "messages, mean": lambda: MessagePassing(2, 3, "mean", activation="sigmoid"),
    "attention, concat": lambda: GraphAttention(2, 3, 2),
    "attention, mean": lambda: GraphAttention(2, 3, 2, join="mean"),
    "readout, sum": lambda: Readout("sum"),
    "readout, mean": lambda: Readout("mean"),
    "readout, max": lambda: Readout("max"),
}


def close(found, expected):
    expected = np.asarray(expected)
    assert np.shape(found) == expected.shape
    scale = max(1.0, np.abs(expected).max(initial=0.0))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12 * scale)


def numbers(values):
    return mapped(lambda v: v.data, values)


def with_parameters(name):
    """Return the model with torch's numbers, and the case."""
    model, case = MODELS[name](), CASES[name]
    for p, number in zip(model.parameters(), case["parameters"], strict=True):
        p.data = number
    return model, case


def judge(model, case, graphs):
    """Compare outputs and gradients of an eager run on these graphs with the stored ones."""
    rows = [mapped(Value, x) for x in case["x"]]
    outputs = [model(x, graph) for x, graph in zip(rows, graphs, strict=True)]
    close(numbers(outputs), case["outputs"])
    model.zero_grad()
    dot(flattened(case["factors"]), flattened(outputs)).backward()
    close([p.grad for p in model.parameters()], case["gradients"])
    close(mapped(lambda v: v.grad or 0.0, rows), case["x gradient"])


@pytest.mark.parametrize("name", MODELS)
def test_outputs_and_gradients_with_matrices_are_torchs(name):
    model, case = with_parameters(name)
    judge(model, case, MATRICES)


@pytest.mark.parametrize("name", [name for name in MODELS if "readout" not in name])
def test_outputs_and_gradients_with_lists_of_edges_are_torchs(name):
    """A node that was filled up is, to these layers, one without neighbours."""
    model, case = with_parameters(name)
    graphs = [
        Graph(len(a), [(i, j) for i in range(len(a)) for j in range(i) if a[i][j]])
        for a in MATRICES
    ]
    judge(model, case, graphs)


@pytest.mark.parametrize("name", MODELS)
def test_compiled_they_are_torchs_in_one_program(name):
    model, case = with_parameters(name)

    def outputs(x, a):
        return model(x.tolist(), a.tolist())

    def loss(x, a, factors):
        return dot(flattened(factors.tolist()), flattened(outputs(x, a)))

    X, A, factors = (np.array(part) for part in (case["x"], MATRICES, case["factors"]))
    close(np.moveaxis(compile(outputs, rows=["x", "a"])(X, A), -1, 0), case["outputs"])
    total = sum([dot(flattened(f), flattened(model(x, a)))
                 for x, a, f in zip(case["x"], MATRICES, case["factors"], strict=True)])  # fmt: skip
    if not model.parameters():
        close(compile(loss, rows=["x", "a", "factors"], reduce="sum")(X, A, factors), total)
        return
    program = compile(loss, rows=["x", "a", "factors"], reduce="sum")
    value, gradient = program.bind(model).value_and_grad(X, A, factors)
    close(value, total.data)
    close(gradient, case["gradients"])
    assert program.source.startswith("# program 1 of")


def test_every_stored_case_is_used():
    assert CASES.keys() == MODELS.keys()
