"""Every test of the headline firm, end to end, against statsmodels and SciPy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from analysis.overrides import Overrides, override
from analysis.prices.snapshot import load_history
from analysis.prices.tables import read_table
from analysis.run.study import run_study
from analysis.windows import Window

EVENT = pd.Timestamp("2025-01-27")
DAY = (Window(0, 0),)


def outcomes_of(study, snapshot, windows=DAY, model="market"):
    asked = override(
        study,
        Overrides(
            events=("sell-off",),
            symbols=("NVDA",),
            models=(model,),
            benchmarks=("SPY",),
            windows=windows,
        ),
    )
    result = run_study(asked, snapshot, all_tests=True)
    battery = next(battery for battery in result.batteries if battery.kind == "firm")
    return result, battery


@pytest.fixture(scope="module")
def battery(study, snapshot):
    return outcomes_of(study, snapshot)[1]


@pytest.fixture(scope="module")
def history():
    return load_history("NVDA")


@pytest.mark.slow
def test_the_cell_and_the_battery_are_one(study, snapshot):
    for model in ("market", "huber", "garch", "ewma"):
        result, battery = outcomes_of(study, snapshot, model=model)
        window = result.firms[0].windows[0]
        for outcome in (window.t, window.sq, window.placebo):
            found = battery.outcome(outcome.test)
            assert (found.statistic, found.p, found.unavailable) == (
                outcome.statistic,
                outcome.p,
                outcome.unavailable,
            )


def halves_of(history):
    before = history["adj_close"].shift(1)
    overnight = history["open"] * history["adj_close"] / history["close"] / before - 1
    return {"overnight": overnight, "intraday": history["close"] / history["open"] - 1}


def test_halves_are_tested_against_the_benchmarks_own(battery, history, snapshot):
    """SPY's halves from its bars, its dividends overnight, in a regression by statsmodels."""
    bars, _ = read_table("daily-bars")
    spy = bars[bars["symbol"] == "SPY"].set_index("session")
    total = snapshot.levels["SPY"].pct_change(fill_method=None).reindex(spy.index)
    later = spy["close"] / spy["open"] - 1
    market = {"overnight": (1 + total) / (1 + later) - 1, "intraday": later}
    for test, series in halves_of(history).items():
        pair = pd.DataFrame({"own": series, "market": market[test]}).dropna()
        day = pair.index.get_loc(EVENT)
        sample = pair.iloc[day - 260 : day - 10]
        fit = sm.OLS(sample["own"], sm.add_constant(sample["market"])).fit()
        ahead = fit.get_prediction([[1.0, pair["market"].iloc[day]]])
        expected = (pair["own"].iloc[day] - ahead.predicted_mean[0]) / ahead.se_obs[0]
        found = battery.outcome(test)
        assert found.statistic == pytest.approx(expected, rel=1e-6)
        assert (found.df, found.warning) == (248, "")


def test_without_the_benchmarks_opens_halves_are_tested_against_their_own_mean_and_say_so(
    study, snapshot, history
):
    _, battery = outcomes_of(study, replace(snapshot, folder=None))
    day = history.index.get_loc(EVENT)
    for test, series in halves_of(history).items():
        sample = series.to_numpy()[day - 260 : day - 10]
        error = sample.std(ddof=1) * np.sqrt(1 + 1 / 250)
        expected = (series.to_numpy()[day] - sample.mean()) / error
        found = battery.outcome(test)
        assert found.statistic == pytest.approx(expected, rel=1e-9)
        assert found.df == 249
        assert "no opens of the benchmark are at hand" in found.warning


def test_volume_is_the_glsar_of_log_turnover(battery, history):
    day = history.index.get_loc(EVENT)
    turnover = np.log(100 * history["volume"].to_numpy(dtype=float) + 0.000255)
    fit = sm.GLSAR(turnover[day - 260 : day - 10], np.ones(250), rho=1)
    result = fit.iterative_fit(maxiter=50)
    rho = float(np.ravel(fit.rho)[0])
    variance = result.wresid @ result.wresid / 248 / (1 - rho**2)
    # the error of the mean is taken with its own residual variance
    expected = turnover[day] - result.params[0]
    error = np.sqrt(variance + result.cov_params()[0, 0])
    assert battery.outcome("volume").statistic == pytest.approx(expected / error, rel=0.02)


def test_the_spread_after_is_that_of_sixty_sessions(battery, study, snapshot):
    returns = snapshot.levels[["NVDA", "SPY"]].pct_change().to_numpy()
    day = snapshot.levels.index.get_loc(EVENT)
    rows = slice(day - 260, day - 10)
    fit = sm.OLS(returns[rows, 0], sm.add_constant(returns[rows, 1])).fit()
    later = returns[day + 1 : day + 61]
    abnormal = later[:, 0] - fit.predict(sm.add_constant(later[:, 1]))
    expected = stats.levene(fit.resid, abnormal, center="median")
    outcome = battery.outcome("brown-forsythe")
    assert outcome.p == pytest.approx(expected.pvalue, rel=1e-9)
    for others in ((Window(0, 0), Window(0, 40)), (Window(-10, 10), Window(0, 0))):
        again = outcomes_of(study, snapshot, windows=others)[1].outcome("brown-forsythe")
        assert again == outcome


def test_recovery_counts_the_sessions_to_the_eves_level(battery, snapshot):
    levels = snapshot.levels["NVDA"]
    day = levels.index.get_loc(EVENT)
    eve = levels.iloc[day - 1]
    back = np.flatnonzero(levels.to_numpy()[day + 1 :] >= eve)[0] + 1
    assert battery.outcome("recovery").statistic == back


def test_the_tail_holds_the_losses_before_the_event_alone(battery, history):
    losses = -history["adj_close"].pct_change()
    outcome = battery.outcome("evt")
    before = losses[losses.index < EVENT].dropna().to_numpy()
    variance = float(np.square(before[:20]).mean())  # the filter, written out
    for loss in before[20:]:
        variance = 0.94 * variance + 0.06 * loss**2
    assert outcome.statistic == pytest.approx(losses[EVENT] / variance**0.5)
    assert outcome.draws == len(before) - 20


def test_a_firm_without_history_says_so(study, snapshot):
    battery = outcomes_of(study, replace(snapshot, histories={}))[1]
    for test in ("overnight", "intraday", "volume", "recovery"):
        assert battery.outcome(test).unavailable == "no daily history of NVDA is at hand"
    assert "years of returns" in battery.outcome("evt").unavailable
