"""Run one problem in several engines, turn by turn and in both orders, so that noise meets all."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from benchmarks.peers import ROOT, Peer

Runs = dict[str, list[dict[str, Any]]]  # engine: one result per turn
WORKER = ROOT / "benchmarks" / "worker.py"


@dataclass
class Race:
    """Hold who takes part, how often, and what went wrong."""

    peers: dict[str, Peer]
    repeats: int
    quick: bool
    say: Callable[[str], None]
    versions: dict[str, str] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def __call__(
        self,
        problem: str,
        *,
        only: Collection[str] | None = None,
        without: Collection[str] = (),
        repeats: int | None = None,
        limit: int | None = None,
        **spec: Any,
    ) -> Runs:
        """Return each engine's results: A B C C B A ..., each in a fresh process.

        `limit` is how many threads the libraries in it may use.
        """
        names = [n for n in self.peers if (only is None or n in only) and n not in without]
        runs: Runs = {name: [] for name in names}
        for turn in range(repeats or self.repeats):
            for name in [n for n in names[:: -1 if turn % 2 else 1] if n in runs]:
                self.say(f"{problem} {spec}: {name}, turn {turn + 1}")
                try:
                    result = pose(
                        self.peers[name], {"engine": name, "problem": problem, **spec}, limit
                    )
                except (subprocess.SubprocessError, ValueError) as error:
                    self.failures.append(f"{name} failed at {problem} {spec}: {_words(error)}")
                    del runs[name]
                else:
                    self.versions[name] = result["version"]
                    runs[name].append(result)
        return runs


def pose(peer: Peer, spec: dict[str, Any], threads: int | None = None) -> dict[str, Any]:
    """Return the result of one problem in one engine, in a process of its own."""
    done = subprocess.run(
        [peer.python, "-P", WORKER, json.dumps(spec)],
        env=peer.environment | limits(threads),
        capture_output=True,
        text=True,
        timeout=1800,
        check=True,
    )
    result: dict[str, Any] = json.loads(done.stdout.strip().rpartition("\n")[2])
    return result


def limits(threads: int | None) -> dict[str, str]:
    """Return environment variables that keep matrix libraries and compilers to so many threads."""
    if threads is None:
        return {}
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NPROC", "CPU_COUNT")
    found = dict.fromkeys(names, str(threads))
    if threads == 1:
        found["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    return found


def _words(error: Exception) -> str:
    """Return the last line that the failed process wrote, or its exit status."""
    text = getattr(error, "stderr", None) or str(error)
    return str(text).strip().splitlines()[-1]
