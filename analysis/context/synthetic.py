"""A control portfolio of donors that the event did not touch directly."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.context.absent import Absent
from analysis.errors import StudyError
from analysis.inference.rank import rank_test
from analysis.models.design import check_donors
from analysis.models.donors import SyntheticControl
from analysis.returns import complete_rows
from analysis.run.fit import rows_of
from analysis.windows import Window

if TYPE_CHECKING:
    from analysis._typing import FloatArray
    from analysis.inference.outcome import Outcome
    from analysis.run.case import Case

AFTER = 20
"""Sessions followed after the event, where the data have them."""

BEFORE = 60
"""Sessions shown before it."""


@dataclass(frozen=True, slots=True, eq=False)
class SyntheticPath:
    """
    A firm's growth and that of its synthetic control, the eve of the event being 1.

    Attributes
    ----------
    symbol : str
    weights : mapping of str to float
        The donors', not negative, adding up to 1.
    first : int
        Event time of the first value.
    actual, control : ndarray of shape (L,)
    gap : float
        Return of the event session less the control's, decimal.
    error : float
        Root mean squared gap of the estimation window, decimal a session.
    outcome : Outcome
        Rank of the gap among those of the estimation window.
    """

    symbol: str
    weights: dict[str, float]
    first: int
    actual: FloatArray
    control: FloatArray
    gap: float
    error: float
    outcome: Outcome

    @property
    def tidy(self) -> pd.DataFrame:
        """One row a session; the level of the eve is 1."""
        return pd.DataFrame(
            {
                "event_time": range(self.first, self.first + len(self.actual)),
                "growth": self.actual,
                "growth_control": self.control,
            }
        )

    @property
    def tidy_weights(self) -> pd.DataFrame:
        """One row a donor."""
        return pd.DataFrame({"donor": list(self.weights), "weight": list(self.weights.values())})


def synthetic_path(case: Case) -> SyntheticPath | Absent:
    """
    Fit a synthetic control on the estimation window and follow it through the event.

    Parameters
    ----------
    case : Case

    Returns
    -------
    SyntheticPath or Absent
        Absent where the study names no donors, or one that the event touched, or where fewer than
        two donors have a return on every session needed.
    """
    study, donors = case.study, case.study.donors
    if not donors:
        return Absent("the study names no donors")
    try:
        check_donors(donors, study.symbols, case.symbol, force=study.force_donors)
    except StudyError as error:
        return Absent(str(error))
    position, estimation = case.placed.position, case.study.estimation
    span = Window(max(-BEFORE, estimation.start), min(AFTER, case.sessions_after))
    needed = slice(position + estimation.start, position + span.end + 1)
    held = [name for name in donors if name in case.plan.columns]  # the store may lack some
    names = [name for name in held if complete_rows(case.returns(name)[needed]).all()]
    own = case.returns(case.symbol)
    if not complete_rows(own[needed]).all():
        return Absent(f"{case.symbol} lacks a return on some of the sessions needed")
    if len(names) < 2:
        return Absent(
            "needs two donors with a return on every session from the estimation window on; of the "
            f"{len(donors)} named, {len(names)} {'has' if len(names) == 1 else 'have'} one"
        )
    x = np.column_stack([case.returns(name) for name in names])
    rows = rows_of(position, estimation)
    fit = SyntheticControl().fit(own[rows], x[rows], tuple(names))
    weights = np.array([fit.coefficients[name] for name in names])
    shown = rows_of(position, span)
    eve = -span.start - 1
    actual, control = np.cumprod(1 + own[shown]), np.cumprod(1 + (x @ weights)[shown])
    gap = float(own[position] - x[position] @ weights)
    return SyntheticPath(
        symbol=case.symbol,
        weights=dict(zip(names, map(float, weights), strict=True)),
        first=span.start,
        actual=actual / actual[eve],
        control=control / control[eve],
        gap=gap,
        error=math.sqrt(float(np.square(fit.residuals).mean())),
        outcome=rank_test("placebo", gap, fit.residuals),
    )
