"""Whether the event changed the variance: of its own sessions, or of those after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from analysis.inference.outcome import Outcome
from analysis.inference.rank import rank_test
from analysis.inference.student import never_zero

if TYPE_CHECKING:
    from analysis._typing import FloatArray
    from analysis.inference.group import GroupSample


SESSIONS_AFTER = 60
"""Sessions after the event window whose spread is compared, where the data have as many."""

FEWEST_AFTER = 20
"""Fewer sessions on a side say little of a spread."""


def predictive_f_test(ar: FloatArray, covariance: FloatArray, df: float) -> Outcome:
    """
    Test mean and variance of a window's abnormal returns together.

    Parameters
    ----------
    ar : ndarray of shape (L,)
        Abnormal returns.
    covariance : ndarray of shape (L, L)
        Covariance of their prediction errors.
    df : float
        Residual degrees of freedom of the model.

    Returns
    -------
    Outcome
        ``AR' V^-1 AR / L`` against F with L and `df` degrees of freedom; for one session the
        square of t. `Outcome.df` is that of the denominator.

    References
    ----------
    Chow (1960), Econometrica 28.

    Examples
    --------
    >>> import numpy as np
    >>> round(predictive_f_test(np.array([0.04]), np.array([[0.0004]]), 100).statistic, 6)
    4.0
    """
    length = len(ar)
    statistic = float(ar @ np.linalg.solve(covariance, ar)) / length
    p = never_zero(float(special.fdtrc(length, df, statistic)))
    return Outcome("variance-f", statistic=statistic, p=p, df=df)


def beaver_test(sample: GroupSample) -> Outcome:
    """
    Rank the firms' mean squared standardised return of the event among those of other sessions.

    Parameters
    ----------
    sample : GroupSample
        With an event window of one session.

    Returns
    -------
    Outcome
        One-sided p ``(1 + #{U_t >= U_0}) / (M + 1)``.

    References
    ----------
    Beaver (1968), Journal of Accounting Research 6 (supplement).
    """
    usable = sample.complete()
    if usable.length > 1 or not usable.firms:
        return Outcome.missing("beaver", "is for one session with at least one firm")
    known = np.isfinite(usable.sar)
    squares = np.where(known, usable.sar, 0.0) ** 2
    present = known.sum(axis=1)
    enough = present >= usable.firms / 2
    null = squares.sum(axis=1)[enough] / present[enough]
    return rank_test("beaver", float(np.square(usable.event_sar[0]).mean()), null)


def brown_forsythe_test(before: FloatArray, after: FloatArray) -> Outcome:
    """
    Compare the spread of abnormal returns after the event with that before it.

    Parameters
    ----------
    before : ndarray of shape (M,)
        Estimation residuals.
    after : ndarray of shape (L,)
        Abnormal returns of the `SESSIONS_AFTER` sessions after the event window, whatever other
        windows are asked about.

    Returns
    -------
    Outcome
        F of the absolute deviations from each side's median; `Outcome.df` is M + L - 2.

    References
    ----------
    Brown and Forsythe (1974), Journal of the American Statistical Association 69.
    """
    if min(len(before), len(after)) < FEWEST_AFTER:
        return Outcome.missing(
            "brown-forsythe",
            f"needs {FEWEST_AFTER} sessions on each side of the event window, there are "
            f"{len(before)} before and {len(after)} after",
        )
    from scipy import stats  # noqa: PLC0415 - slow to import

    result = stats.levene(before, after, center="median")
    return Outcome(
        "brown-forsythe",
        statistic=float(result.statistic),
        p=never_zero(float(result.pvalue)),
        df=len(before) + len(after) - 2,
    )
