"""Buy-and-hold abnormal returns, and drift after the event."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from analysis.inference.cross_section import skewness_adjusted
from analysis.inference.outcome import Outcome
from analysis.inference.rank import rank_test, two_sided_rank

if TYPE_CHECKING:
    from analysis._typing import FloatArray
    from analysis.inference.firm import LongRun

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
    p = two_sided_rank(statistic, null)
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


def drift(run: LongRun) -> tuple[DriftPoint, ...]:
    """
    Rank the buy-and-hold abnormal returns from the event on among those from other dates on.

    Parameters
    ----------
    run : LongRun

    Returns
    -------
    tuple of DriftPoint
        One a horizon; the outcome is unavailable where the figures end before it.

    References
    ----------
    Barber and Lyon (1997), Journal of Financial Economics 43.
    """
    return tuple(
        _drift_to(sessions, bhar, run.placebo[sessions]) for sessions, bhar in run.bhar.items()
    )


def _drift_to(sessions: int, bhar: float, placebo: FloatArray) -> DriftPoint:
    if not np.isfinite(bhar):
        reason = f"the figures end before {sessions} sessions have passed"
        return DriftPoint(sessions, np.nan, Outcome.missing("bhar-placebo", reason))
    outcome = rank_test("bhar-placebo", bhar, placebo)
    independent = int(np.isfinite(placebo).sum()) // sessions
    if outcome.available and sessions > 1 and independent < FEWEST_INDEPENDENT:
        warning = f"the placebo windows overlap; only about {independent} are independent"
        outcome = replace(outcome, warning=warning)
    return DriftPoint(sessions, bhar, outcome)
