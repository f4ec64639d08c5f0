"""Run the demos: python -m demos [NAME | --all] [--list] [--quick] [--out DIR]."""

from __future__ import annotations

import argparse
import difflib
import sys
import time
from pathlib import Path

from rich.markup import escape

from demos._catalogue import names, run
from demos._report import Report, console

MAIN_JOB = ("neuron", "iris", "gradients")


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status: 0, 1 for problems, 130 for Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m demos", description=(
        f"Run one demo, or without a name the main job: {', '.join(MAIN_JOB)}."))  # fmt: skip
    parser.add_argument("name", nargs="?", help="one of those that --list names")
    parser.add_argument("--all", action="store_true", help="run every demo")
    parser.add_argument("--list", action="store_true", help="name the demos and stop")
    parser.add_argument("--quick", action="store_true", help="fewer epochs and samples")
    parser.add_argument("--out", type=Path, default=Path("out"), metavar="DIR",
                        help="where files are written, a folder a demo (default: out)")  # fmt: skip
    options = parser.parse_args(arguments)
    known = names()
    if options.list:
        width = max(map(len, known))
        for name, text in known.items():
            console.print(f"{name:{width}}  {escape(text)}", soft_wrap=True, highlight=False)
        return 0
    if options.name and options.all:
        parser.error(f"give one demo, {options.name}, or --all, not both")
    if options.name and options.name not in known:
        near = difflib.get_close_matches(options.name, known, n=1)
        parser.error(
            f"there is no demo {options.name!r}"
            + (f"; did you mean {near[0]}?" if near else ".")
            + f" The demos are: {', '.join(known)}"
        )
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(f"--out {options.out}: this folder can't be made ({error.strerror})")
    chosen = (options.name,) if options.name else tuple(known) if options.all else MAIN_JOB
    try:
        return _job(chosen, options.out, options.quick)
    except KeyboardInterrupt:
        console.print("\nstopped; the files written so far are complete")
        return 130


def _job(chosen: tuple[str, ...], out: Path, quick: bool) -> int:
    start, report = time.perf_counter(), Report()
    for name in chosen:
        console.rule(f"[bold]{name}")
        started = time.perf_counter()
        report.add(run(name, out, quick))
        if len(chosen) > 1:
            console.print(f"{name}: {time.perf_counter() - started:.1f} s", highlight=False)
    console.rule("[bold]files")
    report.show()
    if report.files:
        first = report.files[0][0]
        console.print(
            f"Open {escape(str(first))} in a browser first.", soft_wrap=True, highlight=False
        )
    console.print("python -m demos --list names every demo.")
    seconds = time.perf_counter() - start
    if report.problems:
        problems = (
            "one problem" if len(report.problems) == 1 else f"{len(report.problems)} problems"
        )
        console.print(f"Done in {seconds:.1f} s, with {problems}: see above.", style="bold red")
        return 1
    console.print(f"All done in {seconds:.1f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
