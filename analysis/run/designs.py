"""From a plan to the regressors of firms around one event under one specification."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from analysis.models.design import Design, ReturnArrays, build_design
from analysis.run.donors import complete_donors
from analysis.run.fit import rows_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis._typing import FloatArray
    from analysis.results import PlacedEvent
    from analysis.run.records import Plan, Specification


def designs_of(
    plan: Plan, placed: PlacedEvent, specification: Specification, symbols: Sequence[str]
) -> dict[str, Design]:
    """
    Lay out the returns and regressors of firms over all sessions of the data.

    Parameters
    ----------
    plan : Plan
    placed : PlacedEvent
    specification : Specification
    symbols : sequence of str

    Returns
    -------
    dict of str to Design
        By symbol. Firms share one array of regressors unless the model has some of each firm's own.

    Raises
    ------
    StudyError, DataError
        If the model needs series that the study or the data do not have.
    """
    own = specification.model.uses_donors and not set(symbols).isdisjoint(plan.donors.names)
    if specification.model.uses_industry or specification.own or own:
        return {symbol: _design(plan, placed, specification, symbol) for symbol in symbols}
    first = _design(plan, placed, specification, symbols[0])
    own_columns = {s: _estimable(plan, placed, plan.columns[s] - first.base) for s in symbols}
    return {symbol: replace(first, y=y) for symbol, y in own_columns.items()}


def _estimable(plan: Plan, placed: PlacedEvent, y: FloatArray) -> FloatArray:
    """Take the other events' windows out of the estimation window, where the study asks for it."""
    if plan.study.other_events == "keep":
        return y
    left, rows = y.copy(), rows_of(placed.position, plan.study.estimation)
    for other in plan.events:
        ahead = rows_of(other.position, plan.span)
        if other.event.id != placed.event.id:
            # where they do not meet, the slice is empty
            left[max(ahead.start, rows.start) : min(ahead.stop, rows.stop)] = np.nan
    return left


def _design(plan: Plan, placed: PlacedEvent, specification: Specification, symbol: str) -> Design:
    sessions = len(plan.columns[symbol])
    estimation, event = np.zeros(sessions, dtype=np.bool_), np.zeros(sessions, dtype=np.bool_)
    estimation[rows_of(placed.position, plan.study.estimation)] = True
    event[rows_of(placed.position, plan.span)] = True
    model = specification.model
    needed = rows_of(placed.position, plan.study.estimation), placed.position
    donors = complete_donors(plan.donors, plan.columns, needed) if model.uses_donors else ()
    returns = ReturnArrays(
        symbol=symbol,
        firm=plan.columns[symbol],
        benchmark=specification.market_of(symbol),
        factors=plan.factors,
        members={name: plan.columns[name] for name in plan.study.industry if model.uses_industry},
        donors={name: plan.columns[name] for name in donors if name != symbol},
    )
    design = build_design(model, returns, estimation, event)
    return replace(design, y=_estimable(plan, placed, design.y))
