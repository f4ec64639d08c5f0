"""Functions as text for a file of their own, with all that they call, and without type hints."""

from __future__ import annotations

import ast
import builtins
import re
import sys
import textwrap
from collections.abc import Callable, Iterable, Mapping
from inspect import getsource
from types import ModuleType
from typing import Any

Definition = tuple[str, dict[str, Any]]  # a text, and the names that it may read


def embedded(functions: Mapping[str, Callable[..., Any]]) -> tuple[list[str], list[str]]:
    """Return (imports, definitions) that give these functions by these names.

    A function's text is that of its source file; so is that of every function and number which it
    reads from its module, or which that imports from another one.
    """
    imports: dict[str, None] = {}
    found: dict[str, str] = {}

    def add(name: str, text: str, scope: dict[str, Any]) -> None:
        found[name] = ""  # a function may call itself
        for other in read_names(text):
            if other in found or other not in scope or other == name:
                continue
            thing = scope[other]
            if isinstance(thing, ModuleType):
                as_ = f" as {other}" if other != thing.__name__ else ""
                imports[f"import {thing.__name__}{as_}"] = None
            elif _is_foreign(thing):
                imports[f"from {thing.__module__} import {thing.__name__}"] = None
            else:
                add(other, *_definition(other, thing, scope))
        del found[name]
        found[name] = text

    for name, function in functions.items():
        if name not in found:
            add(name, *_definition(name, function, function.__globals__))
    return list(imports), list(found.values())


def read_names(text: str) -> list[str]:
    """Return the names that a text reads and does not get by itself, in order.

    >>> read_names("def f(x):\\n    return tanh(x) + len(c)")
    ['tanh', 'c']
    """
    tree = ast.parse(text)
    bound = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    bound |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    bound |= {node.id for node in names if isinstance(node.ctx, ast.Store)}
    read = sorted(
        (node for node in names if node.id not in bound and not hasattr(builtins, node.id)),
        key=lambda node: (node.lineno, node.col_offset),
    )
    return list(dict.fromkeys([node.id for node in read]))


def _is_foreign(thing: Any) -> bool:
    """Say whether something is of another package than this one."""
    module = getattr(thing, "__module__", None)
    return module is not None and module.partition(".")[0] != __name__.partition(".")[0]


def _definition(name: str, thing: Any, scope: Mapping[str, Any]) -> Definition:
    """Return the text that defines a function or number, and what it may read."""
    if callable(thing):
        text = textwrap.dedent(getsource(thing))
        return _one_line_head(_without_hints(text).rstrip()), thing.__globals__
    for module in (sys.modules[scope["__name__"]], *_imported_from(scope)):
        source = getsource(module)
        for node in ast.parse(source).body:
            if isinstance(node, ast.Assign) and any(
                isinstance(target, ast.Name) and target.id == name for target in node.targets
            ):
                lines = source.splitlines()[node.lineno - 1 : node.end_lineno]
                return re.sub(r"  # fmt: skip$", "", "\n".join(lines)), vars(module)
    raise LookupError(f"no module says what {name} is")


def _imported_from(scope: Mapping[str, Any]) -> Iterable[ModuleType]:
    """Return the modules of this package whose functions or numbers a scope has imported."""
    for node in ast.parse(getsource(sys.modules[scope["__name__"]])).body:
        if isinstance(node, ast.ImportFrom) and node.module in sys.modules:
            yield sys.modules[node.module]


def _one_line_head(text: str) -> str:
    """Return the text of a function with its arguments on one line, if there is room."""
    body = ast.parse(text).body[0].body[0].lineno - 1  # type: ignore[attr-defined]
    head, rest = text.splitlines()[:body], text.splitlines()[body:]
    line = re.sub(r",? \)", ")", " ".join([part.strip() for part in head]).replace("( ", "("))
    line = re.sub(r"  # fmt: skip$", "", line)
    return "\n".join([line, *rest]) if len(line) <= 96 and len(head) > 1 else text


def _without_hints(text: str) -> str:
    """Return the text of a function without the types of arguments, results and variables."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line.encode()))
    whole = text.encode()

    def place(line: int, column: int) -> int:
        return starts[line - 1] + column

    cuts: list[tuple[int, int]] = []
    for node in ast.walk(ast.parse(text)):
        hint = getattr(node, "annotation", None)
        if isinstance(node, ast.FunctionDef) and node.returns is not None:
            end = place(node.returns.end_lineno or 0, node.returns.end_col_offset or 0)
            arrow = whole.rindex(b"->", 0, place(node.returns.lineno, node.returns.col_offset))
            cuts.append((len(whole[:arrow].rstrip()), end))
        if hint is not None and isinstance(node, (ast.arg, ast.AnnAssign)):
            end = place(hint.end_lineno, hint.end_col_offset)
            colon = whole.rindex(b":", 0, place(hint.lineno, hint.col_offset))
            cuts.append((colon, end))
    for start, end in sorted(cuts, reverse=True):
        whole = whole[:start] + whole[end:]
    return whole.decode()
