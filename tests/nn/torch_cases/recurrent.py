"""Write recurrent.json: what PyTorch's RNN, LSTM and GRU compute in float64, with gradients.

Run it where torch is installed: `python tests/nn/torch_cases/recurrent.py`. Of torch's two biases the
second is zero, but for that of the GRU's new numbers, which the reset gate acts on.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch

ROWS, STEPS, INPUTS, HIDDEN = 2, 3, 3, 2
CASES = {
    "rnn": (torch.nn.RNN, {}),
    "rnn_relu": (torch.nn.RNN, {"nonlinearity": "relu"}),
    "lstm": (torch.nn.LSTM, {}),
    "gru": (torch.nn.GRU, {}),
    "rnn_stacked": (torch.nn.RNN, {"num_layers": 2}),
    "lstm_stacked": (torch.nn.LSTM, {"num_layers": 2}),
    "gru_stacked": (torch.nn.GRU, {"num_layers": 2}),
    "rnn_bidirectional": (torch.nn.RNN, {"bidirectional": True}),
    "lstm_bidirectional": (torch.nn.LSTM, {"bidirectional": True}),
    "gru_bidirectional": (torch.nn.GRU, {"bidirectional": True}),
    "lstm_packed": (torch.nn.LSTM, {"bidirectional": True}),
}
LENGTHS = [3, 2]  # of the packed sequences


def case(name: str, kind: type[torch.nn.RNNBase], options: dict[str, object]) -> dict[str, object]:
    """Return the parameters, inputs, outputs and gradients of one network."""
    model = kind(INPUTS, HIDDEN, batch_first=True, **options)
    with torch.no_grad():
        for key, p in model.named_parameters():
            p.copy_(torch.randn_like(p))
            if key.startswith("bias_hh"):
                p[: 2 * HIDDEN if kind is torch.nn.GRU else None] = 0
    x = torch.randn(ROWS, STEPS, INPUTS)
    directions = 2 if options.get("bidirectional") else 1
    layers = int(str(options.get("num_layers", 1)))
    start = torch.randn(layers * directions, ROWS, HIDDEN)
    given = (start, torch.randn_like(start)) if kind is torch.nn.LSTM else start
    first = None if layers * directions > 1 else given
    if name.endswith("packed"):
        packed = torch.nn.utils.rnn.pack_padded_sequence(
            x, torch.tensor(LENGTHS), batch_first=True, enforce_sorted=False
        )
        answer, _ = model(packed)
        outputs, _ = torch.nn.utils.rnn.pad_packed_sequence(answer, batch_first=True)
    else:
        outputs, _ = model(x, first)
    factors = torch.randn_like(outputs)
    (outputs * factors).sum(dim=(1, 2)).mean().backward()
    starts = [] if first is None else list(given) if isinstance(given, tuple) else [given]
    return {
        "x": x.tolist(),
        "start": [s[0].tolist() for s in starts],  # of every row, in torch's order; none is zeros
        "lengths": LENGTHS if name.endswith("packed") else [],
        "parameters": {key: p.tolist() for key, p in model.named_parameters()},
        "outputs": outputs.tolist(),
        "factors": factors.tolist(),  # the loss is the mean over rows of the sum of factor * output
        "gradients": {key: p.grad.tolist() for key, p in model.named_parameters()},
    }


def main() -> None:
    """Write all cases beside this file."""
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(0)
    found = {name: case(name, *of) for name, of in CASES.items()}
    path = Path(__file__).with_suffix(".json")
    text = ",\n".join(f"{json.dumps(name)}: {json.dumps(of)}" for name, of in found.items())
    path.write_text(f"{{\n{text}\n}}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
