"""Rules written out as array operations: the table evaluated on a number that notes what is done.

`relu(x)` on a `Symbol` gives the expression maximum(x, 0), the partial of tanh one in exp and
divisions. Equal expressions are one Symbol, so nothing is computed twice in a kernel.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from autograd import activations, numbers
from autograd.numbers import OwnFunctions
from autograd.rules import TABLE

# Symbol operation: the NumPy function that does it, with out=
UFUNCS = {
    "add": "add", "sub": "subtract", "mul": "multiply", "div": "divide", "neg": "negative",
    "pow": "power", "floordiv": "floor_divide", "mod": "remainder", "abs": "absolute",
    "sign": "sign", "floor": "floor", "ceil": "ceil", "rint": "rint", "sqrt": "sqrt",
    "square": "square", "cbrt": "cbrt", "exp": "exp", "exp2": "exp2", "expm1": "expm1",
    "log": "log", "log2": "log2", "log10": "log10", "log1p": "log1p", "sin": "sin", "cos": "cos",
    "tan": "tan", "asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2",
    "sinh": "sinh", "cosh": "cosh", "tanh": "tanh", "asinh": "arcsinh", "acosh": "arccosh",
    "atanh": "arctanh", "hypot": "hypot", "maximum": "maximum", "minimum": "minimum",
    "lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal", "eq": "equal",
    "ne": "not_equal", "and": "logical_and", "or": "logical_or", "not": "logical_not",
}  # fmt: skip
FLAGS = frozenset({"lt", "le", "gt", "ge", "eq", "ne", "and", "or", "not"})
CALLS = (
    "erf",
    "erfc",
    "gamma",
    "lgamma",
    "digamma",
    "gaussian",
    "normal_cdf",
    "polygamma",
    "element",
)  # functions that return a new array
_FOLDED: dict[str, Callable[..., bool]] = {  # a comparison of constants
    **{name: getattr(operator, name) for name in ("lt", "le", "gt", "ge", "eq", "ne")},
    "and": lambda a, b: bool(a and b), "or": lambda a, b: bool(a or b), "not": operator.not_,
}  # fmt: skip
_FORMULAS = ("softplus", "logsigmoid", "relu", "leaky_relu", "elu", "selu", "gelu",
             "silu", "mish")  # fmt: skip


class Symbol(OwnFunctions):
    """Stand for an array in a kernel that is being written; operations make new Symbols."""

    __slots__ = ("args", "op", "pool")
    data: ClassVar[float] = 0.0  # type: ignore[misc]  # a float, as far as `numbers` asks

    op: str
    args: tuple[Any, ...]
    pool: dict[Any, Symbol]

    @classmethod
    def named(cls, name: str, pool: dict[Any, Symbol], flag: bool = False) -> Symbol:
        """Return the Symbol of an array that is there already."""
        return cls.make(pool, "flag" if flag else "name", name)

    @staticmethod
    def make(pool: dict[Any, Symbol], op: str, *args: Any) -> Symbol:
        """Return the one Symbol of this operation."""
        key = (op, *[id(x) if isinstance(x, Symbol) else (type(x), x) for x in args])
        if (found := pool.get(key)) is None:
            found = Symbol()
            found.op, found.args, found.pool = op, args, pool
            pool[key] = found
        return found

    @property
    def is_flag(self) -> bool:
        """Say whether it is a truth value."""
        return self.op in FLAGS or self.op == "flag"

    def _make(self, op: str, *args: Any) -> Any:
        simple = _simplified(op, args)
        return Symbol.make(self.pool, op, *args) if simple is None else simple

    def __pow__(self, other: Any) -> Any:
        if type(other) in (int, float) and other in (1, 2, 3, 4):  # np.power is slow
            square: Any = self if other == 1 else self._make("square", self)
            x: Any = self
            return {3: x * square, 4: square**2}.get(other, square) if other > 2 else square
        return self._make("pow", self, other)

    def __rpow__(self, other: Any) -> Any:
        return self._make("pow", other, self)

    def __pos__(self) -> Any:
        return self

    def __invert__(self) -> Any:
        return self._make("not", self)

    def sech_squared(self) -> Any:
        """Return 4e / (1 + e)**2 with e = exp(-2|x|): exp is the fast one of NumPy's.

        In a sparing program, which keeps y = tanh(x) alone, it is (1 - y) * (1 + y).
        """
        y: Any = self.pool.get(("result", "tanh", id(self)))
        if y is not None:
            return (1 - y) * (1 + y)
        size: Any = self._make("abs", self)
        e = (size * -2).exp()
        return 4 * e / (1 + e) ** 2

    def sigmoid(self) -> Any:
        """Return e / (1 + e) with e = exp(x): from x = 40 on it is 1, and nothing overflows.

        In a sparing program, which keeps y = sigmoid(-x) alone, it is 1 - y.
        """
        y: Any = (
            self.pool.get(("result", "sigmoid", id(self.args[0]))) if self.op == "neg" else None
        )
        if y is not None:
            return 1 - y
        e = numbers.minimum(self, 40).exp()
        return e / (1 + e)

    def clip(self, low: Any, high: Any) -> Any:
        return numbers.minimum(numbers.maximum(self, low), high)

    @staticmethod
    def where(condition: Any, a: Any, b: Any) -> Any:
        """Return the selection; a flag where the choice is between 1 and 0."""
        if not isinstance(condition, Symbol):
            return a if condition else b
        if not condition.is_flag:  # a truth that is kept as a number
            condition = condition._make("ne", condition, 0)
        if type(a) is type(b) is int and (a, b) == (1, 0):
            return condition
        x, zero = (*condition.args, None)[:2]
        if condition.op == "le" and type(a) is type(zero) is int and a == zero == 0 and b is x:
            return condition._make("maximum", b, 0)  # relu: the same also for nan
        return condition._make("where", condition, a, b)

    def choice(self, a: Any, b: Any) -> Any:
        """Return the selection by this condition, between numbers."""
        return Symbol.where(self, a, b)

    def __bool__(self) -> bool:
        raise TypeError("a formula branches on a number: write it with autograd.where")

    def round(self, digits: int = 0) -> Any:
        """Return it rounded: in decimals as Python does, not by NumPy's shift of 10**digits."""
        return self._make("rint", self) if digits == 0 else by_element("round", None, self, digits)

    __hash__ = object.__hash__


def evaluated(op: str, at: int | None, xs: Sequence[Any], y: Any = None) -> Any:
    """Return the function of a row of the table, or its partial at a place, of these operands.

    That is a Symbol or a number; None for a parameter. What cannot be written as array operations,
    such as a primitive of one's own that takes floats alone, is called for each element.
    """
    if op == "spread":
        return xs[0]
    if op in FLAGS:
        symbol = next((x for x in xs if isinstance(x, Symbol)), None)
        return _FOLDED[op](*xs) if symbol is None else symbol._make(op, *xs)
    rule = TABLE[op]
    if at is not None and not callable(rule.partials[at]):
        return rule.partials[at]
    try:
        found = rule.function(*xs) if at is None else rule.partials[at](y, *xs)
    except Exception:  # whatever a function of floats does with something else
        found = None
    if isinstance(found, (Symbol, int, float)):
        return found
    return by_element(op, at, *xs) if at is None else by_element(op, at, y, *xs)


def sum_of_terms(xs: Sequence[Any], products: int, signs: Sequence[int]) -> Any:
    """Return x0*x1 + x2*x3 + ... + addends, so many products, with the signs of the terms."""
    terms = [xs[2 * k] * xs[2 * k + 1] for k in range(products)] + list(xs[2 * products :])
    ordered = sorted(zip(signs, terms, strict=True), key=lambda term: -term[0])  # + first
    sign, total = ordered[0]
    if sign < 0:
        total = -total
    for sign, x in ordered[1:]:
        total = total + x if sign > 0 else total - x
    return total


def term_slope(xs: Sequence[Any], products: int, signs: Sequence[int], i: int) -> Any:
    """Return the partial of `sum_of_terms` by xs[i]: the sign, times the other factor if any."""
    return signs[i // 2] * xs[i ^ 1] if i < 2 * products else signs[i - products]


def by_element(op: str, at: int | None, *xs: Any) -> Symbol:
    """Return a call of a row's function, or partial, for each element: `element` in a program."""
    pool = next(x.pool for x in xs if isinstance(x, Symbol))
    return Symbol.make(pool, "element", op, at, *xs)


def _simplified(op: str, args: tuple[Any, ...]) -> Any:
    """Return x for x + 0, x * 1, x / 1 and the like, else None."""
    a, b = (*args, None)[:2]
    if op == "mul" and isinstance(b, Symbol) and b.op == "div":
        above, below = b.args
        if type(above) is int and above == 1:  # a * (1/b) is a/b
            return a / below
        if isinstance(above, Symbol) and above.op == "neg":  # a * (-c/b) is -(a * (c/b))
            return -(a * (above.args[0] / below))
    if op == "mul":
        if type(a) in (int, float) and a == 1:
            return b
        if type(b) in (int, float) and b == 1:
            return a
    elif op in ("add", "sub") and type(b) in (int, float) and b == 0:
        return a
    elif op == "add" and type(a) in (int, float) and a == 0:
        return b
    elif op == "div" and type(b) in (int, float) and b == 1:
        return a
    return None


def _install() -> None:
    def binary(op: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
        return (
            lambda self, other: self._make(op, self, other),
            lambda self, other: self._make(op, other, self),
        )

    for name, op in {"add": "add", "sub": "sub", "mul": "mul", "truediv": "div",
                     "floordiv": "floordiv", "mod": "mod"}.items():  # fmt: skip
        straight, reflected = binary(op)
        setattr(Symbol, f"__{name}__", straight)
        setattr(Symbol, f"__r{name}__", reflected)
    for name in ("lt", "le", "gt", "ge", "eq", "ne"):
        setattr(Symbol, f"__{name}__", binary(name)[0])
    for name, op in {"and": "and", "or": "or"}.items():
        setattr(Symbol, f"__{name}__", binary(op)[0])
    for name in ("neg", "abs"):
        setattr(Symbol, f"__{name}__", lambda self, op=name: self._make(op, self))

    def method(op: str) -> Callable[..., Any]:
        def function(*xs: Any) -> Any:
            pool = next(x.pool for x in xs if isinstance(x, Symbol))
            return Symbol.make(pool, op, *xs)

        return function

    own = {"sech_squared", "clip", "where", "element"}
    operators = {"add", "sub", "mul", "div", "neg", "pow", "floordiv", "mod", *FLAGS}
    for op in [*UFUNCS, *CALLS]:
        if op not in own | operators:
            setattr(Symbol, op, method(op))
    for name in _FORMULAS:
        setattr(Symbol, name, getattr(activations, name).__wrapped__)


_install()
