"""Market values of firms on the eve of a window, and why there is none."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from analysis.currency import USD
from analysis.impact import impact
from analysis.prices.reference import PrintedClose

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    import pandas as pd

    from analysis.abnormal import AbnormalPath
    from analysis.impact import Impact
    from analysis.prices.reference import Reference, ShareCount
    from analysis.study import ExchangeRate, Study

OLDEST_COUNT = 150
"""Days between a share count and the eve beyond which it gives no market value."""

FEWEST_DIGITS = 4
"""A count of fewer digits is used only where there is no better one."""


@dataclass(frozen=True, slots=True)
class Valuation:
    """
    A firm's market value at one close.

    Attributes
    ----------
    amount : float or None
        Shares times close, in `currency`; None where a figure is missing.
    flag : str
        What a reader must know of it; empty for nothing.
    currency : str
        ISO 4217 code.
    count : ShareCount or None
    close : PrintedClose or None
        What was multiplied; None where there is no amount.
    rate : float or None
        USD a unit of `currency` at the close; None where it is not known.
    """

    amount: float | None
    flag: str = ""
    currency: str = USD
    count: ShareCount | None = None
    close: PrintedClose | None = None
    rate: float | None = None

    def impact(self, path: AbnormalPath, *, df: float, level: float) -> Impact | None:
        """Turn the returns of a window into money; None where there is no market value."""
        if self.amount is None:
            return None
        return impact(path, self.amount, df=df, level=level, currency=self.currency, rate=self.rate)


def value_at(
    symbol: str,
    session: pd.Timestamp,
    levels: pd.DataFrame,
    reference: Reference,
    *,
    known: bool = False,
    stale: bool = False,
) -> Valuation:
    """
    Value a firm at a close.

    The share count (see `count_at`) times the close as printed that session. Where no close of the
    session is at hand the nearest printed one is carried by the ratio of the total-return levels,
    which leaves out dividends paid between the two; the flag says from where.

    Parameters
    ----------
    symbol : str
    session : pandas.Timestamp
    levels : pandas.DataFrame
        Total-return levels.
    reference : Reference
    known : bool
        Use only counts that were public by then.
    stale : bool
        Also use a count more than `OLDEST_COUNT` days away; the flag says so.

    Returns
    -------
    Valuation
    """
    count = count_at(reference.shares.get(symbol, ()), session.date(), known=known)
    if count is None:
        when = f":{session.date()}" if known and symbol in reference.shares else ""
        return Valuation(None, f"no-share-count{when}")
    age = abs((count.as_of - session.date()).days)
    if age > OLDEST_COUNT and not stale:
        return Valuation(None, f"share-count-too-old:{count.as_of}")
    old = (f"STALE-SHARE-COUNT:{count.as_of}",) if age > OLDEST_COUNT else ()
    close = _close_at(symbol, session, reference)
    if close is not None:
        return Valuation(count.shares * close.close, ";".join(old), close.currency, count, close)
    anchors = reference.closes.get(symbol, ())
    if not anchors:
        return Valuation(None, "no-printed-close")
    anchor = min(anchors, key=lambda close: abs(close.session - session))
    series = levels[symbol]
    if anchor.session not in series.index or not series.loc[anchor.session] > 0:
        return Valuation(None, f"printed-close-outside-data:{anchor.session.date()}")
    ratio = float(series.loc[session]) / float(series.loc[anchor.session])
    flags = (*old, f"value-carried-from:{anchor.session.date()}")
    return Valuation(
        count.shares * anchor.close * ratio, ";".join(flags), anchor.currency, count, anchor
    )


def value_of(
    study: Study,
    symbol: str,
    session: pd.Timestamp,
    levels: pd.DataFrame,
    reference: Reference,
) -> Valuation:
    """Value a firm at a close as a study asks for it, see `value_at`, with its exchange rate."""
    value = value_at(
        symbol,
        session,
        levels,
        reference,
        known=study.market_value == "known",
        stale=study.stale_counts,
    )
    value = rated(value, study.fx, session, levels)
    return in_currency(value, study, session, levels) if study.currency else value


def in_currency(
    value: Valuation, study: Study, session: pd.Timestamp, levels: pd.DataFrame
) -> Valuation:
    """
    Put a market value into the currency of a study, at the rate of its close.

    Returns
    -------
    Valuation
        Without an amount, and with a flag, where a rate is not known.
    """
    if value.amount is None or value.currency == study.currency:
        return value
    unit = rated(Valuation(1.0, currency=study.currency), study.fx, session, levels).rate
    if value.rate is None or unit is None:
        code = value.currency if value.rate is None else study.currency
        return Valuation(None, f"no-exchange-rate:{code}", study.currency)
    return replace(
        value, amount=value.amount * value.rate / unit, currency=study.currency, rate=unit
    )


def rated(
    value: Valuation,
    rates: Sequence[ExchangeRate],
    session: pd.Timestamp,
    levels: pd.DataFrame,
) -> Valuation:
    """
    Give a market value its exchange rate at a close.

    Parameters
    ----------
    value : Valuation
    rates : sequence of ExchangeRate
        Which columns of `levels` hold rates.
    session : pandas.Timestamp
    levels : pandas.DataFrame

    Returns
    -------
    Valuation
        With `Valuation.rate`; without where none is named for the currency, and with a flag where
        the column has none at the close.
    """
    if value.amount is None or value.currency == USD:
        return replace(value, rate=1.0)
    quoted = next((rate for rate in rates if rate.currency == value.currency), None)
    if quoted is None:
        return value
    level = float(levels[quoted.symbol].loc[session])
    if not level > 0:
        flags = (value.flag, f"no-exchange-rate:{value.currency}")
        return replace(value, flag=";".join(filter(None, flags)))
    return replace(value, rate=1 / level if quoted.per_dollar else level)


def count_at(
    counts: tuple[ShareCount, ...], day: dt.date, *, known: bool = False
) -> ShareCount | None:
    """
    Choose the share count for a day: the nearest filed one.

    Nearness is that of the day on which a count was filed (or first shown; else its own day). A
    count at a point in time with `FEWEST_DIGITS` or more goes before a mean over a period or a
    rounder one; of two counts of one filing the nearer by its own day is taken.

    Parameters
    ----------
    counts : tuple of ShareCount
        Of one firm.
    day : datetime.date
    known : bool
        Only counts filed, or first shown, by that day; a count without either is taken for known
        from its own day.

    Returns
    -------
    ShareCount or None
        None where there is none, or none was known.
    """

    def public(count: ShareCount) -> dt.date:
        return count.known_from or count.as_of

    def distance(count: ShareCount) -> tuple[bool, bool, int, int, dt.date]:
        return (
            abs((count.as_of - day).days) > OLDEST_COUNT,
            count.kind == "mean" or 0 < count.digits < FEWEST_DIGITS,
            abs((public(count) - day).days),
            abs((count.as_of - day).days),
            count.as_of,
        )

    usable = [count for count in counts if not known or max(public(count), count.as_of) <= day]
    return min(usable, key=distance, default=None)


def _close_at(symbol: str, session: pd.Timestamp, reference: Reference) -> PrintedClose | None:
    for close in reference.closes.get(symbol, ()):
        if close.session == session:
            return close
    daily = reference.daily_closes
    if daily is None or symbol not in daily or session not in daily.index:
        return None
    value = float(daily[symbol].loc[session])
    if not value > 0:
        return None
    currency = reference.daily_currencies.get(symbol, USD)
    return PrintedClose(symbol, session, value, "daily bars of the data", currency)
