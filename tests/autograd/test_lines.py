"""Source lines: recorded under `lines()` in this thread only, freed with their Values."""

from __future__ import annotations

import copy
import gc
import inspect
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Value, grad, gradients, line_of, lines, mean, nodes, relu, softmax, value
from autograd.lines import Line, _LocatedNumber


def here() -> int:
    """Return the line of the caller."""
    frame: Any = inspect.currentframe()
    return int(frame.f_back.f_lineno)


def number_of(v: Value) -> int:
    line = line_of(v)
    assert line is not None
    assert line.filename == __file__
    return line.number


MAKERS: list[tuple[str, Callable[[Value], Value]]] = [
    ("leaf", lambda x: Value(3.0)),
    ("operator", lambda x: x * 2),
    ("reflected", lambda x: 2 / x),
    ("method", lambda x: x.tanh()),
    ("with parameters", lambda x: x.clip(low=0, high=1)),
    ("function", lambda x: relu(x)),
    ("of a sequence", lambda x: mean([x, x])),
    ("one of several", lambda x: softmax([x, 1.0])[1]),
    ("where", lambda x: x.where(True, x, 1)),
    ("detached", lambda x: x.detach()),
    ("NumPy's function", lambda x: np.exp(np.array([x]))[0]),
    ("NumPy's sum", lambda x: np.mean(np.array([x, x]))),
    ("a layer", lambda x: nn.Neuron(1)([x])),
    ("a gradient that is a graph", lambda x: gradients(x * x, [x], create_graph=True)[0]),
    ("a transform", lambda x: grad(lambda z: z * z)(x)),
    ("a copy", lambda x: copy.deepcopy(x * x)),
]


@pytest.mark.parametrize(("name", "make"), MAKERS, ids=[name for name, _ in MAKERS])
def test_the_line_is_the_one_that_uses_autograd(name: str, make: Callable[[Value], Value]) -> None:
    x = Value(0.5)
    with lines():
        v = make(x)
    assert number_of(v) == make.__code__.co_firstlineno
    assert line_of(x) is None


def test_every_value_between_has_the_line_where_it_was_made() -> None:
    with lines():
        a = Value(2.0)
        first = here() - 1
        y = (a * 3).tanh()
        z = y + 1
    assert [number_of(v) for v in nodes(z)] == [first, first + 2, first + 2, first + 3]


def test_a_line_shows_its_file_and_its_text() -> None:
    with lines():
        v = Value(1.0)  # this very line
    line = line_of(v)
    assert line is not None
    assert str(line) == f"test_lines.py:{here() - 3}"
    assert line.text == "v = Value(1.0)  # this very line"
    assert Line("<stdin>", 3).text == ""
    assert str(Line("<stdin>", 3)) == "<stdin>:3"


def test_nothing_is_kept_outside_and_the_engine_is_as_before() -> None:
    ordinary = value._new_number
    assert Value.__slots__ == ("data", "grad", "inputs", "label", "number", "rule")
    with lines():
        assert value._new_number is not ordinary
    assert value._new_number is ordinary
    v = Value(1.0) * 2
    assert line_of(v) is None
    assert type(v.number) is int


def test_it_nests_and_ends_with_an_exception() -> None:
    ordinary = value._new_number

    def fails() -> None:
        with lines():
            raise KeyError

    with lines():
        with lines():
            pass
        assert line_of(Value(1.0)) is not None
        with pytest.raises(KeyError):
            fails()
        assert line_of(Value(1.0)) is not None
    assert line_of(Value(1.0)) is None
    with pytest.raises(KeyError):
        fails()
    assert line_of(Value(1.0)) is None
    assert value._new_number is ordinary


def test_other_threads_record_nothing_and_close_nothing() -> None:
    opened, close = threading.Event(), threading.Event()

    def other() -> None:
        with lines():
            opened.set()
            close.wait()

    ordinary = value._new_number
    thread = threading.Thread(target=other, daemon=True)
    thread.start()
    opened.wait()
    assert line_of(Value(1.0)) is None  # only that thread's are recorded
    with lines():
        close.set()
        thread.join()
        assert line_of(Value(1.0)) is not None  # the other one's end is not ours
    assert value._new_number is ordinary


def test_lines_are_freed_with_their_values() -> None:
    def alive() -> int:
        return sum(type(x) is _LocatedNumber for x in gc.get_objects())

    gc.collect()
    gc.disable()
    try:
        before = alive()
        with lines():
            y = Value(1.0)
            for _ in range(100):
                y = y * 2
        assert alive() == before + 101
        del y
        assert alive() == before
    finally:
        gc.enable()


def test_graphs_with_some_lines_keep_their_order_and_are_copied() -> None:
    a = Value(2.0)
    b = a * a
    with lines():
        c = b * a
    y = c * a + b
    with lines():
        y = y * 1.0
    assert [v.number for v in nodes(y)] == sorted(v.number for v in nodes(y))
    for z in (y, pickle.loads(pickle.dumps(y)), copy.deepcopy(y)):
        z.backward()
        assert nodes(z)[0].grad == 4 * 2.0**3 + 2 * 2.0  # of a**4 + a**2


def test_the_prompts_lines_are_known() -> None:
    program = "from autograd import *\nwith lines():\n    y = Value(3.0) * 2\n\nprint(line_of(y))\n"
    for arguments, expected in [
        (["-i", "-c", "0"], "<stdin>:2"),
        (["-m", "autograd", "--plain"], "<console>:2"),
    ]:
        done = subprocess.run(
            [sys.executable, *arguments], input=program, capture_output=True, text=True, check=True
        )
        assert expected in done.stdout


def test_a_notebooks_cells_go_by_their_names() -> None:
    pytest.importorskip("IPython")
    program = "from autograd import *\nwith lines(): y = Value(3.0)\n\nprint(line_of(y))\n"
    done = subprocess.run(
        [sys.executable, "-m", "IPython", "--simple-prompt", "--quick", "--no-banner"],
        input=program, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "In[2]:1" in done.stdout


def test_only_values_have_lines() -> None:
    with pytest.raises(TypeError, match=r"line_of\(3.0\): only a Value"):
        line_of(3.0)  # type: ignore[arg-type]
