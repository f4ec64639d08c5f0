"""The README: its examples run, and its two commands set everything up by themselves."""

from __future__ import annotations

import doctest
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def wide() -> Iterator[None]:
    """Let JAX compute in float64 for a while."""
    config = pytest.importorskip("jax").config
    before = config.jax_enable_x64
    config.update("jax_enable_x64", True)
    yield
    config.update("jax_enable_x64", before)


@pytest.mark.usefixtures("wide")
def test_its_examples_give_what_they_say() -> None:
    failed, tried = doctest.testfile(str(ROOT / "README.md"), module_relative=False)
    assert tried > 10
    assert failed == 0


def test_the_program_is_shown_as_it_is() -> None:
    code, source, table = re.findall(
        r"<!-- program(?:'s \w+)? -->\n```\w+\n(.*?)\n```\n", README, re.DOTALL
    )
    names: dict[str, Any] = {}
    exec(code, names)
    lines = names["fast"].source.rstrip().splitlines()
    first, last = lines.index("    # stores"), lines.index("    def forward():") - 1
    words = "that make the arrays: W, b, u are views of s, and x, y the rows"
    lines[first:last] = [f"    ...  # {last - first} lines {words}"]
    assert source.splitlines() == lines
    assert table.splitlines() == [x.rstrip() for x in str(names["fast"].table()).splitlines()]


@pytest.mark.usefixtures("wide")
def test_the_program_on_jax_is_shown_as_it_is() -> None:
    [code] = re.findall(r"<!-- program -->\n```python\n(.*?)\n```\n", README, re.DOTALL)
    [shown] = re.findall(r"<!-- program on jax -->\n```python\n(.*?)\n```\n", README, re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    assert shown in names["fast"].source_for("jax")


def test_the_step_of_an_lstm_is_shown_as_it_is() -> None:
    [shown] = re.findall(r"<!-- lstm -->\n```text\n(.*?)\n```\n", README, re.DOTALL)
    source = (ROOT / "nn" / "recurrent" / "lstm.py").read_text(encoding="utf-8")
    assert shown in re.sub(r"^ {8}", "", source, flags=re.MULTILINE)


def test_each_command_is_one_line_that_sets_up_and_runs() -> None:
    for mark, does in (("main job", "-m demos"), ("tests", "-m pytest -n auto")):
        found = re.search(rf"<!-- {mark} -->\n```sh\n(.*)\n```\n", README)
        assert found, mark
        command = found[1]
        assert command.startswith("python3 -m venv .venv && .venv/bin/pip install")
        assert command.endswith(does)


def test_every_link_to_a_file_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target
