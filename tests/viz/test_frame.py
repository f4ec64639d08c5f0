"""A frame of the player: what it marks, what it says, and that nothing moves from one to the next."""

from __future__ import annotations

import re
from collections import Counter
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest

from autograd import Value, nodes
from viz.playing.frame import frame
from viz.playing.steps import steps
from viz.rendering.render import pure_dot, render


def shared() -> Value:
    """Return x*x + x, in which x is used three times: boxes n0 x, n1 x*x, n2 the sum."""
    x = Value(3.0, "x")
    y = x * x + x
    y.label = "y"
    return y


def boxes(source: str) -> dict[str, str]:
    return {m[1]: m[0] for m in re.finditer(r"^\t(n\d+) \[label=.*$", source, re.MULTILINE)}


def arrows(source: str) -> list[str]:
    return [m[0] for m in re.finditer(r"^\tn\d+ -> n\d+ \[.*$", source, re.MULTILINE)]


def gradient(box: str) -> str:
    found = re.search(r'COLOR="#A34100"> *([^< ]+) *</FONT>', box)
    return found[1] if found else ""


def test_going_forward_shows_what_was_computed_and_no_gradient() -> None:
    source = frame(shared(), 2).source
    x, product, total = boxes(source).values()
    assert "penwidth=3.5" in product
    assert 'color="#D55E00"' in product
    assert "penwidth=3.5" not in x + total
    assert 'fillcolor="#E5F1F8"' in x  # in full colour: it is an input
    assert 'color="#D8DCE0" fillcolor=white' in total  # faint
    assert [gradient(box) for box in (x, product, total)] == ["", "", ""]
    assert "step 2 of 8, forward: the value" in source
    assert "v1 = x * x" in source
    assert "3 * 3 = 9" in source


def test_going_back_marks_the_arrow_both_ends_and_the_running_gradient() -> None:
    y = shared()
    for count, wanted in ((6, "1"), (7, "4"), (8, "7")):
        text = frame(y, count).source
        x = boxes(text)["n0"]
        assert gradient(x) == wanted  # 1 from the sum, then 3 for each factor
        assert "penwidth=3.5" in x
        assert "dashed" in boxes(text)["n2" if count == 6 else "n1"]  # where it comes from
    counts = Counter("penwidth=3.5" in arrow for arrow in arrows(frame(y, 7).source))
    assert counts == {True: 1, False: 3}
    assert gradient(boxes(frame(y, 5).source)["n0"]) == ""
    last = frame(y, 8)
    assert "part 3 of 3, complete" in last.source
    assert last.title == "step 8 of 8, backward: dy/dx += dy/dv1 · ∂v1/∂x⁽²⁾, 4 + 1 · 3 = 7"


def test_each_arrow_is_marked_once_in_the_order_of_the_steps() -> None:
    y = shared()
    for count, step in enumerate(steps(y), 1):
        marked = [i for i, a in enumerate(arrows(frame(y, count).source)) if "penwidth=3.5" in a]
        assert marked == ([] if step.arrow is None else [step.arrow])


@pytest.mark.skipif(pure_dot() is None, reason="graphviz-pure is not installed")
def test_everything_keeps_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHVIZ_DOT", pure_dot() or "")
    x = Value(-1.25, "x")
    y = (x * 3 + 100.5).tanh() * x - 1e-7
    places: list[Any] = []
    for count in range(1, len(steps(y)) + 1):
        plain = render(frame(y, count).source, "plain").decode()
        # a node's name, middle, width and height; text takes as much room whatever it says
        found = re.findall(r"^node (\S+) (\S+) (\S+) (\S+) (\S+)", plain, re.MULTILINE)
        bottom = min(float(middle) for _, _, middle, _, _ in found)
        places.append([(n, a, round(float(b) - bottom, 3), w, h) for n, a, b, w, h in found])
    for before, after in pairwise(places):
        assert before == after


def test_nothing_is_changed_and_no_backward_pass_is_needed() -> None:
    y = shared()
    before = [(v.data, v.grad, v.label, v.inputs) for v in nodes(y)]
    assert frame(y, -1).source == frame(y, len(steps(y))).source
    assert [(v.data, v.grad, v.label, v.inputs) for v in nodes(y)] == before
    y.backward()
    assert frame(y, 3).source == frame(shared(), 3).source  # gradients are those of the step


def test_labels_are_shown_as_they_are_and_names_are_those_of_the_formula() -> None:
    evil = Value(2.0, 'a<b>&"c"\n\\N')
    source = frame(evil * Value(Fraction(1, 3)), -1).source
    assert "<b>" not in source
    assert "a&lt;b&gt;&amp;&quot;c&quot; \\\\N" in source
    assert "\n\\N" not in source
    a = Value(2.0)
    assert "<B>× 3</B> v2<" in frame(a * 3, -1).source


@pytest.mark.parametrize("data", [float("nan"), float("inf"), 1e-300, Fraction(1, 3), 10**30])
def test_any_number_is_drawn(data: Any) -> None:
    x = Value(data, "x")
    y = x * x + 1
    for count in range(1, len(steps(y)) + 1):
        assert f"step {count} of" in frame(y, count).source


def test_what_is_no_step_is_said() -> None:
    y = shared()
    for wrong in (0, 9, -9, 100):
        with pytest.raises(IndexError, match=rf"step={wrong}.*there are 8 steps"):
            frame(y, wrong)
    with pytest.raises(TypeError, match="must be an int, from 1 to 8"):
        frame(y, 1.5)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="is not a Value"):
        frame(3.0, 1)  # type: ignore[arg-type]
    x = Value(1.0)
    for _ in range(200):
        x = x + 1
    with pytest.raises(ValueError, match="201 values are more than the 150"):
        frame(x, 1)


def test_a_box_keeps_its_form_when_its_colour_changes() -> None:
    """Square corners are the sign of a parameter that needs no colour."""
    x, w = Value(2.0, "x"), Value(3.0, "w")
    y = x * w
    for count in range(1, len(steps(y)) + 1):
        source = frame(y, count).source
        styles = [re.findall(r"style=\"?([\w,]+)", box)[-1] for box in boxes(source).values()]
        assert [style.removesuffix(",dashed") for style in styles] == [
            "rounded,filled", "filled", "rounded,filled"
        ]  # fmt: skip
        assert "square corners: parameter" in source
    assert "square corners" not in frame(x * x, 1).source
