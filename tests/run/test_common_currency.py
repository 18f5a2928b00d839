"""Returns in a common currency, against products by hand and another package's least squares."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from analysis.errors import DataError, StudyError, WindowError
from analysis.overrides import Overrides, override
from analysis.prices.abroad import load_abroad
from analysis.prices.files import load_levels_file
from analysis.prices.market_data import MarketData
from analysis.run.common_currency import in_common_currency, with_rates
from analysis.run.plan import plan_cases, plan_study
from analysis.run.study import run_study
from analysis.sessions import sessions_between
from analysis.study import Benchmark, Event, ExchangeRate, MarketValue, Securities, Study
from analysis.study_file import load_study
from analysis.tables.summary import summary_text

EVENT = dt.date(2025, 1, 27)


@pytest.fixture(scope="module")
def made():
    """A German and a Japanese share, an American fund, and rates, on sessions of New York."""
    days = sessions_between("XNYS", dt.date(2024, 6, 3), dt.date(2025, 2, 14))
    draw = np.random.default_rng(41)
    moves = 0.012 * draw.standard_normal((len(days), 5))
    names = ["FRA", "TYO", "SPY", "EURUSD", "USDJPY"]
    levels = pd.DataFrame(100 * np.cumprod(1 + moves, axis=0), days.rename("session"), names)
    return MarketData("made", "XNYS", levels, currencies={"FRA": "EUR", "TYO": "JPY", "SPY": "USD"})


def asked(**more) -> Study:
    values = {
        "id": "mine",
        "event_firm": "FRA",
        "symbols": ("FRA", "TYO"),
        "events": [Event("news", "News", EVENT)],
        "benchmarks": (Benchmark("SPY"),),
        "estimation": "-100..-11",
        "windows": "0..1",
        "fx": (
            ExchangeRate("EUR", "EURUSD"),
            ExchangeRate("JPY", "USDJPY", per_dollar=True),
        ),
        "currency": "USD",
    }
    return Study(**(values | more))


def test_three_sessions_by_hand() -> None:
    days = pd.DatetimeIndex(["2025-01-24", "2025-01-27", "2025-01-28"]).as_unit("us")
    levels = pd.DataFrame(
        {"FRA": [50.0, 55.0, 44.0], "EURUSD": [1.00, 1.10, 1.10], "OTHER": [1.0, 2.0, 3.0]}, days
    )
    data = MarketData("three", "XNYS", levels, currencies={"FRA": "EUR"})
    found = in_common_currency(asked(symbols=("FRA",), benchmarks=(Benchmark("FRA"),)), data)
    # 10 % in euros and 10 % of the euro are 21 %; then a loss of a fifth at an unchanged rate
    assert found.levels["FRA"].pct_change().tolist()[1:] == pytest.approx([0.21, -0.20])
    assert found.levels["EURUSD"].tolist() == [1.00, 1.10, 1.10]  # no security, kept as it is
    assert "OTHER" not in found.levels  # of unknown currency, and nobody asks for it
    assert found.quoted_levels["FRA"].tolist() == [50.0, 55.0, 44.0]


@pytest.fixture(scope="module")
def common(made):
    return run_study(asked(), made)


def in_dollars(made) -> pd.DataFrame:
    local = made.levels.pct_change()
    return pd.DataFrame(
        {
            "FRA": (1 + local["FRA"]) * (1 + local["EURUSD"]) - 1,
            "TYO": (1 + local["TYO"]) / (1 + local["USDJPY"]) - 1,
            "SPY": local["SPY"],
        }
    )


def test_returns_are_products_and_fits_are_those_of_another_package(made, common) -> None:
    dollars = in_dollars(made)
    at = dollars.index.get_loc(pd.Timestamp(EVENT))
    for symbol in ("FRA", "TYO"):
        sample, ahead = dollars.iloc[at - 100 : at - 10], dollars.iloc[at : at + 2]
        fit = sm.OLS(sample[symbol], sm.add_constant(sample["SPY"])).fit()
        expected = fit.predict(sm.add_constant(ahead["SPY"]))
        cell = common.firm("news", symbol, "market", "SPY").windows[0]
        assert cell.raw == pytest.approx(ahead[symbol].sum(), rel=1e-10)
        assert cell.car == pytest.approx((ahead[symbol] - expected).sum(), rel=1e-10)


def test_log_returns_are_sums(made) -> None:
    columns = plan_study(asked(returns="log"), made).columns
    for symbol, sums in np.log1p(in_dollars(made)).items():
        np.testing.assert_allclose(columns[symbol], sums, rtol=1e-9, atol=1e-15)


def test_euros_by_the_dollar_of_both(made) -> None:
    columns = plan_study(asked(currency="EUR"), made).columns
    local = made.levels.pct_change()
    np.testing.assert_array_equal(columns["FRA"], local["FRA"])
    yen = (1 + local["TYO"]) / ((1 + local["USDJPY"]) * (1 + local["EURUSD"])) - 1
    np.testing.assert_allclose(columns["TYO"], yen, rtol=1e-9, atol=1e-15)


def test_money_is_in_the_currency_too(made) -> None:
    eve = dt.date(2025, 1, 24)
    values = [MarketValue("TYO", 1e9, eve, "r", close=2000.0, close_session=eve, currency="JPY")]
    of = ("TYO", pd.Timestamp(eve))
    local = plan_study(asked(market_values=values, currency=""), made).valuations[of]
    common = plan_study(asked(market_values=values), made).valuations[of]
    rate = 1 / made.levels.loc["2025-01-24", "USDJPY"]
    assert [value.currency for value in (local, common)] == ["JPY", "USD"]
    assert [local.amount, common.amount] == pytest.approx([2e12, 2e12 * rate])


def test_local_is_the_default_and_the_text_says_which(made, common) -> None:
    plain = run_study(asked(currency=""), made)
    raw = made.levels["FRA"].pct_change().loc["2025-01-27":"2025-01-28"].sum()
    assert plain.headline_window.raw == pytest.approx(raw)
    assert "simple returns in local currencies (EUR, JPY);" in summary_text(plain)
    text = " ".join(summary_text(common).split())
    assert "simple returns in USD;" in text
    assert "(1 + local return) (1 + change of the rate) - 1, EUR by EURUSD and JPY by" in text
    unknown = replace(plain, currencies=())
    assert "simple returns in the currency of the prices;" in summary_text(unknown)


def test_a_session_without_a_rate_is_said_and_never_filled(made) -> None:
    levels = made.levels.copy()
    levels.loc["2025-01-28", "USDJPY"] = float("nan")
    levels.loc["2024-11-06", "EURUSD"] = float("nan")
    gap = replace(made, levels=levels)
    plan, (case,) = plan_cases(asked(windows=("0..0", "0..1")), gap)
    missing = [m for found in plan.coverage.values() for m in found.missing]
    assert [(m.symbol, str(m.window), m.reason) for m in missing] == [
        ("TYO", "0..1", "no exchange rate on 2025-01-28, within the window")
    ]
    # one missing rate costs the two returns that need it, and these alone
    assert {symbol: fit.n for symbol, fit in case.fits.items()} == {"FRA": 88, "TYO": 90}
    head = replace(asked().headline, symbol="TYO")
    with pytest.raises(DataError, match=r"TYO has no exchange rate on 2025-01-28.*the rates"):
        plan_study(asked(headline=head), gap)


def test_what_is_not_known_is_asked_for(made) -> None:
    with pytest.raises(StudyError, match=r"the currency of TYO is not known; write \[\[securities"):
        plan_study(asked(), replace(made, currencies={"FRA": "EUR", "SPY": "USD"}))
    said = (Securities("TYO", currency="JPY"),)
    known = replace(made, currencies={"FRA": "EUR", "SPY": "USD"})
    first = plan_study(asked(), made).columns["TYO"][1]
    assert plan_study(asked(securities=said), known).columns["TYO"][1] == first
    with pytest.raises(StudyError, match=r"need the exchange rate of JPY; write \[\[fx\]\]"):
        plan_study(asked(fx=asked().fx[:1]), made)
    with pytest.raises(DataError, match="'Dollar' is no currency"):
        asked(currency="Dollar")
    with pytest.raises(StudyError, match="the currency of 'TYO' occurs twice"):
        asked(securities=(*said, Securities("TYO,FRA", currency="EUR")))


def test_bundled_factors_are_dollars(study, snapshot) -> None:
    few = Overrides(
        events="sell-off", symbols="NVDA", benchmarks="SPY", windows="0..0", currency="EUR"
    )
    euros = replace(override(study, few), fx=(ExchangeRate("EUR", "EURUSD=X"),))
    with pytest.raises(WindowError, match=r"96 returns with an exchange rate in the estimation"):
        plan_study(override(euros, Overrides(models="market")), snapshot)
    with pytest.raises(StudyError, match=r"needs daily factors, and bundled snapshot.* has none"):
        plan_study(override(euros, Overrides(models="capm", estimation="-90..-11")), snapshot)


@pytest.mark.slow
def test_seoul_in_dollars() -> None:
    """The bundled study: won times the rate of the day, by pandas."""
    seoul = load_abroad("XKRX")
    result = run_study(load_study("deepseek-seoul-2025", Overrides(currency="USD")), seoul)
    won = seoul.levels
    dollars = won[["000660.KS", "^KS11"]].div(won["USDKRW=X"], axis=0).pct_change()
    at = dollars.index.get_loc(pd.Timestamp("2025-01-31"))
    sample = dollars.iloc[at - 100 : at - 10].dropna()
    fit = sm.OLS(sample["000660.KS"], sm.add_constant(sample["^KS11"])).fit()
    day = dollars.iloc[at]
    assert result.headline_window.raw == pytest.approx(day["000660.KS"], rel=1e-10)
    expected = fit.params["const"] + fit.params["^KS11"] * day["^KS11"]
    assert result.headline_window.car == pytest.approx(day["000660.KS"] - expected, rel=1e-9)
    assert result.headline_window.impact.currency == "USD"


def test_a_file_with_currencies_in_its_rows(tmp_path, made, snapshot) -> None:
    long = made.levels.melt(ignore_index=False, var_name="ISIN", value_name="close")
    codes = {**made.currencies, "EURUSD": "USD", "USDJPY": "JPY"}
    long["currency"] = long["ISIN"].map(codes)
    path = tmp_path / "long.csv"
    long.to_csv(path)
    data = load_levels_file(path, snapshot, calendar="XNYS")
    assert data.currencies == codes
    assert (
        plan_study(asked(), data).columns["TYO"][1] == plan_study(asked(), made).columns["TYO"][1]
    )


def test_what_a_study_does_not_use_needs_no_rate(made) -> None:
    """A share in pounds, for which the study names no rate: left out unless it is asked about."""
    levels = made.levels.assign(LON=made.levels["FRA"] * 2)
    given = replace(made, levels=levels, currencies={**made.currencies, "LON": "GBP"})
    found = in_common_currency(asked(), given)
    whole = in_common_currency(asked(), made)
    pd.testing.assert_frame_equal(found.levels[whole.levels.columns], whole.levels)
    alone = in_common_currency(asked(symbols=("FRA",)), given)  # of TYO the rate is known
    pd.testing.assert_frame_equal(alone.levels, whole.levels)
    euros = asked(
        symbols=("FRA",), benchmarks=(Benchmark("FRA"),), currency="EUR", fx=asked().fx[:1]
    )
    found = in_common_currency(euros, made)  # dollars and euros are all whose rates it knows
    assert list(found.levels) == ["FRA", "SPY", "EURUSD"]
    expected = made.levels["SPY"] / made.levels["EURUSD"]
    pd.testing.assert_series_equal(found.levels["SPY"], expected, check_names=False)
    with pytest.raises(StudyError, match="GBP"):
        in_common_currency(asked(symbols=("FRA", "LON")), given)


def test_rates_are_brought_along_only_where_some_are_bundled(made, snapshot) -> None:
    euro, other = ExchangeRate("EUR", "EURUSD=X"), ExchangeRate("GBP", "MINE")
    assert with_rates((euro,), made) is made  # whose folder is none
    assert with_rates((other,), snapshot) is snapshot
    assert with_rates((), snapshot) is snapshot
    found = with_rates((other, euro), snapshot)
    assert [name for name in found.levels if name not in snapshot.levels] == ["EURUSD=X"]
    assert len(found.inputs) == len(snapshot.inputs) + 1
    assert found.quoted is None


def test_longer_histories_stay_for_dollars_alone(made) -> None:
    """They are in dollars, whatever the levels are put into."""
    history = {"FRA": made.levels[["FRA"]].rename(columns={"FRA": "close"})}
    longer = replace(made, histories=history)
    assert in_common_currency(asked(), longer).histories is history
    assert in_common_currency(asked(currency="EUR"), longer).histories == {}
    assert in_common_currency(asked(currency=""), longer) is longer
