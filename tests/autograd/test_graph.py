"""Graphs: a million deep, pickled, copied, freed, the same bits on every run, in threads."""

from __future__ import annotations

import copy
import gc
import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from autograd import Value, gradients, no_grad, nodes, tanh

MILLION = 1_000_000


def chain(x: Value, length: int) -> Value:
    y = x
    for _ in range(length // 2):
        y = y * 1.0000001 + 1e-7
    return y


def values_alive() -> int:
    return sum(type(x) is Value for x in gc.get_objects())


def test_a_chain_of_a_million_nodes() -> None:
    x = Value(1.0)
    y = chain(x, MILLION)
    assert len(nodes(y)) == MILLION + 1
    y.backward()
    expected = 1.0
    for _ in range(MILLION // 2):
        expected *= 1.0000001
    assert x.grad == expected
    x2, y2 = pickle.loads(pickle.dumps((x, y)))
    assert len(nodes(y2)) == MILLION + 1
    assert nodes(y2)[0] is x2
    assert gradients(y2, [x2]) == [expected]
    y3 = copy.deepcopy(y2)
    assert len(nodes(y3)) == MILLION + 1
    before = values_alive()
    del y3
    assert before - values_alive() == MILLION + 1


def test_graphs_are_freed_by_reference_counting() -> None:
    gc.collect()
    gc.disable()
    try:
        before = values_alive()
        for _ in range(10):
            x = Value(0.5)
            y = tanh(x * x + x) / (x + 2)
            y.backward()
            [d] = gradients(y, [x], create_graph=True)
            d.backward()
        del x, y, d
        assert values_alive() == before
    finally:
        gc.enable()


def test_pickle_keeps_what_is_shared_and_where_it_stands() -> None:
    a = Value(2.0, "a")
    b = a * a
    y = b + a
    y.backward()
    y2, b2, a2 = pickle.loads(pickle.dumps([y, b, a]))
    assert y2.inputs[0] is b2
    assert y2.inputs[1] is a2
    assert b2.inputs[0] is b2.inputs[1] is a2
    assert (a2.label, a2.grad, y2.rule) == ("a", 5.0, y.rule)
    mixed = y2 * Value(3.0) + a  # old and new values in one graph: the order still holds
    assert gradients(mixed, [a2, a]) == [15.0, 1.0]


def test_copy_is_shallow_and_deepcopy_is_not() -> None:
    a = Value(2.0)
    y = a * 3
    assert copy.copy(y).inputs[0] is a
    both = copy.deepcopy([a, y])
    assert both[0] is not a
    assert both[1].inputs[0] is both[0]


SCRIPT = """
import random
from autograd import Value, dot, gradients, logsumexp, tanh
r = random.Random(7)
xs = [Value(r.uniform(-1, 1)) for _ in range(30)]
pool = list(xs)
for _ in range(300):
    a, b, c = r.sample(pool, 3)
    pool.append(r.choice([a * b + c, tanh(a - b) * c, dot([a, b], [b, c]), logsumexp([a, b, c])]))
y = logsumexp(pool)
y.backward()
print([x.grad.hex() for x in xs], [g.hex() for g in gradients(y, xs)])
"""


def test_same_bits_whatever_the_hash_seed_and_the_addresses() -> None:
    outputs = set()
    for seed in ("0", "1", "2"):
        env = dict(os.environ, PYTHONHASHSEED=seed)
        padding = f"spare = [object() for _ in range({int(seed) * 1000 + 1})]\n"
        outputs.add(
            subprocess.run(
                [sys.executable, "-c", padding + SCRIPT],
                env=env,
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        )
    assert len(outputs) == 1


def test_threads_build_and_differentiate_separate_graphs_at_the_same_time() -> None:
    shared = Value(0.5)  # a leaf that all graphs read

    def work(seed: int) -> list[float]:
        found = []
        for i in range(200):
            x = Value(0.01 * seed + 0.001 * i)
            y = tanh(x * shared) * x + chain(x, 20)
            with no_grad():
                assert (x * 2).rule is None
            found += [*gradients(y, [x, shared])]
            (y - shared.detach()).backward()
            found.append(x.grad)
        return found

    alone = [work(seed) for seed in range(8)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(8))) == alone


class Dual:
    """A dual number over exact fractions: an independent forward mode for the test below."""

    def __init__(self, x: Any, d: Any) -> None:
        self.x, self.d = x, d

    def __add__(self, o: Dual) -> Dual:
        return Dual(self.x + o.x, self.d + o.d)

    def __sub__(self, o: Dual) -> Dual:
        return Dual(self.x - o.x, self.d - o.d)

    def __mul__(self, o: Dual) -> Dual:
        return Dual(self.x * o.x, self.d * o.x + self.x * o.d)

    def __truediv__(self, o: Dual) -> Dual:
        return Dual(self.x / o.x, (self.d * o.x - self.x * o.d) / (o.x * o.x))


fractions = st.fractions(min_value=-3, max_value=3, max_denominator=7)
steps = st.lists(
    st.tuples(st.sampled_from("+-*/"), st.integers(0, 99), st.integers(0, 99)), max_size=12
)


def run(inputs: list[Any], program: list[tuple[str, int, int]]) -> Any:
    """Run a random program with sharing: each step takes any two earlier results."""
    pool = list(inputs)
    for op, i, j in program:
        a, b = pool[i % len(pool)], pool[j % len(pool)]
        plain = b.data if isinstance(b, Value) else b.x
        if op == "/" and plain == 0:
            op = "+"
        pool.append({"+": a.__add__, "-": a.__sub__, "*": a.__mul__, "/": a.__truediv__}[op](b))
    return pool[-1]


@given(st.lists(fractions, min_size=1, max_size=3), steps)
def test_random_graphs_with_sharing_equal_dual_numbers_exactly(
    numbers: list[Any], program: list[tuple[str, int, int]]
) -> None:
    xs = [Value(x) for x in numbers]
    y = run(xs, program)
    expected = [
        run([Dual(x, int(i == j)) for j, x in enumerate(numbers)], program).d
        for i in range(len(xs))
    ]
    assert gradients(y, xs) == expected
    assert [g.data for g in gradients(y, xs, create_graph=True)] == expected
    y.backward()
    assert [x.grad or 0 for x in xs] == expected
