"""Fits through JAX: on 8 simulated devices, in several processes, and where JAX is missing."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from jax_training import trained

import nn

HERE = Path(__file__).parent


def environment(devices, **more):
    return {
        **os.environ, "JAX_ENABLE_X64": "1", "JAX_PLATFORMS": "cpu", "OPENBLAS_NUM_THREADS": "1",
        "XLA_FLAGS": f"--xla_force_host_platform_device_count={devices} {quick_flags()}", **more,
    }  # fmt: skip


@cache
def quick_flags():
    """Return what keeps XLA's compiler short, which takes most of the time of these fits."""
    import jax

    quick = "xla_cpu_use_fusion_emitters"  # not every version knows it, and that ends a process
    try:
        jax.jit(lambda: 0.0).lower().compile({quick: False})
    except Exception:
        return "--xla_backend_optimization_level=0"
    return f"--xla_backend_optimization_level=0 --{quick}=false"


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Return what tells JAX to keep what it has compiled, for many fits have the same program."""
    pytest.importorskip("jax")
    return {
        "JAX_COMPILATION_CACHE_DIR": str(tmp_path_factory.mktemp("cache")),
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    }


def test_fits_on_8_devices(kept):
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider",
         str(HERE / "fits_on_devices.py")],
        cwd=HERE.parent.parent, env=environment(8, **kept), capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]


def test_devices_are_for_the_engine_that_has_some():
    for option in ({"devices": 2}, {"shard": "parameters"}, {"dtype": "float32"}):
        with pytest.raises(ValueError, match=r"engine='auto' computes in float64 .*engine='jax'"):
            nn.fit(nn.Layer(1, 1, seed=0), [[1.0]], [1.0], "mean_squared_error", **option)


def test_without_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(ImportError, match=r'programs on JAX need the extra .*"chalkgrad\[jax\]"'):
        nn.fit(nn.Layer(1, 1, seed=0), [[1.0]], [1.0], "mean_squared_error", engine="jax")


class Training:
    """Run jax_training.py in two processes with two devices each, and read what they say."""

    def __init__(self, folder, kept):
        self.folder, self.kept = folder, kept

    def run(self):
        """Return (exit status, what was printed, errors) of both."""
        with socket.socket() as free:
            free.bind(("localhost", 0))
            port = free.getsockname()[1]
        started = [
            subprocess.Popen(
                [sys.executable, str(HERE / "jax_training.py"), str(self.folder), str(port), place],
                env=environment(2, PYTHONPATH=str(HERE.parent.parent), **self.kept),
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            )
            for place in "01"
        ]  # fmt: skip
        texts = [process.communicate(timeout=100) for process in started]
        return [(p.returncode, *text) for p, text in zip(started, texts, strict=True)]

    def saved(self, name):
        return json.loads((self.folder / name).read_text())


def test_two_processes_are_one_fit_and_go_on_to_the_same_bits_when_one_was_killed(tmp_path, kept):
    training = Training(tmp_path, kept)
    first, second = training.run()
    for _, said, errors in (first, second):
        assert "engine='jax': the seed differs between process 0 and process 1" in errors
        losses = json.loads(said.splitlines()[-1])
        np.testing.assert_allclose(losses, trained(engine="compiled", seed=0)["loss"], rtol=1e-9)
    assert [said.count("epoch ") for _, said, _ in (first, second)] == [4, 0]  # the first tells
    assert first[1].splitlines()[-1] == second[1].splitlines()[-1]

    assert second[0] == -9
    assert first[0] == 1
    assert "LostError: engine='jax': the step failed on the devices" in first[2]
    assert training.saved("broken.json")["finished"] == 2
    again = training.run()
    assert [status for status, *_ in again] == [0, 0], again
    assert training.saved("broken.json") == training.saved("whole.json")
    assert not list(tmp_path.glob("*.never"))
