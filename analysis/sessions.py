"""
Exchange sessions, and the first session that could react to an instant.

Sessions are timezone-naive midnights, ``datetime64[us]``, in a sorted `pandas.DatetimeIndex`.
The calendars come from the exchange_calendars package.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import threading
import warnings
from typing import TYPE_CHECKING

import exchange_calendars
import numpy as np
import pandas as pd
from exchange_calendars.errors import InvalidCalendarName
from exchange_calendars.exchange_calendar import GLOBAL_DEFAULT_END
from pandas.tseries.holiday import AbstractHolidayCalendar

from analysis.errors import SessionError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt
    from exchange_calendars import ExchangeCalendar

FIRST_YEAR = 1990
"""Sessions before this year are not known here."""


@functools.cache
def exchange_calendar(name: str) -> ExchangeCalendar:
    """
    Open the calendar of an exchange.

    Parameters
    ----------
    name : str
        ISO 10383 market code such as ``"XNYS"`` (also Nasdaq's sessions), ``"XKRX"``, ``"XTAI"``.

    Raises
    ------
    SessionError
        If the exchange is unknown, or the calendar package cannot compute its sessions.
    """
    try:
        return _opened(name, start=f"{FIRST_YEAR}-01-01")
    except InvalidCalendarName:
        known = exchange_calendars.get_calendar_names(include_aliases=False)
        raise SessionError(
            f"exchange calendar '{name}' is unknown; {nearest(name, known)}"
        ) from None
    except (ValueError, NotImplementedError):
        return _later_calendar(name)


def _later_calendar(name: str) -> ExchangeCalendar:
    """Open a calendar whose history begins later than `FIRST_YEAR` with the start it names."""
    try:
        return _opened(name)
    except (ValueError, NotImplementedError, LookupError) as error:
        reason = f"{type(error).__name__}: {str(error)[:80]}"
        raise SessionError(
            f"the sessions of exchange '{name}' cannot be computed by the installed packages "
            f"exchange_calendars and pandas ({reason}); choose another exchange"
        ) from error


def _opened(name: str, start: str | None = None) -> ExchangeCalendar:
    """
    Open a calendar without the deprecations that its package causes.

    While exchange_calendars builds a calendar it uses what pandas will drop in version 4
    (``Series.values`` of instants, ``DatetimeIndex.weekday``). What it gets is right, nothing of
    this program runs inside, and a user can do nothing about it.
    """
    with warnings.catch_warnings(), _holidays_of_these_years():
        warnings.simplefilter("ignore", pd.errors.Pandas4Warning)
        return exchange_calendars.get_calendar(name, start=start)


_ONE_AT_A_TIME = threading.RLock()


@contextlib.contextmanager
def _holidays_of_these_years() -> Iterator[None]:
    """
    Compute holidays of the years that calendars cover, with one to spare on either side.

    By itself pandas computes them from 1970 to 2200, which takes the lunar ones of Seoul more than
    a second. The years are attributes that pandas documents as the way to change them; other
    threads wait.
    """
    kind = AbstractHolidayCalendar
    with _ONE_AT_A_TIME:
        before = kind.start_date, kind.end_date
        kind.start_date = pd.Timestamp(FIRST_YEAR - 1, 1, 1)
        kind.end_date = GLOBAL_DEFAULT_END + pd.DateOffset(years=1)
        try:
            yield
        finally:
            kind.start_date, kind.end_date = before


def sessions_between(calendar: str, first: dt.date, last: dt.date) -> pd.DatetimeIndex:
    """
    List the sessions of an exchange from one date to another, both included.

    Parameters
    ----------
    calendar : str
        Market code, see `exchange_calendar`.
    first, last : datetime.date
        Calendar dates; they need not be sessions.

    Returns
    -------
    pandas.DatetimeIndex
        Sorted sessions, timezone-naive.

    Raises
    ------
    SessionError
        If a date lies outside what the calendar knows.

    Examples
    --------
    >>> import datetime as dt
    >>> week = sessions_between("XNYS", dt.date(2025, 1, 17), dt.date(2025, 1, 22))
    >>> [str(day.date()) for day in week]
    ['2025-01-17', '2025-01-21', '2025-01-22']
    """
    exchange = exchange_calendar(calendar)
    _within(exchange, calendar, first)
    _within(exchange, calendar, last)
    sessions = exchange.sessions
    inside = sessions[(sessions >= pd.Timestamp(first)) & (sessions <= pd.Timestamp(last))]
    return pd.DatetimeIndex(inside).as_unit("us")


def reaction_session(calendar: str, when: dt.date | dt.datetime) -> pd.Timestamp:
    """
    Find the first session that could react to a piece of news.

    An instant maps to the first session whose close is strictly later. A bare date, whose hour is
    not known, maps to that date's session or, where it has none, to the next one: never back to a
    session before the news.

    Parameters
    ----------
    calendar : str
        Market code, see `exchange_calendar`.
    when : datetime.date or timezone-aware datetime.datetime
        The day or the instant at which the news was public.

    Returns
    -------
    pandas.Timestamp
        The session, timezone-naive.

    Raises
    ------
    SessionError
        If the instant has no time zone, or lies outside what the calendar knows.

    Examples
    --------
    R1 was released on a holiday; the Saturday before the sell-off maps to the Monday.

    >>> import datetime as dt
    >>> reaction_session("XNYS", dt.date(2025, 1, 20)).date()
    datetime.date(2025, 1, 21)
    >>> reaction_session("XNYS", dt.date(2025, 1, 25)).date()
    datetime.date(2025, 1, 27)
    >>> after_close = dt.datetime(2025, 1, 27, 21, 0, tzinfo=dt.timezone.utc)
    >>> reaction_session("XNYS", after_close).date()
    datetime.date(2025, 1, 28)
    """
    exchange = exchange_calendar(calendar)
    if not isinstance(when, dt.datetime):
        _within(exchange, calendar, when)
        return pd.Timestamp(exchange.date_to_session(pd.Timestamp(when), "next")).as_unit("us")
    if when.tzinfo is None:
        raise SessionError(
            f"the instant {when.isoformat()} has no time zone; "
            f"write the offset, as in {when.isoformat()}Z or {when.isoformat()}-05:00"
        )
    instant = pd.Timestamp(when).tz_convert("UTC")
    _within(exchange, calendar, instant.date())
    closes = exchange.closes
    position = int(closes.searchsorted(instant, side="right"))
    if position == len(closes):
        raise SessionError(
            f"{when.isoformat()} comes after the last close that the {calendar} calendar knows "
            f"({closes.iloc[-1]})"
        )
    return pd.Timestamp(closes.index[position]).as_unit("us")


def session_open(calendar: str, session: pd.Timestamp) -> pd.Timestamp:
    """
    Say when a session opens; the opening in UTC, see `session_close`.

    Raises
    ------
    SessionError
        If `session` is no session of the exchange.
    """
    return pd.Timestamp(_of_session(calendar, session).session_open(session))


def reaction_days(calendar: str, instants: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
    """
    Find the first session that could react to each of many instants, as `reaction_session` does.

    Parameters
    ----------
    calendar : str
        Market code, see `exchange_calendar`.
    instants : ndarray of shape (n,)
        Microseconds since 1970 in UTC.

    Returns
    -------
    ndarray of shape (n,)
        Days since 1970; the smallest 32-bit integer where the calendar does not reach.

    Examples
    --------
    News of Friday, 24 January 2025, 22:30 UTC, after the close, maps to the Monday, day 20115.

    >>> import numpy as np
    >>> reaction_days("XNYS", np.array([1737757800000000])).tolist()
    [20115]
    """
    exchange = exchange_calendar(calendar)
    closes = (
        exchange.closes.dt.tz_convert(None).to_numpy().astype("datetime64[us]").astype(np.int64)
    )
    opened = exchange.first_session.to_datetime64().astype("datetime64[us]").astype(np.int64)
    position = np.searchsorted(closes, instants, side="right")
    outside = (position == closes.size) | (instants < opened)
    sessions = exchange.closes.index.to_numpy().astype("datetime64[D]").astype(np.int32)
    nowhere = np.iinfo(np.int32).min
    found = sessions[np.where(outside, 0, position)]
    return np.where(outside, nowhere, found).astype(np.int32)


def session_close(calendar: str, session: pd.Timestamp) -> pd.Timestamp:
    """
    Say when a session closes.

    Returns
    -------
    pandas.Timestamp
        The close in UTC.

    Raises
    ------
    SessionError
        If `session` is no session of the exchange.
    """
    return pd.Timestamp(_of_session(calendar, session).session_close(session))


def _of_session(calendar: str, session: pd.Timestamp) -> ExchangeCalendar:
    exchange = exchange_calendar(calendar)
    if not exchange.is_session(session):
        raise SessionError(f"{session.date()} is no session of {calendar}")
    return exchange


def _within(exchange: ExchangeCalendar, name: str, day: dt.date) -> None:
    first, last = exchange.first_session.date(), exchange.last_session.date()
    if not first <= day <= last:
        raise SessionError(
            f"{day.isoformat()} lies outside the {name} calendar ({first} to {last})"
        )
