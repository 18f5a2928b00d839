"""What a t-test could have found: power and minimum detectable effect."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import scipy
from scipy import special

from analysis.errors import DataError
from analysis.inference.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable


def power(effect: float, se: float, df: float, *, alpha: float = 0.05) -> float:
    """
    Compute how often a two-sided t-test finds a true effect.

    Parameters
    ----------
    effect : float
        True AR or CAR, decimal.
    se : float
        Prediction standard error, same units.
    df : float
        Degrees of freedom.
    alpha : float
        Size of the test.

    Returns
    -------
    float
        Share of rejections, from the noncentral t law.

    Examples
    --------
    >>> round(power(0.0, 0.025, 248), 3)
    0.05
    """
    critical = float(special.stdtrit(df, 1 - alpha / 2))
    shift = abs(effect) / se
    wrong_sign = float(scipy.stats.nct.cdf(-critical, df, shift))
    # far out the library gives NaN for a tail that is nil
    return float(scipy.stats.nct.sf(critical, df, shift)) + (
        0.0 if math.isnan(wrong_sign) else wrong_sign
    )


def minimum_detectable_effect(
    se: float, df: float, *, alpha: float = 0.05, wanted: float = 0.8
) -> Outcome:
    """
    Find the smallest effect that a two-sided t-test finds with the power wanted.

    Parameters
    ----------
    se : float
        Prediction standard error of the AR or CAR.
    df : float
        Degrees of freedom.
    alpha : float
        Size of the test.
    wanted : float
        Power.

    Returns
    -------
    Outcome
        Statistic: the effect, positive, in the units of `se`. It has no p-value.

    Raises
    ------
    DataError
        If no effect is found so: a level of 0, or a power not above the level.

    Examples
    --------
    >>> round(minimum_detectable_effect(1.0, 248).statistic, 3)
    2.812
    """
    if not (0 < alpha < 1 and alpha < wanted < 1):
        raise DataError(
            f"no effect is found with power {wanted:g} at level {alpha:g}; a level above 0 and a "
            "power above it, both below 1, are needed"
        )

    def short(shift: float) -> float:
        return power(shift, 1.0, df, alpha=alpha) - wanted

    find: Callable[..., float] = scipy.optimize.brentq
    outer = 1.0
    while short(outer) < 0:
        outer *= 2
    return Outcome("mde", statistic=float(find(short, 0.0, outer, xtol=1e-12)) * se, df=df)
