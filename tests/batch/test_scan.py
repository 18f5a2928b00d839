"""The scan of a whole file on one date."""

from __future__ import annotations

import datetime as dt
import time

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from analysis.batch.scan import EQUAL, ScanRequest, run_scan
from analysis.errors import DataError, SessionError, StudyError
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
        "min_obs": 30,
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


def test_next_session(tmp_path, prices):
    assert scan(tmp_path, prices, date=dt.date(2024, 9, 21)).session == dt.date(2024, 9, 23)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"benchmark": "QQQ"}, DataError, "'QQQ' is not in it"),
        ({"date": dt.date(2030, 1, 1)}, SessionError, "outside the data"),
        ({"date": dt.date(2024, 2, 1)}, DataError, "only 23 sessions before"),
        ({"min_price": 1e9}, DataError, "no security is left"),
        ({"placebos": 0}, StudyError, "placebos 1 or more"),
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
    started = time.perf_counter()
    found = run_scan(ScanRequest(shared / "testdata" / "us_daily.parquet", dt.date(2025, 1, 27)))
    elapsed = time.perf_counter() - started
    table = found.securities.set_index("symbol")
    assert sum(found.left_out.values()) + len(table) >= 11_000
    # the bundled closes give -13.4 %; this exchange's last trades differ a little
    assert table.loc["NVDA", "abnormal_return"] == pytest.approx(-0.134, abs=0.005)
    assert table.loc["NVDA", "beta"] == pytest.approx(2.67, abs=0.1)
    assert table.loc["NVDA", "rank"] < 100
    assert table["p"].min() >= 1 / 501
    assert elapsed < 120  # seconds on a free machine, with room for a busy one
