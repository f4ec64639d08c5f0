"""A computation and its reverse pass one step at a time, with formulas: what the player plays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from autograd import Value, nodes
from autograd.explain import definition
from autograd.notation import Text
from autograd.numbers import one
from autograd.value import restore
from viz.diagrams.canvas import locals_of, product
from viz.diagrams.digits import aligned, digits

_NO_NUMBER = "no number"  # where an exact type has none, as for a slope of 1/0


Columns = list[dict[Any, str]]


class Step(NamedTuple):
    """Hold one step: a value gets its number, or an arrow brings a part of its gradient back."""

    value: int  # which of nodes(y) it is about
    symbols: str
    numbers: str = ""
    note: str = ""
    gradient: Any = None  # of that value so far
    arrow: int | None = None  # counted as operands of nodes(y) in order; None forward, and for y
    user: int | None = None  # the value at the head of the arrow
    is_backward: bool = False


class _Words(Text):
    """Write formulas as `explain` does, with the digits of pictures."""

    def number(self, x: Any) -> str:
        """Return six digits of a number."""
        return _NO_NUMBER if x is None else digits(x, 6)

    def grouped(self, x: Any) -> str:
        """Return a number as it stands beside an operator."""
        return _NO_NUMBER if x is None else super().grouped(x)


class _Blank(NamedTuple):
    """Stand for the number of one of the values."""

    place: int


class _Blanks(_Words):
    """Write formulas with blanks for the numbers of values: 0 is that of the first, (0) as well."""

    def number(self, x: Any) -> str:
        """Return a number of six digits or a blank."""
        return f"\0{x.place}\0" if type(x) is _Blank else super().number(x)

    def grouped(self, x: Any) -> str:
        """Return a number or a blank as it stands beside an operator."""
        return f"\0({x.place})\0" if type(x) is _Blank else super().grouped(x)


def templates(order: list[Value]) -> list[str]:
    """Return what each forward step says in numbers, with blanks between NULs in their places.

    >>> x = Value(3.0, "x")
    >>> [text.replace("\\0", "|") for text in templates(nodes(x * x))]
    ['x = |0|', '|(0)| * |(0)| = |1|']
    """
    twins: dict[Value, Value] = {}
    for i, v in enumerate(order):
        inputs = tuple(twins[x] if type(x) is Value else x for x in v.inputs)
        twins[v] = restore(_Blank(i), None, v.rule, inputs, v.label)
    blank = list(twins.values())
    return [s.numbers if s.numbers else s.symbols for s in _forward(blank, _Blanks(blank))]


def steps(y: Value) -> list[Step]:
    """Return the evaluation of y value by value, then dy/dv arrow by arrow, with numbers.

    The second part is the reverse pass in the order of `gradients`; a value that is used several
    times shows what it has collected so far. Nothing is changed.

    >>> x = Value(3.0, "x")
    >>> y = x * x
    >>> for step in steps(y):
    ...     print(" | ".join(filter(None, step[1:4])))
    x = 3 | given
    v1 = x * x | 3 * 3 = 9
    dv1/dv1 = 1 | the gradient starts here
    dv1/dx += ∂v1/∂x⁽¹⁾ | 3 | part 1 of 2, not complete yet
    dv1/dx += ∂v1/∂x⁽²⁾ | 3 + 3 = 6 | part 2 of 2, complete
    """
    order = nodes(y)
    return [*_forward(order, _Words(order)), *_backward(order)]


def _forward(order: list[Value], style: Text) -> list[Step]:
    found = []
    for i, v in enumerate(order):
        left, rights, line = definition(style, v)
        first, *rest = [text for [text] in rights]
        note = line or ("" if v.rule else "given")
        found.append(Step(i, f"{left} = {first}", " = ".join(rest), note))
    return found


def _backward(order: list[Value]) -> list[Step]:
    y, style = order[-1], _Words(order)
    place = {v: i for i, v in enumerate(order)}
    operands = [(v, i) for v in order for i, x in enumerate(v.inputs) if type(x) is Value]
    arrows = {operand: k for k, operand in enumerate(operands)}
    uses = Counter(v.inputs[i] for v, i in operands)
    parts: Counter[Value] = Counter()
    found: dict[Value, Any] = {y: one(y.data)}
    seed = f"{style.total(y, y)} = {style.number(found[y])}"
    result = [Step(place[y], seed, "", "the gradient starts here", found[y], is_backward=True)]
    for v in reversed(order):
        for i, (x, d) in enumerate(zip(v.inputs, locals_of(v), strict=True)):
            if type(x) is not Value:
                continue
            parts[x] += 1
            term = product(found[v], d)
            before = [found[x]] if x in found else []
            found[x] = _sum(found[x], term) if before else term
            twice = sum(u is x for u in v.inputs) > 1
            slope = style.partial(v, x, i if twice else None)
            sign = "=" if uses[x] == 1 else "+="
            outer, factors = ([], [d]) if v is y else ([style.total(y, v)], [found[v], d])
            result.append(
                Step(
                    value=place[x],
                    symbols=f"{style.total(y, x)} {sign} {style.times.join([*outer, slope])}",
                    numbers=_in_numbers(style, before, factors, found[x]),
                    note=_part(parts[x], uses[x]),
                    gradient=found[x],
                    arrow=arrows[v, i],
                    user=place[v],
                    is_backward=True,
                )
            )
    return result


def _sum(a: Any, b: Any) -> Any:
    """Return a + b, None where one is unknown or they have no sum."""
    try:
        return None if a is None or b is None else a + b
    except (ArithmeticError, TypeError):
        return None


def _in_numbers(style: Text, before: list[Any], factors: list[Any], result: Any) -> str:
    """Return what was there + the new product = their sum, nothing twice."""
    single = len(factors) == 1 and not before
    write = style.number if single else style.grouped
    new = style.times.join(map(write, factors))
    left = " + ".join([*map(style.number, before), new])
    right = style.number(result)
    return left if left == right else f"{left} = {right}"


def _part(i: int, n: int) -> str:
    if n == 1:
        return ""
    return f"part {i} of {n}, {'complete' if i == n else 'not complete yet'}"


def columns_of(order: Sequence[Value], played: Sequence[Step], width: int = 0) -> Columns:
    """Return for each value its number and running gradients, as texts of one width or more.

    The keys are "data" and the places of the steps' arrows, None for the first gradient.
    """
    numbers: list[dict[Any, Any]] = [{"data": v.data} for v in order]
    for step in played:
        if step.is_backward:
            numbers[step.value][step.arrow] = "?" if step.gradient is None else step.gradient
    return [
        dict(zip(column, [text.rjust(width) for text in aligned(column.values())], strict=True))
        for column in numbers
    ]
