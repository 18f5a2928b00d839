"""Which rows of a reading can be bars of complete sessions, in the currency of their listing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.errors import printable
from analysis.plausible import LARGEST_PRICE, LARGEST_VOLUME
from analysis.prices.store.records import Finding
from analysis.sessions import sessions_between

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from analysis._typing import BoolArray

EXPECTED_CURRENCY: Mapping[str, tuple[str, ...]] = {
    "XNYS": ("USD",),
    "XTSE": ("CAD", "USD"),
    "XHKG": ("HKD", "CNY"),
    "XKRX": ("KRW",),
    "XSHG": ("CNY", "USD"),
    "XTAI": ("TWD",),
    "XTKS": ("JPY",),
    "XASX": ("AUD",),
    "XAMS": ("EUR", "USD"),
    "XFRA": ("EUR",),
    "XLON": ("GBp", "GBP", "USD", "EUR"),
    "XPAR": ("EUR",),
    "XSWX": ("CHF", "USD", "EUR"),
}
"""Currencies that listings on an exchange are quoted in."""


def check_currency(
    symbol: str, currency: str | None, *, stored: str | None, calendar: str
) -> list[Finding]:
    """Hold a series' currency against the one stored, or the exchange's own at first."""
    if currency is None:
        return []
    expected = (stored,) if stored else EXPECTED_CURRENCY.get(calendar, (currency,))
    if currency in expected:
        return []
    detail = f"quoted in {printable(currency, 20)}, expected {' or '.join(map(str, expected))}"
    return [Finding(symbol, None, "currency", float("nan"), "error", detail)]


def check_rows(
    symbol: str,
    bars: pd.DataFrame,
    *,
    calendar: str,
    last_complete: pd.Timestamp,
    today: pd.Timestamp,
) -> tuple[pd.DataFrame, list[Finding]]:
    """
    Sort out the rows that cannot be bars of complete sessions.

    Parameters
    ----------
    symbol : str
    bars : pandas.DataFrame
        As a source gave them: unsorted, repeated, unfinished rows allowed.
    calendar : str
        Market code of the exchange.
    last_complete : pandas.Timestamp
        Last session that is over; later rows are left out without a finding, unless they lie
        after `today`.
    today : pandas.Timestamp
        Date of the exchange's clock.

    Returns
    -------
    good : pandas.DataFrame
        Sorted, one row a session, none after `last_complete`; closes positive, other prices and
        volumes possible or NaN.
    findings : list of Finding
        Errors for the rows left out.
    """
    findings = [
        Finding(symbol, day, "future-session", float(row.close), "error", "a bar from the future")
        for day, row in _rows(bars[bars.index > today])
    ]
    bars = bars[bars.index <= last_complete].sort_index()
    for sort_out in (_sessions_only, _one_a_session, _possible_values):
        if not bars.empty:
            bars, found = sort_out(symbol, bars, calendar)
            findings += found
    return bars, findings


def _sessions_only(
    symbol: str, bars: pd.DataFrame, calendar: str
) -> tuple[pd.DataFrame, list[Finding]]:
    known = sessions_between(calendar, bars.index[0].date(), bars.index[-1].date())
    strange = bars[~bars.index.isin(known)].dropna(subset=["close"])
    return bars[bars.index.isin(known)], [
        Finding(symbol, day, "no-session", float(row.close), "warning", f"no session of {calendar}")
        for day, row in _rows(strange)
    ]


def _one_a_session(
    symbol: str, bars: pd.DataFrame, _calendar: str
) -> tuple[pd.DataFrame, list[Finding]]:
    bars = bars[~(bars.index.duplicated() & bars.reset_index().duplicated().to_numpy())]
    twice = bars.index.duplicated(keep=False)
    detail = "several different bars for one session"
    return bars[~twice], [
        Finding(symbol, day, "duplicate-session", float((bars.index == day).sum()), "error", detail)
        for day in bars.index[twice].unique()
    ]


def _possible_values(
    symbol: str, bars: pd.DataFrame, _calendar: str
) -> tuple[pd.DataFrame, list[Finding]]:
    findings: list[Finding] = []
    for check, detail, good in _impossible_values(bars):
        findings += [
            Finding(symbol, day, check, float(row[_SHOWN[check]]), "error", detail)
            for day, row in _rows(bars[~good])
        ]
        bars = bars[good]
    return bars, findings


_SHOWN = {"bad-price": "close", "bad-volume": "volume"}


def _impossible_values(bars: pd.DataFrame) -> Iterator[tuple[str, str, BoolArray]]:
    """Give for each check its name, its words and the rows that pass it."""
    prices = bars[["close", "adj_close"]].to_numpy(dtype=float)
    others = bars[["open", "high", "low"]].to_numpy(dtype=float)
    with np.errstate(invalid="ignore"):
        good = ((prices > 0) & (prices <= LARGEST_PRICE)).all(axis=1)
        good &= (np.isnan(others) | ((others >= 0) & (others <= LARGEST_PRICE))).all(axis=1)
        yield "bad-price", "no positive close, or a price that is none", good
        volume = bars["volume"].to_numpy(dtype=float)[good]
        yield (
            "bad-volume",
            "a volume that is none",
            (np.isnan(volume) | ((volume >= 0) & (volume <= LARGEST_VOLUME))),
        )


def _rows(frame: pd.DataFrame) -> Iterator[tuple[pd.Timestamp, pd.Series]]:
    for day, row in frame.iterrows():
        yield pd.Timestamp(str(day)), row
