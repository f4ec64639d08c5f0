"""The functions that a page calls: JavaScript's own, autograd's formulas, and a few written here.

A formula of `autograd` becomes a function of the page by evaluating it on `Script`s. What neither
knows, mostly what Python itself brings (fsum, round, erf), is written in JavaScript below.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from inspect import signature
from types import FunctionType
from typing import Any, NoReturn

from autograd import activations, numbers, special
from autograd.rules import Rule
from viz.playing.script_text import ScriptError, Writer
from viz.playing.scripting import Plain, Script, every_way

_OF_MATH = (
    "exp", "expm1", "log", "log2", "log10", "log1p", "sqrt", "cbrt", "sin", "cos", "tan", "asin",
    "acos", "atan", "atan2", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "hypot", "floor",
    "ceil",
)  # fmt: skip
_NO_FORMULA = ("gamma", "lgamma", "digamma", "polygamma")  # how long their sums are depends on x

# A row's function that looks whether its arguments are floats is called by the row's name.
_BY_ROW = {"norm": "Math.hypot", "logsumexp": "logsumexp", "log_softmax": "log_softmax"}

# name: (the functions that it calls, its text)
_WRITTEN: dict[str, tuple[tuple[str, ...], str]] = {
    "power": ((), """\
function power(a, b) {  // as IEEE 754 has it, where JavaScript says NaN
  return a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b;
}"""),
    "mod": ((), """\
function mod(a, b) {  // of the sign of b
  const rest = a % b;
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
}"""),
    "floordiv": ((), """\
function floordiv(a, b) {  // of the exact quotient: 1 // 0.1 is 9
  if (b === 0) return a / b;
  const rest = a % b, quotient = (a - rest) / b - (rest !== 0 && rest < 0 !== b < 0 ? 1 : 0);
  const whole = Math.floor(quotient);
  return quotient - whole > 0.5 ? whole + 1 : whole;
}"""),
    "round": ((), """\
function round(x, places) {  // half to even
  if (!(Math.abs(x) < 1e21)) return x;
  const exact = x.toFixed(places + 40), cut = exact.slice(0, -40);
  const half = /^50*$/.test(exact.slice(-40)), even = /[02468]\\.?$/.test(cut);
  return Number(half && even ? cut : x.toFixed(places));
}"""),
    "sum": ((), """\
function sum(...xs) {  // rounded once (Shewchuk 1997)
  const parts = [];
  for (let x of xs) {
    let kept = 0;
    for (let y of parts) {
      if (Math.abs(x) < Math.abs(y)) [x, y] = [y, x];
      const high = x + y, low = y - (high - x);
      if (low !== 0) parts[kept++] = low;
      x = high;
    }
    parts.length = kept;
    parts.push(x);
  }
  const total = parts.reduceRight((a, b) => a + b, 0);
  return Number.isFinite(total) ? total : xs.reduce((a, b) => a + b, 0);
}"""),
    "erf": (("erfc", "gaussian"), """\
function erf(x) {  // DLMF 7.6.2
  if (Math.abs(x) > 1) return x > 0 ? 1 - erfc(x) : erfc(-x) - 1;
  let series = 0;
  for (let k = 25; k >= 0; k--) series = 1 + series * x * x / (k + 1.5);
  return x * (2 * series * gaussian(x) / Math.sqrt(Math.PI));
}"""),
    "erfc": (("erf", "gaussian"), """\
function erfc(x) {  // DLMF 7.9.1, as a continued fraction in positive numbers
  if (!(x >= 0.5)) return 1 - erf(x);
  let rest = x;
  for (let k = Math.ceil(40 + 400 / (x * x)); k > 0; k--) rest = x + k / 2 / rest;
  return gaussian(x) / (rest * Math.sqrt(Math.PI));
}"""),
    "largest": (("sum",), """\
function largest(xs) {  // m = max(xs), and ln(sum(exp(x - m))): the term of m is 1
  const m = Math.max(...xs), at = Math.max(0, xs.indexOf(m));
  if (Math.abs(m) === Infinity) return [m, 0];
  return [m, Math.log1p(sum(...xs.filter((_, i) => i !== at).map(x => Math.exp(x - m))))];
}"""),
    "logsumexp": (("largest",), """\
function logsumexp(...xs) {
  const [m, rest] = largest(xs);
  return m + rest;
}"""),
    "log_softmax": (("largest",), """\
function log_softmax(i, ...xs) {
  const [m, rest] = largest(xs);
  return xs[i] - m - rest;
}"""),
}  # fmt: skip


class _MathOfScripts:
    """Stand in for the module math in a function of floats, and take Scripts as well."""

    @staticmethod
    def fsum(xs: Iterable[Any]) -> Any:
        return Script.of("sum", *xs)

    def __getattr__(self, name: str) -> Any:
        of_floats = getattr(math, name)
        if not callable(of_floats):
            return of_floats

        def function(*xs: Any) -> Any:
            has_script = any(isinstance(x, Plain) for x in xs)
            return getattr(Script, name)(*xs) if has_script else of_floats(*xs)

        return function


def _with_scripts(function: Any) -> Callable[..., Any]:
    """Return a function of `autograd.special`, its calls of math replaced."""
    names = {**function.__globals__, "math": _MathOfScripts()}
    return FunctionType(function.__code__, names, function.__name__)


def _formulas() -> dict[str, Callable[..., Any]]:
    """Return the functions that autograd writes as formulas in others."""
    found = {name: _with_scripts(getattr(special, name)) for name in ("gaussian", "normal_cdf")}
    for module in (activations, numbers):
        for name, function in vars(module).items():
            formula = getattr(function, "__wrapped__", None)
            if formula is None or formula.__module__ != module.__name__:
                continue
            if name not in (*_OF_MATH, *_NO_FORMULA, "round"):
                found.setdefault(name, formula)
    return found


_FORMULAS = _formulas()


def _method(head: str) -> Any:
    return staticmethod(lambda *xs: Script.of(head, *xs))


def _refusal(name: str) -> Any:
    def refuse(*_: Any) -> NoReturn:
        raise ScriptError(f"JavaScript has no function {name}")

    return staticmethod(refuse)


def _round(x: Any, places: int = 0) -> Any:
    if not 0 <= places <= 60:
        raise ScriptError(f"JavaScript can't round to {places} places")
    return Script.of("round", x, places)


for _name in _OF_MATH:
    setattr(Script, _name, _method(f"Math.{_name}"))
for _name in (*_FORMULAS, "erf", "erfc"):
    setattr(Script, _name, _method(_name))
for _name in _NO_FORMULA:
    setattr(Script, _name, _refusal(_name))
Script.exp2 = staticmethod(lambda x: Script.of("power", 2, x))  # type: ignore[attr-defined]
Script.round = staticmethod(_round)  # type: ignore[attr-defined]


def value_of(rule: Rule, xs: list[Any]) -> Any:
    """Return the rule's function of Scripts and numbers.

    >>> from autograd.rules import find
    >>> value_of(find("relu"), [Script("v[0]")]).text
    'relu(v[0])'
    """
    if rule.name in _BY_ROW:
        return Script.of(_BY_ROW[rule.name], *xs)
    return _checked(lambda: rule.function(*xs))


def partials_of(rule: Rule, y: Any, xs: list[Any], wanted: list[bool]) -> list[Any]:
    """Return the rule's wanted partials.

    >>> from autograd.rules import find
    >>> y, a = Script("v[1]"), Script("v[0]")
    >>> partials_of(find("pow"), y, [a, 3.0], [True, False])[0].text
    '3 * v[0] ** 2'
    """
    return list(_checked(lambda: rule.derivatives(y, xs, wanted)))


def _checked(function: Callable[[], Any]) -> Any:
    try:
        return every_way(function)
    except ScriptError:
        raise
    except Exception as error:  # a primitive may be any function
        raise ScriptError(f"it fails on anything but numbers ({error})") from error


def definitions(calls: Iterable[str]) -> list[str]:
    """Return the functions that a page needs which calls these, each with those that it calls.

    >>> print(*definitions(["sigmoid"]), sep="\\n")
    function sigmoid(x) {
      const t1 = Math.exp(-Math.abs(x));
      return (x < 0 ? t1 : 1) / (1 + t1);
    }
    """
    texts: dict[str, str] = {}
    waiting = sorted(calls)
    for name in waiting:
        if name not in texts:
            needed, texts[name] = _WRITTEN.get(name) or _from_formula(name)
            waiting += sorted(needed)
    return [texts[name] for name in sorted(texts)]


def _from_formula(name: str) -> tuple[set[str], str]:
    formula = _FORMULAS[name]
    names = list(signature(formula).parameters)
    writer = Writer()
    y = every_way(lambda: formula(*map(Script, names)))
    *shared, last = writer.statements([("return", y)])
    lines = [*shared, last.replace("return =", "return", 1)]
    body = "\n".join(f"  {line}" for line in lines)
    return writer.calls, f"function {name}({', '.join(names)}) {{\n{body}\n}}"
