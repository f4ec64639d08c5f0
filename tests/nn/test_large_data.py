"""Data larger than memory: memory maps and streams train as arrays in memory do, and say the same."""

from __future__ import annotations

import functools
import io
import json
import threading
from itertools import chain, islice, pairwise, repeat
from pathlib import Path

import numpy as np
import pytest
from interrupts import ctrl_c_is_heard  # noqa: F401

import nn
from nn.data import Stream, mapped
from nn.data.chunks import Chunk, even, mixed
from nn.training.resume import read_checkpoint
from nn.training.source import find_source

ROWS = 300
X = np.random.RandomState(0).randn(ROWS, 3).astype(np.float32)
Y = (X[:, 0] > X[:, 1] * X[:, 2]).astype(np.int64)
ENGINES = ["compiled", "eager"]


@pytest.fixture
def maps(tmp_path, monkeypatch):
    """Return X and y as memory maps, of which a pool holds less than a third: 64 blocks of one row."""
    monkeypatch.setattr(mapped, "POOL", 64 * X[0].nbytes)
    return mapped_array(tmp_path / "X.npy", X), mapped_array(tmp_path / "y.npy", Y)


def mapped_array(path, array):
    np.save(path, array)
    return np.load(path, mmap_mode="r")


def pairs():
    return zip(X.tolist(), Y.tolist(), strict=True)


def parts(sizes=(1, 90, 0, 7, 200, 2)):
    """Return (X, y) in chunks whose borders are no batches'."""
    ends = np.cumsum([0, *sizes])
    return ((X[a:b], Y[a:b]) for a, b in pairwise(ends))


class Kept(nn.Callback):
    """Keep the samples of all batches, and break off after some of them if told to."""

    def __init__(self, until=None):
        self.batches, self.until = [], until

    def on_batch_end(self, state):
        self.batches.append(state.part.X.tolist())
        if len(self.batches) == self.until:
            raise KeyboardInterrupt

    def epochs(self, count):
        size = len(self.batches) // count
        starts = range(0, count * size, size)
        return [list(chain.from_iterable(self.batches[i : i + size])) for i in starts]


def fitted(*data, epochs=2, seed=3, engine="auto", batch_size=32, **options):
    """Return the model's numbers and the history of a fit of the same start."""
    model = nn.MLP(3, [4, 2], activation="tanh", seed=0)
    history = nn.fit(
        model, *data, optimizer=nn.Adam(lr=0.05), epochs=epochs, batch_size=batch_size, seed=seed,
        engine=engine, **{"progress": False, "metrics": ["accuracy", "log_loss", "f1"], **options},
    )  # fmt: skip
    return model.state_dict(), history


@functools.cache
def in_memory(engine):
    return fitted(X, Y, shuffle=False, engine=engine)


SAMPLES = {
    "pairs": lambda: (Stream(pairs),),
    "a list of pairs": lambda: (Stream(list(pairs())),),
    "arrays": lambda: (Stream(lambda: zip(X, Y, strict=True)),),
    "chunks": lambda: (Stream(parts, chunks=True),),
    "no thread": lambda: (Stream(parts, chunks=True, prefetch=0),),
    "one array again and again": lambda: (Stream(refilled),),
}


def refilled():
    row = np.empty(3, dtype=np.float32)
    for x, t in zip(X, Y, strict=True):
        row[:] = x
        yield row, t


# the same numbers as in memory ---------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("samples", ["maps", *SAMPLES])
def test_in_their_order_they_train_to_the_bits_of_arrays(maps, samples, engine):
    given = maps if samples == "maps" else SAMPLES[samples]()
    numbers, history = fitted(*given, shuffle=False, engine=engine)
    expected, told = in_memory(engine)
    assert numbers == expected
    assert history["loss"] == told["loss"]
    for name in ("accuracy", "log_loss", "f1"):
        assert np.allclose(history[name], told[name], rtol=1e-15, atol=0)
    assert history["f1"] == told["f1"]  # it is no mean of batches', so it is of all outputs


@pytest.mark.parametrize("samples", [(X, Y), "maps", "stream"])
def test_every_epoch_has_every_sample_once_in_an_order_of_its_own_that_the_seed_decides(
    maps, samples
):
    given = {"maps": maps, "stream": (Stream(pairs, shuffle=50),)}.get(str(samples), samples)
    orders = []
    for seed in (1, 1, 2):
        kept = Kept()
        fitted(*given, seed=seed, callbacks=[kept])
        orders.append(kept.epochs(2))
    for epoch in orders[0]:
        assert sorted(epoch) == sorted(X.tolist())
        assert epoch != X.tolist()
    assert orders[0][0] != orders[0][1]
    assert orders[0] == orders[1]
    assert orders[0][0] != orders[2][0]


def test_the_order_is_the_same_with_and_without_a_thread():
    assert fitted(Stream(pairs, shuffle=50)) == fitted(Stream(pairs, shuffle=50, prefetch=0))


def test_a_pool_spreads_samples_that_come_together_over_the_epoch():
    chunks = [
        Chunk(np.zeros((10, 1)), np.zeros(10), np.arange(i, i + 10)) for i in range(0, 1000, 10)
    ]
    source = np.random.RandomState(0)
    places = np.concatenate([c.places for c in mixed(iter(chunks), 200, source)])
    assert sorted(places) == list(range(1000))
    early = np.flatnonzero(places < 100)
    assert early.max() > 300  # they were the first 100
    assert (np.abs(np.diff(places)) == 1).mean() < 0.1
    everything = np.concatenate([c.places for c in mixed(iter(chunks), 2000, source)])
    assert abs(np.corrcoef(everything, np.arange(1000))[0, 1]) < 0.1


def test_a_pool_of_a_map_has_blocks_from_anywhere_in_the_file(maps):
    rows = mapped.Mapped(*maps)
    orders = [[int(c.places[0]) for c in rows.chunks(np.random.RandomState(s))] for s in (0, 1)]
    assert len(orders[0]) == 300
    assert max(orders[0][:64]) > 200
    assert sorted(orders[0]) == sorted(orders[1]) != orders[0] != orders[1]


@pytest.mark.parametrize("sizes", [(5, 5), (1,) * 10, (10,), (0, 3, 7), (4, 6)])
@pytest.mark.parametrize("size", [1, 3, 5, 10, 11])
def test_batches_go_over_the_borders_of_chunks(sizes, size):
    ends = np.cumsum([0, *sizes])
    spans = [np.arange(a, b) for a, b in pairwise(ends)]
    found = [c.places.tolist() for c in even((Chunk(s, s, s) for s in spans), size)]
    assert found == [list(range(i, min(i + size, 10))) for i in range(0, 10, size)]


def test_a_share_of_a_map_is_held_out_in_blocks_and_never_trained_on(maps):
    kept, seen = Kept(), []
    _, history = fitted(
        *maps, validation=0.2, callbacks=[kept, lambda s: seen.append(s.validation)]
    )
    trained, judged = kept.epochs(2)[0], seen[0].data
    held = np.concatenate([c.X for c in judged.chunks()]).tolist()
    assert len(held) == judged.count == 60
    assert sorted(trained + held) == sorted(X.tolist())
    assert 0 < history["val_loss"][-1] < 0.8


def test_validation_by_maps_and_streams_is_that_by_arrays(maps):
    stream = Stream(pairs)
    expected = fitted(X, Y, shuffle=False, validation=(X, Y))[1]
    for given in (maps, stream):
        found = fitted(X, Y, shuffle=False, validation=given)[1]
        assert np.allclose(found["val_loss"], expected["val_loss"], rtol=1e-14, atol=0)
        assert found["val_f1"] == expected["val_f1"]


def test_evaluate_predict_and_find_rate_take_them(maps, tmp_path, monkeypatch):
    monkeypatch.setattr("nn.predictions._TOGETHER", 70)
    monkeypatch.setattr("nn.training.evaluate._TOGETHER", 70)
    model = nn.MLP(3, [4, 2], activation="tanh", seed=0)
    expected = model.predict(X)
    told = nn.evaluate(model, X, Y, "cross_entropy", ["accuracy", "f1"])
    stream, inputs = Stream(pairs), Stream(lambda: X.tolist(), targets=False)
    for given in (maps, (stream,)):
        found = nn.evaluate(model, *given, metrics=["accuracy", "f1"])
        assert found.keys() == told.keys()
        assert np.allclose([*found.values()], [*told.values()], rtol=1e-14, atol=0)
        assert nn.find_rate(model, *given, seed=0).losses != []
    for given in (maps[0], stream, inputs, Stream(parts, chunks=True)):
        assert (model.predict(given) == expected).all()
    out = np.lib.format.open_memmap(tmp_path / "out.npy", "w+", np.float32, (ROWS, 2))
    assert model.predict(maps[0], out=out) is out
    out.flush()
    assert (np.load(tmp_path / "out.npy") == expected.astype(np.float32)).all()
    assert (model.predict(X, out=out) == expected.astype(np.float32)).all()
    for wrong in (np.empty((ROWS, 2), int), expected.tolist()):
        with pytest.raises(TypeError, match=r"predict: out is .*give an array or a memory map"):
            model.predict(X, out=wrong)
    for given in (X, maps[0], stream):
        for shape in ((ROWS, 3), (ROWS - 1, 2), (ROWS + 1, 2)):
            with pytest.raises(ValueError, match="predict: out has"):
                model.predict(given, out=np.empty(shape))


def test_the_jax_engine_takes_them():
    jax = pytest.importorskip("jax")
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    try:
        for size in (32, 512):  # a last batch that is smaller, and less samples than a batch has
            given = {"shuffle": False, "batch_size": size}
            expected, _ = fitted(X, Y, **given)
            numbers, history = fitted(Stream(parts, chunks=True), engine="jax", **given)
            assert history.engine.startswith("jax")
            assert np.allclose([*numbers.values()], [*expected.values()], rtol=1e-9, atol=1e-12)
    finally:
        jax.config.update("jax_enable_x64", before)


# memory ---------------------------------------------------------------------------------------------


def test_memory_holds_a_pool_and_some_batches_whatever_the_size_of_the_file(tmp_path, monkeypatch):
    """tracemalloc sees NumPy's arrays; the files have 0.6 and 3 MB."""
    import tracemalloc

    monkeypatch.setattr(mapped, "POOL", 2**17)
    model = nn.Layer(8, 2, activation="linear", seed=0)
    peaks = []
    for rows in (2_000, 20_000, 100_000):  # the first warms up
        made = np.lib.format.open_memmap(tmp_path / "X.npy", "w+", np.float32, (rows, 8))
        made[:] = np.random.RandomState(0).rand(8).astype(np.float32)
        del made
        inputs = np.load(tmp_path / "X.npy", mmap_mode="r")
        targets = mapped_array(tmp_path / "y.npy", np.zeros(rows, dtype=np.int8))
        out = np.lib.format.open_memmap(tmp_path / "out.npy", "w+", np.float32, (rows, 2))
        tracemalloc.start()
        nn.fit(model, inputs, targets, epochs=1, batch_size=1024, progress=False, validation=0.5,
               metrics=["accuracy"])  # fmt: skip
        model.predict(inputs, out=out)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] - peaks[1] < 2 * 2**20
    assert peaks[2] < 7 * 2**20


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux tells it")
def test_pages_that_were_read_are_given_back(tmp_path):
    def resident():
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(x.split()[1]) for x in lines if x.startswith("RssFile")) / 1024

    rows = mapped_array(tmp_path / "X.npy", np.ones((4_000_000, 2), dtype=np.float32))
    before = resident()
    most = max(
        resident() - before for i, _ in enumerate(mapped.Mapped(rows).chunks()) if i % 8 == 0
    )
    assert most < 8  # megabytes, of 32
    changed = np.load(tmp_path / "X.npy", mmap_mode="c")
    changed[5] = 7.0  # in memory alone: these pages have to stay
    for _ in mapped.Mapped(changed).chunks():
        pass
    assert (changed[5] == 7.0).all()


def test_a_checkpoint_in_the_middle_of_an_epoch_keeps_no_order(maps, tmp_path):
    sizes = []
    for rows in (100, 300):
        path = tmp_path / f"{rows}.json"
        with pytest.raises(nn.Interrupted):
            fitted(
                maps[0][:rows],
                maps[1][:rows],
                metrics=[],
                callbacks=[Kept(until=2)],
                checkpoint=path,
            )
        sizes.append(len(path.read_text()))
    assert abs(sizes[1] - sizes[0]) < 300


# resume ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("until", [1, 10, 13, 20])
@pytest.mark.parametrize("samples", [(X, Y), "maps", "stream"])
def test_a_fit_that_was_broken_off_goes_on_to_the_same_bits(maps, tmp_path, samples, until):
    def given():
        named = {"maps": maps, "stream": (Stream(pairs, shuffle=50),)}
        return named.get(str(samples), samples)

    path = tmp_path / "run.json"
    whole = fitted(*given(), callbacks=[Kept()])
    with pytest.raises(nn.Interrupted, match="after"):
        fitted(*given(), callbacks=[Kept(until)], checkpoint=path)
    assert fitted(*given(), callbacks=[Kept()], resume=path) == whole


def test_a_held_out_share_of_a_map_is_in_the_checkpoint(maps, tmp_path):
    path = tmp_path / "run.json"
    options = {"validation": 0.3, "seed": None}
    with pytest.raises(nn.Interrupted):
        fitted(*maps, callbacks=[Kept(3)], checkpoint=path, **options)
    text = path.read_text()
    first = fitted(*maps, callbacks=[Kept()], resume=path, **options)
    path.write_text(text)
    assert fitted(*maps, callbacks=[Kept()], resume=path, **options) == first


def test_other_samples_are_refused(maps, tmp_path):
    path = tmp_path / "run.json"
    fitted(*maps, checkpoint=path)
    other = mapped_array(tmp_path / "other.npy", X + 1)
    with pytest.raises(ValueError, match="X, y was"):
        fitted(other, maps[1], resume=path)
    fitted(Stream(pairs), checkpoint=path)
    with pytest.raises(ValueError, match="X, y was"):
        fitted(Stream(lambda: islice(pairs(), 1, None)), resume=path)


def test_a_checkpoint_of_the_earlier_form_is_refused_with_what_to_do(tmp_path):
    path = tmp_path / "run.json"
    fitted(X, Y, checkpoint=path)
    saved = read_checkpoint(path)
    path.write_text(json.dumps({**saved, "format": "chalkgrad fit, version 1"}))
    with pytest.raises(ValueError, match="of an earlier chalkgrad"):
        fitted(X, Y, resume=path)


# what goes wrong ---------------------------------------------------------------------------------------


class OwnError(Exception):
    """Be an error of the user's own."""


def breaking(after, error):
    yield from islice(pairs(), after)
    raise error


def prefetching():
    return [t for t in threading.enumerate() if t.name == "prefetch"]


@pytest.mark.parametrize("prefetch", [0, 2])
def test_an_error_in_the_iterator_comes_with_where_it_was_and_leaves_no_thread(prefetch):
    for after in (0, 100, 299):
        stream = Stream(lambda n=after: breaking(n, OwnError("disk gone")), prefetch=prefetch)
        with pytest.raises(OwnError, match="disk gone") as caught:
            fitted(stream)
        assert (
            f"in the iterator of nn.data.Stream, after {after} samples" in caught.value.__notes__[0]
        )
        assert prefetching() == []


@pytest.mark.parametrize("prefetch", [0, 1, 3])
def test_a_break_ends_the_thread_and_closes_the_iterator_in_it(prefetch):
    closed = []

    def rows():
        try:
            yield from zip(repeat([0.0, 1.0, 2.0]), repeat(1), strict=False)  # without end
        finally:
            closed.append(threading.current_thread().name)

    kept = Kept(until=3)
    with pytest.raises(nn.Interrupted, match="after 3 batches"):
        fitted(Stream(rows, prefetch=prefetch), callbacks=[kept], metrics=[])
    assert prefetching() == []
    assert closed[1:] == ["prefetch" if prefetch else "MainThread"]  # first they were looked at


def test_the_thread_is_no_further_ahead_than_it_may_be():
    taken = []

    def rows():
        for i, pair in enumerate(pairs()):
            taken.append(i)
            yield pair

    ahead = []

    class Look(nn.Callback):
        def on_batch_end(self, state):
            ahead.append(len(taken) - 256 - 300 * state.finished - 10 * state.batch)

    fitted(Stream(rows, prefetch=2), batch_size=10, epochs=1, callbacks=[Look()])
    assert max(ahead) <= 256 + 4 * 10  # a chunk, two in the queue, one on each side of it


def later(*items):
    """Return a stream of good samples for more than is looked at before the fit, then these."""
    return Stream(lambda: [*pairs(), *items])


def chunked(*chunks):
    return Stream(lambda: chunks, chunks=True)


BAD_STREAMS = {
    "empty": (lambda: Stream(list), ValueError, "gave no sample"),
    "empty later": (lambda: Stream(functools.partial(next, iter([list(pairs()), []]))), ValueError, "gave no sample"),
    "one-shot": (lambda: Stream(pairs()), ValueError, "only once, and there are 2 epochs"),
    "one-shot in a function": (lambda it=None: Stream(repeat_of(pairs())), ValueError, "only once, and they are used up"),
    "no pair": (lambda: later(3.0), TypeError, "item 300 is 3.0; it must be a pair"),
    "wider": (lambda: later(([1.0] * 4, 0)), ValueError, r"row 44 has 4 numbers"),
    "wider chunk": (lambda: chunked((X, Y), (X[:, :2], Y)), ValueError, r"sample 300 has the shape \(2,\), and the first one \(3,\)"),
    "other targets": (lambda: chunked((X, Y), (X, np.eye(300))), ValueError, "target of sample 300 has the shape"),
    "unlike lengths": (lambda: chunked((X, Y), (X, Y[:-1])), ValueError, "from sample 300 on: X has 300 rows and y has 299"),
    "text": (lambda: later((["a", 1, 2], 0)), TypeError, "from sample 256 on .*row 44, column 0 is 'a', not a number"),
    "text target": (lambda: later(([1.0] * 3, "cat")), TypeError, "class_numbers"),
    "nan": (lambda: later(([1.0, float("nan"), 0.0], 0)), ValueError, "X: nan or infinite in row 300 "),
    "inf first": (lambda: Stream([([1.0, float("inf"), 0.0], 0)]), ValueError, "X: nan or infinite in row 0 "),
    "class": (lambda: later(([1.0] * 3, 2)), ValueError, r"y, row 300: cross_entropy"),
    "half a class": (lambda: later(([1.0] * 3, 0.5)), ValueError, "whole numbers, and from sample 256"),
    "a class of floats": (lambda: Stream(lambda: [*((x, float(t)) for x, t in pairs()), ([1.0] * 3, 0.5)]), TypeError, r"y, row 300: .*0.5"),
    "count too high": (lambda: Stream(pairs, count=301), ValueError, "count=301.*the iterator gave 300"),
    "count too low": (lambda: Stream(pairs, count=299), ValueError, "count=299.*the iterator gave more"),
    "chunks=True is missing": (lambda: Stream(lambda: [(X, Y), (X, Y)]), ValueError, "chunks=True"),
    "no targets": (lambda: Stream(X.tolist(), targets=False), TypeError, "targets=False; there is nothing to train on"),
    "no iterator": (lambda: Stream(lambda: 5), TypeError, "gave 5, which is no iterator"),
}  # fmt: skip


def repeat_of(iterator):
    return lambda: iterator


@pytest.mark.parametrize("case", BAD_STREAMS)
def test_what_is_wrong_with_a_stream_is_told(case):
    make, error, message = BAD_STREAMS[case]
    with pytest.raises(error, match=message):
        fitted(make(), epochs=2)
    assert prefetching() == []


def test_a_stream_without_end_is_left_where_its_count_ends():
    taken = []
    rows = ((taken.append(i) or [0.0, 1.0, 2.0], 1) for i in range(10**6))
    with pytest.raises(ValueError, match="the iterator gave more;"):
        fitted(Stream(rows, count=300), epochs=1)
    assert len(taken) == 512  # two chunks


def test_wrong_options_are_told(maps):
    stream = Stream(pairs)
    with pytest.raises(TypeError, match="give a function that gives an iterator"):
        Stream(5)
    with pytest.raises(ValueError, match="shuffle=-1"):
        Stream(pairs, shuffle=-1)
    with pytest.raises(TypeError, match="gives the targets itself"):
        fitted(stream, Y)
    with pytest.raises(TypeError, match="y is missing"):
        fitted(X)
    with pytest.raises(TypeError, match=r"validation=0.2: a Stream cannot be parted"):
        fitted(stream, validation=0.2)
    with pytest.raises(ValueError, match=r"validation X: .*only once"):
        fitted(X, Y, validation=Stream(pairs()))
    for given in (maps, (stream,)):
        with pytest.raises(ValueError, match="batch_size=None takes all samples at once"):
            fitted(*given, batch_size=None)
    with pytest.raises(ValueError, match=r"count=1_000_000"):
        fitted(stream, schedule=nn.OneCycle())
    numbers, _ = fitted(Stream(pairs, count=ROWS), schedule=nn.OneCycle(), shuffle=False)
    assert numbers == fitted(X, Y, schedule=nn.OneCycle(), shuffle=False)[0]
    assert len(fitted(Stream(pairs()), epochs=1)[1]) == 1


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda X, y: (X, y[:-1]), ValueError, "X has 300 rows and y has 299"),
        (lambda X, y: (X[:0], y[:0]), ValueError, r"X: no data \(shape \(0, 3\)\)"),
        (lambda X, y: (X.view(np.complex64), y), TypeError, "X: a memory map of complex64"),
        (lambda X, y: (X, y.view("S8")), TypeError, "y: a memory map of "),
        (lambda X, y: (X[:, :2], y), ValueError, "X has rows of 2 numbers"),
        (lambda X, y: (X, y + 1), ValueError, "y, row [0-9]+: cross_entropy"),
    ],
)
def test_what_is_wrong_with_a_memory_map_is_told(tmp_path, change, error, message):
    rows = mapped_array(tmp_path / "X.npy", np.ones((300, 4), np.float32)[:, :3].copy())
    rows = (
        mapped_array(tmp_path / "X.npy", np.ones((300, 4), np.float32))
        if "complex" in message
        else rows
    )
    targets = mapped_array(tmp_path / "y.npy", np.ones(300, np.int64))
    with pytest.raises(error, match=message):
        fitted(*change(rows, targets))


def test_the_row_of_a_nan_is_named_among_two_million(tmp_path):
    rows = np.lib.format.open_memmap(tmp_path / "X.npy", "w+", np.float32, (2_000_000, 1))
    rows[1_654_321] = np.nan
    source = find_source(rows, np.broadcast_to(0.5, len(rows)))  # as fit does
    with pytest.raises(ValueError, match="X: nan or infinite in row 1654321 "):
        for _ in source.batches(100_000, np.random.RandomState(0)):
            pass


def test_what_first_comes_late_is_tried_before_its_step(tmp_path):
    """A class out of range, and an index out of the table, in a batch that was not looked at."""
    classes = Y.copy()
    classes[290] = 5
    maps = mapped_array(tmp_path / "X.npy", X), mapped_array(tmp_path / "y.npy", classes)
    with pytest.raises(ValueError, match="y, row 290: cross_entropy"):
        fitted(*maps)
    sides = np.where(Y, 1, -1)
    sides[290] = 0  # between what there was
    with pytest.raises(ValueError, match="y, row 290: hinge"):
        nn.fit(nn.Layer(3, 1, activation="linear", seed=0), maps[0],
               mapped_array(tmp_path / "y2.npy", sides), "hinge", progress=False)  # fmt: skip
    indices = np.zeros((300, 2))
    indices[280, 1] = 3
    model = nn.Sequential(
        nn.Embedding(3, 2, seed=0), nn.Flatten(), nn.Layer(4, 2, activation="linear", seed=0)
    )
    for bad, error in ((3, IndexError), (0.5, TypeError)):
        indices[280, 1] = bad
        given = mapped_array(tmp_path / f"i{bad}.npy", indices)
        with pytest.raises(error, match="X, row 280: "):
            nn.fit(model, given, Y, batch_size=30, epochs=1, progress=False)


def test_progress_tells_what_is_known(capsys):
    from rich.console import Console

    from nn.training.progress import Progress, steps_of

    class Look(nn.Callback):
        def on_batch_end(self, state):
            seen.append((state.batch, state.batches, steps_of(state)))

    seen, text = [], []
    console = Console(force_terminal=True, width=100, record=True, file=io.StringIO())
    stream = Stream(pairs, prefetch=0)
    fitted(stream, callbacks=[Look(), Progress(console)], batch_size=100, progress=False)
    text.append(console.export_text())
    assert seen[0] == (1, None, (1, None))
    assert seen[-1] == (3, 3, (6, 6))
    assert "batch " in text[0]
