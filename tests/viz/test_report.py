"""The training report: whole, escaped, offline, the same bytes every time."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

import nn
from viz.training.recorder import Recorder
from viz.training.report import report

X, Y = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1, 0]
HISTORY = {"loss": [0.7, 0.25, 0.5], "val_loss": [0.8, 0.375, 0.5]}


class Cells(HTMLParser):
    """Collect the texts of the cells, and the tags still open."""

    def __init__(self) -> None:
        super().__init__()
        self.cells: list[str] = []
        self.open: list[str] = []
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.scripts += tag == "script"
        if tag not in ("meta",):
            self.open.append(tag)
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        pass

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("td", "th"):
            self.cells[-1] += data


def read(path: Path) -> Cells:
    parser = Cells()
    parser.feed(path.read_text(encoding="utf-8"))
    parser.close()
    assert parser.open == []
    return parser


def test_it_has_the_numbers_the_curves_and_the_network(tmp_path: Path) -> None:
    history = nn.History(HISTORY, stopped="enough")
    path = report(history, nn.MLP(2, [3, 1], seed=0), tmp_path / "report.html")
    cells = " ".join(read(path).cells)
    assert "loss 0.7 0.5 0.25 2" in cells  # first, last, best, its epoch
    assert "3 0.5 0.5" in cells  # the last row of every epoch
    assert "layers.0 Layer 3 relu 9" in cells
    assert "layers.1 Layer 1 linear 4" in cells
    assert "all    13" in cells
    text = path.read_text()
    assert "3 epochs; stopped: enough" in text
    assert text.count("<svg") == 2


def test_it_loads_nothing(tmp_path: Path) -> None:
    path = report(HISTORY, nn.MLP(2, [3, 1], seed=0), tmp_path / "report.html")
    text = path.read_text()
    addresses = set(re.findall(r"""(?:https?:)?//[^\s"'<>]+""", text))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert read(path).scripts == 0
    ids = re.findall(r' id="([^"]*)"', text)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'(?:url\(|href=")#([^")]*)', text)) <= set(ids)


def test_the_same_training_gives_the_same_bytes(tmp_path: Path) -> None:
    texts = [
        report(HISTORY, nn.MLP(2, [3, 1], seed=0), tmp_path / f"{i}.html").read_bytes()
        for i in range(2)
    ]
    assert texts[0] == texts[1]


def test_names_are_escaped(tmp_path: Path) -> None:
    name = "<script>alert('&\"$x^$')</script>"
    history = nn.History({name: [1.0, float("nan")]}, stopped="<b>")
    path = report(history, None, tmp_path / "report.html", title=f"{name}\ud800")
    assert read(path).scripts == 0
    assert name in read(path).cells
    assert "<b>" not in path.read_text()


@pytest.mark.parametrize(
    ("history", "model", "name", "error", "says"),
    [
        (HISTORY, None, "report.txt", ValueError, "must end in .html"),
        ({}, None, "report.html", ValueError, "no epoch yet"),
        (3, None, "report.html", TypeError, "no history"),
        (HISTORY, nn.Dropout(0.5), "report.html", TypeError, "no network"),
        (HISTORY, None, "missing/report.html", OSError, "no such folder"),
    ],
)
def test_bad_input_leaves_nothing_behind(
    tmp_path: Path, history: object, model: object, name: str, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        report(history, model, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def trained() -> tuple[nn.Module, nn.History, Recorder]:
    model, recorder = nn.MLP(2, [3, 1], activation="tanh", seed=0), Recorder()
    history = nn.fit(model, X, Y, "binary_cross_entropy_with_logits", nn.Adam(lr=0.1), epochs=3,
                     seed=0, progress=False, callbacks=[recorder])  # fmt: skip
    return model, history, recorder


def test_data_and_recorder_add_verdict_gradients_settings_and_times(tmp_path: Path) -> None:
    model, history, recorder = trained()
    model.parameters()[0].grad = 5.0
    path = report(history, model, tmp_path / "a.html", data=(X, Y), recorder=recorder,
                  settings={"<i>": "<script>"})  # fmt: skip
    text, cells = path.read_text(), read(path).cells
    heads = re.findall("<h2>([^<]*)</h2>", text)
    assert heads == ["Summary", "Curves", "Confusion matrix (4 samples)", "Gradient flow", "Network",
                     "Settings", "Environment"]  # fmt: skip
    at = cells.index
    assert cells[at("seed") + 1] == "0"
    assert cells[at("loss", at("seed")) + 1] == "binary_cross_entropy_with_logits"
    assert "lr 0.1" in cells[at("optimizer") + 1]
    assert cells[at("<i>") + 1] == "<script>"
    assert f"3 epochs in {recorder.seconds:.3g} s" in text
    assert [p.grad for p in model.parameters()] == [5.0, *[None] * 12]  # as it was
    again = report(history, model, tmp_path / "b.html", data=(X, Y), recorder=recorder,
                   settings={"<i>": "<script>"})  # fmt: skip
    assert again.read_bytes() == path.read_bytes()


def test_numbers_have_residuals(tmp_path: Path) -> None:
    model, history, _ = trained()
    text = report(history, model, tmp_path / "a.html", data=(X, [0.5, 1, 2, 3])).read_text()
    assert "<h2>Residuals (4 samples)</h2>" in text
    for option in ({"recorder": 3}, {"settings": 3}):
        with pytest.raises(TypeError, match=f"report.{next(iter(option))}=3"):
            report(HISTORY, None, tmp_path / "b.html", **option)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"give \(X, y\), and the model"):
        report(history, None, tmp_path / "b.html", data=(X, Y))
    with pytest.raises(ValueError, match="a row and a number for each"):
        report(history, model, tmp_path / "b.html", data=(X, Y[:2]))
    assert not (tmp_path / "b.html").exists()
