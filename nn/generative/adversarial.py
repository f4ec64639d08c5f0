"""Adversarial training: a generator learns to make what a discriminator takes for real."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Any

from autograd import no_grad
from autograd.real import short
from nn.data.arrays import ArraySeed, Floats, random_source, whole
from nn.data.checks import refuse_not_finite
from nn.data.nested import tensor
from nn.generative.adversarial_losses import discriminator_loss, generator_loss
from nn.generative.player import Player
from nn.generative.rivalry import Rivalry
from nn.inputs import listed, shape
from nn.module import Module, same_modes
from nn.optimizers.adam import Adam
from nn.optimizers.optimizer import Optimizer
from nn.programs import as_lists, whole_batch
from nn.training.callbacks import EarlyStopping, checked_callbacks, shows_progress
from nn.training.checkpoint import Checkpoint
from nn.training.history import History
from nn.training.progress import Progress


def fit_adversarial(
    generator: Module,
    discriminator: Module,
    X: Any,
    noise: int,
    epochs: int = 10,
    batch_size: int = 32,
    *,
    generator_optimizer: Optimizer | None = None,
    discriminator_optimizer: Optimizer | None = None,
    discriminator_steps: int = 1,
    label_smoothing: float = 0,
    saturating: bool = False,
    callbacks: Sequence[Any] = (),
    seed: ArraySeed = None,
    progress: bool = True,
) -> History:
    """Train both by turns, and return "discriminator_loss" and "generator_loss" by epoch.

    The generator is called with `noise` standard normal numbers and returns what has the form of a
    sample; the discriminator is called with a sample and returns one logit. Every batch of real
    samples is a step of the discriminator, beside as many fakes; after `discriminator_steps` of
    them the generator makes one, with new noise. The losses are `nn.discriminator_loss` and
    `nn.generator_loss`, with their options. Optimizers are Adam(lr=0.001, betas=(0.5, 0.999))
    unless given. The seed decides order and noise; callbacks are as in `fit`, their state is a
    `Rivalry`, which no Checkpoint keeps and whose losses tell no EarlyStopping when it is best.
    Each network's step runs as a program of matrix operations.

    Raises ValueError or TypeError, with nothing changed, for what does not fit together and for a
    BatchNorm, which looks at a whole batch. What is not finite any more raises DivergedError and
    Ctrl-C Interrupted, both with the history; the networks have the numbers of the last step.
    Sources: Goodfellow et al. 2014, "Generative Adversarial Nets", algorithm 1; Radford, Metz and
    Chintala 2016, "Unsupervised Representation Learning with Deep Convolutional Generative
    Adversarial Networks", section 4 (a first beta of 0.5).

    >>> from nn.layers.layer import Layer
    >>> from nn.layers.mlp import MLP
    >>> generator, discriminator = Layer(1, 2, seed=0, activation="linear"), MLP(2, [8, 1], seed=1)
    >>> X = random_source(0).standard_normal((64, 2)) + 3
    >>> fit_adversarial(generator, discriminator, X, noise=1, epochs=2, seed=0, progress=False)
    History(2 epochs: discriminator_loss 4.187 → 4.145, generator_loss 1.32 → 1.331)
    """
    samples, noise = tensor(X, "X"), whole("noise", noise, 1)
    refuse_not_finite(samples, "X")
    epochs, batch_size = whole("epochs", epochs, 1), whole("batch_size", batch_size, 1)
    turns = whole(
        "discriminator_steps", discriminator_steps, 1, ceil(len(samples) / batch_size),
        "as many as an epoch has batches",
    )  # fmt: skip
    discriminator_loss(0.0, 0.0, label_smoothing=label_smoothing)  # checks it
    check_pair(generator, discriminator, samples, noise)
    steps_of_generator = _optimizer("generator_optimizer", generator_optimizer)
    steps_of_discriminator = _optimizer("discriminator_optimizer", discriminator_optimizer)
    if steps_of_generator is steps_of_discriminator:
        raise ValueError("one optimizer for two networks: each needs its own, with its own state")
    listeners, source = checked_callbacks(callbacks), random_source(seed)
    for c in listeners:
        if isinstance(c, (Checkpoint, EarlyStopping)):
            raise TypeError(
                f"callbacks: {c!r} is for fit; give a function of the state that looks at fakes, "
                "and calls state.stop() or state.generator.save(path)"
            )
    if progress and not any(map(shows_progress, listeners)):
        listeners.append(Progress())

    def doubt(x: Any, z: Any) -> Any:
        real, fake = discriminator(as_lists(x)), discriminator(generator(as_lists(z)))
        return discriminator_loss(one(real), one(fake), label_smoothing=label_smoothing)

    def fool(z: Any) -> Any:
        return generator_loss(one(discriminator(generator(as_lists(z)))), saturating=saturating)

    # programs look for changes in what they close over, but no deeper
    both = [generator, discriminator]
    forger = Player(lambda z: fool(z), ["z"], both, 0, "generator", steps_of_generator)
    critic = Player(
        lambda x, z: doubt(x, z), ["x", "z"], both, 1, "discriminator", steps_of_discriminator
    )
    return Rivalry(
        generator, discriminator, forger, critic, samples, noise, epochs, batch_size, turns,
        source, listeners,
    ).train()  # fmt: skip


def check_pair(generator: Module, discriminator: Module, samples: Floats, noise: int) -> None:
    """Raise TypeError or ValueError unless the networks fit each other and the samples."""
    for name, network in (("generator", generator), ("discriminator", discriminator)):
        if not isinstance(network, Module):
            raise TypeError(f"{name}={short(network)}: give a Module, as nn.MLP(2, [16, 1])")
        if not network.parameters():
            raise ValueError(f"the {name} has no parameters to train; are all of them frozen?")
        with same_modes(network):
            found = whole_batch(network.train())
        if found:
            raise ValueError(
                f"the {name} holds {found}, which looks at a whole batch, and each sample is "
                "trained on by itself: leave it out, or take nn.LayerNorm"
            )
    if shared := set(generator.parameters()) & set(discriminator.parameters()):
        raise ValueError(
            f"both networks hold the same {len(shared)} parameters, which cannot be trained "
            "against themselves: give each its own, or freeze them"
        )
    with same_modes(generator), same_modes(discriminator), no_grad():
        fake = generator.eval()([0.0] * noise)
        form, wanted = shape(listed(fake)), samples.shape[1:]
        if form != wanted:
            raise ValueError(f"the generator makes {form} and a sample of X has the shape {wanted}")
        said = listed(discriminator.eval()(fake))
    if len(said) != 1:
        raise ValueError(f"the discriminator gives {len(said)} numbers; it must be one, a logit")


def _optimizer(name: str, given: Optimizer | None) -> Optimizer:
    if given is None:
        return Adam(lr=0.001, betas=(0.5, 0.999))
    if not isinstance(given, Optimizer):
        raise TypeError(f"{name}={short(given)}: give one, as nn.Adam(lr=0.001)")
    return given


def one(output: Any) -> Any:
    """Return the only number that a discriminator gives."""
    return listed(output)[0]
