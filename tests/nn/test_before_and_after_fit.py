"""What `fit` finds out before it starts, and what it leaves behind for the next fit."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from nn import data, metrics
from nn.layers.embedding import Embedding
from nn.layers.layer import Layer
from nn.layers.mlp import MLP
from nn.layers.normalisation import BatchNorm
from nn.layers.sequential import Sequential
from nn.losses import binary_cross_entropy
from nn.optimizers.rate_finder import find_rate
from nn.optimizers.schedules import CosineDecay, OneCycle
from nn.optimizers.sgd import SGD
from nn.training.evaluate import evaluate
from nn.training.fit import fit

X = np.random.RandomState(1).randn(33, 2)
Y = (X[:, 0] > 0).astype(int)
QUIET = {"progress": False, "seed": 0, "epochs": 1}


def mlp(output="linear", nouts=(3, 2), activation="tanh"):
    return MLP(2, list(nouts), activation=activation, output=output, seed=0)


class Frame:
    """Behave as a pandas.DataFrame whose columns have no names: iterated over, it gives 0, 1."""

    def __init__(self, array):
        self.array = array

    def __len__(self):
        return len(self.array)

    def __iter__(self):
        return iter(range(self.array.shape[1]))

    def __array__(self, dtype=None, copy=None):
        return np.array(self.array, dtype)


def test_a_data_frame_is_its_numbers_and_not_its_column_names():
    frame, targets = Frame(X), Frame(Y[:, None])
    assert (mlp().predict(frame) == mlp().predict(X)).all()
    assert fit(mlp(), frame, targets, **QUIET) == fit(mlp(), X, Y, **QUIET)
    scaler = data.Standardiser().fit(frame)
    assert (scaler.transform(frame) == data.Standardiser().fit_transform(X)).all()
    assert metrics.accuracy(frame, targets) == metrics.accuracy(X, Y)
    one = MLP(1, [1], seed=0)  # its width would fit the names
    with pytest.raises(ValueError, match="2 were given"):
        one.predict(frame)


def test_truth_values_are_ones_and_zeros_to_predict():
    assert (mlp().predict(X > 0) == mlp().predict((X > 0).astype(float))).all()


@pytest.mark.parametrize("loss", ["binary_cross_entropy", "mean_squared_error"])
def test_the_threshold_of_a_sigmoid_is_one_half(loss):
    model, names = mlp("sigmoid", (3, 1)), ["accuracy", "precision", "recall", "f1", "log_loss"]
    found = evaluate(model, X, Y, loss, names)
    p = model.predict(X)
    told = {name: getattr(metrics, name)(p - 0.5, Y) for name in names[:-1]}
    told["log_loss"] = metrics.log_loss(p, Y, from_logits=False)
    assert {name: found[name] for name in names} == told
    assert fit(model, X, Y, loss, SGD(lr=1e-300), metrics=names, **QUIET)["accuracy"] == [
        told["accuracy"]
    ]


def test_the_threshold_of_any_output_of_binary_cross_entropy_is_one_half():
    model = MLP(2, [1], output=lambda s: 1 / (1 + (-s).exp()), seed=0)
    loss = partial(binary_cross_entropy, label_smoothing=0.1)
    share = ((model.predict(X)[:, 0] > 0.5) == Y).mean()
    assert evaluate(model, X, Y, loss, ["accuracy"])["accuracy"] == share
    given = partial(metrics.accuracy, threshold=0.0)  # one's own threshold stays
    assert evaluate(model, X, Y, loss, [given])["accuracy"] == Y.mean()


@pytest.mark.parametrize(
    ("model", "loss", "message"),
    [
        (mlp("softmax"), "cross_entropy", "made by softmax"),
        (mlp("sigmoid", (3, 1)), "binary_cross_entropy_with_logits", "made by sigmoid"),
        (mlp("sigmoid"), "binary_cross_entropy_with_logits", "made by sigmoid"),
    ],
)
def test_no_softmax_of_softmax_nor_sigmoid_of_sigmoid(model, loss, message):
    wide = loss != "cross_entropy" and len(model.layers[-1].neurons) == 2
    targets = data.one_hot(Y) if wide else Y
    for use in (evaluate, partial(fit, **QUIET)):
        with pytest.raises(ValueError, match=f"y, row 0: {loss}: .*{message}"):
            use(model, X, targets, loss)


def test_one_hot_targets_have_an_accuracy():
    wide = fit(mlp(), X, data.one_hot(Y), metrics=["accuracy"], **QUIET)
    assert wide["accuracy"] == fit(mlp(), X, Y, metrics=["accuracy"], **QUIET)["accuracy"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"metrics": ["roc_auc"], "nouts": (3,)}, "metrics, of y: roc_auc: 3 classes"),
        ({"metrics": ["roc_auc"], "validation": (X[:2], [1, 1])}, "metrics, of validation y: roc"),
        ({"metrics": ["r2"]}, "metrics, of y: r2: outputs of 2 columns"),
    ],
)
def test_metrics_that_do_not_fit_are_refused_before_the_first_epoch(options, message):
    model = mlp(nouts=options.pop("nouts", (2,)))
    before = model.state_dict()
    with pytest.raises(ValueError, match=message):
        fit(model, X, Y, **options, **QUIET)
    assert model.state_dict() == before


def test_a_metric_of_ones_own_is_called_once_an_epoch_and_needs_no_hash():
    class Count:
        __hash__ = None
        calls = 0

        def __call__(self, outputs, targets):
            self.calls += 1
            return 1.0

    count = Count()
    fit(mlp("sigmoid", (3, 1)), X, Y, "mean_squared_error", metrics=[count], **QUIET)
    assert count.calls == 1


@pytest.mark.parametrize(
    ("batch_size", "message"),
    [(32, "batch_size=33, say"), (8, "give batch_size=9"), (1, "=2, |=3")],
)
def test_a_last_batch_of_one_is_refused_before_a_batch_norm_meets_it(batch_size, message):
    model = Sequential(Layer(2, 3, seed=0), BatchNorm(3), Layer(3, 2, nonlin=False, seed=1))
    before = model.state_dict()
    for train in (partial(fit, **QUIET), partial(find_rate, seed=0)):
        with pytest.raises(ValueError, match=message):
            train(model, X, Y, batch_size=batch_size)
    with pytest.raises(ValueError, match="give two samples or more"):
        fit(model, X[:1], Y[:1], **QUIET)
    assert model.state_dict() == before
    assert len(fit(model, X, Y, batch_size=31, **QUIET)) == 1  # 31 and 2


def test_an_index_that_is_in_no_table_is_found_before_the_first_step():
    model = Sequential(Embedding(5, 3, seed=0), Layer(6, 2, nonlin=False, seed=1))
    before, rows = model.state_dict(), np.ones((33, 2))
    for index, error in ((7.0, IndexError), (0.5, TypeError)):
        rows[20, 1] = index
        with pytest.raises(error, match=f"X, row 20: .*index {index}"):
            fit(model, rows, Y, batch_size=4, **QUIET)
        assert model.state_dict() == before


def test_after_a_schedule_the_optimizer_has_its_own_rate_again():
    optimizer, schedule = SGD(lr=0.1, momentum=0.5), OneCycle(momentum=(0.6, 0.9))
    options = optimizer.options
    first = fit(mlp(), X, Y, optimizer=optimizer, schedule=schedule, **QUIET)
    assert optimizer.options == options
    assert fit(mlp(), X, Y, optimizer=optimizer, schedule=schedule, **QUIET) == first
    decay = CosineDecay()
    fit(mlp(), X, Y, optimizer=optimizer, schedule=decay, **QUIET)
    optimizer.lr = 0.025
    assert fit(mlp(), X, Y, optimizer=optimizer, schedule=decay, **QUIET)["lr"] == [0.025]


def test_a_resumed_fit_may_write_no_checkpoint(tmp_path):
    path = tmp_path / "run.json"
    options = {"progress": False, "seed": 0, "optimizer": SGD(lr=0.1)}
    fit(mlp(), X, Y, epochs=1, checkpoint=path, **options)
    written = path.read_text()
    resumed = fit(mlp(), X, Y, epochs=2, resume=path, **options)
    assert resumed == fit(mlp(), X, Y, epochs=2, **options)
    assert path.read_text() == written


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schedule": CosineDecay(lowest=0.5)}, r"schedule was 'CosineDecay\(\)' and is"),
        ({"optimizer": SGD(lr=0.2)}, "optimizer was lr 0.1 and is lr 0.2"),
        ({"model": mlp(activation="relu")}, "model was activation 'tanh' and is activation 'relu'"),
        ({"model": Sequential(mlp())}, "model was"),
    ],
)
def test_a_fit_that_would_go_on_otherwise_is_refused(tmp_path, change, message):
    path = tmp_path / "run.json"
    given = {"model": mlp(), "schedule": CosineDecay(), "optimizer": SGD(lr=0.1)}
    fit(X=X, y=Y, checkpoint=path, **given, **QUIET)
    with pytest.raises(ValueError, match=message):
        fit(X=X, y=Y, resume=path, **{**given, "model": mlp(), **change}, **QUIET)


def test_a_fit_with_other_parts_frozen_is_refused(tmp_path):
    path, model = tmp_path / "run.json", mlp()
    fit(mlp(), X, Y, checkpoint=path, **QUIET)
    model.layers[1].freeze()
    with pytest.raises(ValueError, match="frozen was"):
        fit(model, X, Y, resume=path, **QUIET)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"penalty": 0.01}, "penalty=0.01: give a function"),
        ({"checkpoint": 3}, "checkpoint=3: give a path"),
        ({"callbacks": print}, "callbacks=.*: give a list"),
    ],
)
def test_options_of_wrong_types(change, message):
    with pytest.raises(TypeError, match=message):
        fit(mlp(), X, Y, **change, **QUIET)
