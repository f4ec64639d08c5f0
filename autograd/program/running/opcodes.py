"""The text of an interpreter for tapes: one loop for each operation, written from the rule table.

The functions of the table are evaluated on Symbols, as for NumPy; here each becomes lines of
scalar Python that Numba turns into machine code. The text is the same for all graphs, so it is
compiled once.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from autograd.program.writing.expressions import (
    CALLS,
    FLAGS,
    Symbol,
    evaluated,
    sum_of_terms,
    term_slope,
)  # fmt: skip
from autograd.rules import TABLE, Rule

_OPERATORS = {
    "add": "{} + {}", "sub": "{} - {}", "mul": "{} * {}", "div": "{} / {}", "neg": "-{}",
    "lt": "{} < {}", "le": "{} <= {}", "gt": "{} > {}", "ge": "{} >= {}", "eq": "{} == {}",
    "ne": "{} != {}", "and": "{} and {}", "or": "{} or {}", "not": "not {}",
    "where": "{1} if {0} else {2}", "square": "{0} * {0}", "rint": "rint({})",
    "floordiv": "floor_divide({}, {})", "mod": "remainder({}, {})", "abs": "abs({})",
}  # fmt: skip
_MATH = ("pow", "sqrt", "exp", "expm1", "log", "log10", "log1p", "sin", "cos", "tan",
         "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh",
         "hypot", "erf", "erfc")  # fmt: skip
_NUMPY = ("maximum", "minimum", "sign", "floor", "ceil", "cbrt", "exp2", "log2",
          "rint", "floor_divide", "remainder")  # fmt: skip
_HEAD = f"""from math import {", ".join(_MATH)}

from numba import njit
from numpy import {", ".join(_NUMPY)}, uint64

# places are unsigned throughout: Numba takes a signed index to count from the end if below 0
one, two = uint64(1), uint64(2)
"""
_KNOWN = {*_OPERATORS, *_MATH, *_NUMPY}
_TAKES_FLAGS = {"and": (0, 1), "or": (0, 1), "not": (0,), "where": (0,)}
POWERS = (-3, -2, -1, -0.5, 0.5, 1.5, 2, 3, 4)  # exponents with code of their own
ANY_POWER = ("pow", "b")  # others stand with the factors
FEW = {  # products and signs of short sums with code of their own; "terms" are all others
    (0, (1,)), (0, (-1,)), (0, (1, 1)), (0, (1, -1)), (0, (-1, 1)), (0, (1, 1, 1)),
    (1, (1,)), (1, (-1,)), (1, (1, 1)), (1, (1, -1)), (1, (-1, 1)), (2, (1, 1)), (2, (1, -1)),
}  # fmt: skip
_COMMON = {  # of which most programs are: compiled apart, in less time
    "sums", *FEW, "spread", "add", "sub", "mul", "div", "neg", "abs", "exp", "log", "sqrt", "sin",
    "cos", "tanh", "sigmoid", "relu", "where", "lt", "gt", ("pow", -1), ("pow", 0.5), ("pow", 2),
    ("pow", 3),
}  # fmt: skip
_LOOPS = """
        y, o, n, w = tape[k, 1], tape[k, 2], tape[k, 3], tape[k, 4]
"""
# sums of any length: signed products a*b, then signed addends, one list for each member
_SUMS = """
            p, g = tape[k, 5], tape[k, 6]
            q = w - p - p
            h = g + p
            e = o
            for i in range(n):
                {0}
                e += q
"""
_SUM_FORWARD = """total = 0.0
                for j in range(p):
                    total += factor[g + j] * x[at[e]] * x[at[e + one]]
                    e += two
                for j in range(q):
                    total += factor[h + j] * x[at[e + j]]
                x[y + i] = total"""
_SUM_REVERSE = """d = dx[y + i]
                for j in range(p):
                    a0, a1 = at[e], at[e + one]
                    dx[a0] += d * factor[g + j] * x[a1]
                    dx[a1] += d * factor[g + j] * x[a0]
                    e += two
                for j in range(q):
                    dx[at[e + j]] += d * factor[h + j]"""


@cache
def codes() -> dict[Any, int]:
    """Return the number of every operation that a tape may have, in the order of the text."""
    keys: list[Any] = ["sums", *sorted(FEW), "spread"]
    keys += sorted(FLAGS)
    keys += [*[("pow", p) for p in POWERS], ANY_POWER]
    keys += [name for name, rule in TABLE.items() if rule.all_partials is None and _is_own(rule)]
    return {key: k for k, key in enumerate(key for key in keys if _writable(key))}


def flags_among(key: Any, count: int) -> list[bool]:
    """Return which operands of an operation are flags."""
    takes = _TAKES_FLAGS.get(key, ()) if type(key) is str else ()
    return [k in takes for k in range(count)]


def common(keys: set[Any]) -> bool:
    """Say whether the shorter interpreter knows all of these operations."""
    return keys <= _COMMON


@cache
def text(common: bool) -> str:
    """Return an interpreter as Python text: `forward` and `reverse` over the rows of a tape."""
    arguments = "tape, factor, at, x, flag"
    parts = [_HEAD]
    for name, more, order in (
        ("forward", "", "range(len(tape))"),
        ("reverse", ", dx", "range(len(tape) - 1, -1, -1)"),
    ):
        parts.append(
            "\n\n@njit(cache=True, error_model='numpy', nogil=True)"
            f"\ndef {name}({arguments}{more}):"
            f"\n    for k in {order}:\n        c = tape[k, 0]{_LOOPS}"
        )
        word = "if"
        for key, number in codes().items():
            lines = _loop(key, name == "reverse")
            if lines and (key in _COMMON or not common):
                parts.append(f"        {word} c == {number}:  # {key}\n{lines}\n")
                word = "elif"
    return "".join(parts)


def _is_own(rule: Rule) -> bool:
    """Say whether a row is not a primitive of the user's: these would change the text."""
    return rule.function.__module__.partition(".")[0] in ("autograd", "_operator")


def _writable(key: Any) -> bool:
    try:
        return bool(_loop(key, False)) and _loop(key, True) is not None
    except KeyError:
        return False


def _loop(key: Any, reverse: bool) -> str:
    """Return the loop over the members of a group; '' for what has no derivative."""
    if key == "sums":
        return _SUMS.format(_SUM_REVERSE if reverse else _SUM_FORWARD).strip("\n")
    if reverse and key in FLAGS:
        return ""
    body = _Body()
    xs = _operands(key, body.pool)
    names = [x.args[0] for x in xs if isinstance(x, Symbol) and x.args[0] != "b"]
    if reverse:
        y, d = (Symbol.named(name, body.pool) for name in ("y0", "d"))
        results = [
            (k, body.name(d * slope))
            for k, slope in enumerate(_slopes(key, xs, y))
            if slope is not None
        ]
        lines = [f"dx[a{k}] += {name}" for k, name in results]
        places = {k for k, _ in results}
    else:
        store = "flag" if key in FLAGS else "x"
        lines = [f"{store}[y + i] = {body.name(_value(key, xs))}"]
        places = set()
    used = body.used
    head = ["b = factor[tape[k, 6]]"] if "b" in used else []
    for k, name in enumerate(names):
        place = f"at[o{' + n' * k} + i]"
        if k in places:
            head.append(f"a{k} = {place}")
            place = f"a{k}"
        if name in used:
            head.append(f"{name} = {'flag' if name.startswith('f') else 'x'}[{place}]")
    if "y0" in used:
        head.append("y0 = x[y + i]")
    if "d" in used:
        head.append("d = dx[y + i]")
    every = [*head, *body.lines, *lines]
    return "            for i in range(n):\n" + "\n".join(f"                {x}" for x in every)


def _operands(key: Any, pool: dict[Any, Symbol]) -> list[Any]:
    if type(key) is tuple and key[0] == "pow":
        power = Symbol.named("b", pool) if key == ANY_POWER else key[1]
        return [Symbol.named("x0", pool), power]
    if type(key) is tuple:
        count = len(key[1]) + key[0]
    elif key in FLAGS:
        count = 1 if key == "not" else 2
    else:
        count = 1 if key == "spread" else len(TABLE[key].partials)
    return [
        Symbol.named(f"{'f' if flag else 'x'}{k}", pool, flag)
        for k, flag in enumerate(flags_among(key, count))
    ]


def _value(key: Any, xs: list[Any]) -> Any:
    """Return the value of an operation."""
    if type(key) is str or key[0] == "pow":
        return evaluated(key if type(key) is str else "pow", None, xs)
    return sum_of_terms(xs, *key)


def _slopes(key: Any, xs: list[Any], y: Symbol) -> list[Any]:
    """Return the partial by each operand, None where there is none."""
    if key == "spread":
        return [1]
    if type(key) is str:
        return [evaluated(key, k, xs, y) for k in range(len(xs))]
    if key[0] == "pow":
        return [evaluated("pow", 0, xs, y)]
    products, signs = key
    return [term_slope(xs, products, signs, k) for k in range(len(xs))]


class _Body:
    """Write Symbols as lines of scalar Python, each once."""

    def __init__(self) -> None:
        self.pool: dict[Any, Symbol] = {}
        self.lines: list[str] = []
        self.used: set[str] = set()
        self.names: dict[int, str] = {}

    def name(self, x: Any) -> str:
        """Return the name of a Symbol, after the lines that compute it. Raises KeyError."""
        if not isinstance(x, Symbol):
            return repr(x)
        if x.op in ("name", "flag"):
            self.used.add(x.args[0])
            return str(x.args[0])
        if id(x) not in self.names:
            if x.op not in _KNOWN or (x.op in CALLS and x.op not in _MATH):
                raise KeyError(x.op)
            args = [self.name(arg) for arg in x.args]
            text = _OPERATORS.get(x.op) or f"{x.op}({', '.join(['{}'] * len(args))})"
            args = [f"({arg})" if arg.startswith("-") else arg for arg in args]
            self.names[id(x)] = name = f"t{len(self.names)}"
            self.lines.append(f"{name} = {text.format(*args)}")
        return self.names[id(x)]
