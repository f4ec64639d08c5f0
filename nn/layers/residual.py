"""The residual connection: a part learns what to add to its input."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from nn.inputs import Inputs, is_row, like, listed
from nn.module import Module


class Residual(Module):
    """Compute x + module(x), or projection(x) + module(x) where the sizes differ.

    Both may be Modules or functions of a list, or of lists in lists, which are added number by
    number. Raises ValueError if the sums do not pair up, TypeError for what cannot be called.
    Source: He et al. 2016, "Deep Residual Learning for Image Recognition", equations 1 and 2.

    >>> from nn.layers.layer import Layer
    >>> Residual(Layer(2, 2, init=lambda *_: 1.0))([1.0, 2.0])
    [Value(4.0), Value(5.0)]
    """

    def __init__(
        self, module: Callable[[Any], Any], projection: Callable[[Any], Any] | None = None
    ) -> None:
        for name, part in (("module", module), ("projection", projection)):
            absent = name == "projection" and part is None
            if not absent and (isinstance(part, type) or not callable(part)):
                raise TypeError(f"Residual({name}={part!r}): give a Module or a function of a list")
        self.module, self.projection = module, projection

    def __call__(self, x: Inputs) -> Any:
        return self.batch([x])[0]

    def batch(self, rows: Iterable[Any]) -> list[Any]:
        """Return the outputs for many samples, which go through the module together."""
        given = list(rows)
        added = _batch(self.module, given)
        kept = _batch(self.projection, given) if self.projection else given
        return [self._sum(x, y) for x, y in zip(kept, added, strict=True)]

    def _sum(self, x: Any, y: Any) -> Any:
        xs, ys = listed(x), listed(y)
        if len(xs) != len(ys):
            what = "its projection gives" if self.projection else "it was given"
            raise ValueError(
                f"Residual: its module gives {len(ys)} numbers and {what} {len(xs)}; for a sum "
                "there must be as many: give a projection, as "
                f"projection=nn.Layer({len(xs)}, {len(ys)}, nonlin=False, bias=False)"
            )
        return like(x, [
            self._sum(a, b) if is_row(a) or is_row(b) else a + b
            for a, b in zip(xs, ys, strict=True)
        ])  # fmt: skip

    def options(self) -> dict[str, Any]:
        """Return the keyword arguments that make one like it, but for its numbers."""
        return {"module": self.module, "projection": self.projection}

    def __repr__(self) -> str:
        projection = f", projection={self.projection!r}" if self.projection else ""
        return f"Residual({self.module!r}{projection})"


def _batch(part: Callable[[Any], Any], rows: list[Any]) -> list[Any]:
    return part.batch(rows) if isinstance(part, Module) else [part(x) for x in rows]
