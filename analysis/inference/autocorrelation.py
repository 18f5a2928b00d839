"""A CAR's t when the errors of neighbouring sessions are correlated."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from analysis.inference.one_firm import t_test

if TYPE_CHECKING:
    from analysis._typing import FloatArray
    from analysis.inference.outcome import Outcome


def variance_ratio(residuals: FloatArray, window: int) -> float:
    """
    Compare the variance of a sum of L errors with L times that of one.

    Parameters
    ----------
    residuals : ndarray of shape (M,)
        Estimation residuals in order.
    window : int
        L. For one session the ratio is 1, whatever the autocorrelation.

    Returns
    -------
    float
        ``1 + 2 sum_{k<L} (1 - k/L) r_k``, never negative: the Bartlett weights with L - 1 lags are
        those of the exact variance of a sum. Lags end at M / 4.

    References
    ----------
    Newey and West (1987), Econometrica 55.
    """
    centred = residuals - residuals.mean()
    total = float(centred @ centred)
    lags = np.arange(1, min(window, len(residuals) // 4 + 1))
    shares = [float(centred[lag:] @ centred[:-lag]) / total for lag in lags]
    weights = 1 - lags / (lags[-1] + 1) if len(lags) else lags
    return 1 + 2 * float(np.dot(weights, shares))


def hac_t_test(
    effect: float, se: float, df: float, residuals: FloatArray, window: int, *, level: float = 0.95
) -> Outcome:
    """
    Test a CAR with its standard error scaled for autocorrelation.

    Parameters
    ----------
    effect, se, df, level
        As `analysis.inference.one_firm.t_test`.
    residuals : ndarray of shape (M,)
        Estimation residuals in order.
    window : int
        Sessions of the CAR.

    Returns
    -------
    Outcome
        The t-test with `se` times the root of `variance_ratio`.
    """
    ratio = max(variance_ratio(residuals, window), 1e-6)
    return t_test(effect, se * math.sqrt(ratio), df, level=level, test="hac-t")
