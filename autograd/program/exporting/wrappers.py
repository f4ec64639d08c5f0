"""The functions of a standalone file that people call, as text: arguments, results, gradients."""

from __future__ import annotations

import inspect
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from autograd.program.exporting.exported import Returned
from autograd.program.exporting.literals import Numbers

if TYPE_CHECKING:
    from autograd.program.exporting.standalone import Standalone

_MEANS = {None: "", "sum": ".sum(0)", "mean": ".mean(0)"}


class Wrappers:
    """Write the functions of a file around its programs."""

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
        texts = []
        for name in self.arguments:
            default = parameters[name].default if name in parameters else inspect.Parameter.empty
            plain = type(default) in (int, float)
            texts.append(f"{name}={default!r}" if plain else name)
        return ", ".join(texts)

    def texts(self) -> list[str]:
        """Return the functions."""
        both = self.file.has_gradients
        return [
            self._function(), *[self._and_gradients()] * both, self._given(), self._returned(),
            *[self._in_form()] * both,
        ]  # fmt: skip

    # what people call -----------------------------------------------------------------------------

    def _function(self) -> str:
        return (
            f"def {self.name}({self.signature()}):\n"
            f'    """Return {self.result()}."""\n'
            f"    return _returned(_run(WAYS, SHAPES, *_given({self.names}), {self.dtype}))"
        )

    def _and_gradients(self) -> str:
        share = f"np.full(count, 1 / count, {self.dtype})"
        weights = share if self.reduce == "mean" else f"np.ones(count, {self.dtype})"
        return (
            f"def {self.name}_and_gradients({self.signature()}):\n"
            f'    """Return ({self.name}({self.names}), {self.slopes()})."""\n'
            f"    return _with_gradients(*_given({self.names}))\n\n\n"
            f"def _with_gradients(p, columns):\n"
            f'    """Return what `{self.name}_and_gradients` does."""\n'
            f"    count = _count_of(columns)\n"
            f"    weights = {weights}\n"
            f"    outputs, gradients = _run_back(WAYS, SHAPES, p, columns, weights, OF_ROWS)\n"
            f"    return _returned(outputs), _in_form(gradients)"
        )

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
        lines = ["**PARAMETERS"] if self.file.kept else []
        lines += [
            f"**_shared_of({x.place!r}, {x.place}, {x.shape}, PLACES[{x.place!r}], {self.dtype})"
            for x in self.file.inputs if not x.row
        ]  # fmt: skip
        columns = [
            f"{x.place!r}: _rows_of({x.place!r}, {x.place}, {x.shape}, {self.dtype})"
            for x in self.file.inputs if x.row
        ]  # fmt: skip
        return (
            f"def _given({self.names}):\n"
            f'    """Return the numbers that all rows share, and the rows as columns."""\n'
            f"    return {_dict(lines, 4)}, {_dict(columns, 4)}"
        )

    def _returned(self) -> str:
        end = _MEANS[self.reduce] if self.with_rows else "[0]"
        pieces: dict[str, str] = {}
        for k, x in enumerate(self.file.returned):
            text = f"outputs[{k}]{end}"
            one_each = self.with_rows and not self.reduce
            if x.lists:
                text = f"_lists_of({text}, {len(x.shape)})" if one_each else f"{text}.tolist()"
            elif not x.shape and not one_each:
                text = f"float({text})"
            pieces[x.place] = text
        whole = _tree(self.file.output.outline(), "", pieces)
        return (
            f"def _returned(outputs):\n"
            f'    """Return arrays with a row axis in the form of what `{self.name}` returns."""\n'
            f"    return {whole}"
        )

    def _in_form(self) -> str:
        """Return the function that gives gradients the form of arguments."""
        file = self.file
        texts = [f"{x.name!r}: gradients[{x.name!r}]" for x in file.learned]
        texts += [
            f"{x.place!r}: _placed(gradients, {x.shape}, PLACES[{x.place!r}])"
            for x in file.inputs if not x.row and x.size
        ]  # fmt: skip
        if file.by_rows:
            texts = [
                f"{place!r}: gradients[{name!r}].reshape(-1, *{x.shape})"
                for name, place in file.of_rows.items() for x in file.inputs if x.place == place
            ]  # fmt: skip
        return (
            f"def _in_form(gradients):\n"
            f'    """Return gradients by name, those of arguments in the shape of these."""\n'
            f"    return {_dict(texts, 4)}"
        )

    # tables ---------------------------------------------------------------------------------------

    def tables(self) -> str:
        """Return the tables that these functions read."""
        file = self.file
        both = ["_forward", "_reverse"] if file.has_gradients else ["_forward"]
        ways = []
        for k, part in enumerate(file.parts, 1):
            suffix = f"_{k}" * (len(file.parts) > 1)
            ways.append(f"({[*part.columns]}, {', '.join(name + suffix for name in both)})")
        what = ", and back" if file.has_gradients else ""
        found = [
            f"# the columns that a way of computing a row reads, and its program forward{what}\n"
            f"WAYS = [{', '.join(ways)}]",
            f"SHAPES = {[x.shape for x in file.returned]}  # of results, in a row",
        ]
        if any(not x.row for x in file.inputs):
            found.append(self._places())
        if file.has_gradients:
            found.append(f"OF_ROWS = {file.of_rows}  # gradients by rows, and by which column")
        return "\n".join(found)

    def _places(self) -> str:
        """Return a table that says which arrays the numbers of an argument are in."""
        lines = []
        for x in self.file.inputs:
            if not x.row:
                mine = [
                    f"{name!r}: {_index(at)}"
                    for name, (source, at) in self.file.sources.items()
                    if source == x
                ]
                lines.append(f"    {x.place!r}: {{{', '.join(mine)}}},\n")
        what = "  # the arrays of an argument's numbers, and the places of these"
        return f"PLACES = {{{what}\n{''.join(lines)}}}"


def _dict(items: list[str], indent: int) -> str:
    """Return items as the text of a dict: on one line, or on a line each."""
    whole = f"{{{', '.join(items)}}}"
    if len(whole) <= 60:
        return whole
    space = " " * indent
    lines = "".join([f"{space}    {item},\n" for item in items])
    return f"{{\n{lines}{space}}}"


def _index(at: Numbers) -> str:
    """Return places in a list as text: a number, a range, or all of them."""
    if at.ndim == 0:
        return str(int(at))
    flat = at.ravel().tolist()
    if all(b == a + 1 for a, b in pairwise(flat)):
        text = f"np.arange({flat[0]}, {flat[-1] + 1})"
        return text if at.ndim == 1 else f"{text}.reshape({at.shape})"
    return str(at.tolist())


def _tree(tree: Any, place: str, pieces: dict[str, str]) -> str:
    """Return lists, tuples and dicts as text, with a text for each array in them."""
    if place in pieces:
        return pieces[place]
    if isinstance(tree, dict):
        items = [
            f"{key!r}: {_tree(item, f'{place}[{key!r}]', pieces)}" for key, item in tree.items()
        ]
        return f"{{{', '.join(items)}}}"
    items = [_tree(item, f"{place}[{i}]", pieces) for i, item in enumerate(tree)]
    if isinstance(tree, tuple):
        return f"({', '.join(items)}{',' * (len(items) == 1)})"
    return f"[{', '.join(items)}]"
