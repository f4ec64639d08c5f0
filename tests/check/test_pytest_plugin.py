"""The pytest plugin: the fixture, the marker, what a failure prints, the report file, its cost."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from autograd.check import check_gradient  # before the inner runs, which forget what they import

# energy = a²b + b, so its gradient is (2ab, a² + 1): at (3, 5) it is (30, 10)
ENERGY = """
    import unittest
    import pytest
    from autograd.check import Kink, GradientMismatch, assert_gradient

    def energy(p):
        return p[0] ** 2 * p[1] + p[1]

    def wrong(p):
        return [2 * p[0] * p[1], p[0] ** 2]

"""

# Hypothesis's plugin would be imported anew by every run
ALONE = ("--strict-markers", "-p", "no:cacheprovider", "-p", "no:hypothesispytest")
Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    """Run pytest on a test file made of the functions above and this source."""

    def run_on(source: str, *arguments: str) -> pytest.RunResult:
        pytester.makepyfile(test_energy=f"{ENERGY}{source}")
        return pytester.runpytest(*ALONE, *arguments)

    return run_on


def words(lines: list[str]) -> list[str]:
    """Return the words of a report without the place of the source, which may also wrap it."""
    return re.sub(r" at \S+:\d+", "", " ".join(lines)).split()


def the_report() -> list[str]:
    def energy(p: list[float]) -> float:
        return p[0] ** 2 * p[1] + p[1]

    def wrong(p: list[float]) -> list[float]:
        return [2 * p[0] * p[1], p[0] ** 2]

    return str(check_gradient(energy, [3.0, 5.0], wrong)).splitlines()


def test_installing_chalkgrad_loads_it() -> None:
    [found] = [e for e in entry_points(group="pytest11") if e.name == "chalkgrad"]
    assert found.value == "pytest_chalkgrad", "install the checkout: pip install -e ."


def test_a_right_gradient_passes_and_its_report_is_returned(run: Run) -> None:
    result = run("""
    def test_it(gradcheck):
        report = gradcheck(energy, [3.0, 5.0], [30.0, 10.0])
        assert report.ok
        assert [x.claimed for x in report.components] == [30.0, 10.0]
        assert gradcheck(energy, [3.0, 5.0]).ok
    """)
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize(
    "test",
    [
        "def test_it(gradcheck):\n        gradcheck(energy, [3.0, 5.0], wrong)",
        "def test_it():\n        assert_gradient(energy, [3.0, 5.0], wrong)",
        "class TestIt(unittest.TestCase):\n        def test_it(self):\n"
        "            assert_gradient(energy, [3.0, 5.0], wrong)",
    ],
    ids=["fixture", "function", "unittest"],
)
def test_a_failure_shows_the_line_and_the_report_and_nothing_of_ours(run: Run, test: str) -> None:
    result = run(f"    {test}")
    result.assert_outcomes(failed=1)
    call = next(line.strip() for line in test.splitlines() if "wrong)" in line)
    shown = [line.removeprefix("E").strip() for line in result.outlines if line.startswith("E ")]
    assert any(line.startswith(">") and line.endswith(call) for line in result.outlines)
    name, *rest = words(shown)
    assert name.endswith("GradientMismatch:")
    assert rest == words(the_report())
    assert "gradients.py" not in result.stdout.str()
    assert "pytest_chalkgrad" not in result.stdout.str()


@pytest.mark.parametrize("style", ["short", "native", "line"])
def test_other_styles_of_traceback_leave_ours_out_too(run: Run, style: str) -> None:
    source = "    def test_it(gradcheck):\n        gradcheck(energy, [3.0, 5.0], wrong)"
    result = run(source, f"--tb={style}")
    assert "gradients.py" not in result.stdout.str()
    assert "pytest_chalkgrad" not in result.stdout.str()
    result.stdout.fnmatch_lines(["*test_energy.py*", "*GradientMismatch*"])


def test_full_trace_shows_everything(run: Run) -> None:
    source = "    def test_it(gradcheck):\n        gradcheck(energy, [3.0, 5.0], [1.0])"
    assert "problem.py" not in run(source).stdout.str()
    assert "problem.py" in run(source, "--full-trace").stdout.str()


def test_an_error_in_their_function_shows_their_line(run: Run) -> None:
    result = run("""
    def empty(x):
        return [][1]  # here

    def test_it(gradcheck):
        gradcheck(empty, 3.0)
    """)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [">*gradcheck(empty, 3.0)", ">*return *# here", "E * IndexError: list index out of range"]
    )
    assert "autograd" not in re.sub("from autograd.*", "", result.stdout.str())


def test_bad_input_is_one_clear_message(run: Run) -> None:
    result = run("""
    def test_it(gradcheck):
        gradcheck(energy, [3.0, 5.0], [1.0])

    def test_text(gradcheck):
        gradcheck(energy, ["3", 5.0])

    def test_unknown(gradcheck):
        gradcheck(energy, [3.0, 5.0], ordr=2)
    """)
    result.assert_outcomes(failed=3)
    messages = [line for line in result.outlines if line.startswith("E ")]
    assert len(messages) == 3
    assert "ValueError" in messages[0]
    assert "TypeError" in messages[1]
    assert "ordr" in messages[2]


def test_what_caused_an_error_is_shown_if_it_has_a_line_of_theirs(run: Run) -> None:
    source = """
    def theirs(x):
        return [][1]

    def test_ours():
        module = {"__name__": "autograd.check.invented"}
        exec("def check():\\n try: 1 / 0\\n except ArithmeticError as e: raise ValueError from e", module)
        module["check"]()

    def test_theirs(gradcheck):
        try:
            gradcheck(theirs, 0.5)
        except IndexError as error:
            raise RuntimeError("and so") from error
    """
    result = run(source, "-k", "ours")
    result.stdout.fnmatch_lines([">*check*", "E *ValueError*"])
    assert "direct cause" not in result.stdout.str()
    result = run(source, "-k", "theirs")
    result.stdout.fnmatch_lines([">*return *", "E *IndexError*", "*direct cause*", "E *and so"])


def test_the_marker_gives_options(run: Run) -> None:
    result = run("""
    pytestmark = pytest.mark.gradient(digits=60, tolerance=0.5)

    def test_of_the_module(gradcheck):
        report = gradcheck(energy, [3.0, 5.0], wrong)  # within the tolerance
        assert "60" in report.oracle

    @pytest.mark.gradient(order=2)
    class TestIt:
        def test_of_the_class(self, gradcheck):
            report = gradcheck(energy, [3.0, 5.0])
            assert [x.claimed for x in report.components] == [10.0, 6.0, 6.0, 0.0]
            assert report.worst.allowed > 1  # still the module's tolerance, of what is up to 10

        @pytest.mark.gradient(order=1, digits=70)
        def test_of_the_test(self, gradcheck):
            report = gradcheck(energy, [3.0, 5.0])
            assert [x.claimed for x in report.components] == [30.0, 10.0]
            assert "70" in report.oracle

        def test_of_the_call(self, gradcheck):
            report = gradcheck(energy, [3.0, 5.0], order=1)
            assert [x.claimed for x in report.components] == [30.0, 10.0]
    """)
    result.assert_outcomes(passed=4)


def test_a_bare_marker_selects_tests(run: Run) -> None:
    source = """
    @pytest.mark.gradient
    def test_marked():
        assert_gradient(energy, [3.0, 5.0])

    def test_other():
        pass
    """
    run(source, "-m", "gradient").assert_outcomes(passed=1, deselected=1)


@pytest.mark.parametrize(
    ("marker", "message"),
    [
        ("gradient(ordr=2)", "does not take ordr: it takes the keywords order, oracle"),
        ("gradient(2)", "does not take 2: it takes the keywords"),
    ],
)
def test_a_marker_with_something_unknown_is_an_error(run: Run, marker: str, message: str) -> None:
    result = run(f"""
    @pytest.mark.{marker}
    def test_it(gradcheck):
        gradcheck(energy, [3.0, 5.0])
    """)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"@pytest.mark.gradient {message}*"])


def test_options_that_nobody_takes_are_an_error(run: Run) -> None:
    result = run("""
    @pytest.mark.gradient(order=2)
    def test_it():
        assert_gradient(energy, [3.0, 5.0])
    """)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*which this test does not ask for: add the argument gradcheck*"])


SEVERAL = """
    @pytest.mark.parametrize("x", [2.0, 3.0])
    def test_right(gradcheck, x):
        gradcheck(energy, [x, 5.0])
        gradcheck(lambda x: x**3, x)

    def test_wrong(gradcheck):
        gradcheck(energy, [3.0, 5.0], wrong)

    def test_function():
        assert_gradient(energy, [3.0, 5.0], wrong)

    class TestIt(unittest.TestCase):
        def test_unittest(self):
            assert_gradient(energy, [3.0, 5.0], wrong)

    def test_expected(gradcheck):
        with pytest.raises(GradientMismatch):
            gradcheck(energy, [3.0, 5.0], wrong)

    def test_bad_input(gradcheck):
        gradcheck(energy, [3.0, 5.0], [1.0])

    def test_fails_for_another_reason(gradcheck):
        gradcheck(energy, [3.0, 5.0])
        assert False

    def test_skips(gradcheck):
        gradcheck(lambda x: pytest.skip("no"), 3.0)

    def test_not_a_number(gradcheck):
        gradcheck(energy, [3.0, 5.0], [float("nan"), float("inf")])
"""
FOUND = [
    ("test_right[2.0]", True),
    ("test_right[2.0]", True),
    ("test_right[3.0]", True),
    ("test_right[3.0]", True),
    ("test_wrong", False),
    ("test_function", False),
    ("TestIt::test_unittest", False),
    ("test_bad_input", False),
    ("test_fails_for_another_reason", True),
    ("test_not_a_number", False),
]


def refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is not JSON")


def test_the_report_file_holds_what_decided_the_tests(run: Run, pytester: pytest.Pytester) -> None:
    result = run(SEVERAL, "--gradient-report=out/gradients.json")
    result.assert_outcomes(passed=3, failed=6, skipped=1)
    result.stdout.fnmatch_lines(["*10 checked, 5 wrong: out?gradients.json*"])
    text = (pytester.path / "out/gradients.json").read_text(encoding="utf-8")
    reports = json.loads(text, parse_constant=refuse)
    assert [(r["test"], r["ok"]) for r in reports] == [
        (f"test_energy.py::{n}", k) for n, k in FOUND
    ]
    assert reports[4]["worst"]["name"] == "x[1]"
    assert reports[4]["worst"]["error"] == 1.0
    assert "ValueError" in reports[7]["notes"][0]
    assert [p.name for p in (pytester.path / "out").iterdir()] == ["gradients.json"]


def test_xdist_writes_the_same_files(run: Run, pytester: pytest.Pytester) -> None:
    run(SEVERAL, "--gradient-report=alone")
    result = run(SEVERAL, "--gradient-report=together", "-n2")
    result.assert_outcomes(passed=3, failed=6, skipped=1)
    for suffix in ("json", "html"):
        alone, together = (
            (pytester.path / f"{name}.{suffix}").read_text(encoding="utf-8")
            for name in ("alone", "together")
        )
        assert alone == together
    assert len(json.loads((pytester.path / "together.json").read_text())) == len(FOUND)
    assert "GradientMismatch" in result.stdout.str()


def test_the_suffix_chooses_what_is_written(run: Run, pytester: pytest.Pytester) -> None:
    source = "    def test_it(gradcheck):\n        gradcheck(energy, [3.0, 5.0])"
    for given, written in (
        ("a.json", {"a.json"}),
        ("b.HTML", {"b.HTML"}),
        ("c", {"c.json", "c.html"}),
        ("d.v1", {"d.v1.json", "d.v1.html"}),
    ):
        run(source, f"--gradient-report=of/{given}")
        folder = pytester.path / "of"
        assert {path.name for path in folder.iterdir()} == written
        for path in folder.iterdir():
            path.unlink()


def test_a_file_that_cannot_be_written_is_an_error_at_once(
    run: Run, pytester: pytest.Pytester
) -> None:
    (pytester.path / "file").write_text("")
    (pytester.path / "folder.json").mkdir()
    for given in ("file/report.json", "folder.json"):
        result = run("    def test_it():\n        pass", f"--gradient-report={given}")
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines([f"ERROR: --gradient-report={given}: *"])


def test_only_collecting_writes_nothing(run: Run, pytester: pytest.Pytester) -> None:
    run("    def test_it():\n        pass", "--gradient-report=it.json", "--collect-only")
    assert not (pytester.path / "it.json").exists()


def test_loading_it_imports_nothing_heavy() -> None:
    code = (
        "import sys, pytest_chalkgrad\n"
        "print({'autograd', 'numpy', 'mpmath', 'rich'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "set()\n"


def test_a_run_that_checks_no_gradient_imports_nothing_heavy(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
    import sys

    def test_it():
        assert not {"autograd", "numpy", "mpmath", "rich"} & set(sys.modules)
    """)
    pytester.runpytest_subprocess(*ALONE).assert_outcomes(passed=1)


def test_without_mpmath_the_failure_says_what_to_install(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("import sys; sys.modules['mpmath'] = None")
    pytester.makepyfile("def test_it(gradcheck):\n    gradcheck(lambda x: x, 1.0)")
    result = pytester.runpytest_subprocess(*ALONE)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(['*pip install "chalkgrad?check?"'])
    assert "Traceback" not in result.stdout.str()


def test_readme_example(pytester: pytest.Pytester) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    source, printed = re.findall(r"<!-- pytest \w+ -->\n```\w*\n(.*?)```\n", readme, re.DOTALL)
    pytester.makepyfile(test_energy=source)
    result = pytester.runpytest(*ALONE)
    result.assert_outcomes(failed=1)
    lines = [line.rstrip() for line in result.outlines]
    shown = printed.rstrip("\n").splitlines()
    start = lines.index(shown[0])
    assert lines[start : start + len(shown)] == shown
