"""
Made-up listings that restate their history the way Yahoo does.

A listing holds closes as printed and its actions. What the vendor shows on a day follows from both:
Close divided by the splits known by then, Adj Close also by the dividends (factor 1 - D / previous
close, the CRSP rule). So moving `visible_until` past a split restates the whole history.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from dataclasses import dataclass, field

import exchange_calendars
import numpy as np
import pandas as pd


@dataclass
class Listing:
    symbol: str
    printed: pd.Series  # close as printed, by session
    splits: dict[pd.Timestamp, float] = field(default_factory=dict)
    dividends: dict[pd.Timestamp, float] = field(default_factory=dict)  # USD as printed
    visible_until: pd.Timestamp | None = None
    currency: str = "USD"
    timezone: str = "America/New_York"
    missing: set[pd.Timestamp] = field(default_factory=set)
    nan_rows: set[pd.Timestamp] = field(default_factory=set)
    corrections: dict[pd.Timestamp, float] = field(default_factory=dict)  # factor on one close
    volumes: dict[pd.Timestamp, float] = field(default_factory=dict)
    apply_splits: bool = True
    announce_splits: bool = True
    shares: dict[pd.Timestamp, float] = field(default_factory=dict)

    def view(self) -> pd.DataFrame:
        """Bars as the vendor shows them on `visible_until`."""
        last = self.visible_until or self.printed.index[-1]
        close = self.printed.loc[:last].copy()
        split_factor = pd.Series(1.0, close.index)
        for session, ratio in self.splits.items():
            if session <= last and self.apply_splits:
                split_factor.loc[split_factor.index < session] /= ratio
        paid = pd.Series(self.dividends, dtype=float).reindex(close.index).fillna(0.0)
        kept = (1 - paid / close.shift(1)).fillna(1.0)  # what an ex-session leaves of the value
        dividend_factor = kept[::-1].cumprod()[::-1].shift(-1).fillna(1.0)
        close *= split_factor
        for session, factor in self.corrections.items():
            if session in close.index:
                close.loc[session] *= factor
        close = close.clip(upper=1e38)  # single precision
        frame = (
            pd.DataFrame(
                {
                    "open": close * 0.999,
                    "high": close * 1.01,
                    "low": close * 0.99,
                    "close": close,
                    "adjclose": close * dividend_factor,
                    "volume": np.round(1e6 / split_factor),
                }
            )
            .astype("float32")
            .astype("float64")
        )
        for session, volume in self.volumes.items():
            if session in frame.index:
                frame.loc[session, "volume"] = volume
        frame.loc[frame.index.isin(list(self.nan_rows))] = np.nan
        return frame.loc[~frame.index.isin(list(self.missing))]

    def shown_splits(self) -> dict[pd.Timestamp, float]:
        last = self.visible_until or self.printed.index[-1]
        return {s: r for s, r in self.splits.items() if s <= last and self.announce_splits}

    def shown_dividends(self) -> dict[pd.Timestamp, float]:
        """Dividends on the split basis of the day, as Yahoo shows them."""
        last = self.visible_until or self.printed.index[-1]
        splits = self.shown_splits()
        return {
            session: amount / float(np.prod([r for s, r in splits.items() if s > session]))
            for session, amount in self.dividends.items()
            if session <= last
        }

    def but(self, **changes) -> Listing:
        return dataclasses.replace(self, **changes)


def sessions(first: str, last: str) -> pd.DatetimeIndex:
    found = exchange_calendars.get_calendar("XNYS", start="1990-01-01").sessions
    found = found[(found >= pd.Timestamp(first)) & (found <= pd.Timestamp(last))]
    return pd.DatetimeIndex(found).as_unit("us")


def listing(symbol: str, first: str = "2024-01-02", last: str = "2025-03-31", **more) -> Listing:
    """A random walk of 1.5 % a session from a seed that is the symbol's own."""
    index = sessions(first, last)
    rng = np.random.default_rng([ord(c) for c in symbol])
    printed = 100 * np.exp(np.cumsum(rng.normal(0, 0.015, len(index))))
    made = Listing(symbol, pd.Series(np.round(printed, 2), index), **more)
    for session, ratio in made.splits.items():
        made.printed.loc[made.printed.index >= session] /= ratio
    return made


def day(text: str) -> pd.Timestamp:
    return pd.Timestamp(text).as_unit("us")


def after_close(text: str) -> dt.datetime:
    """An instant well after the close of a session."""
    return dt.datetime.combine(dt.date.fromisoformat(text), dt.time(23, 0), dt.UTC)
