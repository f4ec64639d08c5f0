"""From logits to tokens: the likeliest, or one drawn; and one after another, a text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf, isfinite
from numbers import Real
from typing import Any

from autograd import softmax
from autograd.real import short
from nn.initialisers import Seed, generator
from nn.inputs import checked_size, is_row, numbers_of
from nn.module import Module

Choose = Callable[[Sequence[Any]], int]  # of the logits of all tokens: the token


def greedy(logits: Sequence[Any]) -> int:
    """Return the token with the largest logit, the first of equal ones.

    Raises ValueError for nan, and unless one is above minus infinity.

    >>> greedy([0.5, 2.0, 1.0])
    1
    """
    xs = _checked("greedy", logits)
    return xs.index(max(xs))


def sampler(temperature: float = 1.0, top_k: int | None = None, *, seed: Seed = None) -> Choose:
    """Return a function that draws a token with the probabilities softmax(logits / temperature).

    Below 1 a temperature makes likely tokens likelier, above 1 it makes them more alike. With
    `top_k` only that many tokens of the largest logits can be drawn (the first of equal ones). The
    generator is its own, started by `seed`. Raises ValueError for a temperature that is not above
    0, for top_k below 1 and, when called, above the number of tokens. Sources: Ackley, Hinton and
    Sejnowski 1985, "A Learning Algorithm for Boltzmann Machines", equation 5; for top_k Fan, Lewis
    and Dauphin 2018, "Hierarchical Neural Story Generation", section 5.4.

    >>> choose = sampler(temperature=0.5, top_k=2, seed=0)
    >>> sorted({choose([1.0, 3.0, 2.5, -1.0]) for _ in range(50)})
    [1, 2]
    """
    if not (isinstance(temperature, (int, float)) and temperature > 0 and isfinite(temperature)):
        raise ValueError(
            f"temperature={temperature!r}: it divides the logits; give a number above 0 "
            "(for the likeliest token every time, nn.greedy)"
        )
    if top_k is not None:
        checked_size("top_k", top_k)
    source = generator(seed)

    def choose(logits: Sequence[Any]) -> int:
        xs = _checked("sampler", logits)
        if top_k is not None and top_k > len(xs):
            raise ValueError(f"top_k={top_k}: there are only {len(xs)} tokens")
        kept = sorted(range(len(xs)), key=lambda i: -xs[i])[:top_k]
        at = source.uniform(0, 1)
        for i, share in zip(kept, softmax([xs[i] / temperature for i in kept]), strict=True):
            at -= share
            if at < 0:
                return i
        return kept[0]  # what rounding left of 1 goes to the likeliest

    return choose


def generate(
    model: Module | Callable[[list[int]], Any],
    start: Sequence[int],
    length: int,
    *,
    window: int,
    choose: Choose = greedy,
    stop: int | None = None,
) -> list[int]:
    """Return the start and `length` more tokens, each chosen from the logits after those before.

    The model is called with `window` tokens, the last ones, and gives logits [place][token]; those
    of a place may depend on the tokens up to it alone, as in a LanguageModel or an RNN. While there
    are fewer tokens the places after them are filled with anything. It ends early after the token
    `stop`. A function of the tokens will do for a model. Raises ValueError for a start that is no
    list of whole numbers or empty, and for a model that does not give a row of logits for each
    place.

    >>> def successor(tokens):  # the next of three tokens is the likeliest
    ...     return [[float(i == (token + 1) % 3) for i in range(3)] for token in tokens]
    >>> generate(successor, [1], 4, window=2)
    [1, 2, 0, 1, 2]
    """
    if not is_row(start) or not all(
        isinstance(token, Real) and float(token).is_integer() for token in start
    ):
        raise ValueError(f"generate: start={short(start)}; give a list of tokens, whole numbers")
    tokens = [int(token) for token in start]
    if not tokens:
        raise ValueError("generate: no start; give one token or more to go on from")
    checked_size("window", window)
    for _ in range(checked_size("length", length)):
        seen = tokens[-window:]
        rows = _logits(model, seen + seen[-1:] * (window - len(seen)))
        tokens.append(choose(rows[len(seen) - 1]))
        if tokens[-1] == stop:
            break
    return tokens


def _logits(model: Any, tokens: list[int]) -> list[Any]:
    """Return a row of logits for each token."""
    of_module = isinstance(model, Module)
    rows = model.predict([tokens])[0].tolist() if of_module else list(model(tokens))
    if len(rows) != len(tokens) or not all(map(is_row, rows)):
        raise ValueError(
            f"generate: for {len(tokens)} tokens the model gives {short(rows)}; it has to give a "
            "row of logits for each"
        )
    return rows


def _checked(name: str, logits: Sequence[Any]) -> list[float]:
    """Return logits as floats. Raises ValueError for nan, and unless one is above -inf."""
    nested = not is_row(logits) or any(map(is_row, logits))
    xs = [] if nested else numbers_of(logits)
    if any(x != x for x in xs) or max(xs, default=-inf) == -inf:
        raise ValueError(f"{name}: {short(logits)} are no logits; give a number for each token")
    return xs
