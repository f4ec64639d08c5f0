"""Where Graphviz puts things: neurons in order, arrows around the titles of frames."""

from __future__ import annotations

import json
from typing import Any

import pytest

import nn
from autograd import Value
from viz import draw
from viz.rendering.render import render

SHAPES: list[list[int]] = [[3, 5, 2], [4, 4, 4], [2, 2, 2, 2], [3, 6, 6, 3]]


def laid_out(source: str) -> dict[str, Any]:
    """Return Graphviz's objects by name, and its arrows as "edges"."""
    found = json.loads(render(source, "json"))
    return {o["name"]: o for o in found["objects"]} | {"edges": found["edges"]}


def place(box: dict[str, Any]) -> tuple[float, float]:
    x, y = map(float, box["pos"].split(","))
    return x, y


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("computed", [True, False])
def test_neurons_are_below_each_other_in_order(shape: list[int], computed: bool) -> None:
    model = nn.MLP(shape[0], shape[1:], seed=0)
    ys = model([0.5] * shape[0]) if computed else None
    found = laid_out(draw(ys, "summary", model, depth=3).source)
    first = 0
    for width in shape[1:]:
        heights = [place(found[f"u{i}"])[1] for i in range(first, first + width)]
        assert heights == sorted(heights, reverse=True)
        first += width


def residual() -> Any:
    return nn.Sequential(
        nn.Layer(2, 3, seed=0),
        nn.Residual(nn.Sequential(nn.LayerNorm(3), nn.Layer(3, 3, seed=1))),
        nn.Layer(3, 1, nonlin=False, seed=2),
    )


def test_neurons_in_frames_of_modules_are_below_each_other_in_order() -> None:
    model = residual()
    drawing = draw(model([0.5, -1.0]), model=model, depth=4)
    found = laid_out(drawing.source)
    for layer in ("parts.0", "parts.1.module.parts.1"):
        heights = [
            place(box)[1] for i in range(3) for name, box in found.items()
            if name != "edges" and f"<B>Neuron</B> {layer}.neurons.{i}<" in box.get("label", "")
        ]  # fmt: skip
        assert len(heights) == 3
        assert heights == sorted(heights, reverse=True)


def test_one_label_speaks_for_all_arrows_into_a_row() -> None:
    model = residual()
    source = draw(model([0.5, -1.0]), model=model, depth=4).source
    assert source.count('label="3 values each"') == 1
    assert source.count("penwidth=2]") == 3


def points(edge: dict[str, Any]) -> list[tuple[float, float]]:
    """Return places along an arrow, close to each other."""
    *_, spline = [o["points"] for o in edge["_draw_"] if o["op"] == "b"]
    found = []
    for i in range(0, len(spline) - 3, 3):
        for t in (step / 30 for step in range(31)):
            a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3
            p, q, r, s = spline[i : i + 4]
            found.append((a * p[0] + b * q[0] + c * r[0] + d * s[0],
                          a * p[1] + b * q[1] + c * r[1] + d * s[1]))  # fmt: skip
    return found


@pytest.mark.parametrize("of_modules", [False, True])
def test_no_arrow_crosses_the_title_of_a_frame(of_modules: bool) -> None:
    model = residual() if of_modules else nn.MLP(2, [3, 3, 1], seed=0)
    y = model([Value(1.0, "x1"), Value(-0.5, "x2")])
    found = laid_out(draw(y, "full", model).source)
    titles = [box for name, box in found.items() if name.startswith("title")]
    assert len(titles) == (13 if of_modules else 7)
    for title in titles:
        x, y = place(title)
        width, height = 36 * float(title["width"]), 36 * float(title["height"])
        assert not [
            1 for edge in found["edges"] if edge.get("style") != "invis"
            for px, py in points(edge) if abs(px - x) < width and abs(py - y) < height
        ]  # fmt: skip
