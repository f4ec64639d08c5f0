"""Worksheets: exact and clean numbers, the same page for the same seed, files whole or none."""

from __future__ import annotations

import re
import sys
import xml.etree.ElementTree as ET
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path
from random import Random

import pytest

from autograd import Value, no_grad
from viz.rendering import render
from viz.worksheets.exercises import LEVELS, exercises
from viz.worksheets.worksheet import worksheet

every_level = pytest.mark.parametrize("level", LEVELS)


def number_at(formula: str, given: dict[str, Fraction]) -> Fraction:
    """Evaluate a printed formula with Python alone."""
    python = formula.replace("×", "*").replace("÷", "/")
    python = python.replace("²", "**2").replace("³", "**3")
    python = re.sub(r"(?<![\w*])(\d+)", r"Fraction(\1)", python)
    names: dict[str, object] = {**given, "Fraction": Fraction, "relu": lambda x: max(x, Fraction())}
    for equation in python.split(",  "):
        name, _, right = equation.partition(" = ")
        names[name] = eval(right, {}, names)
    result = names[name]
    assert isinstance(result, Fraction)
    return result


@every_level
def test_the_printed_formula_is_the_expression(level: str) -> None:
    for exercise in exercises(30, 1, level):
        assert number_at(exercise.formula, exercise.given) == exercise.output.data


@every_level
def test_gradients_are_those_of_the_printed_formula(level: str) -> None:
    # Central differences extrapolated once (Richardson), in fractions, are off by 4h⁴ = 4e-24 times
    # a fifth derivative over 120, which is below 1e7 for these numbers; and two fractions with
    # denominators up to 6, as the next test has them, are equal or 1/36 apart.
    h = Fraction(1, 10**6)
    for exercise in exercises(20, 2, level):
        for name, x in exercise.given.items():

            def slope(h: Fraction) -> Fraction:
                ends = [number_at(exercise.formula, {**exercise.given, name: x + s * h})  # noqa: B023
                        for s in (1, -1)]  # fmt: skip
                return (ends[0] - ends[1]) / (2 * h)

            found = (4 * slope(h) - slope(2 * h)) / 3
            assert abs(found - exercise.grad[name]) < Fraction(1, 10**14)


@every_level
def test_numbers_are_clean_and_no_exercise_is_trivial(level: str) -> None:
    for exercise in exercises(40, 3, level):
        for x in [*exercise.data.values(), *exercise.grad.values()]:
            assert type(x) is Fraction
            assert abs(x.numerator) <= 60
            assert x.denominator <= 6
        slopes = [abs(exercise.grad[name]) for name in exercise.given]
        assert 2 * sum(slope not in (0, 1) for slope in slopes) >= len(slopes)
        if "relu" not in exercise.formula:
            assert 0 not in exercise.data.values()
            assert 0 not in exercise.grad.values()


@every_level
def test_no_exercise_comes_twice(level: str) -> None:
    tasks = [(e.formula, e.givens) for e in exercises(100, 4, level)]
    assert len(set(tasks)) == 100


def test_a_level_that_has_no_more_says_how_many(monkeypatch: pytest.MonkeyPatch) -> None:
    def square(random: Random) -> Value:
        return Value(Fraction(random.choice([3, 4])), "x") ** 2

    monkeypatch.setitem(LEVELS, "squares", square)
    assert sorted(e.givens for e in exercises(2, 1, "squares")) == ["x = 3", "x = 4"]
    with pytest.raises(ValueError, match=r"n=3.*only 2 were found"):
        exercises(3, 1, "squares")


@every_level
def test_no_two_of_a_sheet_look_alike(level: str) -> None:
    formulas = [e.formula for e in exercises(6, 5, level)]
    assert len(set(formulas)) == 6 or level == "neuron"


def test_each_level_is_about_what_its_name_says() -> None:
    def uses(level: str) -> list[list[int]]:
        return [[sum(x is v for w in e.values for x in w.inputs) for v in e.values]
                for e in exercises(20, 6, level)]  # fmt: skip

    assert all(max(counts) == 2 for counts in uses("shared values"))
    assert all(max(counts) == 1 for counts in uses("sums and products") + uses("chain rule"))
    chains = exercises(20, 6, "chain rule")
    assert all(len(e.given) == 1 and re.search("[²³]|÷ [(x]", e.formula) for e in chains)
    activations = exercises(20, 6, "activations")
    assert all("relu" in e.formula and "²" in e.formula for e in activations)
    relus = {v.data == 0 for e in activations for v in e.values if v.rule and v.rule.name == "relu"}
    assert relus == {True, False}  # open ones and closed ones
    assert all(list(e.given) == ["x1", "x2", "w1", "w2", "b"] for e in exercises(3, 6, "neuron"))


@every_level
def test_the_same_seed_is_the_same_page(level: str) -> None:
    for answers in (False, True):
        one, other = (worksheet(2, 7, level) for _ in range(2))
        assert one.html(answers) == other.html(answers)
        assert one.svg(answers) == other.svg(answers)
        assert one.text(answers) == other.text(answers)
        assert one.html(answers) != worksheet(2, -7, level).html(answers)


def test_the_page_does_not_change_from_one_version_to_the_next() -> None:
    assert worksheet(2, seed=1, level="shared values").text(answers=True) == STORED


def test_the_sheet_tells_no_answer() -> None:
    sheet = worksheet(4, seed=8, level="sums and products")
    for exercise in sheet.exercises:
        source = exercise.picture().source
        assert re.findall(r"Courier\"> *([^<]+?) *<", source) == [
            str(x) for x in exercise.given.values()
        ]
        assert not re.findall(r"-> .*label=[^\"]", source)
        filled = exercise.picture(answers=True).source
        assert all(f" {x}<" in filled for x in exercise.grad.values())
    assert "dy/d" not in sheet.html() + sheet.text()
    assert "dy/dp" in sheet.html(answers=True)
    blanks = sum(2 * len(e.values) - len(e.given) for e in sheet.exercises)
    assert sheet.text().count("____") == blanks


def test_the_key_writes_the_chain_rule_of_every_leaf_out() -> None:
    sheet = worksheet(3, seed=9, level="activations")
    for exercise in sheet.exercises:
        rules = exercise.chain_rules()
        assert [rule.split(" ", 1)[0] for rule in rules] == [f"dy/d{x}" for x in exercise.given]
        for rule, name in zip(rules, exercise.given, strict=True):
            assert rule.splitlines()[-1].split(" = ")[-1] == str(exercise.grad[name])


class _Outside(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found += [v for k, v in attributes if k in ("src", "href", "xlink:href") and v]
        self.found += ["script"] if tag == "script" else []
        if tag not in ("meta", "polygon", "path"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_one_whole_file() -> None:
    page = worksheet(6).html()
    parser = _Outside()
    parser.feed(page)
    assert parser.found == []
    assert parser.open == []
    assert page.count("<svg ") == 6
    assert "@media print" in page
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids)) > 30


def test_svg_is_well_formed_and_everything_is_on_it() -> None:
    root = ET.fromstring(worksheet(6, level="neuron").svg(answers=True))
    width, height = map(float, str(root.get("viewBox")).split()[2:])
    name = "{http://www.w3.org/2000/svg}"
    pictures = root.findall(f"{name}svg")
    assert len(pictures) == 6
    below = 0.0
    for picture in pictures:
        x, y, w, h = (float(str(picture.get(k))) for k in ("x", "y", "width", "height"))
        assert x + w <= width
        assert y > below
        below = y + h
    assert below < height
    assert all(float(str(t.get("y"))) < height for t in root.findall(f"{name}text"))


def test_pdf_is_made_of_pages_and_is_the_same_every_time() -> None:
    pytest.importorskip("matplotlib")
    from viz.worksheets.worksheet_pages import pages, pdf

    sheet = worksheet(4, level="activations")
    found = pdf(sheet, False)
    assert found.startswith(b"%PDF-")
    assert found.count(b"/Type /Page\n") + found.count(b"/Type /Page ") == len(pages(sheet, False))
    assert found == pdf(sheet, False)
    assert b"/CreationDate" not in found  # it would differ a second later


@every_level
def test_no_page_is_too_full(level: str) -> None:
    from viz.worksheets.worksheet_pages import pages

    for answers in (False, True):
        for page in pages(worksheet(6, level=level), answers):
            assert all(item.y + getattr(item, "height", 0) < 792 - 18 for item in page)


@pytest.mark.parametrize("suffix", [".html", ".svg", ".txt", ".TXT"])
def test_save_writes_sheet_and_key(tmp_path: Path, suffix: str) -> None:
    sheet = worksheet(1)
    path = sheet.save(tmp_path / f"sheet{suffix}")
    key = sheet.save_answers(tmp_path / f"key{suffix}")
    assert "Worksheet: chain rule" in path.read_text(encoding="utf-8")
    assert "Answers: chain rule" in key.read_text(encoding="utf-8")
    assert sheet.save(tmp_path / "again.html", answers=True).read_text(encoding="utf-8") == (
        sheet.html(answers=True)
    )
    assert len(list(tmp_path.iterdir())) == 3


def test_files_that_cannot_be_written_leave_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"must end in \.html, \.svg, \.pdf, \.txt"):
        worksheet(1).save(tmp_path / "sheet.docx")
    with pytest.raises(FileNotFoundError, match=r"can't write the worksheet: there is no such"):
        worksheet(1).save(tmp_path / "missing" / "sheet.html")
    (tmp_path / "folder.txt").mkdir()
    with pytest.raises(OSError, match="can't write the worksheet"):
        worksheet(1).save(tmp_path / "folder.txt")
    assert [p.name for p in tmp_path.iterdir()] == ["folder.txt"]


def test_without_a_program_to_draw_with_there_are_tables(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(render, "system_dot", lambda: None)
    monkeypatch.setattr(render, "pure_dot", lambda: None)
    monkeypatch.setattr(render, "pygraphviz_dot", list)
    sheet = worksheet(2, seed=3, level="sums and products")
    page = sheet.html()
    _Outside().feed(page)
    assert page.count("<table>") == 2
    assert "<svg" not in page
    assert page.count("<td></td>") > 2 * 5
    assert sheet.html(answers=True).count("<td></td>") == len(  # a leaf has no operation
        [name for e in sheet.exercises for name in e.given]
    )
    with pytest.raises(render.RenderError, match="no program to draw with"):
        sheet.save(tmp_path / "sheet.svg")
    assert list(tmp_path.iterdir()) == []


def test_pdf_without_matplotlib_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r"pip install 'chalkgrad\[plot\]', or save it as .html"):
        worksheet(1).save(tmp_path / "sheet.pdf")
    assert list(tmp_path.iterdir()) == []


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match=r"level='chainrule' \(did you mean 'chain rule'\?\)"):
        worksheet(level="chainrule")
    with pytest.raises(ValueError, match="level=None: it must be one of sums and products, chain"):
        worksheet(level=None)  # type: ignore[arg-type]
    for n in (0, -1, 101):
        with pytest.raises(ValueError, match=rf"n={n}.*from 1 to 100"):
            worksheet(n)
    for bad in (True, 2.0, "6", None):
        with pytest.raises(TypeError, match="n must be an int"):
            worksheet(bad)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="seed must be an int"):
            worksheet(seed=bad)  # type: ignore[arg-type]


def test_no_grad_around_it_changes_nothing() -> None:
    expected = worksheet(2).text(answers=True)
    with no_grad():
        assert worksheet(2).text(answers=True) == expected
        assert Value(2.0).exp().inputs == ()


def test_a_notebook_shows_the_sheet_and_a_prompt_a_line() -> None:
    sheet = worksheet(2)
    assert sheet._repr_html_().count("<section>") == 2
    assert "<html" not in sheet._repr_html_()
    assert repr(sheet).startswith("<Worksheet: 2 exercises, chain rule, seed 1;")
    assert str(sheet) == sheet.text()


STORED = """\
Answers: shared values

All boxes filled in, with the local derivative on each arrow, and the
gradient of each leaf: the sum over the paths to it of the products of local
derivatives.

1.  u = p × q,  y = u - (q - u)    (p = 6,  q = -4)

    name   operation   data   grad
    p                     6     -8
    q                    -4     11
    u      p × q        -24      2
    v      q - u         20     -1
    y      u - v        -44      1

    dy/dp = ∂y/∂u · ∂u/∂p + ∂y/∂v · ∂v/∂u · ∂u/∂p
          = 1 · (-4) + (-1) · (-1) · (-4)
          = -4 + (-4)
          = -8

    dy/dq = ∂y/∂v · ∂v/∂q + ∂y/∂u · ∂u/∂q + ∂y/∂v · ∂v/∂u · ∂u/∂q
          = (-1) · 1 + 1 · 6 + (-1) · (-1) · 6
          = -1 + 6 + 6
          = 11

2.  u = p + q,  y = u × (p + u)    (p = 5,  q = -2)

    name   operation   data   grad
    p                     5     14
    q                    -2     11
    u      p + q          3     11
    v      p + u          8      3
    y      u × v         24      1

    dy/dp = ∂y/∂v · ∂v/∂p + ∂y/∂u · ∂u/∂p + ∂y/∂v · ∂v/∂u · ∂u/∂p
          = 3 · 1 + 8 · 1 + 3 · 1 · 1
          = 3 + 8 + 3
          = 14

    dy/dq = ∂y/∂u · ∂u/∂q + ∂y/∂v · ∂v/∂u · ∂u/∂q
          = 8 · 1 + 3 · 1 · 1
          = 8 + 3
          = 11

viz.worksheet(n=2, seed=1, level="shared values")
"""
