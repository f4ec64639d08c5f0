"""Whatever a user calls a value, the label shows it and nothing else happens."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from autograd import Value
from viz import draw
from viz.diagrams.labels import escape

NAMES = [
    ('"quoted"', '"quoted"'),
    ("<b>bold</b> & <i>", "<b>bold</b> & <i>"),
    ("&amp; &lt;", "&amp; &lt;"),
    (r"\N \n \G \\", r"\N \n \G \\"),
    ("two\nlines\r\n\tand a tab", "two lines and a tab"),
    ("nul \0 bell \a escape \x1b", "nul bell escape"),
    ("\ud800 lone", "lone"),
    ("שלום", "שלום"),
    ("a \u202etxet desrever", "a txet desrever"),
    ("👩\u200d🔬", "👩\u200d🔬"),
    ("]]> --> </TABLE>>", "]]> --> </TABLE>>"),
    ("n0:w:e", "n0:w:e"),
    ("<", "<"),
    ("x" * 100, "x" * 39 + "…"),
]


@pytest.mark.parametrize(("name", "shown"), NAMES, ids=range(len(NAMES)))
@pytest.mark.parametrize("view", ["detail", "full"])
def test_a_label_is_shown_as_it_is(name: str, shown: str, view: str) -> None:
    drawing = draw(Value(1.0, name) * Value(2.0, name), view)
    root = ET.fromstring(drawing.svg())
    texts = [
        (t.text or "").replace("\xa0", " ") for t in root.iter("{http://www.w3.org/2000/svg}text")
    ]
    assert texts.count(shown) == 2
    assert len(drawing.source.splitlines()) == {"detail": 10, "full": 6}[view]


def test_a_blank_name_leaves_no_empty_markup() -> None:
    assert escape(" \n ") == ""
    for view in ("detail", "full"):
        assert "<B>leaf</B>" in draw(Value(1.0, "\n"), view).source
