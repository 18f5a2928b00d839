"""The store as the figures of a study."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from analysis.errors import DataError
from analysis.overrides import Overrides, override
from analysis.prices.bars import bars_frame
from analysis.prices.from_store import load_store
from analysis.prices.load import load_market_data
from analysis.prices.snapshot import load_snapshot
from analysis.prices.store.records import Change, LogEntry, SymbolOutcome
from analysis.run.needs import mentioned_symbols, needed_symbols
from analysis.run.study import run_study
from analysis.run.valuation import value_at
from analysis.study import Event, MarketValue, Study
from tests.loopback.listings import after_close, day, listing, sessions


def test_levels_are_adjusted_closes_on_every_session(night):
    night.vendor.add(
        listing("NVDA", dividends={day("2024-09-12"): 0.5}),
        listing("NEW", first="2024-06-03", missing={day("2024-07-01")}),
    )
    night("2025-03-31", "NVDA", "NEW")
    data = load_store(night.store.path, ["NVDA", "NEW"])
    shown = night.vendor.listings["NVDA"].view()
    np.testing.assert_allclose(data.levels["NVDA"], shown["adjclose"], rtol=1e-12)
    assert data.levels["NEW"].first_valid_index() == day("2024-06-03")
    assert np.isnan(data.levels.loc[day("2024-07-01"), "NEW"])  # never filled
    assert list(data.levels.columns) == ["NVDA", "NEW"]
    assert (data.calendar, data.name) == ("XNYS", "price store, 2024-01-02 to 2025-03-31")


def test_what_was_known_then(night):
    night.vendor.add(listing("NVDA", splits={day("2024-06-10"): 10.0}))
    night("2024-06-07", "NVDA")
    before = load_store(night.store.path, ["NVDA"])
    night("2024-06-10")
    then = load_store(night.store.path, ["NVDA"], as_of=after_close("2024-06-07"))
    pd.testing.assert_frame_equal(then.levels, before.levels)
    now = load_store(night.store.path, ["NVDA"])
    assert now.levels["NVDA"].iloc[0] == pytest.approx(before.levels["NVDA"].iloc[0] / 10)
    assert now.inputs[0].sha256 != before.inputs[0].sha256 == then.inputs[0].sha256


def test_factors_come_from_the_store_when_it_has_some(night):
    night.vendor.add(listing("NVDA"))
    night("2025-03-31", "NVDA")
    bundled = load_snapshot()
    assert load_store(night.store.path).factors is bundled.factors or (
        load_store(night.store.path).factors.equals(bundled.factors)
    )
    with night.store.writing(after_close("2025-03-31")) as writer:
        writer.put_factors(bundled.factors.iloc[:5], "202604", after_close("2025-03-31"))
    data = load_store(night.store.path)
    pd.testing.assert_frame_equal(data.factors, bundled.factors.iloc[:5], check_freq=False)
    assert "CRSP vintage 202604" in data.inputs[1].name


def test_a_filed_share_count_is_never_overridden(night):
    night.vendor.add(listing("NVDA"), listing("ZZZ"))
    night("2025-03-31", "NVDA", "ZZZ")
    now = after_close("2025-03-31")
    with night.store.writing(now) as writer:
        for symbol in ("NVDA", "ZZZ"):
            counts = pd.Series({day("2024-11-20"): 7e9, day("2025-02-26"): 8e9})
            writer.put_shares(symbol, counts, "yahoo, yfinance 1", now)
    reference = load_store(night.store.path).reference
    assert reference.shares["NVDA"] == load_snapshot().reference.shares["NVDA"]
    found = [(count.shares, str(count.as_of)) for count in reference.shares["ZZZ"]]
    assert found == [(7e9, "2024-11-20"), (8e9, "2025-02-26")]
    assert all("not held against a filing" in count.note for count in reference.shares["ZZZ"])


@pytest.mark.parametrize(
    ("eve", "then"),
    [
        ("2024-05-31", "2024-06-10"),
        ("2024-06-07", "2024-06-10"),
        ("2024-06-10", "2024-06-10"),
        ("2024-11-05", "2024-06-10"),
        ("2024-05-31", "2025-02-10"),
        ("2024-11-05", "2025-02-10"),
        ("2024-11-05", "2025-01-24"),  # the session that the bundled levels are based on
    ],
)
def test_a_live_study_is_valued_at_its_own_eve(night, eve, then):
    """Whatever day the split falls on, money is shares times price as both stood that day."""
    ten = listing("ZZZ", splits={day(then): 10.0})
    night.vendor.add(ten)
    night("2025-03-31", "ZZZ")
    now = after_close("2025-03-31")
    counted = {"2024-05-20": 1e9, "2024-10-30": 1.02e9}  # in shares before the split
    counts = {day(d): n * (10 if day(d) >= day(then) else 1) for d, n in counted.items()}
    with night.store.writing(now) as writer:
        writer.put_shares("ZZZ", pd.Series(counts), "yahoo", now)
    data = load_store(night.store.path, ["ZZZ"])
    found = value_at("ZZZ", day(eve), data.levels, data.reference)
    shares = counted["2024-10-30" if eve > "2024-09" else "2024-05-20"]
    shares *= 10 if day(eve) >= day(then) else 1
    assert found.amount == pytest.approx(shares * ten.printed[day(eve)], rel=1e-6)
    assert (found.flag, found.currency, found.close.session) == ("", "USD", day(eve))


def test_a_study_with_a_count_alone_takes_the_close_of_the_store(night, study):
    """The count is in shares of its own day, the close in the currency of the listing."""
    pence = listing("ZZZ", splits={day("2025-02-10"): 4.0})
    night.vendor.add(pence, listing("SPY"))
    night("2025-03-31", "ZZZ", "SPY")
    with night.store.writing(after_close("2025-03-31")) as writer:
        writer._connection.execute("UPDATE symbols SET currency = 'GBp' WHERE symbol = 'ZZZ'")
    data = load_store(night.store.path, ["ZZZ", "SPY"])
    count = MarketValue("ZZZ", 4e9, dt.date(2025, 3, 3), "report")
    event = Event("news", "News", dt.date(2025, 1, 27))
    asked = Study("own", "ZZZ", [event], market_values=(count,))
    impact = run_study(asked, data).headline_window.impact
    assert impact.currency == "GBP"
    assert impact.market_value == pytest.approx(
        1e9 * pence.printed[day("2025-01-24")] / 100, rel=1e-6
    )


def test_a_symbol_that_is_not_there_is_named_with_the_mend(night):
    night.vendor.add(listing("NVDA"))
    night("2025-03-31", "NVDA")
    with pytest.raises(DataError, match=r"no prices of NVDIA; .*fetch NVDIA.*did you mean 'NVDA'"):
        load_store(night.store.path, ["NVDIA"])


def test_what_is_named_beside_is_read_where_it_is_there(night):
    night.vendor.add(listing("NVDA"), listing("SPY"), listing("ZZZ"))
    night("2025-03-31", "NVDA", "SPY", "ZZZ")
    data = load_store(night.store.path, ["NVDA"], also=["SPY", "QQQ", "NVDA"])
    assert list(data.levels.columns) == ["NVDA", "SPY"]
    with pytest.raises(DataError, match=r"has no prices of ZZY; .*did you mean 'ZZZ'"):
        load_store(night.store.path, ["NVDA", "ZZY"])


DAYS = sessions("2025-01-13", "2025-01-17")  # sessions of New York, London and Tokyo


@pytest.fixture
def world(store):
    """Listings of two exchanges and an exchange rate, some without a currency of their own."""
    listed = {
        "HERE": (10.0, None, "XNYS"),
        "PENCE": (250.0, "GBp", "XLON"),
        "UNSAID": (4.0, None, "XLON"),
        "RATE": (1.25, None, "NONE"),
    }
    now = after_close("2025-01-17")
    with store.writing(now) as writer:
        for symbol, (first, currency, calendar) in listed.items():
            close = first + np.arange(5)
            bars = bars_frame(DAYS, {"close": close, "adj_close": close / 2, "volume": 1.0})
            log = LogEntry(SymbolOutcome(symbol, "updated"), now, "yahoo", "yfinance 1")
            writer.apply(log, Change(bars=bars, currency=currency, calendar=calendar))
    return store.path


def test_a_currency_is_the_one_stored_or_the_only_one_of_its_exchange(world, snapshot):
    """In London four currencies are quoted: of a listing that does not say, none is known."""
    london = load_store(world, calendar="XLON", companion=snapshot)
    assert list(london.levels.columns) == ["PENCE", "UNSAID"]
    assert (london.dividends, london.currencies) == (True, {"PENCE": "GBP"})
    closes = london.reference.daily_closes
    assert closes.loc[DAYS, "PENCE"].tolist() == pytest.approx([2.50, 2.51, 2.52, 2.53, 2.54])
    assert "UNSAID" not in closes
    here = load_store(world, ["HERE"], companion=snapshot)
    assert here.currencies == {"HERE": "USD"}
    assert here.reference.daily_closes.loc[DAYS, "HERE"].tolist() == [10, 11, 12, 13, 14]
    assert here.reference.daily_currencies["HERE"] == "USD"


def test_what_trades_elsewhere_is_refused_if_named_and_left_out_if_not(world, snapshot):
    named = load_store(world, ["HERE"], also=["PENCE", "HERE"], companion=snapshot)
    assert list(named.levels.columns) == ["HERE"]
    with pytest.raises(DataError, match=r"^PENCE \(XLON\) trade\(s\) on another .* XNYS$"):
        load_store(world, ["HERE", "PENCE"], companion=snapshot)
    with pytest.raises(DataError, match="holds no symbol that trades on XTKS"):
        load_store(world, calendar="XTKS", companion=snapshot)


def test_rates_are_closes_beside_the_levels(world, snapshot):
    found = load_store(world, ["HERE"], rates=["RATE", "GONE", "HERE"], companion=snapshot)
    assert list(found.levels.columns) == ["HERE", "RATE"]
    assert found.levels["RATE"].tolist() == [1.25, 2.25, 3.25, 4.25, 5.25]
    assert found.levels["HERE"].tolist() == [5.0, 5.5, 6.0, 6.5, 7.0]  # adjusted
    assert found.currencies == {"HERE": "USD"}


def test_a_study_reads_its_own_symbols_of_the_store_alone(night, study, monkeypatch):
    """However many the store holds: the firms, their benchmarks and the funds that hold them."""
    others = [f"Q{i}" for i in range(8)]
    night.vendor.add(*(listing(name) for name in ("NVDA", "SPY", "PG", "AAPL", *others)))
    night("2025-03-31", "NVDA", "SPY", "PG", "AAPL", *others)
    monkeypatch.setenv("MARKET_IMPACT_DB", str(night.store.path))
    choices = Overrides(
        events=("sell-off",), symbols=("NVDA",), models=("market",), benchmarks=("SPY-ex",)
    )
    asked = override(study, choices)
    assert needed_symbols(asked) == ("NVDA", "SPY")
    data = load_market_data(
        "store", calendar="XNYS", symbols=needed_symbols(asked), also=mentioned_symbols(asked)
    )
    assert set(data.levels.columns) == {"NVDA", "SPY", "PG", "AAPL"}
    whole = load_market_data("store", calendar="XNYS")
    assert set(whole.levels.columns) > set(data.levels.columns)
    own, all_read = (run_study(asked, d).tidy for d in (data, whole))
    pd.testing.assert_frame_equal(own, all_read, check_exact=True)


def test_models_say_what_a_study_needs(study):
    def needs(*models):
        return set(needed_symbols(override(study, Overrides(symbols=("NVDA",), models=models))))

    assert needs("ff3", "mean") == {"NVDA"}
    assert needs("market") == {"NVDA", "SPY", "RSP", "SOXX"}
    assert needs("synthetic") == {"NVDA", *study.donors}
    assert needs("market-industry") == {"NVDA", "SPY", "RSP", "SOXX", *study.industry}
