"""Models of any modules: where each operation is found, how they fold, and what the boxes say."""

from __future__ import annotations

import re
from typing import Any

import pytest

import nn
from autograd import Value, mean, nodes
from viz import draw
from viz.diagrams.homes import homes
from viz.diagrams.modules import blocks, is_chain_of_neurons


def places(model: Any, *ys: Value) -> list[tuple[str, str]]:
    """Return [(operation, path of its module or "-"), ...], neurons as their layer."""
    order = nodes(*ys)
    found = homes(order, blocks(model))
    return [
        (v.rule.name, re.sub(r"\.?neurons\.\d+", "", found[v].path) if v in found else "-")
        for v in order
        if v.rule is not None
    ]


def counted(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    answer: dict[str, list[str]] = {}
    for operation, path in pairs:
        answer.setdefault(path, []).append(operation)
    return answer


def inputs(n: int) -> list[Value]:
    return [Value(float(i + 1), f"x{i + 1}") for i in range(n)]


def rich_model() -> nn.Sequential:
    return nn.Sequential(
        nn.Layer(2, 2, nonlin=False, seed=0), "tanh", nn.LayerNorm(2),
        nn.Residual(nn.Layer(2, 2, seed=1)), nn.Dropout(0.5, seed=3),
        nn.Sequential(nn.PReLU(), nn.Layer(2, 1, nonlin=False, seed=2)),
    )  # fmt: skip


def test_every_operation_is_found_in_the_module_that_made_it() -> None:
    model = rich_model()
    loss = (model(inputs(2)) - 1) ** 2
    found = counted(places(model, loss))
    assert found["parts.0"] == ["dot", "add"] * 2
    assert found["parts.1"] == ["tanh", "tanh"]
    assert found["parts.2"].count("mean") == 2
    assert found["parts.2"][-4:] == ["mul", "add"] * 2
    assert found["parts.3.module"] == ["dot", "add", "relu"] * 2
    assert found["parts.3"] == ["add", "add"]
    assert found["parts.4"] == ["mul", "mul"]
    assert found["parts.5.parts.0"] == ["leaky_relu"] * 2
    assert found["parts.5.parts.1"] == ["dot", "add"]
    assert found["-"] == ["sub", "pow"]
    assert set(found) == {"-", "parts.5.parts.0", "parts.5.parts.1", "parts.3.module",
                          *(f"parts.{i}" for i in range(5))}  # fmt: skip


def test_a_batch_is_found_as_its_samples_are() -> None:
    model = rich_model()
    one = counted(places(model, model(inputs(2))))
    losses = [(y - 1) ** 2 for y in model.batch([[float(i), 1.0] for i in range(3)])]
    many = counted(places(model, mean(losses)))
    assert sorted(many.pop("-")) == ["mean"] + ["pow"] * 3 + ["sub"] * 3
    assert {path: sorted(found) for path, found in many.items()} == {
        path: sorted(3 * found) for path, found in one.items()
    }


def test_batch_norm_has_its_statistics() -> None:
    model = nn.Sequential(nn.Layer(1, 2, nonlin=False, seed=0), nn.BatchNorm(2), "relu",
                          nn.Layer(2, 1, seed=1))  # fmt: skip
    found = counted(places(model, *model.batch([[1.0], [2.0], [4.0]])))
    assert found["parts.1"].count("mean") == 4
    assert found["parts.0"] == ["dot", "add"] * 6
    assert found["parts.2"] == ["relu"] * 6
    assert "-" not in found


class Recurrent(nn.Module):
    """An embedding, a cell that is called for each word, and heads in a dict and a list."""

    def __init__(self) -> None:
        self.table = nn.Embedding(4, 2, seed=0)
        self.cell = nn.Layer(4, 2, nonlin=False, seed=1)
        self.heads = {"a": nn.Neuron(2, nonlin=False, bias=False), "b": [nn.Neuron(2, seed=2)]}
        self.scale = Value(2.0)

    def __call__(self, words: list[int]) -> Any:
        h: list[Any] = [0.0, 0.0]
        for word in words:
            h = [v.tanh() for v in self.cell([*self.table([word]), *h])]
        return [self.scale * self.heads["a"](h), self.scale * self.heads["b"][0](h)]  # type: ignore[operator, index]


def test_a_module_called_again_and_again_and_attributes_of_any_name() -> None:
    model = Recurrent()
    found = counted(places(model, *model([1, 3, 1])))
    assert found["cell"] == ["dot", "add"] * 6
    assert found[""] == ["tanh"] * 6 + ["mul", "mul"]
    assert found["heads.a"] == ["dot"]
    assert found["heads.b.0"] == ["dot", "add", "relu"]
    source = draw(model([1, 3, 1]), "summary", model, depth=1).source
    assert "<B>Embedding</B> table<" in source
    assert "used ×3" in source
    assert "tanh ×6" in source


def test_weights_that_two_modules_share() -> None:
    first, second = nn.Layer(2, 2, seed=0), nn.Layer(2, 2, seed=1)
    for a, b in zip(first.neurons, second.neurons, strict=True):
        b.w = a.w
    model = nn.Sequential(first, second)
    ys = model(inputs(2))
    assert ("relu", "parts.1") in places(model, *ys)
    assert "<SUB>" not in draw(ys, "summary", model, depth=1).source


def test_sums_written_out_by_hand() -> None:
    class Line(nn.Module):
        def __init__(self) -> None:
            self.slopes, self.offset = [Value(2.0), Value(3.0)], Value(1.0)

        def __call__(self, x: Any) -> Any:
            return sum(a * b for a, b in zip(self.slopes, x, strict=True)) + self.offset

    line = Line()
    found = counted(places(line, (line(inputs(2)) - 1) ** 2 + (line(inputs(2)) - 2) ** 2))
    assert sorted(found[""]) == ["add"] * 6 + ["mul"] * 4
    assert sorted(found["-"]) == ["add", "pow", "pow", "sub", "sub"]


@pytest.mark.parametrize("depth", range(5))
def test_at_every_depth_nothing_is_lost(depth: int) -> None:
    model = rich_model()
    loss = (model(inputs(2)) - 1) ** 2
    loss.label = "loss"
    loss.backward()
    source = draw(loss, "summary", model, depth=depth).source
    boxes = re.findall(r">parameters<.*?> ([\d,]+)<", source)
    assert sum(int(n.replace(",", "")) for n in boxes) == len(model.parameters())
    assert "> loss<" in source
    assert source == draw(loss, "summary", model, depth=depth).source


def test_the_norm_of_the_gradient_is_below_each_box() -> None:
    model = nn.Sequential(nn.Layer(2, 1, nonlin=False, seed=0), "tanh")
    model(inputs(2)).backward()
    w1, w2, b = model.parameters()
    w1.grad, w2.grad, b.grad = 2.0, -3.0, 6.0
    assert "norm of the gradient 7<" in draw(model=model, depth=1).source
    b.grad = float("nan")
    assert "norm of the gradient nan<" in draw(model=model, depth=1).source


def test_many_modules_alike_are_one_box() -> None:
    model = nn.Sequential(*(nn.Residual(nn.Layer(2, 2, seed=i)) for i in range(20)))
    ys = model(inputs(2))
    source = draw(ys, "summary", model, depth=1).source
    assert "parts.0 to 19, ×20<" in source
    assert source.count(">parameters<") == 1
    few = nn.Sequential(*(nn.Residual(nn.Layer(2, 2, seed=i)) for i in range(4)))
    assert draw(few(inputs(2)), "summary", few, depth=1).source.count(">parameters<") == 4


def test_very_many_operations_between_modules_are_few_boxes() -> None:
    model = nn.Sequential(nn.Layer(2, 1, nonlin=False, seed=0), "tanh")
    y = model(inputs(2))
    for i in range(500):
        y = y.sin() if i % 2 else y * 1.5
    source = draw(y, "summary", model, depth=1).source
    assert source.count("shape") + source.count("label=<") < 60
    assert "×499" in source


def test_a_running_sum_is_one_box() -> None:
    model = nn.Sequential(nn.Layer(2, 1, nonlin=False, seed=0), "tanh")
    loss: Any = model(inputs(2))
    for i in range(20):
        loss = loss + model([float(i), 1.0])
    source = draw(loss - 1, "summary", model, depth=1).source
    assert "+ ×20<" in source


def test_a_model_alone_is_a_tree_of_what_holds_what() -> None:
    source = draw(model=Recurrent(), depth=1).source
    assert "edge: holds" in source
    assert source.count("->") == 4  # table, cell and two heads


def test_a_residual_network_with_layers_is_not_drawn_as_a_plain_one() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            self.layers = [nn.Layer(2, 2, seed=0), nn.Layer(2, 2, seed=1)]

        def __call__(self, x: Any) -> Any:
            for layer in self.layers:
                x = [a + b for a, b in zip(x, layer(x), strict=True)]
            return x

    model = Net()
    source = draw(model(inputs(2)), "summary", model).source
    assert "<B>+</B>" in source
    assert "<B>Layer</B> layers.0<" in source  # a plain network would have "layer 1"


def test_which_models_are_plain_networks() -> None:
    assert is_chain_of_neurons(nn.MLP(2, [3, 1]))
    assert is_chain_of_neurons(nn.Sequential(nn.Layer(2, 3), nn.Layer(3, 1)))
    assert not is_chain_of_neurons(nn.Sequential(nn.Layer(2, 3), "tanh", nn.Layer(3, 1)))
    assert not is_chain_of_neurons(nn.MLP(2, [3, 1], activation="prelu"))  # slopes are no weights
    assert not is_chain_of_neurons(nn.LayerNorm(2))
    with_more = nn.MLP(2, [3, 1])
    with_more.scale = Value(2.0)  # type: ignore[attr-defined]
    assert not is_chain_of_neurons(with_more)


def test_frames_of_the_full_view_are_modules_in_modules() -> None:
    model = rich_model()
    source = draw(model(inputs(2)), "full", model).source
    labels = re.findall(r'label="(parts[^"]*)"', source)
    assert labels[:3] == [
        "parts.0: Layer",
        "parts.0.neurons.0: Neuron",
        "parts.0.neurons.1: Neuron",
    ]
    assert "parts.3.module: Layer" in labels
    assert source.count("{") == source.count("}")


@pytest.mark.parametrize(("model", "error", "message"), [
    (rich_model(), ValueError, "did not make these values"),
    (nn.Sequential("tanh"), ValueError, "has no parameters: leave model out"),
    ("mlp", TypeError, "give an nn.Module"),
    (nn.MLP, TypeError, r"is a class: give a model, as MLP\(...\)"),
])  # fmt: skip
def test_a_model_that_can_not_be_shown(model: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        draw(Value(1.0) * 2, "summary", model)


def test_a_drawing_changes_nothing() -> None:
    model = rich_model()
    loss = (model(inputs(2)) - 1) ** 2
    loss.backward()

    def state() -> list[Any]:
        return [(v, id(v.data), id(v.grad), v.label, v.rule, tuple(map(id, v.inputs)), v.number)
                for v in nodes(loss)]  # fmt: skip

    before, flags = state(), [(m.training, m.frozen) for _, m in model.named_modules()]
    numbers, generators = model.state_dict(), model.random_state()
    for view in ("auto", "detail", "summary", "full"):
        draw(loss, view, model, contribution=True).svg()
        draw(loss, view, model, only=model.parameters()[0])
    after = state()
    assert [a[1:] for a in after] == [b[1:] for b in before]
    assert all(a[0] is b[0] for a, b in zip(after, before, strict=True))
    assert [(m.training, m.frozen) for _, m in model.named_modules()] == flags
    assert (model.state_dict(), model.random_state()) == (numbers, generators)
