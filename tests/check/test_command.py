"""python -m autograd check: what it prints, where, and with which exit status."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autograd.check import command

# gradients and Hessians below are worked by hand: energy = a²b + b
SOURCE = '''
import math

print("imported")

def energy(p):
    return p[0] ** 2 * p[1] + p[1]

def gradient(p):
    return [2 * p[0] * p[1], p[0] ** 2 + 1]

def wrong(p):
    return [2 * p[0] * p[1], p[0] ** 2]

def hessian(p):
    return [[2 * p[1], 2 * p[0]], [2 * p[0], 0.0]]

def product(x, y, scale=1.0):
    return scale * x**2 * y

def product_gradient(x, y):
    return 2 * x * y, x * x

def vector(x):
    return x @ x

def dictionary(p):
    return (p["w"] @ p["w"]).sum() * p["b"]

def cube(x):
    return x**3

class Model:
    def square(x):
        return x * x

def nothing(x):
    pass

def out_of_domain(x):
    return math.sqrt(-1 - x)

number = 3
'''  # fmt: skip


@pytest.fixture
def energy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Make energy.py importable, as from the current directory, and forget it afterwards."""
    (tmp_path / "energy.py").write_text(SOURCE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]
    command._loaded.cache_clear()


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = command.main(arguments)
    out, err = capsys.readouterr()
    return status, out, err


def judged(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    status, out, _ = run(capsys, *arguments, "--json")
    return status, json.loads(out)


def claims(report: dict[str, Any]) -> dict[str, float]:
    return {x["name"]: x["claimed"] for x in report["components"]}


def test_a_right_gradient_is_status_0(energy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for gradient in ((), ("--gradient", "energy:gradient")):
        status, report = judged(capsys, "energy:energy", "--at", "3.0,5.0", *gradient)
        assert status == 0
        assert report["ok"] is True
        assert claims(report) == {"x[0]": 30.0, "x[1]": 10.0}


def test_a_wrong_gradient_is_status_1_and_the_report_says_where(
    energy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("energy:energy", "--at", "3.0,5.0", "--gradient", "energy:wrong")
    status, report = judged(capsys, *arguments)
    assert status == 1
    assert report["ok"] is False
    assert report["worst"]["name"] == "x[1]"
    assert float(report["worst"]["true"]) == 10.0
    assert report["worst"]["error"] == 1.0
    status, out, err = run(capsys, *arguments)
    assert status == 1
    assert "gradient of energy: 1 of 2 WRONG" in out
    assert "imported" not in out + err, "the module is imported once"


def test_what_their_code_prints_stays_out_of_the_report(
    energy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, out, err = run(capsys, "energy:cube", "--at", "2", "--json")
    assert json.loads(out)["ok"]
    assert err == "imported\n"


def test_second_derivatives(energy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    at = ("energy:energy", "--at", "3.0,5.0", "--order", "2")
    status, report = judged(capsys, *at)
    assert status == 0
    assert list(claims(report).values()) == [10.0, 6.0, 6.0, 0.0]
    assert judged(capsys, *at, "--gradient", "energy:hessian")[0] == 0


def test_the_options_reach_the_check(energy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    at = ("energy:energy", "--at", "3.0,5.0", "--gradient", "energy:wrong")
    assert judged(capsys, *at, "--tolerance", "0.5")[0] == 0  # the error is a tenth
    _, report = judged(capsys, "energy:cube", "--at", "2", "--digits", "60")
    assert "60" in report["oracle"]
    _, report = judged(capsys, "energy:cube", "--at", "2", "--oracle", "ridders")
    assert "Ridders" in report["oracle"]
    bounds = [
        judged(capsys, "energy:cube", "--at", "2", "--precision", p)[1]["worst"]["allowed"]
        for p in ("float64", "float32")
    ]
    assert bounds[1] > 1e6 * bounds[0]  # their unit roundoffs are 2**29 apart


def test_a_point_can_be_a_number_numbers_or_json(
    energy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for function, at, expected in (
        ("cube", "3.0", [27.0]),
        ("cube", "-3", [27.0]),
        ("vector", "1.0,2.0", [2.0, 4.0]),
        ("vector", "-1.0,-2.0", [-2.0, -4.0]),
        ("vector", "3,", [6.0]),
        ("vector", "[1, 2]", [2.0, 4.0]),
        ("dictionary", '{"w": [[1, 2], [3, 4]], "b": 0.5}', [3.5, 5.5, 4.5, 6.5, 54.0]),
        ("product", "3,5", [30.0, 9.0]),
        ("Model.square", "3", [6.0]),
    ):
        status, report = judged(capsys, f"energy:{function}", "--at", at)
        assert status == 0
        assert list(claims(report).values()) == expected, (function, at)


def test_a_point_may_start_with_a_minus_sign_after_an_equals_sign_too(
    energy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert claims(judged(capsys, "energy:vector", "--at=-1.0,2.0")[1]) == {
        "x[0]": -2.0,
        "x[1]": 4.0,
    }


def test_a_function_and_its_gradient_of_several_arguments(
    energy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gradient = ("--gradient", "energy:product_gradient")
    status, report = judged(capsys, "energy:product", "--at", "3,5", *gradient)
    assert status == 0
    assert claims(report) == {"x[0]": 30.0, "x[1]": 9.0}
    assert report["title"] == "gradient of product"


def test_a_file_is_loaded_by_its_path_with_its_neighbours(
    energy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = energy / "else where"
    folder.mkdir()
    (folder / "neighbour_of_it.py").write_text("scale = 2.0\n")
    (folder / "by_path.py").write_text(
        "from dataclasses import dataclass\n"
        "from neighbour_of_it import scale\n\n"
        "@dataclass\nclass Held:\n    x: 'float'\n\n"  # looks its module up in sys.modules
        "def f(x):\n    return scale * Held(x).x ** 2\n"
    )
    status, report = judged(capsys, f"{folder / 'by_path.py'}:f", "--at", "3")
    assert status == 0
    assert claims(report) == {"x": 12.0}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("energy --at 1", "'energy' names no function"),
        ("energy:energi --at 1", "energy has no energi: did you mean energy?"),
        ("energy:number --at 1", "cannot be called"),
        ("no_such_module:f --at 1", "there is no module no_such_module"),
        ("energy.part:f --at 1", "there is no module energy.part"),
        ("nothing.py:f --at 1", "there is no file nothing.py"),
        ("energy:cube --at abc", "--at abc: neither a number"),
        ('energy:vector --at [1,"two"]', '"two" is not a number'),
        ("energy:vector --at [1,true]", "true is not a number"),
        ("energy:product --at 3", "product takes 2 arguments, and --at 3 has 1"),
        ("energy:product --at 3,4,5", "--at 3,4,5 has 3"),
        ("energy:nothing --at 1", "None"),
        ("energy:cube --at 1 --order 3", "order"),
        ("energy:cube --at 1 --oracle delphi", "delphi"),
        ("energy:cube --at 1 --precision float20", "float20"),
        ("energy:cube --at nan", "nan"),
        ("energy:energy --at 3,5 --gradient energy:vector", "claimed gradient"),
        ("energy:out_of_domain --at 1", "energy.py, line "),
        ("energy:cube --at 1 --gradient energy:missing", "energy has no missing"),
    ],
)
def test_bad_input_is_status_2_and_one_line(
    energy: Path, capsys: pytest.CaptureFixture[str], arguments: str, message: str
) -> None:
    status, out, err = run(capsys, *arguments.split(" "))
    assert status == 2
    assert out == ""
    [line] = err.removeprefix("imported\n").splitlines()
    assert line.startswith("python -m autograd check: ")
    assert message in line


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import no_such_thing\n", "ModuleNotFoundError: No module named 'no_such_thing'"),
        ("def f(:\n", "SyntaxError: invalid syntax (broken.py, line 1)"),
        ("raise SystemExit(3)\n", "SystemExit: 3"),
        ("\n1 / 0\n", "broken.py, line 2)"),
    ],
)
@pytest.mark.parametrize("place", ["broken:f", "broken.py:f"])
def test_a_module_that_fails_is_bad_input(
    energy: Path, capsys: pytest.CaptureFixture[str], source: str, message: str, place: str
) -> None:
    (energy / "broken.py").write_text(source)
    status, out, err = run(capsys, place, "--at", "1")
    assert (status, out) == (2, "")
    assert message in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("arguments", ["energy:cube", "energy:vector --at 1.0 2.0", "--at 1"])
def test_a_wrong_command_line_is_status_2(
    energy: Path, capsys: pytest.CaptureFixture[str], arguments: str
) -> None:
    with pytest.raises(SystemExit) as exit:
        command.main(arguments.split())
    assert exit.value.code == 2
    assert "error: " in capsys.readouterr().err


def test_the_commands_of_the_readme(energy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (energy / "model.py").write_text("def loss(p):\n    return (p['w'] ** 2).sum() * p['b']\n")
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    rosen, loss = re.findall(r"^python -m autograd check (.*)$", readme, re.MULTILINE)
    status, out, _ = run(capsys, *shlex.split(rosen))
    assert status == 0
    assert "gradient of rosen: all right" in out
    status, out, _ = run(capsys, *shlex.split(loss))
    assert status == 0
    assert json.loads(out)["worst"]["ok"]


def test_the_process_ends_with_the_status(energy: Path) -> None:
    def process(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "autograd", *arguments],
            cwd=energy, capture_output=True, text=True, encoding="utf-8", check=False,
        )  # fmt: skip

    wrong = process("check", "energy:energy", "--at", "3,5", "--gradient", "energy:wrong", "--json")
    assert wrong.returncode == 1
    assert json.loads(wrong.stdout)["worst"]["name"] == "x[1]"
    bad = process("check", "energy:missing", "--at", "3,5")
    assert bad.returncode == 2
    assert "Traceback" not in bad.stderr
    assert "python -m autograd check --help" in process("--help").stdout
