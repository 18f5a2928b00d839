"""
Returns to money.

An impact is a change in market value: a loss is negative. Over a window the abnormal returns are
summed in the dollars at stake each day, ``sum of m_{t-1} AR_t`` with m the market value at the
close, so that the realised change is exactly the expected plus the abnormal part.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.abnormal import weighted_se
from analysis.currency import USD
from analysis.inference.student import critical_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis._typing import FloatArray
    from analysis.abnormal import AbnormalPath


@dataclass(frozen=True, slots=True)
class Impact:
    """
    A change in market value over a window, in one currency.

    Attributes
    ----------
    market_value : float
        At the close before the window.
    raw, expected, abnormal : float
        Realised change, the part that the model expected, and the rest.
    se : float or None
        Prediction standard error of the abnormal part.
    low, high : float or None
        Interval of the abnormal part.
    currency : str
        ISO 4217 code.
    rate : float or None
        USD a unit of `currency` at the close before the window, for the figures in USD; None where
        it is not known.
    """

    market_value: float
    raw: float
    expected: float
    abnormal: float
    se: float | None
    low: float | None
    high: float | None
    currency: str = USD
    rate: float | None = 1.0

    def column(self, name: str) -> str:
        """
        Name the column of result files in which a figure stands.

        Parameters
        ----------
        name : str
            As in ``impact_low``; dollars have columns of their own, ``impact_low_usd``.
        """
        return f"{name}_usd" if self.currency == USD else name

    def in_dollars(self) -> Impact:
        """
        Convert to USD at the rate of the close before the window; itself where that is not known.

        Examples
        --------
        >>> Impact(100.0, -9.0, 1.0, -10.0, None, None, None, "EUR", 1.1).in_dollars().abnormal
        -11.0
        """
        rate = self.rate
        if rate is None or self.currency == USD:
            return self

        def converted(value: float | None) -> float | None:
            return None if value is None else value * rate

        return Impact(
            self.market_value * rate,
            self.raw * rate,
            self.expected * rate,
            self.abnormal * rate,
            converted(self.se),
            converted(self.low),
            converted(self.high),
        )


FIGURES = {
    "market_value": "market_value",
    "impact_raw": "raw",
    "impact_expected": "expected",
    "impact": "abnormal",
    "impact_low": "low",
    "impact_high": "high",
}
"""Columns of result files that a change in market value fills, and the figures they hold."""

INTERVAL = ("impact", "impact_low", "impact_high")
"""Of them those of the abnormal part."""


def money_columns(
    impact: Impact | None, names: Sequence[str] = tuple(FIGURES)
) -> dict[str, float | str | None]:
    """
    Lay out a change in market value in USD, where the rate is known, and in its own currency.

    Parameters
    ----------
    impact : Impact or None
        None leaves every column empty.
    names : sequence of str
        Of `FIGURES`.

    Examples
    --------
    >>> money_columns(Impact(100.0, -9.0, 1.0, -10.0, None, None, None, "EUR", 1.1), ["impact"])
    {'impact_usd': -11.0, 'currency': 'EUR', 'impact': -10.0}
    """
    own = {name: None if impact is None else getattr(impact, FIGURES[name]) for name in names}
    rate = None if impact is None else impact.rate
    return {
        **{
            f"{name}_usd": None if value is None or rate is None else value * rate
            for name, value in own.items()
        },
        "currency": None if impact is None else impact.currency,
        **own,
    }


def dollars_at_stake(market_value: float, raw: FloatArray) -> FloatArray:
    """
    Market value at the close before each session of a window.

    Parameters
    ----------
    market_value : float
        At the close before the first session.
    raw : ndarray of shape (L,)
        Realised simple returns.

    Returns
    -------
    ndarray of shape (L,)

    Examples
    --------
    >>> import numpy as np
    >>> dollars_at_stake(100.0, np.array([0.1, -0.5, 0.2])).round(6).tolist()
    [100.0, 110.0, 55.0]
    """
    growth = np.cumprod(1 + raw)
    return market_value * np.concatenate([[1.0], growth[:-1]])


def impact(
    path: AbnormalPath,
    market_value: float,
    *,
    df: float,
    level: float,
    currency: str = USD,
    rate: float | None = 1.0,
) -> Impact:
    """
    Turn the returns of a window into money.

    Parameters
    ----------
    path : AbnormalPath
        The window's sessions; of logarithms the simple returns are taken.
    market_value : float
        At the close before the first of them, in `currency`.
    df : float
        Residual degrees of freedom of the model.
    level : float
        Confidence level of the interval.
    currency : str
        ISO 4217 code.
    rate : float or None
        USD a unit of it, as `Impact.rate`.

    Returns
    -------
    Impact
        The interval takes the market values as given: it holds the error of the expected return,
        not that of the share count.
    """
    path = path.simple()
    stake = dollars_at_stake(market_value, path.raw)
    abnormal = float(stake @ path.abnormal)
    se = weighted_se(path, stake)
    half = None if se is None else critical_value(level, df) * se
    return Impact(
        market_value=market_value,
        raw=float(stake @ path.raw),
        expected=float(stake @ path.expected),
        abnormal=abnormal,
        se=se,
        low=None if half is None else abnormal - half,
        high=None if half is None else abnormal + half,
        currency=currency,
        rate=rate,
    )
