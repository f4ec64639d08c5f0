"""Real data: an MLP learns three species of iris flowers; loss curve and network diagram."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

import nn
import viz
from demos._iris_training import Trained, trained
from demos._report import Report, console

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WANTED = 0.95


def main(out: Path, quick: bool) -> Report:
    """Train, print loss and accuracies, and write the pictures."""
    result = trained(quick)
    report = Report()
    table = Table("", "flowers", "accuracy", title=f"after {len(result.losses)} epochs")
    for name, samples, accuracy in (
        ("train", result.data.train, result.train_accuracy[-1]),
        ("test", result.data.test, result.test_accuracy[-1]),
    ):
        table.add_row(name, str(len(samples)), f"{accuracy:.4f}")
    console.print(table)
    console.print(f"training loss {result.losses[0]:.4f} at the start, {result.losses[-1]:.4f} now")
    report.reach("test accuracy", result.test_accuracy[-1], at_least=WANTED)
    report.draw(out / "loss.svg", "loss and accuracies by epoch", lambda: curves(result))
    report.write(out / "network.svg", "the network on one flower, with gradients",
                 lambda path: draw_network(result, path))  # fmt: skip
    return report


def curves(result: Trained) -> Figure:
    """Return a figure of the curves of loss and accuracies."""
    series = {
        "training loss": result.losses,
        "training accuracy": result.train_accuracy,
        "test accuracy": result.test_accuracy,
    }
    title = "An MLP 4-8-3 learns the iris flowers"
    return viz.curves(series, title=title, xlabel="epoch", ylabel="loss, accuracy")


def draw_network(result: Trained, path: Path) -> None:
    """Write the network as it sees the first flower of the test part."""
    x, label = result.data.test[0]
    loss = nn.cross_entropy(result.model(x), label)
    loss.label = "loss"
    result.model.zero_grad()
    loss.backward()
    viz.draw(loss, view="summary", model=result.model).save(path)
