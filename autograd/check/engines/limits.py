"""What `check_engine` asks of an engine's depth, width, time and memory."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator

from autograd.check.engines.apart import apart
from autograd.check.engines.candidate import Candidate, Wrong, digits
from autograd.check.engines.exercises import Exercise
from autograd.check.engines.mistakes import CYCLES, DIED, LARGE, PATHS, QUADRATIC, RECURSION


def _chain(length: int) -> Callable[[Candidate], str]:
    def ask(candidate: Candidate) -> str:
        a, b = candidate.values(2, 1)
        y = a
        for _ in range(length):
            y = y + b
        candidate.backward(y, RECURSION)
        candidate.expect("a.grad", candidate.gradient(a), 1, LARGE)
        candidate.expect("b.grad", candidate.gradient(b), length, LARGE)
        return ""

    return lambda candidate: apart(lambda: ask(candidate), too_much=QUADRATIC, died=DIED)


def _wide(candidate: Candidate) -> str:
    def ask() -> str:
        leaves = candidate.values(*range(10_000))
        level = list(leaves)
        while len(level) > 1:
            odd = level[-1:] if len(level) % 2 else []
            level = [x + y for x, y in zip(level[::2], level[1::2], strict=False)] + odd
        candidate.backward(level[0], LARGE)
        if wrong := [i for i, g in enumerate(map(candidate.gradient, leaves)) if g != 1]:
            came = f"x[{wrong[0]}].grad = {digits(candidate.gradient(leaves[wrong[0]]))}"
            raise Wrong(f"x[{wrong[0]}].grad = 1", came, LARGE)
        return ""

    return apart(ask, too_much=QUADRATIC, died=DIED)


def _diamonds(candidate: Candidate) -> str:
    def ask() -> str:
        [a] = candidate.values(1)
        y = a
        for _ in range(60):
            y = y + y
        candidate.backward(y, PATHS)
        candidate.expect("a.grad", candidate.gradient(a), 2**60, LARGE)
        return ""

    return apart(ask, too_much=PATHS, died=PATHS, calls=200_000)


def _freed(candidate: Candidate) -> str:
    def ask() -> str:
        a, b = candidate.values(2, 1)
        candidate.backward(a * b + a, CYCLES)  # what is made once is made now
        was_on = gc.isenabled()
        gc.collect()
        gc.disable()
        try:
            y = a
            for _ in range(100):
                y = y * b
            candidate.backward(y, CYCLES)
            del y
            waiting = gc.collect()
        finally:
            if was_on:
                gc.enable()
        if waiting >= 100:
            raise Wrong("a graph of 100 values freed", f"{waiting} objects left", CYCLES)
        return ""

    return apart(ask, too_much=QUADRATIC, died=DIED)


def limits() -> Iterator[Exercise]:
    """Yield the exercises that large graphs are needed for."""
    before: tuple[str, ...] = ("a + b", "a + a")
    for length in (1_000, 10_000, 100_000):
        chain = Exercise(f"a chain of {length:,}", "limits", _chain(length), before)
        before = (*before, chain.name)
        yield chain
    yield Exercise("a tree over 10,000 leaves", "limits", _wide, ("a + b", "equal data"))
    yield Exercise("60 diamonds in a row", "limits", _diamonds, ("a + a",))
    yield Exercise("freed without the collector", "limits", _freed, ("a * b",))
