"""The full view: every operation has a box, and leaves are inside the one that uses them."""

from __future__ import annotations

import re
from typing import Any

from test_detail import arrows, neuron
from test_summary import network, run

from autograd import Value
from viz.diagrams.full import full


def boxes(source: str) -> list[str]:
    return re.findall(r"^\s*(n\d+) \[label=", source, flags=re.MULTILINE)


def test_a_leaf_used_once_is_inside_the_box_that_uses_it() -> None:
    source = full([neuron()])
    assert boxes(source) == ["n5", "n6", "n7", "n8", "n9"]
    assert [a.split(" [")[0] for a in arrows(source)] == [
        "n5 -> n7", "n6 -> n7", "n7 -> n8", "n8 -> n9",
    ]  # fmt: skip


def test_a_leaf_used_by_two_operations_has_its_own_box() -> None:
    x = Value(3.0, "x")
    assert boxes(full([x * 2 + x * 3])) == ["n0", "n1", "n2", "n3"]


def test_a_leaf_used_twice_by_one_operation_has_one_row() -> None:
    x = Value(3.0, "x")
    source = full([x * x])
    assert boxes(source) == ["n1"]
    assert source.count(">x<") == 1


def test_a_leaf_alone_is_drawn() -> None:
    assert boxes(full([Value(3.0, "x")])) == ["n0"]


def test_a_leaf_that_was_asked_for_is_drawn() -> None:
    x = Value(3.0, "x")
    assert boxes(full([x, x * 2])) == ["n0", "n1"]


def test_a_folded_operand_is_named_where_the_order_matters() -> None:
    x = Value(3.0, "x")
    assert "<B>tanh</B>" in full([x.tanh() - Value(1.0, "y")])
    assert "<B>- y</B>" in full([x.tanh() - Value(1.0, "y")])
    assert "<B>y -</B>" in full([Value(1.0, "y") - x.tanh()])


def test_arrows_tell_the_order_of_operands_that_are_not_folded() -> None:
    x = Value(3.0, "x")
    source = full([x.sin() / x.cos()])
    assert [re.findall("left|right", a) for a in arrows(source)] == [[], [], ["left"], ["right"]]


def test_an_arrow_is_dashed_where_the_gradient_that_flows_back_is_negative() -> None:
    x = Value(3.0, "x")
    y = x.exp() - x.log()
    y.backward()
    assert ["dashed" in a for a in arrows(full([y]))] == [False, True, False, True]


def test_before_backward_no_arrow_tells_of_gradients() -> None:
    source = full([neuron()])
    assert "gradient" not in source
    assert not any("penwidth" in a for a in arrows(source))


def frames(source: str) -> list[str]:
    return re.findall(r'label="(layer \d · neuron \d)"', source)


def test_each_neuron_of_a_model_has_a_frame() -> None:
    model: Any = network(2, 2, 1)
    loss = (run(model, [1.0, 2.0]) - 1) ** 2
    assert frames(full([loss], model)) == [
        "layer 1 · neuron 1", "layer 1 · neuron 2", "layer 2 · neuron 1",
    ]  # fmt: skip
    assert frames(full([loss])) == []
    assert sorted(boxes(full([loss], model))) == sorted(boxes(full([loss])))
