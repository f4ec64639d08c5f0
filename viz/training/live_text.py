"""A running fit as text: charts of its quantities, and the size of each layer's gradients."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, isfinite, log10, sqrt
from typing import TYPE_CHECKING, Any, NamedTuple

from viz.diagrams.digits import digits
from viz.plotting.network_layers import activation_of
from viz.training.text_chart import STYLES, bar, chart, short_digits, sign, wants_log

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

PLOTS = ("loss", "metrics", "gradients")

_WIDE = 90  # characters from which on two charts stand side by side
_GAP = 3  # characters between them
_HIGH, _LOW = 10, 3  # lines of a chart
_NUMBER = 9  # characters of a number in a legend, with the space before it
_LAYERS = 8  # shown; of more, those with the smallest gradients


class Flow(NamedTuple):
    """Hold a layer's name, the root mean square of its gradients, its units, and those all 0."""

    name: str
    size: float
    units: int
    still: int


class Panel(NamedTuple):
    """Hold what a chart shows: its title, {name: numbers}, and what is counted across."""

    title: str
    series: dict[str, list[float]]
    across: str = "epoch"


def panels_of(state: Any, plots: Sequence[str]) -> list[Panel]:
    """Return what there is to draw of a fit: the batches of its first epoch, then all epochs."""
    columns, found = state.history.columns, []
    early = len(state.history) < 2 and len(state.losses) > 1 and "loss" in plots
    if early:
        losses = {"batches": list(state.losses)}
        found.append(Panel(f"loss of each batch in epoch {state.epoch}", losses, "batch"))
    for quantity in dict.fromkeys(name.removeprefix("val_") for name in columns):
        metric = quantity not in ("loss", "lr") and "metrics" in plots
        if (metric or quantity in plots) and not (early and quantity == "loss"):
            words = {quantity: "training", f"val_{quantity}": "validation"}
            series = {word: columns[name] for name, word in words.items() if columns.get(name)}
            found += [Panel(quantity, series)] if series else []
    return found


def flow_of(model: Any) -> list[Flow]:
    """Return how large the gradients of every layer are; nothing without layers or gradients.

    A unit all of whose gradients are 0 learns nothing from this batch.
    """
    found = []
    for i, layer in enumerate(getattr(model, "layers", ()), 1):
        if neurons := getattr(layer, "neurons", None):
            units, name = [[*neuron.w, neuron.b] for neuron in neurons], activation_of(layer)
        elif hasattr(layer, "parameters"):
            units, name = [layer.parameters()], type(layer).__name__
        else:
            continue
        grads = [[p.grad for p in unit if hasattr(p, "grad")] for unit in units]
        flat = [float(g) for unit in grads for g in unit if g is not None]
        if flat:
            still = sum(not any(unit) for unit in grads)
            size = sqrt(sum(g * g for g in flat) / len(flat))
            found.append(Flow(f"{i} {name}", size, len(units), still))
    return found


def status(state: Any, seconds: float, done_before: int = 0) -> str:
    """Return where a fit is, how fast it goes and how long it will take, in one line."""
    from nn.training.progress import clock, steps_of, time_left

    fresh = steps_of(state)[0] - done_before
    words = [f"epoch {state.epoch}/{state.epochs}"]
    if state.batches is None:
        words.append(f"batch {state.batch:,}")
    elif fresh > 0 and seconds > 0:
        each = seconds * state.batches / fresh
        rate, unit = (1 / each, "epochs/s") if each < 1 else (each, "s/epoch")
        words.append(f"{digits(rate, 3)} {unit}")
    words.append(clock(seconds))
    return " · ".join([*words, *filter(None, [time_left(state, seconds, done_before)])])


def text_view(
    panels: Sequence[Panel], flow: Sequence[Flow], head: str, share: float, width: int, height: int,
    *, note: str = "", plain: bool = False,
) -> RenderableType:  # fmt: skip
    """Return a picture of a fit of at most so many characters and lines, for rich.

    `share` of the fit is done; a `note` stands below. What has no room is left out, and named.
    """
    from rich.console import Group
    from rich.text import Text

    lines = [Text(head.replace("·", "-") if plain else head, style="bold")]
    long = int(share * (width - 5))
    done, rest = ("#", ".") if plain else ("━", "─")
    lines.append(Text.assemble((done * long, STYLES[0]), (rest * (width - 5 - long), "dim")))
    lines[-1].append(f" {int(100 * share):>3}%")
    across = 2 if width >= _WIDE and len(panels) > 1 else 1
    each = (width - _GAP * (across - 1)) // across
    room = height - len(lines) - bool(note)
    kept, left_out = list(panels), list[str]()
    while _needed(kept, across, _LOW) + _flow_lines(flow) + bool(left_out) > room:
        if not flow and not kept:
            break
        left_out.insert(0, kept.pop().title if not flow else "gradients")
        flow = []
    room -= _flow_lines(flow) + bool(left_out)
    high = next((h for h in range(_HIGH, _LOW, -1) if _needed(kept, across, h) <= room), _LOW)
    for i in range(0, len(kept), across):
        row = kept[i : i + across]
        legends = max(len(panel.series) for panel in row)
        blocks = [_block(panel, each, high, legends, plain) for panel in row]
        lines += [_joined(parts, each) for parts in zip(*blocks, strict=True)]
    if left_out:
        names = f"no room for: {', '.join(left_out)}"
        short = f"no room for {len(left_out)} pictures"
        lines.append(Text(names if len(names) <= width else short, style="dim"))
    lines += _flow_block(flow, width, plain) if flow else []
    lines += [Text(note, style="bold")] if note else []
    for line in lines:
        line.no_wrap, line.overflow = True, "crop" if plain else "ellipsis"
    return Group(*lines)


def _needed(panels: Sequence[Panel], across: int, high: int) -> int:
    """Return the lines of these panels: of each row a title, its legends, the chart, an axis."""
    rows = [panels[i : i + across] for i in range(0, len(panels), across)]
    return sum(2 + high + max(len(panel.series) for panel in row) for row in rows)


def _block(panel: Panel, width: int, high: int, legends: int, plain: bool) -> list[Text]:
    from rich.text import Text

    title = panel.title + (", log scale" if wants_log(panel.series) else "")
    title += ", # both" if plain and len(panel.series) > 1 else ""
    heads = "".join(f"{word:>{_NUMBER}}" for word in ("last", "min", "max"))
    room = width - len(heads)
    if len(title) > room:  # the title needs the place of the numbers' names
        heads, room = "", width
    lines = [Text.assemble((f"{title:{room}.{room}}", "bold"), (heads, "dim"))]
    for i, (name, ys) in enumerate(panel.series.items()):
        finite = [y for y in ys if isfinite(y)]
        numbers = [ys[-1], min(finite), max(finite)] if finite else [ys[-1]]
        told = "".join(f"{short_digits(y, _NUMBER - 1):>{_NUMBER}}" for y in numbers)
        lines.append(Text(f"{sign(i, plain)} {name}", style=STYLES[i]))
        lines[-1].truncate(max(4, width - len(told)), pad=True)
        lines[-1].append(told, style="default")
    lines += [Text("")] * (legends - len(panel.series))
    return lines + chart(panel.series, width, high, xlabel=panel.across, plain=plain)


def _joined(parts: Sequence[Text], each: int) -> Text:
    from rich.text import Text

    line = Text("")
    for i, part in enumerate(parts):
        line.append(" " * (i * (each + _GAP) - len(line)))
        line.append_text(part)
    return line


def _flow_lines(flow: Sequence[Flow]) -> int:
    return 1 + min(len(flow), _LAYERS) if flow else 0


def _flow_block(flow: Sequence[Flow], width: int, plain: bool) -> list[Text]:
    """Return a bar for each layer, on a logarithmic scale from 1e-3 of the smallest, at least."""
    from rich.text import Text

    shown = flow
    if len(flow) > _LAYERS:
        limit = sorted(f.size if isfinite(f.size) else -inf for f in flow)[_LAYERS - 1]
        shown = [f for f in flow if not f.size > limit][:_LAYERS]
    sizes = [f.size for f in flow if f.size > 0 and isfinite(f.size)]
    low = 10.0 ** (int(log10(min(sizes)) // 1) - 1) if sizes else 1.0
    high = max([10 * low, *sizes])
    names = max(len(f.name) for f in shown)
    room = max(4, min(30, width - names - 34))
    of = "" if len(shown) == len(flow) else f" (the {len(shown)} smallest of {len(flow)})"
    start = f"bars from {low:.0e}, log scale"
    lines = [Text.assemble((f"gradients by layer, rms{of}", "bold"), (f"   {start}", "dim"))]
    for f in shown:
        shared = log10(f.size / low) / log10(high / low) if 0 < f.size < inf else 0.0
        line = Text(f"{f.name:{names}} ")
        line.append(f"{bar(shared, room, plain):{room}}", STYLES[0])
        line.append(f" {short_digits(f.size, _NUMBER - 1):>{_NUMBER - 1}}")
        if f.still:
            line.append(f"  {f.still} of {f.units} unit{'s' * (f.units > 1)} all 0", STYLES[1])
        lines.append(line)
    return lines
