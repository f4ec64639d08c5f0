"""What `why` says of an operation that stops a gradient or makes a NaN, and of the way there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from autograd.explain import definition
from autograd.lines import line_of
from autograd.notation import Equation, Text
from autograd.numbers import plain
from autograd.value import Value, data_of

_CLOSED = ("relu", "leaky_relu")
_STEPS = ("floor", "ceil", "round", "sign", "floordiv")
_KINKS = ("abs", "hypot", "norm")
_CHOICES = ("clip", "maximum", "minimum", "max", "min", "where")
_SATURATING = (
    "tanh", "sech_squared", "sigmoid", "softplus", "logsigmoid", "softmax", "log_softmax",
    "logsumexp", "erf", "erfc", "normal_cdf", "gaussian", "elu", "selu", "gelu", "silu", "mish",
    "atan", "exp", "exp2", "expm1",
)  # fmt: skip
_POLES: dict[str, Callable[..., bool]] = {
    **dict.fromkeys(("log", "log2", "log10", "log1p", "atanh"), lambda x: True),
    **dict.fromkeys(("div", "floordiv", "mod"), lambda a, b: b == 0),
    **dict.fromkeys(("gamma", "lgamma", "digamma"), lambda x: x <= 0),
    "pow": lambda a, b: a == 0,
    "polygamma": lambda n, x: x <= 0,
}

_ROWS = 12  # that are shown of a chain
_HINT = "(no source line was recorded: make the graph under `with autograd.lines():`)"


@dataclass(frozen=True, eq=False, repr=False)
class Answer:
    """Say what is the matter (`finding`) and the cause (`reason`), both as keys; print it all.

    `operation` is the Value responsible, `chain` the Values from it to the one in question.
    """

    finding: str
    reason: str
    text: str
    operation: Value | None = None
    chain: Sequence[Value] = ()

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__

    def _repr_markdown_(self) -> str:
        return f"```text\n{self.text}\n```"


def is_finite(x: Any) -> bool:
    """Say whether a number is neither nan nor infinite."""
    return not is_nan(x) and abs(plain(x)) != float("inf")


def is_nan(x: Any) -> bool:
    """Say whether a number is nan, the only one that is not itself."""
    return bool(x != x)


def at(v: Value) -> str:
    """Return where v was made, " at model.py:12", if that was recorded."""
    line = line_of(v)
    return f" at {line}" if line else ""


def origin(v: Value, style: Text) -> tuple[str, str]:
    """Return why v is not finite though the Values it was made of are: a key, and words."""
    number = style.number(v.data)
    if v.rule is None:
        return "given", f"{style.name(v)} was given as {number}{at(v)}"
    numbers = data_of(v.inputs)
    call = f"{style.operation(v, with_numbers=True)}{at(v)}"
    if odd := [x for x in numbers if not is_finite(x)]:
        return "constant", f"{call} has {style.number(odd[0])} among its operands"
    if is_nan(v.data):
        return "domain", f"{call} is nan: it is not defined there"
    if v.rule.name in _POLES and _POLES[v.rule.name](*numbers):
        return "pole", f"{call} is {number}: a pole"
    return "overflow", f"{call} overflows: the result is larger than any float"


def slope_words(v: Value, place: int, slope: Any, style: Text) -> tuple[str, str]:
    """Return why v passes little, or nothing, on to the operand in that place: a key, and words."""
    assert v.rule is not None
    rule, x = v.rule.name, v.inputs[place]
    given = f"input {_shown(x, style)}"
    local = f"local derivative {style.number(slope)}"
    name = (rule if v.rule.symbol.isidentifier() else style.operation(v)) + at(v)
    if not is_finite(slope):
        what = "undefined" if is_nan(slope) else "infinite"
        return f"{what} slope", f"{name} has an {what} slope: {given}, {local}"
    if rule in _CLOSED and place == 0 and x.data <= 0:
        return "closed", f"{name} is closed: {given}" + (f", {local}" if slope else "")
    if rule in _STEPS and slope == 0:
        return "step", f"{name} is a step function, flat everywhere: {given}"
    if rule in _KINKS and slope == 0:
        return "kink", f"{name} is at its kink, where its derivative is set to 0: {given}"
    if rule in _CHOICES and slope == 0:
        return "not chosen", f"{name} chose {style.number(v.data)}, not {_shown(x, style)}"
    if rule in ("mul", "dot", "prod"):
        others = _others(v, place)
        factor = _shown(others[0], style) if len(others) == 1 else style.number(slope)
        return "factor", f"{name} multiplies by {factor}"
    if rule == "div" and place == 0 and slope != 0:
        return "factor", f"{name} divides by {_shown(v.inputs[1], style)}"
    if rule in _SATURATING and abs(slope) < 0.1:
        return "saturated", f"{name} is saturated: {given}, {local}"
    how = "flat" if slope == 0 else "nearly flat" if abs(slope) < 0.1 else "steep"
    return how.removeprefix("nearly "), f"{name} is {how}: {given}, {local}"


def _others(v: Value, place: int) -> Sequence[Any]:
    """Return the operands that multiply the one in that place."""
    n = len(v.inputs)
    if v.rule is not None and v.rule.name == "dot":
        return [v.inputs[(place + n // 2) % n]]
    return [x for i, x in enumerate(v.inputs) if i != place]


def _shown(x: Any, style: Text) -> str:
    """Return a label and a number, z = -0.31, or the number alone."""
    if type(x) is not Value:
        return style.number(x)
    return f"{x.label} = {style.number(x.data)}" if x.label else style.number(x.data)


def told(heads: Sequence[str], more: Sequence[str], operation: Value, rows: Sequence[Value],
          style: Text, remark: Callable[[Value], str] = lambda v: "") -> str:  # fmt: skip
    """Return an answer as text: what happened, where, and the chain with remarks."""
    line = line_of(operation)
    source = [f"    {line.text}"] if line and line.text else []
    hint = [_HINT] if not line and operation.rule else []
    left_out, half = len(rows) - _ROWS, _ROWS // 2
    shown = [*rows[:half], *rows[half + left_out :]] if left_out > 0 else rows
    equations = [definition(style, v) for v in shown]
    notes = [remark(v) for v in shown]
    wide = max(map(len, notes))
    equations = [
        Equation(left, rights, f"{note:{wide}}    {line}".strip() if line else note)
        for (left, rights, line), note in zip(equations, notes, strict=True)
    ]
    if left_out > 0:
        equations.insert(half, Equation(f"{left_out:,} values in between", []))
    return "\n".join([*heads, *source, *more, *hint, "", style.block(equations)])
