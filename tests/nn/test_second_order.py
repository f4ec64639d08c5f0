"""Least squares and second-order training: NIST's certified fits, exact rational ones, and what may go wrong."""

from __future__ import annotations

import math
import sys
from fractions import Fraction

import numpy as np
import pytest
from outside.nist import MODELS, read

from autograd import exp, log
from nn.layers.dropout import Dropout
from nn.layers.layer import Layer
from nn.layers.mlp import MLP
from nn.layers.neuron import Neuron
from nn.layers.normalisation import BatchNorm
from nn.layers.sequential import Sequential
from nn.module import Module, Value
from nn.penalties import l2_penalty
from nn.second_order.best_parameters import best_kept
from nn.second_order.curve_fit import curve_fit
from nn.second_order.least_squares import least_squares
from nn.second_order.minimise import _Curvature, minimise
from nn.training.flat import Flat

pytest.importorskip("scipy")

CERTIFIED = 11  # significant digits of NIST's numbers
XS, YS = [0.0, 1.0, 2.0, 4.0, 5.0], [1.0, 3.0, 2.0, 6.0, 9.0]


def line(x, slope, offset):
    return slope * x + offset


def exact_line(weights=(1, 1, 1, 1, 1)):
    """Return (parameters, sum of squares, covariance) of the line through XS, YS, as fractions."""
    rows = list(zip(map(Fraction, weights), map(Fraction, XS), map(Fraction, YS), strict=True))
    sw, sx = sum(w for w, _, _ in rows), sum(w * x for w, x, _ in rows)
    sxx, sy = sum(w * x * x for w, x, _ in rows), sum(w * y for w, _, y in rows)
    sxy = sum(w * x * y for w, x, y in rows)
    det = sw * sxx - sx * sx
    slope, offset = (sw * sxy - sx * sy) / det, (sxx * sy - sx * sxy) / det
    square = sum(w * (slope * x + offset - y) ** 2 for w, x, y in rows)
    s2 = square / (len(rows) - 2)
    return (
        [slope, offset],
        square,
        [[s2 * sw / det, -s2 * sx / det], [-s2 * sx / det, s2 * sxx / det]],
    )


@pytest.mark.parametrize("method", ["lm", "trf"])
@pytest.mark.parametrize("start", [0, 1], ids=["start 1", "start 2"])
@pytest.mark.parametrize("name", MODELS)
def test_nist_certifies_the_fit(name, start, method):
    problem = read(name)
    y, x = ([float(text) for text in column] for column in zip(*problem.rows, strict=True))
    fit = curve_fit(
        lambda x, *b: MODELS[name](b, x),
        x,
        y,
        [float(b) for b in problem.starts[start]],
        method=method,
    )
    assert fit.converged
    # asked are 6 digits, and 8 on the sets of lower difficulty; where the sum of squares no longer
    # falls Rat43 has not got 8, the steps by the gradient after that bring 9
    for found, text in zip(fit.parameters, problem.parameters, strict=True):
        assert abs(found / float(text) - 1) <= 1e-9
    for found, text in zip(fit.standard_errors, problem.standard_deviations, strict=True):
        assert abs(found / float(text) - 1) <= 1e-9
    last = 10.0 ** (1 - CERTIFIED)
    assert abs(fit.sum_of_squares / float(problem.sum_of_squares) - 1) <= 4 * last  # y has 4 digits
    assert (
        abs(fit.residual_standard_deviation / float(problem.residual_standard_deviation) - 1)
        <= 4 * last
    )
    assert fit.degrees_of_freedom == problem.degrees_of_freedom


@pytest.mark.parametrize("sigma", [None, [1, 1, 0.5, 2, 1]])
def test_a_line_has_the_exact_parameters_and_covariance(sigma):
    weights = (1,) * 5 if sigma is None else [1 / Fraction(s) ** 2 for s in sigma]
    parameters, square, covariance = exact_line(weights)
    fit = curve_fit(line, XS, YS, [0, 0], sigma=sigma)
    assert fit.names == ["slope", "offset"]
    # two columns, condition below 10: a few hundred roundings of 1e-16 are below 1e-13
    assert fit.parameters == pytest.approx([float(b) for b in parameters], rel=1e-13)
    assert fit.sum_of_squares == pytest.approx(float(square), rel=1e-13)
    np.testing.assert_allclose(fit.covariance, np.array(covariance, dtype=float), rtol=1e-13)
    assert fit.standard_errors == pytest.approx(
        [math.sqrt(covariance[i][i]) for i in (0, 1)], rel=1e-13
    )


def test_intervals_are_students():
    fit = curve_fit(line, XS, YS, [0, 0])
    for confidence, t in ((0.95, 3.182), (0.99, 5.841)):  # three degrees of freedom, any table
        for (low, high), b, error in zip(
            fit.intervals(confidence), fit.parameters, fit.standard_errors, strict=True
        ):
            assert (low + high) / 2 == pytest.approx(b, rel=1e-12)
            assert (high - low) / 2 / error == pytest.approx(t, abs=0.0005)  # its last digit
    with pytest.raises(ValueError, match="between 0 and 1"):
        fit.intervals(95)


def test_parameters_come_back_in_the_form_of_the_start():
    [slope, offset], _, _ = exact_line()
    expected = [float(slope), float(offset)]
    named = curve_fit(line, XS, YS, {"offset": 0, "slope": 0})
    assert list(named.parameters) == named.names == ["offset", "slope"]
    assert list(named.parameters.values()) == pytest.approx(expected[::-1], rel=1e-13)
    array = curve_fit(lambda x, *b: line(x, *b), np.array(XS), np.array(YS), np.zeros(2))
    assert isinstance(array.standard_errors, np.ndarray)
    assert array.names == ["b[0]", "b[1]"]
    np.testing.assert_allclose(array.parameters, expected, rtol=1e-13)
    nested = least_squares(
        lambda b: [b["line"][0] * x + b["line"][1] - y for x, y in zip(XS, YS, strict=True)],
        {"line": [0, 0]},
    )
    assert nested.parameters["line"] == pytest.approx(expected, rel=1e-13)
    assert nested.names == ["b['line'][0]", "b['line'][1]"]
    one = curve_fit(lambda x, b: b, XS, YS, 0.0)
    assert one.parameters == pytest.approx(4.2, rel=1e-15)  # the mean
    plane = curve_fit(
        lambda x, a, b: a * x[0] + b * x[1], [[1, 0], [0, 1], [1, 1]], [2, 3, 5], [0, 0]
    )
    assert plane.parameters == pytest.approx([2, 3], rel=1e-14)


def test_what_the_data_do_not_determine_is_said():
    fit = curve_fit(lambda x, a, b, c: a + b + c * x, XS, YS, [0.0, 0.0, 0.0])
    assert fit.standard_errors[:2] == [math.inf, math.inf]
    _, _, covariance = exact_line()
    assert fit.standard_errors[2] ** 2 * 2 == pytest.approx(float(covariance[0][0]) * 3, rel=1e-12)
    assert fit.message.endswith("; the data do not determine a, b")
    unused = curve_fit(lambda x, a, b: a, XS, YS, [0.0, 7.0])
    assert unused.standard_errors[1] == math.inf
    assert unused.parameters[1] == 7.0
    assert np.isnan(curve_fit(line, XS[:2], YS[:2], [0, 0]).standard_errors).all()  # no freedom


def test_fewer_residuals_than_parameters():
    with pytest.raises(ValueError, match=r"1 residuals for 2 parameters.*method='trf'"):
        curve_fit(line, [1], [3], [0, 0])
    fit = curve_fit(line, [1], [3], [0, 0], method="trf")
    assert sum(fit.parameters) == pytest.approx(3, rel=1e-12)


def test_the_table_is_printed():
    text = str(curve_fit(line, XS, YS, [0, 0]))
    rows = [line.split() for line in text.splitlines()]
    assert rows[1] == ["parameter", "estimate", "standard", "error", "95", "%", "from", "to"]
    assert ["degrees", "of", "freedom", "3"] in rows
    assert any(row[:2] == ["slope", f"{float(exact_line()[0][0]):.10g}"] for row in rows)
    assert "converged: " in text


def test_a_model_starts_from_its_weights_and_keeps_the_fit():
    [slope, offset], _, covariance = exact_line()
    neuron = Neuron(1, nonlin=False, seed=0)
    fit = curve_fit(neuron, XS, YS)
    assert [neuron.w[0].data, neuron.b.data] == list(fit.parameters.values())
    assert fit.parameters == pytest.approx({"w.0": float(slope), "b": float(offset)}, rel=1e-13)
    assert fit.standard_errors["b"] ** 2 == pytest.approx(float(covariance[1][1]), rel=1e-13)
    assert neuron.b.grad is None  # nothing else of it is touched

    network = MLP(1, [2, 1], activation="tanh", seed=0)
    network.layers[0].freeze()
    before = [p.data for p in network.layers[0].neurons[0].w]
    fit = curve_fit(network, XS, YS)
    assert fit.names == ["layers.1.neurons.0.w.0", "layers.1.neurons.0.w.1", "layers.1.neurons.0.b"]
    assert [p.data for p in network.layers[0].neurons[0].w] == before
    two = curve_fit(MLP(1, [2], seed=0), XS, [[2 * x, 1 - x] for x in XS])
    assert two.degrees_of_freedom == 10 - 4
    assert list(two.parameters.values()) == pytest.approx([2, 0, -1, 1], abs=1e-13)


class Rosenbrock(Module):
    """Two residuals whose mean square is half of Rosenbrock's function, least at (1, 1)."""

    def __init__(self, a, b):
        self.a, self.b, self.calls, self.fails_at = Value(a), Value(b), 0, None

    def __call__(self, x):
        self.calls += 1
        if self.calls == self.fails_at:
            raise KeyboardInterrupt
        return [1 - self.a, 10 * (self.b - self.a * self.a)]

    def loss(self):
        return ((1 - self.a.data) ** 2 + 100 * (self.b.data - self.a.data**2) ** 2) / 2


@pytest.mark.parametrize("method", ["l-bfgs", "newton-cg"])
def test_rosenbrocks_valley_is_followed_to_its_end(method):
    model = Rosenbrock(-1.2, 1.0)
    result = minimise(model, [0.0], [[0.0, 0.0]], method=method)
    assert result.converged
    assert result.slope <= 1e-8
    # the Hessian's least eigenvalue there is about 0.2: the slope bounds the distance by 5e-8
    assert abs(model.a.data - 1) < 5e-8
    assert abs(model.b.data - 1) < 5e-8
    assert result.losses[0] == pytest.approx(12.1, rel=1e-15)  # 24.2 / 2, as published
    assert result.loss == model.loss()
    assert "converged: the gradient is zero within the tolerance" in str(result)


def test_curvature_is_exact():
    """H = [[1200 a² - 400 b + 2, -400 a], [-400 a, 200]] / 2; with these numbers no rounding."""
    model = Rosenbrock(0.0, 0.0)
    curvature = _Curvature(
        Flat([model.a, model.b]), lambda: (model(0)[0] ** 2 + model(0)[1] ** 2) / 2
    )
    for a, b in ((-1.5, 1.0), (0.5, 2.0)):
        h = np.array([[1200 * a * a - 400 * b + 2, -400 * a], [-400 * a, 200]]) / 2
        for v in ([1.0, 0.0], [0.0, 1.0], [3.0, -2.0]):
            assert curvature.times(np.array([a, b]), np.array(v)).tolist() == (h @ v).tolist()


def test_newton_squares_its_error_near_the_end():
    losses = []
    minimise(Rosenbrock(1.1, 1.2), [0.0], [[0.0, 0.0]], method="newton-cg", tolerance=1e-13,
             callback=lambda i, loss: losses.append(loss))  # fmt: skip
    assert len(losses) <= 15
    # the loss is the distance squared, so its digits double as well; an inexact Hessian gains a
    # fixed number of digits a step
    assert losses[-1] <= 10 * losses[-2] ** 1.5


@pytest.mark.parametrize("method", ["l-bfgs", "newton-cg"])
def test_ridge_regression_has_its_exact_solution(method):
    """(XᵀX / n + λ I) b = Xᵀy / n, solved in fractions."""
    x, y = [Fraction(v) for v in XS], [Fraction(v) for v in YS]
    strength, n = Fraction(1, 4), 5
    a, b, d = sum(v * v for v in x) / n + strength, sum(x) / n, 1 + strength
    p, q = sum(v * w for v, w in zip(x, y, strict=True)) / n, sum(y) / n
    det = a * d - b * b
    neuron = Neuron(1, nonlin=False, seed=3)
    result = minimise(neuron, XS, YS, method=method, penalty=lambda ps: l2_penalty(ps, 0.25))
    assert result.converged
    # the slopes are 2 (A b - c): within 1e-8 / 2 / (least eigenvalue of A, above 0.4)
    assert neuron.w[0].data == pytest.approx(float((p * d - b * q) / det), abs=2e-8)
    assert neuron.b.data == pytest.approx(float((a * q - b * p) / det), abs=2e-8)


def test_both_methods_find_the_same_classifier():
    rows, classes = [[0, 0], [0, 1], [1, 0], [1, 1], [0.4, 0.6]], [0, 0, 0, 1, 1]
    found = []
    for method in ("l-bfgs", "newton-cg"):
        model = MLP(2, [2], seed=0)  # convex: one optimum, up to a shift of all scores
        assert minimise(model, rows, classes, "cross_entropy", method,
                        penalty=lambda ps: l2_penalty(ps, 0.01)).converged  # fmt: skip
        found.append(model.predict(rows))
    # the penalty's curvature of 0.02 or more turns slopes of 1e-8 into at most 5e-7 each
    np.testing.assert_allclose(found[0], found[1], atol=1e-5)


@pytest.mark.parametrize("method", ["l-bfgs", "newton-cg"])
@pytest.mark.parametrize("fails_at", [4, 9, 12])
def test_an_interruption_keeps_the_best(method, fails_at):
    model = Rosenbrock(-1.2, 1.0)
    model.fails_at = fails_at
    seen = []
    with pytest.raises(KeyboardInterrupt):
        minimise(
            model, [0.0], [[0.0, 0.0]], method=method, callback=lambda i, loss: seen.append(loss)
        )
    assert model.loss() <= min([12.1 + 1e-12, *seen])
    assert model.a.grad is None


def test_an_interrupted_fit_keeps_the_best():
    model = Rosenbrock(-1.2, 1.0)
    model.fails_at = 11
    with pytest.raises(KeyboardInterrupt):
        curve_fit(model, [0.0], [[0.0, 0.0]])
    assert model.loss() < 12.1


def test_best_kept_ignores_what_is_not_finite():
    p = Value(1.0)
    with best_kept([p]) as note:
        note(math.nan, np.array([2.0]))
        p.data = 3.0
    assert p.data == 1.0
    with best_kept([p]) as note:
        note(5.0, np.array([2.0]))
        note(math.inf, np.array([3.0]))
        note(6.0, np.array([4.0]))
    assert p.data == 2.0


def test_a_callback_may_stop():
    model = Rosenbrock(-1.2, 1.0)

    def stop(i, loss):
        if i == 3:
            raise StopIteration

    result = minimise(model, [0.0], [[0.0, 0.0]], callback=stop)
    assert len(result.losses) == 4
    assert "NOT converged: stopped by the callback" in str(result)
    few = minimise(Rosenbrock(-1.2, 1.0), [0.0], [[0.0, 0.0]], max_iterations=2)
    assert "NOT converged: max_iterations are used up" in str(few)


def test_it_stops_where_rounding_hides_the_rest():
    for method in ("l-bfgs", "newton-cg"):
        model = Neuron(1, nonlin=False, seed=0)
        result = minimise(model, XS, [1e6 * y for y in YS], method=method, tolerance=1e-300)
        assert not result.converged
        assert len(result.losses) < 100
        assert result.loss == pytest.approx(float(exact_line()[1]) / 5 * 1e12, rel=1e-12)


def test_a_loss_that_is_random_or_not_finite_is_refused():
    class Dropping(Module):
        def __init__(self):
            self.w, self.drop = [Value(1.0), Value(2.0)], Dropout(0.5, seed=0)

        def __call__(self, x):
            return self.drop([w * xi for w, xi in zip(self.w, x, strict=True)])

    rows = [[i, i + 1.0] for i in range(9)]
    model = Dropping()
    with pytest.raises(ValueError, match=r"with the same parameters.*call model\.eval\(\)"):
        minimise(model, rows, rows)
    assert minimise(model.eval(), rows, rows).converged
    neuron = Neuron(1, activation=log, init=lambda *_: -1.0)
    with pytest.raises(ValueError, match=r"(?s)the loss at the start is nan.*log\(-1\) is nan"):
        minimise(neuron, [1.0], [1.0])
    assert neuron.w[0].data == -1.0
    with pytest.raises(ValueError, match=r"residual 1 is nan \(1 of 2 are not finite\)"):
        curve_fit(lambda x, b: log(b * x), [1, -1], [0, 0], [1.0])


def test_too_few_evaluations_warn_and_say_so():
    with pytest.warns(
        RuntimeWarning, match="not converged after 3 evaluations: give a larger max_evaluations"
    ):
        fit = curve_fit(lambda x, a, b: a * exp(b * x), XS, YS, [1.0, 1.0], max_evaluations=3)
    assert not fit.converged
    assert "NOT converged: the evaluations allowed were used up" in str(fit)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((line, [], [], [0, 0]), {}, "no data"),
        ((line, [1, 2], [1], [0, 0]), {}, "2 samples and 1 targets"),
        ((line, [1, math.nan], [1, 2], [0, 0]), {}, "x: row 1, column 0 is nan"),
        ((line, [1, 2], [1, math.nan], [0, 0]), {}, "y: row 1, column 0 is nan"),
        ((line, [1, 2], [1, math.inf], [0, 0]), {}, "residual 1 is -inf"),
        ((line, [1, 2], [1, 2]), {}, "give the parameters to start from"),
        ((line, [1, 2], [1, 2], []), {}, "no parameters to fit"),
        ((line, [1, 2], [1, 2], [0, 0]), {"sigma": [1, 0]}, "2 numbers above zero"),
        ((line, [1, 2], [1, 2], [0, 0]), {"method": "gn"}, "method='gn' is unknown"),
        ((lambda x, a: [a, a], [1, 2], [1, 2], [0]), {}, "2 outputs for a sample with 1 targets"),
        ((Neuron(1), [1, 2], [1, 2], [0, 0]), {}, "without start="),
    ],
)
def test_bad_input_to_curve_fit(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        curve_fit(*arguments, **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "bfgs"}, "method='bfgs' is unknown.*curve_fit"),
        ({"loss": "mse"}, "did you mean 'mean_squared_error'"),
        ({"tolerance": 0}, "tolerance=0 must be above zero"),
        ({"max_iterations": 0}, "max_iterations"),
        ({"y": [1]}, "2 samples and 1 targets"),
        ({"X": [[1], [2, 3]]}, "row 1 has 2 numbers, row 0 has 1"),
        ({"X": [[1, 2], [2, 3]]}, "Neuron of 1 input"),
    ],
)
def test_bad_input_to_minimise(options, message):
    with pytest.raises(ValueError, match=message):
        minimise(**{"model": Neuron(1, seed=0), "X": [1, 2], "y": [1, 2]} | options)


def test_a_frozen_model_has_nothing_to_train():
    with pytest.raises(ValueError, match="no parameters to train; see model"):
        minimise(Neuron(1).freeze(), [1], [1])


def test_without_scipy_one_line_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    for call in (lambda: curve_fit(line, XS, YS, [0, 0]), lambda: minimise(Neuron(1), XS, YS)):
        with pytest.raises(ImportError, match=r"needs SciPy: pip install 'chalkgrad\[scipy\]'"):
            call()


def test_a_refused_model_is_left_as_it_was():
    model = Sequential(Layer(1, 4, seed=0), BatchNorm(4), Dropout(0.5, seed=1), Layer(4, 1, seed=2))
    before = model.state_dict(), model.random_state()
    with pytest.raises(ValueError, match="dropout"):
        minimise(model, [[0.0], [1.0], [2.0]], [0.0, 1.0, 0.0])
    assert (model.state_dict(), model.random_state()) == before
