"""ADBench's three objectives: one gradient in compiled scalar Python, and in array code by hand.

Sources: Srajer, Kukelova and Fitzgibbon 2018, and its repository, for the objectives and the sizes;
the numbers are random, of the published sizes. What an engine does once (recording, lifting,
compiling) is timed apart, as its first call.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from time import perf_counter
from typing import Any

from benchmarks.engines import Installed
from benchmarks.race import Race, Runs
from benchmarks.report import Table
from benchmarks.summary import disagreements, ratio_cell, target
from benchmarks.timing import median_seconds

Array = Any
Numbers = Any  # an objective's arguments: arrays, by name
Answer = tuple[Any, Sequence[Array]]  # the value, and derivatives by each argument
Maker = Callable[[Numbers, int], Callable[[], Answer]]  # arguments, threads

LIMIT = 2.0  # of the best of the others
OTHERS = ("numpy", "jax", "torch")
_COMPARED = 2000  # derivatives, evenly spread, that engines are asked to agree on


@dataclass(frozen=True)
class Engine(Installed):
    """Hold what makes one engine's answer to one objective."""

    name: str
    distribution: str
    maker: Maker
    recursive: bool = False


def engines(**makers: Maker) -> dict[str, Engine]:
    """Return the engines by name, "_" in it for "-"."""
    distributions = {"numpy": "numpy", "jax": "jax", "torch": "torch"}
    names = {name.replace("_", "-"): maker for name, maker in makers.items()}
    return {
        name: Engine(name, distributions.get(name, "chalkgrad"), maker)
        for name, maker in names.items()
    }


def as_values(autograd: Any, x: Array) -> Any:
    """Return an array as nested lists of Values."""
    return autograd.Value(float(x)) if not x.ndim else [as_values(autograd, part) for part in x]


def measured(engine: Engine, numbers: Numbers, threads: int, seconds: float) -> dict[str, Any]:
    """Return the answer, milliseconds of one, and seconds until the first."""
    start = perf_counter()
    once = engine.maker(numbers, threads)
    value, found = once()
    first = perf_counter() - start
    np: Any = import_module("numpy")
    flat = np.concatenate([np.asarray(x, float).ravel() for x in found])
    chosen = np.unique(np.linspace(0, len(flat) - 1, _COMPARED).astype(int))
    figure = median_seconds(once, seconds) * 1e3
    return {
        "value": float(value),
        "gradient": flat[chosen].tolist(),
        "figure": figure,
        "first": first,
    }


def table(race: Race) -> Table:
    """Return milliseconds of one gradient for each engine and size, on one thread."""
    result = Table(
        "Milliseconds of one gradient of ADBench's objectives, float64, one thread (over numpy)",
        ["problem", "chalkgrad", "chalkgrad, no rows", *OTHERS],
    )
    for problem in ("adbench_gmm", "adbench_ba", "adbench_lstm"):
        module: Any = import_module(f"benchmarks.problems.{problem}")
        for size in module.SIZES[:2] if race.quick else module.SIZES:
            what = f"{problem.removeprefix('adbench_').upper()} {_words(size)}"
            runs = race(
                problem,
                only=module.ENGINES,
                without=[] if module.fits_without_rows(**size) else ["chalkgrad-no-rows"],
                repeats=max(2, race.repeats),  # both orders
                limit=1,
                threads=1,
                seconds=0.2 if race.quick else 1.0,
                **size,
            )
            names = ("chalkgrad", "chalkgrad-no-rows", *OTHERS)
            result.rows.append([what, *(ratio_cell(runs, name, "numpy") for name in names)])
            result.notes += disagreements(runs, what)
            result.notes += _against_best(runs, what)
    return result


def _against_best(runs: Runs, what: str) -> list[str]:
    others = [name for name in OTHERS if name in runs]
    if not others:
        return []
    best = min(others, key=lambda name: min(found["figure"] for found in runs[name]))
    ours = [name for name in runs if name not in OTHERS]
    return [line for name in ours for line in target(runs, name, best, LIMIT, what)] + [
        f"{what}: first call of {name} {runs[name][0]['first']:.2g} s" for name in ours
    ]


def _words(size: dict[str, int]) -> str:
    return ", ".join(f"{name} = {count:,}" for name, count in size.items())
