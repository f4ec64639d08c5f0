"""The networks of the benchmark `architectures`, of nn's layers, and their losses of one sample."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

import autograd
import nn
from benchmarks.problems.architectures import NODES, PLACES, SIZE, TOKENS, Step, edges
from nn.attention.language_model import LanguageModel
from nn.attention.multi_head import MultiHeadAttention
from nn.convolutional.convolution import Conv2d
from nn.convolutional.pooling import MaxPool2d
from nn.convolutional.unet import UNet
from nn.graph.convolution import GraphConv
from nn.graph.graphs import Graph
from nn.inputs import flattened
from nn.recurrent.gru import GRU
from nn.recurrent.lstm import LSTM
from nn.recurrent.rnn import RNN

Loss = Callable[[Any, Any], Any]


def step(family: str, numbers: Any, X: Any, targets: Any, threads: int) -> Step:
    """Compile the loss of one sample, and bind the network with these numbers."""
    model, loss = NETWORKS[family]()

    @autograd.compile(rows=["x", "t"], reduce="mean", threads=threads)
    def loss_of_one(model: Any, x: Any, t: Any) -> Any:
        return loss(model(x), t)

    bound = loss_of_one.bind(model)
    bound.parameters[:] = numbers[: len(bound.parameters)]
    found = Step(lambda: bound.value_and_grad(X, targets)[0], lambda: bound.gradient.copy())
    found.run()
    found.lines = len(str(loss_of_one.source).splitlines())
    return found


def cnn() -> tuple[Any, Loss]:
    """Return two convolutions with poolings, and a layer."""
    return nn.Sequential(
        Conv2d(1, 8, 3, padding="same", activation="relu"),
        MaxPool2d(2),
        Conv2d(8, 16, 3, padding="same", activation="relu"),
        MaxPool2d(2),
        nn.Flatten(),
        linear(64, 10),
    ), nn.cross_entropy


def rnn() -> tuple[Any, Loss]:
    """Return a recurrent network, and a layer on its last state."""
    return nn.Sequential(RNN(1, 32, last=True), linear(32, 1)), nn.mean_squared_error


def lstm() -> tuple[Any, Loss]:
    """Return an LSTM, and a layer on its last state."""
    return nn.Sequential(LSTM(2, 32, last=True), linear(32, 1)), nn.mean_squared_error


def gru() -> tuple[Any, Loss]:
    """Return a GRU, and a layer on its last state."""
    return nn.Sequential(GRU(1, 32, last=True), linear(32, 1)), nn.mean_squared_error


def attention() -> tuple[Any, Loss]:
    """Return self-attention alone."""
    return MultiHeadAttention(SIZE, heads=2), on_lists(nn.mean_squared_error)


def transformer() -> tuple[Any, Loss]:
    """Return a language model with learned positions."""
    return LanguageModel(TOKENS, SIZE, heads=2, layers=2, length=PLACES), nn.cross_entropy


def residual() -> tuple[Any, Loss]:
    """Return fifty layers, each with a skip."""
    blocks = [nn.Residual(nn.Layer(16, 16, activation="relu")) for _ in range(50)]
    return nn.Sequential(
        nn.Layer(2, 16, activation="relu"), *blocks, linear(16, 2)
    ), nn.cross_entropy


def unet() -> tuple[Any, Loss]:
    """Return a U-Net that tells a shape from what surrounds it."""
    return UNet(1, 1, channels=8, depth=1), on_lists(nn.binary_cross_entropy_with_logits)


def autoencoder() -> tuple[Any, Loss]:
    """Return layers that become narrow and wide again."""
    sizes = [64, 32, 8, 32]
    layers = [nn.Layer(a, b, activation="relu") for a, b in pairwise(sizes)]
    return nn.Sequential(*layers, linear(32, 64)), nn.mean_squared_error


def gnn() -> tuple[Any, Loss]:
    """Return two graph convolutions."""
    graph = Graph(NODES, edges())
    return nn.Sequential(
        GraphConv(NODES, 16, graph=graph, activation="relu"),
        GraphConv(16, 2, graph=graph, activation="linear"),
    ), nn.cross_entropy


def linear(nin: int, nout: int) -> Any:
    """Return a layer without an activation."""
    return nn.Layer(nin, nout, activation="linear")


def on_lists(loss: Loss) -> Loss:
    """Return a loss that takes lists in lists, as images are."""
    return lambda output, t: loss(flattened(output), flattened(np.asarray(t, object).tolist()))


NETWORKS = {
    f.__name__: f
    for f in (cnn, rnn, lstm, gru, attention, transformer, residual, unet, autoencoder, gnn)
}
