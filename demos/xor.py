"""XOR: Rosenblatt's perceptron goes round in circles; one hidden layer draws the boundary."""

from __future__ import annotations

from pathlib import Path

from rich.table import Table

from autograd import mean
from demos._figures import save_figure
from demos._planes import maps
from demos._report import Report, console
from nn.classical.perceptron import Perceptron
from nn.layers.mlp import MLP
from nn.losses import binary_cross_entropy_with_logits as cross_entropy
from nn.optimizers.adam import Adam

ROWS, XOR, AND = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0], [0, 0, 0, 1]
HIDDEN, SEED, LEARNING_RATE = 3, 0, 0.1
EPOCHS, QUICK_EPOCHS = 200, 100


def main(out: Path, quick: bool) -> Report:
    """Teach AND and XOR to a perceptron, then XOR to a network with one hidden layer."""
    report = Report()
    units = {"AND": Perceptron(2), "XOR": Perceptron(2)}
    for title, targets in (("AND", AND), ("XOR", XOR)):
        console.print(f"[bold]perceptron, {title}[/]")
        console.print(str(units[title].fit(ROWS, targets)), highlight=False, soft_wrap=True)

    network, losses = trained(QUICK_EPOCHS if quick else EPOCHS)
    console.print(f"[bold]network 2-{HIDDEN}-1, XOR[/]")
    console.print(f"loss {losses[0]:.4f} at the start, {losses[-1]:.4f} after {len(losses)} epochs")
    scores = network.predict(ROWS)[:, 0]
    table = Table("x1", "x2", "XOR", "perceptron", "network's score", "network")
    said = [[int(units["XOR"](row).data) for row in ROWS], [int(score > 0) for score in scores]]
    for row, target, score, unit, net in zip(ROWS, XOR, scores, *said, strict=True):
        table.add_row(*map(str, row), str(target), str(unit), f"{score:.2f}", str(net))
    console.print(table)
    if said[1] != XOR:
        report.problem(f"the network has not learned XOR: it says {said[1]}")

    unit = units["XOR"]
    [w1, w2], b = [w.data for w in unit.w], unit.b.data if unit.b is not None else 0.0
    panels = [
        ("perceptron: a straight line", lambda grid: grid @ [w1, w2] + b),
        (f"{HIDDEN} hidden tanh neurons", lambda grid: network.predict(grid)[:, 0]),
    ]
    size = 41 if quick else 121
    report.write(out / "planes.svg", "what both say of every point",
                 lambda path: save_figure(maps(panels, ROWS, XOR, size, "XOR"), path))  # fmt: skip
    return report


def trained(epochs: int) -> tuple[MLP, list[float]]:
    """Return the network after so many full-batch steps of Adam, and the loss before each."""
    network = MLP(2, [HIDDEN, 1], activation="tanh", seed=SEED)
    optimizer = Adam(network.parameters(), lr=LEARNING_RATE)
    history = []
    for _ in range(epochs):
        outputs = network.batch(ROWS)
        losses = [cross_entropy(o, t) for o, t in zip(outputs, XOR, strict=True)]
        loss = mean(losses)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        history.append(loss.data)
    return network, history
