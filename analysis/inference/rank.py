"""The rank of an event's statistic among the same statistic on other dates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.inference.outcome import Outcome
from analysis.inference.student import fit_student

if TYPE_CHECKING:
    from analysis._typing import FloatArray

FEWEST_DRAWS = 19
"""Below this many draws no rank p-value can reach 5 %, so none is given."""

FEWEST_FITTED = 50
"""Fewer draws say nothing of a tail beyond them."""


def rank_test(test: str, statistic: float, draws: FloatArray) -> Outcome:
    """
    Rank the magnitude of a statistic among draws of the same statistic.

    Parameters
    ----------
    test : str
        Id of the test.
    statistic : float
        The event's value.
    draws : ndarray of shape (B,)
        The statistic on pseudo-dates; NaN (not computable) is left out.

    Returns
    -------
    Outcome
        Two-sided p ``(1 + #{|draw| >= |statistic|}) / (B + 1)``; never 0. Unavailable with fewer
        than `FEWEST_DRAWS` draws.

    References
    ----------
    Phipson and Smyth (2010), Statistical Applications in Genetics and Molecular Biology 9, on the
    added one.

    Examples
    --------
    >>> import numpy as np
    >>> rank_test("placebo", -9.0, np.arange(99.0) / 50).p
    0.01
    """
    usable = np.isfinite(draws)
    count = int(np.count_nonzero(usable))
    if count < FEWEST_DRAWS:
        return Outcome.missing(
            test, f"only {count} pseudo-dates fit before the event ({FEWEST_DRAWS} needed)"
        )
    extreme = int(np.count_nonzero(usable & (np.abs(draws) >= abs(statistic))))
    return Outcome(test=test, statistic=statistic, p=(1 + extreme) / (count + 1), draws=count)


def two_sided_rank(statistic: float, draws: FloatArray) -> float:
    """
    Twice the rank in the nearer tail, for a statistic whose law is not symmetric.

    Parameters
    ----------
    statistic : float
    draws : ndarray of shape (B,)
        Without NaN.

    Returns
    -------
    float
        ``2 (1 + the smaller of #{draw <= statistic} and #{draw >= statistic}) / (B + 1)``, at the
        most 1.

    Examples
    --------
    >>> two_sided_rank(-9.0, np.arange(99.0))
    0.02
    """
    below = int(np.count_nonzero(draws <= statistic))
    above = int(np.count_nonzero(draws >= statistic))
    return min(1.0, 2 * (1 + min(below, above)) / (len(draws) + 1))


def fitted_t_test(test: str, statistic: float, draws: FloatArray) -> Outcome:
    """
    Judge a statistic by Student's t about zero, fitted to draws of the same statistic.

    The rank of `rank_test` cannot fall below 1 / (B + 1); the fitted law goes on beyond the most
    extreme draw, and is worth as much as its tail.

    Parameters
    ----------
    test : str
        Id of the test.
    statistic : float
        The event's value.
    draws : ndarray of shape (B,)
        The statistic on pseudo-dates; NaN (not computable) is left out.

    Returns
    -------
    Outcome
        Two-sided p of ``statistic / scale`` with nu degrees of freedom, scale and nu by maximum
        likelihood; `Outcome.df` is nu. Unavailable with fewer than `FEWEST_FITTED` draws, or where
        they do not spread.

    References
    ----------
    Lange, Little and Taylor (1989), Journal of the American Statistical Association 84.

    Examples
    --------
    >>> import numpy as np
    >>> draws = np.random.default_rng(1).standard_normal(500)
    >>> 0.02 < fitted_t_test("placebo-t", 2.0, draws).p < 0.07
    True
    """
    usable = draws[np.isfinite(draws)]
    if len(usable) < FEWEST_FITTED:
        return Outcome.missing(
            test, f"only {len(usable)} pseudo-dates fit before the event ({FEWEST_FITTED} needed)"
        )
    law = fit_student(usable) if usable.std() else None
    if law is None:
        return Outcome.missing(test, "the statistic is the same on every pseudo-date, or 0 on most")
    return Outcome(test, statistic=statistic, p=law.p(statistic), df=law.df, draws=law.count)
