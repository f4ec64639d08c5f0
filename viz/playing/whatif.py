"""What if a leaf were another number: the player's sliders, and the script behind them.

The script of a computation holds a line for each value and one for each local derivative, written
by the engine's own rules (`viz.playing.scripting`); the page's JavaScript adds up and shows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any, NamedTuple

from autograd import Value
from viz.diagrams.digits import digits
from viz.playing.script_functions import definitions, partials_of, value_of
from viz.playing.script_text import ScriptError, Writer, literal
from viz.playing.scripting import Script
from viz.playing.steps import templates

LIMIT = 200
WIDTH = 9  # signs that every box has room for; the script knows it as well
_MOST = 1.7e308


class WhatIf(NamedTuple):
    """Hold the sliders as HTML, and the script of one computation, "" if it has none."""

    panel: str
    script: str = ""
    calls: frozenset[str] = frozenset()  # the functions that the script calls


def what_if(order: list[Value]) -> WhatIf:
    """Return sliders for the leaves of `order`, or a sentence that says why there are none."""
    try:
        calls, lines = _script(order)
    except ScriptError as error:
        return _none(str(error))
    leaves = [i for i, v in enumerate(order) if v.rule is None and abs(v.data) < _MOST]
    if not leaves:
        return _none("no leaf is a finite number")
    rows = "\n".join(_slider(i, order[i]) for i in leaves)
    few = " open" if len(leaves) <= 12 else ""
    panel = (
        f"<details class=whatif{few} hidden>\n<summary>What if a leaf were another number?"
        f"</summary>\n<div class=leaves>\n{rows}\n</div>\n"
        "<p><button type=button class=reset disabled>reset</button> <span class=hint>All numbers "
        "follow. Branches that Python took (<code>if</code>, <code>where</code>) stay as they were."
        "</span></p></details>"
    )
    return WhatIf(panel, "{\n" + "\n".join(f"  {line}" for line in lines) + "\n}", calls)


def _none(reason: str) -> WhatIf:
    return WhatIf(f'<p class="notice no-sliders">No sliders: {escape(reason)}.</p>')


def _slider(i: int, v: Value) -> str:
    """Return a slider of 100 steps to each side, and a box for any number."""
    x = float(v.data)
    span = min(max(1.0, 2 * abs(x)), _MOST - abs(x))
    name = escape(v.label, quote=True)
    return (
        f'<div class=leaf data-leaf="{i}" data-start="{literal(x)}" data-span="{literal(span)}">'
        f"<span class=name>{name}</span>"
        f'<input type=range min=-100 max=100 value=0 aria-label="{name}" '
        f'aria-valuetext="{digits(v.data)}">'
        f'<input type=number step=any value="{literal(x)}" aria-label="{name}, as a number"></div>'
    )


def _script(order: list[Value]) -> tuple[frozenset[str], list[str]]:
    """Return the functions that are called, and the lines of an object of JavaScript."""
    if len(order) > LIMIT:
        raise ScriptError(f"{len(order):,} values are more than the {LIMIT} that a page recomputes")
    place = {v: i for i, v in enumerate(order)}
    kinds = [_kind(x) for v in order for x in (v.data, *v.inputs) if type(x) is not Value]
    if wrong := next(filter(None, kinds), ""):
        raise ScriptError(f"it is computed with {wrong}, and JavaScript has only floats")
    writer = Writer()
    start = ", ".join("0" if v.rule else literal(v.data) for v in order)
    values: list[str] = []
    partials: list[str] = []
    arrows = 0
    for i, v in enumerate(order):
        if v.rule is None:
            continue
        xs = [Script(f"v[{place[x]}]") if type(x) is Value else x for x in v.inputs]
        wanted = [type(x) is Value for x in v.inputs]
        try:
            values += writer.statements([(f"v[{i}]", value_of(v.rule, xs))])
            found = partials_of(v.rule, Script(f"v[{i}]"), xs, wanted)
            kept = [d for d, want in zip(found, wanted, strict=True) if want]
            partials += writer.statements([(f"d[{arrows + k}]", d) for k, d in enumerate(kept)])
        except ScriptError as error:
            reason = f"{v.rule.name}() can't be recomputed in the page: {error}"
            raise ScriptError(reason) from error
        arrows += len(kept)
    words = [f"{_parts(text)}," for text in templates(order)]
    return frozenset(writer.calls), [
        f"start: [{start}],",
        *_block("values(v) {", values, "},"),
        *_block("partials(v, d) {", partials, "},"),
        *_block("words: [", words, "],"),
    ]


def _kind(x: Any) -> str:
    """Return what sort of number x is, "" for one that JavaScript has as well."""
    if isinstance(x, float) or (isinstance(x, int) and abs(x) <= 2**53):
        return ""
    if isinstance(x, int):
        return "integers beyond 2**53"
    return "mpmath numbers" if hasattr(x, "_mpf_") else f"{type(x).__name__}s"


def _parts(template: str) -> str:
    """Return a template as a list of texts and the places of values; [i] is one in parentheses.

    >>> _parts("\\0(0)\\0 * \\0(0)\\0 = \\0" + "1\\0")
    '[[0], " * ", [0], " = ", 1]'
    """
    parts: list[Any] = []
    for k, part in enumerate(template.split("\0")):
        if k % 2:
            parts.append([int(part[1:-1])] if part.startswith("(") else int(part))
        elif part:
            parts.append(part)
    return json.dumps(parts, ensure_ascii=False).replace("<", "\\u003c")


def _block(first: str, lines: Iterable[str], last: str) -> list[str]:
    return [first, *[f"  {line}" for line in lines], last]


def script_of(scenes: Sequence[WhatIf], code: str) -> str:
    """Return all that the page needs for its sliders, "" if no computation has any."""
    if not any(scene.script for scene in scenes):
        return ""
    functions = definitions(frozenset().union(*[scene.calls for scene in scenes]))
    computations = ",\n".join(scene.script or "null" for scene in scenes)
    numbers = "\n".join([*functions, f"const computations = [{computations}];"])
    return code.replace("// NUMBERS", numbers)
