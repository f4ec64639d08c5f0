"""The report of a training: one page that needs no network, with its curves, numbers and model."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograd.files import write_whole
from autograd.real import short
from viz.diagrams.digits import digits
from viz.plotting.network import network
from viz.plotting.network_layers import layers_of
from viz.plotting.plots import best_of, columns_of, quantities_of, training_curves
from viz.rendering.svg import finish
from viz.training.recorder import Recorder
from viz.training.report_parts import environment, flow, layer_rows, settings_rows, verdict

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
th:first-child, td:first-child, .words td, .words th { text-align: left; }
.words td:last-child { overflow-wrap: anywhere; }
thead th { color: var(--soft); font-weight: 600; }
div.plots { display: grid; gap: .6rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 19rem), 1fr)); }
figure { margin: .5rem 0; padding: .5rem; background: #fff; border-radius: .4rem;
  border: 1px solid var(--line); overflow-x: auto; }
div.plots figure { margin: 0; }
figure svg { display: block; margin: 0 auto; }
figure.broad svg { min-width: 36rem; }
summary { cursor: pointer; }
@media print { :root { --ink: #000; --soft: #444; --line: #bbb; --ground: #fff; }
  body { max-width: none; } figure, tr { break-inside: avoid; } figure { border: 0; }
  figure.broad svg { min-width: 0; } h2 { break-after: avoid; } }
"""


def report(
    history: Any,
    model: Any,
    path: str | os.PathLike[str],
    *,
    data: tuple[Any, Any] | None = None,
    recorder: Recorder | None = None,
    settings: Mapping[str, Any] | None = None,
    title: str = "Training report",
) -> Path:
    """Write a page of a training and return its path.

    `history` is what `nn.fit` returns, or a mapping {name: numbers, one an epoch}; `model` is the
    network, or None to leave it out. The page has a summary, the curves, every epoch, the layers
    and a drawing of the network, and what Python and libraries wrote it. With `data`, samples
    (X, y), it has a confusion matrix or residuals; with a `Recorder` of the training the settings
    of the fit, its time and update-to-weight ratios, and with both the gradients by layer. The
    mapping `settings` has more to be told.

    The page is one file without scripts that loads nothing; the same arguments give the same
    bytes. Raises ValueError for a name that does not end in .html, a history without numbers and
    data that don't fit, TypeError for what is no history, network, recorder or mapping, OSError if
    the file can't be written, ImportError without matplotlib; nothing is written then.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     report({"loss": [0.7, 0.2]}, None, f"{folder}/report.html").name
    'report.html'
    """
    path = Path(path)
    if path.suffix.lower() not in (".html", ".htm"):
        raise ValueError(f"{str(path)!r}: the report is a page: the name must end in .html")
    if model is not None:
        layers_of("report", model)
    pair = isinstance(data, (tuple, list)) and len(data) == 2
    if data is not None and not (pair and model is not None):
        raise ValueError("report(data=...): give (X, y), and the model that they are for")
    if recorder is not None and not isinstance(recorder, Recorder):
        raise TypeError(f"report(recorder={short(recorder)}): give the viz.Recorder() of the fit")
    if settings is not None and not isinstance(settings, Mapping):
        raise TypeError(f"report(settings={short(settings)}): give {{name: value}}")
    page = _page(history, model, data, recorder, settings or {}, title)
    return write_whole(path, page.encode("utf-8", "replace"), "report")


def _page(history: Any, model: Any, data: Any, recorder: Recorder | None,
          settings: Mapping[str, Any], title: str) -> str:  # fmt: skip
    columns = columns_of(history)
    epochs = max(map(len, columns.values()))
    stopped = str(getattr(history, "stopped", ""))
    told = f"{epochs:,} epoch{'s' * (epochs != 1)}"
    if recorder is not None and recorder.seconds:
        told += f" in {recorder.seconds:.3g} s ({recorder.seconds / epochs:.2g} s each)"
    told += f"; stopped: {stopped}" if stopped else ""
    names = list(columns)
    rows = [[str(i + 1), *[digits(c[i]) if i < len(c) else "" for c in columns.values()]]
            for i in range(epochs)]  # fmt: skip
    parts = [
        f'<p class="told">{escape(told)}</p>',
        "<h2>Summary</h2>",
        _table(["", "first", "last", "best", "in epoch"], _summary(history, columns)),
        "<h2>Curves</h2>",
        '<div class="plots">',
        *(_inline(training_curves(history, only=name), f"{name} by epoch")
          for name in quantities_of(columns)),
        "</div>",
        f"<details><summary>Every epoch ({epochs:,})</summary>",
        _table(["epoch", *names], rows),
        "</details>",
    ]  # fmt: skip
    if data is not None:
        kind, figure = verdict(model, data, recorder)
        parts += [f"<h2>{kind} ({len(data[0]):,} samples)</h2>", _inline(figure, kind)]
    if recorder is not None and model is not None:
        gradients = flow(model, data, recorder)
        if gradients is not None:
            parts += ["<h2>Gradient flow</h2>",
                      _inline(gradients, "gradients and updates by layer", broad=True)]  # fmt: skip
    if model is not None:
        heads, layers = layer_rows(model)
        parts += ["<h2>Network</h2>", _table(heads, layers)]
        try:
            drawn = _inline(network(model), "the network: a circle a neuron, a line a weight", True)
        except ValueError as error:  # the layers are no chain
            drawn = f'<p class="told">{escape(str(error))}</p>'
        parts.append(drawn)
    told_settings = settings_rows(recorder.settings if recorder else {}, settings)
    if told_settings:
        parts += ["<h2>Settings</h2>", _table(["setting", "value"], told_settings, "words")]
    parts += ["<h2>Environment</h2>", _table(["part", "version"], environment(), "words")]
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


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], kind: str = "numbers") -> str:
    head = "".join(f'<th scope="col">{escape(h)}</th>' for h in heads)
    lines = ["<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows]
    body = "\n".join(lines)
    return (
        f'<div class="wide"><table class="{kind}">\n<thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody>\n</table></div>"
    )


def _inline(figure: Figure, title: str, broad: bool = False) -> str:
    """Return a figure as SVG to stand in the page, its letters drawn, the same bytes every time."""
    from matplotlib import rc_context

    out = io.StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with rc_context({"svg.hashsalt": title, "svg.fonttype": "path"}):  # else ids are random
        figure.savefig(out, format="svg", metadata=nothing)
    kind = ' class="broad"' if broad else ""
    return f"<figure{kind}>{finish(out.getvalue(), title, title)}</figure>"
