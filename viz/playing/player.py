"""The backward player: a page that steps through a computation, then back by the chain rule.

The page holds the detail picture and the list of steps; its script shows and hides. Every number
on it was found here, by the engine's own rules; what its sliders change, by a script that these
rules have written (`whatif`).
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

from autograd import Value, nodes
from autograd.files import write_whole
from autograd.real import short
from viz.diagrams.labels import plain
from viz.playing.scene import scene
from viz.playing.whatif import script_of

LIMIT = 150


def player(
    values: Value | Iterable[Value],
    path: str | os.PathLike[str],
    labels: Iterable[str] | None = None,
    limit: int = LIMIT,
) -> Path:
    """Write a page that plays the evaluation of a value and its reverse pass; return the path.

    Of several values, such as the losses of several samples, one is chosen on the page, by its
    label. It is one file that needs no network, and no backward pass is needed before. Without a
    program that draws, the page has a table in place of the picture. Raises TypeError for
    anything but Values, ValueError for a name that does not end in .html, labels that do not fit
    or more than `limit` values in one computation, and OSError if the file can't be written.

    >>> import tempfile
    >>> a = Value(2.0, "a")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     player(a * a + 1, f"{folder}/player.html").name
    'player.html'
    """
    path = Path(path)
    if path.suffix.lower() not in (".html", ".htm"):
        raise ValueError(f"{str(path)!r}: the player is a page: the name must end in .html")
    return write_whole(path, page(values, labels, limit).encode(), "player")


def page(
    values: Value | Iterable[Value], labels: Iterable[str] | None = None, limit: int = LIMIT
) -> str:
    """Return the player as HTML; the same graphs give the same text."""
    ys = _values(values)
    given = [f"sample {i}" for i in range(1, len(ys) + 1)] if labels is None else labels
    names = list(given) if isinstance(given, Iterable) else []
    if isinstance(labels, str) or len(names) != len(ys):
        raise ValueError(f"labels={labels!r}: give a list of {len(ys)} names, one for each value")
    for y in ys:
        _check_size(len(nodes(y)), limit)
    scenes = [scene(y, str(name), i) for i, (y, name) in enumerate(zip(ys, names, strict=True))]
    numbers = script_of([sliders for _, sliders in scenes], _part("whatif.js"))
    options = "".join(
        f'<option value="{i}">{escape(plain(str(name)))}</option>' for i, name in enumerate(names)
    )
    text = _part("player.html")
    for mark, content in {
        "STYLE": _part("player.css"), "SCRIPT": _part("player.js") + numbers, "OPTIONS": options,
        "HIDDEN": "hidden" if len(ys) == 1 else "", "SCENES": "\n".join(text for text, _ in scenes),
    }.items():  # fmt: skip
        text = text.replace(f"<!-- {mark} -->", content)
    return text


def _part(name: str) -> str:
    return files("viz.playing").joinpath(name).read_text(encoding="utf-8")


def _values(values: Value | Iterable[Value]) -> list[Value]:
    several = isinstance(values, Iterable) and not isinstance(values, Value)
    ys: list[Any] = list(values) if several else [values]  # type: ignore[arg-type]
    wrong = [y for y in ys if type(y) is not Value]
    if wrong:
        raise TypeError(
            f"player(): {short(wrong[0])} is not a Value. Give the result of a computation with "
            "Values, as in viz.player(a * b, 'player.html')"
        )
    if not ys:
        raise ValueError("player(): there is nothing to play: give a Value, or a list of them")
    return ys


def _check_size(size: int, limit: int) -> None:
    if type(limit) is not int or limit < 1:
        raise ValueError(f"player(limit={limit!r}): the limit must be an int, 1 or more")
    if size > limit:
        raise ValueError(
            f"{size:,} values are more than the {limit:,} that can be followed step by step: play "
            f"a part of it, as one neuron or one sample, or limit={size} to have all of them"
        )
