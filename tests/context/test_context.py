"""What surrounds the headline, against independent computations."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from analysis.claims.ledger import PublishedLoss
from analysis.context.history import COUNT, largest_losses, worst_days
from analysis.context.index_arithmetic import index_shares
from analysis.context.recovery import recovery_path
from analysis.prices.reference import ShareCount
from analysis.prices.snapshot import load_history
from analysis.run.plan import plan_headline

pytestmark = pytest.mark.slow

DAY = "2025-01-27"


@pytest.fixture(scope="module")
def case(study, snapshot):
    return plan_headline(study, snapshot)


def test_index_arithmetic_by_hand(case, snapshot) -> None:
    share = next(s for s in index_shares(case) if s.index == "SPY")
    first = share.parts[0]
    assert (first.symbol, first.weight, first.anchor) == ("NVDA", 0.06772, dt.date(2025, 1, 24))
    assert first.points == pytest.approx(0.06772 * -0.16968, abs=1e-6)
    assert share.rest + sum(p.points for p in share.parts) == pytest.approx(share.move)
    assert {p.symbol: p.weight for p in share.parts}["AAPL"] == 0.06511


def test_an_older_weight_is_carried_by_relative_returns(study, snapshot) -> None:
    older = [w for w in snapshot.reference.weights if w.as_of == dt.date(2024, 12, 6)]
    data = replace(snapshot, reference=replace(snapshot.reference, weights=tuple(older)))
    share = next(s for s in index_shares(plan_headline(study, data)) if s.index == "SPY")
    part = next(p for p in share.parts if p.symbol == "AAPL")
    growth = snapshot.levels["AAPL"] / snapshot.levels["SPY"]
    carried = 0.0715 * growth.loc["2025-01-24"] / growth.loc["2024-12-06"]
    assert part.weight == pytest.approx(carried)
    assert part.anchor == dt.date(2024, 12, 6)


def test_reactions_against_statsmodels(full_details, snapshot) -> None:
    """The abnormal return of the sell-off, the model fitted before 2 December."""
    dates = full_details.reaction_dates
    returns = (snapshot.levels / snapshot.levels.shift(1) - 1).iloc[1:]
    weight = snapshot.levels["NVDA"] / snapshot.levels["SPY"]
    weight = (0.0677 * weight / weight.loc["2025-01-24"]).shift(1).iloc[1:]
    purged = (returns["SPY"] - weight * returns["NVDA"]) / (1 - weight)
    first = returns.index.get_loc(pd.Timestamp("2024-12-02"))
    rows = slice(first - 260, first - 10)
    fit = sm.OLS(returns["NVDA"].iloc[rows], sm.add_constant(purged.iloc[rows].to_numpy())).fit()
    event = next(item for item in dates.own if item.day == dates.event_day)
    ahead = fit.get_prediction([[1.0, purged.loc[DAY]]])
    expected = returns["NVDA"].loc[DAY] - ahead.predicted_mean[0]
    assert event.ar == pytest.approx(expected, rel=1e-8)
    assert event.statistic == pytest.approx(expected / ahead.se_obs[0], rel=1e-8)


def test_contagion_against_numpy(full_details, snapshot) -> None:
    """Correlation of market-model residuals, by regression on a constant and the benchmark."""
    returns = (snapshot.levels / snapshot.levels.shift(1) - 1).iloc[1:]
    weight = snapshot.levels["NVDA"] / snapshot.levels["SPY"]
    weight = (0.0677 * weight / weight.loc["2025-01-24"]).shift(1).iloc[1:]
    purged = (returns["SPY"] - weight * returns["NVDA"]) / (1 - weight)
    event = returns.index.get_loc(pd.Timestamp(DAY))
    rows = slice(event - 260, event - 10)
    x = sm.add_constant(purged.iloc[rows].to_numpy())
    residuals = [sm.OLS(returns[s].iloc[rows].to_numpy(), x).fit().resid for s in ("MU", "NVDA")]
    point = next(p for p in full_details.contagion.points if p.symbol == "MU")
    assert point.correlation == pytest.approx(np.corrcoef(residuals)[0, 1], rel=1e-8)


def test_the_label_of_the_worst_day_of_the_snapshot(full_details) -> None:
    """The largest fall since the count holds is that of 27 January, in dollars as by hand."""
    computed = [day for day in full_details.worst_days if day.basis == "computed"]
    assert [str(day.session) for day in computed] == [DAY]
    assert computed[0].loss == pytest.approx(24.477e9 * (142.62 - 118.42), rel=1e-4)


def test_worst_days_take_dollars_only_where_supported() -> None:
    sessions = pd.to_datetime(["2024-01-02", "2024-01-03", "2024-03-05", "2025-01-27"])
    close = [100.0, 90.0, 80.0, 40.0]
    frame = pd.DataFrame({"close": close, "adj_close": close}, index=sessions)
    day = dt.date(2025, 1, 27)
    losses = [PublishedLoss("AAA", dt.date(2024, 3, 5), 7e9, None, "", "")]
    found = worst_days("AAA", frame, (ShareCount("AAA", 1e9, day, ""),), losses)
    assert [(day.basis, day.loss) for day in found] == [
        ("computed", 40e9),
        ("published", 7e9),
        ("", None),
    ]
    assert [round(day.move, 3) for day in found] == [-0.5, -0.111, -0.1]
    without = worst_days("AAA", frame, (), losses)
    assert without[0].loss is None


def test_losses_of_one_day_are_one_row() -> None:
    day = dt.date(2025, 1, 27)
    rows = [
        PublishedLoss("AAA", day, 5e9, None, "", "one"),
        PublishedLoss("AAA", day, 6e9, None, "", "two"),
        PublishedLoss("BBB", day, 9e9, None, "", ""),
        PublishedLoss("A group (sum)", day, 99e9, None, "", ""),
        PublishedLoss("CCC", day, None, -5.0, "", ""),
    ]
    found = largest_losses(rows)
    assert [(item.company, item.loss, item.others) for item in found] == [
        ("BBB", 9e9, ()),
        ("AAA", 5e9, (6e9,)),
    ]
    assert len(found) <= COUNT


def test_recovery_uses_the_long_history(case, snapshot) -> None:
    history = load_history("NVDA")["adj_close"]
    long, short = recovery_path(case, history), recovery_path(case)
    assert long.recovery.sessions == short.recovery.sessions == 92
    np.testing.assert_allclose(long.path, short.path)
    returns = history / history.shift(1) - 1
    deep = returns[(returns <= returns.loc[DAY]) & (returns.index < DAY)]
    assert list(long.days) == list(deep.index)
    assert (long.depth, short.depth) == (1.0, 0.5)  # the shorter figures have too few as deep
    first = snapshot.levels["NVDA"].index[1]
    half = returns[(returns <= returns.loc[DAY] / 2) & (returns.index < DAY)]
    assert list(short.days) == list(half.loc[first:].index)
    low, middle, high = long.band
    assert (low <= middle).all()
    assert (middle <= high).all()
