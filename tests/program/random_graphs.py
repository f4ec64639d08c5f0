"""Random functions with much sharing, and how large the terms are that their results are sums of."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import Any

import autograd
from autograd import Value
from autograd.value import derivatives, nodes

Step = Callable[[list[Any]], list[Any]]  # from all values so far to some more
ELEMENTWISE: list[Callable[[Any], Any]] = [
    autograd.tanh, autograd.sin, autograd.cos, autograd.sigmoid, autograd.relu, autograd.softplus,
    autograd.atan, autograd.gelu, autograd.silu, autograd.erf, autograd.cbrt, autograd.floor,
    autograd.sign, abs, lambda x: -x, lambda x: x**2, lambda x: x**3, lambda x: (x * x + 1) ** -2,
    lambda x: (x * x + 1) ** 1.5, lambda x: autograd.sqrt(x * x + 0.5), lambda x: 1 / (x * x + 0.5),
    lambda x: autograd.log(x * x + 1), lambda x: autograd.exp(autograd.tanh(x)),
    lambda x: autograd.leaky_relu(x, 0.1), lambda x: autograd.clip(x, -0.5, 0.75),
]  # fmt: skip
REDUCTIONS = [autograd.sum, autograd.mean, autograd.max, autograd.min, autograd.norm,
              autograd.prod, autograd.logsumexp]  # fmt: skip


def step(source: random.Random, count: int, inputs: int) -> tuple[Step, int]:
    """Return a random step that reads some of `count` values, and how many it makes."""

    def some(low: int = 1, high: int = 9) -> list[int]:
        return [source.randrange(count) for _ in range(source.randint(low, high))]

    def one() -> int:
        return source.randrange(count)

    kind = source.choice(
        [
            "element",
            "element",
            "binary",
            "binary",
            "constant",
            "pairs",
            "signs",
            "layer",
            "gram",
            "dot",
            "reduce",
            "reduce",
            "softmax",
            "where",
            "pick",
            "same",
        ]
    )
    if kind == "element":
        f, i = source.choice(ELEMENTWISE), one()
        return lambda v: [f(v[i])], 1
    if kind == "binary":
        op, i, j = source.choice("+-*/m"), one(), one()
        return lambda v: [_binary(op, v[i], v[j])], 1
    if kind == "constant":
        op, i, c = source.choice("+-*"), one(), source.choice([0.5, 2.0, -1.0, 3, 0.0, 1])
        if source.random() < 0.5:
            return lambda v: [_binary(op, c, v[i])], 1
        return lambda v: [_binary(op, v[i], c)], 1
    if kind == "pairs":  # a sum of products, some of them subtracted, with an addend or without
        a, b, c = some(), some(9, 9), some(0, 2)
        signs = [source.choice([1, 1, -1]) for _ in a]
        return lambda v: [_signed([v[i] * v[j] for i, j in zip(a, b, strict=False)], signs)
                          + sum(v[i] for i in c)], 1  # fmt: skip
    if kind == "signs":
        a = some(1, 14)
        signs = [source.choice([1, -1]) for _ in a]
        return lambda v: [_signed([v[i] for i in a], signs)], 1
    if kind == "layer":
        a, biased = some(1, 7), source.random() < 0.5
        weights = [[one() if source.random() < 0.2 else source.randrange(inputs) for _ in a]
                   for _ in range(source.randint(1, 4))]  # fmt: skip
        f = source.choice([autograd.tanh, autograd.relu, lambda x: x])
        return lambda v: [
            f(sum(v[i] * v[j] for i, j in zip(w, a, strict=True)) + (v[w[0]] if biased else 0))
            for w in weights
        ], len(weights)
    if kind == "gram":
        size, half = source.randint(2, 4), source.random() < 0.5
        lists = [some(size, size) for _ in range(source.randint(1, 4))]
        found = [
            (p, q) for i, p in enumerate(lists) for j, q in enumerate(lists) if j <= i or not half
        ]
        return lambda v: [
            sum(v[i] * v[j] for i, j in zip(p, q, strict=True)) for p, q in found
        ], len(found)
    if kind == "dot":
        a = some()
        b = some(len(a), len(a))
        return lambda v: [autograd.dot([v[i] for i in a], [v[i] for i in b])], 1
    if kind == "reduce":
        f, a = source.choice(REDUCTIONS), some()
        return lambda v: [f([v[i] for i in a])], 1
    if kind == "softmax":
        a = some(1, 6)
        return lambda v: list(autograd.softmax([v[i] for i in a])), len(a)
    if kind == "where":
        i, j, k = one(), one(), one()
        return lambda v: [autograd.where(v[i] < v[j], v[j] * 1, v[k])], 1
    if kind == "pick":
        f, i, j = source.choice([autograd.maximum, autograd.minimum]), one(), one()
        return lambda v: [f(v[i], v[j]) + f(v[i], 0.3)], 1
    f, i, n = source.choice(REDUCTIONS), one(), source.randint(2, 6)
    return lambda v: [f([v[i]] * n)], 1


def _binary(op: str, a: Any, b: Any) -> Any:
    return {"+": lambda: a + b, "-": lambda: a - b, "*": lambda: a * b, "/": lambda: a / (b * b + 1),
            "m": lambda: a % 1.25 - b}[op]()  # fmt: skip


def _signed(terms: Sequence[Any], signs: Sequence[int]) -> Any:
    total: Any = 0
    for term, sign in zip(terms, signs, strict=True):
        total = total + term if sign > 0 else total - term
    return total


def graph(source: random.Random, longest: int) -> tuple[Callable[..., list[Any]], int, int]:
    """Return a random function of two lists of numbers that gives a list, and their lengths."""
    n, m = source.choice([1, 2, 3, 5, 8]), source.choice([1, 2, 4, 6, 12])
    count = n + m
    steps = []
    for _ in range(source.randint(1, longest)):
        made, more = step(source, count, n + m)
        steps.append(made)
        count += more
    outputs = [count - 1, *[source.randrange(count) for _ in range(source.choice([0, 0, 1, 4]))]]

    def f(x: Sequence[Any], w: Sequence[Any]) -> list[Any]:
        v = [*x, *w]
        for each in steps:
            # held in bounds now and then: nothing grows beyond measure
            v += [2 * autograd.tanh(y) if len(v) % 3 == 0 else y for y in each(v)]
        return [v[i] for i in outputs]

    return f, n, m


def magnitudes(y: Value, xs: Sequence[Value]) -> tuple[float, list[float]]:
    """Return the sums of the magnitudes of all terms of y, and of those of dy/dx for each x.

    Rounding moves a value by its terms, and with it the slopes that depend on it: that is counted
    as if slopes changed as much as values do.
    """
    order = nodes(y)
    size: dict[Value, float] = {}
    for v in order:
        slopes = [abs(float(d)) for d in derivatives(v)]
        terms = [d * size[x] for x, d in zip(v.inputs, slopes, strict=True) if type(x) is Value]
        size[v] = abs(float(v.data)) + sum(t for t in terms if math.isfinite(t))
    adjoints = dict.fromkeys(order, 0.0)
    adjoints[y] = 1.0
    for v in reversed(order):
        for x, d in zip(v.inputs, derivatives(v), strict=True):
            if type(x) is Value and math.isfinite(float(d)):
                adjoints[x] += adjoints[v] * abs(float(d))
    bend = sum(adjoints[v] * size[v] for v in order if v.rule is not None)
    return size[y], [adjoints.get(x, 0.0) + bend for x in xs]
