"""What a test says: a value that carries its own null, distribution and validity."""

from __future__ import annotations

import sys
from dataclasses import dataclass


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
    """

    test: str
    statistic: float | None = None
    p: float | None = None
    df: float | None = None
    draws: int | None = None
    low: float | None = None
    high: float | None = None
    unavailable: str = ""

    @classmethod
    def missing(cls, test: str, reason: str) -> Outcome:
        """Say why a test gives nothing here."""
        return cls(test=test, unavailable=reason)

    @property
    def available(self) -> bool:
        """Whether there is a result."""
        return not self.unavailable


def never_zero(p: float) -> float:
    """
    Keep a tail probability positive.

    Examples
    --------
    >>> never_zero(0.0) > 0, never_zero(0.5)
    (True, 0.5)
    """
    return min(1.0, max(p, sys.float_info.min))
