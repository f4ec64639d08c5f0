"""Noise: in training each number is moved by chance, so that no detail is relied upon."""

from __future__ import annotations

from math import isfinite
from typing import Any

from autograd import draw
from nn.initialisers import Seed, own_generator
from nn.inputs import Inputs, mapped
from nn.module import Module


class Noise(Module):
    """Add to each number a normal one of mean 0 and this standard deviation; in use add nothing.

    In front of an autoencoder it makes a denoising one, which sees every sample with new noise in
    every epoch. The generator is its own, started by `seed`, as a Dropout's is. Raises ValueError
    for a deviation below 0 or not finite. Sources: Vincent et al. 2008, "Extracting and Composing
    Robust Features with Denoising Autoencoders"; Bishop 1995, "Training with Noise is Equivalent to
    Tikhonov Regularization".

    >>> noise = Noise(0.1, seed=0)
    >>> [f"{x:.3f}" for x in noise([1.0, 2.0])]
    ['1.094', '1.860']
    >>> noise.eval()([1.0, 2.0])
    [1.0, 2.0]
    """

    def __init__(self, deviation: float = 0.1, *, seed: Seed = None) -> None:
        known = isinstance(deviation, (int, float)) and not isinstance(deviation, bool)
        if not known or not isfinite(deviation) or deviation < 0:
            raise ValueError(
                f"Noise(deviation={deviation!r}): a standard deviation is a number, 0 or above"
            )
        self.deviation = deviation
        self.generator = own_generator(seed)

    def __call__(self, x: Inputs) -> Any:
        if not self.training or self.deviation == 0:
            return x
        normal = self.generator.gauss
        return mapped(lambda x: x + self.deviation * draw(normal), x)

    def options(self) -> dict[str, Any]:
        """Return what makes it again: {"deviation": the standard deviation}."""
        return {"deviation": self.deviation}

    def __repr__(self) -> str:
        return f"Noise({self.deviation})"
