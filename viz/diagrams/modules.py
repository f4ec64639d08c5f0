"""What a model is made of: its modules as a tree, whatever its attributes are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from autograd import Value
from autograd.real import short
from viz.diagrams.neurons import neurons_of, parameters
from viz.diagrams.particulars import is_unit, words_of


@dataclass(eq=False)
class Block:
    """Hold one module: where it is, what it is, its parent and children, its own parameters.

    What is asked of it is kept: it must not change once the tree is whole.
    """

    path: str
    kind: str
    activation: str | None
    module: Any = None
    parent: Block | None = None
    depth: int = 0
    opens_at: int = 1  # the depth from which on its parts are shown instead of it
    children: list[Block] = field(default_factory=list)
    own: list[Value] = field(default_factory=list)

    @cached_property
    def lineage(self) -> list[Block]:
        """Return the blocks from the outermost to this one."""
        return [*(self.parent.lineage if self.parent else ()), self]

    @cached_property
    def inside(self) -> list[Block]:
        """Return this block and all in it, in order."""
        return [self, *(block for child in self.children for block in child.inside)]

    @cached_property
    def parameters(self) -> list[Value]:
        """Return the parameters of this block and of all in it."""
        return [p for block in self.inside for p in block.own]

    @cached_property
    def form(self) -> tuple[Any, ...]:
        """Return what blocks that can stand for each other have in common."""
        own = (self.kind, self.activation, len(self.own), *words_of(self.module))
        return (*own, *(c.form for c in self.children))


def blocks(model: Any) -> list[Block]:
    """Return the modules of a model, each before those inside.

    They are asked for by `named_modules` and `named_parameters`, which every `nn.Module` has;
    networks that have neither are taken for layers of neurons.
    """
    if hasattr(model, "named_modules"):
        modules, named = model.named_modules(), model.named_parameters()
    else:
        modules, named = _modules_of_layers(model)
    found: dict[str, Block] = {}
    for path, module in modules:
        activation = getattr(module, "activation", None)
        name = activation if type(activation) is str else None
        block = Block(path, type(module).__name__, name, module)
        if found:
            block.parent = found[_holder(path.rpartition(".")[0], found)]
            block.depth = block.parent.depth + 1
            block.parent.children.append(block)
        found[path] = block
    for path, p in named:
        found[_holder(path.rpartition(".")[0], found)].own.append(p)
    answer = list(found.values())
    deepest = deepest_unit(answer)
    for block in answer:
        block.opens_at = 1 + block.depth
        if block.parent is not None:
            least = deepest if is_unit(block.module) else block.depth
            block.opens_at = 1 + max(least, block.parent.opens_at)
    return answer


def deepest_unit(found: Sequence[Block]) -> int:
    """Return the depth at which all is shown, but for what layers and cells are made of."""
    inside = {inner for block in found if is_unit(block.module) for inner in block.inside[1:]}
    return max(block.depth for block in found if block not in inside)


def common(of: set[Block]) -> Block | None:
    """Return the innermost block that holds all of these, None for none of a kind."""
    first, *rest = of
    lineage = first.lineage
    for block in rest:
        other = set(block.lineage)
        lineage = [b for b in lineage if b in other]
    return lineage[-1] if lineage else None


def _holder(path: str, found: dict[str, Block]) -> str:
    while path not in found:
        path = path.rpartition(".")[0]
    return path


def _modules_of_layers(model: Any) -> tuple[list[tuple[str, Any]], list[tuple[str, Value]]]:
    modules: list[tuple[str, Any]] = [("", model)]
    named: list[tuple[str, Value]] = []
    for i, layer in enumerate(model.layers):
        modules.append((f"layers.{i}", layer))
        for j, neuron in enumerate(layer.neurons):
            path = f"layers.{i}.neurons.{j}"
            modules.append((path, neuron))
            named += [(f"{path}.{k}", p) for k, p in enumerate(parameters(neuron))]
    return modules, named


def parameters_of(model: Any) -> list[Value]:
    """Return all parameters, frozen ones included; raise TypeError if model is no model.

    >>> parameters_of(Value(1.0))
    Traceback (most recent call last):
    TypeError: model=Value(1.0) has no parameters to find: give an nn.Module, as nn.MLP(2, [3, 1])
    """
    if isinstance(model, type):
        name = model.__name__
        raise TypeError(f"model={name} is a class: give a model, as {name}(...)")
    if callable(getattr(model, "named_modules", None)) and hasattr(model, "named_parameters"):
        found = [p for _, p in model.named_parameters()]
    elif _is_of_neurons(model):
        found = [p for neuron in neurons_of(model) for p in parameters(neuron)]
    else:
        what = "layers not made of neurons" if hasattr(model, "layers") else "no parameters to find"
        raise TypeError(f"model={short(model)} has {what}: give an nn.Module, as nn.MLP(2, [3, 1])")
    if not found:
        raise ValueError(f"model={short(model)} has no parameters: leave model out")
    if not all(type(p) is Value for p in found):
        raise TypeError(f"model={short(model)}: its parameters are no Values, as those of nn are")
    return found


def _is_of_neurons(model: Any) -> bool:
    layers = getattr(model, "layers", None)
    return (
        isinstance(layers, Sequence)
        and bool(layers)
        and all(getattr(layer, "neurons", None) for layer in layers)
    )


def is_chain_of_neurons(model: Any) -> bool:
    """Say whether layers of neurons, one after the other, are all that the model is made of.

    Only of such a model is a row for each weight the whole picture.
    """
    if not _is_of_neurons(model):
        return False
    if not hasattr(model, "named_modules"):
        return True
    layers = list(model.layers)
    parts = {id(part) for part in (model, *layers, *neurons_of(model))}
    held = {p for neuron in neurons_of(model) for p in parameters(neuron)}
    widths = [len(layer.neurons) for layer in layers]
    fits = all(
        len(n.w) == width for width, layer in zip(widths, layers[1:], strict=False)
        for n in layer.neurons
    )  # fmt: skip
    return (
        fits
        and all(id(module) in parts for _, module in model.named_modules())
        and held.issuperset(p for _, p in model.named_parameters())
    )
