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
from analysis.inference.cross_section import patell_test
from analysis.inference.outcome import Outcome, normal, student

if TYPE_CHECKING:
    from analysis._typing import FloatArray

FEWEST_COMMON_ROWS = 20
"""Fewer common sessions of two firms say nothing about their correlation."""


def mean_correlation(residuals: FloatArray) -> float:
    """
    Average the off-diagonal correlations of estimation residuals.

    Parameters
    ----------
    residuals : ndarray of shape (M, N)
        Estimation residuals of N firms on the same M sessions; NaN where a firm has none. A pair
        counts with the rows that both have, and not at all with fewer than `FEWEST_COMMON_ROWS`
        of them where histories are unequal.

    Returns
    -------
    float
        Mean over the N (N - 1) / 2 pairs; NaN where there is no pair.

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
    known = np.isfinite(residuals)
    if known.all():
        correlation = np.corrcoef(residuals, rowvar=False)
        return float((correlation.sum() - count) / (count * (count - 1)))
    return _pairwise_mean(np.where(known, residuals, 0.0), known.astype(float))


def bmp_test(scar: FloatArray) -> Outcome:
    """
    Test the mean standardised CAR by its cross-sectional spread.

    Robust to event-induced variance, not to correlation across firms.

    Parameters
    ----------
    scar : ndarray of shape (N,)
        CAR of each firm over its own prediction standard error; NaN is left out.

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
    scar = scar[np.isfinite(scar)]
    count = len(scar)
    if count < 2:
        return Outcome.missing("bmp", f"needs two firms or more, there is {count}")
    spread = float(np.std(scar, ddof=1))
    return bmp_of(float(np.mean(scar)), spread, count)


def bmp_of(mean: float, spread: float, count: int) -> Outcome:
    """
    Make `bmp_test` of the mean and the spread.

    Parameters
    ----------
    mean, spread : float
        Of the standardised CARs; the spread with ``ddof=1``.
    count : int
        Firms, two or more.

    Examples
    --------
    >>> round(bmp_of(-2.0, (2 / 3) ** 0.5, 4).statistic, 3)
    -4.899
    """
    if spread == 0:
        return Outcome.missing("bmp", "all firms have the same standardised abnormal return")
    return student("bmp", mean * math.sqrt(count) / spread, count - 1)


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
    return adjusted_bmp(bmp_test(scar), correlation)


def adjusted_bmp(plain: Outcome, correlation: float) -> Outcome:
    """
    Adjust the outcome of `bmp_test` as `kolari_pynnonen_test` does.

    Parameters
    ----------
    plain : Outcome
    correlation : float
        As `kolari_pynnonen_test`.
    """
    if plain.statistic is None:
        return Outcome.missing("kp", plain.unavailable)
    count = int(plain.df or 0) + 1
    correlation, inflation, warning = _inflation(correlation, count)
    statistic = plain.statistic * math.sqrt((1 - correlation) / inflation)
    return student("kp", statistic, count - 1, warning=warning)


def kolari_pynnonen_patell_test(scar: FloatArray, df: FloatArray, correlation: float) -> Outcome:
    """
    Test the sum of standardised CARs, adjusted for correlation across firms.

    Parameters
    ----------
    scar, df : ndarray of shape (N,)
        As in `analysis.inference.cross_section.patell_test`.
    correlation : float
        As in `kolari_pynnonen_test`.

    Returns
    -------
    Outcome
        Patell's Z over ``sqrt(1 + (N - 1) r)``, standard normal. Not robust to event-induced
        variance.

    Warns
    -----
    ReliabilityWarning
        As `kolari_pynnonen_test`.

    References
    ----------
    Kolari and Pynnonen (2010), Review of Financial Studies 23.

    Examples
    --------
    >>> import numpy as np
    >>> scar, df = np.array([-3.0, -1.0, -2.0, -2.0]), np.full(4, 100.0)
    >>> round(kolari_pynnonen_patell_test(scar, df, 0.25).statistic, 3)
    -2.993
    """
    return adjusted_patell(patell_test(scar, df), int(np.isfinite(scar).sum()), correlation)


def adjusted_patell(plain: Outcome, count: int, correlation: float) -> Outcome:
    """
    Adjust the outcome of `patell_test` as `kolari_pynnonen_patell_test` does.

    Parameters
    ----------
    plain : Outcome
    count : int
        Firms.
    correlation : float
        As `kolari_pynnonen_test`.
    """
    if plain.statistic is None:
        return Outcome.missing("kp-patell", plain.unavailable)
    _, inflation, warning = _inflation(correlation, count)
    return normal("kp-patell", plain.statistic / math.sqrt(inflation), warning=warning)


def _inflation(correlation: float, count: int) -> tuple[float, float, str]:
    """Correlation used, variance inflation 1 + (N - 1) r, and what had to be mended."""
    if count < 2 or math.isnan(correlation):
        return 0.0, 1.0, ""
    inflation = 1 + (count - 1) * correlation
    if inflation > 0.1:
        return correlation, inflation, ""
    text = (
        f"mean residual correlation {correlation:.3f} of {count} firms makes the variance "
        "inflation vanish; it is taken as 0"
    )
    warnings.warn(text, ReliabilityWarning, stacklevel=4)
    return 0.0, 1.0, text


def _pairwise_mean(filled: FloatArray, known: FloatArray) -> float:
    """Mean pairwise correlation on common rows; `filled` has zeros where `known` is 0."""
    rows = known.T @ known
    cross = filled.T @ filled
    first = filled.T @ known
    square = (filled**2).T @ known
    covariance = cross - first * first.T / np.maximum(rows, 1)
    variance = square - first**2 / np.maximum(rows, 1)
    upper = np.triu(rows >= FEWEST_COMMON_ROWS, k=1)
    if not upper.any():
        return math.nan
    scale = np.sqrt(variance * variance.T)
    return float(np.mean(covariance[upper] / scale[upper]))
