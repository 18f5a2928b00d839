"""
From a study and its data to everything that a run needs, checked whole before the first fit.

The checks themselves, and what they say, are in `analysis.run.checks`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.benchmarks import benchmark_of
from analysis.models.catalog import MODELS
from analysis.prices.reference import PrintedClose, Reference, ShareCount, sorted_counts
from analysis.prices.study_factors import with_factors
from analysis.results import NO_BENCHMARK, PlacedEvent, PlacedWindow, benchmark_name
from analysis.returns import returns_without, simple_returns
from analysis.run.case import Case, headline_case
from analysis.run.checks import check_designs, check_names, check_place
from analysis.run.common_currency import in_common_currency, with_rates
from analysis.run.coverage import cover
from analysis.run.donors import (
    DonorPool,
    donor_pool,
    warn_of_collinear,
    with_donor_levels,
)
from analysis.run.fit import rows_of
from analysis.run.flags import longest_closure
from analysis.run.jumps import check_jumps
from analysis.run.purging import check_weights, index_level, weight_anchors
from analysis.run.records import Plan, Specification, crossed
from analysis.run.valuation import value_of
from analysis.sessions import reaction_session
from analysis.study_securities import LOCAL
from analysis.windows import Window

if TYPE_CHECKING:
    from analysis._typing import FloatArray
    from analysis.models.spec import ModelSpec
    from analysis.prices.market_data import MarketData
    from analysis.prices.reference import ChronologyEntry
    from analysis.study import Benchmark, Event, Study


def plan_study(study: Study, data: MarketData) -> Plan:
    """
    Check a study against its data and lay out what will run.

    Parameters
    ----------
    study : Study
    data : MarketData

    Returns
    -------
    Plan

    Raises
    ------
    StudyError
        If the study names a symbol, benchmark or model that there is not.
    WindowError
        If an estimation or event window does not lie within the data.
    DataError
        If a return that the headline or a regressor needs is missing.
    """
    plan, _ = plan_cases(study, data)
    return plan


def plan_cases(study: Study, data: MarketData) -> tuple[Plan, tuple[Case, ...]]:
    """
    Plan a study as `plan_study`, with every event under every specification ready to be fitted.

    Returns
    -------
    plan : Plan
    cases : tuple of Case
        In the order of results: by event, then by specification.

    Raises
    ------
    MarketImpactError
        As `plan_study`.
    """
    plan = _planned(study, data)
    cases = tuple(
        Case(plan, placed, specification)
        for placed in plan.events
        if plan.symbols_of(placed.event.id)
        for specification in plan.specifications
    )
    for case in cases:
        check_designs(case)
    return plan, cases


def plan_headline(study: Study, data: MarketData) -> Case:
    """
    Plan the event, model and window alone that a study leads with.

    Raises
    ------
    MarketImpactError
        As `plan_study`.
    """
    head = study.headline
    events = tuple(event for event in study.events if event.id == head.event)
    asked = replace(study, events=events, models=(head.model,), windows=(head.window,))
    return headline_case(plan_study(asked, data))


def _planned(study: Study, data: MarketData) -> Plan:
    data = with_rates(study.fx, with_factors(study, data))
    check_names(study, data)
    pool = DonorPool()
    donors = any(MODELS[model].uses_donors for model in study.models)
    data = in_common_currency(study, with_donor_levels(study, data) if donors else data)
    if donors:
        pool = donor_pool(study, data)
        study = replace(study, donors=pool.names)
    check_jumps(study, data)
    span = Window(
        min(window.start for window in study.windows), max(window.end for window in study.windows)
    )
    events = tuple(_place(event, study, data, span) for event in study.events)
    if any(MODELS[model].uses_benchmark for model in study.models):
        check_weights(study, events, data)
    reference = with_scheduled(study, _reference(study, data))
    eves = {window.eve for placed in events for window in placed.windows}
    columns = _columns(simple_returns(data.levels), log=study.log)
    if pool.names:
        warn_of_collinear(pool, columns, rows_of(events[0].position, study.estimation))
    pairs = crossed(study)
    quoted = None if data.quoted is None else _columns(simple_returns(data.quoted), log=study.log)
    coverage = cover(study, columns, data.levels.index, events, pairs, quoted)
    return Plan(
        study=study,
        data=data,
        pairs=tuple(pair for pair in pairs if coverage[pair.symbol, pair.event].windows),
        columns=columns,
        factors={}
        if data.factors is None
        else _columns(data.factors.reindex(data.levels.index), log=study.log),
        reference=reference,
        events=events,
        specifications=tuple(
            _specification(study, MODELS[model], benchmark, data)
            for model in study.models
            for benchmark in (study.benchmarks if MODELS[model].uses_benchmark else (None,))
        ),
        valuations={
            (symbol, eve): value_of(study, symbol, eve, data.quoted_levels, reference)
            for symbol in study.symbols
            for eve in eves
        },
        coverage=coverage,
        span=span,
        donors=pool,
    )


def _columns(frame: pd.DataFrame, *, log: bool) -> dict[str, FloatArray]:
    columns = {str(name): frame[name].to_numpy(dtype=np.float64) for name in frame.columns}
    return {name: np.log1p(values) for name, values in columns.items()} if log else columns


def benchmark_returns(benchmark: Benchmark, data: MarketData) -> pd.Series:
    """
    Compute the simple returns of a benchmark, purged where it says so.

    Raises
    ------
    DataError
        If it is to be purged with a weight of a session that the data do not have, or of firms of
        which the data know no weight.
    """
    index = index_level(benchmark.symbol, data)
    if not benchmark.firms:
        return simple_returns(index.to_frame())[benchmark.symbol]
    anchors = weight_anchors(benchmark, data)
    return returns_without(
        [data.levels[symbol] for symbol in anchors], index, list(anchors.values())
    )


def specification_of(
    spec: ModelSpec, benchmark: Benchmark | None, data: MarketData, *, log: bool = False
) -> Specification:
    """
    Pair a model with a benchmark.

    Parameters
    ----------
    spec : ModelSpec
    benchmark : Benchmark or None
        None where the model takes none.
    data : MarketData
    log : bool
        Whether returns are logarithms.

    Returns
    -------
    Specification

    Raises
    ------
    DataError
        As `benchmark_returns`.
    """
    if benchmark is None:
        return Specification(spec, benchmark_name(spec, NO_BENCHMARK), None)
    market = benchmark_returns(benchmark, data).to_numpy(dtype=np.float64)
    if log:
        market = np.log1p(market)
    return Specification(spec, benchmark_name(spec, benchmark.id), market)


def _specification(
    study: Study, spec: ModelSpec, benchmark: Benchmark | None, data: MarketData
) -> Specification:
    """Pair a model with a benchmark of a study, each firm with its own index where it is that."""
    if benchmark is None or benchmark.id != LOCAL:
        return specification_of(spec, benchmark, data, log=study.log)
    markets: dict[Benchmark, FloatArray | None] = {}
    own: dict[str, FloatArray] = {}
    for symbol in study.symbols:
        index = benchmark_of(study, LOCAL, symbol)
        if index is not None and index not in markets:
            markets[index] = specification_of(spec, index, data, log=study.log).market
        market = None if index is None else markets[index]
        if market is not None:
            own[symbol] = market
    return Specification(spec, benchmark_name(spec, LOCAL), None, own)


def _place(event: Event, study: Study, data: MarketData, span: Window) -> PlacedEvent:
    session = reaction_session(study.calendar, event.when)
    check_place(event, session, study, data, span)
    position = int(data.levels.index.searchsorted(session))
    windows = tuple(_place_window(window, event, session, data) for window in study.windows)
    return PlacedEvent(event, session, position, windows)


def _place_window(
    window: Window, event: Event, session: pd.Timestamp, data: MarketData
) -> PlacedWindow:
    sessions = data.levels.index
    position = int(sessions.searchsorted(session))
    first, last = sessions[position + window.start], sessions[position + window.end]
    return PlacedWindow(
        window=window,
        eve=sessions[position + window.start - 1],
        first=first,
        last=last,
        confounders=tuple(
            entry
            for entry in data.reference.chronology
            if entry.confounds
            and first <= entry.session <= last
            and not _is_the_event(entry, event, session)
        ),
        closure=longest_closure(sessions[position + window.start - 1 : position + window.end + 1]),
    )


def _is_the_event(entry: ChronologyEntry, event: Event, session: pd.Timestamp) -> bool:
    """Say whether an entry is the event itself: one id, or one source and one session."""
    same_news = bool(event.source) and entry.source == event.source and entry.session == session
    return entry.id == event.id or same_news


def _reference(study: Study, data: MarketData) -> Reference:
    if not study.market_values:
        return data.reference
    own, daily = study.market_values, data.reference.daily_closes
    counts = [
        v.shares * (data.reference.restated(v.symbol, v.as_of) if v.close is None else 1.0)
        for v in own
    ]
    closes: dict[str, tuple[PrintedClose, ...]] = {}
    for v in own:
        if v.close is not None and v.close_session is not None:
            session = pd.Timestamp(v.close_session).as_unit("us")
            close = PrintedClose(v.symbol, session, v.close, v.source, v.currency)
            closes[v.symbol] = (*closes.get(v.symbol, ()), close)
    return replace(
        data.reference,
        shares={
            **data.reference.shares,
            **{
                symbol: sorted_counts(
                    (
                        ShareCount(v.symbol, shares, v.as_of, v.source, v.known_from)
                        for v, shares in zip(own, counts, strict=True)
                        if v.symbol == symbol
                    ),
                    where=f"study '{study.id}'",
                )
                for symbol in dict.fromkeys(v.symbol for v in own)
            },
        },
        closes={**data.reference.closes, **closes},
        daily_closes=daily
        if daily is None
        else daily[[symbol for symbol in daily.columns if symbol not in closes]],
    )


def with_scheduled(study: Study, reference: Reference) -> Reference:
    """Put the study's own days of scheduled news in place of those of the data, firm by firm."""
    own = {
        news.symbol: tuple(sorted({reaction_session(study.calendar, when) for when in news.when}))
        for news in study.scheduled
    }
    return replace(reference, results_days={**reference.results_days, **own})
