"""
What must hold before anything is fitted, each breach with the mend.

An unknown symbol, an event outside the data, an estimation window that does not fit, a regressor
that is missing: all of it is found here. Missing returns of firms are those of
`analysis.run.coverage`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.benchmarks import every_benchmark
from analysis.errors import DataError, StudyError, WindowError, nearest
from analysis.models.catalog import MODELS
from analysis.run.fit import rows_of
from analysis.run.purging import MARKET

if TYPE_CHECKING:
    import pandas as pd

    from analysis.models.design import Design
    from analysis.prices.market_data import MarketData
    from analysis.run.case import Case
    from analysis.study import Event, Study
    from analysis.windows import Window


def check_names(study: Study, data: MarketData) -> None:
    """
    Hold every name of a study against the data and the catalogue of models.

    Raises
    ------
    StudyError
        If a symbol, model, benchmark or industry member is not there.
    """
    known = [str(name) for name in data.levels.columns]
    for symbol in study.symbols:
        if symbol not in known:
            raise StudyError(
                f"symbol '{symbol}' is not in {data.name}; {nearest(symbol, known)}; choose firms "
                "with --symbols, or bring their levels with --data PATH"
            )
    for rate in study.fx:
        if rate.symbol not in known:
            raise StudyError(
                f"exchange rate of {rate.currency}: '{rate.symbol}' is not in {data.name}; "
                f"{nearest(rate.symbol, known)}; bring its column with --data PATH, or drop [[fx]]"
            )
    for model in study.models:
        if model not in MODELS:
            raise StudyError(f"model '{model}' is unknown; {nearest(model, MODELS)}")
    models = [MODELS[model] for model in study.models]
    if any(model.factors for model in models) and data.factors is None:
        needing = next(model.id for model in models if model.factors)
        raise StudyError(
            f"model '{needing}' needs daily factors, and {data.name} has none; give your own "
            "with --factors FILE, or leave it out with --model market"
        )
    if any(model.uses_benchmark for model in models):
        _check_benchmarks(study, data.name, known)
    if any(model.uses_industry for model in models):
        _check_listed("industry", study.industry, data.name, known)


def check_place(
    event: Event, session: pd.Timestamp, study: Study, data: MarketData, span: Window
) -> None:
    """
    Hold an event and its windows against the sessions of the data.

    Raises
    ------
    WindowError
        If the event or a window is outside.
    """
    sessions = data.levels.index
    first, last = sessions[0].date(), sessions[-1].date()
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
    if span.end > after:  # no window begins before the estimation window
        raise WindowError(
            f"event window reaching {span.end} sessions from event '{event.id}' "
            f"({session.date()}) is outside {data.name} ({first} to {last}); the data have "
            f"{before} sessions before it and {after} after"
        )


def check_designs(case: Case) -> None:
    """
    Hold the regressors of a specification against the windows of an event, for each of its firms.

    Raises
    ------
    DataError
        If a regressor of an event window is missing, or too few estimation sessions are complete.
    """
    study, placed, specification = case.study, case.placed, case.specification
    name = f"model '{specification.model.id}' with benchmark {specification.benchmark}"
    ahead = rows_of(placed.position, case.plan.span)
    for symbol, design in case.designs.items():
        missing = np.logical_not(np.isfinite(design.x[ahead]).all(axis=1))
        if missing.any():
            day = case.plan.data.levels.index[ahead][missing][0].date()
            _check_donor_returns(case, design, ahead)
            rates = " and exchange rates" if case.plan.data.quoted is not None else ""
            raise DataError(
                f"{name} has no regressors on {day}, within the windows of event "
                f"'{placed.event.id}'; choose another model or benchmark, or bring the "
                f"figures{rates}"
            )
        count = int(design.complete[case.rows].sum())
        if count < study.min_estimation:
            _check_donor_returns(case, design, case.rows)
            raise DataError(
                f"{name} has regressors for {symbol} on {count} sessions of the estimation window "
                f"{study.estimation} of event '{placed.event.id}'; {study.min_estimation} are "
                "needed"
            )


def _check_donor_returns(case: Case, design: Design, rows: slice) -> None:
    """Name the donors that lack returns on some rows, where the model has donors."""
    if not case.specification.model.uses_donors:
        return
    missing = np.argwhere(~np.isfinite(design.x[rows]))
    lacking = [design.names[column] for column in sorted(set(missing[:, 1].tolist()))]
    if lacking:
        day = case.plan.data.levels.index[rows][int(missing[:, 0].min())].date()
        raise DataError(
            f"donors {', '.join(lacking[:5])}{' and others' if len(lacking) > 5 else ''} lack "
            f"returns around event '{case.placed.event.id}', first on {day}; take them off the "
            "donors, or bring their levels"
        )


def _check_benchmarks(study: Study, where: str, known: list[str]) -> None:
    for benchmark in every_benchmark(study):
        for symbol in (benchmark.symbol, *benchmark.firms):
            if symbol not in known and symbol != MARKET:
                raise StudyError(
                    f"benchmark '{benchmark.id}' needs {symbol}, which is not in {where}; "
                    f"{nearest(symbol, known)}"
                )
        if benchmark.symbol in study.symbols:
            raise StudyError(
                f"{benchmark.symbol} is a firm of the study and its benchmark; drop it from one"
            )


def _check_listed(key: str, names: tuple[str, ...], where: str, known: list[str]) -> None:
    if not names:
        raise StudyError(f"a model of the study needs '{key}'; list symbols under that key")
    for name in names:
        if name not in known:
            raise StudyError(
                f"'{key}' names {name}, which is not in {where}; {nearest(name, known)}"
            )
