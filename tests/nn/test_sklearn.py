"""The scikit-learn estimators: scikit-learn's own checks, and what their parameters do."""

from __future__ import annotations

import pickle
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("sklearn", minversion="1.6", reason="the extra sklearn")

from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, DataConversionWarning
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import nn.sklearn
from nn.optimizers.rmsprop import RMSprop
from nn.sklearn import MLPClassifier, MLPRegressor
from nn.toys import moons
from nn.training.diverged import DivergedError
from nn.training.fit import fit
from nn.training.interrupts import Interrupted

# these checks stop long before the networks are at their best, which is what the warning says
in_time = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
QUICK = {"learning_rate_init": 0.1, "max_iter": 10, "random_state": 0}

X, y = moons(60, noise=0.1, seed=0)
NAMES = np.array(["moon", "other"])[np.asarray(y)]


@in_time
@parametrize_with_checks([MLPClassifier((4,), **QUICK), MLPRegressor((4,), **QUICK)], legacy=True)
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


@in_time
def test_learns_moons_and_answers_with_labels():
    model = MLPClassifier((8,), learning_rate_init=0.05, random_state=0).fit(X, NAMES)
    assert model.score(X, NAMES) == 1.0
    assert model.classes_.tolist() == ["moon", "other"]
    assert set(model.predict(X)) == {"moon", "other"}


@in_time
def test_probabilities_are_the_softmax_of_the_networks_outputs():
    model = MLPClassifier((3,), **QUICK).fit(X, NAMES)
    z = model.model_.predict(X)
    odds = np.exp(z[:, 1] - z[:, 0])
    p = model.predict_proba(X)
    assert p[:, 1] / p[:, 0] == pytest.approx(odds, rel=1e-14)  # a few roundings of exp and log
    assert p.sum(axis=1) == pytest.approx(np.ones(len(X)), rel=1e-15)


@in_time
def test_log_probabilities_stay_finite_where_probabilities_vanish():
    model = MLPClassifier((), **QUICK).fit(X, y)
    far = model.predict_log_proba(1e6 * X)
    assert np.isfinite(far).all()
    assert far.min() < -1e4
    assert (model.predict_proba(1e6 * X).min(axis=1) == 0).any()


@in_time
def test_same_random_state_same_bits():
    first, second = (MLPClassifier((3,), **QUICK).fit(X, y) for _ in range(2))
    assert first.model_.state_dict() == second.model_.state_dict()
    other = MLPClassifier((3,), **QUICK).set_params(random_state=1).fit(X, y)
    assert other.model_.state_dict() != first.model_.state_dict()


def test_alpha_is_a_share_of_the_batch_for_every_sample(monkeypatch):
    given = {}

    def watched(model, *args, penalty, **options):
        given["now"] = penalty([])
        weights = [w.data for layer in model.layers for n in layer.neurons for w in n.w]
        given["by hand"] = 0.5 * 0.3 * sum(w * w for w in weights) / 20  # as scikit-learn has it
        return fit(model, *args, penalty=penalty, **options)

    monkeypatch.setattr(nn.sklearn, "fit", watched)
    with pytest.warns(ConvergenceWarning):
        MLPClassifier((3,), alpha=0.3, batch_size=20, max_iter=1, random_state=0).fit(X, y)
    assert given["now"].data == pytest.approx(given["by hand"], rel=1e-14)  # sums of 12 squares
    assert given["now"].data > 0


def norm(model):
    return sum(w.data**2 for layer in model.model_.layers for n in layer.neurons for w in n.w)


@in_time
def test_large_alpha_keeps_weights_small():
    free, held = (MLPClassifier((3,), alpha=alpha, **QUICK).fit(X, y) for alpha in (0, 100))
    assert norm(held) < norm(free) / 10


@in_time
def test_an_optimizer_of_ones_own_is_left_as_it_was():
    solver = RMSprop(lr=0.02)
    model = MLPClassifier((3,), solver=solver, max_iter=2, random_state=0)
    first = model.fit(X, y).model_.state_dict()
    assert solver.params is None
    assert model.fit(X, y).model_.state_dict() == first
    adam = clone(model).set_params(solver="adam", learning_rate_init=0.02).fit(X, y)
    assert adam.model_.state_dict() != first


@in_time
def test_without_shuffle_the_random_state_only_draws_the_weights():
    model = MLPClassifier((3,), batch_size=20, shuffle=False, max_iter=2, random_state=0)
    order = np.concatenate([np.arange(20)[::-1], np.arange(20, 60)])  # within the first batch
    first, second = clone(model).fit(X, y), clone(model).fit(X[order], y[order])
    # the same batches, summed in another order: roundings
    assert first.predict_proba(X) == pytest.approx(second.predict_proba(X), rel=1e-9)


@in_time
@pytest.mark.parametrize("name", ["logistic", "sigmoid", "identity", "gelu"])
def test_activations_by_either_name(name):
    model = MLPClassifier((2,), name, max_iter=1).fit(X, y)
    ours = {"logistic": "sigmoid", "identity": "linear"}.get(name, name)
    assert model.model_.layers[0].activation == ours
    assert model.model_.layers[1].activation == "linear"


def test_early_stopping_keeps_the_best_epoch_on_a_stratified_part_held_out(monkeypatch):
    held_out = []

    def watched(*args, validation, **options):
        held_out.append(validation)
        return fit(*args, validation=validation, **options)

    monkeypatch.setattr(nn.sklearn, "fit", watched)
    few = y < np.arange(60) % 3  # 20 of the class 1, every third sample or so is right
    for seed in range(5):
        model = MLPClassifier(
            (4,), learning_rate_init=0.1, early_stopping=True, n_iter_no_change=3,
            validation_fraction=0.25, random_state=seed,
        ).fit(X, few)  # fmt: skip
        X_held, y_held = held_out.pop()
        assert y_held.tolist().count(1) == round(15 * few.mean())
        scores = model.history_["val_accuracy"]
        assert model.n_iter_ == len(scores) == len(model.loss_curve_)
        assert scores.index(max(scores)) + 1 == model.n_iter_ - 3
        assert (model.model_.predict(X_held).argmax(axis=1) == y_held).mean() == max(scores)


def test_training_stops_when_the_loss_no_longer_falls_and_warns_if_it_did_not():
    done = MLPClassifier((2,), tol=10.0, n_iter_no_change=2, random_state=0).fit(X, y)
    assert done.n_iter_ == 3
    with pytest.warns(ConvergenceWarning, match="max_iter=1 "):
        MLPClassifier((2,), max_iter=1).fit(X, y)


@in_time
def test_warm_start_goes_on_from_the_weights():
    model = MLPClassifier((4,), warm_start=True, **QUICK).fit(X, NAMES)
    after_one, loss = model.model_.state_dict(), model.loss_curve_[-1]
    model.fit(X, NAMES)
    assert model.loss_curve_[0] < loss * 1.1  # on the way on, not from the start again
    cold = clone(model).set_params(warm_start=False).fit(X, NAMES)
    assert cold.model_.state_dict() == after_one
    with pytest.raises(ValueError, match="warm_start=True: the classes of the last fit"):
        model.fit(X, y)
    with pytest.raises(ValueError, match=r"layers \[2, 4, 2\], this one would have \[2, 3, 2\]"):
        model.set_params(hidden_layer_sizes=3).fit(X, NAMES)


@in_time
def test_pipelines_and_searches():
    steps = make_pipeline(StandardScaler(), MLPClassifier((4,), max_iter=10, random_state=0))
    grid = {"mlpclassifier__learning_rate_init": [1e-9, 0.1]}
    search = GridSearchCV(steps, grid, cv=2).fit(X, NAMES)
    assert search.best_params_["mlpclassifier__learning_rate_init"] == 0.1


@in_time
def test_regression_on_several_targets_and_the_flat_form():
    targets = np.column_stack([X[:, 0], 2 * X[:, 1]])
    both = MLPRegressor((), alpha=0, learning_rate_init=0.1, random_state=0).fit(X, targets)
    assert both.predict(X).shape == (60, 2)
    assert both.score(X, targets) > 0.999  # the targets are linear, and so is the model
    one = MLPRegressor((), alpha=0, learning_rate_init=0.1, random_state=0).fit(X, targets[:, 1])
    assert one.predict(X).shape == (60,)
    with pytest.warns(DataConversionWarning, match="column-vector y"):
        again = clone(one).fit(X, targets[:, 1:])
    assert (again.predict(X) == one.predict(X)).all()


@in_time
def test_what_was_trained_survives_ctrl_c_and_divergence(monkeypatch):
    def interrupted(model, *args, callbacks, **options):
        def press(run):
            if run.epoch == 2:
                raise KeyboardInterrupt

        return fit(model, *args, callbacks=[*callbacks, press], **options)

    with monkeypatch.context() as patch:
        patch.setattr(nn.sklearn, "fit", interrupted)
        model = MLPClassifier((3,), **QUICK)
        with pytest.raises(Interrupted):
            model.fit(X, NAMES)
    assert set(model.predict(X)) <= {"moon", "other"}
    model = MLPRegressor((3,), solver="sgd", learning_rate_init=1e9, random_state=0)
    with pytest.raises(DivergedError):
        model.fit(1e3 * X, X[:, 0])
    assert np.isfinite(model.predict(X)).all()


@in_time
def test_pickled_estimators_predict_the_same_bits():
    model = MLPClassifier((3,), **QUICK).fit(X, NAMES)
    again = pickle.loads(pickle.dumps(model))
    assert (again.predict_proba(X) == model.predict_proba(X)).all()


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"solver": "adm"}, ValueError, "solver='adm' is unknown: did you mean 'adam'"),
        ({"learning_rate_init": 0}, ValueError, "learning_rate_init=0: it must be above zero"),
        ({"learning_rate_init": "fast"}, TypeError, "learning_rate_init"),
        ({"alpha": -1}, ValueError, "alpha=-1: it must be at least zero"),
        ({"max_iter": 0}, ValueError, "max_iter=0: it must be at least 1"),
        ({"batch_size": 1.5}, TypeError, "batch_size=1.5: it must be a whole number"),
        ({"hidden_layer_sizes": (4, 0)}, ValueError, r"hidden_layer_sizes=\(4, 0\): a size=0"),
        ({"hidden_layer_sizes": "4"}, TypeError, "hidden_layer_sizes='4': give numbers"),
        ({"activation": "rely"}, ValueError, "relu"),
        ({"n_iter_no_change": 0}, ValueError, "n_iter_no_change=0"),
        ({"early_stopping": True, "validation_fraction": 1}, ValueError, "validation_fraction=1"),
        ({"random_state": "x"}, ValueError, "cannot be used to seed"),
    ],
)
def test_bad_parameters_are_named(options, error, message):
    model = MLPClassifier(**options)
    with pytest.raises(error, match=message):
        model.fit(X, y)
    assert not hasattr(model, "model_")


def test_one_class_is_refused():
    with pytest.raises(ValueError, match="y has one class, 0; a classifier needs two or more"):
        MLPClassifier().fit(X, np.zeros(60, int))


def test_without_scikit_learn_one_line_names_the_extra():
    code = "import sys; sys.modules['sklearn'] = None\nimport nn\nimport nn.sklearn"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr.strip().splitlines()[-1] == (
        "ImportError: nn.sklearn needs scikit-learn 1.6 or newer: pip install 'chalkgrad[sklearn]'"
    )
