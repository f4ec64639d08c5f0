"""All ways to the same derivative, on drawn expressions: they agree, and with those of others.

An engine is one line in ENGINES. What judges is independent of the rules' partials: mpmath's
differences at 100 digits, exact difference quotients of fractions, torch and JAX where installed.
"""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import autograd
from autograd import Value, derivatives, grad, gradients, hessian, jvp, nodes, vjp
from autograd.check import reference_gradients
from autograd.check.rounding import gradient_bounds
from autograd.check.strategies import OPERATIONS, Case, cases, expressions, graphs, points
from autograd.value import detached

drawn = settings(max_examples=50, deadline=None, derandomize=True, database=None,
                 suppress_health_check=[HealthCheck.too_slow])  # fmt: skip
FRACTIONS = st.fractions(-3, 3, max_denominator=12)
SMOOTH = cases(st.one_of(expressions(max_operations=15), graphs(max_operations=25)))
RATIONAL = cases(st.one_of(expressions(numbers=FRACTIONS), graphs(numbers=FRACTIONS)))
ON_KINKS = cases(graphs(on_kink=True))


def recorded(case: Case) -> tuple[Value, list[Value]]:
    xs = [Value(x) for x in case.point]
    return case.expression(*xs), xs


def by_backward(case: Case) -> list[Any]:
    y, xs = recorded(case)
    y.backward()
    return [0 if x.grad is None else x.grad for x in xs]


def by_backward_twice(case: Case) -> list[Any]:
    y, xs = recorded(case)
    y.backward()
    y.zero_grad()
    y.backward()
    return [0 if x.grad is None else x.grad for x in xs]


def by_jvp(case: Case) -> list[Any]:
    ones = [[int(i == j) for j in range(len(case.point))] for i in range(len(case.point))]
    return [jvp(case.expression, case.point, one)[1] for one in ones]


def by_copies(case: Case, copied: Callable[[Any], Any]) -> list[Any]:
    y, xs = copied(recorded(case))
    return gradients(y, xs)


def by_program(case: Case) -> list[Any]:
    """Return the gradient by a program; exact numbers, which no array holds, keep to the graph."""
    if any(isinstance(x, Fraction) for x in case.point):
        return gradients(*recorded(case))
    names = [f"x{i}" for i in range(len(case.point))]
    function = eval(f"lambda {', '.join(names)}: f({', '.join(names)})", {"f": case.expression})
    program = autograd.compile(function)
    return list(program.grad(*case.point, argnums=tuple(range(len(names)))))


ENGINES: dict[str, Callable[[Case], list[Any]]] = {
    "gradients": lambda case: gradients(*recorded(case)),
    "create_graph": lambda case: [g.data for g in gradients(*recorded(case), create_graph=True)],
    "backward": by_backward,
    "backward twice": by_backward_twice,
    "jvp": by_jvp,
    "vjp": lambda case: list(vjp(case.expression, *case.point)[1](1)),
    "grad": lambda case: list(grad(case.expression, tuple(range(len(case.point))))(*case.point)),
    "nested": lambda case: [detached(d) for d in grad(lambda xs: case.expression(*xs))([*map(Value, case.point)])],
    "pickled": lambda case: by_copies(case, lambda graph: pickle.loads(pickle.dumps(graph))),
    "compiled": lambda case: list(by_program(case)),
    "copied": lambda case: by_copies(case, copy.deepcopy),
}  # fmt: skip
every_engine = pytest.mark.parametrize("engine", ENGINES)


def sizes(y: Value, xs: Sequence[Value]) -> list[float]:
    """Return for every x the sum of |path products|, times the rounding errors there can be.

    Each path is a product and a sum of at most as many terms as the graph has edges, each rounded
    once (2**-53); both of two ways that are compared may be off by that.
    """
    order = nodes(y)
    found = dict.fromkeys(order, 0.0) | {y: 1.0}
    edges = 0
    for v in reversed(order):
        for x, d in zip(v.inputs, derivatives(v), strict=True):
            if type(x) is Value:
                found[x] += abs(d) * found[v]
                edges += 1
    return [2 * 2 * edges * 2.0**-53 * found.get(x, 0.0) for x in xs]


# The engine against itself


@every_engine
@drawn
@given(case=SMOOTH)
def test_every_way_agrees_to_the_rounding_of_its_sums(engine: str, case: Case) -> None:
    y, xs = recorded(case)
    for d, found, allowed in zip(
        gradients(y, xs), ENGINES[engine](case), sizes(y, xs), strict=True
    ):
        assert abs(d - found) <= allowed


@every_engine
@drawn
@given(case=st.one_of(RATIONAL, cases(graphs(numbers=FRACTIONS, on_kink=True))))
def test_every_way_agrees_exactly_on_fractions(engine: str, case: Case) -> None:
    y, xs = recorded(case)
    assert ENGINES[engine](case) == gradients(y, xs)


@drawn
@given(SMOOTH)
def test_the_printed_source_has_the_same_gradient_bit_for_bit(case: Case) -> None:
    names: dict[str, Any] = {}
    exec(str(case), names)  # as one would paste it; it ends by evaluating f on floats
    xs = [Value(x) for x in case.point]
    assert gradients(names["f"](*xs), xs) == gradients(*recorded(case))


@drawn
@given(ON_KINKS)
def test_on_kinks_forward_and_reverse_follow_the_same_convention(case: Case) -> None:
    y, xs = recorded(case)
    for d, found, allowed in zip(gradients(y, xs), by_jvp(case), sizes(y, xs), strict=True):
        assert abs(d - found) <= allowed


# Against oracles


@drawn
@given(SMOOTH)
def test_gradients_are_those_of_mpmath_to_their_own_rounding(case: Case) -> None:
    y, xs = recorded(case)
    bounds = gradient_bounds(y, xs)  # running error analysis, see there
    assert bounds is not None
    for d, true, allowed in zip(gradients(y, xs), reference_gradients(y, xs), bounds, strict=True):
        assert abs(d - true) <= allowed


@settings(drawn, max_examples=20)
@given(st.data())
def test_gradients_at_other_points_are_those_of_mpmath(data: st.DataObject) -> None:
    expression = data.draw(graphs())
    y, xs = recorded(Case(expression, data.draw(points(expression))))
    bounds = gradient_bounds(y, xs)
    assert bounds is not None
    for d, true, allowed in zip(gradients(y, xs), reference_gradients(y, xs), bounds, strict=True):
        assert abs(d - true) <= allowed


def quotients(f: Callable[..., Any], point: Sequence[Any], i: int) -> list[Any]:
    """Return central difference quotients with h = 2**-100 and h/2, in exact arithmetic."""

    def at(h: Fraction) -> Any:
        above, below = [[*point[:i], point[i] + s * h, *point[i + 1 :]] for s in (1, -1)]
        return (f(*above) - f(*below)) / (2 * h)

    return [at(Fraction(1, 2**100)), at(Fraction(1, 2**101))]


@drawn
@given(RATIONAL)
def test_gradients_are_the_limits_of_exact_difference_quotients(case: Case) -> None:
    """The quotient's error is c * h**2 + ...: from h to h/2 it falls by three times what is left."""
    for i, d in enumerate(gradients(*recorded(case))):
        far, near = quotients(case.expression, case.point, i)
        assert abs(d - near) <= abs(far - near)
        assert abs(far - near) < Fraction(1, 2**100)  # or the test would say nothing


@drawn
@given(cases(graphs(numbers=FRACTIONS, on_kink=True)))
def test_on_kinks_the_gradient_lies_between_the_exact_one_sided_derivatives(case: Case) -> None:
    h = Fraction(1, 2**100)
    for i, d in enumerate(gradients(*recorded(case))):
        below, here, above = [
            case.expression(*case.point[:i], case.point[i] + s * h, *case.point[i + 1 :])
            for s in (-1, 0, 1)
        ]
        sides = sorted([(here - below) / h, (above - here) / h])
        assert sides[0] - 2**50 * h <= d <= sides[1] + 2**50 * h  # curvature below 2**51


# Second derivatives


@settings(drawn, max_examples=30)
@given(cases(graphs(numbers=FRACTIONS, max_operations=6)))
def test_second_derivatives_on_fractions_agree_exactly_in_any_order_of_modes(case: Case) -> None:
    n = len(case.point)

    def f(xs: Sequence[Any]) -> Any:
        return case.expression(*xs)

    units = [[Fraction(i == j) for j in range(n)] for i in range(n)]
    point = list(case.point)
    by_reverse = hessian(f)(point)
    assert by_reverse == [list(column) for column in zip(*by_reverse, strict=True)]
    assert by_reverse == [jvp(grad(f), (point,), (t,))[1] for t in units]
    assert by_reverse == [grad(lambda xs, t=t: jvp(f, (xs,), (t,))[1])(point) for t in units]
    for i in range(n):
        for j in range(n):
            far, near = quotients(lambda *xs, i=i: grad(f)(list(xs))[i], point, j)
            assert abs(by_reverse[i][j] - near) <= abs(far - near)


@settings(drawn, max_examples=20)
@given(cases(graphs(max_operations=4)))
def test_second_derivatives_are_those_of_mpmath_to_their_own_rounding(case: Case) -> None:
    y, xs = recorded(case)
    bounds = gradient_bounds(y, xs, order=2)
    assert bounds is not None
    allowed = iter(bounds)
    for slope in gradients(y, xs, create_graph=True):
        for d, true in zip(gradients(slope, xs), reference_gradients(slope, xs), strict=True):
            assert abs(d - true) <= next(allowed)


# Against others' engines. They promise no last digit: right is what is within 1e-9 of the size of
# the terms; a wrong rule is off by far more.


def assert_near(case: Case, value: float, gradient: Sequence[float]) -> None:
    y, xs = recorded(case)
    assert value == pytest.approx(y.data, rel=1e-9, abs=1e-9)
    for d, other, size in zip(gradients(y, xs), gradient, sizes(y, xs), strict=True):
        assert abs(d - other) <= 1e-9 * max(1.0, abs(d), size * 2.0**50)


def test_gradients_are_those_of_torch() -> None:
    torch = pytest.importorskip("torch")
    act, special = torch.nn.functional, torch.special

    def number(x: Any) -> Any:
        return x if isinstance(x, torch.Tensor) else torch.tensor(float(x), dtype=torch.float64)

    def stacked(f: Callable[..., Any]) -> Callable[..., Any]:
        return lambda xs: f(torch.stack([number(x) for x in xs]))

    def of_numbers(f: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *xs: f(*map(number, xs))

    names = {
        **{name: of_numbers(getattr(torch, name)) for name in
           ["abs", "sign", "floor", "ceil", "maximum", "minimum", "exp", "exp2", "expm1", "log",
            "log2", "log10", "log1p", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan", "atan2",
            "hypot", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "erf", "erfc", "lgamma",
            "digamma", "sigmoid", "relu"]},
        **{name: of_numbers(getattr(act, name)) for name in ["logsigmoid", "selu", "silu", "mish", "gelu"]},
        **{name: stacked(getattr(torch, name)) for name in ["sum", "mean", "prod"]},
        "max": stacked(torch.amax), "min": stacked(torch.amin), "norm": stacked(torch.linalg.norm),
        "logsumexp": stacked(lambda x: torch.logsumexp(x, 0)),
        "softmax": stacked(lambda x: torch.softmax(x, 0)),
        "log_softmax": stacked(lambda x: torch.log_softmax(x, 0)),
        "dot": lambda a, b: torch.dot(*(torch.stack([number(x) for x in xs]) for xs in (a, b))),
        "clip": of_numbers(torch.clamp), "normal_cdf": of_numbers(special.ndtr),
        "softplus": of_numbers(lambda x: act.softplus(x, threshold=1000)),
        "polygamma": lambda n, x: torch.polygamma(n, number(x)),
        "where": lambda c, a, b: torch.where(torch.as_tensor(c), number(a), number(b)),
        "round": lambda x, digits: torch.round(number(x), decimals=digits),
    }  # fmt: skip
    operators = ["add", "sub", "mul", "div", "pow", "neg"]

    @drawn
    @given(cases(graphs(operations=[x for x in OPERATIONS if x in names or x in operators])))
    def agree(case: Case) -> None:
        xs = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in case.point]
        y = case.expression.on(names)(*xs)
        if y.requires_grad:
            y.backward()
        assert_near(case, y.item(), [0.0 if x.grad is None else x.grad.item() for x in xs])

    agree()


def test_gradients_are_those_of_jax() -> None:
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    jnp, nn, special = jax.numpy, jax.nn, jax.scipy.special

    def stacked(f: Callable[..., Any]) -> Callable[..., Any]:
        return lambda xs: f(jnp.stack([jnp.asarray(x, float) for x in xs]))

    names = {
        **{name: stacked(getattr(jnp, name)) for name in ["sum", "mean", "prod", "max", "min"]},
        **{name: stacked(getattr(nn, name)) for name in ["softmax", "log_softmax", "logsumexp"]},
        "norm": stacked(jnp.linalg.norm),
        "dot": lambda a, b: jnp.dot(jnp.stack([jnp.asarray(x, float) for x in a]),
                                    jnp.stack([jnp.asarray(x, float) for x in b])),
        "round": jnp.round, "clip": jnp.clip, "abs": jnp.abs, "normal_cdf": special.ndtr,
        "lgamma": special.gammaln, "logsigmoid": nn.log_sigmoid,
        "gelu": lambda x: nn.gelu(x, approximate=False),
    }  # fmt: skip
    operators = ["add", "sub", "mul", "div", "pow", "neg", "mod", "floordiv"]
    modules = (jnp, nn, special)
    known = {x for x in OPERATIONS if any(hasattr(module, x) for module in modules)}
    operations = [x for x in OPERATIONS if x in known or x in names or x in operators]
    assert len(operations) > 60

    @settings(drawn, max_examples=30)
    @given(cases(graphs(operations=operations)))
    def agree(case: Case) -> None:
        f = case.expression.on(names, *modules)
        every = tuple(range(len(case.point)))
        y, gradient = jax.value_and_grad(f, argnums=every)(*case.point)
        assert_near(case, float(y), [float(d) for d in gradient])

    agree()
