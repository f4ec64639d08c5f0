"""Why a value is NaN or infinite, or its gradient zero, tiny, huge, missing or stale."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from autograd.explain import chain_rule
from autograd.notation import Text
from autograd.real import short
from autograd.value import Value, nodes
from autograd.why_causes import Gradient, bad_number, finding
from autograd.why_words import Answer, at, is_finite, is_nan

_SAME = 1e-9  # relative; a sum in another order differs by rounding, which is far less


def why(v: Value, y: Value | None = None) -> Answer:
    """Say why v is NaN or infinite; else why dy/dv is that, or zero, tiny, huge, missing or stale.

    The answer names the first operation responsible with its operands, its source line if it was
    recorded (see `lines`), and the chain from there to v. Without y, that is the youngest value
    still there that was computed from v and has a gradient. Nothing is changed; linear in the
    graph's size. Raises TypeError unless v and y are Values of numbers.

    >>> from autograd import log
    >>> w = Value(-0.5, "w")
    >>> y = log(3 * w.relu())
    >>> print(why(y))
    v3 = -inf: log(0) is -inf: a pole
    (no source line was recorded: make the graph under `with autograd.lines():`)
    <BLANKLINE>
    v3 = log(v2) = log(0) = -inf
    >>> z = 3 * w.relu()
    >>> z.backward()
    >>> why(w).reason, why(w).operation.rule.name
    ('closed', 'relu')
    """
    for x in (v,) if y is None else (v, y):
        if type(x) is not Value:
            raise TypeError(f"why({short(x)}): write why(v) or why(v, y), with Values v and y")
        if hasattr(x.data, "_mpi_"):
            raise TypeError(f"why({short(x)}): an interval; there is an answer for numbers only")
    if not is_finite(v.data):
        return bad_number(v, Text(nodes(v)))
    if y is None:
        living = _computed_from(v)
        reached = [w for w in living if w.grad is not None]
        if not reached:
            return _without_result(v, len(living))
        y = reached[-1]
    rule = chain_rule(y, v)
    if not rule.order:
        return _no_path(v, y)
    style = Text(nodes(y))
    story = Gradient(v, y, rule, style).answer()
    return _with_grad(v, rule.adjoints[v], story, style.total(y, v), style.number)


def _computed_from(v: Value) -> list[Value]:
    """Return every Value there still is that was computed from v, in the order of their making."""
    values = [x for x in gc.get_objects() if type(x) is Value]
    found = {v}
    for w in sorted(values, key=lambda w: w.number):
        if any(type(x) is Value and x in found for x in w.inputs):
            found.add(w)
    return sorted(found - {v}, key=lambda w: w.number)


def _without_result(v: Value, younger: int) -> Answer:
    """Answer for a value whose results, as far as they are still there, no pass has reached."""
    number = Text([v]).number
    it = f"{v.label} = {number(v.data)}" if v.label else number(v.data)
    if v.grad is not None:
        it += f" has the gradient {number(v.grad)}"
        if kind := finding(v.grad):
            gone = "what it is the gradient of is gone: ask why(v, y) while y is there"
            return Answer(kind, "gone", f"{it}; {gone}")
        return Answer("", "", f"{it}: ordinary numbers, nothing is wrong with them")
    results = "it, and nothing that was computed from it is still there"
    if younger:
        results = f"anything computed from it, of which there is {younger:,}"
    text = f"{it} is an ordinary number. It has no gradient: backward was not called on {results}"
    return Answer("no gradient", "backward was not called", text)


def _with_grad(v: Value, g: Any, story: Answer, dy: str, number: Callable[[Any], str]) -> Answer:
    """Add to the story of dy/dv what v.grad has to do with it."""
    name = f"{v.label or 'v'}.grad"
    if v.grad is None:
        missing = f"{name} is None: backward was not called, or not since it was cleared"
        if story.finding:
            return replace(story, text=f"{story.text}\n\n({missing})")
        return Answer("no gradient", "backward was not called", f"{missing}\n\n{story.text}")
    if v.grad == g or (is_nan(v.grad) and is_nan(g)) or abs(v.grad - g) <= _SAME * abs(g):
        return story
    times = v.grad / g if g != 0 and is_finite(v.grad) and is_finite(g) else 0
    if v.grad == 0:
        reason, more = "zeroed", "it was zeroed, and backward was not called since"
    elif 1.5 < times < 1000 and abs(times - round(times)) <= _SAME * times:
        reason = "accumulated"
        more = f"it is {round(times)} times that. Every backward() adds to the grad of a leaf, "
        more += "until that is zeroed"
    else:
        reason = "another pass"
        more = "it holds what another backward pass left, or the data has changed since"
    text = f"{name} = {number(v.grad)} is not {dy} = {number(g)}: {more}\n\n{story.text}"
    return replace(story, finding="stale gradient", reason=reason, text=text)


def _no_path(v: Value, y: Value) -> Answer:
    """Answer for a y that v has no part in, with what can be seen of the reason."""
    living = [v, *_computed_from(v)]
    style = Text(nodes(y, *living))
    name, result = style.name(v), style.name(y)
    cuts = []
    if y.rule is None:
        seen = [f"{result} is a leaf: made by Value(...), by detach(), or under no_grad()"]
    elif y in set(nodes(v)):
        seen = [f"it is the other way round: {name} was computed from {result}"]
    elif y.number < v.number:
        seen = [f"{name} was made after {result}"]
    else:
        cuts = _cuts(living, y, style)
        seen = [words for _, words in cuts[:3]] or [_leaves(y, style)]
    text = f"no path leads from {name} to {result}: a backward pass from there does not reach it"
    operation = cuts[0][0] if cuts else None
    return Answer("no path", "no path", "\n    ".join([text, *seen]), operation)


def _cuts(living: list[Value], y: Value, style: Text) -> list[tuple[Value, str]]:
    """Return where y uses, as a plain number, the one of a Value that is v or computed from it."""
    by_number = {w.data: w for w in reversed(living)}
    found = []
    for u in nodes(y):
        plain = [u.data] if u.rule is None else u.inputs[1:] if u.rule.name == "where" else []
        for x in plain:
            if type(x) is not Value and u.number > living[0].number and x in by_number:
                w = by_number[x]
                of = style.name(w) + (f" = {style.operation(w)}" if w.rule else "")
                what = "a leaf: a detach(), a copy, or no_grad()?"
                if u.rule:
                    what = "a where that did not choose it"
                found.append((u, f"the number of {of} goes into {style.name(u)}{at(u)}, {what}"))
    return found


def _leaves(y: Value, style: Text) -> str:
    leaves = [u for u in nodes(y) if u.rule is None]
    shown = [f"{style.name(u)} = {style.number(u.data)}{at(u)}" for u in leaves[:4]]
    more = [style.more(len(leaves) - 4)] if len(leaves) > 4 else []
    return f"{style.name(y)} was computed from the leaves {', '.join(shown + more)}"
