"""Reference figures: the chronology and its sessions."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from analysis.errors import DataError
from analysis.prices.reference import Reference, chronology_from, weights_from

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


def test_a_count_is_put_on_the_basis_of_the_closes() -> None:
    """Splits up to the basis multiply an older count; those after it divide a younger one."""
    at = [dt.date(2024, 6, 10), dt.date(2025, 1, 24), dt.date(2025, 6, 2)]
    splits = {"A": tuple(zip(at, (10.0, 2.0, 4.0), strict=True))}
    known = Reference(splits=splits, basis=at[1])
    day = dt.timedelta(days=1)
    for when, factor in (
        (at[0] - day, 20.0), (at[0], 2.0), (at[1] - day, 2.0), (at[1], 1.0),
        (at[2] - day, 1.0), (at[2], 0.25),
    ):  # fmt: skip
        assert known.restated("A", when) == factor
    assert known.restated("B", at[0]) == 1.0
    assert Reference(splits=splits).restated("A", at[0] - day) == 1.0  # no basis is known


def test_entries_come_by_date() -> None:
    earlier = {**ENTRY, "id": "a", "date": dt.date(2025, 1, 2)}
    entries = chronology_from({"event": [ENTRY, earlier]}, calendar="XNYS", where="c")
    assert [e.id for e in entries] == ["a", "x"]


@pytest.mark.parametrize("key", list(ENTRY)[1:])
def test_an_entry_without_a_key_is_refused(key: str) -> None:
    entry = {k: v for k, v in ENTRY.items() if k != key}
    with pytest.raises(DataError, match=f"chron: entry x: KeyError\\('{key}'\\)"):
        chronology_from({"event": [entry]}, calendar="XNYS", where="chron")


def test_weights_are_shares_of_one() -> None:
    row = ("SPY", "NVDA", 6.25, "2025-01-24", "s", "n")
    frame = pd.DataFrame(
        [row], columns=["index", "symbol", "weight_percent", "as_of", "source", "note"]
    )
    (weight,) = weights_from(frame, where="w")
    assert (weight.weight, weight.as_of) == (0.0625, dt.date(2025, 1, 24))
