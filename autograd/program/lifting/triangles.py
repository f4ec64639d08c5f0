"""Triangular products: sums of unlike length over parts of one list, filled up with zeros.

The rows of L v, for a lower triangular L, have one product, two, three, ...: a group for each
length. With a zero for every factor that is not there they are one matrix product.

0 * inf is nan, where the factor was not there before; so this is done only where a nan comes
through to the result, for which there is then another program, without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd.program.lifting.products import find_product
from autograd.program.lifting.scalars import CONSTANT, ROW, SHARED, Scalars, Sum

_LEAST = 4  # the length of the longest sum from which a product pays
_MOST_ZEROS = 2.0  # the products may become so many times as many
_SMOOTH = frozenset(  # a nan goes through these, and through their slopes
    {"sum", "mul", "div", "pow", "exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tanh",
     "sigmoid", "softplus", "logsumexp", "lgamma", "spread", "constant", "shared", "row"}
)  # fmt: skip

Members = dict[Any, list[int]]


def fill_triangles(s: Scalars, members: Members) -> bool:
    """Make sums over parts of one list as long as it, in place, where that makes a product.

    `members` are the nodes of each group, by (level, operation, kind, ...). Say whether any were.
    """
    if s.guards or any(key[1] not in _SMOOTH for key in members):
        return False
    families: dict[Any, list[Any]] = {}
    for key, found in members.items():
        level, op, kind = key[:3]
        if kind == ROW and op in ("mul", "sum") and _terms(s, found[0]) is not None:
            families.setdefault((level, key[6:] if op == "sum" else ((), ())), []).append(key)
    filled = False
    for keys in families.values():
        longest = max(keys, key=lambda key: len(_terms(s, members[key][0]) or ()))
        filled |= len(keys) > 1 and _fill(s, members, keys, longest)
    return filled


def _terms(s: Scalars, i: int) -> dict[int, int] | None:
    """Return {the row's factor: the shared factor} of all products, None if they are not such."""
    args = s.args[i]
    if not isinstance(args, Sum):
        a, b = args if s.kinds[args[0]] == SHARED else args[::-1]
        args = Sum((a,), (b,), (1,), (), ())
    kinds = s.kinds
    pairs = list(zip(args.b, args.a, strict=True))
    if -1 in args.signs or any(kinds[b] != ROW or kinds[a] == ROW for b, a in pairs):
        return None
    found = dict(pairs)
    return found if len(found) == len(pairs) > 0 else None


def _fill(s: Scalars, members: Members, keys: Sequence[Any], longest: Any) -> bool:
    """Move nodes from these groups to the group of the longest sums, if that is then a product."""
    lists: dict[frozenset[int], tuple[int, ...]] = {}
    for i in members[longest]:
        found = _terms(s, i)
        if found is None or len(found) < _LEAST:
            return False
        lists.setdefault(frozenset(found), tuple(found))
    whole = {b: order for order in lists.values() for b in order}
    if len(whole) < sum(map(len, lists)):
        return False  # lists that share some: which one to fill up to?
    zero = s.leaf(CONSTANT, 0.0)
    totals: dict[int, Sum] = {}
    count = 0
    for i in [i for key in keys for i in members[key]]:
        found = _terms(s, i)
        order = whole.get(next(iter(found)), ()) if found else ()
        if found and found.keys() <= set(order):
            count += len(found)
            a = tuple([found.get(b, zero) for b in order])
            xs, signs = (
                (s.args[i].addends, s.args[i].addend_signs) if s.ops[i] == "sum" else ((), ())
            )
            totals[i] = Sum(a, order, (1,) * len(order), xs, signs)
    product = find_product(list(totals.values()))
    if (
        len(totals) == len(members[longest])
        or sum(len(total.a) for total in totals.values()) > _MOST_ZEROS * count
        or product is None
        or sum(len(i) * len(j) for i, j in product.blocks) > len(totals)
    ):
        return False
    for i, total in totals.items():
        s.ops[i], s.args[i] = "sum", total
    for key in keys:
        members[key] = [i for i in members[key] if i not in totals]
        if not members[key]:
            del members[key]
    members[longest] = list(totals)
    return True
