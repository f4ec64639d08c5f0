"""The demos of explanations, searches, federated and self-supervised learning."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest
from running_demos import figures, run

from autograd import Value
from demos import architecture_search, federated, hyperparameters, self_supervised, shapley
from nn.layers.mlp import MLP
from nn.optimizers.sgd import SGD
from nn.toys import spirals
from nn.training.fit import fit

# Shapley values


def by_orders(worths, n):
    """Return what each feature adds on average when all come one after another in every order."""
    sums = [Fraction(0)] * n
    orders = list(permutations(range(n)))
    for order in orders:
        present = 0
        for i in order:
            sums[i] += Fraction(worths[present | 1 << i]) - Fraction(worths[present])
            present |= 1 << i
    return [float(total / len(orders)) for total in sums]


@pytest.mark.parametrize("n", [2, 3, 5])
def test_shapley_values_are_means_over_all_orders(n):
    worths = np.random.RandomState(n).normal(size=2**n)
    wanted = by_orders(worths.tolist(), n)
    assert shapley.shapley_values(worths) == pytest.approx(wanted, abs=1e-12)
    assert shapley.kernel_shap(worths) == pytest.approx(wanted, abs=1e-9)


def test_the_axioms_hold():
    source = np.random.RandomState(0)
    masks = shapley.coalitions(4)
    inner = source.normal(size=(2, 3))  # a and b count by their number alone, d not at all
    worths = inner[masks[:, 2].astype(int), masks[:, :2].sum(axis=1)]
    for values in (shapley.shapley_values(worths), shapley.kernel_shap(worths)):
        assert values[0] == pytest.approx(values[1], abs=1e-12)
        assert values[3] == pytest.approx(0, abs=1e-12)
        assert values.sum() == pytest.approx(worths[-1] - worths[0], abs=1e-12)


def test_all_methods_agree_where_the_model_is_a_straight_line():
    model = MLP(3, [1], seed=0)
    slopes = np.array([w.data for w in model.layers[0].neurons[0].w])
    source = np.random.RandomState(1)
    x, background = source.normal(size=3), source.normal(size=(7, 3))
    wanted = slopes * (x - background.mean(axis=0))

    def scores(rows):
        return model.predict(rows)[:, 0]

    worths = shapley.worth(scores, x, background, shapley.coalitions(3))
    assert shapley.shapley_values(worths) == pytest.approx(wanted, abs=1e-12)
    assert shapley.expected_gradients(model, x, background) == pytest.approx(wanted, abs=1e-12)
    assert shapley.local_slopes(scores, x, 50, seed=0) == pytest.approx(slopes, abs=1e-9)


def test_coalitions_sampled_come_nearer_the_more_they_are():
    worths = np.random.RandomState(0).normal(size=2**8)
    wanted = shapley.shapley_values(worths)
    few, many = (np.mean(shapley.sampled_errors(worths, wanted, n)) for n in (32, 512))
    assert many < few / 2
    values = shapley.kernel_shap(worths, 64, seed=3)
    assert values.sum() == pytest.approx(worths[-1] - worths[0], abs=1e-12)


@pytest.mark.demo
def test_shapley(tmp_path, capsys):
    status, rows, said, written = run("shapley", tmp_path, capsys)
    assert status == 0
    assert written == {"explanations.svg", "sampling.svg"}
    assert figures(said)["Kernel SHAP of ab + 3c: symmetric a and b, dummy d, off by"] < 1e-9
    table = [row for row in rows if row[:2] == ["concave", "points"]]
    assert len(table) == 2
    assert all(row[2] == row[3] for row in table)  # exact, and from all coalitions
    assert figures(said)["test accuracy"] >= 0.9


# architecture search


def in_space(architecture):
    return 1 <= len(architecture) <= architecture_search.DEEPEST and all(
        width in architecture_search.WIDTHS and name in architecture_search.ACTIVATIONS
        for width, name in architecture
    )


def test_mutants_differ_and_stay_in_the_space():
    source = random.Random(0)
    parent = architecture_search.random_architecture(source)
    depths = set()
    for _ in range(300):
        child = architecture_search.mutated(parent, source)
        assert in_space(child)
        assert child != parent
        assert abs(len(child) - len(parent)) <= 1
        depths.add(len(child))
        parent = child
    assert depths == {1, 2, 3}


def test_evolution_descends_a_slope_that_random_search_does_not_see():
    def score(architecture):  # best: three layers of 16 sines, one of 4,368 architectures
        wrong = sum(abs(width - 16) / 14 + (name != "sin") for width, name in architecture)
        return wrong + 2 * (3 - len(architecture))

    best = {}
    for search in (architecture_search.evolution, architecture_search.random_search):
        found = [search(score, 300, random.Random(seed)) for seed in range(5)]
        assert all(len(trials) == 300 for trials in found)
        assert all(score(architecture) == s for trials in found for s, architecture in trials)
        best[search] = np.mean([min(trials)[0] for trials in found])
    assert best[architecture_search.evolution] < 0.3
    assert best[architecture_search.random_search] > 1


def test_the_oldest_die_even_the_best():
    """The best is tried first, and nothing equals it: after ten births no child descends from it."""
    parents = []

    class Watched(random.Random):
        def sample(self, population, k):
            parents.append(list(population))
            return super().sample(population, k)

    count = iter(range(1000))
    trials = architecture_search.evolution(lambda a: float(next(count)), 40, Watched(0))
    size = architecture_search.POPULATION
    assert [population[0] for population in parents] == trials[: 40 - size]
    assert all(len(population) == size for population in parents)


def test_a_mixture_is_its_formula():
    mixture = architecture_search.Mixture()
    relu, tanh, sigmoid, sin = 0.5, np.tanh(0.5), 1 / (1 + np.exp(-0.5)), np.sin(0.5)
    [mixed] = mixture([Value(0.5)])
    assert mixed.data == pytest.approx((relu + tanh + sigmoid + sin) / 4, abs=1e-15)
    mixture.alphas[3].data = 50.0
    assert mixture([Value(0.5)])[0].data == pytest.approx(sin, abs=1e-12)


def test_weights_and_shares_learn_in_turn(monkeypatch):
    moved = []

    def watched(model, *samples, **options):
        before = model.state_dict()
        history = fit(model, *samples, **options)
        moved.append({name for name, x in model.state_dict().items() if x != before[name]})
        return history

    monkeypatch.setattr(architecture_search, "fit", watched)
    data = spirals(40, seed=0)
    model, shares = architecture_search.mixed_network(data, data, 2)
    names = set(model.state_dict())
    alphas = {name for name in names if "alphas" in name}
    assert len(alphas) == 8
    assert moved == [names - alphas, alphas] * 2
    assert shares.shape == (3, 2, 4)
    assert shares.sum(axis=2) == pytest.approx(np.ones((3, 2)))


@pytest.mark.demo
def test_architecture_search(tmp_path, capsys):
    status, _, said, written = run("architecture_search", tmp_path, capsys)
    assert status == 0
    assert written == {"searches.svg", "mixing.svg", "maps.svg"}
    assert figures(said)["test accuracy of the evolved network"] >= 0.7
    assert figures(said)["rank of the mixed network's choice"] <= 8


# federated averaging


def small_clients(count):
    source = np.random.RandomState(0)
    X, y = source.uniform(size=(30, 64)), source.randint(0, 10, 30)
    return [federated.Client(X, y) for _ in range(count)], (X, y)


def test_the_mean_of_equal_clients_is_one_of_them():
    trainer = federated.Trainer()
    clients, (X, y) = small_clients(3)
    after = federated.federated(trainer, clients, 2, 2, 1.0, lambda text: None)
    wanted = trainer.start
    for asked in (1, 2):
        wanted = trainer.descend(wanted, X, y, 2, seed=asked)
    assert after[-1] == pytest.approx(wanted, abs=1e-12)
    assert after[0] is trainer.start
    assert not np.allclose(after[0], after[-1])


def test_a_client_counts_by_its_samples():
    mean = federated.averaged([np.array([1.0, 0.0]), np.array([4.0, 3.0])], [10, 5])
    assert mean.tolist() == [2.0, 1.0]


def test_a_client_descends_as_nn_fit_does():
    trainer = federated.Trainer()
    _, (X, y) = small_clients(1)
    model = MLP(federated.INPUTS, federated.SIZES, seed=0)
    rate = federated.LEARNING_RATE
    fit(model, X, y, "cross_entropy", SGD(lr=rate), 3, 10, seed=7, progress=False)
    found = trainer.descend(trainer.start, X, y, 3, seed=7)
    assert found == pytest.approx(np.array([p.data for p in model.parameters()]), abs=1e-12)


def test_every_sample_is_one_clients():
    y = np.repeat(np.arange(10), 20)
    X = np.arange(200.0)[:, None]
    for by_class, most in ((True, 2), (False, 10)):
        clients = federated.clients_of(X, y, by_class=by_class)
        assert sorted(x for client in clients for x in client._X[:, 0]) == X[:, 0].tolist()
        assert all(client.count == 20 for client in clients)
        assert max(np.count_nonzero(client.knows) for client in clients) <= most
    assert min(np.count_nonzero(client.knows) for client in clients) > 2


@pytest.mark.demo
def test_federated(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(federated, "QUICK_ROUNDS", 3)
    monkeypatch.setattr(federated, "QUICK_WANTED", 0.6)
    status, rows, said, written = run("federated", tmp_path, capsys)
    assert status == 0
    assert written == {"rounds.svg", "clients.svg"}
    alone = [row for row in rows if row[:1] == ["client"]]
    assert len(alone) == federated.CLIENTS
    together = figures(said)["accuracy of the clients together"]
    assert together > max(float(row[-1].rstrip("%")) for row in alone) / 100 + 0.2


# self-supervised learning


def test_a_square_is_hidden_and_nothing_else():
    X = np.random.RandomState(0).uniform(0.1, 1, size=(200, 64))
    hidden, covered = self_supervised.with_hidden_squares(X, seed=0)
    assert (hidden[~covered] == X[~covered]).all()
    assert (hidden[covered] == 0).all()
    corners = set()
    for picture in covered.reshape(-1, 8, 8):
        places = np.argwhere(picture)
        low, high = places.min(axis=0), places.max(axis=0)
        assert len(places) == 16
        assert (high - low).tolist() == [3, 3]
        corners.add(tuple(low))
    assert len(corners) == 25  # it may be anywhere


def test_few_samples_are_as_many_of_each_class():
    X, y = np.arange(100.0)[:, None], np.repeat(np.arange(10), 10)
    some, labels = self_supervised.few((X, y), 3, seed=1)
    assert np.bincount(labels).tolist() == [3] * 10
    assert (some[:, 0] // 10 == labels).all()
    assert len(set(some[:, 0])) == 30


@pytest.mark.demo
def test_self_supervised(tmp_path, capsys):
    status, rows, said, written = run("self_supervised", tmp_path, capsys)
    assert status == 0
    assert written == {"guesses.svg"}
    reached = {row[0]: float(row[-3].rstrip("%")) for row in rows if row[-2:-1] == ["±"]}
    gain = figures(said)["gain over random weights with 30 labels"]
    assert reached["trained"] - reached["random"] == pytest.approx(100 * gain, abs=0.11)
    assert gain >= 0.03


# hyper-parameters


def test_settings_are_of_the_ranges():
    settings = hyperparameters.random_settings(200, seed=1)
    rates = np.log10([setting["learning rate"] for setting in settings])
    low, high = hyperparameters.RATES
    assert low <= rates.min() < low + 0.3
    assert high - 0.3 < rates.max() <= high
    assert {setting["width"] for setting in settings} == set(hyperparameters.WIDTHS)
    assert settings == hyperparameters.random_settings(200, seed=1)
    for count in (8, 24):
        grid = hyperparameters.grid(count)
        assert len({tuple(setting.values()) for setting in grid}) == count
        assert len({setting["learning rate"] for setting in grid}) == count // 8


def test_halving_goes_on_with_the_best_third(monkeypatch):
    def pretended(self, epochs, learn, choose):
        self.reached += [self.setting["learning rate"]] * (epochs - len(self.reached))

    monkeypatch.setattr(hyperparameters.Trial, "train", pretended)
    settings = [{"learning rate": k / 9, "width": 1, "batch": 1, "penalty": 0.0}
                for k in (3, 1, 8, 5, 2, 9, 4, 7, 6)]  # fmt: skip
    trials = [hyperparameters.Trial(setting) for setting in settings]
    hyperparameters.halving(trials, (1, 3, 9), None, None, lambda text: None)
    assert [len(trial.reached) for trial in trials] == [1, 1, 3, 1, 1, 9, 1, 3, 1]


def test_a_trial_goes_on_where_it_was_and_one_that_diverges_has_reached_nothing():
    data = spirals(30, seed=0)
    X, y = np.tile(data[0], (1, 32)), data[1]
    setting = {"learning rate": 0.1, "width": 8, "batch": 30, "penalty": 0.0}
    halves, whole = hyperparameters.Trial(setting), hyperparameters.Trial(setting)
    for epochs in (2, 4):
        halves.train(epochs, (X, y), (X, y))
    whole.train(4, (X, y), (X, y))
    assert len(halves.reached) == len(whole.reached) == 4
    numbers = [list(trial.model.state_dict().values()) for trial in (halves, whole)]
    assert numbers[0] == pytest.approx(numbers[1], abs=1e-9)  # of one batch, in another order
    wild = hyperparameters.Trial(setting | {"learning rate": 1e200, "penalty": 1.0})
    wild.train(4, (X, y), (X, y))
    assert wild.reached == [0.0] * 4


@pytest.mark.demo
def test_hyperparameters(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(hyperparameters, "WIDTHS", (4, 8, 12, 16))
    monkeypatch.setattr(hyperparameters, "CHOOSE", 150)
    status, rows, said, written = run("hyperparameters", tmp_path, capsys)
    assert status == 0
    assert written == {"trials.svg", "halving.svg"}
    assert figures(said)["epochs of halving / epochs of random search"] == 0.5  # 8 + 2 · 2 of 8 · 3
    [row] = [row for row in rows if row[:2] == ["random", "search"] and len(row) > 6]
    reached = figures(said)["test accuracy of what random search found"]
    assert float(row[-1].rstrip("%")) == pytest.approx(100 * reached, abs=0.06)
