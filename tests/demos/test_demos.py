"""The demos: the main job end to end, the list, and what may go wrong."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from demos import _iris_data, _iris_training, gradients, iris
from demos.__main__ import MAIN_JOB, main
from demos._catalogue import names
from demos._report import Report

ROOT = Path(__file__).parents[2]


def test_the_main_job_runs_and_writes_every_file_it_lists(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    pytest.importorskip("mpmath")
    assert main(["--quick", "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    listed = [line.split()[0] for line in said.splitlines() if line.startswith(f"  {tmp_path}")]
    assert listed == [
        str(tmp_path / name) for name in ("neuron/neuron.svg", "iris/loss.svg", "iris/network.svg")
    ]
    assert {str(path) for path in tmp_path.glob("*/*")} == set(listed)  # and no drafts
    assert all("</svg>" in Path(path).read_text(encoding="utf-8") for path in listed)
    for row in (["x1", "2.000000", "-1.500000"], ["w1", "-3.000000", "1.000000"],
                ["x2", "0.000000", "0.500000"], ["w2", "1.000000", "0.000000"]):  # fmt: skip
        assert any(line.replace("│", " ").split() == row for line in said.splitlines())
    assert said.count(" right ") == 4
    assert "WRONG" not in said
    assert "training 60/60" in said  # plain lines: this is no terminal


def test_the_network_reaches_the_accuracy_it_prints(capsys):
    result = _iris_training.trained(True)
    capsys.readouterr()
    hits = 0
    for x, label in result.data.test:
        scores = [y.data for y in result.model(x)]
        hits += scores.index(max(scores)) == label
    assert hits / len(result.data.test) == result.test_accuracy[-1] >= 0.95


def test_the_split_is_stratified_disjoint_standardised_and_fixed():
    data = _iris_data.load(0)
    assert data.species == ["setosa", "versicolor", "virginica"]
    for part, each in ((data.train, 30), (data.test, 20)):
        assert [[label for _, label in part].count(k) for k in range(3)] == [each] * 3
    for column in zip(*(x for x, _ in data.train), strict=True):
        assert sum(column) / 90 == pytest.approx(0, abs=1e-12)
        assert sum(x * x for x in column) / 90 == pytest.approx(1, rel=1e-12)
    assert _iris_data.load(0) == data
    assert _iris_data.load(1).test != data.test


def test_too_low_an_accuracy_is_a_problem(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(iris, "WANTED", 1.01)
    assert main(["iris", "--quick", "--out", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert re.search(r"problem: test accuracy: \S+ \(must be at least 1.01\)", said)


def test_a_wrong_gradient_is_a_problem(tmp_path, capsys, monkeypatch):
    pytest.importorskip("mpmath")
    right = gradients.gradients
    monkeypatch.setattr(
        gradients, "gradients", lambda y, xs: [g * (1 + 1e-9) for g in right(y, xs)]
    )
    assert main(["gradients", "--quick", "--out", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert said.count(" WRONG ") == 4
    assert "problem: layer 1 weights: a gradient is off by 1.0e-09, relative" in said


@pytest.mark.parametrize(
    ("extra", "demo", "written"), [("matplotlib", "iris", ["network.svg"]),
                                   ("mpmath", "gradients", [])]
)  # fmt: skip
def test_without_an_extra_the_rest_goes_on(extra, demo, written, tmp_path):
    code = (
        f"import sys; sys.modules['{extra}'] = None; from demos.__main__ import main; "
        f"sys.exit(main(['{demo}', '--quick', '--out', {str(tmp_path)!r}]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 1, done.stderr
    [line] = [line for line in done.stdout.splitlines() if line.startswith("problem: ")]
    assert extra in line
    assert "pip install" in line
    assert "chalkgrad[" in line
    assert [path.name for path in tmp_path.glob("*/*")] == written


def test_without_a_program_to_draw_there_is_one_line(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("GRAPHVIZ_DOT", "/nowhere/dot")
    assert main(["neuron", "--out", str(tmp_path)]) == 1
    assert "neuron.svg was not written: GRAPHVIZ_DOT='/nowhere/dot'" in capsys.readouterr().out


def test_the_list_names_every_demo_with_its_first_line():
    done = subprocess.run(
        [sys.executable, "-m", "demos", "--list"], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(names())
    assert all(len(line.split()) > 3 for line in lines)
    assert set(MAIN_JOB) <= set(names())


def test_an_unknown_demo_gets_the_list_and_status_2(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["neurn"])
    assert stopped.value.code == 2
    said = capsys.readouterr().err
    assert "there is no demo 'neurn'; did you mean neuron?" in said
    assert ", ".join(names()) in said


def test_a_folder_that_cannot_be_made(tmp_path, capsys):
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit) as stopped:
        main(["neuron", "--out", str(tmp_path / "file")])
    assert stopped.value.code == 2
    assert "this folder can't be made" in capsys.readouterr().err


def test_ctrl_c_ends_without_a_traceback(tmp_path, capsys, monkeypatch):
    def interrupt(quick):
        raise KeyboardInterrupt

    monkeypatch.setattr(iris, "trained", interrupt)
    assert main(["--quick", "--out", str(tmp_path)]) == 128 + signal.SIGINT
    assert "stopped; the files written so far are complete" in capsys.readouterr().out
    assert [path.name for path in tmp_path.glob("*/*")] == ["neuron.svg"]


def test_a_file_that_cannot_be_written_is_a_problem_and_not_listed(tmp_path, capsys):
    report = Report()

    def fail(path):
        raise OSError(28, "No space left on device")

    report.write(tmp_path / "a.svg", "nothing", fail)
    assert report.files == []
    assert "a.svg was not written: [Errno 28] No space left" in " ".join(
        capsys.readouterr().out.split()
    )
