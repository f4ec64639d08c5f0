"""Write convolutional.json: outputs and gradients of PyTorch's layers in float64, for nn to agree with.

Run with PyTorch installed: `python convolutional.py`. Each case holds the parameters (one tensor
after another, in the order of nn's `parameters()`), samples x, weights c for the outputs of a
sample, and what PyTorch says: outputs y, and the gradients of the sum of c * y over all samples.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
from torch import nn

torch.set_default_dtype(torch.float64)
torch.manual_seed(5)
CASES: dict[str, dict] = {}


def few_digits(*shape):
    """Return random numbers that are short in a file."""
    return torch.round(torch.randn(*shape) * 1000) / 1000


def add(name, module, *shape, samples=2):
    """Add a case: the module, its parameters drawn anew, called with samples of a shape."""
    with torch.no_grad():
        for p in module.parameters():
            p.copy_(few_digits(*p.shape))
    x = few_digits(samples, *shape).requires_grad_()
    y = module(x)
    c = few_digits(*y.shape[1:])
    (c * y).sum().backward()
    CASES[name] = {
        "parameters": [number for p in module.parameters() for number in p.flatten().tolist()],
        "x": x.tolist(),
        "c": c.tolist(),
        "y": y.tolist(),
        "x_grad": x.grad.tolist(),
        "grads": [number for p in module.parameters() for number in p.grad.flatten().tolist()],
    }


add("conv1d", nn.Conv1d(2, 3, 3), 2, 6)
add("conv1d, all options", nn.Sequential(
    nn.Conv1d(2, 2, 2, stride=2, padding=3, dilation=3, bias=False), nn.Tanh()), 2, 7)  # fmt: skip
add("conv1d, same, even kernel", nn.Conv1d(1, 2, 4, padding="same"), 1, 5)
add("conv2d", nn.Conv2d(2, 3, 3), 2, 4, 5)
add(
    "conv2d, pairs",
    nn.Conv2d(2, 2, (2, 3), stride=(2, 1), padding=(1, 0), dilation=(1, 2)),
    2,
    5,
    6,
)
add("conv2d, same", nn.Conv2d(1, 2, (3, 2), padding="same", dilation=(1, 3)), 1, 4, 4)
add("conv2d, prelu", nn.Sequential(nn.Conv2d(1, 2, 2, padding=1), nn.PReLU(2)), 1, 3, 3)
add("conv2d, 1 by 1", nn.Conv2d(3, 2, 1), 3, 2, 3)
add("transposed1d", nn.ConvTranspose1d(2, 3, 3, stride=2), 2, 4)
add("transposed1d, all options", nn.Sequential(
    nn.ConvTranspose1d(2, 2, 3, stride=3, padding=2, output_padding=1, dilation=2, bias=False),
    nn.Sigmoid()), 2, 3)  # fmt: skip
add("transposed2d, doubling", nn.ConvTranspose2d(3, 2, 2, stride=2), 3, 2, 3)
add("transposed2d, pairs", nn.ConvTranspose2d(
    2, 2, (3, 2), stride=(2, 1), padding=(1, 0), output_padding=(1, 0), dilation=(1, 2)), 2, 3, 2)  # fmt: skip
add("max pool 1d", nn.MaxPool1d(3, 2, 1), 2, 7)
add("max pool 2d", nn.MaxPool2d(2), 2, 5, 4)
add("max pool 2d, pairs", nn.MaxPool2d((3, 2), stride=(1, 2), padding=(1, 1)), 2, 4, 4)
add("avg pool 1d", nn.AvgPool1d(2), 2, 7)
add("avg pool 2d, pairs", nn.AvgPool2d((3, 2), stride=(1, 2), padding=(1, 1)), 2, 4, 4)
add("global avg pool", nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()), 3, 2, 3)
add("global max pool", nn.Sequential(nn.AdaptiveMaxPool1d(1), nn.Flatten()), 3, 4)
add("upsample 1d", nn.Upsample(scale_factor=2), 2, 3)
add("upsample 2d", nn.Upsample(scale_factor=3), 2, 2, 1)
add("lenet", nn.Sequential(
    nn.Conv2d(1, 2, 3, padding="same"), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(2, 3, 2), nn.Tanh(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(3, 2)), 1, 6, 6)  # fmt: skip


class UNet(nn.Module):
    """The U-Net of one and of two levels, with padded borders, in torch's own layers."""

    def __init__(self, nin, nout, channels, depth):
        super().__init__()

        def twice(many, few):
            return nn.Sequential(
                nn.Conv2d(many, few, 3, padding=1), nn.ReLU(),
                nn.Conv2d(few, few, 3, padding=1), nn.ReLU(),
            )  # fmt: skip

        widths = [channels * 2**level for level in range(depth)]
        self.down = nn.ModuleList(
            [twice(a, b) for a, b in zip([nin, *widths], widths, strict=False)]
        )
        self.bottom = twice(widths[-1], 2 * widths[-1])
        self.grow = nn.ModuleList([nn.ConvTranspose2d(2 * w, w, 2, 2) for w in widths[::-1]])
        self.up = nn.ModuleList([twice(2 * w, w) for w in widths[::-1]])
        self.output = nn.Conv2d(channels, nout, 1)

    def forward(self, x):
        """Return the output for a batch of images."""
        seen = []
        for convolutions in self.down:
            x = convolutions(x)
            seen.append(x)
            x = nn.functional.max_pool2d(x, 2)
        x = self.bottom(x)
        for grow, convolutions in zip(self.grow, self.up, strict=True):
            x = convolutions(torch.cat([seen.pop(), grow(x)], dim=1))
        return self.output(x)


add("unet, one level", UNet(2, 2, 2, 1), 2, 2, 4)
add("unet, two levels", UNet(1, 1, 1, 2), 1, 4, 4, samples=1)

if __name__ == "__main__":
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(case)}" for name, case in CASES.items())
    text = f'{{\n"source": "PyTorch {torch.__version__}, float64",\n{lines}\n}}\n'
    Path(__file__).with_name("convolutional.json").write_text(text)
