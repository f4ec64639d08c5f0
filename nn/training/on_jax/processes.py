"""A fit over several processes or machines, joined by JAX: who leads, and what they must share.

Every process runs the same script, with the same model, data, seed and options, and takes those
rows of each batch that lie on its devices:

    import jax
    jax.config.update("jax_enable_x64", True)
    jax.distributed.initialize()  # on a cluster that JAX knows (Slurm, Open MPI, Cloud TPU)
    nn.fit(model, X, y, engine="jax", seed=0, checkpoint="run.json", resume=True)

    srun --nodes=2 --ntasks-per-node=8 --gpus-per-node=8 python train.py

With Slurm and Open MPI JAX gives each process one GPU, so there are as many of both. Elsewhere each
process is told its place, `jax.distributed.initialize("host:1234", 2, 0)` in the first of two, and
has all devices of its machine; on CPUs it is told before that to speak Gloo, by
`jax.config.update("jax_cpu_collectives_implementation", "gloo")`. Process 0 alone writes
checkpoints and shows progress; all of them read the file to resume from, so it is to lie where each
can. When one process dies, the steps of the others raise LostError, or JAX ends them; started
again, all go on from the checkpoint.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import numpy as np

from autograd.program.jax import imported

if TYPE_CHECKING:
    from nn.training.run import Run


def leads() -> bool:
    """Say whether this process is the first: it writes files, and shows how far the fit is."""
    return bool(imported().process_index() == 0)


def check_same(run: Run) -> None:
    """Raise ValueError unless all processes are about to make the same step.

    That needs the same model, data, options and seed, and a checkpoint that all of them have read.
    """
    jax = imported()
    if jax.process_count() == 1:
        return
    from jax.experimental import multihost_utils

    parts = {
        "the model's parameters": run.parameters.tobytes(),
        "the model's generators": json.dumps(run.model.random_state()).encode(),
        "data or settings": json.dumps(run.settings).encode(),
        "the seed": repr(run.source.get_state()).encode(),
        "how far the checkpoint is": f"{run.finished} {run.batch}".encode(),
    }
    digests = [np.frombuffer(hashlib.sha256(part).digest(), np.int32) for part in parts.values()]
    found = np.asarray(multihost_utils.process_allgather(np.stack(digests)))
    for k, name in enumerate(parts):
        if (differ := np.flatnonzero((found[:, k] != found[0, k]).any(axis=1))).size:
            raise ValueError(
                f"engine='jax': {name} differs between process 0 and process {differ[0]}; every "
                "process is to give the same model, X, y, options and seed= (None is another in "
                "each), and to read the same checkpoint"
            )
