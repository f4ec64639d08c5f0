"""Rosenblatt's perceptron: a threshold unit, and the first rule by which a machine learned."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from autograd import dot, relu, sign
from nn.data.arrays import matrix, paired, whole
from nn.layers.neuron import Neuron


def step(x: Any) -> Any:
    """Return 1 where x > 0, else 0; its derivative is 0, so gradients teach it nothing.

    >>> step(0.5), step(0.0), step(-2.0)
    (1.0, 0.0, 0.0)
    """
    return relu(sign(x))


@dataclass(frozen=True)
class Learning:
    """Hold the mistakes of each epoch, and how it ended.

    `repeats` is (i, k) if the weights after epoch k were those after epoch i before (0 is the
    start), with mistakes between: then it goes round for ever.
    """

    mistakes: list[int]
    converged: bool
    repeats: tuple[int, int] | None = None

    def __str__(self) -> str:
        shown = ", ".join(map(str, self.mistakes[:12])) + ", ..." * (len(self.mistakes) > 12)
        n = len(self.mistakes)
        epochs = f"{n} epoch{'s' * (n != 1)}"
        text = f"mistakes by epoch: {shown}\n"
        if self.converged:
            return text + f"converged: the last of {epochs} has no mistake"
        text += f"not converged in {epochs}"
        if self.repeats is None:
            return text + ": more epochs may do, if a hyperplane separates the classes"
        first, again = self.repeats
        return text + (
            f", and it never will:\nthe weights after epoch {again} are those "
            f"{f'after epoch {first}' if first else 'of the start'}.\n"
            "No hyperplane separates these classes; a hidden layer can"
        )


class Perceptron(Neuron):
    """Compute 1 if w1*x1 + ... + wn*xn + b > 0, else 0, with weights that start at 0.

    It learns with `fit`, from its mistakes; `lr` only scales the weights, as they start at 0.
    Raises ValueError for nin below 1 and lr not above 0, or infinite. Source: Rosenblatt 1958, "The
    Perceptron: A Probabilistic Model for Information Storage and Organization in the Brain".

    >>> unit = Perceptron(2)
    >>> print(unit.fit([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 0, 0, 1]))  # AND
    mistakes by epoch: 1, 3, 3, 2, 1, 0
    converged: the last of 6 epochs has no mistake
    >>> [w.data for w in unit.w], unit.b.data, unit([1, 1])
    ([2.0, 1.0], -2.0, Value(1.0))
    """

    def __init__(self, nin: int, lr: float = 1.0) -> None:
        super().__init__(nin, activation=step, init="zeros")
        if not 0 < lr < float("inf"):
            raise ValueError(
                f"Perceptron(lr={lr!r}): the learning rate must be above zero and finite"
            )
        self.lr = lr

    def fit(self, X: Any, y: Any, epochs: int = 100) -> Learning:
        """Go through the samples in order, w <- w + lr*(t - y)*x and b <- b + lr*(t - y) for each.

        X is a row for each sample, y the targets, 0 or 1. Stop after the first epoch without
        mistakes. If a unit with weights of norm 1 keeps all samples at a distance of g or more
        from its threshold, and none is longer than R (with a 1 for the bias, in both), there are at
        most (R/g)**2 mistakes in all. Raises ValueError for ragged, empty and non-finite data,
        other targets, epochs below 1 and frozen weights. Source of the bound: Novikoff 1962, "On
        Convergence Proofs on Perceptrons".

        >>> xor = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
        >>> print(Perceptron(2).fit(*xor, epochs=6))
        mistakes by epoch: 2, 3, 4, 4, 4, 4
        not converged in 6 epochs, and it never will:
        the weights after epoch 3 are those after epoch 2.
        No hyperplane separates these classes; a hidden layer can
        """
        samples, epochs = checked_rows(self, X, y, (0, 1)), whole("epochs", epochs, 1)
        weights: Numbers = tuple(p.data for p in [*self.w, self.b] if p is not None)
        mistakes: list[int] = []
        seen, repeats = {weights: 0}, None
        while len(mistakes) < epochs and (not mistakes or mistakes[-1]):
            weights, missed = one_epoch(weights, samples, self.lr)
            mistakes.append(missed)
            if missed and repeats is None and weights in seen:
                between = seen[weights], len(mistakes)
                repeats = between if self._goes_round(weights, samples, between) else None
            seen.setdefault(weights, len(mistakes))
        for p, number in zip([*self.w, self.b], weights, strict=True):
            if p is not None:
                p.data = number
        return Learning(mistakes, mistakes[-1] == 0, repeats)

    def _goes_round(self, weights: Numbers, samples: Samples, epochs: tuple[int, int]) -> bool:
        """Say whether the weights come back in exact arithmetic: rounding alone proves nothing."""
        exact = [([Fraction(x) for x in xs], t) for xs, t in samples]
        start = now = tuple(map(Fraction, weights))
        mistakes = 0
        for _ in range(epochs[1] - epochs[0]):
            now, missed = one_epoch(now, exact, Fraction(self.lr))
            mistakes += missed
        return now == start and mistakes > 0

    def options(self) -> dict[str, Any]:
        """Return the keyword arguments that make one like it, but for its numbers."""
        return {"nin": len(self.w), "lr": float(self.lr)}

    def __repr__(self) -> str:
        return f"Perceptron({len(self.w)})"


Numbers = tuple[Any, ...]  # the weights, and the bias last
Samples = list[tuple[list[Any], int]]


def one_epoch(weights: Numbers, samples: Samples, lr: Any) -> tuple[Numbers, int]:
    """Return the weights after one look at each sample, and the number of mistakes.

    >>> one_epoch((0, 0), [([1], 1), ([-1], 0)], 1)
    ((1, 1), 1)
    """
    mistakes = 0
    for xs, target in samples:
        error = target - step(dot(weights[:-1], xs) + weights[-1])
        if error:
            mistakes += 1
            change = [lr * error * x for x in (*xs, 1)]
            weights = tuple(w + c for w, c in zip(weights, change, strict=True))
    return weights, mistakes


def checked_rows(unit: Neuron, X: Any, y: Any, classes: tuple[int, int]) -> Samples:
    """Return [(inputs, target), ...]; raise ValueError for what a threshold unit cannot learn from.

    >>> checked_rows(Neuron(1, activation="linear"), [[2], [3]], [-1, 1], (-1, 1))
    [([2.0], -1), ([3.0], 1)]
    """
    if not unit.parameters():
        raise ValueError(f"{unit!r}: its weights are frozen; unfreeze() lets it learn")
    array, targets = paired(matrix(X), y)
    if array.shape[1] != len(unit.w):
        raise ValueError(
            f"{unit!r}: X has rows of {array.shape[1]} numbers; every input needs its weight"
        )
    if not np.isfinite(array).all():
        row, column = np.argwhere(~np.isfinite(array))[0]
        raise ValueError(f"{unit!r}: X[{row}][{column}] is {array[row, column]}, not finite")
    if targets.size != len(array):
        raise ValueError(f"{unit!r}: targets of shape {targets.shape}; give one for each row of X")
    low, high = classes
    if odd := [t for t in targets.ravel().tolist() if t not in classes]:
        hint = {(0, -1): ": write (1 + t) / 2 for -1 and 1", (-1, 0): ": write 2*t - 1 for 0 and 1"}
        raise ValueError(
            f"{unit!r}: the target {odd[0]!r} is neither {low} nor {high}"
            f"{hint.get((low, odd[0]), '')}"
        )
    return list(zip(array.tolist(), map(int, targets.ravel().tolist()), strict=True))
