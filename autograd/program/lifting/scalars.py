"""The recorded graph, normalised: sums of products are one node, and equal expressions are.

Every node has a number; its operands have smaller ones. Means, softmax and the like are written in
terms of sums, exponentials and logsumexp, which are what is looked for in groups later.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from autograd.program.recording.integers import RowInteger
from autograd.program.recording.record import Recording
from autograd.program.recording.tracing import Condition
from autograd.rules import TABLE
from autograd.value import Value

CONSTANT, SHARED, ROW = 0, 1, 2  # what a node depends on: nothing, shared inputs, the row
LINEAR = frozenset({"add", "sub", "neg", "sum", "dot"})
_ADDITIONS = LINEAR - {"dot"}
COMPARISONS = frozenset({"lt", "le", "gt", "ge", "eq", "ne"})
FLAGS = COMPARISONS | {"and", "or", "not"}
_REDUCTIONS = frozenset({"prod", "norm", "max", "min", "logsumexp", "take"})


class Sum(NamedTuple):
    """Hold c1 + c2 + ... + a1*b1 + a2*b2 + ...; a sign of -1 subtracts the term."""

    a: tuple[int, ...]
    b: tuple[int, ...]
    signs: tuple[int, ...]
    addends: tuple[int, ...]
    addend_signs: tuple[int, ...]


@dataclass
class Scalars:
    """Hold the nodes as columns: operation, literal parameters, operands, kind."""

    recorded: int = 0
    ops: list[str] = field(default_factory=list)
    literals: list[tuple[tuple[int, Any], ...]] = field(default_factory=list)
    args: list[Any] = field(default_factory=list)  # ids; for "sum" after `with_sums` a Sum
    kinds: list[int] = field(default_factory=list)
    places: dict[int, Any] = field(default_factory=dict)  # of leaves: Source, Value or float
    outputs: list[int] = field(default_factory=list)
    guards: list[tuple[int, bool]] = field(default_factory=list)
    _numbers: dict[Any, int] = field(default_factory=dict)

    def leaf(self, kind: int, place: Any) -> int:
        """Return the node of an input or a constant."""
        key: Any = ("leaf", id(place) if isinstance(place, Value) else place)
        if isinstance(place, float):
            key = ("constant", place, math.copysign(1.0, place)) if place == place else ("nan", 0)
        if (found := self._numbers.get(key)) is not None:
            return found
        self._numbers[key] = n = self._new(f"{['constant', 'shared', 'row'][kind]}", (), (), kind)
        self.places[n] = place
        return n

    def node(self, op: str, args: tuple[int, ...], literals: tuple[Any, ...] = ()) -> int:
        """Return a new node of an operation. Equal ones are made one by `with_sums`."""
        kinds = self.kinds
        kind = 0
        for x in args:
            if kinds[x] > kind:
                kind = kinds[x]
        return self._new(op, literals, args, kind)

    def _new(self, op: str, literals: Any, args: Any, kind: int) -> int:
        self.ops.append(op)
        self.literals.append(literals)
        self.args.append(args)
        self.kinds.append(kind)
        return len(self.ops) - 1

    @classmethod
    def of(cls, recording: Recording, first: Sequence[Value] = ()) -> Scalars:
        """Number the nodes of a recording; these Values stand first among the shared inputs."""
        return _Numbering(recording, first).scalars


class _Numbering:
    """Walk a recording once, giving every Value and Condition its node."""

    def __init__(self, recording: Recording, first: Sequence[Value]) -> None:
        self.scalars = s = Scalars(recorded=len(recording.values))
        self.ids: dict[Any, int] = {}
        self.powers: dict[tuple[int, ...], tuple[list[int], int]] = {}  # of a softmax's operands
        live = set(recording.live)
        for v in [*first, *recording.live, *recording.shared]:
            self.ids[v] = s.leaf(SHARED, v)
        for v, source in recording.rows.items():
            self.ids[v] = s.leaf(ROW, source)
        for v in recording.values:
            if v in self.ids:
                continue
            if v.rule is None or v in live:
                self.ids[v] = s.leaf(CONSTANT, float(v.data))
            else:
                self.ids[v] = self.operation(v)
        s.outputs = [self.of(x) for x in recording.output.leaves]
        guards = [(self.of(c), truth) for c, truth in recording.guards.items()]
        s.guards = [(x, truth) for x, truth in guards if s.kinds[x] != CONSTANT]

    def of(self, x: Any) -> int:
        """Return the node of a Value, a Condition or a plain number."""
        if type(x) is Value:
            return self.ids[x]
        if isinstance(x, Condition):
            return self.condition(x)
        if isinstance(x, RowInteger):
            return self.ids[x.number]
        return self.scalars.leaf(CONSTANT, float(x))

    def operation(self, v: Value) -> int:
        node, ids, leaf = self.scalars.node, self.ids, self.scalars.leaf
        rule: Any = v.rule
        op, inputs = rule.name, v.inputs
        if len(inputs) == 2 and op != "pow" and rule.all_partials is None:  # most nodes
            a, b = inputs
            x = ids[a] if type(a) is Value else leaf(CONSTANT, float(a))
            y = ids[b] if type(b) is Value else leaf(CONSTANT, float(b))
            if op == "add" and ((type(a) is int and a == 0) or (type(b) is int and b == 0)):
                return y if type(a) is int else x  # where Python's sum() starts
            if self.scalars.kinds[x] == self.scalars.kinds[y] == CONSTANT:
                return leaf(CONSTANT, float(v.data))
            if op not in ("round", "polygamma"):
                return node(op, (x, y))
        if op == "identity":
            return self.of(inputs[0])
        if op == "where" and (
            type(inputs[0]) is bool or self.scalars.kinds[self.of(inputs[0])] == CONSTANT
        ):
            chosen = inputs[0] if type(inputs[0]) is bool else inputs[0].truth
            return self.of(inputs[1] if chosen else inputs[2])
        if op in ("softmax", "log_softmax"):
            i, *xs = inputs
            args = tuple([ids[x] if type(x) is Value else self.of(x) for x in xs])
            if op == "log_softmax":
                return node("sub", (args[i], node("logsumexp", args)))
            powers, total = self.shares(args)
            return node("div", (powers[i], total))
        if op == "polygamma" or op == "round":
            at = 0 if op == "polygamma" else 1
            return node(op, (self.of(inputs[1 - at]),), ((at, inputs[at]),))
        args = tuple([ids[x] if type(x) is Value else self.of(x) for x in inputs])
        if all(self.scalars.kinds[x] == CONSTANT for x in args):
            return leaf(CONSTANT, float(v.data))
        if op == "pow" and type(inputs[1]) is not Value and float(inputs[1] * 2).is_integer():
            power = inputs[1]
            if power == 0 or power == 1:
                return args[0] if power else leaf(CONSTANT, 1.0)
            return node(op, args[:1], ((1, int(power) if float(power).is_integer() else power),))
        if op == "mean":
            total = node("sum", args) if len(args) > 1 else args[0]
            return node("div", (total, leaf(CONSTANT, float(len(args)))))
        if op == "sum" and len(args) == 1:
            return args[0]
        return node(op, args)

    def shares(self, args: tuple[int, ...]) -> tuple[list[int], int]:
        """Return e**(x - m) for every x, and their sum: softmax is the one by the other.

        m is their maximum, which the quotient does not depend on.
        """
        if args not in self.powers:
            node = self.scalars.node
            m = node("stop gradient", (node("max", args),))
            powers = [node("exp", (node("sub", (x, m)),)) for x in args]
            self.powers[args] = powers, node("sum", tuple(powers))
        return self.powers[args]

    def condition(self, c: Condition) -> int:
        if c in self.ids:
            return self.ids[c]
        pending = [c]
        while pending:
            top = pending[-1]
            inner = [x for x in (top.left, top.right) if isinstance(x, Condition)]
            missing = [x for x in inner if x not in self.ids]
            if missing:
                pending += missing
                continue
            self.ids[pending.pop()] = self.comparison(top)
        return self.ids[c]

    def comparison(self, c: Condition) -> int:
        """Return the node of a condition whose parts have theirs; a constant if nothing varies."""
        kinds, leaf = self.scalars.kinds, self.scalars.leaf
        if c.name == "constant":
            return leaf(CONSTANT, float(c.truth))
        args = tuple([self.of(x) for x in ([c.left] if c.name == "not" else [c.left, c.right])])
        varying = [x for x in args if kinds[x] != CONSTANT]
        if not varying:
            return leaf(CONSTANT, float(c.truth))
        if c.name in ("and", "or") and len(varying) == 1:
            fixed = c.right if varying[0] == args[0] else c.left
            decides = fixed.truth == (c.name == "or")
            return leaf(CONSTANT, float(fixed.truth)) if decides else varying[0]
        return self.scalars.node(c.name, args)


def with_sums(s: Scalars) -> list[int]:
    """Turn every tree of additions into one Sum, in place; return the nodes left, in order.

    A partial sum or a product that has no other use is part of the sum it is used in; so is a
    product with a constant that sums alone use, as w * 0.0 at the border of a convolution.
    """
    count = len(s.ops)
    uses = [0] * count
    added = [0] * count  # uses as a term of a sum
    absorbed = bytearray(count)
    for x in [*s.outputs, *[x for x, _ in s.guards]]:
        uses[x] += 1
    ops, args, kinds = s.ops, s.args, s.kinds
    for i in range(count - 1, -1, -1):
        if not uses[i]:
            continue
        op = ops[i]
        if uses[i] == added[i] and (op in LINEAR or op == "mul"):
            absorbed[i] = uses[i] == 1 or (
                op == "mul" and CONSTANT in (kinds[args[i][0]], kinds[args[i][1]])
            )
        for x in args[i]:
            uses[x] += 1
        if op in _ADDITIONS:
            for x in args[i]:
                added[x] += 1
    left: list[int] = []
    dropped: set[int] = set()
    same: dict[int, int] = {}  # nodes that are equal to an earlier one
    numbers: dict[Any, int] = {}
    for i in range(count):
        if not uses[i] or absorbed[i]:
            continue
        if ops[i] in LINEAR:
            total = _flat(s, i, absorbed)
            ops[i] = "sum"
            if same:
                total = total._replace(
                    a=tuple([same.get(x, x) for x in total.a]),
                    b=tuple([same.get(x, x) for x in total.b]),
                    addends=tuple([same.get(x, x) for x in total.addends]),
                )
            args[i] = total
            key: Any = total
        elif args[i]:
            if same:
                args[i] = tuple([same.get(x, x) for x in args[i]])
            key = (ops[i], args[i], s.literals[i])
        else:
            left.append(i)
            continue
        if (found := numbers.setdefault(key, i)) != i:
            same[i] = found
            continue
        if ops[i] == "sum":
            args[i] = _factored(s, args[i], uses, left, dropped)
        left.append(i)
    s.outputs = [same.get(x, x) for x in s.outputs]
    s.guards = [(same.get(x, x), truth) for x, truth in s.guards]
    return _needed(s, left, dropped) if dropped else left


def _needed(s: Scalars, left: list[int], dropped: set[int]) -> list[int]:
    """Return the nodes left without the dropped ones, but for those that another reads as well."""
    read = {*s.outputs, *[x for x, _ in s.guards]}
    kept = []
    for i in reversed(left):
        if i in dropped and i not in read:
            continue
        args = s.args[i]
        read.update(args.a + args.b + args.addends if isinstance(args, Sum) else args)
        kept.append(i)
    return kept[::-1]


def _flat(s: Scalars, root: int, absorbed: bytearray) -> Sum:
    ops, all_args = s.ops, s.args
    a: list[int] = []
    b: list[int] = []
    signs: list[int] = []
    addends: list[int] = []
    addend_signs: list[int] = []
    stack = [(root, 1)]
    while stack:
        i, sign = stack.pop()
        op = ops[i]
        if i == root or absorbed[i]:
            args = all_args[i]
            if op == "add" or op == "sum":
                stack += [(x, sign) for x in reversed(args)]
                continue
            if op == "sub":
                stack += ((args[1], -sign), (args[0], sign))
                continue
            if op == "neg":
                stack.append((args[0], -sign))
                continue
            if op == "dot":
                n = len(args) // 2
                a += args[:n]
                b += args[n:]
                signs += [sign] * n
                continue
            if op == "mul":
                a.append(args[0])
                b.append(args[1])
                signs.append(sign)
                continue
        addends.append(i)
        addend_signs.append(sign)
    return Sum(tuple(a), tuple(b), tuple(signs), tuple(addends), tuple(addend_signs))


def _factored(
    s: Scalars, total: Sum, uses: Sequence[int], left: list[int], dropped: set[int]
) -> Sum:
    """Return d1*A11*d1 + d1*A12*d2 + ... as d1*(A11*d1 + A12*d2 + ...) + ...: a quadratic form.

    The sums in the brackets are new nodes, last in `left`; the products that are no longer needed
    are `dropped`. Only brackets of one length are worth it: they are one matrix product.
    """
    n = len(total.a)
    if n < 4:
        return total

    def is_own(i: int) -> bool:
        return i < len(uses) and uses[i] == 1 and s.ops[i] == "mul"

    triples = []
    for a, b in zip(total.a, total.b, strict=True):
        if not is_own(a):
            a, b = b, a
        if not is_own(a):
            return total
        triples.append((*s.args[a], b, a))
    best: tuple[int, int] | None = None
    for at in (2, 0, 1):
        counts = Counter([triple[at] for triple in triples])
        if min(counts.values()) == max(counts.values()) > 1 and (
            best is None or len(counts) < best[0]
        ):
            best = len(counts), at
    if best is None:
        return total
    at = best[1]
    others = [k for k in range(3) if k != at]
    brackets: dict[int, list[tuple[int, int, int]]] = {}
    for triple, sign in zip(triples, total.signs, strict=True):
        brackets.setdefault(triple[at], []).append((triple[others[0]], triple[others[1]], sign))
        dropped.add(triple[3])
    inner = []
    for pairs in brackets.values():
        xs, ys, signs = zip(*pairs, strict=True)
        kind = max([s.kinds[x] for x in (*xs, *ys)])
        inner.append(s._new("sum", (), Sum(xs, ys, signs, (), ()), kind))
    left += inner
    return total._replace(a=tuple(brackets), b=tuple(inner), signs=(1,) * len(inner))


def is_reduction(op: str) -> bool:
    """Say whether an operation takes any number of operands and is no sum."""
    return op in _REDUCTIONS or (op in TABLE and TABLE[op].all_partials is not None)
