"""The player in a real headless Chromium: steps, keys, slider, samples, and silence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from browsing import browser, tab

from autograd import Value, gradients, nodes
from viz.diagrams.digits import digits
from viz.playing.player import player
from viz.playing.steps import steps

__all__ = ["browser", "tab"]  # fixtures


def neuron(at: float) -> Value:
    x, w, b = Value(at, "x"), Value(-1.5, "w"), Value(0.25, "b")
    n = w * x + b
    n.label = "n"
    y = n.tanh() * n + x
    y.label = "y"
    return y


FIRST, SECOND = neuron(2.0), neuron(-0.5)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("player") / "player.html"
    return player([FIRST, SECOND], path, labels=["first", "second"])


def at(tab: Any) -> str:
    return str(tab.inner_text("#count"))


def grads(tab: Any) -> list[str]:
    """Return the gradients that the visible picture shows, in the order of nodes(y)."""
    found = tab.evaluate(
        """() => [...document.querySelectorAll('.scene:not([hidden]) [data-box]')]
        .map(box => [Number(box.dataset.box), box.querySelector('.grad').textContent.trim()])"""
    )
    return [text for _, text in sorted(found)]


def test_every_step_shows_its_formula_and_the_gradients_so_far(tab: Any) -> None:
    order, played = nodes(FIRST), steps(FIRST)
    shown = [""] * len(order)
    for k, step in enumerate(played, 1):
        assert at(tab) == f"{k} / {len(played)}"
        assert tab.text_content("#symbols") == step.symbols
        assert tab.text_content("#numbers") == step.numbers
        assert tab.text_content("#note") == step.note
        if step.is_backward:
            shown[step.value] = digits(step.gradient)
        assert grads(tab) == shown
        now = tab.get_attribute(".scene:not([hidden]) [data-box].now", "data-box")
        assert now == str(step.value)
        if step.arrow is not None:
            arrow = tab.get_attribute(".scene:not([hidden]) [data-arrow].now", "data-arrow")
            assert arrow == str(step.arrow)
        if k < len(played):
            tab.click("#next")
    assert shown == [digits(g) for g in gradients(FIRST, order)]
    assert tab.is_disabled("#next")


def test_keys(tab: Any) -> None:
    n = len(steps(FIRST))
    for key, place in [("ArrowRight", 2), ("ArrowRight", 3), ("ArrowLeft", 2), ("End", n),
                       ("ArrowRight", n), ("Home", 1), ("ArrowLeft", 1)]:  # fmt: skip
        tab.keyboard.press(key)
        assert at(tab) == f"{place} / {n}"


def test_going_back_takes_gradients_away_again(tab: Any) -> None:
    tab.keyboard.press("End")
    assert "" not in grads(tab)
    tab.keyboard.press("Home")
    assert set(grads(tab)) == {""}


def test_the_slider_and_its_keys_move_one_step(tab: Any) -> None:
    n = len(steps(FIRST))
    tab.fill("#slider", "9")
    assert at(tab) == f"9 / {n}"
    tab.focus("#slider")
    tab.keyboard.press("ArrowRight")
    assert at(tab) == f"10 / {n}"
    assert tab.get_attribute("#slider", "aria-valuetext").startswith(f"step 10 of {n}, ")


def test_a_click_on_a_box_goes_to_its_next_step(tab: Any) -> None:
    n_at = [v.label for v in nodes(FIRST)].index("n")
    wanted = [k for k, s in enumerate(steps(FIRST), 1) if s.value == n_at]
    for k in [*wanted, wanted[0]]:
        tab.click(f'.scene:not([hidden]) [data-box="{n_at}"]')
        assert at(tab).startswith(f"{k} / ")
    tab.focus(f'.scene:not([hidden]) [data-box="{n_at}"]')
    tab.keyboard.press("Enter")
    assert at(tab).startswith(f"{wanted[1]} / ")


def test_a_click_in_the_list_goes_there(tab: Any) -> None:
    tab.click(".scene:not([hidden]) li:nth-child(7) button")
    assert at(tab).startswith("7 / ")
    assert tab.get_attribute(".scene:not([hidden]) li:nth-child(7)", "aria-current") == "step"


def test_play_goes_on_by_itself_and_pauses(tab: Any) -> None:
    tab.clock.install()  # time passes when the test says so
    tab.keyboard.press(" ")
    assert (tab.inner_text("#play"), at(tab)) == ("pause", f"2 / {len(steps(FIRST))}")
    tab.clock.run_for(2400)
    assert at(tab).startswith("4 / ")
    tab.click("#play")
    tab.clock.run_for(5000)
    assert (tab.inner_text("#play"), at(tab)[:2]) == ("play", "4 ")
    tab.keyboard.press("End")
    tab.keyboard.press(" ")  # again from the start, and to a stop at the end
    assert at(tab).startswith("1 / ")
    tab.clock.run_for(1200 * len(steps(FIRST)))
    assert tab.inner_text("#play") == "play"
    assert tab.is_disabled("#next")


def test_another_sample_has_its_own_numbers(tab: Any) -> None:
    tab.keyboard.press("End")
    tab.select_option("#sample", label="second")
    assert grads(tab) == [digits(g) for g in gradients(SECOND, nodes(SECOND))]
    assert tab.locator(".scene:visible").count() == 1


def test_a_step_can_be_linked_to(tab: Any, file: Path) -> None:
    tab.goto("about:blank")
    tab.goto(f"{file.as_uri()}#11")
    assert at(tab).startswith("11 / ")


def test_a_phone_scrolls_the_picture_not_the_page(tab: Any) -> None:
    tab.set_viewport_size({"width": 360, "height": 640})
    tab.keyboard.press("End")
    assert tab.evaluate("document.documentElement.scrollWidth") == 360
    assert tab.locator(".scene:not([hidden]) [data-box].now").bounding_box()["x"] >= 0


def test_without_a_script_the_final_gradients_stand_there(browser: Any, file: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(file.as_uri())
    assert page.locator("noscript p").is_visible()
    final = [digits(g) for g in gradients(FIRST, nodes(FIRST))]
    boxes = page.locator('[data-scene="0"] [data-box]')
    found = {
        int(boxes.nth(i).get_attribute("data-box")): boxes.nth(i).locator(".grad").text_content()
        for i in range(boxes.count())
    }
    assert [found[i].strip() for i in range(len(final))] == final
    context.close()
