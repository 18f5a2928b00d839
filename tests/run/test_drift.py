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


def test_the_drift_is_held_against_a_frozen_fit_without_its_alpha_at_every_date(
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

    def bhar(at: int, held: int) -> float:
        """By the fit before the date, frozen, without its alpha."""
        before = slice(at - 260, at - 10)
        slope = sm.OLS(returns[before, 0], sm.add_constant(returns[before, 1])).fit().params[1]
        rows = slice(at, at + held)
        return np.prod(1 + returns[rows, 0]) - np.prod(1 + slope * returns[rows, 1])

    for horizon, outcome in zip(HORIZONS, outcomes, strict=True):
        assert outcome.statistic == pytest.approx(bhar(event, horizon), abs=1e-10)
    run = sample.long_run
    placebo = run.placebo[120]
    assert len(placebo) == event - 261 - 119  # the last ends on the eve
    for place in (0, 500, len(placebo) - 1):
        assert placebo[place] == pytest.approx(bhar(261 + place, 120), abs=1e-10)
    reached = np.sum(np.abs(placebo) >= abs(outcomes[2].statistic))
    assert outcomes[2].p == pytest.approx((1 + reached) / (len(placebo) + 1))
    assert "120 sessions" in outcomes[2].warning


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
    factors = snapshot.factors.reindex(snapshot.levels.index)
    x = factors[["mkt_rf", "smb", "hml"]].to_numpy()
    rf = factors["rf"].to_numpy()
    rows, ahead = slice(event - 260, event - 10), slice(event, event + 60)
    slopes = sm.OLS(own[rows] - rf[rows], sm.add_constant(x[rows])).fit().params[1:]
    expected = x[ahead] @ slopes + rf[ahead]
    by_hand = np.prod(1 + own[ahead]) - np.prod(1 + expected)
    assert run.bhar[60] == pytest.approx(by_hand, abs=1e-12)
