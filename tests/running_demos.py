"""Run one demo in its quick form, and take what it printed and wrote."""

from __future__ import annotations

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
