"""One lifted recording as text: a function forward, and one that goes back as well."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from copy import copy
from functools import cached_property, reduce
from json import dumps
from typing import Any

import numpy as np

from autograd.program.lifting.groups import Lifted
from autograd.program.pure.elementwise import elementwise
from autograd.program.pure.forward import Forward
from autograd.program.pure.graph import Array, Numbers
from autograd.program.pure.leaves import Leaf
from autograd.program.pure.reverse import gradients
from autograd.program.pure.text import WIDTH, Writer


class PureProgram:
    """Write a lifted program as two functions of the parameters p and of the columns of the rows.

    `forward(n, p, *columns)` returns (outputs, holds): whether Python would have branched as it
    did in the recording, or None for always. `reverse(n, p, *columns, weights)` returns
    (outputs, holds, gradients of sum(weights * first output) by the leaves that are wanted).
    The leaves named by `many` have an axis of models in front, and so has all that is returned;
    with `many_rows` each model has rows of its own. `sparing`: see `Forward`.
    """

    def __init__(
        self, lifted: Lifted, leaves: Sequence[Leaf], places: Numbers,
        bounds: Sequence[tuple[str, int, int, int]] = (), wanted: Sequence[str] = (),
        many: Collection[str] = (), many_rows: bool = False, sparing: bool = False,
    ) -> None:  # fmt: skip
        self.wanted, self.many, self.many_rows = list(wanted), list(many), many_rows
        self.made = Forward(lifted, leaves, places, sparing)
        self.columns = {place: store for place, (store, _) in lifted.columns.items()}
        self.holds = self._holds(self.made.guards)
        self.constants: dict[str, Numbers] = {}
        inside = [(self._column(place, k), low, high) for place, k, low, high in bounds]
        graph = self.made.graph
        self.outputs = self.made.outputs
        for x, low, high in inside:  # of an index that is none: nan
            checks = ("ge", x, low), ("lt", x, high), ("eq", elementwise(graph, "floor", x), x)
            fits = reduce(
                lambda a, b: elementwise(graph, "and", a, b),
                [elementwise(graph, *check) for check in checks],
            )
            nan = graph.constant(np.array(np.nan))
            self.outputs = [elementwise(graph, "where", fits, y, nan) for y in self.outputs]

    def _column(self, place: str, k: int | None) -> Array:
        x = self.made.columns[self.columns[place]]
        graph = self.made.graph
        return graph.reshape(graph.slice(x, [(k or 0, (k or 0) + 1)]), ())

    def _holds(self, guards: Sequence[tuple[Array, bool]]) -> Array | None:
        graph = self.made.graph
        flags = []
        for x, truth in guards:
            if x.kind != "bool":
                x = elementwise(graph, "ne", x, 0)
            flags.append(x if truth else elementwise(graph, "not", x))
        if not flags:
            return None
        return reduce(lambda a, b: elementwise(graph, "and", a, b), flags)

    @cached_property
    def forward_text(self) -> str:
        """Return the function `forward` as text."""
        return self._text("forward", [])

    @cached_property
    def holds_text(self) -> str:
        """Return the function `holds`, which says for which rows the program is, as text."""
        alone = copy(self)
        alone.outputs = []
        return alone._text("holds", [])

    @cached_property
    def reverse_text(self) -> str:
        """Return the function `reverse` as text."""
        graph = self.made.graph
        weights = graph.input("weights", (), True)
        inputs = {**self.made.leaves, **self.made.columns}
        found = gradients(graph, self.made.outputs[0], weights, {k: inputs[k] for k in self.wanted})
        return self._text("reverse", [weights], found)

    def _text(
        self, name: str, more: Sequence[Array], found: Mapping[str, Array] | None = None
    ) -> str:
        columns, leaves = list(self.made.columns.values()), list(self.made.leaves.values())
        models = [self.made.leaves[name] for name in self.many]
        models += columns * self.many_rows
        models += more if models else []
        writer = Writer(frozenset(x.number for x in models), self.constants)
        guards = [] if self.holds is None else [self.holds]
        of_rows, slopes = [*self.outputs, *guards], list((found or {}).values())
        lines, texts = writer.lines([*columns, *more, *leaves], [*of_rows, *slopes])
        if models:
            texts = [writer.filled(x, row=True) for x in of_rows]
            texts += [writer.filled(x, row=False) for x in slopes]
        names = [writer.names[x.number] for x in columns]
        arguments = ["n", "p", *names, *[writer.names[x.number] for x in more]]
        head = [f"{x} = {'matrices' if self.many_rows else 'matrix'}({x})" for x in names]
        read = set(re.findall(r"\w+", "\n".join([*lines, *texts])))
        used = [(k, writer.names[x.number]) for k, x in self.made.leaves.items()]
        used = [(k, x) for k, x in used if x in read]
        head += _joined([f"p[{dumps(k)}]" for k, _ in used], [x for _, x in used])
        if models:
            head.insert(
                0, f"k = len(p[{dumps(self.many[0])}])" if self.many else f"k = len({names[0]})"
            )
        count = len(self.outputs)
        returned = [_tuple(texts[:count])] if count else []
        returned.append("None" if self.holds is None else texts[count])
        if found is not None:
            pairs = [f"{dumps(k)}: {x}" for k, x in zip(found, texts[len(of_rows) :], strict=True)]
            returned.append(_bracketed("{}", pairs))
        whole = f"return {', '.join(returned)}"
        if len(whole) > WIDTH or "\n" in whole:
            whole = "return (\n" + "".join([f"    {x},\n" for x in returned]) + ")"
        whole = whole.replace("\n", "\n    ")
        body = "\n".join(f"    {line}" for line in [*head, *lines, whole])
        return f"def {name}({', '.join(arguments)}):\n{body}\n"

    def functions(
        self, namespace: Mapping[str, Any], dtype: Any
    ) -> tuple[Callable[..., Any], Callable[..., Any]]:
        """Return `forward` and `reverse`, which call these names and compute in this type."""
        texts = self.forward_text, self.reverse_text
        constants = {
            name: x.astype(dtype) if x.dtype.kind == "f" else x
            for name, x in self.constants.items()
        }
        whole = {**namespace, **constants}
        for text in texts:
            exec(compile(text, "<program>", "exec"), whole)
        return whole["forward"], whole["reverse"]


def _tuple(texts: Sequence[str]) -> str:
    return f"({texts[0]},)" if len(texts) == 1 else _bracketed("()", texts)


def _bracketed(brackets: str, texts: Sequence[str]) -> str:
    """Return items in brackets, each on a line of its own if they are too long for one."""
    line = ", ".join(texts)
    if len(line) > WIDTH - 8:
        line = "".join([f"\n        {text}," for text in texts]) + "\n    "
    return brackets[0] + line + brackets[1]


def _joined(texts: Sequence[str], names: Sequence[str]) -> list[str]:
    """Return assignments with as many on one line as fit."""
    lines: list[str] = []
    here: list[tuple[str, str]] = []

    def line() -> str:
        return f"{', '.join(x for x, _ in here)} = {', '.join(text for _, text in here)}"

    for name, text in zip(names, texts, strict=True):
        here.append((name, text))
        if len(line()) > WIDTH and len(here) > 1:
            last = here.pop()
            lines.append(line())
            here = [last]
    return [*lines, *([line()] if here else [])]
