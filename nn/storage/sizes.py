"""How many numbers a described model has at least: what a file must hold before it is believed."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import prod
from typing import Any

_MOST_ALONE = 1_000_000  # nodes without edges that a file's graph may have
_DEEPEST = 64  # levels of a U-Net that are counted: enough for any limit


class _Options:
    """Read the whole numbers of a description: options.nin is 0 if there is no such number."""

    def __init__(self, description: dict[str, Any]) -> None:
        self.all = description

    def __getattr__(self, name: str) -> int:
        given = self.all.get(name)
        return given if isinstance(given, int) else 0

    def numbers(self, name: str, times: int = 1) -> list[int]:
        """Return the whole numbers of a list; one that stands alone so many times."""
        given = self.all.get(name)
        numbers = given if isinstance(given, list) else [given] * times
        return [n for n in numbers if isinstance(n, int)]


def _plain(o: _Options) -> int:
    return o.nin * o.nout


def _convolution(dimensions: int) -> Callable[[_Options], int]:
    return lambda o: o.nin * o.nout * prod(o.numbers("kernel", dimensions))


def _recurrent(o: _Options) -> int:
    return o.hidden * (o.nin + o.hidden)


def _block(o: _Options) -> int:
    return 4 * o.size * o.size + 2 * o.size * o.hidden


def _tokens(o: _Options) -> int:
    return (o.tokens + o.length) * o.size + o.layers * _block(o)


# the weights of each class, or a part of them that grows as they do
_LEAST: dict[str, Callable[[_Options], int]] = {
    "MLP": lambda o: sum(a * b for a, b in pairwise([o.nin, *o.numbers("nouts")])),
    "Layer": _plain, "Gate": _plain, "GraphConv": _plain, "MessagePassing": _plain,
    "Neuron": lambda o: o.nin, "Perceptron": lambda o: o.nin, "Adaline": lambda o: o.nin,
    "PReLU": lambda o: o.count, "LayerNorm": lambda o: 2 * o.n, "BatchNorm": lambda o: 4 * o.n,
    "Embedding": lambda o: o.count * o.size,
    "Conv1d": _convolution(1), "TransposedConv1d": _convolution(1),
    "Conv2d": _convolution(2), "TransposedConv2d": _convolution(2),
    "UNet": lambda o: o.channels * (o.nin + o.nout)
    + 9 * (max(1, o.channels) * 2 ** max(0, min(o.depth, _DEEPEST))) ** 2,
    "RNN": _recurrent, "GRU": lambda o: 3 * _recurrent(o), "LSTM": lambda o: 4 * _recurrent(o),
    "MultiHeadAttention": _block, "EncoderBlock": _block, "DecoderBlock": _block,
    "Sublayer": lambda o: 2 * o.size,
    "TransformerEncoder": lambda o: o.layers * _block(o),
    "TransformerDecoder": lambda o: o.layers * _block(o),
    "LearnedPositions": lambda o: o.length * o.size,
    "TokenEmbedding": lambda o: (o.count + o.length) * o.size,
    "LanguageModel": _tokens, "Transformer": _tokens,
    "Graph": lambda o: o.nodes - 2 * len(o.all.get("edges") or []) - _MOST_ALONE,
    "GraphAttention": lambda o: max(1, o.heads) * o.nin * o.nout,
    "RestrictedBoltzmann": lambda o: o.visible * o.hidden,
}  # fmt: skip


def size(description: Any) -> int:
    """Return how many numbers a model of that description has at least, without building it.

    A graph has none; more than a million nodes without edges count, for they take memory too.

    >>> size({"class": "MLP", "nin": 2, "nouts": [16, 1], "activation": "relu"})
    48
    """
    if isinstance(description, list):
        return sum(map(size, description))
    if not isinstance(description, dict):
        return 0
    least = _LEAST.get(str(description.get("class")))
    own = least(_Options(description)) if least else 0
    return max(0, own) + sum(map(size, description.values()))
