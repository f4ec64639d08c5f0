"""Training steps of 64-512-512-10, float32, on 1 to 8 simulated devices that share the cores.

Devices of one machine's cores add no arithmetic: what is seen is what spreading costs, and with one
core beside all of them, that the cores set the pace. results/devices.md goes on to 1,000 devices.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from importlib import import_module
from itertools import pairwise, product
from math import prod
from time import perf_counter
from typing import Any

from benchmarks.problems.widths import BASE, ENGINES, OURS, TOLERANCES, Engine, problem
from benchmarks.race import Race, Runs
from benchmarks.report import Table
from benchmarks.summary import disagreements, ratio_cell
from benchmarks.timing import interleaved_seconds
from benchmarks.wide_networks import RATE

__all__ = ["ENGINES", "run", "table"]
WIDTH, QUICK_WIDTH, DTYPE, DEVICES = 512, 128, "float32", (1, 2, 4, 8)
TOGETHER = 8_192
CASES: dict[str, Callable[[int], int]] = {  # rows by devices
    f"{TOGETHER:,} rows in all": lambda devices: TOGETHER,
    "1,024 rows a device": lambda devices: 1_024 * devices,
    "64 rows in all": lambda devices: 64,
}
WAYS = (OURS, BASE)
FITS = {"nn.fit": None, 'nn.fit, shard="parameters"': "parameters"}
BATCHES = 7  # of a fit, of which the first compiles


def run(engine: Engine, *, width: int, cores: int | None, seconds: float) -> dict[str, Any]:
    """Return seconds of steps by case, way and devices, and bytes that devices add up a step.

    `cores` is how many the process may use; with all of them (None) there are fits, too.
    """
    if cores is not None:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    import_module("jax").config.update("jax_num_cpu_devices", max(DEVICES))
    parameters, *_ = problem(width, 1, DTYPE)
    starts = engine.starts(parameters)
    found: dict[str, Any] = {}
    for case, rows in CASES.items():
        steps = {}
        for way, devices in product(WAYS, DEVICES):
            _, X, y = problem(width, rows(devices), DTYPE)
            steps[f"{way}, {devices}"] = starts[way](X, y, devices=devices)
        losses = {name: [step(), step()] for name, step in steps.items()}
        found[case] = {
            name: {"times": times, "value": losses[name][0], "gradient": losses[name][1:]}
            for name, times in interleaved_seconds(steps, seconds).items()
        }
    added = {way: all_reduced(steps[f"{way}, {DEVICES[-1]}"].text()) for way in WAYS}
    fits = {
        f"{name}, {devices}": {"times": seconds_of_fit(width, devices, shard)}
        for (name, shard), devices in product(FITS.items() if cores is None else (), DEVICES)
    }
    count = sum(p.size for p in parameters)
    return {"cases": found, "fits": fits, "added": added, "parameters": count}


def seconds_of_fit(width: int, devices: int, shard: str | None) -> list[float]:
    """Return the seconds between the ends of two batches of a fit."""
    import nn

    ends: list[float] = []

    class Clock(nn.Callback):
        def on_batch_end(self, state: Any) -> None:
            ends.append(perf_counter())

    _, X, y = problem(width, TOGETHER * BATCHES, DTYPE)
    model = nn.MLP(X.shape[1], [width, width, int(y.max()) + 1], activation="tanh", seed=0)
    nn.fit(
        model, X, y, optimizer=nn.Adam(lr=RATE), epochs=1, batch_size=TOGETHER, engine="jax",
        devices=devices, shard=shard, dtype=DTYPE, callbacks=[Clock()], progress=False,
    )  # fmt: skip
    return [end - begin for begin, end in pairwise(ends)]


def all_reduced(text: str) -> int:
    """Return the bytes that the all-reduces of a compiled program give on each device.

    >>> all_reduced("%r = (f32[], f32[2,3]{1,0}) all-reduce(%a, %b), channel_id=1")
    28
    """
    found = 0
    for shapes in re.findall(r"= (\S.*?) all-reduce(?:-start)?\(", text):
        for bits, sizes in re.findall(r"[a-z]+(\d+)\[([\d,]*)\]", shapes):
            found += int(bits) // 8 * prod(int(size) for size in sizes.split(",") if size)
    return found


def table(race: Race) -> Table:
    """Return milliseconds a step for each number of devices, on one core and on all."""
    width, seconds = (QUICK_WIDTH, 1.0) if race.quick else (WIDTH, 10.0)
    result = Table(
        f"Milliseconds a step of 64-{width}-{width}-10, {DTYPE}, simulated devices (over 1 device)",
        ["what, cores", *(f"{k} device{'s' * (k > 1)}" for k in DEVICES)],
    )
    some = hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1 and not race.quick
    for cores in (None, 1) if some else (None,):
        runs = race(
            "devices", only=["chalkgrad"], repeats=1, width=width, cores=cores, seconds=seconds
        )
        if "chalkgrad" not in runs:
            continue
        answer, on = runs["chalkgrad"][0], f"{cores or os.cpu_count()} core{'s' * (cores != 1)}"
        for case, found in answer["cases"].items():
            timed = of(found)
            result.rows += [row(timed, way, f"{way}, {case}, {on}") for way in WAYS]
            if "in all" in case:  # the same rows
                result.notes += disagreements(timed, f"{case}, {on}, 2 losses", TOLERANCES[DTYPE])
        if answer["fits"]:
            fits = of(answer["fits"])
            result.rows += [row(fits, way, f"{way}, {TOGETHER:,} rows, {on}") for way in FITS]
            result.notes += [
                f"{way}: {added:,} bytes are added up over the devices a step, "
                f"{added / answer['parameters']:.4f} a parameter"
                for way, added in answer["added"].items()
            ]
    return result


def of(found: dict[str, Any]) -> Runs:
    """Return what was timed as the runs, whose turns are the rounds, in milliseconds."""
    return {name: [{**one, "figure": s * 1e3} for s in one["times"]] for name, one in found.items()}


def row(timed: Runs, way: str, title: str) -> list[str]:
    """Return a row of the table."""
    return [title, *(ratio_cell(timed, f"{way}, {k}", f"{way}, 1") for k in DEVICES)]
