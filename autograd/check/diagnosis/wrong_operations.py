"""Mistakes in one operation, at every use of it: a wrong formula, or a wrong rule of ours."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial

from autograd.check.diagnosis.evidence import Edge, Evidence, Guess, shown
from autograd.check.diagnosis.flow import Change, Flow
from autograd.check.diagnosis.wrong_slopes import NOTHING, TWICE, Slope, wrong_slopes
from autograd.lines import line_of
from autograd.value import data_of

_ORDINALS = ("first", "second", "third", "fourth")
_RARELY_WRONG = {"add": 3, "identity": 3, "mul": 1}
ONE_PATH = {NOTHING, TWICE}  # of one operation, these are said as a path missing or counted twice
Slopes = list[dict[str, Slope]]  # for each edge, the wrong local derivatives by their text


def slopes(evidence: Evidence, flow: Flow) -> Slopes:
    """Return for every edge the wrong local derivatives that it may have, by their text."""
    table: Slopes = [{} for _ in evidence.edges]
    for v, made in zip(flow.nodes, flow.made, strict=True):
        if made:
            y, *xs = map(float, (v.data, *data_of(v.inputs)))
        for e in made:
            edge = evidence.edges[e]
            other = flow.local[made[0] + made[1] - e] if len(made) == 2 else None
            found = wrong_slopes(v, edge.i, edge.true, y, xs, other)
            table[e] = {slope.how: slope for slope in found}
    return table


def rule_guesses(evidence: Evidence, flow: Flow) -> Iterator[Guess]:
    """Yield, for every rule of the table that differs from the truth, what it would give."""
    groups: dict[tuple[str, int], dict[int, float]] = {}
    for e, edge in enumerate(evidence.edges):
        if abs(edge.by_rule - edge.true) > 1e-12 * abs(edge.true):
            assert edge.v.rule is not None
            groups.setdefault((edge.v.rule.name, edge.i), {})[e] = edge.by_rule
    if not groups:
        return
    changes = list(groups.values())
    every = {e: d for change in changes for e, d in change.items()}
    *alone, together = flow.gradients([*changes, every])
    bits = 0 if evidence.ours else 4
    for change, prediction in zip(changes, alone, strict=True):
        for vector in (prediction, together) if len(changes) > 1 else (prediction,):
            yield Guess("rule", partial(_rule_text, evidence, change), vector, bits)


def _rule_text(evidence: Evidence, change: Change) -> str:
    def off(e: int) -> float:
        return abs(change[e] - evidence.edges[e].true)

    edge = evidence.edges[max(change, key=off)]
    assert edge.v.rule is not None
    return (
        f"the rule of `{edge.v.rule.name}` has a wrong partial{_by(edge)}: at "
        f"{evidence.operations(edge.v)} it gives {shown(edge.by_rule)}, {shown(edge.true)} is right"
    )


def operation_guesses(evidence: Evidence, flow: Flow, table: Slopes) -> list[Guess]:
    """Return what each wrong formula gives if all operations of a kind, or of a line, have it."""
    groups = _groups(evidence)
    changes: list[dict[int, float]] = []
    found: list[tuple[str, float]] = []
    for edges, bits in groups:
        for how, slope in table[edges[0]].items():
            if len(edges) == 1 and how in ONE_PATH:
                continue
            if all(how in table[e] for e in edges):
                change = {e: table[e][how].value for e in edges}
                if any(flow.local[e] != d for e, d in change.items()):
                    changes.append(change)
                    found.append((how, bits + slope.bits))
    return [
        Guess(
            kind_of(how),
            partial(text_of_all, evidence, how, change),
            prediction,
            bits,
            place=frozenset(change),
        )
        for (how, bits), change, prediction in zip(
            found, changes, flow.gradients(changes), strict=True
        )
    ]


def kind_of(how: str) -> str:
    """Return "path" for a local derivative of 0, which stops the gradient, else "operation"."""
    return "path" if how == NOTHING else "operation"


def _groups(evidence: Evidence) -> list[tuple[list[int], float]]:
    """Return edges that a mistake changes together: by operation and input, then also by line."""
    by_kind: dict[tuple[str, int], list[int]] = {}
    by_line: dict[tuple[str, int, str], list[int]] = {}
    for e, edge in enumerate(evidence.edges):
        rule = edge.v.rule
        assert rule is not None
        kind = (rule.name, -1 if rule.all_partials else edge.i)
        by_kind.setdefault(kind, []).append(e)
        by_line.setdefault((*kind, str(line_of(edge.v))), []).append(e)
    finer = [g for (name, i, _), g in by_line.items() if len(g) < len(by_kind[name, i])]
    bits = math.log2(max(len(by_kind), 1))
    finer_bits = math.log2(len(by_kind) + len(finer) + 1) + 1
    groups = [(g, bits) for g in by_kind.values()] + [(g, finer_bits) for g in finer]
    return [(g, bits + rarity(evidence.edges[g[0]])) for g, bits in groups]


def rarity(edge: Edge) -> float:
    """Return the bits by which a local derivative is wrong less often than that of a function."""
    assert edge.v.rule is not None
    return _RARELY_WRONG.get(edge.v.rule.name, 0)


def _by(edge: Edge) -> str:
    if len(edge.v.inputs) == 1:
        return ""
    return f" by its {_ORDINALS[edge.i]} input" if edge.i < 4 else f" by its input {edge.i}"


def text_of_all(evidence: Evidence, how: str, change: Change) -> str:
    """Return the sentence that says which operations all have a wrong local derivative."""
    differing = [e for e, d in change.items() if d != evidence.edges[e].true]
    edge = evidence.edges[differing[0]]
    if len(change) == 1:
        return wrong_slope_text(evidence, edge, change[differing[0]], how)
    others = len({evidence.edges[e].v for e in change}) - 1
    these = evidence.operations(edge.v) + (f" and {others} more like it" if others else "")
    by = "" if edge.v.rule and edge.v.rule.all_partials else _by(edge)
    if kind_of(how) == "path":
        return f"the path{by.replace(' by', ' from')} through {these} is missing"
    return (
        f"the local derivative of {these}{by} is taken as {how}: here "
        f"{_used(change[differing[0]], edge)}"
    )


def wrong_slope_text(evidence: Evidence, edge: Edge, wrong: float, how: str) -> str:
    """Return the sentence that says which operation has a wrong local derivative."""
    because = f"; it is taken as {how}" if how else ""
    return (
        f"the local derivative of {evidence.operations(edge.v)}{_by(edge)} is wrong: "
        f"{_used(wrong, edge)}{because}"
    )


def _used(wrong: float, edge: Edge) -> str:
    say = repr if shown(wrong) == shown(edge.true) else shown  # all digits if six are the same
    return f"{say(wrong)} was used, {say(edge.true)} is right"
