"""The autoencoder: an encoder makes a short code of a sample, a decoder the sample of the code."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from nn.data.arrays import Floats
from nn.data.nested import tensor
from nn.inputs import Inputs
from nn.layers.sequential import number_labels
from nn.module import Module


class Autoencoder(Module):
    """Compute decoder(encoder(x)), which training brings near x: `nn.fit(model, X, X, loss=...)`.

    A code of fewer numbers than x has keeps what the samples have in common, as principal
    components do, but on a curved surface. With a `Noise` as the first part of the encoder it
    learns to take noise away. Codes of many samples are `model.encoder.predict(X)`, and what is
    decoded from codes `model.decoder.predict(Z)`. Layers are numbered through both halves. Raises
    TypeError for halves that are no Modules. Sources: Rumelhart, Hinton and Williams 1986,
    "Learning Internal Representations by Error Propagation"; Hinton and Salakhutdinov 2006,
    "Reducing the Dimensionality of Data with Neural Networks".

    >>> from nn.layers.layer import Layer
    >>> half = {"init": lambda *_: 0.5, "activation": "linear"}
    >>> model = Autoencoder(Layer(2, 1, **half), Layer(1, 2, **half))
    >>> model.encode([1.0, 3.0]), model([1.0, 3.0])
    (Value(2.0), [Value(1.0), Value(1.0)])
    """

    def __init__(self, encoder: Module, decoder: Module) -> None:
        for name, half in (("encoder", encoder), ("decoder", decoder)):
            if not isinstance(half, Module):
                raise TypeError(
                    f"{type(self).__name__}({name}={half!r}): give a Module, as "
                    "nn.Sequential(nn.Layer(64, 32), nn.Layer(32, 2, activation='linear'))"
                )
        self.encoder, self.decoder = encoder, decoder
        number_labels(self)

    @property
    def layers(self) -> list[Any]:
        """Return the layers of neurons of both halves."""
        return [part for _, part in self.named_modules() if hasattr(part, "neurons")]

    def encode(self, x: Inputs) -> Any:
        """Return the code of a sample."""
        return self.encoder(x)

    def decode(self, z: Inputs) -> Any:
        """Return the sample that a code stands for."""
        return self.decoder(z)

    def __call__(self, x: Inputs) -> Any:
        return self.batch([x])[0]

    def batch(self, rows: Iterable[Any]) -> list[Any]:
        """Return what is decoded of many samples' codes; each half sees them together."""
        return self.decoder.batch(self.encoder.batch(rows))

    def reconstruct(self, X: Any) -> Floats:
        """Return what is decoded of the codes of many samples, an array in the form of X."""
        samples = tensor(X, "X")
        return in_form_of(samples, self.predict(samples))

    def reconstruction_errors(self, X: Any) -> Floats:
        """Return the mean of (x - decoded)**2 of each sample: how unlike it is to those learned.

        As a score of anomalies it is high for samples of another kind. Source: Hawkins, He,
        Williams and Baxter 2002, "Outlier Detection Using Replicator Neural Networks".
        """
        differences = tensor(X, "X") - self.reconstruct(X)
        return np.asarray((differences**2).reshape(len(differences), -1).mean(axis=1))

    def options(self) -> dict[str, Any]:
        """Return what makes it again: {"encoder": module, "decoder": module}."""
        return {"encoder": self.encoder, "decoder": self.decoder}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.encoder!r}, {self.decoder!r})"


def in_form_of(samples: Floats, decoded: Floats) -> Floats:
    """Return what was decoded in the form of the samples; raise ValueError for another size."""
    check_sizes(decoded[0].size, samples[0].size)
    return decoded.reshape(samples.shape)


def check_sizes(decoded: int, sample: int) -> None:
    """Raise ValueError unless the decoder gives as many numbers as a sample has."""
    if decoded != sample:
        raise ValueError(
            f"the decoder gives {decoded} numbers and a sample has {sample}; "
            "a reconstruction needs as many: change the last layer of the decoder"
        )
