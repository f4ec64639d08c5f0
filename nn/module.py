"""What has parameters: a neuron, a layer, a network, or a class of your own made of them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from random import Random
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from autograd import Value, no_grad
from autograd.numbers import zero
from autograd.real import plain_number
from nn.data.arrays import Array, Floats
from nn.inputs import numbers_of
from nn.places import Place, read, same_names, write
from nn.predictions import predicted
from nn.programs import outputs_of

if TYPE_CHECKING:
    from nn.storage.summary import Summary


class Module:
    """Collect the parameters held in attributes, in the order in which these were set.

    A parameter is a leaf `Value`; one in a Module, list, tuple or dict among the attributes is
    found too, and one that is shared counts once, under its first name. A class of your own needs
    a `__call__` that takes one sample and returns a Value or a list of them. Numbers that belong
    to the state but are no parameters are lists of plain numbers whose names stand in `buffers`.

    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope, self.offsets = Value(2.0), [Value(1.0), Value(-1.0)]
    >>> [name for name, _ in Line().named_parameters()]
    ['slope', 'offsets.0', 'offsets.1']
    """

    buffers: ClassVar[tuple[str, ...]] = ()
    training: bool = True
    modes_set: ClassVar[int] = 0  # how often a module's mode was set: programs look here
    frozen: bool = False

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "training":
            Module.modes_set += 1
        object.__setattr__(self, name, value)

    def __call__(self, x: Any) -> Any:
        raise NotImplementedError(
            f"{type(self).__name__} lacks __call__(self, x): "
            "it takes one sample and returns a Value or a list of Values"
        )

    def named_modules(self) -> list[tuple[str, Module]]:
        """Return [(path, module), ...], this one first, with the path "", then those inside."""
        parts = _parts(self, leaves=False)
        return [(path, part) for path, _, part in parts if isinstance(part, Module)]

    def named_parameters(self) -> list[tuple[str, Value]]:
        """Return [(path, parameter), ...], frozen ones included.

        Paths are attribute names and indices with dots between them.
        """
        first_names: dict[Value, str] = {}
        for name, _, part in _parts(self):
            if isinstance(part, Value):
                first_names.setdefault(part, name)
        return [(name, parameter) for parameter, name in first_names.items()]

    def parameters(self) -> list[Value]:
        """Return every parameter that is not frozen once, in the same order on every call.

        What a frozen module holds is frozen, whoever else holds it.
        """
        held = self._held()
        frozen = {p for owner, p in held if owner.frozen}
        return [p for p in dict.fromkeys(p for _, p in held) if p not in frozen]

    def _held(self) -> list[tuple[Module, Value]]:
        """Return [(the module that holds it, parameter), ...]; several for one that is shared."""
        return [(owner, part) for _, owner, part in _parts(self) if isinstance(part, Value)]

    def zero_grad(self) -> None:
        """Set the grad of every parameter to zero: 0.0, or 0 for exact numbers."""
        frozen = {p for owner, p in self._held() if owner.frozen}
        for parameter in [*self.parameters(), *frozen]:
            parameter.grad = zero(parameter.data)

    def freeze(self) -> Self:
        """Leave the parameters of this module, and of those inside, out of `parameters()`.

        A parameter shared with another module is frozen there too.

        >>> from nn.layers.mlp import MLP
        >>> model = MLP(2, [3, 1])
        >>> _ = model.layers[0].freeze()
        >>> [p.label for p in model.parameters()]
        ['w2,1,1', 'w2,1,2', 'w2,1,3', 'b2,1']
        """
        return self._set("frozen", True)

    def unfreeze(self) -> Self:
        """Give the parameters of this module, and of those inside, back to training."""
        return self._set("frozen", False)

    def train(self) -> Self:
        """Switch this module and those inside to training, as they are at first."""
        return self._set("training", True)

    def eval(self) -> Self:
        """Switch this module and those inside to use: no dropout, no statistics of batches."""
        return self._set("training", False)

    def _set(self, flag: str, on: bool) -> Self:
        for _, module in self.named_modules():
            setattr(module, flag, on)
        return self

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to a file that `nn.load` reads: see `nn.storage.models.save`."""
        from nn.storage.models import save

        save(self, path)

    def summary(self, sample: Any = None) -> Summary:
        """Return a table of the layers: what they are, give out and learn; it prints itself.

        A sample, as an image, lets it say the shapes that only a call can tell.
        """
        from nn.storage.summary import summary

        return summary(self, sample)

    def batch(self, rows: Iterable[Any]) -> list[Any]:
        """Return the outputs for many samples; layers that look at a whole batch see it here."""
        return [self(x) for x in rows]

    def predict(self, X: Any, out: Any = None) -> Floats:
        """Return the raw outputs for many samples as an array of shape (samples, outputs).

        X is an array or a list with a row for each sample, or an image, or whatever the model is
        called with; many run as a program. Outputs in nested lists give the array more dimensions.
        The layers behave as in `eval` mode, and their own mode is put back afterwards. A memory map
        and an nn.data.Stream are read block by block. With `out`, an array or a memory map of that
        shape, the outputs are written there, and it is returned. Raises
        ValueError if there is no row, the rows are of unequal lengths, or `out` has another shape,
        and TypeError if that is no array of floats.

        >>> from nn.layers.mlp import MLP
        >>> MLP(2, [3, 2], seed=0).predict([[0.0, 0.0], [0.0, 0.0]])
        array([[0., 0.],
               [0., 0.]])
        """
        with same_modes(self):
            self.eval()
            return predicted(self._outputs, X, out)

    def _outputs(self, X: Array) -> Floats:
        """Return the outputs for samples in an array, in the modes that the modules have."""
        if (found := outputs_of(self, X)) is not None:
            return found
        rows = (X.astype(int) if X.dtype.kind == "b" else X).tolist()
        with no_grad():
            outputs = self.batch(rows)
        return np.array([numbers_of(output) for output in outputs], dtype=float)

    def state_dict(self) -> dict[str, Any]:
        """Return {path: number} for every parameter, frozen ones included, and every buffer.

        >>> from nn.layers.neuron import Neuron
        >>> Neuron(1, init=lambda *_: 0.5).state_dict()
        {'w.0': 0.5, 'b': 0.0}
        """
        return {name: read(place) for name, place in self._state().items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take the numbers of a `state_dict` of a model of the same form.

        Everything is looked at before anything is changed. Raises ValueError for names that are
        missing or unknown, TypeError for what is not a real number.
        """
        places = self._state()
        use = f"{type(self).__name__}.load_state_dict"
        same_names(use, "numbers", list(places), state)
        found = {name: plain_number(x, f"{use}: {name!r}") for name, x in state.items()}
        for name, place in places.items():
            x = found[name]
            is_float = isinstance(read(place), float) and isinstance(x, int)
            write(place, float(x) if is_float else x)

    def _state(self) -> dict[str, Place]:
        """Return {path: where the number is}."""
        places: dict[str, Place] = dict(self.named_parameters())
        for path, module in self.named_modules():
            for name in module.buffers:
                numbers = getattr(module, name)
                for i in range(len(numbers)):
                    places[f"{path}.{name}.{i}" if path else f"{name}.{i}"] = numbers, i
        return places

    def random_state(self) -> dict[str, Any]:
        """Return {path: state} of every `random.Random` inside, as JSON can keep it."""
        states = {name: generator.getstate() for name, generator in self.generators().items()}
        return {name: [version, list(n), rest] for name, (version, n, rest) in states.items()}

    def set_random_state(self, state: Mapping[str, Any]) -> None:
        """Take a `random_state`: what is drawn from now on is what was drawn after it.

        Everything is looked at before anything is changed. Raises ValueError for names that are
        missing or unknown, and for what is no state of a generator.
        """
        generators = self.generators()
        use = f"{type(self).__name__}.set_random_state"
        same_names(use, "states", list(generators), state)
        found = {}
        for name, given in state.items():
            try:
                version, numbers, rest = given
                found[name] = (version, tuple(numbers), rest)
                Random().setstate(found[name])
            except (TypeError, ValueError) as error:
                raise ValueError(
                    f"{use}: {name!r} is no state of a generator ({error}); "
                    "give what random_state() returned"
                ) from None
        for name, generator in generators.items():
            generator.setstate(found[name])

    def generators(self) -> dict[str, Random]:
        """Return {path: generator} of every `random.Random` inside."""
        return {path: part for path, _, part in _parts(self) if isinstance(part, Random)}


@contextmanager
def same_modes(model: Module) -> Iterator[None]:
    """Put every module's mode, training or use, back at the end of a block."""
    modes = [(module, module.training) for _, module in model.named_modules()]
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode


@contextmanager
def left_as_it_was(model: Module) -> Iterator[None]:
    """Put numbers, generators and gradients of a model back at the end of a block."""
    places = model._state()
    numbers = {name: read(place) for name, place in places.items()}
    gradients = [(p, p.grad) for p in places.values() if isinstance(p, Value)]
    states = [(generator, generator.getstate()) for generator in model.generators().values()]
    try:
        yield
    finally:
        for name, place in model._state().items():
            write(place, numbers[name])
        for generator, state in states:
            generator.setstate(state)
        for p, gradient in gradients:
            p.grad = gradient


def _parts(part: Any, leaves: bool = True) -> Iterator[tuple[str, Module, Any]]:
    """Yield (path, owner, part) for a module and every module, leaf Value and Random inside.

    The owner is the module that holds it; a module that is held twice is entered once. Without
    leaves the Values in lists are passed over, of which a large model has very many.
    """
    waiting: list[tuple[str, Any, Any]] = [("", part, part)]
    entered = set()
    while waiting:
        path, owner, part = waiting.pop()
        if type(part) is Value:  # most parts are: looked at first
            if part.rule is None:
                yield path, owner, part  # a result kept in an attribute is no parameter
            continue
        if isinstance(part, Module):
            if id(part) in entered:
                continue
            entered.add(id(part))
            yield path, part, part
            owner, inner = part, list(vars(part).items())
        elif isinstance(part, Mapping):
            inner = list(part.items())
        elif isinstance(part, (list, tuple)):
            inner = [(str(i), x) for i, x in enumerate(part) if leaves or type(x) is not Value]
        else:
            if isinstance(part, Random):
                yield path, owner, part
            continue
        waiting += [(f"{path}.{key}" if path else f"{key}", owner, x) for key, x in inner[::-1]]
