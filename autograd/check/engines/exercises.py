"""What `check_engine` asks of operators and functions, and the mistake behind each failure.

Most exercises are named by the program that they run. The others are in `behaviours` and `limits`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache

from autograd.check.engines.candidate import FUNCTIONS, OURS, Candidate, Mistakes, Wrong, run
from autograd.check.engines.mistakes import (
    ASSIGNED,
    BASE,
    CANCELS,
    CHAIN,
    DIVISOR,
    DROPPED,
    EQUAL,
    EXPONENT,
    FACTOR,
    IN_PLACE,
    LOCAL,
    MINUS,
    ORDER,
    OVERFLOW,
    PLAIN,
    POWER,
    REFUSED,
    SEIZED,
    START,
    TOO_LARGE,
    UNKNOWN,
    VALUE,
)

Inputs = Mapping[str, float]
GROUPS = {  # and whether a failure means wrong numbers
    "operators": True, "reuse": True, "functions": True, "backward": True, "random": True,
    "robustness": False, "limits": False,
}  # fmt: skip

LATER_USE = "u = a * b; (u * c + a) * u"
EARLIER_USE = "u = a * b; u * (u * c + a)"
SHARED = ("a + a", "a * a", LATER_USE, EARLIER_USE, "equal data")
P: Inputs = {"a": 3.5, "b": 5.5, "c": 1.75}
Q: Inputs = {"a": -2.25, "b": 1.125}
EQUAL_DATA: Inputs = {"a": 3.5, "b": 3.5, "c": 3.5}
LEAVES: Inputs = {"a": 1.5625, "b": -0.8125, "c": 2.375}


@dataclass(frozen=True)
class Exercise:
    """Hold one exercise: `run` returns a note, or raises Wrong or NotThere.

    Where one that it `needs` has failed, its own failure has the same cause. `operation` is a
    program of one operation, for use in longer ones.
    """

    name: str
    group: str
    run: Callable[[Candidate], str]
    needs: tuple[str, ...] = ()
    operation: str = ""


def _program(group: str, text: str, mistakes: Mistakes, *points: Inputs, name: str = "",
             needs: tuple[str, ...] = (), optional: bool = False) -> Exercise:  # fmt: skip
    """Make an exercise of a program at some points; of an operation also inside another one."""
    used = [{x: at[x] for x in at if re.search(rf"\b{x}\b", text)} for at in points]
    operation = text if group in ("operators", "functions") and "c" not in used[0] else ""

    def ask(candidate: Candidate) -> str:
        for inputs in used:
            candidate.check(text, inputs, mistakes, optional)
        if operation and "a * b" in (text, *candidate.passed):
            inner = Mistakes(mistakes.raised, mistakes.value, CHAIN)
            candidate.check(f"({text}) * w", {**used[0], "w": 7.25}, inner, optional)
        return ""

    return Exercise(name or text, group, ask, needs, operation)


def _operators() -> Iterator[Exercise]:
    def operator(text: str, raised: str, value: str, gradient: str, *points: Inputs,
                 needs: str = "", optional: bool = False) -> Exercise:  # fmt: skip
        mistakes = Mistakes(raised, value, gradient)
        return _program("operators", text, mistakes, *points or (P,), optional=optional,
                        needs=tuple(needs.split(", ")) if needs else ())  # fmt: skip

    # fmt: off
    yield operator("a + b",  "__add__ is missing",     VALUE, LOCAL, P, Q)
    yield operator("a * b",  "__mul__ is missing",     VALUE, FACTOR, P, Q)
    yield operator("a - b",  "__sub__ is missing",     VALUE, MINUS, P, Q)
    yield operator("a / b",  "__truediv__ is missing", VALUE, DIVISOR, P, Q)
    yield operator("-a",     "__neg__ is missing",     VALUE, MINUS, P, Q)
    yield operator("a ** 3", "__pow__ is missing",     VALUE, POWER, P)
    yield operator("a ** 2",   BASE,     BASE,     BASE,     Q, needs="a ** 3")
    yield operator("a ** -1",  EXPONENT, EXPONENT, EXPONENT, P, needs="a ** 3")
    yield operator("a ** 0.5", EXPONENT, EXPONENT, EXPONENT, P, needs="a ** 3")
    yield operator("a ** 0",   EXPONENT, EXPONENT, EXPONENT, P, needs="a ** 3")
    # fmt: on
    for symbol, name in (("+", "add"), ("-", "sub"), ("*", "mul"), ("/", "truediv")):
        for plain in (f"a {symbol} 2", f"a {symbol} 2.5"):
            yield operator(plain, PLAIN, VALUE, LOCAL, needs=f"a {symbol} b")
        missing = (
            f"__r{name}__ is missing, or returns NotImplemented: with a number on the left Python "
            "asks the operand on the right"
        )
        swapped = f"__r{name}__ is written as self {symbol} other, but self stands on the right"
        needs = f"a {symbol} b, a {symbol} 2"
        yield operator(f"2 {symbol} a", missing, swapped, LOCAL, needs=needs)
    yield operator("sum([a, b, c])", START, VALUE, LOCAL, needs="2 + a")
    yield operator("a ** b", "", VALUE, DROPPED, optional=True)
    yield operator("2 ** a", "", "__rpow__ is written as self ** other", LOCAL, optional=True)


def _reuse() -> Iterator[Exercise]:
    for text in ("a + a", "a * a", "a - a", "a / a", "a * b + a", "a * a * a", "u = a * b; u + u"):
        mistakes = Mistakes(ASSIGNED, VALUE, ASSIGNED)
        yield _program("reuse", text, mistakes, P, needs=_basics(text))
    for text in (LATER_USE, EARLIER_USE, "u = a * b; v = u + c; w = u * v; w + v + u",
                 "u = a + b; v = u * u; (v + u) * (u + v * v)"):  # fmt: skip
        mistakes = Mistakes(ORDER, VALUE, ORDER)
        yield _program("reuse", text, mistakes, P, needs=(*_basics(text), "a + a", "a * a"))
    text, mistakes = "a * b + b * c - c / a", Mistakes(EQUAL, VALUE, EQUAL)
    yield _program("reuse", text, mistakes, EQUAL_DATA, name="equal data",
                   needs=(*_basics(text), "a + a"))  # fmt: skip
    yield Exercise("v += a; v += b", "reuse", _augmented, ("a + a", LATER_USE))


def _augmented(candidate: Candidate) -> str:
    """Ask for v += a where u is another name for v: it may make a new value, or change both."""
    program, mistakes = "v = u = a * b; v += a; v += b; v * u", Mistakes(*[IN_PLACE] * 3)
    inputs = {"a": P["a"], "b": P["b"]}
    try:
        candidate.check(program, inputs, mistakes)
    except Wrong as wrong:
        with suppress(Wrong):
            candidate.check(program, inputs, mistakes, means="v = a * b + a + b; v * v")
            return "changes v in place, and the gradients are right"
        raise wrong from None
    return ""


def _basics(text: str) -> tuple[str, ...]:
    return tuple(f"a {symbol} b" for symbol in "+-*/" if f" {symbol} " in text)


def _functions() -> Iterator[Exercise]:
    points = [{"a": x} for x in (0.625, -0.375, 2.25, -1.75)]
    for name in FUNCTIONS:
        wrong = f"the function {name} itself is wrong, or adds a small number to its input"
        yield _program("functions", f"{name}(a)", Mistakes(f"{name} fails", wrong, LOCAL), *points,
                      optional=True)  # fmt: skip
    yield Exercise("relu(a) at 0", "functions", _relu_at_zero, ("relu(a)",))


def _relu_at_zero(candidate: Candidate) -> str:
    [a] = candidate.values(0.0)
    y = candidate.functions["relu"](a)
    mistake = "at its kink relu's gradient is anything between 0 and 1, and 0 by custom"
    candidate.expect("the value", candidate.data(y), 0.0, mistake)
    candidate.backward(y, mistake)
    g = candidate.gradient(a) or 0.0
    if not 0 <= g <= 1:
        raise Wrong("0 <= a.grad <= 1", f"a.grad = {g:g}", mistake)
    return f"the gradient at the kink is {g:g}"


def _robustness() -> Iterator[Exercise]:
    def robust(text: str, mistake: str, *xs: float, needs: tuple[str, ...] = ()) -> Exercise:
        points = [{"a": x} for x in xs]
        name = f"{text} at {', '.join(f'{x:g}' for x in xs)}"
        mistakes = Mistakes(*[mistake] * 3)
        return _program("robustness", text, mistakes, *points, name=name, needs=needs)

    for name in ("tanh", "sigmoid", "softplus", "silu"):
        yield robust(f"{name}(a)", OVERFLOW, 1000.0, -1000.0, needs=(f"{name}(a)",))
    yield robust("exp(a)", TOO_LARGE, 1000.0, needs=("exp(a)",))
    yield robust("a ** 400", TOO_LARGE, 10.0, needs=("a ** 3",))
    yield robust("tanh(a)", CANCELS, 9.0, needs=("tanh(a)",))
    yield robust("sigmoid(a)", CANCELS, 20.0, needs=("sigmoid(a)",))
    yield robust("a ** 0", "0 * 0**-1 divides by zero, where the gradient is 0", 0.0,
                 needs=("a ** 0",))  # fmt: skip
    for text, mistake in (("a + np.float32(2.5)", REFUSED), ("np.float64(2.5) * a", SEIZED)):
        inner = _program("robustness", text, Mistakes(*[mistake] * 3), P)
        yield Exercise(text, "robustness", _blaming(mistake, inner.run), ("a + 2.5", "2 * a"))


def _blaming(mistake: str, ask: Callable[[Candidate], str]) -> Callable[[Candidate], str]:
    """Return the exercise with this mistake named whatever goes wrong."""

    def blaming(candidate: Candidate) -> str:
        try:
            return ask(candidate)
        except Wrong as wrong:
            raise Wrong(wrong.expected, wrong.came, mistake, wrong.raised) from wrong

    return blaming


def _random() -> Exercise:
    every = [x for x in (*_operators(), *_functions()) if x.operation and x.name != "a ** 0"]
    mistakes = Mistakes(*[UNKNOWN] * 3)

    def ask(candidate: Candidate) -> str:
        pool = tuple(x.operation for x in every if x.name in candidate.passed)
        for text in random_programs(pool):
            candidate.check(text, LEAVES, mistakes)
        return f"3 to 12 steps each, of {len(pool)} operations"

    powers = tuple(x.name for x in every if "**" in x.name)
    return Exercise("50 random programs", "random", ask, (*SHARED, *powers))


@cache
def random_programs(pool: tuple[str, ...], seed: int = 0) -> list[str]:
    """Return 50 programs of up to 12 of these operations on a, b and c, the shortest first.

    Each step takes the result of the one before. One whose number is not between 1/16 and 4 is
    not taken: where nothing cancels, grows or saturates, rounding is not magnified.
    """
    draw = random.Random(seed)
    of_two = [operation for operation in pool if "b" in re.findall(r"\b\w+", operation)]
    programs = []
    for length in sorted(3 + k % 10 for k in range(50 if pool else 0)):
        names, numbers, text = list(LEAVES), {**OURS, **LEAVES}, ""
        for _ in range(20 * length):
            new, operation = f"v{len(names) - 2}", draw.choice(draw.choice([of_two or pool, pool]))
            operands = [names[-1], draw.choice(names)]
            if operation in of_two:
                draw.shuffle(operands)
            step = re.sub(r"\b[ab]\b", lambda x: operands["ab".index(x[0])], operation)  # noqa: B023
            try:
                numbers[new] = run(step, numbers)
            except (ArithmeticError, ValueError):
                continue
            if type(numbers[new]) is float and 1 / 16 <= abs(numbers[new]) <= 4:
                names.append(new)
                text += f"{new} = {step}; "
            if len(names) == 3 + length:
                break
        programs.append(text + names[-1])
    return programs


def exercises() -> list[Exercise]:
    """Return the exercises of programs, the simple ones first."""
    return [*_operators(), *_reuse(), *_functions(), _random(), *_robustness()]
