"""Random small expressions whose values and gradients can be worked out on paper."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from difflib import get_close_matches
from fractions import Fraction
from random import Random

from autograd import Value, derivatives, nodes
from autograd.value import recording
from viz.worksheets.exercise import Exercise

MOST = 100  # exercises on a worksheet
_LARGEST, _DENOMINATOR = 60, 6  # of the numbers that a student meets
_NEW_FORM, _ANY = 50, 20_000  # draws before a form may come again, and before giving up


def exercises(n: int, seed: int, level: str) -> tuple[Exercise, ...]:
    """Return n different exercises of a level; the same seed gives the same ones.

    Values and gradients come from the engine, in fractions; expressions with numbers that are
    large, or all 0 or 1, are drawn again. Raises ValueError for an unknown level and for n not
    from 1 to 100, TypeError for an n or a seed that is no int.

    >>> [exercise] = exercises(1, seed=4, level="chain rule")
    >>> exercise.formula, exercise.given["x"], exercise.grad["x"]
    ('y = (3 ÷ (x + 4) + 4)²', Fraction(-1, 1), Fraction(-10, 3))
    """
    for name, x in (("n", n), ("seed", seed)):
        if type(x) is not int:
            raise TypeError(f"worksheet({name}={x!r}): {name} must be an int")
    if not 1 <= n <= MOST:
        raise ValueError(f"worksheet(n={n}): a worksheet has from 1 to {MOST} exercises")
    if level not in LEVELS:
        near = get_close_matches(str(level), LEVELS, n=1, cutoff=0.65)
        meant = f" (did you mean {near[0]!r}?)" if near else ""
        raise ValueError(f"level={level!r}{meant}: it must be one of {', '.join(LEVELS)}")
    random, tries = Random(str(seed)), 0  # of -1 and 1 themselves it would make the same
    found: list[Exercise] = []
    forms: set[str] = set()
    tasks: set[tuple[str, tuple[Fraction, ...]]] = set()
    while len(found) < n:
        tries += 1
        if tries > _ANY:
            raise ValueError(
                f"worksheet(n={n}, level={level!r}): only {len(found)} were found; ask for fewer"
            )
        try:
            with recording(True):  # also under no_grad
                exercise = _named(LEVELS[level](random))
        except ZeroDivisionError:
            continue
        task = exercise.formula, tuple(exercise.given.values())
        form = re.sub(r"\b\d+", "k", exercise.formula)
        is_new = form not in forms or (tries > _NEW_FORM and task not in tasks)
        if is_new and _is_clean(exercise):
            found.append(exercise)
            forms.add(form)
            tasks.add(task)
            tries = 0
    return tuple(found)


def _named(y: Value) -> Exercise:
    """Return the exercise of y: what has no name yet gets one, and backward has run."""
    y.label = y.label or "y"
    taken = {v.label for v in nodes(y)}
    free = iter([name for name in "uvtmnfgh" if name not in taken])
    for v in nodes(y):
        v.label = v.label or next(free)
    y.backward()
    return Exercise(y)


def _is_clean(exercise: Exercise) -> bool:
    """Say whether all numbers are small, each 0 due to a relu, and half the gradients no 0 or 1."""
    closed = False
    for v in exercise.values:
        numbers = [v.data, v.grad, *derivatives(v)]
        if any(abs(x.numerator) > _LARGEST or x.denominator > _DENOMINATOR for x in numbers):
            return False
        closed = closed or (v.rule is not None and v.rule.name == "relu" and v.data == 0)
    zeros = [v for v in exercise.values if v.grad == 0 or v.data == 0]
    if zeros and not closed:
        return False
    slopes = [abs(exercise.grad[name]) for name in exercise.given]
    return sum(slope not in (0, 1) for slope in slopes) * 2 >= len(slopes)


def _leaf(random: Random, name: str) -> Value:
    whole = [k for k in range(-5, 7) if k]
    odd = [-3, -1, 1, 3, 5]
    is_half = random.random() < 0.2
    return Value(Fraction(random.choice(odd if is_half else whole), 2 if is_half else 1), name)


def _leaves(random: Random, names: str) -> list[Value]:
    return [_leaf(random, name) for name in names.split()]


def _combined(random: Random, a: Value, b: Value) -> Value:
    y: Value = random.choice([operator.add, operator.sub, operator.mul, operator.mul])(a, b)
    return y


def sums_and_products(random: Random) -> Value:
    """Return a tree of three or four leaves, with a sum or difference and a product in it."""
    while True:
        waiting = _leaves(random, random.choice(["p q r", "p q r", "p q r s"]))
        while len(waiting) > 1:
            i = random.randrange(len(waiting) - 1)
            waiting[i : i + 2] = [_combined(random, *waiting[i : i + 2])]
        names = {v.rule.name for v in nodes(waiting[0]) if v.rule}
        if "mul" in names and len(names) > 1:
            return waiting[0]


_STEPS: dict[str, list[Callable[[Value, int], Value]]] = {
    "scale": [lambda v, k: k * v, lambda v, k: v / k],
    "shift": [lambda v, k: v + k, lambda v, k: v - k, lambda v, k: k - v],
    "power": [lambda v, k: v**2, lambda v, k: v**3, lambda v, k: k / v],
}


def chain_rule(random: Random) -> Value:
    """Return three or four steps from one leaf, no two of a kind in a row, one of them a power."""
    kinds: list[str] = []
    while "power" not in kinds:
        kinds = [random.choice(list(_STEPS))]
        for _ in range(random.choice([2, 2, 3])):
            kinds.append(random.choice([kind for kind in _STEPS if kind != kinds[-1]]))
    y = _leaf(random, "x")
    for kind in kinds:
        y = random.choice(_STEPS[kind])(y, random.randint(2, 5))
    return y


def shared_values(random: Random) -> Value:
    """Return three or four operations, some value being used by two of them."""
    while True:
        pool = _leaves(random, random.choice(["p q", "p q", "p q r"]))
        for _ in range(random.choice([3, 3, 4])):
            i, j = sorted(random.sample(range(len(pool)), 2))
            pool.append(_combined(random, pool[i], pool[j]))
        y = pool[-1]
        users = [sum(x is v for w in pool for x in w.inputs) for v in pool[:-1]]
        has_product = any(v.rule is not None and v.rule.name == "mul" for v in pool)
        if has_product and min(users) > 0 and max(users) == 2:
            return y


def activations(random: Random) -> Value:
    """Return relu and a square, side by side or one inside the other, of products and sums."""
    p, q, r = _leaves(random, "p q r")
    product: Value = random.choice([operator.add, operator.sub])(p * q, r)
    k = random.randint(1, 4)
    other = random.choice([p - k, r + k, k - r, p + q, q - r])
    shapes: list[Callable[[], Value]] = [
        lambda: (product.relu() - k) ** 2,
        lambda: k * (product**2 - random.randint(2, 12)).relu(),
        lambda: _combined(random, product.relu(), other**2),
        lambda: _combined(random, other.relu(), product**2),
    ]
    return random.choice(shapes)()


def neuron(random: Random) -> Value:
    """Return the squared error of a neuron with two inputs: (relu(x1 w1 + x2 w2 + b) - t)²."""
    x1, x2, w1, w2, b = _leaves(random, "x1 x2 w1 w2 b")
    n = x1 * w1 + x2 * w2 + b
    out = n.relu()
    loss = (out - random.randint(1, 5)) ** 2
    n.label, out.label, loss.label = "n", "out", "loss"
    return loss


LEVELS: dict[str, Callable[[Random], Value]] = {
    "sums and products": sums_and_products,
    "chain rule": chain_rule,
    "shared values": shared_values,
    "activations": activations,
    "neuron": neuron,
}
