"""Sessions on which the market reacted: many days, several series, one family of tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from analysis.errors import DataError
from analysis.inference.multiplicity import adjust, romano_wolf
from analysis.inference.student import never_zero

if TYPE_CHECKING:
    from analysis._typing import FloatArray


@dataclass(frozen=True, slots=True)
class Reaction:
    """
    One series on one session.

    Attributes
    ----------
    day : int
        Row of the days asked about.
    series : str
        Firm or group.
    ar : float
        Abnormal return, decimal.
    statistic : float
        It over its prediction error.
    p_day : float
        Romano-Wolf p over the series of that session; at least 1 / (placebo sessions + 1).
    p_all : float
        Romano-Wolf p over all series and all sessions asked about. With D of them and B placebo
        sessions it cannot fall below about D / (D + B), however great the reaction: that is how
        often the most extreme of exchangeable sessions is among those asked about.
    p_holm : float
        Student-t p with Holm's adjustment over all series and sessions: assumes normal errors, and
        has no such floor.
    """

    day: int
    series: str
    ar: float
    statistic: float
    p_day: float
    p_all: float
    p_holm: float


def reactions(
    ar: FloatArray,
    sar: FloatArray,
    placebo: FloatArray,
    names: tuple[str, ...],
    df: FloatArray,
    rng: np.random.Generator,
    *,
    draws: int = 4999,
) -> tuple[Reaction, ...]:
    """
    Test every series on every session asked about.

    Parameters
    ----------
    ar, sar : ndarray of shape (D, S)
        Abnormal returns of D sessions and S series, plain and over their prediction error; NaN
        where a series has none.
    placebo : ndarray of shape (B, S)
        Standardised abnormal returns of the same series on sessions not asked about, predicted out
        of sample; rows with NaN are left out.
    names : tuple of str
        The S series.
    df : ndarray of shape (S,)
        Degrees of freedom of the models.
    rng : numpy.random.Generator
        Draws the sets of D sessions, all series of a session together.
    draws : int

    Returns
    -------
    tuple of Reaction
        Session by session, series by series; those without a value are left out.

    Raises
    ------
    DataError
        If there are fewer placebo sessions than sessions asked about.

    References
    ----------
    Romano and Wolf (2005), Econometrica 73.
    """
    null = placebo[np.isfinite(placebo).all(axis=1)]
    days, series = sar.shape
    if len(null) < days:
        raise DataError(
            f"{len(null)} placebo sessions are too few to judge {days} sessions; ask about fewer, "
            "or use a longer history"
        )
    raw = 2 * special.stdtr(df, -np.abs(sar))
    holm = adjust(raw.ravel(), "holm").reshape(raw.shape)
    # a session asked about may stand for a placebo session: exchangeable under the null
    pool = np.nan_to_num(np.vstack([null, sar]))
    picks = np.array([rng.choice(len(pool), days, replace=False) for _ in range(draws)])
    everything = romano_wolf(sar.ravel(), pool[picks].reshape(draws, sar.size)).reshape(sar.shape)
    by_day = np.array([romano_wolf(row, null) for row in sar])
    return tuple(
        Reaction(
            day=day,
            series=names[column],
            ar=float(ar[day, column]),
            statistic=float(sar[day, column]),
            p_day=float(by_day[day, column]),
            p_all=float(everything[day, column]),
            p_holm=never_zero(float(holm[day, column])),
        )
        for day in range(days)
        for column in range(series)
        if np.isfinite(sar[day, column])
    )
