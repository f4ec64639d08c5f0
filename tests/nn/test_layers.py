"""Layers of every kind: PyTorch's numbers, modes, wrong input."""

from __future__ import annotations

import copy
import json
import pickle
import random
from fractions import Fraction
from math import sqrt
from pathlib import Path

import numpy as np
import pytest

import autograd
from autograd import Value
from nn.activations import LAYER_TITLES, TITLES
from nn.layers.dropout import Dropout
from nn.layers.embedding import Embedding
from nn.layers.layer import Layer
from nn.layers.mlp import MLP
from nn.layers.neuron import Neuron
from nn.layers.normalisation import BatchNorm, LayerNorm
from nn.layers.prelu import PReLU
from nn.layers.residual import Residual
from nn.layers.sequential import Sequential
from nn.module import Module

CASES = json.loads((Path(__file__).parents[1] / "data" / "torch" / "layers.json").read_text())
del CASES["source"]


def network():
    return Sequential(
        Layer(3, 6, nonlin=False), BatchNorm(6), "relu", Dropout(0.5, seed=9), Layer(6, 3, nonlin=False),
        autograd.log_softmax,
    )  # fmt: skip


MODELS = {
    **{f"layer {name}": lambda n=name: Layer(3, 4, activation=n) for name in (*TITLES, *LAYER_TITLES)},
    "layer shared prelu": lambda: Layer(3, 4, activation=PReLU()),
    "layer without bias": lambda: Layer(3, 4, nonlin=False, bias=False),
    "layer norm": lambda: LayerNorm(4),
    "batch norm, training 1": lambda: BatchNorm(3),
    "embedding": lambda: Embedding(5, 3),
    "residual": lambda: Residual(Layer(3, 3, activation="tanh")),
    "residual with projection": lambda: Residual(
        Layer(3, 2, activation="tanh"), Layer(3, 2, nonlin=False, bias=False)
    ),
    "dropout, training": lambda: Sequential(Layer(3, 6, nonlin=False), Dropout(0.25, seed=7)),
    "dropout, use": lambda: Sequential(Layer(3, 6, nonlin=False), Dropout(0.25, seed=7)).eval(),
    "network, training": network,
    "mlp": lambda: MLP(2, [4, 4, 1]),
}  # fmt: skip


def parameters_in_the_order_of_the_file(model):
    """Return the model's parameters; a slope that neurons share comes last in the file."""
    slopes = [p for p in model.parameters() if p.label == "a"]
    return [p for p in model.parameters() if p.label != "a"] + slopes


def agree(found, expected):
    found, expected = np.array(found, dtype=float), np.array(expected, dtype=float)
    assert found.shape == expected.shape
    # the promise is 1e-12; both sides round sums of at most a few dozen terms of size 10 or less
    assert np.all(np.abs(found - expected) <= 1e-12 * np.maximum(1, np.abs(expected)))


def run(model, case):
    """Compare outputs, gradients and buffers of a batch with the stored ones."""
    parameters = parameters_in_the_order_of_the_file(model)
    for p, number in zip(parameters, case["parameters"], strict=True):
        p.data = number
    is_index = case["x_grad"] is None
    rows = case["x"] if is_index else [[Value(x) for x in row] for row in case["x"]]
    outputs = [y if isinstance(y, list) else [y] for y in model.batch(rows)]
    agree([[y.data for y in row] for row in outputs], case["y"])

    model.zero_grad()
    terms = [
        c * y
        for cs, ys in zip(case["c"], outputs, strict=True)
        for c, y in zip(cs, ys, strict=True)
    ]
    autograd.sum(terms).backward()
    agree([p.grad for p in parameters], case["grads"])
    if not is_index:
        agree([[x.grad for x in row] for row in rows], case["x_grad"])
    if "buffers" in case:
        state = model.state_dict()
        agree([state[name] for name in state if "running" in name], case["buffers"])


@pytest.mark.parametrize("name", MODELS)
def test_outputs_and_gradients_are_pytorchs(name):
    run(MODELS[name](), CASES[name])


def test_batch_norm_over_two_batches_and_in_use_is_pytorchs():
    norm = BatchNorm(3)
    for name in ("batch norm, training 1", "batch norm, training 2"):
        run(norm, CASES[name])
    run(norm.eval(), CASES["batch norm, use"])


def test_a_network_trained_then_used_is_pytorchs():
    model = network()
    run(model, CASES["network, training"])
    run(model.eval(), CASES["network, use"])
    agree(model.train().predict(CASES["network, use"]["x"]), CASES["network, use"]["y"])


def test_every_stored_case_is_used():
    later = {"batch norm, training 2", "batch norm, use", "network, use"}
    assert CASES.keys() - MODELS.keys() == later


def test_running_variance_is_the_unbiased_one_exactly():
    norm = BatchNorm(1, momentum=Fraction(1, 4))
    norm.running_mean, norm.running_variance = [Fraction(1)], [Fraction(2)]
    norm.batch([[Fraction(1)], [Fraction(2)], [Fraction(6)]])
    mean, unbiased = Fraction(3), Fraction(4 + 1 + 9, 2)
    assert norm.running_mean == [Fraction(3, 4) * 1 + Fraction(1, 4) * mean]
    # 2/3 of it, the biased one, times the float 3/2: exact but for one rounding
    assert norm.running_variance[0] == pytest.approx(Fraction(3, 4) * 2 + unbiased / 4, rel=2**-52)


def test_in_use_batch_norm_leaves_its_statistics_and_sees_one_sample():
    norm = BatchNorm(2).eval()
    norm.running_mean[:], norm.running_variance[:] = [1.0, -1.0], [4.0 - 1e-5, 1.0 - 1e-5]
    before = norm.state_dict()
    assert [y.data for y in norm([3.0, 0.0])] == [1.0, 1.0]
    assert norm.state_dict() == before


# --- softmax and PReLU ---


def test_a_softmax_layer_is_softmax_of_linear_neurons():
    layer = Layer(2, 3, activation=autograd.softmax, seed=0)
    outputs = layer([1.0, -2.0])
    assert [y.rule.name for y in outputs] == ["softmax"] * 3
    assert [n.activation for n in layer.neurons] == ["linear"] * 3
    assert layer.activation == "softmax"
    assert repr(layer) == "SoftmaxLayer of [LinearNeuron(2), LinearNeuron(2), LinearNeuron(2)]"
    assert MLP(2, [4, 3], output="log_softmax").layers[-1].activation == "log_softmax"


def test_prelu_by_name_is_a_slope_for_each_neuron_by_instance_one_for_all():
    own, shared = MLP(1, [2, 1], activation="prelu"), MLP(1, [2, 1], activation=PReLU())
    slopes = [p.label for p in own.parameters() if p.label.startswith("a")]
    assert slopes == ["a1,1", "a1,2"]
    assert [p.label for p in shared.parameters() if p.label.startswith("a")] == ["a"]
    assert [p.label for p in PReLU(2).parameters()] == ["a1", "a2"]
    assert repr(own.layers[0].neurons[0]) == repr(shared.layers[0].neurons[0]) == "PReLUNeuron(1)"


# --- dropout ---


def test_dropout_leaves_out_a_share_p_and_keeps_the_expected_output():
    n, p = 20_000, 0.3
    outputs = Dropout(p, seed=0)([1.0] * n)
    assert set(outputs) == {0.0, 1 / 0.7}
    # five standard deviations of a binomial count: a wrong p or scale is hundreds away
    assert abs(outputs.count(0.0) - n * p) < 5 * sqrt(n * p * (1 - p))


def test_dropout_of_zero_and_in_use_is_the_identity_and_draws_nothing():
    x = [Value(1.0), Value(2.0)]
    for dropout in (Dropout(0, seed=0), Dropout(0.5, seed=0).eval()):
        state = dropout.random_state()
        assert dropout(x) is x
        assert dropout.random_state() == state


def test_a_dropped_input_has_gradient_zero_which_is_not_no_path():
    x = [Value(1.0) for _ in range(20)]
    autograd.sum(Dropout(0.5, seed=0)(x)).backward()
    assert {v.grad for v in x} == {0.0, 2.0}


def test_dropout_has_a_generator_of_its_own():
    random.seed(5)
    first = [Dropout(0.5)([1.0] * 50) for _ in range(2)]
    random.seed(5)
    again = [Dropout(0.5)([1.0] * 50) for _ in range(2)]
    assert first == again
    assert first[0] != first[1]
    state = random.getstate()
    Dropout(0.5, seed=1)([1.0] * 9)
    assert random.getstate() == state


def test_one_number_stays_one_number():
    assert Dropout(0.5, seed=1)(Value(1.0)).data in (0.0, 2.0)
    assert type(Residual(Layer(1, 1))(Value(1.0))) is Value
    assert type(PReLU()(Value(1.0))) is Value
    assert type(LayerNorm(1)(1.0)) is Value


# --- embedding ---


def test_an_embedding_returns_its_own_parameters():
    table = Embedding(4, 2, seed=0)
    assert all(a is b for a, b in zip(table(3), table.rows[3], strict=True))
    assert all(a is b for a, b in zip(table([1, 0]), table.rows[1] + table.rows[0], strict=True))
    assert [v.data for v in table(2.0)] == [v.data for v in table(np.int64(2))]
    assert [p.label for p in table.parameters()][:3] == ["e1,1", "e1,2", "e2,1"]


def test_an_embedding_starts_with_mean_0_and_variance_1():
    numbers = [p.data for p in Embedding(100, 80, seed=0).parameters()]
    # 8000 draws, five standard errors: of the mean 1/sqrt(n), of the variance sqrt(2/n)
    assert abs(np.mean(numbers)) < 5 / sqrt(8000)
    assert abs(np.var(numbers) - 1) < 5 * sqrt(2 / 8000)


def test_a_language_model_is_an_embedding_then_a_network():
    model = Sequential(Embedding(5, 2, seed=0), MLP(6, [4, 5], seed=0))
    assert model.predict(np.array([[0, 1, 2], [4, 4, 0]])).shape == (2, 5)


# --- sequential ---


def test_parts_may_be_modules_names_and_functions():
    model = Sequential(
        Layer(2, 2, nonlin=False, seed=0), autograd.tanh, lambda xs: [xs[0] - xs[1]], "sigmoid", "prelu",
    )  # fmt: skip
    w = [p.data for p in model.parameters()]
    hidden = [autograd.tanh(w[i] * 0.5 + w[i + 1] * -1.5 + w[i + 2]) for i in (0, 3)]
    [y] = model([0.5, -1.5])
    # two products more or less fused into the sum: an ulp or two
    assert y.data == pytest.approx(autograd.sigmoid(hidden[0] - hidden[1]), rel=1e-15)
    assert repr(model).startswith(
        "Sequential of [Layer of [LinearNeuron(2), LinearNeuron(2)], Tanh, <lambda>"
    )
    assert repr(model).endswith("Sigmoid, PReLU]")
    assert len(model) == 5
    assert model[0] is model.layers[0]


def test_labels_count_the_layers_of_the_whole_chain():
    inner = Sequential(Layer(2, 1), LayerNorm(1))
    model = Sequential(
        Layer(1, 2), LayerNorm(2), Residual(inner, Layer(2, 1)), MLP(1, [1, 1]), Embedding(1, 1)
    )
    assert [p.label for p in model.parameters()] == [
        "w1,1,1", "b1,1", "w1,2,1", "b1,2", "gamma1,1", "gamma1,2", "beta1,1", "beta1,2",
        "w2,1,1", "w2,1,2", "b2,1", "gamma2,1", "beta2,1", "w3,1,1", "w3,1,2", "b3,1",
        "w4,1,1", "b4,1", "w5,1,1", "b5,1", "e1,1,1",
    ]  # fmt: skip
    assert len(model.layers) == 5


def test_a_batch_goes_through_every_part_together_wherever_the_batch_norm_is():
    rows = [[1.0, 5.0], [3.0, -1.0], [0.0, 0.5]]
    alone = BatchNorm(2)
    expected = [[y.data for y in row] for row in alone.batch(rows)]
    inside = BatchNorm(2)
    model = Sequential(Sequential(Residual(Sequential(inside), lambda xs: [0.0, 0.0])))
    assert [[y.data for y in row] for row in model.batch(rows)] == expected
    assert inside.state_dict() == alone.state_dict()


def test_models_can_be_copied_and_pickled():
    model = network()
    model.parts[-1] = PReLU(3)
    model.batch([[1.0, 2.0, 3.0], [0.0, 1.0, -1.0]])
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert other.state_dict() == model.state_dict()
        assert other.random_state() == model.random_state()
        assert not set(other.parameters()) & set(model.parameters())


# --- wrong input ---


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Dropout(1), r"Dropout\(p=1\): the share of numbers left out is at least 0 and below 1"),
        (lambda: Dropout(-0.1), "p=-0.1"),
        (lambda: Dropout(True), "p=True"),
        (lambda: Dropout(float("nan")), "p=nan"),
        (lambda: Dropout("half"), "p='half'"),
        (lambda: LayerNorm(0), "n=0: it must be a whole number, 1 or more"),
        (lambda: BatchNorm(2.5), "n=2.5"),
        (lambda: LayerNorm(2, eps=0), "eps=0: it keeps the division from 0/0"),
        (lambda: BatchNorm(2, momentum=1.5), "momentum=1.5"),
        (lambda: BatchNorm(2, momentum=float("nan")), "momentum=nan"),
        (lambda: Embedding(0, 2), "count=0"),
        (lambda: Embedding(2, 0), "size=0"),
        (lambda: Embedding(2, 2, init="nromal"), "init='nromal' is unknown"),
        (lambda: PReLU(0), "count=0"),
        (lambda: Sequential(), "give the parts"),
        (lambda: Sequential("rleu"), "did you mean 'relu'"),
        (lambda: Layer(2, 1, activation="softmax"), "'softmax' of one neuron does not depend on its inputs"),
        (lambda: Neuron(2, activation="softmax"), "looks at all neurons of a layer"),
        (lambda: MLP(2, [3, 1], activation="sofmax"), "did you mean 'softmax'"),
    ],
)  # fmt: skip
def test_wrong_options(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Sequential(Layer(1, 1), 3), "part 1 is 3; give a Module, a function or the name"),
        (lambda: Sequential(PReLU), r"write PReLU\(\.\.\.\)"),
        (lambda: Residual("relu"), "module='relu'"),
        (lambda: Residual(Layer(1, 1), 2), "projection=2"),
        (lambda: Layer(1, 1, activation=PReLU), "give a name, as 'tanh'"),
        (lambda: Dropout(0.5, seed="a"), "seed='a'"),
    ],
)
def test_options_of_the_wrong_type(make, message):
    with pytest.raises(TypeError, match=message):
        make()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: LayerNorm(3)([1.0]), ValueError, "LayerNorm of 3 inputs: 1 were given"),
        (lambda: BatchNorm(1).batch([[1.0, 2.0], [1.0, 2.0]]), ValueError, "BatchNorm of 1 input: 2 were given"),
        (lambda: BatchNorm(1).eval()([1.0, 2.0]), ValueError, "BatchNorm of 1 input: 2 were given"),
        (lambda: BatchNorm(2)([1.0, 2.0]), ValueError, r"BatchNorm\(2\) in training: a batch of 1 .* model.eval\(\)"),
        (lambda: BatchNorm(2).batch([]), ValueError, "a batch of 0"),
        (lambda: Sequential(BatchNorm(1))([1.0]), ValueError, "a batch of 1 has no variance"),
        (lambda: PReLU(3)([1.0]), ValueError, "PReLU of 3 inputs: 1 were given"),
        (lambda: Embedding(3, 2)(3), IndexError, r"Embedding\(3, 2\): the index 3 is not in 0 to 2"),
        (lambda: Embedding(3, 2)([0, -1]), IndexError, "index -1 is not in"),
        (lambda: Embedding(3, 2)(0.5), TypeError, "index 0.5 is no whole number"),
        (lambda: Embedding(3, 2)("a"), TypeError, "index 'a' is no whole number"),
        (lambda: Embedding(3, 2)(float("nan")), TypeError, "index nan is no whole number"),
        (lambda: Embedding(3, 2)(True), TypeError, "index True is no whole number"),
        (lambda: Embedding(3, 2)(Value(1.0)), TypeError, "no gradient flows into an index"),
        (lambda: Residual(Layer(2, 3))([1.0, 2.0]), ValueError, r"gives 3 numbers and it was given 2; .*nn.Layer\(2, 3,"),
        (lambda: Residual(Layer(2, 3), Layer(2, 1))([1.0, 2.0]), ValueError, "3 numbers and its projection gives 1"),
        (lambda: Layer(2, 2)([[1.0, 2.0]]), ValueError, "these are rows: write model.batch"),
        (lambda: Module()([1.0]), NotImplementedError, r"Module lacks __call__\(self, x\)"),
    ],
)  # fmt: skip
def test_wrong_calls(call, error, message):
    with pytest.raises(error, match=message):
        call()
