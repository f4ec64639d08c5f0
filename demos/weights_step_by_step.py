"""One training step in full: forward, backward, and every weight's change with its numbers."""

from __future__ import annotations

from pathlib import Path

from rich.markup import escape
from rich.table import Table

import viz
from autograd import Value, explain, name
from autograd.show import number
from demos._report import Report, console

# a neuron without bias shall learn the average of its inputs, that is three weights of 1/3
SAMPLES = [
    ([1.0, 2.0, 6.0], 3.0),
    ([4.0, 1.0, 1.0], 2.0),
    ([2.0, 7.0, 0.0], 3.0),
    ([5.0, 3.0, 4.0], 4.0),
]
START = [0.9, 0.2, 0.4]
LEARNING_RATE = 0.01
EPOCHS, QUICK_EPOCHS = 30, 15
CLOSE = 0.001


def main(out: Path, quick: bool) -> Report:
    """Show the first step with all its numbers, then the weights and the loss of the next ones."""
    weights = [Value(w, f"w{i}") for i, w in enumerate(START, 1)]
    xs, target = SAMPLES[0]
    loss = forward(weights, xs, target)
    console.print(
        f"The inputs are {', '.join(map(number, xs))}; "
        f"their average, the target, is {number(target)}."
    )
    console.print(f"The weights are {', '.join(number(w.data) for w in weights)}.")
    for w in weights:
        console.rule(f"the chain rule for {w.label}", style="dim")
        console.print(escape(str(explain(loss, w))), highlight=False, soft_wrap=True)

    loss.backward()
    report = Report()
    report.write(out / "step.svg", "the first step, value by value",
                 lambda path: viz.draw(loss).save(path))  # fmt: skip
    console.print(step_table(weights))
    step(weights)
    again = forward(weights, xs, target)
    console.print(f"loss {number(loss.data)} before the step, {number(again.data)} after it")

    for w, at_start in zip(weights, START, strict=True):
        w.data = at_start
    history = trained(weights, QUICK_EPOCHS if quick else EPOCHS)
    console.print(history_table(history))
    series = {w.label: [numbers[i] for _, numbers in history] for i, w in enumerate(weights)}
    report.draw(
        out / "weights.svg",
        "the weights on their way to 1/3",
        lambda: viz.curves(
            series, title="Three weights learn to average: all become 1/3", ylabel="weight"
        ),
    )
    if any(abs(w.data - 1 / 3) > CLOSE for w in weights):
        report.problem(f"the weights are not within {CLOSE} of 1/3: {[w.data for w in weights]}")
    return report


def forward(weights: list[Value], xs: list[float], target: float) -> Value:
    """Return the loss (y - t)**2 of y = w1*x1 + w2*x2 + w3*x3, each value with its name."""
    inputs = [Value(x, f"x{i}") for i, x in enumerate(xs, 1)]
    w1, w2, w3 = weights
    x1, x2, x3 = inputs
    p1, p2, p3 = w1 * x1, w2 * x2, w3 * x3
    s = p1 + p2
    y = s + p3
    e = y - target
    loss = e**2
    name(p1=p1, p2=p2, p3=p3, s=s, y=y, e=e, L=loss)
    return loss


def step(weights: list[Value]) -> None:
    """Change every weight by -(learning rate) * gradient, and set the gradients to zero."""
    for w in weights:
        w.data -= LEARNING_RATE * w.grad
        w.grad = 0.0


def step_table(weights: list[Value]) -> Table:
    """Return every weight's change with its formula and numbers."""
    table = Table(title=f"one step: Δw = -η · ∂L/∂w, learning rate η = {LEARNING_RATE}")
    table.add_column("weight")
    for title in ("∂L/∂w", "Δw", "new weight"):
        table.add_column(title, justify="right", no_wrap=True)
    for w in weights:
        change = -LEARNING_RATE * w.grad
        table.add_row(
            w.label, number(w.grad), f"-{LEARNING_RATE} · {number(w.grad)} = {number(change)}",
            f"{number(w.data)} {'+' if change > 0 else '-'} {number(abs(change))}"
            f" = {number(w.data + change)}",
        )  # fmt: skip
    return table


def trained(weights: list[Value], epochs: int) -> list[tuple[float, list[float]]]:
    """Take a step on each sample in turn; return mean loss and weights before each epoch."""
    history = []
    for epoch in range(epochs + 1):
        losses = [forward(weights, xs, target).data for xs, target in SAMPLES]
        history.append((sum(losses) / len(losses), [w.data for w in weights]))
        if epoch < epochs:
            for xs, target in SAMPLES:
                forward(weights, xs, target).backward()
                step(weights)
    return history


def history_table(history: list[tuple[float, list[float]]]) -> Table:
    """Return the loss and the weights after some of the epochs."""
    table = Table(title=f"{len(SAMPLES)} samples, one step each per epoch")
    for title in ("epoch", "loss", "w1", "w2", "w3"):
        table.add_column(title, justify="right")
    last = len(history) - 1
    for epoch in [e for e in (0, 1, 2, 3, 5, 10, 20) if e < last] + [last]:
        loss, numbers = history[epoch]
        table.add_row(str(epoch), f"{loss:.3g}", *[f"{w:.4f}" for w in numbers])
    return table
