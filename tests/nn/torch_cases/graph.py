"""Write graph.json: graph layers as dense formulas in PyTorch's float64, with gradients.

Run it where torch is installed: `python tests/nn/torch_cases/graph.py`. Each row has features and an
adjacency matrix A, with 1 on the diagonal for a node that is there; one graph has an isolated node,
one is filled up. Parameters are in the order of nn's `parameters()`. Numbers given have two
decimals; gradients are those of sum(factors * outputs) over all rows.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import torch

torch.set_default_dtype(torch.float64)
torch.manual_seed(5)
NODES, NIN, NOUT, HEADS = 4, 2, 3, 2
EDGES = [[(0, 1), (1, 2), (0, 2)], [(0, 1), (1, 2), (1, 3), (2, 3)], [(0, 2)]]
PRESENT = [4, 4, 3]  # node 3 of the first graph is isolated, that of the last is not there
F = torch.nn.functional
CASES: dict[str, dict[str, object]] = {}


def matrix(edges: list[tuple[int, int]], present: int) -> torch.Tensor:
    """Return the adjacency matrix, with 1 on the diagonal for nodes that are there."""
    a = torch.zeros(NODES, NODES)
    for i, j in [*edges, *((i, i) for i in range(present))]:
        a[i, j] = a[j, i] = 1
    return a


A = torch.stack([matrix(e, n) for e, n in zip(EDGES, PRESENT, strict=True)])
ALL = A - torch.diag_embed(A.diagonal(dim1=1, dim2=2)) + torch.eye(NODES)  # with every self-loop
OTHERS = ALL - torch.eye(NODES)


def rounded(*shape: int) -> torch.Tensor:
    """Return random numbers of two decimals."""
    return torch.randn(shape).mul(100).round() / 100


def add(
    name: str, function: Callable[..., torch.Tensor], shapes: list[tuple[int, ...]], by_neuron: bool
) -> None:
    """Add a case: function(x, *parameters), the parameters of these shapes."""
    x = rounded(len(A), NODES, NIN).requires_grad_()
    parameters = [rounded(*shape).requires_grad_() for shape in shapes]
    outputs = function(x, *parameters)
    factors = rounded(*outputs.shape)
    (factors * outputs).sum().backward()

    def listed(tensors: list[torch.Tensor]) -> list[float]:
        if by_neuron:  # a weight matrix and a bias: neuron by neuron, the bias last
            return torch.cat([tensors[0], tensors[1][:, None]], dim=1).flatten().tolist()
        return [number for tensor in tensors for number in tensor.flatten().tolist()]

    CASES[name] = {
        "x": x.tolist(),
        "parameters": listed([p.detach() for p in parameters]),
        "factors": factors.tolist(),
        "outputs": outputs.tolist(),
        "gradients": listed([p.grad for p in parameters]),
        "x gradient": x.grad.tolist(),
    }


def convolution(x: torch.Tensor, w: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Return tanh(D^-1/2 A D^-1/2 X W' + b)."""
    d = ALL.sum(dim=2)
    return torch.tanh((ALL / torch.sqrt(d[:, :, None] * d[:, None, :])) @ x @ w.T + b)


def messages(mean: bool) -> Callable[..., torch.Tensor]:
    """Return a layer on a node's own features beside the sum or mean of its neighbours'."""

    def layer(x: torch.Tensor, w: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        near = OTHERS @ x
        if mean:
            near = near / OTHERS.sum(dim=2, keepdim=True).clamp(min=1)
        return torch.sigmoid(torch.cat([x, near], dim=2) @ w.T + b)

    return layer


def attention(join: str) -> Callable[..., torch.Tensor]:
    """Return graph attention; parameters are W, left and right of each head, and the biases."""

    def layer(x: torch.Tensor, *parameters: torch.Tensor) -> torch.Tensor:
        found = []
        for w, left, right in zip(*[iter(parameters[:-1])] * 3, strict=True):
            h = x @ w.T
            scores = F.leaky_relu((h @ left)[:, :, None] + (h @ right)[:, None, :], 0.2)
            found.append(torch.softmax(scores.masked_fill(ALL == 0, -torch.inf), dim=2) @ h)
        joined = torch.cat(found, dim=2) if join == "concat" else torch.stack(found).mean(dim=0)
        return F.elu(joined + parameters[-1])

    return layer


def readout(how: str) -> Callable[..., torch.Tensor]:
    """Return the sum, mean or maximum of the nodes that are there."""

    def layer(x: torch.Tensor) -> torch.Tensor:
        there = A.diagonal(dim1=1, dim2=2)[:, :, None]
        if how == "max":
            return x.masked_fill(there == 0, -torch.inf).amax(dim=1)
        total = (x * there).sum(dim=1)
        return total / there.sum(dim=1) if how == "mean" else total

    return layer


def main() -> None:
    """Make all cases and write them."""
    add("convolution", convolution, [(NOUT, NIN), (NOUT,)], True)
    for name, mean in (("sum", False), ("mean", True)):
        add(f"messages, {name}", messages(mean), [(NOUT, 2 * NIN), (NOUT,)], True)
    head = [(NOUT, NIN), (NOUT,), (NOUT,)]
    add("attention, concat", attention("concat"), [*head * HEADS, (HEADS * NOUT,)], False)
    add("attention, mean", attention("mean"), [*head * HEADS, (NOUT,)], False)
    for how in ("sum", "mean", "max"):
        add(f"readout, {how}", readout(how), [], False)
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(case)}" for name, case in CASES.items())
    text = (f'{{\n"source": "PyTorch {torch.__version__}, float64",\n'
            f'"matrices": {json.dumps(A.tolist())},\n{lines}\n}}\n')  # fmt: skip
    Path(__file__).with_suffix(".json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
