"""The session in halves and first sessions abroad: statsmodels and printed moves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from analysis.context.absent import Absent
from analysis.context.halves import session_halves
from analysis.context.world import first_sessions
from analysis.overrides import Overrides, override
from analysis.prices.tables import read_table
from analysis.run.plan import plan_headline

DAY = pd.Timestamp("2025-01-27")


@pytest.fixture(scope="module")
def case(study, snapshot):
    return plan_headline(study, snapshot)


@pytest.fixture(scope="module")
def halves(case):
    return session_halves(case)


@pytest.fixture(scope="module")
def world(case, full):
    return first_sessions(case, full.chronology)


def test_every_firm_is_taken_apart(halves, snapshot) -> None:
    assert len(halves.firms) == 26
    assert halves.without == ()
    move = snapshot.levels.pct_change(fill_method=None).loc[DAY]
    for firm in halves.firms:
        whole = (1 + firm.overnight) * (1 + firm.intraday) - 1
        assert whole == pytest.approx(move[firm.symbol], abs=1e-12)


def test_nvidia_lost_most_before_the_first_trade(halves) -> None:
    """From 142.62 to the opening print of 124.80, and from there to 118.42."""
    nvidia = next(f for f in halves.firms if f.symbol == "NVDA")
    assert nvidia.overnight == pytest.approx(124.80 / 142.62 - 1, abs=2e-5)
    assert nvidia.intraday == pytest.approx(118.42 / 124.80 - 1, abs=2e-5)


@pytest.mark.parametrize("symbol", ["NVDA", "DELL", "MSFT"])
def test_abnormal_halves_against_statsmodels(halves, snapshot, symbol: str) -> None:
    """The benchmark's own halves, purged by hand at the close and again at the open."""
    bars, _ = read_table("daily-bars")
    index = snapshot.levels.index
    day = {
        name: bars[bars["symbol"] == name].set_index("session").reindex(index)
        for name in {"SPY", "NVDA", symbol}
    }
    total = snapshot.levels.pct_change(fill_method=None)
    second = {name: frame["close"] / frame["open"] - 1 for name, frame in day.items()}
    first = {name: (1 + total[name]) / (1 + second[name]) - 1 for name in day}
    relative = snapshot.levels["NVDA"] / snapshot.levels["SPY"]
    weight = (0.0677 * relative / relative[pd.Timestamp("2025-01-24")]).shift()
    opened = weight * (1 + first["NVDA"]) / (1 + first["SPY"])
    market = (
        (first["SPY"] - weight * first["NVDA"]) / (1 - weight),
        (second["SPY"] - opened * second["NVDA"]) / (1 - opened),
    )
    found = next(f for f in halves.firms if f.symbol == symbol)
    at = index.get_loc(DAY)
    for own, other, test in (
        (first[symbol], market[0], found.overnight_test),
        (second[symbol], market[1], found.intraday_test),
    ):
        rows = [*range(at - 260, at - 10), at]
        dummy = np.zeros(251)
        dummy[-1] = 1
        design = np.column_stack([np.ones(251), other.iloc[rows], dummy])
        fit = sm.OLS(own.iloc[rows].to_numpy(), design).fit()
        assert found.abnormal(test) == pytest.approx(fit.params[2], rel=1e-8)
        assert (test.low, test.high) == pytest.approx(tuple(fit.conf_int()[2]), rel=1e-8)
        assert test.p == pytest.approx(fit.pvalues[2], rel=1e-6)


def test_the_range_against_its_definition(halves) -> None:
    """Parkinson: ln(high / low) over 2 root ln 2; NVIDIA between 128.40 and 116.70."""
    bars, _ = read_table("daily-bars")
    row = bars[(bars["symbol"] == "NVDA") & (bars["session"] == DAY)].iloc[0]
    nvidia = next(f for f in halves.firms if f.symbol == "NVDA")
    by_hand = np.log(row["high"] / row["low"]) / np.sqrt(4 * np.log(2))
    assert nvidia.range_volatility == pytest.approx(by_hand)
    assert nvidia.range_ratio > 2
    assert nvidia.volume_ratio == pytest.approx(818830900 / 342091000, rel=0.2)


@pytest.mark.slow
def test_an_event_without_bars_is_told(study, snapshot) -> None:
    import datetime as dt

    early = replace(study.events[-1], when=dt.date(2016, 3, 1))
    chosen = Overrides(symbols=("NVDA",), models=("market",), benchmarks=("RSP",))
    asked = override(replace(study, events=(early,)), chosen)
    case = plan_headline(asked, snapshot)
    assert isinstance(session_halves(case), Absent)
    assert isinstance(first_sessions(case), Absent)


PRINTED = {
    "000660.KS": ("2025-01-31", -9.86, 5),
    "005930.KS": ("2025-01-31", -2.42, 5),
    "9984.T": ("2025-01-27", -8.3, 1),
    "2330.TW": ("2025-02-03", -5.73, 8),
    "SU.PA": ("2025-01-27", -9.5, 1),
}


@pytest.mark.slow
@pytest.mark.parametrize("symbol", PRINTED)
def test_first_sessions_are_those_printed(world, symbol: str) -> None:
    session, move, days = PRINTED[symbol]
    row = next(r for r in world.rows if r.symbol == symbol)
    assert (str(row.session.date()), row.days) == (session, days)
    assert 100 * row.raw == pytest.approx(move, abs=0.05)


@pytest.mark.slow
def test_taipei_mixes_in_the_tariffs_and_says_so(world) -> None:
    rows = {row.symbol: row for row in world.rows}
    assert any("tariff" in news for news in rows["2330.TW"].news)
    assert rows["SU.PA"].news == ()


@pytest.mark.slow
def test_a_closure_scales_constant_and_variance(world) -> None:
    """SK hynix over five weekdays, against statsmodels: five times the constant, five variances."""
    daily, _ = read_table("world-daily")
    close = daily.pivot(index="session", columns="symbol", values="close")
    close.columns = close.columns.astype(str)
    pair = close[["000660.KS", "^KS11"]].dropna(subset="000660.KS").loc[:"2025-01-31"]
    returns = pair.pct_change(fill_method=None)
    sample = returns.iloc[-261:-11].dropna()
    fit = sm.OLS(sample["000660.KS"], sm.add_constant(sample["^KS11"])).fit()
    ahead = np.array([5.0, returns["^KS11"].iloc[-1]])
    row = next(r for r in world.rows if r.symbol == "000660.KS")
    assert row.n_estimation == len(sample)
    assert row.abnormal == pytest.approx(
        returns["000660.KS"].iloc[-1] - ahead @ fit.params.to_numpy(), rel=1e-9
    )
    se = np.sqrt(fit.scale * (5 + ahead @ fit.normalized_cov_params.to_numpy() @ ahead))
    assert row.t == pytest.approx(row.abnormal / se, rel=1e-9)
