"""Abnormal returns of the headline's firm added up around the event, with their interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.abnormal import cumulative, cumulative_se
from analysis.context.absent import Absent
from analysis.inference.student import critical_value
from analysis.run.fit import rows_of
from analysis.windows import Window

if TYPE_CHECKING:
    from analysis._typing import FloatArray
    from analysis.run.case import Case

BEFORE, AFTER = 10, 20
"""Sessions added up before and after the event's, where the data have them."""


@dataclass(frozen=True, slots=True, eq=False)
class CumulativePath:
    """
    The CAR from the first session of a span to each of its sessions.

    Attributes
    ----------
    symbol : str
    first : int
        Offset of the first session, negative or 0.
    sessions : tuple of pandas.Timestamp
        The L sessions.
    ar : ndarray of shape (L,)
        Abnormal return of each session, decimal.
    car : ndarray of shape (L,)
        Decimal; each is that of a window of its own, as a study of that window reports it. A model
        that predicts a window as a whole may expect another sum than of its sessions one by one.
    se : ndarray of shape (L,) or None
        Prediction standard error of `car`; None where the model has no covariance.
    critical : float
        Half-width of the interval in standard errors.
    alpha : float
        Expected return a session when the regressors are 0, decimal; it counts in windows that are
        not long (`Window.long`).
    """

    symbol: str
    first: int
    sessions: tuple[pd.Timestamp, ...]
    ar: FloatArray
    car: FloatArray
    se: FloatArray | None
    critical: float
    alpha: float

    @property
    def days(self) -> range:
        """Sessions from the event."""
        return range(self.first, self.first + len(self.car))

    @property
    def low(self) -> FloatArray | None:
        """Lower end of the interval of each CAR, shape (L,); None where there is none."""
        return None if self.se is None else self.car - self.critical * self.se

    @property
    def high(self) -> FloatArray | None:
        """Upper end, as `low`."""
        return None if self.se is None else self.car + self.critical * self.se

    def side(self, day: int) -> int | None:
        """Say on which side of 0 the interval of a session lies: -1, 1, or 0 if it holds 0."""
        if self.se is None:
            return None
        place = day - self.first
        beyond = abs(self.car[place]) > self.critical * self.se[place]
        return int(np.sign(self.car[place])) if beyond else 0

    @property
    def tidy(self) -> pd.DataFrame:
        """One row a session; returns in decimals, the interval missing where there is none."""
        nothing = np.full(len(self.car), np.nan)
        return pd.DataFrame(
            {
                "day": self.days,
                "session": [str(session.date()) for session in self.sessions],
                "ar": self.ar,
                "car": self.car,
                "low": nothing if self.low is None else self.low,
                "high": nothing if self.high is None else self.high,
                "se": nothing if self.se is None else self.se,
            }
        )


def cumulative_path(case: Case) -> CumulativePath | Absent:
    """
    Add up the abnormal returns of the headline's firm session by session.

    The span reaches from `BEFORE` sessions before the event to `AFTER` after it, as far as the
    estimation window leaves room and returns and regressors are there without a break. Each CAR is
    predicted as a window of its own, from the first session of the span, with the whole covariance
    of its prediction errors: those of the parameters are common to all sessions (Campbell, Lo and
    MacKinlay 1997, eq. 4.4.9 and 4.4.11).

    Returns
    -------
    CumulativePath or Absent
        Absent where fewer than two sessions are left, or session 0 is not among them.
    """
    span = _span(case)
    if span is None or len(span) < 2:
        return Absent(
            "needs returns of session 0 and of one beside it, all after the estimation window"
        )
    fit = case.fit(case.symbol)
    paths = [fit.path(Window(span.start, day)) for day in range(span.start, span.end + 1)]
    errors = [cumulative_se(path) for path in paths]
    known = [error for error in errors if error is not None]
    return CumulativePath(
        symbol=case.symbol,
        first=span.start,
        sessions=tuple(case.plan.data.levels.index[rows_of(case.placed.position, span)]),
        ar=fit.daily(span).abnormal,
        car=np.array([cumulative(path) for path in paths]),
        se=np.array(known) if len(known) == len(errors) else None,
        critical=critical_value(case.study.level, fit.model.df),
        alpha=float(fit.model.coefficients["alpha"]),
    )


def _span(case: Case) -> Window | None:
    """Find the unbroken run of complete sessions around session 0; None if it is not in one."""
    position = case.placed.position
    start = max(-BEFORE, case.study.estimation.end + 1)
    end = min(AFTER, case.sessions_after)
    if start > 0:
        return None
    complete = case.design(case.symbol).complete
    broken = np.flatnonzero(~complete[position + start : position + end + 1]) + start
    if (broken == 0).any():
        return None
    before, after = broken[broken < 0], broken[broken > 0]
    return Window(
        int(before[-1]) + 1 if len(before) else start, int(after[0]) - 1 if len(after) else end
    )
