"""
Tests by ranks in each firm's own history: Corrado, Corrado-Zivney, generalised rank.

Their standard errors come from the time series of daily mean ranks and so contain the correlation
across firms, except that of GRANK-Z. NaN: a firm's ranks run over the sessions that it has.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import numpy as np
import scipy

from analysis.inference.outcome import Outcome, normal, student

if TYPE_CHECKING:
    from analysis._typing import FloatArray


def scaled_ranks(values: FloatArray) -> FloatArray:
    """
    Rank each column among its own known values, scaled to (-1/2, 1/2).

    Parameters
    ----------
    values : ndarray of shape (T, N)
        NaN where there is no value.

    Returns
    -------
    ndarray of shape (T, N)
        ``rank / (T_i + 1) - 1/2``, T_i the number of known values; mid-ranks for ties; NaN kept.

    Examples
    --------
    >>> import numpy as np
    >>> scaled_ranks(np.array([[3.0], [1.0], [2.0]]))[:, 0].tolist()
    [0.25, -0.25, 0.0]
    """
    known = np.isfinite(values)
    if known.all():
        ranks = np.asarray(scipy.stats.rankdata(np.ascontiguousarray(values.T), axis=1)).T
    else:
        omitted = scipy.stats.rankdata(values, axis=0, nan_policy="omit")
        ranks = np.where(known, np.asarray(omitted, dtype=np.float64), np.nan)
    scaled: FloatArray = ranks / (known.sum(axis=0) + 1) - 0.5
    return scaled


def corrado_test(residuals: FloatArray, ar: FloatArray) -> Outcome:
    """
    Test the mean rank of the event window's abnormal returns.

    Parameters
    ----------
    residuals : ndarray of shape (M, N)
        Estimation residuals.
    ar : ndarray of shape (L, N)
        Abnormal returns of the event window.

    Returns
    -------
    Outcome
        With D_t the daily mean scaled rank over all T = M + L sessions,
        ``sqrt(L) mean(D_event) / sqrt(mean(D_t^2))``, standard normal.

    References
    ----------
    Corrado (1989), Journal of Financial Economics 23; Cowan (1992) for windows.
    """
    ranks = scaled_ranks(np.vstack([residuals, ar]))
    daily = daily_mean(ranks, weighted=False)
    return rank_z("corrado", daily, len(ar))


def modified_rank_test(residuals: FloatArray, ar: FloatArray) -> Outcome:
    """
    Test as `corrado_test`, daily means weighted by the root of the share of firms that traded.

    Parameters
    ----------
    residuals, ar
        As `corrado_test`.

    References
    ----------
    Campbell and Wasley (1993), Journal of Financial Economics 33.
    """
    ranks = scaled_ranks(np.vstack([residuals, ar]))
    return rank_z("modified-rank", daily_mean(ranks, weighted=True), len(ar))


def corrado_sign_test(residuals: FloatArray, ar: FloatArray) -> Outcome:
    """
    Test the mean sign of the event window's abnormal returns about each firm's own median.

    Parameters
    ----------
    residuals, ar
        As `corrado_test`.

    References
    ----------
    Corrado and Zivney (1992), Journal of Financial and Quantitative Analysis 27.
    """
    signs = np.sign(scaled_ranks(np.vstack([residuals, ar])))
    return rank_z("corrado-sign", daily_mean(signs, weighted=True), len(ar))


def corrado_zivney_test(sar: FloatArray, event_sar: FloatArray) -> Outcome:
    """
    Test the mean rank of standardised abnormal returns, event sessions rescaled for their spread.

    Parameters
    ----------
    sar : ndarray of shape (M, N)
        Standardised estimation residuals.
    event_sar : ndarray of shape (L, N)
        Standardised abnormal returns of the event window; each session is divided by its
        cross-sectional standard deviation, which takes out event-induced variance.

    Returns
    -------
    Outcome
        As `corrado_test`, daily means weighted with sqrt(N_t / N) for missing firms.

    References
    ----------
    Corrado and Zivney (1992), Journal of Financial and Quantitative Analysis 27.
    """
    if event_sar.shape[1] < 2:
        return Outcome.missing("corrado-zivney", "needs two firms or more")
    spread = event_sar.std(axis=1, ddof=1, keepdims=True)
    if not np.isfinite(spread).all() or not spread.all():
        return Outcome.missing("corrado-zivney", "no standardised abnormal returns with a spread")
    ranks = scaled_ranks(np.vstack([sar, event_sar / spread]))
    return rank_z("corrado-zivney", daily_mean(ranks, weighted=True), len(event_sar))


def grank_test(
    sar: FloatArray, scar: FloatArray, kind: Literal["grank-t", "grank-z"] = "grank-t"
) -> Outcome:
    """
    Test the rank of the event window taken as one session.

    The standardised CARs, divided by their cross-sectional standard deviation, become one further
    session after the M of the estimation window: T = M + 1, and ranks are scaled by T + 1.

    Parameters
    ----------
    sar : ndarray of shape (M, N)
        Standardised estimation residuals.
    scar : ndarray of shape (N,)
        Standardised CARs.
    kind : {"grank-t", "grank-z"}
        GRANK-T takes its standard error from the time series and survives correlation across
        firms; GRANK-Z assumes that they are independent.

    Returns
    -------
    Outcome
        GRANK-T: ``Z sqrt((T - 2) / (T - 1 - Z^2))``, Student t with T - 2 degrees of freedom.
        GRANK-Z: ``mean(U_0) sqrt(12 N (T + 1) / (T - 1))``, standard normal.

    References
    ----------
    Kolari and Pynnonen (2011), Journal of Empirical Finance 18.
    """
    count = len(scar)
    if count < 2 or not np.isfinite(scar).all() or not scar.std():
        return Outcome.missing(kind, "needs two firms or more with differing standardised CARs")
    ranks = scaled_ranks(np.vstack([sar, scar / scar.std(ddof=1)]))
    if kind == "grank-z":
        known = np.isfinite(ranks).sum(axis=0)
        variance = float(((known - 1) / (12 * (known + 1))).sum()) / count**2
        return normal(kind, float(ranks[-1].mean()) / math.sqrt(variance))
    return grank_of_daily(daily_mean(ranks, weighted=True))


def grank_of_daily(daily: FloatArray) -> Outcome:
    """
    Run GRANK-T on the daily mean ranks of T sessions, weighted, the event's the last.

    Parameters
    ----------
    daily : ndarray of shape (T,)
        Mean scaled ranks times ``sqrt(N_t / N)``.
    """
    sessions = len(daily)
    spread = math.sqrt(float(daily @ daily) / sessions)
    return grank_t(float(daily[-1]) / spread, sessions) if spread else _flat("grank-t")


def grank_t(z: float, sessions: int) -> Outcome:
    """
    Turn the rank ratio Z of T sessions into Student's t with T - 2 degrees of freedom.

    Examples
    --------
    >>> round(grank_t(-0.30 / 0.12, 251).statistic, 3)
    -2.527
    """
    room = max(sessions - 1 - z**2, 1e-9)
    return student("grank-t", z * math.sqrt((sessions - 2) / room), sessions - 2)


def daily_mean(ranks: FloatArray, *, weighted: bool) -> FloatArray:
    """Mean rank of each session, times sqrt(N_t / N) where weighted; 0 where no firm has one."""
    known = np.isfinite(ranks)
    present = known.sum(axis=1)
    mean = np.where(known, ranks, 0.0).sum(axis=1) / np.maximum(present, 1)
    if weighted:
        mean = mean * np.sqrt(present / ranks.shape[1])
    daily: FloatArray = mean
    return daily


def rank_z(test: str, daily: FloatArray, window: int) -> Outcome:
    """
    Test the mean rank of the last sessions by the spread of all.

    Parameters
    ----------
    test : str
        Id of the outcome.
    daily : ndarray of shape (T,)
        Mean scaled rank of each session, those of the event window last.
    window : int
        Sessions of the event window.

    Returns
    -------
    Outcome
        ``sqrt(L) mean(D_event) / sqrt(mean(D_t^2))``, standard normal.
    """
    spread = math.sqrt(float(daily @ daily) / len(daily))
    if not spread:
        return _flat(test)
    return normal(test, math.sqrt(window) * float(daily[-window:].mean()) / spread)


def _flat(test: str) -> Outcome:
    return Outcome.missing(test, "the mean rank never moves")
