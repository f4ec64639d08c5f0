"""The gallery, and the README's pictures: there, as they are drawn now, small, told in words, legible."""

from __future__ import annotations

import ast
import io
import itertools
import json
import re
from importlib import metadata
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from demos import gallery
from demos.__main__ import main
from demos._gallery_entries import README, SECTIONS
from demos._gallery_page import page
from demos._gallery_things import Things
from viz import Drawing
from viz.rendering.render import pure_dot, render

pytest.importorskip("matplotlib")

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "demos" / "pictures"
ENTRIES = {entry.name: entry for section in SECTIONS.values() for entry in section}
DIAGRAMS = ("neuron", "player_frame", "mlp_summary")
PLOTS = ("decision_boundary", "gradient_flow")
RENDERER = "0.2.2"  # the version of graphviz-pure that drew the pictures
LARGEST = 120_000  # bytes
SVG = "{http://www.w3.org/2000/svg}"
Box = tuple[float, float, float, float]  # left, bottom, right, top

needs_renderer = pytest.mark.skipif(pure_dot() is None, reason="graphviz-pure is not installed")


@pytest.fixture(scope="module")
def things() -> Things:
    return Things(quick=True)


def made(name: str, things: Things) -> Any:
    return eval(ENTRIES[name].call, {}, things)


def words(svg: str) -> list[str]:
    """Return the words in a picture, without numbers, which another machine may round otherwise."""
    texts = "\n".join("".join(e.itertext()) for e in ElementTree.fromstring(svg).iter(f"{SVG}text"))
    return sorted(re.findall(r"[^\W\d]{2,}", texts))


# the README's pictures


def test_the_readme_shows_these_pictures_with_their_words() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = dict(re.findall(r"!\[([^\]]*)\]\(demos/pictures/(\w+)\.svg\)", text))
    assert {name: alt for alt, name in shown.items()} == {n: ENTRIES[n].alt for n in README}
    assert {path.stem for path in PICTURES.iterdir()} == set(README)


@pytest.mark.parametrize("name", README)
def test_a_picture_is_small_and_says_what_it_shows(name: str) -> None:
    text = (PICTURES / f"{name}.svg").read_text(encoding="utf-8")
    assert len(text.encode()) < LARGEST
    root = ElementTree.fromstring(text)
    titles = [e.text for e in root.iter(f"{SVG}title")]
    assert titles == [ENTRIES[name].alt] == [root.get("aria-label")]
    assert root.get("role") == "img"
    assert not re.search(r"<image|base64|@font-face|<script", text)  # nothing heavy, nothing active
    assert re.findall(r"(?:src|href)=\"(?!#)[^\"]*", text) == []  # loads nothing
    assert len(words(text)) > 5  # letters are text, not outlines


@needs_renderer
@pytest.mark.parametrize("name", DIAGRAMS)
def test_a_committed_diagram_is_what_the_gallery_draws(
    name: str, things: Things, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GRAPHVIZ_DOT", raising=False)
    with gallery.same_renderer():
        gallery.draw(ENTRIES[name], things, tmp_path / "a.svg")
    drawn, kept = (p.read_text("utf-8") for p in (tmp_path / "a.svg", PICTURES / f"{name}.svg"))
    if metadata.version("graphviz-pure") == RENDERER:
        assert drawn == kept, "renew it: see demos/gallery.py"
    else:
        assert words(drawn) == words(kept), "renew it: see demos/gallery.py"


@pytest.mark.parametrize("name", PLOTS)
def test_a_committed_plot_says_what_the_gallery_draws(
    name: str, things: Things, tmp_path: Path
) -> None:
    """Other versions of matplotlib draw other bytes, but the same words, in the same shape."""
    for again in ("a.svg", "b.svg"):
        gallery.draw(ENTRIES[name], things, tmp_path / again)
    drawn, twice, kept = (
        p.read_text("utf-8")
        for p in (tmp_path / "a.svg", tmp_path / "b.svg", PICTURES / f"{name}.svg")
    )
    assert drawn == twice
    assert words(drawn) == words(kept), "renew it: see demos/gallery.py"
    shapes = [
        [float(n) for n in ElementTree.fromstring(t).get("viewBox", "").split()]
        for t in (drawn, kept)
    ]
    assert shapes[0] == pytest.approx(shapes[1], rel=0.05)


# their labels


def overlaps(boxes: dict[str, Box], allowance: float) -> list[tuple[str, str]]:
    """Return which boxes share more than an edge of that width."""
    return [
        (a, b)
        for (a, p), (b, q) in itertools.combinations(boxes.items(), 2)
        if min(p[2], q[2]) - max(p[0], q[0]) > allowance
        and min(p[3], q[3]) - max(p[1], q[1]) > allowance
    ]


def texts_of(drawing: Drawing) -> tuple[dict[str, Box], dict[str, Box]]:
    """Return the boxes of all texts of a diagram, and those of its nodes, from Graphviz's JSON."""
    picture = json.loads(render(drawing.source, "json"))
    texts: dict[str, Box] = {}
    nodes: dict[str, Box] = {}
    items = [picture, *picture.get("objects", []), *picture.get("edges", [])]
    for i, item in enumerate(items):
        size = 14.0
        for key in ("_draw_", "_ldraw_"):
            for operation in item.get(key, []):
                if operation["op"] == "F":
                    size = operation["size"]
                elif operation["op"] == "T" and operation["text"].strip():
                    x, y = operation["pt"]
                    wide = operation["width"]
                    left = x - {"l": 0.0, "c": 0.5, "r": 1.0}[operation["align"]] * wide
                    name = f"{i}: {operation['text']} {len(texts)}"
                    texts[name] = (left, y - 0.2 * size, left + wide, y + 0.65 * size)
        if "pos" in item and "width" in item and "nodes" not in item:
            x, y = map(float, item["pos"].split(","))
            w, h = 36 * float(item["width"]), 36 * float(item["height"])
            nodes[f"{i}: node"] = (x - w, y - h, x + w, y + h)
    return texts, nodes


def along(points: list[list[float]]) -> list[tuple[float, float]]:
    """Return places along a path of Bezier curves."""
    found = []
    for i in range(0, len(points) - 3, 3):
        for s in (k / 20 for k in range(21)):
            weights = ((1 - s) ** 3, 3 * s * (1 - s) ** 2, 3 * s * s * (1 - s), s**3)
            curve = points[i : i + 4]
            x, y = (sum(w * p[k] for w, p in zip(weights, curve, strict=True)) for k in (0, 1))
            found.append((x, y))
    return found


@needs_renderer
@pytest.mark.parametrize("name", DIAGRAMS)
def test_no_label_of_a_diagram_lies_on_another(
    name: str, things: Things, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAPHVIZ_DOT", pure_dot() or "")
    texts, nodes = texts_of(made(name, things))
    assert len(texts) > 30
    assert len(nodes) > 7
    assert overlaps(texts, 0.5) == []
    assert overlaps(nodes, 0.5) == []
    foreign = {  # what stands beside a node keeps off it
        (text, node)
        for text, box in texts.items()
        for node, ground in nodes.items()
        if text.split(":")[0] != node.split(":")[0] and overlaps({"text": box, "node": ground}, 0.5)
    }
    assert foreign == set()
    picture = json.loads(render(made(name, things).source, "json"))
    curves = [o["points"] for e in picture["edges"] for o in e.get("_draw_", ()) if o["op"] in "bB"]
    assert len(curves) > 8
    crossed = {
        text
        for text, (left, bottom, right, top) in texts.items()
        for x, y in itertools.chain.from_iterable(map(along, curves))
        if left < x < right and bottom < y < top
    }
    assert crossed == set()


@pytest.mark.parametrize("name", PLOTS)
def test_no_label_of_a_plot_lies_on_another_or_outside(name: str, things: Things) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.text import Text

    figure = made(name, things)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer, whole = canvas.get_renderer(), figure.bbox
    boxes: dict[str, Box] = {}
    hidden = {id(label) for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)
              for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]
              if not _within(tick.get_loc(), axis.get_view_interval())
              for label in (tick.label1, tick.label2)}  # fmt: skip
    for text in figure.findobj(Text):
        if text.get_visible() and text.get_text().strip() and id(text) not in hidden:
            extent = text.get_window_extent(renderer)
            boxes[f"{text.get_text()} {len(boxes)}"] = tuple(extent.extents)
    assert len(boxes) > 8
    assert overlaps(boxes, 1.0) == []
    for name_, (left, bottom, right, top) in boxes.items():
        assert left > -1, name_
        assert bottom > -1, name_
        assert right < whole.width + 1, name_
        assert top < whole.height + 1, name_


def _within(x: float, ends: Any) -> bool:
    return bool(min(ends) - 1e-9 <= x <= max(ends) + 1e-9)


# the gallery


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gallery")
    assert main(["gallery", "--quick", "--out", str(folder)]) == 0
    return folder / "gallery"


@needs_renderer
def test_the_gallery_has_every_picture_with_its_call_and_its_words(drawn: Path) -> None:
    text = (drawn / "index.html").read_text(encoding="utf-8")
    assert {path.name for path in drawn.iterdir()} == {
        "index.html",
        *(entry.file for entry in ENTRIES.values()),
    }
    for entry in ENTRIES.values():
        assert f'href="{entry.file}"' in text
        assert entry.call.replace('"', "&quot;") in text
        written = (drawn / entry.file).read_text(encoding="utf-8")
        if entry.file.endswith(".svg"):
            assert [e.text for e in ElementTree.fromstring(written).iter(f"{SVG}title")] == [
                entry.alt
            ]
            assert re.search(rf'<img src="{entry.file}" alt="[^"]{{20,}}"', text)
    assert text.count("★") == len(README)
    assert re.findall(r'(?:src|href)="(?=\w+:|/)[^"]*', text) == []  # needs no network
    assert "prefers-color-scheme: dark" in text


def test_every_name_in_a_call_is_explained() -> None:
    used = {
        node.id
        for entry in ENTRIES.values()
        for node in ast.walk(ast.parse(entry.call))
        if isinstance(node, ast.Name)
    }
    assert used - {"viz"} == set(Things().meanings())


def test_the_page_leaves_out_what_could_not_be_drawn() -> None:
    text = page(SECTIONS, ["neuron.svg"], {}, README, {"o": "<b>"})
    assert text.count("<figure>") == 1
    assert text.count("<h2>") == 2  # that of the one section, and that of the names
    assert "&lt;b&gt;" in text


def test_a_missing_renderer_is_one_problem_a_picture_and_the_plots_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GRAPHVIZ_DOT", "no-such-program")
    monkeypatch.setattr(gallery, "SECTIONS", {"some": [ENTRIES["neuron"], ENTRIES["activations"]]})
    report = gallery.main(tmp_path, quick=True)
    assert len(report.problems) == 1
    assert "neuron.svg was not written" in report.problems[0]
    assert (tmp_path / "activations.svg").exists()
    assert "neuron.svg" not in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_a_small_svg_keeps_what_is_written(things: Things) -> None:
    from matplotlib.figure import Figure

    figure = Figure()
    axes = figure.add_subplot()
    axes.plot([0, 1 / 3], [0, 1])
    axes.set_title("0.123456 <&>")
    text = gallery.small_svg(figure, 'says "x" & <y>', "mark")
    assert "0.123456 &lt;&amp;&gt;" in text
    assert text == gallery.small_svg(figure, 'says "x" & <y>', "mark")
    assert not re.search(r' d="[^"]*\.\d{3}', text)
    plain = io.StringIO()
    figure.savefig(plain, format="svg")
    assert len(text) < 0.7 * len(plain.getvalue())
