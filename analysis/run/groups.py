"""Results of groups of firms under one specification, with the correlation of their errors."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from analysis.abnormal import AbnormalPath, cumulative
from analysis.impact import Impact, dollars_at_stake
from analysis.inference.many_firms import bmp_test, kolari_pynnonen_test, mean_correlation
from analysis.inference.one_firm import t_test
from analysis.inference.outcome import Outcome
from analysis.inference.student import critical_value
from analysis.results import GroupResult
from analysis.run.fit import NO_COVARIANCE, FirmFit, fit_firm, rows_of
from analysis.run.flags import estimation_flag
from analysis.study import ALL_FIRMS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analysis._typing import FloatArray
    from analysis.models.design import Design
    from analysis.results import PlacedEvent, PlacedWindow
    from analysis.run.plan import Plan, Specification
    from analysis.run.valuation import Valuation
    from analysis.study import Study
    from analysis.windows import Window


def group_results(
    plan: Plan,
    placed: PlacedEvent,
    specification: Specification,
    designs: Mapping[str, Design],
) -> tuple[GroupResult, ...]:
    """
    Measure every group of a study, and all its firms together, around one event.

    Firms of a group are fitted on the sessions on which all of them have a return, so that the
    correlations of their errors are of the same days.

    Parameters
    ----------
    plan : Plan
    placed : PlacedEvent
    specification : Specification
    designs : mapping of str to Design
        Of each firm.

    Returns
    -------
    tuple of GroupResult
        By group, then by window.
    """
    study = plan.study
    results = []
    for name, symbols in members_of(study):
        rows = rows_of(placed.position, study.estimation)
        use = np.logical_and.reduce([designs[symbol].complete[rows] for symbol in symbols])
        if int(use.sum()) < study.min_estimation:
            results += [
                _no_result(placed, specification, name, symbols, window.window, int(use.sum()))
                for window in placed.windows
            ]
            continue
        fits = [
            fit_firm(
                designs[symbol],
                specification.model.estimator,
                placed.position,
                estimation=study.estimation,
                span=plan.span,
                use=use,
            )
            for symbol in symbols
        ]
        results += [
            _group_result(plan, placed, specification, name, symbols, fits, window)
            for window in placed.windows
        ]
    return tuple(results)


def members_of(study: Study) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """List the groups of a study with their firms, and last all firms together."""
    groups = tuple((group.id, group.symbols) for group in study.groups)
    return (*groups, (ALL_FIRMS, study.symbols)) if len(study.symbols) > 1 else groups


def _group_result(
    plan: Plan,
    placed: PlacedEvent,
    specification: Specification,
    name: str,
    symbols: tuple[str, ...],
    fits: list[FirmFit],
    placed_window: PlacedWindow,
) -> GroupResult:
    study, window = plan.study, placed_window.window
    paths = [fit.path.within(window) for fit in fits]
    residuals = np.column_stack([fit.model.residuals for fit in fits])
    df = fits[0].model.df
    cars = np.array([cumulative(path) for path in paths])
    caar = float(cars.mean())
    unit = _unit_covariance(fits[0], paths[0])
    if unit is None:
        reason = NO_COVARIANCE
        se = None
        t = Outcome.missing("t", reason)
        bmp, kp = Outcome.missing("bmp", reason), Outcome.missing("kp", reason)
    else:
        average = residuals.mean(axis=1)
        se = math.sqrt(float(average @ average) / df * float(unit.sum()))
        t = t_test(caar, se, df, level=study.level)
        scars = cars / np.array([fit.model.sigma for fit in fits]) / math.sqrt(float(unit.sum()))
        bmp = bmp_test(scars)
        kp = kolari_pynnonen_test(scars, mean_correlation(residuals))
    values = [plan.valuations[symbol, placed_window.eve] for symbol in symbols]
    return GroupResult(
        event=placed.event.id,
        group=name,
        model=specification.model.id,
        benchmark=specification.benchmark,
        session=placed.session,
        window=window,
        symbols=symbols,
        n_estimation=fits[0].n,
        caar=caar,
        se=se,
        t=t,
        mean_correlation=mean_correlation(residuals),
        bmp=bmp,
        kp=kp,
        valued=tuple(s for s, v in zip(symbols, values, strict=True) if v.amount is not None),
        impact=_group_impact(paths, values, residuals, unit, df=df, level=study.level),
        flags=(
            *placed_window.flags,
            *estimation_flag(fits[0].n, study),
            *_value_flags(values),
        ),
    )


def _no_result(
    placed: PlacedEvent,
    specification: Specification,
    name: str,
    symbols: tuple[str, ...],
    window: Window,
    common: int,
) -> GroupResult:
    reason = f"its firms have only {common} estimation sessions in common"
    return GroupResult(
        event=placed.event.id,
        group=name,
        model=specification.model.id,
        benchmark=specification.benchmark,
        session=placed.session,
        window=window,
        symbols=symbols,
        n_estimation=common,
        caar=math.nan,
        se=None,
        t=Outcome.missing("t", reason),
        mean_correlation=math.nan,
        bmp=Outcome.missing("bmp", reason),
        kp=Outcome.missing("kp", reason),
        valued=(),
        impact=None,
        flags=(f"common-sessions:{common}",),
    )


def _value_flags(values: list[Valuation]) -> tuple[str, ...]:
    without = sum(value.amount is None for value in values)
    carried = sorted({v.flag for v in values if v.amount is not None and v.flag})
    return (*((f"no-dollar-figure:{without}-firms",) if without else ()), *carried)


def _unit_covariance(fit: FirmFit, path: AbnormalPath) -> FloatArray | None:
    """Covariance of a window's prediction errors for a residual variance of one."""
    return None if path.covariance is None else path.covariance / fit.model.sigma**2


def _group_impact(
    paths: list[AbnormalPath],
    values: list[Valuation],
    residuals: FloatArray,
    unit: FloatArray | None,
    *,
    df: float,
    level: float,
) -> Impact | None:
    """
    Sum the dollars of the valued firms; their errors are correlated as their residuals are.

    With stakes d_i (USD before each session), residual covariances s_ij and the window's unit
    covariance C the variance of the total is the sum over i and j of s_ij d_i' C d_j.
    """
    chosen = [i for i, value in enumerate(values) if value.amount is not None]
    if not chosen:
        return None
    stakes = np.column_stack(
        [dollars_at_stake(values[i].amount or 0.0, paths[i].raw) for i in chosen]
    )
    raw = np.column_stack([paths[i].raw for i in chosen])
    expected = np.column_stack([paths[i].expected for i in chosen])
    abnormal = float((stakes * (raw - expected)).sum())
    se = half = None
    if unit is not None:
        covariance = residuals[:, chosen].T @ residuals[:, chosen] / df
        se = math.sqrt(float((covariance * (stakes.T @ unit @ stakes)).sum()))
        half = critical_value(level, df) * se
    return Impact(
        market_value=float(stakes[0].sum()),
        raw=float((stakes * raw).sum()),
        expected=float((stakes * expected).sum()),
        abnormal=abnormal,
        se=se,
        low=None if half is None else abnormal - half,
        high=None if half is None else abnormal + half,
    )
