"""One exercise: an expression of fractions, what is asked about it, and the answers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from autograd import Value, explain, nodes
from autograd.show import formula
from viz.diagrams.detail import detail
from viz.diagrams.labels import plain
from viz.rendering.drawing import Drawing

BLANK = "____"
_TIGHTNESS = {"add": 1, "sub": 1, "mul": 2, "div": 2, "pow": 3}
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True, eq=False)
class Exercise:
    """Hold an expression of fractions, after its backward pass: `output` is its value."""

    output: Value

    @property
    def values(self) -> list[Value]:
        """Return all values, the leaves first, then each after what it is made of."""
        return sorted(nodes(self.output), key=lambda v: v.rule is not None)

    @property
    def given(self) -> dict[str, Fraction]:
        """Return the numbers of the leaves by their names."""
        return {v.label: Fraction(v.data) for v in self.values if v.rule is None}

    @property
    def data(self) -> dict[str, Fraction]:
        """Return the number of every value by its name."""
        return {v.label: Fraction(v.data) for v in self.values}

    @property
    def grad(self) -> dict[str, Fraction]:
        """Return d(output)/d(value) for every value by its name."""
        return {v.label: Fraction(v.grad) for v in self.values}

    @property
    def formula(self) -> str:
        """Return the expression; what it uses twice has an equation of its own before it."""
        return ",  ".join(f"{v.label} = {self._written(v)}" for v in self.values if self._named(v))

    def step(self, v: Value) -> str:
        """Return the one operation that made v, "" for a leaf."""
        return _mathematical(formula(v, lambda x: x.label if type(x) is Value else str(x)))

    @property
    def givens(self) -> str:
        """Return the numbers of the leaves in words."""
        return ",  ".join(f"{name} = {x}" for name, x in self.given.items())

    def picture(self, answers: bool = False) -> Drawing:
        """Return the expression as a diagram, with fields to fill in or with the answers."""
        what = "answers" if answers else "boxes to fill in"
        source = detail([self.output], blank=not answers, head=self._head)
        return Drawing(source, f"{what} for {plain(self.formula)}")

    def rows(self, answers: bool = False) -> list[tuple[str, str, str, str]]:
        """Return name, operation, data and grad of every value, with blanks or with the answers."""
        return [
            (v.label, self.step(v), str(v.data) if answers or v.rule is None else BLANK,
             str(v.grad) if answers else BLANK)
            for v in self.values
        ]  # fmt: skip

    def chain_rules(self) -> list[str]:
        """Return the chain rule for each leaf, written out by `explain`."""
        leaves = [v for v in self.values if v.rule is None]
        # what comes before the first empty line are the values, which the picture shows
        return [str(explain(self.output, v)).partition("\n\n")[2] for v in leaves]

    def _head(self, v: Value) -> tuple[str, str]:
        return v.label, f"= {self.step(v)}" if v.rule else ""

    def _named(self, v: Value) -> bool:
        users = sum(x is v for w in self.values for x in w.inputs)
        return v is self.output or (v.rule is not None and users > 1)

    def _written(self, v: Value) -> str:
        def operand(x: Any) -> str:
            if type(x) is not Value:
                return str(x)
            if x.rule is None or self._named(x):
                return x.label
            assert v.rule is not None
            outer, inner = (_TIGHTNESS.get(w.rule.name, 4 * (w is x)) for w in (v, x))  # type: ignore[union-attr]
            tight = inner > outer or (inner == outer and v.rule.name != "div" and x is v.inputs[0])
            return self._written(x) if tight else f"({self._written(x)})"

        return _mathematical(formula(v, operand))


def _mathematical(text: str) -> str:
    text = re.sub(r" \*\* (\d+)", lambda match: match[1].translate(_SUPERSCRIPTS), text)
    return text.replace("*", "×").replace("/", "÷")
