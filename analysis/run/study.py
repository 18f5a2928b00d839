"""Run a study: every event under every specification."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.benchmarks import every_benchmark
from analysis.prices.frames import as_market_data
from analysis.prices.study_data import with_chronology
from analysis.results import (
    Battery,
    FirmResult,
    GroupResult,
    PlacedEvent,
    Recovery,
    StudyResult,
)
from analysis.run.batteries import firm_batteries, group_batteries
from analysis.run.bounds import headline_bounds
from analysis.run.case import headline_case, shown_cases
from analysis.run.common_currency import quote_currencies
from analysis.run.family import firm_family
from analysis.run.firms import firm_results
from analysis.run.groups import group_results
from analysis.run.needs import needed_sessions
from analysis.run.panel_draws import panel_draws
from analysis.run.placebo import placebo_draws
from analysis.run.plan import plan_cases
from analysis.run.shock import market_shock

if TYPE_CHECKING:
    import pandas as pd

    from analysis._typing import Progress
    from analysis.prices.market_data import MarketData
    from analysis.run.case import Case
    from analysis.run.records import Plan
    from analysis.study import Study


def run_study(
    study: Study,
    data: MarketData | pd.DataFrame,
    *,
    all_tests: bool = False,
    shown_only: bool = False,
    progress: Progress | None = None,
) -> StudyResult:
    """
    Run a study on data.

    Parameters
    ----------
    study : Study
    data : MarketData or pandas.DataFrame of shape (sessions, symbols)
        A frame holds total-return levels, as `analysis.prices.frames.as_market_data` takes them.
    all_tests : bool
        Also run every test of one firm on the headline (bootstraps, volume, variance); those that
        lead and those of groups always run.
    shown_only : bool
        Measure only the cells that `StudyResult.summary` shows, each as it is among all: those of
        the headline's specification, and of its firm at its event under the other ones.
    progress : callable, optional
        Told ``(label, done, total)`` after each specification of each event.

    Returns
    -------
    StudyResult

    Raises
    ------
    StudyError, WindowError, DataError
        If the study cannot run on these data; nothing has been fitted then.

    Examples
    --------
    >>> from analysis.prices.snapshot import load_snapshot
    >>> from analysis.overrides import Overrides, override
    >>> from analysis.study_file import load_study
    >>> choices = Overrides(events=("sell-off",), symbols=("NVDA",), models=("market",))
    >>> result = run_study(override(load_study(), choices), load_snapshot())
    >>> round(result.headline_window.car, 4), round(result.headline_window.se, 4)
    (-0.1664, 0.0297)
    """
    data = with_chronology(
        study, as_market_data(data, calendar=study.calendar, needed=needed_sessions(study))
    )
    plan, cases = plan_cases(study, data)
    cases = shown_cases(cases) if shown_only else cases
    draws = panel_draws(cases)
    firms: list[FirmResult] = []
    groups: list[GroupResult] = []
    batteries: tuple[Battery, ...] = ()
    leading: tuple[FirmResult, ...] = ()
    lead, waiting = headline_case(plan), deque(cases)
    total = len(cases)
    del cases  # the fits of a case go when its results are taken
    while waiting:
        case = waiting.popleft()
        results = firm_results(case, placebo_draws(case, draws), draws)
        firms += results
        found = () if case.alone else group_results(case, draws)
        groups += found
        if case.placed is lead.placed and case.specification is lead.specification:
            batteries = _batteries(case, results, found, all_tests=all_tests)
            leading = results
        if progress is not None:
            label = f"{case.placed.event.id}, {case.specification.model.title}"
            progress(label, total - len(waiting), total)
    data = plan.data
    used = [*study.symbols, *(b.symbol for b in every_benchmark(study) if b.symbol in data.levels)]
    return StudyResult(
        study=replace(study, donors=plan.study.donors),
        data_name=data.name,
        inputs=plan.data.inputs,
        events=plan.events,
        firms=tuple(firms),
        groups=tuple(groups),
        recoveries=tuple(
            _recovery(plan, placed, symbol)
            for placed in plan.events
            for symbol in plan.symbols_of(placed.event.id)
            if np.isfinite(plan.columns[symbol][placed.position])
        ),
        dividends=plan.data.dividends,
        currencies=quote_currencies(study, data),
        unmeasured=tuple(m for found in plan.coverage.values() for m in found.missing),
        batteries=batteries,
        shock=market_shock(plan),
        family=firm_family(leading, study.headline.window, study.level),
        bounds=headline_bounds(plan),
        levels=data.levels[list(dict.fromkeys(used))],
        **_values(plan),
        chronology=plan.reference.chronology,
        names=plan.reference.names,
    )


def _values(plan: Plan) -> dict[str, Any]:
    """List what the headline's dollars were made of, firm by firm, and why others have none."""
    head = plan.study.headline
    eve = next(w.eve for w in plan.headline_event.windows if w.window == head.window)
    values = {symbol: plan.valuations[symbol, eve] for symbol in plan.symbols_of(head.event)}
    return {
        "shares": {s: v.count for s, v in values.items() if v.count is not None},
        "closes": {s: v.close for s, v in values.items() if v.close is not None},
        "unvalued": {s: v.flag for s, v in values.items() if v.amount is None},
    }


def _batteries(
    case: Case,
    firms: tuple[FirmResult, ...],
    groups: tuple[GroupResult, ...],
    *,
    all_tests: bool,
) -> tuple[Battery, ...]:
    single = firm_batteries(case, firms, every=all_tests)
    return (*single, *group_batteries(case, firms, groups))


def _recovery(plan: Plan, placed: PlacedEvent, symbol: str) -> Recovery:
    levels = plan.data.levels[symbol]
    eve_level = float(levels.iloc[placed.position - 1])
    after = levels.iloc[placed.position + 1 :].dropna()
    back = after.index[after >= eve_level]
    session = back[0] if len(back) else None
    last = after.index[-1] if len(after) else levels.index[placed.position]
    until = levels.index.searchsorted(last if session is None else session)
    return Recovery(
        event=placed.event.id,
        symbol=symbol,
        eve=levels.index[placed.position - 1],
        fell=bool(levels.iloc[placed.position] < eve_level),
        session=session,
        sessions=int(until) - placed.position,
        last=last,
    )
