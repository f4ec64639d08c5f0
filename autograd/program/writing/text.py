"""The lines of a program that make its arrays, in the order in which a person would write them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_WIDTH = 96
_HEADS = ("stores", "inputs", "results", "derivatives", "copies and scratch")

HEAD = """\
# s: numbers that all rows share, inputs first; v: numbers of the rows, (number, row)
# ds, dv: the derivatives of the result by them
"""


def arranged(lines: Sequence[str], inputs: int) -> list[str]:
    """Return assignments sorted by what they make, several on a line.

    `inputs` is how many places of s are inputs and constants; the others are results.

    >>> arranged(["h1 = v[0:4]", "W1 = s[0:8].reshape((4, 2))", "b1 = s[8:12]"], 12)
    ['W1, b1 = s[0:8].reshape((4, 2)), s[8:12]', 'h1 = v[0:4]']
    """
    kinds: dict[str, int] = {}
    sorts: list[list[str]] = [[] for _ in _HEADS]
    for line in lines:
        name, _, text = line.partition(" = ")
        kinds[name] = kind = _kind(name, text, kinds, inputs)
        sorts[kind].append(line)
    headed = len(lines) > 4
    result = []
    for head, found in zip(_HEADS, sorts, strict=True):
        if found:
            result += [f"# {head}"] * headed
            result += _joined(found)
    return result


def _kind(name: str, text: str, kinds: dict[str, int], inputs: int) -> int:
    """Return which heading an assignment goes under: that of the latest array it reads."""
    if name in ("ones", "v", "dv", "flags", "row_flags"):
        return 0
    if text.startswith(("empty(", "full(", "by_row(")):
        return 4
    words = re.findall(r"[A-Za-z_]\w*", text)
    known = [kinds[word] for word in words if word in kinds and kinds[word] > 0]
    if known:
        return max(known)
    source = words[1] if words[0] == "view" else words[0]
    if source in ("ds", "dv") or (name.startswith("d") and source.startswith("d")):
        return 3
    if source == "s":
        place = re.search(r"\d+", text)
        return 2 if place and int(place[0]) >= inputs else 1
    return 2 if source in ("v", "flags", "row_flags") else 1


def _joined(lines: Iterable[str]) -> list[str]:
    """Return assignments with as many on one line as fit."""
    result: list[str] = []
    names: list[str] = []
    texts: list[str] = []

    def flush() -> None:
        if names:
            result.append(f"{', '.join(names)} = {', '.join(texts)}")
        names.clear()
        texts.clear()

    for line in lines:
        name, _, text = line.partition(" = ")
        if ";" in line:
            flush()
            result.append(line)
            continue
        needed = set(names).intersection(re.findall(r"\w+", text))
        if needed or len(", ".join([*names, *texts, name, text])) > _WIDTH - 11:
            flush()
        names.append(name)
        texts.append(text)
    flush()
    return result
