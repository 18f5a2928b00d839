"""
Results of groups of firms under one specification, with the correlation of their errors.

One definition serves results, tests, tables and figures. Each firm is fitted on the sessions that
it has itself, so the mean abnormal return of a group is the mean of its firms' own, as each stands
in the results; only the correlation of two firms' residuals is of the sessions that both have. The
firms stand in the order of their names, so that no number depends on the order of a study file.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from analysis.impact import Impact
from analysis.inference.battery import run_tests
from analysis.inference.catalog import TESTS
from analysis.inference.group import group_sample
from analysis.inference.outcome import Outcome
from analysis.inference.registry import Settings
from analysis.inference.student import critical_value
from analysis.models.base import Prediction, alpha_used
from analysis.results import GroupResult
from analysis.results.verdict import stretch
from analysis.run.flags import estimation_flag
from analysis.study import ALL_FIRMS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from analysis._typing import BoolArray, FloatArray
    from analysis.inference.group import GroupSample
    from analysis.results import PlacedWindow
    from analysis.run.case import Case
    from analysis.run.panel_draws import PanelDraws
    from analysis.run.valuation import Valuation
    from analysis.windows import Window


def group_results(case: Case, panel: PanelDraws) -> tuple[GroupResult, ...]:
    """
    Measure every group of a case, and all its firms together.

    Parameters
    ----------
    case : Case
    panel : PanelDraws
        Supplies the firms' CARs on pseudo-dates.

    Returns
    -------
    tuple of GroupResult
        By group, then by window, of the firms that have every return of it.
    """
    results = []
    for name, symbols in members_of(case):
        sample: GroupSample | None = None
        before: tuple[str, ...] = ()
        for placed in case.placed.windows:
            window = placed.window
            there = case.whole(symbols, window)
            if not there:
                continue
            scaled = panel.scaled(case, there, window)
            if sample is None or there != before:
                sample, before = replace(sample_of(case, there, window), scaled=scaled), there
            else:  # what rests on residuals alone is computed once for all windows
                paths = [case.path(symbol, window) for symbol in sorted(there)]
                sample = sample.during(paths, scaled)
            lacking = sorted(set(symbols) - set(there))
            results.append(_group_result(case, name, there, placed, sample, lacking))
    return tuple(results)


def members_of(case: Case) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """List the groups with those of their firms that a case has, and last all firms together."""
    groups = tuple(
        (group.id, members)
        for group in case.study.groups
        if (members := tuple(symbol for symbol in group.symbols if symbol in case.symbols))
    )
    return (*groups, (ALL_FIRMS, case.symbols)) if len(case.symbols) > 1 else groups


def sample_of(case: Case, symbols: Sequence[str], window: Window) -> GroupSample:
    """
    Put the fits of a group's firms together for one window.

    Parameters
    ----------
    case : Case
    symbols : sequence of str
    window : Window

    Returns
    -------
    GroupSample
        Columns by name of the firm; rows are the sessions of the estimation window.
    """
    names = sorted(symbols)
    paths = [case.path(symbol, window) for symbol in names]
    return group_sample(
        [case.fits[symbol].model for symbol in names],
        np.column_stack([case.designs[symbol].complete[case.rows] for symbol in names]),
        [Prediction(path.expected, path.covariance) for path in paths],
        np.column_stack([path.raw for path in paths]),
    )


def _group_result(
    case: Case,
    name: str,
    symbols: tuple[str, ...],
    placed: PlacedWindow,
    sample: GroupSample,
    lacking: Sequence[str],
) -> GroupResult:
    study = case.study
    common = int(np.isfinite(sample.residuals).all(axis=1).sum())
    t, bmp, kp, scaled, volatile = run_tests(
        [TESTS[test] for test in ("portfolio", "bmp", "kp", "placebo-scaled", "placebo-volatile")],
        sample,
        Settings(level=study.level),
    )
    values = {symbol: case.value(symbol, placed.eve) for symbol in symbols}
    valued = tuple(symbol for symbol in symbols if values[symbol].amount is not None)
    return GroupResult(
        event=case.placed.event.id,
        group=name,
        model=case.specification.model.id,
        benchmark=case.specification.benchmark,
        session=case.placed.session,
        window=placed.window,
        symbols=symbols,
        n_estimation=common,
        alpha=alpha_used(case.specification.model.estimator, long=placed.window.long),
        caar=float(sample.car.mean()),
        se=sample.mean_se if t.available else None,
        t=replace(t, test="t") if t.available else Outcome.missing("t", t.unavailable),
        mean_correlation=sample.correlation,
        bmp=bmp,
        kp=kp,
        scaled=scaled,
        volatile=volatile,
        k=stretch(t, study.level),
        down=int((sample.car < 0).sum()),
        pseudo=sample.scaled,
        valued=valued,
        impact=_impact(case, symbols, placed, values, sample),
        flags=(
            *placed.flags,
            *((f"without:{'+'.join(lacking)}",) if lacking else ()),
            *estimation_flag(common, study),
            *((f"common-sessions:{common}",) if common < study.min_estimation else ()),
            *_value_flags(list(values.values())),
        ),
    )


def _value_flags(values: Sequence[Valuation]) -> tuple[str, ...]:
    without = sum(value.amount is None for value in values)
    carried = sorted({v.flag for v in values if v.amount is not None and v.flag})
    mixed, unrated = _currencies(values), _unrated(values)
    return (
        *((f"no-dollar-figure:{without}-firms",) if without else ()),
        *(
            (f"no-sum-of-currencies:{'+'.join(sorted(mixed))}",)
            if len(mixed) > 1 and unrated
            else ()
        ),
        *((f"sum-in-USD-of:{'+'.join(sorted(mixed))}",) if len(mixed) > 1 and not unrated else ()),
        *carried,
    )


def _impact(
    case: Case,
    symbols: tuple[str, ...],
    placed: PlacedWindow,
    values: Mapping[str, Valuation],
    sample: GroupSample,
) -> Impact | None:
    """
    Sum the money of the valued firms: in its currency where that is one, else in USD of the eve.

    There is no sum of several currencies where the exchange rate of one of them is not known.

    Their errors are correlated as their residuals are.

    See `analysis.inference.group.GroupSample.sum_variance`: the weights are what is at stake before
    each session.
    """
    names = sorted(symbols)
    currencies = _currencies(values.values())
    several = len(currencies) > 1
    if several and _unrated(values.values()):
        return None
    valued = np.array([values[symbol].amount is not None for symbol in names])
    if not valued.any():
        return None
    paths = [case.path(symbol, placed.window) for symbol in names]
    stakes, raw, expected = (
        np.column_stack(columns)
        for columns in (
            [
                case.stakes(symbol, placed) * ((values[symbol].rate or 0.0) if several else 1.0)
                for symbol in names
            ],
            [path.simple().raw for path in paths],
            [path.simple().expected for path in paths],
        )
    )
    # of logarithms an error counts times one plus the return expected
    weights = stakes * (1 + expected) if case.study.log else stakes
    total = stake_impact(
        sample, stakes, raw, expected, valued, level=case.study.level, weights=weights
    )
    if several:
        return total
    first = next(value for value in values.values() if value.amount is not None)
    return replace(total, currency=first.currency, rate=first.rate)


def _currencies(values: Iterable[Valuation]) -> set[str]:
    return {value.currency for value in values if value.amount is not None}


def _unrated(values: Iterable[Valuation]) -> bool:
    return any(value.amount is not None and value.rate is None for value in values)


def stake_impact(
    sample: GroupSample,
    stakes: FloatArray,
    raw: FloatArray,
    expected: FloatArray,
    valued: BoolArray,
    *,
    level: float,
    weights: FloatArray | None = None,
) -> Impact:
    """
    Add up the dollars of firms.

    Parameters
    ----------
    sample : GroupSample
        Of the window.
    stakes : ndarray of shape (L, N)
        At stake before each session, in one currency; 0 for a firm without a market value.
    raw, expected : ndarray of shape (L, N)
        Simple returns, decimal.
    valued : ndarray of bool, shape (N,)
        Firms with a market value.
    level : float
        Confidence level of the interval.
    weights : ndarray of shape (L, N), optional
        What an error of each session's return costs; the stakes by default, as of simple returns.

    Returns
    -------
    Impact
        Without an interval where `GroupSample.sum_variance` has none.
    """
    abnormal = float((stakes * (raw - expected)).sum())
    variance = sample.sum_variance(stakes if weights is None else weights, valued)
    known = math.isfinite(variance) and sample.mean_df >= 1
    se = math.sqrt(variance) if known else None
    half = None if se is None else critical_value(level, sample.mean_df) * se
    return Impact(
        market_value=float(stakes[0].sum()),
        raw=float((stakes * raw).sum()),
        expected=float((stakes * expected).sum()),
        abnormal=abnormal,
        se=se,
        low=None if half is None else abnormal - half,
        high=None if half is None else abnormal + half,
    )
