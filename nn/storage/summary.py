"""What a model consists of: its layers, their outputs, activations and numbers of parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from autograd import Value, no_grad
from nn.inputs import listed, shape
from nn.layers.dropout import Dropout
from nn.layers.each import Each
from nn.layers.embedding import Embedding
from nn.layers.layer import Layer
from nn.layers.mlp import MLP
from nn.layers.neuron import Neuron
from nn.layers.normalisation import Normalisation
from nn.layers.prelu import PReLU
from nn.layers.residual import Residual
from nn.layers.sequential import Elementwise, Sequential
from nn.module import Module, left_as_it_was, same_modes

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


def summary(model: Module, sample: Any = None) -> Summary:
    """Return a table of the model's layers: output shape, activation, parameters, frozen ones.

    A layer's name is the start of its parameters' names. A parameter that is shared counts where it
    stands first. Given a sample, an image, say, the model is called with it, in use, and the shapes
    are those that came out; without one, those that only a call would tell stay open. `rich.print`
    shows it with lines. Raises TypeError for what is no Module.

    >>> summary(MLP(2, [16, 16, 1], activation="tanh"))
    MLP: 337 parameters
    <BLANKLINE>
    layer     kind   output  activation  parameters
    layers.0  Layer  16      tanh        48
    layers.1  Layer  16      tanh        272
    layers.2  Layer  1       linear      17
    >>> from nn.layers.flatten import Flatten
    >>> summary(Sequential(Flatten(), Layer(4, 2)), sample=[[1.0, 2.0], [3.0, 4.0]])
    Sequential: 10 parameters
    <BLANKLINE>
    layer    kind     output  activation  parameters
    parts.0  Flatten  4
    parts.1  Layer    2       relu        10
    """
    if not isinstance(model, Module):
        raise TypeError(f"summary({model!r}): give a Module, as nn.MLP or one of your own")
    trainable = set(model.parameters())
    frozen = {p for _, p in model.named_parameters()} - trainable
    seen: set[Value] = set()
    rows = []
    with same_modes(model), left_as_it_was(model), no_grad():
        units, _ = _units("", model.eval(), "", sample)
    for name, part, output in units:
        others = (
            [] if _is_unit(part) else [v for _, inner in _children(part) for v in _values(inner)]
        )
        found = set(_values(part)).difference(seen, others)
        seen |= found
        activation = _activation(part)
        kind = "activation" if activation and not _values(part) else type(part).__name__
        rows.append(Row(name, kind, output, activation, len(found), len(found & frozen)))
    return Summary(type(model).__name__, tuple(rows))


def _units(name: str, part: Any, inputs: str, sample: Any) -> tuple[list[Unit], Any]:
    """Return (path, part, output shape) for every layer inside, and (output shape, output) of all.

    The sample, and the output of a part, are None if unknown.
    """
    if type(part).__call__ in (MLP.__call__, Sequential.__call__):  # a chain, and nothing else
        holder = "layers" if isinstance(part, MLP) else "parts"
        units = []
        for i, inner in enumerate(getattr(part, holder)):
            found, (inputs, sample) = _units(_path(name, f"{holder}.{i}"), inner, inputs, sample)
            units += found
        return units, (inputs, sample)
    output = None if sample is None else part(sample)
    seen = "" if output is None else " × ".join(map(str, shape(listed(output))))
    if _is_unit(part):
        seen = seen or _output(part, inputs)
        return [(name, part, seen)], (seen, output)
    given: tuple[str, Any] = "", None  # what other holders call their parts with, only they know
    if isinstance(part, Residual):
        given = inputs, sample
    elif isinstance(part, Each) and sample is not None:
        given = "", next(iter(sample), None)
    inside = [_units(_path(name, path), inner, *given) for path, inner in _children(part)]
    if isinstance(part, Residual):
        seen = seen or inside[0][1][0]
    return [(name, part, seen), *(unit for found, _ in inside for unit in found)], (seen, output)


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
    keeps = isinstance(part, (Dropout, Elementwise, PReLU))
    return inputs if keeps or (_activation(part) and not isinstance(part, Module)) else ""


def _activation(part: Any) -> str:
    if isinstance(part, Module):
        return str(getattr(part, "activation", ""))
    name = getattr(part, "__name__", "")
    return name if name in ("softmax", "log_softmax") else ""
