"""The network of demos/mlp.py as steps whose weights are arrays, for demos that change these."""

from __future__ import annotations

from functools import cache

from demos import mlp
from demos._digits import digits
from nn.exchange.steps import Dense, Step, steps_of
from nn.layers.dropout import Dropout
from nn.module import Module


@cache
def mlp_steps(quick: bool) -> list[Step]:
    """Return the steps of the network, which is trained once for all demos of a run.

    Leave them as they are: others are given the same.
    """
    model, _ = mlp.trained(*digits(), mlp.QUICK_EPOCHS if quick else mlp.EPOCHS)
    return steps_in_use(model)


def steps_in_use(model: Module) -> list[Step]:
    """Return the steps of a network of layers as it predicts, without its dropout.

    `nn.exchange.steps.network_of` makes a network of them again. Raises ValueError for parts that
    are no layers, activations or dropout.

    >>> from nn.layers.mlp import MLP
    >>> [weights, activation, _] = steps_in_use(MLP(2, [3, 1]))
    >>> weights.weights.shape, activation
    ((3, 2), 'relu')
    """
    return [step for step in steps_of(model, "demos") if not isinstance(step, Dropout)]


def layers_in(steps: list[Step]) -> list[Dense]:
    """Return those of the steps that have weights."""
    return [step for step in steps if isinstance(step, Dense)]
