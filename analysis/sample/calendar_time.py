"""The portfolio that holds every pair for a horizon, in calendar time, and its alpha."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.inference.one_firm import t_test
from analysis.inference.outcome import Outcome

if TYPE_CHECKING:
    from analysis._typing import FloatArray, IntArray
    from analysis.sample.data import SampleData
    from analysis.sample.result import SampleResult

FEWEST_MONTHS = 12
"""A portfolio held in fewer periods has no alpha."""


def held_portfolio(
    result: SampleResult, horizon: int, weight: FloatArray, *, first: int = 1
) -> FloatArray:
    """
    Return of the portfolio that holds each pair from the event on.

    Parameters
    ----------
    result, horizon, first
        As `hold`.
    weight : ndarray of shape (n,)
        Of all pairs.

    Returns
    -------
    ndarray of shape (T,)
        Simple returns, weights restored each session; NaN where nothing is held.
    """
    data, pairs = result.data, result.pairs
    rows = np.flatnonzero(np.isfinite(result.fits.sigma2) & (weight > 0))
    panel = data.panel.rows
    sessions = len(data.sessions)
    total, held = np.zeros(sessions), np.zeros(sessions)
    low, high = panel.offsets[pairs.firm[rows]], panel.offsets[pairs.firm[rows] + 1]
    for step in range(first, first + horizon):
        t = pairs.position[rows] + step
        at = low + t - panel.first[pairs.firm[rows]]
        inside = (at >= low) & (at < high) & (t < sessions)
        values = panel.values[at[inside]]
        if data.log:
            values = np.expm1(values)
        known = np.isfinite(values)
        w, day = weight[rows][inside][known], t[inside][known]
        total += np.bincount(day, w * values[known], sessions)
        held += np.bincount(day, w, sessions)
    found: FloatArray = np.divide(total, held, out=np.full(sessions, np.nan), where=held > 0)
    return found


def calendar_alpha(
    portfolio: FloatArray, market: FloatArray, *, level: float = 0.95
) -> tuple[Outcome, float]:
    """
    Regress a portfolio on the market; the alpha's t with errors of Newey and West.

    Parameters
    ----------
    portfolio, market : ndarray of shape (T,)
        Simple returns; periods with NaN in either are left out.
    level : float

    Returns
    -------
    outcome : Outcome
    alpha : float
        A period.
    """
    known = np.isfinite(portfolio) & np.isfinite(market)
    periods = int(known.sum())
    if periods < FEWEST_MONTHS:
        reason = f"the portfolio is held in {periods} periods, {FEWEST_MONTHS} are needed"
        return Outcome.missing("calendar-time", reason), np.nan
    import statsmodels.api as sm  # noqa: PLC0415 - slow to import

    lags = int(4 * (periods / 100) ** (2 / 9))
    fit = sm.OLS(portfolio[known], sm.add_constant(market[known])).fit(
        cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": True}, use_t=True
    )
    alpha, se = float(fit.params[0]), float(fit.bse[0])
    return t_test(alpha, se, periods - 2, level=level, test="calendar-time"), alpha


def month_codes(data: SampleData) -> IntArray:
    """Count the months of the sessions from 0; shape (T,)."""
    months = data.sessions.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    codes: IntArray = months - months[0]
    return codes


def by_month(
    portfolio: FloatArray, market: FloatArray, months: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Compound both within the months in which the portfolio was held on every session."""
    count = int(months[-1]) + 1
    known = np.isfinite(portfolio) & np.isfinite(market)
    whole = np.bincount(months, known, count) == np.bincount(months, minlength=count)
    one = np.log1p(np.where(known, portfolio, 0.0))
    two = np.log1p(np.where(known, market, 0.0))
    held = np.where(whole, np.expm1(np.bincount(months, one, count)), np.nan)
    return held, np.expm1(np.bincount(months, two, count))
