"""Volatility of abnormal returns before and after the event."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.context.absent import Absent
from analysis.inference.effects.variance import SESSIONS_AFTER, brown_forsythe_test
from analysis.windows import Window

if TYPE_CHECKING:
    from analysis._typing import FloatArray, IntArray
    from analysis.inference.outcome import Outcome
    from analysis.run.case import Case

ROLLING = 20
"""Sessions of the rolling standard deviation."""

SESSIONS_A_YEAR = 252


@dataclass(frozen=True, slots=True, eq=False)
class VolatilityChange:
    """
    Spread of abnormal returns on the two sides of the event session, which is left out.

    Attributes
    ----------
    symbol : str
    offsets : ndarray of shape (L,)
        Last session of each rolling stretch.
    rolling : ndarray of shape (L,)
        Annualised standard deviation, decimal.
    before, after : float
        Annualised standard deviation of the estimation residuals and of the sessions after.
    n_after : int
    outcome : Outcome
        Brown-Forsythe.
    """

    symbol: str
    offsets: IntArray
    rolling: FloatArray
    before: float
    after: float
    n_after: int
    outcome: Outcome

    @property
    def tidy(self) -> pd.DataFrame:
        """One row a rolling stretch, by its last session."""
        return pd.DataFrame({"event_time": self.offsets, "volatility": self.rolling})


def volatility_change(case: Case) -> VolatilityChange | Absent:
    """
    Compare the spread of abnormal returns after the event with that of the estimation window.

    Returns
    -------
    VolatilityChange or Absent
        Absent with fewer than `ROLLING` sessions after the event.
    """
    after = min(SESSIONS_AFTER, case.sessions_after)
    if after < ROLLING:
        return Absent(f"needs {ROLLING} sessions after the event, and the data have {after}")
    before = -case.study.estimation.start
    fit = case.fit(case.symbol)
    abnormal = fit.daily(Window(-before, after)).abnormal
    later = abnormal[before + 1 :]
    quiet = np.delete(abnormal, before)
    offsets = np.delete(np.arange(-before, after + 1), before)
    year = math.sqrt(SESSIONS_A_YEAR)
    stretches = np.lib.stride_tricks.sliding_window_view(quiet, ROLLING)
    return VolatilityChange(
        symbol=case.symbol,
        offsets=offsets[ROLLING - 1 :],
        rolling=year * stretches.std(axis=1, ddof=1),
        before=year * fit.model.sigma,
        after=year * float(later.std(ddof=1)),
        n_after=len(later),
        outcome=brown_forsythe_test(fit.model.residuals, later),
    )
