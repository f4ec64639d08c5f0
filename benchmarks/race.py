"""Run one problem in several engines, turn by turn, so that noise meets all of them."""

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
        **spec: Any,
    ) -> Runs:
        """Return each engine's results: A B C A B C ..., each in a fresh process."""
        names = [n for n in self.peers if (only is None or n in only) and n not in without]
        runs: Runs = {name: [] for name in names}
        for turn in range(repeats or self.repeats):
            for name in [n for n in names if n in runs]:
                self.say(f"{problem} {spec}: {name}, turn {turn + 1}")
                try:
                    result = pose(self.peers[name], {"engine": name, "problem": problem, **spec})
                except (subprocess.SubprocessError, ValueError) as error:
                    self.failures.append(f"{name} failed at {problem} {spec}: {_words(error)}")
                    del runs[name]
                else:
                    self.versions[name] = result["version"]
                    runs[name].append(result)
        return runs


def pose(peer: Peer, spec: dict[str, Any]) -> dict[str, Any]:
    """Return the result of one problem in one engine, in a process of its own."""
    done = subprocess.run(
        [peer.python, "-P", WORKER, json.dumps(spec)],
        env=peer.environment,
        capture_output=True,
        text=True,
        timeout=900,
        check=True,
    )
    result: dict[str, Any] = json.loads(done.stdout.strip().rpartition("\n")[2])
    return result


def _words(error: Exception) -> str:
    """Return the last line that the failed process wrote, or its exit status."""
    text = getattr(error, "stderr", None) or str(error)
    return str(text).strip().splitlines()[-1]
