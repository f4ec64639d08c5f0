"""The history of a fit: columns, the best epoch, and files that keep every bit."""

from __future__ import annotations

import json
from math import inf, nan

import pytest

from nn.training.history import Best, History, best_direction

ODD_FLOATS = [0.1 + 0.2, 1e-310, -0.0, 1.7976931348623157e308, 1 / 3]


def test_columns_epochs_and_text():
    history = History({"loss": [], "val_accuracy": []})
    assert len(history) == 0
    assert repr(history) == "History(0 epochs)"
    history.append({"loss": 0.5, "val_accuracy": 0.75})
    assert history["loss"] == [0.5]
    assert "loss" in history
    assert "accuracy" not in history
    assert repr(history) == "History(1 epoch: loss 0.5 → 0.5, val_accuracy 0.75 → 0.75)"
    history.stopped = "enough"
    assert repr(history).endswith("; stopped: enough)")


def test_a_row_has_a_number_for_every_column():
    history = History({"loss": [1.0], "lr": [0.1]})
    with pytest.raises(ValueError, match=r"columns \['loss', 'lr'\], but given \['loss'\]"):
        history.append({"loss": 0.5})
    assert history.columns == {"loss": [1.0], "lr": [0.1]}
    with pytest.raises(ValueError, match="unequal lengths"):
        History({"a": [1.0], "b": []})


def test_the_best_epoch_is_the_first_of_equal_ones_and_never_nan():
    history = History({
        "loss": [nan, 0.3, 0.2, 0.2], "accuracy": [0.5, 0.9, 0.9, nan], "margin": [1.0, 3.0, 2.0, 0.0],
    })  # fmt: skip
    assert history.best() == Best(3, 0.2)
    assert history.best("accuracy") == Best(2, 0.9)
    assert history.best("margin", "highest") == Best(2, 3.0)
    assert history.best("margin", "lowest") == Best(4, 0.0)
    with pytest.raises(ValueError, match="is a high or a low margin good"):
        history.best("margin")
    with pytest.raises(ValueError, match="best='least' is unknown"):
        history.best("loss", "least")
    with pytest.raises(ValueError, match="no number yet"):
        History({"loss": [nan]}).best()


def test_an_unknown_column_names_those_there_are():
    with pytest.raises(KeyError, match="did you mean 'val_loss'"):
        History({"loss": [], "val_loss": []})["val_los"]


@pytest.mark.parametrize(
    ("name", "direction"),
    [
        ("loss", "lowest"), ("val_loss", "lowest"), ("val_log_loss", "lowest"), ("rmse", "lowest"),
        ("mean_squared_error", "lowest"), ("accuracy", "highest"), ("val_f1", "highest"),
        ("roc_auc", "highest"), ("val_r2", "highest"), ("precision", "highest"), ("acc", "highest"),
    ],
)  # fmt: skip
def test_names_say_what_is_better(name, direction):
    assert best_direction(name) == direction


@pytest.mark.parametrize("ending", ["csv", "json"])
def test_files_keep_every_bit(tmp_path, ending):
    path = tmp_path / f"h.{ending}"
    history = History({"loss": ODD_FLOATS, "val_loss": [inf, -inf, 0.0, 1.0, 2.0]}, "early")
    history.save(path)
    loaded = History.load(path)
    assert loaded == history
    assert [str(x) for x in loaded["loss"]] == [str(x) for x in ODD_FLOATS]  # -0.0 too
    assert loaded.stopped == ("early" if ending == "json" else "")


def test_csv_is_what_a_spreadsheet_reads(tmp_path):
    History({"loss": [0.5, 0.25], "accuracy": [0.0, 1.0]}).save(tmp_path / "h.csv")
    text = (tmp_path / "h.csv").read_text().splitlines()
    assert text == ["epoch,loss,accuracy", "1,0.5,0.0", "2,0.25,1.0"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", ""), ("b.csv", "x,y\n1,2\n"), ("c.csv", "epoch,loss\n1\n"),
        ("d.csv", "epoch,loss\n1,high\n"), ("e.json", "{"), ("f.json", "[1]"),
        ("g.json", json.dumps({"history": {"loss": [1], "lr": []}, "stopped": ""})),
    ],
)  # fmt: skip
def test_other_files_are_refused(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match="not a saved history"):
        History.load(tmp_path / name)


def test_the_ending_says_the_format(tmp_path):
    with pytest.raises(ValueError, match=r"ends in \.csv or \.json"):
        History({"loss": [1.0]}).save(tmp_path / "h.txt")
