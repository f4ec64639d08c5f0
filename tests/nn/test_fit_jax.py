"""Fits through JAX: on 8 simulated devices, in several processes, and where JAX is missing."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from jax_training import trained

import nn

HERE = Path(__file__).parent


def environment(devices, **more):
    return {
        **os.environ, "JAX_ENABLE_X64": "1", "JAX_PLATFORMS": "cpu", "OPENBLAS_NUM_THREADS": "1",
        # most of the time is XLA's compiler; these fits are short
        "XLA_FLAGS": f"--xla_force_host_platform_device_count={devices} "
                     "--xla_backend_optimization_level=0", **more,
    }  # fmt: skip


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """Return what tells JAX to keep what it has compiled, for many fits have the same program."""
    pytest.importorskip("jax")
    return {
        "JAX_COMPILATION_CACHE_DIR": str(tmp_path_factory.mktemp("cache")),
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    }


def test_fits_on_8_devices(cache):
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider",
         str(HERE / "fits_on_devices.py")],
        cwd=HERE.parent.parent, env=environment(8, **cache), capture_output=True, text=True,
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

    def __init__(self, folder, cache):
        self.folder, self.cache = folder, cache

    def run(self, name, kill=-1, seeds=(0, 0)):
        """Return (exit status, what was printed, errors) of both; the second may be killed."""
        with socket.socket() as free:
            free.bind(("localhost", 0))
            port = free.getsockname()[1]
        started = [
            subprocess.Popen(
                [sys.executable, str(HERE / "jax_training.py"), str(self.folder / name), str(port),
                 str(place), str(seed), str(kill if place else -1)],
                env=environment(2, PYTHONPATH=str(HERE.parent.parent), **self.cache),
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            )
            for place, seed in enumerate(seeds)
        ]  # fmt: skip
        texts = [process.communicate(timeout=100) for process in started]
        return [(p.returncode, *text) for p, text in zip(started, texts, strict=True)]

    def bits(self, name):
        return json.loads((self.folder / name).read_text())


@pytest.fixture(scope="module")
def training(tmp_path_factory, cache):
    return Training(tmp_path_factory.mktemp("training"), cache)


def test_two_processes_are_one_fit_and_go_on_to_the_same_bits_when_one_was_killed(training):
    whole = training.run("whole.json")
    assert [status for status, *_ in whole] == [0, 0], whole
    assert [said.count("epoch ") for _, said, _ in whole] == [4, 0]  # the first shows progress
    losses = [json.loads(said.splitlines()[-1]) for _, said, _ in whole]
    assert losses[0] == losses[1]
    numpy = trained(engine="compiled", seed=0, progress=False)
    np.testing.assert_allclose(losses[0], numpy["loss"], rtol=1e-9)

    first, second = training.run("broken.json", kill=10)
    assert second[0] == -9
    assert first[0] != 0
    assert "LostError: engine='jax': the step failed on the devices" in first[2]
    assert training.bits("broken.json")["finished"] == 2
    again = training.run("broken.json")
    assert [status for status, *_ in again] == [0, 0], again
    assert training.bits("broken.json") == training.bits("whole.json")
    assert not list(training.folder.glob("*.never"))


def test_processes_that_differ_are_told_in_what(training):
    for status, _, errors in training.run("differ.json", seeds=(1, 2)):
        assert status != 0
        assert "ValueError: engine='jax': data or settings differs between process 0" in errors
