"""Sessions, and the first that could react; the answers are from the exchanges themselves."""

from __future__ import annotations

import datetime as dt

import exchange_calendars
import numpy as np
import pandas as pd
import pytest
from pandas.tseries.holiday import AbstractHolidayCalendar

from analysis.errors import SessionError
from analysis.sessions import (
    exchange_calendar,
    reaction_days,
    reaction_session,
    session_close,
    sessions_between,
)


@pytest.mark.parametrize(
    ("calendar", "session"),
    [
        ("XNYS", "2025-01-27"),
        pytest.param("XKRX", "2025-01-31", marks=pytest.mark.slow),  # a calendar long to open
        ("XTAI", "2025-02-03"),
        ("XHKG", "2025-01-27"),
        ("XTKS", "2025-01-27"),
        ("XAMS", "2025-01-27"),
    ],
)
def test_news_of_a_saturday_waits_for_the_next_session(calendar: str, session: str) -> None:
    noon = dt.datetime(2025, 1, 25, 12, 0, tzinfo=dt.UTC)
    assert str(reaction_session(calendar, noon).date()) == session
    assert str(reaction_session(calendar, noon.date()).date()) == session


@pytest.mark.parametrize(
    ("day", "session"),
    [
        ((2025, 1, 9), "2025-01-10"),  # mourning for President Carter
        ((2025, 1, 20), "2025-01-21"),  # Martin Luther King Jr. Day
        ((2025, 1, 26), "2025-01-27"),  # a Sunday
        ((2024, 12, 25), "2024-12-26"),
        ((2025, 1, 27), "2025-01-27"),
    ],
)
def test_a_date_is_never_snapped_back_before_the_news(day: tuple, session: str) -> None:
    found = reaction_session("XNYS", dt.date(*day))
    assert str(found.date()) == session
    assert found >= pd.Timestamp(*day)


@pytest.mark.parametrize(
    ("clock", "session"),
    [
        ("2025-01-27T20:59:59+00:00", "2025-01-27"),
        ("2025-01-27T21:00:00+00:00", "2025-01-28"),  # the close itself is too late to react in
        ("2025-01-27T15:59:00-05:00", "2025-01-27"),
        ("2024-12-24T17:59:00+00:00", "2024-12-24"),  # a half day closes at 13:00
        ("2024-12-24T18:00:00+00:00", "2024-12-26"),
        ("2025-01-28T08:00:00+09:00", "2025-01-28"),  # after Monday's close in New York
    ],
)
def test_an_instant_maps_to_the_first_close_after_it(clock: str, session: str) -> None:
    assert str(reaction_session("XNYS", dt.datetime.fromisoformat(clock)).date()) == session


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(SessionError, match=r"no time zone; write the offset, as in 2025.*Z"):
        reaction_session("XNYS", dt.datetime(2025, 1, 27, 9, 0, tzinfo=dt.UTC).replace(tzinfo=None))


@pytest.mark.parametrize("day", [dt.date(1970, 1, 1), dt.date(2999, 1, 1)])
def test_a_date_beyond_the_calendar_is_refused(day: dt.date) -> None:
    with pytest.raises(SessionError, match="lies outside the XNYS calendar"):
        reaction_session("XNYS", day)
    with pytest.raises(SessionError, match="lies outside"):
        sessions_between("XNYS", dt.date(2025, 1, 2), day)


def test_an_instant_after_the_last_known_close_is_refused() -> None:
    last = exchange_calendar("XNYS").last_session
    instant = (last + pd.Timedelta(hours=23, minutes=59)).tz_localize("UTC").to_pydatetime()
    with pytest.raises(SessionError, match="after the last close"):
        reaction_session("XNYS", instant)


def test_an_unknown_exchange_is_named_with_the_nearest() -> None:
    with pytest.raises(SessionError, match="'XNYZ' is unknown; did you mean"):
        exchange_calendar("XNYZ")


def test_a_calendar_that_begins_late_still_opens() -> None:
    assert exchange_calendar("XSAU").first_session.year > 1990


def test_the_close_of_a_session_and_of_no_session() -> None:
    assert session_close("XNYS", pd.Timestamp("2025-01-27")).hour == 21
    with pytest.raises(SessionError, match="2025-01-25 is no session of XNYS"):
        session_close("XNYS", pd.Timestamp("2025-01-25"))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_every_calendar_opens_or_says_that_it_cannot() -> None:

    names = exchange_calendars.get_calendar_names(include_aliases=False)
    refused = []
    for name in names:
        try:
            opened = exchange_calendar(name)
        except SessionError as error:
            refused.append(str(error).split("'")[1])
        else:
            assert len(opened.sessions) > 1000
    assert len(names) > 60
    assert set(refused) <= {"ASEX", "XBEL", "XBSE", "XCYS", "XTAE"}


@pytest.mark.filterwarnings("ignore")
def test_a_calendar_that_cannot_be_computed_is_told_in_words(monkeypatch) -> None:
    def broken(name, **_):
        raise NotImplementedError("implemented by subclasses")

    monkeypatch.setattr("exchange_calendars.get_calendar", broken)
    with pytest.raises(SessionError, match="of exchange 'XXBE' cannot be computed"):
        exchange_calendar("XXBE")


def test_what_lies_outside_a_calendar_is_refused() -> None:
    first, last = dt.date(2025, 1, 2), dt.date(2025, 1, 31)
    for begin, end in ((dt.date(1900, 1, 2), last), (first, dt.date(2200, 1, 2))):
        with pytest.raises(SessionError, match="lies outside the XNYS calendar"):
            sessions_between("XNYS", begin, end)
    for day in (dt.date(1900, 1, 2), dt.date(2200, 1, 2)):
        with pytest.raises(SessionError, match="lies outside the XNYS calendar"):
            reaction_session("XNYS", day)
        noon = dt.datetime(day.year, 1, 2, 12, tzinfo=dt.UTC)
        with pytest.raises(SessionError, match="lies outside the XNYS calendar"):
            reaction_session("XNYS", noon)


def test_many_instants_react_as_each_does_alone() -> None:
    base = dt.datetime(2024, 12, 20, tzinfo=dt.UTC)
    moments = [base + dt.timedelta(hours=5 * i, minutes=i) for i in range(400)]
    micro = np.array([int(moment.timestamp() * 10**6) for moment in moments])
    for calendar in ("XNYS", "XTKS", "XLON"):
        days = reaction_days(calendar, micro).astype("datetime64[D]")
        alone = [reaction_session(calendar, moment).date() for moment in moments]
        assert days.tolist() == alone
    far = np.array([-(10**18), 10**17])
    assert (reaction_days("XNYS", far) == np.iinfo(np.int32).min).all()


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["XNYS", "XKRX", "XTAI", "XTKS", "XHKG", "XSHG", "XBOM", "XLON", "XETR", "XIST"]
)
def test_holidays_of_fewer_years_change_no_session(name: str) -> None:
    """Calendars are opened with the holidays of their own years; the package computes more."""
    before = AbstractHolidayCalendar.start_date, AbstractHolidayCalendar.end_date
    here = exchange_calendar(name)
    assert (AbstractHolidayCalendar.start_date, AbstractHolidayCalendar.end_date) == before
    whole = type(here)(start=here.first_session, end=here.last_session)
    assert whole.schedule.equals(here.schedule)
