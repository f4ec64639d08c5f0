"""Which nodes are computed together: equal operations whose operands are there at the same time.

The level of a node is one more than the highest of its operands; equal operations of one level
become one group. `readiness` may put groups of several levels together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from operator import itemgetter
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
        self.ordered: set[tuple[int, ...]] = set()
        self.partings: dict[tuple[int, ...], list[itemgetter[Any]]] = {}
        self._kinds: dict[tuple[int, ...], frozenset[int]] = {}
        self._levels: dict[tuple[int, ...], float] = {}
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
        known: dict[tuple[int, ...], tuple[int, int]] = {}

        def span(xs: tuple[int, ...]) -> tuple[int, int]:
            """Return the least and the largest depth of some nodes."""
            if (found := known.get(xs)) is None:
                all_of = [depth[x] for x in xs] or [-1]
                found = known[xs] = min(all_of), max(all_of)
            return found

        others: dict[tuple[int, ...], set[tuple[int, ...]]] = {}  # that mixed factors meet
        sums: list[Sum] = []
        for i in left:
            args = s.args[i]
            if s.ops[i] == "sum":
                args = s.args[i] = self.oriented(args, depth)
                if len(args.a) >= 2 * _APART:
                    sums.append(args)
                    least, largest = span(args.b)
                    if least < largest:
                        others.setdefault(args.a, set())
                of_all = span(args.a), span(args.b), span(args.addends)
                depth[i] = 1 + max(largest for _, largest in of_all)
            else:
                depth[i] = 1 + span(args)[1]
        for total in sums:
            if total.a in others:
                others[total.a].add(total.b)
        depths: dict[tuple[int, ...], tuple[int | None, ...]] = {
            b: tuple([None if s.kinds[x] == CONSTANT else depth[x] for x in b])
            for b in {b for found in others.values() for b in found}
        }
        parts: dict[frozenset[tuple[int | None, ...]], list[int]] = {}
        result = {}
        for a, found in others.items():
            patterns = frozenset([depths[b] for b in found])
            if patterns not in parts:
                numbers: dict[Any, int] = {}
                parts[patterns] = [
                    numbers.setdefault(frozenset(met) - {None}, len(numbers))
                    for met in zip(*patterns, strict=True)
                ]
            result[a] = parts[patterns]
        return result

    def oriented(self, total: Sum, depth: Sequence[int]) -> Sum:
        """Return a sum with the more shared factor of a product first, in the order of these."""
        kinds = self.s.kinds
        a, b, signs = total.a, total.b, total.signs
        of_a, of_b = self.kinds_of(a), self.kinds_of(b)
        if len(of_a) == len(of_b) == 1 and of_a != of_b:
            if _swaps(*of_a, *of_b):
                a, b = b, a
        else:
            swaps = [
                _swaps(kinds[x], kinds[y]) if kinds[x] != kinds[y] else depth[y] == 0 < depth[x]
                for x, y in zip(a, b, strict=True)
            ]
            if any(swaps):
                pairs = [(y, x) if swap else (x, y)
                         for x, y, swap in zip(a, b, swaps, strict=True)]  # fmt: skip
                a, b = tuple([x for x, _ in pairs]), tuple([y for _, y in pairs])
        if a not in self.ordered:
            if any(x > y for x, y in pairwise(a)):
                order = sorted(range(len(a)), key=lambda k: (a[k], b[k]))
                a, b = tuple([a[k] for k in order]), tuple([b[k] for k in order])
                signs = tuple([signs[k] for k in order])
            self.ordered.add(a)
        return total if a is total.a else total._replace(a=a, b=b, signs=signs)

    def parted(self, total: Sum, kind: int) -> Sum:
        """Return a sum whose products are of one sort, with what else there was as addends."""
        kinds, levels = self.s.kinds, self.levels
        by_sort: list[tuple[Any, Sum]] = []
        for some in self.parts_of(total):
            of_a, of_b = self.kinds_of(some.a), self.kinds_of(some.b)
            if len(of_a) == len(of_b) == 1 and len(total.a) > FEW:
                by_sort.append(((ROW in of_b, ROW in of_a, self.level_of(some.b)), some))
                continue
            of: dict[Any, Pairs] = {}
            varies = kind == ROW and ROW in of_b and len(total.a) > FEW
            for a, b, sign in zip(some.a, some.b, some.signs, strict=True):
                if varies and kinds[a] == SHARED and kinds[b] == CONSTANT:
                    b = self.as_row(b)
                sort = (kinds[b] == ROW, kinds[a] == ROW) if len(total.a) > FEW else (kind == ROW,)
                of.setdefault(sort, []).append((a, b, sign))
            by_sort += [
                ((*sort, max([levels[b] for _, b, _ in pairs])), _sum(pairs, []))
                for sort, pairs in of.items()
            ]
        addends = list(zip(total.addends, total.addend_signs, strict=True))
        main = _sum([], [])
        if by_sort:
            by_sort.sort(key=lambda found: found[0])
            main = by_sort.pop()[1]  # the deepest stay
            for sort, some in by_sort[::-1]:
                addends.append((self.new(some, ROW if sort[0] else SHARED), 1))
        if kind == ROW and main.a and ROW not in self.kinds_of(main.a) | self.kinds_of(main.b):
            addends.append((self.new(main, SHARED), 1))  # only addends are the rows'
            main = _sum([], [])
        if kind == ROW:
            fixed = [(x, sign) for x, sign in addends if kinds[x] != ROW]
            if len(fixed) > 1:
                addends = [(x, sign) for x, sign in addends if kinds[x] == ROW]
                addends.append((self.new(_sum([], fixed), SHARED), 1))
        if len(addends) > FEW and (main.a or kind == ROW):
            if kind == ROW and main.a:
                moving = [(x, sign) for x, sign in addends if kinds[x] == ROW]
                addends = [(x, sign) for x, sign in addends if kinds[x] != ROW]
                if moving:
                    addends.append((self.new(_sum([], moving), ROW), 1))
            elif kind == ROW:
                addends = [(self.as_row(x), sign) for x, sign in addends]
            else:
                addends = [(self.new(_sum([], addends), SHARED), 1)]
        rest = _sum([], addends)
        return main._replace(addends=rest.addends, addend_signs=rest.addend_signs)

    def parts_of(self, total: Sum) -> list[Sum]:
        """Return the products of a sum, parted by how deep their factors are in other sums."""
        a, b, signs = total.a, total.b, total.signs
        part = self.parts.get(a) if len(a) >= 2 * _APART else None
        if part is None:
            return [Sum(a, b, signs, (), ())] if a else []
        if a not in self.partings:
            sorts: dict[int, list[int]] = {}
            for k, sort in enumerate(part):
                sorts.setdefault(sort, []).append(k)
            found = [places for places in sorts.values() if len(places) >= _APART]
            rest = [k for places in sorts.values() if len(places) < _APART for k in places]
            if len(rest) >= _APART:
                found = [rest, *found]
            elif rest:
                found[0] = found[0] + rest
            self.partings[a] = [itemgetter(*places) for places in found]
        return [Sum(chosen(a), chosen(b), chosen(signs), (), ()) for chosen in self.partings[a]]

    # lists of nodes: many sums have the same ------------------------------------------------------

    def kinds_of(self, xs: tuple[int, ...]) -> frozenset[int]:
        """Return the kinds that there are among some nodes."""
        if (found := self._kinds.get(xs)) is None:
            kinds = self.s.kinds
            found = self._kinds[xs] = frozenset([kinds[x] for x in xs])
        return found

    def level_of(self, xs: tuple[int, ...]) -> float:
        """Return the highest level of some nodes, 0 for none."""
        if (found := self._levels.get(xs)) is None:
            levels = self.levels
            found = self._levels[xs] = max([levels[x] for x in xs], default=0)
        return found

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
            level = max(self.level_of(total.a), self.level_of(total.b))
            level = max(level, self.level_of(total.addends))
            key: Any = (
                "sum", kinds[i], len(total.a),
                total.signs if -1 in total.signs else (),
                _sorts(total, kinds),
                total.addend_signs, tuple([kinds[x] == ROW for x in total.addends]),
            )  # fmt: skip
        elif op == "take" and kinds[i] == ROW and ROW not in self.kinds_of(args[1:]):
            s.ops[i] = "lookup"  # one of the numbers that all rows share, by an index of the row
            key = ("lookup", kinds[i], len(args))
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
        if op != "sum":
            level = self.level_of(args)
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


def _swaps(a: int, b: int) -> bool:
    """Say whether factors of these unlike kinds change sides: it is shared * row * constant."""
    return a == ROW or (a == CONSTANT and b != ROW)


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
