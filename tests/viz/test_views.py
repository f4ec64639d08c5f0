"""Choosing a view, refusing what can't be read, and the picture of a Value in a notebook."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from test_detail import neuron
from test_summary import network, run

from autograd import Value, nodes
from viz import draw
from viz.diagrams.detail import detail
from viz.diagrams.full import full
from viz.diagrams.summary import summary
from viz.rendering import render


def chain(n: int) -> Value:
    """Return the last of n values; no two rounds are the same, so that nothing folds."""
    made = [Value(1.0)]
    for i in range(1, n):
        made.append(made[-1] + 1 if i % 3 else made[i // 2] + made[-1])
    return made[-1]


def test_auto_is_detail_up_to_40_values_then_full() -> None:
    small, large = chain(40), chain(41)
    assert draw(small).source == detail([small])
    assert draw(large).source == full([large])


def test_auto_is_summary_where_there_is_a_model_and_much_to_show() -> None:
    model: Any = network(3, 4, 4, 1)
    y = run(model, [1.0, 2.0, 3.0])
    assert len(nodes(y)) > 40
    assert draw(y, model=model).source == summary(model, [y])
    assert draw(model=model).source == summary(model)
    assert draw(y, view="full", model=model).source == full([y], model)


def test_a_leaf_of_the_model_is_a_parameter_whatever_its_name() -> None:
    model: Any = network(1, 1)
    model.layers[0].neurons[0].w[0].label = "slope"
    y = run(model, [1.0])
    assert draw(y, "detail", model).source.count("#FDF5E3") == 2
    assert draw(y, "detail").source.count("#FDF5E3") == 1


def test_several_values() -> None:
    x = Value(2.0, "x")
    assert draw([x + 1, x * 2]).title == "+ 1 = 3, × 2 = 4, drawn with 3 values, 1 of them leaves"


def test_more_than_1000_values_are_refused_unless_forced() -> None:
    y = chain(1001)
    with pytest.raises(ValueError, match=r"1,001 values .* force=True"):
        draw(y)
    assert draw(y, force=True).source.count("->") > 1000


def test_more_than_1000_parameters_are_refused_but_not_many_values_of_a_small_model() -> None:
    with pytest.raises(ValueError, match=r"1,\d\d\d parameters .* a lower depth="):
        draw(model=network(30, 32, 1), depth=3)
    assert draw(model=network(30, 32, 1), force=True).source.count("->") > 32 * 30
    model: Any = network(2, 2, 1)
    many = [run(model, [float(i), 1.0]) for i in range(200)]
    assert draw(many, model=model).source == summary(model, many)


@pytest.mark.parametrize(("call", "error", "message"), [
    (lambda: draw(), ValueError, "give a Value"),
    (lambda: draw([]), ValueError, "give a Value"),
    (lambda: draw(3.0), TypeError, r"draw\(\): 3.0 is not a Value: give the result of"),
    (lambda: draw("ab"), TypeError, r"draw\(\): 'a' is not a Value"),
    (lambda: draw([1.0]), TypeError, r"draw\(\): 1.0 is not a Value"),
    (lambda: draw(Value(1.0), "fancy"), ValueError, "auto, detail, summary, full"),
    (lambda: draw(Value(1.0), "summary"), ValueError, "model=mlp"),
    (lambda: draw(view="full", model=network(1, 1)), ValueError, "give one that the model"),
    (lambda: draw(Value(1.0), model=Value(1.0)), TypeError, "has no parameters to find"),
])  # fmt: skip
def test_misuse(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_a_value_has_a_picture_in_a_notebook() -> None:
    svg = neuron()._repr_svg_()
    assert svg is not None
    assert svg.startswith("<svg ")


def test_too_large_no_program_and_too_slow_all_show_the_plain_repr(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert chain(1001)._repr_svg_() is None
    monkeypatch.setenv("GRAPHVIZ_DOT", "/no/such/dot")
    assert neuron()._repr_svg_() is None
    monkeypatch.undo()

    def slow(*_: Any, **__: Any) -> Any:
        raise render.subprocess.TimeoutExpired("dot", 1.0)

    monkeypatch.setattr(render.subprocess, "run", slow)
    assert neuron()._repr_svg_() is None


def test_autograd_and_nn_stay_out_of_it() -> None:
    code = "import sys, autograd; assert autograd.Value.drawing is None; assert 'viz' not in sys.modules;"
    code += "import viz; assert autograd.Value.drawing is not None; assert 'nn' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
