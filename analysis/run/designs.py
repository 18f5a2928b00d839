"""From a plan to the regressors of one firm around one event under one specification."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.models.design import Design, ReturnArrays, build_design
from analysis.run.fit import rows_of

if TYPE_CHECKING:
    from analysis.results import PlacedEvent
    from analysis.run.plan import Plan, Specification


def design_of(plan: Plan, placed: PlacedEvent, specification: Specification, symbol: str) -> Design:
    """
    Lay out a firm's returns and regressors over all sessions of the data.

    Parameters
    ----------
    plan : Plan
    placed : PlacedEvent
    specification : Specification
    symbol : str

    Returns
    -------
    Design

    Raises
    ------
    StudyError, DataError
        If the model needs series that the study or the data do not have.
    """
    sessions = len(plan.columns[symbol])
    estimation, event = np.zeros(sessions, dtype=np.bool_), np.zeros(sessions, dtype=np.bool_)
    estimation[rows_of(placed.position, plan.study.estimation)] = True
    event[rows_of(placed.position, plan.span)] = True
    model = specification.model
    returns = ReturnArrays(
        symbol=symbol,
        firm=plan.columns[symbol],
        benchmark=specification.market,
        factors=plan.factors,
        members={name: plan.columns[name] for name in plan.study.industry if model.uses_industry},
        donors={name: plan.columns[name] for name in plan.study.donors if model.uses_donors},
    )
    return build_design(model, returns, estimation, event)
