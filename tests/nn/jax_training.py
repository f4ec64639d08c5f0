"""A training script for two processes, as test_fit_jax.py starts it."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

import numpy as np

import nn


class Killer(nn.Callback):
    """End the process after so many batches, without a word."""

    def __init__(self, left):
        self.left = left

    def on_batch_end(self, state):
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def trained(**options):
    source = np.random.RandomState(0)
    X, y = source.uniform(-1, 1, (29, 3)), source.randint(0, 3, 29)
    model = nn.Sequential(
        nn.Layer(3, 5, activation="tanh", seed=0), nn.Dropout(0.2, seed=4),
        nn.Layer(5, 3, nonlin=False, seed=1),
    )  # fmt: skip
    options = {"metrics": ["accuracy"], "validation": (X[:9], y[:9]), **options}
    return nn.fit(model, X, y, "cross_entropy", nn.Adam(lr=0.05), 4, 8, **options)


def main(folder, port, place):
    """Fit with unlike seeds, wholly, and until the second process ends; then only go on from that.

    What the first start has left tells the second.
    """
    import jax

    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    jax.distributed.initialize(f"localhost:{port}", 2, int(place))
    folder, second = Path(folder), place == "1"

    def fit(name, *, seed=0, left=-1, **options):
        path = folder / name
        return trained(
            engine="jax", shard="parameters", seed=seed, callbacks=[Killer(left)],
            checkpoint=folder / f"{name}.never" if second else path,  # only the first writes
            resume=path if path.exists() else None, **options,
        )  # fmt: skip

    starts = not (folder / "broken.json").exists()
    if starts:
        try:
            fit("differ.json", seed=np.random.RandomState(int(place)), progress=False)
        except ValueError as error:
            print(error, file=sys.stderr, flush=True)
        print(json.dumps(fit("whole.json")["loss"]), flush=True)
    try:
        fit("broken.json", left=10 if second and starts else -1, progress=False)
    except nn.LostError as error:
        print(f"LostError: {error}", file=sys.stderr, flush=True)
        os._exit(1)  # JAX would wait for the other process to come to its end


if __name__ == "__main__":
    main(*sys.argv[1:])
