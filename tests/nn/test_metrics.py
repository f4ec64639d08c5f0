"""Metrics: against counts in fractions, scikit-learn's stored numbers, and their definitions."""

import json
import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Value
from nn import metrics
from nn.metrics import (
    confusion_matrix,
    confusion_table,
    find_metric,
    learning_curve,
    roc_auc,
    roc_curve,
)

STORED = json.loads(
    (Path(__file__).parents[1] / "data" / "sklearn" / "data_and_metrics.json").read_text()
)
# sums in another order, or by exp and log of another library: a few roundings of numbers about 1
ROUNDINGS = 8 * 2**-52

small_scores = st.integers(-3, 3).map(float)  # so that there are ties
pairs = st.lists(st.tuples(small_scores, st.integers(0, 1)), min_size=2, max_size=30)


def test_classification_agrees_with_scikit_learn():
    logits, classes = STORED["logits"], STORED["classes"]
    assert metrics.accuracy(logits, classes) == STORED["accuracy"]
    assert confusion_matrix(logits, classes).tolist() == STORED["confusion"]


@pytest.mark.parametrize("name", ["precision", "recall", "f1"])
def test_averages_agree_with_scikit_learn(name):
    metric, stored = find_metric(name), STORED[name]
    for average in ("macro", "micro", "weighted"):
        ours = metric(STORED["logits"], STORED["classes"], average=average)
        assert abs(ours - stored[average]) <= ROUNDINGS
    assert metric(STORED["logits"], STORED["classes"]) == pytest.approx(
        stored["macro"], rel=ROUNDINGS, abs=0
    )
    assert metric(STORED["scores"], STORED["binary"]) == stored["binary"]
    assert metric(STORED["scores"], STORED["binary"], positive=0) == stored["negative"]


def test_log_loss_agrees_with_scikit_learn():
    ours = metrics.log_loss(STORED["logits"], STORED["classes"])
    assert abs(ours - STORED["log_loss"]) <= ROUNDINGS
    ours = metrics.log_loss(STORED["scores"], STORED["binary"])
    assert abs(ours - STORED["binary_log_loss"]) <= ROUNDINGS


def test_roc_agrees_with_scikit_learn():
    curve = roc_curve(STORED["scores"], STORED["binary"])
    assert curve.thresholds[0] == math.inf
    assert [curve[0].tolist(), curve[1].tolist(), curve[2][1:].tolist()] == STORED["roc_curve"]
    assert abs(roc_auc(STORED["scores"], STORED["binary"]) - STORED["roc_auc"]) <= ROUNDINGS


@pytest.mark.parametrize("name", ["r2", "mae", "mse", "rmse"])
def test_regression_agrees_with_scikit_learn(name):
    ours = find_metric(name)(STORED["outputs"], STORED["targets"])
    assert ours == pytest.approx(STORED[name], rel=ROUNDINGS, abs=0)


def test_counts_by_hand():
    logits = np.eye(3)[[0, 0, 1, 1, 1, 2, 0]]
    targets = [0, 1, 1, 1, 2, 2, 2]
    assert confusion_matrix(logits, targets).tolist() == [[1, 0, 0], [1, 2, 0], [1, 1, 1]]
    # precision 1/3, 2/3, 1; recall 1, 2/3, 1/3; f1 1/2, 2/3, 1/2
    assert metrics.precision(logits, targets) == float(Fraction(2, 3))
    assert metrics.recall(logits, targets, average="weighted") == float(Fraction(4, 7))
    assert metrics.f1(logits, targets) == float(Fraction(5, 9))
    # a class that never occurs does not count
    assert metrics.f1(np.pad(logits, ((0, 0), (0, 1))), targets) == float(Fraction(5, 9))
    assert metrics.f1(logits, targets, average="micro") == metrics.accuracy(logits, targets)


@given(pairs)
def test_auc_is_the_probability_that_a_positive_ranks_above_a_negative(samples):
    scores, targets = zip(*samples, strict=True)
    over = [s for s, t in samples if t]
    under = [s for s, t in samples if not t]
    if not over or not under:
        with pytest.raises(ValueError, match="it needs samples of both classes"):
            roc_auc(scores, targets)
        return
    points = sum(Fraction((a > b) * 2 + (a == b), 2) for a in over for b in under)
    assert roc_auc(scores, targets) == float(points / (len(over) * len(under)))
    assert roc_auc(scores, [2 * t - 1 for t in targets]) == roc_auc(scores, targets)
    curve = roc_curve(scores, targets)
    heights = list(map(Fraction, curve.true_positive_rate))
    widths = list(map(Fraction, curve.false_positive_rate))
    area = sum(
        (widths[i + 1] - widths[i]) * (heights[i + 1] + heights[i]) / 2
        for i in range(len(widths) - 1)
    )
    # the curve's rates are rounded, up to half an ulp of 1 each
    assert abs(area - points / (len(over) * len(under))) <= 4 * Fraction(1, 2**52)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=30))
def test_the_confusion_matrix_has_every_sample_once(samples):
    predicted, targets = zip(*samples, strict=True)
    counts = confusion_matrix(np.eye(4)[list(predicted)], targets)
    assert counts.sum(axis=1).tolist() == [targets.count(i) for i in range(4)]
    assert counts.sum(axis=0).tolist() == [predicted.count(i) for i in range(4)]
    assert np.trace(counts) / len(samples) == metrics.accuracy(np.eye(4)[list(predicted)], targets)


@given(st.lists(st.tuples(st.integers(-99, 99), st.integers(-99, 99)), min_size=2, max_size=9))
def test_regression_is_right_to_the_last_digit_for_whole_numbers(samples):
    outputs, targets = zip(*samples, strict=True)
    n = len(samples)
    squares = sum(Fraction(a - b) ** 2 for a, b in samples)
    assert metrics.mse(outputs, targets) == float(squares / n)
    assert metrics.mae(outputs, targets) == float(Fraction(sum(abs(a - b) for a, b in samples), n))
    if len(set(targets)) > 1:
        mean = Fraction(sum(targets), n)
        exact = 1 - squares / sum((b - mean) ** 2 for b in targets)
        # one rounding each for mean, sum, quotient and difference; the quotient may be large
        assert abs(metrics.r2(outputs, targets) - exact) <= 2**-49 * (1 + abs(exact))


def test_scores_of_all_kinds():
    assert metrics.accuracy([Value(0.1), -0.2], [1, -1]) == 1.0
    assert metrics.accuracy([Value(0.1), -0.2], [1, 0]) == 1.0
    assert metrics.accuracy(np.array([[0.3], [0.7]]), np.array([0, 1]), threshold=0.5) == 1.0
    assert metrics.accuracy([[Value(1.0), Value(2.0)]], [Value(1)]) == 1.0
    assert metrics.accuracy([[1.0, 1.0]], [0]) == 1.0  # the first of equal ones
    assert metrics.accuracy([0.5, -0.5], [True, False]) == 1.0
    assert metrics.precision([2.0, -1.0], [-1, 1], positive=-1) == 0.0


def test_nothing_predicted_counts_as_zero():
    assert metrics.precision([-1.0, -2.0], [1, 0]) == 0.0
    assert metrics.recall([1.0, -2.0], [0, 0]) == 0.0
    assert metrics.f1([-1.0, -2.0], [0, 0]) == 0.0


def test_log_loss_of_extreme_logits_keeps_its_digits():
    # e**-50 is small enough for ln(1 + x) = x to the last digit
    assert metrics.log_loss([[0.0, 50.0]], [1]) == pytest.approx(math.exp(-50), rel=2**-51, abs=0)
    assert metrics.log_loss([[0.0, 5000.0]], [0]) == 5000.0
    assert metrics.log_loss([-800.0], [-1]) == 0.0
    assert metrics.log_loss([[0.0, 1.0]], [0], from_logits=False) == math.inf
    assert metrics.log_loss([[1.0] * 8], [3]) == pytest.approx(math.log(8), rel=2**-52, abs=0)


def test_the_confusion_table_lines_up():
    text = confusion_table([[13, 0, 0], [0, 15, 1], [0, 0, 0]], ["setosa", "versicolor", "v"])
    assert text.splitlines() == [
        "true \\ predicted  setosa  versicolor      v   recall",
        "setosa                13           0      0    1.000",
        "versicolor             0          15      1    0.938",
        "v                      0           0      0        -",
        "precision          1.000       1.000  0.000    0.966",
    ]


@pytest.mark.parametrize("name", metrics.METRICS)
def test_a_metric_is_found_by_name_or_as_itself(name):
    assert find_metric(name) is getattr(metrics, name)
    assert find_metric(find_metric(name)) is find_metric(name)


def test_unknown_metrics():
    with pytest.raises(ValueError, match=r"metric='acuracy' is unknown: did you mean 'accuracy'\?"):
        find_metric("acuracy")
    with pytest.raises(TypeError, match="metric=3: give a name"):
        find_metric(3)
    assert find_metric("auc") is roc_auc


@pytest.mark.parametrize("name", metrics.METRICS)
@pytest.mark.parametrize(("outputs", "targets"), [([1.0], [1, 0]), ([], [])])
def test_every_metric_refuses_unequal_and_no_samples(name, outputs, targets):
    with pytest.raises(ValueError, match=f"{name}: {len(outputs)} outputs and {len(targets)} targ"):
        find_metric(name)(outputs, targets)


@pytest.mark.parametrize("name", metrics.METRICS)
def test_every_metric_refuses_nan_and_ragged_rows(name):
    with pytest.raises(ValueError, match=f"{name}: outputs: row 1, column 0 is nan"):
        find_metric(name)([1.0, math.nan, 0.0], [1, 0, 1])
    with pytest.raises(ValueError, match=f"{name}: outputs: row 1 has 3 numbers, row 0 has 2"):
        find_metric(name)([[1.0, 0.0], [0.0, 1.0, 2.0]], [1, 0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: metrics.accuracy([[0.0, 1.0]], [2]), r"targets\[0\] = 2 is none of the 2 classes"),
        (lambda: metrics.accuracy([[0.0, 1.0]], [-1]), "= -1 is none of the 2 classes"),
        (lambda: metrics.accuracy([2, 0, 1], [2, 0, 1]), "= 2 is none of the two classes, 0 and 1"),
        (lambda: metrics.accuracy([1.0, 1.0], [0, -1]), "two classes, -1 and 1"),
        (lambda: metrics.accuracy([1.0], [0.5]), "= 0.5 is not the number of a class"),
        (lambda: metrics.accuracy([[0.0, 1.0]], [[0.5, 0.5]]), "is not one-hot"),
        (lambda: metrics.accuracy([0.0, 1.0], [[0, 1], [1, 0]]), "from_one_hot"),
        (lambda: metrics.accuracy([[0.0, 1.0]], ["cat"]), "class_numbers"),
        (lambda: metrics.f1([1.0], [1], average="makro"), "did you mean 'macro'"),
        (lambda: metrics.f1([[1.0, 0.0, 0.0]], [1], average="binary"), "'binary' of 3 classes"),
        (lambda: metrics.f1([1.0], [1], positive=2), r"positive=2 is none of the classes \[0, 1\]"),
        (lambda: roc_auc([0.1, 0.2], [1, 1]), "roc_auc: all 2 targets are 1"),
        (lambda: roc_curve([0.1, 0.2], [0, 0]), "roc_curve: all 2 targets are 0"),
        (lambda: roc_auc([[1.0, 2.0, 3.0]], [1]), "give the scores of one class"),
        (lambda: metrics.r2([1.0, 2.0], [3.0, 3.0]), "r2: all 2 targets are 3.0"),
        (lambda: metrics.mse([[1.0, 2.0]], [1.0]), "outputs of 2 columns and targets of 1"),
        (lambda: metrics.log_loss([1.5], [1], from_logits=False), r"probabilities \[-0.5, 1.5\]"),
        (lambda: metrics.log_loss([[0.5, 0.6]], [1], from_logits=False), "sum to 1"),
        (lambda: metrics.log_loss([math.inf], [1]), "is not finite"),
        (lambda: confusion_table([[1, 2]]), r"counts of shape \(1, 2\)"),
        (lambda: confusion_table([[1]], ["a", "b"]), "2 names for 1 classes"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_the_learning_curve_sees_nested_parts_of_the_folds():
    X, y = np.arange(20.0)[:, None], np.arange(20) // 10
    seen = []

    def fit(part, targets):
        assert (targets == part[:, 0] // 10).all()
        seen.append(set(part[:, 0]))
        return lambda rows: rows - 9.5

    points = learning_curve(fit, X, y, sizes=[0.25, 8, 1.0], folds=4, seed=0)
    assert [point.size for point in points] == [3, 8, 15]
    assert all(point[1:] == (1.0, 1.0, 0.0, 0.0) for point in points)
    for smaller, larger in ((0, 4), (4, 8)):
        for fold in range(4):
            assert seen[smaller + fold] < seen[larger + fold]
    assert set.union(*seen[8:]) == set(range(20))


def test_the_learning_curve_scores_unseen_samples():
    X, y = np.arange(8.0)[:, None], [0, 1] * 4

    class Memory:
        def __init__(self, X, y):
            self.known = dict(zip(X[:, 0], y, strict=True))

        def predict(self, X):  # knows what it has seen, and says 2 otherwise
            return np.eye(3)[[self.known.get(x, 2) for x in X[:, 0]]]

    (point,) = learning_curve(Memory, X, y, sizes=[1.0], folds=2, seed=1)
    assert (point.training, point.test) == (1.0, 0.0)


@pytest.mark.parametrize("sizes", [[0], [9], [0.0], [1.5], [0.01], []])
def test_learning_curve_sizes(sizes):
    with pytest.raises(ValueError, match="sizes"):
        learning_curve(lambda X, y: len, [[1.0]] * 8, [0, 1] * 4, sizes=sizes, folds=2)
