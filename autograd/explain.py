"""The chain rule with its numbers plugged in: where each part of a gradient comes from."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial, reduce
from itertools import groupby, pairwise
from typing import Any, NamedTuple

from autograd.lines import line_of
from autograd.notation import Equation, Latex, Text
from autograd.numbers import one, zero
from autograd.passes import dependents, pull_back
from autograd.real import short
from autograd.value import Value, data_of, nodes

_FEW = 8  # paths that are listed one by one, and summands that are shown of a sum
_MANY = 10**6  # paths that are counted


class Term(NamedTuple):
    """Hold one summand of dy/d(operand): dy/d(user) times the slope d(user)/d(operand)."""

    user: Value
    operand: Value
    place: int  # among the operands
    slope: Any
    part: Any


class ChainRule(NamedTuple):
    """Hold dy/dv, and the terms that it is the sum of, for each v between x and y."""

    order: list[Value]  # from x to y; empty where there is no path
    adjoints: dict[Value, Any]
    terms: dict[Value, list[Term]]  # in the order in which the reverse pass adds them


def chain_rule(y: Value, x: Value) -> ChainRule:
    """Return the chain rule for dy/dx: dy/dv is the sum over users w of v of dy/dw * dw/dv."""
    order = dependents([y], [x])
    if not order:
        return ChainRule([], {}, {})
    adjoints = dict(zip(order, pull_back([y], [one(y)], order), strict=True))
    terms: dict[Value, list[Term]] = {v: [] for v in order}
    for w in reversed(order):
        wanted = [type(u) is Value and u in terms for u in w.inputs]
        if w.rule is None or not any(wanted):
            continue
        slopes = w.rule.derivatives(w.data, data_of(w.inputs), wanted)
        for place, (u, slope) in enumerate(zip(w.inputs, slopes, strict=True)):
            if wanted[place]:
                terms[u].append(Term(w, u, place, slope, slope * adjoints[w]))
    return ChainRule(order, adjoints, terms)


def explain(y: Value, x: Value, limit: int = 20) -> Explanation:
    """Return dy/dx by the chain rule, with numbers: the sum over paths of products of slopes.

    Up to 8 paths are written out; more are merged where they meet, with one sum for each value
    between x and y. Of more than `limit` values the middle is left out. The result prints as text;
    it has `latex()`, `markdown()`, the `gradient` and the `parts` that add up to it (exactly so
    in fractions). Nothing is changed; no backward pass is needed. Raises TypeError unless both
    are Values. Source: Bauer 1974, "Computational graphs and rounding error".

    >>> a, b = Value(2.0, "a"), Value(3.0, "b")
    >>> c = a * b
    >>> c.label = "c"
    >>> y = 2 * c + 2 * a
    >>> print(explain(y, a))
    a  = 2
    c  = a * b = 2 * 3 = 6
    v1 = 2 * c = 2 * 6 = 12
    v2 = 2 * a = 2 * 2 = 4
    v3 = v1 + v2 = 12 + 4 = 16
    <BLANKLINE>
    dv3/da = ∂v3/∂v2 · ∂v2/∂a + ∂v3/∂v1 · ∂v1/∂c · ∂c/∂a
           = 1 · 2 + 1 · 2 · 3
           = 2 + 6
           = 8
    """
    for v in (y, x):
        if type(v) is not Value:
            raise TypeError(
                f"explain(y, x): {short(v)} is not a Value. Write explain(y, x) for dy/dx, "
                "with a Value y that was computed from the Value x"
            )
    if type(limit) is not int or limit < 2:
        raise ValueError(f"explain(y, x, limit={limit!r}): the limit must be an int, 2 or more")
    return Explanation(y, x, chain_rule(y, x), limit)


@dataclass(frozen=True, eq=False, repr=False)
class Explanation:
    """Hold what `explain` found: the numbers, and ways to write them down."""

    y: Value
    x: Value
    rule: ChainRule
    limit: int

    @property
    def gradient(self) -> Any:
        """Return dy/dx."""
        return self.rule.adjoints.get(self.x, zero(self.y))

    @property
    def paths(self) -> int:
        """Return the number of paths from x to y, counted up to a million."""
        counts = dict.fromkeys(self.rule.order, 0)
        for v in reversed(self.rule.order):
            found = sum(counts[term.user] for term in self.rule.terms[v])
            counts[v] = min(found, _MANY) if v is not self.y else 1
        return counts.get(self.x, 0)

    @property
    def is_by_path(self) -> bool:
        """Say whether the paths are written one by one."""
        return len(self.rule.order) <= self.limit and self.paths <= _FEW

    @property
    def parts(self) -> list[Any]:
        """Return what adds up to the gradient: a number for each path, or for each use of x."""
        if self.x is self.y:
            return [self.gradient]
        if self.is_by_path:
            return [self._along(path) for path in self._paths()]
        return [term.part for term in self.rule.terms[self.x]]

    def _paths(self) -> Iterator[tuple[Term, ...]]:
        """Yield each path as its terms from x up to y."""
        waiting: list[tuple[Value, tuple[Term, ...]]] = [(self.x, ())] if self.rule.order else []
        while waiting:
            v, path = waiting.pop()
            if v is self.y:
                yield path
            waiting += [(t.user, (*path, t)) for t in reversed(self.rule.terms[v])]

    def _along(self, path: tuple[Term, ...]) -> Any:
        return reduce(operator.mul, [term.slope for term in reversed(path)], one(self.y))

    def __str__(self) -> str:
        return self._written(Text(nodes(self.y, self.x)))

    __repr__ = __str__

    def latex(self) -> str:
        """Return the equations as an `aligned` environment of LaTeX's mathematical mode."""
        return self._written(Latex(nodes(self.y, self.x)))

    def markdown(self) -> str:
        """Return a sentence and the equations, for a page that typesets $$...$$."""
        style = Latex(nodes(self.y, self.x))
        dy = f"{style.total(self.y, self.x)} = {style.number(self.gradient)}"
        count = f"{self.paths:,}" if self.paths < _MANY else "a million or more"
        paths = "path" if self.paths == 1 else "paths"
        return f"${dy}$, along {count} {paths}:\n\n$$\n{self.latex()}\n$$\n"

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle {self.latex()}$"

    def _repr_markdown_(self) -> str:
        return self.markdown()

    def _written(self, style: Text) -> str:
        order, by_path = self.rule.order, self.is_by_path
        if not order:
            result = Equation(style.total(self.y, self.x), [[style.number(self.gradient)]])
            return style.page([style.block([result]), style.remark("there is no path")])
        values = self._cut([partial(definition, style, v) for v in order])
        if by_path:
            equations = [self._over_paths(style)]
        else:
            equations = self._cut([partial(self._over_users, style, v) for v in order[-2::-1]])
        blocks = [style.block(values), style.block(equations, stacked=by_path)]
        twice = [v for v in order if self._is_used_twice_at_once(v)]
        blocks += map(style.repeated, twice[:1])  # one stands for all
        return style.page(blocks)

    def _over_paths(self, style: Text) -> Equation:
        """Return dy/dx = the sum over paths of the products of slopes."""
        paths = [path[::-1] for path in self._paths()]
        symbols = [[self._partial(style, term) for term in path] for path in paths]
        numbers = [[term.slope for term in path] for path in paths]
        return self._equation(style, self.x, symbols, numbers, self.parts)

    def _over_users(self, style: Text, v: Value) -> Equation:
        """Return dy/dv = the sum over users w of v of dy/dw * dw/dv, less dy/dy = 1."""
        symbols, numbers = [], []
        for term in self.rule.terms[v][:_FEW]:
            outer = [term.user] if term.user is not self.y else []
            symbols.append([*[style.total(self.y, w) for w in outer], self._partial(style, term)])
            numbers.append([*[self.rule.adjoints[w] for w in outer], term.slope])
        parts = [term.part for term in self.rule.terms[v]]
        return self._equation(style, v, symbols, numbers, parts)

    def _equation(self, style: Text, v: Value, symbols: list[list[str]],
                  numbers: list[list[Any]], parts: list[Any]) -> Equation:  # fmt: skip
        """Return dy/dv = symbols = numbers = parts = number, but nothing twice."""
        more = [style.more(len(parts) - _FEW)] if len(parts) > _FEW else []
        sides = [
            [style.times.join(factors) for factors in symbols],
            [_product(style, factors, first=i == 0) for i, factors in enumerate(numbers)],
            [_product(style, [part], first=i == 0) for i, part in enumerate(parts[:_FEW])],
        ]
        rights = [side + more for side in sides if side != [""]]
        rights.append([style.number(self.rule.adjoints[v])])
        return Equation(style.total(self.y, v), [side for side, _ in groupby(rights)])

    def _partial(self, style: Text, term: Term) -> str:
        uses = sum(other.user is term.user for other in self.rule.terms[term.operand])
        return style.partial(term.user, term.operand, term.place if uses > 1 else None)

    def _is_used_twice_at_once(self, v: Value) -> bool:
        return any(a.user is b.user for a, b in pairwise(self.rule.terms[v]))

    def _cut(self, equations: list[Callable[[], Equation]]) -> list[Equation]:
        """Make the equations; of more than `limit` leave out the middle, and say so."""
        left_out, half = len(equations) - self.limit, self.limit // 2
        if left_out <= 0:
            return [make() for make in equations]
        gap = Equation(f"{left_out:,} values left out, limit={self.limit}", [])
        first, last = equations[:half], equations[half + left_out :]
        return [*[make() for make in first], gap, *[make() for make in last]]


def definition(style: Text, v: Value) -> Equation:
    """Return v = its operation = that in numbers = its number."""
    written = [style.operation(v)] if v.rule else []
    if 0 < len(v.inputs) <= _FEW:
        written.append(style.operation(v, with_numbers=True))
    sides = [[text] for text in dict.fromkeys([*written, style.number(v.data)])]
    return Equation(style.name(v), sides, str(line_of(v) or ""))


def _product(style: Text, factors: list[Any], first: bool) -> str:
    """Return the factors as a product; a number that stands alone and first as it is."""
    if len(factors) == 1 and first:
        return style.number(factors[0])
    return style.times.join(map(style.grouped, factors))
