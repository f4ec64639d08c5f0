"""The slopes of a network's activations on samples: which units let gradients through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd import Value, gradients
from autograd.real import short
from viz.plotting.columns import holding
from viz.plotting.network_layers import layers_of
from viz.plotting.running import by_layer, checked_rows, outputs_of, steepest


def slopes_by_layer(model: Any, X: Any) -> list[Any]:  # noqa: N803
    """Return d(output)/d(sum) of every unit, an array (samples, units) for each layer.

    They are divided by the steepest slope of the activation. Raises ValueError if a row does not
    fit or a unit's output is not clear.
    """
    network = layers_of("gradient_flow", model)
    rows = checked_rows("gradient_flow", X, [len(network.layers[0].neurons[0].w)])
    xs = [Value(0.0) for _ in rows[0]]
    try:  # all samples at once: see viz/columns.py
        with holding(xs), np.errstate(all="ignore"):
            for x, column in zip(xs, rows.T, strict=True):
                x.data = column
            return _slopes_of(network, outputs_of(model, xs), len(rows))
    except (TypeError, ValueError, ArithmeticError):
        one_by_one = [_slopes_of(network, outputs_of(model, row), 1) for row in rows.tolist()]
        return [np.concatenate(layer) for layer in zip(*one_by_one, strict=True)]


def _slopes_of(network: Any, ys: Sequence[Value], count: int) -> list[Any]:
    found = []
    found_places = by_layer(network, ys)
    for layer, said, places in zip(network.layers, network.names, found_places, strict=True):
        columns = []
        for neuron, place in zip(layer.neurons, places, strict=True):
            if place.output is None:
                raise ValueError(
                    f"gradient_flow: it is not clear what becomes of {short(place.total)}; "
                    "leave X out for activations of several steps"
                )
            slope = gradients(place.output, [place.total])[0]
            after = neuron.activation == "linear" and place.output is not place.total
            name = said if after else neuron.activation  # a part of its own
            columns.append(np.broadcast_to(np.abs(slope) / steepest(name), count))
        found.append(np.stack(columns, axis=1))
    return found
