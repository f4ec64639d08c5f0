"""The report of a training: one page that needs no network, with its curves, numbers and model."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograd.files import write_whole
from viz.digits import digits
from viz.network import network
from viz.neurons import parameters
from viz.plots import best_of, columns_of, training_curves
from viz.running import activation_of, checked_model
from viz.svg import finish

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_STYLE = """
:root { color-scheme: light dark; --ink: #1f2328; --soft: #57606a; --line: #d0d7de;
  --ground: #fff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9da7b3; --line: #3d444d;
  --ground: #15181c; } }
body { margin: 0 auto; max-width: 64rem; padding: 1rem; color: var(--ink);
  background: var(--ground); font: 1rem/1.45 system-ui, sans-serif; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
p.told { color: var(--soft); }
div.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .8rem .25rem 0; border-bottom: 1px solid var(--line); text-align: right; }
th:first-child, td:first-child { text-align: left; }
thead th { color: var(--soft); font-weight: 600; }
figure { margin: .5rem 0; padding: .5rem; background: #fff; border-radius: .4rem;
  overflow-x: auto; }
figure svg { display: block; margin: 0 auto; min-width: 30rem; }
summary { cursor: pointer; }
@media print { body { max-width: none; } figure, tr { break-inside: avoid; } }
"""


def report(
    history: Any,
    model: Any,
    path: str | os.PathLike[str],
    *,
    title: str = "Training report",
) -> Path:
    """Write a page of a training: summary, curves, every epoch, the network; return the path.

    `history` is what `nn.fit` returns, or a mapping {name: numbers, one an epoch}; `model` is the
    network, or None to leave it out. The page is one file without scripts that loads nothing; the
    same training gives the same bytes. Raises ValueError for a name that does not end in .html and
    a history without numbers, TypeError for what is no history or network, OSError if the file
    can't be written, ImportError without matplotlib; nothing is written then.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     report({"loss": [0.7, 0.2]}, None, f"{folder}/report.html").name
    'report.html'
    """
    path = Path(path)
    if path.suffix.lower() not in (".html", ".htm"):
        raise ValueError(f"{str(path)!r}: the report is a page: the name must end in .html")
    return write_whole(path, _page(history, model, title).encode("utf-8", "replace"), "report")


def _page(history: Any, model: Any, title: str) -> str:
    columns = columns_of(history)
    epochs = max(map(len, columns.values()))
    stopped = str(getattr(history, "stopped", ""))
    told = f"{epochs:,} epoch{'s' * (epochs != 1)}" + (f"; stopped: {stopped}" if stopped else "")
    names = list(columns)
    rows = [[str(i + 1), *[digits(c[i]) if i < len(c) else "" for c in columns.values()]]
            for i in range(epochs)]  # fmt: skip
    parts = [
        f'<p class="told">{escape(told)}</p>',
        "<h2>Summary</h2>",
        _table(["", "first", "last", "best", "in epoch"], _summary(history, columns)),
        "<h2>Curves</h2>",
        _inline(training_curves(history), f"{', '.join(names)} by epoch"),
        f"<details><summary>Every epoch ({epochs:,})</summary>",
        _table(["epoch", *names], rows),
        "</details>",
    ]
    if model is not None:
        layers = _layers(model)
        parts += [
            "<h2>Network</h2>",
            _table(["layer", "inputs", "neurons", "activation", "parameters"], layers),
            _inline(network(model), "the network: a circle a neuron, a line a weight"),
        ]
    body = "\n".join(parts)
    shown = escape(title)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{shown}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{shown}</h1>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _summary(history: Any, columns: dict[str, list[float]]) -> Iterable[list[str]]:
    for name, numbers in columns.items():
        best = best_of(history, name)
        epoch, value = ("", "") if best is None else (str(best[0]), digits(best[1]))
        yield [name, digits(numbers[0]), digits(numbers[-1]), value, epoch]


def _layers(model: Any) -> list[list[str]]:
    rows, total = [], 0
    for i, layer in enumerate(checked_model("report", model).layers, 1):
        count = sum(len(parameters(neuron)) for neuron in layer.neurons)
        total += count
        sizes = str(len(layer.neurons[0].w)), str(len(layer.neurons))
        rows.append([str(i), *sizes, activation_of(layer), f"{count:,}"])
    return [*rows, ["all", "", "", "", f"{total:,}"]]


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(h)}</th>' for h in heads)
    lines = ["<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows]
    body = "\n".join(lines)
    return (
        f'<div class="wide"><table>\n<thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody>\n</table></div>"
    )


def _inline(figure: Figure, title: str) -> str:
    """Return a figure as SVG to stand in the page, its letters drawn, the same bytes every time."""
    from matplotlib import rc_context

    out = io.StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with rc_context({"svg.hashsalt": title, "svg.fonttype": "path"}):  # else ids are random
        figure.savefig(out, format="svg", metadata=nothing)
    return f"<figure>{finish(out.getvalue(), title, title)}</figure>"
