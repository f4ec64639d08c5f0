"""Networks of every family by their modules: a box for each, and in it what it really computed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from families import MODELS, callers, model_and_loss, numbers, squares, watched

import nn
from autograd import Value, nodes
from viz import draw
from viz.diagrams.homes import homes
from viz.diagrams.kernels import colour, kernels_of, pictures
from viz.diagrams.modules import Block, blocks, deepest_unit
from viz.diagrams.particulars import words_of
from viz.diagrams.sorting import shown_blocks

GOLDEN = Path(__file__).with_name("small_convolution.dot")
_ROW = re.compile(r'COLOR="#6B7280">([^<]*)</FONT></TD><TD ALIGN="RIGHT">'
                  r'<FONT FACE="Courier"> *([\d,]+)<')  # fmt: skip
_OF_VALUES = {"values", "scores", "softmax", "masked"}


def box(source: str, *words: str) -> str:
    """Return the line of the one box that has all these words."""
    [line] = [
        line for line in source.splitlines()
        if "label=<" in line and all(word in line for word in words)
    ]  # fmt: skip
    return line


def rows(line: str) -> dict[str, int]:
    return {name: int(count.replace(",", "")) for name, count in _ROW.findall(line)}


@pytest.mark.parametrize("family", MODELS)
def test_what_the_graph_tells_is_what_the_calls_did(family: str) -> None:
    make, x = MODELS[family]
    model = make()
    with watched(model) as spans:
        y = model(x)
    loss = squares(y)
    found = blocks(model)
    shown = shown_blocks(found, deepest_unit(found))
    block_at = {block.path: block for block in found}
    place = homes(nodes(loss), found)

    def drawn(block: Block | None) -> str:
        """Return which box it is in; what an opened module does itself is between the boxes."""
        at = shown[block] if block else None
        closed = at is not None and (not at.children or at.opens_at > deepest_unit(found))
        return at.path if closed and at is not None else "between"

    told = {v: drawn(place.get(v)) for v in callers(loss, spans)}
    truth = {
        v: drawn(None if path is None else block_at[path])
        for v, path in callers(loss, spans).items()
    }
    wrong = [(v, told[v], truth[v]) for v in truth if told[v] != truth[v]]
    assert not wrong


@pytest.mark.parametrize("family", MODELS)
def test_at_every_depth_nothing_is_lost_and_boxes_are_few(family: str) -> None:
    model, loss = model_and_loss(family)
    values = sum(v.rule is not None for v in nodes(loss))
    for depth in (None, *range(6)):
        source = draw(loss, "summary", model, depth=depth).source
        assert source == draw(loss, "summary", model, depth=depth).source
        found = [(name, int(count.replace(",", ""))) for name, count in _ROW.findall(source)]
        assert sum(n for name, n in found if name not in _OF_VALUES) == len(model.parameters())
        single = source.count(">data<")  # boxes of one value
        assert sum(n for name, n in found if name in _OF_VALUES) + single == values
        if depth is None:
            assert source.count("label=<") <= 20
    assert "edge: holds" in draw(model=model).source


def test_a_convolution_is_one_box_with_its_kernels() -> None:
    model, loss = model_and_loss("lenet")
    source = draw(loss, "summary", model).source
    first = box(source, "<B>Conv2d</B> parts.0")
    assert "1 → 3, 3×3, padding same, relu" in first
    assert first.count("BGCOLOR") == 3 * 9
    assert rows(first) == {"parameters": 30, "values": 3 * 3 * 36}
    second = box(source, "<B>Conv2d</B> parts.2")
    assert "stride 2, linear" in second
    assert second.count("BGCOLOR") == 4 * 3 * 9
    assert "kernels: a column an output, a row an input channel" in source
    assert rows(box(source, "<B>MaxPool2d</B> parts.1")) == {"values": 27}
    assert "3 × 36 values" in source
    assert "3 × 9 values" in source  # what the pooling gives: it has the channels of its input


def test_kernels_are_in_the_order_of_their_channels() -> None:
    for make in (nn.Conv2d, nn.TransposedConv2d):
        layer = make(2, 3, 2, seed=0)
        for _, w in layer.named_parameters():
            w.data = float(w.label[1:].replace(",", "") if w.label[0] == "w" else 0)
        out_in = kernels_of(layer)[1][2][0]
        assert out_in == ([3211.0, 3212.0] if make is nn.Conv2d else [2311.0, 2312.0])
    assert kernels_of(nn.Conv1d(1, 1, 3, init=lambda *_: 2.0)) == [[[[2.0, 2.0, 2.0]]]]
    assert kernels_of(nn.Layer(2, 1)) == kernels_of(nn.MaxPool2d(2)) == []


def test_the_colour_of_a_weight_is_lighter_the_larger_it_is() -> None:
    def lightness(x: float) -> float:
        r, g, b = (int(colour(x, 2.0)[i : i + 2], 16) for i in (1, 3, 5))
        return 0.299 * r + 0.587 * g + 0.114 * b

    found = [lightness(x / 10) for x in range(-20, 21)]
    assert found == sorted(found)
    assert found[0] < 40
    assert found[-1] > 230
    assert colour(float("inf"), 2.0) == colour(2.0, 2.0)
    assert colour(5.0, 0.0) == colour(0.0, 1.0)


def test_of_many_and_large_kernels_few_or_none_are_drawn() -> None:
    source = draw(model=nn.Sequential(nn.Conv2d(5, 20, 3, seed=0)), depth=1).source
    assert "24 of 100 kernels" in source
    assert source.count("BGCOLOR") == 24 * 9
    assert pictures(kernels_of(nn.Conv1d(1, 1, 33, seed=0))) == ""


def test_a_small_convolution_is_the_stored_text() -> None:
    layer = nn.Conv2d(1, 2, 2, init=lambda *_: 0.5)
    model = nn.Sequential(layer, nn.MaxPool2d(2), nn.Flatten(), nn.Layer(2, 2, init=lambda *_: 1.0))
    layer.w[0][0][0][1].data, layer.w[1][0][1][0].data = -1.0, 0.0
    y: Any = model([[[1.0, 2.0, 0.0]] * 3])
    loss = y[0] * y[1]
    loss.label = "loss"
    loss.backward()
    assert draw(loss, "summary", model).source == GOLDEN.read_text(encoding="utf-8")


def test_an_lstm_is_one_box_with_its_steps_and_gates() -> None:
    model = nn.Sequential(nn.LSTM(1, 8, last=True, seed=0), nn.Layer(8, 1, False, seed=1))
    loss = squares(model(numbers(20, 1)))
    source = draw(loss, "summary", model).source
    assert source.count("label=<") <= 6
    found = rows(box(source, "<B>LSTM × 20 steps</B> parts.0", "1 → 8, last"))
    assert found == {"input gate": 80, "forget gate": 80, "candidate": 80, "output gate": 80,
                     "values": 20 * 8 * (4 * 3 + 5)}  # fmt: skip
    assert "used" not in box(source, "LSTM")
    assert "dir=back" not in source
    many = model.batch([numbers(4, 1, seed=i) for i in range(3)])
    assert "LSTM × 4 steps</B> parts.0" in (s := draw(many, "summary", model).source)
    assert "used ×12" in box(s, "LSTM")


def test_a_gru_and_a_learned_start_have_their_names() -> None:
    model = nn.Sequential(nn.GRU(2, 3, learned_start=True, seed=0))
    found = rows(box(draw(model(numbers(2, 2))[-1], "summary", model).source, "GRU × 2 steps"))
    assert list(found) == ["reset gate", "update gate", "candidate", "memory", "others", "values"]
    assert found["others"] == 3


def test_attention_names_its_parts_and_says_what_is_masked() -> None:
    model, loss = model_and_loss("block")
    source = draw(loss, "summary", model, depth=1).source
    line = box(source, "<B>MultiHeadAttention</B> attention", "size 4, heads 2")
    found = rows(line)
    assert {name: found[name] for name in list(found)[:-1]} == {
        "query": 20, "key": 20, "value": 20, "output": 20,
        "scores": 12, "softmax": 18, "masked": 6,
    }  # fmt: skip
    assert (
        len(re.findall(r"> *inf *<", line)) == 1
    )  # the masked scores: what else is infinite went wrong
    assert rows(box(draw(loss, "summary", model, depth=0).source, "EncoderBlock"))["masked"] == 6


def test_skips_are_seen() -> None:
    model, loss = model_and_loss("residual")
    source = draw(loss, "summary", model, depth=2).source
    sums = re.findall(r"(\w+) \[label=<[^\n]*<B>\+ ×32</B>", source)
    assert len(sums) == 2
    for at in sums:
        assert len(set(re.findall(rf"(\w+) -> {at}\b", source))) == 2


def test_layers_and_cells_are_opened_last() -> None:
    model, loss = model_and_loss("residual")
    shown = [draw(loss, "summary", model, depth=depth).source for depth in range(5)]
    assert ["Neuron" in source for source in shown] == [False] * 4 + [True]
    assert "<B>Conv2d</B> parts.1.module.parts.0" in shown[3]
    model, loss = model_and_loss("lstm")
    assert "input_gate" not in draw(loss, "summary", model, depth=1).source
    assert "<B>Gate</B> parts.0.input_gate" in draw(loss, "summary", model, depth=2).source


def test_a_u_net_shows_its_skips_and_each_pooling() -> None:
    model, loss = model_and_loss("unet")
    source = draw(loss, "summary", model).source
    assert source.count("<B>MaxPool2d</B> pool<") == 2
    name = {
        path: re.search(r"\w+", box(source, f"</B> {path}<"))[0]  # type: ignore[index]
        for path in ("contracting.0", "contracting.1", "expanding.0", "expanding.1")
    }
    for a, b in (("contracting.0", "expanding.1"), ("contracting.1", "expanding.0")):
        assert f"{name[a]} -> {name[b]}" in source


def test_what_a_module_says_is_escaped_and_may_be_nothing() -> None:
    class Odd(nn.Module):
        def __init__(self, name: str = "") -> None:
            self.name, self.w = name, Value(2.0)

        def options(self) -> dict[str, Any]:
            return {"name": "<b>&\\N"}

        def __call__(self, x: Any) -> Any:
            return self.w * x

    class Broken(Odd):
        def options(self) -> dict[str, Any]:
            raise ValueError("changed by hand")

    odd, broken = Odd(), Broken()
    source = draw(model=odd, depth=0).source
    assert "name &lt;b&gt;&amp;\\\\N" in source
    assert words_of(broken) == []
    assert "<B>Broken</B>" in draw(broken(Value(1.0)), "summary", broken).source


@pytest.mark.parametrize(("module", "words"), [
    (nn.Conv2d(1, 2, (3, 5), stride=2, padding=1, bias=False), ["1 → 2", "3×5", "stride 2", "no bias", "padding 1"]),
    (nn.MaxPool2d(2), ["2×2"]),
    (nn.MLP(2, [4, 1]), ["2 → 4 → 1"]),
    (nn.Dropout(0.25), ["p 0.25"]),
    (nn.BatchNorm(3), ["3"]),
    (nn.Embedding(5, 2), ["count 5", "size 2"]),
    (nn.EncoderBlock(4, 2, causal=True), ["size 4", "heads 2", "hidden 16", "causal"]),
    (nn.GRU(3, 2), ["3 → 2"]),
    (nn.Flatten(), []),
])  # fmt: skip
def test_options_in_words(module: Any, words: list[str]) -> None:
    assert words_of(module) == words
