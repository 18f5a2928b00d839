"""Adjustments for testing many hypotheses at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import scipy

from analysis.errors import DataError

if TYPE_CHECKING:
    from analysis._typing import FloatArray

Adjustment = Literal["holm", "bh", "by"]


def adjust(p: FloatArray, how: Adjustment) -> FloatArray:
    """
    Adjust p-values for their number.

    Parameters
    ----------
    p : ndarray of shape (S,)
        Raw p-values; NaN (no test) stays NaN and does not count.
    how : {"holm", "bh", "by"}
        ``holm`` controls the chance of any false rejection under every dependence; ``bh`` the
        expected share of false ones under positive dependence; ``by`` that under every dependence.

    Returns
    -------
    ndarray of shape (S,)
        Adjusted p-values, at most 1.

    References
    ----------
    Holm (1979), Scandinavian Journal of Statistics 6; Benjamini and Hochberg (1995), Journal of the
    Royal Statistical Society B 57; Benjamini and Yekutieli (2001), Annals of Statistics 29.

    Examples
    --------
    >>> import numpy as np
    >>> adjust(np.array([0.01, 0.04, 0.03]), "holm").round(4).tolist()
    [0.03, 0.06, 0.06]
    """
    adjusted: FloatArray = np.full(len(p), np.nan)
    known = np.isfinite(p)
    values = p[known]
    if how == "holm":
        order = np.argsort(values, kind="stable")
        steps = np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1))
        holm = np.empty_like(values)
        holm[order] = np.minimum(steps, 1.0)
        adjusted[known] = holm
    else:
        adjusted[known] = scipy.stats.false_discovery_control(values, method=how)
    return adjusted


def romano_wolf(statistics: FloatArray, draws: FloatArray) -> FloatArray:
    """
    Adjust for many tests by the largest statistic among those not yet rejected, step by step.

    Parameters
    ----------
    statistics : ndarray of shape (S,)
        Studentised statistics of the event, so that their magnitudes compare; NaN stays NaN.
    draws : ndarray of shape (B, S)
        The same statistics on placebo dates, one row a date: rows keep the correlation between
        them. Rows with NaN among the statistics that count are left out.

    Returns
    -------
    ndarray of shape (S,)
        Family-wise p-values ``(1 + #{max_{l >= j} |t_l^b| >= |t_j|}) / (B + 1)``, made monotone;
        never 0.

    Raises
    ------
    DataError
        If no complete draw is left.

    References
    ----------
    Romano and Wolf (2005), Econometrica 73.

    Examples
    --------
    >>> import numpy as np
    >>> draws = np.array([[0.5, 2.0], [1.0, 0.2], [0.1, 0.3]])
    >>> romano_wolf(np.array([3.0, 0.25]), draws).tolist()
    [0.25, 0.75]
    """
    known = np.isfinite(statistics)
    size = np.abs(statistics[known])
    null = np.abs(draws[:, known])
    null = null[np.isfinite(null).all(axis=1)]
    if not len(null):
        raise DataError("Romano-Wolf needs placebo dates on which every series has a value")
    order = np.argsort(-size, kind="stable")
    largest = np.maximum.accumulate(null[:, order[::-1]], axis=1)[:, ::-1]
    counts = (largest >= size[order]).sum(axis=0)
    steps = np.maximum.accumulate((1 + counts) / (len(null) + 1))
    adjusted: FloatArray = np.full(len(statistics), np.nan)
    family = np.empty(len(size))
    family[order] = steps
    adjusted[known] = family
    return adjusted
