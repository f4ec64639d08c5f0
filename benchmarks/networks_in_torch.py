"""The networks of the benchmark `architectures`, of PyTorch's modules, as its users write them.

This file runs inside PyTorch's own Python. Numbers come in the order of chalkgrad's parameters.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from benchmarks.problems.architectures import NODES, PLACES, SIZE, TOKENS, Step, edges

Loss = Callable[[Any, Any], Any]
np: Any = import_module("numpy")
torch: Any = import_module("torch")
functional: Any = torch.nn.functional


class Parameters:
    """Hand out numbers in order, as parameters, and collect their gradients in that order."""

    def __init__(self, numbers: Any) -> None:
        self.numbers = np.append(numbers, 0.0)  # the last, at -1, is for what is not trained
        self.at = 0
        self.made: list[tuple[Any, Any]] = []

    def places(self, *shape: int) -> Any:
        """Return the places of the next numbers, in that shape."""
        start, self.at = self.at, self.at + int(np.prod(shape))
        return np.arange(start, self.at).reshape(shape)

    def of(self, places: Any) -> Any:
        """Return the numbers at these places as one parameter."""
        self.made.append((torch.nn.Parameter(torch.tensor(self.numbers[places])), places))
        return self.made[-1][0]

    def next(self, *shape: int) -> Any:
        """Return the next numbers as one parameter."""
        return self.of(self.places(*shape))

    def gradient(self) -> Any:
        """Return what backward() left, in order."""
        flat = np.zeros(self.at + 1)
        for parameter, places in self.made:
            np.add.at(flat, places, parameter.grad.numpy())
        return flat[:-1]


def step(family: str, numbers: Any, X: Any, targets: Any, threads: int) -> Step:
    """Make the network with these numbers; a step is forward and backward."""
    torch.set_num_threads(threads)
    torch.set_default_dtype(torch.float64)
    parameters = Parameters(numbers)
    model, loss = NETWORKS[family](parameters)
    X, targets = torch.tensor(X), torch.tensor(targets)
    trained = [parameter for parameter, _ in parameters.made]

    def run() -> float:
        for parameter in trained:
            parameter.grad = None
        value = loss(model(X), targets)
        value.backward()
        return float(value.item())

    return Step(run, parameters.gradient)


def cnn(p: Parameters) -> tuple[Any, Loss]:
    """Return two convolutions with poolings, and a layer."""
    return torch.nn.Sequential(
        convolution(p, 1, 8), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
        convolution(p, 8, 16), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
        torch.nn.Flatten(), linear(p, 64, 10),
    ), functional.cross_entropy  # fmt: skip


def rnn(p: Parameters) -> tuple[Any, Loss]:
    """Return a recurrent network, and a layer on its last state."""
    return recurrent(p, torch.nn.RNN(1, 32, batch_first=True), [p.places(32, 1 + 32 + 1)])


def lstm(p: Parameters) -> tuple[Any, Loss]:
    """Return an LSTM, and a layer on its last state."""
    gates = [p.places(32, 2 + 32 + 1) for _ in range(4)]
    return recurrent(p, torch.nn.LSTM(2, 32, batch_first=True), gates)


def gru(p: Parameters) -> tuple[Any, Loss]:
    """Return a GRU, and a layer on its last state: its candidate has two biases."""
    gates = [p.places(32, 1 + 32 + 1) for _ in range(2)]
    candidate, memory = p.places(32, 1 + 1), p.places(32, 32 + 1)
    gates.append(np.concatenate([candidate[:, :-1], memory[:, :-1], candidate[:, -1:]], axis=1))
    return recurrent(p, torch.nn.GRU(1, 32, batch_first=True), gates, memory[:, -1])


def attention(p: Parameters) -> tuple[Any, Loss]:
    """Return self-attention alone."""
    module = torch.nn.MultiheadAttention(SIZE, 2, batch_first=True)
    fill_attention(p, module)
    return lambda x: module(x, x, x, need_weights=False)[0], functional.mse_loss


def transformer(p: Parameters) -> tuple[Any, Loss]:
    """Return a language model with learned positions."""
    table, positions = torch.nn.Embedding(TOKENS, SIZE), p.places(0)
    table.weight, positions = p.next(TOKENS, SIZE), p.next(PLACES, SIZE)
    layers = []
    for _ in range(2):
        layer = torch.nn.TransformerEncoderLayer(
            SIZE, 2, 4 * SIZE, dropout=0.0, batch_first=True, norm_first=True
        )
        fill_attention(p, layer.self_attn)
        fill_norm(p, layer.norm1)
        layer.linear1, layer.linear2 = linear(p, SIZE, 4 * SIZE), linear(p, 4 * SIZE, SIZE)
        fill_norm(p, layer.norm2)
        layers.append(layer)
    norm = torch.nn.LayerNorm(SIZE)
    fill_norm(p, norm)
    output = linear(p, SIZE, TOKENS)
    mask = torch.nn.Transformer.generate_square_subsequent_mask(PLACES)

    def model(x: Any) -> Any:
        x = table(x) + positions
        for layer in layers:
            x = layer(x, src_mask=mask, is_causal=True)
        return output(norm(x))

    return model, lambda y, t: functional.cross_entropy(y.flatten(0, 1), t.flatten())


def residual(p: Parameters) -> tuple[Any, Loss]:
    """Return fifty layers, each with a skip."""
    first, *layers = linear(p, 2, 16), *[linear(p, 16, 16) for _ in range(50)]
    last = linear(p, 16, 2)

    def model(x: Any) -> Any:
        x = first(x).relu()
        for layer in layers:
            x = x + layer(x).relu()
        return last(x)

    return model, functional.cross_entropy


def unet(p: Parameters) -> tuple[Any, Loss]:
    """Return a U-Net that tells a shape from what surrounds it."""

    def twice(nin: int, nout: int) -> Any:
        return torch.nn.Sequential(
            convolution(p, nin, nout), torch.nn.ReLU(), convolution(p, nout, nout), torch.nn.ReLU()
        )

    down, bottom, pool = twice(1, 8), twice(8, 16), torch.nn.MaxPool2d(2)
    enlarge = torch.nn.ConvTranspose2d(16, 8, 2, stride=2)
    enlarge.weight, enlarge.bias = p.next(16, 8, 2, 2), p.next(8)
    up = twice(16, 8)
    output = convolution(p, 8, 1, size=1)

    def model(x: Any) -> Any:
        seen = down(x)
        return output(up(torch.cat([seen, enlarge(bottom(pool(seen)))], dim=1)))

    return model, functional.binary_cross_entropy_with_logits


def autoencoder(p: Parameters) -> tuple[Any, Loss]:
    """Return layers that become narrow and wide again."""
    relu = torch.nn.ReLU()
    return torch.nn.Sequential(
        linear(p, 64, 32), relu, linear(p, 32, 8), relu, linear(p, 8, 32), relu, linear(p, 32, 64)
    ), functional.mse_loss  # fmt: skip


def gnn(p: Parameters) -> tuple[Any, Loss]:
    """Return two graph convolutions."""
    near = torch.eye(NODES)
    for i, j in edges():
        near[i, j] = near[j, i] = 1
    scale = near.sum(0).rsqrt()
    near = scale[:, None] * near * scale
    first, second = linear(p, NODES, 16), linear(p, 16, 2)

    def model(x: Any) -> Any:
        return second(near @ first(near @ x).relu())

    return model, lambda y, t: functional.cross_entropy(y.flatten(0, 1), t.flatten())


def linear(p: Parameters, nin: int, nout: int) -> Any:
    """Return a layer whose numbers come neuron by neuron, each with its bias."""
    module, both = torch.nn.Linear(nin, nout), p.places(nout, nin + 1)
    module.weight, module.bias = p.of(both[:, :-1]), p.of(both[:, -1])
    return module


def convolution(p: Parameters, nin: int, nout: int, size: int = 3) -> Any:
    """Return a convolution that keeps the size."""
    module = torch.nn.Conv2d(nin, nout, size, padding="same")
    module.weight, module.bias = p.next(nout, nin, size, size), p.next(nout)
    return module


def recurrent(
    p: Parameters, module: Any, gates: list[Any], second_biases: Any = None
) -> tuple[Any, Loss]:
    """Return a recurrent module and a layer; a gate's numbers are inputs', state's, bias."""
    nin, hidden = module.input_size, module.hidden_size
    whole = np.concatenate(gates)
    biases = np.full(len(whole), -1)
    if second_biases is not None:
        biases[-hidden:] = second_biases
    module.weight_ih_l0, module.weight_hh_l0 = p.of(whole[:, :nin]), p.of(whole[:, nin:-1])
    module.bias_ih_l0, module.bias_hh_l0 = p.of(whole[:, -1]), p.of(biases)
    last = linear(p, hidden, 1)
    return lambda x: last(module(x)[0][:, -1])[:, 0], functional.mse_loss


def fill_attention(p: Parameters, module: Any) -> None:
    """Give attention its numbers: queries', keys', values', and the output's layer."""
    size = module.embed_dim
    whole = p.places(3 * size, size + 1)
    module.in_proj_weight, module.in_proj_bias = p.of(whole[:, :-1]), p.of(whole[:, -1])
    whole = p.places(size, size + 1)
    module.out_proj.weight, module.out_proj.bias = p.of(whole[:, :-1]), p.of(whole[:, -1])


def fill_norm(p: Parameters, module: Any) -> None:
    """Give a layer norm its numbers: scales, then places."""
    module.weight, module.bias = p.next(*module.weight.shape), p.next(*module.bias.shape)


NETWORKS = {
    f.__name__: f
    for f in (cnn, rnn, lstm, gru, attention, transformer, residual, unet, autoencoder, gnn)
}
