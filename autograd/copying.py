"""Pickling and copying of graphs of any depth: ancestors first, so that nothing recurses.

`pickle` follows references, and a chain of a million Values is a million references deep. So
a Value is pickled as the list of its ancestors, inputs first, and then itself: whatever it refers
to, the pickler has seen already. While the list is being written each member gives itself only.
"""

from __future__ import annotations

import copyreg
import threading
from collections.abc import Iterator
from typing import Any

from autograd.value import Value, nodes, restore

_local = threading.local()


class _Ancestors:
    """Stand for the ancestors of a value, which are pickled or copied before it."""

    def __init__(self, v: Value) -> None:
        self.v = v

    def __reduce__(self) -> tuple[Any, ...]:
        return list, (), None, self._one_by_one()

    def _one_by_one(self) -> Iterator[Value]:
        _local.inside = True
        try:
            yield from nodes(self.v)[:-1]
        finally:
            _local.inside = False

    def __deepcopy__(self, memo: dict[int, Any]) -> None:
        ancestors: dict[Value, None] = {}  # those that memo does not have
        waiting = [self.v]
        for v in waiting:
            for x in v.inputs:
                if type(x) is Value and x not in ancestors and id(x) not in memo:
                    ancestors[x] = None
                    waiting.append(x)
        for v in sorted(ancestors, key=lambda v: v.number):
            inputs = tuple([memo[id(x)] if type(x) is Value else x for x in v.inputs])
            memo[id(v)] = restore(v.data, v.grad, v.rule, inputs, v.label)


def _rebuild(ancestors: Any, *fields: Any) -> Value:
    """Make a Value anew, with a number later than those of its ancestors."""
    return restore(*fields)


def reduce(v: Value) -> tuple[Any, ...]:
    """Return what `pickle` and `copy` need: a function and its arguments, ancestors first."""
    inside = v.rule is None or getattr(_local, "inside", False)
    ancestors = None if inside else _Ancestors(v)
    return _rebuild, (ancestors, v.data, v.grad, v.rule, v.inputs, v.label)


copyreg.pickle(Value, reduce)
