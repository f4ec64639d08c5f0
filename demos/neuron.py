"""The worked neuron: o = tanh(x1*w1 + x2*w2 + b), its gradients and its diagram."""

from __future__ import annotations

from pathlib import Path

from rich.table import Table

import viz
from autograd import Value, name, tanh
from demos._report import Report, console


def main(out: Path, quick: bool) -> Report:
    """Differentiate the neuron, print values and gradients, and draw it."""
    x1, x2, w1, w2 = Value(2.0), Value(0.0), Value(-3.0), Value(1.0)
    b = Value(6.8813735870195432)
    total = x1 * w1 + x2 * w2 + b
    o = tanh(total)
    name(x1=x1, x2=x2, w1=w1, w2=w2, b=b, n=total, o=o)
    o.backward()

    table = Table("value", "data", "gradient do/d.", title="o = tanh(x1*w1 + x2*w2 + b)")
    for column in table.columns[1:]:
        column.justify = "right"
    for v in (x1, w1, x2, w2, b, total, o):
        table.add_row(v.label, f"{v.data:.6f}", f"{v.grad:.6f}")
    console.print(table)

    report = Report()
    report.write(out / "neuron.svg", "the neuron, value by value", lambda p: viz.draw(o).save(p))
    return report
