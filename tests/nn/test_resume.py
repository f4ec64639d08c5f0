"""Exact resume: a fit that was broken off and went on has the same bits as one that was not."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from interrupts import ctrl_c_is_heard  # noqa: F401

from autograd.files import write_whole
from nn.layers.dropout import Dropout
from nn.layers.layer import Layer
from nn.layers.normalisation import BatchNorm
from nn.layers.sequential import Sequential
from nn.losses import cross_entropy
from nn.optimizers.adam import Adam
from nn.optimizers.plateau import ReduceOnPlateau
from nn.optimizers.schedules import CosineDecay, OneCycle
from nn.optimizers.sgd import SGD
from nn.optimizers.warm_up import WarmUp
from nn.training.callbacks import Callback, EarlyStopping
from nn.training.checkpoint import Checkpoint
from nn.training.fit import fit
from nn.training.interrupts import Interrupted
from nn.training.resume import read_checkpoint

X = np.random.RandomState(0).randn(22, 2)
Y = (X[:, 0] > X[:, 1]).astype(int)
EPOCHS, BATCHES = 4, 3  # 17 samples train in batches of 6, 5 judge


class OwnError(Exception):
    """Be an error of the user's own."""


class Breaker(Callback):
    """Raise an error at the n-th call of one occasion."""

    def __init__(self, occasion, n, error):
        def hook(state):
            self.left -= 1
            if self.left == 0:
                raise error

        self.left = n
        setattr(self, occasion, hook)


class Ours:
    """Hold a fit with everything in it that has a state: a new one, with the same start."""

    def __init__(self, path, *, per_batch=False, callback=None, loss="cross_entropy", n=1):
        self.model = Sequential(
            Layer(2, 4, activation="tanh", seed=0), BatchNorm(4), Dropout(0.3, seed=5),
            Layer(4, 2, activation="linear", seed=1),
        )  # fmt: skip
        self.optimizer = SGD(lr=0.5, momentum=0.9) if per_batch else Adam(lr=0.1)
        self.schedule = OneCycle() if per_batch else ReduceOnPlateau(factor=0.5, patience=0)
        self.stopping = EarlyStopping("val_loss", patience=2)
        self.callbacks = [self.stopping, callback or Callback()]
        self.path, self.loss = path, loss
        self.every = n

    def fit(self, epochs=EPOCHS, **options):
        self.history = fit(
            self.model, X, Y, self.loss, self.optimizer, epochs, 6, validation=0.2, seed=3,
            metrics=["accuracy"], callbacks=self.callbacks, progress=False,
            schedule=self.schedule, checkpoint=Checkpoint(self.path, every=self.every), **options,
        )  # fmt: skip
        return self

    def bits(self):
        saved = json.loads(self.path.read_text())
        saved["settings"].pop("callbacks")  # the breaker's name
        return {
            "model": self.model.state_dict(),
            "random": self.model.random_state(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "stopping": self.stopping.state_dict(),
            "history": self.history.columns,
            "stopped": self.history.stopped,
            "file": saved,
        }


@pytest.fixture(scope="module", params=[False, True], ids=["plateau", "one_cycle"])
def whole(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "run.json"
    return request.param, Ours(path, per_batch=request.param).fit().bits()


def test_the_fit_that_others_are_compared_with_uses_all_it_should(whole):
    _, bits = whole
    assert len(bits["history"]["loss"]) >= 3
    assert len(set(bits["history"]["lr"])) > 1
    assert bits["stopping"]["epoch"] > 0


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OwnError()], ids=["ctrl-c", "crash"])
@pytest.mark.parametrize(
    ("occasion", "n"),
    [("on_batch_end", 1), ("on_batch_end", 5), ("on_batch_end", 6), ("on_epoch_end", 1), ("on_epoch_end", 2), ("on_epoch_end", 3)],
)  # fmt: skip
def test_broken_off_in_a_callback(tmp_path, whole, occasion, n, error):
    per_batch, bits = whole
    path = tmp_path / "run.json"
    broken = Ours(path, per_batch=per_batch, callback=Breaker(occasion, n, error))
    with pytest.raises((OwnError, Interrupted)):
        broken.fit()
    resumed = Ours(path, per_batch=per_batch, callback=Breaker(occasion, 10**9, error))
    assert resumed.fit(resume=path).bits() == bits


@pytest.mark.parametrize("call", [1, 10, 20, 22 + 3, 22 + 19, 2 * 22 + 22])
def test_broken_off_within_the_loss_of_a_batch_or_of_the_validation(tmp_path, whole, call):
    """The name stays: it is part of what a resumed fit is compared by."""
    per_batch, bits = whole
    calls = 0

    def cross_entropy_(output, target):
        nonlocal calls
        calls += 1
        if calls == call + 2:  # two classes are tried out before
            raise KeyboardInterrupt
        return cross_entropy(output, target)

    cross_entropy_.__name__ = "cross_entropy"
    path = tmp_path / "run.json"
    with pytest.raises(Interrupted):
        Ours(path, per_batch=per_batch, loss=cross_entropy_).fit()
    assert Ours(path, per_batch=per_batch).fit(resume=path).bits() == bits


def test_what_a_callback_remembers_counts_an_epoch_once(tmp_path):
    class Counter(Callback):
        def __init__(self):
            self.count = 0

        def on_epoch_end(self, state):
            self.count += 1

        def state_dict(self):
            return {"count": self.count}

        def load_state_dict(self, saved):
            self.count = saved["count"]

    def counted(breaker, **options):
        counter = Counter()
        try:
            fit(Layer(2, 2, seed=0), X, Y, epochs=4, seed=0, progress=False, checkpoint=path,
                callbacks=[counter, breaker], **options)  # fmt: skip
        finally:
            counts.append(counter.count)

    path, counts = tmp_path / "run.json", []
    with pytest.raises(OwnError):
        counted(Breaker("on_epoch_end", 2, OwnError()))
    counted(Breaker("on_epoch_end", 10**9, OwnError()), resume=path)
    assert counts == [1, 4]


def test_a_real_ctrl_c_in_the_middle_of_a_step_waits_for_its_end(tmp_path, whole, monkeypatch):
    per_batch, bits = whole
    kind = SGD if per_batch else Adam
    plain, steps = kind.step_array, 0

    def step_array(self, p, g):
        nonlocal steps
        steps += 1
        if steps == 5:
            signal.raise_signal(signal.SIGINT)
        plain(self, p, g)

    monkeypatch.setattr(kind, "step_array", step_array)
    path = tmp_path / "run.json"
    with pytest.raises(Interrupted, match=r"epoch 2 of 4, after 2 of 3 batches.*resume=") as caught:
        Ours(path, per_batch=per_batch).fit()
    assert len(caught.value.history) == 1
    assert caught.value.history["loss"] == bits["history"]["loss"][:1]
    assert "interrupted in epoch 2" in caught.value.history.stopped
    assert Ours(path, per_batch=per_batch).fit(resume=path).bits() == bits


def test_ctrl_c_leaves_the_numbers_of_the_last_step_in_the_model(tmp_path):
    model, seen = Layer(2, 2, activation="linear", seed=0), []

    def note(state):
        seen.append(state.parameters.tolist())

    watcher = Callback()
    watcher.on_batch_end = note
    breaker = Breaker("on_batch_end", 5, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        fit(model, X, Y, optimizer=SGD(lr=0.1), seed=0, progress=False, batch_size=6,
            callbacks=[watcher, breaker])  # fmt: skip
    assert len(seen) == 5
    assert [p.data for p in model.parameters()] == seen[-1]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_killed_and_resumed_from_the_last_checkpoint(tmp_path, whole):
    """A process that ends without a word, in the third epoch; every second one is kept."""
    per_batch, bits = whole
    path = tmp_path / "run.json"
    script = f"""
        import os
        from pathlib import Path
        from nn.test_resume import Breaker, Callback, Ours

        class Killer(Callback):
            def on_batch_end(self, state):
                if state.finished == 2:
                    os._exit(9)

        Ours(Path({str(path)!r}), per_batch={per_batch}, n=2, callback=Killer()).fit()
    """
    here = Path(__file__).resolve()
    code = textwrap.dedent(script).replace("nn.test_resume", "test_resume")
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=here.parent,
        env={"PYTHONPATH": os.pathsep.join(map(str, (here.parents[2], here.parents[1])))},
    )
    assert ended.returncode == 9
    saved = read_checkpoint(path)
    assert (saved["finished"], saved["batch"]) == (2, 0)
    saved["settings"]["callbacks"][1] = "Callback"  # the killer is not asked again
    write_whole(path, json.dumps(saved))
    assert Ours(path, per_batch=per_batch).fit(resume=True).bits() == bits


def test_more_epochs_later_are_the_same_as_at_once(tmp_path):
    def short_fit(path, epochs, **options):
        model = Layer(2, 2, activation="linear", seed=0)
        stopping = EarlyStopping("loss", patience=3, min_delta=10.0)  # restores another epoch
        history = fit(model, X, Y, optimizer=Adam(lr=0.1), epochs=epochs, seed=0, progress=False,
                      callbacks=[stopping], checkpoint=path, **options)  # fmt: skip
        return model.state_dict(), history

    at_once = short_fit(tmp_path / "a.json", 3)
    short_fit(tmp_path / "b.json", 2)
    assert short_fit(tmp_path / "b.json", 3, resume=True) == at_once


@pytest.mark.parametrize("schedule", [CosineDecay, lambda: WarmUp(steps=1, then=CosineDecay())])
def test_more_epochs_than_a_schedule_was_planned_for_are_refused(tmp_path, schedule):
    options = {"seed": 0, "progress": False, "checkpoint": tmp_path / "run.json"}
    model = Layer(2, 2, activation="linear", seed=0)
    fit(model, X, Y, optimizer=Adam(lr=0.1), epochs=3, schedule=schedule(), **options)
    with pytest.raises(ValueError, match="epochs of the schedule was 3 and is 6"):
        fit(
            model,
            X,
            Y,
            optimizer=Adam(lr=0.1),
            epochs=6,
            schedule=schedule(),
            resume=True,
            **options,
        )


def test_a_finished_fit_resumed_is_as_it_ended(tmp_path, whole):
    per_batch, bits = whole
    path = tmp_path / "run.json"
    Ours(path, per_batch=per_batch).fit()
    assert Ours(path, per_batch=per_batch).fit(resume=path).bits() == bits


def test_resume_true_starts_at_the_beginning_without_a_file(tmp_path, whole):
    per_batch, bits = whole
    assert Ours(tmp_path / "run.json", per_batch=per_batch).fit(resume=True).bits() == bits
    with pytest.raises(ValueError, match="from which file"):
        fit(Layer(2, 2), X, Y, resume=True)


def test_without_a_seed_too(tmp_path):
    """The held-out samples and the order are in the file, not in the seed."""

    def seedless(breaker, **options):
        model = Layer(2, 2, activation="linear", seed=0)
        history = fit(model, X, Y, optimizer=SGD(lr=0.1), epochs=3, batch_size=6, progress=False,
                      validation=0.3, callbacks=[breaker], checkpoint=path, **options)  # fmt: skip
        return model.state_dict(), history

    path = tmp_path / "run.json"
    with pytest.raises(Interrupted):
        seedless(Breaker("on_batch_end", 2, KeyboardInterrupt()))
    text = path.read_text()
    never = [Breaker("on_batch_end", 10**9, None) for _ in range(2)]
    first = seedless(never[0], resume=path)
    path.write_text(text)
    assert seedless(never[1], resume=path) == first


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"batch_size": 5}, "batch_size was 6 and is 5"),
        ({"loss": "multiclass_hinge"}, "loss was 'cross_entropy' and is 'multiclass_hinge'"),
        ({"seed": 4}, "seed was 3 and is 4"),
        ({"optimizer": SGD(lr=0.2)}, "optimizer was"),
        ({"metrics": []}, "metrics was"),
        ({"X": X + 1}, "X, y was"),
        ({"validation": (X, Y)}, "validation was None and is"),
        ({"callbacks": [print]}, "callbacks was"),
    ],
)
def test_another_fit_is_refused(tmp_path, change, message):
    options = {
        "X": X, "loss": "cross_entropy", "optimizer": SGD(lr=0.1), "batch_size": 6, "seed": 3,
        "metrics": ["accuracy"], "epochs": 1, "progress": False,
    }  # fmt: skip
    path = tmp_path / "run.json"
    fit(Layer(2, 2, seed=0), y=Y, checkpoint=path, **options)
    model = Layer(2, 2, seed=0)
    before = model.state_dict()
    with pytest.raises(ValueError, match=message):
        fit(model, y=Y, checkpoint=path, resume=path, **{**options, **change})
    assert model.state_dict() == before


def test_other_files_damaged_ones_and_other_models_are_refused_with_nothing_changed(tmp_path):
    options = {"optimizer": Adam(lr=0.1), "epochs": 2, "seed": 0, "progress": False}
    path, other = tmp_path / "run.json", tmp_path / "other.json"
    fit(Layer(2, 2, seed=0), X, Y, checkpoint=path, **options)
    text = path.read_text()
    saved = json.loads(text)
    damaged = [text[:100], "[]", "{}", json.dumps({**saved, "source": {}}),
               json.dumps({**saved, "model": {}}), json.dumps({**saved, "settings": 1}),
               json.dumps({**saved, "optimizer": {}}), json.dumps({**saved, "callbacks": []})]  # fmt: skip
    model = Layer(2, 2, seed=1)
    before = model.state_dict()
    for content in damaged:
        other.write_text(content)
        options["optimizer"] = optimizer = Adam(lr=0.1)
        with pytest.raises(ValueError, match=r"resume='.*other.json'"):
            fit(model, X, Y, checkpoint=path, resume=other, **options)
        assert model.state_dict() == before
        assert optimizer.state_dict()["state"] == Adam(lr=0.1).state_dict()["state"]
    with pytest.raises(ValueError, match="model was nout 2 and is nout 3"):
        fit(Layer(2, 3, seed=1), X, Y, checkpoint=path, resume=path, **options)
    with pytest.raises(FileNotFoundError):
        fit(model, X, Y, resume=tmp_path / "none.json", **options)


def test_a_file_is_replaced_wholly_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "run.json"
    write_whole(path, "old")

    def replace(a, b):
        raise OSError("disk gone")

    monkeypatch.setattr("os.replace", replace)
    with pytest.raises(OSError, match="disk gone"):
        write_whole(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_checkpoint_options():
    with pytest.raises(ValueError, match="every=0"):
        Checkpoint("run.json", every=0)
    with pytest.raises(ValueError, match="a folder that exists"):
        fit(Layer(2, 2), X, Y, checkpoint="no/such/folder/run.json")
