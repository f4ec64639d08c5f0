"""Strange and very large graphs: drawn, or refused with a notice; notebooks never see an error."""

from __future__ import annotations

import json
import math
import re
import xml.etree.ElementTree as ET
from fractions import Fraction
from pathlib import Path
from typing import Any

import mpmath
import pytest
from test_summary import network, run

from autograd import Value, no_grad
from viz import Drawing, draw
from viz.diagrams.views import picture


def odd() -> list[tuple[str, Value]]:
    with no_grad():
        alone = Value(2.0) * 3
    shared = Value(3.0, "x")
    return [
        ("nan", Value(math.nan) * Value(2.0)),
        ("inf", Value(math.inf) - Value(-math.inf)),
        ("huge and tiny", Value(1e308) * Value(5e-324)),
        ("overflow", Value(1e308) * Value(1e308)),
        ("fractions", Value(Fraction(1, 3)) / Value(Fraction(22, 7))),
        ("a fraction of 3000 digits", Value(Fraction(10**3000, 7)) * 2),
        ("mpmath", Value(mpmath.mpf("1e-400")) * mpmath.mpf(3)),
        ("integers", Value(10**50) ** 2),
        ("shared", shared * shared + shared),
        ("constants only", Value(2.0) * 0 + 1),
        ("without graph", alone),
        ("leaf", Value(1.0)),
    ]


@pytest.mark.parametrize(("name", "y"), odd(), ids=[name for name, _ in odd()])
def test_any_number_is_drawn_before_and_after_backward(name: str, y: Value) -> None:
    before = [draw(y, view, contribution=True).source for view in ("detail", "full")]
    y.backward()
    after = [draw(y, view, contribution=True).source for view in ("detail", "full")]
    assert before[0] != after[0]  # now there are gradients
    svg = y._repr_svg_()
    assert svg is not None
    ET.fromstring(svg)


def test_contributions_add_up_to_the_gradient() -> None:
    x = Value(Fraction(3), "x")
    y = x * x + 2 * x
    y.backward()
    source = draw(y, contribution=True).source
    shares = [line.partition('label="')[2] for line in source.splitlines() if "n0 ->" in line]
    assert [s.partition('"')[0] for s in shares] == ["3 × 1 = 3", "3 × 1 = 3", "2 × 1 = 2"]
    assert x.grad == 3 + 3 + 2


def test_without_gradients_no_contribution_is_made_up() -> None:
    y = Value(2.0) * Value(3.0)
    assert draw(y, contribution=True).source.count("label=2]") == 1
    arrows = [line for line in draw(y.sin(), "full", contribution=True).source.splitlines()
              if "->" in line]  # fmt: skip
    assert [line.strip() for line in arrows] == ["n2 -> n3"]


def test_a_graph_that_no_one_can_read_is_a_notice() -> None:
    y = x = Value(1.0)
    for i in range(100_000):
        y = y.sin() if i % 3 else y + x
    with pytest.raises(ValueError, match=r"100,001 values \(66,666 sin, .*only=w .*force=True"):
        draw(y)
    assert picture(y) is None


def test_a_million_values_are_refused() -> None:
    y = x = Value(1.0)
    for i in range(1_000_000):
        y = y.sin() if i % 3 else y + x

    with pytest.raises(ValueError, match="1,000,001 values"):
        draw(y)


@pytest.mark.parametrize("view", ["detail", "full"])
def test_ten_thousand_values_are_text(view: str) -> None:
    made = [Value(1.0)]
    for i in range(9_999):
        made.append(made[-1] * made[i // 2] if i % 2 else made[-1].tanh())
    assert draw(made[-1], view, force=True).source.count("->") == 14_998


@pytest.mark.parametrize("label", [
    '"', "<", "&amp;", "a\n\\N\\l", "🎉👩‍👩‍👧", "שלום", "x" * 500, "_", "w_{", "\0\a",
])  # fmt: skip
@pytest.mark.parametrize("view", ["detail", "full"])
def test_any_label_is_drawn(label: str, view: str) -> None:
    y = Value(1.0, label) * Value(2.0, label)
    y.label = label
    ET.fromstring(draw(y, view).svg())


def test_parameters_are_told_without_colour() -> None:
    source = draw(Value(1.0, "w") * Value(2.0, "x")).source
    boxes = re.findall(r"^\tn\d \[.*\]$", source, flags=re.MULTILINE)
    assert ["style=filled" in box for box in boxes] == [True, False, False]
    assert "square corners = parameter" in source
    assert "square" not in draw(Value(1.0, "x") * 2).source


def test_whatever_fails_a_notebook_shows_the_plain_repr(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> str:
        raise RuntimeError("unexpected")

    drawing = draw(Value(2.0) * 3)
    monkeypatch.setattr(Drawing, "svg", fail)
    assert drawing._repr_svg_() is None
    monkeypatch.setattr("viz.diagrams.views.detail", fail)
    assert (Value(2.0) * 3)._repr_svg_() is None


def test_a_model_that_did_not_make_the_values_is_refused() -> None:
    with pytest.raises(ValueError, match="it did not make these values"):
        draw(run(network(1, 1), [1.0]), model=network(1, 1))


def test_a_model_of_layers_without_neurons_is_refused() -> None:
    model: Any = network(1, 1)
    model.layers.append(object())
    with pytest.raises(TypeError, match="layers not made of neurons"):
        draw(model=model)


def test_a_page_stands_alone_and_says_what_it_shows(tmp_path: Path) -> None:
    y = Value(2.0, "</title><script>") * 3
    y.label = "<y>"
    page = draw(y).save(tmp_path / "picture.html").read_text(encoding="utf-8")
    assert "<title>&lt;y&gt; = 6" in page
    assert "<script" not in page
    assert page.count("<svg ") == 1
    assert "<link" not in page
    assert " src=" not in page


def test_json_is_graphviz_with_places(tmp_path: Path) -> None:
    path = draw(Value(2.0, "x") * 3).save(tmp_path / "picture.json")
    found = json.loads(path.read_text(encoding="utf-8"))
    assert [(o["name"], "pos" in o) for o in found["objects"]] == [("n0", True), ("n1", True)]


def test_show_opens_a_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", lambda uri: opened.append(uri) or True)
    monkeypatch.setattr("tempfile.mkdtemp", lambda **_: str(tmp_path))
    draw(Value(2.0) * 3).show()
    assert opened == [(tmp_path / "picture.html").as_uri()]
    assert "<svg " in (tmp_path / "picture.html").read_text(encoding="utf-8")


def test_subscripts_are_as_in_latex() -> None:
    source = draw(Value(2.0, "w_12") * Value(1.0, "learning_rate") * Value(1.0, "x_{i,<}")).source
    assert '<B>w<SUB><FONT POINT-SIZE="8">12</FONT></SUB></B>' in source
    assert "<B>learning_rate</B>" in source
    assert '<B>x<SUB><FONT POINT-SIZE="8">i,&lt;</FONT></SUB></B>' in source
