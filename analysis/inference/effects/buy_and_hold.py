"""Buy-and-hold abnormal returns, and drift after the event."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from analysis.abnormal import AbnormalPath, buy_and_hold
from analysis.errors import WindowError
from analysis.inference.cross_section import skewness_adjusted
from analysis.inference.outcome import Outcome
from analysis.inference.rank import rank_test

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis._typing import FloatArray

FEWEST_FIRMS = 20
"""Resamples of a quarter of fewer firms carry no skewness."""

HORIZONS = (20, 60, 120, 250)
"""Sessions from the event on, to which its drift is followed."""

FEWEST_INDEPENDENT = 19
"""With fewer windows that do not overlap, a placebo p carries a warning."""


def bhar_bootstrap_test(
    bhar: FloatArray, rng: np.random.Generator, *, draws: int = 1999
) -> Outcome:
    """
    Test the mean buy-and-hold abnormal return of many firms by a bootstrapped skewness-adjusted t.

    Parameters
    ----------
    bhar : ndarray of shape (N,)
        NaN is left out.
    rng : numpy.random.Generator
    draws : int

    Returns
    -------
    Outcome
        Johnson's t; two-sided p from resamples of N / 4 firms, whose t are about the sample mean:
        twice the smaller tail. Takes the firms for independent.

    References
    ----------
    Lyon, Barber and Tsai (1999), Journal of Finance 54.
    """
    sample = bhar[np.isfinite(bhar)]
    if len(sample) < FEWEST_FIRMS or not sample.std():
        return Outcome.missing(
            "bhar", f"needs {FEWEST_FIRMS} firms with differing returns, there are {len(sample)}"
        )
    statistic = float(skewness_adjusted(sample, "johnson"))
    size = len(sample) // 4
    resamples = rng.choice(sample - sample.mean(), (draws, size))
    resamples = resamples[resamples.std(axis=1) > 0]
    null = skewness_adjusted(resamples, "johnson")
    below = int(np.count_nonzero(null <= statistic))
    above = int(np.count_nonzero(null >= statistic))
    p = min(1.0, 2 * (1 + min(below, above)) / (len(null) + 1))
    return Outcome("bhar", statistic=statistic, p=p, df=len(sample) - 1, draws=len(null))


@dataclass(frozen=True, slots=True)
class DriftPoint:
    """
    The drift to a horizon.

    Attributes
    ----------
    sessions : int
        Length of the window.
    bhar : float
        Buy-and-hold abnormal return over it, decimal.
    outcome : Outcome
        Its rank among other dates.
    """

    sessions: int
    bhar: float
    outcome: Outcome


def drift(
    realised: FloatArray, expected: FloatArray, first: int, horizons: Sequence[int]
) -> tuple[DriftPoint, ...]:
    """
    Follow the buy-and-hold abnormal return from a session on.

    Parameters
    ----------
    realised, expected : ndarray of shape (T,)
        The firm's simple returns and those expected of each session by a model that did not know
        them; NaN where there is none.
    first : int
        Row at which the windows begin: the event session, or the one after it for drift alone.
    horizons : sequence of int
        Lengths in sessions, up to 250 or so.

    Returns
    -------
    tuple of DriftPoint
        One a horizon; the outcome is unavailable where the figures end before it. Placebo windows
        lie wholly before `first`.

    Raises
    ------
    WindowError
        If `first` lies outside the rows.
    """
    if not 0 <= first < len(realised):
        raise WindowError(f"row {first} lies outside the {len(realised)} sessions given")
    return tuple(_drift_to(realised, expected, first, sessions) for sessions in horizons)


def _drift_to(realised: FloatArray, expected: FloatArray, first: int, sessions: int) -> DriftPoint:
    window = slice(first, first + sessions)
    value = buy_and_hold(AbnormalPath(0, realised[window], expected[window], None))
    if first + sessions > len(realised) or not np.isfinite(value):
        reason = f"the figures end before {sessions} sessions have passed"
        return DriftPoint(sessions, np.nan, Outcome.missing("bhar-placebo", reason))
    before_r, before_e = np.log1p(realised[:first]), np.log1p(expected[:first])
    null = np.expm1(_window_sums(before_r, sessions)) - np.expm1(_window_sums(before_e, sessions))
    outcome = rank_test("bhar-placebo", value, null)
    independent = int(np.isfinite(null).sum()) // sessions
    if outcome.available and sessions > 1 and independent < FEWEST_INDEPENDENT:
        warning = f"the placebo windows overlap; only about {independent} are independent"
        outcome = replace(outcome, warning=warning)
    return DriftPoint(sessions, value, outcome)


def _window_sums(series: FloatArray, length: int) -> FloatArray:
    """Sum all runs of a length; NaN where a run has a NaN."""
    if length > len(series):
        return np.empty(0)
    windows = np.lib.stride_tricks.sliding_window_view(series, length)
    sums: FloatArray = windows.sum(axis=1)
    return sums
