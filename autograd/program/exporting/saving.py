"""Compiled functions as files for use elsewhere, each run once before it is written."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.files import write_whole
from autograd.program.exporting.exported import Exported
from autograd.program.exporting.standalone import Standalone
from autograd.program.pure.graph import Numbers

if TYPE_CHECKING:
    from autograd.program.compiled import Compiled
    from autograd.program.running.program import Program

_NEAR = {"float64": 1e-12, "float32": 1e-4}  # rounding, of the largest of the results
Runs = Callable[[Mapping[str, Numbers]], Sequence[Numbers]]  # of arrays by place


def save(compiled: Compiled, path: str | os.PathLike[str]) -> Path:
    """Write a compiled function to a file: see `Compiled`."""
    ending = Path(path).suffix
    if ending == ".py":
        file = Standalone(compiled)
        text = file.text()
        _check(file, lambda arrays: _run_text(file, text, arrays))
        return write_whole(path, text, "program")
    if ending == ".onnx":
        from autograd.program.exporting.onnx import OnnxModel

        model = OnnxModel(compiled)
        content = model.content()
        _check(model, lambda arrays: model.run(content, arrays))
        return write_whole(path, content, "model")
    raise ValueError(
        f"can't save as {os.fspath(path)!r}: the ending says what is written: .py is NumPy source "
        "that runs without chalkgrad, .onnx a model for the runtimes of ONNX"
    )


def _run_text(file: Exported, text: str, arrays: Mapping[str, Numbers]) -> Sequence[Numbers]:
    """Return the arrays (rows, ...) that the programs of a file compute."""
    names: dict[str, Any] = {}
    exec(compile(text, "<file>", "exec"), names)
    shared = {name: arrays[x.place].ravel()[at] for name, (x, at) in file.sources.items()}
    p = {**names.get("PARAMETERS", {}), **shared}
    columns = [arrays[x.place].reshape(1, -1).astype(file.dtype) for x in file.inputs if x.row]
    run = names.get("_forward") or partial(names["_run"], names["WAYS"])
    with np.errstate(all="ignore"):
        found: Sequence[Numbers] = run(1, p, *columns)[0]
    return found


def _check(file: Exported, run: Runs) -> None:
    """Run a file on the rows that were recorded. Raises RuntimeError if a number is another one."""
    for program in file.programs:
        want, holds = _recorded_outputs(program)
        if not holds:  # parameters have changed, and a row would go another way
            continue
        outputs = run(_recorded_arrays(file, program))
        found = np.concatenate([np.ravel(y) for y in outputs]).astype(float)
        size = np.abs(want[np.isfinite(want)]).max(initial=1)
        with np.errstate(invalid="ignore"):
            near = np.abs(found - want) <= _NEAR[file.compiled.dtype] * size
        same = near | (found == want) | (np.isnan(found) & np.isnan(want))
        if not same.all():
            k = int(np.flatnonzero(~same)[0])
            raise RuntimeError(
                f"{file.compiled.name}: for the row that was recorded the file gives "
                f"{float(found[k])!r} and the program {float(want[k])!r}, so it was not written. "
                "This is a mistake in chalkgrad: please report it"
            )


def _recorded_arrays(file: Exported, program: Program) -> dict[str, Numbers]:
    """Return the arguments of the recording by place, those of rows with an axis of one row."""
    found = {}
    for x in file.inputs:
        if x.row:
            numbers = program.example.get(x.place, np.zeros(x.size))
        else:
            slots = program.argument_slots(x.argument)[x.start : x.start + x.size]
            numbers = np.array([program.shared[k].data for k in slots])
        kind = np.dtype(np.int64) if x.kind == "integer" else file.dtype
        found[x.place] = numbers.astype(kind).reshape((1, *x.shape) if x.row else x.shape)
    return found


def _recorded_outputs(program: Program) -> tuple[Numbers, bool]:
    """Return what the program itself gives for the row that was recorded, and if it is for it."""
    machine = program.machine(None)
    with machine.workspace() as space:
        space.s[: len(program.shared)] = [v.data for v in program.shared]
        columns = {
            store: program.example[place].reshape(1, -1).astype(machine.dtype)
            for place, (store, _) in program.lifted.columns.items()
        }
        outputs, holds = machine.run(space, columns, 1)
    return np.array([np.ravel(y)[0] for y in outputs], float), bool(holds.all())
