"""Text where Graphviz wants it on a matplotlib page, in the fonts that matplotlib brings."""

from __future__ import annotations

from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.font_manager import FontProperties

# Graphviz reckons with the letters on the left; those on the right are so much wider
_FONTS = {"Courier": ("DejaVuSansMono", 0.6 / 0.60205), "Helvetica": ("DejaVuSans", 0.87),
          "Times": ("DejaVuSerif", 0.82)}  # fmt: skip
# what may be installed and has the signs that those lack: emoji, Chinese, Japanese, Korean
_OTHERS = ("Noto Sans CJK JP", "Noto Sans JP", "Hiragino Sans", "PingFang SC", "Yu Gothic",
           "Microsoft YaHei", "Malgun Gothic", "WenQuanYi Zen Hei", "Droid Sans Fallback",
           "Noto Emoji", "Segoe UI Emoji", "Segoe UI Symbol", "Symbola", "Noto Sans Symbols2",
           "Arial Unicode MS", "Unifont")  # fmt: skip
_JOINERS = "\u200c\u200d\ufe0e\ufe0f"  # they have no sign of their own
_MISSING = "\ufffd"


class Look(NamedTuple):
    """Hold how text looks: its size in points of Graphviz's font, its colour and its face."""

    size: float
    colour: str
    face: str = "Helvetica"
    bold: bool = False
    italic: bool = False


def letter(axes: Axes, x: float, y: float, text: str, look: Look, width: float = 0.0) -> None:
    """Write text from x on the baseline y of axes in points; if it has a width, in its middle.

    Text that is much wider than that is made smaller. It stays text in a PDF, but for signs that
    only another font has, which are outlines; a sign that no font has is a question mark.
    """
    from matplotlib.font_manager import FontProperties

    family, scale = _FONTS.get(look.face, _FONTS["Helvetica"])
    file = _file(family, look.bold, look.italic)
    font = FontProperties(fname=str(file), size=look.size * scale)
    runs = list(_runs(text, str(file)))
    if width and look.face != "Courier":  # figures are as wide as they should be
        found = sum(_width(run, font, other) for run, other in runs)
        fits = min(1.0, (width + 0.3 * look.size) / found) if found else 1.0
        font.set_size(font.get_size() * fits)
        x += (width - found * fits) / 2
    for run, other in runs:
        if other:
            _outline(axes, x, y, run, font, other, look.colour)
        else:
            axes.text(x, y, run, fontproperties=font, color=look.colour, ha="left",
                      va="baseline", parse_math=False, zorder=1)  # fmt: skip
        if len(runs) > 1:
            x += _width(run, font, other)


@cache
def _file(family: str, bold: bool, italic: bool) -> Path:
    """Return the font that matplotlib brings: one that is installed could be another version."""
    import matplotlib

    slant = "Italic" if family == "DejaVuSerif" else "Oblique"
    style = "Bold" * bold + slant * italic
    folder = Path(matplotlib.get_data_path(), "fonts", "ttf")
    return folder / f"{family}{f'-{style}' if style else ''}.ttf"


def _runs(text: str, file: str) -> list[tuple[str, str]]:
    """Return text in parts, each with the file of another font where this one lacks its signs.

    >>> _runs("one", str(_file("DejaVuSans", False, False)))
    [('one', '')]
    """
    known = _signs(file)
    fonts = [(c, "" if ord(c) in known else _elsewhere(c)) for c in text if c not in _JOINERS]
    if not any(other for _, other in fonts) and all(ord(c) in known for c in text):
        return [(text, "")]
    shown = [(c if other or ord(c) in known else _MISSING, other) for c, other in fonts]
    return [("".join(c for c, _ in run), other) for other, run in groupby(shown, lambda s: s[1])]


@cache
def _signs(file: str) -> frozenset[int]:
    from matplotlib.font_manager import get_font

    return frozenset(get_font(file).get_charmap())


@cache
def _elsewhere(sign: str) -> str:
    """Return the file of an installed font that has the sign, "" if there is none."""
    from matplotlib.font_manager import fontManager

    installed = {entry.name: entry.fname for entry in reversed(fontManager.ttflist)}
    for name in _OTHERS:
        if name in installed and ord(sign) in _signs(installed[name]):
            return installed[name]
    return ""


def _width(text: str, font: FontProperties, other: str) -> float:
    from matplotlib.textpath import text_to_path

    font = _other(font, other)
    return float(text_to_path.get_text_width_height_descent(text, font, ismath=False)[0])


def _outline(axes: Axes, x: float, y: float, text: str, font: FontProperties, other: str,
             colour: str) -> None:  # fmt: skip
    """Draw the outlines of letters: fonts of every format can be drawn, not all embedded."""
    from matplotlib.patches import PathPatch
    from matplotlib.textpath import TextPath
    from matplotlib.transforms import Affine2D

    path = TextPath((0, 0), text, prop=_other(font, other))
    flip = -1 if axes.yaxis_inverted() else 1
    place = Affine2D().scale(1, flip).translate(x, y)
    axes.add_artist(PathPatch(path.transformed(place), facecolor=colour, linewidth=0, zorder=1))


def _other(font: FontProperties, file: str) -> FontProperties:
    if file:
        font = font.copy()
        font.set_file(file)
    return font
