"""Data larger than memory: what an epoch takes, of memory and of time, at a tenth and at all rows.

The rows lie in .npy files that are made for it in a temporary folder. Memory is the most that the
process has had at one time, mapped pages of files included (Linux's VmHWM).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.engines import Engine
from benchmarks.race import Race
from benchmarks.report import Table
from benchmarks.summary import typical

WAYS = ("memory map", "stream of chunks", "in memory")
FLAT = ("memory map", "stream of chunks")
COLUMNS, BATCH = 16, 4_096
TOGETHER = 50_000  # rows that are written, and that a stream gives
MOST_GROWTH = 32.0  # megabytes, for 650 more of data: what is read ahead varies by some
STATUS = Path("/proc/self/status")


def run(engine: Engine, *, folder: str, rows: int, way: str) -> dict[str, Any]:
    """Return megabytes at the peak, rows a second, and the loss of one epoch."""
    import nn

    model = nn.MLP(COLUMNS, [32, 16, 2], activation="tanh", seed=0)
    X, y = (
        np.load(Path(folder) / f"{name}.npy", mmap_mode=None if way == "in memory" else "r")[:rows]
        for name in ("X", "y")
    )
    before = peak()
    start = perf_counter()
    streams = way == "stream of chunks"
    history = nn.fit(
        model, nn.data.Stream(lambda: chunks(X, y), chunks=True) if streams else X,
        None if streams else y, "cross_entropy", nn.Adam(lr=0.003), epochs=1, batch_size=BATCH,
        metrics=["accuracy"], seed=0, progress=False,
    )  # fmt: skip
    seconds = perf_counter() - start
    return {
        "before": before, "figure": peak(), "rate": rows / seconds, "seconds": seconds,
        "loss": history["loss"][0], "engine": history.engine,
    }  # fmt: skip


def chunks(X: Any, y: Any) -> Iterator[Any]:
    """Yield the rows as a file's reader does, without mapped pages."""
    with Path(X.filename).open("rb") as of_x, Path(y.filename).open("rb") as of_y:
        of_x.seek(X.offset)
        of_y.seek(y.offset)
        for start in range(0, len(X), TOGETHER):
            count = min(TOGETHER, len(X) - start)
            rows = np.fromfile(of_x, X.dtype, count * COLUMNS).reshape(count, COLUMNS)
            yield rows, np.fromfile(of_y, y.dtype, count)


def peak() -> float:
    """Return the most memory that this process has had, in megabytes; nan where it is not told."""
    lines = STATUS.read_text().splitlines() if STATUS.exists() else []
    return next((int(x.split()[1]) / 1024 for x in lines if x.startswith("VmHWM")), float("nan"))


def write(folder: Path, rows: int) -> None:
    """Write so many rows of float32, and a class each, to X.npy and y.npy, piece by piece."""
    source = np.random.RandomState(0)
    with (folder / "X.npy").open("wb") as of_x, (folder / "y.npy").open("wb") as of_y:
        for file, shape, kind in ((of_x, (rows, COLUMNS), "<f4"), (of_y, (rows,), "<i8")):
            header = {"descr": kind, "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(file, header)
        for start in range(0, rows, TOGETHER):
            X = source.standard_normal((min(TOGETHER, rows - start), COLUMNS)).astype(np.float32)
            X.tofile(of_x)
            (X[:, 0] * X[:, 1] + X[:, 2] > 0).astype(np.int64).tofile(of_y)


def table(race: Race) -> Table:
    """Return memory and time of an epoch for each way to give the rows, and whether it is flat."""
    most = 5_000_000 if race.quick else 10_000_000
    sizes = most // 10, most
    result = Table(
        f"One epoch of an MLP {COLUMNS}-32-16-2 by nn.fit, float32 rows in batches of {BATCH:,}",
        ["rows are given as", *(f"peak MB, {n:,} rows" for n in sizes), "growth", "rows/s", "loss"],
    )
    with tempfile.TemporaryDirectory() as name:
        race.say(f"{most:,} rows are written")
        write(Path(name), most)
        for way in WAYS:
            spec: dict[str, Any] = {"only": ["chalkgrad"], "folder": name, "way": way, "repeats": 1}
            few, all_ = (race("large_data", rows=n, **spec) for n in sizes)
            if "chalkgrad" not in few or "chalkgrad" not in all_:
                continue
            low, high = (typical(runs, "chalkgrad") for runs in (few, all_))
            rate, loss = (typical(all_, "chalkgrad", key) for key in ("rate", "loss"))
            figures = [f"{low:.0f}", f"{high:.0f}", f"{high - low:+.0f}", f"{rate:,.0f}"]
            result.rows.append([way, *figures, f"{loss:.4f}"])
            if way in FLAT:
                verdict = "flat" if high - low <= MOST_GROWTH else "NOT FLAT"
                result.notes.append(
                    f"{way}: {high - low:+.0f} MB for ten times the rows, target at most "
                    f"{MOST_GROWTH:+.0f}: {verdict}"
                )
    return result
