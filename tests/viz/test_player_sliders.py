"""The player's sliders in a real headless Chromium: what they show is what the engine computes."""

from __future__ import annotations

import html
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import mpmath
import pytest
from browsing import browser, silent, tab

import viz.playing.whatif
from autograd import Value, clip, derivatives, gelu, maximum, nodes, relu, softmax
from autograd import sum as total
from viz.diagrams.digits import digits
from viz.playing.player import page, player
from viz.playing.steps import steps
from viz.rendering.render import RenderError

__all__ = ["browser", "tab"]  # fixtures


def neuron() -> Value:
    x, w, b = Value(2.0, "x"), Value(-0.7, "w<1>"), Value(0, "b")
    n = w * x + b
    n.label = "n"
    y = n.tanh() * n + x * x
    y.label = "y"
    return y


def mixed() -> Value:
    """Return a graph with constants, branches, shared values and operations of many operands."""
    x, w, t = Value(0.625, "x"), Value(-1.5, "w"), Value(1e-3, "t")
    p, q, _ = softmax([x, w * 2, -x])
    n = gelu(x / 3) ** w.abs() + relu(-w) - clip(x * t, 0, 1)
    y = total([p, q, n, maximum(x, w), -n]) * 1e5 + Value.where(x > 0, x.log(), 0.0)
    y.label = "loss = y"
    return y


FIRST, SECOND = neuron(), mixed()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("player") / "player.html"
    return player([FIRST, SECOND], path, labels=["first", "second"])


SCENE = ".scene:not([hidden])"
READ = """scene => {
  const texts = (part, name) => [...part.querySelectorAll(name)].map(e => e.textContent.trim());
  const boxes = [...scene.querySelectorAll('[data-box]')].sort((a, b) => a.dataset.box - b.dataset.box);
  const arrows = [...scene.querySelectorAll('[data-arrow]')].sort((a, b) => a.dataset.arrow - b.dataset.arrow);
  return {
    steps: [...scene.querySelectorAll('li')].map(li => ['.symbols', '.numbers', '.note'].map(
      name => li.querySelector(name)?.textContent ?? '')),
    data: boxes.map(box => texts(box, '.data')[0]), grad: boxes.map(box => texts(box, '.grad')[0]),
    words: boxes.map(box => box.getAttribute('aria-label')),
    slopes: arrows.map(arrow => texts(arrow, '.slope')[0].split(' ').at(-1)),
    name: scene.getAttribute('aria-label'),
  };
}"""


def read(tab: Any) -> dict[str, Any]:
    """Return all that the visible picture and its list of steps say, after the last step."""
    tab.evaluate("document.activeElement.blur()")
    tab.keyboard.press("End")
    found: dict[str, Any] = tab.locator(SCENE).evaluate(READ)
    return found


def check(found: dict[str, Any], y: Value) -> None:
    """Compare what the page says with the engine's numbers."""
    order, played = nodes(y), steps(y)
    assert found["steps"] == [[s.symbols, s.numbers, s.note] for s in played]
    assert found["data"] == [digits(v.data) for v in order]
    final = {s.value: s.gradient for s in played if s.is_backward}
    assert found["grad"] == [digits(final[i]) for i in range(len(order))]
    slopes = [
        d for v in order for x, d in zip(v.inputs, derivatives(v), strict=True) if type(x) is Value
    ]
    assert found["slopes"] == [digits(d) for d in slopes]
    assert all(
        word.endswith(f", data {digits(v.data)}")
        for word, v in zip(found["words"], order, strict=True)
    )
    assert found["name"].endswith(f" = {digits(y.data)}")


def put(tab: Any, leaf: int, kind: str, number: float) -> None:
    tab.fill(f"{SCENE} [data-leaf='{leaf}'] [type={kind}]", str(number))


def moved(y: Value, **leaves: float) -> Value:
    for v in nodes(y):
        if v.rule is None and v.label in leaves:
            v.data = leaves[v.label]
    return y.recompute()


def test_every_number_on_the_page_follows_a_slider(tab: Any) -> None:
    check(read(tab), neuron())
    put(tab, 0, "range", -60)
    assert tab.input_value(f"{SCENE} [data-leaf='0'] [type=number]") == "-0.4"
    check(read(tab), moved(neuron(), x=-0.4))
    put(tab, 2, "range", 31)
    check(read(tab), moved(neuron(), x=-0.4, b=0.31))


@pytest.mark.parametrize("leaves", [{"x": 2.5}, {"x": 0.1, "w": 2.25, "t": -7.5}, {"x": 1e-9, "t": 1e7},
                                    {"w": 123456.789}, {"x": 3.0, "w": 3.0}])  # fmt: skip
def test_any_number_can_be_typed(tab: Any, leaves: dict[str, float]) -> None:
    tab.select_option("#sample", label="second")
    names = [v.label for v in nodes(SECOND)]
    for name, number in leaves.items():
        put(tab, names.index(name), "number", number)
    check(read(tab), moved(mixed(), **leaves))


def test_the_formula_shown_and_the_running_gradients_follow(tab: Any) -> None:
    put(tab, 0, "number", 3.5)
    tab.evaluate("document.activeElement.blur()")
    y = moved(neuron(), x=3.5)
    tab.keyboard.press("Home")
    shown: dict[str, str] = {}
    for step in steps(y):
        assert tab.text_content("#symbols") == step.symbols
        assert tab.text_content("#numbers") == step.numbers
        if step.is_backward:
            shown[str(step.value)] = digits(step.gradient)
        boxes = tab.locator(f"{SCENE} [data-box]")
        found = boxes.evaluate_all(
            "all => all.map(e => [e.dataset.box, e.querySelector('.grad').textContent.trim()])"
        )
        assert {i: text for i, text in found if text} == shown
        tab.keyboard.press("ArrowRight")


def test_reset_restores_the_page_exactly(tab: Any) -> None:
    for label in ("first", "second"):
        tab.select_option("#sample", label=label)
        tab.keyboard.press("End")
        before = tab.locator(SCENE).evaluate("e => e.outerHTML")
        assert tab.is_disabled(f"{SCENE} .reset")
        put(tab, 0, "number", 1.7e308)  # too long for its box: squeezed
        put(tab, 1, "range", 99)
        assert tab.locator(SCENE).evaluate("e => e.outerHTML") != before
        tab.click(f"{SCENE} .reset")
        assert tab.locator(SCENE).evaluate("e => e.outerHTML") == before
        assert tab.input_value(f"{SCENE} [data-leaf='1'] [type=range]") == "0"
        check(read(tab), FIRST if label == "first" else SECOND)


def test_a_slider_back_in_the_middle_is_where_it_was(tab: Any) -> None:
    before = tab.locator(SCENE).evaluate("e => e.outerHTML")
    put(tab, 1, "range", 7)
    put(tab, 1, "range", 0)
    assert tab.locator(SCENE).evaluate("e => e.outerHTML") == before


def test_samples_are_changed_apart(tab: Any) -> None:
    put(tab, 0, "number", -1)
    tab.select_option("#sample", label="second")
    check(read(tab), SECOND)
    tab.select_option("#sample", label="first")
    check(read(tab), moved(neuron(), x=-1.0))


def test_keys_move_the_slider_and_not_the_steps(tab: Any) -> None:
    tab.focus(f"{SCENE} [data-leaf='0'] [type=range]")
    tab.keyboard.press("ArrowRight")
    assert tab.inner_text("#count").startswith("1 / ")
    slider = tab.locator(f"{SCENE} [data-leaf='0'] [type=range]")
    assert (slider.input_value(), slider.get_attribute("aria-valuetext")) == ("1", "2.04")
    tab.keyboard.press("Tab")
    tab.keyboard.type(" -")  # no number yet
    tab.keyboard.press("ArrowUp")
    assert tab.inner_text("#count").startswith("1 / ")
    tab.focus(f"{SCENE} .reset")
    tab.keyboard.press(" ")
    assert slider.input_value() == "0"
    assert slider.evaluate("e => e === document.activeElement")


def test_what_is_no_number_changes_nothing(tab: Any) -> None:
    box = f"{SCENE} [data-leaf='0'] [type=number]"
    tab.focus(box)
    tab.fill(box, "")
    check(read(tab), FIRST)
    assert tab.input_value(box) == "2"


def test_sliders_have_names_for_readers_and_a_useful_range(tab: Any) -> None:
    names = tab.locator(f"{SCENE} .leaf input").evaluate_all("all => all.map(e => e.ariaLabel)")
    assert names == [f"{name}{end}" for name in ("x", "w<1>", "b") for end in ("", ", as a number")]
    ends = {}
    for leaf, name in enumerate("xwb"):
        for place in (-100, 100):
            put(tab, leaf, "range", place)
            ends[name, place] = float(
                tab.input_value(f"{SCENE} [data-leaf='{leaf}'] [type=number]")
            )
    assert ends == {("x", -100): -2, ("x", 100): 6, ("w", -100): -2.1, ("w", 100): 0.7,
                    ("b", -100): -1, ("b", 100): 1}  # fmt: skip


def test_a_long_number_stays_in_its_box(tab: Any) -> None:
    put(tab, 0, "number", -1.23456e-300)
    text, box = (
        tab.locator(f"{SCENE} [data-box='0'] {part}").first.bounding_box()
        for part in (".data", "path")
    )
    assert text["x"] + text["width"] <= box["x"] + box["width"] + 1


def test_a_phone_shows_them_without_sideways_scrolling_and_paper_not_at_all(tab: Any) -> None:
    tab.set_viewport_size({"width": 360, "height": 640})
    assert tab.evaluate("document.documentElement.scrollWidth") == 360
    assert tab.locator(f"{SCENE} .whatif").is_visible()
    tab.emulate_media(media="print")
    assert tab.locator(f"{SCENE} .whatif").is_hidden()


def test_without_a_program_that_draws_the_table_follows(
    browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: object) -> bytes:
        raise RenderError("none")

    monkeypatch.setattr("viz.rendering.drawing.render", none)
    path = player(neuron(), tmp_path / "p.html")
    with silent(browser, path.as_uri()) as tab:
        put(tab, 0, "number", 3)
        y = moved(neuron(), x=3.0)
        cells = [text.strip() for text in tab.locator("td.data").all_text_contents()]
        assert cells == [digits(v.data) for v in nodes(y)]


def test_a_leaf_that_is_not_finite_has_no_slider(browser: Any, tmp_path: Path) -> None:
    x, top = Value(2.0, "x"), Value(float("inf"), "top")
    path = player(x / top + x.minimum(top), tmp_path / "p.html")
    with silent(browser, path.as_uri()) as tab:
        assert tab.locator(".leaf .name").all_text_contents() == ["x"]
        put(tab, 0, "number", 5)
        x.data = 5.0
        check(read(tab), (x / top + x.minimum(top)))


def reason(y: Value, limit: int = 1000) -> str:
    text = page(y, limit=limit)
    assert "<details class=whatif" not in text
    assert "computations" not in text
    found = re.findall(r"No sliders: (.*?)\.</p>", text)
    return html.unescape(found[0])


def test_no_sliders_and_why() -> None:
    floats = "and JavaScript has only floats"
    assert reason(Value(Fraction(1, 3), "x") * 2) == f"it is computed with Fractions, {floats}"
    assert reason(Value(mpmath.mpf(2), "x") * 2) == f"it is computed with mpmath numbers, {floats}"
    assert reason(Value(2, "x") ** 80) == f"it is computed with integers beyond 2**53, {floats}"
    assert reason(Value(1.5, "x").lgamma() * 2) == (
        "lgamma() can't be recomputed in the page: JavaScript has no function lgamma"
    )
    assert reason(Value(float("nan"), "x") + 1) == "no leaf is a finite number"
    long = Value(1.0, "x")
    for _ in range(viz.playing.whatif.LIMIT):
        long = long + 1
    assert reason(long) == "201 values are more than the 200 that a page recomputes"


def test_one_sample_without_sliders_leaves_the_others_theirs(browser: Any, tmp_path: Path) -> None:
    path = player([Value(Fraction(1, 3), "x") * 2, neuron()], tmp_path / "p.html")
    with silent(browser, path.as_uri()) as tab:
        assert tab.locator(f"{SCENE} .no-sliders").is_visible()
        tab.select_option("#sample", index=1)
        put(tab, 0, "number", 3)
        check(read(tab), moved(neuron(), x=3.0))
