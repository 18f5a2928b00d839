"""A study of logarithmic returns against statsmodels, and against a sample of the same pair."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
import statsmodels.api as sm

from analysis.abnormal import buy_and_hold
from analysis.errors import StudyError
from analysis.impact import impact
from analysis.run.plan import plan_headline
from analysis.sample.data import SampleData
from analysis.sample.events import FirmEvents
from analysis.sample.policies import Policies
from analysis.sample.run import run_sample
from analysis.sample.spec import SampleSpec
from analysis.study import Event, Study
from analysis.windows import Window

DAY = dt.date(2025, 1, 27)
WINDOW = Window(-1, 3)


@pytest.fixture(scope="module")
def case(snapshot):
    study = Study("mine", "NVDA", [Event("x", "x", DAY)], windows="-1..3", returns="log")
    return plan_headline(study, snapshot)


def returns_of(snapshot, symbol):
    return np.log(snapshot.levels[symbol]).diff().to_numpy()


def test_abnormal_returns_against_statsmodels(snapshot, case):
    firm, market = returns_of(snapshot, "NVDA"), returns_of(snapshot, "SPY")
    at = case.placed.position
    rows, ahead = slice(at - 260, at - 10), slice(at - 1, at + 4)
    x = sm.add_constant(market)
    fit = sm.OLS(firm[rows], x[rows]).fit()
    path = case.path("NVDA", WINDOW)
    assert path.raw == pytest.approx(firm[ahead], abs=1e-12)
    assert path.expected == pytest.approx(fit.predict(x[ahead]), abs=1e-12)
    covariance = fit.mse_resid * (np.eye(5) + x[ahead] @ fit.normalized_cov_params @ x[ahead].T)
    assert path.covariance == pytest.approx(covariance, abs=1e-12)
    held = np.exp(firm[ahead].sum()) - np.exp(fit.predict(x[ahead]).sum())
    assert buy_and_hold(path) == pytest.approx(held, abs=1e-12)


def test_money_is_of_simple_returns(snapshot, case):
    path = case.path("NVDA", WINDOW)
    levels = snapshot.levels["NVDA"].to_numpy()
    at = case.placed.position
    before = levels[at - 2 : at + 3] / levels[at - 2]
    found = impact(path, 1e9, df=248, level=0.95)
    assert found.raw == pytest.approx(1e9 * (levels[at + 3] / levels[at - 2] - 1), rel=1e-12)
    assert found.expected == pytest.approx(1e9 * before @ np.expm1(path.expected), rel=1e-12)
    nudge = 1e-6  # the error of the money is that of the expected returns, to first order
    slopes = np.array(
        [
            before @ (np.expm1(path.expected + nudge * unit) - np.expm1(path.expected)) / nudge
            for unit in np.eye(5)
        ]
    )
    assert found.se == pytest.approx(1e9 * np.sqrt(slopes @ path.covariance @ slopes), rel=1e-5)


def test_a_sample_of_the_same_pair_has_the_same_values(snapshot, case):
    spec = SampleSpec(
        windows=(WINDOW,), path=WINDOW, policies=Policies(other_events="keep"), ranks=False
    )
    events = FirmEvents.make(["NVDA"], [DAY])
    row = run_sample(events, SampleData.of(snapshot, log=True), spec).firm_events.iloc[0]
    path = case.path("NVDA", WINDOW)
    assert row["car"] == pytest.approx(path.abnormal.sum(), abs=1e-12)
    assert row["se"] == pytest.approx(np.sqrt(path.covariance.sum()), abs=1e-12)
    assert row["bhar"] == pytest.approx(buy_and_hold(path), abs=1e-12)


def test_another_kind_of_returns_is_refused():
    with pytest.raises(StudyError, match=r"returns 'logs' is unknown.*log"):
        Study("mine", "NVDA", [Event("x", "x", DAY)], returns="logs")
