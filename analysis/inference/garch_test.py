"""A session's return against its conditional law of that day."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from scipy import special

from analysis.inference.outcome import Outcome
from analysis.inference.student import never_zero

if TYPE_CHECKING:
    from analysis._typing import FloatArray
    from analysis.models.garch import GarchFit


SHORTEST_GARCH = 250
"""Fewer estimation sessions determine no variance recursion worth a p-value."""


def garch_test(
    fit: GarchFit,
    y: FloatArray,
    x: FloatArray,
    *,
    after: tuple[FloatArray, FloatArray] | None = None,
    level: float = 0.95,
) -> Outcome:
    """
    Test one session's abnormal return against the volatility that day.

    Parameters
    ----------
    fit : GarchFit
        Fitted on the estimation window.
    y : ndarray of shape (1,)
        Return of the event session.
    x : ndarray of shape (1, k)
        Its regressors.
    after : tuple of ndarray, optional
        Returns (G,) and regressors (G, k) of the sessions between, through which the variance is
        carried; parameters stay.
    level : float
        Confidence level of the interval.

    Returns
    -------
    Outcome
        z = AR / volatility; two-sided p from Student t with nu degrees of freedom scaled to unit
        variance, ``2 P(t_nu > |z| sqrt(nu / (nu - 2)))``. Unavailable for several sessions.

    References
    ----------
    Bollerslev (1987), Review of Economics and Statistics 69.
    """
    if len(y) != 1:
        return Outcome.missing("garch-t", "is for one session; the window has several")
    nu = fit.law.nu
    deviation = math.sqrt(float(fit.variance_ahead(1, after=after)[0]))
    effect = float(y[0] - fit.expected(x)[0])
    stretch = math.sqrt(nu / (nu - 2))
    half = float(special.stdtrit(nu, 0.5 + level / 2)) / stretch * deviation
    z = effect / deviation
    p = never_zero(2 * float(special.stdtr(nu, -abs(z) * stretch)))
    return Outcome("garch-t", statistic=z, p=p, df=nu, low=effect - half, high=effect + half)
