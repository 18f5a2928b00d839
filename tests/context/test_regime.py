"""The VIX beside the events, against its printed closes and a count by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.context.absent import Absent
from analysis.context.regime import regimes, volatile_quarter
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


def test_the_volatile_quarter_is_a_quarter_and_the_more_volatile(snapshot) -> None:
    sessions = pd.DatetimeIndex(snapshot.levels.loc["2024-01-15":"2025-01-10"].index)
    marked = volatile_quarter(sessions, snapshot)
    assert marked.mean() == pytest.approx(0.25, abs=0.01)
    moves = snapshot.levels["SPY"].pct_change(fill_method=None).reindex(sessions).to_numpy()
    assert np.std(moves[marked]) > 1.3 * np.std(moves[~marked])


def test_sessions_before_the_index_are_not_marked(snapshot) -> None:
    sessions = pd.DatetimeIndex(snapshot.levels.loc["2022-06":"2023-06"].index)
    marked = volatile_quarter(sessions, snapshot)
    assert not marked[sessions < "2023-01-04"].any()
    early = pd.DatetimeIndex(snapshot.levels.loc["2015"].index)
    assert isinstance(volatile_quarter(early, snapshot), Absent)


def test_data_without_an_index_are_told(full, snapshot) -> None:
    assert isinstance(regimes(full.events, replace(snapshot, folder=None)), Absent)
