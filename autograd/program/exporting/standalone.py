"""A compiled function as a Python file that needs NumPy and nothing else."""

from __future__ import annotations

import inspect
import keyword
import re
import textwrap
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd import special, special_arrays
from autograd.program.exporting import standalone_parts
from autograd.program.exporting.embedded import embedded, read_names
from autograd.program.exporting.exported import Exported, Given
from autograd.program.exporting.literals import PACKED, literal
from autograd.program.exporting.wrappers import Wrappers
from autograd.program.pure.graph import Numbers
from autograd.program.pure.namespace import Namespace, of_numpy
from autograd.program.pure.program import PureProgram
from autograd.program.recording.record import DRAWS

if TYPE_CHECKING:
    from autograd.program.compiled import Compiled
    from autograd.program.running.program import Program

_ONE_BY_ONE = ("gamma", "lgamma", "digamma", "polygamma")  # of floats
_MODULES = ("np", "math", "base64", "partial")  # names that a file may import
_LINE = 96


class Standalone(Exported):
    """Write a compiled function as a file: functions for people, programs, and numbers.

    It has a function of the same name and arguments whose results are in the same form and, where
    that is one number, `<name>_and_gradients`. Raises what `Exported` raises.
    """

    def __init__(self, compiled: Compiled) -> None:
        super().__init__(compiled, compiled.recordings.latest())
        self.name = compiled.name
        if not self.name.isidentifier() or keyword.iskeyword(self.name):
            self.name = "program"  # that of a lambda is no name
        for part in self.parts:
            if self.by_rows:
                part.wanted = [part.columns[x.place] for x in self._floats(part)]

    def part(self, program: Program, places: Numbers, **options: Any) -> PureProgram:
        part = super().part(program, places, **options)
        part.outputs = [part.made.graph.spread(y, y.grid, row=True) for y in part.outputs]
        return part

    @property
    def branches(self) -> bool:
        """Say whether there are several ways of computing a row."""
        return len(self.parts) > 1

    def whole(self, x: Given) -> str | None:
        """Return the name of the array that a shared argument is, None if it is in parts."""
        parts = self.parts_of(x)
        for name, at in parts.items():
            if len(parts) == 1 and at.shape == x.shape and (np.diff(at.ravel()) == 1).all():
                return name
        return None

    def parts_of(self, x: Given) -> dict[str, Numbers]:
        """Return the arrays that programs make of a shared argument, by places of its numbers."""
        return {name: at for name, (source, at) in self.sources.items() if source == x}

    # gradients ------------------------------------------------------------------------------------

    @property
    def by_rows(self) -> bool:
        """Say whether gradients are by the rows: there is nothing that all of them share."""
        return not self.trained

    @cached_property
    def of_rows(self) -> dict[str, str]:
        """Return the names of gradients by rows, and the place of the rows."""
        if not self.by_rows:
            return {}
        return {part.columns[x.place]: x.place for part in self.parts for x in self._floats(part)}

    def _floats(self, part: PureProgram) -> list[Given]:
        """Return those row arguments that a program can be differentiated by."""
        return [x for x in self.inputs
                if x.kind == "float" and x.place in part.columns and x.place != DRAWS]  # fmt: skip

    @cached_property
    def has_gradients(self) -> bool:
        """Say whether it gives one number, and there is something to differentiate by."""
        return bool(self.trained or self.of_rows) and self.output.form() == "number"

    def namespace(self) -> Namespace:
        return of_numpy(self.dtype)

    # text -----------------------------------------------------------------------------------------

    def text(self) -> str:
        """Return the file."""
        constants: dict[str, Any] = {}
        programs = [self._program(k, part, constants) for k, part in enumerate(self.parts)]
        numbers = self._numbers(constants)
        wrappers = Wrappers(self, self.name)
        imports, helpers = self._helpers([*programs, *wrappers.texts()])
        if any("_unpacked(" in text for text in numbers):
            imports.append("import base64")
            helpers.append(PACKED)
        known = [*programs, *helpers, *numbers]
        defined = {x for text in known for x in re.findall(r"^(?:def )?(\w+)", text, re.MULTILINE)}
        read = {x for text in known for x in read_names(text)} - defined - {*_MODULES}
        from_numpy = sorted(x for x in read if hasattr(np, x))
        while wrappers.name in {*defined, *from_numpy, *_MODULES}:  # a program would call it
            wrappers.name += "_"
        head = f'"""{self._docstring(wrappers)}"""\n\n{_imports(imports, from_numpy)}'
        parts = [
            head, *wrappers.texts(), *programs, *helpers, *wrappers.tables(), *numbers
        ]  # fmt: skip
        return "\n\n\n".join(parts) + "\n"

    def _program(self, k: int, part: PureProgram, constants: dict[str, Any]) -> str:
        """Return the functions of a program as text; constants have names for the whole file."""
        part.constants = constants
        holds = [part.holds_text] if self.branches else []
        part.holds = None  # asked for before: other rows may have indices that are none here
        texts = [*holds, part.forward_text, *([part.reverse_text] if self.has_gradients else [])]
        whole = "\n\n".join(texts).rstrip()
        whole = re.sub(r"    \w+ = matrix\(\w+\)\n", "", whole)  # they are matrices already
        for name in _ONE_BY_ONE:
            whole = re.sub(rf"\b{name}\(", f"{name}_of_each(", whole)
        suffix = f"_{k + 1}" * self.branches

        def head(found: re.Match[str]) -> str:
            name, first, rest = found[1], found[2].split(", ")[:2], found[2].split(", ")[2:]
            read = dict(zip(part.columns, rest, strict=False))
            places = [x.place for x in self.inputs if x.row]
            columns = [read.get(place, f"_{i}") for i, place in enumerate(places)]
            columns += rest[len(read) :]
            return f"def _{name}{suffix}({', '.join([*first, *columns])}):"

        return re.sub(r"^def (\w+)\((.*)\):", head, whole, flags=re.MULTILINE)

    def _numbers(self, constants: dict[str, Any]) -> list[str]:
        """Return the numbers that the file keeps, as text."""
        kept = "".join(
            f"    {name!r}: {literal(numbers, '    ')},\n" for name, numbers in self.kept.items()
        )
        texts = [f"PARAMETERS = {{\n{kept}}}"] if kept else []
        known: dict[str, str] = {}
        lines = []
        for name, numbers in constants.items():
            if numbers.dtype.kind == "f":
                numbers = numbers.astype(self.dtype)
            text = literal(numbers)
            lines.append(f"{name} = {known.setdefault(text, name) if text in known else text}")
            known.setdefault(text, name)
        return texts + ["\n".join(lines)] * bool(lines)

    def _helpers(self, texts: list[str]) -> tuple[list[str], list[str]]:
        """Return the imports and the text of the functions that are not NumPy's."""
        namespace = self.namespace()
        read = {x for text in texts for x in read_names(text)}
        functions: dict[str, Any] = {}
        lines = []
        for x in sorted(read):
            name = x.removesuffix("_of_each")
            if name in _ONE_BY_ONE and name != x:
                functions[name] = getattr(special, name)
                lines.append(f"{x} = np.vectorize({name}, otypes=[np.{self.compiled.dtype}])")
            elif hasattr(special_arrays, x) and x in ("erf", "erfc", "normal_cdf", "gaussian"):
                functions[x] = getattr(special_arrays, x)
            elif inspect.isfunction(found := getattr(standalone_parts, x, None)):
                functions[x] = found
            elif x in ("scatter", "add_rows"):
                functions[x] = namespace[x]
        imports, found = embedded(functions)
        if "einsum" in read:
            imports.append("from functools import partial")
            lines.append("einsum = partial(np.einsum, optimize=True)")
        if "zeros" in read:
            lines.append(f"zeros = partial(np.zeros, dtype=np.{self.compiled.dtype})")
            imports.append("from functools import partial")
        return imports, [*found, *(["\n".join(lines)] if lines else [])]

    def _docstring(self, wrappers: Wrappers) -> str:
        """Return what the file says of itself."""
        lines = [
            f"{wrappers.name}: {wrappers.result()}, by NumPy alone.\n",
            f"Written by chalkgrad from a compiled function, in {self.compiled.dtype}.\n",
        ]
        for x in self.inputs:
            sizes = [*["rows"] * x.row, *map(str, x.shape)]
            shape = ", ".join(sizes) + "," * (len(sizes) == 1)
            kind = "whole numbers" if x.kind == "integer" else "numbers"
            if x.place == DRAWS:
                kind = "random numbers, as the function draws them"
            one = not x.row and not x.shape
            lines.append(f"    {x.place}: {'a number' if one else f'({shape}) {kind}'}")
        if self.left_out:
            lines.append(f"    {', '.join(self.left_out)}: as it was then, no argument any more")
        lines.append("")
        if self.kept:
            lines.append("The numbers that it keeps are in PARAMETERS, at the end.")
        lines.append("On the rows that were recorded it gave what the function gives.")
        return "\n".join(lines) + "\n"


def _imports(modules: Iterable[str], from_numpy: Sequence[str]) -> str:
    """Return the lines that import, those of Python's own modules first."""
    own = sorted({x for x in modules if "numpy" not in x}, key=lambda x: (x.startswith("from"), x))
    numpy = ["import numpy as np"]
    if from_numpy:
        names = textwrap.fill(
            ", ".join(from_numpy), _LINE, initial_indent="    ", subsequent_indent="    "
        )
        line = f"from numpy import {', '.join(from_numpy)}"
        numpy.append(line if len(line) <= _LINE else f"from numpy import (\n{names},\n)")
    return "\n".join([*own, *[""] * bool(own), *numpy])
