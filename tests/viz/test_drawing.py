"""Saving and showing a drawing: whole files or none, and SVG that is at home in a page."""

from __future__ import annotations

import os
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from autograd import Value
from viz import Drawing, RenderError, draw
from viz.rendering import drawing


def small(name: str = "x") -> Drawing:
    return draw(Value(2.0, name) ** 2)


@pytest.mark.parametrize(("suffix", "start"), [(".svg", b"<svg "), (".png", b"\x89PNG"),
                                               (".PNG", b"\x89PNG"), (".dot", b"digraph "),
                                               (".html", b"<!DOCTYPE html>"), (".json", b"{"),
                                               (".pdf", b"%PDF-")])  # fmt: skip
def test_save_writes_the_kind_that_the_name_says(tmp_path: Path, suffix: str, start: bytes) -> None:
    path = small().save(tmp_path / f"picture{suffix}")
    assert path.read_bytes().startswith(start)
    assert [p.name for p in tmp_path.iterdir()] == [f"picture{suffix}"]


@pytest.mark.parametrize("name", ["picture.gif", "picture", "svg", ".svg"])
def test_another_ending_names_those_allowed(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=r"must end in \.svg, \.png, \.pdf, \.html, \.dot"):
        small().save(tmp_path / name)


def test_a_folder_without_a_file_name_is_told_apart(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"a folder: name a file in it, which must end in \.svg"):
        small().save(tmp_path)


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"there is no such folder.*missing/picture\.dot"):
        small().save(tmp_path / "missing" / "picture.dot")


def test_a_file_as_folder_and_a_folder_as_file_are_errors(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="can't write the picture"):
        small().save(tmp_path / "file" / "picture.dot")
    (tmp_path / "folder.dot").mkdir()
    with pytest.raises(OSError, match="can't write the picture"):
        small().save(tmp_path / "folder.dot")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder.dot"]


def test_a_write_that_fails_leaves_the_old_file_whole(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "picture.dot"
    path.write_text("old")

    def full(handle: int) -> None:
        os.ftruncate(handle, 10)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        small().save(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_is_replaced_at_once_not_written_over(tmp_path: Path) -> None:
    path, reader = tmp_path / "picture.dot", tmp_path / "reader"
    path.write_text("old")
    reader.hardlink_to(path)
    small().save(path)
    assert path.read_text(encoding="utf-8") == small().source
    assert reader.read_text() == "old"


def test_a_picture_that_fails_leaves_no_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(*_: object) -> bytes:
        raise RenderError("no")

    monkeypatch.setattr(drawing, "render", fail)
    with pytest.raises(RenderError):
        small().save(tmp_path / "picture.png")
    assert list(tmp_path.iterdir()) == []


def test_the_svg_scales_and_says_what_it_shows() -> None:
    y = Value(2.0) ** 2
    y.label = '<y> & "z"'
    svg = draw(y).svg()
    root = ET.fromstring(svg)
    assert root.get("style") == "max-width:100%;height:auto"
    assert root.get("role") == "img"
    assert root.get("aria-label") == '<y> & "z" = 4, drawn with 2 values, 1 of them leaves'
    titles = [t.text for t in root.iter("{http://www.w3.org/2000/svg}title")]
    assert titles == [root.get("aria-label")]  # and none that says n0 under the mouse


def test_the_page_says_what_it_shows_and_needs_nothing_else() -> None:
    y = Value(2.0) ** 2
    y.label = "</title><script>&"
    page = draw(y).html()
    shown = "&lt;/title&gt;&lt;script&gt;&amp; = 4, drawn with 2 values, 1 of them leaves"
    assert f"<title>{shown}</title>\n<style>" in page
    assert f"<figcaption>{shown}</figcaption>" in page
    assert 'lang="en"' in page
    assert "<script" not in page
    assert not re.search(r'(src|href)="(?!#)', page)


@pytest.mark.parametrize("error", [RecursionError(), MemoryError(), ValueError("no size")])
def test_a_notebook_never_sees_an_error(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(*_: object) -> bytes:
        raise error

    monkeypatch.setattr(drawing, "render", fail)
    assert small()._repr_svg_() is None


def test_a_notebook_does_not_wait_long(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[float] = []

    def slow(source: str, kind: str, timeout: float) -> bytes:
        given.append(timeout)
        raise RenderError("too slow")

    monkeypatch.setattr(drawing, "render", slow)
    assert small()._repr_svg_() is None
    assert given == [10.0]


def test_show_opens_a_page_or_says_where_it_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("webbrowser.open", lambda address: not opened.append(address))
    small().show()
    [page] = tmp_path.glob("chalkgrad-*/picture.html")
    assert opened == [page.as_uri()]
    assert page.read_text(encoding="utf-8") == small().html()
    monkeypatch.setattr("webbrowser.open", lambda address: False)
    with pytest.raises(RenderError, match=r"no web browser was found; the picture is .*\.html"):
        small().show()


def test_a_picture_to_show_that_fails_leaves_no_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(*_: object) -> bytes:
        raise RenderError("no")

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(drawing, "render", fail)
    with pytest.raises(RenderError):
        small().show()
    assert list(tmp_path.iterdir()) == []


def test_drawings_on_one_page_share_no_id() -> None:
    one, other = (set(re.findall(r'id="([^"]+)"', small(name).svg())) for name in ("x", "y"))
    assert len(one) >= 3
    assert not one & other


def test_the_same_drawing_is_the_same_svg() -> None:
    assert small().svg() == small().svg()


def test_the_repr_is_short() -> None:
    assert repr(small()).startswith("<Drawing: x² = 4, drawn with 2 values")
    assert len(repr(small())) < 200
