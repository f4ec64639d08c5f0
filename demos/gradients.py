"""Are the gradients right? Those of the trained network against differences at 50 digits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from rich.table import Table

import nn
from autograd import Value, gradients
from demos._iris_data import Samples
from demos._iris_training import trained
from demos._progress import progress
from demos._report import Report, console

DIGITS = 50
SAMPLES, QUICK_SAMPLES = 20, 4


@dataclass(frozen=True)
class Error:
    """Hold how far a gradient is from its reference.

    In units of its last place, relative, and as a share of what rounding may do there.
    """

    ulp: float
    relative: float
    share: float


def main(out: Path, quick: bool) -> Report:
    """Compare the gradients of the loss of test flowers, one by one, and print a table."""
    report = Report()
    result = trained(quick)
    flowers = result.data.test[:: len(result.data.test) // (QUICK_SAMPLES if quick else SAMPLES)]
    try:
        errors = compare(result.model, flowers)
    except ImportError as error:
        report.problem(f"the gradients were not checked: {error}")
        return report
    groups = groups_of(result.model)
    table = Table(
        "parameters", "count", "worst\nulp", "median\nulp", "worst\nrelative",
        "worst share\nof bound", "verdict",
        title=f"gradients of the loss of each of {len(flowers)} flowers",
    )  # fmt: skip
    for name, group in groups.items():
        all_errors = [error for p in group for error in errors[p]]
        ulps, relatives = [e.ulp for e in all_errors], [e.relative for e in all_errors]
        shares = [e.share for e in all_errors]
        right = all(s <= 1 for s in shares)  # nan is wrong
        table.add_row(
            name, str(len(all_errors)), f"{max(ulps):.1f}", f"{median(ulps):.2f}",
            f"{max(relatives):.1e}", f"{max(shares):.1%}", "right" if right else "WRONG",
        )  # fmt: skip
        if not right:
            report.problem(f"{name}: a gradient is off by {max(relatives):.1e}, relative")
    console.print(table)
    console.print(
        f"The reference: each operation computed again with {DIGITS} digits and differentiated "
        "by differences there; none of the engine's derivatives is used. The bound: what rounding "
        "can do to each gradient, found by error analysis of its own graph, times 16."
    )
    return report


def compare(model: nn.MLP, flowers: Samples) -> dict[Value, list[Error]]:
    """Return for each parameter the errors of its gradient, one per flower.

    Raises ImportError without the extra that brings mpmath.
    """
    from autograd.check import reference_gradients, ulps
    from autograd.check.rounding import gradient_bounds

    parameters = model.parameters()
    errors: dict[Value, list[Error]] = {p: [] for p in parameters}
    with progress("checking", len(flowers)) as advance:
        for x, label in flowers:
            loss = nn.cross_entropy(model(x), label)
            found = gradients(loss, parameters)
            expected = reference_gradients(loss, parameters, digits=DIGITS)
            bounds = gradient_bounds(loss, parameters)
            assert bounds is not None  # every partial here can be recorded
            for p, g, reference, bound in zip(parameters, found, expected, bounds, strict=True):
                share = float(abs(g - reference)) / bound
                errors[p].append(Error(ulps(g, reference), relative(g, reference), share))
            advance("flowers")
    return errors


def groups_of(model: nn.MLP) -> dict[str, list[Value]]:
    """Return the weights and the biases of every layer under a name."""
    groups: dict[str, list[Value]] = {}
    for i, layer in enumerate(model.layers, 1):
        groups[f"layer {i} weights"] = [w for neuron in layer.neurons for w in neuron.w]
        groups[f"layer {i} biases"] = [n.b for n in layer.neurons if n.b is not None]
    return groups


def relative(found: float, reference: Any) -> float:
    """Return |found - reference| / |reference|, 0 where both are 0."""
    return 0.0 if found == reference else float(abs((found - reference) / reference))
