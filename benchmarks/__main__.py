"""Compare speed and memory with other engines: `python -m benchmarks --help`."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from collections.abc import Callable
from dataclasses import replace

from benchmarks.peers import ARRAY_PEERS, PEERS, Peer, install
from benchmarks.problems import (
    adbench,
    architectures,
    checking,
    devices,
    drawing,
    irregular,
    large_data,
    leaks,
    memory,
    moons,
    moons_compiled,
    preparation,
    programs,
    scaling,
    speed,
    together,
    widths,
)
from benchmarks.race import Race
from benchmarks.report import Table, machine, markdown, show

BENCHMARKS: dict[str, Callable[[Race], Table]] = {
    "speed": speed.table,
    "moons": moons.table,
    "memory": memory.table,
    "scaling": scaling.table,
    "leaks": leaks.table,
    "large_data": large_data.table,
    "checking": checking.table,
    "drawing": drawing.table,
    "programs": programs.table,
    "moons_compiled": moons_compiled.table,
    "preparation": preparation.table,
    "irregular": irregular.table,
    "adbench": adbench.table,
    "architectures": architectures.table,
    "widths": widths.table,
    "devices": devices.table,
    "together": together.table,
}
ON_ARRAYS = (  # with engines for arrays
    "programs", "moons_compiled", "preparation", "adbench", "architectures", "widths", "devices",
    "together",
)  # fmt: skip
ON_THE_WALL = ("programs", "moons_compiled", "irregular", "adbench", "drawing", "widths", "devices",
               "together")  # fmt: skip
ALL_PEERS = dict.fromkeys((*PEERS, *ARRAY_PEERS, *irregular.PEERS))


def arguments() -> argparse.Namespace:
    """Return the parsed command line."""
    known = dict.fromkeys(peer.name for peer in ALL_PEERS)
    names = ", ".join(known)
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small graphs, one turn")
    parser.add_argument("--only", action="append", choices=BENCHMARKS, help="repeatable")
    parser.add_argument("--peers", default="all", help=f"comma-separated: {names}")
    parser.add_argument("--repeats", type=int, help="turns per engine (5)")
    parser.add_argument("--retry", action="store_true", help="install again what failed before")
    parser.add_argument("--markdown", action="store_true", help="print Markdown")
    parser.add_argument("--list", action="store_true", help="list benchmarks and peers")
    chosen = parser.parse_args()
    unknown = set(chosen.peers.split(",")) - {"all", *known}
    if unknown:
        parser.error(f"unknown peers {', '.join(sorted(unknown))}; there are {names}")
    return chosen


def peers_of(name: str) -> tuple[Peer, ...]:
    """Return who takes part in a benchmark."""
    if name == "irregular":
        return irregular.PEERS
    return ARRAY_PEERS if name in ON_ARRAYS else PEERS


def say(text: str) -> None:
    """Report progress where it does not mix with the tables."""
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    """Install the peers, run the benchmarks and print one report."""
    chosen = arguments()
    if chosen.list:
        for name in BENCHMARKS:
            module = sys.modules[f"benchmarks.problems.{name}"]
            print(f"{name:15} {(module.__doc__ or '').splitlines()[0]}")
        for peer in ALL_PEERS:
            print(f"{peer.name:16} {' '.join(peer.requirements) or 'this Python'}")
        return
    race = Race({}, chosen.repeats or (1 if chosen.quick else 5), chosen.quick, say)
    wanted = chosen.peers.split(",")

    def installed(peers: tuple[Peer, ...]) -> dict[str, Peer]:
        found = {}
        for peer in peers:
            if "all" in wanted or peer.name in wanted or peer.name.startswith("chalkgrad"):
                reason = install(peer, say, chosen.retry)
                if reason:
                    race.failures.append(f"{peer.name} is not installed: {reason}")
                else:
                    found[peer.name] = peer
        return found

    tables = []
    for name in chosen.only or BENCHMARKS:
        table = BENCHMARKS[name](replace(race, peers=installed(peers_of(name))))
        if name in ON_THE_WALL:
            table.notes.append("By the clock on the wall, since threads are meant to overlap.")
        tables.append(table)
    footer = [machine(race), *dict.fromkeys(race.failures)]
    if chosen.markdown or not importlib.util.find_spec("rich"):
        print(markdown(tables, footer))
    else:
        show(tables, footer)


if __name__ == "__main__":
    main()
