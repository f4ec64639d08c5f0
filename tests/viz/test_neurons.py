"""Neurons found again in the graph they computed, however their sums were written."""

from __future__ import annotations

from functools import reduce
from operator import add
from types import SimpleNamespace
from typing import Any

import pytest

from autograd import Value, dot
from viz.diagrams.neurons import places


def neuron(n: int, activation: str = "tanh", bias: bool = True) -> Any:
    w = [Value(0.1 * (i + 1), f"w{i}") for i in range(n)]
    return SimpleNamespace(w=w, b=Value(0.5, "b") if bias else None, activation=activation)


def micrograd(n: Any, xs: Any) -> Value:
    return sum((w * x for w, x in zip(n.w, xs, strict=True)), n.b)


def products_first(n: Any, xs: Any) -> Value:
    return reduce(add, [x * w for w, x in zip(n.w, xs, strict=True)]) + n.b


def inner_product(n: Any, xs: Any) -> Value:
    return dot(n.w, xs) + n.b


@pytest.mark.parametrize("total", [micrograd, products_first, inner_product])
def test_the_sum_the_output_and_the_inputs_are_found(total: Any) -> None:
    a, b = neuron(3), neuron(3, "relu")
    xs = [Value(1.0), 2.0, Value(1.0)]
    sums = [total(a, xs), total(b, xs)]
    outputs = [sums[0].tanh(), sums[1].relu()]
    found = places([a, b], [(outputs[0] - outputs[1]) ** 2])
    assert found is not None
    for place, s, output in zip(found, sums, outputs, strict=True):
        assert place.total is s
        assert place.output is output
        assert place.members[-1] is output
        assert all(x is y for x, y in zip(place.inputs, xs, strict=True))


def test_a_relu_that_leaves_its_input_as_it_is_is_found_all_the_same() -> None:
    n = neuron(1, "relu")
    s = micrograd(n, [1.0])
    y = s.relu()
    [place] = places([n], [y]) or []
    assert y.data == s.data
    assert place.members[-1] is y


def test_what_follows_a_linear_neuron_is_not_part_of_it() -> None:
    n = neuron(2, "linear")
    s = micrograd(n, [1.0, 2.0])
    [place] = places([n], [s**2]) or []
    assert place.output is s
    assert place.members[-1] is s


def test_without_bias() -> None:
    n = neuron(2, bias=False)
    s = dot(n.w, [1.0, 2.0])
    [place] = places([n], [s.tanh()]) or []
    assert place.total is s


def test_an_activation_of_several_operations_is_left_open() -> None:
    n = neuron(2, "my_swish")
    s = micrograd(n, [1.0, 2.0])
    [place] = places([n], [s * s.sigmoid()]) or []
    assert place.total is s
    assert place.output is None


def test_two_samples_have_no_one_place() -> None:
    n = neuron(2)
    y = micrograd(n, [1.0, 2.0]).tanh() + micrograd(n, [3.0, 4.0]).tanh()
    assert places([n], [y]) is None


def test_a_neuron_that_was_not_used_is_noticed() -> None:
    a, b = neuron(2), neuron(2)
    assert places([a, b], [micrograd(a, [1.0, 2.0]).tanh()]) is None
