"""Write schedules.json: PyTorch's learning rate at 31 times, beginning before the first step.

Run with an interpreter that has torch: `python make_schedules.py`.
"""

import json
from pathlib import Path

import torch
from torch.optim import lr_scheduler as schedulers

STEPS, RATE = 30, 0.4
LOSSES = [3.0, 2.0, 1.5, 1.5, 1.6, 1.49999, 1.4, 1.41, 1.42, 1.43, 1.3, 1.3, 1.3, 1.3, 1.3, 1.2,
          1.25, 1.3, 1.1, 1.2, 1.2, 1.2, 1.2, 1.2, 1.2, 1.05, 1.2, 1.2, 1.2, 1.2]  # fmt: skip
LINEAR = {"start_factor": 0.2, "end_factor": 1.0, "total_iters": 6}

CASES = [
    ("StepLR", {"step_size": 4, "gamma": 0.7}),
    ("MultiStepLR", {"milestones": [3, 4, 20], "gamma": 0.3}),
    ("ExponentialLR", {"gamma": 0.93}),
    ("PolynomialLR", {"total_iters": 20, "power": 1.0}),
    ("PolynomialLR", {"total_iters": 30, "power": 2.5}),
    ("CosineAnnealingLR", {"T_max": 30, "eta_min": 0.0}),
    ("CosineAnnealingLR", {"T_max": 30, "eta_min": 0.04}),
    ("CosineAnnealingWarmRestarts", {"T_0": 7}),
    ("CosineAnnealingWarmRestarts", {"T_0": 3, "T_mult": 2, "eta_min": 0.04}),
    ("OneCycleLR", {"max_lr": RATE, "total_steps": 31, "cycle_momentum": False}),
    ("OneCycleLR", {"max_lr": RATE, "total_steps": 31, "pct_start": 0.43, "div_factor": 10.0,
                    "final_div_factor": 100.0, "anneal_strategy": "linear"}),
    ("OneCycleLR", {"max_lr": RATE, "total_steps": 31}),
    ("LinearLR", LINEAR),
    ("LinearLR, CosineAnnealingLR", {"T_max": 24, "eta_min": 0.0}),
    ("ReduceLROnPlateau", {"factor": 0.5, "patience": 2}),
    ("ReduceLROnPlateau", {"factor": 0.5, "patience": 1, "cooldown": 2, "threshold": 0.05}),
    ("ReduceLROnPlateau", {"factor": 0.2, "patience": 1, "min_lr": 0.02}),
    ("ReduceLROnPlateau", {"factor": 0.5, "patience": 1, "mode": "max"}),
]  # fmt: skip


def path(name: str, options: dict) -> tuple[list[float], list[float]]:
    p = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([p], lr=RATE, momentum=0.5)
    if name == "LinearLR, CosineAnnealingLR":
        first = schedulers.LinearLR(optimizer, **LINEAR)
        then = schedulers.CosineAnnealingLR(optimizer, **options)
        schedule = schedulers.SequentialLR(optimizer, [first, then], [6])
    else:
        schedule = getattr(schedulers, name)(optimizer, **options)
    group = optimizer.param_groups[0]
    rates, momenta = [group["lr"]], [group["momentum"]]
    for loss in LOSSES:
        optimizer.step()
        schedule.step(loss) if name == "ReduceLROnPlateau" else schedule.step()
        rates.append(group["lr"])
        momenta.append(group["momentum"])
    return rates, momenta


if __name__ == "__main__":
    assert len(LOSSES) == STEPS
    cases = []
    for name, options in CASES:
        rates, momenta = path(name, options)
        cases.append({"name": name, "options": options, "rates": rates, "momenta": momenta})
    numbers = {
        "made by": f"make_schedules.py with torch {torch.__version__}",
        "rate": RATE,
        "losses": LOSSES,
        "cases": cases,
    }
    text = json.dumps(numbers).replace('{"name"', '\n{"name"')
    Path(__file__).with_name("schedules.json").write_text(text + "\n")
