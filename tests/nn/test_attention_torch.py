"""Attention against PyTorch's in float64, on the cases of torch_cases/attention.py."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from autograd import Value, compile, dot
from nn.attention.blocks import DecoderBlock, EncoderBlock
from nn.attention.language_model import LanguageModel
from nn.attention.multi_head import MultiHeadAttention
from nn.attention.scaled_dot_product import scaled_dot_product
from nn.attention.stacks import TransformerEncoder
from nn.attention.transformer import Transformer
from nn.inputs import flattened, mapped

CASES = json.loads(
    (Path(__file__).parent / "torch_cases" / "attention.json").read_text(encoding="utf-8")
)
del CASES["torch"]
SIZE = {"size": 4, "heads": 2, "seed": 0}
HIDDEN = SIZE | {"hidden": 3}
MODELS = {
    "scaled dot product, plain": lambda: None,
    "scaled dot product, masked": lambda: None,
    "self-attention": lambda: MultiHeadAttention(**SIZE),
    "causal self-attention": lambda: MultiHeadAttention(**SIZE),
    "cross-attention": lambda: MultiHeadAttention(**SIZE),
    "attention weights": lambda: MultiHeadAttention(**SIZE),
    "encoder block, pre-norm": lambda: EncoderBlock(**HIDDEN),
    "encoder block, post-norm, gelu": lambda: EncoderBlock(
        **HIDDEN, pre_norm=False, activation="gelu"
    ),
    "causal block": lambda: EncoderBlock(**HIDDEN, causal=True, activation="gelu"),
    "decoder block, pre-norm": lambda: DecoderBlock(**HIDDEN),
    "decoder block, post-norm": lambda: DecoderBlock(**HIDDEN, pre_norm=False),
    "encoder of two": lambda: TransformerEncoder(**HIDDEN, layers=2),
    "language model": lambda: LanguageModel(5, **HIDDEN, layers=2, length=3),
    "transformer": lambda: Transformer(5, **HIDDEN, layers=2, padding=0),
}


def close(found, expected):
    expected = np.asarray(expected)
    scale = max(1.0, np.abs(expected).max())
    np.testing.assert_allclose(np.asarray(found, float), expected, rtol=0, atol=1e-12 * scale)


@pytest.fixture(params=CASES)
def case(request):
    """Return a stored case, the model with its parameters, and the function of one row."""
    case, model = CASES[request.param], MODELS[request.param]()
    for p, number in zip(model.parameters() if model else [], case["parameters"], strict=True):
        p.data = number
    call = {
        "scaled dot product": scaled_dot_product,
        "attention weights": getattr(model, "weights", None),
    }.get(request.param.split(",")[0], model)
    mask = {} if case["mask"] is None else {"mask": case["mask"]}
    return case, model, lambda *inputs: call(*inputs, **mask)


def test_eager_outputs_and_gradients_are_torchs(case):
    case, model, function = case
    of_numbers = case["input gradients"]  # tokens have none
    inputs = {
        name: mapped(Value, rows) if name in of_numbers else rows
        for name, rows in case["inputs"].items()
    }
    outputs = [function(*row) for row in zip(*inputs.values(), strict=True)]
    close(mapped(lambda y: y.data, outputs), case["outputs"])
    dot(flattened(case["factors"]), flattened(outputs)).backward()
    for name, gradients in of_numbers.items():
        close(mapped(lambda x: x.grad, inputs[name]), gradients)
    if model:
        unreached = 0.0  # the weights of attention do not depend on its values
        gradients = [unreached if p.grad is None else p.grad for p in model.parameters()]
        close(gradients, case["gradients"])


def test_compiled_outputs_and_gradients_are_torchs(case):
    case, model, function = case
    inputs = [np.array(rows) for rows in case["inputs"].values()]

    def outputs(*arrays):
        return flattened(function(*[array.tolist() for array in arrays]))

    def loss(factors, *arrays):
        return dot(flattened(factors), outputs(*arrays))

    count, *form = np.shape(case["outputs"])
    program = compile(of_so_many(outputs, len(inputs)), rows=list("abcd")[: len(inputs)])
    close(np.stack(program(*inputs), axis=1).reshape(count, *form), case["outputs"])

    inputs.insert(0, np.array(case["factors"]))
    rows = list("abcd")[: len(inputs)]
    program = compile(of_so_many(loss, len(inputs)), rows=rows, reduce="sum")
    for i, expected in enumerate(case["input gradients"].values(), 1):
        close(program.grad(*inputs, argnums=i), expected)
    if model:
        close(program.bind(model).value_and_grad(*inputs)[1], case["gradients"])


def of_so_many(function, count):
    """Return the function with so many arguments by name, which `compile` asks for."""
    return [
        None,
        lambda a: function(a),
        lambda a, b: function(a, b),
        lambda a, b, c: function(a, b, c),
        lambda a, b, c, d: function(a, b, c, d),
    ][count]


def test_every_stored_case_has_its_model():
    assert list(CASES) == list(MODELS)
