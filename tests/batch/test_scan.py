"""The scan of a whole file on one date."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from analysis.batch.scan import EQUAL, ScanRequest, run_scan
from analysis.errors import (
    DataError,
    ReliabilityWarning,
    SessionError,
    StudyError,
    WindowError,
)
from analysis.windows import Window

ESTIMATION = Window(-70, -11)


@pytest.fixture
def prices():
    """Forty securities and SPY on 200 days; on the 190th HIT falls by 30 %, group B by 2 %."""
    rng = np.random.default_rng(5)
    days = pd.bdate_range("2024-01-01", periods=200)
    market = rng.normal(0, 0.01, 200)
    returns = market[:, None] * rng.uniform(0.5, 1.5, 40) + rng.normal(0, 0.01, (200, 40))
    returns[190, 20:] -= 0.02
    returns[190, 7] -= 0.30
    symbols = [f"S{i:02d}" for i in range(40)]
    symbols[7] = "HIT"
    closes = pd.DataFrame(50 * np.cumprod(1 + returns, axis=0), index=days, columns=symbols)
    closes["SPY"] = 400 * np.cumprod(1 + market)
    long = closes.stack().rename("close").reset_index()
    long.columns = ["session", "symbol", "close"]
    long["session"] = long["session"].dt.date
    return long.assign(volume=10_000)[["symbol", "session", "close", "volume"]]


def scan(tmp_path, prices, **changes):
    path = tmp_path / "prices.parquet"
    prices.to_parquet(path, index=False)
    given = {
        "date": sorted(prices["session"].unique())[190],
        "estimation": ESTIMATION,
        "min_estimation": 30,
    }
    return run_scan(ScanRequest(path, **(given | changes)))


def test_numbers_against_statsmodels(tmp_path, prices):
    found = scan(tmp_path, prices, placebos=40)
    assert found.securities.loc[0, "symbol"] == "HIT"
    returns = prices.pivot(index="session", columns="symbol", values="close").pct_change()

    def fit(symbol, day):
        rows = returns.iloc[day - 70 : day - 10]
        model = sm.OLS(rows[symbol], sm.add_constant(rows["SPY"])).fit()
        expected = model.get_prediction([1.0, returns["SPY"].iloc[day]])
        return returns[symbol].iloc[day] - expected.predicted[0], expected.se_obs[0], model

    for row in found.securities.iloc[[0, 5, 39]].itertuples():
        abnormal, error, model = fit(row.symbol, 190)
        assert row.abnormal_return == pytest.approx(abnormal, rel=1e-9)
        assert row.t == pytest.approx(abnormal / error, rel=1e-9)
        assert row.beta == pytest.approx(model.params["SPY"], rel=1e-9)
        draws = [abs(np.divide(*fit(row.symbol, day)[:2])) for day in range(150, 190)]
        assert row.p == (1 + sum(draw >= abs(row.t) for draw in draws)) / 41
        assert row.n_placebo == 40
    assert found.securities["rank"].tolist() == list(range(1, 41))
    assert found.securities["abnormal_return"].is_monotonic_increasing
    assert found.left_out == {"the benchmark itself": 1}
    assert found.benchmark_return == pytest.approx(returns["SPY"].iloc[190])
    # nothing moved like HIT on any placebo date: the least p there is, also among all of them
    assert found.securities.loc[0, ["p", "p_max"]].tolist() == [1 / 41, 1 / 41]


def test_groups_are_judged_together(tmp_path, prices):
    table = tmp_path / "groups.csv"
    table.write_text(
        "symbol,group\n" + "".join(f"S{i:02d},{'B' if i >= 20 else 'A'}\n" for i in range(40))
    )
    found = scan(tmp_path, prices, groups=table)
    assert found.groups["group"].tolist() == ["B", "A"]
    assert found.groups["n"].tolist() == [20, 19]  # HIT has no group
    low, high = found.groups["p"]
    assert low == 1 / (1 + found.n_placebos) < high
    assert found.groups.loc[0, "mean_abnormal_return"] == pytest.approx(-0.02, abs=0.01)


def test_filters_count_what_they_leave_out(tmp_path, prices):
    days = prices["session"].unique()
    prices.loc[prices["symbol"] == "S00", "close"] *= 0.01
    prices.loc[prices["symbol"] == "S01", "volume"] = 10
    gone = (prices["symbol"] == "S02") & (prices["session"] == days[189])
    gone |= (prices["symbol"] == "S03") & (prices["session"] < days[160])
    constant = prices["symbol"] == "S04"
    prices.loc[constant, "close"] = 7.0
    found = scan(tmp_path, prices[~gone])
    assert found.left_out == {
        "the benchmark itself": 1,
        f"without a return on {days[190]}": 1,
        "with fewer than 30 estimation returns": 1,
        "below a price of 5": 1,
        "below a median volume of 1000": 1,
        "no residual variance": 1,
    }
    assert len(found.securities) == 35


def test_gap_is_not_bridged(tmp_path, prices):
    days = prices["session"].unique()
    missing = (prices["symbol"] == "S09") & (prices["session"] == days[150])
    found = scan(tmp_path, prices[~missing]).securities.set_index("symbol")
    assert found.loc["S09", "n_estimation"] == found.loc["S10", "n_estimation"] - 2


def test_equal_weighted_benchmark(tmp_path, prices):
    found = scan(tmp_path, prices, benchmark=EQUAL, min_price=1.0)
    returns = prices.pivot(index="session", columns="symbol", values="close").pct_change()
    assert found.benchmark_return == pytest.approx(returns.iloc[190].mean())
    assert len(found.securities) == 41


def test_order_of_rows_changes_nothing(tmp_path, prices):
    first = scan(tmp_path, prices).securities
    second = scan(tmp_path, prices.sample(frac=1, random_state=1)).securities
    pd.testing.assert_frame_equal(first, second, check_exact=True)


@pytest.mark.parametrize("lacking", ["weekend", "benchmark"])
def test_the_day_is_never_moved(tmp_path, prices, lacking):
    day = dt.date(2024, 9, 21)  # a Saturday
    if lacking == "benchmark":
        day = dt.date(2024, 9, 20)
        prices = prices[(prices["symbol"] != "SPY") | (prices["session"] != day)]
    with pytest.raises(SessionError, match=rf"{day} is no session .* next one is 2024-09-23"):
        scan(tmp_path, prices, date=day)


@pytest.mark.parametrize(
    ("when", "session"),
    [
        ("2024-09-20T19:59:00Z", dt.date(2024, 9, 20)),
        ("2024-09-20T20:00:00Z", dt.date(2024, 9, 23)),
        ("2024-09-21T08:00:00+09:00", dt.date(2024, 9, 23)),
    ],
)
def test_a_clock_is_obeyed(tmp_path, prices, when, session):
    found = scan(tmp_path, prices, date=dt.datetime.fromisoformat(when))
    assert found.session == session
    again = scan(tmp_path, prices, date=session)
    pd.testing.assert_frame_equal(found.securities, again.securities, check_exact=True)


def test_an_hour_without_a_zone_is_refused(tmp_path, prices):
    with pytest.raises(SessionError, match="has no time zone"):
        scan(tmp_path, prices, date=dt.datetime.fromisoformat("2024-09-20T22:30"))


def test_nobody_with_a_residual_variance_is_an_error(tmp_path, prices):
    flat = prices.copy()
    flat.loc[flat["symbol"] != "SPY", "close"] = 50.0
    with pytest.raises(DataError, match=r"no security is left .*40 no residual variance"):
        scan(tmp_path, flat)


def test_closes_and_volumes_that_cannot_be_are_noted(tmp_path, prices):
    prices = prices.astype({"close": object})
    prices.loc[3, "close"], prices.loc[4, "volume"] = -5.0, -7
    found = scan(tmp_path, prices.astype({"close": float}))
    assert "row 4: close -5 is not above zero; taken as missing" in found.problems.messages[0]
    assert "row 5: volume -7 is below zero; taken as missing" in found.problems.messages[1]


@pytest.mark.parametrize(
    ("benchmark", "words"), [("SPY", "above zero for the benchmark 'SPY'"), (EQUAL, "above zero$")]
)
def test_a_file_without_a_close_of_the_market_is_refused(tmp_path, prices, benchmark, words):
    without = prices.assign(close=prices["close"].mask(prices["symbol"] == "SPY", -1.0))
    if benchmark == EQUAL:
        without["close"] = np.nan
    with pytest.raises(DataError, match=f"no row has a close {words}"):
        scan(tmp_path, without, date=dt.date(2024, 9, 20), benchmark=benchmark)


def test_a_missed_split_is_told(tmp_path, prices):
    split = (prices["symbol"] == "S03") & (prices["session"] >= dt.date(2024, 6, 10))
    prices.loc[split, "close"] /= 10
    with pytest.warns(ReliabilityWarning, match=r"first S03 on 2024-06-10: x0\."):
        scan(tmp_path, prices)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"benchmark": "QQQ"}, DataError, "'QQQ' is not in it"),
        ({"date": dt.date(2030, 1, 1)}, SessionError, "outside the data"),
        ({"date": dt.date(2024, 2, 1)}, DataError, "only 23 sessions before"),
        ({"min_price": 1e9}, DataError, "no security is left"),
        ({"placebos": 0}, StudyError, "placebos 1 or more"),
        ({"estimation": Window(-11, -11)}, WindowError, "needs 3 or more"),
    ],
)
def test_refuses(tmp_path, prices, change, error, words):
    with pytest.raises(error, match=words):
        scan(tmp_path, prices, **change)


def test_repeated_close_is_refused(tmp_path, prices):
    with pytest.raises(DataError, match="S00 has two closes on 2024-01-01"):
        scan(tmp_path, pd.concat([prices, prices.iloc[[0]]]))


@pytest.mark.slow
def test_the_deepseek_session_in_eleven_thousand_securities(shared):
    request = ScanRequest(shared / "testdata" / "us_daily.parquet", dt.date(2025, 1, 27))
    # among so many some fall to a third in a session, or were split without their closes following
    with pytest.warns(ReliabilityWarning, match=r"[1-9].* closes differ more than threefold"):
        found = run_scan(request)
    table = found.securities.set_index("symbol")
    assert sum(found.left_out.values()) + len(table) >= 11_000
    # the bundled closes give -13.4 %; this exchange's last trades differ a little
    assert table.loc["NVDA", "abnormal_return"] == pytest.approx(-0.134, abs=0.005)
    assert table.loc["NVDA", "beta"] == pytest.approx(2.67, abs=0.1)
    assert table.loc["NVDA", "rank"] < 100
    assert table["p"].min() >= 1 / 501
