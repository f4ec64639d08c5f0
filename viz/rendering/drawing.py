"""A drawing: its text, and how to show and save it."""

from __future__ import annotations

import html
import os
import tempfile
import webbrowser
from dataclasses import dataclass
from pathlib import Path

from autograd.files import write_whole
from viz.rendering.painting import pdf
from viz.rendering.render import RenderError, render
from viz.rendering.svg import finish

_SUFFIXES = (".svg", ".png", ".pdf", ".html", ".dot", ".json")
_NOTEBOOK_SECONDS = 10.0
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ margin: 1.5rem; font: 1rem/1.5 system-ui, sans-serif; }}
figure {{ margin: 0; }}
.picture {{ overflow-x: auto; background: white; border-radius: 8px; }}
figcaption {{ margin-top: 0.75rem; }}
@media print {{ body {{ margin: 0; }} }}
</style>
</head>
<body>
<figure>
<div class="picture">{svg}</div>
<figcaption>{title}</figcaption>
</figure>
</body>
</html>
"""


@dataclass(frozen=True, repr=False)
class Drawing:
    """Hold a picture as DOT text, and a title that says in words what it shows."""

    source: str
    title: str = "computation"

    def svg(self, timeout: float = 60.0) -> str:
        """Return the picture as SVG; raise RenderError if it can't be drawn."""
        return finish(render(self.source, "svg", timeout).decode(), self.title, self.source)

    def html(self, timeout: float = 60.0) -> str:
        """Return a page of its own, which needs no network; raise RenderError as `svg` does."""
        return _PAGE.format(title=html.escape(self.title), svg=self.svg(timeout))

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture, whole or not at all, as the ending says; return the path.

        .svg, .png and .pdf are pictures, .html is a page with the SVG in it, .dot the DOT text and
        .json what Graphviz made of it, with the place of everything. Raises ValueError for another
        ending, RenderError if it can't be drawn and OSError if the file can't be written.
        """
        path = Path(path)
        kind = path.suffix.lower()
        if kind not in _SUFFIXES:
            what = "a folder: name a file in it, which" if path.is_dir() else "the name"
            raise ValueError(f"{str(path)!r}: {what} must end in {', '.join(_SUFFIXES)}")
        if kind == ".dot":
            content = self.source.encode()
        elif kind in (".svg", ".html"):
            content = (self.svg() if kind == ".svg" else self.html()).encode()
        elif kind == ".pdf":
            content = pdf(self.source, self.title)
        else:
            content = render(self.source, kind[1:])
        return write_whole(path, content, "picture")

    def show(self) -> None:
        """Open the picture in a web browser; raise RenderError if it can't be drawn or opened."""
        page = self.html()
        path = Path(tempfile.mkdtemp(prefix="chalkgrad-"), "picture.html")  # the browser reads it
        if not webbrowser.open(write_whole(path, page, "picture").as_uri()):
            raise RenderError(f"no web browser was found; the picture is {path}")

    def _repr_svg_(self) -> str | None:
        try:
            return self.svg(_NOTEBOOK_SECONDS)
        except Exception:  # the notebook then shows the repr
            return None

    def __repr__(self) -> str:
        return f"<Drawing: {self.title}; .save('picture.svg') saves it, .source is its DOT text>"
