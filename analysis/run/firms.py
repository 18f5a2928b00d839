"""Results of single firms under one specification."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.abnormal import buy_and_hold, cumulative, cumulative_se
from analysis.errors import DataError
from analysis.impact import impact
from analysis.inference.one_firm import sample_quantile_test, t_test
from analysis.inference.outcome import Outcome
from analysis.inference.placebo import placebo_scars, pseudo_dates
from analysis.inference.rank import rank_test
from analysis.inference.student import critical_value
from analysis.models.linear import LeastSquares, MarketAdjusted, with_constant
from analysis.results import FirmResult, WindowResult
from analysis.returns import complete_rows
from analysis.run.fit import NO_COVARIANCE, FirmFit, estimation_rows, fit_firm
from analysis.run.flags import benchmark_flag, estimation_flag

if TYPE_CHECKING:
    from analysis._typing import FloatArray
    from analysis.results import PlacedEvent, PlacedWindow
    from analysis.run.plan import Plan, Specification
    from analysis.windows import Window

SMALLEST_SIGMA = 1e-9
"""A residual standard deviation below this (decimal a session) is rounding, not risk."""


def firm_results(
    plan: Plan, placed: PlacedEvent, specification: Specification
) -> tuple[FirmResult, ...]:
    """
    Measure every firm of a study around one event under one specification.

    Parameters
    ----------
    plan : Plan
    placed : PlacedEvent
    specification : Specification

    Returns
    -------
    tuple of FirmResult
        In the order of the study's symbols.
    """
    draws = _placebo_draws(plan, placed, specification)
    return tuple(
        _firm_result(plan, placed, specification, symbol, draws[symbol])
        for symbol in plan.study.symbols
    )


def fit_symbol(
    plan: Plan, placed: PlacedEvent, specification: Specification, symbol: str
) -> FirmFit:
    """
    Fit one firm on its own complete estimation sessions.

    Raises
    ------
    DataError
        If the fit leaves no residual, so that there is no error to measure anything by.
    """
    returns = plan.returns[symbol].to_numpy()
    fit = fit_firm(
        returns,
        specification,
        placed.position,
        estimation=plan.study.estimation,
        span=plan.span,
        use=estimation_rows(returns, specification, placed.position, plan.study.estimation),
    )
    if fit.model.sigma < SMALLEST_SIGMA:
        raise DataError(
            f"the {specification.model.title} with benchmark {specification.benchmark} fits "
            f"{symbol} without error before event '{placed.event.id}': are its levels stale, or a "
            "copy of the benchmark's? mend them, or leave the firm out with --symbols"
        )
    return fit


def _firm_result(
    plan: Plan,
    placed: PlacedEvent,
    specification: Specification,
    symbol: str,
    draws: dict[Window, FloatArray],
) -> FirmResult:
    study = plan.study
    fit = fit_symbol(plan, placed, specification, symbol)
    common = (
        *estimation_flag(fit.n, study),
        *benchmark_flag(symbol, specification.benchmark, study),
    )
    return FirmResult(
        event=placed.event.id,
        symbol=symbol,
        group=study.group_of(symbol),
        model=specification.model.id,
        benchmark=specification.benchmark,
        session=placed.session,
        n_estimation=fit.n,
        coefficients=fit.model.coefficients,
        sigma=fit.model.sigma,
        df=fit.model.df,
        path=fit.path,
        band=None
        if fit.path.se is None
        else critical_value(study.level, fit.model.df) * fit.path.se,
        windows=tuple(
            _window_result(plan, placed_window, symbol, fit, draws[placed_window.window], common)
            for placed_window in placed.windows
        ),
    )


def _window_result(
    plan: Plan,
    placed: PlacedWindow,
    symbol: str,
    fit: FirmFit,
    draws: FloatArray,
    flags: tuple[str, ...],
) -> WindowResult:
    study, window = plan.study, placed.window
    path = fit.path.within(window)
    car, se = cumulative(path), cumulative_se(path)
    value = plan.valuations[symbol, placed.eve]
    t = (
        t_test(car, se, fit.model.df, level=study.level)
        if se
        else Outcome.missing("t", NO_COVARIANCE)
    )
    return WindowResult(
        window=window,
        raw=float(path.raw.sum()),
        expected=float(path.expected.sum()),
        car=car,
        se=se,
        bhar=buy_and_hold(path),
        t=t,
        sq=sample_quantile_test(car, fit.model.residuals)
        if len(window) == 1
        else Outcome.missing("sq", "is made for windows of one session"),
        placebo=rank_test("placebo", t.statistic, draws)
        if t.statistic is not None
        else Outcome.missing("placebo", t.unavailable),
        draws=draws,
        impact=None
        if value.usd is None
        else impact(path, value.usd, df=fit.model.df, level=study.level),
        flags=(
            *placed.flags,
            *flags,
            *filter(None, [value.flag]),
        ),
    )


def _placebo_draws(
    plan: Plan, placed: PlacedEvent, specification: Specification
) -> dict[str, dict[Window, FloatArray]]:
    """Statistics on pseudo-dates by firm and window; firms with the same gaps are drawn at once."""
    study = plan.study
    dates = {
        window: pseudo_dates(placed.position, study.estimation, window) for window in study.windows
    }
    longest = max(dates.values(), key=len)
    none: dict[Window, FloatArray] = {window: np.empty(0) for window in study.windows}
    if not len(longest):
        return dict.fromkeys(study.symbols, none)
    returns = plan.returns[list(study.symbols)].to_numpy() - specification.riskfree[:, None]
    if isinstance(specification.model.estimator, LeastSquares):
        x = with_constant(specification.x)
    elif isinstance(specification.model.estimator, MarketAdjusted):
        returns, x = returns - specification.x[:, :1], np.empty((len(returns), 0))
    else:
        return dict.fromkeys(study.symbols, none)
    batches: dict[bytes, list[int]] = {}
    for column in range(returns.shape[1]):
        pattern = complete_rows(returns[:, column], specification.x).tobytes()
        batches.setdefault(pattern, []).append(column)
    found: dict[str, dict[Window, FloatArray]] = {}
    for columns in batches.values():
        scars = placebo_scars(
            returns[:, columns],
            x,
            longest,
            estimation=study.estimation,
            windows=study.windows,
            fewest=study.min_estimation,
        )
        for place, column in enumerate(columns):
            found[study.symbols[column]] = {
                window: scars[window][: len(dates[window]), place] for window in study.windows
            }
    return found
