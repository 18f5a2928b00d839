"""Levels to returns, and purging."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.errors import DataError
from analysis.returns import complete_rows, drifted_weight, returns_without, simple_returns

DAYS = pd.DatetimeIndex(["2025-01-23", "2025-01-24", "2025-01-27"]).as_unit("us")
EVE = DAYS[1]


def series(name: str, *values: float) -> pd.Series:
    return pd.Series(values, index=DAYS, name=name)


def test_nothing_is_filled() -> None:
    levels = pd.DataFrame({"A": [100.0, np.nan, 110.0], "B": [100.0, 100.0, 90.0]}, index=DAYS)
    returns = simple_returns(levels)
    assert returns["A"].isna().all()
    assert returns["B"].iloc[1:].tolist() == pytest.approx([0.0, -0.1])


def test_the_lowest_return_of_nvidia_is_that_of_27_january(snapshot) -> None:
    """Since 2021; on 16 November 2018, after results, it fell by 18.8 %."""
    returns = simple_returns(snapshot.levels)["NVDA"]
    assert str(returns.idxmin().date()) == "2018-11-16"
    assert returns.min() == pytest.approx(-0.1876, abs=5e-5)
    returns = returns.loc["2021":]
    assert str(returns.idxmin().date()) == "2025-01-27"
    assert returns.min() == pytest.approx(-0.16968, abs=1e-5)


def test_purging_the_index_of_the_day() -> None:
    """SPY -1.4145 %, NVDA -16.968 %, weight 6.96 % at the eve: -0.251 % without NVDA."""
    firm = series("NVDA", 103.0, 100.0, 100 - 16.968)
    index = series("SPY", 101.0, 100.0, 100 - 1.4145)
    purged = returns_without([firm], index, [{EVE: 0.0696}])
    assert purged.iloc[2] == pytest.approx(-0.00251, abs=5e-6)
    # with the weight after the fall it would be -0.43 %: the weight of the close before counts
    assert purged.iloc[2] != pytest.approx(-0.0043, abs=5e-4)


def test_the_bundled_benchmark_is_purged_so(full, snapshot) -> None:
    """(-1.4145 - 0.0677 x -16.9682) / (1 - 0.0677) percent."""
    cell = full.firm("sell-off", "NVDA", "market-adjusted", "SPY-ex").windows[0]
    assert cell.expected == pytest.approx(-0.00285, abs=5e-6)


def test_the_weight_drifts_with_the_relative_level() -> None:
    firm, index = series("A", 100.0, 200.0, 100.0), series("I", 100.0, 100.0, 50.0)
    assert drifted_weight(firm, index, 0.10, EVE).tolist() == pytest.approx([0.05, 0.10, 0.10])


def test_before_its_listing_a_firm_is_not_in_the_index() -> None:
    firm, index = series("A", np.nan, 200.0, 100.0), series("I", 100.0, 110.0, 99.0)
    purged = returns_without([firm], index, [{EVE: 0.10}])
    assert purged.iloc[1] == pytest.approx(0.10)
    assert purged.iloc[2] == pytest.approx((-0.1 + 0.1 * 0.5) / 0.9)


def test_a_weight_of_a_session_without_levels_is_refused() -> None:
    firm, index = series("A", 1.0, np.nan, 1.0), series("I", 1.0, 1.0, 1.0)
    with pytest.raises(DataError, match="A in I is known at 2025-01-24"):
        drifted_weight(firm, index, 0.1, EVE)
    with pytest.raises(DataError, match="2024-01-02"):
        drifted_weight(firm, index, 0.1, pd.Timestamp("2024-01-02"))


def test_a_weight_that_drifts_to_one_is_refused() -> None:
    firm, index = series("A", 1.0, 1.0, 30.0), series("I", 1.0, 1.0, 1.0)
    with pytest.raises(DataError, match="drifts to 1"):
        returns_without(
            [pd.concat([firm, firm.iloc[-1:]]).set_axis(range(4))],
            pd.concat([index, index.iloc[-1:]]).set_axis(range(4)),
            [{1: 0.1}],
        )


def test_complete_rows_need_every_value_to_be_finite() -> None:
    y = np.array([1.0, np.nan, 1.0, 1.0])
    x = np.array([[1.0, 1.0], [1.0, 1.0], [np.inf, 1.0], [1.0, 1.0]])
    assert complete_rows(y, x).tolist() == [True, False, False, True]


@pytest.mark.parametrize(("day", "published"), [("2024-11-20", 0.0722), ("2024-10-11", 0.0679)])
def test_the_drifted_weight_comes_near_those_published_on_other_days(
    snapshot, day: str, published: float
) -> None:
    """Weights of NVDA in SPY as listed on two days that the anchor of 24 January does not know."""
    levels = snapshot.levels
    weight = drifted_weight(levels["NVDA"], levels["SPY"], 0.0696, EVE)
    assert weight.loc[day] == pytest.approx(published, abs=0.002)
