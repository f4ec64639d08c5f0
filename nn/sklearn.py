"""Networks as scikit-learn's estimators, for its pipelines, searches and scores (an extra).

The parameters are named as in scikit-learn's own MLPClassifier where they mean the same; the
defaults are those of a small network, as every neuron here is a scalar computation.
"""

from __future__ import annotations

import warnings
from copy import deepcopy
from numbers import Integral
from typing import Any, Self

import numpy as np

from autograd.real import plain_number, short
from nn.data.arrays import unknown, whole
from nn.data.splitting import split
from nn.layers.mlp import MLP
from nn.optimizers.adam import Adam
from nn.optimizers.optimizer import Optimizer
from nn.optimizers.sgd import SGD
from nn.penalties import l2_penalty
from nn.training.callbacks import EarlyStopping
from nn.training.diverged import DivergedError
from nn.training.fit import fit
from nn.training.history import History
from nn.training.interrupts import Interrupted

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, MultiOutputMixin, RegressorMixin
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import (
        check_is_fitted,
        check_random_state,
        column_or_1d,
        validate_data,
    )
except ImportError as error:
    raise ImportError(
        "nn.sklearn needs scikit-learn 1.6 or newer: pip install 'chalkgrad[sklearn]'",
        name="sklearn",
    ) from error

ACTIVATIONS = {"identity": "linear", "logistic": "sigmoid"}  # scikit-learn's names, and ours
SOLVERS = ("adam", "sgd")


class _Network(BaseEstimator):  # type: ignore[misc]
    """Train and hold a network; a subclass says what targets, loss and answers are."""

    def __init__(
        self,
        hidden_layer_sizes: Any = (16,),
        activation: Any = "relu",
        *,
        solver: Any = "adam",
        alpha: float = 0.0001,
        batch_size: Any = 32,
        learning_rate_init: float = 0.01,
        max_iter: int = 100,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 0.0001,
        verbose: bool = False,
        warm_start: bool = False,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 10,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate_init = learning_rate_init
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change

    def _train(
        self, X: Any, y: Any, outputs: int, loss: str, metric: str, learned: dict[str, Any]
    ) -> Self:
        """Fit a network of so many outputs; watch the training loss, or a metric on a part.

        What else was learned is kept with it, also from a training that Ctrl-C ends.
        """
        optimizer, sizes = self._optimizer(), self._sizes()
        epochs = whole("max_iter", self.max_iter, 1)
        size = len(X) if self.batch_size == "auto" else whole("batch_size", self.batch_size, 1)
        strength, tol = self._not_negative("alpha") / 2, self._not_negative("tol")
        patience = whole("n_iter_no_change", self.n_iter_no_change, 1)
        source = check_random_state(self.random_state)
        model = self._model(X.shape[1], [*sizes, outputs], int(source.randint(2**31)))
        weights = [w for layer in model.layers for neuron in layer.neurons for w in neuron.w]
        early, validation = bool(self.early_stopping), None
        if early:
            share = self._not_negative("validation_fraction")
            if not 0 < share < 1:
                raise ValueError(f"validation_fraction={share}: it must be above 0 and below 1")
            (X, y), validation = split(X, y, test=share, stratify=metric == "accuracy", seed=source)
        size = min(size, len(X))
        stopping = EarlyStopping(
            f"val_{metric}" if early else "loss", patience=patience, min_delta=tol, restore=early
        )
        # scikit-learn's penalty: the mean loss of a batch takes the size of the batch from it
        penalty = (lambda _: l2_penalty(weights, strength / size)) if strength else None
        try:
            history = fit(
                model, X, y, loss, optimizer, epochs, size, validation=validation,
                metrics=[metric] if early else [], callbacks=[stopping], seed=source,
                progress=bool(self.verbose), shuffle=bool(self.shuffle), penalty=penalty,
            )  # fmt: skip
        except (Interrupted, DivergedError) as error:
            self._keep(model, error.history, learned)
            raise
        self._keep(model, history, learned)
        if not history.stopped:
            warnings.warn(
                f"{type(self).__name__}: the network was still getting better when it ended, "
                f"after max_iter={epochs} epochs; give it more",
                ConvergenceWarning,
                stacklevel=3,
            )
        return self

    def _keep(self, model: MLP, history: History, learned: dict[str, Any]) -> None:
        for name, fact in learned.items():
            setattr(self, name, fact)
        self.model_, self.history_ = model, history
        self.n_iter_, self.loss_curve_ = len(history), history["loss"]

    def _model(self, inputs: int, sizes: list[int], seed: int) -> MLP:
        """Return a new network, or with warm_start a copy of that of the last fit."""
        if self.warm_start and hasattr(self, "model_"):
            now = [len(layer.neurons) for layer in self.model_.layers]
            before = len(self.model_.layers[0].neurons[0].w)
            if (before, now) != (inputs, sizes):
                raise ValueError(
                    f"warm_start=True: the network of the last fit has layers {[before, *now]}, "
                    f"this one would have {[inputs, *sizes]}; set warm_start=False to begin anew"
                )
            return deepcopy(self.model_)
        activation = self.activation
        if isinstance(activation, str):
            activation = ACTIVATIONS.get(activation, activation)
        return MLP(inputs, sizes, activation=activation, seed=seed)

    def _sizes(self) -> list[int]:
        given = self.hidden_layer_sizes
        sizes = [given] if isinstance(given, Integral) else given
        if isinstance(sizes, str) or not hasattr(sizes, "__iter__"):
            raise TypeError(f"hidden_layer_sizes={short(given)}: give numbers, as (16, 16)")
        return [whole(f"hidden_layer_sizes={short(given)}: a size", n, 1) for n in sizes]

    def _optimizer(self) -> Optimizer:
        if isinstance(self.solver, Optimizer):
            return deepcopy(self.solver)  # an estimator leaves its parameters as they are
        if not isinstance(self.solver, str) or self.solver not in SOLVERS:
            raise unknown("solver", self.solver, [*SOLVERS, "or an optimizer, as nn.RMSprop()"])
        rate = self._not_negative("learning_rate_init")
        if rate == 0:
            raise ValueError("learning_rate_init=0: it must be above zero")
        return Adam(lr=rate) if self.solver == "adam" else SGD(lr=rate, momentum=0.9, nesterov=True)

    def _not_negative(self, name: str) -> float:
        given = getattr(self, name)
        number = float(plain_number(given, name))
        if not 0 <= number < float("inf"):
            raise ValueError(f"{name}={given!r}: it must be at least zero, and finite")
        return number

    def _outputs(self, X: Any) -> Any:
        """Return the network's outputs, a row a sample."""
        check_is_fitted(self, "model_")
        return self.model_.predict(validate_data(self, X, dtype=np.float64, reset=False))


class MLPClassifier(ClassifierMixin, _Network):  # type: ignore[misc]
    """Tell classes by a multi-layer perceptron, as a scikit-learn estimator.

    `hidden_layer_sizes` are numbers of neurons; `activation` is a name (scikit-learn's or ours) or
    a function; `solver` is "adam", "sgd" (Nesterov's momentum, 0.9), or an optimizer with a rate of
    its own, as `nn.RMSprop(lr=0.01)`. The loss is the mean cross-entropy of softmax(outputs), plus
    alpha / 2 times the sum of squared weights over the size of a batch; batch_size="auto" takes
    all samples at once. It trains for `max_iter` epochs, or until the loss was not better by `tol`
    for `n_iter_no_change` epochs; with `early_stopping` the accuracy on a part held out decides,
    and its best weights are kept. `warm_start` goes on from the last fit's weights. `verbose`
    shows the progress.

    After `fit`: `classes_`, `model_` (the `nn.MLP`, to look into, save and draw), `history_`,
    `loss_curve_`, `n_iter_`, `n_features_in_`, and, for data with names,
    `feature_names_in_`. Raises ValueError or TypeError for parameters and data that it cannot use.

    >>> X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], ["no", "yes", "yes", "no"]
    >>> xor = MLPClassifier((4,), "tanh", learning_rate_init=0.1, random_state=0).fit(X, y)
    >>> [str(answer) for answer in xor.predict(X)]
    ['no', 'yes', 'yes', 'no']
    """

    def fit(self, X: Any, y: Any) -> Self:
        """Train on samples X, a row each, and their classes y, of any kind; return self."""
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        classes, numbers = np.unique(y, return_inverse=True)
        if len(classes) < 2:
            raise ValueError(
                f"y has one class, {classes.tolist()[0]!r}; a classifier needs two or more"
            )
        before = getattr(self, "classes_", classes)
        if self.warm_start and not np.array_equal(classes, before):
            raise ValueError(
                f"warm_start=True: the classes of the last fit were {before.tolist()}, "
                f"now they are {classes.tolist()}; set warm_start=False to begin anew"
            )
        learned = {"classes_": classes}
        return self._train(X, numbers, len(classes), "cross_entropy", "accuracy", learned)

    def predict(self, X: Any) -> Any:
        """Return the likeliest class of every sample."""
        outputs = self._outputs(X)
        return self.classes_[outputs.argmax(axis=1)]

    def predict_proba(self, X: Any) -> Any:
        """Return the probabilities of `classes_`, softmax(outputs), shape (samples, classes)."""
        return np.exp(self.predict_log_proba(X))

    def predict_log_proba(self, X: Any) -> Any:
        """Return the logarithms of the probabilities, finite however small these are."""
        outputs = self._outputs(X)
        outputs -= outputs.max(axis=1, keepdims=True)
        return outputs - np.log(np.exp(outputs).sum(axis=1, keepdims=True))


class MLPRegressor(RegressorMixin, MultiOutputMixin, _Network):  # type: ignore[misc]
    """Predict numbers by a multi-layer perceptron, as a scikit-learn estimator.

    Parameters, attributes and errors are those of `MLPClassifier`. The loss is the mean squared
    error (scikit-learn's own takes half of it); with `early_stopping` R² decides. Targets of a size
    far from 1 are better learned within scikit-learn's TransformedTargetRegressor.

    >>> X = [[-1.0], [-0.5], [0.0], [0.5], [1.0]]
    >>> y = [2 * x + 1 for [x] in X]
    >>> line = MLPRegressor((), max_iter=500, learning_rate_init=0.1, n_iter_no_change=50)
    >>> line.set_params(random_state=0).fit(X, y).predict([[3.0]]).round(1)
    array([7.])
    """

    def fit(self, X: Any, y: Any) -> Self:
        """Train on samples X and targets y, a number or a row of numbers each; return self."""
        X, y = validate_data(self, X, y, dtype=np.float64, multi_output=True)
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        outputs = 1 if y.ndim == 1 else y.shape[1]
        learned = {"n_outputs_": outputs}
        return self._train(X, y, outputs, "mean_squared_error", "r2", learned)

    def predict(self, X: Any) -> Any:
        """Return the predicted numbers: shape (samples,), or (samples, outputs)."""
        outputs = self._outputs(X)
        return outputs[:, 0] if self.n_outputs_ == 1 else outputs
