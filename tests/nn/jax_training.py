"""A training script for two processes, as test_fit_jax.py starts it."""

from __future__ import annotations

import json
import os
import signal
import sys

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


def main(path, port, place, seed, kill):
    import jax

    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    jax.distributed.initialize(f"localhost:{port}", 2, int(place))
    try:
        history = trained(
            engine="jax", shard="parameters", seed=int(seed), callbacks=[Killer(int(kill))],
            checkpoint=path if place == "0" else f"{path}.never",  # only the first writes
            resume=path if os.path.exists(path) else None,
        )  # fmt: skip
    except nn.LostError as error:
        print(f"LostError: {error}", file=sys.stderr, flush=True)
        os._exit(1)  # JAX would wait for the other process to come to its end
    print(json.dumps(history["loss"]))


if __name__ == "__main__":
    main(*sys.argv[1:])
