"""Time training steps on a GPU, or say that there is none: `python -m benchmarks.gpu`.

The same program runs wherever JAX does. Losses are compared with those of the NumPy program;
float32 is what the device makes of it, which on a GPU may be products of fewer bits (TF32).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from importlib import import_module
from statistics import median
from typing import Any

from benchmarks.problems.widths import BASE, ENGINES, OURS, problem, work
from benchmarks.report import Table, markdown
from benchmarks.timing import interleaved_seconds
from benchmarks.wide_networks import Starts, chalkgrad, jax

ON_DEVICE = [(256, 1_024), (1_024, 1_024), (1_024, 65_536), (2_048, 65_536)]  # width, rows
ON_PROCESSOR = [(64, 256), (256, 256)]
CHECKED, STEPS = 32, 5  # rows and steps whose losses are compared
TOLERANCES = {"float32": 1e-3, "float64": 1e-9}


def differences(starts: Starts, width: int, dtype: str) -> dict[str, float]:
    """Return how far the losses of the ways on JAX are from NumPy's, relatively."""
    _, X, y = problem(width, CHECKED, dtype)
    losses = {}
    for way, start in starts.items():
        step = start(X, y)
        losses[way] = [step() for _ in range(STEPS)]
    expected = losses.pop("chalkgrad, NumPy")
    return {
        way: max(abs(a - b) / abs(b) for a, b in zip(found, expected, strict=True))
        for way, found in losses.items()
    }


def lacks(device: Any, dtype: str) -> str:
    """Return why a device cannot compute with numbers of a type, "" if it can."""
    library, jnp = map(import_module, ("jax", "jax.numpy"))
    library.config.update("jax_enable_x64", dtype == "float64")
    try:
        found = library.device_put(jnp.ones(2, dtype), device) * 3
        return "" if found.dtype == dtype and float(found[0]) == 3 else f"it gives {found.dtype}"
    except Exception as error:  # each kind of device has its own
        return f"{type(error).__name__}: {str(error).splitlines()[0]}"


def table(device: Any, sizes: Iterable[tuple[int, int]], seconds: float) -> Table:
    """Return milliseconds a step on the device, and operations a second, for sizes and types."""
    result = Table(
        f"Milliseconds a step of 64-w-w-10, tanh, cross entropy, Adam, on {device.device_kind}",
        ["type, w, rows", OURS, BASE, "ratio", "GFLOP/s"],
    )
    made: dict[tuple[str, int], Starts] = {}
    for dtype, tolerance in TOLERANCES.items():
        if reason := lacks(device, dtype):
            result.notes.append(f"{dtype}: {device.device_kind} does not have it ({reason})")
            continue
        for width, rows in sizes:
            if (dtype, width) not in made:
                parameters, *_ = problem(width, 1, dtype)
                starts = made[dtype, width] = chalkgrad(parameters) | jax(parameters)
                for way, worst in differences(starts, width, dtype).items():
                    result.notes.append(
                        f"{dtype}, {width:,}: {STEPS} losses of {way} differ from the NumPy "
                        f"program's by at most {worst:.1g}, relatively (allowed: {tolerance:g}): "
                        f"{'met' if worst <= tolerance else 'MISSED'}"
                    )
            _, X, y = problem(width, rows, dtype)
            steps = {way: made[dtype, width][way](X, y) for way in (OURS, BASE)}
            times = interleaved_seconds(steps, seconds)
            ours, base = (median(times[way]) for way in (OURS, BASE))
            ratio = median(a / b for a, b in zip(times[OURS], times[BASE], strict=True))
            cells = [f"{ours * 1e3:.3g}", f"{base * 1e3:.3g}", f"{ratio:.3g}"]
            speed = work(width, rows) / ours / 1e9
            result.rows.append([f"{dtype}, {width:,}, {rows:,}", *cells, f"{speed:,.0f}"])
    return result


def main() -> None:
    """Find the device, say what it is, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, on a GPU too")
    quick = parser.parse_args().quick
    try:
        device = import_module("jax").devices()[0]
    except ImportError:
        raise SystemExit('this needs JAX: pip install "chalkgrad[jax]"') from None
    there = device.platform != "cpu"
    sizes = ON_DEVICE if there and not quick else ON_PROCESSOR
    made = table(device, sizes, 2.0 if there and not quick else 0.5)
    if not there:
        made.notes.insert(
            0, "There is no GPU that JAX sees here: this is the small form, on the processor. With "
            'an NVIDIA GPU: pip install "jax[cuda13]"',
        )  # fmt: skip
    versions = ENGINES["chalkgrad"].version
    print(markdown([made], [f"{versions}; by the clock on the wall, medians of turns."]))


if __name__ == "__main__":
    main()
