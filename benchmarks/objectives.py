"""The three objectives of ADBench in scalar Python, as their formulas read.

Arguments are nested lists of numbers or Values, so each can be differentiated by any of them.
Source: Srajer, Kukelova and Fitzgibbon 2018, "A benchmark of selected algorithmic differentiation
tools on some problems in computer vision and machine learning", and its repository.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from autograd import cos, dot, exp, lgamma, log, logsumexp, sigmoid, sin, sqrt, sum, tanh

Vector = Sequence[Any]
Matrix = Sequence[Sequence[Any]]


def gmm(alphas: Vector, means: Matrix, icf: Matrix, points: Matrix, gamma: Any, m: int) -> Any:
    """Return the log posterior of a Gaussian mixture with a Wishart prior on its K precisions.

    Shapes: alphas[K], means[K][d], icf[K][d(d+1)/2], points[n][d]. A row of `icf` is an inverse
    covariance factor: the logs q of the diagonal, then the strict lower triangle by columns.
    """
    likelihood = sum(gmm_point(alphas, means, icf, x) for x in points)
    return likelihood + gmm_prior(alphas, icf, len(points), len(points[0]), gamma, m)


def gmm_point(alphas: Vector, means: Matrix, icf: Matrix, x: Vector) -> Any:
    """Return what one point adds to the log likelihood, apart from constants."""
    d = len(x)
    return logsumexp(
        [
            alpha + sum(row[:d]) - squared_norm(factor_times(row, minus(x, mean))) / 2
            for alpha, mean, row in zip(alphas, means, icf, strict=True)
        ]
    )


def gmm_prior(alphas: Vector, icf: Matrix, n: int, d: int, gamma: Any, m: int) -> Any:
    """Return what is left of the log posterior of n points when theirs is taken away."""
    return (
        sum(log_wishart(row, d, gamma, m) for row in icf)
        - n * d / 2 * math.log(2 * math.pi)
        - n * logsumexp(alphas)
    )


def factor_times(row: Vector, v: Vector) -> list[Any]:
    """Return Q v for the lower triangular Q with diagonal exp(q) that a row of `icf` stands for."""
    d = len(v)
    product = [exp(q) * x for q, x in zip(row[:d], v, strict=True)]
    below = iter(row[d:])
    for column in range(d):
        for i in range(column + 1, d):
            product[i] = product[i] + next(below) * v[column]
    return product


def log_wishart(row: Vector, d: int, gamma: Any, m: int) -> Any:
    """Return the log density of the Wishart prior at one row of `icf`."""
    q, below = row[:d], row[d:]
    freedom = d + m + 1
    constant = freedom * d * (log(gamma) - math.log(2) / 2) - log_gamma_of_dimension(d, freedom / 2)
    squares = sum(exp(each) ** 2 for each in q) + squared_norm(below)
    return gamma**2 / 2 * squares - m * sum(q) - constant


def log_gamma_of_dimension(d: int, a: float) -> Any:
    """Return the log of the multivariate gamma function of dimension d at a."""
    return d * (d - 1) / 4 * math.log(math.pi) + sum(lgamma(a - j / 2) for j in range(d))


def reprojection_error(camera: Vector, point: Vector, weight: Any, feature: Vector) -> list[Any]:
    """Return w (projection - feature): where a camera sees a point, against where it was seen.

    Shapes: camera[11] = rotation 3, centre 3, focal length, principal point 2, radial distortion 2;
    point[3], feature[2].
    """
    rotation, centre, focal, principal, radial = (
        camera[0:3], camera[3:6], camera[6], camera[7:9], camera[9:11],
    )  # fmt: skip
    x, y, z = rotated(rotation, minus(point, centre))
    image = [x / z, y / z]
    r2 = squared_norm(image)
    distortion = 1 + radial[0] * r2 + radial[1] * r2 * r2
    return [
        weight * (focal * (distortion * p) + offset - seen)
        for p, offset, seen in zip(image, principal, feature, strict=True)
    ]


def weight_error(weight: Any) -> Any:
    """Return 1 - w**2, which holds the weight of an observation near 1."""
    return 1 - weight**2


def bundle_adjustment(camera: Vector, point: Vector, weight: Any, feature: Vector) -> Any:
    """Return half the sum of squares of the errors of one observation."""
    errors = reprojection_error(camera, point, weight, feature)
    return squared_norm([*errors, weight_error(weight)]) / 2


def rotated(rotation: Vector, v: Vector) -> list[Any]:
    """Return v turned about the axis `rotation` by the angle |rotation|: Rodrigues' formula."""
    squared_angle = squared_norm(rotation)
    if squared_angle == 0:  # its limit there, with the right first derivatives
        return [a + b for a, b in zip(v, cross(rotation, v), strict=True)]
    angle = sqrt(squared_angle)
    axis = [r / angle for r in rotation]
    c, s = cos(angle), sin(angle)
    along = dot(axis, v) * (1 - c)
    return [
        x * c + turned * s + a * along
        for x, turned, a in zip(v, cross(axis, v), axis, strict=True)
    ]  # fmt: skip


def lstm(main: Matrix, extra: Matrix, state: Matrix, sequence: Sequence[Sequence[int]]) -> Any:
    """Return the mean loss of a diagonal LSTM that predicts each character from those before it.

    Shapes, for l layers and b bits a character: main[2l][4b], for each layer a row of weights and
    one of biases, [forget | input | output | change]; extra[3][b] = input weight, output weight,
    output bias; state[2l][b], for each layer hidden and cell; sequence[characters][b] of 0 and 1.
    """
    bits = len(sequence[0])
    in_weight, out_weight, out_bias = extra
    layers = [
        (quarters(weights), quarters(biases))
        for weights, biases in zip(main[0::2], main[1::2], strict=True)
    ]
    hiddens, cells = list(state[0::2]), list(state[1::2])
    losses = []
    for now, following in pairwise(sequence):
        x: Vector = [bit * w for bit, w in zip(now, in_weight, strict=True)]
        for i, (weights, biases) in enumerate(layers):
            hiddens[i], cells[i] = lstm_cell(weights, biases, x, hiddens[i], cells[i])
            x = hiddens[i]
        y = [a * w + b for a, w, b in zip(x, out_weight, out_bias, strict=True)]
        normaliser = log(2 + sum(map(exp, y)))  # the 2 belongs to the published objective
        losses += [bit * (normaliser - each) for bit, each in zip(following, y, strict=True)]
    return sum(losses) / ((len(sequence) - 1) * bits)


def lstm_cell(weights: Matrix, biases: Matrix, x: Vector, hidden: Vector,
              cell: Vector) -> tuple[list[Any], list[Any]]:  # fmt: skip
    """Return the next hidden and cell vectors of one layer, element by element."""
    inputs = (x, hidden, x, hidden)  # of the forget, input and output gates and of the change
    forget, ingate, outgate, change = [
        [f(a * w + b) for a, w, b in zip(each, ws, bs, strict=True)]
        for f, each, ws, bs in zip(
            (sigmoid, sigmoid, sigmoid, tanh), inputs, weights, biases, strict=True
        )
    ]
    cell = [c * f + i * g for c, f, i, g in zip(cell, forget, ingate, change, strict=True)]
    return [o * tanh(c) for o, c in zip(outgate, cell, strict=True)], cell


def quarters(row: Vector) -> list[Vector]:
    b = len(row) // 4
    return [row[i * b : (i + 1) * b] for i in range(4)]


def minus(u: Vector, v: Vector) -> list[Any]:
    return [a - b for a, b in zip(u, v, strict=True)]


def squared_norm(v: Vector) -> Any:
    return dot(v, v)


def cross(u: Vector, v: Vector) -> list[Any]:
    return [
        u[1] * v[2] - u[2] * v[1],
        u[2] * v[0] - u[0] * v[2],
        u[0] * v[1] - u[1] * v[0],
    ]
