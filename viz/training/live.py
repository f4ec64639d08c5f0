"""A view of a running `nn.fit`: in a terminal, in a notebook, or as a line now and then.

It never raises into the training, and it rests after a picture for as long as leaves the training
its share of the time.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from math import isfinite
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from autograd.real import plain_number, short
from viz.plotting.running import checked_rows
from viz.training.live_notebook import Notebook
from viz.training.live_terminal import Lines, Terminal
from viz.training.live_text import PLOTS, Flow, flow_of, panels_of, status, text_view

if TYPE_CHECKING:
    from rich.console import Console

_SPARE = 0.8  # of the share, for pictures that take longer than the one before


def live(
    every: float = 0.5,
    plots: Sequence[str] = PLOTS,
    boundary: tuple[Any, Any] | None = None,
    console: Console | None = None,
    *,
    share: float = 0.05,
) -> LiveView:
    """Return a callback that shows a fit while it runs: `nn.fit(..., callbacks=[viz.live()])`.

    It takes the place of fit's own display. `every` is the least number of seconds between two
    pictures, `share` the part of the time that they may take, but for the last one, which is
    always shown: after a costly picture the view rests longer. `plots` are some of "loss",
    "metrics" and "gradients", or columns by name, as "lr". `boundary` is (X, y) of two inputs a
    sample: a notebook then shows the decision boundary too. Without matplotlib a notebook shows
    text; what is neither terminal nor notebook gets fit's lines. An error while drawing is told
    once, and nothing is shown from then on. Raises ValueError and TypeError for options it cannot
    use, and when the fit starts for a column that it does not record.

    >>> import nn
    >>> X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    >>> view = live(plots=["loss"])
    >>> _ = nn.fit(nn.MLP(2, [4, 2], seed=1), X, y, epochs=2, callbacks=[view], seed=0)
    epoch 1/2  loss 0.6496
    epoch 2/2  loss 0.6397
    """
    return LiveView(every, plots, boundary, console, share)


class Surface(Protocol):
    """Be what a fit is shown on."""

    def show(self, state: Any, view: LiveView, final: bool) -> None:
        """Show the state of a fit in place of what was shown before."""

    def last_batch(self, state: Any, view: LiveView) -> None:
        """Be told that no batch will follow, while its gradients are still there."""

    def close(self) -> None:
        """Leave everything as it was found, but for the last picture."""


class LiveView:
    """Show a running fit; `live` makes one, and says what the arguments are.

    `draws` counts the pictures of the last fit, `spent` is the seconds that they took.
    """

    shows_progress = True  # fit then has no display of its own

    def __init__(
        self, every: float, plots: Sequence[str], boundary: tuple[Any, Any] | None,
        console: Console | None, share: float,
    ) -> None:  # fmt: skip
        self.every = plain_number(every, f"live(every={short(every)})")
        self.share = plain_number(share, f"live(share={short(share)})")
        if not (self.every >= 0 and isfinite(self.every)):
            raise ValueError(f"live(every={every!r}): give seconds, 0 or more")
        if not 0 < self.share < 1:
            raise ValueError(f"live(share={share!r}): give a number above 0 and below 1")
        if not isinstance(plots, (list, tuple)) or not all(isinstance(p, str) for p in plots):
            raise TypeError(f"live(plots={short(plots)}): give a list, as ['loss', 'metrics']")
        if console is not None and not hasattr(console, "is_jupyter"):
            raise TypeError(f"live(console={short(console)}): give a rich Console, or None")
        self.plots, self.given_console = tuple(plots), console
        self.boundary = None if boundary is None else _checked_boundary(boundary)
        self.surface: Surface | None = None
        self.draws, self.spent, self.flow = 0, 0.0, list[Flow]()

    def on_fit_start(self, state: Any) -> None:
        """Refuse what the fit does not record, and begin anew; nothing is shown yet."""
        columns = {name.removeprefix("val_") for name in state.history.columns}
        unknown = [name for name in self.plots if name not in {*PLOTS, *columns}]
        if unknown:
            allowed = ", ".join(dict.fromkeys([*PLOTS, *columns]))
            raise ValueError(f"live(plots=...): this fit has no {unknown[0]!r}; it has {allowed}")
        width = state.samples.shape[0]
        if self.boundary is not None and width != 2:
            raise ValueError(f"live(boundary=...): it needs a model of 2 inputs, not of {width}")
        self.surface, self.draws, self.spent, self.flow = None, 0, 0.0, []
        self.opened = self.quiet = False
        self.start = self.next = monotonic()
        self.done_before = 0

    def on_batch_end(self, state: Any) -> None:
        """Show how far it is, if it is time."""
        if not self.quiet and monotonic() >= self.next:
            self._safely(self._show, state, False)

    def on_epoch_end(self, state: Any) -> None:
        """Show the epoch's numbers, if it is time."""
        if isinstance(self.surface, Lines) and not self.quiet:
            self._safely(self.surface.line, state)
        else:
            self.on_batch_end(state)
        if state.stopped or state.epoch == state.epochs:
            self._safely(self._last_batch, state)

    def on_fit_end(self, state: Any) -> None:
        """Show the last state, however the fit ended, and give the terminal back."""
        try:
            if not self.quiet:
                self._safely(self._show, state, True)
        finally:  # also if Ctrl-C comes now
            self._safely(self._close)

    @property
    def seconds(self) -> float:
        """Return how long the fit has been running."""
        return monotonic() - self.start

    def text(self, state: Any, width: int, height: int, plain: bool = False) -> Any:
        """Return the picture of a fit as a renderable of rich."""
        from nn.training.progress import steps_of

        done, total = steps_of(state)
        share = done / total if total else state.finished / state.epochs
        return text_view(
            panels_of(state, self.plots), self.flow, status(state, self.seconds, self.done_before),
            share, width, height, note=state.history.stopped, plain=plain,
        )  # fmt: skip

    def _show(self, state: Any, final: bool) -> None:
        if self.surface is None:
            from nn.training.progress import steps_of

            self.done_before = steps_of(state)[0] - (not final)
            self.surface = _surface(self.given_console, state)
        began = monotonic()
        self._keep_flow(state)
        self.surface.show(state, self, final)
        now = monotonic()
        self.draws, self.spent = self.draws + 1, self.spent + now - began
        self.next = now + max(self.every, (now - began) * (1 / (_SPARE * self.share) - 1))

    def _last_batch(self, state: Any) -> None:
        if not self.quiet and self.surface is not None:
            self._keep_flow(state)
            self.surface.last_batch(state, self)

    def _keep_flow(self, state: Any) -> None:
        if "gradients" in self.plots:
            state.write_back()
            self.flow = flow_of(state.model) or self.flow  # at the end fit takes gradients away

    def _close(self) -> None:
        surface, self.surface = self.surface, None
        if surface is not None:
            surface.close()

    def _safely(self, do: Any, *arguments: Any) -> None:
        """Do something; after an error say so, once, and be quiet."""
        drawn = random.getstate()  # imports may draw from it, and the training shall not change
        try:
            do(*arguments)
        except (Exception, SystemExit) as error:  # whatever it is, the training goes on
            if isinstance(error, SystemExit) and not isinstance(error.__context__, BrokenPipeError):
                raise  # rich ends the program when a pipe was closed; others have their reasons
            first, self.quiet = not self.quiet, True
            self._safely(self._close)
            if first:
                self._safely(self._tell, error)
        finally:
            random.setstate(drawn)

    def _tell(self, error: BaseException) -> None:
        from rich.console import Console

        words = f"viz.live shows nothing any more: {type(error).__name__}: {error}"
        (self.given_console or Console()).print(words, markup=False, highlight=False)


def _surface(given: Console | None, state: Any) -> Surface:
    from rich.console import Console

    console = Console() if given is None else given
    if console.is_jupyter:
        return Notebook()
    if console.is_interactive and (given is not None or console.file.isatty()):
        return Terminal(console)
    return Lines(console, state)


def _checked_boundary(given: Any) -> tuple[Any, Any]:
    if not isinstance(given, (tuple, list)) or len(given) != 2:
        raise TypeError(f"live(boundary={short(given)}): give (X, y)")
    rows, classes = checked_rows("live(boundary=...)", given[0], [2]), np.asarray(given[1])
    if classes.shape != (len(rows),):
        raise ValueError(
            f"live(boundary=...): y has shape {classes.shape}; give a class for each of the "
            f"{len(rows)} samples"
        )
    return rows, classes
