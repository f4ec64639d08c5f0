"""The strategies: what they draw, how it prints and runs, and to what a failure shrinks."""

from __future__ import annotations

import ast
import importlib
import math
import random
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, find, given, settings
from hypothesis import strategies as st

import autograd
from autograd import Value, derivatives, grad, gradients, nodes, primitive
from autograd.check import Kink, reference_gradients
from autograd.check.expressions.domains import KINKS, MARGIN, distance, is_clear, kinks, trace
from autograd.check.oracles.precise import context, difference, exactly, keeping_digits
from autograd.check.oracles.replay import is_parameter
from autograd.check.strategies import (
    OPERATIONS,
    Case,
    Expression,
    Step,
    cases,
    expressions,
    graphs,
    points,
    points_on_kinks,
)
from autograd.rules import TABLE
from autograd.rules import find as row

drawn = settings(max_examples=60, deadline=None, derandomize=True, database=None,
                 suppress_health_check=[HealthCheck.too_slow])  # fmt: skip
BUILT_IN = set(TABLE) & importlib.import_module("autograd.primitive")._BUILT_IN
FRACTIONS = st.fractions(-3, 3, max_denominator=12)


def make(variables: str, *lines: tuple[Any, ...]) -> Expression:
    """Return the expression with these steps, each as (operation, *operands)."""
    return Expression(tuple(variables.split()), tuple(Step(name, xs) for name, *xs in lines))


def samples(strategy: st.SearchStrategy[Any], count: int) -> list[Any]:
    found: list[Any] = []

    @settings(drawn, max_examples=count)
    @given(strategy)
    def collect(x: Any) -> None:
        found.append(x)

    collect()
    return found


# How an expression prints, and that it runs as it prints


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (make("a b", ("mul", "a", "b"), ("tanh", "v1"), ("add", "v2", 0.5)), "tanh(a * b) + 0.5"),
        (make("a b", ("add", "a", "b"), ("mul", "v1", 2)), "(a + b) * 2"),
        (make("a b", ("mul", "a", "b"), ("add", 2, "v1")), "2 + a * b"),
        (make("a b", ("sub", "a", "b"), ("sub", "v1", 1)), "a - b - 1"),
        (make("a b", ("sub", "a", "b"), ("sub", 1, "v1")), "1 - (a - b)"),
        (make("a b", ("add", "a", "b"), ("add", 1, "v1")), "1 + (a + b)"),  # another rounding
        (make("a b", ("mul", "a", "b"), ("div", 1, "v1")), "1 / (a * b)"),
        (make("a", ("pow", "a", 2), ("neg", "v1")), "-a**2"),
        (make("a", ("neg", "a"), ("pow", "v1", 2)), "(-a)**2"),
        (make("a", ("pow", -2.0, "a")), "(-2.0)**a"),
        (make("a", ("pow", "a", -2)), "a**-2"),
        (make("a b", ("pow", "a", "b"), ("pow", 2, "v1")), "2**a**b"),
        (make("a b", ("pow", "a", "b"), ("pow", "v1", 2)), "(a**b)**2"),
        (make("a", ("neg", "a"), ("neg", "v1"), ("mul", "v2", -1.5)), "--a * -1.5"),
        (make("a b", ("mod", "a", "b"), ("floordiv", "v1", 2)), "a % b // 2"),
        (make("a b", ("softmax", 1, "a", "b")), "softmax([a, b])[1]"),
        (make("a b", ("dot", "a", "b", 2, 3)), "dot([a, b], [2, 3])"),
        (make("a b", ("where", "a", 0, "a", "b")), "where(a > 0, a, b)"),
        (make("a", ("polygamma", 1, "a")), "polygamma(1, a)"),
        (make("a", ("mul", "a", Fraction(1, 3))), "a * Fraction(1, 3)"),
        (make("a", ("exp", "a"), ("sin", "a")), "sin(a)"),  # a step that nothing reads
        (make("a", ("exp", "a"), ("mul", "v1", "v1")), "def f(a):\n    v1 = exp(a)\n    return v1 * v1"),
    ],
)  # fmt: skip
def test_an_expression_prints_as_one_would_write_it(expression: Expression, text: str) -> None:
    assert str(expression) == text


@drawn
@given(st.one_of(graphs(max_operations=30), expressions(max_operations=30)))
def test_the_text_computes_what_the_steps_say_bit_for_bit(expression: Expression) -> None:
    point = expression.example
    assert point is not None
    assert expression(*point) == trace(expression, point)[-1].value
    values = [Value(x) for x in point]
    assert expression(*values).data == expression(*point)
    text = str(expression)
    if not text.startswith("def"):
        pasted = eval(repr(expression), vars(autograd).copy())
        assert pasted(*point) == expression(*point)
    for line in ast.parse(text).body[0:1]:
        assert text.count("(") <= ast.unparse(line).count("(")
        assert max(map(len, text.splitlines())) <= 100


def test_a_long_chain_prints_in_lines_that_python_can_parse() -> None:
    chain = make("a", *[("sin", "a" if i == 0 else f"v{i}") for i in range(1000)])
    expected = 0.5
    for _ in range(1000):
        expected = math.sin(expected)
    assert chain.on(math)(0.5) == expected
    assert len(str(chain).splitlines()) < 100


@drawn
@given(cases())
def test_a_case_is_a_program(case: Case) -> None:
    body = ast.parse(str(case)).body
    names: dict[str, Any] = {}
    exec(compile(ast.Module(body[:-1], []), "case", "exec"), names)
    assert isinstance(body[-1], ast.Expr)
    result = eval(compile(ast.Expression(body[-1].value), "case", "eval"), names)
    assert result == case.expression(*case.point)


def test_a_failing_case_is_shown_as_a_program() -> None:
    @settings(drawn)
    @given(case=cases(graphs(operations=["mul", "exp"])))
    def fails(case: Case) -> None:
        assert "v1 * v1" not in str(case)

    with pytest.raises(AssertionError) as failure:
        fails()
    notes = "\n".join(failure.value.__notes__)
    program = textwrap.dedent(notes[notes.index("case=") + 5 : notes.rindex(",\n")])
    assert re.fullmatch(
        r"from autograd import exp\n\ndef f\(a\):\n    v1 = exp\(a\)\n    return v1 \* v1\n\nf\(1.0\)"
        r"|def f\(a\):\n    v1 = a \* a\n    return v1 \* v1\n\nf\(\d.\d\)",
        program.strip(),
    )
    exec(program, {})


def test_an_expression_runs_on_others_functions() -> None:
    expression = make("a b", ("asin", "a"), ("mul", "v1", "b"), ("sin", "v2"))
    assert expression.on(math)(0.5, 2.0) == math.sin(math.asin(0.5) * 2.0)
    array = expression.on(np)(np.array([0.5, 0.25]), 2.0)
    assert array[0] == np.sin(np.arcsin(0.5) * 2.0)
    assert expression.on({"sin": lambda x: -x}, math)(0.5, 2.0) == -math.asin(0.5) * 2.0
    with pytest.raises(LookupError, match="there is no relu in math: add one"):
        make("a", ("relu", "a")).on(math)(1.0)
    with pytest.raises(TypeError, match="takes 2 numbers, 1 were given"):
        expression(1.0)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: make("a", ("tanh", "b")), "'b' is neither a variable nor an earlier step"),
        (lambda: make("a", ("tanh", "v1")), "neither"),
        (lambda: make("a", ("tanh", "a", "a")), "tanh takes 1 operand"),
        (lambda: make("a", ("dot", "a", 2, 3)), "dot takes as many"),
        (lambda: make("a", ("add", "a", math.inf)), "not an int, float or Fraction"),
        (lambda: make("a", ("polygamma", "a", "a")), "parameter"),
        (lambda: make("v1", ("tanh", "v1")), "variable 'v1'"),
        (lambda: make("exp", ("exp", "exp")), "name of an operation"),
        (lambda: make("a"), "at least one step"),
        (lambda: graphs(min_operations=5, max_operations=4), "min_operations=5"),
        (lambda: graphs(variables=0), "variables=0"),
        (lambda: graphs(operations=[]), "name at least one"),
        (lambda: graphs(operations=["sin"], on_kink=True), "with a kink: abs, relu"),
        (lambda: points_on_kinks(make("a", ("sin", "a"))), "nothing in lambda a: sin"),
        (lambda: points(make("a", ("abs", "a"), ("neg", "v1"), ("log", "v2"))), "no point was"),
        (lambda: find(cases(st.just(make("a", ("sin", "a")))), bool), "has no example"),
    ],
)  # fmt: skip
def test_what_cannot_be_says_so(wrong: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        wrong()


def test_an_unknown_operation_is_named_at_once() -> None:
    with pytest.raises(LookupError, match="did you mean"):
        graphs(operations=["tahn"])
    with pytest.raises(TypeError, match=r"give a list of names, \['tanh'\]"):
        graphs(operations="tanh")


# What is drawn


def test_every_row_of_the_table_is_reached() -> None:
    """All but three are drawn: sech_squared comes with tanh's derivative, identity with nesting, take with compiling."""
    found = {x for e in samples(graphs(max_operations=40), 50) for x in e.operations}
    assert len(found) > len(OPERATIONS) / 2  # by default; each one is drawn below

    x = Value(0.5)
    [slope] = gradients(x.tanh(), [x], create_graph=True)
    inner: list[Value] = []

    def squared(z: Value) -> Any:
        return grad(lambda w: inner.append(w) or w * w)(z)

    grad(squared)(2.0)
    made = {v.rule.name for v in nodes(slope, *inner) if v.rule}
    assert {"sech_squared", "identity"} <= made
    assert {*OPERATIONS, "sech_squared", "identity", "take"} == BUILT_IN


@drawn
@given(st.data())
def test_sizes_are_as_asked_for(data: st.DataObject) -> None:
    least = data.draw(st.integers(1, 20))
    most = data.draw(st.integers(least, 40))
    variables = data.draw(st.integers(1, 5))
    of = data.draw(st.sampled_from([expressions, graphs]))
    e = data.draw(of(variables=variables, min_operations=least, max_operations=most))
    assert least <= len(e.operations) == len(e.steps) <= most
    assert 1 <= len(e.variables) <= variables
    used = [x for step in e.steps for x in step.operands if isinstance(x, str)]
    assert set(used) == {*e.variables, *(name for name, _ in list(e.named_steps())[:-1])}
    if of is expressions:
        assert all(used.count(name) == 1 for name, _ in list(e.named_steps())[:-1])


def test_graphs_share_and_have_diamonds() -> None:
    shared = [e for e in samples(graphs(min_operations=5, max_operations=20), 60) if "v1" in str(e)]
    assert len(shared) > 30
    assert all(len(set(e.operations)) > 1 for e in shared)


def test_operations_are_only_those_asked_for() -> None:
    found = samples(graphs(operations=["log", "add", "relu"], max_operations=15), 60)
    assert {x for e in found for x in e.operations} == {"log", "add", "relu"}


def test_a_primitive_of_ones_own_is_drawn_and_kept_apart_from_the_default() -> None:
    primitive("third_power", lambda x: x * x * x, lambda y, x: 3 * x * x)
    try:
        found = samples(graphs(operations=["third_power", "mul"]), 30)
        assert any("third_power" in e.operations for e in found)
        case = next(e for e in found if "third_power" in e.operations)
        assert case(*case.example) == trace(case, case.example)[-1].value
    finally:
        del TABLE["third_power"]


@drawn
@given(graphs(numbers=FRACTIONS, max_operations=20))
def test_from_fractions_come_fractions(expression: Expression) -> None:
    assert expression.example is not None
    assert type(expression(*expression.example)) in (Fraction, int)  # // gives an int
    xs = [Value(x) for x in expression.example]
    assert {type(v.data) for v in nodes(expression(*xs))} <= {Fraction, int}


def test_what_becomes_of_fractions_stays_exact_also_where_python_makes_ints() -> None:
    halves = make("a", ("floordiv", "a", 2), ("exp", "v1"))
    floored, power = trace(halves, (Fraction(5),))
    assert type(floored.value) is Fraction
    assert math.isnan(power.value)


# Points


@drawn
@given(st.data())
def test_points_are_smooth_also_at_100_digits(data: st.DataObject) -> None:
    expression = data.draw(graphs(max_operations=15))
    point = data.draw(points(expression))
    assert is_clear(expression, point)
    xs = [Value(x) for x in point]
    found = reference_gradients(expression(*xs), xs)  # raises Kink at one
    assert all(abs(d) < 1e6 for d in found)


@pytest.mark.parametrize("name", OPERATIONS)
@settings(drawn, max_examples=10)
@given(data=st.data())
def test_away_from_kinks_there_is_none_and_on_it_there_is_one(
    name: str, data: st.DataObject
) -> None:
    e = data.draw(expressions(operations=[name], max_operations=1))
    assert e.operations == [name]
    assert e.example is not None
    xs = trace(e, e.example)[-1].operands
    assert distance(name, xs) >= MARGIN
    varying = [i for i, x in enumerate(e.steps[0].operands) if isinstance(x, str)]
    assert all(map(context(100).isfinite, slopes(name, xs, varying)))
    if name in KINKS and name != "clip":
        bent = data.draw(expressions(operations=[name], max_operations=2, on_kink=True))
        [at] = kinks(bent, bent.example)
        [xs] = [step.operands for step in trace(bent, bent.example) if step.name == at]
        assume(not (name in ("leaky_relu", "elu") and xs[1] == 1))  # for them it is straight
        with pytest.raises(Kink):
            slopes(name, xs, range(len(xs)))


def slopes(name: str, xs: list[Any], varying: Iterable[int]) -> list[Any]:
    """Return the local derivatives by differences at 100 digits; raises Kink at one."""
    c, rule = context(100), row(name)
    if name == "where":
        xs, varying = [xs[0] > xs[1], *xs[2:]], [i - 1 for i in varying if i > 1]
    zs = [x if is_parameter(rule, i) else exactly(c, x) for i, x in enumerate(xs)]
    return [difference(c, keeping_digits(c, rule.function), zs, i) for i in varying]


@drawn
@given(st.one_of(graphs(on_kink=True), expressions(on_kink=True, max_operations=20)))
def test_on_a_kink_there_is_exactly_one(expression: Expression) -> None:
    point = expression.example
    assert point is not None
    assert len(kinks(expression, point)) == 1
    assert not is_clear(expression, point)
    assert math.isfinite(expression(*point))


@drawn
@given(st.data())
def test_points_on_kinks_are_found(data: st.DataObject) -> None:
    expression = data.draw(graphs(on_kink=True))
    assert kinks(expression, data.draw(points_on_kinks(expression)))


def test_points_on_kinks_of_an_expression_of_ones_own() -> None:
    folded = make("a b", ("mul", "a", 3), ("sub", "v1", 1), ("maximum", "v2", "b"))
    found = samples(points_on_kinks(folded), 20)
    assert all(a * 3 - 1 == b for a, b in found)
    assert len(set(found)) > 5
    bisected = make("a", ("mul", "a", 3), ("sub", "v1", 1), ("abs", "v2"))
    assert all(3 * a - 1 == 0 for (a,) in samples(points_on_kinks(bisected), 5))


# Shrinking: what fails is shown in its smallest form


def reverse(
    case: Case, add: Callable[[Value], bool], factor: Callable[[str], float]
) -> list[float]:
    """Return the gradient of an engine with planted mistakes."""
    xs = [Value(x) for x in case.point]
    y = case.expression(*xs)
    adjoints = {y: 1.0}
    for v in reversed(nodes(y)):
        for x, d in zip(v.inputs, derivatives(v), strict=True):
            if type(x) is Value:
                before = adjoints.get(x, 0.0) if add(x) else 0.0
                adjoints[x] = before + adjoints.get(v, 0.0) * d * factor(v.rule.name)
    return [adjoints.get(x, 0.0) for x in xs]


def differs(case: Case, add: Callable[[Value], bool] = lambda x: True,
            factor: Callable[[str], float] = lambda name: 1.0) -> bool:  # fmt: skip
    right = reverse(case, lambda x: True, lambda name: 1.0)
    # planted errors are large; 1e-6 only keeps another order of additions from counting
    pairs = zip(reverse(case, add, factor), right, strict=True)
    return any(abs(wrong - d) > 1e-6 * abs(d) for wrong, d in pairs)


PLANTED: dict[str, tuple[Any, set[str]]] = {
    "tanh": (lambda case: differs(case, factor=lambda name: 1 + (name == "tanh")), {"tanh(a)"}),
    "polygamma": (
        lambda case: differs(case, factor=lambda name: 1 + (name == "polygamma")),
        {"polygamma(0, a)"},
    ),
    "overwrites": (lambda case: differs(case, add=lambda x: False), {"a + a"}),
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("mistake", PLANTED)
def test_a_failure_shrinks_to_the_smallest_wrong_expression(mistake: str, seed: int) -> None:
    fails, smallest = PLANTED[mistake]
    case = find(
        cases(), fails, settings=settings(drawn, max_examples=2000), random=random.Random(seed)
    )
    assert str(case.expression) in smallest
    assert case.point == (1.0,)


@pytest.mark.parametrize("seed", range(2))
def test_a_wrong_primitive_of_ones_own_is_found_in_its_simplest_use(seed: int) -> None:
    primitive("sine", autograd.sin, lambda y, x: autograd.sin(x))
    try:

        def fails(case: Case) -> bool:
            xs = [Value(x) for x in case.point]
            y = case.expression(*xs)
            pairs = zip(gradients(y, xs), reference_gradients(y, xs), strict=True)
            return any(abs(d - true) > 1e-6 for d, true in pairs)

        strategy = cases(graphs(operations=["add", "mul", "div", "exp", "sine"]))
        case = find(strategy, fails, settings=drawn, random=random.Random(seed))
        assert repr(case.expression) == "lambda a: sine(a)"
        assert case.point == (1.0,)
    finally:
        del TABLE["sine"]


# Imports


def test_hypothesis_is_imported_by_the_strategies_only() -> None:
    script = "import sys, autograd.check, autograd.check.expressions; assert 'hypothesis' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True)
    script = "import sys; sys.modules['hypothesis'] = None; import autograd.check.strategies"
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert ended.stderr.splitlines()[-1] == (
        "ImportError: autograd.check.strategies draws with Hypothesis, which is missing: "
        'pip install "chalkgrad[strategies]"'
    )
