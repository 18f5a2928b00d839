"""
Placebo dates on the scale of each date's own volatility.

An abnormal return is set against a forecast of its standard deviation made before the day, at the
event and at every pseudo-date alike, so that calm and turbulent years are on one scale. The
forecast is an exponentially weighted one of the abnormal returns of the sessions before, each of
them out of sample.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import lapack

from analysis.inference.outcome import Outcome
from analysis.inference.rank import rank_test

if TYPE_CHECKING:
    from analysis._typing import BoolArray, FloatArray, IntArray

DECAY = 0.94
"""Weight of the variance of the day before in that of a day (RiskMetrics, for daily returns)."""

FIRST_FORECAST = 20
"""Abnormal returns that the first forecast averages; there is none before."""

VOLATILE = 0.25
"""Share of the pseudo-dates that count as the most volatile."""

RECENT = 250
"""Pseudo-dates nearest to the event that count as recent."""


@dataclass(frozen=True, slots=True, eq=False)
class ScaledPlacebo:
    """
    The CAR of a firm or portfolio at the event and on pseudo-dates, each with its forecast.

    Attributes
    ----------
    car : float
        At the event, decimal.
    forecast : float
        Standard deviation of a session's abnormal return, forecast before the window.
    cars, forecasts : ndarray of shape (B,)
        The same on pseudo-dates, oldest first; NaN where there is none.
    dates : ndarray of shape (B,)
        Rows of the pseudo-dates in the data.
    scheduled : ndarray of bool, shape (B,) or None
        Whether news of the firm was due in the window of the pseudo-date; None where its calendar
        is not known.
    """

    car: float
    forecast: float
    cars: FloatArray
    forecasts: FloatArray
    dates: IntArray
    scheduled: BoolArray | None = None

    @property
    def statistic(self) -> float:
        """The event's CAR in units of its forecast."""
        return self.car / self.forecast

    @property
    def scaled(self) -> FloatArray:
        """The CAR of each pseudo-date in units of its forecast, shape (B,)."""
        ratio: FloatArray = self.cars / self.forecasts
        return ratio

    @property
    def volatile(self) -> BoolArray:
        """Whether a pseudo-date is of the most volatile by its forecast, shape (B,)."""
        known = np.isfinite(self.scaled)
        if not known.any():
            return known
        limit = np.quantile(self.forecasts[known], 1 - VOLATILE)
        return known & (self.forecasts >= limit)


def volatility_forecasts(abnormal: FloatArray) -> FloatArray:
    """
    Forecast the standard deviation of each session's abnormal return from those before it.

    Parameters
    ----------
    abnormal : ndarray of shape (T,)
        Abnormal returns, decimal; a session that has none changes no forecast.

    Returns
    -------
    ndarray of shape (T + 1,)
        Square root of ``v_t = DECAY v_{t-1} + (1 - DECAY) AR_{t-1}^2``, begun with the mean square
        of the first `FIRST_FORECAST`; NaN before these are known. The last is of the session after
        the data.

    References
    ----------
    J.P. Morgan and Reuters (1996), RiskMetrics Technical Document.

    Examples
    --------
    >>> import numpy as np
    >>> forecasts = volatility_forecasts(np.r_[np.full(20, 0.01), 0.05])
    >>> forecasts[19:].round(4).tolist()
    [nan, 0.01, 0.0156]
    """
    forecasts = np.full(len(abnormal) + 1, np.nan)
    known = np.flatnonzero(np.isfinite(abnormal))
    if len(known) < FIRST_FORECAST:
        return forecasts
    squares = abnormal[known] ** 2
    start = float(squares[:FIRST_FORECAST].mean())
    variances = _faded(start, squares[FIRST_FORECAST:])
    before = np.cumsum(np.r_[0, np.isfinite(abnormal)])
    there = before >= FIRST_FORECAST
    forecasts[there] = np.sqrt(variances[before[there] - FIRST_FORECAST])
    forecasts[forecasts == 0] = np.nan
    return forecasts


def _faded(start: float, squares: FloatArray) -> FloatArray:
    """
    Run ``v_t = DECAY v_{t-1} + (1 - DECAY) s_t`` from a start, which is the first value.

    The recursion is a triangular system with two diagonals, solved forward.
    """
    diagonals = np.ones((2, len(squares) + 1))
    diagonals[1] = -DECAY
    solved, _ = lapack.dtbtrs(diagonals, np.r_[start, (1 - DECAY) * squares], uplo="L")
    variances: FloatArray = np.ravel(solved)
    return variances


def scaled_placebo(
    cars: FloatArray, daily: FloatArray, event: int, dates: IntArray, *, ahead: int = 0
) -> ScaledPlacebo:
    """
    Set the CAR of one row against those of others, each with its forecast of volatility.

    Parameters
    ----------
    cars : ndarray of shape (T,)
        Abnormal return of the window around each row, decimal; NaN where there is none.
    daily : ndarray of shape (T,)
        Abnormal return of each row itself, which the forecasts are made of.
    event : int
        Row of the event.
    dates : ndarray of shape (B,)
        Rows of the pseudo-dates.
    ahead : int
        Where the window begins before its row, by how many sessions: 0 or negative. The forecast
        is made before it.

    Returns
    -------
    ScaledPlacebo

    Examples
    --------
    >>> import numpy as np
    >>> returns = 0.01 * np.random.default_rng(1).standard_normal(300)
    >>> sample = scaled_placebo(returns, returns, 299, np.arange(20, 299))
    >>> len(sample.scaled), bool(np.isfinite(sample.scaled).all())
    (279, True)
    """
    forecasts = volatility_forecasts(daily)
    return ScaledPlacebo(
        car=float(cars[event]),
        forecast=float(forecasts[max(event + ahead, 0)]),
        cars=cars[dates],
        forecasts=forecasts[np.maximum(dates + ahead, 0)],
        dates=dates,
    )


def scaled_test(test: str, sample: ScaledPlacebo) -> Outcome:
    """
    Rank the event's scaled CAR among those of the pseudo-dates.

    Parameters
    ----------
    test : str
        Id of the test.
    sample : ScaledPlacebo

    Returns
    -------
    Outcome
        As `rank_test`, of `ScaledPlacebo.statistic`.

    Examples
    --------
    >>> import numpy as np
    >>> sample = ScaledPlacebo(-0.10, 0.02, np.linspace(-0.02, 0.02, 99), np.full(99, 0.01),
    ...                        np.arange(99))
    >>> scaled_test("placebo-scaled", sample).p
    0.01
    """
    return _ranked(test, sample, sample.statistic, sample.scaled)


def volatile_test(test: str, sample: ScaledPlacebo) -> Outcome:
    """Rank the event's CAR, as it is, among the most volatile pseudo-dates by their forecasts."""
    return _ranked(test, sample, sample.car, sample.cars[sample.volatile])


def quiet_test(test: str, sample: ScaledPlacebo) -> Outcome:
    """Rank the event's scaled CAR among pseudo-dates on which no news of the firm was due."""
    if sample.scheduled is None:
        return Outcome.missing(test, "the days of the firm's results are not at hand")
    return _ranked(test, sample, sample.statistic, sample.scaled[~sample.scheduled])


def recent_test(test: str, sample: ScaledPlacebo) -> Outcome:
    """Rank the event's scaled CAR among the `RECENT` pseudo-dates nearest to it."""
    known = sample.scaled[np.isfinite(sample.scaled)]
    return _ranked(test, sample, sample.statistic, known[-RECENT:])


def _ranked(test: str, sample: ScaledPlacebo, statistic: float, draws: FloatArray) -> Outcome:
    if not np.isfinite(sample.forecast):
        return Outcome.missing(
            test, f"fewer than {FIRST_FORECAST} abnormal returns before the event to forecast from"
        )
    return rank_test(test, statistic, draws)
