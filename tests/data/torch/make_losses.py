"""Write losses.json: values and gradients of PyTorch's losses in float64 (`python make_losses.py`).

Run by hand where torch is installed; the tests read only the JSON. The gradient is that of the sum
of the losses for reduction "none", by the outputs alone.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
from torch.nn import functional

torch.manual_seed(20240405)
CASES: list[dict] = []


def case(loss, function, outputs, targets, **options):
    for reduction in ("mean", "sum", "none"):
        y = torch.tensor(outputs, dtype=torch.float64, requires_grad=True)
        t = torch.tensor(
            targets, dtype=None if loss in OF_A_CLASS and index(targets) else torch.float64
        )
        value = function(y, t, reduction)
        (gradient,) = torch.autograd.grad(value.sum(), y)
        CASES.append(
            {"loss": loss, "options": options, "reduction": reduction, "outputs": outputs,
             "targets": targets, "value": value.tolist(), "gradient": gradient.tolist()}
        )  # fmt: skip


def index(targets):
    return isinstance(targets, int) or isinstance(targets[0], int)


def reduced(losses, reduction):
    return {"mean": losses.mean, "sum": losses.sum, "none": losses.clone}[reduction]()


def normal(*shape, scale=1.0):
    return (torch.randn(*shape, dtype=torch.float64) * scale).tolist()


OF_A_CLASS = ("cross_entropy", "negative_log_likelihood", "multiclass_hinge")
NUMBERS = [
    (normal(7), normal(7)),
    (normal(3, 2), normal(3, 2)),
    ([1.0, -1.0, 0.0, 3.0, 0.5], [1.0, -1.0, 0.0, 3.0, 0.0]),  # ties
    ([2.0, -1.5, 1e6, -1e6, 1e-9], [1.0, -0.5, 0.0, 0.0, 0.0]),  # at delta = 1; huge and tiny
]
for outputs, targets in NUMBERS:
    case(
        "mean_squared_error",
        lambda y, t, r: functional.mse_loss(y, t, reduction=r),
        outputs,
        targets,
    )
    case(
        "mean_absolute_error",
        lambda y, t, r: functional.l1_loss(y, t, reduction=r),
        outputs,
        targets,
    )
    for delta in (1.0, 0.3):
        case("huber", lambda y, t, r, d=delta: functional.huber_loss(y, t, reduction=r, delta=d),
             outputs, targets, delta=delta)  # fmt: skip


def log_cosh(y, t, r):  # PyTorch has none; in float64 this is good to 1e-16 absolutely
    e = (y - t).abs()
    return reduced(
        e + functional.softplus(-2 * e, threshold=1e9) - torch.log(torch.tensor(2.0).double()), r
    )


for outputs, targets in (NUMBERS[0], NUMBERS[1], ([1e6, -700.0, 1.0], [0.0, 0.0, 0.0])):
    case("log_cosh", log_cosh, outputs, targets)

SIGNS = [(normal(6, scale=2), [1.0, -1.0, -1.0, 1.0, 1.0, -1.0]),
         ([1.0, -1.0, 0.0, 1000.0, -1000.0], [1.0, -1.0, 1.0, -1.0, -1.0])]  # fmt: skip
for outputs, targets in SIGNS:
    case("hinge", lambda y, t, r: reduced(torch.relu(1 - t * y), r), outputs, targets)
    case("squared_hinge", lambda y, t, r: reduced(torch.relu(1 - t * y) ** 2, r), outputs, targets)

LOGITS = [
    (normal(4), 2),
    (normal(5, 3, scale=3), [0, 2, 1, 1, 0]),
    ([[1000.0, -1000.0, 0.0], [1000.0, -1000.0, 0.0], [5.0, 5.0, 5.0]], [0, 1, 2]),
]
SOFT = [
    (normal(3), [0.25, 0.5, 0.25]),
    (normal(2, 3, scale=3), [[0.1, 0.2, 0.7], [0.0, 1.0, 0.0]]),
    ([[1000.0, -1000.0, 0.0], [-1000.0, -1000.0, 1000.0]], [[0.5, 0.25, 0.25], [0.0, 0.0, 1.0]]),
]
for outputs, targets in LOGITS + SOFT:
    classes = len(outputs[0]) if isinstance(outputs[0], list) else len(outputs)
    for smoothing in (0.0, 0.1):
        for weights in (None, [0.5, 2.0, 0.25, 3.0][:classes]):
            if weights and not isinstance(outputs[0], list):
                continue  # "mean" of one sample would divide its weight out again
            options = {"label_smoothing": smoothing} | (
                {"class_weights": weights} if weights else {}
            )
            w = torch.tensor(weights, dtype=torch.float64) if weights else None
            case("cross_entropy",
                 lambda y, t, r, w=w, s=smoothing: functional.cross_entropy(y, t, w, reduction=r, label_smoothing=s),
                 outputs, targets, **options)  # fmt: skip
for outputs, targets in LOGITS:
    logs = torch.tensor(outputs, dtype=torch.float64).log_softmax(-1).tolist()
    case(
        "negative_log_likelihood",
        lambda y, t, r: functional.nll_loss(y, t, reduction=r),
        logs,
        targets,
    )
    if isinstance(outputs[0], list):
        weights = [0.5, 2.0, 0.25]
        w = torch.tensor(weights, dtype=torch.float64)
        case("negative_log_likelihood", lambda y, t, r, w=w: functional.nll_loss(y, t, w, reduction=r),
             logs, targets, class_weights=weights)  # fmt: skip
    for margin in (1.0, 0.5):
        case("multiclass_hinge",
             lambda y, t, r, m=margin: functional.multi_margin_loss(y, t, margin=m, reduction=r),
             outputs, targets, margin=margin)  # fmt: skip
case("multiclass_hinge", lambda y, t, r: functional.multi_margin_loss(y, t, reduction=r),
     [[1.0, 2.0, 0.0], [0.0, 0.0, 0.0]], [1, 0])  # a score exactly at the margin  # fmt: skip

for outputs, targets in SOFT:
    logs = torch.tensor(outputs, dtype=torch.float64).log_softmax(-1).tolist()

    def divergence(y, t, r):
        each = functional.kl_div(y, t, reduction="none").sum(-1)  # a sample is a row
        return reduced(each, r)

    case("kullback_leibler", divergence, logs, targets)

BITS = [(normal(6, scale=3), [1.0, 0.0, 0.0, 1.0, 0.3, 0.9]),
        ([1000.0, -1000.0, 1000.0, -1000.0, 0.0, 40.0], [1.0, 0.0, 0.0, 1.0, 0.5, 1.0])]  # fmt: skip
for outputs, targets in BITS:
    for weight in (1.0, 2.5):
        w = torch.tensor(weight, dtype=torch.float64)
        case("binary_cross_entropy_with_logits",
             lambda y, t, r, w=w: functional.binary_cross_entropy_with_logits(y, t, pos_weight=w, reduction=r),
             outputs, targets, positive_weight=weight)  # fmt: skip
case("binary_cross_entropy", lambda y, t, r: functional.binary_cross_entropy(y, t, reduction=r),
     torch.rand(6).double().tolist(), BITS[0][1])  # fmt: skip
case("binary_cross_entropy", lambda y, t, r: functional.binary_cross_entropy(y, t, reduction=r),
     [1e-9, 1 - 1e-9, 0.5, 1e-9], [0.0, 1.0, 0.5, 1.0])  # fmt: skip

for outputs, targets in [(normal(3), normal(3)), (normal(4, 3), normal(4, 3)),
                         ([[3.0, 4.0], [3.0, 4.0]], [[3.0, 4.0], [-3.0, -4.0]])]:  # fmt: skip
    case("cosine_distance",
         lambda y, t, r: reduced(1 - functional.cosine_similarity(y, t, dim=-1), r), outputs, targets)  # fmt: skip

# two inputs: the gradient is that of the first; long vectors, as PyTorch adds 1e-12 to their squares
FIRST, SECOND = normal(4, 3, scale=50), normal(4, 3, scale=50)
second = torch.tensor(SECOND, dtype=torch.float64)
for margin in (0.0, 0.25):
    case("cosine_embedding",
         lambda y, t, r, m=margin: functional.cosine_embedding_loss(y, second, t, margin=m, reduction=r),
         FIRST, [1.0, -1.0, 1.0, -1.0], margin=margin)  # fmt: skip
    for each in CASES[-3:]:
        each["second"] = SECOND

weights = [*normal(5), 0.0]
p = torch.tensor(weights, dtype=torch.float64, requires_grad=True)
PENALTIES = []
for name, value, options in [
    ("l1_penalty", 0.3 * p.abs().sum(), {"strength": 0.3}),
    ("l2_penalty", 0.3 * (p * p).sum(), {"strength": 0.3}),
    ("elastic_penalty", 0.2 * p.abs().sum() + 0.7 * (p * p).sum(), {"l1": 0.2, "l2": 0.7}),
]:
    (gradient,) = torch.autograd.grad(value, p)
    PENALTIES.append({"penalty": name, "options": options, "parameters": weights,
                      "value": value.item(), "gradient": gradient.tolist()})  # fmt: skip

content = {
    "made by": f"PyTorch {torch.__version__}, float64",
    "losses": CASES,
    "penalties": PENALTIES,
}
lines = json.dumps(content).replace('{"loss"', '\n{"loss"').replace('{"penalty"', '\n{"penalty"')
Path(__file__).with_name("losses.json").write_text(lines + "\n")
print(f"{len(CASES)} losses, {len(PENALTIES)} penalties")
