"""A conformance kit for engines with a micrograd-like class: `check_engine`."""

from __future__ import annotations

import operator
import sys
import warnings
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.check.engines.behaviours import behaviours as on_behaviour
from autograd.check.engines.candidate import (
    FUNCTIONS,
    UNITS,
    Candidate,
    NotThere,
    Wrong,
    number,
    said,
)
from autograd.check.engines.exercises import GROUPS, Exercise
from autograd.check.engines.exercises import exercises as on_programs
from autograd.check.engines.limits import limits as on_limits
from autograd.check.engines.mistakes import UNEXPECTED
from autograd.check.engines.scorecard import Result, Scorecard
from autograd.numbers import Function

if TYPE_CHECKING:
    from rich.console import Console


def check_engine(make: Function, *, data: Function = operator.attrgetter("data"),
                 grad: Function = operator.attrgetter("grad"),
                 backward: Function = operator.methodcaller("backward"), name: str = "",
                 quiet: bool = False, console: Console | None = None) -> Scorecard:  # fmt: skip
    """Examine somebody's engine: print a scorecard, with the usual mistake behind each failure.

    `make` is a class in the manner of micrograd's Value, or a function that makes a value of a
    float: then `data`, `grad` and `backward` can say how to read a value and its gradient, and how
    to go backward. What is true comes from the replay in high precision, or is a small integer.
    A second backward pass may add to the leaves' gradients or begin anew, and may be refused.
    Robustness (overflow, lost digits) and limits (depth, time, memory) are counted apart: they do
    not make an engine wrong. `quiet` prints nothing. Raises TypeError if values cannot be made,
    read or differentiated at all.

    >>> from autograd import Value
    >>> check_engine(Value, quiet=True).ok
    True
    """
    name = name or _name(make)
    with warnings.catch_warnings():  # an overflow is answered by what came of it
        warnings.simplefilter("ignore")
        candidate = _candidate(name, make, data, grad, backward)
        results: dict[str, Result] = {}
        for exercise in _in_order():
            results[exercise.name] = _result(candidate, exercise, results)
    kind = "float64" if candidate.epsilon == sys.float_info.epsilon else "float32"
    rounding = f"up to {UNITS * candidate.epsilon:.1g} of the terms added up counts as rounding"
    in_groups = [x for group in GROUPS for x in results.values() if x.group == group]
    card = Scorecard(name, f"its numbers are {kind}: {rounding}", in_groups)
    if not quiet:
        from rich.console import Console

        (console or Console()).print(card)
    return card


@cache
def _in_order() -> tuple[Exercise, ...]:
    return (*on_programs(), *on_behaviour(), *on_limits())


def _result(candidate: Candidate, exercise: Exercise, before: dict[str, Result]) -> Result:
    """Return what came of an exercise, once those that it needs have been done."""
    try:
        note = exercise.run(candidate)
    except NotThere as lack:
        follows = next((x for x in exercise.needs if before[x].verdict == "not there"), "")
        return Result(exercise.name, exercise.group, "not there", came=str(lack), follows=follows)
    except Wrong as wrong:
        failure = wrong
    except Exception as error:
        failure = Wrong("an answer", said(error), UNEXPECTED, raised=True)
    else:
        candidate.passed.add(exercise.name)
        return Result(exercise.name, exercise.group, "passed", note=note)
    causes = [x for x in map(before.__getitem__, exercise.needs) if x.verdict == "failed"]
    if failure.raised:  # then wrong numbers elsewhere are not the cause
        causes = [x for x in causes if x.raised]
    return Result(
        exercise.name, exercise.group, "failed", failure.expected, failure.came,
        causes[0].mistake if causes else failure.mistake, causes[0].name if causes else "",
        raised=failure.raised,
    )  # fmt: skip


def _name(make: Any) -> str:
    module = getattr(make, "__module__", "")
    own = getattr(make, "__qualname__", type(make).__name__)
    return f"{module}.{own}" if module and module != "__main__" else own


def _candidate(name: str, make: Function, data: Function, grad: Function,
               backward: Function) -> Candidate:  # fmt: skip
    """Return the engine ready to be asked. Raises TypeError if it cannot be."""
    third = 1 / 3
    try:
        v = make(third)
    except Exception as error:
        raise TypeError(
            f"check_engine: {name}({third!r}) raised {said(error)}. Give a class whose values are "
            "made of one number, or a function that makes one: "
            "check_engine(lambda x: Tensor(x, requires_grad=True))"
        ) from error
    for what, read, example in (("data", data, "v.value"), ("grad", grad, "v.gradient")):
        try:
            x = read(v)
            x if what == "grad" and x is None else number(x)
        except Exception as error:
            raise TypeError(
                f"check_engine: the {what} of {v!r} cannot be read: {said(error)}. Say where the "
                f"number is: check_engine(..., {what}=lambda v: {example})"
            ) from error
    if isinstance(backward, operator.methodcaller) and not callable(getattr(v, "backward", None)):
        raise TypeError(
            f"check_engine: {v!r} has no method backward(). Say how to go backward from a value: "
            "check_engine(..., backward=lambda y: y.backpropagate())"
        )
    return Candidate(make, data, grad, backward, _epsilon(number(data(v))), _methods(v))


def _epsilon(third: float) -> float:
    """Return the distance of numbers next to 1, by what has become of a third."""
    if third == 1 / 3:
        return sys.float_info.epsilon
    if third == float(np.float32(1 / 3)):
        return float(np.finfo(np.float32).eps)
    raise TypeError(
        f"check_engine: a value made of 1/3 holds {third!r}: neither float64 nor float32 rounds it "
        "to that. Make values that keep the number they are given"
    )


def _methods(v: Any) -> dict[str, Function]:
    """Return the functions that a value has as methods, under our names for them."""
    return {
        name: _method([each for each in names if callable(getattr(v, each, None))], names)
        for name, names in FUNCTIONS.items()
    }


def _method(found: Sequence[str], names: Sequence[str]) -> Function:
    def call(v: Any) -> Any:
        if not found:
            raise NotThere(f"no method {' or '.join(names)}")
        return getattr(v, found[0])()

    return call
