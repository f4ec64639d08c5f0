"""The causes that `why` tells of: where a number, or a gradient on its way back, goes wrong."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import dropwhile
from typing import Any

from autograd.explain import ChainRule, Term
from autograd.notation import Text
from autograd.numbers import log10
from autograd.value import Value
from autograd.why_words import Answer, at, is_finite, is_nan, origin, slope_words, told

TINY, HUGE = 1e-6, 1e6  # gradients beyond these are looked into
_CAUSES = 4  # that are shown


def finding(g: Any) -> str:
    """Return what is the matter with a gradient, "" if nothing."""
    if not is_finite(g):
        return "nan gradient" if is_nan(g) else "infinite gradient"
    if g == 0:
        return "zero gradient"
    return "tiny gradient" if abs(g) < TINY else "huge gradient" if abs(g) > HUGE else ""


def bad_number(v: Value, style: Text) -> Answer:
    """Answer for a value that is nan or infinite: the first operation that made it so."""

    def onward(w: Value) -> list[Value]:
        odd = [x for x in w.inputs if type(x) is Value and not is_finite(x.data)]
        return [x for x in odd if is_nan(x.data)] or odd if is_nan(w.data) else odd

    back = _trace(v, onward)
    sources = [w for w in back if not onward(w)]
    first = min(sources, key=lambda w: w.number)
    reason, words = origin(first, style)
    more = [f"(the first of {len(sources):,} such operations)"] if len(sources) > 1 else []
    chain = _way(back, first)
    head = f"{style.name(v)} = {style.number(v.data)}: {words}"
    kind = "nan" if is_nan(v.data) else "infinity"
    return Answer(kind, reason, told([head], more, first, chain, style), first, chain)


class Gradient:
    """Tell the story of dy/dv, by what is the matter with it."""

    def __init__(self, v: Value, y: Value, rule: ChainRule, style: Text) -> None:
        self.v, self.y, self.rule, self.style = v, y, rule, style
        self.adjoints, self.terms = rule.adjoints, rule.terms
        self.g = rule.adjoints[v]
        self.head = self._adjoint(v)

    def answer(self) -> Answer:
        """Return the story that fits."""
        kind = finding(self.g)
        if not kind:
            well = "nothing is wrong with it"
            if not is_finite(self.y.data):
                name = self.style.name(self.y)
                well = f"but {name} is {self.style.number(self.y.data)}: see why({name})"
            return Answer("", "", f"{self.head} is an ordinary number: {well}")
        if kind == "zero gradient":
            return self._zero()
        return self._odd(kind) if not is_finite(self.g) else self._size(kind)

    def _tell(self, kind: str, reason: str, words: str, operation: Value, chain: Sequence[Value],
              more: Sequence[str] = ()) -> Answer:  # fmt: skip
        heads = [f"{self.head}: {words}"]
        rows = chain if self.y is chain[0] else [self.y, *chain]
        text = told(heads, more, operation, rows, self.style, self._adjoint)
        return Answer(kind, reason, text, operation, chain)

    def _adjoint(self, v: Value) -> str:
        adjoint = self.adjoints[v] + 0  # so that it is not written -0
        return f"{self.style.total(self.y, v)} = {self.style.number(adjoint)}"

    def _zero(self) -> Answer:
        """Answer for 0: what closes every way, the first on the way back from y."""
        back = _trace(self.v, lambda x: [t.user for t in self.terms[x] if self._is_zero(t.user)])
        causes: list[tuple[Value, Value, Term | None]] = []  # responsible, reached, how
        for x in back:
            passing = [t for t in self.terms[x] if not self._is_zero(t.user)]
            causes += [(t.user, x, t) for t in passing if t.part == 0]
            if any(t.part != 0 for t in passing):
                causes.append((x, x, None))
        causes.sort(key=lambda cause: cause[0].number, reverse=True)
        found = [self._closing(x, term) for _, x, term in causes[:_CAUSES]]
        more = [f"also {words}" for _, words in found[1:]]
        if len(causes) > _CAUSES:
            more.append(f"and {len(causes) - _CAUSES:,} more: every path is closed")
        operation, x, _ = causes[0]
        chain = list(dict.fromkeys([operation, *_way(back, x)]))
        return self._tell("zero gradient", *found[0], operation, chain, more)

    def _is_zero(self, v: Value) -> bool:
        return bool(self.adjoints[v] == 0)

    def _closing(self, x: Value, term: Term | None) -> tuple[str, str]:
        """Return why nothing reaches x: along this term, or because the terms cancel."""
        grouped = self.style.grouped
        if term is None:
            parts = [grouped(t.part) for t in self.terms[x] if t.part != 0]
            total = " + ".join(parts[:6] + ["..."] * (len(parts) > 6))
            return (
                "cancellation",
                f"the paths that meet in {self.style.name(x)} cancel: {total} = 0",
            )
        if term.slope == 0:
            return slope_words(term.user, term.place, term.slope, self.style)
        factors = f"{grouped(self.adjoints[term.user])} · {grouped(term.slope)}"
        where = f"{self.style.operation(term.user)}{at(term.user)}"
        return "underflow", f"{factors} is below the smallest float, in {where}"

    def _odd(self, kind: str) -> Answer:
        """Answer for nan and inf: the first operation on the way back from y that makes it."""

        def onward(x: Value) -> list[Value]:
            odd = [t.user for t in self.terms[x] if not is_finite(self.adjoints[t.user])]
            nans = [w for w in odd if is_nan(self.adjoints[w])]
            return nans or odd if is_nan(self.adjoints[x]) else odd

        back = _trace(self.v, onward)
        x = max((x for x in back if not onward(x)), key=lambda x: x.number)
        term = next((t for t in self.terms[x] if not is_finite(t.part)), None)
        if term is None:
            words = f"the sum of what meets in {self.style.name(x)} is larger than any float"
            return self._tell(kind, "overflow", words, x, _way(back, x))
        w = term.user
        chain = [w, *_way(back, x)]
        if is_finite(term.slope):
            factors = f"{self.style.grouped(self.adjoints[w])} · {self.style.grouped(term.slope)}"
            words = f"{factors} overflows, in {self.style.operation(w)}{at(w)}"
            return self._tell(kind, "overflow", words, w, chain)
        for number in (*w.inputs, w):
            if type(number) is Value and not is_finite(number.data):
                data = bad_number(number, self.style)
                story = self._tell(kind, data.reason, data.text.partition("\n")[0], w, chain)
                full = list(dict.fromkeys([*data.chain, *chain]))
                return Answer(kind, data.reason, story.text, data.operation, full)
        return self._tell(kind, *slope_words(w, term.place, term.slope, self.style), w, chain)

    def _size(self, kind: str) -> Answer:
        """Answer for tiny and huge: the factors on the strongest path that make it so."""
        tiny = kind == "tiny gradient"
        factors = list(self._factors())
        far = [f for f in factors if (f[0] < -1 if tiny else f[0] > 1)]
        far.sort(key=lambda factor: factor[0], reverse=not tiny)
        if not far:
            mean = self.style.number(10 ** (sum(f[0] for f in factors) / len(factors)))
            words = (
                f"no factor is {'tiny' if tiny else 'huge'} itself, but there are "
                f"{len(factors):,} on the strongest path, of geometric mean {mean}"
            )
            return self._tell(kind, "many factors", words, self.y, self._strongest())
        found = [self._factor_words(*factor[1:]) for factor in far[:_CAUSES]]
        more = [f"the {'smallest' if tiny else 'largest'} factors on the strongest path:"]
        for (_, factor, *_), (_, words) in zip(far, found, strict=False):
            more.append(f"  {self.style.number(factor):>11}  {words}")
        if len(far) > _CAUSES:
            more.append(f"  and {len(far) - _CAUSES:,} more {'below 0.1' if tiny else 'above 10'}")
        operation = far[0][2]
        chain = list(dropwhile(lambda x: x is not operation, self._strongest()))
        more = more if len(far) > 1 else []
        return self._tell(kind, *found[0], operation, chain, more)

    def _strongest(self) -> list[Value]:
        """Return the path from y to v that keeps to the largest term."""
        path = [self.v]
        while path[-1] is not self.y:
            path.append(self._largest(path[-1]).user)
        return path[::-1]

    def _largest(self, x: Value) -> Term:
        return max(self.terms[x], key=lambda term: abs(term.part))

    def _factors(self) -> Iterator[tuple[float, Any, Value, Term | None]]:
        """Yield log10 of each factor on the strongest path, the factor, and whose it is.

        Where paths meet, what their sum is to its largest term counts as a factor too.
        """
        for x in self._strongest()[1:]:
            term = self._largest(x)
            yield _orders(term.slope), term.slope, term.user, term
            if len(self.terms[x]) > 1:
                share = self.adjoints[x] / term.part
                yield _orders(share), share, x, None

    def _factor_words(self, factor: Any, operation: Value, term: Term | None) -> tuple[str, str]:
        if term is not None:
            return slope_words(operation, term.place, factor, self.style)
        key = "cancellation" if abs(factor) < 1 else "many paths"
        verb = "cancel" if abs(factor) < 1 else "add up"
        return (
            key,
            f"{len(self.terms[operation]):,} paths that meet in "
            f"{self.style.name(operation)} {verb}",
        )


def _orders(x: Any) -> float:
    """Return log10 |x|."""
    if isinstance(x, Fraction):  # it may be too small for a float
        return math.log10(abs(x.numerator)) - math.log10(x.denominator)
    return float(log10(abs(x)))


def _trace(v: Value, onward: Callable[[Value], list[Value]]) -> dict[Value, Value | None]:
    """Return every value that is found by going onward from v, with the one before it."""
    back: dict[Value, Value | None] = {v: None}
    waiting = [v]
    for w in waiting:
        for x in onward(w):
            if x not in back:
                back[x] = w
                waiting.append(x)
    return back


def _way(back: dict[Value, Value | None], v: Value | None) -> list[Value]:
    """Return the way back from v to where the trace began."""
    way = []
    while v is not None:
        way.append(v)
        v = back[v]
    return way
