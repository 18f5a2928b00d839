"""
A whole specification curve among the curves of placebo dates.

The specifications of a curve share the firm and the day, so their p-values say nothing together.
Every specification is therefore measured on other dates too, and what is ranked is a figure of the
whole curve: its median, its median t, and the weight of its significant specifications.

References
----------
Simonsohn, Simmons and Nelson (2020), Nature Human Behaviour 4.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.context.curve_effects import middle_of
from analysis.inference.outcome import Outcome
from analysis.inference.rank import rank_test
from analysis.inference.student import critical_value
from analysis.returns import complete_rows

if TYPE_CHECKING:
    from analysis._typing import FloatArray

MEDIAN, MEDIAN_T, SHARE = "curve-median", "curve-t", "curve-share"


@dataclass(frozen=True, slots=True)
class JointTest:
    """
    Ranks of a curve among those of placebo dates.

    Attributes
    ----------
    median : Outcome
        Of the magnitude of the weighted median abnormal return.
    t : Outcome
        Of that of the weighted median t.
    share : Outcome
        Of the weight of the specifications that reject on the side of the median.
    drawn : int
        Specifications that were measured on placebo dates: those that the panel engine fits.
    """

    median: Outcome
    t: Outcome
    share: Outcome
    drawn: int

    @classmethod
    def missing(cls, reason: str) -> JointTest:
        """Say why there is none."""
        median, t, share = (Outcome.missing(test, reason) for test in (MEDIAN, MEDIAN_T, SHARE))
        return cls(median, t, share, drawn=0)


@dataclass(frozen=True, slots=True, eq=False)
class CurveDraws:
    """
    The specifications of a curve at the event and on placebo dates.

    Attributes
    ----------
    abnormal, t : ndarray of shape (B + 1, c)
        Abnormal returns, decimal, and their t statistics; the event's row is the last. NaN where a
        date has none.
    df : ndarray of shape (B + 1, c)
        Degrees of freedom of each t.
    weights : ndarray of shape (c,)
        Of the specifications, sum 1.
    """

    abnormal: FloatArray
    t: FloatArray
    df: FloatArray
    weights: FloatArray


def joint_test(draws: CurveDraws, *, level: float) -> JointTest:
    """
    Rank a curve among those of placebo dates.

    Parameters
    ----------
    draws : CurveDraws
        Dates that lack any specification are left out, so that every curve is the same.
    level : float
        A specification is significant where its t rejects at 1 - `level`.

    Returns
    -------
    JointTest
        Ranks as `analysis.inference.rank.rank_test`; unavailable where the event lacks a
        specification or too few dates have all of them.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> t = np.append(rng.standard_normal((99, 1)), [[6.0]], axis=0) * np.ones(3)
    >>> draws = CurveDraws(t / 100, t, np.full(t.shape, 100.0), np.full(3, 1 / 3))
    >>> found = joint_test(draws, level=0.95)
    >>> found.median.p, found.t.p, found.share.p, found.drawn
    (0.01, 0.01, 0.05, 3)
    """
    whole = complete_rows(draws.abnormal, draws.t)
    if not draws.abnormal.shape[1] or not whole[-1]:
        return JointTest.missing("no specification can be measured on other dates")
    abnormal, t = draws.abnormal[whole], draws.t[whole]
    median, median_t = middle_of(abnormal, draws.weights), middle_of(t, draws.weights)
    clear = np.abs(t) > _critical(draws.df[whole], level)
    share = (clear & (np.sign(t) == np.sign(median)[:, None])).astype(float) @ draws.weights
    share = np.round(share, 12)  # a sum of weights in another order is no other share
    return JointTest(
        median=rank_test(MEDIAN, float(median[-1]), median[:-1]),
        t=rank_test(MEDIAN_T, float(median_t[-1]), median_t[:-1]),
        share=rank_test(SHARE, float(share[-1]), share[:-1]),
        drawn=abnormal.shape[1],
    )


def _critical(df: FloatArray, level: float) -> FloatArray:
    values, place = np.unique(df, return_inverse=True)
    limits = [critical_value(level, value) if value > 0 else math.inf for value in values]
    return np.asarray(np.array(limits)[place].reshape(df.shape), dtype=np.float64)
