"""What a report tells beside the curves: verdict, gradients, layers, settings, environment."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.real import short
from viz.diagrams.neurons import parameters
from viz.plotting.gradient_flow import gradient_flow
from viz.plotting.network_layers import activation_of, all_parameters, layers_of
from viz.plotting.running import in_use, outputs_of
from viz.plotting.verdicts import confusion, paired_samples, residuals
from viz.training.recorder import Recorder

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SAMPLES = 200  # of the data, for gradients
# losses of numbers; a 0 and 1 that was trained with one is a number too
_REGRESSIONS = ("squared_error", "absolute_error", "huber", "log_cosh")
_LEFT_OUT = ("model", "X, y", "validation", "frozen")  # of the settings: fingerprints, and the rest


def verdict(model: Any, data: Any, recorder: Recorder | None) -> tuple[str, Figure]:
    """Return a heading and the confusion matrix, or the residuals if y are no classes."""
    X, y = data  # noqa: N806
    rows, truth = paired_samples("report(data=...)", X, y)
    loss = str(recorder.settings.get("loss", "")) if recorder else ""
    outputs = len(outputs_of(model, rows[0].tolist()))
    classes = bool((truth == np.round(truth)).all()) and truth.min() >= 0
    classes = classes and truth.max() < max(outputs, 2) and not any(r in loss for r in _REGRESSIONS)
    if classes:
        return "Confusion matrix", confusion(model, rows, truth)
    return "Residuals", residuals(model, rows, truth)


def flow(model: Any, data: Any, recorder: Recorder) -> Figure | None:
    """Return gradients by layer, of the fit's loss on the data, and updates over the steps.

    None if there is no loss or no data to take gradients of. The model's gradients are put back.
    """
    if data is None or recorder.objective is None or not len(recorder.ratios):
        return None
    rows, _ = paired_samples("report(data=...)", *data)
    targets = np.asarray(data[1])
    chosen = sorted({round(i) for i in np.linspace(0, len(rows) - 1, min(len(rows), _SAMPLES))})
    every = [p for n in layers_of("report", model).layers for q in n.neurons for p in parameters(q)]
    every += all_parameters(model)
    kept = [(p, p.grad) for p in every]
    try:
        with in_use(model):
            for p in every:
                p.grad = None
            loss, _ = recorder.objective(rows[chosen].tolist(), targets[chosen].tolist())
            loss.backward()
            try:
                return gradient_flow(model, rows[chosen], recorder=recorder)
            except ValueError:  # activations of several steps
                return gradient_flow(model, recorder=recorder)
    except (TypeError, ValueError):  # of another model, or frozen parts without gradients
        return None
    finally:
        for p, gradient in kept:
            p.grad = gradient


def layer_rows(model: Any) -> tuple[list[str], list[list[str]]]:
    """Return the heads and the rows of a table of the layers."""
    if hasattr(model, "summary"):
        heads = ["layer", "kind", "output", "activation", "parameters"]
        found = model.summary()
        return heads, [*map(list, (row.cells() for row in found.rows)),
                       ["all", "", "", "", f"{found.parameters:,}"]]  # fmt: skip
    rows, total = [], 0
    for i, layer in enumerate(layers_of("report", model).layers, 1):
        count = sum(len(parameters(neuron)) for neuron in layer.neurons)
        total += count
        sizes = str(len(layer.neurons[0].w)), str(len(layer.neurons))
        rows.append([str(i), *sizes, activation_of(layer), f"{count:,}"])
    heads = ["layer", "inputs", "neurons", "activation", "parameters"]
    return heads, [*rows, ["all", "", "", "", f"{total:,}"]]


def settings_rows(recorded: Mapping[str, Any], given: Mapping[str, Any]) -> list[list[str]]:
    """Return the settings of a fit and those that were given, one a row.

    >>> settings_rows({"optimizer": {"class": "Adam", "lr": 0.1}, "seed": 0}, {"author": "me"})
    [['author', 'me'], ['optimizer', 'class Adam, lr 0.1'], ['seed', '0']]
    """
    kept = {name: value for name, value in recorded.items() if name not in _LEFT_OUT}
    return [[str(name), _words(value)] for name, value in {**given, **kept}.items()]


def _words(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_words(x)}" for name, x in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_words, value)) or "none"
    if isinstance(value, str):
        return "none" if value == "None" else value
    if value is None or isinstance(value, bool):
        return {None: "none", True: "yes", False: "no"}[value]
    return short(value)


def environment() -> list[list[str]]:
    """Return what wrote the report: names and versions."""
    found = [["Python", platform.python_version()]]
    for name in ("chalkgrad", "numpy", "matplotlib"):
        try:
            found.append([name, version(name)])
        except PackageNotFoundError:  # from a folder that was not installed
            found.append([name, "not installed as a package"])
    return [*found, ["machine", f"{platform.system()} {platform.machine()}"]]
