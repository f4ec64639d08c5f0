"""Wrong gradients with known mistakes: hand-written backward passes, engines, mixed-up numbers.

A `Plant` says which kinds of cause name its mistake, and a word that one of their texts must have.
The functions take the module of functions as their last argument, so that they run on floats, on
Values and on the `Toy` below, a small engine of its own into which mistakes can be put.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

import autograd as ag


class Plant(NamedTuple):
    name: str
    f: Callable[..., Any]
    x: Any
    wrong: Any  # the gradient, or a function of x that returns it
    kinds: set[str]
    word: str = ""
    order: int = 1


# --- a small engine with room for mistakes -------------------------------------------------------


class Toy:
    """Hold a number, its gradient, and pairs (input, local derivative)."""

    def __init__(self, data, pairs=()):
        self.data, self.pairs, self.grad = float(data), list(pairs), 0.0

    def __add__(self, other):
        return _toy("add", self.data + _data(other), (self, other))

    def __radd__(self, other):
        return _toy("add", _data(other) + self.data, (other, self))

    def __sub__(self, other):
        return _toy("sub", self.data - _data(other), (self, other))

    def __rsub__(self, other):
        return _toy("sub", _data(other) - self.data, (other, self))

    def __mul__(self, other):
        return _toy("mul", self.data * _data(other), (self, other))

    def __rmul__(self, other):
        return _toy("mul", _data(other) * self.data, (other, self))

    def __truediv__(self, other):
        return _toy("div", self.data / _data(other), (self, other))

    def __rtruediv__(self, other):
        return _toy("div", _data(other) / self.data, (other, self))

    def __pow__(self, other):
        return _toy("pow", self.data ** _data(other), (self, other))

    def __neg__(self):
        return _toy("neg", -self.data, (self,))


def _data(x):
    return x.data if isinstance(x, Toy) else float(x)


RIGHT = {
    "add": lambda y, a, b: (1, 1),
    "sub": lambda y, a, b: (1, -1),
    "mul": lambda y, a, b: (b, a),
    "div": lambda y, a, b: (1 / b, -a / b**2),
    "pow": lambda y, a, b: (b * a ** (b - 1), y * math.log(a) if a > 0 else 0),
    "neg": lambda y, x: (-1,),
    "exp": lambda y, x: (y,),
    "log": lambda y, x: (1 / x,),
    "log10": lambda y, x: (1 / (x * math.log(10)),),
    "sqrt": lambda y, x: (0.5 / y,),
    "sin": lambda y, x: (math.cos(x),),
    "cos": lambda y, x: (-math.sin(x),),
    "tanh": lambda y, x: (1 - y * y,),
    "sigmoid": lambda y, x: (y * (1 - y),),
    "relu": lambda y, x: (float(x > 0),),
    "softplus": lambda y, x: (1 / (1 + math.exp(-x)),),
    "atan": lambda y, x: (1 / (1 + x * x),),
}
_rules = dict(RIGHT)  # those in use, perhaps with a wrong one


def _toy(name, data, inputs):
    local = _rules[name](data, *map(_data, inputs))
    return Toy(data, [(x, d) for x, d in zip(inputs, local, strict=True) if isinstance(x, Toy)])


def _toy_function(name, function):
    return lambda x: _toy(name, function(_data(x)), (x,))


FLOATS = SimpleNamespace(
    exp=math.exp, log=math.log, log10=math.log10, sqrt=math.sqrt, sin=math.sin, cos=math.cos,
    tanh=math.tanh, atan=math.atan, sigmoid=lambda x: 1 / (1 + math.exp(-x)),
    relu=lambda x: max(x, 0.0), softplus=lambda x: math.log1p(math.exp(x)),
)  # fmt: skip
TOYS = SimpleNamespace(**{name: _toy_function(name, f) for name, f in vars(FLOATS).items()})


def _sorted_toys(y):
    order, seen = [], set()

    def visit(v):
        if v not in seen:
            seen.add(v)
            for x, _ in v.pairs:
                visit(x)
            order.append(v)

    visit(y)
    return order[::-1]


def plainly(y):
    y.grad = 1.0
    for v in _sorted_toys(y):
        for x, d in v.pairs:
            x.grad += v.grad * d


def assigning(y):
    y.grad = 1.0
    for v in _sorted_toys(y):
        for x, d in v.pairs:
            x.grad = v.grad * d


def without_sorting(y):
    seen = set()

    def back(v):
        if v in seen:
            return
        seen.add(v)
        for x, d in v.pairs:
            x.grad += v.grad * d
        for x, _ in v.pairs:
            back(x)

    y.grad = 1.0
    back(y)


def recursing_with_sums(y):
    def back(v):
        for x, d in v.pairs:
            x.grad += v.grad * d
            back(x)

    y.grad = 1.0
    back(y)


def breadth_first(y):
    y.grad = 1.0
    waiting, seen = [y], {y}
    for v in waiting:
        for x, d in v.pairs:
            x.grad += v.grad * d
            if x not in seen:
                seen.add(x)
                waiting.append(x)


def with_inputs_in_a_set(y):
    y.grad = 1.0
    for v in _sorted_toys(y):
        for x, d in dict(v.pairs).items():  # one pair for each input
            x.grad += v.grad * d


def twice_with_stale_interiors(y):
    plainly(y)
    for v in _sorted_toys(y):
        if not v.pairs:
            v.grad = 0.0
    plainly(y)


def twice_without_zeroing(y):
    plainly(y)
    plainly(y)


def by_toy(f, backward=plainly, **wrong):
    """Return a function that computes the gradient of f with the Toy, with a mistake in it."""

    def gradient(x):
        _rules.update(wrong)
        try:
            toys = []

            def made(tree):
                if isinstance(tree, dict):
                    return {key: made(item) for key, item in tree.items()}
                if isinstance(tree, np.ndarray):
                    parts = [made(float(v)) for v in tree.ravel()]
                    result = np.empty(len(parts), dtype=object)
                    result[:] = parts
                    return result.reshape(tree.shape)
                if isinstance(tree, list):
                    return [made(item) for item in tree]
                toys.append(Toy(tree))
                return toys[-1]

            backward(f(made(x), TOYS))
        finally:
            _rules.update(RIGHT)
        rest = iter([v.grad for v in toys])
        return like(x, rest)

    return gradient


def like(x, rest):
    """Return numbers in the form of x."""
    if isinstance(x, dict):
        return {key: like(item, rest) for key, item in x.items()}
    if isinstance(x, np.ndarray):
        return np.array([next(rest) for _ in range(x.size)]).reshape(x.shape)
    if isinstance(x, list):
        return [like(item, rest) for item in x]
    return next(rest)


# --- the functions -------------------------------------------------------------------------------


def rosenbrock(x, m=ag):
    return sum(100.0 * (x[i + 1] - x[i] ** 2) ** 2 + (1 - x[i]) ** 2 for i in range(len(x) - 1))


ROSEN = np.array([1.2, -0.7, 0.4, 2.1])


def rosenbrock_gradient(x, mistake=""):
    g = np.zeros(len(x))
    for i in range(len(x) - 1):
        inner = x[i + 1] - x[i] ** 2
        a, b, c = -400 * x[i] * inner, -2 * (1 - x[i]), 200 * inner
        if mistake == "chain":
            a = -200 * inner
        if mistake == "half":
            a = -200 * x[i] * inner
        if mistake == "sign":
            b = -b
        if mistake == "lost":
            b = 0.0
        if mistake == "next":
            c = 0.0
        if mistake == "hundred":
            a, c = a / 100, c / 100
        if mistake == "square":
            a, c = -200 * x[i], 100.0
        if mistake == "short" and i == len(x) - 2:
            continue
        g[i] = a + b if mistake == "assigned" else g[i] + a + b
        g[i + 1] += c
    return g


SAMPLES = [((0.5, -1.2), 0.7), ((-0.3, 0.8), -0.4), ((1.1, 0.4), 0.25), ((0.2, 0.9), -0.9),
           ((-1.4, 0.35), 0.1)]  # fmt: skip
MLP = {
    "w1": np.array([[0.4, -0.7], [1.1, 0.2], [-0.5, 0.9]]),
    "b1": np.array([0.1, -0.3, 0.25]),
    "w2": np.array([0.8, -1.3, 0.6]),
    "b2": 0.15,
}


def mlp(p, m=ag):
    loss = 0.0
    for (a, b), target in SAMPLES:
        hidden = [m.tanh(w[0] * a + w[1] * b + c) for w, c in zip(p["w1"], p["b1"], strict=True)]
        out = sum(w * h for w, h in zip(p["w2"], hidden, strict=True)) + p["b2"]
        loss = loss + (out - target) ** 2
    return loss / len(SAMPLES)


def mlp_gradient(p, mistake=""):
    n = len(SAMPLES)
    g = {key: np.zeros_like(item) for key, item in p.items()}
    for k, (x, target) in enumerate(SAMPLES):
        x = np.array(x)
        z = p["w1"] @ x + p["b1"]
        h = np.tanh(z)
        out = p["w2"] @ h + p["b2"]
        d_out = 2 * (out - target) / n
        if mistake == "no two":
            d_out /= 2
        if mistake == "no mean":
            d_out *= n
        if mistake == "mean twice":
            d_out /= n
        if mistake == "sign":
            d_out = -d_out
        if mistake == "target":
            d_out = 2 * out / n
        if mistake == "skips last" and k == n - 1:
            continue
        if mistake == "skips third" and k == 2:
            continue
        if mistake == "third twice" and k == 2:
            d_out *= 2
        d_h = d_out * p["w2"]
        if mistake == "no w2":
            d_h = d_out * np.ones(3)
        slope = 1 - h**2
        slope = {
            "no tanh": np.ones(3), "tanh input": 1 - z**2, "tanh unsquared": 1 - h,
            "tanh output": 1 - np.tanh(h) ** 2, "tanh twice": slope**2,
            "sigmoid": h * (1 - h), "tanh plus": 1 + h**2, "tanh tenth": 0.9 * slope,
        }.get(mistake, slope)  # fmt: skip
        if mistake == "tanh one unit":
            slope[1] = 1.0
        d_z = d_h * slope
        if mistake == "last sample":
            g = {key: np.zeros_like(item) for key, item in p.items()}
        g["w2"] = g["w2"] + d_out * (z if mistake == "w2 by z" else h)
        g["b2"] = g["b2"] + d_out
        if mistake == "b2 assigned":
            g["b2"] = np.array(d_out)
        g["w1"] = g["w1"] + np.outer(d_z, x[::-1] if mistake == "x reversed" else x)
        g["b1"] = d_z if mistake == "b1 assigned" else g["b1"] + d_z
    if mistake == "w1 transposed":
        g["w1"] = g["w1"].T.reshape(3, 2)
    if mistake == "b1 missing":
        g["b1"] = np.zeros(3)
    if mistake == "decay":
        g = {key: g[key] + 0.01 * item for key, item in p.items()}
    if mistake == "biases swapped":
        g["b1"], g["w2"] = g["w2"], g["b1"]
    g["b2"] = float(g["b2"])
    return g


PATIENTS = [
    ((0.3, 1.2, -0.5), 1),
    ((-1.1, 0.4, 0.8), 0),
    ((0.7, -0.6, 1.5), 1),
    ((0.2, 0.9, 0.1), 0),
]
WEIGHTS = [0.5, -0.8, 0.3, 0.2]


def logistic(w, m=ag):
    loss = 0.0
    for xs, t in PATIENTS:
        z = sum(a * b for a, b in zip(w, xs, strict=False)) + w[3]
        p = 1 / (1 + m.exp(-z))
        loss = loss - (t * m.log(p) + (1 - t) * m.log(1 - p))
    return loss / len(PATIENTS)


def logistic_gradient(w, mistake=""):
    g = np.zeros(4)
    for xs, t in PATIENTS:
        z = np.dot(w[:3], xs) + w[3]
        p = 1 / (1 + math.exp(-z))
        d = {
            "sign": t - p, "only ones": t * (p - 1), "minus lost": t * (p - 1) - (1 - t) * p,
            "no target": p,
        }.get(mistake, p - t)  # fmt: skip
        if mistake == "no exp minus":
            d = -d
        g += d * np.array([*xs, 0.0 if mistake == "no bias" else 1.0])
        if mistake == "bias first":
            continue
    if mistake == "bias first":
        g = np.roll(g, 1)
    if mistake != "sum":
        g /= len(PATIENTS)
    return g.tolist()


POINTS = [((0.3, -1.2), 0), ((1.1, 0.4), 2), ((-0.6, 0.7), 1)]
CLASSES = np.array([[0.2, -0.4], [0.9, 0.1], [-0.3, 0.6]])


def softmax_loss(w, m=ag):
    loss = 0.0
    for (a, b), t in POINTS:
        z = [row[0] * a + row[1] * b for row in w]
        e = [m.exp(s) for s in z]
        total = sum(e)
        loss = loss - m.log(e[t] / total)
    return loss / len(POINTS)


def softmax_gradient(w, mistake=""):
    g = np.zeros((3, 2))
    for x, t in POINTS:
        e = np.exp(w @ x)
        p = e / e.sum()
        one = np.eye(3)[t]
        d = p - one
        if mistake == "p only":
            d = p
        if mistake == "one only":
            d = -one
        if mistake == "own only":
            d = d * one
        if mistake == "unnormalised":
            d = e - one
        g += np.outer(d, x)
    return g / (1 if mistake == "sum" else len(POINTS))


MATRIX = np.array([[2.0, 0.7, -0.3], [-0.4, 1.5, 0.9], [0.6, 0.2, 3.0]])
VECTOR = np.array([0.8, -1.1, 0.5])


def quadratic(x, m=ag):
    return sum(x[i] * sum(MATRIX[i, j] * x[j] for j in range(3)) for i in range(3))


def stable_softmax_loss(z, m=ag):
    return ag.logsumexp(list(z)) - z[1]


LOGITS = np.array([0.2, -1.3, 0.9, 0.4])


def chosen(z, m=ag):
    p = ag.softmax(list(z))
    return p[0] * 2 + p[2] ** 2


def shared(x, m=ag):
    a = x[0] * x[1]
    b = m.sin(a) + x[1]
    c = a * b
    return c * b + a + m.exp(-c)


SHARED = [0.7, 1.3]


def root_mean_square(x, m=ag):
    return m.sqrt(sum(v * v for v in x) / len(x))


def network_of_relus(p, m=ag):
    h = [m.relu(p[0] * a + p[1]) for a in (-1.0, 0.5, 2.0)]
    return p[2] * h[0] + p[3] * h[1] * h[1] + m.softplus(p[2] * h[2])


RELUS = [0.8, 0.3, -0.6, 1.4]


# --- the plants ----------------------------------------------------------------------------------


def _with(gradient, mistake):
    return lambda x: gradient(x, mistake)


def _rosen(name, mistake, kinds, word=""):
    return Plant(
        f"rosenbrock: {name}", rosenbrock, ROSEN, _with(rosenbrock_gradient, mistake), kinds, word
    )


def _mlp(name, mistake, kinds, word=""):
    return Plant(f"mlp: {name}", mlp, MLP, _with(mlp_gradient, mistake), kinds, word)


def _logistic(name, mistake, kinds, word=""):
    return Plant(
        f"logistic: {name}", logistic, WEIGHTS, _with(logistic_gradient, mistake), kinds, word
    )


def _softmax(name, mistake, kinds, word=""):
    return Plant(
        f"softmax: {name}", softmax_loss, CLASSES, _with(softmax_gradient, mistake), kinds, word
    )


def _rosen_numbers(name, change, kinds, word=""):
    wrong = change(rosenbrock_gradient(ROSEN))
    return Plant(f"numbers: {name}", rosenbrock, ROSEN, wrong, kinds, word)


def _mlp_numbers(name, change, kinds, word=""):
    g = mlp_gradient(MLP)
    return Plant(f"numbers: {name}", mlp, MLP, {**g, **change(g)}, kinds, word)


class _Adding:
    """Compute a gradient as one does who never zeroes it."""

    def __init__(self, gradient, first=0.0):
        self.gradient, self.sum = gradient, first

    def __call__(self, x):
        self.sum = self.sum + self.gradient(x)
        return self.sum.copy()


def _differences(f, h, kind):
    def gradient(x):
        steps = h * np.eye(len(x))
        ahead = [f(x + s) for s in steps]
        if kind == "central":
            return np.array([(a - f(x - s)) / (2 * h) for a, s in zip(ahead, steps, strict=True)])
        return np.array([(a - f(x)) / h for a in ahead])

    return gradient


def _mlp_differences(h):
    def gradient(p):
        g = {}
        for key, item in p.items():
            flat = np.ravel(item).astype(float)
            d = []
            for i in range(len(flat)):
                moved = [flat.copy(), flat.copy()]
                moved[0][i] += h
                moved[1][i] -= h
                ups = [mlp({**p, key: m.reshape(np.shape(item)) if np.shape(item) else m[0]}, FLOATS)
                       for m in moved]  # fmt: skip
                d.append((ups[0] - ups[1]) / (2 * h))
            g[key] = np.array(d).reshape(np.shape(item)) if np.shape(item) else d[0]
        return g

    return gradient


def rosenbrock_in(kind):
    def gradient(x):
        x = x.astype(kind)
        g = np.zeros(len(x), dtype=kind)
        for i in range(len(x) - 1):
            inner = x[i + 1] - x[i] ** 2
            g[i] += kind(-400) * x[i] * inner - kind(2) * (kind(1) - x[i])
            g[i + 1] += kind(200) * inner
        return g.astype(float)

    return gradient


def rosenbrock_hessian(x):
    h = np.zeros((len(x), len(x)))
    for i in range(len(x) - 1):
        h[i, i] += 1200 * x[i] ** 2 - 400 * x[i + 1] + 2
        h[i + 1, i + 1] += 200
        h[i, i + 1] = h[i + 1, i] = -400 * x[i]
    return h


def _hessian(name, change, kinds, word=""):
    wrong = change(rosenbrock_hessian(ROSEN))
    return Plant(f"hessian: {name}", rosenbrock, ROSEN, wrong, kinds, word, order=2)


def _engine(name, f, x, kinds, word="", backward=plainly, **wrong):
    return Plant(f"engine: {name}", f, x, by_toy(f, backward, **wrong), kinds, word)


# fmt: off
PLANTS = [
    _rosen("inner x forgotten", "chain", {"operation"}, "**"),
    _rosen("2 of the inner square forgotten", "half", {"operation"}, "**"),
    _rosen("sign of 1 - x", "sign", {"operation"}, "-"),
    _rosen("(1 - x)**2 forgotten", "lost", {"path"}, "1 - x"),
    _rosen("x[i + 1] forgotten", "next", {"path"}, "x[1] - "),
    _rosen("100 forgotten", "hundred", {"operation"}, "*"),
    _rosen("outer square forgotten", "square", {"operation"}, "**"),
    _rosen("last term forgotten", "short", {"path"}, "+"),
    _rosen("= for +=", "assigned", {"assigned", "path"}, ""),
    _mlp("2 of the square forgotten", "no two", {"factor"}, "1/2"),
    _mlp("mean forgotten", "no mean", {"factor"}, "5"),
    _mlp("mean twice", "mean twice", {"factor"}, "1/5"),
    _mlp("target - out", "sign", {"sign"}),
    _mlp("target forgotten", "target", {"operation", "path"}, "-"),
    _mlp("last sample skipped", "skips last", {"path"}, "+"),
    _mlp("third sample skipped", "skips third", {"path"}, "+"),
    _mlp("third sample twice", "third twice", {"path"}, "twice"),
    _mlp("factor w2 forgotten", "no w2", {"operation"}, "*"),
    _mlp("tanh' forgotten", "no tanh", {"operation"}, "tanh"),
    _mlp("tanh' of the input", "tanh input", {"operation"}, "tanh"),
    _mlp("tanh' unsquared", "tanh unsquared", {"operation"}, "tanh"),
    _mlp("tanh' at the output", "tanh output", {"operation"}, "tanh"),
    _mlp("tanh' twice", "tanh twice", {"operation"}, "tanh"),
    _mlp("sigmoid' for tanh'", "sigmoid", {"operation"}, "sigmoid"),
    _mlp("tanh' with a plus", "tanh plus", {"operation"}, "tanh"),
    _mlp("tanh' a tenth too small", "tanh tenth", {"operation"}, "tanh"),
    _mlp("tanh' forgotten in one unit", "tanh one unit", {"operation"}, "tanh"),
    _mlp("only the last sample", "last sample", {"assigned"}, "use"),
    _mlp("b2 of the last sample", "b2 assigned", {"assigned"}, "x['b2']"),
    _mlp("b1 of the last sample", "b1 assigned", {"assigned"}, "x['b1']"),
    _mlp("w2 by the input of tanh", "w2 by z", {"operation"}, "tanh"),
    _mlp("inputs in reversed order", "x reversed", {"reversed", "shifted"}, "x['w1']"),
    _mlp("w1 transposed", "w1 transposed", {"transposed"}, "x['w1']"),
    _mlp("b1 missing", "b1 missing", {"missing"}, "x['b1']"),
    _mlp("weight decay", "decay", {"added"}, "decay"),
    _mlp("b1 and w2 swapped", "biases swapped", {"swapped"}, "x['b1'] and x['w2']"),
    _logistic("t - p", "sign", {"sign"}),
    _logistic("only the term of t = 1", "only ones", {"path", "operation"}, ""),
    _logistic("sign of 1 - p", "minus lost", {"operation"}, "1 - "),
    _logistic("bias forgotten", "no bias", {"missing"}, "x[3]"),
    _logistic("bias in the first place", "bias first", {"shifted"}, "+1"),
    _logistic("sum for mean", "sum", {"factor"}, "4"),
    _softmax("only p", "p only", {"path"}, "/"),
    _softmax("only the one-hot", "one only", {"path"}, "/"),
    _softmax("own class only", "own only", {"path", "missing"}, ""),
    _softmax("sum for mean", "sum", {"factor"}, "3"),
    _softmax("e**z for the softmax", "unnormalised", {"operation"}, "/"),
    Plant("quadratic: A x", quadratic, VECTOR, MATRIX @ VECTOR, {"path"}, "*"),
    Plant("quadratic: A' x", quadratic, VECTOR, MATRIX.T @ VECTOR, {"path"}, "*"),
    Plant("quadratic: 2 A x", quadratic, VECTOR, 2 * MATRIX @ VECTOR, {"transposed", "operation"}, ""),
    Plant("logsumexp: not divided", stable_softmax_loss, LOGITS, np.exp(LOGITS) - np.eye(4)[1],
          {"operation"}, "logsumexp"),
    Plant("logsumexp: one-hot forgotten", stable_softmax_loss, LOGITS,
          np.exp(LOGITS) / np.exp(LOGITS).sum(), {"path"}, "x[1]"),
    _engine("= for +=", shared, SHARED, {"assigned"}, "+=", backward=assigning),
    _engine("no sorting", shared, SHARED, {"order"}, "sort", backward=without_sorting),
    _engine("recursion with sums", shared, SHARED, {"order"}, "sort", backward=recursing_with_sums),
    _engine("breadth first", shared, SHARED, {"order"}, "breadth", backward=breadth_first),
    _engine("inputs in a set", root_mean_square, [0.5, 1.2, -0.4], {"repeated", "factor"}, "",
            backward=with_inputs_in_a_set),
    _engine("stale interiors", shared, SHARED, {"stale"}, "interior", backward=twice_with_stale_interiors),
    _engine("nothing zeroed", shared, SHARED, {"stale"}, "zeroed", backward=twice_without_zeroing),
    _engine("nothing zeroed in the mlp", mlp, MLP, {"stale"}, "zeroed", backward=twice_without_zeroing),
    _engine("tanh' negative", mlp, MLP, {"operation"}, "tanh", tanh=lambda y, x: (y * y - 1,)),
    _engine("exp by the power rule", softmax_loss, CLASSES, {"operation"}, "exp",
            exp=lambda y, x: (x * math.exp(x - 1),)),
    _engine("exp as 1", shared, SHARED, {"operation"}, "exp", exp=lambda y, x: (1.0,)),
    _engine("log as 1/y", softmax_loss, CLASSES, {"operation"}, "log", log=lambda y, x: (1 / y,)),
    _engine("sin as -cos", shared, SHARED, {"operation"}, "sin", sin=lambda y, x: (-math.cos(x),)),
    _engine("div with b", softmax_loss, CLASSES, {"operation"}, "/", div=lambda y, a, b: (b, -a / b**2)),
    _engine("div without minus", softmax_loss, CLASSES, {"operation"}, "/", div=lambda y, a, b: (1 / b, a / b**2)),
    _engine("div without square", softmax_loss, CLASSES, {"operation"}, "/", div=lambda y, a, b: (1 / b, -a / b)),
    _engine("mul with its own factor", shared, SHARED, {"operation"}, "*", mul=lambda y, a, b: (a, a)),
    _engine("mul forgets one factor", shared, SHARED, {"path"}, "*", mul=lambda y, a, b: (b, 0)),
    _engine("relu passes everything", network_of_relus, RELUS, {"operation"}, "relu", relu=lambda y, x: (1.0,)),
    _engine("relu the wrong way", network_of_relus, RELUS, {"operation"}, "relu", relu=lambda y, x: (float(x < 0),)),
    _engine("softplus as itself", network_of_relus, RELUS, {"operation"}, "softplus", softplus=lambda y, x: (y,)),
    _engine("sub with a plus", logistic, WEIGHTS, {"operation"}, "-", sub=lambda y, a, b: (1, 1)),
    _engine("sqrt without its half", root_mean_square, [0.5, 1.2, -0.4], {"factor"}, "1/2",
            sqrt=lambda y, x: (1 / y,)),
    _engine("pow not lowered", rosenbrock, ROSEN, {"operation"}, "**", pow=lambda y, a, b: (b * y, 0)),
    _rosen_numbers("the negative", lambda g: -g, {"sign"}),
    _rosen_numbers("one sign", lambda g: g * [1, 1, -1, 1], {"sign"}, "x[2]"),
    _rosen_numbers("twice", lambda g: 2 * g, {"accumulated"}, "twice"),
    _rosen_numbers("a quarter", lambda g: g / 4, {"factor"}, "1/4"),
    _rosen_numbers("by ln 10", lambda g: g * math.log(10), {"factor"}, "ln 10"),
    _rosen_numbers("in degrees", lambda g: g * math.pi / 180, {"factor"}, "pi/180"),
    _rosen_numbers("an odd factor", lambda g: g * 0.7313, {"factor"}, "0.7313"),
    _rosen_numbers("log f", lambda g: g / rosenbrock(ROSEN), {"factor"}, "log f"),
    _rosen_numbers("reversed", lambda g: g[::-1].copy(), {"reversed"}),
    _rosen_numbers("shifted", lambda g: np.roll(g, 1), {"shifted"}, "+1"),
    _rosen_numbers("shifted, the first lost", lambda g: np.array([*g[1:], 0.0]), {"shifted"}, "-1"),
    _rosen_numbers("two swapped", lambda g: g[[0, 2, 1, 3]], {"swapped"}, "x[1] and x[2]"),
    _rosen_numbers("mixed up", lambda g: g[[2, 0, 3, 1]], {"permuted"}, "order"),
    _rosen_numbers("all zero", lambda g: 0 * g, {"zero"}),
    _rosen_numbers("one zero", lambda g: g * [1, 0, 1, 1], {"missing"}, "x[1]"),
    _rosen_numbers("one three times", lambda g: g * [1, 1, 3, 1], {"factor"}, "x[2]"),
    _rosen_numbers("running sums", np.cumsum, {"summed"}),
    _rosen_numbers("length 1", lambda g: g / np.linalg.norm(g), {"changed"}, "length"),
    _rosen_numbers("clipped", lambda g: np.clip(g, -350, 350), {"changed"}, "clipped"),
    _rosen_numbers("absolute values", np.abs, {"changed"}, "absolute"),
    _rosen_numbers("the values after a step", lambda g: ROSEN - 0.001 * g, {"added"}, "step"),
    _rosen_numbers("started from 1", lambda g: g + 1, {"added"}, "every component"),
    _mlp_numbers("w1 has the opposite sign", lambda g: {"w1": -g["w1"]}, {"sign"}, "x['w1']"),
    _mlp_numbers("w1 is half", lambda g: {"w1": g["w1"] / 2}, {"factor", "operation"}, ""),
    _mlp_numbers("one row of w1 is 0", lambda g: {"w1": g["w1"] * [[1], [0], [1]]}, {"missing"}, "x['w1'][1, :]"),
    Plant("numbers: float32", rosenbrock, ROSEN, rosenbrock_in(np.float32), {"precision"}, "float32"),
    Plant("numbers: float16", rosenbrock, np.array([1.25, -0.75, 0.375, 2.125]), rosenbrock_in(np.float16),
          {"precision"}, "float16"),
    Plant("numbers: forward differences", rosenbrock, ROSEN, _differences(rosenbrock, 1e-6, "forward"),
          {"differences"}, "forward"),
    Plant("numbers: central differences", rosenbrock, ROSEN, _differences(rosenbrock, 1e-5, "central"),
          {"differences"}, "central"),
    Plant("numbers: differences of the mlp", mlp, MLP, _mlp_differences(1e-7), {"differences"}, "1e-07"),
    Plant("numbers: coarse differences", rosenbrock, ROSEN, _differences(rosenbrock, 1e-3, "central"),
          {"differences"}, "0.001"),
    Plant("numbers: never zeroed", rosenbrock, ROSEN,
          _Adding(rosenbrock_gradient, np.array([0.3, -1.7, 0.2, 5.0])), {"accumulated"}, "second call"),
    _hessian("only the diagonal", lambda h: np.diag(np.diag(h)), {"hessian"}, "diagonal"),
    _hessian("upper triangle", np.triu, {"hessian"}, "upper"),
    _hessian("half", lambda h: h / 2, {"factor"}, "1/2"),
    _hessian("mixed twice", lambda h: 2 * h - np.diag(np.diag(h)), {"hessian"}, "twice"),
    _hessian("inverse", np.linalg.inv, {"hessian"}, "inverse"),
    Plant("x sin x: product rule", lambda x, m=ag: x * m.sin(x), 0.8, math.sin(0.8), {"path"}, "sin"),
    Plant("x sin x: the other half", lambda x, m=ag: x * m.sin(x), 0.8, 0.8 * math.cos(0.8), {"path"}, "*"),
    Plant("e**(-x**2): sign", lambda x, m=ag: m.exp(-(x * x)), 0.6, 1.2 * math.exp(-0.36), {"sign"}),
    Plant("e**(-x**2): chain rule", lambda x, m=ag: m.exp(-(x**2)), 0.6, math.exp(-0.36), {"operation", "path"}, ""),
    Plant("log10: ln 10", lambda x, m=ag: m.log10(x) * 3, 2.5, 3 / 2.5, {"operation", "factor"}, "ln 10"),
    Plant("tanh: square forgotten", lambda x, m=ag: m.tanh(x) * 3, 0.9, 3 * (1 - math.tanh(0.9)), {"operation"}, "tanh"),
    Plant("sigmoid: 1 - y forgotten", lambda x, m=ag: m.sigmoid(2 * x), 0.3, 2 / (1 + math.exp(-0.6)), {"operation"}, "sigmoid"),
    Plant("x**3: 3 forgotten", lambda x, m=ag: x**3, 1.7, 1.7**2, {"operation", "factor"}, "3"),
    Plant("atan: square forgotten", lambda x, m=ag: m.atan(x), 0.7, 1 / 1.7, {"operation"}, "atan"),
    Plant("2**x: as a power", lambda x, m=ag: 2**x, 3.3, 3.3 * 2**2.3, {"operation"}, "**"),
]
# fmt: on
