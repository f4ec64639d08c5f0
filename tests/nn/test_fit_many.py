"""Many trainings as one program: each member is what `fit` makes of it alone."""

from __future__ import annotations

import copy
import random
import re
import signal

import numpy as np
import pytest
from interrupts import ctrl_c_is_heard  # noqa: F401

import nn

RNG = np.random.RandomState(0)
X = RNG.uniform(-1, 1, (24, 3))
CLASSES = RNG.randint(0, 3, 24)
SIGNS = np.where(X[:, 0] > 0, 1, -1)
NUMBERS = X[:, 0] ** 2 - X[:, 1]
IMAGES = RNG.uniform(-1, 1, (10, 1, 4, 4))
SEQUENCES = RNG.uniform(-1, 1, (10, 3, 2))
TOKENS = RNG.randint(0, 5, (10, 3))
FEW = RNG.randint(0, 2, 10)


def mlp(seed):
    return nn.MLP(3, [4, 3], activation="tanh", seed=seed)


def line(seed):
    return nn.MLP(3, [4, 1], activation="tanh", seed=seed)


def assert_as_alone(
    make, y=CLASSES, loss="cross_entropy", optimizer=None, *, inputs=X, seeds=(3, 5),
    hyperparameters=None, engine="numpy", epochs=3, batch_size=7, ended=0, **options
):  # fmt: skip
    """Compare all that is left of each member with what `fit` leaves, and return the ensemble."""
    optimizer = optimizer or nn.Adam(lr=0.05)
    given = {"epochs": epochs, "batch_size": batch_size, "progress": False, **options}
    ensemble = nn.fit_many(
        make, inputs, y, loss, optimizer, seeds=seeds, hyperparameters=hyperparameters,
        engine=engine, **given,
    )  # fmt: skip
    pairs = [(own, seed) for own in hyperparameters or [{}] for seed in seeds]
    assert [(m.hyperparameters, m.seed) for m in ensemble] == pairs
    for member in ensemble:
        assert member.history.engine == f"{engine}, {len(ensemble)} models at once"
        alone = copy.deepcopy(make) if isinstance(make, nn.Module) else make(member.seed)
        own = type(optimizer)(**{**optimizer.options, **member.hyperparameters})
        try:
            history = nn.fit(alone, inputs, y, loss, own, seed=member.seed, **given)
        except nn.DivergedError as error:
            history, ended = error.history, ended - 1
            assert member.diverged
        assert list(member.history.columns) == list(history.columns)
        for name, column in history.columns.items():
            np.testing.assert_allclose(member.history[name], column, rtol=1e-9, atol=1e-12)
        for (name, p), (_, q) in zip(
            member.model.named_parameters(), alone.named_parameters(), strict=True
        ):
            assert p.data == pytest.approx(q.data, rel=1e-7, abs=1e-9), name
            assert type(p.data) is type(q.data)
            assert p.grad is None
        assert member.model.random_state() == alone.random_state()
        assert [m.training for _, m in member.model.named_modules()] == [
            m.training for _, m in alone.named_modules()
        ]
    assert ended == 0
    return ensemble


OPTIMIZERS = [
    (nn.SGD(lr=0.1), [{}, {"lr": 0.5}, {"momentum": 0.9}, {"weight_decay": 0.1}]),
    (nn.SGD(lr=0.1, momentum=0.5, nesterov=True), [{}, {"momentum": 0.9, "clip": 0.01}]),
    (nn.Adam(lr=0.05), [{}, {"betas": (0.5, 0.9)}, {"eps": 0.1}, {"clip_norm": 0.1}]),
    (nn.Adam(lr=0.05, clip_norm=0.3), [{"clip_norm": None}, {"clip_norm": 0.02}, {}]),
    (nn.Adam(lr=0.05), [{"clip": 0.01}, {"clip_norm": 0.01}, {}]),
    (nn.AdamW(lr=0.05), [{}, {"lr": 0.2, "weight_decay": 0.3}, {"weight_decay": 0}]),
    (nn.AMSGrad(lr=0.05), [{}, {"lr": 0.2}]),
    (nn.RMSprop(lr=0.05), [{}, {"alpha": 0.5}, {"momentum": 0.9}, {"eps": 0.01}]),
    (nn.RMSprop(lr=0.05, centered=True), [{}, {"weight_decay": 0.1}]),
    (nn.AdaGrad(lr=0.05), [{}, {"lr": 0.5, "eps": 0.1}]),
]


@pytest.mark.parametrize(
    ("optimizer", "hyperparameters"), OPTIMIZERS, ids=lambda x: repr(x) if x is not list else ""
)
def test_every_optimizer_and_its_options(optimizer, hyperparameters):
    assert_as_alone(
        mlp, optimizer=optimizer, hyperparameters=hyperparameters, seeds=[1, 2], epochs=6
    )


SCHEDULES = [
    nn.CosineDecay(),
    nn.CosineDecay(per="batch"),
    nn.ExponentialDecay(factor=0.9),
    nn.OneCycle(momentum=(0.5, 0.9), per="batch"),
    nn.ReduceOnPlateau(factor=0.5, patience=0),
    lambda t: 1 / (1 + t),
]


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda x: getattr(x, "__name__", repr(x)))
def test_every_model_has_a_rate_of_its_own(schedule):
    assert_as_alone(
        mlp, optimizer=nn.SGD(lr=0.1, momentum=0.5), schedule=schedule,
        hyperparameters=[{"lr": 0.5}, {"lr": 0.05}], validation=(X[:9], CLASSES[:9]), epochs=6,
    )  # fmt: skip


def small(seed):
    return nn.Sequential(
        nn.Conv2d(1, 2, 3, padding=1, seed=seed), "relu", nn.MaxPool2d(2), nn.AvgPool2d(2),
        nn.Flatten(), nn.Layer(2, 2, activation="linear", seed=seed),
    )  # fmt: skip


FAMILIES = {
    "convolution": (small, IMAGES, FEW),
    "transposed": (
        lambda s: nn.Sequential(nn.TransposedConv2d(1, 2, 2, stride=2, seed=s), nn.GlobalMaxPool()),
        IMAGES[:6], FEW[:6],
    ),
    "LSTM": (lambda s: nn.Sequential(nn.LSTM(2, 3, last=True, seed=s), "softplus"), SEQUENCES, FEW),
    "GRU": (lambda s: nn.GRU(2, 3, last=True, seed=s), SEQUENCES, FEW),
    "attention": (
        lambda s: nn.Sequential(nn.EncoderBlock(2, 1, dropout=0.2, seed=s), nn.Flatten()),
        SEQUENCES, FEW,
    ),
    "language model": (
        lambda s: nn.LanguageModel(5, 2, 1, layers=1, length=3, seed=s), TOKENS, TOKENS,
    ),
    "embedding": (
        lambda s: nn.Sequential(nn.Embedding(5, 3, seed=s), nn.Flatten(), nn.Layer(9, 2, seed=s + 1)),
        TOKENS, FEW,
    ),
    "norms": (
        lambda s: nn.Sequential(nn.Layer(3, 4, seed=s), nn.LayerNorm(4), nn.PReLU(4)), X, CLASSES,
    ),
    "residual": (
        lambda s: nn.Sequential(nn.Residual(nn.Layer(3, 3, activation="gelu", seed=s))), X, CLASSES,
    ),
    "softmax": (lambda s: nn.MLP(3, [4, 3], output="log_softmax", seed=s), X, CLASSES),
    "dropout": (
        lambda s: nn.Sequential(nn.Layer(3, 6, seed=s), nn.Dropout(0.5, seed=s), nn.Noise(0.1, seed=s),
                                nn.Layer(6, 3, activation="linear", seed=s)), X, CLASSES,
    ),
    "graph": (
        lambda s: nn.Sequential(
            nn.GraphConv(2, 3, graph=nn.Graph(3, [(0, 1), (1, 2)]), seed=s), nn.Readout("mean")),
        SEQUENCES, FEW,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAMILIES)
def test_every_family(name):
    make, inputs, y = FAMILIES[name]
    loss = "negative_log_likelihood" if name == "softmax" else "cross_entropy"
    judged = inputs[:4], y[:4]  # without dropout
    assert_as_alone(make, y, loss, inputs=inputs, batch_size=4, epochs=2, validation=judged)


LOSSES = {
    "mean_squared_error": NUMBERS,
    "mean_absolute_error": NUMBERS,
    "huber": NUMBERS,
    "log_cosh": 3 * NUMBERS,  # both sides of its branch
    "binary_cross_entropy_with_logits": SIGNS > 0,  # branches to refuse targets
    "hinge": SIGNS,  # a program for each of two targets
    "squared_hinge": SIGNS,
}


@pytest.mark.parametrize("loss", LOSSES)
def test_losses_that_branch_and_those_that_do_not(loss):
    assert_as_alone(line, LOSSES[loss], loss)


def test_a_way_that_is_first_taken_while_models_train():
    def loss(y, t):  # far targets are reached late
        return (y - t) ** 2 if y < 1 else (y - t) ** 2 * 3

    start = nn.MLP(3, [4, 1], activation="tanh", init=lambda *_: 0.1)
    assert max(start.predict(X)) < 1
    ensemble = assert_as_alone(
        start, np.full(24, 2.0), loss, nn.SGD(lr=0.03), epochs=8, seeds=[0],
        hyperparameters=[{}, {"lr": 0.001}],
    )  # fmt: skip
    assert min(ensemble[0].model.predict(X)) > 1 > max(ensemble[1].model.predict(X))


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("validation", [0.25, (X[:5], CLASSES[:5])])
@pytest.mark.parametrize("batch_size", [7, None])
def test_metrics_validation_and_order(shuffle, validation, batch_size):
    assert_as_alone(
        mlp, validation=validation, metrics=["accuracy"], shuffle=shuffle, batch_size=batch_size
    )


def test_a_penalty_is_of_each_models_own_parameters():
    assert_as_alone(mlp, penalty=lambda parameters: nn.l2_penalty(parameters, 0.1))


def test_frozen_layers_may_differ():
    def make(seed):
        model = mlp(seed)
        model.layers[0].freeze()
        return model

    assert_as_alone(make, validation=0.25)


def test_copies_of_one_model_which_stays():
    model = mlp(7)
    before = model.state_dict()
    assert_as_alone(model, seeds=[4], hyperparameters=[{"lr": 0.1}, {"lr": 0.01}])
    assert model.state_dict() == before


def test_dropout_of_copies_draws_the_same_numbers():
    model = nn.Sequential(nn.Layer(3, 3, seed=0), nn.Dropout(0.5, seed=1))
    assert_as_alone(model, seeds=[4], hyperparameters=[{"lr": 0.1}, {"lr": 0.01}])


@pytest.mark.parametrize(
    ("optimizer", "wild", "why"),
    [
        (nn.SGD(lr=0.1), {"lr": 1e200}, "the loss is inf in epoch 1, batch 2 of 4"),
        (nn.SGD(lr=0.1), {"lr": 300.0}, "the loss is inf"),
        (nn.SGD(lr=0.1), {"lr": 1.7e308}, r"the step of SGD\(lr=1.7e\+308\) overflows in epoch 1"),
        (nn.Adam(), {"lr": 1e308}, "the loss is "),
    ],
)
def test_what_diverges_is_left_as_it_was_and_disturbs_nobody(optimizer, wild, why):
    model = nn.MLP(3, [4, 1], activation="softplus", seed=0)
    ensemble = assert_as_alone(
        model, 10 * NUMBERS, "mean_squared_error", optimizer, seeds=[0], epochs=8, batch_size=6,
        hyperparameters=[{"lr": 1e-3}, wild, {"lr": 1e-2}], ended=1,
    )  # fmt: skip
    lost = ensemble[1]
    assert lost.diverged
    assert re.match(f"diverged: {why}", lost.history.stopped)
    assert all(np.isfinite(p.data) for p in lost.model.parameters())
    assert not ensemble[0].diverged
    assert repr(ensemble) == "Ensemble(3 MLPs, 1 diverged)"
    mean = np.mean([ensemble[k].model.predict(X) for k in (0, 2)], axis=0)
    np.testing.assert_allclose(ensemble.predict(X), mean, rtol=1e-12)
    assert ensemble.best("loss") is not lost


def test_all_diverged():
    ensemble = nn.fit_many(
        line(0), X, NUMBERS, "mean_squared_error", nn.SGD(lr=1e200), progress=False
    )
    assert ensemble[0].diverged
    with pytest.raises(ValueError, match="all 1 models have diverged"):
        ensemble.predict(X)
    with pytest.raises(ValueError, match="all 1 models have diverged"):
        ensemble.best()


def test_the_ensemble():
    given = {"validation": 0.25, "metrics": ["accuracy"], "progress": False}
    ensemble = nn.fit_many(mlp, X, CLASSES, seeds=range(4), **given)
    assert len(ensemble) == 4
    assert ensemble.models == [member.model for member in ensemble]
    assert ensemble.histories == [member.history for member in ensemble]
    each = ensemble.predict(X, each=True)
    assert each.shape == (4, 24, 3)
    for one, model in zip(each, ensemble.models, strict=True):
        np.testing.assert_allclose(one, model.predict(X), rtol=1e-12)
    np.testing.assert_allclose(ensemble.predict(X), each.mean(axis=0), rtol=1e-12)
    ends = [history["val_accuracy"][-1] for history in ensemble.histories]
    assert ensemble.best("val_accuracy").history["val_accuracy"][-1] == max(ends)
    ends = [history["val_loss"][-1] for history in ensemble.histories]
    assert ensemble.best("val_loss") is ensemble[int(np.argmin(ends))]
    with pytest.raises(KeyError, match="val_los"):
        ensemble.best("val_los")


def test_predictions_of_models_that_branch():
    class Branching(nn.Module):
        def __init__(self, seed):
            self.layer = nn.Layer(3, 1, activation="linear", seed=seed)

        def __call__(self, x):
            y = self.layer(x)
            return y * 2 if y < 0 else y * y

    ensemble = assert_as_alone(Branching, NUMBERS, "mean_squared_error", seeds=range(3))
    alone = [model.predict(X) for model in ensemble.models]
    np.testing.assert_allclose(ensemble.predict(X, each=True), alone, rtol=1e-12)


class CtrlC:
    """Be a metric that is interrupted at its n-th call."""

    __name__ = "ctrl_c"

    def __init__(self, number):
        self.left = number

    def __call__(self, outputs, targets):
        self.left -= 1
        if not self.left:
            signal.raise_signal(signal.SIGINT)
        return 0.0


def test_ctrl_c_leaves_every_model_as_it_was_after_the_last_step():
    given = {"batch_size": 7, "progress": False}
    with pytest.raises(
        nn.EnsembleInterrupted, match="epoch 2 of 5, after 4 of 4 batches"
    ) as caught:
        nn.fit_many(mlp, X, CLASSES, epochs=5, seeds=[3, 5], metrics=[CtrlC(4)], **given)
    ensemble = caught.value.ensemble
    for member in ensemble:
        alone = mlp(member.seed)
        nn.fit(alone, X, CLASSES, epochs=2, seed=member.seed, **given)
        np.testing.assert_allclose(member.model.predict(X), alone.predict(X), rtol=1e-9)
        assert len(member.history) == 1  # the epoch's metrics are missing
        assert member.history.stopped == "interrupted in epoch 2 of 5, after 4 of 4 batches"
        assert member.history.engine == "numpy, 2 models at once"
    assert ensemble.best() in ensemble.members


def test_ctrl_c_one_by_one():
    with pytest.raises(nn.EnsembleInterrupted, match="model 2 of 3") as caught:
        nn.fit_many(with_batch_norm, X, CLASSES, epochs=3, batch_size=8, seeds=[0, 1, 2],
                    progress=False, metrics=[CtrlC(5)])  # fmt: skip
    ensemble = caught.value.ensemble
    assert [len(history) for history in ensemble.histories] == [3, 1, 0]
    alone = with_batch_norm(0)
    nn.fit(alone, X, CLASSES, epochs=3, batch_size=8, seed=0, progress=False)
    assert ensemble[0].model.state_dict() == alone.state_dict()
    assert not ensemble[0].history.stopped
    assert "interrupted in epoch 2 of 3" in ensemble[1].history.stopped
    assert "model 2 of 3" in ensemble[2].history.stopped
    assert ensemble.best() is min(ensemble.members[:2], key=lambda m: m.history["loss"][-1])


def test_the_best_has_a_number():
    ensemble = nn.fit_many(mlp, X, CLASSES, seeds=range(3), epochs=1, progress=False)
    ensemble[0].history.columns["loss"][-1] = float("nan")
    assert not np.isnan(ensemble.best().history["loss"][-1])
    for history in ensemble.histories:
        history.cut(0)
    with pytest.raises(ValueError, match="no number yet"):
        ensemble.best()


# what cannot be one program -----------------------------------------------------------------------


def with_batch_norm(seed):
    return nn.Sequential(nn.Layer(3, 3, seed=seed), nn.BatchNorm(3))


def test_one_by_one_where_there_can_be_no_program():
    given = {"epochs": 2, "batch_size": 8, "progress": False}
    ensemble = nn.fit_many(with_batch_norm, X, CLASSES, seeds=[0, 1], **given)
    for member in ensemble:
        alone = with_batch_norm(member.seed)
        history = nn.fit(alone, X, CLASSES, seed=member.seed, **given)
        assert member.history == history
        assert member.model.state_dict() == alone.state_dict()
        assert "one by one: " in member.history.engine
        assert "whole batch" in member.history.engine
    each = [model.predict(X) for model in ensemble.models]
    np.testing.assert_array_equal(ensemble.predict(X, each=True), each)
    with pytest.raises(TypeError, match=r"engine='numpy'.*whole batch"):
        nn.fit_many(with_batch_norm, X, CLASSES, seeds=[0, 1], engine="numpy", **given)


def test_what_diverges_one_by_one():
    ensemble = nn.fit_many(
        with_batch_norm, X, CLASSES, "cross_entropy", nn.SGD(), seeds=[0], progress=False,
        hyperparameters=[{"lr": 1e308}, {}], batch_size=8,
    )  # fmt: skip
    assert [member.diverged for member in ensemble] == [True, False]


class Features(nn.Module):
    """Compute with numbers of each seed that are no parameters."""

    def __init__(self, seed):
        source = random.Random(seed)
        self.scales = [source.uniform(0.5, 2) for _ in range(3)]
        self.layer = nn.Layer(3, 3, activation="linear", seed=0)

    def __call__(self, x):
        return self.layer([s * a for s, a in zip(self.scales, x, strict=True)])


def test_numbers_in_the_code_that_differ_between_models():
    with pytest.raises(TypeError, match="model 1 computes something else than model 0"):
        nn.fit_many(Features, X, CLASSES, seeds=[0, 1], engine="numpy", progress=False)
    ensemble = nn.fit_many(Features, X, CLASSES, seeds=[0, 1], epochs=1, progress=False)
    assert "something else" in ensemble[0].history.engine
    each = [model.predict(X) for model in ensemble.models]
    np.testing.assert_allclose(ensemble.predict(X, each=True), each, rtol=1e-12)


def test_nothing_is_left_changed_by_a_fit_of_warnings():
    with np.errstate(all="raise"):
        nn.fit_many(line(0), X, NUMBERS, "mean_squared_error", nn.SGD(lr=1e200), progress=False)


# bad input ----------------------------------------------------------------------------------------

SHARED = mlp(0)
WRONG = [
    (TypeError, "no Module and no function", {"model": 3}),
    (TypeError, "made 3, which is no Module", {"model": lambda seed: 3, "seeds": [1]}),
    (TypeError, "give seeds=, as range", {"model": mlp}),
    (TypeError, "give a list of whole numbers", {"seeds": 4}),
    (TypeError, r"seeds\[1\]=1.5", {"model": mlp, "seeds": [1, 1.5]}),
    (ValueError, r"seeds=\[\]", {"seeds": []}),
    (TypeError, "start from the same numbers", {"seeds": [1, 2]}),
    (ValueError, "share parameters", {"model": lambda seed: SHARED, "seeds": [1, 2]}),
    (
        ValueError, r"model 1 \(seed 5\) is not of the structure of model 0",
        {"model": lambda seed: nn.MLP(3, [seed, 3], seed=0), "seeds": [4, 5]},
    ),
    (TypeError, "give a list of dicts", {"hyperparameters": {"lr": 1}}),
    (TypeError, "give a list of dicts", {"hyperparameters": []}),
    (TypeError, "hyperparameters=5: give a list of dicts", {"hyperparameters": 5}),
    (TypeError, "hold all samples in memory", {"validation": nn.data.Stream([([1.0] * 3, 1)])}),
    (TypeError, r"hyperparameters\[0\]=3", {"hyperparameters": [3]}),
    (
        ValueError, r"hyperparameters\[1\]: 'batch_size' is no option of Adam, and only these.*lr",
        {"hyperparameters": [{}, {"batch_size": 3}]},
    ),
    (ValueError, "learning rate must be above zero", {"hyperparameters": [{"lr": -1}]}),
    (
        ValueError, "nesterov=True, which is False for the others",
        {"hyperparameters": [{"nesterov": True}], "optimizer": nn.SGD(momentum=0.5)},
    ),
    (ValueError, "engine", {"engine": "torch"}),
    (TypeError, "optimizer=3", {"optimizer": 3}),
    (TypeError, "penalty=3", {"penalty": 3}),
    (ValueError, "every row needs its target", {"y": CLASSES[:3]}),
    (ValueError, "batch_size=0", {"batch_size": 0}),
    (TypeError, "callbacks", {"callbacks": [nn.EarlyStopping()]}),
]  # fmt: skip


@pytest.mark.parametrize(("error", "words", "given"), WRONG)
def test_bad_input(error, words, given):
    given = {"model": SHARED, "X": X, "y": CLASSES, "progress": False, **given}
    before = SHARED.state_dict()
    with pytest.raises(error, match=words):
        nn.fit_many(**given)
    assert SHARED.state_dict() == before


def test_models_without_parameters():
    with pytest.raises(ValueError, match="no parameters to train"):
        nn.fit_many(mlp(0).freeze(), X, CLASSES)


def test_progress_is_shown(capsys):
    nn.fit_many(mlp, X, CLASSES, seeds=[0, 1], epochs=2)
    shown = capsys.readouterr().out
    assert "epoch 2/2" in shown
    assert "loss" in shown


# JAX ----------------------------------------------------------------------------------------------


@pytest.fixture
def jax():
    jax = pytest.importorskip("jax")
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield jax
    jax.config.update("jax_enable_x64", before)


def test_jax_without_float64(jax):
    jax.config.update("jax_enable_x64", False)
    with pytest.raises(RuntimeError, match=r"^fit_many, .*set JAX_ENABLE_X64=1$"):
        nn.fit_many(mlp, X, CLASSES, seeds=[0], engine="jax")


@pytest.mark.usefixtures("jax")
def test_jax_with_everything():
    assert_as_alone(
        FAMILIES["dropout"][0], engine="jax", optimizer=nn.RMSprop(lr=0.05), validation=0.2,
        metrics=["accuracy"], schedule=nn.CosineDecay(per="batch"), epochs=2,
        hyperparameters=[{"momentum": 0.5}, {"clip": 0.01}, {"clip_norm": 0.1}],
    )  # fmt: skip


@pytest.mark.usefixtures("jax")
def test_jax_with_ways_that_are_first_taken_later_and_one_that_diverges():
    def loss(y, t):
        return (y - t) ** 2 if y < 1 else (y - t) ** 2 * 3

    start = nn.Neuron(3, activation="linear", init=lambda *_: 0.1)
    assert_as_alone(
        start, np.full(24, 2.0), loss, nn.SGD(lr=0.03), seeds=[0], engine="jax", epochs=13,
        hyperparameters=[{}, {"lr": 1e307}, {"lr": 0.1}], ended=1,
    )  # fmt: skip
