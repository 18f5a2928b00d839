"""Market values at any date: which count, which close, and when there is none."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pandas as pd
import pytest

from analysis.prices.reference import PrintedClose, Reference, ShareCount
from analysis.run.valuation import count_at, value_at

EVE = pd.Timestamp("2025-01-24")
DAY = EVE.date()


def count(as_of: str, filed: str | None = None, shares: float = 1e9, **more) -> ShareCount:
    known = None if filed is None else dt.date.fromisoformat(filed)
    return ShareCount("A", shares, dt.date.fromisoformat(as_of), "s", known, **more)


def test_the_nearest_filed_count_is_the_preferred_one_of_every_firm(bundle, snapshot) -> None:
    """The facts' own judgement, made by hand for each firm, is the oracle."""
    table = pd.read_csv(bundle / "reference/shares_outstanding.csv")
    preferred = table[table["preferred"] == "yes"].set_index("symbol")["shares"]
    assert len(preferred) == 26
    for symbol, shares in preferred.items():
        found = value_at(symbol, EVE, snapshot.levels, snapshot.reference)
        assert found.count.shares == shares, symbol
        assert found.amount == pytest.approx(shares * found.close.close)
        assert found.flag == ""


def test_what_was_known_on_the_eve(snapshot) -> None:
    known = value_at("NVDA", EVE, snapshot.levels, snapshot.reference, known=True)
    assert (known.count.shares, str(known.count.as_of)) == (24.49e9, "2024-11-15")
    assert value_at("TSM", EVE, snapshot.levels, snapshot.reference, known=True).flag == (
        "no-share-count:2025-01-24"
    )


def test_a_count_of_another_year_gives_no_dollars(snapshot) -> None:
    """META lost 26.4 % on 3 February 2022; a count of 2025 would make that USD 213.6 bn."""
    eve = pd.Timestamp("2022-02-02")
    found = value_at("META", eve, snapshot.levels, snapshot.reference)
    assert found.amount is None
    assert found.flag.startswith("share-count-too-old:2024")
    loud = value_at("META", eve, snapshot.levels, snapshot.reference, stale=True)
    assert loud.flag.startswith("STALE-SHARE-COUNT:")
    assert loud.amount > 0
    own = replace(
        snapshot.reference,
        shares={"META": (count("2022-01-28", shares=2.722e9),)},
        closes={"META": (PrintedClose("META", eve, 323.0, "print"),)},
        daily_closes=None,
    )
    value = value_at("META", eve, snapshot.levels, own)
    move = snapshot.levels["META"].pct_change(fill_method=None)["2022-02-03"]
    assert value.amount * move == pytest.approx(-232.0e9, abs=0.1e9)
    assert pytest.approx(-232.0e9, abs=0.1e9) == 2.722e9 * (237.76 - 323.0)


def test_150_days_are_the_limit(snapshot) -> None:
    closes = {"A": (PrintedClose("A", EVE, 10.0, "print"),)}
    levels = pd.DataFrame({"A": [1.0]}, index=[EVE])
    for days, valued in ((150, True), (151, False)):
        for sign in (-1, 1):
            as_of = DAY + dt.timedelta(days=sign * days)
            reference = Reference(shares={"A": (count(str(as_of)),)}, closes=closes)
            found = value_at("A", EVE, levels, reference)
            assert (found.amount is not None) == valued


def test_a_point_in_time_goes_before_a_mean_and_digits_before_a_round_figure() -> None:
    mean = count("2025-01-24", "2025-01-25", kind="mean")
    rough = count("2025-01-23", "2025-01-25", digits=3)
    good = count("2024-12-31", "2025-02-20", digits=9, kind="cover")
    assert count_at((mean, rough, good), DAY) is good
    assert count_at((mean,), DAY) is mean
    far = count("2024-06-30", "2024-07-20", digits=9, kind="cover")
    assert count_at((mean, far), DAY) is mean  # an old count is no better than a mean


def test_the_close_of_the_session_goes_before_one_that_is_carried() -> None:
    sessions = pd.DatetimeIndex(["2025-01-22", "2025-01-23", "2025-01-24"])
    levels = pd.DataFrame({"A": [100.0, 110.0, 99.0]}, index=sessions)
    shares = {"A": (count("2025-01-20"),)}
    anchor = (PrintedClose("A", EVE, 9.9, "print", "JPY"),)
    carried = value_at("A", sessions[0], levels, Reference(shares=shares, closes={"A": anchor}))
    assert carried.amount == pytest.approx(10.0 * 1e9)
    assert (carried.flag, carried.currency) == ("value-carried-from:2025-01-24", "JPY")
    daily = pd.DataFrame({"A": [10.2]}, index=sessions[:1])
    reference = Reference(shares=shares, closes={"A": anchor}, daily_closes=daily)
    printed = value_at("A", sessions[0], levels, reference)
    assert (printed.amount, printed.flag) == (pytest.approx(10.2e9), "")
    assert value_at("A", sessions[0], levels, Reference(shares=shares)).flag == "no-printed-close"
