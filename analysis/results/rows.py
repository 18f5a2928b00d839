"""Results as the rows of tidy frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analysis.impact import money_columns
from analysis.inference.catalog import TESTS

if TYPE_CHECKING:
    import pandas as pd

    from analysis.inference.outcome import Outcome
    from analysis.results.records import (
        Battery,
        FirmResult,
        GroupResult,
        Recovery,
        WindowResult,
    )
    from analysis.study import Headline, Study

TEST_COLUMNS = (
    *("event", "kind", "subject", "model", "benchmark", "window", "test", "title"),
    *("statistic", "distribution", "df", "draws", "p", "low", "high", "null"),
    *("warning", "unavailable"),
)
"""Columns of `StudyResult.tidy_tests`."""

GROUP_COLUMNS = (
    *("event", "session", "group", "model", "benchmark", "estimation", "window", "n_firms"),
    *(
        "symbols",
        "n_estimation",
        "alpha_used",
        "caar",
        "se",
        "t",
        "df",
        "p",
        "caar_low",
        "caar_high",
    ),
    *("mean_correlation", "variance_inflation", "t_bmp", "p_bmp", "t_kp", "p_kp"),
    *("t_scaled", "p_scaled", "n_scaled", "p_volatile", "k", "n_down"),
    *("symbols_valued", "market_value_usd", "impact_raw_usd", "impact_expected_usd"),
    *("impact_usd", "impact_low_usd", "impact_high_usd", "currency", "market_value"),
    *("impact_raw", "impact_expected", "impact", "impact_low", "impact_high", "flags"),
)
"""Columns of `StudyResult.tidy_groups`."""


def firm_row(firm: FirmResult, result: WindowResult, study: Study) -> dict[str, Any]:
    """Lay out one firm, event, specification and window as a tidy row."""
    return {
        "event": firm.event,
        "session": _day(firm.session),
        "symbol": firm.symbol,
        "group": firm.group,
        "model": firm.model,
        "benchmark": firm.benchmark,
        "estimation": str(study.estimation),
        "window": str(result.window),
        "n_estimation": firm.n_estimation,
        "alpha": firm.alpha,
        "beta": firm.beta,
        "alpha_used": result.alpha,
        "sigma": firm.sigma,
        "raw_return": result.raw,
        "expected_return": result.expected,
        "car": result.car,
        "se": result.se,
        "t": result.t.statistic,
        "df": result.t.df,
        "p": result.t.p,
        "car_low": result.t.low,
        "car_high": result.t.high,
        "p_sq": result.sq.p,
        "p_placebo": result.placebo.p,
        "n_placebo": result.placebo.draws,
        "p_scaled": result.scaled.p,
        "n_scaled": result.scaled.draws,
        "p_romano_wolf": result.joint.p,
        "bhar": result.bhar,
        **money_columns(result.impact),
        "flags": ";".join(result.flags),
    }


def group_row(group: GroupResult, study: Study) -> dict[str, Any]:
    """Lay out one group, event, specification and window as a tidy row."""
    return {
        "event": group.event,
        "session": _day(group.session),
        "group": group.group,
        "model": group.model,
        "benchmark": group.benchmark,
        "estimation": str(study.estimation),
        "window": str(group.window),
        "n_firms": len(group.symbols),
        "symbols": " ".join(group.symbols),
        "n_estimation": group.n_estimation,
        "alpha_used": group.alpha,
        "caar": group.caar,
        "se": group.se,
        "t": group.t.statistic,
        "df": group.t.df,
        "p": group.t.p,
        "caar_low": group.t.low,
        "caar_high": group.t.high,
        "mean_correlation": group.mean_correlation,
        "variance_inflation": group.variance_inflation,
        "t_bmp": group.bmp.statistic,
        "p_bmp": group.bmp.p,
        "t_kp": group.kp.statistic,
        "p_kp": group.kp.p,
        "t_scaled": group.scaled.statistic,
        "p_scaled": group.scaled.p,
        "n_scaled": group.scaled.draws,
        "p_volatile": group.volatile.p,
        "k": group.k,
        "n_down": group.down,
        "symbols_valued": " ".join(group.valued),
        **money_columns(group.impact),
        "flags": ";".join(group.flags),
    }


def outcome_row(
    head: Headline, benchmark: str, battery: Battery, outcome: Outcome
) -> dict[str, Any]:
    """Lay out one test of one subject as a tidy row; the benchmark as results name it."""
    return {
        "event": head.event,
        "kind": battery.kind,
        "subject": battery.subject,
        "model": head.model,
        "benchmark": benchmark,
        "window": str(head.window),
        "test": outcome.test,
        "title": TESTS[outcome.test].title,
        "statistic": outcome.statistic,
        "distribution": TESTS[outcome.test].distribution,
        "df": outcome.df,
        "draws": outcome.draws,
        "p": outcome.p,
        "low": outcome.low,
        "high": outcome.high,
        "null": TESTS[outcome.test].null,
        "warning": outcome.warning,
        "unavailable": outcome.unavailable,
    }


def recovery_row(recovery: Recovery) -> dict[str, Any]:
    """Lay out one firm's recovery from one event as a tidy row."""
    return {
        "event": recovery.event,
        "symbol": recovery.symbol,
        "eve": _day(recovery.eve),
        "fell": recovery.fell,
        "recovered": None if recovery.session is None else _day(recovery.session),
        "sessions": recovery.sessions,
        "data_end": _day(recovery.last),
    }


def _day(session: pd.Timestamp) -> str:
    return str(session.date())
