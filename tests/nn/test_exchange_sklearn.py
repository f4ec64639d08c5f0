"""Weights to and from scikit-learn: equal predictions, and what it does not have refused."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from nn.exchange import from_sklearn, to_sklearn
from nn.layers.dropout import Dropout
from nn.layers.layer import Layer
from nn.layers.mlp import MLP
from nn.layers.sequential import Sequential

neural_network = pytest.importorskip("sklearn.neural_network", reason="the extra sklearn")

X = np.random.default_rng(0).normal(size=(40, 3)) * 3
CLOSE = 1e-12  # the issue's; what was seen is 1e-15 on outputs of about 1


def fitted(classes: int, activation: str, hidden: tuple[int, ...] = (6, 4)):
    options = {
        "hidden_layer_sizes": hidden,
        "activation": activation,
        "max_iter": 30,
        "random_state": 0,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # 30 epochs are too few, it says
        if classes == 0:
            return neural_network.MLPRegressor(**options).fit(X, X @ [1, 2, 3])
        if classes == 1:
            return neural_network.MLPRegressor(**options).fit(X, X[:, :2])
        labels = np.array(["ant", "bee", "cat"])[np.arange(40) % classes]
        return neural_network.MLPClassifier(**options).fit(X, labels)


def outputs(estimator):
    """Return what a model of ours predicts: probabilities, of the second class if there are two."""
    if hasattr(estimator, "predict_proba"):
        p = estimator.predict_proba(X)
        return p[:, 1:] if p.shape[1] == 2 else p
    return estimator.predict(X).reshape(len(X), -1)


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.parametrize("classes", [0, 1, 2, 3])
def test_there_and_back(classes, activation):
    theirs = fitted(classes, activation)
    ours = from_sklearn(theirs)
    assert type(ours) is MLP
    assert np.abs(ours.predict(X) - outputs(theirs)).max() < CLOSE
    back = to_sklearn(ours, list(theirs.classes_) if classes > 1 else None)
    assert (outputs(back) == outputs(theirs)).all()
    assert (back.predict(X) == theirs.predict(X)).all()


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("labels", [["b", "a"], ["a", "b"], ["c", "a", "b"], [7, 5, 3, 1]])
@pytest.mark.parametrize("output", ["linear", "softmax", "log_softmax"])
def test_logits_become_probabilities_of_the_right_labels(labels, output):
    logits = MLP(3, [5, len(labels)], activation="tanh", seed=1)
    model = MLP(3, [5, len(labels)], activation="tanh", output=output, seed=1)
    theirs = to_sklearn(model, labels)
    p = theirs.predict_proba(X)
    order = [list(theirs.classes_).index(label) for label in labels]
    assert np.abs(p[:, order] - softmax(logits.predict(X))).max() < CLOSE


@pytest.mark.parametrize("labels", [["no", "yes"], ["yes", "no"]])
@pytest.mark.parametrize("output", ["linear", "sigmoid"])
def test_one_output_speaks_for_the_second_label(labels, output):
    model = MLP(3, [5, 1], activation="relu", output=output, seed=1)
    z = model.predict(X)[:, 0]
    expected = z if output == "sigmoid" else 1 / (1 + np.exp(-z))
    theirs = to_sklearn(model, labels)
    column = list(theirs.classes_).index(labels[1])
    assert np.abs(theirs.predict_proba(X)[:, column] - expected).max() < CLOSE


def test_dropout_is_left_out_and_no_hidden_layer_is_needed():
    model = Sequential(
        Layer(3, 4, seed=0), Dropout(0.5), Layer(4, 2, nonlin=False, bias=False, seed=0)
    )
    assert np.abs(to_sklearn(model).predict(X) - model.predict(X)).max() < CLOSE
    model = MLP(3, [2], seed=0)
    assert np.abs(to_sklearn(model).predict(X) - model.predict(X)).max() < CLOSE


def test_training_goes_on_from_the_weights():
    model = MLP(3, [5, 1], activation="tanh", seed=1)
    theirs = to_sklearn(model)
    before = theirs.coefs_[0].copy()
    theirs.partial_fit(X, X[:, 0])
    moved = np.abs(theirs.coefs_[0] - before).max()
    assert 0 < moved < 1.01e-3  # Adam's first step is its learning rate, 0.001


@pytest.mark.parametrize(
    ("model", "classes", "message"),
    [
        (MLP(3, [4, 1], activation="gelu"), None, "gelu; scikit-learn has one"),
        (Sequential(Layer(3, 4), Layer(4, 4, activation="tanh"), Layer(4, 1)), None, "relu, tanh"),
        (MLP(3, [4, 1], output="tanh"), None, "output is tanh"),
        (MLP(3, [4, 1], output="tanh"), [0, 1], "1 outputs with tanh"),
        (MLP(3, [4, 3]), [0, 1], "give 3 different labels"),
        (MLP(3, [4, 2]), [1, 1], "give 2 different labels"),
        (Sequential("tanh", Layer(3, 1)), None, "tanh is not the one activation"),
        (Sequential(Dropout(0.5)), None, "no layer with weights"),
    ],
)
def test_what_scikit_learn_does_not_have_is_refused(model, classes, message):
    with pytest.raises(ValueError, match=message):
        to_sklearn(model, classes)


def test_unfitted_and_other_estimators_are_refused():
    with pytest.raises(ValueError, match="fit it first"):
        from_sklearn(neural_network.MLPRegressor())
    with pytest.raises(ValueError, match="give an MLPClassifier"):
        from_sklearn(neural_network.BernoulliRBM())
