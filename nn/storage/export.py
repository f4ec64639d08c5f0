"""Models as files that run without chalkgrad: NumPy source, or ONNX."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from autograd import compile
from autograd.program.exporting.saving import save
from autograd.real import short
from nn.data.arrays import samples
from nn.inputs import flattened, listed, shape
from nn.module import Module, same_modes
from nn.programs import as_lists, run_in_a_form, whole_batch


def export(model: Module, path: str | os.PathLike[str], X: Any, *, dtype: str = "float64") -> Path:
    """Write what a model predicts as a file that runs without chalkgrad, and return its path.

    "model.py" is NumPy source, a function `predict` of many samples, as `model.predict` is; and
    "model.onnx" a model for the runtimes of ONNX (extra `onnx`), from an input x (rows, ...) to
    an output (rows, ...). X holds samples of the form that will come; one is enough, unless the
    model looks at their numbers (as masks do), when all that can happen has to. Both take any
    number of rows. The model is written as in `eval` mode, with the numbers it has now.

    Raises TypeError or ValueError for samples that the model refuses, for a model with branches
    that no sample has taken, and for one that looks at whole batches; what `Compiled.save` raises.

    >>> import tempfile
    >>> from nn.layers.mlp import MLP
    >>> model = MLP(2, [3, 1], seed=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     text = export(model, f"{folder}/model.py", [[0.5, 1.0]]).read_text()
    >>> exec(text)
    >>> bool((predict([[1.0, 2.0], [3.0, 4.0]]) == model.predict([[1.0, 2.0], [3.0, 4.0]])).all())
    True
    """
    if not isinstance(model, Module):
        raise TypeError(f"export({short(model)}): give a Module, as nn.MLP or one of your own")
    array = samples(X)

    def predict(x: Any) -> Any:
        y = listed(model(as_lists(x)))
        numbers = np.empty(shape(y), dtype=object)
        numbers.ravel()[:] = flattened(y)
        return numbers

    with same_modes(model):
        model.eval()
        if name := whole_batch(model):
            raise ValueError(
                f"export: {name} looks at all rows together, and a file is a function of each"
            )
        program = compile(predict, rows=["x"], dtype=dtype)
        run_in_a_form(program, array)
        return save(program, path)
