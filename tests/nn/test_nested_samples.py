"""Samples of any shape: images and sequences through fit, predict, evaluate and the metrics."""

from __future__ import annotations

import numpy as np
import pytest

import nn
from autograd import Value, dot, tanh
from nn.data.nested import tensor
from nn.metrics.regression import mse


class Running(nn.Module):
    """Give two numbers for each step of a sequence: what it adds up to, and its tanh."""

    def __init__(self):
        self.w = [Value(0.5), Value(-0.25)]

    def __call__(self, x):
        total, found = 0.0, []
        for step in x:
            total = total + dot(self.w, step)
            found.append([total, tanh(total)])
        return found


def data(n=120, steps=3):
    X = np.random.RandomState(0).uniform(-1, 1, (n, steps, 2))
    totals = np.cumsum(X @ [1.5, -1.0], axis=1)
    return X, np.stack([totals, np.tanh(totals)], axis=-1)


@pytest.mark.parametrize("engine", ["compiled", "eager"])
def test_fit_learns_from_sequences(engine):
    X, y = data(40)
    model = Running()
    history = nn.fit(model, X, y, loss="mean_squared_error", optimizer=nn.Adam(lr=0.1), epochs=120,
                     validation=0.25, metrics=["mse"], seed=0, engine=engine,
                     progress=False)  # fmt: skip
    assert history.engine == engine
    assert [w.data for w in model.w] == pytest.approx([1.5, -1.0], abs=0.01)
    # the loss and the metric differ only by the order of their sums
    assert history["val_mse"] == pytest.approx(history["val_loss"], rel=1e-12)


def test_predict_has_the_shape_of_the_outputs_compiled_or_not():
    X, _ = data()
    model = Running()
    few, many = model.predict(X[:5]), Running().predict(X)
    assert few.shape == (5, 3, 2)
    assert many.shape == (120, 3, 2)
    np.testing.assert_allclose(few, many[:5], rtol=1e-15)
    assert model.predict(X[:5].tolist()).tolist() == few.tolist()


def test_rows_of_earlier_calls_count_until_there_is_a_program(monkeypatch):
    from nn import programs

    made = []
    right = programs._made
    monkeypatch.setattr(programs, "_made", lambda *given: made.append(1) or right(*given))
    model, (X, _) = Running(), data(60)
    model.predict(X)
    assert not made
    first = model.predict(X[:40])
    assert made == [1]
    np.testing.assert_array_equal(model.predict(X[:40]), first)
    model.predict(X[:1])
    assert made == [1]


def test_classes_of_every_step():
    class Steps(nn.Module):
        def __init__(self):
            self.w = [Value(-1.0), Value(0.5)]

        def __call__(self, x):
            return [[w * step for w in self.w] for step in x]

    X = np.random.RandomState(1).uniform(-1, 1, (150, 4))
    y = (X > 0).astype(int)
    model = Steps()
    history = nn.fit(model, X, y, epochs=5, metrics=["accuracy"], seed=0, progress=False)
    assert history.engine == "compiled"
    assert history["accuracy"][-1] == 1.0
    found = nn.evaluate(model, X, y, "cross_entropy", ["accuracy"])
    assert found["accuracy"] == 1.0
    by_hand = np.log(np.exp(model.predict(X)).sum(axis=-1))
    by_hand -= np.take_along_axis(model.predict(X), y[..., None], axis=-1)[..., 0]
    assert found["loss"] == pytest.approx(by_hand.mean(), rel=1e-13)


def test_a_wrong_class_in_a_sequence_is_named():
    X = np.zeros((3, 2, 2))
    with pytest.raises(ValueError, match=r"y, row 2: .*7"):
        nn.fit(Running(), X, [[0, 1], [1, 0], [0, 7]], progress=False)


def test_an_index_out_of_a_table_is_named_by_its_row():
    model = nn.Sequential(nn.Embedding(5, 2, seed=0), nn.Layer(6, 2, seed=0))
    X = np.random.RandomState(0).randint(0, 5, (50, 3))
    X[31, 2] = 5
    with pytest.raises(IndexError, match=r"X, row 31: .*index 5"):
        nn.fit(model, X, np.zeros(50, int), progress=False)
    X = X.astype(float)
    X[31, 2] = 1.5
    with pytest.raises(TypeError, match="X, row 31: "):
        nn.fit(model, X, np.zeros(50, int), progress=False)


def test_metrics_of_images_and_of_sequences():
    scores = np.array([[[2.0, -1.0], [3.0, -2.0]]])
    assert nn.metrics.accuracy(scores, np.array([[[1, 0], [0, 0]]])) == 0.75  # each pixel
    assert nn.metrics.accuracy(scores, np.array([[0, 1]])) == 0.5  # each row
    assert mse(scores, scores + 1) == 1.0
    with pytest.raises(ValueError, match=r"outputs of the shape \(1, 2, 2\) and targets of"):
        nn.metrics.accuracy(scores, np.zeros((1, 3)))


def test_sequences_of_one_step_have_an_accuracy():
    X, y = np.eye(3)[:, None], np.array([[0], [1], [0]])
    model = nn.Each(nn.Layer(3, 3, init=lambda *_: 0.0, activation="linear"))
    for k, neuron in enumerate(model.module.neurons):
        neuron.w[k].data = 1.0
    assert nn.evaluate(model, X, y, "cross_entropy", ["accuracy"])["accuracy"] == 2 / 3


def test_pixels_that_are_probabilities_are_compared_with_a_half():
    model = nn.Sequential(
        nn.Flatten(), nn.Layer(4, 4, activation="sigmoid", seed=0), lambda y: [y[:2], y[2:]]
    )
    X = np.random.RandomState(0).uniform(size=(6, 2, 2))
    y = (model.predict(X) > 0.5).astype(int)
    assert 0 < y.mean() < 1
    assert nn.evaluate(model, X, y, "mean_squared_error", ["accuracy"])["accuracy"] == 1


def test_ragged_samples_say_what_to_do():
    with pytest.raises(ValueError, match=r"X: sample 1 has the shape \(1, 2\) and sample 0 \(2, 2"):
        tensor([[[1, 2], [3, 4]], [[5, 6]]])
    with pytest.raises(ValueError, match="X: sample 0 has lists of unequal lengths: part 1"):
        tensor([[[1, 2], [3]]])
    with pytest.raises(TypeError, match="X: sample 1 holds 'a', which is no number"):
        tensor([[[1.0]], [["a"]]])
    with pytest.raises(TypeError, match="X: sample 0 holds b'ab', which is no number"):
        tensor([[[b"ab"]]])
    with pytest.raises(ValueError, match=r"X: sample 1 is nan at \[0, 1\]"):
        tensor(np.array([[[1.0, 2.0]], [[1.0, np.nan]]]))


def test_a_residual_adds_lists_in_lists_number_by_number():
    double = nn.Residual(lambda rows: [[2 * x for x in row] for row in rows])
    assert double([[1.0, 2.0], [3.0, 4.0]]) == [[3.0, 6.0], [9.0, 12.0]]
    with pytest.raises(ValueError, match="its module gives 1 numbers and it was given 2"):
        nn.Residual(lambda rows: [row[:1] for row in rows])([[1.0, 2.0]])


def test_a_prelu_and_dropout_act_on_every_pixel():
    assert [[y.data for y in row] for row in nn.PReLU()([[1.0, -1.0], [-2.0, 2.0]])] == [
        [1.0, -0.25], [-0.5, 2.0],
    ]  # fmt: skip
    dropped = nn.Dropout(0.5, seed=1)([[1.0, 2.0], [3.0, 4.0]])
    assert dropped == [[0.0, 4.0], [6.0, 0.0]]


def test_a_batch_norm_in_each_sees_the_elements_of_all_samples():
    norm = nn.BatchNorm(1)
    outputs = nn.Each(norm).batch([[[1.0], [2.0]], [[3.0]]])
    assert [len(steps) for steps in outputs] == [2, 1]
    alone = nn.BatchNorm(1).batch([[1.0], [2.0], [3.0]])
    assert [y.data for steps in outputs for [y] in steps] == [y.data for [y] in alone]
    assert norm.running_mean == [0.2]
