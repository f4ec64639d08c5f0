"""What a model consists of: its layers, their outputs, activations and numbers of parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from autograd import Value
from nn.layers.embedding import Embedding
from nn.layers.layer import Layer
from nn.layers.mlp import MLP
from nn.layers.neuron import Neuron
from nn.layers.normalisation import Normalisation
from nn.layers.residual import Residual
from nn.layers.sequential import Elementwise, Sequential
from nn.module import Module

if TYPE_CHECKING:
    from rich.table import Table

Unit = tuple[str, Any, str]

_HEAD = ("layer", "kind", "output", "activation", "parameters")


@dataclass(frozen=True)
class Row:
    """Describe one layer: `output` is its shape as text, "" if only a call would tell."""

    name: str
    kind: str
    output: str
    activation: str
    parameters: int
    frozen: int

    def cells(self) -> tuple[str, ...]:
        """Return the row as texts."""
        counted = f"{self.parameters:,}" if self.parameters else ""
        if self.frozen:
            part = "" if self.frozen == self.parameters else f" {self.frozen:,}"
            counted += f" (frozen{part})"
        return self.name, self.kind, self.output, self.activation, counted


@dataclass(frozen=True)
class Summary:
    """Hold the rows of `summary`; as text it is a plain table, for rich one with lines."""

    model: str
    rows: tuple[Row, ...]

    @property
    def parameters(self) -> int:
        """Return the number of parameters, each counted once."""
        return sum(row.parameters for row in self.rows)

    @property
    def trainable(self) -> int:
        """Return the number of those that are not frozen."""
        return self.parameters - sum(row.frozen for row in self.rows)

    @property
    def title(self) -> str:
        """Return the model's class and its total."""
        frozen = self.parameters - self.trainable
        parts = f", {self.trainable:,} to train and {frozen:,} frozen" if frozen else ""
        return f"{self.model}: {self.parameters:,} parameter{'s' * (self.parameters != 1)}{parts}"

    def __str__(self) -> str:
        table = [_HEAD, *(row.cells() for row in self.rows)]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines = ["  ".join(map(str.ljust, cells, widths)).rstrip() for cells in table]
        return "\n".join([self.title, "", *lines])

    __repr__ = __str__

    def __rich__(self) -> Table:
        from rich import box
        from rich.table import Table
        from rich.text import Text

        styles = ("bold cyan", "", "green", "magenta", "")
        table = Table(title=self.title, title_justify="left", box=box.SIMPLE_HEAD)
        for head, style in zip(_HEAD, styles, strict=True):
            table.add_column(head, style=style)
        for row in self.rows:
            table.add_row(*map(Text, row.cells()))
        return table

    def _repr_markdown_(self) -> str:
        return f"```text\n{self}\n```"


def summary(model: Module) -> Summary:
    """Return a table of the model's layers: output shape, activation, parameters, frozen ones.

    A layer's name is the start of its parameters' names. A parameter that is shared counts where it
    stands first. Nothing is called, so the outputs of a class of your own stay open; `rich.print`
    shows it with lines. Raises TypeError for what is no Module.

    >>> summary(MLP(2, [16, 16, 1], activation="tanh"))
    MLP: 337 parameters
    <BLANKLINE>
    layer     kind   output  activation  parameters
    layers.0  Layer  16      tanh        48
    layers.1  Layer  16      tanh        272
    layers.2  Layer  1       linear      17
    """
    if not isinstance(model, Module):
        raise TypeError(f"summary({model!r}): give a Module, as nn.MLP or one of your own")
    trainable = set(model.parameters())
    frozen = {p for _, p in model.named_parameters()} - trainable
    seen: set[Value] = set()
    rows = []
    for name, part, output in _units("", model, "")[0]:
        others = (
            [] if _is_unit(part) else [v for _, inner in _children(part) for v in _values(inner)]
        )
        found = set(_values(part)).difference(seen, others)
        seen |= found
        activation = _activation(part)
        kind = "activation" if activation and not _values(part) else type(part).__name__
        rows.append(Row(name, kind, output, activation, len(found), len(found & frozen)))
    return Summary(type(model).__name__, tuple(rows))


def _units(name: str, part: Any, inputs: str) -> tuple[list[Unit], str]:
    """Return (path, part, output shape) for every layer inside, and the output shape of it all."""
    if isinstance(part, (MLP, Sequential)):
        holder = "layers" if isinstance(part, MLP) else "parts"
        units = []
        for i, inner in enumerate(getattr(part, holder)):
            found, inputs = _units(_path(name, f"{holder}.{i}"), inner, inputs)
            units += found
        return units, inputs
    if _is_unit(part):
        output = _output(part, inputs)
        return [(name, part, output)], output
    inside = [_units(_path(name, path), inner, inputs) for path, inner in _children(part)]
    output = inside[0][1] if isinstance(part, Residual) else ""
    return [(name, part, output), *(unit for found, _ in inside for unit in found)], output


def _path(*names: str) -> str:
    return ".".join(filter(None, names))


def _is_unit(part: Any) -> bool:
    """Say whether a part is one row of the table: it holds no layers."""
    return isinstance(part, (Layer, Neuron)) or not _children(part)


def _children(part: Any) -> list[tuple[str, Module]]:
    """Return the modules directly inside; a function has none."""
    inner = part.named_modules()[1:] if isinstance(part, Module) else []
    return [
        (path, module)
        for path, module in inner
        if not any(path.startswith(f"{other}.") for other, _ in inner)
    ]


def _values(part: Any) -> list[Value]:
    return [p for _, p in part.named_parameters()] if isinstance(part, Module) else []


def _output(part: Any, inputs: str) -> str:
    """Return the shape of what a part gives, given the shape it takes."""
    if isinstance(part, Layer):
        return f"{len(part.neurons)}"
    if isinstance(part, Neuron):
        return "1"
    if isinstance(part, Embedding):
        return f"{len(part.rows[0])} each"
    if isinstance(part, Normalisation):
        return f"{len(part.gamma)}"
    known = getattr(type(part), "__module__", "").partition(".")[0] == "nn"
    return inputs if known or _activation(part) else ""


def _activation(part: Any) -> str:
    if isinstance(part, (Layer, Neuron, Elementwise)):
        return part.activation
    name = getattr(part, "__name__", "")
    return name if name in ("softmax", "log_softmax") else ""
