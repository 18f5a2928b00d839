"""The VIX beside the events, against its printed closes and a count by hand."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from analysis.context.absent import Absent
from analysis.context.regime import regimes
from analysis.prices.tables import read_table
from analysis.run.plan import plan_headline


@pytest.fixture(scope="module")
def events(study, snapshot):
    return plan_headline(study, snapshot).plan.events


@pytest.fixture(scope="module")
def vix():
    return read_table("volatility-indices")[0].set_index("session")["vix_close"]


def moved(events, session):
    """The first event, on another session."""
    return (replace(events[0], session=pd.Timestamp(session)),)


def test_the_vix_of_the_sell_off(events, snapshot) -> None:
    """14.85 at the close of 24 January 2025, 17.90 on the 27th."""
    found = regimes(events, snapshot)
    rows = {row.event: row for row in found.rows}
    assert set(rows) == {placed.event.id for placed in events}
    row = rows["sell-off"]
    assert (row.before, row.on) == (14.85, 17.90)
    table, _ = read_table("volatility-indices")
    vix = table.set_index("session")["vix_close"]
    year = vix[:"2025-01-24"].tail(252)
    assert row.place == pytest.approx((year <= 14.85).sum() / 252)
    assert row.sessions == 252

    assert str(row.eve.date()) == "2025-01-24"
    frame = found.tidy.set_index("event")
    assert frame.loc["sell-off", "place_in_year"] == row.place


def test_data_without_an_index_are_told(events, snapshot, tmp_path) -> None:
    for folder in (None, tmp_path):
        told = regimes(events, replace(snapshot, folder=folder))
        assert isinstance(told, Absent)
        assert told.reason == "the data hold no volatility index"


def test_a_place_needs_120_sessions_and_a_close_of_the_day_itself(events, snapshot, vix) -> None:
    for row, there in ((120, True), (119, False), (len(vix) - 1, True)):
        found = regimes(moved(events, vix.index[row]), snapshot)
        assert isinstance(found, Absent) is not there, row
        if there:
            year = vix.iloc[max(0, row - 252) : row]
            assert found.rows[0].sessions == len(year) == min(row, 252)
            assert found.rows[0].place == (year <= vix.iloc[row - 1]).mean()
    missing = pd.bdate_range(vix.index[300], vix.index[-1]).difference(vix.index)[0]
    for day in (missing, vix.index[-1] + pd.Timedelta(days=3)):
        told = regimes(moved(events, day), snapshot)
        assert told.reason == "the volatility index of the data does not cover the events"
