"""Opens and volumes of a user's own file serve as the bundled ones do."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.context.absent import Absent
from analysis.context.halves import session_halves
from analysis.overrides import Overrides, override
from analysis.prices.files import load_levels_file, read_table
from analysis.run.firm_sample import whole_sample
from analysis.run.plan import plan_headline

ALONE = Overrides(
    events="sell-off", symbols="NVDA,AMD", models="market", benchmarks="SPY", windows="0..0"
)


@pytest.fixture(scope="module")
def long(bundle, snapshot):
    """The bundled bars of three symbols as somebody's long file of vendor's columns."""
    bars = pd.read_parquet(bundle / "prices/daily_bars.parquet").astype({"symbol": str})
    bars = bars[bars["symbol"].isin(["NVDA", "AMD", "SPY"]) & (bars["session"] >= "2023-11-01")]
    levels = snapshot.levels[["NVDA", "AMD", "SPY"]].rename_axis("session").reset_index()
    adjusted = levels.melt("session", var_name="symbol", value_name="Adj Close")
    table = bars.merge(adjusted, on=["session", "symbol"]).sort_values(["symbol", "session"])
    names = {"session": "Date", "symbol": "Ticker", **{c: c.title() for c in bars.columns[2:7]}}
    return table.rename(columns=names).drop(columns=["basis", "source"], errors="ignore")


@pytest.fixture(scope="module")
def read(tmp_path_factory, snapshot):
    def _read(frame: pd.DataFrame):
        path = tmp_path_factory.mktemp("own") / "long.csv"
        frame.to_csv(path, index=False)
        return load_levels_file(path, replace(snapshot, histories={}), calendar="XNYS")

    return _read


@pytest.fixture(scope="module")
def case(study, read, long):
    return plan_headline(override(study, ALONE), read(long))


def test_the_halves_are_those_of_the_bundled_bars(study, snapshot, case) -> None:
    """The same bars by either way; nothing of the bundled ones is read for a file with its own."""
    own = session_halves(case)
    levels = snapshot.levels.loc["2023-11-01":]
    bundled = session_halves(
        plan_headline(override(study, ALONE), replace(snapshot, levels=levels))
    )
    assert own.inputs == ()
    assert [item.name for item in bundled.inputs] == ["prices/daily_bars.parquet"]
    pd.testing.assert_frame_equal(own.tidy, bundled.tidy, rtol=1e-9)


def test_halves_and_volume_ratio_by_hand(case, long) -> None:
    nvda = long[long["Ticker"] == "NVDA"].set_index("Date")
    day, eve = nvda.loc["2025-01-27"], nvda.loc["2025-01-24"]
    found = next(f for f in session_halves(case).firms if f.symbol == "NVDA")
    assert found.intraday == pytest.approx(day["Close"] / day["Open"] - 1)
    total = day["Adj Close"] / eve["Adj Close"]
    assert found.overnight == pytest.approx(total * day["Open"] / day["Close"] - 1)
    at = nvda.index.get_loc(pd.Timestamp("2025-01-27"))
    usual = nvda["Volume"].iloc[at - 260 : at - 10].median()
    assert found.volume_ratio == pytest.approx(day["Volume"] / usual)


def sample_of(case):
    window = case.study.headline.window
    return whole_sample(case, "NVDA", window, np.empty(0))


@pytest.mark.slow
def test_the_tests_of_one_firm_read_them(case, long) -> None:
    history = sample_of(case).history
    nvda = long[long["Ticker"] == "NVDA"].set_index("Date")
    at = nvda.index.get_loc(pd.Timestamp("2025-01-27"))
    sample = nvda.iloc[at - 260 : at - 10]
    np.testing.assert_allclose(history.intraday[0], sample["Close"] / sample["Open"] - 1)
    np.testing.assert_allclose(
        history.turnover[0], np.log(100 * sample["Volume"] + 0.000255), rtol=1e-12
    )
    assert history.market_overnight[0].shape == (250, 1)


@pytest.mark.slow
def test_without_volume_the_halves_stay_and_without_opens_the_volume(study, read, long) -> None:
    few = override(study, replace_symbols())
    case = plan_headline(few, read(long.drop(columns=["Volume", "High", "Low"])))
    (found,) = session_halves(case).firms
    assert math.isnan(found.volume_ratio)
    assert math.isnan(found.range_p)
    assert found.volume_test.unavailable == "no volume of NVDA is at hand"
    assert found.overnight_test.p is not None
    assert not len(sample_of(case).history.turnover[0])
    case = plan_headline(few, read(long.drop(columns=["Open"])))
    assert isinstance(session_halves(case), Absent)
    history = sample_of(case).history
    assert not len(history.overnight[0])
    assert len(history.turnover[0]) == 250


def replace_symbols() -> Overrides:
    return Overrides(**(dict(ALONE.choices) | {"symbols": "NVDA"}))


def test_a_gap_costs_the_session_that_it_is_in(study, read, long) -> None:
    gap = long.copy()
    at = (gap["Ticker"] == "NVDA") & (gap["Date"] == "2024-06-12")
    gap.loc[at, "Open"] = 0.0  # as vendors write none
    case = plan_headline(override(study, replace_symbols()), read(gap))
    assert len(sample_of(case).history.overnight[0]) == 249
    assert len(session_halves(case).firms) == 1


def test_every_layout_that_has_bars_gives_them(tmp_path) -> None:
    stooq = (
        "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>\n"
        "NVDA.US,D,20250127,000000,124.8,128.4,116.7,118.42,818831000,0\n"
    )
    yfinance = (
        "Price,Close,Open,Volume\nTicker,NVDA,NVDA,NVDA\nDate,,,\n"
        "2025-01-27,118.42,124.8,818831000\n"
    )
    single = "Date,Open,High,Low,Close,Volume\n2025-01-27,124.8,128.4,116.7,118.42,818831000\n"
    crsp = (
        "PERMNO,date,PRC,RET,OPENPRC,VOL,CFACPR,CFACSHR\n"
        "86580,2025-01-27,118.42,-0.169682,124.8,818831000,1,1\n"
    )
    for name, content in {"a": stooq, "b": yfinance, "NVDA": single, "d": crsp}.items():
        path = tmp_path / f"{name}.csv"
        path.write_text(content)
        ((symbol, frame),) = read_table(path).bars.items()
        assert symbol == ("86580" if name == "d" else "NVDA")
        assert frame.iloc[0][["open", "close", "volume"]].tolist() == [124.8, 118.42, 818831000]
    path.write_text("Date,NVDA\n2025-01-27,118.42\n")
    assert not read_table(path).bars
