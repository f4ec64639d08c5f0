"""Groups in an order in which they can be computed: by level, or what is ready at one time.

Where equal blocks start at different depths (sequences of different length), levels find too
little: then groups are what is ready at one time, the shallowest sort first.

Source of the second way: Neubig et al. 2017, "On-the-fly operation batching in dynamic
computation graphs".
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from typing import Any

from autograd.program.lifting.scalars import Scalars, Sum

Members = dict[Any, list[int]]  # the nodes of each group, by (level, operation, kind, ...)


def in_order(s: Scalars, members: Members) -> list[tuple[Any, list[int]]]:
    """Return the groups in an order in which they can be computed: the fewer of both ways."""
    by_level = sorted(members.items(), key=lambda item: (item[0][0], item[1][0]))
    sorts = {key[1:] for key in members}
    if len(sorts) == len(members):
        return by_level
    by_readiness = ready_groups(s, members)
    return by_readiness if len(by_readiness) < len(by_level) else by_level


def ready_groups(s: Scalars, members: Members) -> list[tuple[Any, list[int]]]:
    """Return groups of nodes ready at one time, of the sort with the lowest mean level."""
    sort_of: dict[int, int] = {}
    keys: list[Any] = []
    numbers: dict[Any, int] = {}
    levels: list[float] = []
    counts: list[int] = []
    for (level, *rest), found in members.items():
        key = tuple(rest)
        k = numbers.setdefault(key, len(numbers))
        if k == len(keys):
            keys.append(key)
            levels.append(0)
            counts.append(0)
        levels[k] += level * len(found)
        counts[k] += len(found)
        for i in found:
            sort_of[i] = k
    means = [level / count for level, count in zip(levels, counts, strict=True)]
    # a node waits for lists of nodes, and these for their members: many nodes share a list
    missing: dict[Any, int] = {}
    users: dict[Any, list[Any]] = {}
    ready: list[list[int]] = [[] for _ in keys]
    for i, k in sort_of.items():
        args = s.args[i]
        waiting = 0
        for xs in (args.a, args.b, args.addends) if isinstance(args, Sum) else (args,):
            if xs not in missing:
                needed = {x for x in xs if x in sort_of}
                missing[xs] = len(needed)
                for x in needed:
                    users.setdefault(x, []).append(xs)
            if missing[xs]:
                waiting += 1
                users.setdefault(xs, []).append(i)
        if waiting:
            missing[i] = waiting
        else:
            ready[k].append(i)
    heap = [(means[k], k) for k, found in enumerate(ready) if found]
    heapq.heapify(heap)
    result: list[tuple[Any, list[int]]] = []
    while heap:
        _, k = heapq.heappop(heap)
        found, ready[k] = ready[k], []
        result.append(((len(result) + 1, *keys[k]), found))
        for user in _done(found, users, missing):
            sort = sort_of[user]
            if not ready[sort]:
                heapq.heappush(heap, (means[sort], sort))
            ready[sort].append(user)
    return result


def _done(
    nodes: Sequence[int], users: dict[Any, list[Any]], missing: dict[Any, int]
) -> Iterator[int]:
    """Give the nodes that wait for nothing more, now that these are computed."""
    for i in nodes:
        for xs in users.get(i, ()):
            missing[xs] -= 1
            if not missing[xs]:
                for user in users.get(xs, ()):
                    missing[user] -= 1
                    if not missing[user]:
                        yield user
