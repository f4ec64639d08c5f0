"""ELBOs and adversarial training against PyTorch's in float64, on torch_cases/generative.py's cases."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from autograd import compile, mean
from nn.generative.adversarial import fit_adversarial
from nn.generative.adversarial_losses import discriminator_loss, generator_loss
from nn.generative.variational import VariationalAutoencoder
from nn.layers.mlp import MLP
from nn.optimizers.sgd import SGD

CASES = json.loads(
    (Path(__file__).parent / "torch_cases" / "generative.json").read_text(encoding="utf-8")
)
ELBOS = [name for name in CASES if name.startswith("elbo")]
ADVERSARIAL = [name for name in CASES if name.startswith("adversarial")]


def close(found, expected):
    expected = np.asarray(expected, float)
    scale = max(1.0, np.abs(expected).max())
    np.testing.assert_allclose(np.asarray(found, float), expected, rtol=0, atol=1e-12 * scale)


def flat(neurons):
    return [number for neuron in neurons for number in neuron]


def network(neurons, *sizes):
    model = MLP(sizes[0], list(sizes[1:]), activation="tanh", seed=0)
    for p, number in zip(model.parameters(), flat(neurons), strict=True):
        p.data = number
    return model


@pytest.fixture(params=ELBOS)
def elbo(request):
    """Return a case, its model, which draws the numbers given, and the loss of a sample."""
    case = CASES[request.param]
    model = VariationalAutoencoder(
        network(case["encoder"], 4, 3, 4), network(case["decoder"], 2, 3, 4),
        case["likelihood"], case["deviation"],
    )  # fmt: skip
    numbers = iter(flat(case["e"]))
    model.generator.gauss = lambda: next(numbers)
    return case, model, partial(model.negative_elbo, beta=case["beta"])


def test_the_elbo_and_its_gradient_are_torchs(elbo):
    case, model, loss = elbo
    outputs = model.batch(case["x"])
    close([[y.data for y in row] for row in outputs], case["outputs"])
    found = [model.divergence(y, x).data for y, x in zip(outputs, case["x"], strict=True)]
    close(found, case["divergence"])
    total = mean([loss(y, x) for y, x in zip(outputs, case["x"], strict=True)])
    total.backward()
    close(total.data, case["loss"])
    close([p.grad for p in model.parameters()], flat(case["gradients"]))


def test_the_compiled_elbo_and_its_gradient_are_torchs(elbo):
    case, model, loss = elbo

    def of_one(x):
        outputs = model(x.tolist())
        return [loss(outputs, x.tolist()), *outputs]

    bound = compile(of_one, rows=["x"], reduce="mean").bind(model)
    total, gradient = bound.value_and_grad(np.array(case["x"]))
    close(total, case["loss"])
    close(bound.outputs, case["outputs"])
    close(gradient, flat(case["gradients"]))


def players(case):
    return network(case["generator"], 2, 3, 3), network(case["discriminator"], 3, 3, 1)


class Given(np.random.RandomState):
    """Give the normal numbers of a case, and the samples in their order."""

    def __init__(self, zs):
        super().__init__(0)
        self.zs = iter(zs)

    def permutation(self, n):
        return np.arange(n)

    def standard_normal(self, size):
        numbers = np.array(next(self.zs))
        assert numbers.shape == size
        return numbers


@pytest.mark.parametrize("name", ADVERSARIAL)
def test_rounds_of_adversarial_training_are_torchs(name):
    case = CASES[name]
    generator, discriminator = players(case)
    history = fit_adversarial(
        generator, discriminator, case["x"], 2, epochs=2, batch_size=3,
        generator_optimizer=SGD(lr=case["rate"]), discriminator_optimizer=SGD(lr=case["rate"]),
        label_smoothing=case["label_smoothing"], saturating=case["saturating"],
        seed=Given(case["zs"]), progress=False,
    )  # fmt: skip
    for column, losses in case["losses"].items():
        close(history[column], losses)
    for model, key in ((generator, "trained generator"), (discriminator, "trained discriminator")):
        close([p.data for p in model.parameters()], flat(case[key]))


@pytest.mark.parametrize("name", ADVERSARIAL)
def test_rounds_written_out_in_scalars_are_torchs(name):
    case = CASES[name]
    generator, discriminator = players(case)
    steps = {
        model: SGD(model.parameters(), lr=case["rate"]) for model in (generator, discriminator)
    }
    zs = iter(case["zs"])
    losses = {"discriminator_loss": [], "generator_loss": []}
    for _ in range(2):
        critic = mean([
            discriminator_loss(discriminator(x), discriminator(generator(z)),
                               label_smoothing=case["label_smoothing"])
            for x, z in zip(case["x"], next(zs), strict=True)
        ])  # fmt: skip
        forger = None
        for model, column in ((discriminator, "discriminator_loss"), (generator, "generator_loss")):
            if model is generator:
                fakes = [discriminator(generator(z)) for z in next(zs)]
                forger = mean([generator_loss(y, saturating=case["saturating"]) for y in fakes])
            loss = critic if forger is None else forger
            generator.zero_grad()
            discriminator.zero_grad()
            loss.backward()
            steps[model].step()
            losses[column].append(loss.data)
    for column, expected in case["losses"].items():
        close(losses[column], expected)
    close([p.data for p in generator.parameters()], flat(case["trained generator"]))
