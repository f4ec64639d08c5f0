"""The state of an adversarial training, which callbacks look at, and its loop."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil
from typing import Any

import numpy as np

from nn.data.arrays import Floats
from nn.generative.player import NotFiniteError, Player
from nn.module import Module, same_modes
from nn.training.callbacks import tell
from nn.training.diverged import DivergedError
from nn.training.history import History
from nn.training.interrupts import Interrupted
from nn.training.tally import mean_of

COLUMNS = ("discriminator_loss", "generator_loss")


@dataclass(eq=False, repr=False)
class Rivalry:
    """Hold both networks, whose numbers are those of the last epoch, and how far training is.

    Within an epoch `write_back()` gives them the numbers of the last step. `epoch` and `batch`
    count from 1 while callbacks are called; `error` is what ended it, if anything did.
    """

    generator: Module
    discriminator: Module
    forger: Player  # makes the steps of the generator
    critic: Player  # makes those of the discriminator
    samples: Floats
    noise: int
    epochs: int
    batch_size: int
    discriminator_steps: int
    source: np.random.RandomState
    callbacks: list[Any]

    history: History = field(default_factory=lambda: History({name: [] for name in COLUMNS}))
    finished: int = 0  # whole epochs
    batch: int = 0  # whole batches of the present epoch
    stopped: str = ""
    error: BaseException | None = None

    @property
    def batches(self) -> int:
        """Return how many batches of real samples an epoch has."""
        return ceil(len(self.samples) / self.batch_size)

    @property
    def epoch(self) -> int:
        """Return the number of the present epoch, from 1; of the last one at the end."""
        return min(self.finished + 1, self.epochs)

    def stop(self, why: str = "a callback stopped it") -> None:
        """End after this epoch; `why` will be `history.stopped`."""
        self.stopped = why

    def write_back(self) -> None:
        """Give both networks' Values the numbers that they have now."""
        self.forger.write_back()
        self.critic.write_back()

    def train(self) -> History:
        """Run all epochs, and leave everything in order however that ends."""
        with same_modes(self.generator), same_modes(self.discriminator):
            self.generator.train()
            self.discriminator.train()
            try:
                self._tell("on_fit_start")
                while self.finished < self.epochs and not self.stopped:
                    self._epoch()
            except BaseException as error:
                self.error = error
                self.write_back()
                self._tell("on_interrupt")
                raise self._told(error) from None
            finally:
                self.write_back()
                self.history.stopped = self.stopped
                self._tell("on_fit_end")
        return self.history

    def _epoch(self) -> None:
        doubts: list[float] = []
        fooled: list[float] = []
        order = self.source.permutation(len(self.samples))
        while self.batch < self.batches:
            first = self.batch * self.batch_size
            real = self.samples[order[first : first + self.batch_size]]
            doubts.append(self.critic.step(real, self._noise(len(real))))
            self.forger.see(self.critic)
            if (self.batch + 1) % self.discriminator_steps == 0:
                fooled.append(self.forger.step(self._noise(self.batch_size)))
                self.critic.see(self.forger)
            self.batch += 1
            self._tell("on_batch_end")
        means = [mean_of(losses, [1] * len(losses)) for losses in (doubts, fooled)]
        self.history.append(dict(zip(COLUMNS, means, strict=True)))
        self.write_back()
        self._tell("on_epoch_end")
        self.finished, self.batch = self.finished + 1, 0

    def _tell(self, occasion: str) -> None:
        state: Any = self  # a fit's callbacks do here, too
        tell(self.callbacks, occasion, state)

    def _noise(self, count: int) -> Floats:
        return self.source.standard_normal((count, self.noise))

    def _told(self, error: BaseException) -> BaseException:
        """Return what is raised in the place of an error, with the history."""
        place = f"epoch {self.epoch} of {self.epochs}, after {self.batch} of {self.batches} batches"
        if isinstance(error, KeyboardInterrupt):
            self.stopped = f"interrupted in {place}"
            return Interrupted(f"fit_adversarial was interrupted in {place}", self.history)
        if isinstance(error, NotFiniteError):
            words = f"fit_adversarial: {error} in {place}; the networks have the numbers of the "
            words += "last step. Try lower learning rates, clip_norm= or standardised samples"
            return DivergedError(words, self.epoch, self.batch + 1, None, self.history)
        error.add_note(f"fit_adversarial ended in {place}")
        return error
