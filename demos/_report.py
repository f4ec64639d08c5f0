"""What a demo leaves behind: the files it wrote, and what went wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from demos._figures import save_figure
from viz import RenderError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

console = Console()


@dataclass
class Report:
    """Hold the files written, each with a line on what it shows, and the problems met."""

    files: list[tuple[Path, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def write(self, path: Path, shows: str, save: Callable[[Path], object]) -> None:
        """Call save(path) and note the file; a missing extra or a full disk becomes a problem."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            save(path)
        except (ImportError, RenderError, OSError) as error:
            self.problem(f"{path} was not written: {error}")
        else:
            self.files.append((path, shows))

    def draw(self, path: Path, shows: str, make: Callable[[], Figure]) -> None:
        """Write the matplotlib figure that make() returns, as `write` does."""
        self.write(path, shows, lambda path: save_figure(make(), path))

    def reach(
        self,
        what: str,
        figure: float,
        *,
        at_least: float | None = None,
        at_most: float | None = None,
    ) -> None:
        """Print a figure beside what it must be; a miss becomes a problem.

        >>> Report().reach("accuracy", 0.98, at_least=0.97)
        accuracy: 0.98 (must be at least 0.97)
        """  # fmt: skip
        bounds = [
            f"at {name} {bound:g}"
            for name, bound in (("least", at_least), ("most", at_most))
            if bound is not None
        ]
        text = f"{what}: {figure:.4g} (must be {' and '.join(bounds)})"
        low, high = -inf if at_least is None else at_least, inf if at_most is None else at_most
        if low <= figure <= high:
            console.print(text, highlight=False, soft_wrap=True, markup=False)
        else:
            self.problem(text)

    def problem(self, text: str) -> None:
        """Print what went wrong in one line and remember it."""
        self.problems.append(text)
        console.print(f"[bold red]problem:[/] {escape(text)}", soft_wrap=True, highlight=False)

    def add(self, other: Report) -> None:
        """Take over the files and problems of another report."""
        self.files += other.files
        self.problems += other.problems

    def show(self) -> None:
        """Print every file with its size."""
        for path, shows in self.files:  # one line each, however narrow the terminal
            size = f"{path.stat().st_size / 1024:.1f} KB"
            console.print(
                f"  {escape(str(path))}  [dim]{size:>9}  {shows}[/]",
                soft_wrap=True,
                highlight=False,
            )
