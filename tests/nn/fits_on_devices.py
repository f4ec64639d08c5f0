"""Fits on 8 simulated devices; test_fit_jax.py runs this file, in a process whose JAX has them."""

from __future__ import annotations

import json
import re
import signal
from functools import partial

import numpy as np
import pytest

import nn
from autograd import log, numbers, sqrt
from nn.optimizers.optimizer import Optimizer
from nn.training.on_jax import engine as jax_engine

RNG = np.random.RandomState(0)
X = RNG.uniform(-1, 1, (29, 3))  # batches of 8 and one of 5
CLASSES = RNG.randint(0, 3, 29)
NUMBERS = X[:, 0] ** 2 - X[:, 1]
SIGNS = np.where(X[:, 0] > 0, 1, -1)
EPOCHS, BATCHES = 13, 4  # 52 steps


def network(outputs=3, p=0.2):
    return nn.Sequential(
        nn.Layer(3, 5, activation="tanh", seed=0), nn.Dropout(p, seed=4),
        nn.Layer(5, outputs, nonlin=False, seed=1),
    )  # fmt: skip


def layer():
    return nn.Layer(3, 3, nonlin=False, seed=0)


def penalty(parameters):
    return nn.l2_penalty(parameters, 0.01)


def fitted(engine, optimizer, *, model=None, y=CLASSES, loss="cross_entropy", **options):
    model = model or network()
    options = {"epochs": EPOCHS, "batch_size": 8, "seed": 0, "progress": False, **options}
    history = nn.fit(model, X, y, loss, optimizer, engine=engine, **options)
    return history, model, optimizer


def assert_same(one, other, rtol=1e-9):
    """Compare histories, parameters, generators and the optimizers' states of two fits."""
    (history, model, optimizer), (theirs, their_model, their_optimizer) = one, other
    assert history.columns.keys() == theirs.columns.keys()
    for name, column in theirs.columns.items():
        np.testing.assert_allclose(history[name], column, rtol=rtol, atol=1e-12)
    for p, q in zip(model.parameters(), their_model.parameters(), strict=True):
        assert p.data == pytest.approx(q.data, rel=rtol, abs=1e-9)
    assert model.random_state() == their_model.random_state()
    state, their_state = optimizer.state_dict(), their_optimizer.state_dict()
    assert state["state"].keys() == their_state["state"].keys()
    for key, column in their_state["state"].items():
        np.testing.assert_allclose(state["state"][key], column, rtol=1e-6, atol=1e-9)


OPTIMIZERS = {
    "plain": (partial(nn.SGD, lr=0.1, clip=0.05), {"schedule": nn.CosineDecay()}),
    "momentum": (
        partial(nn.SGD, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
        {"schedule": nn.OneCycle(momentum=(0.5, 0.9)), "shard": "parameters"},
    ),
    "adam": (partial(nn.Adam, lr=0.05, clip_norm=0.1), {"shard": "parameters"}),
    "adamw": (partial(nn.AdamW, lr=0.05), {"schedule": nn.CosineDecay()}),
    "amsgrad": (partial(nn.AMSGrad, lr=0.05), {"devices": np.int64(3)}),
    "rmsprop": (partial(nn.RMSprop, lr=0.01, momentum=0.5, centered=True), {}),
    "adagrad": (partial(nn.AdaGrad, lr=0.05), {"validation": (X[:9], CLASSES[:9])}),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_has_the_losses_of_numpy_over_52_steps(name):
    make, options = OPTIMIZERS[name]
    options = {"penalty": penalty, "metrics": ["accuracy"], **options}
    ours = fitted("jax", make(), **options)
    for only_here in ("shard", "devices"):
        options.pop(only_here, None)
    assert_same(ours, fitted("compiled", make(), **options))
    assert ours[0].engine == f"jax on {3 if name == 'amsgrad' else 8} cpu devices"


def test_a_mesh_with_other_axes(jax):
    mesh = jax.make_mesh((2, 4), ("other", "rows"))
    ours = fitted("jax", nn.Adam(lr=0.05), model=layer(), epochs=3, devices=mesh)
    assert_same(ours, fitted("compiled", nn.Adam(lr=0.05), model=layer(), epochs=3))


@pytest.mark.parametrize("loss", ["hinge", "huber"])
def test_losses_that_branch_or_check_their_targets(loss):
    y = {"hinge": SIGNS, "huber": 3 * NUMBERS}[loss]
    ours, theirs = (
        fitted(engine, nn.Adam(lr=0.05), model=network(1), y=y, loss=loss, epochs=3)
        for engine in ("jax", "compiled")
    )
    assert_same(ours, theirs)


def test_rows_that_branch_in_a_new_way_later_on():
    def loss(y, t):  # every output is below 3 at first
        return (y - 5) ** 2 if y < 3 else 3 * (y - 5) ** 2 + log(y - 2)

    ours, theirs = (
        fitted(engine, nn.SGD(lr=0.05), model=nn.Layer(3, 1, nonlin=False, seed=0), y=NUMBERS,
               loss=loss)
        for engine in ("jax", "compiled")
    )  # fmt: skip
    assert_same(ours, theirs)


# what lies where ----------------------------------------------------------------------------------


class Watch(nn.Callback):
    """Look at what lies on the devices after every batch; `counts` are of what was called."""

    def __init__(self, monkeypatch):
        self.seen, self.counts, self.made = [], {"compiled": 0, "brought": 0}, {}
        program_of, of = jax_engine.program_of, jax_engine.Held.of

        def counted(name, function):
            def run(*arguments):
                self.counts[name] += 1
                self.made[name] = function(*arguments)
                return self.made[name]

            return run

        monkeypatch.setattr(jax_engine, "program_of", counted("compiled", program_of))
        monkeypatch.setattr(jax_engine.Held, "of", counted("brought", of))

    def on_batch_end(self, state):
        held = state.engine.held
        self.seen.append({"now": held.now, "m": held.state["m"]})


@pytest.mark.parametrize("shard", [None, "parameters"])
def test_all_lies_on_the_devices_for_a_whole_fit_and_nothing_is_compiled_twice(monkeypatch, shard):
    brought, bring = [], jax_engine.Spread.bring_rows

    def bring_rows(self, columns, size):
        brought.append(bring(self, columns, size))
        return brought[-1]

    monkeypatch.setattr(jax_engine.Spread, "bring_rows", bring_rows)
    watch = Watch(monkeypatch)
    schedule = nn.CosineDecay(per="batch")
    fitted("jax", nn.Adam(lr=0.05), callbacks=[watch], schedule=schedule, shard=shard, epochs=3)
    assert watch.counts == {"compiled": 1, "brought": 1}
    assert len(watch.seen) == 3 * BATCHES
    sizes = {15: 2, 5: 1, 3: 1}  # filled up to 16 and 8
    for arrays in (watch.seen[-1]["now"], watch.seen[-1]["m"]):
        for x, size in zip(arrays.values(), (15, 15, 5, 3), strict=True):
            parts = x.addressable_shards
            assert len(parts) == 8
            assert {part.data.size for part in parts} == {sizes[size] if shard else size}
    *_, rows, weights, draws = watch.made["compiled"].input_shardings[0]
    for sharding in (*rows, weights, draws):
        assert sharding.shard_shape((8,)) == (1,)
    weights, x, *_ = brought[-1]
    np.testing.assert_array_equal(weights, [0.2] * 5 + [0] * 3)
    np.testing.assert_array_equal(x[5:], x[[0, 0, 0]])


def test_an_option_that_a_schedule_sets_is_compiled_once_more(monkeypatch):
    watch = Watch(monkeypatch)
    options = {"schedule": nn.OneCycle(momentum=(0.8, 0.9)), "epochs": 3}
    ours = fitted("jax", nn.Adam(), model=layer(), callbacks=[watch], **options)
    assert watch.counts == {"compiled": 2, "brought": 1}
    assert_same(ours, fitted("compiled", nn.Adam(), model=layer(), **options))


def test_float32(monkeypatch):
    watch = Watch(monkeypatch)
    options = {"model": layer(), "callbacks": [watch], "dtype": "float32", "epochs": 3}
    ours = fitted("jax", nn.Adam(lr=0.01), **options)
    theirs = fitted("compiled", nn.Adam(lr=0.01), model=layer(), epochs=3)
    np.testing.assert_allclose(ours[0]["loss"], theirs[0]["loss"], rtol=1e-5)
    arrays = [*watch.seen[-1]["now"].values(), *watch.seen[-1]["m"].values()]
    assert {str(x.dtype) for x in arrays} == {"float32"}


# callbacks ----------------------------------------------------------------------------------------


def test_callbacks_see_and_change_what_they_do_with_numpy():
    def look(state):
        seen.append([state.parameters.copy(), state.gradient.copy(), state.last_finite.copy()])
        seen[-1].append(np.array(state.optimizer.state_dict()["state"]["m"]))

    def change(state):
        state.parameters[0] = 0.5
        state.optimizer.lr *= 0.5
        state.optimizer.weight_decay = 0.1 * state.epoch
        state.model.layers[1].p = 0.5

    found = []
    for engine in ("jax", "compiled"):
        seen, watcher = [], nn.Callback()
        watcher.on_batch_end, watcher.on_epoch_end = look, change
        fit = fitted(engine, nn.Adam(lr=0.05), callbacks=[watcher], epochs=3)
        found.append((fit, seen))
    assert_same(found[0][0], found[1][0])
    for ours, theirs in zip(found[0][1], found[1][1], strict=True):
        for one, other in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)


def test_numbers_that_are_not_trained_are_read_each_epoch():
    def model():
        return nn.Sequential(nn.Layer(3, 4, seed=0).freeze(), nn.Layer(4, 3, nonlin=False, seed=1))

    def change_frozen(state):
        for _, p in state.model.layers[0].named_parameters():
            p.data *= 0.5

    ours, theirs = (
        fitted(engine, nn.Adam(), model=model(), epochs=3, callbacks=[change_frozen])
        for engine in ("jax", "compiled")
    )
    assert_same(ours, theirs)


# what breaks --------------------------------------------------------------------------------------


DIVERGING = {  # the optimizer, what the error says, and a penalty
    "the loss is inf": (nn.SGD(lr=1e100, momentum=0.5), None),
    "the step of SGD(": (nn.SGD(lr=1e307), None),
    "the gradient of b1 is inf": (nn.SGD(clip=1.0), lambda parameters: sqrt(parameters[-1])),
}


@pytest.mark.parametrize("words", DIVERGING)
def test_a_fit_that_diverges_says_and_leaves_what_it_does_with_numpy(words):
    def loss(y, t):
        return 100 * (y - t) ** 2

    said = []
    for engine in ("jax", "compiled"):
        optimizer, penalty = DIVERGING[words]
        own = type(optimizer)(**optimizer.options)
        model = nn.Layer(3, 1, nonlin=False, seed=0)
        with pytest.raises(nn.DivergedError, match=re.escape(f"fit: {words}")) as caught:
            fitted(engine, own, model=model, y=NUMBERS, loss=loss, penalty=penalty)
        said.append((str(caught.value), [p.data for p in model.parameters()], own.state_dict()))
    assert said[0][0] == said[1][0]
    assert said[0][1] == pytest.approx(said[1][1], rel=1e-12)
    for column, theirs in zip(*(each[2]["state"].values() for each in said), strict=True):
        assert column == pytest.approx(theirs, rel=1e-12)


class Breaker(nn.Callback):
    """Raise an error after so many batches."""

    def __init__(self, left=-1, error=None):
        self.left, self.error = left, error

    def on_batch_end(self, state):
        self.left -= 1
        if self.left == 0:
            raise self.error


@pytest.fixture(scope="module", params=[None, "parameters"])
def whole(request, tmp_path_factory):
    """Return a fit from beginning to end: how to make it, and its last checkpoint."""

    def fit(path, breaker=None, **options):
        fitted("jax", nn.Adam(lr=0.05), epochs=3, checkpoint=path, shard=request.param,
               callbacks=[breaker or Breaker()], schedule=nn.CosineDecay(), **options)  # fmt: skip

    path = tmp_path_factory.mktemp("whole") / "run.json"
    fit(path)
    return fit, path.read_text()


def test_a_resumed_fit_has_the_same_bits(tmp_path, whole):
    fit, bits = whole
    path = tmp_path / "run.json"
    with pytest.raises(ArithmeticError):
        fit(path, Breaker(6, ArithmeticError()))
    assert json.loads(path.read_text())["batch"] == 2
    fit(path, resume=True)
    assert path.read_text() == bits


def broken_off(monkeypatch, fit, path, within_step):
    """Fit with a program whose n-th step does something."""
    program_of, calls = jax_engine.program_of, []

    def program(*arguments):
        made = program_of(*arguments)

        def step(*given):
            calls.append(1)
            found = made(*given)
            within_step(len(calls))
            return found

        return step

    with monkeypatch.context() as patch:
        patch.setattr(jax_engine, "program_of", program)
        fit(path)


def test_ctrl_c_within_a_step_waits_for_its_end(tmp_path, monkeypatch, whole):
    fit, bits = whole

    def interrupt(step):
        if step == 5:
            signal.raise_signal(signal.SIGINT)

    path = tmp_path / "run.json"
    with pytest.raises(nn.Interrupted, match="epoch 2 of 3, after 1 of 4 batches"):
        broken_off(monkeypatch, fit, path, interrupt)
    fit(path, resume=True)
    assert path.read_text() == bits


def test_a_step_that_fails_on_the_devices_leaves_the_checkpoint_alone(tmp_path, monkeypatch, whole):
    fit, bits = whole

    def fail(step):
        if step == 2 * BATCHES + 3:
            raise RuntimeError("the device is on fire\nand more")

    path = tmp_path / "run.json"
    with pytest.raises(nn.LostError, match=r"\(the device is on fire\).*by resume="):
        broken_off(monkeypatch, fit, path, fail)
    assert json.loads(path.read_text())["finished"] == 2
    fit(path, resume=True)
    assert path.read_text() == bits


@pytest.mark.parametrize("engines", [("compiled", "jax"), ("jax", "compiled"), ("eager", "jax")])
def test_a_checkpoint_of_one_engine_loads_on_another(tmp_path, engines):
    path = tmp_path / "run.json"
    fitted(engines[0], nn.Adam(lr=0.05), epochs=2, checkpoint=path)
    resumed = fitted(engines[1], nn.Adam(lr=0.05), epochs=4, checkpoint=path, resume=path)
    assert_same(resumed, fitted("compiled", nn.Adam(lr=0.05), epochs=4))


def test_an_optimizer_with_counts_of_its_own_for_each_parameter():
    fits = []
    for engine in ("jax", "compiled"):
        model, optimizer = layer(), nn.Adam(lr=0.05)
        optimizer.bind(model.parameters())
        for k, p in enumerate(model.parameters()):
            p.grad = 1.0 if k % 2 else None
        optimizer.step()
        fits.append(fitted(engine, optimizer, model=model, epochs=2))
    assert_same(*fits)
    saved = fits[0][2].state_dict()
    assert set(saved["state"]["t"]) == {2 * BATCHES, 2 * BATCHES + 1}
    fits[0][2].load_state_dict(saved)


# bad input ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"devices": 9}, ValueError, r"devices=9: JAX has 8 \(cpu\).*XLA_FLAGS=--xla.*count=9"),
        ({"devices": 0}, ValueError, "devices=0: how many, 1 or more"),
        ({"devices": "gpu"}, ValueError, "devices='gpu': how many"),
        ({"devices": True}, ValueError, "devices=True: how many"),
        ({"shard": "rows"}, ValueError, "shard='rows': None or 'parameters'"),
        ({"dtype": "float16"}, ValueError, "dtype='float16': 'float64' or 'float32'"),
        ({"dtype": np.dtype("float32")}, ValueError, r"dtype=dtype\('float32'\): 'float64' or"),
    ],
)
def test_options_out_of_range(options, error, message):
    model = network()
    before = model.state_dict()
    with pytest.raises(error, match=message):
        fitted("jax", nn.Adam(), model=model, **options)
    assert model.state_dict() == before


def test_a_mesh_without_the_axis(jax):
    with pytest.raises(ValueError, match=r"the mesh has the axes 'a'; name the one .* 'rows'"):
        fitted("jax", nn.Adam(), devices=jax.make_mesh((8,), ("a",)))


def test_float64_that_is_off(jax):
    jax.config.update("jax_enable_x64", False)
    try:
        with pytest.raises(
            RuntimeError, match=r"engine='jax' computes in float64.*jax_enable_x64.*float32"
        ):
            fitted("jax", nn.Adam())
        history, *_ = fitted("jax", nn.Adam(lr=0.01), model=layer(), dtype="float32", epochs=2)
    finally:
        jax.config.update("jax_enable_x64", True)
    theirs, *_ = fitted("compiled", nn.Adam(lr=0.01), model=layer(), epochs=2)
    np.testing.assert_allclose(history["loss"], theirs["loss"], rtol=1e-4)


def test_a_device_that_lacks_float64(jax, monkeypatch):
    def lacking(x, device):
        return device_put(np.float32(x), device)

    device_put = jax.device_put
    monkeypatch.setattr(jax, "device_put", lacking)
    with pytest.raises(RuntimeError, match=r"the device cpu .* float64.*give dtype='float32'"):
        fitted("jax", nn.Adam())


def test_a_model_that_looks_at_the_whole_batch():
    with pytest.raises(TypeError, match=r"engine='jax': this fit .*BatchNorm\(3\) looks at the"):
        fitted("jax", nn.Adam(), model=nn.Sequential(nn.BatchNorm(3), nn.Layer(3, 3, seed=0)))


class SignDescent(Optimizer):
    """Step by the sign of the gradient."""

    def update(self, p, g, state):
        """Return p - lr * sign(g)."""
        return p - self.lr * numbers.sign(g)


class NumpyDescent(Optimizer):
    """Step by the sign of the gradient, which NumPy computes."""

    def update(self, p, g, state):
        """Return p - lr * sign(g)."""
        return p - self.lr * np.sign(g)


def test_a_rule_of_ones_own():
    ours, theirs = (
        fitted(engine, SignDescent(lr=0.01), model=layer()) for engine in ("jax", "compiled")
    )
    assert_same(ours, theirs)
    with pytest.raises(TypeError, match=r"JAX cannot follow this step .*update\(p, g, state\)"):
        fitted("jax", NumpyDescent(lr=0.01), model=layer())


@pytest.fixture
def jax():
    import jax

    return jax
