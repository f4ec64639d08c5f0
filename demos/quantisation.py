"""Quantisation: weights of 8 bits each, an eighth of the size, and the digits are still read.

The weights of a layer become whole numbers k of so many bits, w ≈ scale · k, with one scale for
the layer (or one for each neuron, which is finer). What is lost is at most half a step: this bound
is measured. At 8 bits the accuracy stays, at 2 or 3 it falls. If the inputs of each layer are
rounded likewise, its sums need whole numbers alone, as cheap processors have them. Source: Jacob
et al. 2018, "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only
Inference", with scales that are symmetric about 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.table import Table

from demos._digits import digits
from demos._lines import lines
from demos._report import Report, console
from demos._steps import layers_in, mlp_steps
from nn.exchange.steps import Dense, Step, biases_of, network_of
from nn.layers.mlp import MLP
from nn.layers.sequential import Sequential
from nn.metrics.classification import accuracy
from viz.plotting.panels import INK, LOOKS, panels, tidy

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = np.ndarray[Any, Any]

BITS, QUICK_BITS = (8, 7, 6, 5, 4, 3, 2), (8, 4, 2)
LOST = 0.01  # of the accuracy, at 8 bits
FLOAT, SINGLE = 64, 32  # bits of a weight before; of a bias and of a scale afterwards


@dataclass(frozen=True)
class Quantised:
    """Hold whole numbers k of so many bits, |k| < 2^(bits-1), and the scale that undoes them."""

    k: Array
    scale: Array  # one number, or one a row
    bits: int

    @property
    def numbers(self) -> Array:
        """Return scale · k."""
        return self.scale * self.k


def quantised(numbers: Array, bits: int, *, by_row: bool = False) -> Quantised:
    """Return k = round(numbers / scale), the scale being max |numbers| / (2^(bits-1) - 1)."""
    largest = np.abs(numbers).max(axis=1 if by_row else None, keepdims=True)
    scale = np.where(largest > 0, largest, 1.0) / (2 ** (bits - 1) - 1)
    return Quantised(np.rint(numbers / scale).astype(np.int32), scale, bits)


def main(out: Path, quick: bool) -> Report:
    """Round the weights to fewer and fewer bits, and judge the network that is left."""
    (X, _), (V, w) = digits()
    steps = mlp_steps(quick)
    layers = layers_in(steps)
    before = accuracy(network_of(steps, "quantisation").predict(V), w)
    choices = QUICK_BITS if quick else BITS

    report = Report()
    table = Table("bits of\na weight", "size,\nbytes", "largest error,\nin steps", "accuracy",
                  "accuracy, a scale\nfor each neuron", "accuracy, inputs of\nlayers rounded too",
                  title="a network 64-128-64-10")  # fmt: skip
    for column in table.columns:
        column.justify = "right"
    table.add_row(f"{FLOAT}", f"{size_of(layers, FLOAT):,}", "", f"{before:.1%}", "", "")
    found: dict[str, list[float]] = {
        name: [] for name in ("a scale for each layer", "a scale for each neuron",
                              "inputs of layers rounded too")
    }  # fmt: skip
    for bits in choices:
        each = [quantised(layer.weights, bits) for layer in layers]
        by_neuron = [quantised(layer.weights, bits, by_row=True) for layer in layers]
        in_steps = max(error_in_steps(*pair) for pair in zip(layers, each, strict=True))
        if not in_steps <= 0.5 + 1e-9:  # the division by the scale rounds, too
            report.problem(f"{bits} bits: a weight is {in_steps} steps off; rounding allows 1/2")
        row = [
            accuracy(with_weights(steps, each).predict(V), w),
            accuracy(with_weights(steps, by_neuron).predict(V), w),
            accuracy(in_whole_numbers(steps, each, X, V), w),
        ]
        for numbers, number in zip(found.values(), row, strict=True):
            numbers.append(number)
        table.add_row(f"{bits}", f"{size_of(layers, bits):,}", f"{in_steps:.3f}",
                      *[f"{number:.1%}" for number in row])  # fmt: skip
    console.print(table)

    lost, _, lost_by_inputs = (before - numbers[0] for numbers in found.values())
    report.reach("accuracy lost at 8 bits", lost, at_most=LOST)
    report.reach("accuracy lost in whole numbers of 8 bits", lost_by_inputs, at_most=LOST)
    report.reach("size at 8 bits, of that before", size_of(layers, 8) / size_of(layers, FLOAT),
                 at_most=0.15)  # fmt: skip
    report.draw(
        out / "accuracy.svg",
        "test accuracy by the bits of a weight",
        lambda: curves(choices, found, before),
    )
    report.draw(
        out / "steps.svg",
        "what the weights of a layer are rounded to",
        lambda: values(layers[0].weights),
    )
    return report


def with_weights(steps: list[Step], weights: list[Quantised]) -> MLP | Sequential:
    """Return a network of these steps, with these weights in place of its own."""
    given = iter(weights)
    changed = [
        Dense(next(given).numbers, step.biases) if isinstance(step, Dense) else step
        for step in steps
    ]
    return network_of(changed, "quantisation")


def in_whole_numbers(steps: list[Step], weights: list[Quantised], X: Array, V: Array) -> Array:
    """Return the outputs for the rows V when each layer sums products of whole numbers.

    The inputs of a layer are rounded to as many bits as its weights, in steps that were measured on
    the rows X, and cut off at the largest step: Jacob et al., equations 2 to 7.
    """
    known, rows, given = X, V, iter(weights)
    for step in steps:
        if not isinstance(step, Dense):
            assert step == "relu"
            known, rows = np.maximum(known, 0), np.maximum(rows, 0)
            continue
        w = next(given)
        x, most = quantised(known, w.bits), 2 ** (w.bits - 1) - 1
        k = np.clip(np.rint(rows / x.scale), -most, most).astype(np.int32)
        rows = w.scale * x.scale * (k @ w.k.T) + biases_of(step)  # the product is one of integers
        known = known @ step.weights.T + biases_of(step)
    return rows


def error_in_steps(layer: Dense, rounded: Quantised) -> float:
    """Return max |w - scale k| / scale: at most 1/2."""
    return float((np.abs(layer.weights - rounded.numbers) / rounded.scale).max())


def size_of(layers: list[Dense], bits: int) -> int:
    """Return the bytes of weights of so many bits; biases and a scale for each layer have 32."""
    weights = sum(layer.weights.size for layer in layers)
    biases = sum(0 if layer.biases is None else layer.biases.size for layer in layers)
    others = FLOAT * biases if bits == FLOAT else SINGLE * (biases + len(layers))
    return -(-(bits * weights + others) // 8)


def curves(bits: tuple[int, ...], found: dict[str, list[float]], before: float) -> Figure:
    """Return a figure of the accuracies over the bits of a weight."""
    figure = lines(bits, found, "Eight bits do as well as sixty-four",
                   xlabel="bits of a weight")  # fmt: skip
    [axes] = figure.axes
    axes.axhline(before, color=INK, linewidth=0.8, label=f"before: {FLOAT} bits")
    axes.set(xticks=bits, ylim=(0, 1))
    axes.invert_xaxis()
    axes.legend(frameon=False, handlelength=3.5, loc="lower left")
    return figure


def values(weights: Array) -> Figure:
    """Return a figure of what each weight of a layer is rounded to."""
    choices = (8, 4, 2)
    figure, [row] = panels(1, len(choices), (11, 3.6), "The weights of layer 1, rounded")
    before = np.sort(weights, axis=None)
    for axes, bits in zip(row, choices, strict=True):
        after = quantised(before, bits).numbers
        axes.plot(before, after, color=LOOKS[0][0])
        axes.plot(before, before, color=LOOKS[1][0], linestyle=":")
        axes.set(title=f"{bits} bits: {len(np.unique(after))} values", xlabel="weight before")
        tidy(axes)
    row[0].set_ylabel("weight after")
    return figure
