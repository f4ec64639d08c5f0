"""What is checked: a function, the point, and a gradient that someone claims there."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.check.foreign import items, library, like, own_gradient, to_numpy
from autograd.check.oracles.precise import exactly
from autograd.check.oracles.replay import Reference, replay
from autograd.lines import lines
from autograd.numbers import plain
from autograd.structure import Nested, in_order_of, rebuild
from autograd.transforms import Call, grad, hessian, jacobian
from autograd.value import Value, nodes

Function = Callable[..., Any]


class Problem:
    """Hold a function f and a point x: a number, an array or tensor, or a nest of those.

    `recorded` is (y, xs), what f did with Values; None if f takes floats only, and then `refusal`
    is the error with which it refused. Raises TypeError or ValueError for a function without one
    finite value at x, or with a different one each time.
    """

    def __init__(self, f: Function, x: Any) -> None:
        if not callable(f):
            raise TypeError(f"check_gradient(f, x): f is {f!r}; it must be a function")
        self.f = f
        self.x = x
        self.name = getattr(f, "__name__", type(f).__name__)
        self.models = items(x)
        self.numpy = to_numpy(x)
        self.argument = Nested.of(self.numpy, "check_gradient: x")
        self.leaves = list(map(plain, self.argument.leaves))
        if not self.leaves:
            raise ValueError(f"check_gradient: x is {x!r}: there is no number to differentiate by")
        self.names = self.argument.names
        self.foreign = next(filter(None, map(library, self.models)), "")
        self.refusal: Exception | None = None
        self.notes: list[str] = []
        self.recorded = self._recorded()
        if self.recorded is None:
            self._look_at_value()

    def _recorded(self) -> tuple[Value, list[Value]] | None:
        try:
            with lines():  # so that a diagnosis can name them
                call = self._call(self.leaves)
            again = self._call(self.leaves)
        except Exception as error:  # whatever a function of floats raises for a Value
            self.refusal = error
            return None
        y = call.number()
        self._same_twice(y.data, again.number().data)
        if len(nodes(y)) != len(nodes(again.number())):
            self._changes("recorded different operations when it was called again")
        if not math.isfinite(plain(y)):
            raise ValueError(f"check_gradient: {self.name}(x) is {y.data}: {_why(y)}")
        if y.rule is None and not any(y is x for x in call.xs):
            self._refuse_detached()
            self.notes.append(f"{self.name} does not depend on x: every derivative is 0")
        return y, call.xs

    def _call(self, leaves: Sequence[Any]) -> Call:
        return Call("check_gradient", self.f, (self.argument.fill(leaves),), 0, {})

    def _look_at_value(self) -> None:
        y = self.value(self.leaves)
        self._same_twice(y, self.value(self.leaves))
        if not math.isfinite(y):
            raise ValueError(f"check_gradient: {self.name}(x) is {y}: it has no gradient there")

    def _same_twice(self, first: Any, second: Any) -> None:
        if first != second and not (first != first and second != second):
            self._changes(f"returned {first} and then {second} for the same x")

    def _changes(self, what: str) -> None:
        raise ValueError(
            f"check_gradient: {self.name} is not deterministic: it {what}. Seed its random "
            "numbers inside, or pass them in as constants"
        )

    def _refuse_detached(self) -> None:
        """Raise ValueError if what f returned, a plain number, moves with x after all."""
        moved = [x + 0.01 * (abs(x) or 1) for x in map(float, self.leaves)]
        try:
            there = self._call(moved).returned
        except Exception:  # outside the domain: nothing is known
            return
        here = self._call(self.leaves).returned
        if not np.array_equal(np.asarray(plain(there)), np.asarray(plain(here))):
            self.refuse_detached()

    def refuse_detached(self) -> None:
        """Raise the ValueError for a function that loses derivatives on its way."""
        raise ValueError(
            f"check_gradient: the value of {self.name} changes with x in a way that was not "
            "recorded: somewhere a detached number is used. Look for .data, .detach(), no_grad() "
            "or float(...) on the way from x to the result"
        )

    def record(self, leaves: Sequence[Any]) -> tuple[Value, list[Value]]:
        """Call f on Values with other data."""
        call = self._call(leaves)
        return call.number(), call.xs

    def references_near(self, c: Any, leaves: Sequence[Any]) -> list[Reference]:
        """Return the gradient at other leaves, numbers of the mpmath context c, by replay.

        f is called again, so that Python's branches are taken anew; only a function that does
        not take such numbers is replayed as it was recorded.
        """
        assert self.recorded is not None
        try:
            y, xs = self.record(leaves)
        except TypeError:
            y, xs = self.recorded
        return replay(y, xs, c.dps, dict(zip(xs, leaves, strict=True))).references(xs)

    def number(self, leaves: Sequence[Any]) -> float:
        """Return f at other numbers as a float, by whichever way it is computed."""
        return float(plain(self.record(leaves)[0]) if self.recorded else self.value(leaves))

    def value(self, leaves: Sequence[Any]) -> Any:
        """Return f at plain (or complex) numbers, in the form and the library of x.

        The result keeps its precision: a NumPy scalar for arrays and tensors.
        """
        rest, models = iter(leaves), iter(self.models)
        blocks = iter(self.argument.blocks)

        def part(_: Any) -> Any:
            block, model = next(blocks), next(models)
            numbers = [next(rest) for _ in block.leaves]
            if block.shape is None:
                return like(model, numbers[0])
            return like(model, np.array(numbers).reshape(block.shape))

        y = to_numpy(self.f(rebuild(self.numpy, part)))
        if isinstance(y, np.ndarray) and y.shape == ():
            y = y[()]
        if y is None or isinstance(y, (list, tuple, dict, str, np.ndarray)):
            what = "nothing" if y is None else f"{type(y).__name__} {y!r}"
            raise TypeError(
                f"check_gradient: {self.name} returned {what}, not one number: return it, sum the "
                "numbers up, or check one of them at a time"
            )
        return y

    def x_for_a_claim(self) -> Any:
        """Return x in lists and arrays of its own, so that a function may write into them."""
        return rebuild(self.x, lambda x: x.copy() if isinstance(x, np.ndarray) else x)

    def own_gradient(self, order: int) -> Any:
        """Return what is checked if nothing is claimed: our gradient, or the tensors' library's."""
        if self.foreign and order == 1:
            return own_gradient(self.f, self.x)
        if self.recorded is None:
            raise TypeError(
                f"check_gradient: {self.name} cannot be recorded, so that we have no gradient of "
                f"it to check: {self.refusal}. Or give the gradient that you have as `claimed`"
            ) from self.refusal
        return (grad if order == 1 else hessian)(self.f)(self.numpy)

    def claims(self, claimed: Any, order: int) -> list[float]:
        """Return a claimed gradient (or Hessian, row by row) as floats, one for each number of x.

        Raises TypeError for what is not made of numbers, ValueError for another shape.
        """
        return [float(plain(g)) for g in self.claimed_leaves(claimed, order)]

    def claimed_leaves(self, claimed: Any, order: int) -> list[Any]:
        """Return what is claimed for each number of x as it is, a number or a Value."""
        what = "the claimed gradient" if order == 1 else "the claimed Hessian"
        given = Nested.of(to_numpy(claimed), f"check_gradient: {what}")
        model, index = self._model(order)
        form = Nested.of(model, "x")
        if given.form() != form.form():
            given = Nested.of(in_order_of(model, given.tree), what)
        if len(given.leaves) != len(index) or (
            given.form() != form.form() and _shape(given.tree) != _shape(model)
        ):
            hint = ""
            if isinstance(given.tree, np.ndarray) and _shape(given.tree.T) == _shape(model):
                hint = ". It has the shape of the transposed"
            raise ValueError(
                f"check_gradient: {what} has {_described(given)}, it should have "
                f"{_described(form)}: one derivative for each number of x"
                f"{' and each number of x' * (order == 2)}{hint}"
            )
        ordered: list[Any] = [math.nan] * len(index)
        for i, g in zip(index, given.leaves, strict=True):
            ordered[i] = g
        return ordered

    def _model(self, order: int) -> tuple[Any, list[int]]:
        """Return an example of the derivative's form, and its numbers' places in a flat list."""
        n = len(self.leaves)
        if order == 1:
            return self.numpy, list(range(n))

        def rows(x: Any) -> Any:  # linear: its Jacobian has the form of a Hessian, and these places
            xs = Nested.of(x, "x").leaves
            return self.argument.fill(
                [sum((i * n + j) * z for j, z in enumerate(xs)) for i in range(n)]
            )

        places = jacobian(rows)(self.argument.fill([0.0] * n))
        return places, [int(i) for i in Nested.of(places, "places").leaves]


def _described(nested: Nested) -> str:
    if (shape := _shape(nested.tree)) is not None:
        return f"the shape {shape}" if shape else "no shape, as one number"
    text = nested.form().replace("array", "shape ")
    return f"the form {text if len(text) < 80 else f'{text[:77]}...'}"


def _shape(tree: Any) -> tuple[int, ...] | None:
    try:
        shape = np.shape(tree)
    except ValueError:  # a ragged list
        return None
    return None if isinstance(tree, dict) else tuple(shape)


def _why(y: Value) -> str:
    from autograd.why import why

    return str(why(y))


def shifted(c: Any, leaves: Sequence[Any], t: Sequence[Any], h: Any) -> list[Any]:
    """Return leaves + h * t, relative to leaves below 1, as numbers of the context c."""
    moved = []
    for x, d in zip(leaves, t, strict=True):
        here = exactly(c, x)
        size = abs(here) if 0 < abs(here) < 1 else 1
        moved.append(here + h * d * size)
    return moved
