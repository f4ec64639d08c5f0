"""How an expression is grown, together with a point at which it is smooth, or on one kink.

An operation is taken only if it is clear at the values that its operands have, so nothing has to
be filtered out afterwards. The choices come from Hypothesis, the simplest first: stop,
drop what is not needed, a variable, a constant, the newest step. So what fails shrinks well.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from hypothesis import reject
from hypothesis import strategies as st

from autograd.check.expressions import Expression, Operand, Step, arity, parameters
from autograd.check.expressions.domains import KINKS, Spread, advance, kinks, spread
from autograd.rules import Rule, find

NAMES = "abcdghjkmnpqrstuwxyz"
CONSTANTS = (2, 0.5, -1, 3)
WIDEST = 4  # the most operands of a sum and its like


@st.composite
def grown(draw: st.DrawFn, operations: Sequence[str], shared: bool, kinked: bool, variables: int,
          least: int, most: int, numbers: st.SearchStrategy[Any]) -> Expression:  # fmt: skip
    """Draw an expression of so many operations; `shared` lets steps be used again."""
    plant = _Plant(draw, list(map(find, operations)), shared)
    for _ in range(variables - kinked):
        plant.new(draw(numbers))
    kink_at = draw(st.integers(0, most // 2)) if kinked else most
    waiting, go_on = kinked, st.integers(0, 1 + (most - least) // 2)
    for _ in range(4 * most + 8):  # some tries find no operation that fits
        if waiting and plant.size >= kink_at:
            waiting = False
            if not plant.add_kink():
                reject()
        elif plant.size >= least and not waiting and (not draw(go_on) or plant.size >= most):
            break
        else:
            plant.add(crowded=plant.size + 2 > most)
    plant.join(least)
    if not plant.loose:
        reject()
    expression = plant.expression()
    on_kink = kinked and kinks(expression, expression.example or ())
    if len(expression.steps) < least or (kinked and not on_kink):
        reject()
    return expression


class _Plant:
    """Hold what has grown so far: values by name, and the steps that nothing reads yet."""

    def __init__(self, draw: st.DrawFn, rules: list[Rule], shared: bool) -> None:
        self.draw, self.rules, self.shared = draw, rules, shared
        self.joining = [rule for rule in rules if arity(rule) in (0, 2) and not parameters(rule)]
        self.alike: defaultdict[object, list[Rule]] = defaultdict(list)
        for rule in rules:
            self.alike[_shape(rule)].append(rule)
        self.known: dict[Operand, Spread] = {}
        self.variables: list[str] = []
        self.steps: list[Step] = []
        self.loose: list[str] = []

    @property
    def size(self) -> int:
        """Return how many operations there are when loose ends are joined."""
        return len(self.steps) + max(0, len(self.loose) - 1)

    def pick(self, options: Sequence[Any]) -> Any:
        """Draw one of the options; the first is the simplest."""
        return options[self.draw(st.integers(0, len(options) - 1))]

    def new(self, x: Any) -> str:
        """Add a variable with this value."""
        name = NAMES[len(self.variables)]
        self.variables.append(name)
        self.known[name] = spread(x)
        return name

    def operand(self, before: Sequence[Operand], may_be_constant: bool) -> Operand:
        """Draw an operand beside those drawn before."""
        constants = CONSTANTS if may_be_constant else ()
        options: list[Operand] = [self.variables[0], *constants[:1]]
        options += [*self.variables[1:], *constants[1:]]
        options += 4 * [x for x in reversed(self.loose) if x not in before or self.shared]
        if self.shared:
            options += [f"v{k}" for k in range(len(self.steps), 0, -1)]
        return self.pick(options)  # type: ignore[no-any-return]

    def add(self, crowded: bool) -> None:
        """Add the drawn operation, or the next simpler one that fits the drawn operands."""
        rule = self.pick(self.rules)
        apart = parameters(rule)
        count = arity(rule) or self.draw(st.integers(2, WIDEST)) + len(apart)
        if rule.name == "dot":
            count -= count % 2
        highest = (WIDEST if arity(rule) else count - len(apart)) - 1
        operands: list[Operand] = []
        for i in range(count):
            if i in apart:
                operands.append(self.draw(st.integers(0, highest)))
                continue
            beside = operands[2:] if rule.name == "where" and i >= 2 else operands
            varies = any(isinstance(x, str) for x in beside)
            if self.loose and (crowded or not self.joining) and not varies and i < 2:
                operands.append(self.pick(self.loose[::-1]))
            else:
                binary = i == 0 and count == 2 and not apart
                operands.append(self.operand(operands, may_be_constant=varies or binary))
        self.grow(self.alike[_shape(rule)], rule, operands)

    def grow(self, rules: list[Rule], first: Rule, operands: Sequence[Operand],
             kink: bool = False) -> bool:  # fmt: skip
        """Add the given rule, or the next simpler one that is clear at these operands."""
        xs = [self.known[x] if isinstance(x, str) else Spread(x, 0) for x in operands]
        for rule in rules[rules.index(first) :: -1]:
            if found := advance(rule, xs, kink):
                self.steps.append(Step(rule.name, tuple(operands)))
                name = f"v{len(self.steps)}"
                self.known[name] = found
                self.loose = [x for x in self.loose if x not in operands] + [name]
                return True
        return False

    def add_kink(self) -> bool:
        """Add an operation exactly on its kink: a new variable equals what it is compared with."""
        rule = self.pick([rule for rule in self.rules if rule.name in KINKS])
        subtract = [other for other in self.rules if other.name == "sub"]
        x = (self.loose or self.variables)[-1]
        value = self.known[x].value
        if rule.name in ("maximum", "minimum", "max", "min", "clip"):
            operands: list[Operand] = [x, self.new(value)]
        elif subtract and self.grow(subtract, subtract[0], [x, self.new(value)], kink=True):
            operands = [self.loose[-1]]
        else:
            operands = [self.new(value * 0)]
        while len(operands) < arity(rule):
            operands.append(self.operand(operands, may_be_constant=True))
        return self.grow([rule], rule, operands, kink=True)

    def join(self, least: int) -> None:
        """Join loose ends by the simplest operation that fits; drop those that are not needed."""
        ends = len(self.loose)
        enough = next((k for k in range(ends) if self.reach(k) >= least), ends)
        kept = min(enough + self.draw(st.integers(0, ends + 8)), ends - 1)
        self.loose = self.loose[ends - 1 - kept :]
        while len(self.loose) > 1:
            a, b = self.loose[-2:]
            if not any(self.grow([rule], rule, [a, b]) for rule in self.joining):
                self.loose.remove(a)

    def reach(self, joined: int) -> int:
        """Return the number of operations if so many loose ends are joined to the last."""
        needed = self.needed(self.loose[-1 - joined :])
        return joined + sum(f"v{k}" in needed for k in range(1, len(self.steps) + 1))

    def needed(self, names: Sequence[str]) -> set[Operand]:
        """Return these and all that they were computed from."""
        found: set[Operand] = set(names)
        for k in range(len(self.steps), 0, -1):
            if f"v{k}" in found:
                found.update(self.steps[k - 1].operands)
        return found

    def expression(self) -> Expression:
        """Return the last result with what it needs, names in order."""
        needed = self.needed(self.loose)
        variables = [x for x in self.variables if x in needed]
        names: dict[Operand, str] = dict(zip(variables, NAMES, strict=False))
        steps = []
        for k, step in enumerate(self.steps, 1):
            if f"v{k}" in needed:
                steps.append(Step(step.operation, tuple(names.get(x, x) for x in step.operands)))
                names[f"v{k}"] = f"v{len(steps)}"
        example = tuple(self.known[x].value for x in variables)
        return Expression(tuple(NAMES[: len(variables)]), tuple(steps), example)


def _shape(rule: Rule) -> object:
    """Return what rules have in common that take the same operands."""
    own = rule.name if rule.name in ("where", "dot") else ""
    return arity(rule), frozenset(parameters(rule)), own
