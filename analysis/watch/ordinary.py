"""
How far beyond its ordinary days a security moved.

Abnormal returns are set against a forecast of their standard deviation made before the day (see
`analysis.inference.scaled`). The scaled returns of the ordinary days are then described by a
Student t around 0 with a scale and degrees of freedom of the security's own. A rank among B days
cannot fall below 1 / (B + 1), which no correction for a thousand securities would let pass; the
fitted tail can, and the rank stands beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import optimize, special, stats

if TYPE_CHECKING:
    from analysis._typing import FloatArray

FEWEST_DAYS = 250
"""Ordinary days of which a tail is fitted; of fewer there is no judgement."""

LEAST_DF, MOST_DF = 1.5, 200.0
"""Bounds of the degrees of freedom; beyond the upper one a normal law would fit as well."""


@dataclass(frozen=True, slots=True)
class Ordinary:
    """
    The law of a security's ordinary days.

    Attributes
    ----------
    df : float
        Degrees of freedom: the smaller, the fatter the tails.
    scale : float
        Of the scaled abnormal returns; near 1.
    days : int
        Ordinary days that it was fitted on.
    """

    df: float
    scale: float
    days: int

    def p(self, scaled: float) -> float:
        """Give the two-sided p-value of a scaled abnormal return."""
        return float(2 * stats.t.sf(abs(scaled) / self.scale, self.df))

    def reach(self, level: float) -> float:
        """Give how far from 0 a share `level` of the ordinary days lies, in forecasts."""
        return float(self.scale * stats.t.ppf((1 + level) / 2, self.df))


def fit_ordinary(scaled: FloatArray) -> Ordinary | None:
    """
    Fit a Student t around 0 by maximum likelihood.

    Parameters
    ----------
    scaled : ndarray of shape (B,)
        Abnormal returns of ordinary days over their forecasts; NaN is left out.

    Returns
    -------
    Ordinary or None
        None with fewer than `FEWEST_DAYS` days, or where more than half of them are 0.

    References
    ----------
    Lange, Little and Taylor (1989), Journal of the American Statistical Association 84.

    Examples
    --------
    >>> import numpy as np
    >>> draws = 1.2 * np.random.default_rng(1).standard_t(4, 20_000)
    >>> found = fit_ordinary(draws)
    >>> round(found.scale, 2), round(found.df, 1)
    (1.2, 3.9)
    """
    known = scaled[np.isfinite(scaled)]
    middle = float(np.median(np.abs(known))) if len(known) else 0.0
    if len(known) < FEWEST_DAYS or middle == 0:
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

    found = optimize.minimize(
        cost,
        np.log([1.3, 4.0]),
        jac=True,
        method="L-BFGS-B",
        bounds=[(-5.0, 5.0), (np.log(LEAST_DF), np.log(MOST_DF))],
    )
    scale, df = np.exp(found.x)
    return Ordinary(float(df), float(scale) * middle, len(known))
