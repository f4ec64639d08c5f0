"""From DOT text to a picture, with whichever program there is: the only place that runs one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

_DPI = 144
_MOST_PIXELS = 40_000_000
_HOW_TO_GET = (
    "pip install 'chalkgrad[render]', or install Graphviz (https://graphviz.org/download); "
    "the DOT text is in .source"
)


class RenderError(RuntimeError):
    """Say why there is no picture, and what to do about it."""


def render(source: str, kind: str, timeout: float = 60.0) -> bytes:
    """Return DOT text drawn as "svg", "png" or "pdf".

    The program is the one that GRAPHVIZ_DOT names, else `dot`, else `graphviz-pure`. Raises
    RenderError if there is none, it fails, it takes more than `timeout` seconds, or the picture
    would be too large.
    """
    program = system_dot()
    if kind == "pdf" and program is None:
        raise RenderError(
            "PDF needs the program dot: install Graphviz (https://graphviz.org/download), "
            "or save as .svg and print that"
        )
    program = program or pure_dot()
    if program is None:
        raise RenderError(f"no program to draw with was found: {_HOW_TO_GET}")
    if kind == "png":
        _check_pixels(_run(program, "svg", source, timeout))
    return _run(program, kind, source, timeout)


def system_dot() -> str | None:
    """Return the path of Graphviz's dot: GRAPHVIZ_DOT or what PATH finds."""
    named = os.environ.get("GRAPHVIZ_DOT")
    if named and not shutil.which(named):
        raise RenderError(f"GRAPHVIZ_DOT={named!r} is not a program: correct or unset it")
    return shutil.which(named or "dot")


def pure_dot() -> str | None:
    """Return the path of graphviz-pure, which pip puts where PATH need not find it."""
    try:
        files = metadata.files("graphviz-pure") or []
    except metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.stem == "graphviz-pure" and (path := Path(str(file.locate()))).exists():
            return str(path.resolve())
    return shutil.which("graphviz-pure")  # installed apart, as by uv tool or pipx


def _run(program: str, kind: str, source: str, timeout: float) -> bytes:
    command = [program, f"-T{kind}"] + ([f"-Gdpi={_DPI}"] if kind == "png" else [])
    flags = 0x08000000 if sys.platform == "win32" else 0  # no console window flashes up
    try:
        done = subprocess.run(command, input=source.encode(), capture_output=True,
                              timeout=timeout, creationflags=flags)  # fmt: skip
    except subprocess.TimeoutExpired:
        raise RenderError(
            f"drawing took longer than {timeout:g} s: draw fewer values, or view='summary'"
        ) from None
    except OSError as error:
        raise RenderError(f"{program} does not start ({error}): {_HOW_TO_GET}") from error
    if done.returncode or not done.stdout:
        said = done.stderr.decode(errors="replace").strip() or f"exit status {done.returncode}"
        raise RenderError(f"{program} could not draw: {said[:500]}")
    return done.stdout


def _check_pixels(svg: bytes) -> None:
    match = re.search(rb'<svg width="([\d.]+)pt" height="([\d.]+)pt"', svg)
    if match:
        width, height = (round(float(side) * _DPI / 72) for side in match.groups())
        if width * height > _MOST_PIXELS:
            raise RenderError(
                f"as PNG the picture would have {width} x {height} pixels: save it as .svg"
            )
