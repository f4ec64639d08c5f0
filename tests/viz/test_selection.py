"""Parts of a graph: what a selection keeps, and how a picture says what it leaves out."""

from __future__ import annotations

import re
from typing import Any

import pytest
from test_summary import network, run

from autograd import Value, mean, nodes
from viz import draw
from viz.diagrams.selection import chosen, largest, path, sample


def labels(values: Any) -> set[str]:
    return {v.label for v in values}


def named(v: Value, label: str) -> Value:
    v.label = label
    return v


def tree() -> tuple[dict[str, Value], Value]:
    leaves = {name: Value(float(i), name) for i, name in enumerate("abcd", 2)}
    ab = named(leaves["a"] * leaves["b"], "ab")
    cd = named(leaves["c"] * leaves["d"], "cd")
    return leaves, named(ab + cd, "y")


def arrows(source: str, style: str = "") -> list[str]:
    lines = [line.strip() for line in source.splitlines() if "->" in line]
    return [line.split(" [")[0] for line in lines if not style or style in line]


def test_a_path_is_all_between_its_ends_and_the_output() -> None:
    leaves, y = tree()
    order = nodes(y)
    assert labels(chosen(order, leaves["a"])) == {"a", "ab", "y"}
    assert labels(chosen(order, [leaves["a"], leaves["d"]])) == {"a", "ab", "d", "cd", "y"}
    assert chosen(order, path(leaves["a"])) == chosen(order, leaves["a"])  # there is one


def test_a_value_used_twice_has_both_its_ways() -> None:
    x = Value(2.0, "x")
    y = x.sin() * x.cos() + Value(1.0, "c")
    assert len(chosen(nodes(y), path(x))) == 5


def test_a_value_alone_chooses_its_strongest_path() -> None:
    x = Value(2.0, "x")
    weak, strong = named(x * 0.001, "weak"), named(1000 * x, "strong")
    much = named(weak * 2000, "much")  # 0.001 * 2000 = 2 in all, but 1000 along the other way
    y = named(much - strong, "y")
    assert labels(chosen(nodes(y), x)) == {"x", "strong", "y"}
    assert labels(chosen(nodes(y), [x, weak])) == {"x", "weak", "much", "strong", "y"}
    assert labels(chosen(nodes(y), path(x))) == {"x", "weak", "much", "strong", "y"}


def test_the_path_to_the_output_that_it_acts_on_most() -> None:
    x = Value(2.0, "x")
    small, large = named(x * 2, "small"), named(x * -3, "large")
    assert labels(chosen(nodes(small, large), x)) == {"x", "large"}


@pytest.mark.parametrize("slope", [0.0, 5e-324, 1e308, float("inf"), float("nan")])
def test_any_slope_leaves_a_path(slope: float) -> None:
    x = y = Value(1.0, "x")
    for _ in range(4):
        y = y * slope
    assert len(chosen(nodes(y), x)) == 5


def test_a_nan_on_the_way_is_what_is_shown() -> None:
    x = Value(2.0, "x")
    y = named(x * 1e9, "fine") + named(x * float("nan"), "broken")
    assert "broken" in labels(chosen(nodes(y), x))


def test_the_other_operands_of_a_path_are_small_boxes_with_their_numbers() -> None:
    leaves, y = tree()
    source = draw(y, only=leaves["a"]).source
    assert arrows(source) == ["n0 -> n4", "n4 -> n6", "n4_from -> n4", "n6_from -> n6"]
    assert ">b = 3<" in source
    assert ">cd = 20<" in source
    assert "some values are left out" in source


def test_of_many_operands_three_are_named() -> None:
    xs = [Value(float(i), f"x{i}") for i in range(10)]
    source = draw(mean(xs), only=xs[0]).source
    assert ">6 more<" in source
    assert "x4" not in source


def test_the_largest_gradients_are_joined_across_what_is_left_out() -> None:
    _, y = tree()
    y.backward()
    kept = chosen(nodes(y), largest(2))
    # dy/dc = d = 5 and dy/dd = c = 4 are the largest of all
    assert labels(kept) == {"c", "d"}
    source = draw(y, only=largest(2)).source
    assert arrows(source, "dotted")[:2] == ["n2 -> n6", "n3 -> n6"]


def test_nan_gradients_do_not_hide_the_largest() -> None:
    _, y = tree()
    y.backward()
    nodes(y)[0].grad = float("nan")
    assert labels(chosen(nodes(y), largest(1))) == {"c"}


def test_one_sample_of_a_batch_is_one_term_with_all_it_was_made_of() -> None:
    w = Value(3.0, "w")
    for total in (sum, mean, lambda terms: sum(terms) / 4, lambda terms: 0.5 * mean(terms)):
        terms = [named((w * Value(float(i), f"x{i}")) ** 2, f"loss {i}") for i in range(4)]
        order = nodes(total(terms))
        found = labels(chosen(order, sample(2)))
        assert found >= {"w", "x2", "loss 2"}
        assert not found & {"x0", "x1", "x3", "loss 0", "loss 1", "loss 3"}
        assert labels(chosen(order, sample(-1))) >= {"x3", "loss 3"}


def test_parameters_of_other_samples_too_have_no_arrow_across_them() -> None:
    w = Value(3.0, "w")
    loss = mean([(w * Value(float(i), f"x{i}")) ** 2 for i in range(4)])
    source = draw(loss, only=sample(2)).source
    [dotted] = arrows(source, "dotted")
    assert re.fullmatch(r"(n\d+)_from -> \1", dotted)
    assert source.count(">x² = ") == 3


def test_a_penalty_beside_the_mean_is_no_sample() -> None:
    w = Value(3.0, "w")
    terms = [(w * Value(float(i), f"x{i}")) ** 2 for i in range(5)]
    order = nodes(mean(terms) + 0.1 * w**2)
    assert labels(chosen(order, sample(4))) == {"w", "x4", ""}


def test_the_summary_of_one_sample_shows_its_sums() -> None:
    model: Any = network(2, 2, 1)
    losses = [(run(model, [float(i), 1.0]) - 1) ** 2 for i in range(3)]
    loss = mean(losses)
    assert "Σ" not in draw(loss, "summary", model).source
    source = draw(loss, "summary", model, only=sample(1)).source
    assert source.count("Σ") == 3
    assert "<B>mean</B>" in source


def test_a_function_of_ones_own_selects() -> None:
    _, y = tree()
    source = draw(y, only=lambda order: [v for v in order if v.rule is None]).source
    assert arrows(source) == [f"n{i} -> n6" for i in range(4)]


def test_in_the_full_view_leaves_stay_in_their_box() -> None:
    leaves, y = tree()
    source = draw(y, "full", only=leaves["a"]).source
    assert arrows(source) == ["n4 -> n6", "n6_from -> n6"]
    assert ">b</FONT>" in source


@pytest.mark.parametrize(("only", "error", "message"), [
    (3, TypeError, "give a Value or several"),
    ("w", TypeError, "give a Value or several"),
    ([], TypeError, "the Values that it starts from"),
    ([1.0], TypeError, "the Values that it starts from"),
    (Value(1.0), ValueError, "do not depend on it"),
    (lambda _: [], ValueError, "it chose nothing"),
    (lambda _: [Value(1.0)], ValueError, "not among the values drawn"),
    (lambda _: 3, TypeError, "only=: it returned 3: return some of the Values"),
    (lambda _: [[1]], TypeError, "return some of the Values"),
    (largest(3), ValueError, r"call backward\(\) first"),
    (sample(9), IndexError, "there are 2 terms"),
])  # fmt: skip
def test_misuse(only: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        draw(tree()[1], only=only)


def test_where_nothing_is_summed_there_is_no_sample() -> None:
    with pytest.raises(IndexError, match="there is no sum of samples"):
        draw(Value(2.0).sin(), only=sample(0))


@pytest.mark.parametrize("wrong", [lambda: largest(0), lambda: largest(True)])
def test_how_many_is_at_least_one(wrong: Any) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        wrong()


def test_only_needs_values() -> None:
    with pytest.raises(ValueError, match="part of a graph"):
        draw(model=network(1, 1), only=Value(1.0))
