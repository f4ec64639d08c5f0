"""Gradients checked in pytest: the fixture `gradcheck`, the marker `gradient`, a report file.

Installing chalkgrad loads this file with every pytest, so it imports nothing of ours (which would
import NumPy) before a test asks for it. That is why it lies beside the packages.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Generator, Iterator
from inspect import Parameter, signature
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest

CHECKED = pytest.StashKey[list[dict[str, Any]]]()  # by a test, in its present phase


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --gradient-report=FILE."""
    parser.getgroup("chalkgrad").addoption(
        "--gradient-report",
        metavar="FILE",
        help="write what gradcheck found to FILE, which ends in .json or .html, or else to both "
        "FILE.json and FILE.html",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and the report file if one is wanted."""
    config.addinivalue_line(
        "markers",
        "gradient(order=1, oracle='auto', tolerance=None, precision='float64', digits=100): "
        "how the fixture gradcheck checks gradients in this test",
    )
    if wanted(config):
        report_file = ReportFile(Path(config.getoption("gradient_report")))
        config.pluginmanager.register(report_file, "chalkgrad-report")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Refuse a marker that says something unknown, or says it to nobody."""
    if (
        item.get_closest_marker("gradient")
        and options_of(item)
        and "gradcheck" not in getattr(item, "fixturenames", ())
    ):
        pytest.fail(
            "@pytest.mark.gradient gives options to the fixture gradcheck, which this test does "
            "not ask for: add the argument gradcheck, or give the options to assert_gradient",
            pytrace=False,
        )


def options_of(item: pytest.Item) -> dict[str, Any]:
    """Return what the `gradient` markers of a test, its class and its module say together."""
    checking = imported()
    parameters = signature(checking.check_gradient).parameters.values()
    allowed = [p.name for p in parameters if p.kind is Parameter.KEYWORD_ONLY]
    options: dict[str, Any] = {}
    for marker in reversed(list(item.iter_markers("gradient"))):  # the nearest has the last word
        unknown = [*map(repr, marker.args), *(k for k in marker.kwargs if k not in allowed)]
        if unknown:
            pytest.fail(
                f"@pytest.mark.gradient does not take {', '.join(unknown)}: it takes the keywords "
                f"{', '.join(allowed)}, as in @pytest.mark.gradient(order=2)",
                pytrace=False,
            )
        options |= marker.kwargs
    return options


def imported() -> Any:
    """Return autograd.check, or fail with what has to be installed."""
    try:
        import autograd.check
    except ImportError as error:
        pytest.fail(str(error), pytrace=False)
    return autograd.check


@pytest.fixture
def gradcheck(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Check a gradient as autograd.check.assert_gradient does, and return the report.

    gradcheck(f, x, claimed=None, *, order=1, oracle="auto", tolerance=None, precision="float64",
    digits=100). A marker such as @pytest.mark.gradient(order=2) sets these for a test, a class or
    a module. A wrong gradient fails the test with the report.
    """
    checking = imported()
    options = options_of(request.node)

    def check(f: Callable[..., Any], x: Any, claimed: Any = None, **more: Any) -> Any:
        report = checking.check_gradient(f, x, claimed, **{**options, **more})
        report.raise_if_wrong()
        if wanted(request.config):
            keep(request.node, report.to_json())
        return report

    return check


def wanted(config: pytest.Config) -> bool:
    """Say whether reports are to be written."""
    return bool(config.getoption("gradient_report"))


def keep(item: pytest.Item, report: dict[str, Any]) -> None:
    """Keep a report for the file."""
    item.stash.setdefault(CHECKED, []).append(report)


def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Cut a failed check's traceback down to the lines of the test and of what it checks."""
    error = call.excinfo and call.excinfo.value
    if not error or not checked(error):
        return
    if wanted(item.config) and isinstance(error, Exception):  # not a skip
        keep(item, content(error))
    if not item.config.getoption("fulltrace"):
        cut(error)
        call.excinfo = pytest.ExceptionInfo.from_exception(error)


def checked(error: BaseException) -> bool:
    """Say whether an error went through autograd.check."""
    return any(module.startswith("autograd.check") for module, _ in steps(error))


def steps(error: BaseException) -> Iterator[tuple[str, TracebackType]]:
    """Yield the steps of a traceback, each after the name of its module."""
    step = error.__traceback__
    while step is not None:
        yield step.tb_frame.f_globals.get("__name__", ""), step
        step = step.tb_next


def cut(error: BaseException | None) -> None:
    """Take our steps out of the tracebacks of an error and of what caused it."""
    chain: list[BaseException] = []
    while error is not None and error not in chain:
        kept = None
        for module, step in reversed(list(steps(error))):
            if module.split(".")[0] not in ("autograd", __name__):
                kept = TracebackType(kept, step.tb_frame, step.tb_lasti, step.tb_lineno)
        error.__traceback__ = kept
        if chain and kept is None:  # a cause that is nobody's business but ours
            chain[-1].__cause__ = None
            return
        chain.append(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


class ReportFile:
    """Collect what the tests checked, also those that xdist's workers ran, and write it."""

    def __init__(self, path: Path) -> None:
        self.found: list[tuple[Any, dict[str, Any]]] = []
        ends = path.suffix.lower() in (".json", ".html")
        self.paths = [path] if ends else [path.with_name(path.name + s) for s in (".json", ".html")]
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if taken := next((p for p in self.paths if p.is_dir()), None):
                raise IsADirectoryError(f"{taken} is a folder")
            from autograd.check import pages
        except (OSError, ImportError) as error:  # a file in the way; mpmath is missing
            raise pytest.UsageError(f"--gradient-report={path}: {error}") from error
        self.pages = pages

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, Any, Any]:
        """Hang what the test checked on pytest's report, which travels between processes."""
        report = yield
        report.gradients = item.stash.get(CHECKED, [])
        item.stash[CHECKED] = []
        return report

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Take what hangs there."""
        path, line, _ = report.location
        for found in getattr(report, "gradients", ()):
            place = (path, line or 0, report.nodeid)
            self.found.append((place, {"test": report.nodeid, **found}))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the files, in the order of the tests."""
        if hasattr(session.config, "workerinput") or session.config.option.collectonly:
            return
        reports = [found for _, found in sorted(self.found, key=lambda pair: pair[0])]
        for path in self.paths:
            as_json = path.suffix.lower() == ".json"
            text = json.dumps(reports, indent=1) if as_json else self.pages.page(reports)
            part = path.with_name(path.name + ".part")
            part.write_text(text, encoding="utf-8")
            os.replace(part, path)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say what was written."""
        summary = self.pages.summary([found for _, found in self.found])
        terminalreporter.write_sep("-", f"{summary}: {', '.join(map(str, self.paths))}")


def content(error: BaseException) -> dict[str, Any]:
    """Return the report in an error, or one that says why there is none."""
    if report := getattr(error, "report", None):
        found: dict[str, Any] = report.to_json()
        return found
    name = type(error).__name__
    return {"title": "not checked", "ok": False, "verdict": name, "oracle": "", "worst": None,
            "causes": [], "notes": [f"{name}: {error}"], "components": []}  # fmt: skip
