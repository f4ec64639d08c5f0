"""What the benchmarks of JAX programs say: losses on a device, and bytes that devices add up."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.problems.devices import all_reduced

ROOT = Path(__file__).parents[2]
SMALL = """
import jax
from benchmarks.gpu import table
found = table(jax.devices()[0], [(4, 32)], 0.01)
print(*[row[0] for row in found.rows], *found.notes, sep="\\n")
"""
TEXT = """
%a = f32[7]{0} add(f32[7]{0} %x, f32[7]{0} %y)
%r = (f32[], f64[2,3]{1,0}, /*index=2*/bf16[5]{0}) all-reduce(%a, %b, %c), channel_id=1
%s = f32[10]{0} all-reduce-start(%d), channel_id=2
%t = f32[10]{0} all-reduce-done(%s)
"""


def test_losses_on_the_device_are_those_of_the_numpy_program() -> None:
    pytest.importorskip("jax")
    quick = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
    done = subprocess.run(
        [sys.executable, "-c", SMALL], cwd=ROOT, capture_output=True, text=True, check=True,
        env={**os.environ, "XLA_FLAGS": quick},
    )  # fmt: skip
    lines = done.stdout.splitlines()
    assert lines[:2] == ["float32, 4, 32", "float64, 4, 32"]
    assert len(lines) == 6
    assert all(line.endswith("met") for line in lines[2:]), done.stdout


def test_bytes_of_all_reduces_are_counted_once() -> None:
    assert all_reduced(TEXT) == 4 + 6 * 8 + 5 * 2 + 10 * 4
