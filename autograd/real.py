"""What a Value accepts as a real number, and what to write instead of anything else."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any, NoReturn

import numpy as np

from autograd.numbers import OwnFunctions

_MISFITS: list[tuple[Any, str]] = [
    ((bool, np.bool_), "a truth value: write int(flag), or where(flag, a, b)"),
    ((complex, np.complexfloating), "complex: differentiate its real and imaginary parts apart"),
    (str, "text: write Value(float(text))"),
    (type(None), "nothing (does the function that made it lack a return?)"),
    (np.ndarray, "an array: write [Value(x) for x in array], or array.item() if it holds one"),
    ((list, tuple, set), "a collection: write [Value(x) for x in numbers]"),
    (dict, "a dict: write {key: Value(x) for key, x in numbers.items()}"),
    (Decimal, "a Decimal: write Value(Fraction(x)), or mpmath.mpf for many digits"),
]
_KNOWN = (int, float, Fraction, np.number, complex, str, type(None), list, tuple, dict, Decimal)


def plain_number(x: Any, use: str) -> Any:
    """Return x as int, float, Fraction or mpmath number; NumPy scalars become int or float."""
    if type(x) in (float, int, Fraction) or hasattr(x, "_mpf_") or hasattr(x, "_mpi_"):
        return x
    if isinstance(x, (int, np.integer)) and not isinstance(x, bool):
        return int(x)
    if isinstance(x, (float, np.floating)):
        return float(x)
    if isinstance(x, Fraction):
        return x
    if isinstance(x, OwnFunctions):
        raise TypeError(f"{use}: {x!r} is a Value already: use it as it is, or x.detach()")
    advice = next((text for kind, text in _MISFITS if isinstance(x, kind)), "not a real number")
    raise TypeError(
        f"{use}: {short(x)} is {advice}. "
        "Allowed are int, float, Fraction, mpmath.mpf and NumPy's real scalars"
    )


def short(x: Any) -> str:
    """Return the repr of x, cut to fit into a message."""
    text = repr(x)
    return text if len(text) <= 60 else text[:57] + "..."


def operand(x: Any, use: str) -> Any:
    """Return the other operand as a plain number, or NotImplemented: let its own type decide."""
    if type(x) is float or type(x) is int:
        return x
    if isinstance(x, (bool, np.bool_)):  # the mask in NumPy code such as (x > 0) * x
        return int(x)
    if isinstance(x, np.ndarray):  # NumPy goes through the elements
        return NotImplemented
    if isinstance(x, _KNOWN) or hasattr(x, "_mpf_") or hasattr(x, "_mpi_"):
        return plain_number(x, use.format(short(x)))
    return NotImplemented


def refuse(v: Any, use: str, instead: str) -> NoReturn:
    """Raise the TypeError for a use that would drop a derivative."""
    raise TypeError(
        f"{use}: {v!r} would silently lose its derivative here. "
        f"Write {instead}; or v.data for the plain number"
    )


def refusal(use: str, instead: str) -> Callable[..., NoReturn]:
    """Return a method that refuses so."""
    return lambda self, *_: refuse(self, use, instead)
