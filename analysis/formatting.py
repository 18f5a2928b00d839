"""Numbers as people read them; everything that prints uses these."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt

    from analysis.inference.outcome import Outcome

_HYPHEN = re.compile(r"(?<!\w)-(?=\.?\d)")

NOTHING = "-"
"""Stands where there is no value."""


def percent(value: float | None, digits: int = 2) -> str:
    """
    Write a decimal fraction in percent.

    Examples
    --------
    >>> percent(-0.1697)
    '-16.97 %'
    """
    return NOTHING if _absent(value) else f"{100 * float(value or 0):.{digits}f} %"


def billions(value: float | None, digits: int = 1) -> str:
    """
    Write USD in billions, without the unit.

    Examples
    --------
    >>> billions(-592.66e9), billions(None)
    ('-592.7', '-')
    """
    return NOTHING if _absent(value) else f"{float(value or 0) / 1e9:,.{digits}f}"


@dataclass(frozen=True, slots=True)
class Scale:
    """
    A unit of dollars that suits the sizes at hand.

    Attributes
    ----------
    divisor : float
        USD in one of the unit.
    short, long : str
        ``bn`` and ``billion``, or ``m`` and ``million``.
    """

    divisor: float
    short: str
    long: str

    def write(self, value: float | None, digits: int = 1) -> str:
        """Write USD in the unit, without its name; two digits more where less than 1 is left."""
        if _absent(value) or value is None:
            return NOTHING
        size = value / self.divisor
        return f"{size:,.{digits + 2 if 0 < abs(size) < 1 else digits}f}"


def scale_of(*values: float | None) -> Scale:
    """
    Choose the unit for dollars that are read together: by the largest of them.

    Examples
    --------
    >>> scale_of(-12.3e6, 4e6).short, scale_of(592e9, 4e6, None).short
    ('m', 'bn')
    """
    largest = max((abs(value) for value in values if value is not None), default=0.0)
    return Scale(1e9, "bn", "billion") if largest >= 1e9 or not largest else _MILLIONS


_MILLIONS = Scale(1e6, "m", "million")


def number(value: float | None, digits: int = 2) -> str:
    """Write a plain number."""
    return NOTHING if _absent(value) else f"{float(value or 0):.{digits}f}"


def probability(p: float | None, floor: float = 0.0) -> str:
    """
    Write a p-value; never as 0.

    Parameters
    ----------
    p : float or None
    floor : float
        Smallest value that the test can give; at it the p-value is written as a bound.

    Examples
    --------
    >>> probability(5.4e-8), probability(0.0123), probability(0.004, floor=0.004)
    ('<0.0001', '0.0123', '≤0.0040')
    """
    if _absent(p) or p is None:
        return NOTHING
    if floor and p <= floor * (1 + 1e-12):
        return f"≤{math.ceil(p * 1e4) / 1e4:.4f}"
    return "<0.0001" if p < 1e-4 else f"{p:.4f}"


def rank_probability(outcome: Outcome, sides: int = 1) -> str:
    """Write the p-value of a rank test; at its floor of `sides` / (draws + 1) as a bound."""
    floor = sides / (outcome.draws + 1) if outcome.draws else 0.0
    return probability(outcome.p, floor)


def relation(text: str) -> str:
    """
    Write a p-value after "p": an equals sign where it is no bound.

    Examples
    --------
    >>> relation("0.0123"), relation("<0.0001")
    ('= 0.0123', '< 0.0001')
    """
    return f"{text[0]} {text[1:]}" if text[0] in "<≤" else f"= {text}"


def true_minus(text: str) -> str:
    """
    Write negative numbers with a minus sign where hyphens stand for it.

    Examples
    --------
    >>> true_minus("SPY-ex over -1..1 on 2025-01-27: -16.6 %")
    'SPY-ex over \u22121..1 on 2025-01-27: \u221216.6 %'
    """
    return _HYPHEN.sub("\u2212", text)


def digits_for(half: float | None) -> int:
    """
    Say how many decimals suit an estimate: two digits of half its interval, at most four.

    Parameters
    ----------
    half : float or None
        Half the width of the interval, in the unit that is written; None where there is none.

    Returns
    -------
    int
        1 where there is no interval.

    Examples
    --------
    >>> digits_for(5.8), digits_for(0.58), digits_for(204.3), digits_for(None)
    (1, 2, 0, 1)
    """
    if half is None or not math.isfinite(half) or half <= 0:
        return 1
    return min(4, max(0, 1 - math.floor(math.log10(half))))


def no_value(flag: str) -> str:
    """
    Say in words why a firm has no market value.

    Parameters
    ----------
    flag : str
        As results carry it, see `analysis.run.valuation.value_at`.

    Examples
    --------
    >>> no_value("share-count-too-old:2025-01-24")
    'its nearest share count is of 2025-01-24, too far from the event'
    """
    what, _, day = flag.partition(":")
    return {
        "no-share-count": f"no share count was known on {day}"
        if day
        else "no share count is at hand",
        "no-printed-close": "no printed close is at hand",
        "share-count-too-old": f"its nearest share count is of {day}, too far from the event",
        "no-exchange-rate": f"no exchange rate of {day} is at hand for the eve",
        "printed-close-outside-data": f"its printed close of {day} lies outside the data",
    }.get(what, "no market value is at hand")


def long_date(day: dt.date) -> str:
    """
    Write a date for prose.

    Examples
    --------
    >>> import datetime as dt
    >>> long_date(dt.date(2025, 1, 27))
    '27 January 2025'
    """
    return f"{day.day} {day:%B %Y}"


def counted(count: int, what: str) -> str:
    """
    Write a count with its noun.

    Examples
    --------
    >>> counted(1, "session"), counted(20, "session")
    ('1 session', '20 sessions')
    """
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def _absent(value: float | None) -> bool:
    return value is None or math.isnan(value)
