"""Reference figures: the chronology and its sessions."""

from __future__ import annotations

import datetime as dt

import pytest

from analysis.errors import DataError
from analysis.prices.reference import chronology_from

ENTRY = {
    "id": "x",
    "title": "X",
    "kind": "macro",
    "source": "s",
    "date": dt.date(2025, 1, 24),
    "confounds": True,
}


@pytest.mark.parametrize(
    ("more", "session"),
    [
        ({}, "2025-01-24"),
        ({"after_close": True}, "2025-01-27"),
        ({"time_utc": "20:59:59"}, "2025-01-24"),
        ({"time_utc": "21:00:00"}, "2025-01-27"),
        ({"date": dt.date(2025, 1, 25)}, "2025-01-27"),
        ({"date": dt.date(2025, 1, 25), "after_close": True}, "2025-01-27"),
        ({"date": dt.date(2025, 1, 20)}, "2025-01-21"),
        ({"date": dt.date(2025, 1, 9)}, "2025-01-10"),
    ],
)
def test_news_maps_to_the_first_session_that_could_react(more: dict, session: str) -> None:
    (entry,) = chronology_from({"event": [{**ENTRY, **more}]}, calendar="XNYS", where="c")
    assert str(entry.session.date()) == session


def test_entries_come_by_date() -> None:
    earlier = {**ENTRY, "id": "a", "date": dt.date(2025, 1, 2)}
    entries = chronology_from({"event": [ENTRY, earlier]}, calendar="XNYS", where="c")
    assert [e.id for e in entries] == ["a", "x"]


@pytest.mark.parametrize("key", list(ENTRY)[1:])
def test_an_entry_without_a_key_is_refused(key: str) -> None:
    entry = {k: v for k, v in ENTRY.items() if k != key}
    with pytest.raises(DataError, match=f"chron: entry x: KeyError\\('{key}'\\)"):
        chronology_from({"event": [entry]}, calendar="XNYS", where="chron")
