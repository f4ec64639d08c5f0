"""Worked examples of backpropagation from the literature: every number that is stored of them.

The steps of an example are Python, run on our functions. What is stored was computed with 80
digits: with 60, and rounded to floats, ours are equal to it. What was published has to agree to
half a unit of its last digit. One test walks over all entries of all examples, and fails for one
that nobody knows, so that none is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

import mpmath
import pytest
from mpmath import mpf
from published import flat, load

import autograd
from autograd import Value, hessian, value_and_grad
from autograd.check import reference_gradients

EXAMPLES = load("worked_numbers.json")["items"]
FUNCTIONS = {name: getattr(autograd, name) for name in autograd.__all__}
PROSE = {
    "id", "citation", "inputs", "steps", "output", "note", "source_check", "published_training_note",
}  # fmt: skip
EPSILON = 2.0**-53  # the relative error of one rounding

every_example = pytest.mark.parametrize("example", EXAMPLES, ids=[x["id"] for x in EXAMPLES])

Example = dict[str, Any]
Number = Callable[[Any], Any]


def run(example: Example, inputs: Sequence[Any]) -> dict[str, Any]:
    """Return all names of an example with their values."""
    names = dict(zip(example["inputs"], inputs, strict=True))
    for name, formula in example["steps"]:
        names[name] = eval(formula, FUNCTIONS, names)
    return names


def output(example: Example) -> Callable[[Sequence[Any]], Any]:
    return lambda inputs: run(example, inputs)[example["output"]]


def answers(example: Example, number: Number) -> dict[str, Any]:
    """Return the value, gradient, Hessian and intermediate values in this kind of number."""
    inputs = [number(x) for x in example["inputs"].values()]
    names = run(example, inputs)
    value, gradient = value_and_grad(output(example))(inputs)
    return {
        "value": value,
        "grad": dict(zip(example["inputs"], gradient, strict=True)),
        "hess": hessian(output(example))(inputs),
        "intermediates": {name: names[name] for name in example["intermediates"]},
    }


def descent(example: Example, number: Number, rate: float) -> Iterator[dict[str, Any]]:
    """Yield all names at every step of gradient descent on the weights, not on the biases."""
    inputs = [number(x) for x in example["inputs"].values()]
    while True:
        values = [Value(x) for x in inputs]
        names = run(example, values)
        yield {name: v.data for name, v in names.items()}
        names[example["output"]].backward()
        inputs = [
            v.data - rate * v.grad if name.startswith("w") else v.data
            for name, v in zip(example["inputs"], values, strict=True)
        ]


def numbers(tree: Any) -> list[Any]:
    return flat(list(tree.values()) if isinstance(tree, dict) else [tree])


def rounded(tree: Any) -> Any:
    """Return the nearest floats of numbers with many digits."""
    if isinstance(tree, dict):
        return {key: rounded(x) for key, x in tree.items()}
    return [rounded(x) for x in tree] if isinstance(tree, list) else float(tree)


def is_published(found: Any, text: str) -> bool:
    """Say whether a number of many digits is what was published, to half a unit of its last.

    A number published with all digits of a float may be off by that float's rounding as well.
    """
    decimals = len(text.partition(".")[2])
    return abs(found - mpf(text)) <= mpf(10) ** -decimals / 2 + EPSILON * abs(found)


def check_digits(example: Example, what: str) -> None:
    """Numbers computed with 80 digits, stored as the nearest floats."""
    assert rounded(answers(example, mpf)[what]) == example[what]


def check_published(example: Example, what: str) -> None:
    found = answers(example, mpf)
    known = {**found["intermediates"], **{f"d{name}": g for name, g in found["grad"].items()}}
    for name, text in example[what].items():
        assert is_published(known[name], text), name


def check_step(example: Example, what: str) -> None:
    """The weights after one step of gradient descent."""
    [_, after] = islice(descent(example, mpf, 0.5), 2)
    for name, stored in example[what].items():
        if isinstance(stored, str):
            assert is_published(after[name], stored), name
        else:
            assert float(after[name]) == stored, name


def check_trace(example: Example, what: str) -> None:
    """Training in floats: the stored numbers are, too.

    A step rounds weights of up to 4 after sums and products; descent does not magnify errors.
    """
    stored = {int(steps): numbers for steps, numbers in example[what].items()}
    for steps, names in enumerate(islice(descent(example, float, 0.5), max(stored) + 1)):
        if steps in stored:
            found = [names[name] for name in ("E", "outo1", "outo2")]
            for x, expected in zip(found, stored[steps], strict=True):
                assert abs(x - expected) <= 4 * (steps + 2) * EPSILON, steps


def check_training(example: Example, what: str) -> None:
    """Totals that do not follow from the example's own weights, but nearly: the file says so."""
    trace = example["trace_E_o1_o2_weights_only"]
    for when, text in example[what].items():
        found = trace[re.findall(r"\d+", when)[0]]
        published = [float(number) for number in re.findall(r"\d\.\d+", text)]
        assert published, text
        for x, expected in zip(found, published, strict=False):  # E alone, or with both outputs
            assert 1e-7 < abs(x / expected - 1) < 2e-4


CHECKS: dict[str, Callable[[Example, str], None]] = {
    "value": check_digits,
    "grad": check_digits,
    "hess": check_digits,
    "intermediates": check_digits,
    "published": check_published,
    "after_one_step_lr_0.5_weights_only": check_step,
    "published_after_one_step": check_step,
    "trace_E_o1_o2_weights_only": check_trace,
    "published_training": check_training,
}


@pytest.mark.parametrize(
    ("example", "what"),
    [
        pytest.param(example, what, id=f"{example['id']} {what}")
        for example in EXAMPLES
        for what in sorted(example.keys() - PROSE)
    ],
)
def test_every_stored_number(example: Example, what: str) -> None:
    with mpmath.workdps(60):
        CHECKS[what](example, what)


@every_example
def test_floats(example: Example) -> None:
    """None is more than 50 roundings deep, of terms no larger than the largest result."""
    found = answers(example, float)
    for what in found:
        ours, stored = numbers(found[what]), numbers(example[what])
        bound = 50 * EPSILON * max(map(abs, stored))
        assert max(abs(x - y) for x, y in zip(ours, stored, strict=True)) <= bound, what


@every_example
def test_differences_at_100_digits_round_to_the_stored_gradient(example: Example) -> None:
    """No rule has a part in them: that the two agree is no agreement of ours with ourselves."""
    inputs = [Value(x) for x in example["inputs"].values()]
    found = reference_gradients(output(example)(inputs), inputs)
    assert [float(g) for g in found] == list(example["grad"].values())


def test_both_forms_of_the_lectures_neuron() -> None:
    """Its note: tanh(n) and (exp(2n) - 1) / (exp(2n) + 1) have the same gradients."""
    [neuron] = [example for example in EXAMPLES if example["id"] == "zero-to-hero-neuron"]
    steps = [*neuron["steps"][:-1], ["o", "(exp(2 * n) - 1) / (exp(2 * n) + 1)"]]
    with mpmath.workdps(60):
        found = answers({**neuron, "steps": steps}, mpf)
        assert {what: rounded(x) for what, x in found.items()} == {
            what: neuron[what] for what in found
        }
