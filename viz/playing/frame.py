"""One step of the backward player as a still picture, for slides and pages without scripts."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

from graphviz import Digraph

from autograd import Value, nodes
from autograd.real import short
from autograd.show import naming
from viz.diagrams.canvas import VERMILLION, box, locals_of, sheet
from viz.diagrams.digits import digits
from viz.diagrams.labels import GRAD, KEY, cell, escape, heading, key, number, table
from viz.diagrams.roles import PARAMETER, Role, role
from viz.diagrams.titles import title, which
from viz.playing.player import LIMIT
from viz.playing.steps import Step, columns_of, steps
from viz.rendering.drawing import Drawing

_FAINT, _FAINT_TEXT = "#D8DCE0", "#A3A9B0"  # of what is not reached yet
_NOT_YET = Role(_FAINT, "white", _FAINT_TEXT)
_KEYS = "thick: now, dashed: where it comes from, faint: not reached yet"
_SQUARE = ", square corners: parameter"


def frame(y: Value, step: int) -> Drawing:
    """Return a drawing of one step of `viz.player(y, ...)`, counted from 1 or, if below 0, the end.

    What comes now has a thick border, where it comes from a dashed one, and what has not been
    reached is faint; the formula stands below. Everything keeps its place from frame to frame.
    No backward pass is needed before, and nothing is changed. Raises TypeError for anything but a
    Value and an int, IndexError if there is no such step, and ValueError for more values than the
    player takes.

    >>> a = Value(3.0, "a")
    >>> frame(a * a, -1).title
    'step 5 of 5, backward: dv1/da += ∂v1/∂a⁽²⁾, 3 + 3 = 6'
    """
    if type(y) is not Value:
        raise TypeError(f"frame(): {short(y)} is not a Value: give the result of a computation")
    order = nodes(y)
    if len(order) > LIMIT:
        raise ValueError(
            f"frame(): {len(order):,} values are more than the {LIMIT} that can be followed step "
            "by step: show a part of the computation, as one neuron or one sample"
        )
    played = steps(y)
    if type(step) is not int:
        raise TypeError(f"frame(step={step!r}): it must be an int, from 1 to {len(played)}")
    count = step if step >= 0 else len(played) + 1 + step
    if not 1 <= count <= len(played):
        raise IndexError(f"frame(step={step}): there are {len(played)} steps, counted from 1")
    return Drawing(_source(order, played, count), _words(played, count))


def _source(order: Sequence[Value], played: Sequence[Step], count: int) -> str:
    """Return the DOT text of the detail picture as it is at that step."""
    columns, done, now = columns_of(order, played), played[:count], played[count - 1]
    reached = {step.value for step in done}
    gradients = {step.value: columns[step.value][step.arrow] for step in done if step.is_backward}
    name_of = naming(list(order))
    g = sheet("", rankdir="LR", nodesep="0.2", ranksep="0.45")
    has_parameters = any(role(v) is PARAMETER for v in order)
    g.attr("graph", label=_caption(played, count, _KEYS + _SQUARE * has_parameters))
    for i, v in enumerate(order):
        kind = role(v, {order[-1]})
        part = kind if i in reached else _NOT_YET
        # the colour may be another for now; the form stays
        look = {"peripheries": "2" if v is order[-1] else "1", "style": _style(kind)}
        words = title(v), name_of(v)  # those of the formula
        label = _label(words, part, columns[i], gradients.get(i, ""))
        if i in (now.value, now.user):
            part = Role(VERMILLION, part.fill, part.title)
            look["penwidth"] = "3.5" if i == now.value else "2.4"
            look["style"] += "" if i == now.value else ",dashed"
        box(g, f"n{i}", label, part, ordering="in", **look)
    _arrows(g, order, played, count)
    return str(g.source)


def _label(words: tuple[str, str], part: Role, column: Mapping[Any, str], gradient: str) -> str:
    """Return the box of a value, with room for every gradient that it will have."""
    grey, ink = (_FAINT_TEXT, _FAINT_TEXT) if part is _NOT_YET else (KEY, "")
    room = f'<FONT FACE="Courier"> {" " * len(column["data"])}</FONT>'
    rows = [
        cell(heading(*words, part.title), "CENTER", COLSPAN="2"),
        cell(key("data", grey)) + cell(number(column["data"], ink), "RIGHT", WIDTH="50"),
        cell(key("grad", grey)) + cell(number(gradient, GRAD) or room, "RIGHT"),
    ]
    return table(rows, part.line)


def _arrows(g: Digraph, order: Sequence[Value], played: Sequence[Step], count: int) -> None:
    """Draw the arrows: faint, as ever once a gradient came back along them, thick now."""
    names = {v: f"n{i}" for i, v in enumerate(order)}
    known = {step.value for step in played[:count]}
    back = {step.arrow for step in played[:count]}
    arrow = 0
    for i, v in enumerate(order):
        for j, (x, d) in enumerate(zip(v.inputs, locals_of(v), strict=True)):
            if type(x) is not Value:
                continue
            slope = "no number" if d is None else digits(d)
            label = ": ".join(filter(None, (which(v, j), slope)))
            look = {} if arrow in back else {"fontcolor": _FAINT_TEXT}
            if arrow == played[count - 1].arrow:
                label = f"<<B>{escape(label)}</B>>"
                look = {"color": VERMILLION, "penwidth": "3.5"}
            elif i not in known:
                look["color"] = _FAINT
            g.edge(names[x], names[v], label=label, **look)
            arrow += 1


def _style(kind: Role) -> str:
    return "filled" if kind is PARAMETER else "rounded,filled"


def _caption(played: Sequence[Step], count: int, keys: str) -> str:
    """Return the words below the picture: which step it is, and its formula."""
    step = played[count - 1]
    phase = "backward: the gradient" if step.is_backward else "forward: the value"
    where = f"step {count} of {len(played)}, {phase}"
    lines = [
        (9, KEY, "Helvetica", "; ".join(filter(None, (where, step.note)))),
        (13, "#1F2328", "Courier", step.symbols),
        (13, GRAD if step.is_backward else "#00507D", "Courier", step.numbers),
        (9, KEY, "Helvetica", keys),
    ]
    rows = "".join(
        f'<TR><TD ALIGN="LEFT"><FONT POINT-SIZE="{points}" COLOR="{colour}" FACE="{face}">'
        f"{_shown(text)}</FONT></TD></TR>"
        for points, colour, face, text in lines
    )
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="2">{rows}</TABLE>>'


def _shown(text: str) -> str:
    """Return a formula, however long, as a label shows it; a line that is empty keeps its place."""
    one_line = "".join(c if c.isprintable() else " " for c in text)
    return html.escape(one_line).replace("\\", "\\\\") or " "


def _words(played: Sequence[Step], count: int) -> str:
    step = played[count - 1]
    phase = "backward" if step.is_backward else "forward"
    formula = ", ".join(filter(None, (step.symbols, step.numbers)))
    return f"step {count} of {len(played)}, {phase}: {formula}"
