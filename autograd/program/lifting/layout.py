"""Places for all numbers of a program: the members of a group lie side by side, in an order that
lets operands be read as ranges, which are views; a list of places would be a copy.
"""

from __future__ import annotations

import keyword
import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.program.lifting.groups import (
    RESERVED,
    ROW_FLAGS,
    ROW_STORE,
    SHARED_FLAGS,
    SHARED_STORE,
    Array,
    Group,
    Lifted,
    Ref,
    common_grid,
    strides_of,
)  # fmt: skip
from autograd.program.lifting.levels import FEW, Levels
from autograd.program.lifting.products import by_place, find_product
from autograd.program.lifting.readiness import in_order
from autograd.program.lifting.scalars import (
    CONSTANT,
    FLAGS,
    ROW,
    SHARED,
    Scalars,
    Sum,
    is_reduction,
)
from autograd.program.recording.record import Source

MOST_GROUPS = 20_000  # a program of so many takes some ten seconds to make
_CONSTANTS = 1 << 40  # constants have places from here on until all of them are known


class TooIrregular(Exception):  # noqa: N818 - it is caught, and the function runs eagerly
    """Say that a graph has hardly two operations alike: as a program it would be endless."""

    @classmethod
    def of(cls, recorded: int, groups: int) -> TooIrregular:
        """Return it with a message."""
        return cls(
            f"{recorded:,} recorded nodes are {groups:,} different operations, more "
            f"than {MOST_GROUPS:,}: nothing is lifted, the function runs eagerly, row by row"
        )


def lift(scalars: Scalars, filling: bool = True, most: float | None = None) -> Lifted:
    """Find the groups and their layout. Raises TooIrregular for more than `most` (MOST_GROUPS)."""
    levels = Levels(scalars, filling)
    lifted = _Layout(scalars, levels, MOST_GROUPS if most is None else most).result()
    lifted.filled = levels.filled
    return lifted


class _Layout:
    def __init__(self, s: Scalars, levels: Levels, most: float) -> None:
        self.s, self.levels, self.most = s, levels, most
        self.groups: list[Group] = []
        self.stores: dict[str, int] = {}
        self.shapes: dict[tuple[str, int], tuple[int, ...]] = {}  # of groups, by where they start
        self.blocks: dict[bytes, Array] = {}  # lists of constants that are read as they are

    def result(self) -> Lifted:
        s = self.s
        members = self.levels.members = dict(in_order(s, self.levels.members))
        if len(members) > self.most:
            raise TooIrregular.of(s.recorded, len(members))
        self.copy_where_mixed()  # of these groups: what is read together is known now
        order = sorted(members.items(), key=lambda item: item[0][0])  # copies come first
        self.position: Array = np.zeros(len(s.ops), np.intp)
        self.store: Array = np.zeros(len(s.ops), np.int8)
        self.names = [SHARED_STORE, ROW_STORE, SHARED_FLAGS, ROW_FLAGS]
        shared = [(i, p) for i, p in s.places.items() if s.kinds[i] == SHARED]
        constants = [(i, p) for i, p in s.places.items() if s.kinds[i] == CONSTANT]
        for k, (i, _) in enumerate(shared):
            self.position[i] = k
        for k, (i, _) in enumerate(constants):
            self.position[i] = _CONSTANTS + k
        self.constants = [p for _, p in constants]
        self.stores[SHARED_STORE] = len(shared)
        columns: dict[str, tuple[str, int]] = {}
        for i, place in s.places.items():
            if isinstance(place, Source):
                store, size = columns.get(place.name) or (_store_name(place.name, columns), 0)
                if not size:
                    self.names.append(store)
                columns[place.name] = store, max(size, place.index + 1)
                self.position[i], self.store[i] = place.index, self.names.index(store)
        for key, found in order:
            self.lay_out(key, found)
        self.settle(len(shared))
        where = [(self.names[self.store[x]], int(self.position[x])) for x in s.outputs]
        guards = [(self.names[self.store[x]], int(self.position[x]), t) for x, t in s.guards]
        return Lifted(
            self.groups, self.stores, [p for _, p in shared],
            np.array(self.constants, dtype=float), where, guards, s.recorded, columns,
        )  # fmt: skip

    def settle(self, first: int) -> None:
        """Put the constants, now that all are known, between the inputs and what is computed."""
        count = len(self.constants)

        def moved(index: Array) -> Array:
            return np.where(
                index >= _CONSTANTS, index - _CONSTANTS + first, index + count * (index >= first)
            )

        for g in self.groups:
            if g.store == SHARED_STORE:
                g.start += count
            for ref in g.operands:
                if ref.store == SHARED_STORE:
                    ref.index = moved(ref.index)
        self.stores[SHARED_STORE] += count
        self.position = np.where(self.store == 0, moved(self.position), self.position)

    # operands ------------------------------------------------------------------------------------

    def copy_where_mixed(self) -> None:
        """Copy the row inputs that are read together with others' numbers into the row store."""
        s = self.s
        place = {i: p.name for i, p in s.places.items() if isinstance(p, Source)}
        if not place:
            return
        for (_, op, kind, *_), found in list(self.levels.members.items()):
            if kind != ROW or op == "spread":
                continue
            mixed = True
            while mixed:  # a copy may be read by a slot that was of one array before
                copies: dict[int, int] = {}
                for slot in self.slots(found):
                    if len({place.get(x) for x in slot if s.kinds[x] == ROW}) > 1:
                        copies |= {x: self.levels.copy(x) for x in slot if x in place}
                if mixed := bool(copies):
                    self.replace(found, copies)

    def slots(self, found: Sequence[int]) -> list[set[int]]:
        """Return the nodes that are read together, for each operand of a group."""
        args = [self.s.args[i] for i in found]
        first = args[0]
        if isinstance(first, Sum):
            if len(first.a) <= FEW:  # may be written out
                factors = [x for k in range(len(first.a)) for x in (
                    {t.a[k] for t in args}, {t.b[k] for t in args})]  # fmt: skip
                if len(first.a) > 1:  # or a product
                    factors = [set().union(*factors[0::2]), set().union(*factors[1::2])]
            else:
                factors = [{x for t in args for x in t.a}, {x for t in args for x in t.b}]
            if len(first.addends) > FEW:
                return [*factors, {x for t in args for x in t.addends}]
            return [*factors, *map(set, zip(*[t.addends for t in args], strict=True))]
        if self.s.ops[found[0]] == "lookup":
            return [{at for at, *_ in args}]
        if is_reduction(self.s.ops[found[0]]):
            return [{x for xs in args for x in xs}]
        return list(map(set, zip(*args, strict=True)))

    def replace(self, found: Sequence[int], copies: dict[int, int]) -> None:
        """Let these nodes read the copies."""
        for i in found:
            args = self.s.args[i]
            if isinstance(args, Sum):
                self.s.args[i] = args._replace(
                    a=tuple([copies.get(x, x) for x in args.a]),
                    b=tuple([copies.get(x, x) for x in args.b]),
                    addends=tuple([copies.get(x, x) for x in args.addends]),
                )
            else:
                self.s.args[i] = tuple([copies.get(x, x) for x in args])

    def ref(self, nodes: Any) -> Ref:
        """Return where nodes lie."""
        ids = np.asarray(nodes, dtype=np.intp)
        first = ids.flat[0]
        return Ref(
            self.names[self.store[first]], self.position[ids], self.s.kinds[int(first)] == ROW
        )

    def block(self, ref: Ref) -> Ref:
        """Return constants that have no even steps as a list of their own, which has."""
        if ref.store != SHARED_STORE or ref.index.min() < _CONSTANTS or ref.index.size == 1:
            return ref
        if strides_of(ref.index) is not None:
            return ref
        values = [self.constants[k] for k in (ref.index.ravel() - _CONSTANTS).tolist()]
        key = np.array(values).tobytes()
        if key not in self.blocks:
            start = _CONSTANTS + len(self.constants)
            self.blocks[key] = np.arange(start, start + len(values))
            self.constants += values
        return Ref(ref.store, self.blocks[key].reshape(ref.index.shape), ref.row)

    def shape_of(self, store: str, places: Array) -> tuple[int, ...] | None:
        """Return the shape of the group that these places are, None if they are none in order."""
        shape = self.shapes.get((store, int(places[0])))
        if shape is None or math.prod(shape) != len(places) or strides_of(places) != (1,):
            return None
        return shape

    # groups --------------------------------------------------------------------------------------

    def add(self, form: str, key: Any, ids: Array, operands: list[Ref], **more: Any) -> None:
        """Add a group whose members, -1 for none, have the order and grid of `ids`."""
        op, kind = key[1], key[2]
        code = 2 * (op in FLAGS) + (kind == ROW)
        store = self.names[code]
        start = self.stores.get(store, 0)
        self.stores[store] = start + ids.size
        flat = ids.ravel()
        members = flat >= 0
        self.position[flat[members]] = start + np.flatnonzero(members)
        self.store[flat[members]] = code
        literals = () if op == "sum" else self.s.literals[int(flat[0])]
        self.shapes[store, start] = tuple([n for n in ids.shape if n > 1])
        self.groups.append(
            Group(form, op, store, kind == ROW, key[0], ids.shape, start,
                  [self.block(ref) for ref in operands], literals,
                  members=int(members.sum()), **more)
        )  # fmt: skip

    def lay_out(self, key: Any, found: list[int]) -> None:
        """Add the group of these nodes, in the best form there is for it."""
        op = key[1]
        args = [self.s.args[i] for i in found]
        if op == "sum":
            products, addends = len(args[0].a), len(args[0].addends)
            if products > 1 and len(set(key[5])) == 1 and self.lay_out_product(key, found, args):
                return
            if products > FEW:
                self.lay_out_dot(key, found, args)
            elif not products and addends > FEW:
                self.lay_out_lists("total", key, found, [total.addends for total in args])
            else:
                slots = [
                    *[[side[k] for side in sides] for k in range(products)
                      for sides in ([t.a for t in args], [t.b for t in args])],
                    *[[t.addends[k] for t in args] for k in range(addends)],
                ]  # fmt: skip
                signs = (*args[0].signs, *args[0].addend_signs)
                self.lay_out_map("terms", key, found, slots, signs=signs, products=products)
        elif op == "lookup":
            self.lay_out_lookups(key, found, args)
        elif is_reduction(op):
            self.lay_out_lists("reduction", key, found, args)
        else:
            self.lay_out_map("map", key, found, list(zip(*args, strict=True)))

    def lay_out_map(
        self, form: str, key: Any, found: list[int], slots: Sequence[Sequence[int]], **more: Any
    ) -> None:
        """Add a group that computes each member from one operand of each slot."""
        ids = np.array(found)
        refs = [self.ref(slot) for slot in slots]
        if len(found) == 1:
            self.add(form, key, ids, refs, **more)
            return
        # the operand with the most places leads: it is then read as a range
        places = [ref.index for ref in refs]
        lead = max(range(len(refs)), key=lambda k: (refs[k].row, _distinct(places[k]), -k))
        order = np.lexsort([*places[::-1], places[lead]])
        breaks = np.flatnonzero(np.diff(places[lead][order]) != 1) + 1
        pieces = [order]
        if len(breaks) < FEW and len(found) >= 4 * (len(breaks) + 1) and refs[lead].row:
            pieces = np.split(order, breaks)  # a few ranges: each a view, none a copy
        for piece in pieces:
            grid = common_grid([x[piece] for x in places])
            if grid == (len(piece),):
                grid = self.shape_of(refs[lead].store, places[lead][piece]) or grid
            some = [Ref(ref.store, ref.index[piece].reshape(grid), ref.row) for ref in refs]
            self.add(form, key, ids[piece].reshape(grid), some, **more)

    def lay_out_lists(self, form: str, key: Any, found: list[int], lists: Sequence[Any]) -> None:
        """Add a group in which each member reduces a list of its own."""
        ref = self.ref(lists)
        index, signs = ref.index, ()
        if form == "total":
            signs = self.s.args[found[0]].addend_signs
            if -1 not in signs:
                index = np.sort(index, axis=1)
        order = by_place(index, range(len(found)))
        self.add(form, key, np.array(found)[order], [Ref(ref.store, index[order], ref.row)],
                 signs=signs)  # fmt: skip

    def lay_out_lookups(self, key: Any, found: list[int], args: Sequence[Any]) -> None:
        """Add groups that look every index up in every list: an embedding's are its columns."""
        members: dict[Any, dict[int, int]] = {}
        for i, (at, *numbers) in zip(found, args, strict=True):
            members.setdefault(tuple(numbers), {})[at] = i
        tables: dict[Any, list[Any]] = {}
        for numbers, of_index in members.items():
            tables.setdefault(tuple(sorted(of_index)), []).append(numbers)
        for indices, lists in tables.items():
            index, table = self.ref(indices), self.ref(lists)
            places = by_place(index.index[:, None], range(len(indices)))
            columns = by_place(table.index, range(len(lists)))
            ids = np.array([[members[lists[j]][indices[k]] for k in places] for j in columns])
            index.index, table.index = index.index[places], table.index[columns]
            self.add("lookup", key, ids, [index, table])

    def lay_out_dot(self, key: Any, found: list[int], totals: Sequence[Sum]) -> None:
        """Add a group of dot products that share no operands."""
        a, b = self.ref([t.a for t in totals]), self.ref([t.b for t in totals])
        if -1 not in totals[0].signs and strides_of(b.index) is None:
            terms = np.argsort(b.index, axis=1, kind="stable")  # a sum has any order
            a.index, b.index = (np.take_along_axis(r.index, terms, 1) for r in (a, b))
        order = by_place((b if b.row else a).index, range(len(found)))
        refs = [Ref(r.store, r.index[order], r.row) for r in (a, b)]
        refs += [
            self.ref([totals[k].addends[j] for k in order])
            for j in range(len(totals[0].addends))
        ]  # fmt: skip
        signs = (*totals[0].signs, *totals[0].addend_signs)
        self.add("dot", key, np.array(found)[order], refs, signs=signs)

    def lay_out_product(self, key: Any, found: list[int], totals: Sequence[Sum]) -> bool:
        """Add a matrix product, if the operand lists are all combinations of some with some."""
        if -1 in totals[0].signs or (len(found) == 1 and len(totals[0].a) <= FEW):
            return False
        product = find_product(totals)
        if product is None:
            return False
        a, b = self.ref(product.lefts), self.ref(product.rights)
        order = _inner_order(a.index, b.index)
        a.index, b.index = a.index[:, order], b.index[:, order]
        blocks = [(by_place(a.index, i), by_place(b.index, j)) for i, j in product.blocks]
        blocks.sort(key=lambda one: (b.index[one[1][0]].tolist(), a.index[one[0][0]].tolist()))
        at = product.at
        members = np.array(
            [[[at.get((i, j), -1) for j in js] for i in rows] for rows, js in blocks]
        )
        ids = np.where(members >= 0, np.array(found)[members], -1)
        operands = [
            Ref(a.store, np.stack([a.index[i] for i, _ in blocks]), a.row),
            Ref(b.store, np.stack([b.index[j].T for _, j in blocks]), b.row),
        ]
        for k in range(len(totals[0].addends)):
            of_member = np.array([t.addends[k] for t in totals])
            operands.append(self.ref(of_member[members]))  # where none is, any will do
        self.add("product", key, ids, operands, signs=(1, *totals[0].addend_signs))
        return True


def _inner_order(a: Array, b: Array) -> Array:
    """Return the order of the terms of products in which most lists of factors are even.

    Those on the right are many, and better not copied; constants are free.
    """
    orders = [
        np.arange(a.shape[1]),
        np.argsort(a[0], kind="stable"),
        np.argsort(b[0], kind="stable"),
    ]

    def cost(order: Array) -> int:
        free = a.min() >= _CONSTANTS
        return 2 * _is_uneven(b[:, order]) + (not free and _is_uneven(a[:, order]))

    return min(orders, key=cost)  # the first of the best


def _is_uneven(lists: Array) -> bool:
    return strides_of(lists[:1]) is None


def _distinct(places: Array) -> int:
    """Return how many different places there are."""
    ordered = np.sort(places)
    return 1 + int(np.count_nonzero(ordered[1:] != ordered[:-1]))


def _store_name(place: str, columns: dict[str, tuple[str, int]]) -> str:
    """Return a name for the array of a row argument, as x or x_a, that nothing else has."""
    name = re.sub(r"\W+", "_", place).strip("_")
    while (
        name in RESERVED or keyword.iskeyword(name) or any(name == s for s, _ in columns.values())
    ):
        name += "_"
    return name
