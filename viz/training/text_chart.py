"""Curves drawn with characters, for terminals: two dots across and four up in every Braille cell.

A solid curve is told from a dashed one without colour. Where there are more numbers than dots, a
column spans from the lowest to the highest of its numbers, so that no peak is lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from math import isfinite, log10
from typing import TYPE_CHECKING

from viz.diagrams.digits import digits
from viz.plotting.panels import LOOKS

if TYPE_CHECKING:
    from rich.text import Text

Span = tuple[float, float] | None  # the lowest and the highest number of a column of dots
Grid = set[tuple[int, int]]  # the dots that are set, as (row, column)

GUTTER = 9  # characters of a number on the vertical axis, with the axis
_LOG = 100.0  # times the lowest number is the highest: then the axis is logarithmic
_DASH = 4  # dots drawn, and as many left out
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # Unicode: rows of a Braille cell
STYLES = tuple(colour for colour, _, _ in LOOKS[:2])
_PLAIN = "*o#"  # one curve, the other, both


def wants_log(series: Mapping[str, Sequence[float]]) -> bool:
    """Say whether numbers are so far apart that only a logarithmic axis shows all of them.

    >>> wants_log({"loss": [3.0, 1e-3]}), wants_log({"loss": [3.0, 0.0]})
    (True, False)
    """
    finite = [x for ys in series.values() for x in ys if isfinite(x)]
    return bool(finite) and min(finite) > 0 and max(finite) >= _LOG * min(finite)


def chart(
    series: Mapping[str, Sequence[float]],
    width: int,
    height: int,
    *,
    xlabel: str = "epoch",
    start: int = 1,
    plain: bool = False,
) -> list[Text]:
    """Return the curves, at most two, as lines of rich's Text: `height` and one for the axis.

    The first curve is solid, the second dashed; number i stands at start + i. `plain` keeps to
    ASCII. Numbers that are not finite leave a gap. Raises ValueError without room for a curve.

    >>> for line in chart({"loss": [3.0, 2.0, 1.0]}, 22, 3):
    ...     print(line.plain)
          3 ┤⠉⠒⠤⣀⠀⠀⠀⠀⠀⠀⠀⠀⠀
            │⠀⠀⠀⠀⠉⠒⠤⢄⡀⠀⠀⠀⠀
          1 ┤⠀⠀⠀⠀⠀⠀⠀⠀⠈⠉⠒⠤⣀
            └1── epoch ──3
    """
    from rich.text import Text

    across = width - GUTTER
    if across < 8 or height < 2:
        raise ValueError(f"chart: {width} x {height} characters are too few: give 16 x 2 or more")
    logarithmic = wants_log(series)
    count = max(map(len, series.values()), default=0)
    dots_across, dots_up = (1, 1) if plain else (2, 4)
    columns = {
        name: _columns(_scaled(ys, logarithmic), count, across * dots_across)
        for name, ys in series.items()
    }
    spans = [span for found in columns.values() for span in found if span]
    low, high = min((s[0] for s in spans), default=0.0), max((s[1] for s in spans), default=1.0)
    flat = high <= low
    grids = [
        _grid(found, (low, high), height * dots_up, dashed=i > 0 and not plain)
        for i, found in enumerate(columns.values())
    ]
    lines = []
    for row in range(height):
        top, middle, bottom = row == 0, row == height // 2, row == height - 1
        tick = middle if flat else top or bottom
        number = (low if flat or bottom else high) if spans and tick else None
        line = Text.assemble((_tick(number, logarithmic, plain), "dim"))
        cells = [_cell(grids, row, cell, dots_across, dots_up, plain) for cell in range(across)]
        for style, run in groupby(cells, key=lambda found: found[1]):
            line.append("".join(character for character, _ in run), style)
        lines.append(line)
    foot = _foot(start, start + count - 1, across, xlabel, plain)
    return [*lines, Text.assemble((foot, "dim"))]


def sign(index: int, plain: bool = False) -> str:
    """Return the piece of line that stands for a curve in a legend."""
    return _PLAIN[index] * 4 if plain else ("⠤⠤⠤⠤", "⠤⠤ ⠤")[index]


def bar(share: float, width: int, plain: bool = False) -> str:
    """Return a bar of that share of the width, to an eighth of a character.

    >>> bar(0.5, 5), bar(0.5, 5, plain=True)
    ('██▌', '##')
    """
    eighths = round(max(0.0, min(1.0, share)) * width * 8)
    if plain:
        return "#" * (eighths // 8)
    return "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()


def _scaled(ys: Sequence[float], logarithmic: bool) -> list[float | None]:
    return [None if not isfinite(y) else log10(y) if logarithmic else float(y) for y in ys]


def _columns(ys: Sequence[float | None], count: int, dots: int) -> list[Span]:
    """Return what is drawn in each column of dots: a number, or the range of several."""
    if count > dots:
        parts = [ys[c * count // dots : (c + 1) * count // dots] for c in range(dots)]
        finite = [[y for y in part if y is not None] for part in parts]
        return [(min(part), max(part)) if part else None for part in finite]
    found: list[Span] = [None] * dots
    places = [round(i * (dots - 1) / max(1, count - 1)) for i in range(count)]
    before: tuple[int, float] | None = None
    for c, y in zip(places, ys, strict=False):
        if y is None:
            before = None
            continue
        if before is not None:  # a straight line between neighbours
            first, there = before
            for k in range(first + 1, c):
                between = there + (y - there) * (k - first) / (c - first)
                found[k] = between, between
        found[c], before = (y, y), (c, y)
    return found


def _grid(columns: Sequence[Span], limits: tuple[float, float], rows: int, dashed: bool) -> Grid:
    """Return which dots are set, by (row, column), each joined to the one before."""
    low, high = limits
    step = (rows - 1) / (high - low) if high > low else 0.0
    dots: Grid = set()
    before: tuple[int, int] | None = None
    for c, span in enumerate(columns):
        if span is None:
            before = None
            continue
        top, bottom = (round((high - y) * step) if step else rows // 2 for y in reversed(span))
        first, last = top, bottom
        if before is not None:
            first, last = min(top, before[1] + 1), max(bottom, before[0] - 1)
        alone = before is None and (c + 1 == len(columns) or columns[c + 1] is None)
        before = top, bottom
        if not dashed or alone or c // _DASH % 2 == 0:
            dots |= {(row, c) for row in range(first, last + 1)}
    return dots


def _cell(grids: Sequence[Grid], row: int, cell: int, across: int, up: int, plain: bool) -> tuple[
    str, str
]:  # fmt: skip
    """Return a character, with its style: where two curves meet, that of the one with gaps."""
    masks = [
        sum(
            _DOTS[i][j] for i in range(up) for j in range(across)
            if (row * up + i, cell * across + j) in dots
        )
        for dots in grids
    ]  # fmt: skip
    there = [i for i, mask in enumerate(masks) if mask]
    style = STYLES[there[-1]] if there else ""
    if plain:
        return (_PLAIN[there[0] if len(there) == 1 else 2] if there else " "), style
    mask = 0
    for m in masks:
        mask |= m
    return chr(0x2800 + mask), style


def _tick(number: float | None, logarithmic: bool, plain: bool) -> str:
    line, tick = ("|", "+") if plain else ("│", "┤")
    if number is None:
        return " " * (GUTTER - 1) + line
    return f"{short_digits(10**number if logarithmic else number, GUTTER - 2):>{GUTTER - 2}} {tick}"


def short_digits(x: float, width: int = 7) -> str:
    """Return a number in three digits, or in fewer if it is wider than that, so -6e-04.

    >>> [short_digits(x) for x in (0.12345, 0.000572, -0.000572, float("nan"))]
    ['0.123', '0.00057', '-6e-04', 'nan']
    """
    texts = [digits(x, 3), digits(x, 2), f"{x:.1e}", f"{x:.0e}"]
    return next((text for text in texts if len(text) <= width), texts[-1])


def _foot(first: int, last: int, across: int, xlabel: str, plain: bool) -> str:
    line, corner = ("-", "+") if plain else ("─", "└")
    left, right = f"{first:,}", f"{last:,}" if last > first else ""
    label = f" {xlabel} "
    room = across - len(left) - len(right)
    middle = label.center(room, line) if len(label) <= room else line * max(0, room)
    return " " * (GUTTER - 1) + corner + left + middle + right
