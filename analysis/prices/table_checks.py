"""What the rows of a bundled table must be; a breach names the file, the row and the mend."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.errors import DataError
from analysis.sessions import session_close, session_open, sessions_between

if TYPE_CHECKING:
    from collections.abc import Callable

PRICES = ("open", "high", "low", "close")


def check_bars(frame: pd.DataFrame, where: str, *, calendar: str | None = None) -> None:
    """
    Hold daily bars to what bars are.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns ``symbol, session, open, high, low, close, volume``; NaN where one is not known.
    where : str
    calendar : str, optional
        Market code of the exchange whose sessions the rows must be; by default any weekday.

    Raises
    ------
    DataError
        On a price that is not positive, a high below or a low above another price of its bar, a
        negative volume, a (symbol, session) twice, or a date that is no session.
    """
    _check_prices(frame, where, "session")
    _refuse(frame.duplicated(["symbol", "session"]), frame, where, "session", "occurs twice")
    if calendar is None:
        return
    days = pd.DatetimeIndex(frame["session"])
    known = sessions_between(calendar, days.min().date(), days.max().date())
    _refuse(~days.isin(known), frame, where, "session", f"is no session of {calendar}")


def check_intraday(frame: pd.DataFrame, where: str, *, calendar: str) -> None:
    """
    Hold bars of minutes to the hours of their session.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns ``symbol, start`` (UTC), ``minutes`` and those of `check_bars`.
    where, calendar : str

    Raises
    ------
    DataError
        As `check_bars`; also on a bar that begins before the opening of its session or ends after
        the close.
    """
    _check_prices(frame, where, "start")
    _refuse(frame.duplicated(["symbol", "start"]), frame, where, "start", "occurs twice")
    starts = pd.DatetimeIndex(frame["start"])
    ends = starts + pd.to_timedelta(frame["minutes"].to_numpy(), unit="min")
    days = starts.tz_localize(None).normalize()
    outside = np.zeros(len(frame), dtype=bool)
    for day in days.unique():
        on = np.asarray(days == day)
        if day not in sessions_between(calendar, day.date(), day.date()):
            outside |= on
            continue
        hours = session_open(calendar, day), session_close(calendar, day)
        outside |= on & np.asarray((starts < hours[0]) | (ends > hours[1]))
    _refuse(outside, frame, where, "start", f"lies outside the session of {calendar}")


def check_unique(*keys: str) -> Callable[[pd.DataFrame, str], None]:
    """Give a check that no two rows have the same `keys`."""

    def check(frame: pd.DataFrame, where: str) -> None:
        _refuse(frame.duplicated(list(keys)), frame, where, keys[-1], "occurs twice")

    return check


def check_dated(calendar: str) -> Callable[[pd.DataFrame, str], None]:
    """Give a check that rows are the sessions of an exchange, each once, and figures positive."""

    def check(frame: pd.DataFrame, where: str) -> None:
        days = pd.DatetimeIndex(frame["session"])
        known = sessions_between(calendar, days[0].date(), days[-1].date())
        if not days.equals(pd.DatetimeIndex(known.astype(days.dtype))):
            raise DataError(f"{where}: the rows are not the sessions of {calendar}, each once")
        figures = frame.drop(columns="session")
        wrong = (figures <= 0).any(axis=1)
        _refuse(wrong, frame, where, "session", "has a figure that is not positive")

    return check


def check_shares_of_index(frame: pd.DataFrame, where: str) -> None:
    """
    Hold the holdings of whole indices to sums of 100 percent.

    Raises
    ------
    DataError
        If a weight is not positive, a firm occurs twice in an index, or an index does not sum to
        100 percent within half a percent.
    """
    _refuse(frame.duplicated(["index", "symbol"]), frame, where, "index", "occurs twice")
    for column in ("published_percent", "eve_percent"):
        _refuse(~(frame[column] >= 0), frame, where, "index", f"has a negative {column}")
        sums = frame.groupby("index")[column].sum()
        for index, total in sums[(sums - 100).abs() > 0.5].items():
            raise DataError(f"{where}: {column} of {index} sums to {total:.2f}, not to 100")


def check_results_days(calendar: str) -> Callable[[pd.DataFrame, str], None]:
    """Give a check that reaction sessions are sessions, and never before the filing."""

    def check(frame: pd.DataFrame, where: str) -> None:
        days = pd.DatetimeIndex(frame["reaction_session"])
        known = sessions_between(calendar, days.min().date(), days.max().date())
        _refuse(~days.isin(known), frame, where, "reaction_session", "is no session")
        early = days < pd.DatetimeIndex(frame["filed"])
        _refuse(early, frame, where, "reaction_session", "is before the filing")

    return check


def _check_prices(frame: pd.DataFrame, where: str, time: str) -> None:
    prices = frame[[*PRICES]].to_numpy(dtype=float)
    _refuse((prices <= 0).any(axis=1), frame, where, time, "has a price that is not positive")
    opened, high, low, close = prices.T
    _refuse((high < opened) | (high < close), frame, where, time, "has a high below another price")
    _refuse((low > opened) | (low > close), frame, where, time, "has a low above another price")
    _refuse(frame["volume"].to_numpy(dtype=float) < 0, frame, where, time, "has a negative volume")


def _refuse(wrong: object, frame: pd.DataFrame, where: str, time: str, problem: str) -> None:
    rows = np.flatnonzero(np.asarray(wrong, dtype=bool))
    if not len(rows):
        return
    row = frame.iloc[rows[0]]
    when = row[time]
    day = when.isoformat() if time == "start" else str(when)[:10]
    what = f"{row['symbol']} on {day}" if "symbol" in frame and time != "symbol" else str(when)
    more = f" (and {len(rows) - 1} more like it)" if len(rows) > 1 else ""
    raise DataError(f"{where}: {what} {problem}{more}; restore the row from its source")
