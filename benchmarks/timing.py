"""Clocks used inside the workers."""

from collections.abc import Callable, Mapping
from statistics import median
from time import perf_counter, process_time


def mean_seconds(action: Callable[[], object], at_least: float, rounds: int = 3) -> float:
    """Return the mean CPU seconds of one call, over some rounds and some seconds.

    CPU time, because other work on the machine must not count; the mean, because a full
    garbage collection happens only in some rounds and is part of the cost.
    """
    done, start = 0, process_time()
    while True:
        action()
        done += 1
        spent = process_time() - start
        if done >= rounds and spent >= at_least:
            return spent / done


def median_seconds(action: Callable[[], object], at_least: float, rounds: int = 15) -> float:
    """Return the median seconds of one call over some rounds, by the clock on the wall.

    Threads are meant to overlap, so CPU time would not do; short actions are timed many at once.
    """
    start = perf_counter()
    action()
    once = max(perf_counter() - start, 1e-9)
    calls = max(1, int(at_least / rounds / once))
    found = []
    for _ in range(rounds):
        start = perf_counter()
        for _ in range(calls):
            action()
        found.append((perf_counter() - start) / calls)
    return median(found)


def interleaved_seconds(
    actions: Mapping[str, Callable[[], object]], at_least: float, rounds: int = 9
) -> dict[str, list[float]]:
    """Return the seconds of one call of each action in every round, by the clock on the wall.

    The actions take turns, forwards and backwards, so that what slows the machine slows all of
    them; short ones are timed many at once. When `at_least` is over, two rounds are enough.
    """
    found: dict[str, list[float]] = {name: [] for name in actions}
    for action in actions.values():
        action()  # compiles, allocates
    begun = perf_counter()
    for turn in range(rounds):
        if turn >= 2 and perf_counter() - begun > at_least:
            break
        for name in list(actions)[:: -1 if turn % 2 else 1]:
            share = at_least / rounds / len(actions)
            calls = max(1, int(share / found[name][0])) if turn else 1
            start = perf_counter()
            for _ in range(calls):
                actions[name]()
            found[name].append((perf_counter() - start) / calls)
    return found
