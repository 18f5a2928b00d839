"""The VIX beside the events, against its printed closes and a count by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analysis.context.absent import Absent
from analysis.context.regime import regimes
from analysis.prices.tables import read_table


def test_the_vix_of_the_sell_off(full, snapshot) -> None:
    """14.85 at the close of 24 January 2025, 17.90 on the 27th."""
    found = regimes(full.events, snapshot)
    rows = {row.event: row for row in found.rows}
    assert set(rows) == {placed.event.id for placed in full.events}
    row = rows["sell-off"]
    assert (row.before, row.on) == (14.85, 17.90)
    table, _ = read_table("volatility-indices")
    vix = table.set_index("session")["vix_close"]
    year = vix[:"2025-01-24"].tail(252)
    assert row.place == pytest.approx((year <= 14.85).sum() / 252)
    assert row.sessions == 252


def test_data_without_an_index_are_told(full, snapshot) -> None:
    assert isinstance(regimes(full.events, replace(snapshot, folder=None)), Absent)
