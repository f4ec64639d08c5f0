"""PDF without the system's dot: the drawing operations, painted line by line and word by word."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zlib
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from autograd import Value
from nn import MLP
from viz import Drawing, RenderError, draw
from viz.rendering import lettering, painting, render

pytest.importorskip("matplotlib")
needs_scripts = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")


@pytest.fixture(autouse=True)
def _no_program_on_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.delenv("GRAPHVIZ_DOT", raising=False)


def stand_in(tmp_path: Path, body: str) -> None:
    program = tmp_path / "bin" / "dot"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)


def example() -> Drawing:
    w, x = Value(-3.0, "w_12"), Value(2.0, "x")
    y = (w * x + 0.5).tanh()
    y.label = "out"
    y.backward()
    return draw(y)


def axes_of(drawing: Drawing, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return the axes of the drawing's page, with all that was drawn on them."""
    kept: list[Any] = []
    paint: Callable[..., None] = painting._paint

    def keep(axes: Any, *rest: Any) -> None:
        paint(axes, *rest)
        kept.append(axes)

    monkeypatch.setattr(painting, "_paint", keep)
    painting.pdf(drawing.source, drawing.title)
    return kept[0]


def words(axes: Any) -> list[str]:
    return [text.get_text() for text in axes.texts]


def streams(pdf: bytes) -> str:
    found = re.findall(rb"stream\r?\n(\x78.*?)endstream", pdf, re.DOTALL)
    return "\n".join(zlib.decompressobj().decompress(s).decode("latin-1") for s in found)


def test_a_pdf_is_as_large_as_the_svg_and_says_what_it_shows() -> None:
    drawing = example()
    pdf = painting.pdf(drawing.source, drawing.title)
    width, height = re.findall(r'(?:width|height)="(\d+)pt"', drawing.svg())[:2]
    assert f"/MediaBox [ 0 0 {width} {height} ]".encode() in pdf
    assert pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") == 1
    assert f"/Title ({drawing.title})".encode() in pdf


def test_the_fonts_are_in_it_and_the_words_are_text() -> None:
    pdf = painting.pdf(example().source, "y")
    assert pdf.count(b"/FontFile2") >= 3  # TrueType: regular, bold, and for the figures
    assert b"/Type3" not in pdf
    assert streams(pdf).count("Tf") >= len(example().svg().split("<text")) - 1


def test_the_same_drawing_is_the_same_bytes_in_every_process_and_style(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import matplotlib

    drawing = example()
    pdf = painting.pdf(drawing.source, drawing.title)
    assert b"/CreationDate" not in pdf
    with matplotlib.rc_context({"font.size": 30, "text.usetex": True, "pdf.fonttype": 3,
                                "axes.facecolor": "red", "savefig.dpi": 30}):  # fmt: skip
        assert painting.pdf(drawing.source, drawing.title) == pdf
        assert matplotlib.rcParams["font.size"] == 30
    code = (
        "import sys; from viz.rendering import painting; source = sys.stdin.buffer.read().decode();"
        f"sys.stdout.buffer.write(painting.pdf(source, {drawing.title!r}))"
    )
    again = subprocess.run([sys.executable, "-c", code], input=drawing.source.encode(),
                           stdout=subprocess.PIPE, check=True, cwd=Path(painting.__file__).parents[1],
                           env={**os.environ, "PYTHONHASHSEED": "7"})  # fmt: skip
    assert again.stdout == pdf


def test_every_word_is_where_graphviz_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    drawing = example()
    axes = axes_of(drawing, monkeypatch)
    found = re.findall(r'<text[^>]* x="([-\d.]+)" y="([-\d.]+)"[^>]*>([^<]*)<', drawing.svg())
    wanted = [(float(x), float(y), unescape(text).replace("\xa0", " ")) for x, y, text in found]
    assert sorted(words(axes)) == sorted(text for *_, text in wanted)
    shift = re.search(r"translate\(([\d.]+) ([\d.]+)\)", drawing.svg())
    assert shift
    grad = next(t for t in axes.texts if t.get_text().strip() == "1" and "Mono" in t.get_fontname())
    x, y = next((x, y) for x, y, text in wanted if text == grad.get_text())
    assert grad.get_position() == pytest.approx(
        (x + float(shift[1]), y + float(shift[2])), abs=0.05
    )


def test_figures_are_as_wide_as_courier_so_columns_stay_aligned(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    figures = [t for t in axes_of(example(), monkeypatch).texts if "Mono" in t.get_fontname()]
    assert len(figures) >= 10
    for text in figures:
        found = lettering._width("0" * 10, text.get_fontproperties(), "")
        nominal = 11 if text.get_fontsize() > 10 else 9
        assert found == pytest.approx(10 * 0.6 * nominal, rel=0.01)


def test_subscripts_and_bold_titles(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = axes_of(example(), monkeypatch).texts
    w = next(t for t in texts if t.get_text() == "w")
    below = next(t for t in texts if t.get_text() == "12")
    assert below.get_fontsize() < w.get_fontsize()
    assert below.get_position()[1] > w.get_position()[1]  # y grows downwards
    assert w.get_fontname() == "DejaVu Sans"
    assert w.get_fontproperties().get_file().endswith("DejaVuSans-Bold.ttf")
    assert next(t for t in texts if t.get_text().strip() == "out").get_fontproperties().get_file(
    ).endswith("DejaVuSans.ttf")  # fmt: skip


def test_dashes_widths_colours_and_double_borders(monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib.colors import to_hex
    from matplotlib.patches import PathPatch

    model = MLP(2, [3, 1], seed=1)
    loss = (model([Value(1.0, "x1"), Value(-0.5, "x2")]) - 1.0) ** 2
    loss.backward()
    drawing = draw(loss, model=model, view="full")
    shapes = axes_of(drawing, monkeypatch).get_children()
    shapes = [s for s in shapes if isinstance(s, PathPatch)]
    svg = drawing.svg()
    dashed = [s for s in shapes if s.get_linestyle() not in ("solid", "-")]
    assert len(dashed) == svg.count('stroke-dasharray="5,2"') > 0
    assert {s.get_linestyle() for s in dashed} == {(0, (5.0, 2.0))}
    lengths = re.findall(r"\[ *([\d. ]*?) *\] \S+ d\b", streams(painting.pdf(drawing.source, "y")))
    assert {tuple(map(float, found.split())) for found in lengths} - {()} == {
        (5.0, 2.0)
    }  # of any width
    wanted = {float(w) for w in re.findall(r'stroke-width="([\d.]+)"', svg)}
    assert wanted <= {round(s.get_linewidth(), 2) for s in shapes} <= wanted | {1.0}
    assert "#d55e00" in {to_hex(s.get_edgecolor()) for s in dashed}
    outlines = [s for s in shapes if to_hex(s.get_edgecolor()) == "#cc79a7"]
    assert len(outlines) == 2  # the loss has a double border


def test_odd_labels_are_drawn_without_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ['a"q"', "<b> & c", "new\nline", "back\\N \\\\l \\", "שלום", "مرحبا", "$x$ %"]
    y = sum((Value(1.0, name) for name in names), Value(2.0, "x"))
    found = words(axes_of(draw(y), monkeypatch))
    assert set(names) - {"new\nline"} <= set(found)
    assert "new line" in found


def test_signs_that_no_font_has_become_question_marks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lettering, "_elsewhere", lambda sign: "")
    axes = axes_of(draw(Value(1.0, "a\U0001f680日 😀")), monkeypatch)
    assert "a\ufffd\ufffd 😀" in words(axes)


def test_signs_that_another_font_has_are_outlines(monkeypatch: pytest.MonkeyPatch) -> None:
    other = str(lettering._file("STIXGeneral", False, False))
    monkeypatch.setattr(lettering, "_elsewhere", lambda sign: other)
    plain = len(axes_of(draw(Value(1.0, "ab")), monkeypatch).get_children())
    axes = axes_of(draw(Value(1.0, "a\u2322b")), monkeypatch)
    assert {"a", "b"} <= set(words(axes))
    assert len(axes.get_children()) == plain + 2


def test_ellipses_italics_and_gradients_of_foreign_text(monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib.patches import Ellipse

    text = (
        'digraph { a [style=filled fillcolor="red:blue" label=<<I>a</I>>]; a -> b [style=dotted] }'
    )
    axes = axes_of(Drawing(text), monkeypatch)
    ellipses = [s for s in axes.get_children() if isinstance(s, Ellipse)]
    assert [s.get_facecolor()[:3] for s in ellipses][:1] == [(1.0, 0.0, 0.0)]
    assert len(ellipses) == 2
    italic = next(t for t in axes.texts if t.get_text() == "a")
    assert italic.get_fontproperties().get_file().endswith("DejaVuSerif-Italic.ttf")


def test_a_page_is_never_larger_than_readers_allow() -> None:
    wide = "digraph { node [width=150 height=0.5]; rankdir=LR; a -> b }"
    pdf = painting.pdf(wide, "wide")
    box = re.search(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", pdf)
    assert box
    assert float(box[1]) == 14_400


def test_a_drawing_that_would_take_minutes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(painting, "_MOST_OPERATIONS", 20)
    with pytest.raises(RenderError, match=r"as PDF .* strokes and words: save it as \.svg"):
        painting.pdf(example().source, "y")


@needs_scripts
def test_a_dot_that_knows_pdf_draws_it_without_a_date(tmp_path: Path) -> None:
    stand_in(tmp_path, 'echo "%PDF $* /CreationDate (D:20261121) end"')
    path = example().save(tmp_path / "y.pdf")
    assert path.read_bytes() == b"%PDF -Tpdf -Gmargin=0 " + b" " * 26 + b" end\n"


@needs_scripts
def test_a_dot_without_pdf_is_painted_from(tmp_path: Path) -> None:
    pure = render.pure_dot()
    stand_in(
        tmp_path,
        f'[ $1 = -Tpdf ] && {{ echo "Format: \\"pdf\\" not recognized" >&2; exit 1; }}\nexec {pure} "$@"',
    )
    assert example().save(tmp_path / "y.pdf").read_bytes().startswith(b"%PDF-1")


@needs_scripts
def test_a_dot_that_fails_otherwise_is_quoted(tmp_path: Path) -> None:
    stand_in(tmp_path, "echo out of paper >&2; exit 1")
    with pytest.raises(RenderError, match="out of paper"):
        example().save(tmp_path / "y.pdf")
    assert not (tmp_path / "y.pdf").exists()


def test_without_matplotlib_one_sentence_says_what_to_get(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(
        RenderError, match=r"PDF needs matplotlib, pip install 'chalkgrad\[plot\]'"
    ) as error:
        example().save(tmp_path / "y.pdf")
    assert "\n" not in str(error.value)
    assert not (tmp_path / "y.pdf").exists()


def test_without_any_program_one_sentence_says_both_ways(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(render, "pure_dot", lambda: None)
    monkeypatch.setattr(render, "pygraphviz_dot", lambda: [])
    with pytest.raises(RenderError, match=r"chalkgrad\[render,plot\].*install Graphviz"):
        example().save(tmp_path / "y.pdf")
    assert not (tmp_path / "y.pdf").exists()
