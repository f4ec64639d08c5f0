"""Every row of the rule table as JavaScript, in a real Chromium, beside the engine's floats."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from importlib.resources import files
from itertools import product
from typing import Any

import pytest
from browsing import browser
from samples import SAMPLES

from autograd import primitive
from autograd.check.oracles.replay import is_parameter
from autograd.rules import TABLE, Rule, find
from viz.diagrams.digits import aligned, digits
from viz.playing.script_functions import definitions, partials_of, value_of
from viz.playing.script_text import ScriptError, Writer, literal
from viz.playing.scripting import Script

__all__ = ["browser"]  # a fixture

NOT_WRITTEN = {
    "gamma": "how many terms its recurrence has depends on x, and Math has none",
    "lgamma": "as gamma",
    "digamma": "as gamma; it is the derivative of lgamma as well",
    "polygamma": "as gamma, and its last step is in whole numbers of any size",
}
EDGES = [0.0, -0.0, 1.0, -1.0, 3.5, math.inf, -math.inf, math.nan]
ULPS = 8  # the worst is 7: cbrt's slope has V8's error of cbrt in it three times
WRITTEN = sorted(set(SAMPLES) - set(NOT_WRITTEN))

Point = tuple[Any, ...]


@pytest.fixture(scope="module")
def tab(browser: Any) -> Any:
    return browser.new_page()


def script(rule: Rule, point: Point) -> str:
    """Return a function of x, a list, that gives the value and then the partials."""
    xs = [a if is_parameter(rule, i) else Script(f"x[{i}]") for i, a in enumerate(point)]
    wanted = [isinstance(x, Script) for x in xs]
    writer = Writer()
    lines = writer.statements([("const y", value_of(rule, xs))])
    slopes = partials_of(rule, Script("y"), xs, wanted)
    lines += writer.statements([(f"d[{i}]", d) for i, d in enumerate(slopes)])
    body = "\n".join([*definitions(writer.calls), *lines])
    return f"x => {{ const d = [];\n{body}\nreturn [y, ...d]; }}"


def in_the_page(tab: Any, rule: Rule, points: Sequence[Point]) -> list[list[float]]:
    """Return value and partials at each point, as the browser computes them."""
    kinds: dict[Any, list[int]] = {}  # a parameter and the number of operands make another script
    for k, point in enumerate(points):
        parameters = [x for i, x in enumerate(point) if is_parameter(rule, i)]
        kinds.setdefault((len(point), *parameters), []).append(k)
    found: list[Any] = [None] * len(points)
    for places in kinds.values():
        numbers = ", ".join(f"[{', '.join(map(literal, map(float, points[k])))}]" for k in places)
        for k, result in zip(
            places, tab.evaluate(f"[{numbers}].map({script(rule, points[places[0]])})"), strict=True
        ):
            found[k] = result
    return found


def off(rule: Rule, point: Point, got: Sequence[float]) -> float:
    """Return by how many units in the last place the page differs from the engine, at most."""
    wanted = [not is_parameter(rule, i) for i in range(len(point))]
    y = rule.function(*point)
    want = [float(x) for x in (y, *rule.derivatives(y, point, wanted))]
    return max(_ulps(a, float(b)) for a, b in zip(want, got, strict=True))


def _ulps(a: float, b: float) -> float:
    if a == b or (a != a and b != b):
        return 0.0
    return abs(a - b) / math.ulp(a) if math.isfinite(a) and math.isfinite(b) else math.inf


def test_the_rows_that_are_not_written_are_these() -> None:
    found = set()
    for name, sample in SAMPLES.items():
        try:
            script(find(name), sample.points[0])
        except ScriptError:
            found.add(name)
    assert found == set(NOT_WRITTEN)


@pytest.mark.parametrize("name", WRITTEN)
def test_value_and_partials_are_the_engines(tab: Any, name: str) -> None:
    rule, points = find(name), list(SAMPLES[name].points)
    if name == "gelu":  # where its slope is 0 to all digits there are no units to count in
        points = [(x,) for [x] in points if abs(x + 0.7517915241) > 1e-8]
    found = zip(points, in_the_page(tab, rule, points), strict=True)
    wrong = [(point, got) for point, got in found if not off(rule, point, got) <= ULPS]
    assert wrong == []


def edges(name: str) -> list[Point]:
    rule, point = find(name), SAMPLES[name].points[0]
    if rule.all_partials is not None:
        pairs = product(EDGES, repeat=2)
        return [(*([0] if rule.partials else []), *pair) for pair in pairs]
    return list(product(*[[x] if is_parameter(rule, i) else EDGES for i, x in enumerate(point)]))


@pytest.mark.parametrize("name", WRITTEN)
def test_edges_are_the_engines(tab: Any, name: str) -> None:
    points = edges(name)
    if name == "pow":  # the slope of nan**0 is nan to the page, which knows no exponent beforehand
        points.remove((EDGES[-1], 0.0))
        points.remove((EDGES[-1], -0.0))
    found = zip(points, in_the_page(tab, find(name), points), strict=True)
    wrong = [(point, got) for point, got in found if not off(find(name), point, got) <= ULPS]
    assert wrong == []


def test_the_judge_sees_a_wrong_slope(tab: Any) -> None:
    rule = find("tanh")
    [got] = in_the_page(tab, rule, [(0.3,)])
    assert off(rule, (0.3,), got) <= ULPS
    assert off(rule, (0.3,), [got[0], got[1] * (1 + 1e-14)]) > ULPS
    assert off(find("sech_squared"), (0.3,), got) > ULPS


def test_constants_among_the_operands(tab: Any) -> None:
    rule = find("pow")
    for exponent in (2, 3.0, -1, 0.5, 0, 1e-9):
        xs = [Script("x"), exponent]
        y, d = value_of(rule, xs), partials_of(rule, Script("y"), xs, [True, False])[0]
        writer = Writer()
        y_text, d_text = writer.expression(y), writer.expression(d)
        got = tab.evaluate(f"(() => {{ const x = 1.7, y = {y_text}; return [y, {d_text}]; }})()")
        want = 1.7**exponent
        assert _ulps(want, got[0]) <= 1
        assert _ulps(rule.derivatives(want, (1.7, exponent), (True, False))[0], got[1]) <= 2
    assert value_of(find("where"), [True, Script("a"), 0.0]).text == "a"


@pytest.fixture
def own() -> Iterator[None]:
    """Take rows of one's own out of the table again."""
    before = set(TABLE)
    yield
    for name in set(TABLE) - before:
        del TABLE[name]


@pytest.mark.usefixtures("own")
def test_a_primitive_of_ones_own_with_a_branch_in_python(tab: Any) -> None:
    primitive("bend", lambda x: x * x if x > 1 else 2 * x - 1, lambda y, x: 2 * x if x > 1 else 2)
    points = [(3.0,), (1.0,), (-4.0,)]
    assert in_the_page(tab, find("bend"), points) == [[9, 6], [1, 2], [-9, 2]]


@pytest.mark.usefixtures("own")
def test_a_primitive_that_needs_the_number_is_refused() -> None:
    primitive("bad_sin", lambda x: math.sin(x), lambda y, x: math.cos(x))
    with pytest.raises(ScriptError, match="needs the number itself"):
        value_of(find("bad_sin"), [Script("x")])

    def halved(x: Any) -> Any:
        while x > 1:
            x = x / 2
        return x

    primitive("halved", halved, 1)
    with pytest.raises(ScriptError, match="decides more than 6 times"):
        value_of(find("halved"), [Script("x")])


def test_what_is_no_float_is_refused() -> None:
    for wrong in (Fraction(1, 3), 2**60, "a"):
        with pytest.raises(ScriptError):
            Script("x") * wrong


@pytest.mark.parametrize(("text", "expression"), [
    ("(a - b) - (c - a)", lambda a, b, c: (a - b) - (c - a)),
    ("a / (b * c) / -c", lambda a, b, c: a / (b * c) / -c),
    ("(-a) ** 2", lambda a, b, c: (-a) ** 2),
    ("a - -1", lambda a, b, c: a - -1),
    ("(a > 0 ? b : c) * 2", lambda a, b, c: Script.where(a > 0, b, c) * 2),
    ("a > 0 && b < 1 ? 1 : a === 2 ? 3 : 4",
     lambda a, b, c: Script.where((a > 0) & (b < 1), 1, Script.where(a == 2, 3, 4))),
])  # fmt: skip
def test_parentheses_mean_the_same_in_javascript(tab: Any, text: str, expression: Any) -> None:
    written = expression(Script("a"), Script("b"), Script("c")).text
    for a, b, c in product([-2.0, 0.5, 2.0], repeat=3):
        names = f"const a = {a}, b = {b}, c = {c};"
        assert tab.evaluate(f"(() => {{ {names} return ({written}) === ({text}); }})()"), written


def test_the_pages_digits_are_pythons(tab: Any) -> None:
    code = files("viz.playing").joinpath("whatif.js").read_text(encoding="utf-8")
    parts = re.search(r"(  function digits.*?)\n  const number", code, re.DOTALL)
    assert parts
    head = f"const width = 0;\n{parts[1]}\n"
    source = random.Random(3)
    numbers = [source.uniform(-10, 10) * 10.0 ** source.randint(-320, 300) for _ in range(3000)]
    numbers += [source.uniform(-10, 10) * 10.0 ** source.randint(-7, 7) for _ in range(3000)]
    numbers += [
        source.randint(-(10**7), 10**7) / 2 ** source.randint(0, 12) for _ in range(4000)
    ]  # halves
    numbers += [0.0, -0.0, 0.99999, 9999.5, 99999.5, 999999.5, 12344.5, 12345.5, 1e-5, 1e21, 1e22, 5e-324,
                1.7e308, 0.00009999999, math.inf, -math.inf, math.nan, 0.5, 2.5, 100.0, 1e6, 123456.5]  # fmt: skip
    for significant in (4, 6):
        texts = tab.evaluate(
            f"xs => {{ {head} return xs.map(x => digits(x, {significant})); }}", numbers
        )
        assert texts == [digits(x, significant) for x in numbers]
    columns = [source.sample(numbers, source.randint(1, 6)) for _ in range(1000)]
    assert tab.evaluate(f"xs => {{ {head} return xs.map(aligned); }}", columns) == [
        aligned(c) for c in columns
    ]
