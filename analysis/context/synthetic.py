"""A control portfolio of donors that the event did not touch directly."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.inference.rank import rank_test
from analysis.models.donors import SyntheticControl
from analysis.returns import complete_rows
from analysis.run.fit import rows_of
from analysis.windows import Window

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis._typing import FloatArray
    from analysis.effects.setting import Setting
    from analysis.inference.outcome import Outcome

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


def synthetic_path(setting: Setting, donors: Sequence[str]) -> SyntheticPath | None:
    """
    Fit a synthetic control on the estimation window and follow it through the event.

    Parameters
    ----------
    setting : Setting
    donors : sequence of str
        Securities of the data.

    Returns
    -------
    SyntheticPath or None
        None with fewer than two donors that have a return on every session needed.
    """
    position, estimation = setting.placed.position, setting.study.estimation
    span = Window(max(-BEFORE, estimation.start), min(AFTER, setting.sessions_after))
    needed = slice(position + estimation.start, position + span.end + 1)
    names = [
        name
        for name in donors
        if name != setting.symbol and complete_rows(setting.returns(name)[needed]).all()
    ]
    own = setting.returns(setting.symbol)
    if len(names) < 2 or not complete_rows(own[needed]).all():
        return None
    x = np.column_stack([setting.returns(name) for name in names])
    rows = rows_of(position, estimation)
    fit = SyntheticControl().fit(own[rows], x[rows], tuple(names))
    weights = np.array([fit.coefficients[name] for name in names])
    shown = rows_of(position, span)
    eve = -span.start - 1
    actual, control = np.cumprod(1 + own[shown]), np.cumprod(1 + (x @ weights)[shown])
    gap = float(own[position] - x[position] @ weights)
    return SyntheticPath(
        symbol=setting.symbol,
        weights=dict(zip(names, map(float, weights), strict=True)),
        first=span.start,
        actual=actual / actual[eve],
        control=control / control[eve],
        gap=gap,
        error=math.sqrt(float(np.square(fit.residuals).mean())),
        outcome=rank_test("placebo", gap, fit.residuals),
    )
