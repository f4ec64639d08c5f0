"""Data helpers: partitions, inverses, fractions by hand, scikit-learn's stored numbers, errors."""

import gzip
import json
import math
import random
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Value
from nn import data
from nn.datasets import load_csv

STORED = json.loads(
    (Path(__file__).parents[1] / "data" / "sklearn" / "data_and_metrics.json").read_text()
)
numbers = st.floats(-1e6, 1e6)
tables = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(numbers, min_size=width, max_size=width), min_size=1)
)
labels = st.lists(st.integers(0, 3), min_size=24, max_size=60).map(
    lambda few: few + [0, 1, 2, 3] * 6
)


# splitting


@pytest.mark.parametrize("n", [150, 178])
def test_the_split_of_a_seed_is_scikit_learns(n):
    parts = data.split_indices(n, test=0.25, seed=0)
    assert [part.tolist() for part in parts] == STORED["splits"][str(n)]
    train, test = STORED["splits"][str(n)]
    parts = data.split_indices(n, test=0.25, order=test + train)
    assert [part.tolist() for part in parts] == [train, test]


@pytest.mark.parametrize("n", [442, 569, 1797])
def test_the_larger_splits_are_scikit_learns(n):
    parts = data.split_indices(n, test=0.25, seed=0)
    sums = [int((part * np.arange(1, len(part) + 1)).sum()) for part in parts]
    assert sums == STORED["split_sums"][str(n)]


@given(labels, st.floats(0.05, 0.45), st.floats(0.05, 0.45), st.booleans(), st.integers(0, 99))
def test_a_split_is_a_partition_in_proportion(y, test, validation, stratify, seed):
    X = np.arange(len(y))[:, None]
    parts = data.split(X, y, test=test, validation=validation, stratify=stratify, seed=seed)
    assert sorted(np.concatenate([X for X, _ in parts])[:, 0]) == list(range(len(y)))
    n_test, n_validation = math.ceil(test * len(y)), math.ceil(validation * len(y))
    assert [len(y) for _, y in parts] == [len(y) - n_test - n_validation, n_validation, n_test]
    for X_part, y_part in parts:
        assert (np.array(y)[X_part[:, 0]] == y_part).all()
    if stratify:
        for each in range(4):
            exact = Fraction(y.count(each) * n_test, len(y))
            assert abs((parts[2][1] == each).sum() - exact) < 1


@given(labels, st.integers(2, 6), st.booleans(), st.integers(0, 99))
def test_folds_are_a_partition_in_proportion(y, k, stratify, seed):
    folds = data.k_fold(len(y), k, classes=y if stratify else None, seed=seed)
    assert len(folds) == k
    assert sorted(np.concatenate([test for _, test in folds])) == list(range(len(y)))
    for train, test in folds:
        assert sorted([*train, *test]) == list(range(len(y)))
        assert len(y) // k <= len(test) <= -(-len(y) // k)
        if stratify:
            for each in range(4):
                share = sum(y[i] == each for i in test)
                assert y.count(each) // k <= share <= -(-y.count(each) // k)


def test_folds_are_scikit_learns():
    selection = pytest.importorskip("sklearn.model_selection")
    theirs = selection.KFold(4, shuffle=True, random_state=3).split(np.zeros(14))
    for (train, test), (their_train, their_test) in zip(
        data.k_fold(14, 4, seed=3), theirs, strict=True
    ):
        assert sorted(train) == their_train.tolist()
        assert sorted(test) == their_test.tolist()


@given(st.integers(1, 40), st.integers(1, 45), st.booleans(), st.integers(0, 9))
def test_batches_hold_every_sample_once(n, size, shuffle, seed):
    X, y = np.arange(n)[:, None], np.arange(n)
    parts = list(data.batches(X, y, size, shuffle=shuffle, seed=seed))
    assert all((X[:, 0] == y).all() for X, y in parts)
    assert [len(y) for _, y in parts[:-1]] == [size] * (len(parts) - 1)
    together = np.concatenate([y for _, y in parts]).tolist()
    assert sorted(together) == list(range(n))
    assert shuffle or together == list(range(n))
    if size <= n:
        full = list(data.batches(X, y, size, shuffle=shuffle, seed=seed, keep_last=False))
        assert [y.tolist() for _, y in full] == [y.tolist() for _, y in parts][: n // size]


def test_seeds_decide():
    assert np.array_equal(*(data.split_indices(50, seed=4)[0] for _ in range(2)))
    assert not np.array_equal(*(data.split_indices(50, seed=seed)[0] for seed in (4, 5)))
    random.seed(3)
    first = data.batch_indices(50, 50)[0]
    random.seed(3)
    assert np.array_equal(data.batch_indices(50, 50)[0], first)
    source = np.random.RandomState(0)  # one for all epochs: another order in each
    epochs = [data.batch_indices(50, 50, seed=source)[0] for _ in range(2)]
    assert not np.array_equal(*epochs)


def test_images_and_names_can_be_split():
    X, y = np.arange(48).reshape(4, 3, 4), ["a", "b", "a", "b"]
    (X_train, y_train), (X_test, y_test) = data.split(X, y, test=2, stratify=True, seed=0)
    assert X_train.shape == X_test.shape == (2, 3, 4)
    assert sorted(y_train) == sorted(y_test) == ["a", "b"]


# scaling


@given(tables)
def test_scalers_invert(rows):
    X = np.array(rows)
    for scaler in (data.Standardiser(), data.MinMaxScaler(), data.MinMaxScaler(-3.0, 0.5)):
        back = scaler.inverse_transform(scaler.fit_transform(X))
        # a few roundings of numbers as large as the column's largest
        assert (abs(back - X) <= 2**-47 * abs(X).max(axis=0) + np.finfo(float).tiny).all()


@given(tables)
def test_what_scaled_columns_are(rows):
    X = np.array(rows)
    spread = X.max(axis=0) != X.min(axis=0)
    low, high = -0.9, -0.3  # low + (high - low) is not high
    scaled = data.MinMaxScaler(low, high).fit_transform(X)
    assert (scaled.min(axis=0) == low).all()
    assert (scaled.max(axis=0)[spread] == high).all()
    assert (scaled[:, ~spread] == low).all()
    scaled = data.Standardiser().fit_transform(X)
    assert (scaled[:, ~spread] == 0).all()


def test_scalers_agree_with_scikit_learn():
    table = STORED["table"]
    # two roundings of means of about 100
    for scaler, name in (
        (data.Standardiser(), "standardised"),
        (data.MinMaxScaler(-1, 1), "min_max"),
    ):
        np.testing.assert_allclose(scaler.fit_transform(table), STORED[name], rtol=0, atol=2**-48)


def test_scalers_by_hand():
    scaler = data.Standardiser().fit([[1.0], [2.0], [6.0]])
    assert scaler.shift == 3.0
    assert scaler.scale == pytest.approx(math.sqrt(14 / 3), rel=2**-52, abs=0)
    assert data.Standardiser().fit_transform([1e-200, 3e-200]).tolist() == [-1.0, 1.0]
    assert data.Standardiser().fit_transform([0.1] * 7).tolist() == [0.0] * 7
    flat = data.Standardiser().fit(np.array([1.0, 3.0]))
    assert flat.inverse_transform(np.array([[2.0], [0.0]])).tolist() == [[4.0], [2.0]]
    assert flat.transform([Value(5.0)]).tolist() == [3.0]


def test_a_scaler_can_be_kept():
    scaler = data.Standardiser().fit(STORED["table"])
    other = data.Standardiser()
    other.load_state_dict(json.loads(json.dumps(scaler.state_dict())))
    assert (other.transform(STORED["table"]) == scaler.transform(STORED["table"])).all()
    with pytest.raises(ValueError, match="above zero"):
        other.load_state_dict({"shift": [0.0], "scale": [0.0]})
    assert (other.shift == scaler.shift).all()


# encoding, cleaning, outliers


@given(st.lists(st.integers(0, 5), min_size=1))
def test_one_hot_and_back(classes):
    rows = data.one_hot(classes, 6)
    assert rows.shape == (len(classes), 6)
    assert (rows.sum(axis=1) == 1).all()
    assert data.from_one_hot(rows).tolist() == classes


@given(st.lists(st.sampled_from("abc"), min_size=1))
def test_class_numbers_and_back(names):
    found, classes = data.class_numbers(names)
    assert classes[found].tolist() == names
    assert classes.tolist() == sorted(set(names))


def test_missing_values_by_hand():
    X = [[1.0, None, 5.0], [math.nan, 2.0, 5.0], [3.0, 4.0, 5.0], [8.0, 9.0, 5.0]]
    report = data.find_missing(X)
    assert report == (2, [0, 1], [0, 1], [1, 1, 0])
    assert data.fill_missing(X)[:2].tolist() == [[1.0, 5.0, 5.0], [4.0, 2.0, 5.0]]
    assert data.fill_missing(X, "median")[:2].tolist() == [[1.0, 4.0, 5.0], [3.0, 2.0, 5.0]]
    assert data.fill_missing(X, "constant", value=-1)[0].tolist() == [1.0, -1.0, 5.0]
    assert data.fill_missing(X, of=[[7.0, 6.0, 0.0]])[:2, :2].tolist() == [[1.0, 6.0], [7.0, 2.0]]
    rows, kept = data.drop_missing(X)
    assert (rows.tolist(), kept.tolist()) == ([X[2], X[3]], [2, 3])
    assert data.drop_missing(X, columns=True)[0].tolist() == [[5.0]] * 4
    given_array = np.array([[1.0], [math.nan]])
    data.fill_missing(given_array)
    assert math.isnan(given_array[1, 0])  # a copy is filled
    assert str(data.find_missing([[1.0]])) == "no missing values"


def test_outliers_by_hand():
    X = np.array([[1.0, 0.0], [2.0, 0.0], [3.0, 0.0], [4.0, 0.0], [100.0, 0.0]])
    low, high = data.outlier_bounds(X)  # quartiles 2 and 4
    assert (low.tolist(), high.tolist()) == ([-1.0, 0.0], [7.0, 0.0])
    assert np.argwhere(data.find_outliers(X)).tolist() == [[4, 0]]
    assert data.clip_outliers(X)[4].tolist() == [7.0, 0.0]
    assert data.drop_outliers(X)[1].tolist() == [0, 1, 2, 3]
    low, high = data.outlier_bounds([0.0, 0.0, 0.0, 4.0], "zscore", limit=2)
    assert high.tolist() == pytest.approx([1 + 2 * math.sqrt(3)], rel=2**-51, abs=0)
    assert not data.find_outliers([0.1] * 7, "zscore", limit=0.1).any()
    assert data.find_outliers([[8.0, 0.0]], of=X).tolist() == [[True, False]]


# augmentation


@given(st.integers(-4, 4), st.integers(-4, 4))
def test_a_shifted_image_has_its_pixels_elsewhere(down, right):
    image = np.arange(1.0, 13.0).reshape(3, 4)
    moved = data.shifted(image[None], (down, right))[0]
    for i in range(3):
        for j in range(4):
            inside = 0 <= i - down < 3 and 0 <= j - right < 4
            assert moved[i, j] == (image[i - down, j - right] if inside else 0)
    flat = data.shifted(image.reshape(1, 12), (down, right), shape=(3, 4))
    assert flat.tolist() == [moved.ravel().tolist()]


def test_random_shifts_are_shifts():
    X = np.tile(np.arange(1.0, 6.0), (50, 1))
    moved = data.randomly_shifted(X, 2, fill=-1.0, seed=0)
    allowed = {tuple(data.shifted(X[:1], by, fill=-1.0)[0]) for by in range(-2, 3)}
    assert {tuple(row) for row in moved} == allowed
    assert (data.randomly_shifted(X, 2, fill=-1.0, seed=0) == moved).all()


def test_noise_has_its_deviation():
    X = np.zeros((4000, 2))
    moved = data.noisy(X, [0.5, 0.0], seed=1)
    assert (moved[:, 1] == 0).all()
    assert abs(moved[:, 0].std() - 0.5) < 5 * 0.5 / math.sqrt(2 * 4000)  # five standard errors
    assert (data.noisy(X, [0.5, 0.0], seed=1) == moved).all()


def test_augmented_keeps_the_originals_first():
    X, y = data.augmented([[1.0], [2.0]], [0, 1], lambda X: -X, copies=2)
    assert X.ravel().tolist() == [1.0, 2.0, -1.0, -2.0, -1.0, -2.0]
    assert y.tolist() == [0, 1] * 3


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: data.split([[1.0]] * 4, [0, 1]), "4 samples and 2 targets"),
        (lambda: data.split([], []), "X: no data"),
        (lambda: data.split([[1.0], [1.0, 2.0]], [0, 1]), "row 1 has 2 numbers, row 0 has 1"),
        (lambda: data.split_indices(8, test=1.5), "test=1.5: give a share between 0 and 1"),
        (lambda: data.split_indices(8, test=0.0), "test=0.0"),
        (lambda: data.split_indices(8, test=8), "test=8: it must be from 1 to 7"),
        (
            lambda: data.split_indices(8, test=0.5, validation=0.5),
            r"4 \+ 4 of 8 samples leave none",
        ),
        (lambda: data.split_indices(3, order=[0, 1, 1]), "each of 0 to 2 once"),
        (lambda: data.split_indices(4, classes=[0, 0, 0, 1]), "class 1 has 1 of 4 samples"),
        (lambda: data.split_indices(4, classes=[0, 1]), "one class for each of 4 samples"),
        (lambda: data.k_fold(3, 4), "k=4: it must be from 2 to 3, for there are 3 samples"),
        (lambda: data.k_fold(8, 3, classes=[0] * 6 + [1, 1]), "class 1 has 2 of 8 samples"),
        (lambda: data.batches([[1.0]], [1], 0), "size=0: it must be at least 1"),
        (lambda: data.batches([[1.0]], [1], 2, keep_last=False), "do not fill one batch"),
        (lambda: data.Standardiser().transform([[1.0]]), "call fit"),
        (lambda: data.Standardiser().fit([[1.0], [math.nan]]), "row 1, column 0 is nan"),
        (lambda: data.Standardiser().fit([[1.0], [math.inf]]), "row 1, column 0 is inf"),
        (lambda: data.Standardiser().fit([[1.0]]).transform([[1.0, 2.0]]), "of 1 columns: X has 2"),
        (lambda: data.MinMaxScaler().fit([[-1.5e308], [1.5e308]]), "column 0 spans more"),
        (lambda: data.MinMaxScaler(1, 1), "low must be below high"),
        (lambda: data.one_hot([0, 3], 3), r"labels\[1\] = 3 is none of the 3 classes, 0 to 2"),
        (lambda: data.one_hot([0, -1]), r"labels\[1\] = -1"),
        (lambda: data.one_hot([0.5]), r"labels\[0\] = 0.5 is not the number of a class"),
        (lambda: data.from_one_hot([[1, 0], [1, 1]]), r"rows\[1\] = \[1.0, 1.0\] is not one-hot"),
        (lambda: data.from_one_hot([[0.5, 0.5]]), "is not one-hot"),
        (lambda: data.class_numbers([1.0, math.nan]), r"labels\[1\] is nan"),
        (lambda: data.fill_missing([[1.0]], "meen"), "did you mean 'mean'"),
        (lambda: data.fill_missing([[None], [None]]), "column 0 has no number"),
        (lambda: data.drop_missing([[None]]), "every row misses a value"),
        (lambda: data.outlier_bounds([[1.0]], "z"), "how='z' is unknown"),
        (lambda: data.outlier_bounds([[1.0]], limit=0), "limit=0: it must be above zero"),
        (lambda: data.noisy([[1.0]], -1), "deviation=-1"),
        (lambda: data.noisy([[1.0]], [1, 2]), "2 deviations for columns"),
        (lambda: data.shifted([[1.0]], (1, 1)), "2 numbers for samples of 1 axes"),
        (lambda: data.shifted([[1.0]], (1, 1), shape=(2, 2)), "holds 4 numbers, a sample 1"),
        (lambda: data.randomly_shifted([[1.0]], -1), "most=-1"),
        (lambda: data.augmented([[1.0]], [0], lambda X: X[:0]), "X has .1, 1.: keep it"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: data.Standardiser().fit([["a"]]), "row 0, column 0 is 'a', not a number"),
        (lambda: data.Standardiser().fit("12"), "'12' is not data"),
        (lambda: data.split(3, [1]), "X: 3 is not data"),
        (lambda: data.k_fold(5, 2.0), "k=2.0: it must be a whole number"),
        (lambda: data.shifted([[1.0]], 0.5), "by=0.5"),
    ],
)
def test_bad_types_are_named(call, message):
    with pytest.raises(TypeError, match=message):
        call()


# CSV


def written(tmp_path, text, name="set.csv"):
    path = tmp_path / name
    content = text.encode() if isinstance(text, str) else text
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return path


@pytest.mark.parametrize("name", ["set.csv", "set.csv.gz"])
def test_csv_with_a_header(tmp_path, name):
    path = written(tmp_path, "\ufeffa, b,kind\r\n1,2.5,x\r\n\r\n3,,w\r\n", name)
    found = load_csv(path)
    assert found.X[0].tolist() == [1.0, 2.5]
    assert math.isnan(found.X[1, 1])
    assert (found.columns, found.target) == (["a", "b"], "kind")
    assert (found.y.tolist(), found.classes) == ([1, 0], ["w", "x"])


def test_csv_targets(tmp_path):
    path = written(tmp_path, "a,b,c\n1,2,3.5\n4,5,6\n")
    assert load_csv(path).y.tolist() == [3.5, 6.0]
    named = load_csv(path, target="a")
    assert (named.y.dtype, named.y.tolist(), named.columns) == (np.int64, [1, 4], ["b", "c"])
    assert load_csv(path, target=1).y.tolist() == [2, 5]
    large = load_csv(written(tmp_path, "1,9007199254740993\n2,3\n"))
    assert large.y.dtype == np.float64  # as an int it would pretend to be exact
    bare = load_csv(written(tmp_path, "1;2;yes\n3;4;no\n"), delimiter=";")
    assert (bare.X.tolist(), bare.classes) == ([[1.0, 2.0], [3.0, 4.0]], ["no", "yes"])
    assert bare.columns == ["column 1", "column 2"]
    quoted = load_csv(written(tmp_path, '"a,1","b"\n"1","2"\n'))
    assert quoted.columns == ["a,1"]


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("", {}, "set.csv: the file is empty"),
        ("a,b\n", {}, "a header, but no samples"),
        ("a,b\n1,2\n3\n", {}, "line 3: 1 cells, line 1 has 2"),
        ("a,b,c\n1,2,3\n1,x,3\n", {}, r"line 3, column 2 \(b\): 'x' is no finite number; feat"),
        ("a,b\n1,2\ninf,3\n", {}, r"line 3, column 1 \(a\): 'inf' is no finite number"),
        ("a;b\n1,5;2\n", {"delimiter": ";"}, "write a decimal point"),
        ("1,x,3\n1,2,3\n", {}, "line 1, column 2: 'x' is no finite number; if this line is a head"),
        ("a,b\n1,2\n1,?\n", {}, r"line 3, column 2 \(b\): the target is missing"),
        ("a,b\n1,2\n1,x\n", {}, r"line 3, column 2 \(b\): 'x' is no finite number, other targets"),
        ("a,kind\n1,2\n", {"target": "kin"}, "did you mean 'kind'"),
        ("a,b,b\n1,2,3\n", {"target": "b"}, "2 columns are named 'b'"),
        ("a,b\n1,2\n", {"target": 2}, "there are 2 columns, 0 to 1"),
        ("1,2\n", {"target": "b", "header": False}, "header=False: give its place"),
        ("a\n1\n", {}, "one column only"),
        ("a;b\n1;2\n", {}, "one column only"),
        ('a,b\n"1,2\n', {}, "set.csv, line 2: "),
        (b"a,b\n1,\xff\n", {}, "line 2: not UTF-8"),
        (gzip.compress(b"a,b\n1,2\n" * 99, mtime=0)[:-9], {}, "damaged gzip"),
    ],
)
def test_csv_errors_name_the_place(tmp_path, text, options, message):
    with pytest.raises(ValueError, match=message):
        load_csv(written(tmp_path, text), **options)


@given(
    st.lists(
        st.tuples(st.floats(allow_nan=False, allow_infinity=False), st.integers(-9, 9)), min_size=1
    )
)
def test_csv_gives_numbers_back_to_the_bit(samples):
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder), "x,y\n" + "".join(f"{x!r},{y}\n" for x, y in samples))
        found = load_csv(path)
    assert found.X[:, 0].tobytes() == np.array([x for x, _ in samples]).tobytes()
    assert found.y.tolist() == [y for _, y in samples]
