"""Drift from the expected path, against statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from analysis.overrides import Overrides, override
from analysis.run.drift_tests import HORIZONS, drift_tests
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
    outcomes = drift_tests(
        case.plan, case.placed, case.specification, case.design("NVDA"), case.fits["NVDA"]
    )
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
