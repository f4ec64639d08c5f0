"""From DOT text to a picture, with whichever program there is: the only place that runs one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path

_DPI = 144
_MOST_PIXELS = 40_000_000
_OPTIONS = {"png": (f"-Gdpi={_DPI}",), "pdf": ("-Gmargin=0",)}  # a PDF as large as the SVG
_HOW_TO_GET = (
    "pip install 'chalkgrad[{}]', or install Graphviz (https://graphviz.org/download); "
    "the DOT text is in .source"
)
# what dot does, by the libraries in pygraphviz; in a process of its own, which can be stopped
_PYGRAPHVIZ = """
import sys
from pygraphviz import AGraph
kind, *options = sys.argv[1:]
graph = AGraph(string=sys.stdin.buffer.read().decode())
graph.graph_attr.update(option[2:].split("=") for option in options)
sys.stdout.buffer.write(graph.draw(format=kind[2:], prog="dot"))
"""


class RenderError(RuntimeError):
    """Say why there is no picture, and what to do about it."""


def render(source: str, kind: str, timeout: float = 60.0) -> bytes:
    """Return DOT text drawn as "svg", "png" or "json"; as "pdf", if the program can.

    The program is the one that GRAPHVIZ_DOT names, else `dot`, else `graphviz-pure`, else the
    Graphviz inside an installed pygraphviz. Raises RenderError if there is none, it fails, it
    takes more than `timeout` seconds, or the picture would be too large.
    """
    program = system_dot() or pure_dot()
    command = [program] if program else pygraphviz_dot()
    if not command:
        how = _HOW_TO_GET.format("render,plot" if kind == "pdf" else "render")
        raise RenderError(f"no program to draw with was found: {how}")
    start = time.monotonic()
    if kind == "png":
        _check_pixels(_run(command, "svg", source, timeout))
    return _run(command, kind, source, timeout, time.monotonic() - start)


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


def pygraphviz_dot() -> list[str]:
    """Return the command that draws with pygraphviz, empty without its version 2 or newer."""
    try:  # older ones run dot
        newer = int(metadata.version("pygraphviz").partition(".")[0]) >= 2
    except (metadata.PackageNotFoundError, ValueError):
        newer = False
    return [sys.executable, "-c", _PYGRAPHVIZ] if newer else []


def _run(program: list[str], kind: str, source: str, timeout: float, spent: float = 0.0) -> bytes:
    command = [*program, f"-T{kind}", *_OPTIONS.get(kind, ())]
    name = program[0] if len(program) == 1 else "pygraphviz"
    flags = 0x08000000 if sys.platform == "win32" else 0  # no console window flashes up
    try:
        done = subprocess.run(command, input=source.encode(), capture_output=True,
                              timeout=max(0.0, timeout - spent), creationflags=flags)  # fmt: skip
    except subprocess.TimeoutExpired:
        raise RenderError(
            f"drawing took longer than {timeout:g} s: draw fewer values, or view='summary'"
        ) from None
    except OSError as error:
        how = _HOW_TO_GET.format("render")
        raise RenderError(f"{name} does not start ({error}): {how}") from error
    if done.returncode or not done.stdout:
        said = done.stderr.decode(errors="replace").strip() or f"exit status {done.returncode}"
        raise RenderError(f"{name} could not draw: {said[:500]}")
    return done.stdout


def _check_pixels(svg: bytes) -> None:
    match = re.search(rb'<svg width="([\d.]+)pt" height="([\d.]+)pt"', svg)
    if match:
        width, height = (round(float(side) * _DPI / 72) for side in match.groups())
        if width * height > _MOST_PIXELS:
            raise RenderError(
                f"as PNG the picture would have {width} x {height} pixels: save it as .svg"
            )
