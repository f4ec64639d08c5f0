"""Numbers as text: rounded, never to a false zero, exact where they are exact."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import mpmath
import pytest

from viz.diagrams.digits import aligned, digits

NUMBERS: list[tuple[Any, str]] = [
    (0.0, "0"),
    (-0.0, "0"),
    (2.0, "2"),
    (-1.4999999999999998, "-1.5"),  # cut off it would be -1.4999
    (0.99999, "1"),
    (9999.99, "10000"),
    (1e-5, "1e-5"),
    (0.00012344, "0.0001234"),
    (-1.23456e-5, "-1.235e-5"),
    (5e-324, "4.941e-324"),
    (12345.678, "12346"),
    (65536.0, "65536"),
    (1234567.0, "1.235e6"),
    (1e300, "1e300"),
    (float("nan"), "nan"),
    (float("inf"), "inf"),
    (float("-inf"), "-inf"),
    (7, "7"),
    (123456789, "123456789"),
    (True, "True"),
    (Fraction(-22, 7), "-22/7"),
    (Fraction(4, 2), "2"),
    (10**5000, "≈1e5000"),  # str() refuses it
    (Fraction(1, 3**200), "≈3.765e-96"),
    (mpmath.mpf("1e-400"), "1e-400"),  # as a float it would be 0
    (mpmath.mpf("0.1"), "0.1"),
    (mpmath.mpf("-inf"), "-inf"),
    (mpmath.mpf("nan"), "nan"),
]


@pytest.mark.parametrize(("x", "text"), NUMBERS, ids=[text for _, text in NUMBERS])
def test_a_number_has_this_text(x: Any, text: str) -> None:
    assert digits(x) == text


def test_rounding_is_right_to_half_a_unit_of_the_fourth_digit() -> None:
    source = random.Random(0)
    for _ in range(2000):
        x = source.uniform(-10, 10) * 10.0 ** source.randint(-300, 300)
        assert abs(Fraction(digits(x)) - Fraction(x)) <= Fraction(abs(x)) / 2000


def test_more_digits_on_request() -> None:
    assert digits(2 / 3, significant=7) == "0.6666667"


def test_points_stand_below_each_other() -> None:
    texts = aligned([2.0, -1.5, 1e-5, Fraction(1, 3), 123.45])
    assert texts == ["  2   ", " -1.5 ", "  1e-5", "1/3   ", "123.5 "]
    assert aligned([]) == []
