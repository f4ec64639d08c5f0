"""A drawing: its text, and how to show and save it."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from viz.render import RenderError, render
from viz.svg import finish

_SUFFIXES = (".svg", ".png", ".pdf", ".dot")
_NOTEBOOK_SECONDS = 10.0


@dataclass(frozen=True, repr=False)
class Drawing:
    """Hold a picture as DOT text, and a title that says in words what it shows."""

    source: str
    title: str = "computation"

    def svg(self, timeout: float = 60.0) -> str:
        """Return the picture as SVG; raise RenderError if it can't be drawn."""
        return finish(render(self.source, "svg", timeout).decode(), self.title, self.source)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture as .svg, .png, .pdf or .dot, whole or not at all; return the path.

        Raises ValueError for another ending, RenderError if it can't be drawn and OSError if the
        file can't be written.
        """
        path = Path(path)
        kind = path.suffix.lower()
        if kind not in _SUFFIXES:
            raise ValueError(f"{str(path)!r}: the name must end in {', '.join(_SUFFIXES)}")
        if kind == ".dot":
            content = self.source.encode()
        else:
            content = self.svg().encode() if kind == ".svg" else render(self.source, kind[1:])
        draft = path.with_name(f".{uuid4().hex}{kind}")
        try:
            draft.write_bytes(content)
            draft.replace(path)
        except OSError as error:
            reason = error.strerror if path.parent.is_dir() else "there is no such folder"
            raise OSError(error.errno, f"can't write the picture: {reason}", str(path)) from None
        finally:
            with suppress(OSError):
                draft.unlink()
        return path

    def _repr_svg_(self) -> str | None:
        try:
            return self.svg(_NOTEBOOK_SECONDS)
        except RenderError:  # the notebook then shows the repr
            return None

    def __repr__(self) -> str:
        return f"<Drawing: {self.title}; .save('picture.svg') saves it, .source is its DOT text>"
