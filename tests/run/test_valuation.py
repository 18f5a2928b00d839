"""Market values at any date: which count, which close, and when there is none."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pandas as pd
import pytest

from analysis.prices.reference import PrintedClose, Reference, ShareCount
from analysis.run.valuation import Valuation, count_at, in_currency, rated, value_at
from analysis.study import ExchangeRate

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
            loud = value_at("A", EVE, levels, reference, stale=True)
            assert loud.flag == ("" if valued else f"STALE-SHARE-COUNT:{as_of}")


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


@pytest.mark.parametrize(
    ("daily", "flag"),
    [(0.5, ""), (0.0, "no-printed-close"), (float("nan"), "no-printed-close")],
)
def test_a_close_of_the_day_is_above_nothing(daily, flag) -> None:
    """Half a dollar is a price."""
    levels = pd.DataFrame({"A": [1.0]}, index=[EVE])
    closes = pd.DataFrame({"A": [daily]}, index=[EVE])
    reference = Reference(shares={"A": (count("2025-01-20"),)}, daily_closes=closes)
    found = value_at("A", EVE, levels, reference)
    assert (found.amount, found.flag) == (None if flag else 0.5e9, flag)


SESSIONS = pd.DatetimeIndex(["2025-01-22", "2025-01-23", "2025-01-24", "2025-01-27"])


def market(**columns: list[float]) -> pd.DataFrame:
    return pd.DataFrame(columns, index=SESSIONS)


@pytest.mark.parametrize(
    ("rate", "per_dollar", "expected"), [(150.0, True, 1 / 150), (1.25, False, 1.25)]
)
def test_a_rate_is_of_the_close_and_in_dollars_a_unit(rate, per_dollar, expected) -> None:
    levels = market(FX=[9.0, 9.0, rate, 9.0])
    quotes = (ExchangeRate("EUR", "FX"), ExchangeRate("JPY", "FX", per_dollar=per_dollar))
    value = Valuation(7.0, currency="JPY")
    assert rated(value, quotes, EVE, levels).rate == pytest.approx(expected, rel=1e-15)
    assert rated(value, quotes[:1], EVE, levels).rate is None
    assert rated(Valuation(7.0, currency="USD"), quotes, EVE, levels).rate == 1.0
    assert rated(Valuation(None, "x", "JPY"), quotes, EVE, levels).rate == 1.0


@pytest.mark.parametrize("bad", [0.0, float("nan"), -1.0])
def test_a_close_without_a_rate_is_flagged(bad) -> None:
    levels = market(FX=[9.0, 9.0, bad, 9.0])
    quotes = (ExchangeRate("JPY", "FX"),)
    found = rated(Valuation(7.0, "old", "JPY"), quotes, EVE, levels)
    assert (found.rate, found.flag) == (None, "old;no-exchange-rate:JPY")
    assert rated(Valuation(7.0, "", "JPY"), quotes, EVE, levels).flag == "no-exchange-rate:JPY"


def test_a_value_goes_over_by_two_rates(small_study) -> None:
    """750 yen at 150 a dollar are 5 dollars, and 4 euros at 1.25 dollars a euro."""
    levels = market(JPY=[1.0, 1.0, 150.0, 1.0], EUR=[1.0, 1.0, 1.25, 1.0])
    quotes = (ExchangeRate("JPY", "JPY", per_dollar=True), ExchangeRate("EUR", "EUR"))
    study = replace(small_study, currency="EUR", fx=quotes)
    yen = rated(Valuation(750.0, currency="JPY"), quotes, EVE, levels)
    found = in_currency(yen, study, EVE, levels)
    assert (found.amount, found.currency, found.rate) == (pytest.approx(4.0), "EUR", 1.25)
    euros = Valuation(4.0, currency="EUR", rate=1.25)
    assert in_currency(euros, study, EVE, levels) is euros
    nothing = Valuation(None, "none", "JPY")
    assert in_currency(nothing, study, EVE, levels) is nothing
    lost = in_currency(replace(yen, rate=None), study, EVE, levels)
    assert (lost.amount, lost.flag) == (None, "no-exchange-rate:JPY")
    none = in_currency(yen, replace(study, fx=quotes[:1]), EVE, levels)
    assert (none.amount, none.flag) == (None, "no-exchange-rate:EUR")


def test_the_nearest_printed_close_is_carried_by_the_levels() -> None:
    levels = market(A=[100.0, 110.0, 99.0, 50.0])
    shares = {"A": (count("2025-01-20"),)}
    first, last = (PrintedClose("A", SESSIONS[k], 10.0, "print") for k in (0, 3))
    found = value_at(
        "A", SESSIONS[1], levels, Reference(shares=shares, closes={"A": (last, first)})
    )
    assert (found.amount, found.flag) == (pytest.approx(11e9), "value-carried-from:2025-01-22")
    assert found.close is first
    outside = PrintedClose("A", pd.Timestamp("2025-01-25"), 10.0, "print")
    lost = value_at("A", EVE, levels, Reference(shares=shares, closes={"A": (outside,)}))
    assert (lost.amount, lost.flag) == (None, "printed-close-outside-data:2025-01-25")
    low = market(A=[0.5, 0.55, 99.0, 50.0])
    found = value_at("A", SESSIONS[1], low, Reference(shares=shares, closes={"A": (first,)}))
    assert found.amount == pytest.approx(11e9)
    for bad in (0.0, float("nan")):
        holed = market(A=[bad, 110.0, 99.0, 50.0])
        reference = Reference(shares=shares, closes={"A": (first,)})
        assert value_at("A", EVE, holed, reference).amount is None


def test_a_stale_count_is_told_beside_what_else_there_is_to_tell() -> None:
    levels = market(A=[100.0, 110.0, 99.0, 50.0])
    old = {"A": (count("2024-01-20"),)}
    anchor = PrintedClose("A", SESSIONS[0], 10.0, "print")
    reference = Reference(shares=old, closes={"A": (anchor,)})
    loud = value_at("A", SESSIONS[1], levels, reference, stale=True)
    assert loud.flag == "STALE-SHARE-COUNT:2024-01-20;value-carried-from:2025-01-22"
    assert value_at("B", EVE, levels, reference).flag == "no-share-count"
    assert value_at("B", EVE, levels, reference, known=True).flag == "no-share-count"


def test_known_counts_are_those_filed_by_the_day() -> None:
    filed, late = count("2024-12-31", "2025-01-24"), count("2024-12-31", "2025-01-25")
    assert count_at((filed, late), DAY, known=True) is filed
    assert count_at((late,), DAY, known=True) is None
    assert count_at((late,), DAY) is late
    own = count("2025-01-24")
    assert count_at((own,), DAY, known=True) is own
    assert count_at((count("2025-01-25"),), DAY, known=True) is None


def test_of_one_filing_the_count_nearer_by_its_own_day() -> None:
    far, near = count("2024-10-31", "2025-01-20"), count("2025-01-10", "2025-01-20")
    assert count_at((far, near), DAY) is near
    for digits, kept in ((3, False), (4, True)):
        rough = count("2025-01-23", "2025-01-24", digits=digits)
        fine = count("2024-12-31", "2025-01-10", digits=9)
        assert (count_at((rough, fine), DAY) is rough) is kept
