"""Mathematics written down, as plain text or as LaTeX: one class each, with the same methods."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from autograd.show import formula, naming, number
from autograd.value import Value

_WIDTH = 76  # of a sum as text, before it goes on in another line
_TERMS = 3  # of a sum in LaTeX, before it goes on in another line
_WIDE = 6  # operands shown of a function in LaTeX
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_LATEX_OPERATORS = {
    "add": "{} + {}", "sub": "{} - {}", "mul": r"{} \cdot {}", "div": r"\frac{{{}}}{{{}}}",
    "pow": "{{{}}}^{{{}}}", "floordiv": r"\left\lfloor {} / {} \right\rfloor",
    "mod": r"{} \;\mathrm{{mod}}\; {}", "neg": "-{}",
}  # fmt: skip
_LATEX_SIGNS = {
    "\\": r"{\backslash}", "^": r"{\wedge}", "~": r"{\sim}", " ": r"\ ", "{": r"\{", "}": r"\}",
    "_": r"\_", "%": r"\%", "#": r"\#", "$": r"\$", "&": r"\&",
}  # fmt: skip


class Equation(NamedTuple):
    """Hold left = right = right ...; each right side is a list of summands.

    Without right sides it stands for what was left out, and `left` says so.
    """

    left: str
    rights: list[list[str]]
    note: str = ""


def _is_delicate(x: Any) -> bool:
    """Say whether a number needs parentheses beside an operator, as -3 and 1/3 do."""
    return bool(x < 0) or (isinstance(x, Fraction) and x.denominator != 1)


class Text:
    """Write plain text: dy/da = ∂y/∂b · ∂b/∂a = 3 · (-2)."""

    times = " · "

    def __init__(self, order: list[Value]) -> None:
        self._name_of = naming(order)

    def name(self, v: Value) -> str:
        """Return the name of a value."""
        return self._name_of(v)

    def number(self, x: Any) -> str:
        """Return a number."""
        return number(x)

    def grouped(self, x: Any) -> str:
        """Return a number as it stands beside an operator."""
        return f"({self.number(x)})" if _is_delicate(x) else self.number(x)

    def more(self, count: int) -> str:
        """Return what stands for so many more terms."""
        return f"... {count:,} more"

    def operation(self, v: Value, with_numbers: bool = False) -> str:
        """Return the operation that made v, its operands by name or in numbers."""
        assert v.rule is not None
        write = self.number if v.rule.symbol.isidentifier() else self.grouped
        named = self.name if not with_numbers else lambda x: write(x.data)
        return self._formula(v, lambda x: named(x) if type(x) is Value else write(x))

    def _formula(self, v: Value, name_of: Callable[[Any], str]) -> str:
        return formula(v, name_of)

    def total(self, y: Value, x: Value) -> str:
        """Return dy/dx."""
        return f"d{self._word(y)}/d{self._word(x)}"

    def partial(self, y: Value, x: Value, place: int | None) -> str:
        """Return ∂y/∂x; of x as the operand in this place, if y uses x in several."""
        mark = "" if place is None else f"⁽{str(place + 1).translate(_SUPERSCRIPTS)}⁾"
        return f"∂{self._word(y)}/∂{self._word(x)}{mark}"

    def repeated(self, x: Value) -> str:
        """Return what such a place means."""
        return f"({self.name(x)}⁽ⁱ⁾ is {self.name(x)} as operand i)"

    def _word(self, v: Value) -> str:
        name = self.name(v)
        return name if re.fullmatch(r"[\w.]+(\[[^\[\]]*\])*", name) else f"({name})"

    def remark(self, text: str) -> str:
        """Return a sentence among the equations."""
        return f"({text})"

    def block(self, equations: Sequence[Equation], stacked: bool = False) -> str:
        """Return equations below each other, and so are, if stacked or long, their right sides."""
        margin = max(len(equation.left) for equation in equations if equation.rights)
        new_line = "\n" + " " * margin
        rows = []
        for left, rights, _ in equations:
            sums = [_broken(right, f"{new_line} + ") for right in rights]
            long = any(len(right) > 1 for right in rights) and sum(map(len, sums)) > _WIDTH
            row = f"{left:{margin}} = " + (f"{new_line} = " if stacked or long else " = ").join(
                sums
            )
            rows.append(row if rights else f"... {left}")
        wide = max(map(len, rows))
        notes = [equation.note for equation in equations]
        pairs = zip(rows, notes, strict=True)
        return "\n".join(f"{row:{wide}}    {note}" if note else row for row, note in pairs)

    def page(self, blocks: Sequence[str]) -> str:
        """Return the blocks with space between them."""
        return "\n\n".join(blocks)


def _broken(parts: list[str], break_at: str) -> str:
    """Return the sum of the parts, a line for each if they are long, else lines that are filled."""
    if len(" + ".join(parts)) <= _WIDTH:
        return " + ".join(parts)
    each = 1 if max(map(len, parts)) > 12 else 6
    return break_at.join(" + ".join(parts[i : i + each]) for i in range(0, len(parts), each))


class Latex(Text):
    """Write LaTeX for mathematical mode, from the part that KaTeX and MathJax know as well."""

    times = r" \cdot "

    def name(self, v: Value) -> str:
        """Return x1 as x_{1}, one letter as it is, and any other label upright."""
        return latex_name(super().name(v))

    def number(self, x: Any) -> str:
        """Return a number: 1e-07 as a power of ten, a fraction as one, inf as its sign."""
        if isinstance(x, Fraction) and x.denominator != 1:
            sign = "-" if x < 0 else ""
            return rf"{sign}\frac{{{abs(x.numerator)}}}{{{x.denominator}}}"
        text = super().number(x)
        if text.lstrip("+-") == "inf":
            return text.replace("+", "").replace("inf", r"\infty")
        mantissa, _, exponent = text.partition("e")
        if mantissa[-1:].isdigit() and exponent:
            return rf"{mantissa} \times 10^{{{int(exponent)}}}"
        return rf"\mathrm{{{text}}}" if text.isalpha() else text

    def grouped(self, x: Any) -> str:
        """Return a number as it stands beside an operator."""
        return rf"\left({self.number(x)}\right)" if _is_delicate(x) else self.number(x)

    def more(self, count: int) -> str:
        """Return what stands for so many more terms."""
        return rf"\ldots\ \mathrm{{{count:,}\ more}}"

    def _formula(self, v: Value, name_of: Callable[[Any], str]) -> str:
        assert v.rule is not None
        operands = [name_of(x) for x in v.inputs[:_WIDE]]
        if v.rule.name in _LATEX_OPERATORS:
            return _LATEX_OPERATORS[v.rule.name].format(*operands)
        if len(v.inputs) > _WIDE:
            operands.append(self.more(len(v.inputs) - _WIDE))
        return rf"\mathrm{{{_escaped(v.rule.name)}}}\left({', '.join(operands)}\right)"

    def total(self, y: Value, x: Value) -> str:
        """Return dy/dx."""
        return rf"\frac{{\mathrm{{d}} {self.name(y)}}}{{\mathrm{{d}} {self.name(x)}}}"

    def partial(self, y: Value, x: Value, place: int | None) -> str:
        """Return ∂y/∂x; of x as the operand in this place, if y uses x in several."""
        mark = "" if place is None else f"^{{({place + 1})}}"
        return rf"\frac{{\partial {self.name(y)}}}{{\partial {self.name(x)}{mark}}}"

    def repeated(self, x: Value) -> str:
        """Return what such a place means."""
        return rf"& {self.name(x)}^{{(i)}} = {self.name(x)}\ \mathrm{{as\ operand}}\ i"

    def remark(self, text: str) -> str:
        """Return a sentence among the equations."""
        return rf"& \mathrm{{{_escaped(text)}}}"

    def block(self, equations: Sequence[Equation], stacked: bool = False) -> str:
        """Return the rows of an aligned environment."""
        rows = []
        for left, rights, _ in equations:
            stack = stacked or any(len(right) > _TERMS for right in rights)
            right = (" \\\\\n&= " if stack else " = ").join(map(_in_rows, rights))
            gap = rf"& \ldots\ \mathrm{{{_escaped(left)}}}"
            rows.append(f"{left} &= {right}" if rights else gap)
        return " \\\\\n".join(rows)

    def page(self, blocks: Sequence[str]) -> str:
        """Return the blocks as one aligned environment."""
        rows = " \\\\[1ex]\n".join(blocks)
        return f"\\begin{{aligned}}\n{rows}\n\\end{{aligned}}"


def _in_rows(parts: list[str]) -> str:
    rows = [" + ".join(parts[i : i + _TERMS]) for i in range(0, len(parts), _TERMS)]
    return " \\\\\n&\\quad + ".join(rows)


def latex_name(label: str) -> str:
    """Return a label for mathematical mode: x1 as x_{1}, more than a letter upright.

    >>> latex_name("w12"), latex_name("α"), latex_name("50 %_a")
    ('w_{12}', 'α', '\\\\mathrm{50\\\\ \\\\%\\\\_a}')
    """
    if match := re.fullmatch(r"([^\W\d_])_?(\d*)", label):
        letter, digits = match.groups()
        return f"{letter}_{{{digits}}}" if digits else letter
    return rf"\mathrm{{{_escaped(' '.join(label.split()))}}}"


def _escaped(text: str) -> str:
    return "".join(_LATEX_SIGNS.get(sign, sign) for sign in text)
