"""Write optimizers.json: PyTorch's parameters after each of 25 steps, in float64.

Run with an interpreter that has torch: `python make_optimizers.py`. The gradients are given, not
computed, so that the numbers judge the update rules and nothing else.
"""

import json
import random
from pathlib import Path

import torch

STEPS, START = 25, [0.5, -1.5, 2.0, 0.0]
source = random.Random(4)
GRADIENTS = [[source.gauss(0, 3**place) for place in range(len(START))] for _ in range(STEPS)]

CASES = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "weight_decay": 0.05}),
    ("SGD", {"lr": 0.1, "momentum": 0.9}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.05}),
    ("SGD", {"lr": 0.1, "clip": 1.5}),
    ("SGD", {"lr": 0.1, "clip_norm": 1.5}),
    ("Adagrad", {"lr": 0.1}),
    ("Adagrad", {"lr": 0.1, "eps": 1e-3, "weight_decay": 0.05}),
    ("RMSprop", {"lr": 0.1}),
    ("RMSprop", {"lr": 0.1, "alpha": 0.8, "eps": 1e-3, "weight_decay": 0.05}),
    ("RMSprop", {"lr": 0.1, "momentum": 0.9}),
    ("RMSprop", {"lr": 0.1, "centered": True}),
    ("RMSprop", {"lr": 0.1, "centered": True, "momentum": 0.5}),
    ("Adam", {"lr": 0.1}),
    ("Adam", {"lr": 0.1, "betas": [0.8, 0.95], "eps": 1e-3, "weight_decay": 0.05}),
    ("Adam", {"lr": 0.1, "clip_norm": 1.5, "weight_decay": 0.05}),
    ("AdamW", {"lr": 0.1}),
    ("AdamW", {"lr": 0.1, "betas": [0.8, 0.95], "eps": 1e-3, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.1, "amsgrad": True}),
    ("Adam", {"lr": 0.1, "amsgrad": True, "betas": [0.8, 0.6], "weight_decay": 0.05}),
]


def path(name: str, options: dict) -> list[list[float]]:
    p = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    own = {key: x for key, x in options.items() if not key.startswith("clip")}
    optimizer = getattr(torch.optim, name)([p], foreach=False, **own)
    points = []
    for gradient in GRADIENTS:
        p.grad = torch.tensor(gradient, dtype=torch.float64)
        if "clip" in options:
            torch.nn.utils.clip_grad_value_([p], options["clip"])
        if "clip_norm" in options:
            torch.nn.utils.clip_grad_norm_([p], options["clip_norm"])
        optimizer.step()
        points.append(p.tolist())
    return points


if __name__ == "__main__":
    numbers = {
        "made by": f"make_optimizers.py with torch {torch.__version__}",
        "start": START,
        "gradients": GRADIENTS,
        "cases": [{"name": n, "options": o, "path": path(n, o)} for n, o in CASES],
    }
    text = (
        json.dumps(numbers).replace('{"name"', '\n{"name"').replace('"gradients"', '\n"gradients"')
    )
    Path(__file__).with_name("optimizers.json").write_text(text + "\n")
