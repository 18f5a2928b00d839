"""Tests of the group as one portfolio: its own time series carries the correlation across firms."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from analysis.inference.one_firm import t_test
from analysis.inference.outcome import Outcome, student

if TYPE_CHECKING:
    from analysis._typing import BoolArray, FloatArray
    from analysis.inference.group import GroupSample

FEWEST_ROWS = 20
"""Fewer sessions on which every firm has a residual give no standard deviation of the mean."""


def crude_dependence_test(sample: GroupSample) -> Outcome:
    """
    Test the mean CAR by the time-series spread of the mean residual.

    Parameters
    ----------
    sample : GroupSample
        Sessions on which a firm has no residual are left out for all.

    Returns
    -------
    Outcome
        ``CAAR / (sqrt(L) s)`` with s the standard deviation of the daily mean residual, against
        Student t with one less than the number of sessions. Parameter error is left out.

    References
    ----------
    Brown and Warner (1980, 1985), Journal of Financial Economics 8 and 14.
    """
    mean = _mean_residual(sample)
    if len(mean) < FEWEST_ROWS:
        return Outcome.missing("crude", _too_few(len(mean)))
    spread = float(mean.std(ddof=1)) * math.sqrt(sample.length)
    return student("crude", float(sample.car.mean()) / spread, len(mean) - 1)


def portfolio_test(sample: GroupSample, *, level: float = 0.95) -> Outcome:
    """
    Test the mean CAR as that of one equal-weighted portfolio, with the exact prediction error.

    With the same regressors for every firm the mean of the residuals is the portfolio's residual,
    and its prediction error the portfolio's own.

    Parameters
    ----------
    sample : GroupSample
        Sessions on which a firm has no residual are left out for all.
    level : float
        Confidence level of the interval of the mean CAR.

    Returns
    -------
    Outcome
        ``CAAR / S`` against Student t with the portfolio's residual degrees of freedom.

    References
    ----------
    Brown and Warner (1985), Journal of Financial Economics 14; Campbell, Lo and MacKinlay (1997).
    """
    mean = _mean_residual(sample)
    rows = np.isfinite(sample.residuals).sum(axis=0)
    df = len(mean) - float((rows - sample.df).max())
    if len(mean) < FEWEST_ROWS or df < 1:
        return Outcome.missing("portfolio", _too_few(len(mean)))
    scale = float((sample.car_variance / sample.sigma**2).mean())
    if not math.isfinite(scale):
        return Outcome.missing("portfolio", "the model has no prediction error")
    se = math.sqrt(float(mean @ mean) / df * scale)
    outcome = t_test(float(sample.car.mean()), se, df, level=level)
    return Outcome(
        "portfolio",
        statistic=outcome.statistic,
        p=outcome.p,
        df=df,
        low=outcome.low,
        high=outcome.high,
    )


def calendar_time_test(
    portfolio: FloatArray, factors: FloatArray, event: BoolArray, *, level: float = 0.95
) -> Outcome:
    """
    Regress the portfolio of event firms on factors and an event dummy.

    Parameters
    ----------
    portfolio : ndarray of shape (T,)
        Return of the portfolio, in excess of the risk-free rate where the factors are.
    factors : ndarray of shape (T, k)
        Without a constant. Rows with NaN anywhere are left out.
    event : ndarray of bool, shape (T,)
        Sessions of the event window.
    level : float
        Confidence level of the interval, which is for the mean abnormal return a session.

    Returns
    -------
    Outcome
        The dummy's t with T - k - 2 degrees of freedom. For one session it is `portfolio_test`.

    References
    ----------
    Jaffe (1974), Journal of Business 47; Mandelker (1974), Journal of Financial Economics 1; Fama
    (1998), Journal of Financial Economics 49.
    """
    known = np.isfinite(portfolio) & np.isfinite(factors).all(axis=1)
    design = np.column_stack([event, np.ones(len(event)), factors])[known].astype(float)
    df = len(design) - design.shape[1]
    if not event[known].any() or df < 1:
        return Outcome.missing("calendar-time", "too few sessions carry the portfolio")
    q, triangle = np.linalg.qr(design)
    if abs(triangle.diagonal()).min() < 1e-12:
        return Outcome.missing("calendar-time", "the factors are collinear")
    y = portfolio[known]
    inverse = np.linalg.inv(triangle)
    coefficients = inverse @ (q.T @ y)
    residuals = y - design @ coefficients
    se = math.sqrt(float(residuals @ residuals) / df * float(inverse[0] @ inverse[0]))
    outcome = t_test(float(coefficients[0]), se, df, level=level)
    return Outcome(
        "calendar-time",
        statistic=outcome.statistic,
        p=outcome.p,
        df=df,
        low=outcome.low,
        high=outcome.high,
    )


def _mean_residual(sample: GroupSample) -> FloatArray:
    """Mean residual of the sessions on which every firm has one."""
    complete = np.isfinite(sample.residuals).all(axis=1)
    mean: FloatArray = sample.residuals[complete].mean(axis=1)
    return mean


def _too_few(rows: int) -> str:
    return f"only {rows} estimation sessions have a residual of every firm ({FEWEST_ROWS} needed)"
