"""From a plan to the benchmark's own day, and whether it was a shock to the whole market."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.benchmarks import benchmark_of
from analysis.inference.one_firm import t_test
from analysis.inference.placebo import pseudo_dates
from analysis.inference.rank import rank_test
from analysis.inference.scaled import scaled_placebo, scaled_test
from analysis.panel.engine import estimate_windows
from analysis.results.shock import Exposure, MarketShock, RankedReturn
from analysis.run.case import headline_case
from analysis.run.fit import rows_of
from analysis.run.plan import benchmark_returns
from analysis.windows import Window

if TYPE_CHECKING:
    from analysis._typing import FloatArray
    from analysis.run.case import Case
    from analysis.run.records import Plan

DAY = Window(0, 0)

FEWEST_FIRMS = 5
"""Fewer firms show no line over their betas."""


def market_shock(plan: Plan) -> MarketShock | None:
    """
    Rank the return of the headline's benchmark among its own earlier dates.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    MarketShock or None
        With what a market model cannot give where it is a shock to the whole market. None where
        the benchmark has no return on the event's days, or they are not after the estimation
        window.
    """
    case = headline_case(plan)
    head, alpha = case.study.headline, 1 - case.study.level
    market = _index(case, head.benchmark)
    if market is None or case.study.estimation.end >= DAY.start:
        return None
    window = rows_of(case.placed.position, head.window)
    if not np.isfinite(market[window]).all():
        return None
    own = _ranked(case, market, head.benchmark)
    if not own.beyond(alpha):
        return MarketShock(head.event, head.window, own, beyond=False)
    firm = case.returns(case.symbol)
    untreated = _index(case, head.untreated) if head.untreated else None
    return MarketShock(
        head.event,
        head.window,
        own,
        beyond=True,
        mean_adjusted=_ranked(case, firm, case.symbol),
        exposure=_exposure(case, market),
        untreated=None
        if untreated is None
        else _ranked(case, firm, case.symbol, (head.untreated, untreated)),
    )


def _index(case: Case, name: str) -> FloatArray | None:
    """Give the returns of a benchmark of the study, in the study's; None where the data lack it."""
    benchmark = benchmark_of(case.study, name, case.symbol)
    if benchmark is None or benchmark.symbol not in case.plan.data.levels:
        return None
    returns = benchmark_returns(benchmark, case.plan.data).to_numpy(dtype=np.float64)
    return np.log1p(returns) if case.study.log else returns


def _ranked(
    case: Case, series: FloatArray, subject: str, against: tuple[str, FloatArray] | None = None
) -> RankedReturn:
    """Set a series against its own mean, or an index, at the event and on every date before."""
    study, position = case.study, case.placed.position
    window, first = study.headline.window, 1 - study.estimation.start
    rows = np.arange(first, position + 1)
    name, index = against or ("", np.zeros(len(series)))
    found = estimate_windows(
        series,
        index[:, None],
        np.zeros(len(rows), dtype=np.int64),
        rows,
        models=[(0,) if against else ()],
        estimation=study.estimation,
        windows=(window, DAY),
        min_estimation=study.min_estimation,
        log=study.log,
    )
    places = pseudo_dates(position, study.estimation, window) - first
    cars, scars = found.car[:, 0, 0], found.scar[:, 0, 0]
    sample = scaled_placebo(
        cars, found.car[:, 0, 1], position - first, places, ahead=min(window.start, DAY.start)
    )
    error, df = float(found.car_se[-1, 0, 0]), int(found.df[-1, 0])
    return RankedReturn(
        subject=subject,
        against=name,
        raw=float(series[rows_of(position, window)].sum()),
        abnormal=sample.car,
        t=t_test(sample.car, error, df, level=study.level),
        scaled=scaled_test("placebo-ewma", sample),
        placebo=rank_test("placebo", float(scars[-1]), scars[places]),
    )


def _exposure(case: Case, market: FloatArray) -> Exposure | None:
    """Lay a line through the firms' returns over their betas, at the event and before."""
    study, position, window = case.study, case.placed.position, case.study.headline.window
    symbols, first = case.symbols, 1 - study.estimation.start
    if len(symbols) < FEWEST_FIRMS:
        return None
    rows = np.arange(first, position + 1)
    returns = np.column_stack([case.returns(symbol) for symbol in symbols])
    found = estimate_windows(
        returns,
        market[:, None],
        np.repeat(np.arange(len(symbols)), len(rows)),
        np.tile(rows, len(symbols)),
        models=[(0,)],
        estimation=study.estimation,
        windows=(window,),
        min_estimation=study.min_estimation,
    )
    betas = found.coefficients[:, 0, 1].reshape(len(symbols), len(rows)).T
    raw = np.zeros(betas.shape)
    for day in range(window.start, window.end + 1):
        raw += returns[rows + day]
    slope, intercept, count = _lines(betas, raw)
    if count[-1] < FEWEST_FIRMS:
        return None
    places = pseudo_dates(position, study.estimation, window) - first
    own = symbols.index(case.symbol)
    return Exposure(
        firms=int(count[-1]),
        slope=float(slope[-1]),
        intercept=float(intercept[-1]),
        distance=float(raw[-1, own] - intercept[-1] - slope[-1] * betas[-1, own]),
        rank=rank_test("placebo", float(slope[-1]), slope[places]),
    )


def _lines(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Least squares of each row of y on that of x: slopes, intercepts and points, shape (T,)."""
    known = np.isfinite(x) & np.isfinite(y)
    count = known.sum(axis=1)
    enough = count >= FEWEST_FIRMS
    share = 1 / np.maximum(count, 1)
    x, y = np.where(known, x, 0.0), np.where(known, y, 0.0)
    mean_x, mean_y = x.sum(axis=1) * share, y.sum(axis=1) * share
    left, right = (np.where(known, v - m[:, None], 0.0) for v, m in ((x, mean_x), (y, mean_y)))
    spread = np.where(enough, np.square(left).sum(axis=1), np.nan)
    slope = (left * right).sum(axis=1) / spread
    return slope, mean_y - slope * mean_x, count
