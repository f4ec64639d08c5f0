"""Where text of a running fit goes: a terminal that can be drawn over, or line after line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live

    from viz.training.live import LiveView


class Terminal:
    """Show a fit in place, on a terminal, by rich; what is printed meanwhile goes above it."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.live: Live | None = None

    def show(self, state: Any, view: LiveView, final: bool) -> None:
        """Draw it over what was there."""
        from rich.live import Live

        options = self.console.options
        picture = view.text(state, options.max_width, self.console.height - 1, options.ascii_only)
        if self.live is None:
            self.live = Live(console=self.console, auto_refresh=False)
            self.live.start()
        self.live.update(picture, refresh=True)

    def last_batch(self, state: Any, view: LiveView) -> None:
        """Do nothing: the view has kept what is shown of the gradients."""

    def close(self) -> None:
        """Show the cursor again, and what is printed."""
        if self.live is not None:
            self.live.stop()


class Lines:
    """Print fit's own lines, without control characters, where nothing can be drawn over."""

    def __init__(self, console: Console, state: Any) -> None:
        from rich.console import Console

        from nn.training.progress import Progress

        if console.is_terminal:  # a dumb one, or colours were asked for in a pipe
            console = Console(file=console.file, width=console.width, force_terminal=False)
        self.progress = Progress(console)
        self.progress.on_fit_start(state)

    def line(self, state: Any) -> None:
        """Print a line, if the epoch is one of about ten."""
        self.progress.on_epoch_end(state)

    def show(self, state: Any, view: LiveView, final: bool) -> None:
        """Say at the end why a fit was stopped."""
        if final:
            self.progress.on_fit_end(state)

    def last_batch(self, state: Any, view: LiveView) -> None:
        """Do nothing: no line is about gradients."""

    def close(self) -> None:
        """Do nothing: every line was whole."""
