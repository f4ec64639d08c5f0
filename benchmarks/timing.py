"""Clocks used inside the workers."""

from collections.abc import Callable
from time import process_time


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
