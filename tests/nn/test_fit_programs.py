"""Fits by programs: the losses, outputs, errors and random numbers of the eager engine."""

from __future__ import annotations

import functools
import random
import warnings

import numpy as np
import pytest

import autograd
import nn
from nn.activations import TITLES
from nn.training.engines import find_engine

RNG = np.random.RandomState(0)
X = RNG.uniform(-1, 1, (24, 3))
CLASSES = RNG.randint(0, 3, 24)
SIGNS = np.where(X[:, 0] > 0, 1, -1)
NUMBERS = X[:, 0] ** 2 - X[:, 1]
SHARES = RNG.dirichlet([1.0, 1.0, 1.0], 24)


def fitted(make, loss, y, engine, inputs=X, **options):
    model = make()
    given = {"epochs": 4, "batch_size": 7, "seed": 0, "progress": False, **options}
    history = nn.fit(model, inputs, y, loss, nn.Adam(lr=0.05), engine=engine, **given)
    return model, history


def assert_same_fit(make, loss, y, **options):
    (ours, programs), (theirs, graphs) = (
        fitted(make, loss, y, engine, **options) for engine in ("compiled", "eager")
    )
    assert programs.engine == "compiled"
    assert graphs.engine == "eager"
    assert programs.columns.keys() == graphs.columns.keys()
    for name, column in graphs.columns.items():
        np.testing.assert_allclose(programs[name], column, rtol=1e-10, atol=1e-13)
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert p.data == pytest.approx(q.data, rel=1e-7, abs=1e-9)
    assert ours.random_state() == theirs.random_state()


def mlp(outputs=1, **options):
    return lambda: nn.MLP(3, [4, outputs], seed=0, **options)


CASES = {
    "mean_squared_error": (mlp(), NUMBERS),
    "mean_absolute_error": (mlp(), NUMBERS),
    "huber": (mlp(), NUMBERS),
    "log_cosh": (mlp(), 3 * NUMBERS),  # both sides of its branch
    "cross_entropy": (mlp(3), CLASSES),
    "negative_log_likelihood": (mlp(3, output="log_softmax"), CLASSES),
    "kullback_leibler": (mlp(3, output="log_softmax"), SHARES),
    "binary_cross_entropy": (mlp(output="sigmoid"), SIGNS > 0),
    "binary_cross_entropy_with_logits": (mlp(), SIGNS > 0),
    "hinge": (mlp(), SIGNS),
    "squared_hinge": (mlp(), SIGNS),
    "multiclass_hinge": (mlp(3), CLASSES),
    "cosine_distance": (mlp(3), SHARES),
}


@pytest.mark.parametrize("loss", nn.losses.LOSSES)
def test_every_loss(loss):
    make, y = CASES[loss]
    assert_same_fit(make, loss, y)


@pytest.mark.parametrize(
    ("loss", "y"),
    [
        (functools.partial(nn.cross_entropy, label_smoothing=0.1), CLASSES),
        (functools.partial(nn.cross_entropy, label_smoothing=0.1), SHARES),
        (functools.partial(nn.cross_entropy, class_weights=[1, 0.5, 3]), CLASSES),
        ("cross_entropy", CLASSES.astype(float)),
        ("cross_entropy", SHARES),
        ("cross_entropy", np.eye(3, dtype=int)[CLASSES]),
        ("mean_squared_error", SHARES),
        ("mean_squared_error", np.eye(3, dtype=int)[CLASSES]),
        (lambda ys, t: autograd.sum([(y - u) ** 4 for y, u in zip(ys, t, strict=True)]), SHARES),
        (lambda ys, t: ys[t] ** 2 if t else ys[0] - ys[1], CLASSES),
    ],
)
def test_targets_of_every_form(loss, y):
    assert_same_fit(mlp(3), loss, y)


def test_rows_that_branch_draw_in_their_order():
    def make():
        return nn.Sequential(nn.Dropout(0.3, seed=1), nn.Layer(3, 1, nonlin=False, seed=1))

    assert_same_fit(make, "hinge", SIGNS)


@pytest.mark.parametrize("activation", TITLES)
def test_every_activation(activation):
    assert_same_fit(mlp(activation=activation), "mean_squared_error", NUMBERS)


def sequential(*parts):
    return lambda: nn.Sequential(
        nn.Layer(3, 4, activation="tanh", seed=0), *(part() for part in parts),
        nn.Layer(4, 3, nonlin=False, seed=1),
    )  # fmt: skip


@pytest.mark.parametrize(
    "part",
    [
        lambda: nn.Dropout(0.3, seed=1),
        lambda: nn.LayerNorm(4),
        lambda: nn.PReLU(4),
        lambda: nn.Residual(nn.Layer(4, 4, seed=2)),
        lambda: "softmax",
        lambda: nn.Layer(4, 4, activation="log_softmax", seed=2),
        lambda: nn.Layer(4, 4, seed=2).freeze(),
        lambda: nn.Residual(nn.Sequential(nn.Layer(4, 4, seed=2), nn.Dropout(0.5, seed=3))),
    ],
)
def test_every_module(part):
    assert_same_fit(sequential(part), "cross_entropy", CLASSES, metrics=["accuracy"])


def test_tables_that_are_looked_up():
    words = RNG.randint(0, 5, (24, 2))

    def make():
        return nn.Sequential(nn.Embedding(5, 2, seed=0), nn.Layer(4, 3, nonlin=False, seed=1))

    assert_same_fit(make, "cross_entropy", CLASSES, inputs=words)


def test_dropout_of_several_layers_has_the_masks_of_eager_fits():
    assert_same_fit(
        sequential(lambda: nn.Dropout(0.3, seed=1), lambda: nn.Dropout(0.5, seed=2)),
        "cross_entropy", CLASSES,
    )  # fmt: skip


@pytest.mark.parametrize("penalty", [nn.l1_penalty, nn.l2_penalty])
def test_penalties(penalty):
    assert_same_fit(
        mlp(), "mean_squared_error", NUMBERS, penalty=lambda ps: penalty(ps, 0.01), validation=0.25
    )


def test_a_sequence_by_a_network_that_recurs():
    class Recurrent(nn.Module):
        def __init__(self):
            self.step, self.end = nn.Layer(4, 3, activation="tanh", seed=0), nn.Neuron(3, seed=1)

        def __call__(self, x):
            state = [0.0] * 3
            for number in x:
                state = self.step([number, *state])
            return self.end(state)

    assert_same_fit(Recurrent, "mean_squared_error", NUMBERS)


# what cannot be a program


class Reads(nn.Module):
    """Take a number out of a Value."""

    def __init__(self):
        self.w = autograd.Value(0.5)

    def __call__(self, x):
        return self.w * (2.0 if self.w.data > 0 else 3.0) * x[0]


class Centred(nn.Module):
    """Look at a whole batch."""

    def __init__(self):
        self.layer = nn.Layer(3, 3, nonlin=False, seed=0)

    def __call__(self, x):
        return self.layer(x)

    def batch(self, rows):
        outputs = [self(x) for x in rows]
        return [[y - z for y, z in zip(ys, outputs[0], strict=True)] for ys in outputs]


@pytest.mark.parametrize(
    ("make", "loss", "y", "why"),
    [
        (sequential(lambda: nn.BatchNorm(4)), "cross_entropy", CLASSES, "BatchNorm.4. looks at"),
        (Reads, "mean_squared_error", NUMBERS, r"w?\.data is read"),
        (Centred, "cross_entropy", CLASSES, "looks at the whole batch"),
        (mlp(), lambda y, t: (y - t) ** 2 * random.Random(0).choice([1, y.data]), NUMBERS, "data"),
    ],
)
def test_what_cannot_be_a_program_is_run_eagerly_and_said(make, loss, y, why):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ours, programs = fitted(make, loss, y, "auto")
    theirs, graphs = fitted(make, loss, y, "eager")
    assert programs.engine.startswith("eager: ")
    assert programs == graphs
    assert ours.state_dict() == theirs.state_dict()
    with pytest.raises(TypeError, match=f"engine='compiled': .*{why}"):
        fitted(make, loss, y, "compiled")


def test_two_dropouts_of_one_generator_draw_as_eager_ones_do():
    def make():
        source = random.Random(0)
        return sequential(
            lambda: nn.Dropout(0.3, seed=source), lambda: nn.Dropout(0.3, seed=source)
        )()

    _, programs = fitted(make, "cross_entropy", CLASSES, "auto")
    _, graphs = fitted(make, "cross_entropy", CLASSES, "eager")
    np.testing.assert_allclose(programs["loss"], graphs["loss"], rtol=1e-10)


def test_a_batch_that_breaks_off_a_program_has_its_random_numbers_again():
    def loss(ys, t):
        return ys[0] ** 2 if t < 2 else ys[0] ** 2 * (1 + 0 * ys[1].data)

    make, y = sequential(lambda: nn.Dropout(0.3, seed=1)), np.array([0, 1, 0, 1, 0, 2] * 4)
    ours, programs = fitted(make, loss, y, "auto", shuffle=False)
    theirs, graphs = fitted(make, loss, y, "eager", shuffle=False)
    assert "data is read" in programs.engine
    assert ours.random_state() == theirs.random_state()
    assert programs == graphs


def test_what_a_callback_changes_is_seen():
    class Less:
        def on_epoch_end(self, run):
            run.model.parts[1].p /= 2

    make = sequential(lambda: nn.Dropout(0.8, seed=1))
    assert_same_fit(make, "cross_entropy", CLASSES, callbacks=[Less()])


def test_a_weight_that_a_callback_takes_out_of_a_kernel_is_seen():
    class Prune:
        def on_epoch_end(self, run):
            run.model.parts[0].w[1][0][0] = 0.0

    def make():
        return nn.Sequential(nn.Conv1d(1, 3, 2, seed=0), nn.Flatten(), nn.Layer(6, 3, seed=1))

    given = {"inputs": X[:, None], "callbacks": [Prune()]}
    _, programs = fitted(make, "cross_entropy", CLASSES, "auto", **given)
    _, graphs = fitted(make, "cross_entropy", CLASSES, "eager", **given)
    np.testing.assert_allclose(programs["loss"], graphs["loss"], rtol=1e-10)


def test_errors_are_those_of_eager_fits():
    def loss(y, t):
        if y > 0.2:
            raise ValueError("too large")
        return y * y

    said = []
    for engine in ("auto", "eager"):
        with pytest.raises(ValueError, match="too large") as caught:
            fitted(mlp(), loss, NUMBERS, engine)
        said.append(caught.value.__notes__)
    assert said[0][-1] == said[1][-1]


def test_a_fit_that_diverges_says_the_same():
    said = []
    for engine in ("auto", "eager"):
        model = nn.MLP(3, [4, 1], seed=0)
        with pytest.raises(nn.DivergedError) as caught:
            nn.fit(model, X, NUMBERS, "mean_squared_error", nn.SGD(lr=1e30), epochs=50, seed=0,
                   progress=False, engine=engine)  # fmt: skip
        said.append((caught.value.epoch, caught.value.batch))
    assert said[0] == said[1]


def test_one_engine_goes_on_from_the_checkpoint_of_the_other(tmp_path):
    make = sequential(lambda: nn.Dropout(0.3, seed=1))
    _, whole = fitted(make, "cross_entropy", CLASSES, "eager", epochs=6)
    for first, second in (("compiled", "eager"), ("eager", "compiled")):
        path = tmp_path / f"{first}.json"
        fitted(make, "cross_entropy", CLASSES, first, epochs=3, checkpoint=path)
        _, rest = fitted(make, "cross_entropy", CLASSES, second, epochs=6, resume=path)
        np.testing.assert_allclose(rest["loss"], whole["loss"], rtol=1e-10)


def test_the_engines_names():
    for name in ("auto", "compiled", "eager"):
        assert find_engine(name)


# predictions


ROWS = RNG.uniform(-2, 2, (150, 3))


@pytest.mark.parametrize(
    "make", [mlp(), mlp(3, activation="gelu"), sequential(lambda: nn.BatchNorm(4)),
             sequential(lambda: nn.Dropout(0.3, seed=1)), mlp(output="sigmoid")],
)  # fmt: skip
def test_predictions_of_many_rows_are_those_of_each(make):
    model = make()
    rows = ROWS.copy()
    rows[7, 1] = np.nan
    found = model.predict(rows)
    for row, outputs in zip(rows, found, strict=True):
        np.testing.assert_allclose(outputs, model.predict([row])[0], rtol=1e-12, atol=1e-14)
    assert np.isnan(found[7]).all()
    assert all(module.training for _, module in model.named_modules())


def test_a_prediction_sees_what_has_changed():
    model = sequential(lambda: nn.BatchNorm(4))()
    before = model.predict(ROWS)
    model.batch(ROWS[:20].tolist())  # moves the running statistics
    after = model.predict(ROWS)
    assert abs(after - before).max() > 0.01
    np.testing.assert_allclose(after[:3], model.predict(ROWS[:3]), rtol=1e-12)
    model.parameters()[0].data += 1.0
    np.testing.assert_allclose(model.predict(ROWS)[:3], model.predict(ROWS[:3]), rtol=1e-12)


def test_an_index_out_of_the_table_is_an_error_in_many_rows_too():
    model = nn.Embedding(5, 2, seed=0)
    rows = RNG.randint(0, 5, (150, 2))
    np.testing.assert_array_equal(model.predict(rows)[:9], model.predict(rows[:9]))
    for wrong in (5, -1):
        rows[100, 1] = wrong
        with pytest.raises(IndexError, match=f"the index {wrong} is not in 0 to 4"):
            model.predict(rows)


def test_evaluation_of_many_rows():
    y = (ROWS[:, 0] > 0).astype(int)
    model = nn.MLP(3, [4, 1], seed=0)
    loss = "binary_cross_entropy_with_logits"
    whole = nn.evaluate(model, ROWS, y, loss, metrics=["accuracy"])
    parts = [nn.evaluate(model, ROWS[i : i + 50], y[i : i + 50], loss, metrics=["accuracy"])
             for i in (0, 50, 100)]  # fmt: skip
    for name, number in whole.items():
        assert number == pytest.approx(sum(part[name] for part in parts) / 3, rel=1e-12)
