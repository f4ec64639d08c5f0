"""Scorecards of published engines by `autograd.check`: `python -m benchmarks.conformance`.

Each engine is installed in an environment of its own, beside what chalkgrad needs, and examined
there. `--keep` writes the cards to `benchmarks/scorecards/`, as text and as JSON; names leave out
the other engines.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

from benchmarks.peers import ROOT, Peer, install

CARDS = ROOT / "benchmarks" / "scorecards"
CHALKGRAD = ("numpy", "mpmath", "rich")  # what chalkgrad itself needs there


@dataclass(frozen=True)
class Examinee:
    """Name an engine's class, what pip installs for it, and how `check_engine` is to use it."""

    requirements: tuple[str, ...]
    where: str
    adapt: Callable[[Any], dict[str, Any]] = lambda make: {"make": make}
    build_constraints: tuple[str, ...] = ()

    def peer(self, name: str) -> Peer:
        """Return the engine with an environment of its own."""
        requirements = (*self.requirements, *CHALKGRAD)
        return Peer(f"conformance-{name}", requirements, self.build_constraints)


def _torch(tensor: Any) -> dict[str, Any]:
    """Use 0-dim float64 tensors, whose graphs can be gone through more than once."""
    float64 = import_module("torch").float64
    return {
        "make": lambda x: tensor(float(x), dtype=float64, requires_grad=True),
        "backward": lambda y: y.backward(retain_graph=True),
    }


def _micrograd_cpp(tensor: Any) -> dict[str, Any]:
    """Use float32 tensors of one number."""

    def make(x: float) -> Any:
        v = tensor([x], [1])
        v.requires_grad_(True)
        return v

    return {
        "make": make,
        "data": lambda v: v.tolist()[0],
        "grad": lambda v: v.grad().tolist()[0] if v.has_grad() else None,
    }


EXAMINEES = {
    "kaitorch": Examinee(("kaitorch==0.1.0",), "kaitorch.core:Scalar"),
    "learngrad": Examinee(("learngrad==0.2.1",), "learngrad.engine:Value"),
    "micrograd": Examinee(("micrograd==0.1.0",), "micrograd.engine:Value"),
    "micrograd-cpp-engine": Examinee(
        ("micrograd-cpp-engine==0.1.1",), "micrograd._C:Tensor", _micrograd_cpp,
        ("scikit-build-core<0.8",),
    ),
    "omnigrad": Examinee(("omnigrad==0.2.3",), "omnigrad.diffengine:Value"),
    "propgrad": Examinee(("propgrad==0.1.1",), "propgrad.engine:Value"),
    "scalargrad": Examinee(("scalargrad==1.0.5",), "scalargrad.core:Scalar"),
    "tonygrad": Examinee(("tonygrad==2.0.0",), "tonygrad.engine:Value"),
    "torch": Examinee(("torch==2.13.0",), "torch:tensor", _torch),
}  # fmt: skip


def examine(name: str) -> dict[str, Any]:
    """Return the scorecard of an engine that this Python can import, as text and as JSON."""
    from autograd.check.engines import check_engine

    module, _, attribute = EXAMINEES[name].where.partition(":")
    make = getattr(import_module(module), attribute)
    title = f"{name} {metadata.version(name)}"
    card = check_engine(**EXAMINEES[name].adapt(make), name=title, quiet=True)
    python = f"{platform.python_implementation()} {platform.python_version()}"
    made = f"{date.today()}, {python}, {platform.system()}"
    return {"text": f"{card}\n{made}\n", "card": {"made": made, **card.to_json()}}


def examine_apart(name: str) -> dict[str, Any]:
    """Return the scorecard from the engine's own environment. Raises ValueError if it has none."""
    peer = EXAMINEES[name].peer(name)
    if reason := install(peer, lambda text: print(text, file=sys.stderr)):
        raise ValueError(f"{name} is not installed: {reason}")
    done = subprocess.run(
        [peer.python, "-P", "-m", "benchmarks.conformance", "--inside", name],
        env=peer.environment | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=600,
    )
    if done.returncode:
        raise ValueError(f"{name} failed: {(done.stderr.strip() or 'without a word')[-300:]}")
    found: dict[str, Any] = json.loads(done.stdout.strip().rpartition("\n")[2])
    return found


def keep(name: str, found: dict[str, Any], folder: Path = CARDS) -> None:
    """Write a scorecard to the folder, as text and as JSON."""
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.txt").write_text(found["text"], encoding="utf-8")
    card = found["card"]
    results = [{key: x for key, x in result.items() if x} for result in card["results"]]
    text = json.dumps({**card, "results": results}, indent=1, ensure_ascii=False)
    (folder / f"{name}.json").write_text(f"{text}\n", encoding="utf-8")


def main() -> int:
    """Examine the engines asked for, print their cards, and say which could not be examined."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.conformance", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"engines, all by default: {', '.join(EXAMINEES)}")
    parser.add_argument("--keep", action="store_true", help=f"write the cards to {CARDS.name}/")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if unknown := set(chosen.names) - set(EXAMINEES):
        parser.error(
            f"unknown engines {', '.join(sorted(unknown))}; there are {', '.join(EXAMINEES)}"
        )
    if chosen.inside:
        print(json.dumps(examine(*chosen.names)))
        return 0
    failed = 0
    for name in chosen.names or EXAMINEES:
        try:
            found = examine_apart(name)
        except (ValueError, subprocess.SubprocessError) as error:
            print(error, file=sys.stderr)
            failed = 1
            continue
        print(found["text"])
        if chosen.keep:
            keep(name, found)
    return failed


if __name__ == "__main__":
    sys.exit(main())
