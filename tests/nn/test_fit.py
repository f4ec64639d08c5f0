"""`fit` and `evaluate`, against loops written out here, and against wrong input of every kind."""

from __future__ import annotations

import io
import random
import subprocess
import sys
from fractions import Fraction
from math import inf, nan
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from rich.console import Console

from autograd import Value, mean, no_grad
from nn.layers.dropout import Dropout
from nn.layers.layer import Layer
from nn.layers.mlp import MLP
from nn.layers.sequential import Sequential
from nn.losses import cross_entropy, mean_squared_error
from nn.module import Module
from nn.optimizers.adam import Adam
from nn.optimizers.schedules import ExponentialDecay, OneCycle
from nn.optimizers.sgd import SGD
from nn.penalties import l2_penalty
from nn.training.callbacks import Callback, EarlyStopping
from nn.training.diverged import DivergedError
from nn.training.evaluate import evaluate
from nn.training.fit import fit
from nn.training.history import History
from nn.training.progress import Progress, picture

X = np.random.RandomState(1).randn(20, 2)
Y = (X[:, 0] * X[:, 1] > 0).astype(int)
QUIET = {"progress": False, "seed": 0}


def mlp():
    return MLP(2, [3, 2], activation="tanh", seed=0)


def loop(model, optimizer, parts, penalty=None):
    """Train with Values and step(), as people do without fit; return the loss of every batch."""
    losses = []
    for part in parts:
        optimizer.zero_grad()
        total = mean([cross_entropy(model(X[i].tolist()), int(Y[i])) for i in part])
        if penalty:
            total = total + penalty(model.parameters())
        total.backward()
        optimizer.step()
        losses.append(total.data)
    return losses


class Watcher(Callback):
    """Write down what is told, and in which order."""

    def __init__(self):
        self.heard = []

    def on_fit_start(self, state):
        self.heard.append("start")

    def on_batch_end(self, state):
        self.heard.append((state.epoch, state.batch))

    def on_epoch_end(self, state):
        self.heard.append(f"epoch {state.epoch}")

    def on_fit_end(self, state):
        self.heard.append("end")


@pytest.mark.parametrize("kind", [SGD, Adam])
@pytest.mark.parametrize("penalty", [None, lambda parameters: l2_penalty(parameters, 0.01)])
def test_the_bits_are_those_of_a_plain_loop(kind, penalty):
    a, b = mlp(), mlp()
    parts = [range(0, 8), range(8, 16), range(16, 20)] * 3
    losses = loop(a, kind(a.parameters(), lr=0.1), parts, penalty)
    history = fit(
        b,
        X,
        Y,
        "cross_entropy",
        kind(lr=0.1),
        3,
        8,
        shuffle=False,
        penalty=penalty,
        engine="eager",
        **QUIET,
    )
    assert b.state_dict() == a.state_dict()
    weights = [8, 8, 4]
    by_epoch = [sum(map(Fraction.__mul__, map(Fraction, losses[i : i + 3]), map(Fraction, weights))) / 20
                for i in (0, 3, 6)]  # fmt: skip
    # three products and a quotient are rounded: 4 half units in the last place of about 1
    assert all(abs(x - y) < 4 * 2.0**-53 for x, y in zip(history["loss"], by_epoch, strict=True))


def test_every_epoch_has_every_sample_once_in_an_order_of_its_own():
    seen = []

    def loss(output, target):
        seen.append(target)
        return mean_squared_error(output, target / 100)

    order = list(range(20))
    model = Layer(2, 1, activation="linear", seed=0)
    fit(model, X, order, loss, SGD(lr=0.01), 2, 7, engine="eager", **QUIET)
    first, second = seen[20:40], seen[40:]  # 20 are tried out before
    assert sorted(first) == sorted(second) == order
    assert first != second != order != first


def test_seeds():
    def trained(seed):
        model = mlp()
        return fit(
            model, X, Y, epochs=2, batch_size=5, seed=seed, progress=False, validation=0.2
        ), model.state_dict()

    state = random.getstate()
    assert trained(0) == trained(0)
    assert trained(0) != trained(1)
    assert random.getstate() == state  # Python's own generator is not asked
    random.seed(1337)
    one = trained(None)
    random.seed(1337)
    assert trained(None) == one
    assert trained(None) != one


def test_validation_share_and_pair():
    sizes = []

    def count(outputs, targets):
        sizes.append(len(targets))
        return 0.0

    fit(mlp(), X, Y, epochs=1, validation=0.25, metrics=[count], **QUIET)
    assert sizes == [15, 5]
    model = mlp()
    history = fit(model, X, Y, epochs=2, validation=(X[:6], Y[:6]), metrics=["accuracy"], **QUIET)
    assert list(history.columns) == ["loss", "accuracy", "val_loss", "val_accuracy"]
    last = evaluate(model, X[:6], Y[:6], "cross_entropy", ["accuracy"])
    assert last == {"loss": history["val_loss"][-1], "accuracy": history["val_accuracy"][-1]}


def test_evaluate_is_the_mean_in_eval_mode_and_changes_nothing():
    model = Sequential(Dropout(0.5, seed=0), mlp())
    state, drawn = model.state_dict(), model.random_state()
    found = evaluate(model, X, Y, cross_entropy, ["accuracy"])
    with no_grad():
        losses = [
            cross_entropy(model.parts[1](x.tolist()), int(t)).data
            for x, t in zip(X, Y, strict=True)
        ]
    exact = sum(map(Fraction, losses)) / 20
    assert abs(found["loss"] - exact) < 2.0**-52 * exact  # the exact sum and a quotient, rounded
    right = sum(np.argmax(y) == t for y, t in zip(model.predict(X), Y, strict=True))
    assert found["accuracy"] == right / 20
    assert (model.state_dict(), model.random_state(), model.training) == (state, drawn, True)


def test_metrics_of_training_are_of_the_outputs_while_it_trained():
    kept = []

    def keep(outputs, targets):
        kept.append((outputs, targets))
        return 0.0

    model, start = mlp(), mlp()
    fit(model, X, Y, epochs=1, batch_size=None, metrics=[keep], shuffle=False, **QUIET)
    [(outputs, targets)] = kept
    assert np.allclose(outputs, start.predict(X), rtol=1e-14)  # those before the only step
    assert targets.tolist() == Y.tolist()


def test_frozen_parameters_modes_and_gradients_are_as_before():
    model = Sequential(mlp(), Dropout(0.5, seed=0))
    model.parts[0].layers[0].freeze()
    model.parts[1].eval()
    before = model.state_dict()
    fit(model, X, Y, epochs=1, **QUIET)
    after = model.state_dict()
    moved = {name for name in before if before[name] != after[name]}
    assert moved == {name for name in before if "layers.1" in name}
    assert [part.training for part in model.parts] == [True, False]
    assert all(p.grad is None for _, p in model.named_parameters())


def test_callbacks_are_told_in_order():
    watcher, epochs = Watcher(), []
    fit(
        mlp(),
        X,
        Y,
        epochs=2,
        batch_size=10,
        callbacks=[watcher, lambda s: epochs.append(s.epoch)],
        **QUIET,
    )
    assert watcher.heard == [
        "start", (1, 1), (1, 2), "epoch 1", (2, 1), (2, 2), "epoch 2", "end",
    ]  # fmt: skip
    assert epochs == [1, 2]


def test_at_the_end_the_model_has_the_last_numbers_whatever_callbacks_do():
    def at_end(state):
        seen.append([p.data for p in model.parameters()] == state.parameters.tolist())
        state.parameters[:] = 0.25

    model, watcher, seen = mlp(), Callback(), []
    watcher.on_fit_end = at_end
    fit(model, X, Y, epochs=1, callbacks=[watcher], **QUIET)
    assert seen == [True]
    assert {p.data for p in model.parameters()} == {0.25}


def test_a_callback_stops_looks_and_changes():
    model, seen = mlp(), []
    before = [p.data for p in model.parameters()]

    def look(state):
        state.write_back()
        seen.append([p.data for p in model.parameters()])
        assert seen[-1] == state.parameters.tolist() != before
        state.parameters[:] = 0.25
        state.stop("seen enough")

    history = fit(model, X, Y, epochs=50, callbacks=[look], **QUIET)
    assert (len(history), history.stopped) == (1, "seen enough")
    assert [p.data for p in model.parameters()] == [0.25] * len(before)


def test_early_stopping_gives_the_best_epoch_back():
    model, snapshots = mlp(), []
    stopping = EarlyStopping("val_loss", patience=3)
    history = fit(
        model, X[:10], 1 - Y[:10], optimizer=Adam(lr=0.3), epochs=200, validation=(X[10:], Y[10:]),
        callbacks=[lambda state: snapshots.append(state.snapshot()), stopping], **QUIET,
    )  # fmt: skip
    best = history.best("val_loss")
    assert len(history) == best.epoch + 3 < 200
    assert model.state_dict() == snapshots[best.epoch - 1] != snapshots[-1]
    assert evaluate(model, X[10:], Y[10:], "cross_entropy")["loss"] == best.value
    assert history.stopped.startswith("val_loss was not better for 3 epochs than")


@pytest.mark.parametrize(
    ("column", "options", "stop", "best"),
    [
        ([3, 2, 2.5, 2.25, 1], {"patience": 2}, 4, 2),
        ([3, 2, nan, nan, 1], {"patience": 2}, 4, 2),
        ([3, 2.9, 2.8, 2.4, 1], {"patience": 2, "min_delta": 0.5}, 3, 1),
        ([1, 2, 3, 3, 3], {"patience": 2, "best": "highest"}, 5, 3),
        ([1, 1, 1, 1, 1], {"patience": 1, "restore": False}, 2, 1),
    ],
)
def test_when_early_stopping_stops(column, options, stop, best):
    stopping = EarlyStopping("loss", **options)
    state = SimpleNamespace(
        history=History({"loss": []}), snapshot=dict, stop=lambda why: stops.append(why)
    )
    stops = []
    stopping.on_fit_start(state)
    for state.epoch, value in enumerate(column, 1):
        state.history.append({"loss": value})
        stopping.on_epoch_end(state)
        if stops:
            break
    assert (state.epoch, stopping.best_epoch) == (stop, best)


def test_schedules_per_epoch_and_per_batch():
    rates = []
    history = fit(
        mlp(), X, Y, optimizer=SGD(lr=0.5), epochs=3, schedule=ExponentialDecay(factor=0.5), **QUIET
    )
    assert history["lr"] == [0.5, 0.25, 0.125]
    watcher = Callback()
    watcher.on_batch_end = lambda state: rates.append(state.optimizer.lr)
    one_cycle = OneCycle(start=0.5, end=0.0)
    fit(
        mlp(),
        X,
        Y,
        optimizer=SGD(lr=0.5),
        epochs=3,
        batch_size=10,
        schedule=one_cycle,
        callbacks=[watcher],
        **QUIET,
    )
    one_cycle.plan(6)  # 3 epochs of 2 batches; after each batch the rate is that of the next
    assert rates == [0.5 * one_cycle(t) for t in range(1, 7)]


def test_numbers_rows_and_columns_as_targets():
    x = [[0.0], [1.0], [2.0]]
    for y in ([1, 3, 5], [[1], [3], [5]], np.array([[1.0], [3.0], [5.0]])):
        model = Layer(1, 1, activation="linear", seed=0)
        fit(model, x, y, "mean_squared_error", SGD(lr=0.3), 200, None, **QUIET)
        assert model.predict([[10.0]])[0, 0] == pytest.approx(21.0, abs=1e-6)  # 200 steps converge
    model = Layer(1, 2, activation="linear", seed=0)
    fit(model, x, [[1, 0], [3, -1], [5, -2]], "mean_squared_error", SGD(lr=0.3), 400, None, **QUIET)
    assert model.predict([[10.0]])[0] == pytest.approx([21.0, -10.0], abs=1e-6)


class Root(Module):
    """Compute w * sqrt(b * x): the slope at 0 is infinite."""

    def __init__(self):
        self.w, self.b = Value(1.0, "w"), Value(0.0, "b")

    def __call__(self, x):
        return self.w * (self.b * x[0]).sqrt()


def test_a_loss_that_diverges_names_epoch_batch_and_operation():
    model, watcher = Layer(1, 1, activation="linear", init=lambda *_: 1.0), Callback()
    seen = [[p.data for p in model.parameters()]]
    watcher.on_batch_end = lambda state: seen.append(state.parameters.tolist())
    with pytest.raises(DivergedError) as caught:
        fit(model, [[10.0], [20.0]], [0.0, 0.0], "mean_squared_error", SGD(lr=1e30), 50, 1,
            callbacks=[watcher], **QUIET)  # fmt: skip
    error = caught.value
    place = f"the loss is inf in epoch {error.epoch}, batch {error.batch} of 2"
    assert str(error).startswith(f"fit: {place}")
    assert (error.epoch - 1) * 2 + error.batch == len(seen)
    assert error.answer.finding == "infinity"
    assert error.answer.operation.rule.name in ("mul", "pow")
    assert "overflows" in str(error)
    assert "Try a lower learning rate (it is 1e+30)" in str(error)
    assert len(error.history) == error.epoch - 1
    assert [p.data for p in model.parameters()] == seen[-2]  # the last that had a finite loss
    assert evaluate(model, [[10.0], [20.0]], [0.0, 0.0], "mean_squared_error")["loss"] < inf


def test_a_gradient_that_is_not_finite_is_found_before_the_step():
    model = Root()
    with pytest.raises(
        DivergedError, match=r"the gradient of b is -inf in epoch 1, batch 1"
    ) as caught:
        fit(model, [[1.0]], [1.0], "mean_squared_error", SGD(lr=0.1), 5, **QUIET)
    assert caught.value.answer.operation.rule.name == "sqrt"
    assert (model.w.data, model.b.data) == (1.0, 0.0)
    assert "The model is as it was before" in str(caught.value)


def test_a_step_that_overflows_is_not_made():
    model = Layer(1, 1, activation="linear", init=lambda *_: 1.0)
    with pytest.raises(DivergedError, match=r"the step of SGD.* overflows in epoch 1, batch 1"):
        fit(model, [[1e5]], [0.0], "mean_squared_error", SGD(lr=1e300), 5, **QUIET)
    assert [p.data for p in model.parameters()] == [1.0, 0.0]


def test_early_stopping_saves_the_best_of_a_fit_that_diverges():
    model, losses = Layer(1, 1, activation="linear", init=lambda *_: 1.0), []
    with pytest.raises(DivergedError) as caught:
        fit(model, [[3.0]], [0.0], "mean_squared_error", SGD(lr=10.0), 999,
            callbacks=[EarlyStopping("loss", patience=999), lambda s: losses.append(s.history["loss"][-1])],
            **QUIET)  # fmt: skip
    assert caught.value.history.best().epoch == 1 < len(losses)
    # the snapshot of epoch 1 is that after its step: one step of size 10 down 2 * 3 * (3, 1)
    assert [p.data for p in model.parameters()] == [1.0 - 10 * 18, -10 * 6]


def test_an_error_of_the_users_own_passes_with_a_note():
    def loss(output, target):
        return mean_squared_error(output, target) if target < 100 else 1 / 0

    def raising(state):
        raise RuntimeError("mine")

    model = Layer(2, 1, activation="linear", seed=0)
    with pytest.raises(RuntimeError, match="mine") as caught:
        fit(model, X, Y, loss, SGD(lr=0.1), 3, 10, callbacks=[raising], **QUIET)
    assert caught.value.__notes__ == [
        "fit ended in epoch 1 of 3, after 2 of 2 batches: the model has the parameters of then"
    ]


ROWS = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"X": [[1.0, 2.0], [3.0], [5.0, 6.0]]}, "row 1 has 1 numbers, row 0 has 2"),
        ({"X": []}, "X: no data"),
        ({"X": [[], []], "y": [0, 1]}, "X: no data"),
        ({"y": []}, "y: no data"),
        ({"X": [[1.0, nan], [3.0, 4.0], [inf, 6.0]]}, r"X: nan or infinite in rows 0, 2 \(counted from 0\)"),
        ({"X": [[nan, 1.0]] * 9, "y": [0] * 9}, "rows 0, 1, 2, 3, 4 and 4 more"),
        ({"y": [0.0, nan, 1.0]}, "y: nan or infinite in row 1"),
        ({"X": [[1.0]] * 3}, "X has rows of 1 numbers: MLP of 2 inputs: 1 were given"),
        ({"X": [[1.0] * 3] * 3}, "X has rows of 3 numbers"),
        ({"y": [0, 1, 2]}, "y, row 2: cross_entropy: target=2 is none of the 2 classes"),
        ({"y": [0, -1, 1]}, "y, row 1: .*target=-1"),
        ({"y": [0, 1]}, "X has 3 rows and y has 2"),
        ({"loss": "cross_entopy"}, "did you mean 'cross_entropy'"),
        ({"metrics": ["acuracy"]}, "did you mean 'accuracy'"),
        ({"metrics": ["accuracy", "accuracy"]}, "two columns of the name 'accuracy'"),
        ({"callbacks": [EarlyStopping("los")]}, "did you mean 'loss'"),
        ({"callbacks": [EarlyStopping("val_loss")]}, "give fit validation="),
        ({"epochs": 0}, "epochs=0: it must be at least 1"),
        ({"batch_size": 0}, "batch_size=0: it must be at least 1"),
        ({"engine": "torch"}, "engine='torch' is unknown.* The names are auto, compiled, eager, jax"),
        ({"validation": 1.0}, "a share above 0 and below 1"),
        ({"validation": (ROWS, [0, 1])}, "validation X has 3 rows and validation y has 2"),
        ({"validation": ([[1.0]], [0])}, "validation X has rows of 1 numbers"),
        ({"validation": (ROWS, [0, 1, 9])}, "validation y, row 2"),
        ({"seed": -1}, "seed=-1"),
    ],
)  # fmt: skip
def test_bad_values_are_refused_with_nothing_changed(change, message):
    refused(ValueError, change, message)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"X": "rows"}, "'rows' is not data"),
        ({"X": [["a", "b"]] * 3}, "row 0, column 0 is 'a', not a number"),
        ({"y": ["cat", "dog", "cat"]}, "y: 'cat' is a text; make numbers of the classes"),
        ({"y": [0.0, 1.0, 0.5]}, "y, row .: cross_entropy"),
        ({"optimizer": "adam"}, "optimizer='adam': give one, as nn.Adam"),
        ({"optimizer": Adam}, "optimizer=.*: give one"),
        ({"loss": 3}, "loss=3"),
        ({"metrics": "accuracy"}, r"give a list, as metrics=\['accuracy'\]"),
        ({"epochs": 1.5}, "epochs=1.5: it must be a whole number"),
        ({"batch_size": "all"}, "batch_size='all'"),
        ({"callbacks": [EarlyStopping]}, "is no callback"),
        ({"callbacks": [3]}, "callbacks: 3 is no callback"),
        ({"schedule": 0.1}, "schedule=0.1"),
        ({"validation": "some"}, r"give \(X, y\), or the share"),
        ({"seed": "x"}, "seed='x'"),
    ],
)
def test_wrong_types_are_refused_with_nothing_changed(change, message):
    refused(TypeError, change, message)


def refused(kind, change, message):
    model, optimizer = Sequential(mlp(), Dropout(0.5, seed=0)), Adam(lr=0.1)
    state, drawn, moments = model.state_dict(), model.random_state(), optimizer.state_dict()
    given = {"X": ROWS, "y": [0, 1, 1], "loss": "cross_entropy", "optimizer": optimizer, **QUIET}
    if "epochs" not in change:
        given["epochs"] = 1
    with pytest.raises(kind, match=message):
        fit(model, **{**given, **change})
    assert (model.state_dict(), model.random_state()) == (state, drawn)
    assert (optimizer.state_dict(), optimizer.params) == (moments, None)


def test_models_that_cannot_be_trained():
    with pytest.raises(TypeError, match="is not a Module"):
        fit(lambda x: x, ROWS, [0, 1, 1])
    with pytest.raises(ValueError, match="are all of them frozen"):
        fit(mlp().freeze(), ROWS, [0, 1, 1])
    model = mlp()
    model.layers[0].neurons[0].b.data = Fraction(1, 3)
    with pytest.raises(TypeError, match="b1,1 is a Fraction"):
        fit(model, ROWS, [0, 1, 1], **QUIET)
    with pytest.raises(TypeError, match="depends on no parameter"):
        fit(mlp(), ROWS, [0, 1, 1], lambda output, target: 1.0, **QUIET)


@pytest.mark.parametrize(
    "options",
    [
        {"patience": 0},
        {"min_delta": -1},
        {"min_delta": nan},
        {"best": "max"},
    ],
)
def test_early_stopping_options(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        EarlyStopping(**options)


def test_what_is_shown_where_there_is_no_terminal(capsys):
    history = fit(
        mlp(), X, Y, epochs=20, seed=0, callbacks=[lambda s: s.epoch == 14 and s.stop("done")]
    )
    lines = capsys.readouterr().out.splitlines()
    assert [line[:11] for line in lines[:-1]] == [f"epoch {n:2}/20" for n in range(2, 15, 2)]
    assert lines[-2] == f"epoch 14/20  loss {history['loss'][-1]:.4g}"
    assert lines[-1] == "stopped: done"
    fit(mlp(), X, Y, epochs=2, **QUIET)
    assert capsys.readouterr().out == ""


def test_the_live_table(monkeypatch):
    shown, state = [], random.getstate()
    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    monkeypatch.setattr(sys.modules["nn.training.fit"], "Progress", lambda: Progress(console))

    def draw(run):
        page = Console(file=io.StringIO(), width=100)
        page.print(picture(run, 60.0 * run.epoch))
        shown.append(page.file.getvalue())

    fit(mlp(), X, Y, epochs=4, batch_size=10, metrics=["accuracy"], callbacks=[draw], seed=0)
    assert "epoch 1/4" in shown[0]
    assert "1:00" in shown[0]
    assert "3:00 left" in shown[0]
    assert "accuracy" in shown[-1]
    assert "left" not in shown[-1]
    out = console.file.getvalue()
    assert "epoch 4/4" in out
    assert out.rstrip().endswith("\x1b[?25h")  # the cursor is shown again
    assert random.getstate() == state


def test_the_display_leaves_pythons_random_alone():
    """In a process of its own: rich draws from it when it is imported."""
    code = (
        "import random, sys; from nn.training.fit import fit; from nn.layers.layer import Layer\n"
        "assert 'rich' not in sys.modules; random.seed(1); state = random.getstate()\n"
        "fit(Layer(1, 2, seed=0), [[1.0]], [0], epochs=1, seed=0)\n"
        "assert 'rich' in sys.modules and random.getstate() == state"
    )
    root = Path(__file__).resolve().parents[2]
    ran = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(root)}, capture_output=True
    )
    assert ran.returncode == 0, ran.stderr.decode()
