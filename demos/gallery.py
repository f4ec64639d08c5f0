"""Every picture that viz can draw, those of the README among them, on one page of thumbnails.

The README's pictures are kept in demos/pictures; after a change to what they look like,

    python -m demos gallery && cp out/gallery/{convolution,neuron,player_frame,mlp_summary,\
decision_boundary,gradient_flow}.svg demos/pictures/

renews them. The diagrams are drawn by the packaged renderer where there is one, which gives the
same bytes on every machine.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from autograd.files import write_whole
from demos._gallery_entries import README, SECTIONS, Entry
from demos._gallery_page import page
from demos._gallery_things import Things
from demos._progress import progress
from demos._report import Report
from viz import Drawing
from viz.rendering.render import pure_dot
from viz.rendering.svg import finish

_PLACES = re.compile(r'(?<= )(?:d|x|y|width|height|points|transform)="[^"]*"')


def main(out: Path, quick: bool) -> Report:
    """Draw everything, and write an index.html of it."""
    things, drawn = Things(quick), Report()
    entries = [entry for section in SECTIONS.values() for entry in section]
    with progress("gallery", len(entries)) as advance, same_renderer():
        for entry in entries:
            drawn.write(out / entry.file, "", partial(draw, entry, things))
            advance(entry.name)
    written = [path for path, _ in drawn.files]
    texts = {path.name: path.read_text("utf-8") for path in written if path.suffix == ".txt"}
    text = page(SECTIONS, {path.name for path in written}, texts, README, things.meanings())
    report = Report(problems=drawn.problems)
    report.write(out / "index.html", f"the gallery, with {len(written)} pictures and pages",
                 lambda path: write_whole(path, text, "page"))  # fmt: skip
    report.files += [(path, "in the README") for path in written if path.stem in README]
    return report


def draw(entry: Entry, things: Things, path: Path) -> None:
    """Write what an entry's call makes: an SVG that says what it shows, a text, or a page.

    Raises ImportError, RenderError and OSError as the call does.
    """
    path = path.resolve()
    with chdir(path.parent):  # the calls that write pages name files of this folder
        made = eval(entry.call, {}, things)  # the caption cannot say anything but what was done
    if isinstance(made, Drawing):
        replace(made, title=entry.alt).save(path)
    elif isinstance(made, str):
        write_whole(path, f"{made}\n", "text")
    elif not isinstance(made, Path):
        write_whole(path, small_svg(made, entry.alt, entry.name), "picture")


def small_svg(figure: Any, alt: str, mark: str) -> str:
    """Return a matplotlib figure as SVG with letters that are text, and places to 1/100 point.

    The same figure and mark give the same text.
    """
    from matplotlib import rc_context

    out, nothing = io.StringIO(), dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with rc_context({"svg.hashsalt": mark, "svg.fonttype": "none"}):  # else ids are random
        figure.savefig(out, format="svg", metadata=nothing)
    text = re.sub(r">\n\s*<", ">\n<", finish(out.getvalue(), alt, mark))
    return _PLACES.sub(lambda match: re.sub(r"\d+\.\d{3,}", _rounded, match[0]), text)


def _rounded(match: re.Match[str]) -> str:
    return f"{float(match[0]):.2f}".rstrip("0").rstrip(".")


@contextmanager
def same_renderer() -> Iterator[None]:
    """Draw diagrams with the packaged renderer, if it is there and the user named no other."""
    program = None if "GRAPHVIZ_DOT" in os.environ else pure_dot()
    if program is None:
        yield
        return
    os.environ["GRAPHVIZ_DOT"] = program
    try:
        yield
    finally:
        del os.environ["GRAPHVIZ_DOT"]
