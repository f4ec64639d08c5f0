"""The restricted Boltzmann machine: probabilities by enumeration, and gradients that learn them."""

from __future__ import annotations

from itertools import product
from math import exp, log, prod

import numpy as np
import pytest

import nn
from autograd import Value, dot, gradients, mean
from autograd.check import check_gradient
from autograd.value import detached
from nn.classical.boltzmann import RestrictedBoltzmann
from nn.storage.description import build, describe

VISIBLE, HIDDEN = 3, 2
VS = list(product((0.0, 1.0), repeat=VISIBLE))
HS = list(product((0.0, 1.0), repeat=HIDDEN))
DATA = [(1.0, 1.0, 0.0), (0.0, 0.0, 1.0), (1.0, 0.0, 1.0)]


def machine(steps=1, scale=0.8, seed=3):
    found = RestrictedBoltzmann(VISIBLE, HIDDEN, steps=steps, init=nn.normal(std=scale), seed=seed)
    for k, bias in enumerate([*found.a, *found.b]):
        bias.data = 0.3 * (-1) ** k * (k + 1) / 4
    return found


def numbers(m):
    """Return W, a and b as arrays."""
    return (np.array([[w.data for w in row] for row in m.w]), *(
        np.array([v.data for v in part]) for part in (m.a, m.b)))  # fmt: skip


def joint(m):
    """Return P(v, h) for all states, from the definition alone."""
    w, a, b = numbers(m)
    weights = np.array(
        [[exp(np.dot(a, v) + np.dot(b, h) + np.dot(h, w @ v)) for h in HS] for v in VS]
    )
    return weights / weights.sum()


def test_energies_and_probabilities_are_those_of_the_definition():
    m, p = machine(), joint(machine())
    w, a, b = numbers(m)
    for v, row in zip(VS, p, strict=True):
        assert m.log_likelihood(v).data == pytest.approx(log(row.sum()), abs=1e-14)
        for j, chance in enumerate(m.hidden(v)):
            on = sum(x for h, x in zip(HS, row, strict=True) if h[j])
            assert chance.data == pytest.approx(on / row.sum(), rel=1e-13)
    for h, column in zip(HS, p.T, strict=True):
        for i, chance in enumerate(m.visible(h)):
            on = sum(x for v, x in zip(VS, column, strict=True) if v[i])
            assert chance.data == pytest.approx(on / column.sum(), rel=1e-13)
        assert m.energy(VS[5], h).data == pytest.approx(
            -np.dot(a, VS[5]) - np.dot(b, h) - np.dot(h, w @ VS[5]), rel=1e-14
        )


@pytest.mark.parametrize(("visible", "hidden"), [(3, 2), (2, 3)])
def test_the_partition_function_whichever_side_is_smaller(visible, hidden):
    m = RestrictedBoltzmann(visible, hidden, init=nn.normal(), seed=1)
    m.a[0].data, m.b[1].data = 0.5, -0.25
    states = product(*[list(product((0, 1), repeat=n)) for n in (visible, hidden)])
    total = sum(exp(-m.energy(v, h).data) for v, h in states)
    assert m.log_partition().data == pytest.approx(log(total), rel=1e-14)


def kernel(m):
    """Return P(v' | v) of one round of Gibbs sampling, summed over all hidden states."""

    def chance(bits, chances):
        return prod(p.data if bit else 1 - p.data for bit, p in zip(bits, chances, strict=True))

    up = np.array([[chance(h, m.hidden(v)) for h in HS] for v in VS])
    down = np.array([[chance(v, m.visible(h)) for v in VS] for h in HS])
    return up @ down


def exact(m):
    """Return the gradient of minus the mean log-likelihood, through autograd."""
    return np.array(gradients(-mean([m.log_likelihood(v) for v in DATA]), m.parameters()))


def expected(m, steps):
    """Return the gradient of contrastive divergence, averaged over all that can be drawn."""
    rows = np.linalg.matrix_power(kernel(m), steps)[[VS.index(v) for v in DATA]]
    contrasts = [[m.contrast(drawn, v) for drawn in VS] for v in DATA]
    mean_contrast = sum(
        dot(row.tolist(), contrast) for row, contrast in zip(rows, contrasts, strict=True)
    ) / len(DATA)  # fmt: skip
    return np.array(gradients(mean_contrast, m.parameters()))


def test_contrastive_divergence_comes_to_the_gradient_of_the_likelihood():
    """Hinton 2002: with one step it is a rough guide, with ever more it is the gradient."""
    m = machine()
    true = exact(m)
    errors = [np.abs(expected(m, steps) - true).max() for steps in (1, 3, 10, 60)]
    assert errors == sorted(errors, reverse=True)
    assert errors[0] > 1e-2
    assert errors[-1] < 1e-12
    one = expected(m, 1)
    assert one @ true / np.linalg.norm(one) / np.linalg.norm(true) > 0.8


def test_the_gradient_of_the_likelihood_is_what_the_data_says_less_what_the_machine_says():
    """Hinton 2002, equation 3: <v_i h_j> of the data less that of the model, by enumeration."""
    m, p = machine(), joint(machine())
    conditional = [p[VS.index(v)] / p[VS.index(v)].sum() for v in DATA]
    for j, row in enumerate(m.w):
        for i, w in enumerate(row):
            data = np.mean([sum(v[i] * h[j] * x for h, x in zip(HS, c, strict=True))
                            for v, c in zip(DATA, conditional, strict=True)])  # fmt: skip
            model = sum(v[i] * h[j] * p[a, b] for a, v in enumerate(VS) for b, h in enumerate(HS))
            [slope] = gradients(mean([m.log_likelihood(v) for v in DATA]), [w])
            assert slope == pytest.approx(data - model, abs=1e-14)


def test_what_is_drawn_has_the_chances_of_the_kernel():
    m = machine(steps=2, scale=1.5, seed=2)
    n, v = 2000, VS[0]
    counts = np.zeros(len(VS))
    for _ in range(n):
        counts[VS.index(tuple(m(v)))] += 1
    chances = np.linalg.matrix_power(kernel(m), 2)[0]
    # five standard deviations of a binomial count; the kernel of one step is off by more
    assert (np.abs(counts - n * chances) < 5 * np.sqrt(n * chances * (1 - chances))).all()
    assert (np.abs(counts - n * kernel(m)[0]) > 5 * np.sqrt(n * chances * (1 - chances))).any()


def test_no_gradient_goes_through_what_was_drawn():
    m = machine()
    assert all(type(x) is float for x in m([Value(1.0), 0.0, 1.0]))


def test_it_learns_as_a_program():
    data = np.array(DATA)
    m = RestrictedBoltzmann(3, 4, steps=3, seed=0)

    def likelihood():
        return float(detached(mean([m.log_likelihood(v) for v in DATA])))

    before = likelihood()
    history = nn.fit(m, data, data, loss=m.contrast, optimizer=nn.SGD(lr=0.3), epochs=600,
                     batch_size=None, seed=0, progress=False)  # fmt: skip
    assert history.engine == "compiled"
    assert before == pytest.approx(-3 * log(2), abs=0.01)
    assert -log(3) > likelihood() > -1.6  # -1.10 is the best there is


@pytest.mark.parametrize("order", [1, 2])
def test_gradients_of_the_log_likelihood(order):
    m = RestrictedBoltzmann(2, 1, seed=0)

    def f(p):
        m.w, m.a, m.b = [p[0:2]], p[2:4], p[4:5]
        return m.log_likelihood([1.0, 0.0])

    report = check_gradient(f, [0.5, -1.0, 0.25, 0.75, -0.5], order=order)
    assert report.ok, report


def test_labels_and_wrong_input():
    m = RestrictedBoltzmann(2, 1)
    assert [p.label for p in m.parameters()] == ["w1,1", "w1,2", "a1", "a2", "b1"]
    assert repr(m) == "RestrictedBoltzmann(2, 1)"
    said = {"class": "RestrictedBoltzmann", "visible": 2, "hidden": 1, "steps": 4}
    assert describe(RestrictedBoltzmann(2, 1, steps=4)) == describe(build(said)) == said
    with pytest.raises(ValueError, match="of 2 inputs: 3 were given"):
        m([1, 0, 1])
    with pytest.raises(ValueError, match="of 2 inputs: 1 were given"):
        m.free_energy([1])
    for options in ({"visible": 0, "hidden": 1}, {"visible": 1, "hidden": 0}):
        with pytest.raises(ValueError, match="=0: it must be a whole number"):
            RestrictedBoltzmann(**options)
    with pytest.raises(ValueError, match="steps=0"):
        RestrictedBoltzmann(1, 1, steps=0)
    with pytest.raises(ValueError, match="the smaller side has 17 units"):
        RestrictedBoltzmann(18, 17).log_partition()
