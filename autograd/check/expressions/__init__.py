"""Expressions as data: steps of operations that print as the Python they stand for, and run as it.

The printed text is the one meaning that an expression has: to evaluate it on floats, `Value`s,
fractions, tensors is to run that text with the functions of autograd, math, torch or jax.numpy.
"""

from __future__ import annotations

import keyword
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache, partial
from types import CodeType
from typing import Any, NamedTuple

from autograd import functions
from autograd.numbers import Function
from autograd.rules import TABLE, Rule, find
from autograd.value import apply

Operand = str | int | float | Fraction
Written = tuple[str, int]  # text, and how strongly it binds

_BINDS = {"add": 1, "sub": 1, "mul": 2, "div": 2, "floordiv": 2, "mod": 2, "neg": 3, "pow": 4}
_ATOM = 5
_WIDTH = 72  # of a line: what does not fit is computed in several
_ARC = ("asin", "acos", "atan", "asinh", "acosh", "atanh", "atan2")


@dataclass(frozen=True, slots=True)
class Step:
    """Hold one operation: the name of its row in the table, and its operands.

    An operand is the name of a variable, that of an earlier step ("v1" is the first), or a number.
    A `where` has four: where(p > q, a, b).
    """

    operation: str
    operands: tuple[Operand, ...]


@dataclass(frozen=True, repr=False)
class Expression:
    """Hold a function of numbers as steps, of which the last is the result.

    `str` is its source: one line, or a function `f` with a line for what is used again or too long.
    Called, it computes with autograd's functions. `example` is a point where it is known to be
    smooth, or on a kink, if whoever made it knows one. Raises ValueError for operands that do not
    exist, LookupError for an unknown operation.

    >>> e = Expression(("a", "b"), (Step("mul", ("a", "b")), Step("sub", (1, "v1"))))
    >>> e
    lambda a, b: 1 - a * b
    >>> e(2.0, 3.0)
    -5.0
    >>> square = Step("mul", ("v2", "v2"))
    >>> print(Expression(e.variables, (*e.steps, square)))
    def f(a, b):
        v1 = 1 - a * b
        return v1 * v1
    """

    variables: tuple[str, ...]
    steps: tuple[Step, ...]
    example: tuple[Any, ...] | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        for name in self.variables:
            if not name.isidentifier() or keyword.iskeyword(name) or re.fullmatch(r"v\d+", name):
                raise ValueError(
                    f"variable {name!r}: a name like a or x1, but not v1: steps have it"
                )
            if name in TABLE:
                raise ValueError(
                    f"variable {name!r}: that is the name of an operation: take another"
                )
        if not self.steps:
            raise ValueError("an Expression has at least one step, such as Step('neg', ('a',))")
        known = set(self.variables)
        for i, step in enumerate(self.steps, 1):
            _check(f"v{i}", step, known)
            known.add(f"v{i}")

    @property
    def operations(self) -> list[str]:
        """Return the names of the operations that the result depends on, in order."""
        uses = self._used()
        return [step.operation for name, step in self.named_steps() if uses[name]]

    @property
    def source(self) -> str:
        """Return the definition of a Python function f."""
        lines, result = self._lines()
        body = "".join(f"\n    {line}" for line in [*lines, f"return {result}"])
        return f"def f({', '.join(self.variables)}):{body}"

    def named_steps(self) -> Iterator[tuple[str, Step]]:
        """Yield every step with the name that operands call it by: v1, v2, ..."""
        return ((f"v{i}", step) for i, step in enumerate(self.steps, 1))

    def __call__(self, *xs: Any) -> Any:
        return self._run(_ours, xs)

    def on(self, *namespaces: Any) -> Function:
        """Return the function that computes with others' functions: on(math), on(torch).

        A namespace is a module, or a dict of functions; the first that has a name serves. NumPy's
        arcsin is found for asin, and so on. Raises LookupError for an operation nobody has.

        >>> Expression(("a",), (Step("cos", ("a",)),)).on(math)(0.0)
        1.0
        """
        return lambda *xs: self._run(partial(_from, namespaces), xs)

    def _run(self, function: Callable[[str], Function], xs: tuple[Any, ...]) -> Any:
        if len(xs) != len(self.variables):
            raise TypeError(
                f"{self!r} takes {len(self.variables)} numbers, {len(xs)} were given: {xs}"
            )
        names = {name: function(name) for name in set(self.operations).difference(_BINDS)}
        names["Fraction"] = Fraction
        exec(_compiled(self.source), names)
        return names["f"](*xs)

    def _used(self) -> Counter[str]:
        """Count how often each name is used on the way to the result."""
        steps = dict(self.named_steps())
        uses = Counter([f"v{len(steps)}"])
        for name in reversed(steps):
            if uses[name]:
                uses.update(x for x in steps[name].operands if isinstance(x, str))
        return uses

    def _lines(self) -> tuple[list[str], str]:
        """Return the lines that name values, and the text of the result."""
        lines: list[str] = []
        written: dict[Operand, Written] = {x: (x, _ATOM) for x in self.variables}

        def named(x: Operand) -> None:
            lines.append(f"v{len(lines) + 1} = {written[x][0]}")
            written[x] = (f"v{len(lines)}", _ATOM)

        def length(x: Operand) -> int:
            return len(written[x][0]) if x in written and written[x] != (x, _ATOM) else 0

        uses = self._used()
        for name, step in self.named_steps():
            if not uses[name]:
                continue
            while len((text := _text(step, written))[0]) > _WIDTH:
                longest = max(step.operands, key=length)
                if length(longest) < 12:  # there are just many of them
                    break
                named(longest)
            written[name] = text
            if uses[name] > 1:
                named(name)
        return lines, written[name][0]

    def __str__(self) -> str:
        lines, result = self._lines()
        return self.source if lines else result

    def __repr__(self) -> str:
        lines, result = self._lines()
        return self.source if lines else f"lambda {', '.join(self.variables)}: {result}"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # for IPython and Hypothesis
        _print_lines(printer, repr(self))


class Case(NamedTuple):
    """Hold an expression and a point; `str` is a program that evaluates the one at the other.

    >>> print(Case(Expression(("a",), (Step("tanh", ("a",)),)), (0.5,)))
    from autograd import tanh
    <BLANKLINE>
    def f(a):
        return tanh(a)
    <BLANKLINE>
    f(0.5)
    """

    expression: Expression
    point: tuple[Any, ...]

    def __str__(self) -> str:
        text = f"{self.expression.source}\n\nf({', '.join(map(repr, self.point))})"
        names = ", ".join(sorted(set(self.expression.operations) & set(functions.__all__)))
        imports = (
            [f"from autograd import {names if len(names) <= _WIDTH else '*'}"] if names else []
        )
        if "Fraction(" in text:
            imports.append("from fractions import Fraction")
        return "\n".join([*imports, "", text]) if imports else text

    def __repr__(self) -> str:
        return str(self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        _print_lines(printer, repr(self))


def _print_lines(printer: Any, text: str) -> None:
    lines = text.splitlines()
    if len(lines) == 1:
        printer.text(text)
        return
    with printer.indent(4):
        for line in lines:
            printer.break_()
            printer.text(line)


def _check(name: str, step: Step, known: set[str]) -> None:
    rule = find(step.operation)
    for i, x in enumerate(step.operands):
        if isinstance(x, str):
            if x not in known:
                raise ValueError(
                    f"{name} = {step}: {x!r} is neither a variable nor an earlier step. "
                    f"There are {', '.join(sorted(known))}"
                )
        elif type(x) not in (int, float, Fraction) or not math.isfinite(x):
            raise ValueError(f"{name} = {step}: {x!r} is not an int, float or Fraction")
        if i in parameters(rule) and type(x) is not int:
            raise ValueError(f"{name} = {step}: operand {i} is a parameter, which is an int")
    least = arity(rule) if rule.all_partials is None else 1 + len(rule.partials)
    if len(step.operands) < least or (rule.all_partials is None and len(step.operands) > least):
        raise ValueError(f"{name} = {step}: {rule.name} takes {least} operands")
    if rule.name == "dot" and len(step.operands) % 2:
        raise ValueError(f"{name} = {step}: dot takes as many left as right operands")


def arity(rule: Rule) -> int:
    """Return how many operands a step has, parameters included; 0 for any number.

    >>> arity(find("tanh")), arity(find("where")), arity(find("sum"))
    (1, 4, 0)
    """
    return 0 if rule.all_partials else 4 if rule.name == "where" else len(rule.partials)


def parameters(rule: Rule) -> set[int]:
    """Return the places of operands that are not differentiated, such as the n of polygamma.

    >>> parameters(find("polygamma"))
    {0}
    """
    if rule.name == "where":  # its condition is written p > q
        return set()
    return {i for i, partial in enumerate(rule.partials) if partial is None}


def _text(step: Step, written: Mapping[Operand, Written]) -> Written:
    """Return the step as Python, with no more parentheses than are needed."""
    rule = find(step.operation)
    operands = [written[x] if isinstance(x, str) else _number(x) for x in step.operands]
    texts = [text for text, _ in operands]
    if binds := _BINDS.get(rule.name):
        if len(operands) == 1:
            return f"-{_grouped(operands[0], binds)}", binds
        a, b = operands
        if rule.name == "pow":  # the only one grouped from the right; it may be followed by a minus
            return f"{_grouped(a, _ATOM)}**{_grouped(b, _BINDS['neg'])}", binds
        return f"{_grouped(a, binds)} {rule.symbol} {_grouped(b, binds + 1)}", binds
    if rule.name == "where":
        return "where({} > {}, {}, {})".format(*texts), _ATOM
    if rule.name == "dot":
        half = len(texts) // 2
        return f"dot([{', '.join(texts[:half])}], [{', '.join(texts[half:])}])", _ATOM
    if rule.all_partials:
        index, terms = texts[: len(rule.partials)], texts[len(rule.partials) :]
        return f"{rule.name}([{', '.join(terms)}]){''.join(f'[{i}]' for i in index)}", _ATOM
    return f"{rule.name}({', '.join(texts)})", _ATOM


def _number(x: int | float | Fraction) -> Written:
    text = repr(x)
    return text, _BINDS["neg"] if text.startswith("-") else _ATOM


def _grouped(written: Written, least: int) -> str:
    text, binds = written
    return text if binds >= least else f"({text})"


@lru_cache(maxsize=1000)
def _compiled(source: str) -> CodeType:
    return compile(source, "<expression>", "exec")


def _ours(name: str) -> Function:
    """Return autograd's function, or for a primitive of one's own what records it."""
    return getattr(functions, name, None) or partial(apply, find(name))


def _from(namespaces: tuple[Any, ...], name: str) -> Function:
    for names in namespaces:
        for spelling in (name, f"arc{name[1:]}") if name in _ARC else (name,):
            found = (
                names.get(spelling)
                if isinstance(names, Mapping)
                else getattr(names, spelling, None)
            )
            if found is not None:
                return found  # type: ignore[no-any-return]
    where = ", ".join(getattr(x, "__name__", "a dict") for x in namespaces) or "no namespace"
    raise LookupError(
        f"there is no {name} in {where}: add one, as in expression.on({{{name!r}: ...}}, ...)"
    )
