"""The variational autoencoder: a code is a distribution, so that codes drawn anew make samples."""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite, log, pi
from typing import Any

import numpy as np

from autograd import draw, exp, expm1, sum
from autograd.activations import sigmoid
from nn.data.arrays import Floats, unknown
from nn.data.nested import tensor
from nn.generative.autoencoder import Autoencoder, check_sizes, in_form_of
from nn.initialisers import Seed, own_generator
from nn.inputs import Inputs, flattened, listed
from nn.losses import binary_cross_entropy_with_logits, mean_squared_error
from nn.module import Module

LIKELIHOODS = ("bernoulli", "normal")


class VariationalAutoencoder(Autoencoder):
    """Compute decoder(z) of a code drawn anew: z = m + exp(s/2) * e, e standard normal.

    The encoder gives the n means m and then the n logarithms s of the variances of q(z | x); the
    decoder is called with n numbers and gives the logits of p(x | z) for pixels in [0, 1]
    ("bernoulli"), or the means of normal distributions of standard deviation `deviation`
    ("normal"). What is returned is one list: the decoder's numbers, m and s, all that the loss
    takes: `nn.fit(model, X, X, loss=model.negative_elbo)`. In use (`eval`) e is 0. Its own
    generator, started by `seed`, draws e. Raises ValueError for other likelihoods, a deviation not
    above 0, an encoder that gives an odd count of numbers, and a decoder that gives more or fewer
    than a sample has. Source: Kingma and Welling 2014, "Auto-Encoding Variational Bayes", section
    2.4 and appendices B and C.

    >>> from nn.layers.layer import Layer
    >>> model = VariationalAutoencoder(Layer(3, 2, seed=0), Layer(1, 3, seed=1))
    >>> len(model([0.0, 1.0, 1.0])), model.generate([[0.0], [1.0]]).shape
    (5, (2, 3))
    """

    def __init__(
        self,
        encoder: Module,
        decoder: Module,
        likelihood: str = "bernoulli",
        deviation: float = 1.0,
        *,
        seed: Seed = None,
    ) -> None:
        super().__init__(encoder, decoder)
        if likelihood not in LIKELIHOODS:
            raise unknown("likelihood", likelihood, LIKELIHOODS)
        known = isinstance(deviation, (int, float)) and not isinstance(deviation, bool)
        if not known or not isfinite(deviation) or deviation <= 0:
            raise ValueError(f"deviation={deviation!r}: a standard deviation is above 0")
        self.likelihood, self.deviation = likelihood, deviation
        self.generator = own_generator(seed)

    def encode(self, x: Inputs) -> tuple[list[Any], list[Any]]:
        """Return the means and the log-variances of a sample's code."""
        return self._halves(self.encoder(x))

    def draw_code(self, means: list[Any], log_variances: list[Any]) -> list[Any]:
        """Return m + exp(s/2) * e for each mean m and log-variance s; m itself in use.

        e does not depend on the parameters, so derivatives go through m and s. Source: Kingma and
        Welling 2014, section 2.4.
        """
        if not self.training:
            return means
        normal = self.generator.gauss
        pairs = zip(means, log_variances, strict=True)
        return [m + exp(s / 2) * draw(normal) for m, s in pairs]

    def batch(self, rows: Iterable[Any]) -> list[Any]:
        """Return [decoder's numbers, means, log-variances] of many samples, a list for each."""
        samples = list(rows)
        codes = [self._halves(code) for code in self.encoder.batch(samples)]
        decoded = self.decoder.batch([self.draw_code(*code) for code in codes])
        ys = [flattened(y) for y in decoded]
        for y, x in zip(ys, samples, strict=True):
            check_sizes(len(y), len(flattened(x)))  # else the loss would take m for decoded
        return [[*y, *m, *s] for y, (m, s) in zip(ys, codes, strict=True)]

    def reconstruction_loss(self, outputs: list[Any], x: Inputs) -> Any:
        """Return -ln p(x | z) of a sample x, given what the model returned for it."""
        xs = flattened(x)
        ys, _, _ = self._parts(outputs, len(xs))
        if self.likelihood == "bernoulli":
            return binary_cross_entropy_with_logits(ys, xs, reduction="sum")
        squares = mean_squared_error(ys, xs, reduction="sum")
        constant = len(xs) * (log(self.deviation) + log(2 * pi) / 2)
        return squares / (2 * self.deviation**2) + constant

    def divergence(self, outputs: list[Any], x: Inputs) -> Any:
        """Return KL(q(z | x) || p(z)) = (m1**2 + exp(s1) - 1 - s1 + ...) / 2, p standard normal.

        Source: Kingma and Welling 2014, appendix B.
        """
        _, means, log_variances = self._parts(outputs, len(flattened(x)))
        pairs = zip(means, log_variances, strict=True)
        return sum([m * m + (expm1(s) - s) for m, s in pairs]) / 2

    def negative_elbo(self, outputs: list[Any], x: Inputs, beta: float = 1) -> Any:
        """Return -ln p(x | z) + beta * KL(q(z | x) || p(z)): at beta 1 its mean is above -ln p(x).

        Another beta weighs a smooth code against a faithful one; give the loss as
        functools.partial(model.negative_elbo, beta=4). Sources: Kingma and Welling 2014, equation
        7; Higgins et al. 2017, "beta-VAE: Learning Basic Visual Concepts with a Constrained
        Variational Framework", equation 4.
        """
        return self.reconstruction_loss(outputs, x) + beta * self.divergence(outputs, x)

    def generate(self, Z: Any) -> Floats:
        """Return the means of p(x | z) for many codes: chances for "bernoulli", else as decoded.

        For codes drawn from the standard normal these are samples of what was learned.
        """
        ys = self.decoder.predict(Z)
        return sigmoid(ys) if self.likelihood == "bernoulli" else ys

    def reconstruct(self, X: Any) -> Floats:
        """Return the means of p(x | z) at the mean code of many samples, in the form of X."""
        samples = tensor(X, "X")
        means, _ = self._halves(self.encoder.predict(samples).T)
        return in_form_of(samples, self.generate(np.transpose(means)))

    def options(self) -> dict[str, Any]:
        """Return what makes it again: both halves, "likelihood" and "deviation"."""
        own = {"likelihood": self.likelihood, "deviation": self.deviation}
        return {**super().options(), **own}

    def _halves(self, code: Inputs) -> tuple[list[Any], list[Any]]:
        """Return the two halves of a list: means and log-variances."""
        numbers = listed(code)
        if len(numbers) % 2:
            raise ValueError(
                f"{type(self).__name__}: its encoder gives {len(numbers)} numbers; it must be an "
                "even count, the means of a code and as many log-variances"
            )
        return numbers[: len(numbers) // 2], numbers[len(numbers) // 2 :]

    def _parts(self, outputs: list[Any], size: int) -> tuple[list[Any], list[Any], list[Any]]:
        """Return the decoder's numbers, the means and the log-variances of what was returned."""
        ys = listed(outputs)
        if len(ys) < size + 2:
            raise ValueError(
                f"{type(self).__name__}: {len(ys)} outputs for a sample of {size} numbers; there "
                "must be as many from the decoder, then means and log-variances of the code"
            )
        return ys[:size], *self._halves(ys[size:])
