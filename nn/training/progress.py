"""What is seen of a running fit: a live table on a terminal or in a notebook, else a few lines."""

from __future__ import annotations

import random
from math import isfinite
from time import monotonic
from typing import TYPE_CHECKING, Any

from nn.training.callbacks import Callback
from nn.training.history import best_direction

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from nn.training.run import Run

_BARS = "▁▂▃▄▅▆▇█"
_WIDTH = 24  # of a sparkline
_LINES = 10  # printed where there is no terminal
_PAUSE = 0.1  # seconds between two pictures, so that showing costs next to nothing


class Progress(Callback):
    """Show a running fit: progress, time left, and of every column last, best and course."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console
        self.live: Any = None

    def on_fit_start(self, state: Run) -> None:
        """Open the display."""
        drawn = random.getstate()  # importing rich draws from Python's random
        from rich.console import Console
        from rich.live import Live

        random.setstate(drawn)
        self.console = self.console or Console()
        self.start = self.shown = monotonic()
        self.done_before, _ = steps_of(state)
        if self.console.is_terminal or self.console.is_jupyter:
            self.live = Live(console=self.console, auto_refresh=False)
            self.live.start()
            self._show(state)

    def on_batch_end(self, state: Run) -> None:
        """Show how far it is."""
        if self.live and monotonic() - self.shown > _PAUSE:
            self._show(state)

    def on_epoch_end(self, state: Run) -> None:
        """Show the epoch's numbers, or print them as a line."""
        if self.live:
            if monotonic() - self.shown > _PAUSE:
                self._show(state)
        elif state.epoch % max(1, state.epochs // _LINES) == 0 or state.epoch == state.epochs:
            self._line(state)

    def on_fit_end(self, state: Run) -> None:
        """Show the last state, and close the display."""
        if self.live:
            self._show(state)
            self.live.stop()
            self.live = None
        elif state.history.stopped and self.console:
            self.console.print(f"stopped: {state.history.stopped}", highlight=False, markup=False)

    def _show(self, state: Run) -> None:
        self.shown = monotonic()
        self.live.update(picture(state, self.shown - self.start, self.done_before), refresh=True)

    def _line(self, state: Run) -> None:
        assert self.console is not None
        numbers = [f"{name} {short_number(x[-1])}" for name, x in state.history.columns.items()]
        wide = len(str(state.epochs))
        place = f"epoch {state.epoch:{wide}}/{state.epochs}"
        self.console.print(
            "  ".join([place, *numbers]), highlight=False, markup=False, soft_wrap=True
        )


def picture(state: Run, seconds: float, done_before: int = 0) -> RenderableType:
    """Return the state of a fit after so many seconds as a renderable of rich."""
    from rich.console import Group
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    done, total = steps_of(state)
    head = Table.grid(padding=(0, 2))
    left = time_left(state, seconds, done_before)
    head.add_row(
        Text(f"epoch {state.epoch}/{state.epochs}", style="bold"),
        ProgressBar(total=total, completed=done, width=30) if total else f"batch {state.batch:,}",
        Text(clock(seconds)),
        Text(left, style="dim"),
    )
    table = Table.grid(padding=(0, 2))
    for justify in ("left", "right", "right", "right", "left"):
        table.add_column(justify=justify)
    if len(state.history):
        table.add_row(*(Text(t, style="dim") for t in ("", "last", "best", "epoch", "")))
    for name, column in state.history.columns.items():
        if column:
            best = _best(state, name)
            cells = (name, short_number(column[-1]), *best, sparkline(column, _WIDTH))
            styles = ("bold", "", "green", "dim", "cyan")
            table.add_row(*(Text(t, style=s) for t, s in zip(cells, styles, strict=True)))
    parts: list[Any] = [head, table]
    if state.history.stopped:
        parts.append(Text(state.history.stopped, style="yellow"))
    return Group(*parts)


def steps_of(state: Run) -> tuple[int, int | None]:
    """Return how many steps a fit has made, and how many it will; None if nobody knows.

    Of a stream that is gone through for the first time only the batches till now are known.
    """
    batches = state.batches
    done = state.finished * (batches or 0) + state.batch
    return done, None if batches is None else state.epochs * batches


def time_left(state: Run, seconds: float, done_before: int = 0) -> str:
    """Return how long a fit will still take, as "0:05 left", or how it ended; "" if unknown."""
    if state.stopped:
        return "stopped"
    if state.error is not None:
        return "broken off"
    done, total = steps_of(state)
    if total is None:
        return ""
    fresh = done - done_before
    return f"{clock(seconds * (total - done) / fresh)} left" if fresh and done < total else ""


def _best(state: Run, name: str) -> tuple[str, str]:
    try:
        best_direction(name)
        best = state.history.best(name)
    except ValueError:  # its name does not say which is better, or there is none
        return "", ""
    return short_number(best.value), str(best.epoch)


def sparkline(numbers: list[float], width: int) -> str:
    """Return the course of numbers as little bars, the mean of a few in each if there are many.

    >>> sparkline([4.0, 3.0, 2.0, 1.0], 24)
    '█▆▃▁'
    """
    n = len(numbers)
    places = [(i * n // width, (i + 1) * n // width) for i in range(width)] if n > width else []
    means = [sum(numbers[a:b]) / (b - a) for a, b in places] or numbers
    finite = [x for x in means if isfinite(x)]
    if not finite:
        return ""
    low, high = min(finite), max(finite)
    step = (high - low) / (len(_BARS) - 1) or 1.0
    return "".join(_BARS[round((x - low) / step)] if isfinite(x) else " " for x in means)


def clock(seconds: float) -> str:
    """Return a duration as minutes and seconds, with hours if there are any.

    >>> clock(75), clock(3675)
    ('1:15', '1:01:15')
    """
    minutes, s = divmod(round(seconds), 60)
    hours, m = divmod(minutes, 60)
    return f"{hours}:{m:02}:{s:02}" if hours else f"{m}:{s:02}"


def short_number(x: float) -> str:
    """Return four digits.

    >>> short_number(0.123456), short_number(1234567.0)
    ('0.1235', '1.235e+06')
    """
    return f"{x:.4g}"
