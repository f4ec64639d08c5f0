"""Drawings as PDF: by a Graphviz that can, else its drawing operations through matplotlib."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from viz.rendering.lettering import Look, letter
from viz.rendering.render import RenderError, render

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LARGEST = 14_400.0  # points: readers of PDF refuse a page that is larger
_MOST_OPERATIONS = 50_000  # strokes and words: nearly a minute's work
_KEYS = ("_draw_", "_hdraw_", "_tdraw_", "_ldraw_", "_hldraw_", "_tldraw_")
_DASHES = {"dashed": (5.0, 2.0), "dotted": (1.0, 5.0)}  # as in Graphviz's SVG
_DRAWN = "TPpBbLEe"
_BACKSLASH = "\ue05c"  # stands for one: graphviz-pure 0.2 writes two, and drops the end of the text
_BOLD, _ITALIC, _BELOW, _ABOVE = 1, 2, 16, 8  # the bits of an operation "t"

Sheet = tuple[float, float, Callable[["Axes"], None]]  # width, height in points, what draws it


def pdf(source: str, title: str, timeout: float = 60.0) -> bytes:
    """Return DOT text drawn as a PDF of one page, as large as the SVG, with the fonts in it.

    A Graphviz that knows PDF draws it; of the others matplotlib paints the operations. Raises
    RenderError without it, and as `render` does.
    """
    try:
        found = render(source, "pdf", timeout)
        return re.sub(rb"/CreationDate \([^)]*\)", lambda date: b" " * len(date[0]), found)
    except RenderError as error:
        if "not recognized" not in str(error):
            raise
    if find_spec("matplotlib") is None:
        raise RenderError(
            "PDF needs matplotlib, pip install 'chalkgrad[plot]', or Graphviz's own dot "
            "(https://graphviz.org/download); or save as .svg and print that"
        )
    picture = _laid_out(source, timeout)
    width, height = (side + 2 * _pad(picture) for side in _sides(picture))
    scale = min(1.0, _LARGEST / max(width, height))
    box = 0.0, 0.0, width * scale, height * scale
    page = (box[2], box[3]) if scale < 1 else (round(width), round(height))  # as Graphviz's SVG
    return document([(*page, lambda axes: _paint(axes, picture, box))], title)


def document(sheets: Iterable[Sheet], title: str) -> bytes:
    """Return pages as PDF, the same bytes every time; raise ImportError without matplotlib.

    A page is given by its width and height in points, and a function that draws on axes which
    measure points from the upper left corner.

    >>> document([(72.0, 36.0, lambda axes: axes.text(9, 27, "Σ"))], "a sum")[:5]
    b'%PDF-'
    """
    try:
        import matplotlib
        from matplotlib.backends.backend_pdf import PdfPages
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError(
            "a PDF needs matplotlib: pip install 'chalkgrad[plot]', "
            "or save it as .html and print that",
            name="matplotlib",
        ) from error
    out = io.BytesIO()
    about = {"Title": title, "Creator": "chalkgrad", "CreationDate": None}  # or bytes would change
    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # a reader's own style is for plots
        matplotlib.rcParams.update({"pdf.fonttype": 42, "lines.scale_dashes": False})
        with PdfPages(out, metadata=about) as file:
            for width, height, draw in sheets:
                figure = Figure(figsize=(width / 72, height / 72), dpi=72)
                axes = figure.add_axes((0, 0, 1, 1))
                axes.set(xlim=(0, width), ylim=(height, 0))
                axes.set_axis_off()
                draw(axes)
                file.savefig(figure)
    return out.getvalue()


def paint(axes: Axes, source: str, box: tuple[float, float, float, float]) -> None:
    """Draw DOT text into a box, x, y, width and height, of a page that `document` draws."""
    _paint(axes, _laid_out(source, 60.0), box)


def _laid_out(source: str, timeout: float) -> dict[str, Any]:
    picture: dict[str, Any] = json.loads(render(source.replace(r"\\", _BACKSLASH), "json", timeout))
    count = sum(o["op"] in _DRAWN for operations in _operations(picture) for o in operations)
    if count > _MOST_OPERATIONS:
        raise RenderError(
            f"as PDF the picture would have {count:,} strokes and words: save it as .svg, or draw "
            "fewer values"
        )
    return picture


def _operations(picture: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
    """Yield Graphviz's drawing operations in lists, those of boxes before those of arrows."""
    for part in (picture, *picture.get("objects", ()), *picture.get("edges", ())):
        yield from (part[key] for key in _KEYS if key in part)


def _sides(picture: dict[str, Any]) -> tuple[float, float]:
    left, low, right, high = map(float, picture["bb"].split(","))
    return right - left, high - low


def _pad(picture: dict[str, Any]) -> float:
    return 72 * float(picture.get("pad", 4 / 72))


_LOOK = Look(14.0, "#000000", "Times")


@dataclass
class _Pen:
    """Hold what Graphviz's operations have set; every list of them begins anew."""

    line: str = "#000000"
    fill: str = "#000000"
    width: float = 1.0
    dashes: tuple[float, float] | None = None
    look: Look = _LOOK
    flags: int = 0

    def set(self, operation: dict[str, Any]) -> None:
        kind = operation["op"]
        if kind in "cC":
            colour = operation.get("color") or operation["stops"][0]["color"]
            setattr(self, "line" if kind == "c" else "fill", colour)
        elif kind == "F":
            face = re.match("Courier|Times|", operation["face"])
            self.look = Look(operation["size"], "", face[0] if face else "")
        elif kind == "t":
            self.flags = operation["fontchar"]
        elif kind == "S":
            if found := re.match(r"setlinewidth\(([\d.]+)\)", operation["style"]):
                self.width = float(found[1])
            elif operation["style"] in ("solid", *_DASHES):
                self.dashes = _DASHES.get(operation["style"])


def _paint(axes: Axes, picture: dict[str, Any], box: tuple[float, float, float, float]) -> None:
    """Follow the drawing operations; https://graphviz.org/docs/outputs/canon/#xdot has them."""
    left, top, width, height = box
    pad = _pad(picture)
    scale = width / (_sides(picture)[0] + 2 * pad)

    def at(point: list[float]) -> tuple[float, float]:
        return left + (point[0] + pad) * scale, top + height - (point[1] + pad) * scale

    for operations in _operations(picture):
        pen = _Pen()
        for operation in operations:
            if operation["op"] == "T":
                _words(axes, operation, pen, at(operation["pt"]), scale)
            elif operation["op"] in _DRAWN:
                _stroke(axes, operation, pen, at, scale)
            else:
                pen.set(operation)


def _words(axes: Axes, operation: dict[str, Any], pen: _Pen, place: tuple[float, float],
           scale: float) -> None:  # fmt: skip
    width = operation["width"] * scale
    x = place[0] - width * {"l": 0, "c": 0.5, "r": 1}[operation["align"]]
    size = pen.look.size * scale
    y = place[1] + size * (0.25 * bool(pen.flags & _BELOW) - 0.45 * bool(pen.flags & _ABOVE))
    look = Look(size, pen.line, pen.look.face or "Helvetica", bool(pen.flags & _BOLD),
                bool(pen.flags & _ITALIC))  # fmt: skip
    letter(axes, x, y, operation["text"].replace(_BACKSLASH, "\\"), look, width)


def _stroke(axes: Axes, operation: dict[str, Any], pen: _Pen,
            at: Callable[[list[float]], tuple[float, float]], scale: float) -> None:  # fmt: skip
    from matplotlib.patches import Ellipse, Patch, PathPatch
    from matplotlib.path import Path

    kind = operation["op"]
    style: Any = (0, tuple(d * scale for d in pen.dashes)) if pen.dashes else "solid"
    shape: Patch
    if kind in "Ee":
        x, y, half, tall = operation["rect"]
        shape = Ellipse(at([x, y]), 2 * half * scale, 2 * tall * scale)
    else:
        points = [at(point) for point in operation["points"]]
        follow = Path.CURVE4 if kind in "Bb" else Path.LINETO
        codes = [Path.MOVETO, *[follow] * (len(points) - 1)]
        if kind in "PpB":
            points.append(points[0])
            codes.append(Path.CLOSEPOLY)
        shape = PathPatch(Path(points, codes))
    shape.set(edgecolor=pen.line, facecolor=pen.fill if kind in "PBE" else "none",
              linewidth=pen.width * scale, linestyle=style, zorder=1)  # fmt: skip
    axes.add_artist(shape)  # add_patch would work out limits
