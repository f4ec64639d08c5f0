"""What lies on the devices between two steps, and the way there and home again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nn.data.arrays import Array
from nn.training.on_jax.spread import Arrays, Spread
from nn.training.on_jax.step import State, state_kept

if TYPE_CHECKING:
    from nn.training.run import Run


@dataclass
class Held:
    """Hold parameters, the optimizer's state and the last gradient.

    `before` is what the last loss was computed with, None before the first step. `spare` is memory
    that the next step writes its (parameters, state) to: one that is not finite leaves them all as
    they were. Its gradient takes the place of the last one.
    """

    function: Any  # autograd.program.jax.JaxFunction
    spread: Spread
    now: Arrays
    state: State
    gradient: Arrays
    spare: tuple[Arrays, State]
    before: Arrays | None = None

    @classmethod
    def of(cls, run: Run, function: Any, spread: Spread) -> Held:
        """Bring the numbers of a run to the devices."""

        def brought(flat: Array) -> Arrays:
            return spread.bring_parameters(function.pack(flat))

        nothing: Array = np.zeros(len(run.flat.numbers))
        kept = run.rule.arrays(len(nothing))
        state: State = {}
        spare: State = {}
        for key in dict.fromkeys([*state_kept(run.rule), *kept]):
            x = kept.get(key, 0 if key == "t" else nothing)
            state[key] = brought(x) if np.ndim(x) else x
            spare[key] = brought(nothing) if np.ndim(x) else x
        now, memory = brought(run.flat.numbers), (brought(nothing), spare)
        return cls(function, spread, now, state, brought(nothing), memory)

    def take(self, new: tuple[Arrays, State, Arrays], finite: bool) -> None:
        """Take what a step leads to; of one that is not finite, the gradient alone."""
        moved, after, self.gradient = new
        if not finite:
            self.spare = moved, after
            return
        before = self.before or self.spread.bring_parameters(  # the first time there is none
            {name: np.zeros(shape) for name, shape in self.spread.shapes.items()}
        )
        self.spare = before, self.state
        self.before, self.now, self.state = self.now, moved, after

    def home(self, arrays: Arrays) -> Array:
        """Return arrays by name as a flat one."""
        flat = self.function.unpack(self.spread.take_home(arrays))
        return np.asarray(flat, np.float64)

    def bring_home(self, run: Run) -> None:
        """Give the run all of it."""
        run.flat.numbers[:] = self.home(self.now)
        if self.before is not None:
            run.moved(self.home(self.before), self.home(self.gradient))
        state: dict[str, Any] = {}
        for key, x in self.state.items():
            state[key] = self.home(x) if isinstance(x, dict) else int(x)
            if key == "t" and isinstance(x, dict):  # parameters with counts of their own
                state[key] = np.rint(state[key]).astype(int)
        run.rule.put_arrays(state)
