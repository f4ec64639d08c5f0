"""Graphs as text: the textbook's trace table, the expression as a tree, and names for both."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from autograd.passes import pull_back
from autograd.value import Value, derivatives, nodes

if TYPE_CHECKING:
    from rich.console import Console

_WIDE = 6  # operands shown of a sum or dot; the rest is counted


def name(**values: Value) -> None:
    """Give Values labels: name(a=a, b=b).

    >>> a = Value(2.0)
    >>> name(a=a)
    >>> a
    Value(2.0, label='a')
    """
    for label, v in values.items():
        if type(v) is not Value:
            raise TypeError(f"name({label}={v!r}): only a Value can have a label")
        v.label = label


def number(x: Any) -> str:
    """Return six digits of a float, and any other number exactly.

    >>> number(-1.4999999999999998), number(1e-7), number(3)
    ('-1.5', '1e-07', '3')
    """
    return f"{x:.6g}" if isinstance(x, float) else str(x)


def formula(v: Value, name_of: Callable[[Any], str]) -> str:
    """Return the operation that made v as text, operands in order.

    >>> a = Value(2.0, "a")
    >>> formula(3 - a, lambda x: x.label if type(x) is Value else number(x))
    '3 - a'
    """
    if v.rule is None:
        return ""
    shown = [name_of(x) for x in v.inputs[:_WIDE]]
    symbol, is_operator = v.rule.symbol, not v.rule.symbol.isidentifier()
    if is_operator and len(v.inputs) == 1:
        return f"{symbol}{shown[0]}"
    if is_operator and len(v.inputs) == 2:
        return f"{shown[0]} {symbol} {shown[1]}"
    if len(v.inputs) > _WIDE:
        shown.append(f"... {len(v.inputs) - _WIDE} more")
    return f"{symbol}({', '.join(shown)})"


def naming(order: list[Value]) -> Callable[[Any], str]:
    """Return a function that names every value: by its label if no other has it, else v1, v2.

    >>> a = Value(2.0, "a")
    >>> name_of = naming([a, a * a])
    >>> name_of(a), name_of(0.5)
    ('a', '0.5')
    """
    names: dict[Value, str] = {}
    taken: set[str] = set()
    unnamed = 0
    for v in order:
        text = v.label
        while not text or text in taken:
            unnamed += 1
            text = f"v{unnamed}"
        names[v] = text
        taken.add(text)
    return lambda x: names[x] if type(x) is Value else number(x)


def table(y: Value, limit: int = 100, console: Console | None = None) -> None:
    """Print the evaluation trace and the adjoint trace of y side by side, as textbooks do.

    Read the left half downwards and the right half upwards: a bar over v stands for dy/dv, which
    collects, from everything computed from v, that one's own bar times the local derivative.
    Nothing is changed; no backward pass is needed. Graphs of more than `limit` values are cut.
    Source: Baydin et al. 2018, "Automatic differentiation in machine learning", table 3.

    >>> a, b = Value(2.0, "a"), Value(3.0, "b")
    >>> table(a * b)  # doctest: +NORMALIZE_WHITESPACE
    evaluation ↓              adjoints of v1 ↑
    a             2           a'                3  v1' * 3
    b             3           b'                2  v1' * 2
    v1            6  a * b    v1'               1
    """
    # only here: importing rich draws from Python's random, which a seed set before must not notice
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    order = nodes(y)
    name_of = naming(order)
    adjoints = dict(zip(order, pull_back([y], [1], order), strict=True))
    terms: dict[Value, list[str]] = {v: [] for v in order}
    for v in order[-limit:]:
        for x, d in zip(v.inputs, derivatives(v), strict=True):
            if type(x) is Value:
                terms[x].append(f"{name_of(v)}' * {number(d)}")
    grid = Table.grid(padding=(0, 2))
    for column in ("bold cyan", "right", "dim", "bold magenta", "right", "dim"):
        grid.add_column(**({"justify": column} if column == "right" else {"style": column}))  # type: ignore[arg-type]
    title = ("evaluation ↓", "", "", f"adjoints of {name_of(y)} ↑", "", "")
    grid.add_row(*title, style="italic")
    console = console or Console()
    if len(order) > limit:
        console.print(f"... {len(order) - limit:,} values before these: table(y, limit=...)")
    for v in order[-limit:]:
        a = adjoints[v]
        adjoint = "no path" if a is None else number(a)
        cells = (name_of(v), number(v.data), formula(v, name_of),
                 f"{name_of(v)}'", adjoint, " + ".join(terms[v]))  # fmt: skip
        grid.add_row(*map(Text, cells))  # a label such as "w[1]" is no markup
    console.print(grid)


def tree(y: Value, limit: int = 200) -> None:
    """Print the expression of y as a tree, operands in order; a value used again is named only.

    >>> a, b = Value(2.0, "a"), Value(3.0, "b")
    >>> tree(a * b + a)
    v2 = 8  [v1 + a]
    ├── v1 = 6  [a * b]
    │   ├── a = 2
    │   └── b = 3
    └── a (above)
    """
    name_of = naming(nodes(y))
    seen: set[Value] = set()
    waiting: list[tuple[Any, str, str]] = [(y, "", "")]
    lines = 0
    while waiting:
        x, first, rest = waiting.pop()
        if lines == limit:
            print(f"... cut after {limit} lines: tree(y, limit=...)")
            return
        lines += 1
        if type(x) is not Value:
            print(f"{first}{number(x)}")
        elif x in seen:
            print(f"{first}{name_of(x)} (above)")
        else:
            seen.add(x)
            made = f"  [{formula(x, name_of)}]" if x.rule else ""
            print(f"{first}{name_of(x)} = {number(x.data)}{made}")
            last = len(x.inputs) - 1
            for i in range(last, -1, -1):
                branch, trunk = ("└── ", "    ") if i == last else ("├── ", "│   ")
                waiting.append((x.inputs[i], rest + branch, rest + trunk))
