"""Benchmarks purged of one firm, of several, of a group; by weights of the study or of the data."""

from __future__ import annotations

from dataclasses import replace

import crowd_market
import numpy as np
import pandas as pd
import pytest

from analysis.errors import DataError, WindowError
from analysis.overrides import Overrides, override
from analysis.returns import anchored_weight, returns_without
from analysis.run.plan import benchmark_returns, plan_study
from analysis.run.purging import index_level
from analysis.study import Benchmark
from analysis.study_file import dump_study, parse_study

DAYS = pd.DatetimeIndex(["2025-01-22", "2025-01-23", "2025-01-24", "2025-01-27"])
EVE = DAYS[2]


def test_two_firms_by_hand() -> None:
    """Index -2 %, A -10 % at a tenth, B +5 % at a fifth: (-2 + 1 - 1) / 0.7 = -2.857 %."""
    index = pd.Series([100.0, 100, 100, 98], DAYS, name="I")
    firms = [pd.Series([50.0, 50, 50, 45], DAYS, name="A"), pd.Series([10.0, 10, 10, 10.5], DAYS)]
    purged = returns_without(firms, index, [{EVE: 0.1}, {EVE: 0.2}])
    assert purged.iloc[3] == pytest.approx(-0.02 / 0.7)


def test_one_after_the_other_is_both_at_once(snapshot) -> None:
    """The index without A, then without B at its weight in the rest."""
    levels = snapshot.levels.loc["2024-06":"2025-03"]
    both = returns_without(
        [levels["NVDA"], levels["AVGO"]], levels["SPY"], [{EVE: 0.0677}, {EVE: 0.0221}]
    )
    rest = returns_without([levels["NVDA"]], levels["SPY"], [{EVE: 0.0677}])
    level = (1 + rest.fillna(0)).cumprod().rename("rest")
    twice = returns_without([levels["AVGO"]], level, [{EVE: 0.0221 / (1 - 0.0677)}])
    np.testing.assert_allclose(twice.iloc[1:], both.iloc[1:], rtol=1e-9, atol=1e-14)


def test_each_session_takes_the_nearest_anchor() -> None:
    firm = pd.Series([100.0, 100, 100, 100], DAYS, name="A")
    index = pd.Series([100.0] * 4, DAYS, name="I")
    carried = anchored_weight(firm, index, {DAYS[0]: 0.1, DAYS[3]: 0.2})
    assert carried.tolist() == [0.1, 0.1, 0.1, 0.2]  # the 24th lies two days from one, three off


@pytest.mark.parametrize("symbol", ["SPY", "QQQ", "RSP", "MKT"])
def test_funds_and_the_market_factor_alike(study, snapshot, symbol: str) -> None:
    """The purged return is what is left: weights times returns put back give the index."""
    whole = benchmark_returns(Benchmark(symbol), snapshot)
    one = benchmark_returns(Benchmark(f"{symbol}-ex", purged_of="NVDA"), snapshot)
    everyone = ", ".join(study.symbols)
    rest = benchmark_returns(Benchmark("x", symbol=symbol, purged_of=everyone), snapshot)
    day = pd.Timestamp("2025-01-27")
    assert whole[day] < one[day] < rest[day]
    returns = snapshot.levels.pct_change(fill_method=None).loc[day]
    weights = {
        w.symbol: w.weight
        for w in snapshot.reference.weights
        if w.index.split()[0] == symbol and w.symbol in study.symbols
        if str(w.as_of) in ("2025-01-24", "2024-12-20")
    }
    if symbol == "RSP":
        return  # its anchor is a month older and drifts
    taken = sum(weight * returns[name] for name, weight in weights.items())
    back = rest[day] * (1 - sum(weights.values())) + taken
    assert back == pytest.approx(whole[day], abs=1e-12)


def test_weights_of_the_data_give_the_studys_own_headline(study, snapshot) -> None:
    stated = next(b for b in study.benchmarks if b.id == "SPY-ex")
    own = benchmark_returns(stated, snapshot)
    found = benchmark_returns(Benchmark("SPY-ex", purged_of="NVDA"), snapshot)
    near = slice("2025-01-20", "2025-01-27")
    np.testing.assert_allclose(found.loc[near], own.loc[near], atol=5e-6)


def test_a_list_and_a_group_are_written_and_read(study) -> None:
    benchmarks = (
        Benchmark("SPY-ex", purged_of=["NVDA", "AVGO"]),
        Benchmark("pure", symbol="QQQ", purged_of="servers"),
    )
    asked = replace(
        study,
        benchmarks=benchmarks,
        headline=replace(study.headline, benchmark="SPY-ex", beside=""),
    )
    assert asked.benchmarks[0].firms == ("NVDA", "AVGO")
    assert asked.benchmarks[1].firms == ("SMCI", "DELL", "VRT")
    assert parse_study(dump_study(asked)) == asked


def test_a_weight_of_another_year_is_refused(study, snapshot) -> None:
    import datetime as dt

    old = replace(study.events[-1], when=dt.date(2022, 3, 1))
    asked = override(replace(study, events=(old,)), Overrides(models=("market",), symbols=("AMD",)))
    with pytest.raises(WindowError, match="weight of NVDA is of 2025-01-24, more than 150 days"):
        plan_study(asked, snapshot)


@pytest.mark.parametrize(("days", "fits"), [(150, True), (151, False)])
def test_a_weight_is_of_150_days_before_at_the_most(days: int, fits: bool) -> None:
    day = pd.Timestamp("2025-01-27") - pd.Timedelta(days=days)
    assert day in crowd_market.SESSIONS
    held = Benchmark("M-ex", purged_of="A", weight=0.05, weight_session=day.date())
    head = replace(crowd_market.asked().headline, benchmark="M-ex")
    study = crowd_market.asked(benchmarks=(held,), headline=head)
    if fits:
        crowd_market.case_of(study)
        return
    with pytest.raises(WindowError, match=f"weight of A is of {day.date()}, more than 150 days"):
        crowd_market.case_of(study)


def test_the_market_of_the_factors_is_the_excess_return_and_the_rate(snapshot) -> None:
    level = index_level("MKT", snapshot)
    factors = snapshot.factors
    total = (factors["mkt_rf"] + factors["rf"]).iloc[1:]
    np.testing.assert_allclose(level.pct_change().iloc[1:], total, rtol=1e-9, atol=1e-14)
    assert (level.name, level.iloc[0]) == (
        "MKT",
        1 + factors["mkt_rf"].iloc[0] + factors["rf"].iloc[0],
    )
    own = snapshot.levels.rename(columns={"SPY": "MKT"})
    pd.testing.assert_series_equal(index_level("MKT", replace(snapshot, levels=own)), own["MKT"])


def test_an_index_without_known_weights_is_refused_with_the_mend(snapshot) -> None:
    with pytest.raises(DataError, match="knows no weight of NVDA in XLK; give weight and"):
        benchmark_returns(Benchmark("XLK-ex", purged_of="NVDA"), snapshot)


def test_the_basket_without_nvidia_needs_no_drift(snapshot) -> None:
    """Weights of 6.77 % and the index's own printed move: (-1.4581 + 0.0677 x 16.968) / 0.9323."""
    found = benchmark_returns(Benchmark("SPY-ex", purged_of="NVDA"), snapshot)
    by_hand = (-0.014581 + 0.06772 * 0.16968) / (1 - 0.06772)
    # SPY itself fell by 4 basis points less than its index: it closed above its net asset value
    assert found[pd.Timestamp("2025-01-27")] == pytest.approx(by_hand, abs=6e-4)
