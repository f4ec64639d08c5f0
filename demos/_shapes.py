"""Images of discs, squares and crosses in noise, drawn on the fly, with the pixels of each kind."""

from __future__ import annotations

from typing import Any

import numpy as np

SIDE, NOISE = 16, 0.15
KINDS = ("disc", "square", "cross")
Arrays = tuple[Any, Any]


def shapes(count: int, seed: int) -> Arrays:
    """Return images (count, 1, SIDE, SIDE) and masks (count, kinds, SIDE, SIDE) of 0 and 1.

    An image has two shapes of random kind, size, place and brightness, which do not touch, on a
    dark ground, and normal noise on every pixel.
    """
    random = np.random.RandomState(seed)
    images, masks = np.zeros((count, 1, SIDE, SIDE)), np.zeros((count, len(KINDS), SIDE, SIDE))
    for image, mask in zip(images, masks, strict=True):
        for _ in range(2):
            kind, drawn = _placed(random, image[0] > 0)
            image[0][drawn] = random.uniform(0.6, 1.0)
            mask[kind][drawn] = 1
    return images + random.normal(0, NOISE, images.shape), masks


def _placed(random: np.random.RandomState, taken: Any) -> tuple[int, Any]:
    """Return a kind and the pixels of such a shape, none of them beside a pixel that is taken."""
    beside = _grown(taken)
    while True:
        kind, reach = random.randint(len(KINDS)), random.randint(2, 4)
        y, x = random.randint(reach, SIDE - reach, 2)
        drawn = pixels(kind, reach, y, x)
        if not (drawn & beside).any():
            return kind, drawn


def pixels(kind: int, reach: int, y: int, x: int) -> Any:
    """Return which pixels belong to a shape of that kind that reaches so far from its centre."""
    down, right = np.abs(np.mgrid[:SIDE, :SIDE] - np.array([y, x])[:, None, None])
    inside = np.maximum(down, right) <= reach
    return {
        "disc": down**2 + right**2 <= (reach + 0.5) ** 2,
        "square": inside,
        "cross": inside & (np.minimum(down, right) == 0),
    }[KINDS[kind]]


def _grown(taken: Any) -> Any:
    """Return the pixels that are taken or beside one that is."""
    wide = np.pad(taken, 1)
    return np.any([wide[i : i + SIDE, j : j + SIDE] for i in range(3) for j in range(3)], axis=0)
