"""A worksheet for a class: exercises with blank boxes, and the key with the chain rule."""

from __future__ import annotations

import os
import textwrap
from dataclasses import dataclass
from html import escape
from pathlib import Path

from autograd.files import write_whole
from viz.rendering.render import RenderError
from viz.worksheets.exercise import BLANK, Exercise
from viz.worksheets.exercises import exercises
from viz.worksheets.worksheet_pages import pdf, svg

_SUFFIXES = (".html", ".svg", ".pdf", ".txt")
_TASK = (
    "Fill in the boxes. Forward: work out data from left to right. Backward: the last box has "
    "grad 1; each input of a box gets ∂(box)/∂(input) × grad of the box, and what is used twice "
    "adds up what it gets."
)
_KEY = (
    "All boxes filled in, with the local derivative on each arrow, and the gradient of each leaf: "
    "the sum over the paths to it of the products of local derivatives."
)
_STYLE = """
.worksheet { font: 16px/1.45 Helvetica, Arial, sans-serif; color: #1F2328; background: #fff;
  max-width: 60rem; margin: 0 auto; padding: 1rem }
.worksheet h1 { font-size: 1.5em; margin: 0 }
.worksheet h2 { font-size: 1.1em; margin: 0 }
.worksheet header p, .worksheet footer, .worksheet .given { color: #4B5563; margin: .3em 0 }
.worksheet .name { margin: .8em 0; color: inherit }
.worksheet section { margin: 1.2em 0; padding-top: .6em; border-top: 1px solid #D0D7DE;
  break-inside: avoid }
.worksheet section:has(pre) { break-inside: auto }
.worksheet h2, .worksheet .given { break-after: avoid }
.worksheet svg, .worksheet pre { break-inside: avoid }
.worksheet .work { height: 7em; margin-top: .5em; border: 1px dashed #9AA0A8;
  border-radius: 6px; padding: .1em .5em; color: #6B7280; font-size: .8em }
.worksheet .rules { display: flex; flex-wrap: wrap; gap: .4em 2.5em }
.worksheet pre { font: .8em/1.35 "Courier New", Courier, monospace; margin: .4em 0;
  white-space: pre-wrap }
.worksheet table { border-collapse: collapse; margin: .5em 0 }
.worksheet th, .worksheet td { border: 1px solid #9AA0A8; padding: .25em .5em; text-align: left }
.worksheet td + td + td { min-width: 5em; text-align: right }
@page { margin: 14mm }
@media print { .worksheet { font-size: 12px; max-width: none; padding: 0 } }
"""


def worksheet(n: int = 6, seed: int = 1, level: str = "chain rule") -> Worksheet:
    """Return a sheet of n random exercises in which data and grad are to be filled in.

    The levels are "sums and products", "chain rule", "shared values" (gradients add up),
    "activations" (relu and squares) and "neuron". All numbers are fractions with small
    denominators, worked out by the engine; the same arguments give the same pages, byte for byte.
    Raises ValueError for an unknown level and n not from 1 to 100, TypeError for an n or a seed
    that is no int.

    >>> worksheet(n=2)
    <Worksheet: 2 exercises, chain rule, seed 1; .save('sheet.html'), .save_answers('key.html')>
    """
    return Worksheet(exercises(n, seed, level), level, seed)


@dataclass(frozen=True, eq=False, repr=False)
class Worksheet:
    """Hold exercises, and write them as a sheet with blanks or, with answers=True, as its key."""

    exercises: tuple[Exercise, ...]
    level: str
    seed: int

    def save(self, path: str | os.PathLike[str], answers: bool = False) -> Path:
        """Write the sheet as .html, .svg, .pdf or .txt, whole or not at all; return the path.

        The pictures of .svg and .pdf need a program to draw with, .pdf matplotlib besides;
        .html has tables in their place where there is none. Raises ValueError for another
        ending, RenderError or ImportError for what is missing, OSError if it can't be written.
        """
        path = Path(path)
        kind = path.suffix.lower()
        if kind not in _SUFFIXES:
            raise ValueError(f"{str(path)!r}: the name must end in {', '.join(_SUFFIXES)}")
        if kind == ".pdf":
            return write_whole(path, pdf(self, answers), "worksheet")
        write_as = {".html": self.html, ".svg": self.svg, ".txt": self.text}[kind]
        return write_whole(path, write_as(answers).encode(), "worksheet")

    def save_answers(self, path: str | os.PathLike[str]) -> Path:
        """Write the key, as `save` with answers=True."""
        return self.save(path, answers=True)

    def title(self, answers: bool = False) -> str:
        """Return the heading of the sheet or of its key."""
        return f"{'Answers' if answers else 'Worksheet'}: {self.level}"

    def task(self, answers: bool = False) -> str:
        """Return what is to be done, or what the key shows."""
        return _KEY if answers else _TASK

    @property
    def origin(self) -> str:
        """Return the call that makes this sheet again."""
        return f'viz.worksheet(n={len(self.exercises)}, seed={self.seed}, level="{self.level}")'

    def html(self, answers: bool = False) -> str:
        """Return the sheet as one HTML page that needs no other file and prints on A4 or Letter."""
        title = escape(self.title(answers))
        return (
            f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
            '<meta name="viewport" content="width=device-width"></head><body style="margin:0">'
            f"\n{self._body(answers)}\n</body></html>\n"
        )

    def svg(self, answers: bool = False) -> str:
        """Return the sheet as one tall SVG; raise RenderError if it can't be drawn."""
        return svg(self, answers)

    def text(self, answers: bool = False) -> str:
        """Return the sheet as text, with a table for each exercise."""
        blocks = [self.title(answers), textwrap.fill(self.task(answers), 76)]
        for i, exercise in enumerate(self.exercises, 1):
            rows = [("name", "operation", "data", "grad"), *exercise.rows(answers)]
            widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
            lines = [
                f"    {a:{widths[0]}}   {b:{widths[1]}}   {c:>{widths[2]}}   {d:>{widths[3]}}"
                for a, b, c, d in rows
            ]
            block = [f"{i}.  {exercise.formula}    ({exercise.givens})", "", *lines]
            blocks.append("\n".join(block))
            if answers:
                blocks += [textwrap.indent(rule, " " * 4) for rule in exercise.chain_rules()]
        return "\n\n".join([*blocks, self.origin]) + "\n"

    def _body(self, answers: bool) -> str:
        name = "" if answers else '<p class="name">Name ______________________  Date __________</p>'
        head = f"<h1>{escape(self.title(answers))}</h1>{name}<p>{escape(self.task(answers))}</p>"
        sections = [
            f"<section><h2>{i}.&ensp;{escape(exercise.formula)}</h2>"
            f'<p class="given">{escape(exercise.givens)}</p>'
            f"{_picture(exercise, answers)}{_below(exercise, answers)}</section>"
            for i, exercise in enumerate(self.exercises, 1)
        ]
        foot = f"<footer><code>{escape(self.origin)}</code></footer>"
        start = f'<style>{_STYLE}</style><main class="worksheet"><header>{head}</header>'
        return "\n".join([start, *sections, f"{foot}</main>"])

    def _repr_html_(self) -> str:
        return self._body(answers=False)

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        count = f"{len(self.exercises)} exercise{'s' * (len(self.exercises) > 1)}"
        return (
            f"<Worksheet: {count}, {self.level}, seed {self.seed}; "
            ".save('sheet.html'), .save_answers('key.html')>"
        )


def _picture(exercise: Exercise, answers: bool) -> str:
    try:
        return exercise.picture(answers).svg()
    except RenderError:  # a table asks the same questions
        rows = ("".join(f"<td>{escape(x).replace(BLANK, '')}</td>" for x in row)
                for row in exercise.rows(answers))  # fmt: skip
        head = "".join(f"<th>{name}</th>" for name in ("name", "operation", "data", "grad"))
        return f"<table><tr>{head}</tr>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


def _below(exercise: Exercise, answers: bool) -> str:
    if not answers:
        return '<div class="work">work</div>'
    rules = "".join(f"<pre>{escape(rule)}</pre>" for rule in exercise.chain_rules())
    return f'<div class="rules">{rules}</div>'
