"""What has parameters: a neuron, a layer, a network, or a class of your own made of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from autograd import Value


class Module:
    """Collect the parameters held in attributes, in the order in which these were set.

    A parameter is a leaf `Value`; one in a Module, list, tuple or dict among the attributes is
    found too, and one that is shared counts once, under its first name.

    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope, self.offsets = Value(2.0), [Value(1.0), Value(-1.0)]
    >>> [name for name, _ in Line().named_parameters()]
    ['slope', 'offsets.0', 'offsets.1']
    """

    def named_parameters(self) -> list[tuple[str, Value]]:
        """Return [(path, parameter), ...]; paths are attribute names and indices with dots."""
        first_names: dict[Value, str] = {}
        for name, parameter in _leaves(vars(self)):
            first_names.setdefault(parameter, name)
        return [(name, parameter) for parameter, name in first_names.items()]

    def parameters(self) -> list[Value]:
        """Return every parameter once, in the same order on every call."""
        return [parameter for _, parameter in self.named_parameters()]

    def zero_grad(self) -> None:
        """Set the grad of every parameter to zero: 0.0, or 0 for exact numbers."""
        for parameter in self.parameters():
            parameter.grad = 0.0 if isinstance(parameter.data, float) else 0


def _leaves(holder: Any) -> Iterator[tuple[str, Value]]:
    """Yield (path, leaf) for all leaf Values in a module, mapping or sequence."""
    if isinstance(holder, Module):
        holder = vars(holder)
    if isinstance(holder, Mapping):
        items = list(holder.items())
    elif isinstance(holder, (list, tuple)):
        items = list(enumerate(holder))
    else:
        return
    for key, item in items:
        if isinstance(item, Value):
            if item.rule is None:  # a result kept in an attribute is no parameter
                yield str(key), item
        else:
            for path, leaf in _leaves(item):
                yield f"{key}.{path}", leaf
