"""Ctrl-C: held back where something is done wholly or not at all, and told with the history."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from nn.training.history import History


class Interrupted(KeyboardInterrupt):
    """Say that Ctrl-C ended a fit; `history` is what there was of it until then."""

    def __init__(self, message: str, history: History) -> None:
        super().__init__(message)
        self.history = history


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold Ctrl-C back until the end of the block; only Python's main thread ever gets one."""
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield
        return
    pending: list[tuple[int, Any]] = []
    signal.signal(signal.SIGINT, lambda number, frame: pending.append((number, frame)))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if pending:
            before(*pending[0])
