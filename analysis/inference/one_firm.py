"""Tests of one firm at one event: Student t with the exact prediction error, sample quantile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.inference.outcome import Outcome
from analysis.inference.rank import two_sided_rank
from analysis.inference.student import critical_value, two_sided_p

if TYPE_CHECKING:
    from analysis._typing import FloatArray


def t_test(effect: float, se: float, df: float, *, level: float = 0.95, test: str = "t") -> Outcome:
    """
    Test an abnormal return against its prediction error.

    Exact for independent normal errors. The event day is one draw, so no length of the estimation
    window repairs another law of that draw.

    Parameters
    ----------
    effect : float
        AR, CAR or any linear combination of abnormal returns, decimal.
    se : float
        Its prediction standard error, positive, same units.
    df : float
        Residual degrees of freedom of the model.
    level : float
        Confidence level of the interval.
    test : str
        Id of the test whose error `se` is.

    Returns
    -------
    Outcome
        Statistic ``effect / se``, two-sided Student-t p, interval ``effect -+ t se``.

    References
    ----------
    Patell (1976), Journal of Accounting Research 14; Campbell, Lo and MacKinlay (1997), ch. 4.

    Examples
    --------
    >>> outcome = t_test(-0.057, 0.004583, 3)
    >>> round(outcome.statistic, 2), round(outcome.p, 5)
    (-12.44, 0.00112)
    """
    statistic = effect / se
    half = critical_value(level, df) * se
    return Outcome(
        test,
        statistic=statistic,
        p=two_sided_p(statistic, df),
        df=df,
        low=effect - half,
        high=effect + half,
    )


def sample_quantile_test(effect: float, residuals: FloatArray) -> Outcome:
    """
    Rank a one-session abnormal return among the estimation window's residuals.

    Parameters
    ----------
    effect : float
        Abnormal return of one session, decimal.
    residuals : ndarray of shape (M,)
        Estimation residuals.

    Returns
    -------
    Outcome
        Two-sided p: twice the smaller of ``(1 + #{u <= effect}) / (M + 1)`` and its upper
        counterpart, at most 1; at least ``2 / (M + 1)``.

    References
    ----------
    Gelbach, Helland and Klick (2013), American Law and Economics Review 15.

    Examples
    --------
    >>> import numpy as np
    >>> round(sample_quantile_test(-0.5, np.linspace(-0.1, 0.1, 99)).p, 3)
    0.02
    """
    p = two_sided_rank(effect, residuals)
    return Outcome("sq", statistic=effect, p=p, draws=len(residuals))
