"""
Student's t: its tails at the speed of scipy.special, and the law fitted to a sample.

scipy.stats costs a hundred times as much a call, and a search for the likeliest law without its
slopes a thousand times.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy
from scipy import special

if TYPE_CHECKING:
    from analysis._typing import FloatArray

MOST_DF = 1e6
"""Degrees of freedom beyond which Student's t is normal."""


def never_zero(p: float) -> float:
    """
    Keep a tail probability positive.

    Examples
    --------
    >>> never_zero(0.0) > 0, never_zero(0.5)
    (True, 0.5)
    """
    return min(1.0, max(p, sys.float_info.min))


def two_sided_p(statistic: float, df: float) -> float:
    """
    Two-sided tail probability of a t statistic; never 0.

    Examples
    --------
    >>> round(two_sided_p(-12.438, 3), 5)
    0.00112
    """
    return never_zero(float(2 * special.stdtr(df, -abs(statistic))))


def critical_value(level: float, df: float) -> float:
    """
    Half-width of a two-sided interval in standard errors.

    Examples
    --------
    >>> round(critical_value(0.95, 248), 4)
    1.9696
    """
    return float(special.stdtrit(df, 0.5 + level / 2))


@dataclass(frozen=True, slots=True)
class StudentLaw:
    """
    A Student t around 0.

    Attributes
    ----------
    df : float
        Degrees of freedom: the smaller, the fatter the tails.
    scale : float
        In the units of what it was fitted to.
    count : int
        Values that it was fitted to.
    """

    df: float
    scale: float
    count: int

    def p(self, value: float) -> float:
        """Give the two-sided p-value of one more value; never 0."""
        return two_sided_p(value / self.scale, self.df)

    def reach(self, level: float) -> float:
        """Give how far from 0 a share `level` of the values lies."""
        return self.scale * critical_value(level, self.df)


def fit_student(
    values: FloatArray, *, least_df: float = 0.1, most_df: float = MOST_DF
) -> StudentLaw | None:
    """
    Fit a Student t around 0 by maximum likelihood.

    Parameters
    ----------
    values : ndarray of shape (B,)
        NaN is left out.
    least_df, most_df : float
        Bounds of the degrees of freedom.

    Returns
    -------
    StudentLaw or None
        None where more than half of the values are 0: they give no scale.

    References
    ----------
    Lange, Little and Taylor (1989), Journal of the American Statistical Association 84.

    Examples
    --------
    >>> import numpy as np
    >>> draws = 1.2 * np.random.default_rng(1).standard_t(4, 20_000)
    >>> found = fit_student(draws)
    >>> round(found.scale, 2), round(found.df, 1)
    (1.2, 3.9)
    """
    known = values[np.isfinite(values)]
    middle = float(np.median(np.abs(known))) if len(known) else 0.0
    if middle == 0:
        return None
    squares = (known / middle) ** 2  # so that the scale looked for is near 1

    def cost(at: FloatArray) -> tuple[float, FloatArray]:
        variance, df = np.exp(2 * at[0]), np.exp(at[1])
        ratio = squares / (df * variance)
        folded = np.log1p(ratio).mean()
        weight = (ratio / (1 + ratio)).mean()
        half = (df + 1) / 2
        value = special.gammaln(half) - special.gammaln(df / 2) - np.log(df * np.pi) / 2 - at[0]
        slope_df = (special.digamma(half) - special.digamma(df / 2) - 1 / df - folded) / 2
        slopes = np.array([-1 + 2 * half * weight, df * (slope_df + half * weight / df)])
        return -float(value - half * folded), -slopes

    found = scipy.optimize.minimize(
        cost,
        np.log([1.3, 4.0]),
        jac=True,
        method="L-BFGS-B",
        bounds=[(-5.0, 5.0), (np.log(least_df), np.log(most_df))],
    )
    scale, df = np.exp(found.x)
    return StudentLaw(float(df), float(scale) * middle, len(known))
