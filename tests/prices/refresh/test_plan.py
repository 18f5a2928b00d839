"""What a refresh reads again and what it leaves alone, at the edges; when a session is over."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from analysis.prices.refresh.due import last_complete_session
from analysis.prices.refresh.plan import StoreContents, parse_age, plan
from analysis.prices.store.records import SymbolState
from tests.loopback.listings import after_close, day, sessions

NOW = after_close("2025-03-31")
HOUR = dt.timedelta(hours=1)


def held(
    age=6 * HOUR, first="2024-01-02", last="2025-03-31", outcome="updated", calendar="XNYS"
) -> StoreContents:
    ends = [None if text is None else day(text) for text in (first, last)]
    state = SymbolState("A", "yahoo", "c", "USD", calendar, NOW, NOW - age, *ends, 300)
    return StoreContents({"A": state}, {"A": outcome})


@pytest.mark.parametrize(
    ("contents", "fresh"),
    [
        (held(), True),
        (held(0 * HOUR), True),
        (held(18 * HOUR), False),
        (held(18 * HOUR - dt.timedelta(seconds=1)), True),
        (held(-1 * HOUR), False),  # refreshed in the future: the clock was wrong once
        (held(last="2025-03-28"), False),
        (held(outcome="quarantined"), False),
        (held(outcome="unchanged"), True),
        (held(first=None, last=None), False),
    ],
)
def test_what_is_fresh(contents, fresh) -> None:
    tasks, left = plan(contents, ["A", "A"], now=NOW, max_age=18 * HOUR)
    assert (len(tasks), len(left)) == ((0, 1) if fresh else (1, 0))
    again, _ = plan(contents, ["A"], now=NOW)
    assert len(again) == 1  # without an age nothing is left alone


def test_a_fresh_symbol_says_how_long_ago_it_was_read() -> None:
    _, (outcome,) = plan(held(dt.timedelta(minutes=90)), ["A"], now=NOW, max_age=18 * HOUR)
    assert (outcome.outcome, outcome.message) == ("fresh", "refreshed 1.5 h ago")


def test_ten_stored_sessions_are_read_again_unless_more_is_asked_for() -> None:
    def task(since=None, **more):
        ((found,), _) = plan(held(**more), ["A"], now=NOW, since=since)
        return found.since, found.full, found.why

    tenth = sessions("2025-03-01", "2025-03-31")[-10].date()
    assert task() == (tenth, False, "stored to 2025-03-31")
    assert task(dt.date(2025, 3, 25))[0] == tenth
    earlier = dt.date(2024, 6, 3)
    assert task(earlier) == (earlier, False, "stored to 2025-03-31")
    assert task(dt.date(2024, 1, 2))[1]
    assert not task(dt.date(2024, 1, 3))[1]
    assert task(dt.date(1980, 1, 1))[:2] == (dt.date(1990, 1, 2), True)
    assert task(first="2025-03-27")[1]  # fewer are stored than are read again
    old = task(first="1990-01-03", last="1990-01-05")
    assert old == (dt.date(1990, 1, 2), True, "stored to 1990-01-05")


def test_a_symbol_without_a_bar_is_read_from_the_beginning_or_the_day_asked_for() -> None:
    nothing = held(first=None, last=None)
    for contents in (nothing, StoreContents({}, {})):
        for since, begun in (
            (None, dt.date(1990, 1, 2)),
            (dt.date(2020, 5, 4), dt.date(2020, 5, 4)),
            (dt.date(1980, 5, 4), dt.date(1990, 1, 2)),
        ):
            ((task,), _) = plan(contents, ["A"], now=NOW, since=since)
            assert (task.since, task.full, task.why) == (begun, True, "new")


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("18h", dt.timedelta(hours=18)),
        ("30m", dt.timedelta(minutes=30)),
        ("1.5d", dt.timedelta(hours=36)),
        ("36500d", dt.timedelta(days=36_500)),
        ("36501d", dt.timedelta(days=36_500)),
    ],
)
def test_an_age_in_words(text, age) -> None:
    assert parse_age(text) == age


@pytest.mark.parametrize(
    ("clock", "last"),
    [
        ("2025-01-27T21:29:59Z", "2025-01-24"),
        ("2025-01-27T21:30:00Z", "2025-01-27"),  # half an hour after the close at 16:00
        ("2025-01-28T09:00:00Z", "2025-01-27"),
        ("2024-11-29T18:30:00Z", "2024-11-29"),  # the early close after Thanksgiving
        ("2024-11-29T18:29:59Z", "2024-11-27"),
    ],
)
def test_a_session_is_over_half_an_hour_after_its_close(clock, last) -> None:
    now = pd.Timestamp(clock).to_pydatetime()
    assert last_complete_session("XNYS", now) == day(last)
