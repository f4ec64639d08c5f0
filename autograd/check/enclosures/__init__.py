"""Proof by intervals: bounds for a function and its gradient that hold on a whole box.

Intervals go through the function and, in the reverse pass, through the rule table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import mpmath
import numpy as np

from autograd.check.enclosures.boxes import Interval, interval, outward_floats
from autograd.check.enclosures.functions import LISTED
from autograd.check.enclosures.intervals import Enclosed, NotEnclosed, Precision
from autograd.numbers import Function
from autograd.passes import pull_back
from autograd.structure import Nested, rebuild
from autograd.transforms import Call
from autograd.value import Value, nodes

if TYPE_CHECKING:
    from rich.table import Table

_SHOWN = 20  # rows of the table; the others are counted


@dataclass(frozen=True, slots=True, repr=False)
class Enclosure:
    """Hold proven bounds of a function and its gradient on a box; printed, a table of them.

    `value` is an interval of floats, `gradient` has the form of the box with such intervals (and
    two arrays in the place of each array); the ends are rounded outward. `intervals` has them in
    full, as mpmath's, by name: "value", "x[0]", ... (raise `mpmath.iv.dps` to compute with them);
    `signs` says of each what is proven: "positive", "negative", "zero", "not negative",
    "not positive" or "open".
    """

    title: str
    value: Interval
    gradient: Any
    intervals: dict[str, Any]

    @property
    def signs(self) -> dict[str, str]:
        """Return by name which sign is proven."""
        return {name: _sign(x.a, x.b) for name, x in self.intervals.items()}

    def __rich__(self) -> Table:
        # only here: importing rich draws from Python's random
        from rich.table import Table
        from rich.text import Text

        table = Table(title=Text(self.title), title_justify="left")
        for heading in ("", "low", "high", "width", "sign"):
            table.add_column(heading, justify="right" if heading else "left", no_wrap=True)
        for name, sign in list(self.signs.items())[:_SHOWN]:
            x = self.intervals[name]
            width = outward_floats(x.delta._mpi_)[1]
            low, high = map(repr, outward_floats(x._mpi_))
            shown = name if name == "value" else f"d / d {name}"
            table.add_row(*map(Text, (shown, low, high, f"{width:.1e}", sign)))
        if len(self.signs) > _SHOWN:
            table.add_row(f"... and {len(self.signs) - _SHOWN} more: see .gradient")
        return table

    def __str__(self) -> str:
        from io import StringIO

        from rich.console import Console

        text = StringIO()
        Console(file=text, width=160).print(self)
        return "\n".join(line.rstrip() for line in text.getvalue().splitlines())

    def __repr__(self) -> str:
        return str(self)


def enclose(f: Function, box: Any, *, digits: int = 50) -> Enclosure:
    """Return proven bounds of f and of its gradient over a whole box.

    The box is an argument for f, with `interval(low, high)` (or an `mpmath.iv.mpf`) for numbers and
    arrays of which only bounds are known. The bounds hold for f in exact arithmetic, with all
    constants taken as the floats that they are, at every point of the box: they prove what they
    show. A positive derivative, say, proves that f increases. Rounding is outward, with this many
    digits. Where the box has both sides of a kink (abs, relu, max) the derivative is the hull of
    both sides; at a point box it is the convention of the table.

    Bounds need not be sharp: a number that occurs twice counts as two (`x * (1 - x)` over [0, 1]).
    They become so as the box shrinks, those of the value quadratically, by the mean value form:
    split a wide box.

    Raises NotEnclosed, a ValueError, where nothing is proven: a comparison in f that is open, a
    jump, a pole, the edge of a domain, a derivative without bounds, or an operation that is
    not listed. Sources: Moore, Kearfott and Cloud 2009, "Introduction to Interval Analysis";
    Caprani and Madsen 1980, "Mean value forms in interval analysis"; at kinks, Clarke 1983,
    "Optimization and Nonsmooth Analysis", theorem 2.3.7.

    >>> from autograd import sin
    >>> found = enclose(lambda x: x[0] * sin(x[1]), [interval(1, 2), interval(0.5, 1)])
    >>> found.signs
    {'value': 'positive', 'x[0]': 'positive', 'x[1]': 'positive'}
    >>> found.gradient[0]
    [0.47942553860420295, 0.8414709848078966]
    """
    if not callable(f):
        raise TypeError(f"enclose(f, box): f is {f!r}; it must be a function")
    if not isinstance(digits, int) or digits < 17:
        raise ValueError(f"enclose: digits={digits!r}: give at least 17, so that floats are exact")
    precision = Precision(digits)
    known = rebuild(box, lambda x: _enclosed(precision, x))
    argument = Nested.of(known, "enclose: the box")
    try:
        y, xs = _called(f, known)
    except TypeError as error:
        if _has_interval(box):
            raise
        raise TypeError(
            f"enclose: {error}. The box {box!r} has no interval: a list or tuple is a vector of "
            "numbers; write interval(1, 2) for all numbers from 1 to 2"
        ) from error
    _refuse_unlisted(y)
    _refuse_detached(y, xs)
    natural = precision.mpf(y.data)
    precision.both_sides = True
    try:
        found = pull_back([y], [precision.mpf(1)], xs)
    except NotEnclosed as error:
        raise NotEnclosed(f"enclose: the gradient has no bounds on this box: {error}") from None
    finally:
        precision.both_sides = False
    gradient = [precision.mpf(0 if g is None else g) for g in found]
    value = _sharpened(f, argument, natural, gradient)
    names = ["value", *argument.names]
    return Enclosure(
        f"{getattr(f, '__name__', type(f).__name__)} on a box, at {digits} digits",
        Interval(*outward_floats(value._mpi_)),
        _in_form(argument, gradient),
        {
            name: mpmath.iv.make_mpf(x._mpi_)
            for name, x in zip(names, [value, *gradient], strict=True)
        },
    )


def _enclosed(precision: Precision, x: Any) -> Any:
    """Return a number, interval or array of the box as unknown numbers, each of its own."""
    if isinstance(x, np.ndarray):
        x = Interval(x, x)
    if isinstance(x, Interval):
        ends = np.broadcast(np.asarray(x.low, dtype=object), np.asarray(x.high, dtype=object))
        found = np.empty(ends.shape, dtype=object)
        found.ravel()[:] = [_between(precision, low, high) for low, high in ends]
        return found if isinstance(x.low, np.ndarray) else found.item()
    if hasattr(x, "_mpi_"):
        return Enclosed(precision, precision.between(*x._mpi_)._mpi_, varies=True)
    return _between(precision, x, x)


def _between(precision: Precision, low: Any, high: Any) -> Enclosed:
    ends = [precision.mpf(x) for x in interval(low, high)]
    return Enclosed(precision, precision.hull(*ends)._mpi_, varies=True)


def _called(f: Function, known: Any) -> tuple[Value, list[Value]]:
    try:
        call = Call("enclose", f, (known,), 0, {})
        return call.number(), call.xs
    except NotEnclosed as error:
        raise NotEnclosed(f"enclose: {error}") from None


def _refuse_unlisted(y: Value) -> None:
    for v in nodes(y):
        if v.rule is not None and v.rule.name not in LISTED:
            raise NotEnclosed(
                f"enclose: nothing is proven about {v.rule.name!r}. Write it in operations that "
                f"are listed: {', '.join(sorted(LISTED))}"
            )


def _refuse_detached(y: Value, xs: Sequence[Value]) -> None:
    """Raise NotEnclosed where a number that depends on the box has lost its derivative."""
    own = set(xs)
    for v in nodes(y):
        lost = v.rule is None and v not in own and _varies(v.data)
        inputs = v.inputs
        if v.rule is not None and v.rule.name == "where":  # the branch not taken may be anything
            inputs = inputs[1:2] if inputs[0] else inputs[2:3]
        if lost or any(map(_varies, inputs)):
            raise NotEnclosed(
                "enclose: a number that changes with x reaches the result without its derivative. "
                "Look for .data, .detach() or no_grad() on the way"
            )


def _varies(x: Any) -> bool:
    return isinstance(x, Enclosed) and x.varies


def _sharpened(f: Function, argument: Nested, natural: Enclosed,
               gradient: Sequence[Enclosed]) -> Enclosed:  # fmt: skip
    """Return what the value and the mean value form f(m) + gradient * (x - m) have in common."""
    middles = [x.middle for x in argument.leaves]
    y, _ = _called(f, argument.fill(middles))
    centred = natural.precision.mpf(y.data)
    for g, x, m in zip(gradient, argument.leaves, middles, strict=True):
        if not x.is_point:
            centred += g * (x - m)
    low, high = max(natural.low, centred.low), min(natural.high, centred.high)
    if low > high:
        raise ValueError("enclose: f is not deterministic: called again, it had another value")
    return natural.precision.between(low._mpf_, high._mpf_)


def _in_form(argument: Nested, gradient: Sequence[Enclosed]) -> Any:
    """Return the gradient's intervals, as floats, in the form of the box."""
    rest = iter([outward_floats(x._mpi_) for x in gradient])
    parts = []
    for block in argument.blocks:
        ends = [next(rest) for _ in block.leaves]
        parts.append(Interval(*[block.fill([pair[i] for pair in ends]) for i in (0, 1)]))
    return argument.replace(parts)


def _sign(low: Any, high: Any) -> str:
    if low == high == 0:
        return "zero"
    if low >= 0:
        return "positive" if low > 0 else "not negative"
    if high <= 0:
        return "negative" if high < 0 else "not positive"
    return "open"


def _has_interval(box: Any) -> bool:
    parts: list[Any] = []
    rebuild(box, parts.append)
    return any(isinstance(x, (Interval, mpmath.iv.mpf, np.ndarray)) for x in parts)
