"""The pages of a worksheet, laid out once: as SVG and as PDF."""

from __future__ import annotations

import math
import re
import textwrap
from functools import partial
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from viz.diagrams.canvas import GREY
from viz.rendering.lettering import Look, letter
from viz.rendering.painting import document, paint
from viz.rendering.render import RenderError
from viz.worksheets.exercise import Exercise

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from viz.worksheets.worksheet import Worksheet

_WIDTH, _HEIGHT = 595.0, 792.0  # points: as narrow as A4 and as short as Letter, to print on both
_MARGIN = 42.0
_WORK = 56.0  # the height of the space to work in
_LEADING = 1.35
_INK, _DIM = "#1F2328", "#4B5563"


class Words(NamedTuple):
    """Hold a line of text and its baseline's left end."""

    x: float
    y: float
    text: str
    size: float
    colour: str = _INK
    bold: bool = False
    mono: bool = False


class Picture(NamedTuple):
    """Hold a diagram and its box."""

    x: float
    y: float
    width: float
    height: float
    svg: str
    source: str


class Space(NamedTuple):
    """Hold the box to work in."""

    x: float
    y: float
    width: float
    height: float


Item = Words | Picture | Space


def pages(sheet: Worksheet, answers: bool, height: float = _HEIGHT) -> list[list[Item]]:
    """Return what stands where on each page; an exercise is never divided."""
    head = [Words(0, 20, sheet.title(answers), 18, bold=True)]
    if not answers:
        head.append(Words(0, 44, "Name ______________________   Date __________", 11))
    top = 66.0 if not answers else 40.0
    for line in textwrap.wrap(sheet.task(answers), 106):
        head.append(Words(0, top, line, 10, _DIM))
        top += 10 * _LEADING
    result: list[list[Item]] = [[_moved(item, _MARGIN, _MARGIN) for item in head]]
    y = _MARGIN + top + 12
    for i, exercise in enumerate(sheet.exercises, 1):
        items, tall = _block(i, exercise, answers)
        if y + tall > height - _MARGIN and y > _MARGIN:
            result.append([])
            y = _MARGIN
        result[-1] += [_moved(item, _MARGIN, y) for item in items]
        y += tall + 16
    result[-1].append(Words(_MARGIN, min(y + 4, height - 20), sheet.origin, 7, _DIM, mono=True))
    return result


def _moved(item: Item, dx: float, dy: float) -> Item:
    return item._replace(x=item.x + dx, y=item.y + dy)


def _block(i: int, exercise: Exercise, answers: bool) -> tuple[list[Item], float]:
    """Return an exercise at the origin, and its height."""
    picture = exercise.picture(answers)
    svg = picture.svg()
    wide, tall = _size(svg)
    scale = min(1.0, (_WIDTH - 2 * _MARGIN) / wide)
    items: list[Item] = [
        Words(0, 12, f"{i}.  {exercise.formula}", 12, bold=True),
        Words(0, 27, exercise.givens, 10, _DIM),
        Picture(0, 34, wide * scale, tall * scale, svg, picture.source),
    ]
    y = 34 + tall * scale + 6
    if not answers:
        items.append(Space(0, y, _WIDTH - 2 * _MARGIN, _WORK))
        return items, y + _WORK
    x, size, row = 0.0, 8.0, 0.0
    for rule in exercise.chain_rules():
        lines = rule.splitlines()
        width = max(map(len, lines)) * size * 0.6 + 24
        if x and x + width > _WIDTH - 2 * _MARGIN:
            x, y, row = 0.0, y + row, 0.0
        for k, line in enumerate(lines):
            items.append(Words(x, y + (k + 1) * size * _LEADING, line, size, mono=True))
        x, row = x + width, max(row, (len(lines) + 1) * size * _LEADING)
    return items, y + row


def _size(svg: str) -> tuple[float, float]:
    match = re.search(r'width="([\d.]+)pt" height="([\d.]+)pt"', svg)
    if match is None:
        raise RenderError("the drawing program gave a picture without a size in points")
    return float(match[1]), float(match[2])


def svg(sheet: Worksheet, answers: bool) -> str:
    """Return the sheet as one page as tall as it needs."""
    [items] = pages(sheet, answers, math.inf)
    tall = max(item.y for item in items) + 20
    body = "\n".join(map(_element, items))
    title = escape(sheet.title(answers))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'role="img" aria-label="{title}" width="{_WIDTH:g}pt" height="{tall:.2f}pt" '
        f'viewBox="0 0 {_WIDTH:g} {tall:.2f}" style="max-width:100%;height:auto">\n'
        f'<title>{title}</title>\n<rect width="100%" height="100%" fill="white"/>\n{body}\n</svg>\n'
    )


def _element(item: Item) -> str:
    if isinstance(item, Words):
        family = "Courier New, Courier, monospace" if item.mono else "Helvetica, Arial, sans-serif"
        weight = ' font-weight="bold"' if item.bold else ""
        return (
            f'<text x="{item.x:.2f}" y="{item.y:.2f}" font-family="{family}"{weight} '
            f'font-size="{item.size:g}" fill="{item.colour}" xml:space="preserve">'
            f"{escape(item.text)}</text>"
        )
    place = f'x="{item.x:.2f}" y="{item.y:.2f}" width="{item.width:.2f}" height="{item.height:.2f}"'
    if isinstance(item, Space):
        return f'<rect {place} rx="6" fill="none" stroke="{GREY}" stroke-dasharray="3 3"/>'
    inner = item.svg.replace(' style="max-width:100%;height:auto"', "", 1)
    return re.sub(r'width="[\d.]+pt" height="[\d.]+pt"', place, inner, count=1)


def pdf(sheet: Worksheet, answers: bool) -> bytes:
    """Return the sheet as PDF, a page for each; raise ImportError without matplotlib."""
    sheets = [(_WIDTH, _HEIGHT, partial(_draw, items=items)) for items in pages(sheet, answers)]
    return document(sheets, sheet.title(answers))


def _draw(axes: Axes, items: list[Item]) -> None:
    from matplotlib.patches import FancyBboxPatch

    for item in items:
        if isinstance(item, Words):
            face = "Courier" if item.mono else "Helvetica"
            letter(axes, item.x, item.y, item.text, Look(item.size, item.colour, face, item.bold))
        elif isinstance(item, Space):
            outline = FancyBboxPatch((item.x, item.y), item.width, item.height,
                                     boxstyle="round,pad=0,rounding_size=6", facecolor="none",
                                     edgecolor=GREY, linestyle=(0, (3, 3)), zorder=1)  # fmt: skip
            axes.add_patch(outline)
        else:
            paint(axes, item.source, (item.x, item.y, item.width, item.height))
