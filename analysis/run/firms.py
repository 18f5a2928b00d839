"""Results of single firms under one specification."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.abnormal import buy_and_hold, cumulative, cumulative_se
from analysis.errors import DataError
from analysis.impact import impact
from analysis.inference.one_firm import sample_quantile_test, t_test
from analysis.inference.outcome import Outcome
from analysis.inference.rank import rank_test
from analysis.inference.student import critical_value
from analysis.results import FirmResult, WindowResult
from analysis.run.fit import NO_COVARIANCE, fit_firm
from analysis.run.flags import benchmark_flag, estimation_flag
from analysis.run.placebo import placebo_draws

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analysis._typing import FloatArray
    from analysis.models.design import Design
    from analysis.results import PlacedEvent, PlacedWindow
    from analysis.run.fit import FirmFit
    from analysis.run.plan import Plan, Specification
    from analysis.windows import Window

SMALLEST_SIGMA = 1e-9
"""A residual standard deviation below this (decimal a session) is rounding, not risk."""


def firm_results(
    plan: Plan,
    placed: PlacedEvent,
    specification: Specification,
    designs: Mapping[str, Design],
) -> tuple[FirmResult, ...]:
    """
    Measure every firm of a study around one event under one specification.

    Parameters
    ----------
    plan : Plan
    placed : PlacedEvent
    specification : Specification
    designs : mapping of str to Design
        Of each firm.

    Returns
    -------
    tuple of FirmResult
        In the order of the study's symbols.
    """
    draws = placebo_draws(plan, placed, specification, designs)
    return tuple(
        _firm_result(plan, placed, specification, symbol, designs[symbol], draws[symbol])
        for symbol in plan.study.symbols
    )


def fit_design(
    plan: Plan, placed: PlacedEvent, specification: Specification, symbol: str, design: Design
) -> FirmFit:
    """
    Fit one firm on its own complete estimation sessions.

    Raises
    ------
    DataError
        If the fit leaves no residual, so that there is no error to measure anything by.
    """
    fit = fit_firm(
        design,
        specification.model.estimator,
        placed.position,
        estimation=plan.study.estimation,
        span=plan.span,
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
    design: Design,
    draws: Mapping[Window, FloatArray],
) -> FirmResult:
    study = plan.study
    fit = fit_design(plan, placed, specification, symbol, design)
    common = (
        *estimation_flag(fit.n, study),
        *benchmark_flag(symbol, specification.benchmark, study, plan.reference.weights),
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
        placebo=rank_test("placebo", car if t.statistic is None else t.statistic, draws),
        draws=draws,
        impact=None
        if value.amount is None
        else impact(path, value.amount, df=fit.model.df, level=study.level),
        flags=(
            *placed.flags,
            *flags,
            *filter(None, [value.flag]),
        ),
    )
