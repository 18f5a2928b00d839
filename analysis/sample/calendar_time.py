"""The portfolio that holds every pair for a horizon, in calendar time, and its alpha."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.inference.one_firm import t_test
from analysis.inference.outcome import Outcome

if TYPE_CHECKING:
    from analysis._typing import BoolArray, FloatArray, IntArray
    from analysis.sample.result import SampleResult

FEWEST_MONTHS = 12
"""A portfolio held in fewer periods has no alpha."""


@dataclass(frozen=True, slots=True, eq=False)
class CalendarPortfolio:
    """
    A portfolio of firms in calendar time, and its market.

    Attributes
    ----------
    returns, market : ndarray of shape (D,)
        Simple returns by day; NaN where nothing is held.
    spanned : ndarray of bool, shape (D,)
        Whether the horizon of a pair covers the day, its exchange open or not.
    months : ndarray of shape (D,)
        The month of each day, from 0.
    """

    returns: FloatArray
    market: FloatArray
    spanned: BoolArray
    months: IntArray


def held_portfolio(
    result: SampleResult, horizon: int, weight: FloatArray, *, first: int = 1
) -> CalendarPortfolio:
    """
    Hold each pair from the event on, weights restored each day.

    Its market is the benchmark of the pairs; where they have several, as on several exchanges, the
    benchmarks of those held, weighted as they are. A day on which none of their exchanges is open
    has no return.

    Parameters
    ----------
    result, horizon, first
        As `hold`.
    weight : ndarray of shape (n,)
        Of all pairs.
    """
    data, pairs = result.data, result.pairs
    number = data.day_numbers()
    count = int(number.max(initial=-1)) + 1
    rows = np.flatnonzero(np.isfinite(result.fits.sigma2) & (weight > 0))
    panel, firm = data.panel.rows, pairs.firm[rows]
    of_market = pairs.benchmark[rows]
    markets = {
        place: data.market(pairs.benchmarks[place], pairs.benchmark_blocks[place])
        for place in np.unique(of_market).tolist()
    }
    mixed = len(markets) > 1 or len(data.exchanges) > 1
    low, high = panel.offsets[firm], panel.offsets[firm + 1]
    total, against, held = np.zeros(count), np.zeros(count), np.zeros(count)
    for step in range(first, first + horizon):
        t = pairs.position[rows] + step
        at = low + t - panel.first[firm]
        inside = np.flatnonzero((at >= low) & (at < high))
        values, day, w = panel.values[at[inside]], t[inside], weight[rows[inside]]
        market = np.zeros(inside.size)
        for place, series in markets.items() if mixed else ():
            own = of_market[inside] == place
            market[own] = series[day[own]]
        if data.log:
            values, market = np.expm1(values), np.expm1(market)
        known = np.isfinite(values) & np.isfinite(market)
        w, day = w[known], number[day[known]]
        total += np.bincount(day, w * values[known], count)
        against += np.bincount(day, w * market[known], count)
        held += np.bincount(day, w, count)
    nothing = np.full(count, np.nan)
    returns = np.divide(total, held, out=nothing.copy(), where=held > 0)
    market = np.divide(against, held, out=nothing, where=held > 0)
    if not mixed:  # its returns are known where nothing is held too, and months are whole
        for series in markets.values():
            market = np.expm1(series) if data.log else series
    months = np.unique(data.sessions).astype("datetime64[D]").astype("datetime64[M]")
    spanned = _spanned(result, horizon, rows, first) if len(data.exchanges) > 1 else held > 0
    codes: IntArray = months.astype(np.int64)
    return CalendarPortfolio(returns, market, spanned, codes - codes[0])


def _spanned(result: SampleResult, horizon: int, rows: IntArray, first: int) -> BoolArray:
    """Mark the days from the first to the last session of any pair's horizon."""
    data, position = result.data, result.pairs.position[rows]
    number = data.day_numbers()
    start, stop = data.bounds(position)
    inside = position + first < stop
    begin = number[np.clip(position + first, start, stop - 1)[inside]]
    end = number[np.clip(position + first + horizon - 1, start, stop - 1)[inside]]
    change = np.zeros(int(number.max()) + 2)
    np.add.at(change, begin, 1)
    np.add.at(change, end + 1, -1)
    spanned: BoolArray = np.cumsum(change)[:-1] > 0
    return spanned


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


def by_month(portfolio: CalendarPortfolio) -> tuple[FloatArray, FloatArray]:
    """
    Compound a portfolio and its market within the months in which it was held throughout.

    Returns
    -------
    portfolio, market : ndarray of shape (M,)
        Simple returns by month; the portfolio's are NaN where it was not held on every day.
    """
    months, market = portfolio.months, portfolio.market
    count = int(months[-1]) + 1
    known = np.isfinite(portfolio.returns) & np.isfinite(market)
    held = known | (portfolio.spanned & np.isnan(portfolio.returns))
    whole = np.bincount(months, held, count) == np.bincount(months, minlength=count)
    one = np.log1p(np.where(known, portfolio.returns, 0.0))
    two = np.log1p(np.where(known, market, 0.0))
    returns = np.where(whole, np.expm1(np.bincount(months, one, count)), np.nan)
    return returns, np.expm1(np.bincount(months, two, count))
