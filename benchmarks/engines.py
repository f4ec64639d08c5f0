"""Adapters: what a problem needs from an engine, in one shape for all of them.

This file runs inside each peer's own Python, so an engine is imported only when asked for.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib import import_module, metadata
from typing import Any

Scalar = Any  # whatever the engine calls its scalar
Function = Callable[[list[Scalar]], Scalar]
ValueAndGradient = Callable[[Function, Sequence[float]], tuple[float, list[float]]]


class Installed:
    """Be an engine that is installed as a distribution."""

    distribution: str

    @property
    def version(self) -> str:
        """Return the installed version of the distribution."""
        try:
            return metadata.version(self.distribution)
        except metadata.PackageNotFoundError:
            return "this tree"


@dataclass(frozen=True, kw_only=True)
class Engine(Installed):
    """Hold what a problem may use of one engine."""

    name: str
    distribution: str
    value_and_gradient: ValueAndGradient
    relu: Callable[[Scalar], Scalar] = operator.methodcaller("relu")
    dot: Callable[[list[Scalar], list[Scalar]], Scalar] | None = None
    sum: Callable[[list[Scalar]], Scalar] = sum
    constant: Callable[[float], Scalar] = float
    mlp: Callable[[int, list[int]], Any] | None = None
    count: Callable[[Scalar], tuple[int, int]] | None = None
    recursive: bool = False


def by_backward(
    leaf: Callable[[float], Scalar],
    number: Callable[[Scalar], float],
    gradient: Callable[[Scalar], float],
) -> ValueAndGradient:
    """Return value_and_gradient for an engine whose backward() fills its leaves."""

    def value_and_gradient(function: Function, at: Sequence[float]) -> tuple[float, list[float]]:
        xs = [leaf(x) for x in at]
        y = function(xs)
        y.backward()
        return number(y), [gradient(x) for x in xs]

    return value_and_gradient


def chalkgrad() -> Engine:
    """Return this project's engine, with one node per dot product and per sum."""
    autograd = import_module("autograd")

    def count(y: Scalar) -> tuple[int, int]:
        nodes = autograd.nodes(y)
        dots = (v for v in nodes if v.rule is not None and v.rule.name == "dot")
        return len(nodes), sum(len(v.inputs) // 2 for v in dots)

    return Engine(
        name="chalkgrad",
        distribution="chalkgrad",
        value_and_gradient=by_backward(
            autograd.Value,
            operator.attrgetter("data"),
            lambda x: 0.0 if x.grad is None else x.grad,
        ),
        dot=autograd.dot,
        sum=autograd.sum,
        count=count,
    )


def chalkgrad_scalar() -> Engine:
    """Return this project's engine used as micrograd is: no dot, no sum of many."""
    return replace(chalkgrad(), name="chalkgrad-scalar", dot=None, sum=sum)


def floats() -> Engine:
    """Return plain floats: the forward pass alone, with no engine; the floor for any of them."""
    return Engine(
        name="floats",
        distribution="floats",
        value_and_gradient=lambda function, at: (function(list(at)), []),
        relu=lambda x: x if x > 0 else 0.0,
    )


def micrograd() -> Engine:
    """Return karpathy/micrograd with its own nn."""
    engine, nn = import_module("micrograd.engine"), import_module("micrograd.nn")

    def count(y: Scalar) -> tuple[int, int]:
        seen, stack = {y}, [y]
        while stack:
            fresh = stack.pop()._prev - seen
            seen |= fresh
            stack.extend(fresh)
        return len(seen), 0

    return Engine(
        name="micrograd",
        distribution="micrograd",
        value_and_gradient=by_backward(
            engine.Value, operator.attrgetter("data"), operator.attrgetter("grad")
        ),
        constant=engine.Value,
        mlp=nn.MLP,
        count=count,
        recursive=True,
    )


def micrograd_rust() -> Engine:
    """Return micrograd-rust; it has no relu, so a product with 0 or 1 stands for it."""
    make_value = import_module("micrograd_rust").Value
    return Engine(
        name="micrograd-rust",
        distribution="micrograd-rust",
        value_and_gradient=by_backward(
            make_value, operator.attrgetter("data"), operator.attrgetter("grad")
        ),
        relu=lambda v: float(v.data > 0) * v,
        constant=make_value,
        recursive=True,
    )


def micrograd_cpp() -> Engine:
    """Return micrograd-cpp-engine: float32 tensors of one number."""
    make_tensor = import_module("micrograd")._C.Tensor

    def leaf(x: float) -> Scalar:
        tensor = make_tensor([x], [1])
        tensor.requires_grad_(True)
        return tensor

    return Engine(
        name="micrograd-cpp",
        distribution="micrograd-cpp-engine",
        value_and_gradient=by_backward(
            leaf, lambda y: float(y.tolist()[0]), lambda x: float(x.grad().tolist()[0])
        ),
        recursive=True,
    )


def torch() -> Engine:
    """Return PyTorch with 0-dim float64 tensors on one thread."""
    library = import_module("torch")
    library.set_num_threads(1)
    return Engine(
        name="torch",
        distribution="torch",
        value_and_gradient=by_backward(
            lambda x: library.tensor(x, dtype=library.float64, requires_grad=True),
            lambda y: float(y.item()),
            lambda x: 0.0 if x.grad is None else float(x.grad.item()),
        ),
    )


def hips() -> Engine:
    """Return HIPS autograd, which differentiates a function of one array."""
    numpy, transform = import_module("autograd.numpy"), import_module("autograd").value_and_grad

    def value_and_gradient(function: Function, at: Sequence[float]) -> tuple[float, list[float]]:
        y, gradient = transform(lambda xs: function(list(xs)))(numpy.array(at))
        return float(y), gradient.tolist()

    return Engine(
        name="hips",
        distribution="autograd",
        value_and_gradient=value_and_gradient,
        # Not maximum(x, 0), whose gradient is 1/2 where x = 0.
        relu=lambda v: numpy.where(v > 0, v, 0.0),
    )


ENGINES: dict[str, Callable[[], Engine]] = {
    "chalkgrad": chalkgrad,
    "chalkgrad-scalar": chalkgrad_scalar,
    "floats": floats,
    "micrograd": micrograd,
    "micrograd-rust": micrograd_rust,
    "micrograd-cpp": micrograd_cpp,
    "torch": torch,
    "hips": hips,
}
