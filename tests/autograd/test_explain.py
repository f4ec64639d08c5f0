"""The chain rule in numbers: the parts are the gradient, and the text says which is which."""

from __future__ import annotations

import operator
import random
import re
from fractions import Fraction
from functools import reduce
from typing import Any

import pytest

from autograd import (
    Value,
    explain,
    gradients,
    leaky_relu,
    lines,
    maximum,
    mean,
    nodes,
    norm,
    primitive,
    tanh,
    where,
)  # fmt: skip
from autograd.notation import latex_name


class Dual:
    """Be a + b e with e**2 = 0: the derivative by its definition, with no rule of ours."""

    def __init__(self, a: Fraction, b: Fraction) -> None:
        self.a, self.b = a, b

    def __add__(self, other: Dual) -> Dual:
        return Dual(self.a + other.a, self.b + other.b)

    def __sub__(self, other: Dual) -> Dual:
        return Dual(self.a - other.a, self.b - other.b)

    def __mul__(self, other: Dual) -> Dual:
        return Dual(self.a * other.a, self.a * other.b + self.b * other.a)


def random_graph(seed: int, length: int, x: Any, constants: Any) -> Any:
    """Return a polynomial of x with shared values, the same for every kind of number."""
    draw = random.Random(seed)
    made = [x, constants(Fraction(1, 3)), constants(Fraction(-2))]
    for _ in range(length):
        operation = draw.choice([operator.add, operator.sub, operator.mul])
        made.append(operation(draw.choice(made[-5:]), draw.choice(made)))
    return made[-1] * x


@pytest.mark.parametrize("seed", range(60))
def test_parts_sum_to_the_gradient_exactly(seed: int) -> None:
    length = 3 + seed % 20
    point = Fraction(3, 7)
    expected = random_graph(seed, length, Dual(point, Fraction(1)), lambda c: Dual(c, Fraction(0)))
    x = Value(point)
    y = random_graph(seed, length, x, Value)
    for limit in (2, 50):  # merged, and by path where there are few
        found = explain(y, x, limit)
        assert sum(found.parts) == found.gradient == expected.b
        if found.is_by_path:
            assert len(found.parts) == found.paths <= 8
        assert str(found).endswith(f"= {expected.b}") or "as operand i" in str(found)


@pytest.mark.parametrize("seed", range(20))
def test_floats_are_added_in_the_order_of_the_engine(seed: int) -> None:
    x = Value(0.7)
    y = tanh(random_graph(seed, 12, x, lambda c: Value(float(c))))
    for v in nodes(y):
        found = explain(y, v, limit=2)
        [expected] = gradients(y, [v])
        if v is not y and found.paths and not found.is_by_path:
            assert reduce(operator.add, found.parts) == expected  # the same bits
        assert found.gradient == expected


def test_the_sum_that_the_issue_asks_for() -> None:
    a = Value(2.0, "a")
    c = a * 3
    c.label = "c"
    y = 2 * c + a * 2
    y.label = "y"
    y.backward()
    found = explain(y, a)
    assert found.parts == [2.0, 6.0]
    assert a.grad == found.gradient == 8.0
    assert str(found).splitlines() == [
        "a  = 2",
        "c  = a * 3 = 2 * 3 = 6",
        "v1 = 2 * c = 2 * 6 = 12",
        "v2 = a * 2 = 2 * 2 = 4",
        "y  = v1 + v2 = 12 + 4 = 16",
        "",
        "dy/da = ∂y/∂v2 · ∂v2/∂a + ∂y/∂v1 · ∂v1/∂c · ∂c/∂a",
        "      = 1 · 2 + 1 · 2 · 3",
        "      = 2 + 6",
        "      = 8",
    ]
    assert repr(found) == str(found)


def test_signs_and_fractions_stand_in_parentheses() -> None:
    x = Value(Fraction(1, 2), "x")
    y = x * -3 - x / 3
    y.label = "y"
    assert str(explain(y, x)).splitlines()[1:] == [
        "v1 = x * (-3) = (1/2) * (-3) = -3/2",
        "v2 = x / 3 = (1/2) / 3 = 1/6",
        "y  = v1 - v2 = (-3/2) - (1/6) = -5/3",
        "",
        "dy/dx = ∂y/∂v2 · ∂v2/∂x + ∂y/∂v1 · ∂v1/∂x",
        "      = (-1) · (1/3) + 1 · (-3)",
        "      = -1/3 + (-3)",
        "      = -10/3",
    ]


def test_a_value_used_twice_at_once_has_two_parts() -> None:
    a = Value(3.0, "a")
    y = a * a
    y.label = "y"
    found = explain(y, a)
    assert found.parts == [3.0, 3.0]
    assert str(found).splitlines()[3:] == [
        "dy/da = ∂y/∂a⁽¹⁾ + ∂y/∂a⁽²⁾", "      = 3 + 3", "      = 6", "",
        "(a⁽ⁱ⁾ is a as operand i)",
    ]  # fmt: skip


def test_many_paths_are_merged_where_they_meet() -> None:
    x = Value(1, "x")
    y = x
    for _ in range(300):
        y = y + y
    found = explain(y, x, limit=10)
    assert found.gradient == 2**300
    assert found.parts == [2**299, 2**299]
    assert found.paths == 10**6  # as far as is counted
    text = str(found)
    assert "... 291 values left out, limit=10" in text  # of 301 values
    assert "... 290 values left out, limit=10" in text  # of 300 equations
    assert len(text.splitlines()) < 70
    assert "along a million or more paths" in found.markdown()


def test_each_value_between_gets_its_sum_when_there_are_more_than_eight_paths() -> None:
    x = Value(1, "x")
    y = x
    for _ in range(4):
        y = y * 2 + y
    assert "dv8/dv6 = ∂v8/∂v6 + dv8/dv7 · ∂v7/∂v6 = 1 + 1 · 2 = 1 + 2 = 3" in str(explain(y, x))
    assert explain(y, x).paths == 16
    assert explain(y.inputs[1], x).is_by_path


def test_long_sums_are_cut_in_the_text_but_not_in_the_parts() -> None:
    x = Value(1.0, "x")
    found = explain(mean([x * k for k in range(100)]), x)
    assert len(found.parts) == 100
    assert "... 92 more" in str(found)
    assert "... 94 more) = 49.5" in str(found)


def test_no_path_and_the_value_itself() -> None:
    a, b = Value(2.0, "a"), Value(3.0, "b")
    assert explain(a, b).gradient == 0
    assert explain(a, b).parts == []
    assert str(explain(a, b)) == "da/db = 0\n\n(there is no path)"
    assert "along 0 paths" in explain(a, b).markdown()
    assert explain(a, a).parts == [1.0]
    assert str(explain(a, a)) == "a = 2\n\nda/da = 1"


def test_only_what_is_on_a_path_counts() -> None:
    base, exponent = Value(Fraction(1, 2), "base"), Value(3, "n")
    y = base**exponent  # log of a fraction is no fraction, but nobody asks for dy/dn
    assert explain(y, base).parts == [Fraction(3, 4)]
    c = Value(2.0, "c")
    z = where(c > 0, c * 2, 0.0)
    assert explain(z, c).parts == [2.0]


def test_source_lines_stand_beside_the_operations() -> None:
    with lines():
        a = Value(2.0, "a")
    y = a * 2
    first, second, *_ = str(explain(y, a)).splitlines()
    assert "test_explain.py:" in first
    assert "test_explain.py:" not in second


def test_a_chain_of_100_000_is_explained_without_recursion() -> None:
    x = Value(1.0, "x")
    y = x
    for _ in range(100_000):
        y = y + 1
    found = explain(y, x)
    assert found.gradient == sum(found.parts) == 1
    assert len(str(found).splitlines()) < 70
    assert y.grad is None  # nothing is changed


LABELS = [
    "w[0]",
    "learning rate",
    "50 %",
    "a_b",
    "x^2",
    "{",
    "}",
    "$",
    "#",
    "&",
    "\\",
    "~",
    "α",
    "w12",
]


def rows(latex: str) -> list[str]:
    """Return the rows of the aligned environment, each as a formula of its own."""
    assert latex.startswith("\\begin{aligned}\n")
    assert latex.endswith("\n\\end{aligned}")
    latex = latex.replace(r"\&", r"\%")  # which mathtext alone does not know
    inner = latex[len("\\begin{aligned}\n") : -len("\n\\end{aligned}")].replace("[1ex]", "")
    return [re.sub(r"(?<!\\)&", "", row).strip() for row in inner.split(" \\\\\n")]


def parse(latex: str) -> None:
    mathtext = pytest.importorskip("matplotlib.mathtext")
    for row in rows(latex):
        mathtext.MathTextParser("path").parse(f"${row}$")


def test_latex_is_understood_by_another_program() -> None:
    strange = primitive("strange_name", lambda x: x * 1, lambda y, x: 1, symbol="@_^")
    x, u = Value(Fraction(-1, 3), "x"), Value(0.0)
    y: Any = (x * 3 - 2 / x) ** 2 // 3 + maximum(x % 2, -x) + sum(x * k for k in range(3))
    z = strange(leaky_relu(Value(1e-7, "tiny"))) * 1e300 + norm([Value(2.0)] * 9)
    for top, bottom in [(y, x), (z, nodes(z)[0]), (z, nodes(z)[1]), (1 / u, u), (x, u)]:
        for limit in (2, 20):
            parse(explain(top, bottom, limit).latex())


@pytest.mark.parametrize("label", LABELS)
def test_any_label_is_valid_latex(label: str) -> None:
    x = Value(2.0, label)
    parse(explain(x * x, x).latex())


def test_latex_of_a_small_example() -> None:
    a = Value(2.0, "a")
    y = a * -3
    y.label = "y1"
    assert explain(y, a).latex().splitlines() == [
        r"\begin{aligned}",
        r"a &= 2 \\",
        r"y_{1} &= a \cdot \left(-3\right) = 2 \cdot \left(-3\right) = -6 \\[1ex]",
        r"\frac{\mathrm{d} y_{1}}{\mathrm{d} a} &= \frac{\partial y_{1}}{\partial a} \\",
        r"&= -3",
        r"\end{aligned}",
    ]
    assert explain(y, a)._repr_latex_() == rf"$\displaystyle {explain(y, a).latex()}$"


def test_markdown_of_a_small_example() -> None:
    a = Value(2.0, "a")
    y = a + a
    y.label = "y"
    found = explain(y, a)
    head, equations, _ = found.markdown().split("$$")
    assert head == "$\\frac{\\mathrm{d} y}{\\mathrm{d} a} = 2$, along 2 paths:\n\n"
    assert equations.strip() == found.latex()
    assert found._repr_markdown_() == found.markdown()


def test_latex_names() -> None:
    assert latex_name("w") == "w"
    assert latex_name("w_12") == "w_{12}"
    assert latex_name("loss") == r"\mathrm{loss}"
    assert latex_name("two\nlines") == r"\mathrm{two\ lines}"
    assert latex_name("a_b^{2}") == r"\mathrm{a\_b{\wedge}\{2\}}"


def test_bad_input_is_told_what_to_write() -> None:
    a = Value(2.0)
    with pytest.raises(TypeError, match=r"3.0 is not a Value. Write explain\(y, x\) for dy/dx"):
        explain(a, 3.0)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="is not a Value"):
        explain([a], a)  # type: ignore[arg-type]
    for limit in (1, 2.5, True):
        with pytest.raises(ValueError, match="must be an int, 2 or more"):
            explain(a, a, limit=limit)  # type: ignore[arg-type]
