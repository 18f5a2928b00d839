"""What a test says: a value that carries its own null, distribution and validity."""

from __future__ import annotations

from dataclasses import dataclass

from scipy import special

from analysis.inference.student import never_zero, two_sided_p

NO_COVARIANCE = "the model has no covariance of its prediction errors"
"""Why a test that needs one has no outcome."""

NO_SCALE = "the model is not fitted anew on every pseudo-date, so that no volatility is forecast"
"""Why a test on the scale of each date's volatility has none."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    The outcome of one test, or the reason why there is none.

    Attributes
    ----------
    test : str
        Id of the method, a key of the test catalogue.
    statistic : float or None
    p : float or None
        Two-sided p-value; never 0: a rank p is at least 1 / (draws + 1), and a tail too small for a
        float is the smallest positive one.
    df : float or None
        Degrees of freedom of the reference distribution, None where it has none.
    draws : int or None
        How many placebo dates, residuals or resamples the p-value ranks among.
    low, high : float or None
        Interval for the effect at the level asked for, in the units of the effect.
    unavailable : str
        Why there is no result; empty where there is one.
    warning : str
        Which assumption is visibly broken here, and what follows; empty where none is.
    """

    test: str
    statistic: float | None = None
    p: float | None = None
    df: float | None = None
    draws: int | None = None
    low: float | None = None
    high: float | None = None
    unavailable: str = ""
    warning: str = ""

    @classmethod
    def missing(cls, test: str, reason: str) -> Outcome:
        """Say why a test gives nothing here."""
        return cls(test=test, unavailable=reason)

    @property
    def available(self) -> bool:
        """Whether there is a result."""
        return not self.unavailable


def student(test: str, statistic: float, df: float, *, warning: str = "") -> Outcome:
    """
    Judge a statistic by Student's t, two-sided.

    Examples
    --------
    >>> round(student("t", -12.438, 3).p, 5)
    0.00112
    """
    p = two_sided_p(statistic, df)
    return Outcome(test, statistic=statistic, p=p, df=df, warning=warning)


def normal(test: str, statistic: float, *, warning: str = "") -> Outcome:
    """
    Judge a statistic by the standard normal law, two-sided.

    Examples
    --------
    >>> round(normal("patell", -1.959964).p, 4)
    0.05
    """
    p = never_zero(2 * float(special.ndtr(-abs(statistic))))
    return Outcome(test, statistic=statistic, p=p, warning=warning)
