"""
From a study and its data to everything that a run needs, checked whole before the first fit.

The checks themselves, and what they say, are in `analysis.run.checks`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.models.catalog import MODELS
from analysis.prices.reference import PrintedClose, Reference, ShareCount, sorted_counts
from analysis.results import FACTOR_MARKET, NO_BENCHMARK, PlacedEvent, PlacedWindow
from analysis.returns import purged_returns, simple_returns
from analysis.run.checks import check_design, check_firm, check_names, check_place
from analysis.run.valuation import value_of
from analysis.sessions import reaction_session
from analysis.windows import Window

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analysis._typing import FloatArray
    from analysis.models.catalog import ModelSpec
    from analysis.prices.market_data import MarketData
    from analysis.run.valuation import Valuation
    from analysis.study import Benchmark, Event, Study


@dataclass(frozen=True, slots=True, eq=False)
class Specification:
    """
    A model with its benchmark.

    Attributes
    ----------
    model : ModelSpec
    benchmark : str
        Name in results.
    market : ndarray of shape (T,) or None
        Simple returns of the benchmark over all sessions; None where the model takes none.
    """

    model: ModelSpec
    benchmark: str
    market: FloatArray | None


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """
    A study ready to run.

    Attributes
    ----------
    study : Study
    data : MarketData
    columns : mapping of str to ndarray of shape (T,)
        Simple returns of every security in the data, NaN where there is none.
    factors : mapping of str to ndarray of shape (T,)
        Daily factors in decimals on the sessions of the data, NaN where there is none.
    reference : Reference
        The data's, with what the study itself states put over it.
    events : tuple of PlacedEvent
    specifications : tuple of Specification
    valuations : mapping of (str, pandas.Timestamp) to Valuation
        Of each firm on the eve of each window.
    span : Window
        From the first to the last session of all event windows.
    """

    study: Study
    data: MarketData
    columns: Mapping[str, FloatArray]
    factors: Mapping[str, FloatArray]
    reference: Reference
    events: tuple[PlacedEvent, ...]
    specifications: tuple[Specification, ...]
    valuations: Mapping[tuple[str, pd.Timestamp], Valuation]
    span: Window


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
        If a return that is needed is missing.
    """
    check_names(study, data)
    span = Window(
        min(window.start for window in study.windows), max(window.end for window in study.windows)
    )
    events = tuple(_place(event, study, data, span) for event in study.events)
    reference = _reference(study, data)
    eves = {window.eve for placed in events for window in placed.windows}
    plan = Plan(
        study=study,
        data=data,
        columns=_columns(simple_returns(data.levels)),
        factors={} if data.factors is None else _columns(data.factors.reindex(data.levels.index)),
        reference=reference,
        events=events,
        specifications=tuple(
            specification_of(MODELS[model], benchmark, data)
            for model in study.models
            for benchmark in (study.benchmarks if MODELS[model].uses_benchmark else (None,))
        ),
        valuations={
            (symbol, eve): value_of(study, symbol, eve, data.levels, reference)
            for symbol in study.symbols
            for eve in eves
        },
        span=span,
    )
    for placed in plan.events:
        for symbol in study.symbols:
            check_firm(plan, placed, symbol)
            for specification in plan.specifications:
                check_design(plan, placed, specification, symbol)
    return plan


def _columns(frame: pd.DataFrame) -> dict[str, FloatArray]:
    return {str(name): frame[name].to_numpy(dtype=np.float64) for name in frame.columns}


def benchmark_returns(benchmark: Benchmark, data: MarketData) -> pd.Series:
    """
    Compute the simple returns of a benchmark, purged where it says so.

    Raises
    ------
    DataError
        If it is to be purged with a weight of a session that the data do not have.
    """
    index = data.levels[benchmark.symbol]
    if not benchmark.purged_of or benchmark.weight_session is None:
        return simple_returns(index.to_frame())[benchmark.symbol]
    return purged_returns(
        data.levels[benchmark.purged_of],
        index,
        benchmark.weight,
        pd.Timestamp(benchmark.weight_session),
    )


def specification_of(
    spec: ModelSpec, benchmark: Benchmark | None, data: MarketData
) -> Specification:
    """
    Pair a model with a benchmark.

    Parameters
    ----------
    spec : ModelSpec
    benchmark : Benchmark or None
        None where the model takes none.
    data : MarketData

    Returns
    -------
    Specification

    Raises
    ------
    DataError
        As `benchmark_returns`.
    """
    if benchmark is None:
        label = FACTOR_MARKET if spec.factors else NO_BENCHMARK
        return Specification(spec, label, None)
    market = benchmark_returns(benchmark, data).to_numpy(dtype=np.float64)
    return Specification(spec, benchmark.id, market)


def _place(event: Event, study: Study, data: MarketData, span: Window) -> PlacedEvent:
    session = reaction_session(study.calendar, event.when)
    check_place(event, session, study, data, span)
    position = int(data.levels.index.searchsorted(session))
    windows = tuple(_place_window(window, position, data) for window in study.windows)
    return PlacedEvent(event, session, position, windows)


def _place_window(window: Window, position: int, data: MarketData) -> PlacedWindow:
    sessions = data.levels.index
    first, last = sessions[position + window.start], sessions[position + window.end]
    return PlacedWindow(
        window=window,
        eve=sessions[position + window.start - 1],
        first=first,
        last=last,
        confounders=tuple(
            entry
            for entry in data.reference.chronology
            if entry.confounds and first <= entry.session <= last
        ),
    )


def _reference(study: Study, data: MarketData) -> Reference:
    if not study.market_values:
        return data.reference
    own, daily = study.market_values, data.reference.daily_closes
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
                        ShareCount(v.symbol, v.shares, v.as_of, v.source, v.known_from)
                        for v in own
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
