"""Computed first sessions abroad and published moves in one table."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.report.details import FIRST_COLUMNS, first_sessions

WORLD = pd.DataFrame(
    {
        "name": ["SK hynix", "ASML Amsterdam", "Tokyo Electron"],
        "symbol": ["000660.KS", "ASML.AS:cfd", "8035.T"],
        "exchange": ["XKRX", "XAMS", "XTKS"],
        "first_session": ["2025-01-31", "2025-01-27", "2025-01-27"],
        "return": [-0.0986, -0.07, -0.05],
        "abnormal": [-0.09, -0.06, None],
    }
)
PUBLISHED = pd.DataFrame(
    {
        "name": ["SK Hynix", "ASML.AS", "ASML.AS", "Tokyo Electron", "Goodman Group"],
        "session_date": ["2025-01-31", "2025-01-27", "2025-01-27", "2025-01-28", "2025-01-28"],
        "move_pct": [-9.86, -9, -10, -3.78, -8.2],
        "basis": ["close", "midday", "later", "midday", "reported"],
        "source": ["k", "f", "g", "y", "d"],
    }
)


def test_a_print_stands_beside_what_was_computed_or_alone():
    table = first_sessions(WORLD, PUBLISHED)
    assert tuple(table.columns) == FIRST_COLUMNS
    rows = table.set_index(["name", "first_session"])
    hynix = rows.loc[("SK hynix", "2025-01-31")]
    assert hynix["published"] == pytest.approx(hynix["return"])
    assert rows.loc[("ASML Amsterdam", "2025-01-27"), "basis"] == "midday"
    assert pd.isna(rows.loc[("Tokyo Electron", "2025-01-27"), "published"])
    alone = rows.loc[("Tokyo Electron", "2025-01-28")]
    assert (alone["published"], pd.isna(alone["return"])) == (-0.0378, True)
    assert len(table) == 6  # a second print of one session is no less a print
    assert table["published"].notna().sum() == len(PUBLISHED)


def test_one_of_both_is_enough_and_none_is_none():
    assert len(first_sessions(WORLD, None)) == 3
    assert first_sessions(None, PUBLISHED)["abnormal"].isna().all()
    assert first_sessions(None, None) is None
