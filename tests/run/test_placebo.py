"""Placebo dates of models that are refitted, and of those that are not drawn."""

from __future__ import annotations

import math

import numpy as np
import pytest
import statsmodels.api as sm

from analysis.models.catalog import MODELS
from analysis.overrides import Overrides, override
from analysis.run.study import run_study
from analysis.windows import Window

WINDOWS = (Window(0, 0), Window(-1, 1))


@pytest.fixture(scope="module")
def results(study, snapshot):
    asked = override(
        study,
        Overrides(
            events=("sell-off",),
            symbols=("NVDA",),
            models=("rolling", "ewma", "dimson-lead", "scholes-williams", "huber", "garch"),
            benchmarks=("SPY",),
            windows=WINDOWS,
        ),
    )
    return {firm.model: firm for firm in run_study(asked, snapshot).firms}


@pytest.mark.parametrize("model", ["rolling", "ewma", "dimson-lead", "scholes-williams", "huber"])
def test_every_model_that_can_be_refitted_is_drawn(results, model):
    for window in WINDOWS:
        found = results[model].at(window)
        assert found.placebo.available
        assert 19 <= found.placebo.draws <= 99
        # a fall of 17 % is of the most extreme tenth of its history, with the days beside it too
        assert found.placebo.p <= 0.1


def test_a_draw_is_the_statistic_of_a_fit_to_that_dates_own_window(results, snapshot):
    """The last pseudo-date of the rolling model, by statsmodels on its last 60 sessions."""
    returns = snapshot.levels[["NVDA", "SPY"]].pct_change().to_numpy()
    event = snapshot.levels.index.get_loc("2025-01-27")
    date = event - 11
    rows = slice(date - 70, date - 10)
    fit = sm.OLS(returns[rows, 0], sm.add_constant(returns[rows, 1])).fit()
    ahead = fit.get_prediction(np.array([[1.0, returns[date, 1]]]))
    expected = (returns[date, 0] - ahead.predicted_mean[0]) / ahead.se_obs[0]
    assert results["rolling"].at(WINDOWS[0]).draws[0] == pytest.approx(expected, rel=1e-8)


def test_a_model_without_an_error_ranks_its_car(results):
    huber = results["huber"].at(WINDOWS[0])
    assert huber.se is None
    assert huber.placebo.statistic == huber.car
    extreme = np.count_nonzero(np.abs(huber.draws) >= abs(huber.car))
    assert huber.placebo.p == pytest.approx((1 + extreme) / (1 + len(huber.draws)))


def test_a_model_that_is_not_drawn_says_why(results):
    garch = results["garch"].at(WINDOWS[0])
    assert not len(garch.draws)
    assert garch.placebo.unavailable == MODELS["garch"].estimator.capabilities.not_drawn
    assert "maximum likelihood" in garch.placebo.unavailable


def test_a_lead_stays_within_the_window_of_each_pseudo_date(results, snapshot):
    """Dimson with a lead, its last pseudo-date: the window's last session has no lead, and goes."""
    returns = snapshot.levels[["NVDA", "SPY"]].pct_change().to_numpy()
    event = snapshot.levels.index.get_loc("2025-01-27")
    date = event - 12  # of the dates drawn the last: the one after it ends the window, without lead
    rows = np.arange(date - 260, date - 11)
    design = sm.add_constant(
        np.column_stack([returns[rows, 1], returns[rows - 1, 1], returns[rows + 1, 1]])
    )
    fit = sm.OLS(returns[rows, 0], design).fit()
    beta = fit.params[1:].sum()
    mean = returns[rows, 1].mean()
    alpha = returns[rows, 0].mean() - beta * mean
    residuals = returns[rows, 0] - alpha - beta * returns[rows, 1]
    variance = residuals @ residuals / (len(rows) - 4)
    total = np.array([0.0, 1.0, 1.0, 1.0])
    slope = float(total @ fit.cov_params() @ total)
    away = returns[date, 1] - mean
    se = math.sqrt(variance * (1 + 1 / len(rows)) + slope * away**2)
    expected = (returns[date, 0] - alpha - beta * returns[date, 1]) / se
    assert results["dimson-lead"].at(WINDOWS[0]).draws[0] == pytest.approx(expected, rel=1e-8)
