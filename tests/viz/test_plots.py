"""Curves: drawn without a screen, told apart without colour."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest

from autograd import Value
from viz import curves

LOSSES = {"train loss": [3.0, 2.0, 1.0], "test loss": [3.5, float("nan"), 2.0]}


def test_a_curve_for_each_name_with_its_own_dashes() -> None:
    figure = curves(LOSSES, title="moons", xlabel="step", ylabel="error")
    [axes] = figure.axes
    assert [line.get_label() for line in axes.lines] == ["train loss", "test loss"]
    assert [list(line.get_xdata()) for line in axes.lines] == [[0, 1, 2]] * 2
    assert list(axes.lines[0].get_ydata()) == [3.0, 2.0, 1.0]
    assert len({line.get_linestyle() for line in axes.lines}) == 2
    assert (axes.get_title(), axes.get_xlabel(), axes.get_ylabel()) == ("moons", "step", "error")
    figure.savefig(out := io.BytesIO())
    assert out.getvalue().startswith(b"\x89PNG")


def test_a_notebook_shows_it() -> None:
    assert "<svg" in curves(LOSSES)._repr_svg_()  # type: ignore[attr-defined]


def test_values_and_single_points_are_drawn() -> None:
    figure = curves({"loss": [Value(2.0)]})
    assert figure.axes[0].lines[0].get_marker() == "o"


def test_names_are_no_formulas() -> None:
    curves({"$x^$": [1.0, 2.0]}, title="$x_$").savefig(io.BytesIO())


@pytest.mark.parametrize("series", [{}, {"loss": []}])
def test_nothing_to_draw_is_an_error(series: dict[str, list[float]]) -> None:
    with pytest.raises(ValueError, match="at least one number"):
        curves(series)


def test_only_a_mapping_has_curves() -> None:
    with pytest.raises(TypeError, match=r"give \{name: numbers\}"):
        curves([1.0, 2.0])  # type: ignore[arg-type]


def test_without_matplotlib_one_line_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "viz.plotting.figures", raising=False)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r"pip install 'chalkgrad\[plot\]'"):
        curves(LOSSES)


def test_pyplot_is_left_alone_and_matplotlib_waits_until_it_is_needed() -> None:
    code = (
        "import sys, viz; assert 'matplotlib' not in sys.modules;"
        "viz.curves({'loss': [1.0, 2.0]}).savefig(__import__('io').BytesIO());"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
