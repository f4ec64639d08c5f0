"""Reports as HTML: balanced, escaped, and with the numbers that the reports have."""

from __future__ import annotations

from fractions import Fraction
from html.parser import HTMLParser

from autograd.check import Report, check_gradient
from autograd.check.pages import page, section


class Reader(HTMLParser):
    """Read a page: its cells, row by row, its text, and whether every tag is closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.rows: list[list[str]] = []
        self.text = ""
        self.links: list[str] = []
        self.places: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag != "meta":
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if "href" in given:
            self.links.append(str(given["href"]))
        if "id" in given:
            self.places.append(str(given["id"]))
        assert tag not in ("script", "link", "img"), "self-contained"

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.open[-1:] in (["td"], ["th"]):
            self.rows[-1][-1] += data


def energy(p: list[float]) -> float:
    return p[0] ** 2 * p[1] + p[1]


def test_a_section_has_the_numbers_of_the_report() -> None:
    report = check_gradient(energy, [3.0, 5.0], [30.0, 9.0])
    read = Reader(section(report.to_json()))
    assert read.rows[0] == [
        "", "claimed", "true", "error", "relative", "ulp", "allowed", "verdict",
    ]  # fmt: skip
    assert [[row[0], float(row[1]), float(row[2]), row[-1]] for row in read.rows[1:]] == [
        ["x[1]", 9.0, 10.0, "WRONG"],  # the wrong one first
        ["x[0]", 30.0, 30.0, "right"],
    ]
    assert "gradient of energy: 1 of 2 WRONG" in read.text
    assert f"judged by {report.oracle}" in read.text
    assert all(str(cause) in read.text for cause in report.causes)


def test_a_report_gives_its_own_section() -> None:
    report = check_gradient(energy, [3.0, 5.0])
    assert report.to_html() == section(report.to_json())


def test_names_are_escaped() -> None:
    report = check_gradient(lambda p: p["<b>&"] ** 2, {"<b>&": 3.0})
    text = section({**report.to_json(), "test": "test_it[<i>]", "notes": ["<script>"]})
    read = Reader(text)
    assert read.rows[1][0] == "x['<b>&']"
    for shown in ("gradient of <lambda>", "test_it[<i>]", "<script>"):
        assert shown in read.text


def test_nan_and_infinity_are_shown() -> None:
    report = check_gradient(energy, [3.0, 5.0], [float("nan"), float("-inf")])
    rows = Reader(section(report.to_json())).rows
    assert sorted(row[1] for row in rows[1:]) == ["-inf", "nan"]
    assert [row[-1] for row in rows[1:]] == ["WRONG", "WRONG"]


def test_a_kink_shows_both_sides() -> None:
    report = check_gradient(lambda x: abs(x), 0.0, 2.0)
    assert Reader(section(report.to_json())).rows[1][2] == "-1 to 1"


def test_many_components_are_counted() -> None:
    xs = [1.0] * 30
    claimed = [2.0] * 29 + [3.0]
    read = Reader(section(check_gradient(lambda x: sum(a * a for a in x), xs, claimed).to_json()))
    assert read.rows[1][0] == "x[29]"
    assert read.rows[-1] == ["... and 10 nearer ones"]
    assert len(read.rows) == 1 + 20 + 1


def test_a_page_lists_the_wrong_ones_first_and_links_to_each() -> None:
    right = check_gradient(lambda x: x**2, Fraction(3)).to_json()
    wrong = check_gradient(energy, [3.0, 5.0], [30.0, 9.0]).to_json()
    read = Reader(page([{**right, "test": "test_right"}, {**wrong, "test": "test_wrong"}, right]))
    assert "3 checked, 1 wrong" in read.text
    assert read.text.index("test_wrong") < read.text.index("test_right")
    assert read.links == [f"#{place}" for place in read.places]
    assert len(read.places) == 3


def test_an_empty_page() -> None:
    assert "0 checked, 0 wrong" in Reader(page([])).text
    assert "all right" in Reader(section(Report("nothing").to_json())).text
