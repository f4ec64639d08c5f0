"""One lifted recording as text: a function forward, and one that goes back as well."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, reduce
from typing import Any

import numpy as np

from autograd.program.lifting.groups import Lifted
from autograd.program.pure.elementwise import elementwise
from autograd.program.pure.forward import Forward
from autograd.program.pure.graph import Array, Numbers
from autograd.program.pure.leaves import Leaf
from autograd.program.pure.reverse import gradients
from autograd.program.pure.text import Writer

_WIDTH = 96


class PureProgram:
    """Write a lifted program as two functions of the parameters p and of the columns of the rows.

    `forward(n, p, *columns)` returns (outputs, holds): whether Python would have branched as it
    did in the recording, or None for always. `reverse(n, p, *columns, weights)` returns
    (outputs, holds, gradients of sum(weights * first output) by the leaves that are wanted).
    With `many`, those leaves have an axis of models in front, and so has all that depends on them.
    """

    def __init__(
        self, lifted: Lifted, leaves: Sequence[Leaf], places: Numbers,
        bounds: Sequence[tuple[str, int, int, int]] = (), wanted: Sequence[str] = (),
        many: bool = False,
    ) -> None:  # fmt: skip
        self.wanted, self.many = list(wanted), many
        self.made = Forward(lifted, leaves, places)
        self.columns = {place: store for place, (store, _) in lifted.columns.items()}
        self.holds = self._holds(self.made.guards)
        self.constants: dict[str, Numbers] = {}
        inside = [(self._column(place, k), low, high) for place, k, low, high in bounds]
        graph = self.made.graph
        self.outputs = self.made.outputs
        for x, low, high in inside:  # of an index that is none: nan
            fits = elementwise(
                graph, "and", elementwise(graph, "ge", x, low), elementwise(graph, "lt", x, high)
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
    def reverse_text(self) -> str:
        """Return the function `reverse` as text."""
        graph = self.made.graph
        weights = graph.input("weights", (), True)
        found = gradients(
            graph, self.made.outputs[0], weights, {k: self.made.leaves[k] for k in self.wanted}
        )
        return self._text("reverse", [weights], found)

    def _text(
        self, name: str, more: Sequence[Array], found: Mapping[str, Array] | None = None
    ) -> str:
        writer = Writer(frozenset(self.wanted if self.many else ()), self.constants)
        columns, leaves = list(self.made.columns.values()), list(self.made.leaves.values())
        guards = [] if self.holds is None else [self.holds]
        results = [*self.outputs, *guards, *(found or {}).values()]
        lines, texts = writer.lines([*columns, *more, *leaves], results)
        names = [writer.names[x.number] for x in columns]
        arguments = ["n", "p", *names, *[writer.names[x.number] for x in more]]
        head = [f"{x} = matrix({x})" for x in names]
        used = [(k, writer.names[x.number]) for k, x in self.made.leaves.items()]
        head += _joined([f"p[{k!r}]" for k, _ in used], [x for _, x in used])
        if self.many:
            head.insert(0, f"k = len(p[{self.wanted[0]!r}])")
        count = len(self.outputs)
        returned = [_tuple(texts[:count]), "None" if self.holds is None else texts[count]]
        if found is not None:
            pairs = [f"{k!r}: {x}" for k, x in zip(found, texts[-len(found) :], strict=True)]
            returned.append("{" + ", ".join(pairs) + "}")
        whole = f"return {', '.join(returned)}"
        if len(whole) > _WIDTH:
            whole = "return (\n        " + ",\n        ".join(returned) + ",\n    )"
        body = "\n".join(f"    {line}" for line in [*head, *lines, whole])
        return f"def {name}({', '.join(arguments)}):\n{body}\n"

    def functions(self, namespace: Mapping[str, Any]) -> tuple[Callable[..., Any], ...]:
        """Return `forward` and, if a derivative is wanted, `reverse`, which call these names."""
        texts = [self.forward_text, *([self.reverse_text] if self.wanted else [])]
        whole = {**namespace, **self.constants}
        for text in texts:
            exec(compile(text, "<program>", "exec"), whole)
        return tuple(whole[name] for name in ("forward", "reverse") if name in whole)


def _tuple(texts: Sequence[str]) -> str:
    return f"({', '.join(texts)}{',' if len(texts) == 1 else ''})"


def _joined(texts: Sequence[str], names: Sequence[str]) -> list[str]:
    """Return assignments with as many on one line as fit."""
    lines: list[str] = []
    here: list[tuple[str, str]] = []

    def line() -> str:
        return f"{', '.join(x for x, _ in here)} = {', '.join(text for _, text in here)}"

    for name, text in zip(names, texts, strict=True):
        here.append((name, text))
        if len(line()) > _WIDTH and len(here) > 1:
            last = here.pop()
            lines.append(line())
            here = [last]
    return [*lines, *([line()] if here else [])]
