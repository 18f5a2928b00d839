"""Windows of more than five sessions carry no alpha of the estimation window, wherever measured."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm

from analysis.context.absent import Absent
from analysis.context.conformal import conformal_rank
from analysis.inference.bootstrap import prediction_errors
from analysis.inference.catalog import TESTS
from analysis.inference.portfolio import calendar_time_test
from analysis.inference.registry import Settings
from analysis.models.catalog import MODELS
from analysis.overrides import Overrides, override
from analysis.run.firm_sample import event_sample
from analysis.run.plan import plan_headline
from analysis.run.study import run_study
from analysis.windows import Window

FIVE, SIX, MONTH, HALF_YEAR = Window(0, 4), Window(0, 5), Window(0, 20), Window(0, 119)


@pytest.fixture(scope="module")
def asked(study):
    return override(
        study,
        Overrides(
            events=("sell-off",),
            symbols=("NVDA",),
            models=("market",),
            benchmarks=("SPY",),
            windows=(FIVE, SIX, MONTH, HALF_YEAR),
        ),
    )


@pytest.fixture(scope="module")
def found(asked, snapshot):
    return run_study(asked, snapshot)


@pytest.fixture(scope="module")
def returns(snapshot):
    levels = snapshot.levels[["NVDA", "SPY"]]
    own = (levels / levels.shift(1) - 1).to_numpy()
    return own, levels.index.get_loc("2025-01-27")


@pytest.mark.parametrize("window", [FIVE, SIX, MONTH, HALF_YEAR], ids=str)
def test_a_cell_by_statsmodels_with_the_constant_on_estimation_rows_alone(
    found, returns, window
) -> None:
    """The dummies of the window's days are the abnormal returns, their covariance that of a CAR."""
    own, at = returns
    length = len(window)
    rows = np.r_[np.arange(at - 260, at - 10), np.arange(at, at + length)]
    constant = np.ones(len(rows))
    constant[250:] = length <= 5
    dummies = np.zeros((len(rows), length))
    dummies[250:] = np.eye(length)
    fit = sm.OLS(own[rows, 0], np.column_stack([constant, own[rows, 1], dummies])).fit()
    test = fit.t_test(np.r_[0, 0, np.ones(length)])
    cell = found.headline.at(window)
    assert cell.car == pytest.approx(test.effect[0], rel=1e-9)
    assert cell.se == pytest.approx(test.sd[0, 0], rel=1e-9)
    alpha, beta = fit.params[:2]
    expected = (alpha if length <= 5 else 0) + beta * own[at : at + length, 1]
    held = np.prod(1 + own[at : at + length, 0])
    assert cell.bhar == pytest.approx(held - np.prod(1 + expected), abs=1e-11)
    assert cell.alpha == ("estimated" if length <= 5 else "zero")


def test_pseudo_dates_are_measured_as_the_event_is(found, returns) -> None:
    own, _ = returns
    cell = found.headline.at(MONTH)
    pseudo = cell.pseudo
    for place in (0, 700, len(pseudo.cars) - 1):
        date = int(pseudo.dates[place])
        before, ahead = slice(date - 260, date - 10), slice(date, date + 21)
        slope = sm.OLS(own[before, 0], sm.add_constant(own[before, 1])).fit().params[1]
        car = (own[ahead, 0] - slope * own[ahead, 1]).sum()
        assert pseudo.cars[place] == pytest.approx(car, abs=1e-11)
    assert np.nanstd(cell.draws) == pytest.approx(1, abs=0.4)


def test_half_a_year_of_alpha_would_have_turned_the_sign(study, snapshot) -> None:
    """At 120 sessions the alpha of the estimation window, compounded, makes a loss of a gain."""
    purged = override(
        study,
        Overrides(
            events=("sell-off",), symbols=("NVDA",), models=("market",), windows=(HALF_YEAR,)
        ),
    )
    fit = plan_headline(purged, snapshot).fit("NVDA")
    long, short = fit.path(HALF_YEAR), fit.daily(HALF_YEAR)
    assert math.prod(1 + long.raw) - math.prod(1 + long.expected) == pytest.approx(0.18, abs=0.03)
    assert math.prod(1 + short.raw) - math.prod(1 + short.expected) < -0.1


@pytest.mark.parametrize("model", sorted(MODELS))
def test_every_model_says_what_it_does_with_its_alpha(model) -> None:
    """Fitted on returns whose alpha is 1 % a session, with benchmark or donors that never move."""
    rng = np.random.default_rng(3)
    estimator = MODELS[model].estimator
    market = 0.01 * rng.standard_normal((250, 6))
    y = 0.01 + market[:, 0] + 0.002 * rng.standard_normal(250)
    wide = {"controls": 6, "lags": 3}["controls" if estimator.capabilities.controls else "lags"]
    if MODELS[model].regressors == ("benchmark", "benchmark[-1]"):
        wide = 2
    names = tuple(f"x{place}" for place in range(wide))
    k = 0 if model == "mean" else wide if wide == 6 or estimator.capabilities.reads_ahead else 1
    fit = estimator.fit(y, market[:, :k], names[:k])
    still = np.zeros((10, k))
    counted = fit.predict(still, gap=10).expected
    left_out = fit.predict(still, gap=10, alpha=False).expected
    intercept = estimator.capabilities.intercept
    if intercept == "alpha":
        assert counted == pytest.approx(np.full(10, 0.01), abs=0.002)
        assert left_out == pytest.approx(np.zeros(10), abs=1e-12)
    else:
        np.testing.assert_array_equal(counted, left_out)
        assert (abs(counted).max() < 1e-12) == (intercept == "none")


def test_the_tests_of_a_long_window_leave_the_alpha_out_too(asked, snapshot) -> None:
    headed = replace(asked, headline=replace(asked.headline, window=MONTH))
    case = plan_headline(headed, snapshot)
    sample = event_sample(case, "NVDA", MONTH, np.empty(0))
    rows = np.concatenate([sample.y, sample.post_y]), np.concatenate([sample.x, sample.post_x])
    drawn = prediction_errors(*rows, len(MONTH), np.random.default_rng(1), draws=4000)
    assert drawn.car == pytest.approx(sample.car, abs=1e-12)
    assert drawn.draws.std() == pytest.approx(sample.se, rel=0.08)
    for test in ("conformal", "conformal-block"):
        assert "short window" in TESTS[test].needs
    assert "leaves out the alpha" in sample.lacks("short window")
    refused = conformal_rank(case)
    assert isinstance(refused, Absent)
    assert "up to 5 sessions" in refused.reason
    f_test = TESTS["variance-f"].run(sample, Settings())
    assert f_test.p is not None


def test_calendar_time_and_the_window_estimate_the_same() -> None:
    """The event dummy of a long window, by the session, is the window's CAR over its length."""
    rng = np.random.default_rng(5)
    market = 0.01 * rng.standard_normal(310)
    event = np.arange(310) >= 250
    y = 0.002 + 1.3 * market + 0.004 * rng.standard_normal(310)
    y[event] += 0.001
    outcome = calendar_time_test(y, market[:, None], event)
    slope = sm.OLS(y, np.column_stack([~event, event, market])).fit().params
    middle = (outcome.low + outcome.high) / 2
    assert middle == pytest.approx(slope[1], rel=1e-9)
    beta = sm.OLS(y[~event], sm.add_constant(market[~event])).fit().params[1]
    car = (y[event] - beta * market[event]).sum()
    assert middle == pytest.approx(car / 60, abs=1e-4)
    assert middle == pytest.approx(0.003, abs=0.0015)  # the alpha of before is part of it
