"""What optimizers have in common: parameters, options, and one update rule applied in two ways.

An optimizer is its options and one method, `update(p, g, state)`, that serves a number and an array
alike. `step` applies it to Values one by one, each with a state of its own; `step_array` to a flat
array, with the same bits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Self

import numpy as np

from autograd import Value, numbers
from autograd.real import plain_number, short
from nn.optimizers.clipping import checked_choice, checked_limit, clipped
from nn.optimizers.options import Options, in_use
from nn.optimizers.state import State, as_arrays, as_columns, as_rows, checked_columns


@dataclass(eq=False, repr=False)
class Optimizer(Options):
    """Hold parameters and options; a subclass writes its rule in `update`, its state in `kept`.

    `params` are for a loop of one's own; without them the optimizer is given to `fit`. `lr` is a
    plain attribute, which schedules set. `weight_decay` adds weight_decay * p to the gradient, that
    of the penalty weight_decay / 2 * p**2; `clip` and `clip_norm` clip gradients by value or global
    norm before that. Raises ValueError for options out of range and for parameters that are none,
    given twice or results, TypeError for what is no number, no Value or no option.
    """

    kept: ClassVar[tuple[str, ...]] = ()

    params: Sequence[Value] | None = None
    lr: Any = 0.01
    weight_decay: Any = field(default=0, kw_only=True)
    clip: Any = field(default=None, kw_only=True)
    clip_norm: Any = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        self._state: State = []
        if self.params is not None:
            self.params = self._checked_parameters(self.params)
        self.lr = self._above_zero("lr", "the learning rate must be above zero")
        self.weight_decay = self._number("weight_decay")
        if not self.weight_decay >= 0:
            raise ValueError(f"{self._given('weight_decay')}: it must be zero or above")
        for name in ("clip", "clip_norm"):
            if (limit := getattr(self, name)) is not None:
                setattr(self, name, checked_limit(name, limit))
        checked_choice(type(self).__name__, self.clip, self.clip_norm)

    def update(self, p: Any, g: Any, state: dict[str, Any]) -> Any:
        """Return the new p for the gradient g, and put the new state in the place of the old.

        p and g are two numbers or two arrays; state is empty at the start.
        """
        raise NotImplementedError(f"{type(self).__name__}.update(p, g, state): write the rule here")

    def decay(self, p: Any, g: Any) -> tuple[Any, Any]:
        """Return p and g as the rule sees them: with the penalty's gradient in g."""
        return (p, g + self.weight_decay * p) if in_use(self.weight_decay) else (p, g)

    def bind(self, params: Iterable[Value]) -> Self:
        """Take these parameters and return self; parameters in the place of others start anew.

        A state that was loaded before stays. Raises ValueError if it is of another number of them.
        """
        new = self._checked_parameters(params)
        if self.params is None:
            as_rows(self._state, len(new))
        elif list(map(id, self.params)) != list(map(id, new)):
            self._state = []
        self.params = new
        return self

    def zero_grad(self) -> None:
        """Set the grad of every parameter to zero: 0.0, or 0 for exact numbers."""
        for p in self._bound("zero_grad"):
            p.grad = numbers.zero(p.data)

    def step(self) -> None:
        """Move every parameter that a backward pass has reached; the others (grad None) stay.

        Raises ValueError if the optimizer was made without parameters.
        """
        params = self._bound("step")
        rows = as_rows(self._state, len(params))
        reached = [i for i, p in enumerate(params) if p.grad is not None]
        gradients = clipped([params[i].grad for i in reached], self.clip, self.clip_norm)
        moved = []
        for i, g in zip(reached, gradients, strict=True):
            state = dict(rows[i])  # an error in a rule leaves everything as it was
            new = self.update(params[i].data, g, state)
            moved.append(new if type(new) is float else plain_number(new, "step"))
            rows[i] = state
        self._state = rows
        for i, new in zip(reached, moved, strict=True):
            params[i].data = new

    def step_array(self, p: Any, g: Any) -> None:
        """Move a flat array of float64 in place, given its gradients: step's bits, at array speed.

        Raises TypeError for other arrays, ValueError if their sizes differ or have changed.
        """
        for name, array in (("p", p), ("g", g)):
            if not isinstance(array, np.ndarray) or array.dtype != float or array.ndim != 1:
                raise TypeError(
                    f"step_array: {name}={short(array)} must be a flat NumPy array of float64"
                )
        count = p.size if self.params is None else len(self.params)
        if not p.size == g.size == count:
            raise ValueError(
                f"step_array: {p.size} numbers, {g.size} gradients and {count} parameters; "
                "there must be as many of each"
            )
        state = self.arrays(p.size)
        with np.errstate(all="ignore"):  # inf and nan without warnings, as floats have them
            new = self.update(p, clipped(g, self.clip, self.clip_norm), state)
        p[:], self._state = new, state

    def arrays(self, count: int) -> dict[str, Any]:
        """Return the state for so many parameters as `step_array` keeps it: flat arrays."""
        return dict(as_arrays(self._state, count))

    def put_arrays(self, state: dict[str, Any]) -> None:
        """Take a state of this form, made by a program that moves parameters by `update`."""
        self._state = state

    @property
    def options(self) -> dict[str, Any]:
        """Return every option with its present value."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name != "params"}

    def state_dict(self) -> dict[str, Any]:
        """Return options and state as dicts, lists and numbers: JSON keeps them to the last bit."""
        options = {k: list(x) if isinstance(x, tuple) else x for k, x in self.options.items()}
        return {
            "optimizer": type(self).__name__,
            "lr": options.pop("lr"),
            "options": options,
            "state": as_columns(self._state, self.kept),
        }

    def load_state_dict(self, saved: Mapping[str, Any]) -> None:
        """Take options and state from `state_dict()`, after checking all of it.

        Raises ValueError for the state of another optimizer or another number of parameters.
        """
        name = type(self).__name__
        if not isinstance(saved, Mapping) or saved.keys() != self.state_dict().keys():
            raise ValueError(f"{name}: {short(saved)} is not what {name}.state_dict() returns")
        if saved["optimizer"] != name:
            raise ValueError(f"{name}: the saved state is of {saved['optimizer']!r}")
        same = type(self)(**saved["options"])  # checks them
        lr = plain_number(saved["lr"], "lr")
        if not lr >= 0:  # 0 at the end of a schedule
            raise ValueError(f"{name}: the saved state has lr={lr!r}; it must be zero or above")
        columns = checked_columns(saved["state"], self.kept, name, self.params)
        vars(self).update(same.options, lr=lr)
        self._state = columns

    def __repr__(self) -> str:
        count = len(self.params) if self.params is not None else 0
        shown = [f"{count} parameter{'s' * (count > 1)}"] if count else []
        default = {f.name: f.default for f in fields(self)}
        for name, x in self.options.items():
            if name == "lr" or x != default[name]:
                shown.append(f"{name}={x!r}")
        return f"{type(self).__name__}({', '.join(shown)})"

    def _bound(self, use: str) -> Sequence[Value]:
        if self.params is None:
            name = type(self).__name__
            raise ValueError(
                f"{name}.{use}(): this optimizer has no parameters; write "
                f"{name}(model.parameters(), lr={self.lr!r}), or give it to fit, which steps itself"
            )
        return self.params

    def _checked_parameters(self, params: Iterable[Value]) -> list[Value]:
        name = type(self).__name__
        if isinstance(params, Value) or not isinstance(params, Iterable):
            raise TypeError(
                f"{name}({short(params)}): the first argument is a list of Values, as "
                f"model.parameters(), or none: {name}(lr=0.1)"
            )
        found = list(params)
        if not found:
            raise ValueError(f"{name}([]): no parameters; pass model.parameters()")
        for p in found:
            if not isinstance(p, Value):
                raise TypeError(f"{name}: {short(p)} is not a Value; pass model.parameters()")
            if p.rule is not None:
                raise ValueError(
                    f"{name}: {short(p)} is the result of {p.rule.name}; a step would have no "
                    "effect on it. Pass the Values that it was computed from"
                )
        if len(set(found)) < len(found):
            raise ValueError(f"{name}: a parameter is given twice, and would be moved twice")
        return found
