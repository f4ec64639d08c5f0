"""The player's steps and its page; no browser is needed."""

from __future__ import annotations

import html
import re
from fractions import Fraction
from pathlib import Path

import pytest

import viz.rendering.render
from autograd import Value, gradients, nodes
from viz.playing.player import page, player
from viz.playing.steps import steps
from viz.rendering.render import RenderError


def shared() -> Value:
    """Return a graph with a value used twice by one operation and once by another."""
    x, w = Value(2.0, "x"), Value(-0.7, "w")
    z = x * w
    z.label = "z"
    y = (z**z * z / x).where(True, z * z / x, 0.0) + z.tanh()
    y.label = "y"
    return y


def test_the_steps_of_a_product_and_a_sum() -> None:
    a, b = Value(2.0, "a"), Value(-3.0, "b")
    c = a * b
    c.label = "c"
    y = c + a
    y.label = "y"
    assert [(s.symbols, s.numbers, s.note) for s in steps(y)] == [
        ("a = 2", "", "given"),
        ("b = -3", "", "given"),
        ("c = a * b", "2 * (-3) = -6", ""),
        ("y = c + a", "(-6) + 2 = -4", ""),
        ("dy/dy = 1", "", "the gradient starts here"),
        ("dy/dc = ∂y/∂c", "1", ""),
        ("dy/da += ∂y/∂a", "1", "part 1 of 2, not complete yet"),
        ("dy/da += dy/dc · ∂c/∂a", "1 + 1 · (-3) = -2", "part 2 of 2, complete"),
        ("dy/db = dy/dc · ∂c/∂b", "1 · 2 = 2", ""),
    ]


def test_gradients_run_up_to_those_of_the_engine_exactly() -> None:
    y = shared()
    order = nodes(y)
    last = {s.value: s.gradient for s in steps(y) if s.is_backward}
    assert [last[i] for i in range(len(order))] == gradients(y, order)


def test_fractions_stay_exact() -> None:
    x = Value(Fraction(1, 3), "x")
    final = steps(x * x * x)[-1]
    assert final.gradient == Fraction(1, 3)
    assert final.numbers == "2/9 + (1/3) · (1/3) = 1/3"


def test_a_value_used_twice_shows_what_it_has_so_far() -> None:
    x = Value(3.0, "x")
    assert [s.gradient for s in steps(x * x) if s.is_backward] == [1.0, 3.0, 6.0]


def test_there_is_a_step_per_value_and_one_per_arrow_and_one_for_the_start() -> None:
    y = shared()
    order = nodes(y)
    arrows = [(v, x) for v in order for x in v.inputs if type(x) is Value]
    played = steps(y)
    assert len(played) == len(order) + 1 + len(arrows)
    along = {s.arrow: (order[s.user], order[s.value]) for s in played if s.user is not None}
    assert all(along[k][0] is v and along[k][1] is x for k, (v, x) in enumerate(arrows))


def test_a_leaf_alone_has_two_steps() -> None:
    assert [s.symbols for s in steps(Value(2.0, "x"))] == ["x = 2", "dx/dx = 1"]


@pytest.mark.parametrize("number", [float("nan"), float("inf"), 1e300, 1e-300, Fraction(10**50, 3)])
def test_extreme_numbers_are_played(number: float) -> None:
    x = Value(number, "x")
    assert "Fraction(" not in page(x * x * x)


def test_a_slope_that_is_no_number_says_so() -> None:
    x = Value(Fraction(0), "x")
    y = x ** Value(Fraction(0), "p")  # its slope by the exponent is 0**0 * log 0
    assert "no number" in " ".join(s.numbers for s in steps(y))
    assert page(y)


def test_playing_changes_nothing() -> None:
    y = shared()
    y.backward()
    before = [(v.data, v.grad, v.rule, v.inputs, v.label) for v in nodes(y)]
    page([y, y])
    assert [(v.data, v.grad, v.rule, v.inputs, v.label) for v in nodes(y)] == before


def test_the_same_graph_is_the_same_page_with_or_without_backward() -> None:
    done = shared()
    done.backward()
    assert page(shared()) == page(done)


def test_every_box_and_arrow_of_the_picture_belongs_to_its_value() -> None:
    y = shared()
    text = page(y)
    boxes = re.findall(r'class="box" data-box="(\d+)"[^>]*aria-label="([^,]*),', text)
    names = {"x": 0, "w": 1, "z": 2, "y": len(nodes(y)) - 1}
    assert sorted(int(i) for i, _ in boxes) == list(range(len(nodes(y))))
    assert {name: int(i) for i, name in boxes if name in names} == names
    assert text.count('class="grad"') == len(boxes)
    arrows = sorted(map(int, re.findall(r'data-arrow="(\d+)"', text)))
    assert arrows == sorted(s.arrow for s in steps(y) if s.arrow is not None)
    for i, group in re.findall(r'data-box="(\d+)"(.*?)</g>', text, flags=re.DOTALL):
        shown = "".join(re.findall(r">([^<]+)</text>", group))
        assert re.match(r"(y|.*\by|.*\bz|x|w|.*v\d)", html.unescape(shown)), (i, shown)


def test_labels_are_escaped_wherever_they_stand() -> None:
    x = Value(2.0, '</script><img src=x onerror=alert(1)> & "q"\n\u202e')
    text = page(x * x, labels=["<b>"])
    assert "<img" not in text
    assert "<b>" not in text
    assert "\u202e" not in text
    assert text.count("</script>") == 1


def test_the_page_asks_for_nothing_from_elsewhere() -> None:
    text = page(shared()).replace("http://www.w3.org/", "")  # names of SVG's own, not fetched
    assert "http:" not in text
    assert "https:" not in text
    assert "default-src 'none'" in text


def test_without_a_program_a_table_stands_for_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object) -> bytes:
        raise RenderError(f"no program to draw with was found: {viz.rendering.render._HOW_TO_GET}")

    monkeypatch.setattr("viz.rendering.drawing.render", none)
    y = shared()
    text = page(y)
    assert "No picture: no program to draw with was found: pip install" in text
    assert "DOT text" not in text  # a page has no .source to look at
    assert "<svg" not in text
    assert text.count("<tr data-box=") == len(nodes(y))


def test_too_many_values_are_refused_with_what_to_do() -> None:
    y = sum((Value(1.0) for _ in range(200)), Value(0.0))
    with pytest.raises(ValueError, match=r"401 values are more than the 150.*limit=401"):
        page(y)
    three = Value(2.0) * Value(3.0)
    assert page(three, limit=3)
    with pytest.raises(ValueError, match="3 values are more than the 2"):
        page([Value(1.0), three], limit=2)
    with pytest.raises(ValueError, match=r"limit=0.*1 or more"):
        page(Value(1.0), limit=0)


def test_a_very_deep_graph_is_refused_not_walked_by_recursion() -> None:
    y = Value(1.0)
    for _ in range(100_000):
        y = y + 1
    with pytest.raises(ValueError, match="100,001 values"):
        page(y)


@pytest.mark.parametrize("wrong", [3.0, "y", None, [Value(1.0), 2.0]])
def test_what_is_no_value_is_refused(wrong: object, tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="is not a Value"):
        player(wrong, tmp_path / "p.html")  # type: ignore[arg-type]


def test_nothing_to_play_and_labels_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match="nothing to play"):
        page([])
    with pytest.raises(ValueError, match="give a list of 2 names"):
        page([Value(1.0), Value(2.0)], labels=["one"])
    with pytest.raises(ValueError, match="labels=3: give a list of 1 names"):
        page(Value(1.0), labels=3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="give a list of 1 names"):
        page(Value(1.0), labels="a")


def test_the_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    assert player(Value(2.0, "x") * 2, tmp_path / "p.html") == tmp_path / "p.html"
    assert (tmp_path / "p.html").read_text(encoding="utf-8") == page(Value(2.0, "x") * 2)
    with pytest.raises(ValueError, match=r"must end in \.html"):
        player(Value(2.0), tmp_path / "p.pdf")
    with pytest.raises(OSError, match=r"can't write the player: there is no such folder"):
        player(Value(2.0), tmp_path / "none" / "p.html")
    (tmp_path / "d.html").mkdir()
    with pytest.raises(OSError, match="can't write the player"):
        player(Value(2.0), tmp_path / "d.html")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["d.html", "p.html"]
