"""What a function was lifted into: a table of its operations, for a person to read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.console import Group as Together
from rich.table import Table as Grid

from autograd.program.lifting.groups import Array, Group
from autograd.program.running.native import said
from autograd.program.writing.names import Namer

if TYPE_CHECKING:
    from autograd.program.compiled import Compiled
    from autograd.program.running.program import Program

_MOST_LINES = 60  # of a program that are printed; `operations` has them all


@dataclass(frozen=True)
class Operation:
    """Describe one array operation: its name in the source, and what it does with how much."""

    name: str
    what: str
    shape: str
    scalars: int  # operations on numbers that it stands for, in one row
    flops: int  # in one row; those of shared operations once for all rows
    bytes: int  # read and written


@dataclass(frozen=True)
class Lifting:
    """Describe one program: its operations, and how many there were before and are now."""

    name: str
    recorded: int
    operations: list[Operation]
    forward: int  # lines of the program that compute
    reverse: int
    engine: str = ""  # whether native code runs it, where that is not plain

    @property
    def single(self) -> int:
        """Return how many operations are on one number, for all rows: there nothing was lifted."""
        return sum(each.scalars == 1 and "rows" not in each.shape for each in self.operations)

    @property
    def totals(self) -> str:
        """Return the program in a sentence."""
        count = len(self.operations)
        text = f"{self.recorded:,} nodes recorded, {count:,} operations after"
        text += f", {self.forward:,} lines forward"
        if self.reverse:
            ratio = self.reverse / max(1, self.forward)
            text += f" and {self.reverse:,} in reverse ({ratio:.1f} times)"
        if self.single:
            text += f"; not lifted, so run number by number: {self.single:,}"
        return text + (f"; {self.engine}" if self.engine else "")


@dataclass(frozen=True)
class Table:
    """Hold the programs of a compiled function. Prints itself; `str(table)` is plain text."""

    name: str
    programs: list[Lifting]
    eager_rows: int
    not_lifted: list[str]  # why calls of some form were not

    def __str__(self) -> str:
        return self._printed(Console(file=StringIO(), width=100, color_system=None, record=True))

    def _printed(self, console: Console) -> str:
        console.print(self)
        return console.export_text(clear=False).rstrip()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        console = Console(file=StringIO(), width=100, record=True)
        console.print(self)
        return console.export_html(inline_styles=True, code_format="<pre>{code}</pre>")

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterable[Any]:
        yield from self._parts()

    def _parts(self) -> Iterable[RenderableType]:
        if not self.programs and not self.not_lifted:
            yield f"{self.name} has not been called yet"
        for program in self.programs:
            yield Together(_grid(program), program.totals)
        yield from self.not_lifted
        if self.eager_rows:
            yield f"{self.eager_rows:,} rows ran eagerly, one by one"


def table(compiled: Compiled) -> Table:
    """Return what the programs made so far consist of."""
    liftings: list[Lifting] = []
    irregular: list[str] = []
    for each in compiled._family():
        programs = each.recordings.programs()
        for k, program in enumerate(programs, 1):
            machine = program.latest()
            forward, reverse = _lines(machine.source)
            title = f"{each.name}, program {k} of {len(programs)}" if programs[1:] else each.name
            liftings.append(
                Lifting(title, program.lifted.recorded, operations(program), forward, reverse,
                        said(machine.not_native, each.native))
            )  # fmt: skip
        irregular += each.recordings.irregular.values()
    return Table(compiled.name, liftings, compiled.eager_rows, irregular)


def operations(program: Program) -> list[Operation]:
    """Return the operations of a program in the order in which they run."""
    namer = Namer(program.lifted)
    number = program.latest().dtype.itemsize
    ordered = sorted(program.lifted.groups, key=lambda g: g.row)  # stable: shared ones come first
    found = []
    for g in ordered:
        scalars = g.members * _scalars_of_a_member(g)
        read = sum(ref.index.size for ref in g.operands)
        found.append(
            Operation(namer.result(g), describe(g, program.lifted.ones), namer.shape(g), scalars,
                      _flops(g), (read + g.size) * number)
        )  # fmt: skip
    return found


def describe(g: Group, ones: Mapping[str, Array]) -> str:
    """Return what a group does, in words. A bias that is a column of the weights is an addend."""
    if g.form == "product":
        h, p, q = g.grid
        factor = g.operands[1]
        bias = factor.index[0, -1, 0] in ones.get(factor.store, ())
        n = factor.index.shape[1] - bias
        addends = len(g.operands) - 2 + bias
        size = f"{p}×{n}" + (f" by {n}×{q}" if q > 1 else "")
        kind = "matrix product" if p > 1 or q > 1 else "dot product"
        text = f"{f'{h} {kind}s' if h > 1 else kind} {size}"
        return text + (" + addend" + "s" * (addends > 1) if addends else "")
    if g.form == "dot":
        return f"dot products of {g.operands[0].index.shape[1]}"
    if g.form == "total":
        return f"sums of {g.operands[0].index.shape[1]}"
    if g.form == "reduction":
        return f"{g.op} of {g.operands[0].index.shape[1]}"
    if g.form == "lookup":
        return f"take of {g.operands[1].index.shape[1]}"
    if g.form == "terms":
        signs = g.signs[1:] if g.signs[0] > 0 else g.signs
        words = [f"{g.products} products"] if g.products > 1 else ["product"] * g.products
        words.append("difference" if -1 in signs else "sum" if len(g.signs) > 1 else "")
        return " and ".join(word for word in words if word) or "copy"
    return {"spread": "copy to the rows"}.get(g.op, g.op)


def _scalars_of_a_member(g: Group) -> int:
    """Return how many additions, multiplications and functions one member stands for."""
    if g.form == "product":
        return int(2 * g.operands[0].index.shape[2] - 1 + len(g.operands) - 2)
    if g.form == "dot":
        return int(2 * g.operands[0].index.shape[1] - 1 + len(g.operands) - 2)
    if g.form == "total":
        return int(g.operands[0].index.shape[1]) - 1
    if g.form == "terms":
        return max(1, g.products + len(g.signs) - 1)
    return 1


def _flops(g: Group) -> int:
    if g.form == "reduction":
        return g.size * int(g.operands[0].index.shape[1])
    return 0 if g.op in ("spread", "lookup") else g.size * _scalars_of_a_member(g)


def _lines(source: str) -> tuple[int, int]:
    """Return how many lines compute, forward and in reverse."""
    counts = {"forward": 0, "reverse": 0}
    part = ""
    for line in source.splitlines():
        text = line.strip()
        if text.startswith("def "):
            part = text[4:].partition("(")[0]
        elif text.startswith("return"):
            part = ""
        elif part in counts and text and text != "pass" and not text.startswith("#"):
            counts[part] += 1
    return counts["forward"], counts["reverse"]


def _grid(program: Lifting) -> Grid:
    grid = Grid(title=program.name, title_justify="left")
    for name in ("name", "operation", "shape"):
        grid.add_column(name)
    for name in ("nodes", "flops", "bytes"):
        grid.add_column(name, justify="right")
    shown = program.operations[:_MOST_LINES]
    for each in shown:
        numbers = [f"{x:,}" for x in (each.scalars, each.flops, each.bytes)]
        grid.add_row(each.name, each.what, each.shape, *numbers)
    if rest := program.operations[len(shown) :]:
        numbers = [
            f"{sum(x):,}" for x in zip(*[(r.scalars, r.flops, r.bytes) for r in rest], strict=True)
        ]
        grid.add_row("...", f"{len(rest):,} more operations", "", *numbers)
    return grid
