"""Results of single firms under one specification."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from analysis.abnormal import buy_and_hold
from analysis.benchmarks import benchmark_of
from analysis.errors import DataError
from analysis.inference.battery import run_tests
from analysis.inference.catalog import TESTS
from analysis.inference.outcome import Outcome
from analysis.inference.registry import Settings
from analysis.inference.student import critical_value
from analysis.models.base import alpha_used
from analysis.models.linear import LeastSquares
from analysis.results import FirmResult, WindowResult
from analysis.run.family import asked_at_once
from analysis.run.firm_sample import event_sample
from analysis.run.fit import rows_of
from analysis.run.flags import benchmark_flag, control_flag, estimation_flag
from analysis.run.plan import benchmark_returns
from analysis.windows import Window

UNASKED = Outcome.missing("romano-wolf", "asked of the headline's specification only")
"""What other specifications say of all firms at once."""

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analysis._typing import FloatArray
    from analysis.inference.firm import FirmSample
    from analysis.results import PlacedWindow
    from analysis.run.case import Case
    from analysis.run.fit import FirmFit
    from analysis.run.panel_draws import PanelDraws
    from analysis.run.records import Coverage
    from analysis.run.valuation import Valuation


def firm_results(
    case: Case, draws: Mapping[str, Mapping[Window, FloatArray]], panel: PanelDraws
) -> tuple[FirmResult, ...]:
    """
    Measure every firm of a case.

    Parameters
    ----------
    case : Case
    draws : mapping of str to mapping of Window to ndarray of shape (B,)
        The statistic of each firm and window on pseudo-dates, see `analysis.run.placebo`.
    panel : PanelDraws
        Supplies the CARs there with their forecasts.

    Returns
    -------
    tuple of FirmResult
        In the order of the case's symbols; under the headline's specification with their p among
        all of them.
    """
    firms = tuple(_firm_result(case, symbol, draws[symbol], panel) for symbol in case.symbols)
    leads = case.specification is case.plan.headline_specification and not case.alone
    return asked_at_once(firms) if leads else firms


def _control_flag(case: Case, symbol: str, fit: FirmFit) -> tuple[str, ...]:
    """Hold a control's fit against that of the market model, on the headline's benchmark."""
    if not case.specification.model.uses_donors:
        return ()
    study, rows = case.study, rows_of(fit.position, fit.estimation)
    benchmark = benchmark_of(study, study.headline.benchmark, symbol)
    if benchmark is None:
        return ()
    try:
        market = benchmark_returns(benchmark, case.plan.data).to_numpy(dtype=np.float64)[rows]
    except DataError:
        return ()  # a market that cannot be purged is none to compare with
    market = market[fit.design.complete[rows]]
    if len(market) != fit.n or not np.isfinite(market).all():
        return ()
    market = np.log1p(market) if fit.log else market
    other = LeastSquares().fit(fit.y, market[:, None], (benchmark.id,))
    return control_flag(
        math.sqrt(float(np.square(fit.model.residuals).mean())),
        math.sqrt(float(np.square(other.residuals).mean())),
    )


def _firm_result(
    case: Case, symbol: str, draws: Mapping[Window, FloatArray], panel: PanelDraws
) -> FirmResult:
    study, specification, fit = case.study, case.specification, case.fits[symbol]
    covered = case.plan.coverage[symbol, case.placed.event.id]
    span = _span(case, covered)
    path = fit.daily(span)
    flags = (
        *estimation_flag(fit.n, study),
        *benchmark_flag(symbol, specification.benchmark, study, case.plan.reference.weights),
        *_control_flag(case, symbol, fit),
    )
    return FirmResult(
        event=case.placed.event.id,
        symbol=symbol,
        group=study.group_of(symbol),
        model=specification.model.id,
        benchmark=specification.benchmark,
        session=case.placed.session,
        n_estimation=fit.n,
        coefficients=fit.model.coefficients,
        sigma=fit.model.sigma,
        df=fit.model.df,
        path=path,
        unlevelled=fit.daily(span, alpha=False),
        band=None if path.se is None else critical_value(study.level, fit.model.df) * path.se,
        windows=tuple(
            _window_result(
                case,
                placed,
                event_sample(
                    case,
                    symbol,
                    placed.window,
                    draws[placed.window],
                    panel.scaled(case, (symbol,), placed.window),
                ),
                case.value(symbol, placed.eve),
                (*_traded_flag(covered, placed.window), *flags),
            )
            for placed in case.placed.windows
            if placed.window in covered.windows
        ),
    )


def _span(case: Case, covered: Coverage) -> Window:
    """Give the sessions of all windows, as far as the firm traded."""
    span = case.plan.span
    if covered.last is None:
        return span
    sessions = case.plan.data.levels.index
    last = int(sessions.searchsorted(covered.last)) - case.placed.position
    return Window(span.start, max(span.start, min(span.end, last)))


def _traded_flag(covered: Coverage, window: Window) -> tuple[str, ...]:
    if covered.last is None or covered.windows[window] == window:
        return ()
    return (f"last-traded:{covered.last.date()}",)


def _window_result(
    case: Case, placed: PlacedWindow, sample: FirmSample, value: Valuation, flags: tuple[str, ...]
) -> WindowResult:
    path = sample.path
    t, sq, placebo, scaled = run_tests(
        (TESTS["t"], TESTS["sq"], TESTS["placebo"], TESTS["placebo-ewma"]),
        sample,
        Settings(level=case.study.level),
    )
    return WindowResult(
        window=placed.window,
        raw=float(path.raw.sum()),
        expected=float(path.expected.sum()),
        car=sample.car,
        se=None if math.isnan(sample.se) else sample.se,
        bhar=buy_and_hold(path),
        t=t,
        sq=sq,
        placebo=placebo,
        scaled=scaled,
        joint=UNASKED,
        draws=sample.placebo,
        pseudo=sample.scaled,
        impact=value.impact(path, df=sample.fit.df, level=case.study.level),
        alpha=alpha_used(case.specification.model.estimator, long=placed.window.long),
        flags=(
            *placed.flags,
            *flags,
            *filter(None, [value.flag]),
        ),
    )
