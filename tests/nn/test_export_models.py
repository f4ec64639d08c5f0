"""Models as files that run without chalkgrad: every module, as NumPy source and as ONNX."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_every_module import CASES

import nn
from nn.attention.masks import padding_mask
from nn.module import Module

SOURCE = np.random.default_rng(3)
NO_ROWS = {  # what they are called with is no array, or they draw what they say
    "Gate", "DecoderBlock", "TransformerDecoder", "Sublayer", "Graph", "Transformer",
    "RestrictedBoltzmann",
}  # fmt: skip
CANCELLING = {"LanguageModel": 4}  # in float32: a LayerNorm of two numbers that are nearly equal
MODULES = [(name, k) for name, cases in CASES.items() if name not in NO_ROWS
           for k in range(len(cases))]  # fmt: skip


def read(path: Path) -> Any:
    """Return the function of a file."""
    names: dict[str, Any] = {}
    exec(path.read_text(), names)
    return names["predict"]


def computed(path: Path, X: Any) -> Any:
    """Return the output of an ONNX file, computed by ONNX Runtime."""
    onnxruntime = pytest.importorskip("onnxruntime", reason='pip install "chalkgrad[onnx]"')
    options = onnxruntime.SessionOptions()
    options.log_severity_level, options.intra_op_num_threads = 3, 1
    session = onnxruntime.InferenceSession(str(path), options, ["CPUExecutionProvider"])
    kinds = {"tensor(double)": float, "tensor(float)": np.float32, "tensor(int64)": np.int64}
    [x] = session.get_inputs()
    assert x.name == "x"
    assert x.shape == ["rows", *np.shape(X)[1:]]
    [y] = session.run(["output"], {"x": np.asarray(X).astype(kinds[x.type])})
    return y


def rows_like(sample: Any, count: int) -> Any:
    """Return rows of the form of a sample: numbers near its own, or the same where they are whole."""
    x = np.asarray(sample)
    if x.dtype.kind == "i":
        return np.stack([np.roll(x, k) for k in range(count)])
    return x + SOURCE.normal(size=(count, *x.shape))


@cache
def model_and_rows(name: str, k: int) -> tuple[Module, Any, dict[int, Any]]:
    """Return a model, rows for it, and what it predicts of so many of them."""
    make, sample = CASES[name][k]
    model, X = make(), rows_like(sample, 4)
    return model, X, {count: model.predict(X[:count]) for count in (1, 4)}


@pytest.mark.parametrize(("name", "k"), MODULES)
def test_every_module_as_numpy_source(name: str, k: int, tmp_path: Path) -> None:
    model, X, wanted = model_and_rows(name, k)
    predict = read(nn.export(model, tmp_path / "model.py", X))
    for count, want in wanted.items():
        np.testing.assert_allclose(predict(X[:count]), want, rtol=1e-13, atol=1e-13)
        assert predict(X[:count]).shape == want.shape


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("name", "k"), MODULES)
def test_every_module_as_onnx(name: str, k: int, dtype: str, tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason='pip install "chalkgrad[onnx]"')
    model, X, wanted = model_and_rows(name, k)
    path = nn.export(model, tmp_path / "model.onnx", X, dtype=dtype)
    for count, want in wanted.items():
        got = computed(path, X[:count])
        assert got.dtype == dtype
        size = max(1.0, float(np.abs(want).max()))
        near = 1e-12 * size if dtype == "float64" else 1e-6 * size * CANCELLING.get(name, 1)
        np.testing.assert_allclose(got, want, rtol=0, atol=near)


@pytest.mark.parametrize("ending", ["py", "onnx"])
def test_a_model_is_written_in_eval_mode_and_keeps_its_own(ending: str, tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason='pip install "chalkgrad[onnx]"')
    model = nn.Sequential(nn.Layer(3, 4, seed=0), nn.BatchNorm(4), nn.Dropout(0.5, seed=0))
    X = SOURCE.normal(size=(5, 3))
    model.train()
    model.batch(X.tolist())  # which BatchNorm learns from
    path = nn.export(model, tmp_path / f"model.{ending}", X[:1])
    got = read(path)(X) if ending == "py" else computed(path, X)
    assert model.training
    np.testing.assert_allclose(got, model.predict(X), rtol=1e-13, atol=1e-14)


def test_masks_are_ways_that_have_to_be_seen(tmp_path: Path) -> None:
    """What a model branches on is in the file if all that can happen was among the samples."""

    class Either(Module):
        def __init__(self) -> None:
            self.parts = [nn.Layer(2, 2, seed=0), nn.Layer(2, 2, seed=1)]

        def __call__(self, x: Any) -> Any:
            return self.parts[0 if x[0] > x[1] else 1](x)

    X = np.array([[1.0, 0.0], [0.0, 1.0], [2.0, 3.0]])
    model = Either()
    with pytest.raises(TypeError, match="not every way has been seen"):
        nn.export(model, tmp_path / "model.py", X[:1])
    predict = read(nn.export(model, tmp_path / "model.py", X[:2]))
    np.testing.assert_allclose(predict(X), model.predict(X), rtol=1e-14)
    assert padding_mask is nn.padding_mask


def test_a_model_that_sees_all_rows_together_is_refused(tmp_path: Path) -> None:
    class Centred(Module):
        def __call__(self, x: Any) -> Any:
            return x

        def batch(self, rows: Any) -> Any:
            middle = sum(row[0] for row in rows) / len(rows)
            return [[x - middle for x in row] for row in rows]

    with pytest.raises(ValueError, match=r"Centred.* looks at all rows together"):
        nn.export(Centred(), tmp_path / "model.py", [[1.0], [2.0]])


def test_a_large_model_is_one_file(tmp_path: Path) -> None:
    """Its numbers are written as bytes; it has all of them."""
    model = nn.MLP(40, [30, 2], activation="tanh", seed=0)
    X = SOURCE.normal(size=(3, 40))
    path = nn.export(model, tmp_path / "model.py", X[:1])
    assert [*tmp_path.iterdir()] == [path]
    assert "_unpacked(" in path.read_text()
    assert path.stat().st_size < 1.5 * 8 * 1292 + 8000
    np.testing.assert_allclose(read(path)(X), model.predict(X), rtol=1e-13)


def test_a_model_that_draws_takes_its_draws(tmp_path: Path) -> None:
    """A Boltzmann machine is a function of random numbers: the file asks for them."""
    make, sample = CASES["RestrictedBoltzmann"][0]
    model, X = make(), rows_like(sample, 4)
    predict = read(nn.export(model, tmp_path / "model.py", X))
    assert set(np.unique(predict(X, SOURCE.random((4, 10))))) <= {0.0, 1.0}


def test_bad_input_is_said(tmp_path: Path) -> None:
    model = nn.MLP(2, [2, 1], seed=0)
    with pytest.raises(TypeError, match="give a Module"):
        nn.export([model], tmp_path / "model.py", [[1.0, 2.0]])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="2 inputs: 3 were given"):
        nn.export(model, tmp_path / "model.py", [[1.0, 2.0, 3.0]])
    with pytest.raises(ValueError, match="give at least one sample"):
        nn.export(model, tmp_path / "model.py", [])
    with pytest.raises(ValueError, match="the ending says what is written"):
        nn.export(model, tmp_path / "model", [[1.0, 2.0]])
    with pytest.raises(ValueError, match="dtype='float16'; allowed are 'float64' and 'float32'"):
        nn.export(model, tmp_path / "model.py", [[1.0, 2.0]], dtype="float16")
    with pytest.raises(OSError, match="there is no such folder"):
        nn.export(model, tmp_path / "none" / "model.py", [[1.0, 2.0]])
    assert not [*tmp_path.iterdir()]
    assert math.isfinite(model.predict([[1.0, 2.0]]).sum())
