"""Compute special functions of one float to nearly full precision, by the rules of IEEE 754.

Each result is within 8 units in the last place of the true f(x), or 4 (1 + |x f′(x)/f(x)|) units
where that is more.  No float raises: overflow gives ±inf, a pole with different signs on its two
sides gives nan.  Numbers such as "DLMF 5.11.2" are formulas in the NIST Digital Library of
Mathematical Functions, https://dlmf.nist.gov.  `math.erf` and `math.erfc` need no help.
"""

import math
from fractions import Fraction

__all__ = ["digamma", "gamma", "gaussian", "lgamma", "normal_cdf", "polygamma"]

# B₂, B₄, …, B₂₀ (DLMF table 24.2.1).
BERNOULLI = (
    1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66,
    -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798, -174611 / 330,
)  # fmt: skip

# √½ = ROOT_HALF + ROOT_HALF_REST to 107 bits.
ROOT_HALF = math.sqrt(0.5)
ROOT_HALF_REST = float(Fraction(1, 2) - Fraction(ROOT_HALF) ** 2) / (2 * ROOT_HALF)


def gamma(x: float) -> float:
    """Return Γ(x), with ±inf at ±0.0 and nan at the negative integers and -inf (DLMF 5.2.1).

    >>> gamma(5.0), gamma(200.0), gamma(-0.0), gamma(-1.0)
    (24.0, inf, -inf, nan)
    """
    if -4 < x < -2 and x != -3:  # math.gamma is 8.4 units off near -3.65
        numerator, denominator, log_near_two = _gamma_near_two(x)
        return float(numerator / denominator) * math.exp(log_near_two)
    try:
        return math.gamma(x)
    except ValueError:
        return math.copysign(math.inf, x) if x == 0 else math.nan
    except OverflowError:  # x > 171, or |x| so small that Γ(x) ≈ 1/x
        return math.copysign(math.inf, x)


def lgamma(x: float) -> float:
    """Return log|Γ(x)|, with inf at the poles 0, -1, -2, … and at ±inf (DLMF 5.2.1).

    >>> lgamma(2.0), lgamma(0.0), lgamma(1e308)
    (0.0, inf, inf)
    """
    if 0.25 < x < 4 or (-4 < x < -1 and x != math.floor(x)):  # math.lgamma loses digits here
        numerator, denominator, log_near_two = _gamma_near_two(x)
        size = denominator if denominator > 0 else -denominator
        # Subtracting 1 before anything is rounded keeps the digits of a logarithm near 0.
        return log_near_two + math.log1p(float(numerator - 1)) - math.log1p(float(size - 1))
    try:
        return math.lgamma(x)
    except (ValueError, OverflowError):
        return math.inf


def _gamma_near_two(x: float) -> tuple[float | Fraction, float | Fraction, float]:
    """Return p, q, log Γ(2 + z), where Γ(x) = (p/q) Γ(2 + z), -¾ ≤ z ≤ ¼, by DLMF 5.5.1, 5.7.3.

    >>> _gamma_near_two(3.0), _gamma_near_two(0.5)[:2]
    ((2.0, Fraction(1, 1), 0.0), (Fraction(1, 1), 0.5))
    """
    # A product of up to five floats would be too coarse for log|Γ| about -2.6.
    exact: float | Fraction = x if x > 0 else Fraction(x)
    numerator: float | Fraction = Fraction(1)
    denominator: float | Fraction = Fraction(1)
    steps = 0
    while exact + steps < 1.25:
        denominator *= exact + steps
        steps += 1
    while exact + steps > 2.25:
        steps -= 1
        numerator *= exact + steps
    z = float(exact + (steps - 2))
    series = 0.0
    for coefficient in reversed(LOG_GAMMA_AT_TWO):
        series = (series + coefficient) * z
    return numerator, denominator, series


def digamma(x: float) -> float:
    """Return ψ(x) = Γ′(x)/Γ(x), by ψ(x) = ψ(x + 1) - 1/x, then ψ(x) ~ log x - 1/2x - Σ B₂ₖ/2kx²ᵏ.

    Poles: ∓inf at ±0.0, nan at the negative integers.  The limits are inf at inf and nan at -inf.
    Source: DLMF 5.5.2, 5.11.2; reflection for x < 0, 5.5.4.

    >>> round(digamma(1.0), 14)  # minus Euler's constant
    -0.57721566490153
    >>> digamma(0.0), digamma(-0.0), digamma(-1.0)
    (-inf, inf, nan)
    """
    if x == 0:
        return -math.copysign(math.inf, x)
    if x < 0:
        return digamma(1 - x) - _pi_cot_pi(x)
    steps = max(0, math.ceil(10 - x)) if x < 10 else 0
    large = x + steps
    square = 1 / large / large
    series = 0.0
    for k in range(len(BERNOULLI), 0, -1):
        series = (series + BERNOULLI[k - 1] / (2 * k)) * square
    return math.fsum(
        [math.log(large), -0.5 / large, -series, *(-1 / (x + k) for k in range(steps))]
    )


def _pi_cot_pi(x: float) -> float:
    """Return π cot(πx), reducing x exactly to its distance from the nearest integer (DLMF 4.21).

    >>> _pi_cot_pi(-1e15 - 0.5), _pi_cot_pi(3.0)
    (-0.0, nan)
    """
    if math.isinf(x):
        return math.nan
    distance = math.remainder(x, 1.0)
    if distance == 0:
        return math.nan
    if abs(distance) > 0.25:
        return math.copysign(math.pi * math.tan(math.pi * (0.5 - abs(distance))), distance)
    return math.pi / math.tan(math.pi * distance)


def polygamma(n: int, x: float) -> float:
    """Return ψ⁽ⁿ⁾(x) = (-1)ⁿ⁺¹ n! ζ(n + 1, x), the n-th derivative of `digamma`, where n ≥ 0.

    Poles, for n ≥ 1: inf where n is odd; where n is even, ∓inf at ±0.0 and nan at the negative
    integers.  The limits are 0 at inf and nan at -inf.  Raises ValueError for any other n.
    For x < 0 the sum Σ 1/(x + k)ⁿ⁺¹ over k ≥ 0 is the sum over all integers k, which depends
    only on the distance of x to the nearest one, less the sum over k < 0.
    Source: DLMF 25.11.12; the sum over all integers is 4.22.3 differentiated.

    >>> polygamma(1, 1.0) == math.pi**2 / 6
    True
    >>> polygamma(1, 0.0), polygamma(2, -1.0), polygamma(20, 1e-300)
    (inf, nan, -inf)
    """
    if not isinstance(n, int) or n < 0:
        raise ValueError(f"polygamma(n, x): n must be an integer and at least 0, but it is {n!r}")
    if n == 0:
        return digamma(x)
    sign = 1 if n % 2 else -1
    if x == math.inf:
        return sign * 0.0
    if not math.isfinite(x):
        return math.nan
    if x == 0:
        return math.inf if n % 2 else -math.copysign(math.inf, x)
    if x > 0:
        return _factorial_over_power(n, x, sign * _hurwitz(n + 1, x))
    distance = math.remainder(x, 1.0)
    if distance == 0:
        return math.inf if n % 2 else math.nan
    near = abs(distance)
    if near == 0.5 and n % 2 == 0:
        return polygamma(n, 1 - x)  # the sum over all integers is 0
    near_sign, far_sign = (sign, 1) if distance > 0 else (1, sign)
    log_far_over_near = math.log1p((1 - 2 * near) / near)  # a rounded quotient to a power is worse
    scaled = [
        near_sign * _hurwitz(n + 1, near),
        far_sign * _hurwitz(n + 1, 1 - near) * math.exp(-(n + 1) * log_far_over_near),
        -_hurwitz(n + 1, 1 - x) * (near / (1 - x)) ** (n + 1),
    ]
    return _factorial_over_power(n, near, math.fsum(scaled))


def _hurwitz(s: int, a: float) -> float:
    """Return aˢ ζ(s, a) = Σ (a / (a + k))ˢ over k ≥ 0, by Euler-Maclaurin from a + k ≥ s + 10 on.

    The factor aˢ keeps it in range for every a > 0, s ≥ 2.  Source: DLMF 25.11.43.

    >>> _hurwitz(2, 1e300), _hurwitz(2, 1e-300)
    (1e+300, 1.0)
    """
    steps = max(0, math.ceil(s + 10 - a)) if a < s + 10 else 0
    large = a + steps
    tail = large / (s - 1) + 0.5
    factor = s / (2 * large)  # s (s + 1) ⋯ (s + 2k - 2) / (2k)! / large²ᵏ⁻¹
    for k, bernoulli in enumerate(BERNOULLI, 1):
        tail += bernoulli * factor
        factor *= (s + 2 * k - 1) / large * (s + 2 * k) / large / ((2 * k + 1) * (2 * k + 2))
    return math.fsum([*((a / (a + k)) ** s for k in range(steps)), tail * (a / large) ** s])


def _factorial_over_power(n: int, a: float, factor: float) -> float:
    """Return n! factor / aⁿ⁺¹, rounded once: in whole numbers, nothing overflows on the way.

    >>> _factorial_over_power(1, 1e300, 1e300), _factorial_over_power(200, 1e-9, -1.0)
    (1e-300, -inf)
    """
    (p, q), (u, v) = a.as_integer_ratio(), factor.as_integer_ratio()
    numerator: int = math.factorial(n) * u * q ** (n + 1)
    denominator: int = v * p ** (n + 1)
    try:
        return numerator / denominator
    except OverflowError:
        return math.copysign(math.inf, factor)


def gaussian(x: float) -> float:
    """Return exp(-x²) = exp(-h²) exp(-(x - h)(x + h)), where h is x to 26 bits, so h² is exact.

    Rounding x² itself would cost the result up to x² units in its last place.

    >>> gaussian(0.0), gaussian(math.inf), gaussian(-math.inf)
    (1.0, 0.0, 0.0)
    """
    if abs(x) > 28:
        return 0.0
    h = _high(x)
    return math.exp(-h * h) * math.exp(-(x - h) * (x + h))


def normal_cdf(x: float) -> float:
    """Return Φ(x) = erfc(t)/2, t = -x/√2, with erfc(t + d) ≈ erfc(t) - 2 exp(-t²) d/√π.

    The rounding error d of t is found exactly; uncorrected it costs t² units in the last place.
    Source: DLMF 7.2.2, 7.10.1; splitting of products: T. J. Dekker, Numer. Math. 18 (1971).

    >>> normal_cdf(0.0), normal_cdf(-math.inf), normal_cdf(math.inf)
    (0.5, 0.0, 1.0)
    """
    if abs(x) > 40:
        return 0.0 if x < 0 else 1.0
    t = -x * ROOT_HALF
    h, c = _high(x), _high(ROOT_HALF)
    d = -math.fsum(
        [h * c, h * (ROOT_HALF - c), (x - h) * c, (x - h) * (ROOT_HALF - c), t, x * ROOT_HALF_REST]
    )
    return 0.5 * (math.erfc(t) - 2 / math.sqrt(math.pi) * math.exp(-t * t) * d)


def _high(x: float) -> float:
    """Return x rounded to 26 bits, for |x| < 1e300 (Dekker 1971, after Veltkamp).

    >>> _high(1 + 2.0**-20 + 2.0**-40) == 1 + 2.0**-20
    True
    """
    shifted = (2**27 + 1) * x
    return shifted - (shifted - x)


# Coefficients of log Γ(2 + z) in z, z², …: 1 - γ, then (-1)ⁿ (ζ(n) - 1)/n (DLMF 5.7.3).
LOG_GAMMA_AT_TWO = (
    0.42278433509846713939,
    *((-1) ** n * _hurwitz(n, 2.0) / 2**n / n for n in range(2, 40)),
)
