"""Models kept in files: every bit comes back, nothing else is let in, nothing is half done."""

from __future__ import annotations

import json
import os
import random
import struct
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest

pytest.importorskip("safetensors", reason='pip install "chalkgrad[save]"')
from safetensors.numpy import load_file, save_file

import autograd
from autograd import Value
from nn.classical.perceptron import Perceptron
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
from nn.storage.models import load, save


class Line(Module):
    """Be a class of a user's own."""

    def __init__(self) -> None:
        self.slope, self.offsets = Value(2.0), [Value(1), Value(-1)]

    def __call__(self, x):
        return self.slope * x + self.offsets[0]


def cube(x):
    return x * x * x


def everything() -> Sequential:
    return Sequential(
        Embedding(4, 3, seed=1),
        Layer(6, 5, nonlin=False, bias=False, seed=2),
        "tanh",
        Dropout(0.3, seed=3),
        BatchNorm(5, momentum=0.3, eps=1e-4),
        LayerNorm(5, eps=1e-3),
        PReLU(5),
        Residual(Layer(5, 5, seed=4), Layer(5, 5, activation="softmax", seed=5)),
        Sequential("prelu", MLP(5, [4, 4, 3], activation="prelu", output="gelu", seed=6)),
        "log_softmax",
    )


MODELS = [
    everything,
    lambda: MLP(2, [16, 16, 1], seed=0),
    lambda: MLP(2, [1], bias=False, seed=0),
    lambda: MLP(2, [3, 3, 2], activation=PReLU(), seed=0),
    lambda: MLP(2, [3, 2], activation=autograd.tanh, output="softmax", seed=0),
    lambda: Neuron(3, activation="prelu", seed=0),
    lambda: Neuron(3, nonlin=False, bias=False, seed=0),
    lambda: Layer(3, 2, activation="swish", seed=0),
    lambda: Dropout(0.5, seed=0),
    lambda: Perceptron(2, lr=0.5),
]


def bits(model: Module) -> dict[str, object]:
    """Return the numbers as bits: nan, -0.0 and the last digit count."""
    return {n: struct.pack("<d", x) for n, x in model.state_dict().items()}


@pytest.mark.parametrize("make", MODELS)
def test_a_loaded_model_is_the_saved_one_bit_for_bit(make, tmp_path):
    model = make()
    odd = random.Random(0)
    kinds = [lambda: odd.gauss(0, 1), lambda: -0.0, lambda: 5e-324, lambda: float("inf")]
    model.load_state_dict({name: kinds[i % 4]() for i, name in enumerate(model.state_dict())})
    save(model, tmp_path / "m")
    kept = load(tmp_path / "m")
    assert repr(kept) == repr(model)
    assert bits(kept) == bits(model)
    assert [p.label for p in kept.parameters()] == [p.label for p in model.parameters()]


def test_a_loaded_model_goes_on_as_the_saved_one_would(tmp_path):
    model, rows = everything(), [[0, 1], [2, 3], [1, 1]]
    model.batch(rows)  # moves running statistics and the generator of Dropout
    save(model, tmp_path / "m")
    kept = load(tmp_path / "m")
    assert (kept.predict(rows) == model.predict(rows)).all()
    drawn = [[[y.data for y in ys] for ys in m.batch(rows)] for m in (kept, model)]
    assert drawn[0] == drawn[1]


def test_frozen_parts_and_mode_are_kept(tmp_path):
    model = MLP(2, [3, 1], seed=0)
    model.layers[0].freeze()
    model.layers[1].eval()
    save(model, tmp_path / "m")
    kept = load(tmp_path / "m")
    assert len(kept.parameters()) == 4
    assert [(m.training, m.frozen) for _, m in kept.named_modules()] == [
        (m.training, m.frozen) for _, m in model.named_modules()
    ]


def test_python_s_random_is_left_alone(tmp_path):
    save(everything(), tmp_path / "m")
    before = random.getstate()
    load(tmp_path / "m")
    assert random.getstate() == before


def test_nan_survives_with_its_payload(tmp_path):
    strange = struct.unpack("<d", struct.pack("<Q", 0x7FF8_0000_0000_BEEF))[0]
    model = Neuron(1, seed=0)
    model.w[0].data = strange
    save(model, tmp_path / "m")
    assert struct.pack("<d", load(tmp_path / "m").w[0].data) == struct.pack("<d", strange)


def test_other_tools_read_matrices(tmp_path):
    model = MLP(2, [3, 1], seed=0)
    save(model, tmp_path / "m")
    tensors = load_file(tmp_path / "m")
    assert {name: t.shape for name, t in tensors.items()} == {
        "layers.0.weight": (3, 2), "layers.0.bias": (3,),
        "layers.1.weight": (1, 3), "layers.1.bias": (1,),
    }  # fmt: skip
    assert tensors["layers.0.weight"].dtype == np.float64
    assert tensors["layers.0.weight"].tolist() == [
        [w.data for w in neuron.w] for neuron in model.layers[0].neurons
    ]


def test_embeddings_and_statistics_are_tensors_too(tmp_path):
    save(everything(), tmp_path / "m")
    shapes = {name: t.shape for name, t in load_file(tmp_path / "m").items()}
    assert shapes["parts.0.rows"] == (4, 3)
    assert shapes["parts.4.running_variance"] == (5,)
    assert shapes["parts.8.parts.1.layers.0.function.slopes"] == (4, 1)


# what has no structure in a file


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (Line, "Line is a class of your own"),
        (lambda: Sequential(Layer(1, 1), Line()), "Line is a class of your own"),
        (lambda: MLP(1, [2, 1], activation=cube), "cube is a Python function"),
        (lambda: Sequential(Layer(1, 1), cube), "cube is a Python function"),
        (lambda: MLP(1, [2, 1], activation=lambda x: autograd.tanh(x)), "<lambda> is a Python"),
    ],
)
def test_own_classes_and_functions_are_loaded_into_a_model(make, reason, tmp_path):
    model = make()
    save(model, tmp_path / "m")
    with pytest.raises(ValueError, match=reason) as caught:
        load(tmp_path / "m")
    assert "load(path, into=model)" in str(caught.value)
    other = make()
    for p in other.parameters():
        p.data = 7.0
    assert load(tmp_path / "m", into=other) is other
    assert other.state_dict() == model.state_dict()


def test_a_function_that_is_only_called_relu_is_not_taken_for_it(tmp_path):
    def relu(x):
        return x + 1

    save(MLP(1, [2, 1], activation=relu), tmp_path / "m")
    with pytest.raises(ValueError, match="relu is a Python function"):
        load(tmp_path / "m")


def test_shared_and_changed_parts_are_noticed(tmp_path):
    twice = Layer(2, 2, seed=0)
    changed = MLP(2, [2, 2], seed=0)
    changed.layers[0].neurons[1].b = None
    for model, reason in ((Sequential(twice, twice), "shared"), (changed, "differ")):
        save(model, tmp_path / "m")
        with pytest.raises(ValueError, match=reason):
            load(tmp_path / "m")


def test_whole_numbers_stay_whole(tmp_path):
    save(Line(), tmp_path / "m")
    other = load(tmp_path / "m", into=Line())
    assert [type(p.data) for p in other.parameters()] == [float, int, int]


@pytest.mark.parametrize("number", [Fraction(1, 3), 2**53 + 1, 10**400])
def test_numbers_that_would_lose_digits_are_refused(number, tmp_path):
    model = Line()
    model.offsets[0].data = number
    with pytest.raises(TypeError, match=r"'offsets.0' is .* keeps 64-bit floats"):
        save(model, tmp_path / "m")
    assert list(tmp_path.iterdir()) == []


# files that are not let in


def broken(content: bytes) -> dict[str, bytes]:
    at = struct.unpack("<Q", content[:8])[0] + 8
    return {
        "empty": b"",
        "short": content[:5],
        "cut": content[:-1],
        "longer": content + b"\0",
        "picture": b"\x89PNG\r\n\x1a\n" + bytes(500),
        "text": b"w1 = 0.5\n" * 50,
        "huge header": struct.pack("<Q", 2**62) + content[8:],
        "one bit of a weight": content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :],
        "one option": content.replace(b"relu", b"selu"),
        "one shape": content.replace(b'"shape":[2,3]', b'"shape":[3,2]'),
    }


@pytest.mark.parametrize("fault", broken(bytes(16)))
def test_truncated_altered_and_foreign_files_are_refused(fault, tmp_path):
    path = tmp_path / "m"
    save(MLP(3, [2, 1], seed=0), path)
    content = broken(path.read_bytes())[fault]
    assert content != path.read_bytes()
    path.write_bytes(content)
    model = MLP(3, [2, 1], seed=1)
    before = model.state_dict()
    for into in (None, model):
        with pytest.raises(ValueError, match=r"truncated, or not written by|altered") as caught:
            load(path, into=into)
        assert str(path) in str(caught.value)
    assert model.state_dict() == before


def test_a_safetensors_file_of_another_tool_is_refused(tmp_path):
    save_file({"0.weight": np.zeros((1, 2))}, tmp_path / "m")
    with pytest.raises(ValueError, match="chalkgrad did not write"):
        load(tmp_path / "m")


def test_missing_files_and_folders_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        load(tmp_path / "nowhere")
    with pytest.raises(IsADirectoryError, match="a folder"):
        load(tmp_path)


def forged(path, **changes) -> None:
    """Write a file whose checksum is right and whose record is not."""
    from nn.storage.models import _digest

    save(MLP(3, [2, 1], seed=0), path)
    from safetensors import safe_open

    with safe_open(path, framework="np") as file:
        record = json.loads(file.metadata()["chalkgrad"].partition(" ")[2])
    tensors = load_file(path)
    text = json.dumps({**record, **changes})
    save_file(tensors, path, {"chalkgrad": f"{_digest(text, tensors)} {text}"})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 2}, "written in format 2 .* reads format 1"),
        ({"structure": {"class": "Popen", "args": "ls"}}, "'Popen' is no class of nn's"),
        ({"structure": {"class": "MLP", "nin": 3, "nouts": [2, 1], "init": "os"}}, "cannot be built"),
        ({"structure": {"class": "MLP", "nin": 3, "nouts": [2, 1], "shell": 1}}, "cannot be built"),
        ({"structure": {"class": "MLP", "nin": 3, "nouts": [10**6, 10**6]}}, "too few"),
        ({"structure": {"class": "Layer", "nin": 10**9, "nout": 10**9}}, "too few"),
        ({"structure": {"class": "MLP", "nin": 3, "nouts": [1, 1]}}, "same form"),
        ({"structure": 7}, "cannot be built"),
        ({"frozen": 7}, "damaged"),
        ({"random_state": {"a": []}}, "damaged"),
    ],
)  # fmt: skip
def test_a_forged_record_gets_an_answer(changes, message, tmp_path):
    forged(tmp_path / "m", **changes)
    with pytest.raises(ValueError, match=message):
        load(tmp_path / "m")


# loading into a model


def test_a_model_of_another_form_is_left_untouched(tmp_path):
    save(MLP(2, [3, 1], seed=0), tmp_path / "m")
    cases = [
        (MLP(2, [4, 1], seed=1), r"nouts 3.* nouts 4"),
        (MLP(2, [3, 1], activation="tanh", seed=1), "activation 'relu'.* activation 'tanh'"),
        (MLP(2, [3, 1], bias=False, seed=1), "bias True.* bias False"),
        (Line(), "'slope'"),
        (MLP(2, [4, 1], activation=cube, seed=1), "layers.0.weight"),
    ]
    for model, message in cases:
        before = model.state_dict()
        with pytest.raises(ValueError, match=message):
            load(tmp_path / "m", into=model)
        assert model.state_dict() == before


def test_a_model_loaded_into_keeps_its_own_flags(tmp_path):
    save(MLP(2, [3, 1], seed=0).freeze(), tmp_path / "m")
    model = load(tmp_path / "m", into=MLP(2, [3, 1], seed=1))
    assert len(model.parameters()) == 13


def test_what_is_no_module_is_refused(tmp_path):
    with pytest.raises(TypeError, match="give a Module"):
        save({"w": 1.0}, tmp_path / "m")
    save(MLP(1, [1]), tmp_path / "m")
    with pytest.raises(TypeError, match="give a Module"):
        load(tmp_path / "m", into={})


# writing


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "m"
    save(MLP(1, [1], seed=0), path)
    old = path.read_bytes()

    def full(descriptor):
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        save(MLP(1, [1], seed=1), path)
    assert path.read_bytes() == old
    assert list(tmp_path.iterdir()) == [path]


def test_one_model_gives_one_file(tmp_path):
    model = everything()
    for name in "ab":
        save(model, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_without_the_package_the_extra_is_named():
    code = (
        "import sys; sys.modules['safetensors'] = None\n"
        "from nn.layers.mlp import MLP; from nn.storage.models import load, save\n"
        "for act in (lambda: save(MLP(1, [1]), 'x'), lambda: load('x')):\n"
        "    try: act()\n"
        "    except ImportError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.count('pip install "chalkgrad[save]"') == 2
