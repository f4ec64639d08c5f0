"""Layers that bring numbers to mean 0 and variance 1, then to a scale and place that they learn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from autograd import Value, mean, sqrt
from autograd.value import detached
from nn.inputs import Inputs, checked, checked_size, like
from nn.module import Module


class Normalisation(Module):
    """Hold what both have: the scales gamma, from 1, and the places beta, from 0, one per input."""

    gamma: list[Value]
    beta: list[Value]

    def __init__(self, n: int, eps: float) -> None:
        self.gamma = [Value(1.0) for _ in range(checked_size("n", n))]
        self.beta = [Value(0.0) for _ in range(n)]
        if not eps > 0:
            raise ValueError(f"eps={eps!r}: it keeps the division from 0/0; above zero")
        self.eps = eps
        self.relabel()

    def relabel(self, place: str = "") -> None:
        """Label the parameters gamma<place>,<input> and beta<place>,<input>, from 1."""
        for name, values in (("gamma", self.gamma), ("beta", self.beta)):
            for i, v in enumerate(values, 1):
                v.label = f"{name}{place},{i}" if place else f"{name}{i}"

    def rescaled(self, zs: Sequence[Any]) -> list[Any]:
        """Return gamma*z + beta for every z."""
        return [g * z + b for g, z, b in zip(self.gamma, zs, self.beta, strict=True)]

    def options(self) -> dict[str, Any]:
        """Return the keyword arguments that make one like it, but for its numbers."""
        return {"n": len(self.gamma), "eps": float(self.eps)}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.gamma)})"


class LayerNorm(Normalisation):
    """Compute gamma * (x - m) / sqrt(v + eps) + beta, m and v of the n numbers of one sample.

    v is their mean squared distance from m (divided by n). Raises ValueError for n below 1, eps
    not above 0 and another number of inputs. Source: Ba, Kiros and Hinton 2016, "Layer
    Normalization", equation 4.

    >>> [f"{y:.3f}" for y in LayerNorm(3)([1.0, 2.0, 3.0])]
    ['-1.225', '0.000', '1.225']
    """

    def __init__(self, n: int, eps: float = 1e-5) -> None:
        super().__init__(n, eps)

    def __call__(self, x: Inputs) -> Any:
        zs, _, _ = standardised(checked(x, len(self.gamma), self), self.eps)
        return like(x, self.rescaled(zs))


class BatchNorm(Normalisation):
    """Compute gamma * (x - m) / sqrt(v + eps) + beta, m and v of each of n numbers over a batch.

    In training `batch(rows)` takes them from its rows, two or more, and moves the running ones a
    little: running <- (1 - momentum) * running + momentum * new. As in PyTorch, v is divided by the
    number of rows, but for the running one by one less. In use (`eval`) m and v are the running
    ones. Raises ValueError for n below 1, eps not above 0, momentum outside [0, 1], other
    numbers of inputs, and one sample alone in training. Source: Ioffe and Szegedy 2015, "Batch
    Normalization", algorithms 1 and 2.

    >>> norm = BatchNorm(1)
    >>> [f"{y:.3f}" for [y] in norm.batch([[1.0], [2.0], [3.0]])]
    ['-1.225', '0.000', '1.225']
    >>> norm.running_mean, norm.running_variance
    ([0.2], [1.0])
    """

    buffers: ClassVar[tuple[str, ...]] = ("running_mean", "running_variance")

    def __init__(self, n: int, momentum: float = 0.1, eps: float = 1e-5) -> None:
        super().__init__(n, eps)
        if not 0 <= momentum <= 1:
            raise ValueError(
                f"BatchNorm(momentum={momentum!r}): it is the share of the new batch "
                "in the running statistics, 0 to 1"
            )
        self.momentum = momentum
        self.running_mean: list[Any] = [0.0] * n
        self.running_variance: list[Any] = [1.0] * n

    def __call__(self, x: Inputs) -> Any:
        if self.training:
            return self.batch([x])[0]
        xs = checked(x, len(self.gamma), self)
        scales = [sqrt(v + self.eps) for v in self.running_variance]
        zs = [(x - m) / s for x, m, s in zip(xs, self.running_mean, scales, strict=True)]
        return like(x, self.rescaled(zs))

    def batch(self, rows: Iterable[Any]) -> list[Any]:
        """Return the outputs for many samples; in training m and v are those of these samples."""
        if not self.training:
            return super().batch(rows)
        given = list(rows)
        if len(given) < 2:
            raise ValueError(
                f"{self!r} in training: a batch of {len(given)} has no variance. Give two samples "
                "or more to model.batch(rows), or switch to use with model.eval()"
            )
        columns = zip(*[checked(x, len(self.gamma), self) for x in given], strict=True)
        found = [standardised(column, self.eps) for column in columns]
        for i, (_, m, v) in enumerate(found):
            self._move(self.running_mean, i, m)
            self._move(self.running_variance, i, v * (len(given) / (len(given) - 1)))
        rows_of_zs = zip(*[zs for zs, _, _ in found], strict=True)
        return [like(x, self.rescaled(zs)) for x, zs in zip(given, rows_of_zs, strict=True)]

    def options(self) -> dict[str, Any]:
        """Return the keyword arguments that make one like it, but for its numbers."""
        return {**super().options(), "momentum": float(self.momentum)}

    def _move(self, running: list[Any], i: int, new: Any) -> None:
        running[i] = (1 - self.momentum) * running[i] + self.momentum * detached(new)


def standardised(xs: Sequence[Any], eps: float) -> tuple[list[Any], Any, Any]:
    """Return [(x - m) / sqrt(v + eps), ...], the mean m and the variance v (divided by n)."""
    m = mean(xs)
    distances = [x - m for x in xs]
    v = mean([d * d for d in distances])
    scale = sqrt(v + eps)
    return [d / scale for d in distances], m, v
