"""What a least-squares fit found: parameters, how well the data determine them, and a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nn.data.arrays import Floats
from nn.second_order.best_parameters import scipy_module

if TYPE_CHECKING:
    from rich.table import Table

_DETERMINED = 1e-8  # the share of a parameter that may lie in directions the data do not see


@dataclass(frozen=True, eq=False, repr=False)
class Fitted:
    """Hold a fit; it prints as a table.

    `parameters` and `standard_errors` have the form of the start (for a model: a dict by name).
    `covariance` is that of the parameters, in the order of `names`: s² (JᵀJ)⁻¹ with the residual
    standard deviation s = sqrt(sum_of_squares / degrees_of_freedom). A parameter that the data do
    not determine has an infinite standard error; without degrees of freedom all of them are nan.
    """

    parameters: Any
    standard_errors: Any
    names: list[str]
    numbers: Floats
    covariance: Floats
    sum_of_squares: float
    residual_standard_deviation: float
    degrees_of_freedom: int
    evaluations: int
    converged: bool
    message: str

    def intervals(self, confidence: float = 0.95) -> list[tuple[float, float]]:
        """Return for each parameter its interval b ± t * (standard error), t by Student's law.

        Raises ValueError for a confidence outside (0, 1). Source: Bates and Watts 1988,
        "Nonlinear Regression Analysis and Its Applications", section 2.3.
        """
        if not 0 < confidence < 1:
            raise ValueError(f"confidence={confidence!r}: it must lie between 0 and 1, as 0.95")
        special = scipy_module("special", "intervals")
        errors = np.sqrt(np.diag(self.covariance))
        t = float(special.stdtrit(max(self.degrees_of_freedom, 0) or np.nan, (1 + confidence) / 2))
        return [
            (float(b - t * e), float(b + t * e)) for b, e in zip(self.numbers, errors, strict=True)
        ]

    def __str__(self) -> str:
        from rich.console import Console

        console = Console(width=100, no_color=True, highlight=False)
        with console.capture() as captured:
            console.print(self.__rich__())
        return "\n".join(line.rstrip() for line in captured.get().splitlines())

    __repr__ = __str__

    def __rich__(self) -> Table:
        """Return the table that is printed."""
        from rich import box
        from rich.table import Table
        from rich.text import Text

        table = Table(box=box.SIMPLE_HEAD, caption_justify="left", caption_style="")
        table.add_column("parameter", style="bold cyan")
        for title in ("estimate", "standard error", "95 % from", "to"):
            table.add_column(title, justify="right")
        errors = np.sqrt(np.diag(self.covariance))
        rows = zip(self.names, self.numbers, errors, self.intervals(), strict=True)
        for name, b, error, (low, high) in rows:
            table.add_row(Text(name), f"{b:.10g}", f"{error:.6g}", f"{low:.6g}", f"{high:.6g}")
        table.caption = Text(
            f"residual sum of squares       {self.sum_of_squares:.10g}\n"
            f"residual standard deviation   {self.residual_standard_deviation:.10g}\n"
            f"degrees of freedom            {self.degrees_of_freedom}\n"
            f"{'converged' if self.converged else 'NOT converged'}: {self.message}"
        )
        return table


def covariance(slopes: Floats, sum_of_squares: float) -> Floats:
    """Return s² (JᵀJ)⁻¹ for the Jacobian J, s² = sum_of_squares / (rows - columns).

    JᵀJ is never made, as it would square the condition of J; the columns are brought to length 1
    and the singular values V S⁻² Vᵀ give the inverse. Parameters that the data do not determine
    get an infinite variance, and nan as covariance with the others; with no more rows than
    columns all is nan. Sources: van der Sluis 1969, "Condition numbers and equilibration of
    matrices"; Björck 1996, "Numerical Methods for Least Squares Problems", section 2.8.

    >>> covariance(np.array([[1.0], [1.0], [1.0]]), 6.0)
    array([[1.]])
    """
    rows, columns = slopes.shape
    if rows <= columns:
        return np.full((columns, columns), np.nan)
    lengths = np.linalg.norm(slopes, axis=0)
    lengths[lengths == 0] = 1
    _, s, directions = np.linalg.svd(slopes / lengths, full_matrices=False)
    seen = s > rows * np.finfo(float).eps * s[0]
    half = directions[seen].T / s[seen] / lengths[:, None]
    result: Floats = half @ half.T * (sum_of_squares / (rows - columns))
    unknown = np.any(np.abs(directions[~seen]) > _DETERMINED, axis=0)
    result[unknown, :] = result[:, unknown] = np.nan
    result[unknown, unknown] = np.inf
    return result


def undetermined(names: Sequence[str], variances: Floats) -> str:
    """Return a clause that names the parameters of infinite variance, or ''."""
    lost = [name for name, v in zip(names, variances, strict=True) if np.isinf(v)]
    if not lost:
        return ""
    shown = ", ".join(lost[:5]) + (f" and {len(lost) - 5} more" if len(lost) > 5 else "")
    return f"; the data do not determine {shown}"
