"""Options of optimizers and schedules: fields of a dataclass, checked, and named in errors."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np

from autograd.numbers import library
from autograd.real import plain_number
from nn.data.arrays import whole


@dataclass(eq=False, repr=False)
class Options:
    """Refuse options that there are not, and check those that there are."""

    def __new__(cls, *args: Any, **options: Any) -> Self:
        allowed = [option.name for option in fields(cls)]
        for name in options:
            if name not in allowed:
                near = difflib.get_close_matches(name, allowed, n=1)
                raise TypeError(
                    f"{cls.__name__}({name}=...): there is no such option"
                    + (f"; did you mean {near[0]}?" if near else ".")
                    + f" The options are {', '.join(allowed[1:])}"
                )
        return super().__new__(cls)

    def _given(self, name: str) -> str:
        return f"{type(self).__name__}({name}={getattr(self, name)!r})"

    def _number(self, name: str) -> Any:
        return plain_number(getattr(self, name), self._given(name))

    def _count(self, name: str, least: int = 1) -> int:
        return whole(f"{type(self).__name__}: {name}", getattr(self, name), least)

    def _above_zero(self, name: str, why: str) -> Any:
        number = self._number(name)
        if not 0 < number < float("inf"):
            raise ValueError(f"{self._given(name)}: {why}, and finite")
        return number

    def _decay_rate(self, name: str) -> Any:
        return checked_decay(self._given(name), self._number(name))

    def _share(self, name: str, *, above_zero: bool = False) -> Any:
        share = self._number(name)
        if not 0 <= share <= 1 or (above_zero and not share):
            raise ValueError(
                f"{self._given(name)}: it must be {'above 0' if above_zero else 'at least 0'}, and "
                "at most 1"
            )
        return share


def in_use(option: Any) -> bool:
    """Say whether an option is not 0: one that JAX's programs are given at every step is in use.

    One that differs between models that train together is in use if it is for any.
    """
    if isinstance(option, np.ndarray):
        return bool(option.any())
    return library(option) is not None or bool(option)


def checked_decay(given: str, decay: Any) -> Any:
    """Return the decay of a running average. Raises ValueError unless 0 <= decay < 1."""
    if not 0 <= decay < 1:
        raise ValueError(f"{given}: it must be at least 0 and below 1")
    return decay
