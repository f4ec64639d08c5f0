"""Rendering: which program is taken, and one clear sentence when there is none."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path

import pytest

from autograd import Value
from viz import RenderError, draw
from viz.rendering import render
from viz.rendering.render import pure_dot, system_dot

SOURCE = "digraph { a -> b }"
needs_scripts = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")


@pytest.fixture(autouse=True)
def _no_program_on_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Leave nothing on PATH, as in a virtual environment that was not activated."""
    empty = tmp_path / "bin"
    empty.mkdir()
    monkeypatch.setenv("PATH", str(empty))
    monkeypatch.delenv("GRAPHVIZ_DOT", raising=False)


def stand_in(tmp_path: Path, body: str, name: str = "dot") -> Path:
    program = tmp_path / "bin" / name
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)
    return program


def without_pure(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "files", missing)
    monkeypatch.setattr(metadata, "version", missing)


@pytest.mark.parametrize(("kind", "start"), [("svg", b"<?xml"), ("png", b"\x89PNG")])
def test_graphviz_pure_is_found_although_path_is_empty(kind: str, start: bytes) -> None:
    assert system_dot() is None
    assert pure_dot() is not None
    assert render.render(SOURCE, kind).startswith(start)


@needs_scripts
def test_dot_on_path_comes_first(tmp_path: Path) -> None:
    stand_in(tmp_path, 'echo "dot $*"')
    assert render.render(SOURCE, "svg") == b"dot -Tsvg\n"
    assert render.render(SOURCE, "pdf") == b"dot -Tpdf -Gmargin=0\n"


@needs_scripts
def test_graphviz_dot_comes_before_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stand_in(tmp_path, "echo wrong")
    monkeypatch.setenv("GRAPHVIZ_DOT", str(stand_in(tmp_path, "echo right", "other")))
    assert render.render(SOURCE, "svg") == b"right\n"


def test_graphviz_dot_that_names_nothing_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHVIZ_DOT", "/no/such/dot")
    with pytest.raises(RenderError, match="GRAPHVIZ_DOT='/no/such/dot' is not a program"):
        render.render(SOURCE, "svg")


def test_without_any_program_one_sentence_says_how_to_get_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without_pure(monkeypatch)
    drawing = draw(Value(1.0, "x") * 2)
    with pytest.raises(RenderError) as error:
        drawing.svg()
    assert "pip install 'chalkgrad[render]'" in str(error.value)
    assert "\n" not in str(error.value)
    assert drawing._repr_svg_() is None
    assert drawing.source.startswith("digraph")


def test_pygraphviz_comes_last_if_it_is_new_enough(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    without_pure(monkeypatch)
    package = tmp_path / "site" / "pygraphviz"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(STAND_IN_FOR_PYGRAPHVIZ)
    monkeypatch.setenv("PYTHONPATH", str(package.parent))
    monkeypatch.setattr(metadata, "version", lambda name: "2.0.4")
    assert render.render("digraph { é }", "json") == "json dot {} digraph { é }".encode()
    assert render.render(SOURCE, "pdf").startswith(b"pdf dot {'margin': '0'}")
    monkeypatch.setattr(metadata, "version", lambda name: "1.14")
    with pytest.raises(RenderError, match="no program to draw with"):
        render.render(SOURCE, "json")


STAND_IN_FOR_PYGRAPHVIZ = """
class AGraph:
    def __init__(self, string):
        self.text, self.graph_attr = string, {}
    def draw(self, format, prog):
        return f"{format} {prog} {self.graph_attr} {self.text}".encode()
"""


@needs_scripts
def test_a_program_that_hangs_is_stopped(tmp_path: Path) -> None:
    stand_in(tmp_path, "exec /bin/sleep 30")
    with pytest.raises(RenderError, match=r"longer than 0\.2 s"):
        render.render(SOURCE, "svg", timeout=0.2)


@needs_scripts
def test_the_time_for_a_png_is_for_measuring_and_drawing_together(tmp_path: Path) -> None:
    stand_in(tmp_path, "/bin/sleep 0.4; echo '<svg>'")
    with pytest.raises(RenderError, match=r"longer than 0\.6 s"):
        render.render(SOURCE, "png", timeout=0.6)


@needs_scripts
def test_a_program_that_fails_is_quoted(tmp_path: Path) -> None:
    stand_in(tmp_path, "echo half; echo no plugin for this >&2; exit 1")
    with pytest.raises(RenderError, match="no plugin for this"):
        render.render(SOURCE, "svg")


@needs_scripts
def test_a_program_that_does_not_start_is_named(tmp_path: Path) -> None:
    stand_in(tmp_path, "").write_text("#!/no/such/shell\n")
    with pytest.raises(RenderError, match="does not start"):
        render.render(SOURCE, "svg")


@needs_scripts
def test_a_png_that_would_not_fit_memory_is_refused(tmp_path: Path) -> None:
    stand_in(tmp_path, """echo '<svg width="20000pt" height="20000pt">'""")
    with pytest.raises(RenderError, match=r"40000 x 40000 pixels: save it as \.svg"):
        render.render(SOURCE, "png")
    assert render.render(SOURCE, "svg").startswith(b"<svg")
