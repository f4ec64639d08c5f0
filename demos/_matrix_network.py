"""A network written by hand in matrices: forward pass, gradients and gradient descent.

This is what `nn` is compared with, so it uses nothing of it but the starting weights; its gradients
are derived on paper, and judged in the tests by `autograd.check`. Hidden layers have a ReLU, the
last one is linear; the loss is the mean squared error. Samples are rows, or blocks of rows
(blocks, rows, numbers): small blocks stay in the processor's cache.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from nn.layers.mlp import MLP

Matrices = list[tuple[Any, Any]]  # for each layer W, a row a neuron, and b


def matrices(model: MLP) -> Matrices:
    """Return copies of the weights and biases of a model of `nn`."""
    return [
        (np.array([[w.data for w in neuron.w] for neuron in layer.neurons]),
         np.array([neuron.b.data for neuron in layer.neurons if neuron.b is not None]))
        for layer in model.layers
    ]  # fmt: skip


def predict(layers: Matrices, X: Any) -> Any:
    """Return the outputs for the samples X."""
    return _activations(layers, X)[-1]


def loss_and_gradients(layers: Matrices, X: Any, targets: Any) -> tuple[float, Matrices]:
    """Return the mean squared error L and (∂L/∂W, ∂L/∂b) of each layer.

    A layer with inputs A has the sums Z = A W^T + b. With D = ∂L/∂Z its gradients are D^T A and the
    sum of D over the samples. D is 2 (Y - T) / n in the last layer; in the one before a layer it is
    D W of that layer, where its inputs A are above 0, and 0 elsewhere.
    """
    activations = _activations(layers, X)
    errors = activations[-1] - targets
    loss = float(np.mean(errors**2))
    D = 2 * errors / errors.size
    gradients: Matrices = []
    for i in reversed(range(len(layers))):
        W, b = layers[i]
        dW = np.swapaxes(D, -1, -2) @ activations[i]
        gradients.append((dW.reshape(-1, *W.shape).sum(axis=0), D.reshape(-1, b.size).sum(axis=0)))
        if i:
            D = (D @ W) * (activations[i] > 0)
    return loss, gradients[::-1]


def descend(
    layers: Matrices, X: Any, targets: Any, rate: float, epochs: int,
    each: Callable[[float], object] = lambda loss: None,
) -> list[float]:  # fmt: skip
    """Change the matrices by so many steps of plain gradient descent; return the loss before each.

    `each` is called with every loss.
    """
    losses = []
    for _ in range(epochs):
        loss, gradients = loss_and_gradients(layers, X, targets)
        for (W, b), (dW, db) in zip(layers, gradients, strict=True):
            W -= rate * dW
            b -= rate * db
        losses.append(loss)
        each(loss)
    return losses


def _activations(layers: Matrices, X: Any) -> list[Any]:
    """Return the inputs of every layer and, last, the outputs."""
    found = [X]
    for i, (W, b) in enumerate(layers, 1):
        Z = found[-1] @ W.T + b
        found.append(np.maximum(Z, 0) if i < len(layers) else Z)
    return found
