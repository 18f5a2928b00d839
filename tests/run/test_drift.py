"""Drift from the expected path, against statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from analysis.inference.catalog import TESTS
from analysis.inference.effects.buy_and_hold import HORIZONS
from analysis.inference.registry import Settings
from analysis.overrides import Overrides, override
from analysis.run.firm_sample import whole_sample
from analysis.run.plan import plan_headline
from analysis.windows import Window


def test_the_drift_compounds_realised_and_expected_returns_session_by_session(
    study, snapshot
) -> None:
    asked = override(
        study,
        Overrides(
            events=("sell-off",),
            symbols=("NVDA",),
            models=("market",),
            benchmarks=("SPY",),
            windows=(Window(0, 0),),
        ),
    )
    case = plan_headline(asked, snapshot)
    sample = whole_sample(case, "NVDA", Window(0, 0), np.empty(0))
    outcomes = TESTS["bhar-placebo"].run(sample, Settings())
    levels = snapshot.levels[["NVDA", "SPY"]]
    returns = (levels / levels.shift(1) - 1).to_numpy()
    event = levels.index.get_loc("2025-01-27")

    def expected(rows: np.ndarray, at: int) -> np.ndarray:
        before = slice(at - 260, at - 10)
        ols = sm.OLS(returns[before, 0], sm.add_constant(returns[before, 1])).fit()
        return ols.predict(sm.add_constant(returns[rows, 1], has_constant="add"))

    for horizon, outcome in zip(HORIZONS[:3], outcomes, strict=False):
        rows = np.arange(event, event + horizon)
        bhar = np.prod(1 + returns[rows, 0]) - np.prod(1 + expected(rows, event))
        assert outcome.statistic == pytest.approx(bhar, abs=1e-10)
    ahead = np.array([expected(np.array([t]), t)[0] for t in range(261, event)])
    own = returns[261:event, 0]
    draws = [
        np.prod(1 + own[i : i + 20]) - np.prod(1 + ahead[i : i + 20]) for i in range(len(own) - 19)
    ]
    reached = np.sum(np.abs(draws) >= abs(outcomes[0].statistic))
    assert outcomes[0].p == pytest.approx((1 + reached) / (len(draws) + 1))
    assert "20 sessions" in outcomes[0].warning


def test_a_model_of_excess_returns_gives_the_drift_of_whole_ones(study, snapshot) -> None:
    """The risk-free rate stands in the realised and in the expected return alike."""
    asked = override(
        study,
        Overrides(
            events=("sell-off",), symbols=("NVDA",), models=("ff3",), windows=(Window(0, 0),)
        ),
    )
    case = plan_headline(asked, snapshot)
    run = whole_sample(case, "NVDA", Window(0, 0), np.empty(0)).long_run
    event = case.placed.position
    own = snapshot.levels["NVDA"].pct_change().to_numpy()
    np.testing.assert_allclose(run.realised[1:], own[1:], atol=1e-12)
    factors = snapshot.factors.reindex(snapshot.levels.index)
    x = sm.add_constant(factors[["mkt_rf", "smb", "hml"]].to_numpy())
    rf = factors["rf"].to_numpy()
    for day in (event - 40, event):
        rows = slice(day - 260, day - 10)
        fit = sm.OLS(own[rows] - rf[rows], x[rows]).fit()
        expected = fit.predict(x[day : day + 1])[0] + rf[day]
        assert run.expected[day] == pytest.approx(expected, abs=1e-12)
