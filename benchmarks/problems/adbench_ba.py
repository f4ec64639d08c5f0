"""The sparse Jacobian of ADBench's bundle adjustment: for each observation a block of 2 rows.

Its 15 columns are the camera's 11 numbers, the point's 3 and the weight. Cameras and points are
given once for each observation; where the blocks stand in the whole matrix is not part of the time.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from benchmarks.problems.adbench import Answer, Array, Engine, Numbers, engines, measured

__all__ = ["ENGINES", "SIZES", "data", "fits_without_rows", "run"]
SIZES = tuple(  # ADBench's ba1, ba5, and its smallest
    {"cameras": cameras, "points": points, "observations": observations}
    for cameras, points, observations in (
        (2, 10, 10), (49, 7_776, 31_843), (257, 65_132, 225_911),
    )
)  # fmt: skip
_MOST_OBSERVATIONS = 1_000


def fits_without_rows(cameras: int, points: int, observations: int) -> bool:
    """Say whether the graph of all observations together is recorded in seconds."""
    return observations <= _MOST_OBSERVATIONS


def data(cameras: int, points: int, observations: int) -> Numbers:
    """Return the arguments for each observation of a random problem."""
    np: Any = import_module("numpy")
    random = np.random.default_rng(31337)
    camera = random.normal(size=(cameras, 11))
    point = random.normal(size=(points, 3))
    point[:, 2] += 5
    return {
        "camera": camera[random.integers(cameras, size=observations)],
        "point": point[random.integers(points, size=observations)],
        "weight": random.uniform(size=observations),
        "feature": random.normal(size=(observations, 2)),
    }


def run(
    engine: Engine, *, cameras: int, points: int, observations: int, threads: int, seconds: float
) -> dict[str, Any]:
    """Return milliseconds of one Jacobian, and the Jacobian."""
    return measured(engine, data(cameras, points, observations), threads, seconds)


def chalkgrad(given: Numbers, threads: int) -> Callable[[], Answer]:
    """Compile the error of one observation and take its Jacobian, a block for each row."""
    np: Any = import_module("numpy")
    autograd: Any = import_module("autograd")
    objectives: Any = import_module("benchmarks.objectives")

    @autograd.compile(rows=["camera", "point", "weight", "feature"], threads=threads)  # type: ignore[untyped-decorator]
    def error(camera: Any, point: Any, weight: Any, feature: Any) -> Any:
        return objectives.reprojection_error(camera, point, weight, feature)

    arguments = given["camera"], given["point"], given["weight"], given["feature"]

    def blocks() -> Answer:
        return 0.0, _as_blocks(np, error.jacobian(*arguments, argnums=(0, 1, 2)))

    return blocks


def chalkgrad_no_rows(given: Numbers, threads: int) -> Callable[[], Answer]:
    """Compile the errors of all observations in a loop; a column of ones sums to the blocks.

    An error depends on its own camera, point and weight alone, so the gradient of the sum of all
    first errors is the first rows of all blocks.
    """
    np: Any = import_module("numpy")
    autograd: Any = import_module("autograd")
    objectives: Any = import_module("benchmarks.objectives")

    def compiled(k: int) -> Any:
        @autograd.compile(threads=threads)  # type: ignore[untyped-decorator]
        def total(camera: Any, point: Any, weight: Any, feature: Any) -> Any:
            observations = zip(camera, point, weight, feature, strict=True)
            return autograd.sum(objectives.reprojection_error(*each)[k] for each in observations)

        return total

    arguments = given["camera"], given["point"], given["weight"], given["feature"]
    totals = compiled(0), compiled(1)

    def blocks() -> Answer:
        found = [total.grad(*arguments, argnums=(0, 1, 2)) for total in totals]
        return 0.0, _as_blocks(np, found)

    return blocks


def numpy(given: Numbers, threads: int) -> Callable[[], Answer]:
    """Write the derivatives by hand, each operation on all observations; numbers of a row apart."""
    np: Any = import_module("numpy")
    weight = given["weight"]
    identity = np.eye(3)[:, :, None]

    def blocks() -> Answer:
        r, centre, focal, _, radial = np.split(
            np.ascontiguousarray(given["camera"].T), [3, 6, 7, 9]
        )
        point = np.ascontiguousarray(given["point"].T)
        v = point - centre
        angle = np.sqrt((r * r).sum(0))
        w = r / angle
        c, s = np.cos(angle), np.sin(angle)
        turned, along, rest = np.cross(w, v, axis=0), (w * v).sum(0), 1 - c
        seen = v * c + turned * s + w * (along * rest)
        by_v = c * identity + s * _crosses(np, w) + rest * w[:, None] * w
        by_angle = turned * c - v * s + w * (along * s)
        by_axis = rest * (along * identity + w[:, None] * v) - s * _crosses(np, v)
        by_axis /= angle
        by_r = by_axis + (by_angle - (by_axis * w).sum(1))[:, None] * w
        z = seen[2]
        image = seen[:2] / z
        r2 = (image * image).sum(0)
        distortion = 1 + (radial[0] + radial[1] * r2) * r2
        scale = weight * focal[0]
        slope = 2 * (radial[0] + 2 * radial[1] * r2)
        by_image = (slope * image)[:, None] * image
        by_image[0, 0] += distortion
        by_image[1, 1] += distortion
        by_image *= scale / z
        by_seen = np.empty((2, 3, len(z)))
        by_seen[:, :2] = by_image
        by_seen[:, 2] = -(by_image * image).sum(1)
        found = np.zeros((2, 15, len(z)))
        np.einsum("ijn,jkn->ikn", by_seen, by_r, out=found[:, :3])
        np.einsum("ijn,jkn->ikn", by_seen, by_v, out=found[:, 11:14])
        np.negative(found[:, 11:14], out=found[:, 3:6])
        projected = distortion * image
        found[:, 6] = weight * projected
        found[0, 7] = found[1, 8] = weight
        found[:, 9] = scale * r2 * image
        found[:, 10] = found[:, 9] * r2
        feature = given["feature"].T
        found[:, 14] = focal * projected + given["camera"].T[7:9] - feature
        return 0.0, [found.transpose(2, 0, 1)]

    return blocks


def jax(given: Numbers, threads: int) -> Callable[[], Answer]:
    """Compile the Jacobian of one observation's error, mapped over all, with jit."""
    library: Any = import_module("jax")
    library.config.update("jax_enable_x64", True)
    jnp: Any = library.numpy
    rows, feature = jnp.asarray(_rows(given)), jnp.asarray(given["feature"])

    def error(row: Array, feature: Array) -> Array:
        return _error(row, feature, jnp.cross, jnp.sqrt, jnp.cos, jnp.sin)

    compiled = library.jit(library.vmap(library.jacfwd(error)))
    return lambda: (0.0, [library.block_until_ready(compiled(rows, feature))])


def torch(given: Numbers, threads: int) -> Callable[[], Answer]:
    """Run array code of all observations, and one backward pass for each of the two errors."""
    library: Any = import_module("torch")
    library.set_num_threads(threads)
    rows = library.tensor(_rows(given), requires_grad=True)
    feature = library.tensor(given["feature"])

    def blocks() -> Answer:
        columns = rows.T
        errors = _error(
            columns, feature.T, lambda u, v: library.linalg.cross(u, v, dim=0), library.sqrt,
            library.cos, library.sin,
        )  # fmt: skip
        found = [
            library.autograd.grad(each.sum(), rows, retain_graph=not k)[0]
            for k, each in enumerate(errors)
        ]
        return 0.0, [library.stack(found, 1)]

    return blocks


def _error(x: Array, feature: Array, cross: Any, sqrt: Any, cos: Any, sin: Any) -> Array:
    """Return the error of one observation, or of columns of them: the formula in array code."""
    r, centre, focal, principal, radial, point, weight = (
        x[0:3], x[3:6], x[6], x[7:9], x[9:11], x[11:14], x[14],
    )  # fmt: skip
    v = point - centre
    angle = sqrt((r * r).sum(0))
    w = r / angle
    c = cos(angle)
    seen = v * c + cross(w, v) * sin(angle) + w * ((w * v).sum(0) * (1 - c))
    image = seen[:2] / seen[2]
    r2 = (image * image).sum(0)
    distortion = 1 + radial[0] * r2 + radial[1] * r2 * r2
    return weight * (focal * distortion * image + principal - feature)


def _rows(given: Numbers) -> Array:
    """Return the 15 numbers that an observation's error is differentiated by."""
    np: Any = import_module("numpy")
    return np.concatenate([given["camera"], given["point"], given["weight"][:, None]], 1)


def _as_blocks(np: Any, found: Any) -> list[Array]:
    """Return derivatives by camera, point and weight for each error as blocks (rows, 2, 15)."""
    parts = [[*np.atleast_2d(camera.T), *point.T, weight] for camera, point, weight in found]
    return [np.array(parts).transpose(2, 0, 1)]


def _crosses(np: Any, w: Array) -> Array:
    """Return the matrices that multiply from the left as w cross does."""
    zero = np.zeros_like(w[0])
    return np.array([[zero, -w[2], w[1]], [w[2], zero, -w[0]], [-w[1], w[0], zero]])


ENGINES = engines(
    chalkgrad=chalkgrad, chalkgrad_no_rows=chalkgrad_no_rows, numpy=numpy, jax=jax, torch=torch
)
