"""Which nodes are computed together: equal operations whose operands are there at the same time.

The level of a node is one more than the highest of its operands; equal operations of one level
become one group. Where equal blocks start at different depths (sequences of different length),
levels find too little: then groups are what is ready at one time, the shallowest sort first.

Source of the second way: Neubig et al. 2017, "On-the-fly operation batching in dynamic
computation graphs".
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from autograd.program.lifting.scalars import (
    CONSTANT,
    FLAGS,
    ROW,
    SHARED,
    Scalars,
    Sum,
    is_reduction,
    with_sums,
)  # fmt: skip
from autograd.program.lifting.triangles import fill_triangles

FEW = 3  # so many products or addends are written out; more are a dot product or a sum
_APART = 2  # so many products whose operands come together are a sum of their own
_OF_FLAGS = frozenset({"where", "and", "or", "not"})
_LEAVES = frozenset({"constant", "shared", "row"})

Pairs = list[tuple[int, int, int]]  # a, b, sign


class Levels:
    """Give every node its level and its group, splitting sums whose terms are of several sorts."""

    def __init__(self, s: Scalars, filling: bool = True) -> None:
        self.s = s
        self.levels: dict[int, float] = {}
        self.members: dict[Any, list[int]] = {}
        self.copies: dict[int, int] = {}  # of shared numbers, for every row
        left = with_sums(s)
        self.parts = self.find_parts(left)
        for i in left:
            self.place(i)
        self.part_conditions()
        self.filled = filling and fill_triangles(s, self.members)

    # sums ---------------------------------------------------------------------------------------

    def find_parts(self, left: Iterable[int]) -> dict[tuple[int, ...], list[int]]:
        """Return, for factors that meet others of different depth, which of them go together.

        The state of a recurrent net is deeper at each step, its input never: the factors of the
        one are a sum apart from those of the other, at every step, also at the first.
        """
        s = self.s
        depth = [0] * len(s.ops)
        mixed: dict[tuple[int, ...], list[set[int]]] = {}
        sums = []
        for i in left:
            args = s.args[i]
            if s.ops[i] == "sum":
                args = s.args[i] = self.oriented(args, depth)
                if len(args.a) >= 2 * _APART:
                    sums.append(i)
                    if args.a not in mixed:
                        first = depth[args.b[0]]
                        if any(depth[x] != first for x in args.b):
                            mixed[args.a] = [set() for _ in args.a]
                args = args.a + args.b + args.addends
            depth[i] = 1 + max([depth[x] for x in args], default=-1)
        if not mixed:
            return {}
        for i in sums:
            total = s.args[i]
            for found, x in zip(mixed.get(total.a, ()), total.b, strict=False):
                if s.kinds[x] != CONSTANT:
                    found.add(depth[x])
        parts = {}
        for a, depths in mixed.items():
            numbers: dict[frozenset[int], int] = {}
            parts[a] = [numbers.setdefault(frozenset(d), len(numbers)) for d in depths]
        return parts

    def oriented(self, total: Sum, depth: Sequence[int]) -> Sum:
        """Return a sum with the more shared factor of a product first, in the order of these."""
        kinds = self.s.kinds
        a, b = list(total.a), list(total.b)
        for k, (x, y) in enumerate(zip(a, b, strict=True)):
            if kinds[x] != kinds[y]:  # shared times row; else shared times constant
                swap = kinds[x] == ROW or (kinds[x] == CONSTANT and kinds[y] != ROW)
            else:
                swap = depth[y] == 0 < depth[x]
            if swap:
                a[k], b[k] = y, x
        signs = total.signs
        if any(x > y for x, y in pairwise(a)):
            order = sorted(range(len(a)), key=lambda k: (a[k], b[k]))
            a, b = [a[k] for k in order], [b[k] for k in order]
            signs = tuple([signs[k] for k in order])
        return total._replace(a=tuple(a), b=tuple(b), signs=signs)

    def parted(self, total: Sum, kind: int) -> Sum:
        """Return a sum whose products are of one sort, with what else there was as addends."""
        kinds, levels = self.s.kinds, self.levels
        part = self.parts.get(total.a) if len(total.a) >= 2 * _APART else None
        sorts: dict[Any, Pairs] = {}
        for k, pair in enumerate(zip(total.a, total.b, total.signs, strict=True)):
            sorts.setdefault(part[k] if part else 0, []).append(pair)
        if len(total.a) <= FEW:
            chosen = [[p for pairs in sorts.values() for p in pairs]] if sorts else []
        elif part:
            rest = [p for pairs in sorts.values() if len(pairs) < _APART for p in pairs]
            chosen = [pairs for pairs in sorts.values() if len(pairs) >= _APART]
            if rest:
                chosen = [rest, *chosen] if len(rest) >= _APART or not chosen else (
                    [chosen[0] + rest, *chosen[1:]])  # fmt: skip
        else:
            chosen = list(sorts.values())
        by_sort: list[tuple[Any, Pairs]] = []
        for pairs in chosen:
            of: dict[Any, Pairs] = {}
            varies = (
                kind == ROW and any(kinds[b] == ROW for _, b, _ in pairs) and len(total.a) > FEW
            )
            for a, b, sign in pairs:
                if varies and kinds[a] == SHARED and kinds[b] == CONSTANT:
                    b = self.as_row(b)
                sort = (kinds[b] == ROW, kinds[a] == ROW) if len(total.a) > FEW else (kind == ROW,)
                of.setdefault(sort, []).append((a, b, sign))
            by_sort += [
                ((*sort, max([levels[b] for _, b, _ in some])), some) for sort, some in of.items()
            ]
        addends = list(zip(total.addends, total.addend_signs, strict=True))
        main: Pairs = []
        if by_sort:
            by_sort.sort(key=lambda found: found[0])
            main = by_sort.pop()[1]  # the deepest stay
            for sort, pairs in by_sort[::-1]:
                addends.append((self.new(_sum(pairs, []), ROW if sort[0] else SHARED), 1))
        if kind == ROW and main and not any(kinds[x] == ROW for a, b, _ in main for x in (a, b)):
            addends.append((self.new(_sum(main, []), SHARED), 1))  # only addends are the rows'
            main = []
        if kind == ROW:
            fixed = [(x, sign) for x, sign in addends if kinds[x] != ROW]
            if len(fixed) > 1:
                addends = [(x, sign) for x, sign in addends if kinds[x] == ROW]
                addends.append((self.new(_sum([], fixed), SHARED), 1))
        if len(addends) > FEW and (main or kind == ROW):
            if kind == ROW and main:
                moving = [(x, sign) for x, sign in addends if kinds[x] == ROW]
                addends = [(x, sign) for x, sign in addends if kinds[x] != ROW]
                if moving:
                    addends.append((self.new(_sum([], moving), ROW), 1))
            elif kind == ROW:
                addends = [(self.as_row(x), sign) for x, sign in addends]
            else:
                addends = [(self.new(_sum([], addends), SHARED), 1)]
        return _sum(main, addends)

    # levels -------------------------------------------------------------------------------------

    def place(self, i: int) -> None:
        """Give a node its level and its group."""
        s = self.s
        op, args = s.ops[i], s.args[i]
        if op in _LEAVES:
            self.levels[i] = 0
            return
        kinds, levels = s.kinds, self.levels
        if op == "sum":
            total = s.args[i] = self.parted(args, kinds[i])
            args = total.a + total.b + total.addends
            key: Any = (
                "sum", kinds[i], len(total.a),
                total.signs if -1 in total.signs else (),
                _sorts(total, kinds),
                total.addend_signs, tuple([kinds[x] == ROW for x in total.addends]),
            )  # fmt: skip
        elif is_reduction(op):
            if kinds[i] == ROW:
                args = s.args[i] = tuple([self.as_row(x) for x in args])
            key = (op, kinds[i], len(args), s.literals[i])
        else:
            key = (op, kinds[i], s.literals[i], tuple([kinds[x] == ROW for x in args]))
            if op == "spread":  # a copy reads one array: one row argument, or the shared numbers
                key += (getattr(s.places.get(args[0]), "name", None),)
            if op in _OF_FLAGS:
                key += (tuple([s.ops[x] in FLAGS for x in args]),)
        level = max([levels[x] for x in args], default=0)
        level = level + 0.5 if op == "spread" else 1 + int(level)  # before all that read it
        levels[i] = level
        self.members.setdefault((level, *key), []).append(i)

    def new(self, total: Sum, kind: int) -> int:
        """Return a new sum with its level and group."""
        i = self.s._new("sum", (), total, kind)
        self.place(i)
        return i

    def as_row(self, x: int) -> int:
        """Return a node whose number is there for every row."""
        return x if self.s.kinds[x] == ROW else self.copy(x)

    def copy(self, x: int) -> int:
        """Return a node of the rows with the same number, always the same one."""
        if x not in self.copies:
            self.copies[x] = self.s._new("spread", (), (x,), ROW)
            self.place(self.copies[x])
        return self.copies[x]

    def part_conditions(self) -> None:
        """Make what only conditions read groups of its own: nothing is differentiated there.

        In a group with others it would have adjoints of 0, and a slope of inf would make these nan.
        """
        s = self.s
        if not any(key[1] in FLAGS for key in self.members):
            return
        reached = set(s.outputs)
        parted: dict[Any, list[int]] = {}
        for key, found in sorted(self.members.items(), key=lambda item: -item[0][0]):
            op = key[1]
            mine = [i for i in found if i in reached]
            for i in mine if op not in FLAGS else ():
                args = s.args[i]
                reached.update(
                    args.a + args.b + args.addends if isinstance(args, Sum)
                    else args[1:] if op == "where" else args
                )  # fmt: skip
            if mine:
                parted[key] = mine
            if len(mine) < len(found):
                parted[*key, "condition"] = [i for i in found if i not in reached]
        self.members = {key: parted[key] for key in sorted(parted, key=lambda key: parted[key][0])}

    # readiness ----------------------------------------------------------------------------------

    def in_order(self) -> list[tuple[Any, list[int]]]:
        """Return the groups in an order in which they can be computed: the fewer of both ways."""
        by_level = sorted(self.members.items(), key=lambda item: (item[0][0], item[1][0]))
        sorts = {key[1:] for key in self.members}
        if len(sorts) == len(self.members):
            return by_level
        by_readiness = self.ready_groups()
        return by_readiness if len(by_readiness) < len(by_level) else by_level

    def ready_groups(self) -> list[tuple[Any, list[int]]]:
        """Return groups of nodes ready at one time, of the sort with the lowest mean level."""
        s = self.s
        sort_of: dict[int, int] = {}
        keys: list[Any] = []
        numbers: dict[Any, int] = {}
        levels: list[float] = []
        counts: list[int] = []
        for (level, *rest), found in self.members.items():
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
        missing: dict[int, int] = {}
        users: dict[int, list[int]] = {}
        ready: list[list[int]] = [[] for _ in keys]
        for i, k in sort_of.items():
            args = s.args[i]
            if isinstance(args, Sum):
                args = args.a + args.b + args.addends
            needed = {x for x in args if x in sort_of}
            for x in needed:
                users.setdefault(x, []).append(i)
            if needed:
                missing[i] = len(needed)
            else:
                ready[k].append(i)
        heap = [(means[k], k) for k, found in enumerate(ready) if found]
        heapq.heapify(heap)
        result: list[tuple[Any, list[int]]] = []
        while heap:
            _, k = heapq.heappop(heap)
            found, ready[k] = ready[k], []
            result.append(((len(result) + 1, *keys[k]), found))
            for i in found:
                for user in users.get(i, ()):
                    missing[user] -= 1
                    if not missing[user]:
                        sort = sort_of[user]
                        if not ready[sort]:
                            heapq.heappush(heap, (means[sort], sort))
                        ready[sort].append(user)
        return result


def _sum(pairs: Sequence[tuple[int, int, int]], addends: Sequence[tuple[int, int]]) -> Sum:
    a, b, signs = zip(*pairs, strict=True) if pairs else ((), (), ())
    xs, addend_signs = zip(*addends, strict=True) if addends else ((), ())
    return Sum(a, b, signs, xs, addend_signs)


def _sorts(total: Sum, kinds: Sequence[int]) -> tuple[tuple[bool, bool], ...]:
    """Return which factors of the products differ by row: of each product, or of all of them."""
    few = slice(None) if len(total.a) <= FEW else slice(1)
    return tuple(
        [
            (kinds[a] == ROW, kinds[b] == ROW)
            for a, b in zip(total.a[few], total.b[few], strict=True)
        ]
    )
