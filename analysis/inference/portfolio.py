"""Tests of the group as one portfolio: its own time series carries the correlation across firms."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from analysis.inference.garch_test import SHORTEST_GARCH, garch_test
from analysis.inference.one_firm import t_test
from analysis.inference.outcome import NO_COVARIANCE, Outcome, student
from analysis.models.garch import Garch
from analysis.windows import SHORT

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

    Each firm's error is that of its own fit; the errors of two firms correlate as their residuals
    do on the sessions that both have. With the same sessions and regressors for every firm it is
    the test of the portfolio's own regression.

    Parameters
    ----------
    sample : GroupSample
    level : float
        Confidence level of the interval of the mean CAR.

    Returns
    -------
    Outcome
        ``CAAR / S`` with S of `GroupSample.mean_se` against Student t with `GroupSample.mean_df`
        degrees of freedom.

    References
    ----------
    Brown and Warner (1985), Journal of Financial Economics 14; Campbell, Lo and MacKinlay (1997).
    """
    if not np.isfinite(sample.covariance).all():
        return Outcome.missing("portfolio", NO_COVARIANCE)
    fewest, df = int(sample.common_rows.min()), sample.mean_df
    if fewest < FEWEST_ROWS or df < 1:
        return Outcome.missing(
            "portfolio",
            f"two of the firms have only {fewest} estimation sessions in common "
            f"({FEWEST_ROWS} needed)",
        )
    if not math.isfinite(sample.mean_se):
        return Outcome.missing("portfolio", "the firms' residuals cancel: no error is left")
    return t_test(float(sample.car.mean()), sample.mean_se, df, level=level, test="portfolio")


def portfolio_garch_test(sample: GroupSample, *, level: float = 0.95) -> Outcome:
    """
    Test the portfolio's abnormal return against its conditional law of that day.

    Parameters
    ----------
    sample : GroupSample
        With `GroupSample.portfolio` and its factors; sessions on which a firm has no return are
        left out.
    level : float
        Confidence level of the interval.

    Returns
    -------
    Outcome
        As `analysis.inference.garch_test.garch_test`, of a fit to the portfolio's own returns.
    """
    test = "portfolio-garch"
    if sample.portfolio is None or sample.factors is None:
        return Outcome.missing(test, "the portfolio's factor rows were not given")
    before = len(sample.portfolio) - sample.length
    known = np.isfinite(sample.portfolio) & np.isfinite(sample.factors).all(axis=1)
    if not known[before:].all():
        return Outcome.missing(test, "the portfolio has no return in the event window")
    y, x = sample.portfolio[:before][known[:before]], sample.factors[:before][known[:before]]
    if len(y) < SHORTEST_GARCH:
        return Outcome.missing(
            test, f"needs {SHORTEST_GARCH} estimation sessions, there are {len(y)}"
        )
    fit = Garch().fit(y, x, tuple(f"x{place}" for place in range(x.shape[1])))
    after = None
    if sample.between is not None:
        there = np.isfinite(sample.between[0]) & np.isfinite(sample.between[1]).all(axis=1)
        after = sample.between[0][there], sample.between[1][there]
    outcome = garch_test(
        fit, sample.portfolio[before:], sample.factors[before:], after=after, level=level
    )
    return replace(outcome, test=test)


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
        Sessions of the event window. In a long one (`analysis.windows.SHORT`) the constant does not
        count.
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
    constant = ~event if event.sum() > SHORT else np.ones(len(event))
    design = np.column_stack([event, constant, factors])[known].astype(float)
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
    return t_test(float(coefficients[0]), se, df, level=level, test="calendar-time")


def _mean_residual(sample: GroupSample) -> FloatArray:
    """Mean residual of the sessions on which every firm has one."""
    complete = np.isfinite(sample.residuals).all(axis=1)
    mean: FloatArray = sample.residuals[complete].mean(axis=1)
    return mean


def _too_few(rows: int) -> str:
    return f"only {rows} estimation sessions have a residual of every firm ({FEWEST_ROWS} needed)"
