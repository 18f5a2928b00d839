"""A session in halves on bars that come with the levels, against statsmodels and by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from crowd_market import EVENT, ROWS, SESSIONS, asked, case_of, crowd, simple

from analysis.context.absent import Absent
from analysis.context.halves import session_halves
from analysis.context.intraday import intraday_days
from analysis.inference.effects.volume import abnormal_volume_test
from analysis.prices.tables import read_table
from analysis.run.plan import plan_headline
from analysis.study import Benchmark


def bars(levels: pd.Series, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    close = levels.to_numpy()
    opened = close * np.exp(rng.normal(0, 0.006, len(close)))
    top, low = np.maximum(close, opened), np.minimum(close, opened)
    return pd.DataFrame(
        {
            "open": opened,
            "high": top * (1 + rng.uniform(0, 0.02, len(close))),
            "low": low * (1 - rng.uniform(0, 0.02, len(close))),
            "close": close,
            "volume": np.exp(rng.normal(14, 0.3, len(close))),
        },
        index=levels.index,
    )


def market(**changed: pd.DataFrame):
    data = crowd()
    held = {name: bars(data.levels[name], k) for k, name in enumerate(("A", "B", "M"))}
    return replace(data, bars={**held, **changed})


def of(data, symbol="A", study=None):
    found = session_halves(case_of(study, data))
    return next(f for f in found.firms if f.symbol == symbol), found


def test_each_half_against_statsmodels() -> None:
    data = market()
    returns = simple(data.levels)
    second = {n: (b["close"] / b["open"] - 1).to_numpy() for n, b in data.bars.items()}
    first = {n: (1 + returns[n].to_numpy()) / (1 + second[n]) - 1 for n in second}
    firm, whole = of(data)
    assert whole.without == ("C", "E", "F", "G")
    ordered = [f.abnormal(f.overnight_test) for f in whole.firms]
    assert ordered == sorted(ordered)
    for half, test, own in (
        (first, firm.overnight_test, firm.overnight),
        (second, firm.intraday_test, firm.intraday),
    ):
        x = sm.add_constant(half["M"])
        fit = sm.OLS(half["A"][ROWS], x[ROWS]).fit()
        ahead = fit.get_prediction(x[[EVENT]]).summary_frame(alpha=0.05)
        assert own == pytest.approx(half["A"][EVENT], rel=1e-10)
        assert firm.abnormal(test) == pytest.approx(own - ahead["mean"].item(), rel=1e-8)
        ends = own - ahead["obs_ci_upper"].item(), own - ahead["obs_ci_lower"].item()
        assert (test.low, test.high) == pytest.approx(ends, rel=1e-8)


def test_volume_and_range_by_their_definitions() -> None:
    data = market()
    firm, whole = of(data)
    held = data.bars["A"]
    volume = held["volume"].to_numpy()
    assert firm.volume_ratio == pytest.approx(volume[EVENT] / np.median(volume[ROWS]), rel=1e-12)
    logs = np.log(volume)
    assert firm.abnormal(firm.volume_test) == pytest.approx(
        logs[EVENT] - logs[ROWS].mean(), abs=0.02
    )
    spread = np.log(held["high"] / held["low"]).to_numpy() / np.sqrt(4 * np.log(2))
    assert firm.range_volatility == pytest.approx(spread[EVENT], rel=1e-12)
    root = np.sqrt(np.mean(spread[ROWS] ** 2))
    assert firm.range_ratio == pytest.approx(spread[EVENT] / root, rel=1e-12)
    rank = (1 + (spread[ROWS] >= spread[EVENT]).sum()) / 101
    assert firm.range_p == pytest.approx(rank)
    row = whole.tidy.set_index("symbol").loc["A"]
    assert row["abnormal_log_volume"] == firm.abnormal(firm.volume_test)
    assert (row["overnight_low"], row["intraday_high"]) == (
        firm.overnight_test.low, firm.intraday_test.high,
    )  # fmt: skip


def holed(row: int, column: str, name: str = "A", count: int = 1) -> pd.DataFrame:
    frame = bars(crowd().levels[name], {"A": 0, "B": 1, "M": 2}[name])
    frame.iloc[row : row + count, frame.columns.get_loc(column)] = np.nan
    return frame


def test_a_firm_without_the_day_or_enough_days_is_left_out() -> None:
    found = session_halves(case_of(data=market(A=holed(EVENT, "open"))))
    assert "A" in found.without
    for count, there in ((40, True), (41, False)):
        study = asked(min_estimation=60)
        data = market(A=holed(EVENT - 110, "open", count=count))
        assert ("A" not in session_halves(case_of(study, data)).without) is there
    # the session after the event and those of the gap are not asked for
    for row in (EVENT + 1, EVENT - 10, EVENT - 111):
        assert "A" not in session_halves(case_of(data=market(A=holed(row, "open")))).without


def test_a_benchmark_without_the_day_or_any_bars_is_told() -> None:
    told = session_halves(case_of(data=market(M=holed(EVENT, "open", "M"))))
    assert isinstance(told, Absent)
    assert told.reason == "no daily bars of M cover the event"
    assert session_halves(case_of()).reason == "the data hold no daily bars"
    data = crowd()
    alone = replace(data, bars={"M": bars(data.levels["M"], 2)})
    told = session_halves(case_of(data=alone))
    assert told.reason == "no firm of the study has daily bars that cover the windows"


def test_without_any_volume_the_halves_stand_and_its_test_does_not() -> None:
    silent = bars(crowd().levels["A"], 0).assign(volume=np.nan)
    firm, _ = of(market(A=silent))
    assert np.isnan(firm.volume_ratio)
    assert firm.volume_test.unavailable == "no volume of A is at hand"
    assert firm.range_volatility > 0
    flat = bars(crowd().levels["A"], 0).assign(high=np.nan, low=np.nan)
    firm, _ = of(market(A=flat))
    assert np.isnan(firm.range_p)
    assert firm.volume_ratio > 0


def test_minutes_need_the_bundled_bars() -> None:
    assert intraday_days(case_of()).reason == "the data hold no bars of minutes"


def test_the_expected_return_of_a_bar_is_its_slots_line(study, snapshot) -> None:
    from analysis.run.plan import plan_headline

    days = intraday_days(plan_headline(study, snapshot))
    stored, _ = read_table("intraday-parameters")
    raw, _ = read_table("intraday-bars")
    path = next(p for p in days.of(pd.Timestamp("2025-01-27")) if p.benchmark == "SPY")
    fund = raw[(raw["symbol"] == "SPY") & (raw["minutes"] == 5)].set_index("start")
    fund = fund[fund.index.tz_localize(None).normalize() == pd.Timestamp("2025-01-27")]
    moves = fund["close"].pct_change(fill_method=None)
    moves.iloc[0] = fund["close"].iloc[0] / fund["open"].iloc[0] - 1
    own = stored[(stored["symbol"] == "NVDA") & (stored["benchmark"] == "SPY")]
    own = own.sort_values("slot")
    expected = own["mean"].to_numpy() + own["beta"].to_numpy() * moves.to_numpy()
    np.testing.assert_allclose(path.expected, expected, rtol=1e-9, atol=1e-15)
    assert len(SESSIONS) > EVENT


def test_a_benchmark_is_purged_in_each_half_by_the_weight_at_its_beginning() -> None:
    """A's weight at the close moves with the night before it counts for the day."""
    data = market()
    levels, returns = data.levels, simple(data.levels)
    second = {n: (b["close"] / b["open"] - 1).to_numpy() for n, b in data.bars.items()}
    first = {n: (1 + returns[n].to_numpy()) / (1 + second[n]) - 1 for n in second}
    relative = levels["A"] / levels["M"]
    weight = (0.07 * relative / relative.iloc[EVENT - 1]).shift(1).to_numpy()
    opened = weight * (1 + first["A"]) / (1 + first["M"])
    night = (first["M"] - weight * first["A"]) / (1 - weight)
    day = (second["M"] - opened * second["A"]) / (1 - opened)
    own = Benchmark("M-ex", purged_of="A")
    study = asked(benchmarks=(own,), headline=replace(asked().headline, benchmark="M-ex"))
    firm, whole = of(data, "B", study)
    assert whole.benchmark == "M-ex"
    for x, y, test in (
        (night, first["B"], firm.overnight_test),
        (day, second["B"], firm.intraday_test),
    ):
        design = sm.add_constant(x)
        fit = sm.OLS(y[ROWS], design[ROWS]).fit()
        assert firm.abnormal(test) == pytest.approx(y[EVENT] - design[EVENT] @ fit.params, rel=1e-7)


def test_hours_before_another_opening_are_not_those_of_the_event(study, snapshot) -> None:
    """The hours before trading that the data hold are of 27 January; not of the day after."""
    case = plan_headline(study, snapshot)
    later = replace(
        case.placed, position=case.placed.position + 1, session=pd.Timestamp("2025-01-28")
    )
    assert set(intraday_days(case).before) == {"QQQ", "SMH"}
    assert intraday_days(replace(case, placed=later)).before == {}


def test_a_model_without_a_benchmark_has_no_halves_to_be_set_against() -> None:
    told = session_halves(case_of(asked(model="mean"), market()))
    assert isinstance(told, Absent)
    assert told.reason == "needs daily bars of a benchmark"


def test_what_was_not_tested_has_no_abnormal_return() -> None:
    silent = bars(crowd().levels["A"], 0).assign(volume=np.nan)
    firm, _ = of(market(A=silent))
    assert np.isnan(firm.abnormal(firm.volume_test))


def test_without_a_count_turnover_is_of_one_share_and_a_session_without_trade_stays() -> None:
    frame = bars(crowd().levels["A"], 0)
    frame.iloc[EVENT - 50, frame.columns.get_loc("volume")] = 0.0
    logs = np.log(100 * frame["volume"].to_numpy() + 0.000255)
    wanted = abnormal_volume_test(
        logs[ROWS], np.empty((100, 0)), logs[[EVENT]], np.empty((1, 0)), level=0.95
    )
    firm, _ = of(market(A=frame))
    assert firm.volume_test == wanted


def test_a_session_of_the_same_range_counts_as_large_a_one() -> None:
    frame = bars(crowd().levels["A"], 0)
    columns = [frame.columns.get_loc(name) for name in ("high", "low", "open", "close")]
    frame.iloc[EVENT - 50, columns] = frame.iloc[EVENT, columns]
    spread = (frame["high"] / frame["low"]).to_numpy()
    assert (spread[ROWS] == spread[EVENT]).sum() == 1
    firm, _ = of(market(A=frame))
    assert firm.range_p == pytest.approx((1 + (spread[ROWS] >= spread[EVENT]).sum()) / 101)
