"""The conformance kit: sound engines pass it, and each planted mistake is named, and it alone."""

from __future__ import annotations

import json
import math
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from micrograd.engine import Value as Micrograd
from rich.console import Console

import autograd
from autograd.check import engines
from autograd.check.engines import apart, candidate, check_engine, exercises, mistakes
from benchmarks.conformance import CARDS, EXAMINEES, examine, keep


def power(a: float, b: float) -> Any:
    try:
        return a**b
    except OverflowError:
        return math.inf
    except ZeroDivisionError:
        return 0.0 if b == -1 else math.inf  # only as the factor of an exponent 0


class Sound:
    """A micrograd-like engine without a fault: rules take the output, so there are no cycles."""

    __array_ufunc__ = None  # np.float64(2) * v is ours to answer

    def __init__(self, data: Any, inputs: tuple[Any, ...] = (), rule: Any = None) -> None:
        self.data, self.inputs, self.rule, self.grad = data, inputs, rule, 0.0

    @classmethod
    def wrap(cls, x: Any) -> Any:
        return x if isinstance(x, Sound) else cls(x)

    def new(self, data: Any, inputs: tuple[Any, ...], rule: Callable[..., Any]) -> Any:
        return type(self)(data, inputs, rule)

    def __add__(self, other: Any) -> Any:
        other = self.wrap(other)
        return self.new(self.data + other.data, (self, other), lambda y, a, b: (1, 1))

    def __mul__(self, other: Any) -> Any:
        other = self.wrap(other)
        return self.new(self.data * other.data, (self, other), lambda y, a, b: (b.data, a.data))

    def __pow__(self, n: Any) -> Any:
        assert isinstance(n, (int, float))
        return self.new(power(self.data, n), (self,), lambda y, a: (n * power(a.data, n - 1),))

    def __neg__(self) -> Any:
        return self * -1

    def __sub__(self, other: Any) -> Any:
        return self + -self.wrap(other)

    def __truediv__(self, other: Any) -> Any:
        return self * self.wrap(other) ** -1

    def __radd__(self, other: Any) -> Any:
        return self + other

    def __rmul__(self, other: Any) -> Any:
        return self * other

    def __rsub__(self, other: Any) -> Any:
        return self.wrap(other) - self

    def __rtruediv__(self, other: Any) -> Any:
        return self.wrap(other) / self

    def relu(self) -> Any:
        return self.new(max(self.data, 0.0), (self,), lambda y, a: (float(a.data > 0),))

    def tanh(self) -> Any:
        return self.new(math.tanh(self.data), (self,), lambda y, a: (1 / cosh(a.data) ** 2,))

    def exp(self) -> Any:
        return self.new(float(np.exp(self.data)), (self,), lambda y, a: (y.data,))

    def order(self) -> list[Any]:
        """Return what self was computed from, each value before those it was computed from."""
        done, found, waiting = set(), [], [(self, False)]
        while waiting:
            v, finished = waiting.pop()
            if finished:
                found.append(v)
            elif v not in done:
                done.add(v)
                waiting.append((v, True))
                waiting.extend((x, False) for x in v.inputs)
        return found[::-1]

    def clear(self, order: list[Any]) -> None:
        for v in order:
            if v.rule:
                v.grad = 0.0

    def backward(self) -> None:
        order = self.order()
        self.clear(order)
        self.grad = 1.0 + (0 if self.rule else self.grad)
        for v in order:
            if v.rule:
                for x, d in zip(v.inputs, v.rule(v, *v.inputs), strict=True):
                    self.give(x, v, d)

    def give(self, x: Any, v: Any, d: Any) -> None:
        x.grad += v.grad * d


def cosh(x: float) -> float:
    return float(np.cosh(x))


# Planted mistakes: each class differs from Sound in one thing.


class Assigns(Sound):
    def give(self, x: Any, v: Any, d: Any) -> None:
        x.grad = v.grad * d


class Unordered(Sound):
    def order(self) -> list[Any]:
        found, seen = [self], {self}
        for v in found:  # breadth first
            new = [x for x in dict.fromkeys(v.inputs) if x not in seen]
            found += new
            seen.update(new)
        return found


class EveryPath(Sound):
    def backward(self) -> None:
        self.clear(self.order())
        waiting = [(self, 1.0)]
        while waiting:
            v, g = waiting.pop()
            v.grad += g
            if v.rule:
                waiting += [(x, g * d) for x, d in zip(v.inputs, v.rule(v, *v.inputs), strict=True)]


class Recursive(Sound):
    def order(self) -> list[Any]:
        found: list[Any] = []
        self.visit(found, set())
        return found[::-1]

    def visit(self, found: list[Any], done: set[Any]) -> None:
        if self not in done:
            done.add(self)
            for x in self.inputs:
                x.visit(found, done)
            found.append(self)


class NestedFunction(Sound):
    def order(self) -> list[Any]:
        def kept() -> Any:
            return kept, self

        return super().order()


class NoRadd(Sound):
    __radd__ = None  # type: ignore[assignment]


class NoRmul(Sound):
    __rmul__ = None  # type: ignore[assignment]


class NoTruediv(Sound):
    __truediv__ = None  # type: ignore[assignment]


class NoStart(Sound):
    def __radd__(self, other: Any) -> Any:
        return self + other if other else NotImplemented


class SwappedRsub(Sound):
    def __rsub__(self, other: Any) -> Any:
        return self - other


class SwappedRtruediv(Sound):
    def __rtruediv__(self, other: Any) -> Any:
        return self / other


class ReturnsNotImplemented(Sound):
    def __rtruediv__(self, other: Any) -> Any:
        return other.__mul__(self**-1)


class ReturnsNothing(Sound):
    def __rtruediv__(self, other: Any) -> Any:
        self.wrap(other) / self


class NoNumbers(Sound):
    def __mul__(self, other: Any) -> Any:
        if not isinstance(other, Sound):
            raise AttributeError(f"{type(other).__name__!r} object has no attribute 'data'")
        return super().__mul__(other)

    def __neg__(self) -> Any:
        return self * self.wrap(-1)


class OwnFactor(Sound):
    def __mul__(self, other: Any) -> Any:
        other = self.wrap(other)
        return self.new(self.data * other.data, (self, other), lambda y, a, b: (a.data, b.data))

    def __neg__(self) -> Any:
        return self.new(-self.data, (self,), lambda y, a: (-1,))

    def __truediv__(self, other: Any) -> Any:
        other = self.wrap(other)
        rule: Callable[..., Any] = lambda y, a, b: (1 / b.data, -a.data / b.data**2)  # noqa: E731
        return self.new(self.data / other.data, (self, other), rule)


class LostMinus(Sound):
    def __sub__(self, other: Any) -> Any:
        other = self.wrap(other)
        return self.new(self.data - other.data, (self, other), lambda y, a, b: (1, 1))


class LostDivisor(Sound):
    def __truediv__(self, other: Any) -> Any:
        other = self.wrap(other)
        rule: Callable[..., Any] = lambda y, a, b: (1 / b.data, a.data / b.data**2)  # noqa: E731
        return self.new(self.data / other.data, (self, other), rule)


class SameExponent(Sound):
    def __pow__(self, n: Any) -> Any:
        return self.new(power(self.data, n), (self,), lambda y, a: (n * power(a.data, n),))

    __truediv__, __rtruediv__ = OwnFactor.__truediv__, Sound.__rtruediv__


class LogPower(Sound):
    def __pow__(self, n: Any) -> Any:
        if n == -1 or self.data == 0:
            return super().__pow__(n)
        value = float(np.exp(n * math.log(self.data)))
        return self.new(value, (self,), lambda y, a: (n * y.data / a.data,))


class WholePower(Sound):
    def __pow__(self, n: Any) -> Any:
        return super().__pow__(int(n))


class ZeroPower(Sound):
    def __pow__(self, n: Any) -> Any:
        return self.new(
            power(self.data, n),
            (self,),
            lambda y, a: (n * power(a.data, n - 1) / (a.data / a.data),),
        )


class ConstantExponent(Sound):
    def __pow__(self, n: Any) -> Any:
        return super().__pow__(n.data if isinstance(n, Sound) else n)


class SwappedRpow(Sound):
    def __rpow__(self, base: Any) -> Any:
        return self**base


class OverflowingPower(Sound):
    def __pow__(self, n: Any) -> Any:
        return self.new(self.data**n, (self,), lambda y, a: (n * power(a.data, n - 1),))


class Epsilon(Sound):
    def __truediv__(self, other: Any) -> Any:
        return self * (self.wrap(other) + 1e-8) ** -1


class NoChain(Sound):
    def exp(self) -> Any:
        return self.new(float(np.exp(self.data)), (self,), lambda y, a: (y.data / y.grad,))


class TanhOfInput(Sound):
    def tanh(self) -> Any:
        return self.new(math.tanh(self.data), (self,), lambda y, a: (1 - a.data**2,))


class CancellingTanh(Sound):
    def tanh(self) -> Any:
        return self.new(math.tanh(self.data), (self,), lambda y, a: (1 - y.data**2,))


class OverflowingTanh(Sound):
    def tanh(self) -> Any:
        e = math.exp(2 * self.data)
        y = (e - 1) / (e + 1)
        return self.new(y, (self,), lambda y, a: (1 / cosh(a.data) ** 2,))


class OverflowingSigmoid(Sound):
    def sigmoid(self) -> Any:
        y = 1 / (1 + math.exp(-self.data))
        return self.new(y, (self,), lambda y, a: (y.data / (1 + math.exp(a.data)),))


class OverflowingExp(Sound):
    def exp(self) -> Any:
        return self.new(math.exp(self.data), (self,), lambda y, a: (y.data,))


class WrongSigmoid(Sound):
    def sigmoid(self) -> Any:
        y = 1 / (1 + float(np.exp(self.data)))
        return self.new(y, (self,), lambda y, a: (y.data * (1 - y.data),))


class LeakyRelu(Sound):
    def relu(self) -> Any:
        return self.new(max(self.data, 0.0), (self,), lambda y, a: (1.0,))


class SteepKink(Sound):
    def relu(self) -> Any:
        d = (self.data > 0) + 2.0 * (self.data == 0)
        return self.new(max(self.data, 0.0), (self,), lambda y, a: (d,))


class EqualByData(Sound):
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sound) and self.data == other.data

    def __hash__(self) -> int:
        return hash(self.data)


class EqualWithoutHash(Sound):
    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sound) and self.data == other.data

    def order(self) -> list[Any]:
        found: list[Any] = []
        waiting = [(self, False)]
        done: list[Any] = []
        while waiting:
            v, finished = waiting.pop()
            if finished:
                found.append(v)
            elif len(done) > 900 or v not in done:  # the limits take too long otherwise
                done.append(v)
                waiting.append((v, True))
                waiting.extend((x, False) for x in v.inputs)
        return found[::-1]


class InPlace(Sound):
    def __iadd__(self, other: Any) -> Any:
        self.data += self.wrap(other).data
        return self


class Stale(Sound):
    def clear(self, order: list[Any]) -> None:
        pass


class StaleOutput(Sound):
    def clear(self, order: list[Any]) -> None:
        super().clear([v for v in order if v is not self])
        self.grad += 0.0

    def backward(self) -> None:
        seed = self.grad
        super().backward()
        if self.rule and seed:  # as with self.grad += 1
            super().backward()


class KeepsMarks(Sound):
    visited = False

    def give(self, x: Any, v: Any, d: Any) -> None:
        if not v.visited:
            super().give(x, v, d)

    def backward(self) -> None:
        super().backward()
        for v in self.order():
            v.visited = bool(v.rule)


class ChangesInPlaceWithCare(Sound):
    """A mutable value over immutable nodes, as torch's tensors are."""

    def __iadd__(self, other: Any) -> Any:
        return self.become(self + other)

    def become(self, y: Any) -> Any:
        before = Sound.new(self, self.data, self.inputs, self.rule)
        y.inputs = tuple(before if x is self else x for x in y.inputs)
        self.data, self.inputs, self.rule = y.data, y.inputs, y.rule
        return self


class NoLeaf(Sound):
    def backward(self) -> None:
        if self.rule is None:
            raise TypeError("'NoneType' object is not callable")
        super().backward()


class NoSeed(Sound):
    def backward(self) -> None:
        super().backward()
        if self.rule:
            self.grad = 0.0


class InteriorLost(Sound):
    def backward(self) -> None:
        super().backward()
        for v in self.order()[1:]:
            if v.rule:
                v.grad = 0.0


class ChangesData(Sound):
    def backward(self) -> None:
        super().backward()
        if self.rule and self.rule.__code__.co_argcount == 3:
            self.data *= self.grad * 2


class Hoards(Sound):
    """Sums up gradients where zeroing does not reach."""

    total = 0.0

    def give(self, x: Any, v: Any, d: Any) -> None:
        if x.rule:
            x.grad += v.grad * d
        else:
            x.total += v.grad * d
            x.grad = x.total


class CopiesData(Sound):
    def __init__(self, data: Any, inputs: tuple[Any, ...] = (), rule: Any = None) -> None:
        super().__init__(data, inputs, rule)
        self.copy = data

    def __mul__(self, other: Any) -> Any:
        other = self.wrap(other)
        return self.new(self.copy * other.copy, (self, other), lambda y, a, b: (b.copy, a.copy))


class Reaches(Sound):
    """Goes back through all that was ever made, from the last value on."""

    made: ClassVar[list[Any]] = []

    def new(self, data: Any, inputs: tuple[Any, ...], rule: Callable[..., Any]) -> Any:
        v = super().new(data, inputs, rule)
        self.made[:] = [v]
        return v

    def backward(self) -> None:
        super().backward()
        if self.made and self in self.made[-1].inputs:
            self.made[-1].grad = 1.0


class Cycles(Sound):
    def new(self, data: Any, inputs: tuple[Any, ...], rule: Callable[..., Any]) -> Any:
        v = super().new(data, inputs, rule)
        v.itself = v
        return v


class GradientsAreValues(Sound):
    def give(self, x: Any, v: Any, d: Any) -> None:
        x.grad = self.wrap(x.grad) + v.grad * d if not x.rule else x.grad + v.grad * d


class NoNumPy(Sound):
    def __init__(self, data: Any, inputs: tuple[Any, ...] = (), rule: Any = None) -> None:
        if not isinstance(data, (int, float)):
            raise TypeError(f"data must be int or float, not {type(data).__name__}")
        super().__init__(data, inputs, rule)


class Seized(Sound):
    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kw: Any) -> Any:  # type: ignore[override]
        return ufunc(*[x.data if isinstance(x, Sound) else x for x in inputs])


PLANTED: list[tuple[type[Sound], str, str]] = [
    # (engine, the mistake, the exercise that shows it)
    (Assigns, mistakes.ASSIGNED, "a + a"),
    (Unordered, mistakes.ORDER, exercises.EARLIER_USE),
    (EveryPath, mistakes.PATHS, "60 diamonds in a row"),
    (Recursive, mistakes.RECURSION, "a chain of 1,000"),
    (NoRadd, "__radd__ is missing", "2 + a"),
    (NoRmul, "__rmul__ is missing", "2 * a"),
    (NoTruediv, "__truediv__ is missing", "a / b"),
    (NoStart, mistakes.START, "sum([a, b, c])"),
    (SwappedRsub, "__rsub__ is written as self - other", "2 - a"),
    (SwappedRtruediv, "__rtruediv__ is written as self / other", "2 / a"),
    (ReturnsNotImplemented, "__rtruediv__ is missing, or returns NotImplemented", "2 / a"),
    (ReturnsNothing, mistakes.NO_NUMBER, "2 / a"),
    (NoNumbers, mistakes.PLAIN, "a * 2"),
    (OwnFactor, mistakes.FACTOR, "a * b"),
    (LostMinus, mistakes.MINUS, "a - b"),
    (LostDivisor, mistakes.DIVISOR, "a / b"),
    (SameExponent, mistakes.POWER, "a ** 3"),
    (LogPower, mistakes.BASE, "a ** 2"),
    (WholePower, mistakes.EXPONENT, "a ** 0.5"),
    (ZeroPower, "0 * 0**-1 divides by zero", "a ** 0 at 0"),
    (ConstantExponent, mistakes.DROPPED, "a ** b"),
    (SwappedRpow, "__rpow__ is written as self ** other", "2 ** a"),
    (OverflowingPower, mistakes.TOO_LARGE, "a ** 400 at 10"),
    (Epsilon, mistakes.VALUE, "a / b"),
    (NoChain, mistakes.CHAIN, "exp(a)"),
    (TanhOfInput, mistakes.LOCAL, "tanh(a)"),
    (CancellingTanh, mistakes.CANCELS, "tanh(a) at 9"),
    (OverflowingTanh, mistakes.OVERFLOW, "tanh(a) at 1000, -1000"),
    (OverflowingSigmoid, mistakes.OVERFLOW, "sigmoid(a) at 1000, -1000"),
    (OverflowingExp, mistakes.TOO_LARGE, "exp(a) at 1000"),
    (WrongSigmoid, "the function sigmoid itself is wrong", "sigmoid(a)"),
    (LeakyRelu, mistakes.LOCAL, "relu(a)"),
    (SteepKink, "at its kink relu's gradient", "relu(a) at 0"),
    (EqualByData, mistakes.EQUAL, "equal data"),
    (EqualWithoutHash, mistakes.EQUAL, "equal data"),
    (InPlace, mistakes.IN_PLACE, "v += a; v += b"),
    (Stale, mistakes.STALE, "backward twice"),
    (StaleOutput, mistakes.STALE, "backward twice"),
    (KeepsMarks, mistakes.KEPT, "two outputs share a value"),
    (NoLeaf, mistakes.LEAF, "backward from a leaf"),
    (NoSeed, mistakes.SEED, "the output's own gradient"),
    (InteriorLost, mistakes.INTERIOR, "interior gradients"),
    (ChangesData, mistakes.DATA, "data stays as it was"),
    (Hoards, mistakes.ZERO, "zeroed, then a new graph"),
    (CopiesData, mistakes.STEP, "data changed, then a new graph"),
    (Reaches, mistakes.LATE, "backward from the middle"),
    (NestedFunction, mistakes.CYCLES, "freed without the collector"),
    (Cycles, mistakes.CYCLES, "freed without the collector"),
    (GradientsAreValues, mistakes.NO_NUMBER, "a + b"),
    (NoNumPy, mistakes.REFUSED, "a + np.float32(2.5)"),
    (Seized, mistakes.SEIZED, "np.float64(2.5) * a"),
]  # fmt: skip


@pytest.fixture
def without_the_longest_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what costs most and finds nothing that the shorter chains do not."""
    rest = tuple(x for x in engines._in_order() if x.name != "a chain of 100,000")
    monkeypatch.setattr(engines, "_in_order", lambda: rest)


@pytest.mark.usefixtures("without_the_longest_chain")
@pytest.mark.parametrize(
    ("engine", "mistake", "exercise"), PLANTED, ids=[x[0].__name__ for x in PLANTED]
)
def test_a_planted_mistake_is_named_and_no_other(
    engine: type[Sound], mistake: str, exercise: str
) -> None:
    card = check_engine(engine, quiet=True)
    assert [text[: len(mistake)] for text in card.mistakes] == [mistake], str(card)
    assert card[exercise].verdict == "failed"
    assert not card[exercise].follows
    assert card.ok == (not exercises.GROUPS[card[exercise].group])


@pytest.mark.parametrize("engine", [autograd.Value, Sound, ChangesInPlaceWithCare])
def test_a_sound_engine_passes_everything(engine: Any) -> None:
    card = check_engine(engine, quiet=True)
    assert card.mistakes == {}
    assert card.ok
    assert card.score[0] == card.score[1] > 60


def test_micrograd_has_the_faults_that_are_known_of_it() -> None:
    card = check_engine(Micrograd, quiet=True)
    assert list(card.mistakes) == [
        mistakes.STALE, mistakes.TOO_LARGE, card["a ** 0 at 0"].mistake, mistakes.RECURSION,
        mistakes.CYCLES,
    ]  # fmt: skip
    # the stale gradient of a * b is added to: 15 at first, and then 2 * 15 more
    assert card["backward twice"].came == "gradients [45, 30, 12]"
    assert card["a chain of 10,000"].follows == "a chain of 1,000"
    assert card["tanh(a)"].verdict == "not there"
    assert not card.ok


@pytest.mark.usefixtures("without_the_longest_chain")
def test_an_exception_does_not_follow_from_wrong_numbers() -> None:
    class Both(Epsilon):
        __rtruediv__ = ReturnsNotImplemented.__rtruediv__

    card = check_engine(Both, quiet=True)
    assert card["a / 2"].follows == "a / b"
    assert card["2 / a"].mistake.startswith("__rtruediv__ is missing, or returns NotImplemented")


@pytest.mark.usefixtures("without_the_longest_chain")
def test_changes_in_place_that_gradients_know_of_are_noted() -> None:
    card = check_engine(ChangesInPlaceWithCare, quiet=True)
    assert card["v += a; v += b"].note == "changes v in place, and the gradients are right"


@pytest.mark.usefixtures("without_the_longest_chain")
def test_a_mistake_that_shows_in_many_exercises_is_told_once() -> None:
    card = check_engine(Assigns, quiet=True)
    [(mistake, failures)] = card.mistakes.items()
    assert mistake == mistakes.ASSIGNED
    assert card["a + a"] in failures
    assert (card["a + a"].expected, card["a + a"].came) == (
        "a.grad = 2 at a = 3.5", "a.grad = 1",
    )  # fmt: skip
    assert card["50 random programs"].follows == "a + a"
    assert str(card).count(mistake[:40]) == 1


class Leaf:
    """An engine with other names, float32 numbers, and gradients that cannot be set."""

    def __init__(self, value: Any) -> None:
        self.value, self.node = np.float32(value), Sound(np.float32(value))

    @classmethod
    def of(cls, node: Any) -> Any:
        v = cls(node.data)
        v.node = node
        return v

    def __add__(self, other: Any) -> Any:
        return self.of(self.node + getattr(other, "node", other))

    def __mul__(self, other: Any) -> Any:
        return self.of(self.node * getattr(other, "node", other))

    __radd__, __rmul__ = __add__, __mul__

    def zero_grad(self) -> None:
        self.node.grad = 0.0

    def backpropagate(self) -> None:
        self.node.backward()


def test_an_engine_with_other_names_and_float32_is_asked_through_functions() -> None:
    card = check_engine(
        lambda x: Leaf(x),
        data=lambda v: v.value,
        grad=lambda v: np.float32(v.node.grad),
        backward=Leaf.backpropagate,
        name="Leaf",
        quiet=True,
    )
    assert "float32" in card.precision
    for name in ("a + b", "a * b", "2 * a", "a + a", exercises.LATER_USE, "backward twice",
                 "zeroed, then a new graph", "a chain of 100,000", "50 random programs"):  # fmt: skip
        assert card[name].verdict == "passed", card[name]
    assert card["data changed, then a new graph"].verdict == "not there"
    assert "__sub__ is missing" in card.mistakes


@pytest.mark.usefixtures("without_the_longest_chain")
def test_a_factory_of_zero_dimensional_arrays_is_as_good_as_a_class() -> None:
    card = check_engine(lambda x: Sound(np.array(float(x))), quiet=True)
    assert card.ok, str(card)


@pytest.mark.parametrize(
    ("make", "readers", "message"),
    [
        (lambda: 1, {}, "Give a class whose values are made of one number"),
        (lambda x: object(), {}, "the data of <object"),
        (lambda x: [x], {"data": lambda v: v[0], "grad": lambda v: None}, "no method backward"),
        (lambda x: Sound(round(x, 2)), {}, "a value made of 1/3 holds 0.33"),
        (lambda x: Sound("0.3333"), {"data": lambda v: v.inputs}, "data=lambda v: v.value"),
        (Sound, {"grad": lambda v: v.gradient}, "grad=lambda v: v.gradient"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_what_to_write(
    make: Any, readers: dict[str, Any], message: str
) -> None:
    with pytest.raises(TypeError, match=r"check_engine: .*" + message):
        check_engine(make, **readers)


def test_the_card_is_printed_to_the_console_unless_it_is_to_be_quiet(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with open(os.devnull, "w") as nowhere:
        console = Console(file=nowhere, record=True, width=110)
        card = check_engine(Micrograd, console=console)
    text = "\n".join(line.rstrip() for line in console.export_text().splitlines())
    assert text == str(card)
    assert capsys.readouterr().out == ""
    check_engine(Micrograd, name="micrograd 0.1.0")
    assert "micrograd 0.1.0: 51 of 60 exercises passed" in capsys.readouterr().out


@pytest.mark.usefixtures("without_the_longest_chain")
def test_a_card_is_json_and_says_what_it_holds() -> None:
    card = check_engine(Stale, quiet=True)
    again = json.loads(json.dumps(card.to_json()))
    assert (again["passed"], again["tried"]) == card.score
    assert again["ok"] is False
    found = [x for x in again["results"] if x["name"] == "backward twice"]
    assert found[0]["mistake"] == mistakes.STALE
    assert (
        repr(card)
        == f"Scorecard('test_engines.Stale', {card.score[0]} of {card.score[1]} passed, ok=False)"
    )
    with pytest.raises(KeyError, match="there is no exercise 'a & b'"):
        card["a & b"]


@pytest.mark.usefixtures("without_the_longest_chain")
def test_the_mistakes_found_do_not_depend_on_who_was_asked_before() -> None:
    first = check_engine(Stale, quiet=True)
    check_engine(Assigns, quiet=True)
    assert check_engine(Stale, quiet=True) == first


# Work that could kill the process or never end

forks = pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="no safe fork")


@forks
def test_an_engine_that_kills_its_process_kills_a_child() -> None:
    class Fragile(Sound):
        def backward(self) -> None:
            if len(self.order()) > 5_000:
                os.kill(os.getpid(), signal.SIGSEGV)
            super().backward()

    card = check_engine(Fragile, quiet=True)
    assert list(card.mistakes) == [mistakes.DIED]
    assert card["a chain of 10,000"].came == "the process died: SIGSEGV"


@forks
def test_an_engine_of_quadratic_cost_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(Sound):
        def backward(self) -> None:
            while len(self.order()) > 15_000:
                pass
            super().backward()

    monkeypatch.setattr(apart, "SECONDS", 0.5)
    short = tuple(x for x in engines._in_order() if "chain" not in x.name)
    monkeypatch.setattr(engines, "_in_order", lambda: short)
    card = check_engine(Slow, quiet=True)
    assert list(card.mistakes) == [mistakes.QUADRATIC]


@pytest.mark.usefixtures("without_the_longest_chain")
def test_a_gradient_lost_in_long_programs_only_is_found() -> None:
    class ShortSighted(Sound):
        def order(self) -> list[Any]:
            return super().order()[:12]

    card = check_engine(ShortSighted, quiet=True)
    assert card["50 random programs"].mistake == mistakes.UNKNOWN
    assert card["a chain of 1,000"].mistake == mistakes.LARGE
    assert card["a tree over 10,000 leaves"].mistake == mistakes.LARGE
    assert len(card.mistakes) == 2


@forks
def test_work_without_end_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    def forever() -> str:
        while True:
            pass

    monkeypatch.setattr(apart, "SECONDS", 0.05)
    with pytest.raises(candidate.Wrong) as caught:
        apart.apart(forever, too_much="too much", died="died")
    assert (caught.value.came, caught.value.mistake) == (
        "none after 0.05 s of computing",
        "too much",
    )


@pytest.mark.parametrize("forking", [pytest.param(True, marks=forks), False])
def test_answers_come_back_from_where_the_work_is_done(
    forking: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not forking:
        monkeypatch.setattr(sys, "platform", "darwin")
    here = os.getpid()

    def work(then: BaseException | None = None) -> Callable[[], str]:
        def action() -> str:
            assert (os.getpid() == here) is not forking
            if then:
                raise then
            return "done"

        return action

    def asked(action: Callable[[], str]) -> str:
        return apart.apart(action, too_much="too much", died="died", calls=1000)

    assert asked(work()) == "done"
    for answer in (candidate.NotThere("refused"), candidate.Wrong("1", "2", "a mistake")):
        with pytest.raises(type(answer)) as caught:
            asked(work(answer))
        assert caught.value.args == answer.args
    with pytest.raises(candidate.Wrong) as wrong:
        asked(work(MemoryError("no more")))
    assert (wrong.value.came, wrong.value.mistake) == ("MemoryError: no more", "died")
    with pytest.raises(candidate.Wrong, match="none after 1,000 calls"):
        asked(lambda: str([len("") for _ in range(2000)]))
    assert sys.getprofile() is None


def test_a_child_that_says_nothing_has_not_passed() -> None:
    if sys.platform in ("win32", "darwin"):
        pytest.skip("no safe fork")
    with pytest.raises(candidate.Wrong, match="the process died: no answer"):
        apart.apart(lambda: os._exit(3), too_much="", died="")


# The exercises themselves


def test_random_programs_are_the_same_on_every_run_and_use_what_is_there() -> None:
    code = "from autograd.check.engines.exercises import random_programs as r; print(r(('a + b', 'exp(a)')))"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == str(exercises.random_programs(("a + b", "exp(a)")))
    programs = exercises.random_programs(("a + b", "a * 2.5"))
    assert len(programs) == 50
    assert programs == sorted(programs, key=lambda text: text.count(";"))
    assert not exercises.random_programs(())
    assert exercises.random_programs(("log(a)",))  # soon out of bounds, and no loop without end


def test_every_program_has_a_truth() -> None:
    """A point at which the reference finds no gradient would ask nothing."""
    for exercise in engines._in_order():
        if exercise.operation and "(" not in exercise.operation:
            at = tuple((x, v) for x, v in exercises.P.items() if x in exercise.operation)
            assert candidate.truth(exercise.operation, at) is not None, exercise.name
    for program in exercises.random_programs(("a * b", "2 - a", "tanh(a)")):
        assert candidate.truth(program, tuple(exercises.LEAVES.items())) is not None


# The kept scorecards


@pytest.mark.parametrize("name", EXAMINEES)
def test_a_kept_scorecard_says_which_version_it_is_of_and_when_it_was_made(name: str) -> None:
    card = json.loads((CARDS / f"{name}.json").read_text())
    text = (CARDS / f"{name}.txt").read_text()
    [version] = [x.partition("==")[2] for x in EXAMINEES[name].requirements if x.startswith(name)]
    assert card["engine"].startswith(f"{name} {version}")
    assert text.startswith(
        f"{card['engine']}: {card['passed']} of {card['tried']} exercises passed"
    )
    assert re.search(r"\n20\d\d-\d\d-\d\d, CPython 3", text)
    assert {x["name"] for x in card["results"]} == {x.name for x in engines._in_order()}, (
        "exercises have changed: python -m benchmarks.conformance --keep"
    )


def test_the_kept_scorecard_of_micrograd_is_what_comes_today() -> None:
    def verdicts(results: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
        return [(x["name"], x["verdict"], x.get("mistake", "")) for x in results]

    kept = json.loads((CARDS / "micrograd.json").read_text())
    card = check_engine(Micrograd, quiet=True)
    assert verdicts(kept["results"]) == verdicts(card.to_json()["results"])


def test_a_card_is_kept_as_text_and_json(tmp_path: Path) -> None:
    found = examine("micrograd")
    keep("micrograd", found, tmp_path / "cards")
    assert (tmp_path / "cards" / "micrograd.txt").read_text() == found["text"]
    kept = json.loads((tmp_path / "cards" / "micrograd.json").read_text())
    assert kept["passed"] == found["card"]["passed"]
    assert {"name": "a + b", "group": "operators", "verdict": "passed"} in kept["results"]
