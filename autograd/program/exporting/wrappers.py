"""The functions of a standalone file that people call, as text: arguments, results, gradients."""

from __future__ import annotations

import inspect
import math
from typing import TYPE_CHECKING

import numpy as np

from autograd.program.exporting.exported import Returned
from autograd.program.exporting.literals import dict_text, index_text, tree_text

if TYPE_CHECKING:
    from autograd.program.exporting.standalone import Standalone

_MEANS = {None: "", "sum": ".sum(0)", "mean": ".mean(0)"}


class Wrappers:
    """Write the functions of a file around its programs.

    No name that arguments may have is read beside them: they are handed on at once.
    """

    def __init__(self, file: Standalone, name: str) -> None:
        self.file, self.name = file, name
        self.dtype = f"np.{file.compiled.dtype}"
        self.with_rows = bool(file.compiled.row_names)
        self.reduce = file.compiled.reduce

    @property
    def arguments(self) -> list[str]:
        """Return the names of the arguments of the file's function, in order."""
        return list(dict.fromkeys(x.argument for x in self.file.inputs))

    @property
    def names(self) -> str:
        """Return them as text."""
        return ", ".join(self.arguments)

    def signature(self) -> str:
        """Return the arguments with those defaults that are numbers."""
        parameters = self.file.compiled.signature.parameters
        texts: list[str] = []
        for name in reversed(self.arguments):
            default = parameters[name].default if name in parameters else inspect.Parameter.empty
            plain = isinstance(default, (int, float)) and math.isfinite(default)
            last = not texts or "=" in texts[0]  # one without a default cannot follow one with it
            number = float(default) if isinstance(default, np.floating) else default
            texts.insert(0, f"{name}={number!r}" if plain and last else name)
        return ", ".join(texts)

    def texts(self) -> list[str]:
        """Return the functions."""
        both = [self._and_gradients(), self._with_gradients()] if self.file.has_gradients else []
        return [self._function(), *both, self._given(), self._returned()]

    # what people call -----------------------------------------------------------------------------

    def _function(self) -> str:
        run = "_run(WAYS, " if self.file.branches else "_forward("
        return (
            f'@np.errstate(all="ignore")\n'
            f"def {self.name}({self.signature()}):\n"
            f'    """Return {self.result()}."""\n'
            f"    return _returned({run}*_given({self.names}))[0])"
        )

    def _and_gradients(self) -> str:
        return (
            f'@np.errstate(all="ignore")\n'
            f"def {self.name}_and_gradients({self.signature()}):\n"
            f'    """Return ({self.name}({self.names}), {self.slopes()})."""\n'
            f"    return _with_gradients(*_given({self.names}))"
        )

    def _with_gradients(self) -> str:
        places = [x.place for x in self.file.inputs if x.row]
        of_rows = {name: places.index(place) for name, place in self.file.of_rows.items()}
        run = f"_run_back(WAYS, {of_rows}, " if self.file.branches else "_reverse("
        weights = f"np.full(n, 1 / n, {self.dtype})" if self.reduce == "mean" else (
            f"np.ones(n, {self.dtype})")  # fmt: skip
        return (
            f"def _with_gradients(n, p, *columns):\n"
            f'    """Return what `{self.name}_and_gradients` does."""\n'
            f"    weights = {weights}\n"
            f"    outputs, _, gradients = {run}n, p, *columns, weights)\n"
            f"    return _returned(outputs), {dict_text(self._gradients(), 4)}"
        )

    def _gradients(self) -> list[str]:
        """Return gradients by the names that people know, those of arguments in their shape."""
        arguments = {x.place for x in self.file.inputs}
        found = [
            (f"PARAMETERS[{x.name!r}]" if x.name in arguments else x.name,
             f"gradients[{x.name!r}]")
            for x in self.file.learned
        ]  # fmt: skip
        for x in self.file.inputs:
            if not x.row and x.size:
                text = f"_placed(gradients, {x.shape}, PLACES[{x.place!r}])"
                name = self.file.whole(x)
                found.append((x.place, f"gradients[{name!r}]" if name is not None else text))
        for name, place in self.file.of_rows.items():
            [shape] = [x.shape for x in self.file.inputs if x.place == place]
            text = f"gradients[{name!r}]"
            sizes = ", ".join(map(str, ("n", *shape)))
            found.append((place, text if len(shape) == 1 else f"{text}.reshape({sizes})"))
        return [f"{place!r}: np.array({text}, {self.dtype})" for place, text in found]

    def result(self) -> str:
        """Return in words what is returned."""
        each = " for every row" * (self.with_rows and not self.reduce)
        whole = f"the {self.reduce} over rows of " if self.reduce else ""
        shapes = [self._words(x) for x in self.file.returned]
        where = " and ".join(shapes) if len(shapes) < 4 else f"{len(shapes)} results"
        return f"{whole}{where}{each}"

    @staticmethod
    def _words(x: Returned) -> str:
        if not x.shape:
            return "a number"
        kind = f"{'x'.join(map(str, x.shape))} numbers" if len(x.shape) > 1 else (
            f"{x.shape[0]} numbers")  # fmt: skip
        return f"{'lists' if len(x.shape) > 1 else 'a list'} of {kind}" if x.lists else (
            f"an array of shape {x.shape}")  # fmt: skip

    def slopes(self) -> str:
        """Return in words what the gradients are."""
        what = {None: "its sum over rows", "sum": "it", "mean": "it"}[self.reduce]
        if self.file.by_rows:
            return "{argument: its gradient by the row}" if not self.reduce else (
                f"{{argument: the gradient of {what} by every row}}")  # fmt: skip
        return f"{{name: gradient of {what if self.with_rows else 'it'}}}"

    # around ---------------------------------------------------------------------------------------

    def _given(self) -> str:
        kind = repr(self.file.compiled.dtype)
        shared = ["**PARAMETERS"] if self.file.kept else []
        for x in self.file.inputs:
            if not x.row:
                text = f"_shared_of({x.place!r}, {x.place}, {x.shape}, {kind})"
                name = self.file.whole(x)
                shared.append(f"**_parts_of({text}, PLACES[{x.place!r}])" if name is None
                              else f"{name!r}: {text}")  # fmt: skip
        columns = [
            f"{x.place!r}: _rows_of({x.place!r}, {x.place}, {x.shape}, {kind})"
            for x in self.file.inputs if x.row
        ]  # fmt: skip
        return (
            f"def _given({self.names}):\n"
            f'    """Return how many rows there are, the numbers they share, and the rows."""\n'
            f"    return _counted(\n"
            f"        {'PARAMETERS' if shared == ['**PARAMETERS'] else dict_text(shared, 8)},\n"
            f"        {dict_text(columns, 8)},\n"
            f"    )"
        )

    def _returned(self) -> str:
        """Return the function that makes results of what programs give: copies, not parts of it."""
        end = _MEANS[self.reduce] if self.with_rows else "[0]"
        pieces: dict[str, str] = {}
        for k, x in enumerate(self.file.returned):
            text = f"outputs[{k}]{end}"
            one_each = self.with_rows and not self.reduce
            if x.lists:
                text = f"_lists_of({text}, {len(x.shape)})" if one_each else f"{text}.tolist()"
            elif not x.shape and not one_each:
                text = f"float({text})"
            else:
                text = f"np.array({text}, {self.dtype})"
            pieces[x.place] = text
        whole = tree_text(self.file.output.outline(), "", pieces)
        return (
            f"def _returned(outputs):\n"
            f'    """Return arrays with a row axis in the form of what `{self.name}` returns."""\n'
            f"    return {whole}"
        )

    # tables ---------------------------------------------------------------------------------------

    def tables(self) -> list[str]:
        """Return the tables that these functions read."""
        found = []
        if self.file.branches:
            parts = ["_holds", "_forward", *["_reverse"] * self.file.has_gradients]
            ways = "".join(
                f"    ({', '.join(f'{part}_{k}' for part in parts)}),\n"
                for k in range(1, len(self.file.parts) + 1)
            )
            what = "of computing a row: which rows it is for, and its programs"
            found.append(f"WAYS = [  # {what}\n{ways}]")
        if any(not x.row and self.file.whole(x) is None for x in self.file.inputs):
            found.append(self._places())
        return found

    def _places(self) -> str:
        """Return a table that says which arrays the numbers of an argument are in."""
        lines = []
        for x in self.file.inputs:
            if not x.row and self.file.whole(x) is None:
                mine = [f"{name!r}: {index_text(at)}" for name, at in self.file.parts_of(x).items()]
                lines.append(f"    {x.place!r}: {{{', '.join(mine)}}},\n")
        what = "  # the arrays of an argument's numbers, and the places of these"
        return f"PLACES = {{{what}\n{''.join(lines)}}}"
