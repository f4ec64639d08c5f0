"""Write layers.json: outputs and gradients of PyTorch's layers in float64, for nn to agree with.

Run with PyTorch installed: `python make_layers.py`. Each case holds the parameters (in the order
of nn's `parameters()`: neuron by neuron, weights, bias, slope), the rows of input, weights c for
the outputs, and what PyTorch says: outputs y, and the gradients of sum(c * y).
"""

from __future__ import annotations

import json
import random
from pathlib import Path

import torch

torch.set_default_dtype(torch.float64)
torch.manual_seed(4)
F = torch.nn.functional
CASES: dict[str, dict] = {}


def flat(*modules):
    """Return the parameters of torch's modules as (tensor, index) pairs in nn's order."""
    found = []
    for k, m in enumerate(modules):
        if isinstance(m, torch.nn.Linear):
            slopes = (
                modules[k + 1].weight
                if k + 1 < len(modules) and isinstance(modules[k + 1], torch.nn.PReLU)
                else None
            )
            for i in range(m.out_features):
                found += [(m.weight, (i, j)) for j in range(m.in_features)]
                found += [(m.bias, (i,))] if m.bias is not None else []
                if slopes is not None and len(slopes) > 1:
                    found.append((slopes, (i,)))
        elif isinstance(m, torch.nn.Embedding):
            found += [
                (m.weight, (i, j)) for i in range(m.num_embeddings) for j in range(m.embedding_dim)
            ]
        elif isinstance(m, torch.nn.PReLU):
            found += [(m.weight, (0,))] if len(m.weight) == 1 else []
        else:
            n = len(m.weight)
            found += [(m.weight, (i,)) for i in range(n)] + [(m.bias, (i,)) for i in range(n)]
    return found


def add(name, function, modules, x, **also):
    """Add a case: function of the rows x, made with modules, whose parameters are randomised."""
    x = x.clone().requires_grad_(x.is_floating_point())
    places = flat(*modules)
    for m in modules:
        m.zero_grad()
    y = function(x)
    c = torch.randn_like(y)
    (c * y).sum().backward()
    CASES[name] = {
        "parameters": [t[i].item() for t, i in places],
        "x": x.tolist(),
        "c": c.tolist(),
        "y": y.tolist(),
        "x_grad": x.grad.tolist() if x.grad is not None else None,
        "grads": [t.grad[i].item() for t, i in places],
        **also,
    }


def randomised(module):
    """Return a module with all parameters drawn anew: norms start at 1 and 0, which tells little."""
    for p in module.parameters():
        torch.nn.init.normal_(p)
    return module


ELEMENTWISE = {
    "linear": lambda t: t, "elu": F.elu, "gelu": F.gelu, "hardtanh": F.hardtanh,
    "leaky_relu": F.leaky_relu, "logsigmoid": F.logsigmoid, "mish": F.mish, "relu": F.relu,
    "selu": F.selu, "sigmoid": torch.sigmoid, "silu": F.silu, "softplus": F.softplus,
    "swish": F.silu, "tanh": torch.tanh, "softmax": lambda t: F.softmax(t, -1),
    "log_softmax": lambda t: F.log_softmax(t, -1),
}  # fmt: skip
for name, function in ELEMENTWISE.items():
    linear = randomised(torch.nn.Linear(3, 4))
    add(f"layer {name}", lambda x, f=function, m=linear: f(m(x)), [linear], torch.randn(5, 3))

for name, count in (("prelu", 4), ("shared prelu", 1)):
    linear, prelu = randomised(torch.nn.Linear(3, 4)), randomised(torch.nn.PReLU(count))
    modules = [linear, prelu]
    add(f"layer {name}", lambda x, m=modules: m[1](m[0](x)), modules, torch.randn(5, 3))

linear = randomised(torch.nn.Linear(3, 4, bias=False))
add("layer without bias", linear, [linear], torch.randn(5, 3))

norm = randomised(torch.nn.LayerNorm(4))
add("layer norm", norm, [norm], torch.randn(3, 4) * 3 + 1)

norm = randomised(torch.nn.BatchNorm1d(3))
for turn in (1, 2):
    add(f"batch norm, training {turn}", norm, [norm], torch.randn(4, 3) * 2 + 1)
    CASES[f"batch norm, training {turn}"]["buffers"] = [
        *norm.running_mean.tolist(), *norm.running_var.tolist()
    ]  # fmt: skip
norm.eval()
add("batch norm, use", norm, [norm], torch.randn(2, 3))

table = randomised(torch.nn.Embedding(5, 3))
add("embedding", lambda x: table(x).flatten(1), [table], torch.tensor([[4, 0], [1, 4], [4, 4]]))

linear = randomised(torch.nn.Linear(3, 3))
add("residual", lambda x: x + torch.tanh(linear(x)), [linear], torch.randn(2, 3))
inner, projection = randomised(torch.nn.Linear(3, 2)), randomised(torch.nn.Linear(3, 2, bias=False))
add("residual with projection", lambda x: projection(x) + torch.tanh(inner(x)),
    [inner, projection], torch.randn(2, 3))  # fmt: skip


def masks(seed, p, rows, width):
    """Return what a Dropout multiplies with: one draw per number, row by row."""
    draw = random.Random(seed).random
    return torch.tensor(
        [[0.0 if draw() < p else 1 / (1 - p) for _ in range(width)] for _ in range(rows)]
    )


linear = randomised(torch.nn.Linear(3, 6))
add("dropout, training", lambda x: masks(7, 0.25, 5, 6) * linear(x), [linear], torch.randn(5, 3))
add(
    "dropout, use",
    lambda x: F.dropout(linear(x), 0.25, training=False),
    [linear],
    torch.randn(5, 3),
)

first, norm, last = (randomised(m) for m in (
    torch.nn.Linear(3, 6), torch.nn.BatchNorm1d(6), torch.nn.Linear(6, 3)))  # fmt: skip
modules = [first, norm, last]
add("network, training",
    lambda x: F.log_softmax(last(masks(9, 0.5, 5, 6) * torch.relu(norm(first(x)))), -1),
    modules, torch.randn(5, 3))  # fmt: skip
CASES["network, training"]["buffers"] = [*norm.running_mean.tolist(), *norm.running_var.tolist()]
norm.eval()
add("network, use", lambda x: F.log_softmax(last(torch.relu(norm(first(x)))), -1),
    modules, torch.randn(5, 3))  # fmt: skip

modules = [randomised(torch.nn.Linear(i, o)) for i, o in ((2, 4), (4, 4), (4, 1))]
add("mlp", torch.nn.Sequential(modules[0], torch.nn.ReLU(), modules[1], torch.nn.ReLU(), modules[2]),
    modules, torch.randn(6, 2))  # fmt: skip

if __name__ == "__main__":
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(case)}" for name, case in CASES.items())
    text = f'{{\n"source": "PyTorch {torch.__version__}, float64",\n{lines}\n}}\n'
    Path(__file__).with_name("layers.json").write_text(text)
