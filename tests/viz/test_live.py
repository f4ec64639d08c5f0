"""The live view of a fit: right numbers, little time, no trace in the training, a proper end."""

from __future__ import annotations

import io
import os
import random
import re
import signal
import sys
import types
from math import inf, nan
from typing import Any

import numpy as np
import pytest
from interrupts import ctrl_c_is_heard  # noqa: F401
from rich.console import Console

import nn
from viz.training.live import LiveView, live
from viz.training.live_text import Flow, Panel, flow_of, panels_of, text_view
from viz.training.text_chart import chart, short_digits, wants_log

X, Y = nn.toys.moons(24, noise=0.1, seed=0)
MODULE = sys.modules["viz.training.live"]
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")


def terminal(width: int = 100, height: int = 40, **options: Any) -> Console:
    options = {"force_terminal": True, "force_jupyter": False, "_environ": {}} | options
    return Console(width=width, height=height, file=io.StringIO(), **options)


def written(console: Console) -> str:
    file: Any = console.file
    text: str = file.getvalue()
    return text


def train(view: Any, epochs: int = 6, **options: Any) -> nn.History:
    options = {"validation": 0.25, "metrics": ["accuracy"], "seed": 0, "batch_size": 6} | options
    model = options.pop("model", None) or nn.MLP(2, [4, 1], activation="relu", seed=1)
    loss = nn.losses.binary_cross_entropy_with_logits
    return nn.fit(model, X, Y, loss, epochs=epochs, callbacks=[view], **options)


def last_picture(console: Console) -> str:
    """Return what stands on the terminal at the end, without colours."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", written(console))
    return re.split(r"\x1b\[[0-9;?]*[A-KhlJ]", text.rstrip("\n\x1b[?25h"))[-1]


@pytest.fixture
def restless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let share=1 be all of the time, so that every occasion gives a picture."""
    monkeypatch.setattr(MODULE, "_SPARE", 1.0)


# the chart


def rows(series: dict[str, list[float]], width: int, height: int, **options: Any) -> list[str]:
    return [line.plain for line in chart(series, width, height, **options)]


def test_a_chart_is_where_the_numbers_are() -> None:
    # 8 x 1 characters are 8 columns of one dot in plain text: what is drawn can be counted
    lines = rows({"a": [7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0, 0.0]}, 17, 8, plain=True)
    assert [line[9:].index("*") for line in lines[:8]] == list(range(8))
    assert [line[:9] for line in (lines[0], lines[7])] == ["      7 +", "      0 +"]
    assert lines[8] == "        +1------8"


def test_no_peak_is_lost_among_many_numbers() -> None:
    numbers = [0.0] * 5000
    numbers[1234] = 9.0
    top, *_, bottom, _ = rows({"a": numbers}, 60, 5)
    assert [c for c in top[9:] if c != "⠀"] != []
    assert "⠀" not in bottom[9:]  # the zeros, all the way
    assert top[:9] == "      9 ┤"


def test_two_curves_differ_without_colour_and_both_are_seen_where_they_coincide() -> None:
    same = [3.0, 2.0, 1.0] * 5
    [solid] = [rows({"a": same}, 40, 4)]
    [dashed] = [rows({"a": [nan] * 15, "b": same}, 40, 4)]
    dots = [sum((ord(c) - 0x2800).bit_count() for c in "".join(r[9:] for r in drawn[:4]))
            for drawn in (solid, dashed)]  # fmt: skip
    assert 0.3 < dots[1] / dots[0] < 0.7
    styles = {
        str(span.style) for line in chart({"a": same, "b": same}, 40, 4) for span in line.spans
    }
    assert {"#0072B2", "#D55E00"} <= styles


def test_the_axis_is_logarithmic_when_the_range_asks_for_it() -> None:
    straight = rows({"a": [10.0**-i for i in range(8)]}, 17, 8, plain=True)
    assert [line[9:].index("*") for line in straight[:8]] == list(range(8))
    assert straight[0].startswith("      1 +")
    assert straight[7].startswith("   1e-7 +")
    assert not wants_log({"a": [1.0, 99.0]})
    assert not wants_log({"a": [-1.0, 1e9]})
    assert not wants_log({"a": [nan, inf]})


@pytest.mark.parametrize("numbers", [[], [nan], [inf, -inf], [1.0], [2.0, 2.0], [nan, 1.0, nan, 3.0],
                                     [1e-300, 1e300], [-1e300, 1e300], [5e-324]])  # fmt: skip
@pytest.mark.parametrize("plain", [False, True])
def test_odd_numbers_make_a_chart_too(numbers: list[float], plain: bool) -> None:
    lines = rows({"a": numbers, "b": numbers[:1]}, 40, 3, plain=plain)
    assert len(lines) == 4
    assert all(len(line) <= 40 for line in lines)
    drawn = any(c not in " ⠀" for line in lines[:3] for c in line[9:])
    assert drawn == any(abs(x) < inf for x in numbers)
    assert lines[0].isascii() == plain


def test_a_lone_number_between_gaps_is_a_dot() -> None:
    for n in range(3, 40):
        for name in ("a", "b"):  # solid and dashed
            numbers = [nan] * n
            numbers[n // 2] = 1.0
            series = {"a": [nan] * n, name: numbers}
            assert any(c != "⠀" for line in rows(series, 30, 2)[:2] for c in line[9:])


def test_a_chart_without_room_says_so() -> None:
    with pytest.raises(ValueError, match="too few"):
        chart({"a": [1.0]}, 10, 5)


def test_numbers_fit_the_axis() -> None:
    assert all(len(short_digits(s * x)) <= 7 for s in (1, -1)
               for x in (0.0, nan, inf, 1e-300, 0.00012345, 123456.7, 9.99e99, 1e300))  # fmt: skip


# the picture


def shown(*arguments: Any, width: int = 100, **options: Any) -> list[str]:
    console = terminal(width, force_terminal=False)
    console.print(text_view(*arguments, **options))
    return written(console).splitlines()


def panels(count: int, two: bool = True) -> list[Panel]:
    series = {"training": [3.0, 2.0, 1.0], "validation": [3.0, 2.5, 2.0]}
    return [Panel(f"number {i}", series if two else {"training": [1.0, 2.0]}) for i in range(count)]


@pytest.mark.parametrize("width", [30, 60, 100, 200])
@pytest.mark.parametrize("height", [1, 4, 8, 12, 24, 50])
@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_the_picture_has_room(width: int, height: int, count: int) -> None:
    flow = [Flow(f"{i} tanh", 10.0**-i, 4, i % 2) for i in range(12)]
    lines = shown(panels(count), flow, "epoch 3/9", 0.3, width, height, width=width, note="stopped")
    assert len(lines) <= max(height, 4)  # the head, the bar, a line of what is left out, the note
    assert all(len(line) <= width for line in lines)
    text = "\n".join(lines)
    assert "epoch 3/9" in text
    assert "stopped" in text
    drawn = [f"number {i}" for i in range(count) if re.search(rf"number {i} .*last", text)]
    told = next((line for line in lines if line.startswith("no room for")), "")
    if told.endswith("pictures") and width >= 60:
        missing = count - len(drawn) + ("gradients by layer" not in text)
        assert told == f"no room for {missing} pictures"
    elif width >= 60:  # each is drawn or named
        assert all(
            (name in drawn) != (name in told) for name in (f"number {i}" for i in range(count))
        )
        assert ("gradients by layer" in text) != ("gradients" in told)


def test_of_many_layers_those_with_the_smallest_gradients_are_shown() -> None:
    flow = [Flow(f"{i} tanh", 10.0**-i, 4, 0) for i in range(12)] + [Flow("13 nan", nan, 1, 0)]
    text = "\n".join(shown([], flow, "", 0.0, 100, 40))
    assert "the 8 smallest of 13" in text
    assert "11 tanh" in text
    assert "13 nan" in text
    assert "2 tanh" not in text.replace("12 tanh", "")


def test_flow_is_the_gradients_that_the_parameters_have() -> None:
    model = nn.MLP(2, [2, 1], activation="relu", seed=0)
    assert flow_of(model) == []
    assert flow_of(object()) == []
    for p in model.parameters():
        p.grad = 0.0
    model.layers[0].neurons[0].w[0].grad = 3.0
    model.layers[0].neurons[0].b.grad = 4.0
    first, second = flow_of(model)
    assert first == Flow("1 relu", (25 / 6) ** 0.5, 2, 1)
    assert (second.size, second.still) == (0.0, 1)


# fit, on a terminal and elsewhere


@pytest.mark.parametrize(("width", "height"), [(60, 24), (100, 40)])
def test_the_last_state_stays_on_the_terminal(width: int, height: int) -> None:
    console = terminal(width, height)
    view = live(every=0, console=console)
    history = train(view)
    assert view.draws > 1
    text = last_picture(console)
    assert "epoch 6/6" in text
    assert "100%" in text
    for name in ("loss", "accuracy"):
        for column in (name, f"val_{name}"):
            assert short_digits(history[column][-1], 8) in text
            assert short_digits(min(history[column]), 8) in text
    assert "gradients by layer" in text  # of the last batch, though fit has cleared them
    assert written(console).endswith("\x1b[?25h")  # the cursor is back
    assert written(console).count("\x1b[?25l") == 1  # there was one live display
    assert len(text.splitlines()) < height


def test_fit_has_no_display_of_its_own_beside_the_view(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    monkeypatch.setattr(sys.modules["nn.training.fit"], "Progress", lambda: made.append(1))
    train(live(console=terminal()), epochs=1)
    assert made == []
    train(lambda state: None, epochs=1)
    assert made == [1]


@pytest.mark.parametrize("options", [{"force_terminal": False}, {"_environ": {"TERM": "dumb"}}])
def test_elsewhere_there_are_a_few_lines_without_control_characters(options: Any) -> None:
    console = terminal(**options)
    stopper = live(every=0, console=console)
    train(stopper, epochs=40)
    lines = written(console).splitlines()
    assert len(lines) == 10
    assert re.match(r"epoch 40/40  loss 0\.\d+  accuracy", lines[-1])
    assert not CONTROL.search(written(console))


def test_a_pipe_gets_lines_even_if_colours_are_forced(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    train(live(every=0), epochs=2)
    out = capsys.readouterr().out
    assert len(out.splitlines()) == 2
    assert not CONTROL.search(out)


def test_a_terminal_without_unicode_gets_ascii() -> None:
    class Latin(io.StringIO):
        encoding = "ascii"

    console = Console(file=Latin(), width=80, height=40, force_terminal=True, _environ={})
    train(live(every=0, console=console))
    assert last_picture(console).isascii()
    assert "oooo validation" in last_picture(console)


def test_batches_are_drawn_before_there_are_epochs() -> None:
    seen: list[list[Panel]] = []

    class Watch(LiveView):
        def on_batch_end(self, state: Any) -> None:
            seen.append(panels_of(state, self.plots))

    train(Watch(0.5, ("loss", "accuracy"), None, terminal(), 0.05), epochs=3)
    titles = [[panel.title for panel in found] for found in seen]
    assert titles[1] == ["loss of each batch in epoch 1"]
    assert titles[3] == ["loss of each batch in epoch 1", "accuracy"]  # at the end of the epoch
    assert titles[4] == ["loss", "accuracy"]  # there is but one batch yet
    assert titles[5] == ["loss of each batch in epoch 2", "accuracy"]
    assert titles[-1] == ["loss", "accuracy"]
    assert list(seen[-1][0].series) == ["training", "validation"]


# what it must not do


def test_the_training_is_the_same_to_the_last_bit() -> None:
    random.seed(3)
    expected = train(live(console=terminal(force_terminal=False)), model=nn.MLP(2, [3, 1], seed=2))
    before = random.getstate()
    for console in (terminal(), terminal(60, 24)):
        random.setstate(before)
        view = live(every=0, console=console, share=0.99)
        assert train(view, model=nn.MLP(2, [3, 1], seed=2)) == expected
        assert random.getstate() == before


def test_python_s_random_numbers_are_not_used_up(monkeypatch: pytest.MonkeyPatch) -> None:
    view = live(every=0, console=terminal())
    monkeypatch.setattr(view, "text", lambda *_: str(random.random()))
    before = random.getstate()
    train(view)
    assert random.getstate() == before


def test_the_gradients_at_the_end_are_those_of_the_last_batch() -> None:
    view, seen = live(every=1e9, console=terminal()), []

    def look(state: Any) -> None:
        state.write_back()
        seen.append(flow_of(state.model))

    watch: Any = types.SimpleNamespace(on_batch_end=look)
    nn.fit(nn.MLP(2, [3, 1], seed=2), X, Y, "mean_squared_error", epochs=3, callbacks=[watch, view],
           batch_size=8, seed=0)  # fmt: skip
    assert view.draws == 2  # the first and the last
    assert view.flow == seen[-1] != seen[0]


class Clock:
    """Tell a time that only moves when a picture or a batch takes some."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_pictures_take_their_share_of_the_time_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(MODULE, "monotonic", clock)
    state = types.SimpleNamespace(
        history=nn.History({"loss": []}), samples=types.SimpleNamespace(shape=(2,)),
        finished=0, batches=10, batch=1, model=None, stopped="", epoch=1, epochs=9,
        write_back=lambda: None,
    )  # fmt: skip

    class Slow:
        def show(self, *_: Any) -> None:
            clock.now += 0.2

    monkeypatch.setattr(MODULE, "_surface", lambda *_: Slow())
    for every, share, draws in ((0.0, 0.05, 20), (10.0, 0.05, 10), (0.0, 0.5, 190)):
        clock.now = 0.0
        view = live(every=every, share=share)
        view.on_fit_start(state)
        while clock.now < 100:
            clock.now += 0.01
            view.on_batch_end(state)
        assert view.spent / clock.now <= share
        assert draws * 0.7 < view.draws <= draws * 1.3


@pytest.mark.usefixtures("restless")
def test_an_error_while_drawing_is_told_once_and_the_training_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    console = terminal()
    view = live(every=0, console=console, share=0.999999)
    calls = []

    def broken(*arguments: Any, **options: Any) -> Any:
        calls.append(1)
        if len(calls) == 1:
            return "fine"
        raise RuntimeError("no [ink] left")

    monkeypatch.setattr(view, "text", broken)
    assert len(train(view)) == 6
    assert len(calls) == 2
    text = written(console)
    assert text.count("viz.live shows nothing any more: RuntimeError: no [ink] left") == 1
    assert text.count("\x1b[?25h") == 1  # the cursor came back, before the words
    assert text.index("\x1b[?25h") < text.index("shows nothing")
    calls.append(1)
    monkeypatch.undo()
    assert len(train(view)) == 6  # the next fit is shown again
    assert "epoch 6/6" in last_picture(console)


def test_a_closed_pipe_does_not_end_the_training(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "dup2", lambda *_: None)  # rich sends stdout to nowhere

    class Closed(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    for force in (True, False):
        console = Console(file=Closed(), force_terminal=force, width=80, height=30, _environ={})
        assert len(train(live(every=0, console=console))) == 6


@pytest.mark.usefixtures("restless")
@pytest.mark.parametrize("while_drawing", [False, True])
def test_ctrl_c_leaves_a_proper_terminal(
    while_drawing: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    console = terminal()
    view = live(every=0, console=console, share=0.999999)
    model = nn.MLP(2, [3, 1], seed=2)
    draw = view.text

    def interrupted(state: Any, *arguments: Any, **options: Any) -> Any:
        if state.epoch == 2 and state.error is None:
            signal.raise_signal(signal.SIGINT)
        return draw(state, *arguments, **options)

    def watch(state: Any) -> None:
        if state.epoch == 2 and not while_drawing:
            signal.raise_signal(signal.SIGINT)

    if while_drawing:
        monkeypatch.setattr(view, "text", interrupted)
    with pytest.raises(KeyboardInterrupt):
        nn.fit(
            model,
            X,
            Y,
            "mean_squared_error",
            epochs=9,
            batch_size=6,
            callbacks=[view, watch],
            seed=0,
        )
    assert written(console).endswith("\x1b[?25h")
    assert "interrupted in epoch 2" in last_picture(console)
    assert console._live_stack == [] if hasattr(console, "_live_stack") else console._live is None


def test_a_fit_that_is_refused_leaves_the_terminal_alone() -> None:
    console = terminal()
    with pytest.raises(ValueError, match="EarlyStopping"):
        nn.fit(
            nn.MLP(2, [1]),
            X,
            Y,
            "mean_squared_error",
            callbacks=[live(console=console), nn.EarlyStopping()],
        )
    assert written(console) == ""


def test_a_resumed_fit_may_do_without_the_view(tmp_path: Any) -> None:
    path = tmp_path / "run.json"
    options: Any = {"checkpoint": path, "model": nn.MLP(2, [3, 1], seed=2)}
    whole = train(lambda state: None, epochs=4, model=nn.MLP(2, [3, 1], seed=2))
    loss = nn.losses.binary_cross_entropy_with_logits
    train(live(console=terminal()), epochs=2, **options)
    common: Any = {"validation": 0.25, "metrics": ["accuracy"], "seed": 0, "batch_size": 6}
    again = nn.fit(options["model"], X, Y, loss, epochs=4, resume=path, progress=False, **common)
    assert again == whole
    console = terminal()
    once_more = nn.fit(nn.MLP(2, [3, 1], seed=2), X, Y, loss, epochs=4, resume=path,
                       callbacks=[live(console=console)], **common)  # fmt: skip
    assert once_more == whole


# notebooks


class Handle:
    def __init__(self, outputs: list[Any], place: int) -> None:
        self.outputs, self.place, self.updates = outputs, place, 0

    def update(self, bundle: Any, raw: bool) -> None:
        assert raw
        self.outputs[self.place] = bundle
        self.updates += 1


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return what the outputs of a cell hold."""
    outputs: list[Any] = []

    def display(bundle: Any, raw: bool, display_id: bool) -> Handle:
        assert raw
        assert display_id
        outputs.append(bundle)
        return Handle(outputs, len(outputs) - 1)

    module: Any = types.ModuleType("IPython.display")
    module.display = display
    package: Any = types.ModuleType("IPython")
    package.version_info = (9, 0)  # matplotlib asks for it
    monkeypatch.setitem(sys.modules, "IPython", package)
    monkeypatch.setitem(sys.modules, "IPython.display", module)
    return outputs


def in_notebook() -> Console:
    return Console(file=io.StringIO(), force_jupyter=True, _environ={})


@pytest.mark.usefixtures("restless")
def test_a_notebook_keeps_one_status_and_one_of_every_figure(notebook: list[Any]) -> None:
    view = live(every=0, boundary=(X, Y), console=in_notebook(), share=0.999999)
    history = train(view, epochs=5)
    assert view.draws > 5
    status, *figures = notebook
    assert status["text/plain"].startswith("epoch 5/5")
    words = [figure["text/plain"] for figure in figures]
    assert words == ["a picture: curves", "a picture: boundary", "a picture: gradients"]
    assert all(figure["image/svg+xml"].rstrip().endswith("</svg>") for figure in figures)
    assert len(history) == 5


def test_a_notebook_without_matplotlib_shows_text(
    notebook: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [*sys.modules]:
        if name == "viz.plotting.figures" or name.split(".")[0] == "matplotlib":
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    train(live(every=0, console=in_notebook(), share=0.99), epochs=5)
    [bundle] = notebook
    assert "epoch 5/5" in bundle["text/plain"]
    assert bundle["text/plain"].isascii()  # Braille does not line up in every browser
    assert bundle["text/html"].startswith("<pre")
    assert "white-space:pre" in bundle["text/html"]


@pytest.mark.usefixtures("restless")
def test_the_boundary_is_that_of_the_numbers_after_the_step(
    notebook: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def look(model: Any, *_: Any, **__: Any) -> Any:
        seen.append([p.data for p in model.parameters()])
        from viz.plotting.plots import curves

        return curves({"a": [1.0]})

    monkeypatch.setattr(sys.modules["viz.training.live_notebook"], "boundary", look)
    numbers: list[Any] = []
    watcher: Any = types.SimpleNamespace(
        on_batch_end=lambda s: numbers.append(s.parameters.tolist())
    )
    view = live(every=0, plots=["loss"], boundary=(X, Y), console=in_notebook(), share=0.999999)
    nn.fit(
        nn.MLP(2, [1]),
        X,
        Y,
        "mean_squared_error",
        epochs=4,
        batch_size=8,
        callbacks=[watcher, view],
        seed=0,
    )
    assert len(seen) > 2
    assert all(found in numbers for found in seen)
    assert seen[-1] == numbers[-1]


# bad input


@pytest.mark.parametrize(("options", "error", "words"), [
    ({"every": -1}, ValueError, "every=-1"), ({"every": "fast"}, TypeError, "every='fast'"),
    ({"every": inf}, ValueError, "seconds"), ({"share": 0}, ValueError, "above 0 and below 1"),
    ({"share": 1.5}, ValueError, "share=1.5"), ({"plots": "loss"}, TypeError, "give a list"),
    ({"plots": [1]}, TypeError, "give a list"), ({"plots": 3}, TypeError, "give a list"),
    ({"boundary": X}, TypeError, r"give \(X, y\)"),
    ({"boundary": ([[1, 2, 3]], [0])}, ValueError, "row of 2 numbers"),
    ({"boundary": (X, Y[:3])}, ValueError, r"y has shape \(3,\)"),
    ({"console": "stdout"}, TypeError, "give a rich Console"),
])  # fmt: skip
def test_options_that_cannot_be_used(options: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        live(**options)


def test_what_does_not_suit_the_fit_is_refused_before_it_starts() -> None:
    model = nn.MLP(2, [1])
    before = model.state_dict()
    with pytest.raises(ValueError, match="no 'f1'; it has loss, metrics, gradients, accuracy"):
        train(live(plots=["f1"], console=terminal()), model=model)
    assert model.state_dict() == before
    wide = np.ones((4, 3))
    with pytest.raises(ValueError, match="2 inputs, not of 3"):
        nn.fit(
            nn.MLP(3, [1]),
            wide,
            [0, 1, 0, 1],
            "mean_squared_error",
            callbacks=[live(boundary=(X, Y))],
        )
