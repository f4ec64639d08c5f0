"""One model of each family with a loss, and what the modules really did: `watched` calls."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import nn
from autograd import Value, mean, nodes
from nn.graph.attention import GraphAttention
from nn.graph.convolution import GraphConv
from nn.graph.graphs import Graph
from nn.graph.messages import MessagePassing
from nn.graph.readout import Readout

Made = tuple[Any, Value]


def numbers(*shape: int, seed: int = 0) -> Any:
    """Return lists in lists of that shape."""
    source = random.Random(seed)

    def lists(shape: tuple[int, ...]) -> Any:
        inner = shape[1:]
        return [lists(inner) if inner else source.uniform(-1, 1) for _ in range(shape[0])]

    return lists(shape)


def squares(ys: Any) -> Value:
    """Return the mean square of all numbers in lists in lists."""
    flat = list(ys) if isinstance(ys, list) else [ys]
    while any(isinstance(y, list) for y in flat):
        flat = [z for y in flat for z in (y if isinstance(y, list) else [y])]
    found: Value = mean([y * y for y in flat])
    return found


def linear(nin: int, nout: int, seed: int) -> nn.Layer:
    return nn.Layer(nin, nout, activation="linear", seed=seed)


def lenet() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 3, 3, padding="same", activation="relu", seed=0), nn.MaxPool2d(2),
        nn.Conv2d(3, 4, 3, stride=2, seed=1), "tanh", nn.Flatten(), linear(4, 3, 2),
    )  # fmt: skip


def signal() -> nn.Module:
    return nn.Sequential(
        nn.Conv1d(2, 3, 5, stride=2, padding=2, activation="relu", seed=0), nn.AvgPool1d(2),
        nn.TransposedConv1d(3, 2, 2, stride=2, seed=1), nn.GlobalAvgPool(), linear(2, 2, 2),
    )  # fmt: skip


def residual() -> nn.Module:
    def block(seed: int) -> nn.Module:
        inner = [nn.Conv2d(2, 2, 3, padding="same", seed=seed + i) for i in range(2)]
        return nn.Residual(nn.Sequential(inner[0], "relu", inner[1]))

    return nn.Sequential(
        nn.Conv2d(1, 2, 3, padding="same", activation="relu", seed=0),
        block(1), block(3), nn.GlobalAvgPool(), linear(2, 2, 5),
    )  # fmt: skip


def lstm() -> nn.Module:
    return nn.Sequential(nn.LSTM(2, 3, last=True, peephole=True, seed=0), linear(3, 1, 1))


def recurrent() -> nn.Module:
    return nn.Sequential(
        nn.RNN(2, 3, seed=0), nn.Bidirectional(nn.GRU(3, 2, seed=1), nn.GRU(3, 2, seed=2)),
        nn.Each(linear(4, 1, 3)),
    )  # fmt: skip


def masked() -> nn.Module:
    return nn.Masked(nn.LSTM(1, 2, seed=0), nn.GRU(2, 2, seed=1), nn.Each(linear(2, 1, 2)))


def translator() -> nn.Module:
    return nn.EncoderDecoder(
        nn.LSTM(2, 3, seed=0), nn.Sequential(nn.LSTM(2, 3, seed=1), nn.Each(linear(3, 2, 2))), 3
    )


def graph() -> nn.Module:
    near = Graph(4, [(0, 1), (1, 2), (2, 3)])
    return nn.Sequential(
        GraphConv(3, 4, graph=near, seed=0), GraphConv(4, 4, graph=near, seed=4),
        MessagePassing(4, 3, "mean", graph=near, seed=1),
        GraphAttention(3, 2, 2, graph=near, seed=2), Readout("mean"), linear(4, 2, 3),
    )  # fmt: skip


def variational() -> nn.Module:
    return nn.VariationalAutoencoder(
        nn.Sequential(nn.Noise(0.1, seed=0), nn.Layer(6, 4, activation="tanh", seed=0)),
        nn.Sequential(nn.Layer(2, 4, activation="tanh", seed=1), linear(4, 6, 2)), seed=0,
    )  # fmt: skip


def language() -> nn.Module:
    return nn.LanguageModel(tokens=6, size=4, heads=2, layers=2, seed=0)


def transformer() -> nn.Module:
    return nn.Transformer(tokens=6, size=4, heads=2, layers=1, seed=0)


def block() -> nn.Module:
    return nn.EncoderBlock(4, heads=2, causal=True, seed=0)


def unet() -> nn.Module:
    return nn.UNet(1, 1, channels=2, depth=2, seed=0)


MODELS: dict[str, tuple[Callable[[], Any], Any]] = {
    "lenet": (lenet, numbers(1, 6, 6)), "signal": (signal, numbers(2, 16)),
    "residual": (residual, numbers(1, 4, 4)), "lstm": (lstm, numbers(4, 2)),
    "recurrent": (recurrent, numbers(3, 2)), "masked": (masked, [[0.5, 1], [1.5, 1], [0.0, 0]]), "translator": (translator, numbers(5, 2)),
    "graph": (graph, numbers(4, 3)), "variational": (variational, numbers(6)),
    "language": (language, [1, 2, 3, 5]), "transformer": (transformer, [[1, 2, 3], [0, 4]]),
    "block": (block, numbers(3, 4)), "unet": (unet, numbers(1, 8, 8)),
}  # fmt: skip


@cache
def model_and_loss(family: str) -> Made:
    """Return a model and its loss, labelled and after a backward pass; they are not changed."""
    make, x = MODELS[family]
    model = make()
    loss = squares(model(x))
    loss.label = "loss"
    loss.backward()
    return model, loss


@contextmanager
def watched(model: Any) -> Iterator[list[tuple[int, int, str]]]:
    """Yield a list that the calls of modules are put in: from which Value to which, whose."""
    spans: list[tuple[int, int, str]] = []
    paths = {id(module): path for path, module in model.named_modules()}
    classes = {c for _, m in model.named_modules() for c in type(m).__mro__ if _calls(c)}
    before = {
        (c, name): vars(c)[name]
        for c in classes
        for name in ("__call__", "step")
        if name in vars(c)
    }

    def spied(call: Any) -> Any:
        def spy(self: Any, *args: Any, **options: Any) -> Any:
            start = Value(0.0).number
            try:
                return call(self, *args, **options)
            finally:
                spans.append((start, Value(0.0).number, paths[id(self)]))

        return spy

    for (c, name), call in before.items():
        setattr(c, name, spied(call))
    try:
        yield spans
    finally:
        for (c, name), call in before.items():
            setattr(c, name, call)


def _calls(c: type) -> bool:
    return "__call__" in vars(c) and c.__module__.startswith("nn.")


def callers(y: Value, spans: list[tuple[int, int, str]]) -> dict[Value, str | None]:
    """Return the path of the innermost module in whose call each operation was made, or None."""
    found: dict[Value, str | None] = {}
    for v in nodes(y):
        if v.rule is not None:
            around = [(end - start, path) for start, end, path in spans if start < v.number < end]
            found[v] = min(around)[1] if around else None
    return found
