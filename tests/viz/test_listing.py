"""The graph as text."""

from __future__ import annotations

import pytest
from test_detail import neuron

from autograd import Value
from viz import text

NEURON = """\
 #   operation   label   data      grad   inputs
───────────────────────────────────────────────────────
 0   leaf        x1       2        -1.5
 1   leaf        x2       0         0.5
 2   leaf        w1      -3         1
 3   leaf        w2       1         0
 4   leaf        b        6.881     0.5
 5   ×                   -6         0.5   #0 x1, #2 w1
 6   ×                    0         0.5   #1 x2, #3 w2
 7   +                   -6         0.5   #5, #6
 8   +           n        0.8814    0.5   #7, #4 b
 9   tanh        o        0.7071    1     #8 n"""


def test_the_worked_neuron() -> None:
    o = neuron()
    o.backward()
    assert str(text(o)) == NEURON
    assert repr(text(o)) == NEURON  # what a prompt shows


def test_inputs_keep_their_order_and_their_number() -> None:
    x = Value(3.0)
    assert str(text(1 - x)).endswith("1, #0")
    assert str(text(x * x)).endswith("#0, #0")


def test_labels_are_no_markup() -> None:
    assert "[red]x[/red] \\[b]" in text(Value(1.0, "[red]x[/red]\n\\[b]"))


def test_a_graph_too_large_to_read_says_so() -> None:
    x = Value(1.0)
    for _ in range(1000):
        x = x + 1
    with pytest.raises(ValueError, match="1,001 values"):
        text(x)
    assert len(text(x, force=True).splitlines()) == 1003


def test_what_is_no_value_is_not_listed() -> None:
    with pytest.raises(TypeError, match=r"text\(\): 3.0 is not a Value"):
        text(3.0)  # type: ignore[arg-type]


def test_nothing_to_list() -> None:
    with pytest.raises(ValueError, match="give a Value"):
        text([])
