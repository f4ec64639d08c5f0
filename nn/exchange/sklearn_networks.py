"""Multi-layer perceptrons to and from scikit-learn, weight by weight."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nn.exchange.steps import Array, Dense, Step, biases_of, network_of, steps_of
from nn.layers.dropout import Dropout
from nn.layers.mlp import MLP
from nn.layers.sequential import Sequential
from nn.module import Module

# scikit-learn's activations, and ours
_SKLEARN = {
    "identity": "linear",
    "logistic": "sigmoid",
    "relu": "relu",
    "softmax": "softmax",
    "tanh": "tanh",
}


def to_sklearn(model: Module, classes: Sequence[Any] | None = None) -> Any:
    """Return scikit-learn's fitted MLPRegressor, or with `classes` its MLPClassifier.

    `classes` are the labels of the outputs in order; for a model of one output, which is a
    logarithm of odds or (with "sigmoid") a probability, first the label it speaks against.
    `predict_proba` gives the softmax of logits. Raises ValueError for what scikit-learn's network
    is not: hidden activations other than linear, relu, sigmoid and tanh, or several of them.
    """
    neural_network = _sklearn()
    layers = _perceptron(list(steps_of(model, "to_sklearn")))
    hidden, (last, output) = layers[:-1], layers[-1]
    ours = {name: theirs for theirs, name in _SKLEARN.items() if name != "softmax"}
    names = sorted({activation for _, activation in hidden}) or ["relu"]
    if len(names) > 1 or names[0] not in ours:
        raise ValueError(
            f"to_sklearn: the hidden activations are {', '.join(names)}; "
            f"scikit-learn has one for all of them: {', '.join(ours)}"
        )
    options = {
        "hidden_layer_sizes": tuple(len(dense.weights) for dense, _ in hidden),
        "activation": ours[names[0]],
        "random_state": 0,
    }
    weights, biases = last.weights, biases_of(last)
    nin = layers[0][0].weights.shape[1]
    if classes is None:
        if output != "linear":
            raise ValueError(
                f"to_sklearn: the output is {output}; give classes=[...] for a classifier. "
                "A regressor's output is linear"
            )
        estimator = neural_network.MLPRegressor(**options)
        targets = np.zeros((1, len(weights)))
        estimator.partial_fit(np.zeros((1, nin)), targets if len(weights) > 1 else targets[0])
    else:
        labels, weights, biases = _by_label(list(classes), weights, biases, output)
        estimator = neural_network.MLPClassifier(**options)
        estimator.partial_fit(np.zeros((len(labels), nin)), labels, classes=labels)
    all_weights = [*(dense.weights for dense, _ in hidden), weights]
    all_biases = [*(biases_of(dense) for dense, _ in hidden), biases]
    estimator.coefs_ = [np.ascontiguousarray(w.T) for w in all_weights]
    estimator.intercepts_ = all_biases
    vars(estimator).pop("_optimizer", None)  # further training starts from these weights
    return estimator


def from_sklearn(estimator: Any) -> MLP | Sequential:
    """Return a model with the weights of a fitted MLPClassifier or MLPRegressor.

    Its outputs are `predict` of a regressor, and of a classifier `predict_proba`: a probability for
    each of `classes_`, or, if these are two, that of the second. Raises ValueError for one that is
    not fitted or something else, ImportError without the extra.
    """
    neural_network = _sklearn()
    kinds = (neural_network.MLPClassifier, neural_network.MLPRegressor)
    if not isinstance(estimator, kinds):
        raise ValueError(f"from_sklearn({estimator!r}): give an MLPClassifier or MLPRegressor")
    if not hasattr(estimator, "coefs_"):
        raise ValueError(f"from_sklearn({estimator!r}): it has no weights yet: fit it first")
    steps: list[Step] = []
    for w, b in zip(estimator.coefs_, estimator.intercepts_, strict=True):
        dense = Dense(np.asarray(w.T, float), np.asarray(b, float))
        steps += [dense, _SKLEARN[estimator.activation]]
    if estimator.out_activation_ not in _SKLEARN:
        raise ValueError(
            f"from_sklearn({estimator!r}): its output is {estimator.out_activation_!r}; known are "
            f"{', '.join(_SKLEARN)}"
        )
    steps[-1] = _SKLEARN[estimator.out_activation_]
    return network_of(steps, "from_sklearn")


def _perceptron(steps: list[Step]) -> list[tuple[Dense, str]]:
    """Return [(layer, its activation), ...], Dropout left out: it does nothing in use."""
    layers: list[tuple[Dense, str]] = []
    for step in steps:
        if isinstance(step, Dense):
            layers.append((step, "linear"))
        elif isinstance(step, str) and layers and layers[-1][1] == "linear":
            layers[-1] = layers[-1][0], step
        elif not isinstance(step, Dropout):
            name = step if isinstance(step, str) else repr(step)
            raise ValueError(f"to_sklearn: {name} is not the one activation of a layer")
    if not layers:
        raise ValueError("to_sklearn: there is no layer with weights in it")
    return layers


def _by_label(
    classes: list[Any], weights: Array, biases: Array, output: str
) -> tuple[Array, Array, Array]:
    """Return the labels sorted, as scikit-learn has them, and the last layer's rows likewise.

    Two classes have one row there, the difference of both logits; one logit is the difference
    to a logit of 0.
    """
    allowed = ("linear", "sigmoid") if len(weights) == 1 else ("linear", "softmax", "log_softmax")
    if output not in allowed:
        raise ValueError(
            f"to_sklearn: {len(weights)} outputs with {output}; "
            f"a classifier's are {' or '.join(allowed)}"
        )
    if len(weights) == 1:
        weights, biases = np.vstack([0 * weights, weights]), np.array([0.0, biases[0]])
    labels, order = np.unique(np.array(classes), return_index=True)
    if not len(labels) == len(classes) == len(weights):
        raise ValueError(
            f"to_sklearn(classes={classes!r}): give {len(weights)} different labels, "
            "in the order of the outputs"
        )
    weights, biases = weights[order], biases[order]
    if len(labels) == 2:
        weights, biases = weights[1:] - weights[:1], biases[1:] - biases[:1]
    return labels, weights, biases


def _sklearn() -> Any:
    try:
        from sklearn import neural_network
    except ImportError as error:
        raise ImportError(
            'this needs scikit-learn, which is missing: pip install "chalkgrad[sklearn]"'
        ) from error
    return neural_network
