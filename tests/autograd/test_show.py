"""What is printed: the trace table, the tree, the prompt."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest
from rich.console import Console

from autograd import Value, log, name, sin, table, tree
from autograd.__main__ import names


def textbook() -> Value:
    """Return the example of Baydin et al. 2018, section 3.2: ln x1 + x1 x2 - sin x2 at (2, 5)."""
    x1, x2 = Value(2.0), Value(5.0)
    y = log(x1) + x1 * x2 - sin(x2)
    name(x1=x1, x2=x2, y=y)
    return y


def test_table_prints_the_numbers_of_the_textbook() -> None:
    console = Console(width=100, record=True, file=io.StringIO())
    y = textbook()
    table(y, console=console)
    text = console.export_text()
    for published in ("11.652", "5.5", "1.716", "0.693", "10.693", "-0.958"):
        assert published in text
    assert y.grad is None  # nothing is changed


def test_tree_prints_operands_in_order_and_a_shared_value_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    tree(textbook())
    assert capsys.readouterr().out.splitlines() == [
        "y = 11.6521  [v3 - v4]",
        "├── v3 = 10.6931  [v1 + v2]",
        "│   ├── v1 = 0.693147  [log(x1)]",
        "│   │   └── x1 = 2",
        "│   └── v2 = 10  [x1 * x2]",
        "│       ├── x1 (above)",
        "│       └── x2 = 5",
        "└── v4 = -0.958924  [sin(x2)]",
        "    └── x2 (above)",
    ]


def test_deep_graphs_are_cut_and_said_to_be(capsys: pytest.CaptureFixture[str]) -> None:
    y = Value(1.0)
    for _ in range(5000):
        y = y + 1
    tree(y, limit=10)
    assert "cut after 10 lines" in capsys.readouterr().out
    table(y, limit=10)
    assert "4,991 values before these" in capsys.readouterr().out


def test_the_prompt_imports_no_name_that_shadows_a_built_in() -> None:
    import builtins

    assert not [n for n in names() if hasattr(builtins, n)]
    assert {"Value", "grad", "tanh", "np", "autograd"} <= set(names())


def test_the_prompt_runs() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "autograd", "--plain"],
        input="a = Value(3.0)\n(a * a).backward()\na\nsum([1, 2])\n",
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "Value(3.0, grad=6.0)" in done.stdout
    assert "table(y)" in done.stdout  # the tour
