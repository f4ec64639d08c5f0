"""Four letters as images of 8 x 8 pixels, for a memory of patterns."""

from __future__ import annotations

SIDE = 8
_DRAWN = {
    "T": """
        ########
        ########
        ...##...
        ...##...
        ...##...
        ...##...
        ...##...
        ...##...""",
    "C": """
        .#######
        ########
        ##......
        ##......
        ##......
        ##......
        ########
        .#######""",
    "X": """
        ##....##
        ###..###
        .######.
        ..####..
        ..####..
        .######.
        ###..###
        ##....##""",
    "J": """
        ......##
        ......##
        ......##
        ......##
        ##....##
        ##....##
        ########
        .######.""",
}


def letters() -> dict[str, list[int]]:
    """Return {letter: 64 pixels, row by row}: 1 for ink, -1 for paper.

    >>> letters()["T"][:8], letters()["T"][-8:]
    ([1, 1, 1, 1, 1, 1, 1, 1], [-1, -1, -1, 1, 1, -1, -1, -1])
    """
    return {
        name: [1 if pixel == "#" else -1 for pixel in "".join(text.split())]
        for name, text in _DRAWN.items()
    }
