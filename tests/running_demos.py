"""Run one demo in its quick form, and take what it printed and wrote."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from demos.__main__ import main


def run(name, folder, capsys):
    pytest.importorskip("matplotlib")
    status = main([name, "--quick", "--out", str(folder)])
    said = capsys.readouterr().out
    written = {path.name for path in folder.glob("*/*")}
    assert all(
        path.read_text(encoding="utf-8").rstrip().endswith("</svg>") for path in folder.glob("*/*")
    )
    return status, [line.replace("│", " ").split() for line in said.splitlines()], said, written


def figures(said):
    """Return {what: figure} of the lines with what must be reached; a name told twice is left out.

    Then none would say which.
    """
    found = re.findall(r"^(?:problem: )?(.+): (\S+) \(must be", said, re.MULTILINE)
    times = Counter(what for what, _ in found)
    return {what: float(figure) for what, figure in found if times[what] == 1}
