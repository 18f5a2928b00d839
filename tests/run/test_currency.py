"""Money is in the currency of the close, in every file, table and sentence."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pandas as pd
import pytest

from analysis.context.multiverse import multiverse
from analysis.currency import check_currency
from analysis.errors import DataError, StudyError
from analysis.narrative import summary_paragraph
from analysis.overrides import Overrides, override
from analysis.run.study import run_study
from analysis.study import ExchangeRate, MarketValue
from analysis.tables.latex import latex_table
from analysis.tables.summary import summary_text

MONEY = ["market_value", "impact", "impact_low", "impact_high", "impact_raw"]


@pytest.fixture(scope="module")
def in_yen(study, snapshot):
    """One firm whose close is stated in yen, and one whose close the data hold, in dollars."""
    chosen = override(
        study, Overrides(events=("sell-off",), symbols=("NVDA", "MSFT"), models=("market",))
    )
    eve = dt.date(2025, 1, 24)
    values = tuple(
        MarketValue(s, 2e9, eve, "report", close=1000.0, close_session=eve, currency="JPY")
        for s in ("NVDA", "MSFT")
    )
    return run_study(replace(chosen, market_values=values), snapshot)


def test_a_yen_study_prints_yen(in_yen) -> None:
    assert in_yen.currency == "JPY"
    assert "The firm lost JPY 339.4 bn of market value" in summary_paragraph(in_yen)
    for text in (summary_text(in_yen), summary_paragraph(in_yen), latex_table(in_yen)):
        assert "JPY" in text
        assert "USD" not in text.replace("returns in USD", "")  # of the levels, not of the money


def test_dollar_columns_are_filled_for_dollars_alone(in_yen, full) -> None:
    for frame in (in_yen.tidy, in_yen.tidy_groups):
        assert set(frame["currency"].dropna()) == {"JPY"}
        assert frame[[f"{name}_usd" for name in MONEY]].isna().all(axis=None)
        assert frame["impact"].notna().all()
    for frame in (full.tidy, full.tidy_groups):
        assert set(frame["currency"]) == {"USD"}
        for name in MONEY:
            pd.testing.assert_series_equal(frame[f"{name}_usd"], frame[name], check_names=False)


def test_currencies_are_not_added(study, snapshot) -> None:
    chosen = override(
        study, Overrides(events=("sell-off",), symbols=("NVDA", "AMD"), models=("market",))
    )
    eve = dt.date(2025, 1, 24)
    value = MarketValue("AMD", 2e9, eve, "r", close=9.0, close_session=eve, currency="EUR")
    result = run_study(replace(chosen, market_values=(value,)), snapshot)
    group = next(g for g in result.headline_groups if set(g.symbols) == {"NVDA", "AMD"})
    assert group.impact is None
    assert "no-sum-of-currencies:EUR+USD" in group.flags
    assert result.currency == "EUR+USD"
    text = summary_text(result)
    assert "EUR+USD bn" in text
    row = next(line for line in text.splitlines() if line.lstrip().startswith("AMD"))
    amd = result.firm("sell-off", "AMD", "market", "SPY-ex").at(result.headline_window.window)
    assert f"{amd.impact.abnormal / 1e9:.1f} EUR" in row


@pytest.fixture(scope="module")
def around(bundle, snapshot):
    """The bundled levels with the rates of the table of markets abroad beside them."""
    world = pd.read_parquet(bundle / "prices/world_daily.parquet")
    rates = world.astype({"symbol": str}).pivot(index="session", columns="symbol", values="close")
    names = ["USDJPY=X", "EURUSD=X"]
    return replace(snapshot, levels=snapshot.levels.join(rates[names], how="left"))


RATES = (ExchangeRate("EUR", "EURUSD=X"), ExchangeRate("JPY", "USDJPY=X", per_dollar=True))


def of_two_currencies(study, **more):
    chosen = override(
        study,
        Overrides(
            events=("sell-off",),
            symbols=("NVDA", "AMD", "MSFT"),
            models=("market",),
            benchmarks=("SPY",),
            windows=("0..0",),
        ),
    )
    eve = dt.date(2025, 1, 24)
    values = tuple(
        MarketValue(symbol, 2e9, eve, "r", close=close, close_session=eve, currency=code)
        for symbol, close, code in (("AMD", 9.0, "EUR"), ("MSFT", 1000.0, "JPY"))
    )
    return replace(chosen, market_values=values, **more)


def test_where_rates_are_given_dollars_are_filled_and_added(study, around) -> None:
    result = run_study(of_two_currencies(study, fx=RATES), around)
    eve = around.levels.loc["2025-01-24"]
    assert 1.03 < eve["EURUSD=X"] < 1.06
    assert 154 < eve["USDJPY=X"] < 158
    rows = result.tidy[result.tidy["window"] == "0..0"].groupby("symbol").first()
    for symbol, worth, rate in (
        ("AMD", 18e9, eve["EURUSD=X"]),
        ("MSFT", 2e12, 1 / eve["USDJPY=X"]),
        ("NVDA", rows.loc["NVDA", "market_value"], 1.0),
    ):
        row = rows.loc[symbol]
        assert row["market_value"] == pytest.approx(worth)
        for name in MONEY:
            assert row[f"{name}_usd"] == pytest.approx(row[name] * rate)
    group = next(g for g in result.headline_groups if g.group == "all")
    assert group.impact.currency == "USD"
    alone = result.tidy[result.tidy["window"] == str(group.window)].groupby("symbol")
    assert group.impact.abnormal == pytest.approx(alone.first()["impact_usd"].sum())
    assert "sum-in-USD-of:EUR+JPY+USD" in group.flags


def test_tables_of_several_currencies_are_in_dollars_where_all_rates_are_known(
    study, around
) -> None:
    result = run_study(of_two_currencies(study, fx=RATES), around)
    assert result.currency == "USD"
    text = summary_text(result)
    msft = result.tidy[result.tidy["symbol"] == "MSFT"].iloc[0]
    row = next(line for line in text.splitlines() if line.lstrip().startswith("MSFT"))
    assert f" {msft['impact_usd'] / 1e9:.1f} " in row
    assert f" {msft['impact'] / 1e9:.1f} " not in row


def test_the_curve_is_in_dollars_too(study, around) -> None:
    asked = of_two_currencies(study, fx=RATES)
    asked = replace(asked, headline=replace(asked.headline, symbol="AMD"))
    at = around.levels.index.get_loc("2025-01-27")
    rows = multiverse(asked, replace(around, levels=around.levels.iloc[at - 300 : at + 5])).tidy
    rate = around.levels.loc["2025-01-24", "EURUSD=X"]
    assert set(rows["currency"]) == {"EUR"}
    same_eve = rows[rows["window"] == "0..0"]
    pd.testing.assert_series_equal(
        same_eve["impact_usd"], same_eve["impact"] * rate, check_names=False
    )


def test_a_currency_without_a_rate_leaves_no_sum(study, around) -> None:
    group = next(
        g
        for g in run_study(of_two_currencies(study, fx=RATES[:1]), around).headline_groups
        if g.group == "all"
    )
    assert group.impact is None
    assert "no-sum-of-currencies:EUR+JPY+USD" in group.flags
    gap = around.levels.copy()
    gap.loc["2025-01-24", "USDJPY=X"] = float("nan")
    result = run_study(of_two_currencies(study, fx=RATES), replace(around, levels=gap))
    row = result.tidy[result.tidy["symbol"] == "MSFT"].iloc[0]
    assert pd.isna(row["impact_usd"])
    assert "no-exchange-rate:JPY" in row["flags"]


def test_rates_that_cannot_be_are_refused(study, snapshot) -> None:
    with pytest.raises(StudyError, match=r"exchange rate of EUR: 'EURUSD' is not in bundled"):
        run_study(of_two_currencies(study, fx=(ExchangeRate("EUR", "EURUSD"),)), snapshot)
    with pytest.raises(StudyError, match="exchange rate 'EUR' occurs twice"):
        of_two_currencies(study, fx=(RATES[0], RATES[0]))
    with pytest.raises(StudyError, match="a dollar is a dollar"):
        ExchangeRate("USD", "X")
    with pytest.raises(DataError, match="'Euro' is no currency"):
        ExchangeRate("Euro", "X")


def test_a_count_alone_takes_the_close_of_the_data(study, snapshot) -> None:
    chosen = override(study, Overrides(events=("sell-off",), symbols=("NVDA",), models=("market",)))
    value = MarketValue("NVDA", 24.4e9, dt.date(2025, 2, 21), "10-K cover")
    result = run_study(replace(chosen, market_values=(value,)), snapshot)
    assert result.headline_window.impact.market_value == pytest.approx(24.4e9 * 142.62)
    assert result.shares["NVDA"].source == "10-K cover"


def test_what_is_no_currency_is_refused() -> None:
    with pytest.raises(DataError, match="'Yen' is no currency; write an ISO 4217 code"):
        check_currency("Yen", where="x")
    with pytest.raises(DataError, match="not in pence"):
        check_currency("GBp", where="x")
    eve = dt.date(2025, 1, 24)
    with pytest.raises(StudyError, match="close and close_session go together"):
        MarketValue("A", 1e9, eve, "r", close=9.0)
