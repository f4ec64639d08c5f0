"""Hypothesis strategies to try engines with: expressions, graphs with sharing, and points.

What fails shrinks to the smallest wrong expression, and prints as Python that runs:

    @given(cases(graphs()))
    def test_engine(case):
        expression, point = case
        ...
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

try:
    from hypothesis import reject
    from hypothesis import strategies as st
except ImportError as error:
    raise ImportError(
        "autograd.check.strategies draws with Hypothesis, which is missing: "
        'pip install "chalkgrad[strategies]"'
    ) from error

from autograd.check.expressions import Case, Expression, Step
from autograd.check.expressions.domains import KINKS, is_clear, kinks, trace
from autograd.check.expressions.growth import NAMES, grown
from autograd.primitive import _BUILT_IN
from autograd.rules import TABLE, find

__all__ = [
    "Case", "Expression", "NUMBERS", "OPERATIONS", "Step", "cases", "expressions", "graphs",
    "points", "points_on_kinks",
]  # fmt: skip

Numbers = st.SearchStrategy[Any]
Points = st.SearchStrategy[tuple[Any, ...]]

# All that is written with autograd's public functions and operators, in the order of the table.
_NOT_DRAWN = ("identity", "sech_squared", "take")  # made by transforms, partials, compiling
OPERATIONS = tuple(x for x in TABLE if x in _BUILT_IN and x not in _NOT_DRAWN)
NUMBERS: Numbers = (
    st.sampled_from([1.0, 2.0, 0.5, 3.0, 1.5, 0.25, -1.0, -2.0, -0.5, -1.5])
    | st.floats(0.1, 3)
    | st.floats(-3, -0.1)
)


def expressions(*, variables: int = 3, operations: Sequence[str] = OPERATIONS,
                min_operations: int = 1, max_operations: int = 10, numbers: Numbers = NUMBERS,
                on_kink: bool = False) -> st.SearchStrategy[Expression]:  # fmt: skip
    """Return a strategy for trees of operations, in which only variables are used again.

    They have at most so many `variables`, and operations by the names of their rows in the table,
    primitives of one's own included. Each brings an `example`: a point drawn from `numbers` where
    it is smooth, or with `on_kink` where one operation is exactly on its kink, as relu(0). Where
    the numbers are fractions, so is all that is computed. Raises LookupError for an unknown
    operation, ValueError for sizes that cannot be.

    >>> from hypothesis import find
    >>> find(expressions(operations=["add", "tanh"]), lambda e: "tanh" in e.operations)
    lambda a: tanh(a)
    >>> kinked = find(expressions(on_kink=True), lambda e: True)
    >>> kinked, kinked.example
    (lambda a, b: abs(a - b), (1.0, 1.0))
    """
    return _checked(False, variables, operations, min_operations, max_operations, numbers, on_kink)


def graphs(*, variables: int = 3, operations: Sequence[str] = OPERATIONS,
           min_operations: int = 1, max_operations: int = 10, numbers: Numbers = NUMBERS,
           on_kink: bool = False) -> st.SearchStrategy[Expression]:  # fmt: skip
    """Return a strategy like `expressions`, for graphs in which any value may be used again.

    >>> from hypothesis import find
    >>> find(graphs(operations=["mul"]), lambda e: "v1 * v1" in str(e))
    def f(a):
        v1 = a * a
        return v1 * v1
    """
    return _checked(True, variables, operations, min_operations, max_operations, numbers, on_kink)


def cases(of: st.SearchStrategy[Expression] | None = None) -> st.SearchStrategy[Case]:
    """Return a strategy for an expression (one of `graphs`, or as given) with its example.

    It prints as a program that runs. Raises ValueError for an expression without an example.

    >>> from hypothesis import find
    >>> case = find(cases(), lambda case: case.expression(*case.point) > 1)
    >>> str(case).splitlines()[-1].startswith("f("), case.expression(*case.point) > 1
    (True, True)
    """
    return (graphs() if of is None else of).map(_case)


def points(expression: Expression, *, numbers: Numbers = NUMBERS) -> Points:
    """Return a strategy for points at which an expression is smooth, away from kinks and edges.

    From a smooth point, its example, they go toward one that is drawn as far as all stays clear.
    Raises ValueError if the expression has no such example, and a search finds none.

    >>> from hypothesis import find
    >>> logarithm = Expression(("a",), (Step("log", ("a",)),))
    >>> find(points(logarithm), lambda point: point[0] > 1.25)
    (2.0,)
    """
    return _walked(expression, _smooth(expression), numbers)


def points_on_kinks(expression: Expression, *, numbers: Numbers = NUMBERS) -> Points:
    """Return a strategy for points at which an operation of an expression is exactly on its kink.

    A kink is enclosed along a coordinate and bisected, until an operand is 0 or two are equal.
    Raises ValueError if no operation has a kink.

    >>> from hypothesis import find
    >>> folded = Expression(("a",), (Step("sub", ("a", 0.75)), Step("abs", ("v1",))))
    >>> find(points_on_kinks(folded), lambda point: True)
    (0.75,)
    """
    if not set(expression.operations) & set(KINKS):
        raise ValueError(
            f"points_on_kinks: nothing in {expression!r} has a kink, as {', '.join(KINKS)} have"
        )
    return _bent(expression, numbers)


def _checked(shared: bool, variables: int, operations: Sequence[str], least: int, most: int,
             numbers: Numbers, on_kink: bool) -> st.SearchStrategy[Expression]:  # fmt: skip
    if isinstance(operations, str):
        raise TypeError(f"operations={operations!r}: give a list of names, [{operations!r}]")
    for name in operations:
        find(name)
    if not operations:
        raise ValueError("operations=[]: name at least one")
    if on_kink and not set(operations) & set(KINKS):
        raise ValueError(f"on_kink: name an operation with a kink: {', '.join(KINKS)}")
    if not 1 + on_kink <= variables <= len(NAMES):
        raise ValueError(f"variables={variables}: {1 + on_kink} to {len(NAMES)} are possible")
    if not 1 + on_kink <= most >= least >= 0:
        raise ValueError(
            f"min_operations={least}, max_operations={most}: the first must not be above the "
            f"second, which is {1 + on_kink} or more"
        )
    return grown(tuple(operations), shared, on_kink, variables, least, most, numbers)


def _case(expression: Expression) -> Case:
    if expression.example is None:
        raise ValueError(f"cases: {expression!r} has no example; draw a point from points(...)")
    return Case(expression, expression.example)


def _smooth(expression: Expression) -> tuple[Any, ...]:
    if expression.example is not None and is_clear(expression, expression.example):
        return expression.example
    chance = random.Random(0)
    for reach in [1.0, 3.0, 10.0] * 1000:
        point = tuple(round(chance.uniform(-reach, reach), 2) for _ in expression.variables)
        if is_clear(expression, point):
            return point
    raise ValueError(
        f"points: no point was found where {expression!r} is smooth and of moderate size: "
        "give it one as its example"
    )


@st.composite
def _walked(draw: st.DrawFn, expression: Expression, start: tuple[Any, ...],
            numbers: Numbers) -> tuple[Any, ...]:  # fmt: skip
    end = [draw(numbers) for _ in start]
    for k in range(12):
        point = tuple(a + (b - a) / 2**k if k else b for a, b in zip(start, end, strict=True))
        if is_clear(expression, point):
            return point
    return start


@st.composite
def _bent(draw: st.DrawFn, expression: Expression, numbers: Numbers) -> tuple[Any, ...]:
    base = tuple(draw(numbers) for _ in expression.variables)
    example = expression.example or base
    places = [
        (at, k, i)
        for at in (base, example)
        for k, step in enumerate(expression.steps)
        if step.operation in KINKS
        for i in range(len(base))
    ]
    first = draw(st.integers(0, len(places) - 1))
    for at, k, i in places[first:] + places[:first]:
        point = _onto(expression, at, k, i)
        if point and math.isfinite(trace(expression, point)[-1].value) and kinks(expression, point):
            return point
    if kinks(expression, example):
        return example
    reject()


def _onto(expression: Expression, at: tuple[Any, ...], k: int, i: int) -> tuple[Any, ...] | None:
    """Return the point moved along coordinate i until step k is exactly on its kink."""

    def moved(x: Any) -> tuple[Any, ...]:
        return (*at[:i], x, *at[i + 1 :])

    def gap(x: Any) -> Any:
        step = trace(expression, moved(x))[k]
        return KINKS[step.step.operation](*step.operands)

    stops = sorted({*at, *(j / 2 for j in range(-8, 9))})
    for a, b in pairwise(stops):
        below, above = gap(a), gap(b)
        while below * above < 0 and a < (middle := (a + b) / 2) < b:
            here = gap(middle)
            a, b = (middle, b) if here * below > 0 else (a, middle)
            below, above = gap(a), gap(b)
        if 0 in (below, above):
            return moved(a if below == 0 else b)
    return None
