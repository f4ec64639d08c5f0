"""Multi-layer perceptrons to and from `torch.nn.Sequential`, weight by weight."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from nn.exchange.steps import Array, Dense, Step, network_of, prelu_of, steps_of
from nn.layers.dropout import Dropout
from nn.layers.mlp import MLP
from nn.layers.prelu import PReLU
from nn.layers.sequential import Sequential
from nn.module import Module

# torch's class, ours by name, and the options with which both are the same function
_TORCH: list[tuple[str, str, dict[str, Any]]] = [
    ("Identity", "linear", {}),
    ("ELU", "elu", {"alpha": 1.0}),
    ("GELU", "gelu", {"approximate": "none"}),
    ("Hardtanh", "hardtanh", {"min_val": -1.0, "max_val": 1.0}),
    ("LeakyReLU", "leaky_relu", {"negative_slope": 0.01}),
    ("LogSigmoid", "logsigmoid", {}),
    ("LogSoftmax", "log_softmax", {"dim": -1}),
    ("Mish", "mish", {}),
    ("ReLU", "relu", {}),
    ("SELU", "selu", {}),
    ("Sigmoid", "sigmoid", {}),
    ("SiLU", "silu", {}),
    ("SiLU", "swish", {}),
    ("Softmax", "softmax", {"dim": -1}),
    ("Softplus", "softplus", {"beta": 1.0, "threshold": 40.0}),
    ("Tanh", "tanh", {}),
]


def to_torch(model: Module) -> Any:
    """Return a `torch.nn.Sequential` with the model's weights in float64 and its mode.

    The model may be an MLP, a Layer, or a Sequential of these, activations, PReLU and Dropout; the
    result gives the same numbers to 1e-12. Raises ValueError for other parts, ImportError without
    the extra.
    """
    torch = _torch()
    parts: list[Any] = []
    for step in steps_of(model, "to_torch"):
        if isinstance(step, Dense):
            nout, nin = step.weights.shape
            has_bias = step.biases is not None
            # skip_init leaves torch's generator alone
            part = torch.nn.utils.skip_init(
                torch.nn.Linear, nin, nout, bias=has_bias, dtype=torch.float64
            )
            part.weight.data.copy_(torch.from_numpy(step.weights))
            if has_bias:
                part.bias.data.copy_(torch.from_numpy(step.biases))
        elif isinstance(step, Dropout):
            part = torch.nn.Dropout(step.p)
        elif isinstance(step, PReLU):
            part = torch.nn.PReLU(len(step.slopes), dtype=torch.float64)
            slopes = np.array([a.data for a in step.slopes], dtype=float)
            part.weight.data.copy_(torch.from_numpy(slopes))
        else:
            part = _torch_activation(step)
        parts.append(part)
    return torch.nn.Sequential(*parts).train(model.training)


def from_torch(module: Any) -> MLP | Sequential:
    """Return a model with the weights of a `torch.nn.Sequential` of Linear and activations.

    It is an MLP if the network has that form, else a Sequential; Dropout and PReLU are known too.
    float32 weights keep their values, while torch's own predictions with them are rounded to 7
    digits. Raises ValueError, naming it, for a part or an option that is not the same function
    here (such as Softplus that is cut off early), ImportError without the extra.
    """
    _torch()
    model = network_of(list(_torch_steps(module)), "from_torch")
    return model.train() if module.training else model.eval()


def _torch_activation(name: str) -> Any:
    torch = _torch()
    for theirs, ours, options in _TORCH:
        if ours == name:
            return getattr(torch.nn, theirs)(**options)
    raise ValueError(f"to_torch: the activation {name} has no module in torch.nn")


def _torch_steps(module: Any) -> Iterator[Step]:
    """Yield the weights and activations of a torch network in the order in which they act."""
    torch = _torch()
    if type(module) is torch.nn.Sequential:
        for inner in module:
            yield from _torch_steps(inner)
    elif type(module) is torch.nn.Linear:
        yield Dense(_floats(module.weight), None if module.bias is None else _floats(module.bias))
    elif type(module) is torch.nn.Dropout:
        yield Dropout(module.p)
    elif type(module) is torch.nn.PReLU:
        yield prelu_of(_floats(module.weight).tolist())
    else:
        yield from _torch_name(module)


def _torch_name(module: Any) -> list[str]:
    """Return the name of an activation, none for one that does nothing."""
    for theirs, ours, options in _TORCH:
        if type(module) is getattr(_torch().nn, theirs):
            for option, wanted in options.items():
                given = getattr(module, option)
                is_late = option == "threshold" and given >= 30  # there it differs by 1e-13
                if given != wanted and not is_late and not (option == "dim" and given == 1):
                    raise ValueError(
                        f"from_torch: {module!r} with {option}={given!r} is another function than "
                        f"{ours!r} here, which has {option}={wanted!r}"
                    )
            return [] if ours == "linear" else [ours]
    raise ValueError(
        f"from_torch: {module!r} has no counterpart here; known are Sequential, Linear, Dropout, "
        f"PReLU, {', '.join(sorted({theirs for theirs, _, _ in _TORCH}))}"
    )


def _floats(tensor: Any) -> Array:
    return np.array(tensor.detach().cpu().double().numpy())


def _torch() -> Any:
    try:
        import torch
    except ImportError as error:
        raise ImportError(
            'this needs PyTorch, which is missing: pip install "chalkgrad[torch]"'
        ) from error
    return torch
