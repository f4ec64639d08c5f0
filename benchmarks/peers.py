"""The engines to compare with, each in a virtual environment of its own.

Environments are kept in ~/.cache/chalkgrad/peers (or $CHALKGRAD_PEERS) and made on first
use. A peer that cannot be installed is remembered with its reason, and left out.
pip's own settings apply: on machines without a GPU, point PIP_EXTRA_INDEX_URL or
PIP_FIND_LINKS at PyTorch's CPU wheels to be spared the large ones.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import venv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = Path(
    os.environ.get("CHALKGRAD_PEERS") or Path.home() / ".cache" / "chalkgrad" / "peers"
).expanduser()


@dataclass(frozen=True)
class Peer:
    """Name an engine, what pip installs for it, and what pip needs to build it."""

    name: str
    requirements: tuple[str, ...] = ()  # none: runs in this very Python
    build_constraints: tuple[str, ...] = ()
    shares: str = ""  # the peer whose environment it runs in

    @property
    def folder(self) -> Path:
        """Return where the peer's environment lies."""
        return CACHE / (self.shares or self.name)

    @property
    def python(self) -> Path:
        """Return the interpreter that can import the engine."""
        if not self.requirements:
            return Path(sys.executable)
        return self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    @property
    def environment(self) -> dict[str, str]:
        """Return environment variables that show this repository to chalkgrad alone."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
        return clean if self.requirements else clean | {"PYTHONPATH": str(ROOT)}


PEERS = (
    Peer("chalkgrad"),
    Peer("chalkgrad-scalar"),
    Peer("floats"),
    Peer("micrograd", ("micrograd==0.1.0",)),
    Peer("micrograd-rust", ("micrograd-rust==0.1.0",)),
    # Newer scikit-build-core refuses a setting of its pyproject.toml.
    Peer("micrograd-cpp", ("micrograd-cpp-engine==0.1.1",), ("scikit-build-core<0.8",)),
    Peer("torch", ("torch==2.13.0", "numpy")),
    Peer("hips", ("autograd==1.9.1",)),
)
ARRAY_PEERS = (  # engines for arrays, which programs are compared with
    Peer("chalkgrad"),
    Peer("chalkgrad-no-rows"),
    Peer("products"),
    Peer("numpy"),
    Peer("numpy-naive"),
    Peer("jax", ("jax==0.10.2",)),
    Peer("torch", ("torch==2.13.0", "numpy")),
    Peer("torch-compiled", ("torch==2.13.0", "numpy"), shares="torch"),
    Peer("hips", ("autograd==1.9.1",)),
    Peer("tinygrad", ("tinygrad==0.14.0", "numpy")),
    Peer("micrograd", ("micrograd==0.1.0",)),
)


def install(peer: Peer, say: Callable[[str], None], retry: bool = False) -> str:
    """Make the peer's environment unless it is there; return '' or why it cannot be made."""
    if not peer.requirements:
        return ""
    record, wanted = peer.folder / "record.json", [*peer.requirements, *peer.build_constraints]
    if record.exists():
        known = json.loads(record.read_text())
        if known["requirements"] == wanted and not (retry and known["reason"]):
            return str(known["reason"])
    say(f"installing {', '.join(peer.requirements)} in {peer.folder}")
    reason = _create(peer)
    peer.folder.mkdir(parents=True, exist_ok=True)
    record.write_text(json.dumps({"requirements": wanted, "reason": reason}))
    return reason


def _create(peer: Peer) -> str:
    """Create the environment and install into it; return '' or the reason of the failure."""
    try:
        venv.create(peer.folder, clear=True, with_pip=True)
        constraints, log = peer.folder / "constraints.txt", peer.folder / "pip.log"
        constraints.write_text("\n".join(peer.build_constraints))
        done = subprocess.run(
            [peer.python, "-m", "pip", "install", *peer.requirements],
            env=peer.environment | {"PIP_CONSTRAINT": str(constraints)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=1800,
        )
        log.write_text(done.stdout)
    except (OSError, subprocess.SubprocessError) as error:
        return f"{type(error).__name__}: {error}"
    return f"{_cause(done.stdout)} (see {log})" if done.returncode else ""


def _cause(log: str) -> str:
    """Return the line of pip's output that says most about a failure."""
    for pattern in (r".*could not resolve.*", r".*no matching distribution.*", r".*error: .*"):
        found: list[str] = re.findall(pattern, log, re.IGNORECASE)
        if found:
            return found[-1].strip()
    return (log.strip().splitlines() or ["pip failed without a word"])[-1].strip()
