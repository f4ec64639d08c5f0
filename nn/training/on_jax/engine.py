"""The engine that runs whole steps on the devices of JAX: see `program_of` in step.py.

Between batches parameters, gradient and the optimizer's state stay there; they come home when the
run is asked for them, and go back with the next step, since whoever asks may change them.
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.program.jax import JaxFunction
from autograd.program.recording.draws import Draws
from nn.module import left_as_it_was
from nn.optimizers.optimizer import Optimizer
from nn.training.compiled import Compiled
from nn.training.engines import Objective
from nn.training.finite import NotFiniteError, overflow, what_is_odd
from nn.training.flat import Flat
from nn.training.interrupts import uninterrupted
from nn.training.lost import LostError
from nn.training.on_jax.held import Held
from nn.training.on_jax.mesh import mesh_of
from nn.training.on_jax.processes import check_same, leads
from nn.training.on_jax.spread import Arrays, Spread
from nn.training.on_jax.step import may_vary, program_of
from nn.training.samples import Samples

if TYPE_CHECKING:
    from nn.training.run import Run

_LOOKED_AT = 10_000  # samples, if those of the first comparison do not take every branch


class OnDevices(Compiled):
    """Make each step by one program, rows spread over devices; or raise TypeError saying why not.

    Rows that the devices do not divide are filled up with copies of the first, of weight 0, and so
    is a last batch that is smaller.
    """

    name = "jax"

    def __init__(
        self, objective: Objective, flat: Flat, devices: Any, shard: str | None, dtype: str
    ) -> None:
        if shard not in (None, "parameters"):
            raise ValueError(f"shard={shard!r}: None or 'parameters'")
        self.mesh, self.shard, self.dtype = mesh_of(devices, dtype), shard, dtype
        self.leads = leads()
        super().__init__(objective, flat)
        self.function: Any = None
        self.held: Held | None = None
        self.program: Any = None
        self.fixed: Arrays = {}  # numbers that all rows share and that are not trained
        self.options: dict[str, Any] = {}  # of the optimizer that the program is of
        self.varying = {"lr"}  # those of them that the program is given at each step

    def step(self, run: Run, samples: Samples) -> None:
        """Make the step of a batch; Ctrl-C comes before it or after it."""
        drawn_before = self._states()
        if self.bound is None:
            self._make(run, samples)
        rows = self._rows(run, samples)
        self._look_at_options(run.rule)
        self.held = held = self.held or Held.of(run, self.function, self.spread)
        options = {name: self.options[name] for name in sorted(self.varying)}
        memory = *held.spare, held.gradient
        arguments = held.now, held.state, memory, self.fixed, options, *rows
        if self.program is None:
            self.program = program_of(
                self.function.value_and_grad, run.rule, self.spread, arguments, bool(run.metrics),
                self.function.compiler_options(self.mesh.devices.flat[0].platform),
            )  # fmt: skip
        with uninterrupted():
            self.held = None  # until it is known that the step could be made
            try:
                report, new, outputs = self.program(*arguments)
                loss, finite = np.asarray(report).tolist()
            except Exception as error:
                why = (str(error) or type(error).__name__).splitlines()[0]
                raise LostError(
                    f"engine='jax': the step failed on the devices ({why}), and the numbers that "
                    "lay there are gone: the model has those that were last looked at. Go on from "
                    "a checkpoint, by resume="
                ) from error
            self.held = held
            held.take(new, bool(finite))
            if finite:
                given = np.asarray(outputs)[: len(samples), 1:] if run.metrics else np.zeros(0)
                run.stepped(loss, given.reshape(len(given), *self.shape).tolist())
                return
        if not (odd := what_is_odd(loss, held.home(held.gradient), self.flat.values)):
            raise overflow(run.rule)
        if not self._branches_anew(run, samples):
            raise NotFiniteError(odd, computed=True)
        self._put_back(drawn_before)
        self.step(run, samples)

    def settle(self, run: Run) -> None:
        """Bring parameters, gradient and the optimizer's state home, if they are away."""
        held, self.held = self.held, None
        if held is not None:
            held.bring_home(run)

    def look_again(self) -> None:
        """Record anew if modules have changed, and read the numbers that are not trained."""
        super().look_again()
        if self.bound is not None:
            self._fix()

    def _make(self, run: Run, samples: Samples) -> None:
        """Make the function of JAX, after the program of NumPy has been compared with graphs."""
        numbers = run.parameters
        check_same(run)
        try:
            self._begin(numbers, samples)
            if any(program.guarded for program in self._programs()):
                some = run.samples.first()
                more = some.take(range(min(_LOOKED_AT, len(some))))
                with left_as_it_was(self.objective.model):
                    self._run(numbers, more)
            self._translate(run)
        except Exception as error:
            self._give_up(f"{type(error).__name__}: {error}")
        count, platform = self.mesh.devices.size, self.mesh.devices.flat[0].platform
        self.told = f"jax on {count} {platform} device{'s' * (count > 1)}"

    def _programs(self) -> list[Any]:
        """Return the programs recorded so far, one for each way to branch."""
        found: list[Any] = self.bound.compiled.recordings.latest()
        return found

    def _translate(self, run: Run) -> None:
        """Make one function of all programs; rows that none of them is for give nan."""
        numbers = run.parameters  # home, as the arrays of another function may be others
        self.function = JaxFunction(self.bound.compiled, self._programs(), complete=False)
        shapes = {name: np.shape(x) for name, x in self.function.pack(numbers).items()}
        self.spread = Spread(self.mesh, shapes, self.dtype, self.shard == "parameters")
        self.program, self.options = None, run.rule.options
        self._fix()

    def _branches_anew(self, run: Run, samples: Samples) -> bool:
        """Say whether rows branch in ways that no program was for: now there are some for them.

        Raises what the loss raises for a row.
        """
        known = len(self._programs())
        with left_as_it_was(self.objective.model):
            loss, gradient, _ = self._run(run.parameters, samples)
        if len(self._programs()) > known:
            self._translate(run)
            return True
        if isfinite(loss) and np.isfinite(gradient).all():
            self._give_up("its rows branch in more ways than there are programs for")
        return False

    def _fix(self) -> None:
        bring, everywhere = self.spread.bring, self.spread.everywhere
        fixed = self.function.fixed
        self.fixed = {name: bring(np.array(x), everywhere) for name, x in fixed.items()}

    def _rows(self, run: Run, samples: Samples) -> tuple[Any, Any, Any]:
        """Return rows, weights and draws on the devices: as many for every batch of the run."""
        n, of_x, of_y = len(samples), *self.types
        columns = [np.asarray(samples.X, of_x), np.asarray(samples.y, of_y)]
        if draws := self.function.draws:
            columns.append(Draws(n).of(draws, np.arange(n)))
        known = run.samples.count if run.samples.in_memory else None  # a stream's comes late
        most = min(run.batch_size, known or run.batch_size)
        size = -(-most // self.spread.count) * self.spread.count
        weights, *columns = self.spread.bring_rows([np.full(n, 1 / n), *columns], size)
        return tuple(columns[:2]), weights, columns[2] if draws else None

    def _look_at_options(self, optimizer: Optimizer) -> None:
        """Compile anew for options that are not those of the program, and then give it these."""
        now, before = optimizer.options, self.options
        differ = {name for name in now if name not in self.varying and now[name] != before[name]}
        self.varying |= {name for name in differ if may_vary(before[name], now[name])}
        if differ:
            self.program = None
        self.options = now
