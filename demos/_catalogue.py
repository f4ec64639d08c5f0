"""The demos by name: every file of this folder that starts with a letter."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path

from demos._report import Report


def names() -> dict[str, str]:
    """Return {name: first line of its docstring}, without importing any."""
    found = {}
    for path in sorted(Path(__file__).parent.glob("[a-z]*.py")):
        text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        found[path.stem] = text.partition("\n")[0]
    return found


def run(name: str, out: Path, quick: bool) -> Report:
    """Run the demo of that name, which writes into a folder of that name, and return its report."""
    report = import_module(f"demos.{name}").main(out / name, quick)
    assert isinstance(report, Report)
    return report
