"""Write generative.json: ELBOs and adversarial losses of PyTorch in float64, with their gradients.

Run it where torch is installed: `python tests/nn/torch_cases/generative.py`. Layers are given as
rows of a neuron each, its weights and then its bias, which is the order of nn's `parameters()`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import torch
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

ROWS, PIXELS, HIDDEN, CODE, NOISE, FAKE = 3, 4, 3, 2, 2, 3
DEVIATION, BETA, SMOOTHING = 0.7, 2.5, 0.1
ROUNDS, RATE = 2, 0.5


def network(*sizes: int) -> torch.nn.Sequential:
    """Return layers with a tanh between them, of weights with few digits."""
    parts: list[torch.nn.Module] = []
    for inputs, outputs in pairwise(sizes):
        parts += [torch.nn.Linear(inputs, outputs), torch.nn.Tanh()]
    model = torch.nn.Sequential(*parts[:-1])
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(few_digits(*p.shape))
    return model


def few_digits(*shape: int) -> torch.Tensor:
    """Return normal numbers that are short in a file."""
    return torch.round(torch.randn(*shape) * 1000) / 1000


def in_order(model: torch.nn.Sequential, gradients: bool = False) -> list[list[float]]:
    """Return the neurons of a network, or their gradients: weights and bias of each."""
    found = []
    for layer in model:
        if isinstance(layer, torch.nn.Linear):
            w, b = (p.grad if gradients else p for p in (layer.weight, layer.bias))
            found += [[*row, bias] for row, bias in zip(w.tolist(), b.tolist(), strict=True)]
    return found


def elbo(likelihood: str) -> dict[str, object]:
    """Return a variational autoencoder's mean loss at given draws, and its gradients."""
    encoder, decoder = network(PIXELS, HIDDEN, 2 * CODE), network(CODE, HIDDEN, PIXELS)
    x, e = torch.rand(ROWS, PIXELS).round(decimals=3), few_digits(ROWS, CODE)
    mean, log_variance = encoder(x).chunk(2, dim=1)
    y = decoder(mean + torch.exp(log_variance / 2) * e)
    if likelihood == "bernoulli":
        likely = -torch.distributions.Bernoulli(logits=y, validate_args=False).log_prob(x)
    else:
        likely = -torch.distributions.Normal(y, DEVIATION).log_prob(x)
    code = torch.distributions.Normal(mean, torch.exp(log_variance / 2))
    prior = torch.distributions.Normal(torch.zeros(CODE), torch.ones(CODE))
    divergence = torch.distributions.kl_divergence(code, prior)
    loss = (likely.sum(dim=1) + BETA * divergence.sum(dim=1)).mean()
    loss.backward()
    return {
        "likelihood": likelihood, "deviation": DEVIATION, "beta": BETA, "x": x.tolist(),
        "e": e.tolist(), "encoder": in_order(encoder), "decoder": in_order(decoder),
        "outputs": torch.cat([y, mean, log_variance], dim=1).tolist(), "loss": loss.item(),
        "divergence": divergence.sum(dim=1).tolist(),
        "gradients": in_order(encoder, True) + in_order(decoder, True),
    }  # fmt: skip


def adversarial(smoothing: float, saturating: bool) -> dict[str, object]:
    """Return the losses of two rounds, each a step of both networks by turns, and what is left."""
    generator, discriminator = network(NOISE, HIDDEN, FAKE), network(FAKE, HIDDEN, 1)
    start = {"generator": in_order(generator), "discriminator": in_order(discriminator)}
    x, zs = few_digits(ROWS, FAKE), few_digits(2 * ROUNDS, ROWS, NOISE)
    steps = {model: torch.optim.SGD(model.parameters(), lr=RATE)
             for model in (generator, discriminator)}  # fmt: skip
    losses: dict[str, list[float]] = {"discriminator_loss": [], "generator_loss": []}
    for k in range(ROUNDS):
        real, fake = discriminator(x), discriminator(generator(zs[2 * k]))
        critic = cross_entropy(real, torch.full_like(real, 1 - smoothing))
        critic = critic + cross_entropy(fake, torch.zeros_like(fake))
        step(steps[discriminator], critic)
        fake = discriminator(generator(zs[2 * k + 1]))
        wanted = torch.zeros_like(fake) if saturating else torch.ones_like(fake)
        forger = (-1 if saturating else 1) * cross_entropy(fake, wanted)
        step(steps[generator], forger)
        losses["discriminator_loss"].append(critic.item())
        losses["generator_loss"].append(forger.item())
    return {
        "label_smoothing": smoothing, "saturating": saturating, "rate": RATE, "x": x.tolist(),
        "zs": zs.tolist(), **start, "losses": losses,
        "trained generator": in_order(generator), "trained discriminator": in_order(discriminator),
    }  # fmt: skip


def step(optimizer: torch.optim.Optimizer, loss: torch.Tensor) -> None:
    """Step down the gradient of a loss."""
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def lines(cases: dict[str, dict[str, object]]) -> Sequence[str]:
    """Return a line for each case."""
    return [f"{json.dumps(name)}: {json.dumps(case)}" for name, case in cases.items()]


def main() -> None:
    """Write all cases beside this file."""
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(0)
    cases = {f"elbo, {likelihood}": elbo(likelihood) for likelihood in ("bernoulli", "normal")}
    cases["adversarial"] = adversarial(0.0, False)
    cases["adversarial, smoothed, saturating"] = adversarial(SMOOTHING, True)
    text = ",\n".join(lines(cases))
    path = Path(__file__).with_suffix(".json")
    path.write_text(f"{{\n{text}\n}}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
