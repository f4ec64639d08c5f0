"""Pose one problem to one engine: `PYTHON -P worker.py SPEC` prints the result, both JSON.

SPEC names the engine and the problem; the rest of it goes to the problem.
"""

import gc
import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any


def run(spec: dict[str, Any]) -> dict[str, Any]:
    """Return what the problem's `run` found, and the engine's version."""
    problem = import_module(f"benchmarks.problems.{spec.pop('problem')}")
    name = spec.pop("engine")
    if hasattr(problem, "ENGINES"):  # a problem with engines of its own
        engine = problem.ENGINES[name]
    else:
        engine = import_module("benchmarks.engines").ENGINES[name]()
    if not spec.pop("collector", True):
        gc.disable()
    if engine.recursive:
        # micrograd sorts by recursion: a graph of depth n needs n Python frames, and a C stack.
        sys.setrecursionlimit(1 << 30)
        threading.stack_size(1 << 30)
    with ThreadPoolExecutor(1) as thread:
        found: dict[str, Any] = thread.submit(problem.run, engine, **spec).result()
    return {"version": engine.version, **found}


if __name__ == "__main__":
    # The root of the repository stays off the path: its autograd would hide HIPS autograd.
    package = ModuleType("benchmarks")
    package.__path__ = [str(Path(__file__).parent)]
    sys.modules["benchmarks"] = package
    print(json.dumps(run(json.loads(sys.argv[1]))))
