"""Prefetching: a thread makes what an iterator gives next while the caller works on the last."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterator
from contextlib import suppress
from typing import TypeVar

Item = TypeVar("Item")
_FAREWELL = 5.0  # seconds that the caller waits for the thread at the end


def prefetched(items: Iterator[Item], ahead: int) -> Generator[Item, None, None]:
    """Yield the items, of which a thread makes up to `ahead` more meanwhile; with 0 there is none.

    An error in the iterator comes where its item would have. Read the generator to its end, or
    close it: then the thread has ended, and has closed the iterator. (One that is waiting for
    something else is left behind after seconds, and ends when that comes.)

    >>> list(prefetched(iter("abc"), 2))
    ['a', 'b', 'c']
    """
    if not ahead:
        yield from items
        return
    made: queue.Queue[tuple[Item] | None] = queue.Queue(ahead)
    gone = threading.Event()
    failed: list[BaseException] = []

    def work() -> None:
        try:
            for item in items:
                if gone.is_set():
                    break
                made.put((item,))
        except BaseException as error:
            failed.append(error)
        try:
            getattr(items, "close", lambda: None)()
        except BaseException as error:
            failed.append(error)
        if not gone.is_set():
            made.put(None)

    thread = threading.Thread(target=work, name="prefetch", daemon=True)
    thread.start()
    try:
        while found := made.get():
            yield found[0]
        if failed:
            raise failed[0]
    finally:
        gone.set()
        with suppress(queue.Empty):  # room for the one that the thread may be about to put
            while True:
                made.get_nowait()
        thread.join(_FAREWELL)
