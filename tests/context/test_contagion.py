"""Other firms by their earlier co-movement with the event firm, against statsmodels and SciPy."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from crowd_market import EVENT, ROWS, asked, case_of, crowd, simple
from scipy import stats

from analysis.context.absent import Absent
from analysis.context.contagion import contagion
from analysis.run.plan import plan_headline

OTHERS = ("B", "C", "E", "F", "G")


@pytest.fixture(scope="module")
def fits():
    """Market-model fits of all six firms by statsmodels."""
    returns = simple(crowd().levels)
    x = sm.add_constant(returns["M"].to_numpy())
    made = {s: sm.OLS(returns[s].to_numpy()[ROWS], x[ROWS]).fit() for s in ("A", *OTHERS)}
    ahead = slice(EVENT, EVENT + 2)
    cars = {s: (returns[s].to_numpy()[ahead] - f.predict(x[ahead])).sum() for s, f in made.items()}
    return made, cars


def test_the_line_through_all_other_firms(fits) -> None:
    made, cars = fits
    found = contagion(case_of())
    by_hand = {s: np.corrcoef(made[s].resid, made["A"].resid)[0, 1] for s in OTHERS}
    assert {p.symbol: p.correlation for p in found.points} == pytest.approx(by_hand, rel=1e-9)
    assert {p.symbol: p.abnormal for p in found.points} == pytest.approx(
        {s: cars[s] for s in OTHERS}, rel=1e-9
    )
    ordered = [p.correlation for p in found.points]
    assert ordered == sorted(ordered)
    line = stats.linregress(ordered, [p.abnormal for p in found.points])
    assert (found.slope, found.intercept) == pytest.approx((line.slope, line.intercept), rel=1e-9)
    rank = stats.spearmanr(list(by_hand.values()), [cars[s] for s in by_hand]).statistic
    assert found.rank_correlation == pytest.approx(rank)
    assert {p.symbol: p.group for p in found.points} == {
        "B": "two", "C": "two", "E": "three", "F": "three", "G": "three",
    }  # fmt: skip
    assert found.tidy["abnormal_return"].tolist() == [p.abnormal for p in found.points]


def test_both_firms_of_a_pair_are_fitted_on_the_sessions_that_both_have() -> None:
    data = crowd()
    levels = data.levels.copy()
    levels.iloc[EVENT - 60, levels.columns.get_loc("B")] = np.nan
    levels.iloc[EVENT - 40, levels.columns.get_loc("A")] = np.nan
    found = contagion(case_of(data=crowd(levels=levels)))
    returns = simple(levels)[["A", "B", "M"]].iloc[ROWS].dropna()
    assert len(returns) == 96
    x = sm.add_constant(returns["M"])
    pair = [sm.OLS(returns[name], x).fit().resid for name in ("A", "B")]
    point = next(p for p in found.points if p.symbol == "B")
    assert point.correlation == pytest.approx(np.corrcoef(*pair)[0, 1], rel=1e-9)


def test_four_other_firms_are_too_few() -> None:
    found = contagion(case_of(asked(symbols=("A", *OTHERS[:4]), groups=())))
    assert isinstance(found, Absent)
    assert found.reason == "needs 5 other firms, and the study has 4"


def test_contagion_of_the_bundled_study(study, snapshot) -> None:
    """Against a benchmark that is purged by hand."""
    returns = (snapshot.levels / snapshot.levels.shift(1) - 1).iloc[1:]
    weight = snapshot.levels["NVDA"] / snapshot.levels["SPY"]
    weight = (0.0677 * weight / weight.loc["2025-01-24"]).shift(1).iloc[1:]
    purged = (returns["SPY"] - weight * returns["NVDA"]) / (1 - weight)
    event = returns.index.get_loc(pd.Timestamp("2025-01-27"))
    rows = slice(event - 260, event - 10)
    x = sm.add_constant(purged.iloc[rows].to_numpy())
    residuals = [sm.OLS(returns[s].iloc[rows].to_numpy(), x).fit().resid for s in ("MU", "NVDA")]
    found = contagion(plan_headline(study, snapshot))
    point = next(p for p in found.points if p.symbol == "MU")
    assert point.correlation == pytest.approx(np.corrcoef(residuals)[0, 1], rel=1e-8)
