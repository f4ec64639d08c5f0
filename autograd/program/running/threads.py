"""Rows in even blocks, and blocks over threads, where the matrix library's own stand aside."""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

MOST_STRIPS = 16  # parts of the rows whose sums are added in order; no more threads than these
_PREFIXES = ("scipy_openblas_", "openblas_")  # of NumPy's own wheels; of distributions
Span = tuple[int, int]

_lock = threading.Lock()
_running = 0  # programs that run over threads now
_before = 1  # threads that the matrix library had before them
_executor: ThreadPoolExecutor | None = None
_blas: tuple[Callable[[], int], Callable[[int], None]] | bool | None = False  # False: not yet seen


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def strips(n: int, most: int) -> list[list[Span]]:
    """Return n rows as strips of blocks, (start, stop) each; it depends on the numbers alone.

    Blocks are as even as can be: all but the last share one set of arrays.
    """
    count = -(-n // most)
    size = -(-n // count)
    if count > 1 and size % 64 == 0:
        size += 4  # rows of arrays at steps of a large power of two fall on the same cache lines
    blocks = [(start, min(n, start + size)) for start in range(0, n, size)]
    parts = min(len(blocks), MOST_STRIPS)
    ends = [k * len(blocks) // parts for k in range(parts + 1)]
    return [blocks[a:b] for a, b in pairwise(ends)]


def share(count: int, threads: int, work: Callable[[int, Iterator[int]], None]) -> None:
    """Call work(thread, tasks) in each thread; the tasks 0 to count - 1 are shared among them."""
    tasks = iter(range(count))
    others = min(threads, count) - 1
    if others < 1:
        work(0, tasks)
        return
    with _one_blas_thread():
        pending = [_threads().submit(work, k, tasks) for k in range(1, others + 1)]
        try:
            work(0, tasks)
        finally:
            for each in pending:
                each.result()


def _threads() -> ThreadPoolExecutor:
    global _executor
    with _lock:
        if _executor is None:
            from concurrent.futures import ThreadPoolExecutor

            _executor = ThreadPoolExecutor(MOST_STRIPS, thread_name_prefix="autograd")
        return _executor


def _after_fork() -> None:
    """Start afresh in a child process: of all threads it has the one that forked."""
    global _executor, _lock, _running
    if _running and isinstance(_blas, tuple):
        _blas[1](_before)
    _executor, _lock, _running = None, threading.Lock(), 0


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


@contextmanager
def _one_blas_thread() -> Iterator[None]:
    """Keep the matrix library to one thread: two pools of threads fight for the same cores."""
    global _running, _before, _blas
    if _blas is False:
        _blas = _openblas()
    if not isinstance(_blas, tuple):
        yield
        return
    get, put = _blas
    with _lock:
        if not _running and (before := get()) > 0:
            _before = before
            put(1)
        _running += 1
    try:
        yield
    finally:
        with _lock:
            _running -= 1
            if not _running:
                put(_before)


def _openblas() -> tuple[Callable[[], int], Callable[[int], None]] | None:
    """Return the functions that get and set OpenBLAS's number of threads; None if NumPy has other.

    Apple's Accelerate and MKL see to it themselves that threads do not nest.
    """
    try:
        library: Any = ctypes.CDLL(np._core._multiarray_umath.__file__)  # type: ignore[attr-defined]
    except (AttributeError, OSError, TypeError):
        return None
    for prefix in _PREFIXES:
        for suffix in ("64_", ""):
            get = getattr(library, f"{prefix}get_num_threads{suffix}", None)
            put = getattr(library, f"{prefix}set_num_threads{suffix}", None)
            if get is not None and put is not None:
                return get, put
    return None
