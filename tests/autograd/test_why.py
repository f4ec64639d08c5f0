"""What `why` answers: the operation responsible, in words, for every way a gradient goes wrong."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import pytest

import autograd
from autograd import (
    Value,
    atan2,
    clip,
    dot,
    exp,
    floor,
    gamma,
    hypot,
    lines,
    log,
    max,
    maximum,
    mean,
    name,
    no_grad,
    norm,
    relu,
    round,
    sigmoid,
    sqrt,
    tanh,
    where,
    why,
)  # fmt: skip

INF, NAN = math.inf, math.nan

# a function of x, the x, what is the matter, the reason, the operation, and words of the answer
NUMBERS: list[tuple[Callable[[Value], Value], Any, str, str, str | None, str]] = [
    (lambda x: log(x) * 2 + 1, 0.0, "infinity", "pole", "log", "log(0) at"),
    (lambda x: log(x) * 0, 0.0, "nan", "pole", "log", "is -inf: a pole"),
    (lambda x: sqrt(x) - 1, -1.0, "nan", "domain", "sqrt", "sqrt(-1) at"),
    (lambda x: 1 / x, 0.0, "infinity", "pole", "div", "1 / 0 at"),
    (lambda x: x / x, 0.0, "nan", "domain", "div", "0 / 0 at"),
    (lambda x: x**-2, 0.0, "infinity", "pole", "pow", "0 ** (-2) at"),
    (lambda x: x**0.5, -8.0, "nan", "domain", "pow", "(-8) ** 0.5 at"),
    (lambda x: x**200, 1e9, "infinity", "overflow", "pow", "1e+09 ** 200 at"),
    (lambda x: gamma(x), 200.0, "infinity", "overflow", "gamma", "gamma(200)"),
    (lambda x: exp(x).tanh() + exp(x), 1000.0, "infinity", "overflow", "exp", "exp(1000) at"),
    (lambda x: x / 1e-300, 1e300, "infinity", "overflow", "div", "larger than any float"),
    (lambda x: exp(x) - exp(x), 1000.0, "nan", "overflow", "exp", "(the first of 2 such"),
    (lambda x: x * INF, 1.0, "infinity", "constant", "mul", "1 * inf at"),
    (lambda x: x * INF - INF, 1.0, "nan", "constant", "mul", "has inf among its operands"),
    (lambda x: x * 2, NAN, "nan", "given", None, "x was given as nan at test_why.py:"),
    (lambda x: -x, INF, "infinity", "given", None, "x was given as inf at test_why.py:"),
    (lambda x: log(x) + exp(-x * 1000), -2.0, "nan", "domain", "log", "log(-2)"),
]


def without_source(answer: Any) -> str:
    """Return the answer but for the quoted line of this file, which has the expected words in it."""
    line = autograd.line_of(answer.operation)
    return str(answer).replace(line.text, "") if line else str(answer)


@pytest.mark.parametrize(("f", "x", "finding", "reason", "rule", "words"), NUMBERS)
def test_nan_and_infinity(
    f: Callable[[Value], Value], x: float, finding: str, reason: str, rule: str | None, words: str
) -> None:
    with lines():
        v = Value(x, "x")
        y = f(v)
    answer = why(y)
    assert (answer.finding, answer.reason) == (finding, reason)
    assert answer.operation is not None
    assert (answer.operation.rule.name if answer.operation.rule else None) == rule
    assert words in without_source(answer)
    assert answer.chain[0] is answer.operation
    assert answer.chain[-1] is y
    assert all(a in set(b.inputs) for a, b in zip(answer.chain, answer.chain[1:], strict=False))
    assert all(not math.isfinite(w.data) for w in answer.chain)
    assert "no source line was recorded" not in str(answer)


# a function of x, the x, what is the matter with dy/dx, the reason, the operation, and words
GRADIENTS: list[tuple[Callable[[Value], Value], Any, str, str, str | None, str]] = [
    (lambda x: relu(x) * 2, -0.31, "zero", "closed", "relu", "is closed: input x = -0.31"),
    (lambda x: 3 * relu(x + 0), 0.0, "zero", "closed", "relu", "is closed: input 0"),
    (lambda x: x.leaky_relu(0.0), -1.0, "zero", "closed", "leaky_relu", "is closed"),
    (lambda x: clip(x, 0, 1) * 3, 2.0, "zero", "not chosen", "clip", "chose 1, not x = 2"),
    (lambda x: max([x, 9.0]) * 3, 2.0, "zero", "not chosen", "max", "chose 9, not x = 2"),
    (lambda x: maximum(9.0, x), 2.0, "zero", "not chosen", "maximum", "chose 9, not x = 2"),
    (lambda x: floor(x), 2.5, "zero", "step", "floor", "flat everywhere: input x = 2.5"),
    (lambda x: round(x * 2), 2.4, "zero", "step", "round", "flat everywhere: input 4.8"),
    (lambda x: abs(x), 0.0, "zero", "kink", "abs", "is at its kink"),
    (lambda x: hypot(x, 0.0), 0.0, "zero", "kink", "hypot", "is at its kink"),
    (lambda x: norm([x, x]), 0.0, "zero", "kink", "norm", "is at its kink"),
    (lambda x: x * Value(0.0, "m"), 2.0, "zero", "factor", "mul", "multiplies by m = 0"),
    (lambda x: x * x, 0.0, "zero", "factor", "mul", "multiplies by x = 0"),
    (lambda x: dot([x, 1.0], [Value(0.0, "m"), x - x]), 2.0, "zero", "factor", "dot", "by m = 0"),
    (lambda x: autograd.prod([x, 3.0, 0.0]), 2.0, "zero", "factor", "prod", "multiplies by 0"),
    (lambda x: x.cos(), 0.0, "zero", "flat", "cos", "is flat: input x = 0"),
    (lambda x: x**0, 2.0, "zero", "flat", "pow", "is flat: input x = 2, local derivative 0"),
    (lambda x: tanh(x), 1000.0, "zero", "saturated", "tanh", "is saturated: input x = 1000"),
    (lambda x: exp(x), -1000.0, "zero", "saturated", "exp", "local derivative 0"),
    (lambda x: 3 * x - x * 3, 2.0, "zero", "cancellation", None, "cancel: (-3) + 3 = 0"),
    (lambda x: x * 1e-200 * 1e-200, 2.0, "zero", "underflow", "mul", "1e-200 · 1e-200 is below"),
    (lambda x: relu(x) + relu(2 * x), -1.0, "zero", "closed", "relu", "also relu at"),
    (lambda x: mean([relu(k * x) for k in range(9)]), -1.0, "zero", "closed", "relu", "and 5 more"),
    (lambda x: relu(x) * 0, -1.0, "zero", "factor", "mul", "multiplies by 0"),  # the first from y
    (lambda x: relu(x) + (x - x), -1.0, "zero", "closed", "relu", "also the paths"),
    (lambda x: tanh(x) * 2, 15.0, "tiny", "saturated", "tanh", "local derivative 3.74305e-13"),
    (lambda x: sigmoid(x), 40.0, "tiny", "saturated", "sigmoid", "is saturated: input x = 40"),
    (lambda x: x / Value(1e9, "d"), 1.0, "tiny", "factor", "div", "divides by d = 1e+09"),
    (lambda x: (x * 1e-4).tanh() * 1e-5, 1.0, "tiny", "factor", "mul", "       1e-05  v2 * 1e-05"),
    (lambda x: x * (1 + 2.0**-40) - x, 1.0, "tiny", "cancellation", None, "2 paths that meet in x"),
    (lambda x: tanh(tanh(tanh(x * 0.02) * 0.02) * 0.02) * 0.02, 1.0, "tiny", "factor", "mul", ""),
    (lambda x: x * 1e4 * 1e3, 1.0, "huge", "factor", "mul", "       10000  x * 10000 at"),
    (lambda x: exp(x), 20.0, "huge", "steep", "exp", "is steep: input x = 20"),
    (lambda x: sqrt(x), 0.0, "infinite", "infinite slope", "sqrt", "has an infinite slope: input"),
    (lambda x: sqrt(x * x), 0.0, "nan", "infinite slope", "sqrt", "local derivative inf"),
    (lambda x: atan2(x, 0.0), 0.0, "nan", "undefined slope", "atan2", "an undefined slope"),
    (lambda x: x * 1e200 * 1e200, 1.0, "infinite", "overflow", "mul", "1e+200 · 1e+200 overflows"),
    (lambda x: x * 1e308 + x * 1e308, 0.5, "infinite", "overflow", None, "the sum of what meets"),
    (
        lambda x: log(x - 2) ** 2,
        2.0,
        "infinite",
        "pole",
        "log",
        "v2 = -inf: log(0) at test_why.py:",
    ),
    (lambda x: log(x - 3) ** 2, 2.0, "nan", "domain", "log", "log(-1) at test_why.py:"),
]


@pytest.mark.parametrize(("f", "x", "kind", "reason", "rule", "words"), GRADIENTS)
def test_gradients(
    f: Callable[[Value], Value], x: float, kind: str, reason: str, rule: str | None, words: str
) -> None:
    with lines():
        v = Value(x, "x")
        y = f(v)
    answer = why(v, y)
    assert (answer.finding, answer.reason) == (f"{kind} gradient", reason)
    assert answer.operation is not None
    assert (answer.operation.rule.name if answer.operation.rule else None) == rule
    assert words in without_source(answer)
    assert "x.grad is None: backward was not called" in str(answer)
    assert answer.chain[0] is answer.operation
    assert answer.chain[-1] is v
    if reason not in ("pole", "domain"):  # there the chain first goes up to where the nan meets y
        assert all(a in set(b.inputs) for b, a in zip(answer.chain, answer.chain[1:], strict=False))
    y.backward()
    alone = why(v)  # y is found
    assert (alone.finding, alone.reason) == (answer.finding, answer.reason)
    assert "backward was not called" not in str(alone)


def test_the_whole_answer_for_a_dead_neuron() -> None:
    w, x, b = Value(-0.5, "w"), Value(1.0, "x"), Value(0.19, "b")
    z = w * x + b
    with lines():
        h = relu(z)
    y = h * 2 + x
    name(z=z, h=h, y=y)
    y.backward()
    answer = why(w)
    line = autograd.line_of(h)
    assert line is not None
    assert str(answer).splitlines() == [
        f"dy/dw = 0: relu at {line} is closed: input z = -0.31",
        "    h = relu(z)",
        "",
        "y  = v2 + x = 0 + 1 = 1                dy/dy = 1",
        f"h  = relu(z) = relu(-0.31) = 0         dy/dh = 2     {line}",
        "z  = v1 + b = (-0.5) + 0.19 = -0.31    dy/dz = 0",
        "v1 = w * x = (-0.5) * 1 = -0.5         dy/dv1 = 0",
        "w  = -0.5                              dy/dw = 0",
    ]
    for found, expected in zip(answer.chain, (h, z, z.inputs[0], w), strict=True):
        assert found is expected
    assert repr(answer) == str(answer)
    assert answer._repr_markdown_() == f"```text\n{answer}\n```"


def test_the_hint_at_lines_is_given_when_there_are_none() -> None:
    answer = why(log(Value(0.0)))
    assert str(answer).count("no source line was recorded: make the graph under `with aut") == 1


def test_tiny_by_many_factors_none_of_which_is_small() -> None:
    x = Value(1.0, "x")
    y = x
    for _ in range(20_000):
        y = y * 0.999
    answer = why(x, y)
    assert (answer.finding, answer.reason) == ("tiny gradient", "many factors")
    assert "20,000 on the strongest path, of geometric mean 0.999" in str(answer)
    assert len(answer.chain) == 20_001
    assert len(str(answer).splitlines()) < 20


def test_the_worst_factors_come_first() -> None:
    x = Value(1.0, "x")
    a, b = Value(1e-3, "a"), Value(1e-5, "b")
    y = x * a * 0.5 * b
    text = str(why(x, y))
    assert text.index("multiplies by b = 1e-05") < text.index("multiplies by a = 0.001")
    assert "0.5  v" not in text


def test_of_several_operations_the_first_is_responsible() -> None:
    x = Value(-1.0, "x")
    endless, first, second = exp(-1000 * x), log(x), sqrt(x)
    assert why(first + second).operation is first
    assert why(endless + second).operation is second  # an infinity makes no nan there
    assert why(endless - endless * 2).operation is endless  # here it does


def test_of_several_infinite_slopes_the_first_on_the_way_back_is_responsible() -> None:
    x = Value(0.0, "x")
    older, younger = sqrt(x * 2), sqrt(x * 1)
    assert why(x, younger + older).operation is younger


def test_tiny_is_told_along_the_strongest_path() -> None:
    x = Value(1.0, "x")
    strong, weak = x * 1e-8, x * 1e-12
    assert why(x, strong + weak).operation is strong
    assert why(x, weak + strong).operation is strong


def test_nothing_is_wrong() -> None:
    x = Value(2.0, "x")
    y = x * x
    y.backward()
    for answer in (why(x), why(x, y), why(y), why(y, y)):
        assert (answer.finding, answer.reason, answer.operation) == ("", "", None)
        assert "nothing is wrong with" in str(answer)
    z = x + Value(NAN, "odd")
    z.label = "z"
    x.grad = 1.0
    assert "dz/dx = 1 is an ordinary number: but z is nan: see why(z)" in str(why(x, z))


def test_no_backward() -> None:
    y = Value(4.2)
    answer = why(y)
    assert (answer.finding, answer.reason) == ("no gradient", "backward was not called")
    assert "4.2 is an ordinary number" in str(answer)
    assert "nothing that was computed from it is still there" in str(answer)
    x = Value(2.0, "x")
    y = x * 3 + 1
    assert "on anything computed from it, of which there is 2" in str(why(x))
    answer = why(x, y)
    assert (answer.finding, answer.reason) == ("no gradient", "backward was not called")
    y.backward()
    x.grad = None
    assert "or not since it was cleared" in str(why(x))


def test_a_graph_that_is_gone() -> None:
    x = Value(-2.0, "x")
    relu(x).backward()
    answer = why(x)
    assert (answer.finding, answer.reason) == ("zero gradient", "gone")
    assert "x = -2 has the gradient 0; what it is the gradient of is gone" in str(answer)
    (x * 3).backward()
    assert why(x).finding == ""


def test_no_path_and_what_is_seen_of_it() -> None:
    a = Value(2.0, "a")
    with lines():
        b = a * 3
        cut = b.detach() * 5
    answer = why(a, cut)
    assert (answer.finding, answer.reason) == ("no path", "no path")
    assert answer.operation is cut.inputs[0]
    assert "the number of v1 = a * 3 goes into v2 at test_why.py:" in str(answer)
    assert "a leaf: a detach(), a copy, or no_grad()?" in str(answer)
    with no_grad():
        c = a * 7
    assert "c is a leaf: made by Value(...), by detach(), or under no_grad()" in str(
        why(a, named(c, "c"))
    )
    assert "a is a leaf" in str(why(a * 3, a))
    d = named(a * 3, "d")
    e = named(d * 2, "e")
    assert "it is the other way round: e was computed from d" in str(why(e, d))
    assert "f was made after d" in str(why(Value(1.0, "f"), d))
    chosen = named(where(a > 0, Value(1.5, "one"), d), "chosen") * 1
    answer = why(a, chosen)
    assert "a where that did not choose it" in str(answer)
    assert answer.operation is chosen.inputs[0]
    other = named(Value(11.0, "p") * Value(13.0, "q"), "y")
    assert "y was computed from the leaves p = 11, q = 13" in str(why(a, other))


def named(v: Value, label: str) -> Value:
    v.label = label
    return v


def test_gradients_that_are_not_of_this_pass() -> None:
    x = Value(3.0, "x")
    y = named(x * x, "y")
    for _ in range(3):
        y.backward()
    answer = why(x)
    assert (answer.finding, answer.reason) == ("stale gradient", "accumulated")
    assert "x.grad = 18 is not dy/dx = 6: it is 3 times that" in str(answer)
    x.grad = 0.0
    assert why(x).reason == "zeroed"
    x.grad = 7.0
    assert why(x).reason == "another pass"
    x.grad = NAN
    assert (why(x).finding, why(x).reason) == ("stale gradient", "another pass")
    y.zero_grad()
    y.backward()
    x.data = 4.0  # and y is not recomputed
    assert "or the data has changed since" in str(why(x))
    z = relu(Value(-1.0, "u")) * 2
    u = z.inputs[0].inputs[0]
    z.backward()
    u.grad = 5.0
    answer = why(u)  # stale, and zero as well
    assert answer.finding == "stale gradient"
    assert answer.operation is z.inputs[0]
    assert "is closed: input u = -1" in str(answer)


def test_exact_numbers_and_many_digits() -> None:
    tiny = Fraction(1, 10**400)  # too small for a float
    x = Value(Fraction(1), "x")
    assert why(x, x * tiny).finding == "tiny gradient"
    assert why(x, x * Value(Fraction(0), "m")).reason == "factor"
    with mpmath.workdps(50):
        x = Value(mpmath.mpf(500), "x")
        assert why(x, tanh(x)).reason == "saturated"
        assert why(log(x - 500)).reason == "pole"
    n = Value(3, "n")
    y = n * n
    y.backward()
    y.backward()
    assert why(n).reason == "accumulated"


def test_graphs_of_100_000_values_need_no_recursion() -> None:
    x = Value(-1.0, "x")
    y = log(x)
    for _ in range(100_000):
        y = y + 1.0
    answer = why(y)
    assert answer.reason == "domain"
    assert len(answer.chain) == 100_001
    assert "99,989 values in between" in str(answer)
    z = mean([relu(x * k) for k in range(1, 10_000)])
    answer = why(x, z)
    assert answer.reason == "closed"
    assert "and 9,995 more: every path is closed" in str(answer)


def test_nothing_is_changed() -> None:
    x = Value(-1.0, "x")
    y = relu(x) * 2
    why(x, y)
    assert (x.grad, y.grad, x.label, y.label) == (None, None, "x", "")


def test_bad_input_is_told_what_to_write() -> None:
    x = Value(1.0)
    for arguments in [(3.0,), (x, 3.0), ([x],), (x, [x])]:
        with pytest.raises(TypeError, match=r"write why\(v\) or why\(v, y\), with Values v and y"):
            why(*arguments)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="an interval"):
        why(Value(mpmath.iv.mpf([1, 2])))
