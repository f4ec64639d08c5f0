"""A live progress bar on a terminal, a few plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from demos._report import console

Advance = Callable[[str], None]
_LINES = 5


@contextmanager
def progress(title: str, total: int) -> Iterator[Advance]:
    """Give a function that counts one of `total` steps and shows the text it is given."""
    if console.is_terminal:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[text]}"),
        )
        with Progress(*columns, console=console) as bar:
            task = bar.add_task(title, total=total, text="")
            yield lambda text: bar.update(task, advance=1, text=text)
        return
    done = 0

    def line(text: str) -> None:
        nonlocal done
        done += 1
        if done * _LINES // total > (done - 1) * _LINES // total:
            console.print(f"{title} {done}/{total}  {text}".rstrip(), highlight=False)

    yield line
