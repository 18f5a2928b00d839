"""What a test says: a value that carries its own null, distribution and validity."""

from __future__ import annotations

from dataclasses import dataclass

from scipy import special

from analysis.inference.catalog import TESTS, TestMethod, unknown_test
from analysis.inference.student import never_zero, two_sided_p


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

    @property
    def method(self) -> TestMethod:
        """
        What the test assumes, its null, distribution and source.

        Raises
        ------
        MarketImpactError
            If the test is not in the catalogue.

        Examples
        --------
        >>> Outcome("kp", statistic=-3.2, p=0.03, df=9).method.distribution
        'Student t, N - 1 degrees of freedom'
        """
        if self.test not in TESTS:
            raise unknown_test(self.test)
        return TESTS[self.test]


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
