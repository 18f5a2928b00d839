"""
From a study and its data to everything that a run needs, checked whole before the first fit.

Whatever can go wrong with a choice goes wrong here, with the mend: an unknown symbol, an event
outside the data, an estimation window that does not fit, a firm without a return that is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.errors import DataError, StudyError, WindowError, nearest
from analysis.models.catalog import BENCHMARK, BENCHMARK_EXCESS, MODELS
from analysis.prices.reference import PrintedClose, Reference, ShareCount
from analysis.results import FACTOR_MARKET, NO_BENCHMARK, PlacedEvent, PlacedWindow
from analysis.returns import complete_rows, purged_returns, simple_returns
from analysis.run.fit import rows_of
from analysis.run.valuation import value_at
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
    A model with its benchmark, as arrays over all sessions.

    Attributes
    ----------
    model : ModelSpec
    benchmark : str
        Name in results.
    x : ndarray of shape (T, k)
        Regressors; NaN where one is missing.
    riskfree : ndarray of shape (T,)
        Subtracted from the firm's return before the fit; 0 where the model is not in excess.
    """

    model: ModelSpec
    benchmark: str
    x: FloatArray
    riskfree: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """
    A study ready to run.

    Attributes
    ----------
    study : Study
    data : MarketData
    returns : pandas.DataFrame of shape (T, symbols)
        Simple returns of every security in the data.
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
    returns: pd.DataFrame
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
    _check_names(study, data)
    returns = simple_returns(data.levels)
    span = Window(
        min(window.start for window in study.windows), max(window.end for window in study.windows)
    )
    events = tuple(_place(event, study, data, span) for event in study.events)
    specifications = tuple(_specifications(study, data))
    for placed in events:
        for specification in specifications:
            _check_design(placed, specification, study, data, span)
        for symbol in study.symbols:
            _check_firm(placed, symbol, study, returns, span)
    reference = _reference(study, data)
    eves = {window.eve for placed in events for window in placed.windows}
    valuations = {
        (symbol, eve): value_at(symbol, eve, data.levels, reference)
        for symbol in study.symbols
        for eve in eves
    }
    return Plan(study, data, returns, reference, events, specifications, valuations, span)


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
    Lay out the regressors of a model over all sessions.

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
    StudyError
        If the model needs a benchmark and none is given.
    DataError
        As `benchmark_returns`.
    """
    sessions = data.levels.index
    factors = pd.DataFrame() if data.factors is None else data.factors.reindex(sessions)
    riskfree = factors["rf"] if spec.excess else pd.Series(0.0, index=sessions)
    market = None if benchmark is None else benchmark_returns(benchmark, data)
    columns = []
    for name in spec.regressors:
        if name not in {BENCHMARK, BENCHMARK_EXCESS}:
            columns.append(factors[name])
        elif market is None:
            raise StudyError(f"model '{spec.id}' needs a benchmark; name one")
        else:
            columns.append(market - riskfree if name == BENCHMARK_EXCESS else market)
    x = np.column_stack(columns) if columns else np.empty((len(sessions), 0))
    label = FACTOR_MARKET if spec.regressors else NO_BENCHMARK
    return Specification(
        model=spec,
        benchmark=label if benchmark is None else benchmark.id,
        x=np.asarray(x, dtype=np.float64),
        riskfree=np.asarray(riskfree, dtype=np.float64),
    )


def _check_names(study: Study, data: MarketData) -> None:
    known = [str(name) for name in data.levels.columns]
    for symbol in study.symbols:
        if symbol not in known:
            raise StudyError(
                f"symbol '{symbol}' is not in {data.name}; {nearest(symbol, known)}; choose firms "
                "with --symbols, or bring their levels with --data PATH"
            )
    for model in study.models:
        if model not in MODELS:
            raise StudyError(f"model '{model}' is unknown; {nearest(model, MODELS)}")
    if not any(MODELS[model].uses_benchmark for model in study.models):
        return
    for benchmark in study.benchmarks:
        for symbol in filter(None, (benchmark.symbol, benchmark.purged_of)):
            if symbol not in known:
                raise StudyError(
                    f"benchmark '{benchmark.id}' needs {symbol}, which is not in {data.name}; "
                    f"{nearest(symbol, known)}"
                )
        if benchmark.symbol in study.symbols:
            raise StudyError(
                f"{benchmark.symbol} is a firm of the study and its benchmark; drop it from one"
            )


def _place(event: Event, study: Study, data: MarketData, span: Window) -> PlacedEvent:
    sessions = data.levels.index
    first, last = sessions[0].date(), sessions[-1].date()
    session = reaction_session(study.calendar, event.when)
    if session not in sessions:
        raise WindowError(
            f"event '{event.id}' ({event.when}) reacts on {session.date()}, outside {data.name} "
            f"({first} to {last}); bring levels that cover it with --data PATH"
        )
    position = int(sessions.searchsorted(session))
    before, after = position - 1, len(sessions) - 1 - position
    if -study.estimation.start > before:
        raise WindowError(
            f"estimation window {study.estimation} of event '{event.id}' ({session.date()}) needs "
            f"{-study.estimation.start} sessions with returns before it; {data.name} has {before} "
            f"(from {first}); shorten it, as in --estimation "
            f"{min(-before, study.estimation.end - 1)}..{study.estimation.end}, or bring more data"
        )
    if span.end > after or -span.start > before:
        raise WindowError(
            f"event window reaching {span.end if span.end > after else span.start} sessions from "
            f"event '{event.id}' ({session.date()}) is outside {data.name} ({first} to {last}); "
            f"the data have {before} sessions before it and {after} after"
        )
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


def _specifications(study: Study, data: MarketData) -> list[Specification]:
    found = []
    for model in study.models:
        spec = MODELS[model]
        if spec.factors and data.factors is None:
            raise StudyError(
                f"model '{model}' needs daily factors, and {data.name} has none; leave it out with "
                "--model market"
            )
        benchmarks = study.benchmarks if spec.uses_benchmark else (None,)
        found += [specification_of(spec, benchmark, data) for benchmark in benchmarks]
    return found


def _check_design(
    placed: PlacedEvent,
    specification: Specification,
    study: Study,
    data: MarketData,
    span: Window,
) -> None:
    present = complete_rows(specification.x, specification.riskfree)
    name = f"model '{specification.model.id}' with benchmark {specification.benchmark}"
    missing = ~present[rows_of(placed.position, span)]
    if missing.any():
        day = data.levels.index[rows_of(placed.position, span)][missing][0].date()
        raise DataError(
            f"{name} has no regressors on {day}, within the windows of event "
            f"'{placed.event.id}'; choose another model or benchmark, or bring the figures"
        )
    count = int(present[rows_of(placed.position, study.estimation)].sum())
    if count < study.min_estimation:
        raise DataError(
            f"{name} has regressors on {count} sessions of the estimation window "
            f"{study.estimation} of event '{placed.event.id}'; {study.min_estimation} are needed"
        )


def _check_firm(
    placed: PlacedEvent, symbol: str, study: Study, returns: pd.DataFrame, span: Window
) -> None:
    series = returns[symbol]
    window = series.iloc[rows_of(placed.position, span)]
    missing = window.index[window.isna()]
    if len(missing):
        raise DataError(
            f"{symbol} has no return on {missing[0].date()}, within the windows of event "
            f"'{placed.event.id}' ({placed.session.date()}); a return needs the levels of that "
            "session and of the one before: add them, or leave the firm out with --symbols"
        )
    count = int(series.iloc[rows_of(placed.position, study.estimation)].notna().sum())
    if count < study.min_estimation:
        raise WindowError(
            f"{symbol} has {count} returns in the estimation window {study.estimation} of event "
            f"'{placed.event.id}' ({placed.session.date()}); {study.min_estimation} are needed: "
            "shorten the window, lower min_estimation, or leave the firm out with --symbols"
        )


def _reference(study: Study, data: MarketData) -> Reference:
    if not study.market_values:
        return data.reference
    own = study.market_values
    return Reference(
        shares={
            **data.reference.shares,
            **{v.symbol: ShareCount(v.symbol, v.shares, v.as_of, v.source) for v in own},
        },
        closes={
            **data.reference.closes,
            **{
                v.symbol: PrintedClose(v.symbol, pd.Timestamp(v.close_session), v.close, v.source)
                for v in own
            },
        },
        weights=data.reference.weights,
        chronology=data.reference.chronology,
    )
