"""The rank of an event's statistic among the same statistic on other dates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.inference.outcome import Outcome

if TYPE_CHECKING:
    from analysis._typing import FloatArray

FEWEST_DRAWS = 19
"""Below this many draws no rank p-value can reach 5 %, so none is given."""


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
    usable = draws[np.isfinite(draws)]
    if len(usable) < FEWEST_DRAWS:
        return Outcome.missing(
            test, f"only {len(usable)} pseudo-dates fit before the event ({FEWEST_DRAWS} needed)"
        )
    extreme = int(np.count_nonzero(np.abs(usable) >= abs(statistic)))
    return Outcome(
        test=test, statistic=statistic, p=(1 + extreme) / (len(usable) + 1), draws=len(usable)
    )
