"""One computation on the player's page: its picture, its sliders and its list of steps."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from autograd import Value, nodes
from autograd.show import formula, naming
from autograd.value import restore
from viz.diagrams.detail import detail
from viz.diagrams.digits import digits
from viz.diagrams.labels import GRAD, plain
from viz.diagrams.roles import PARAMETER, role
from viz.diagrams.titles import title
from viz.playing.steps import Columns, Step, columns_of, steps
from viz.playing.whatif import WIDTH, WhatIf, what_if
from viz.rendering.drawing import Drawing
from viz.rendering.render import RenderError

_PICTURE_SECONDS = 60.0


def scene(y: Value, name: str, number: int) -> tuple[str, WhatIf]:
    """Return the picture, the sliders and the steps of one value as a section of the page."""
    twin, parameters = _copy(y)
    order, played = nodes(twin), steps(twin)
    sliders = what_if(order)
    columns = columns_of(order, played, WIDTH if sliders.script else 0)
    try:
        picture, notice = _picture(twin, parameters, columns), ""
    except RenderError as error:
        reason = str(error).partition("; the DOT text")[0]
        picture, notice = (
            _table(order, columns),
            f"<p class=notice>No picture: {escape(reason)}.</p>",
        )
    rows = "\n".join(_row(step, columns) for step in played)
    what = escape(f"{plain(name)}: {twin.label} = {digits(y.data)}")
    text = (
        f'<section class=scene data-scene="{number}" aria-label="{what}">\n{sliders.panel}\n'
        f"<figure>{picture}</figure>\n{notice}\n"
        f"<div class=list><h2>All steps</h2>\n<ol>\n{rows}\n</ol></div>\n</section>"
    )
    return text, sliders


def _copy(y: Value) -> tuple[Value, set[Value]]:
    """Return a copy of the graph with a name on every value, and which leaves are parameters.

    The formulas name values, so the picture must name them as well.
    """
    order = nodes(y)
    twins: dict[Value, Value] = {}
    for v in order:
        inputs = tuple(twins[x] if type(x) is Value else x for x in v.inputs)
        twins[v] = restore(v.data, None, v.rule, inputs, plain(v.label))
    name_of = naming(list(twins.values()))
    for v in twins.values():
        v.label = name_of(v)
    return twins[y], {twins[v] for v in order if role(v) is PARAMETER}


def _picture(y: Value, parameters: set[Value], columns: Columns) -> str:
    """Return the detail picture, whose boxes and arrows the script finds by their numbers."""
    order = nodes(y)
    for v, column in zip(order, columns, strict=True):
        v.grad = _widest(list(column.values())[1:])
    drawing = Drawing(detail([y], parameters), f"computation of {y.label}")
    svg = drawing.svg(_PICTURE_SECONDS).replace('role="img"', 'role="group"', 1)
    box, arrow = (rf'<g id="[^"]*-{kind}(\d+)" class="{kind}">' for kind in ("node", "edge"))
    svg = re.sub(f"{box}.*?</g>", lambda m: _box(m[0], order, int(m[1]) - 1, columns), svg,
                 flags=re.DOTALL)  # fmt: skip
    svg = re.sub(f"{arrow}(.*?)<text", lambda m: f'<g class="arrow" data-arrow="{int(m[1]) - 1}">'
                 f'{m[2]}<text class="slope"', svg, flags=re.DOTALL)  # fmt: skip
    if size := re.search(r' width="(\d+)pt"', svg):  # a narrow window scrolls what it can't show
        svg = svg.replace('style="', f'style="--least:{0.85 * int(size[1]):.0f}px;', 1)
    return re.sub(r' id="[^"]*"', "", svg)  # two samples may have the same picture


def _widest(texts: Sequence[str]) -> str:
    """Return a text as wide as these aligned ones, so that the box has room for each of them.

    >>> _widest([" 1    "]), _widest(["-0.25 ", "12    "])
    ('01.000', '12.000')
    """
    text = next((text for text in reversed(texts) if text.strip()[-1:].isdigit()), texts[-1])
    before = text.rstrip().replace(" ", "0")
    after = len(text) - len(before)
    point = "." if after and before.isdecimal() else ""
    return before + point + "0" * (after - len(point))


def _box(group: str, order: Sequence[Value], i: int, columns: Columns) -> str:
    """Return the group of a box with its number and gradient marked, and words for readers."""
    v = order[i]
    what = escape(f"{v.label}, {title(v) or 'leaf'}, data {digits(v.data)}")
    start = f'<g class="box" data-box="{i}" role="button" tabindex="0" aria-label="{what}">'
    group = start + group.partition(">")[2]
    group = re.sub(r'<text([^>]*"Courier)', r'<text class="data"\1', group, count=1)
    gradient = escape(list(columns[i].values())[-1])
    mark = rf'(.*<text[^>]*)( fill="{GRAD}">)[^<]*</text>'
    return re.sub(mark, lambda m: f'{m[1]} class="grad"{m[2]} {gradient}</text>', group, count=1,
                  flags=re.DOTALL | re.IGNORECASE)  # fmt: skip


def _table(order: Sequence[Value], columns: Columns) -> str:
    """Return what the picture would show as a table."""
    name_of = naming(list(order))
    rows = "".join(
        f'<tr data-box="{i}" role="button" tabindex="0"><th scope=row>{escape(v.label)}</th>'
        f"<td>{escape(formula(v, name_of) or 'given')}</td><td class=data>{escape(column['data'])}"
        f"</td><td class=grad>{escape(list(column.values())[-1])}</td></tr>"
        for i, (v, column) in enumerate(zip(order, columns, strict=True))
    )
    head = "<tr><th>value</th><th>operation</th><th>data</th><th>grad</th></tr>"
    return f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>"


def _row(step: Step, columns: Columns) -> str:
    """Return a step as an item of the list; its attributes are what the script plays."""
    marks = f'data-value="{step.value}" data-phase="{"back" if step.is_backward else "for"}ward"'
    if step.is_backward:
        marks += f' data-gradient="{escape(columns[step.value][step.arrow])}"'
    if step.arrow is not None:
        marks += f' data-along="{step.arrow}" data-user="{step.user}"'
    words = (("symbols", step.symbols), ("numbers", step.numbers), ("note", step.note))
    spans = " ".join(f"<span class={key}>{escape(text)}</span>" for key, text in words if text)
    return f"<li {marks}><button type=button>{spans}</button></li>"
