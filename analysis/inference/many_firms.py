"""
Tests of many firms on one common date.

With one date the cross-section is one draw of the common shock: tests that take the firms for
independent reject a true null in about every second case at a mean residual correlation of 0.2.
"""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING

import numpy as np

from analysis.errors import ReliabilityWarning
from analysis.inference.outcome import Outcome
from analysis.inference.student import two_sided_p

if TYPE_CHECKING:
    from analysis._typing import FloatArray


def mean_correlation(residuals: FloatArray) -> float:
    """
    Average the off-diagonal correlations of estimation residuals.

    Parameters
    ----------
    residuals : ndarray of shape (M, N)
        Estimation residuals of N firms on the same M sessions.

    Returns
    -------
    float
        Mean over the N (N - 1) / 2 pairs; NaN for one firm.

    Examples
    --------
    >>> import numpy as np
    >>> u = np.array([[1.0, 2.0, -1.0], [-1.0, -2.0, 1.0], [0.5, 1.0, -0.5]])
    >>> round(mean_correlation(u), 4)
    -0.3333
    """
    count = residuals.shape[1]
    if count < 2:
        return math.nan
    correlation = np.corrcoef(residuals, rowvar=False)
    return float((correlation.sum() - count) / (count * (count - 1)))


def bmp_test(scar: FloatArray) -> Outcome:
    """
    Test the mean standardised CAR by its cross-sectional spread.

    Robust to event-induced variance, not to correlation across firms.

    Parameters
    ----------
    scar : ndarray of shape (N,)
        CAR of each firm over its own prediction standard error.

    Returns
    -------
    Outcome
        ``mean(scar) sqrt(N) / sd(scar)`` against Student t with N - 1 degrees of freedom.

    References
    ----------
    Boehmer, Musumeci and Poulsen (1991), Journal of Financial Economics 30.

    Examples
    --------
    >>> import numpy as np
    >>> round(bmp_test(np.array([-3.0, -1.0, -2.0, -2.0])).statistic, 3)
    -4.899
    """
    count = len(scar)
    if count < 2:
        return Outcome.missing("bmp", f"needs two firms or more, there is {count}")
    spread = float(np.std(scar, ddof=1))
    if spread == 0:
        return Outcome.missing("bmp", "all firms have the same standardised abnormal return")
    statistic = float(np.mean(scar)) * math.sqrt(count) / spread
    return _student("bmp", statistic, count - 1)


def kolari_pynnonen_test(scar: FloatArray, correlation: float) -> Outcome:
    """
    Test the mean standardised CAR, adjusted for correlation across firms.

    Parameters
    ----------
    scar : ndarray of shape (N,)
        As in `bmp_test`.
    correlation : float
        Mean off-diagonal correlation of the estimation residuals, see `mean_correlation`.

    Returns
    -------
    Outcome
        The BMP statistic times ``sqrt((1 - r) / (1 + (N - 1) r))``, Student t with N - 1 degrees of
        freedom. Size holds under clustering and event-induced variance, not when only the common
        shock becomes more volatile.

    Warns
    -----
    ReliabilityWarning
        If the correlation is so negative that the adjustment breaks; it is then taken as 0.

    References
    ----------
    Kolari and Pynnonen (2010), Review of Financial Studies 23.

    Examples
    --------
    >>> import numpy as np
    >>> round(kolari_pynnonen_test(np.array([-3.0, -1.0, -2.0, -2.0]), 0.25).statistic, 3)
    -3.207
    """
    plain = bmp_test(scar)
    if plain.statistic is None:
        return Outcome.missing("kp", plain.unavailable)
    count = len(scar)
    inflation = 1 + (count - 1) * correlation
    if inflation <= 0.1:
        warnings.warn(
            f"mean residual correlation {correlation:.3f} of {count} firms makes the variance "
            "inflation vanish; it is taken as 0",
            ReliabilityWarning,
            stacklevel=2,
        )
        correlation, inflation = 0.0, 1.0
    return _student("kp", plain.statistic * math.sqrt((1 - correlation) / inflation), count - 1)


def _student(test: str, statistic: float, df: int) -> Outcome:
    return Outcome(test=test, statistic=statistic, p=two_sided_p(statistic, df), df=df)
