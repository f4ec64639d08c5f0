"""What the gallery draws, each under the name that its calls use: a neuron, networks, trainings."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from functools import cached_property
from inspect import getdoc
from typing import Any

import numpy as np

import nn
import viz
from autograd import Value, dot, mean, name, softmax, tanh
from demos._digits import FILE, INK
from demos._gallery_entries import SECTIONS
from nn.losses import binary_cross_entropy_with_logits as cross_entropy

HILL_EPOCHS, DIGIT_EPOCHS, SIDE = (60, 20), (40, 10), (41, 21)  # in full, and with --quick


class Things(dict[str, Any]):
    """Make each thing when it is first asked for; `things["o"]` is `things.o`, for the calls."""

    def __init__(self, quick: bool = False) -> None:
        self.quick = quick
        self["viz"] = viz

    def __missing__(self, key: str) -> Any:
        if isinstance(vars(type(self)).get(key), cached_property):
            return getattr(self, key)
        raise KeyError(key)

    def meanings(self) -> dict[str, str]:
        """Return {name: what it is} of the names that calls use."""
        used = " ".join(entry.call for section in SECTIONS.values() for entry in section)
        found = {}
        for word in re.findall(r"\w+", used):
            words = getdoc(vars(type(self)).get(word)) or ""
            if words.startswith("Return "):
                found[word] = words.removeprefix("Return ").removesuffix(".")
        return dict(sorted(found.items(), key=lambda item: item[0].lower()))

    # diagrams

    @cached_property
    def o(self) -> Value:
        """Return the worked neuron, o = tanh(x1*w1 + x2*w2 + b), after o.backward()."""
        x1, x2, w1, w2 = Value(2.0), Value(0.0), Value(-3.0), Value(1.0)
        b = Value(6.8813735870195432)
        total = x1 * w1 + x2 * w2 + b
        o: Value = tanh(total)
        name(x1=x1, x2=x2, w1=w1, w2=w2, b=b, n=total, o=o)
        o.backward()
        return o

    @cached_property
    def exact(self) -> Value:
        """Return x*x*y + x/y in fractions, after backward()."""
        x, y = Value(Fraction(2, 3), "x"), Value(Fraction(5, 7), "y")
        result = x * x * y + x / y
        result.label = "z"
        result.backward()
        return result

    @cached_property
    def newton(self) -> Value:
        """Return what 250 rounds of one update make of a start: 1,001 values."""
        x = Value(3.0, "start")
        for _ in range(250):
            x = x - (x * x - 2.0) * 0.1
        x.backward()
        return x

    @cached_property
    def mlp(self) -> nn.MLP:
        """Return a new network of 2 inputs and layers of 3, 3 and 1 tanh neurons."""
        return nn.MLP(2, [3, 3, 1], activation="tanh", output="tanh", seed=4)

    @cached_property
    def said(self) -> Value:
        """Return what mlp says of one sample; its gradient and all others are those of loss."""
        return self.judged[0]

    @cached_property
    def loss(self) -> Value:
        """Return the squared error of said, after loss.backward()."""
        return self.judged[1]

    @cached_property
    def judged(self) -> tuple[Value, Value]:
        """Return what mlp says of one sample, and its squared error."""
        said = self.mlp([Value(1.0, "x1"), Value(-0.5, "x2")])
        loss = (said - 1.0) ** 2
        loss.label = "loss"
        loss.backward()
        return said, loss

    @cached_property
    def w(self) -> Value:
        """Return the first weight in layer 2 of mlp."""
        found: Value = self.mlp.layers[1].neurons[0].w[0]
        return found

    @cached_property
    def deep(self) -> nn.MLP:
        """Return a new network of 16 inputs, 12 layers of 16 neurons and 4 outputs."""
        return nn.MLP(16, [16] * 12 + [4], activation="relu", seed=0)

    @cached_property
    def residual(self) -> nn.Sequential:
        """Return a new model with a residual block, a normalisation and two layers in a row."""
        return nn.Sequential(
            nn.Layer(2, 3, activation="relu", seed=0),
            nn.Residual(nn.Sequential(nn.LayerNorm(3), nn.Layer(3, 3, activation="tanh", seed=1))),
            nn.Layer(3, 1, activation="linear", seed=2),
        )

    @cached_property
    def answer(self) -> Value:
        """Return what residual says of one sample."""
        found: Value = self.residual([0.5, -1.0])
        return found

    # trainings

    @cached_property
    def moons(self) -> tuple[Any, Any]:
        """Return samples of two half-moons and their classes."""
        return nn.toys.moons(80, noise=0.2, seed=5)

    @cached_property
    def X(self) -> Any:  # noqa: N802
        """Return the points of two half-moons that reach into each other."""
        return self.moons[0]

    @cached_property
    def y(self) -> Any:
        """Return which half-moon each of the points X belongs to."""
        return self.moons[1]

    @cached_property
    def trained(self) -> tuple[nn.MLP, Any, viz.Recorder]:
        """Return a network, how it learned the moons, and what was recorded of it."""
        model, recorder = nn.MLP(2, [8, 8, 1], activation="tanh", seed=1), viz.Recorder()
        history = nn.fit(
            model, self.X, self.y, "binary_cross_entropy_with_logits", nn.Adam(lr=0.02),
            epochs=40, batch_size=20, validation=0.25, metrics=["accuracy"], seed=0, progress=False,
            callbacks=[recorder],
        )  # fmt: skip
        return model, history, recorder

    @cached_property
    def model(self) -> nn.MLP:
        """Return a network 2-8-8-1 that `nn.fit` trained on X and y for 40 epochs."""
        return self.trained[0]

    @cached_property
    def history(self) -> Any:
        """Return what that `nn.fit` returned."""
        return self.trained[1]

    @cached_property
    def recorder(self) -> viz.Recorder:
        """Return the `viz.Recorder` that was among the callbacks of that `nn.fit`."""
        return self.trained[2]

    @cached_property
    def cost(self) -> Callable[[nn.MLP], Value]:
        """Return a function of a model: its mean cross-entropy on some of X and y."""
        rows, targets = self.X[:30].tolist(), self.y[:30].tolist()

        def cost(model: nn.MLP) -> Value:
            outputs = model.batch(rows)
            terms = [cross_entropy(z, t) for z, t in zip(outputs, targets, strict=True)]
            found: Value = mean(terms)
            return found

        return cost

    @cached_property
    def side(self) -> int:
        """Return how many points a side of the landscape has: 41, with --quick 21."""
        return SIDE[self.quick]

    @cached_property
    def relus(self) -> nn.MLP:
        """Return a new network with four layers of 8 ReLUs, after cost(relus).backward()."""
        model = nn.MLP(2, [8, 8, 8, 8, 1], activation="relu", seed=0)
        self.cost(model).backward()
        return model

    @cached_property
    def sigmoids(self) -> nn.MLP:
        """Return a network with four layers of 8 sigmoids, after three epochs on X and y."""
        return self.slow[0]

    @cached_property
    def steps(self) -> viz.Recorder:
        """Return the `viz.Recorder` of those epochs."""
        return self.slow[1]

    @cached_property
    def slow(self) -> tuple[nn.MLP, viz.Recorder]:
        """Return a deep network of sigmoids, and what was recorded of its training."""
        model, steps = nn.MLP(2, [8, 8, 8, 8, 1], activation="sigmoid", seed=0), viz.Recorder()
        nn.fit(model, self.X, self.y, "binary_cross_entropy_with_logits", nn.Adam(lr=0.002),
               epochs=3, batch_size=10, seed=0, progress=False, callbacks=[steps])  # fmt: skip
        model.zero_grad()
        self.cost(model).backward()
        return model, steps

    @cached_property
    def hill(self) -> Callable[[Any], Any]:
        """Return a function of rows (x1, x2): sin(2 x1) + x2²/2."""
        return lambda rows: np.sin(2 * rows[:, 0]) + rows[:, 1] ** 2 / 2

    @cached_property
    def places(self) -> Any:
        """Return 80 points of the plane."""
        return np.random.default_rng(0).uniform(-2, 2, (80, 2))

    @cached_property
    def climber(self) -> nn.MLP:
        """Return a network trained on hill(places)."""
        model = nn.MLP(2, [16, 1], activation="tanh", seed=2)
        nn.fit(model, self.places, self.hill(self.places), "mean_squared_error", nn.Adam(lr=0.03),
               epochs=HILL_EPOCHS[self.quick], batch_size=16, seed=0, progress=False)  # fmt: skip
        return model

    @cached_property
    def reader(self) -> nn.MLP:
        """Return a network 64-16-10 trained on handwritten digits of 8 × 8 pixels."""
        data = nn.datasets.load_csv(FILE)
        model = nn.MLP(64, [16, 10], activation="tanh", init=nn.uniform(-0.02, 0.02), seed=0)
        nn.fit(model, data.X[:150] / INK, data.y[:150], "cross_entropy", nn.Adam(lr=0.01),
               epochs=DIGIT_EPOCHS[self.quick], seed=0, progress=False)  # fmt: skip
        return model

    @cached_property
    def sight(self) -> nn.Sequential:
        """Return a small convolutional network for images of 8 × 8 pixels."""
        return nn.Sequential(
            nn.Conv2d(1, 4, 3, activation="relu", seed=0), nn.MaxPool2d(2), nn.Flatten(),
            nn.Layer(36, 3, activation="linear", seed=1),
        )  # fmt: skip

    @cached_property
    def seen(self) -> Any:
        """Return its loss on an image of a slope, and compute the gradients."""
        image = [[(i + 2 * j) / 16 for j in range(8)] for i in range(8)]
        loss = nn.cross_entropy(self.sight([image]), 1)
        loss.backward()
        return loss

    @cached_property
    def memory(self) -> nn.Sequential:
        """Return a small LSTM that says a number after a sequence."""
        return nn.Sequential(nn.LSTM(1, 4, last=True, seed=0), nn.Layer(4, 1, nonlin=False, seed=1))

    @cached_property
    def recalled(self) -> Any:
        """Return its squared error after 20 steps, and compute the gradients."""
        loss = (self.memory([k % 3 - 1.0 for k in range(20)]) - 1) ** 2
        loss.backward()
        return loss

    @cached_property
    def words(self) -> list[str]:
        """Return the words of a sentence."""
        return ["the", "cat", "sat", "on", "the", "mat"]

    @cached_property
    def heed(self) -> list[list[Any]]:
        """Return softmax(q · k / √8) of every two of the words, q and k from random vectors."""
        random = np.random.default_rng(1)
        vectors = {word: 2 * random.normal(size=8) for word in dict.fromkeys(self.words)}
        to_q, to_k = random.normal(size=(2, 8, 8)) / 8**0.5
        qs, ks = ([(m @ vectors[word]).tolist() for word in self.words] for m in (to_q, to_k))
        return [softmax([dot(q, k) / 8**0.5 for k in ks]) for q in qs]
