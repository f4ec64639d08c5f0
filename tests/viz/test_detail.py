"""The detail view, against stored DOT text; no program is needed."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from autograd import Value, nodes
from viz.diagrams.detail import detail

GOLDEN = Path(__file__).with_name("worked_neuron.dot")


def neuron() -> Value:
    x1, x2 = Value(2.0, "x1"), Value(0.0, "x2")
    w1, w2, b = Value(-3.0, "w1"), Value(1.0, "w2"), Value(6.8813735870195432, "b")
    n = x1 * w1 + x2 * w2 + b
    n.label = "n"
    o = n.tanh()
    o.label = "o"
    return o


def arrows(source: str) -> list[str]:
    return [line.strip() for line in source.splitlines() if "->" in line]


def test_the_worked_neuron_is_the_stored_text() -> None:
    o = neuron()
    o.backward()
    assert detail([o]) == GOLDEN.read_text(encoding="utf-8")


def test_the_same_graph_is_the_same_text() -> None:
    assert detail([neuron()]) == detail([neuron()])


def test_no_gradient_is_shown_before_backward() -> None:
    assert "grad</FONT>" not in detail([neuron()])


def test_a_gradient_of_zero_is_shown() -> None:
    x = Value(3.0)
    (x * 0).backward()
    assert ' COLOR="#A34100"> 0</FONT>' in detail([x])


def test_drawing_changes_nothing() -> None:
    o = neuron()
    o.backward()
    before = [(v.data, v.grad, v.rule, v.inputs, v.label) for v in nodes(o)]
    detail([o])
    assert [(v.data, v.grad, v.rule, v.inputs, v.label) for v in nodes(o)] == before


def test_a_value_used_twice_has_two_arrows() -> None:
    x = Value(3.0)
    assert arrows(detail([x * x])) == ["n0 -> n1 [label=3]"] * 2


def test_the_order_of_operands_can_be_seen() -> None:
    a, b = Value(3.0), Value(2.0)
    assert arrows(detail([b - a])) == [
        'n1 -> n2 [label="left: 1"]',
        'n0 -> n2 [label="right: -1"]',
    ]


def test_equal_data_does_not_make_an_output() -> None:
    a = Value(1.0) * 1
    b = a * 1
    assert detail([b]).count("peripheries=2") == 1


def test_several_outputs_share_their_inputs() -> None:
    x = Value(3.0)
    source = detail([x + 1, x - 1])
    assert source.count("peripheries=2") == 2
    assert len(arrows(source)) == 2


def test_where_exact_numbers_have_no_derivative_the_arrow_says_so() -> None:
    y = Value(Fraction(2)) ** Value(Fraction(3))  # log(2) is no fraction
    assert arrows(detail([y])) == [
        'n0 -> n2 [label="base: 12"]',
        'n1 -> n2 [label="exponent: no number"]',
    ]
