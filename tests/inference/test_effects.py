"""Volume, variance, the long run, recovery and the halves of the session."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from analysis.abnormal import AbnormalPath, buy_and_hold
from analysis.errors import DataError, WindowError
from analysis.inference.announcement import reactions
from analysis.inference.effects.buy_and_hold import HORIZONS, bhar_bootstrap_test, drift
from analysis.inference.effects.halves import half_test, split_returns
from analysis.inference.effects.recovery import recovery_test, recovery_time
from analysis.inference.effects.variance import (
    beaver_test,
    brown_forsythe_test,
    predictive_f_test,
)
from analysis.inference.effects.volume import abnormal_volume_test, log_turnover
from analysis.inference.firm import LongRun
from analysis.inference.group import group_sample
from analysis.inference.methods import effects as methods
from analysis.models.linear import LeastSquares
from analysis.prices.snapshot import load_history
from analysis.windows import Window


def turnover(rng, rows: int, rho: float):
    market = rng.standard_normal(rows)
    error = np.zeros(rows + 50)
    for k in range(1, rows + 50):
        error[k] = rho * error[k - 1] + 0.2 * rng.standard_normal()
    return 0.5 + 0.3 * market + error[50:], market[:, None]


class TestVolume:
    def test_the_fit_and_its_errors_are_those_of_glsar(self):
        y, x = turnover(np.random.default_rng(1), 203, 0.6)
        model = sm.GLSAR(y[:200], sm.add_constant(x[:200]), rho=1)
        fit = model.iterative_fit(maxiter=50)
        rho = float(np.ravel(model.rho)[0])
        design = sm.add_constant(x[200:], has_constant="add")
        effect = (y[200:] - design @ fit.params).sum()
        df = fit.df_resid - 1
        white = y[1:200] - rho * y[:199]
        lagged = sm.add_constant(x[:200])[1:] - rho * sm.add_constant(x[:200])[:199]
        innovation = np.square(white - lagged @ fit.params).sum() / df
        lags = sum(rho ** abs(i - j) for i in range(3) for j in range(3))
        total = design.sum(axis=0)
        variance = innovation / (1 - rho**2) * lags + total @ fit.cov_params() @ total
        outcome = abnormal_volume_test(y[:200], x[:200], y[200:], x[200:])
        assert outcome.statistic == pytest.approx(effect / math.sqrt(variance), rel=1e-9)
        assert outcome.p == pytest.approx(2 * stats.t.sf(abs(outcome.statistic), df), rel=1e-9)

    @pytest.mark.slow
    def test_it_keeps_its_size_where_a_plain_t_does_not(self):
        rng = np.random.default_rng(2)
        ours = plain = 0
        for _ in range(2000):
            y, x = turnover(rng, 155, 0.6)
            ours += abnormal_volume_test(y[:150], x[:150], y[150:], x[150:]).p <= 0.05
            fit = LeastSquares().fit(y[:150], x[:150], ("m",))
            ahead = fit.predict(x[150:], gap=0)
            t = (y[150:] - ahead.expected).sum() / math.sqrt(ahead.covariance.sum())
            plain += 2 * stats.t.sf(abs(t), fit.df) <= 0.05
        assert ours / 2000 == pytest.approx(0.055, abs=0.02)
        assert plain / 2000 > 0.2

    def test_turnover_is_log_of_percent(self):
        assert log_turnover(np.array([3e6]), 3e8)[0] == pytest.approx(math.log(1.000255))
        with pytest.raises(DataError, match="share counts"):
            log_turnover(np.array([1.0]), 0.0)

    def test_short_windows_give_none(self):
        y, x = turnover(np.random.default_rng(3), 25, 0.5)
        assert "30 sessions" in abnormal_volume_test(y[:20], x[:20], y[20:], x[20:]).unavailable


class TestVariance:
    def test_the_predictive_f_is_the_dummies_f_of_statsmodels(self):
        rng = np.random.default_rng(4)
        x = 0.01 * rng.standard_normal((84, 1))
        y = 1.2 * x[:, 0] + 0.02 * rng.standard_normal(84)
        fit = LeastSquares().fit(y[:80], x[:80], ("m",))
        prediction = fit.predict(x[80:], gap=0)
        outcome = predictive_f_test(y[80:] - prediction.expected, prediction.covariance, fit.df)
        dummies = np.vstack([np.zeros((80, 4)), np.eye(4)])
        full = sm.OLS(y, np.column_stack([sm.add_constant(x), dummies])).fit()
        test = full.f_test(np.column_stack([np.zeros((4, 2)), np.eye(4)]))
        assert outcome.statistic == pytest.approx(float(test.fvalue), rel=1e-9)
        assert outcome.p == pytest.approx(float(test.pvalue), rel=1e-9)

    def test_one_session_is_the_square_of_t(self):
        outcome = predictive_f_test(np.array([-0.05]), np.array([[4e-4]]), 60)
        assert outcome.statistic == pytest.approx(6.25)
        assert outcome.p == pytest.approx(2 * stats.t.sf(2.5, 60))

    def test_beaver_ranks_squares_on_one_side(self):
        rng = np.random.default_rng(5)
        x = 0.01 * rng.standard_normal((61, 1))
        y = 0.02 * rng.standard_normal((61, 5))
        y[60] *= 6
        fits = [LeastSquares().fit(column, x[:60], ("m",)) for column in y[:60].T]
        predictions = [fit.predict(x[60:], gap=0) for fit in fits]
        sample = group_sample(fits, np.ones((60, 5), dtype=bool), predictions, y[60:])
        outcome = beaver_test(sample)
        assert outcome.p == pytest.approx(1 / 61)
        assert outcome.statistic == pytest.approx(np.square(sample.event_sar).mean())

    def test_brown_forsythe_is_an_anova_of_deviations_from_medians(self):
        rng = np.random.default_rng(6)
        before, after = rng.standard_normal(80), 2 * rng.standard_normal(20)
        deviations = [np.abs(side - np.median(side)) for side in (before, after)]
        expected = stats.f_oneway(*deviations)
        outcome = brown_forsythe_test(before, after)
        assert outcome.statistic == pytest.approx(expected.statistic)
        assert outcome.p == pytest.approx(expected.pvalue)
        assert outcome.df == 98
        assert "20 sessions" in brown_forsythe_test(before, after[:3]).unavailable


class TestBuyAndHold:
    def test_compounding_includes_the_first_session(self):
        realised, expected = np.array([-0.17, 0.09]), np.array([0.01, -0.01])
        by_hand = 0.83 * 1.09 - 1.01 * 0.99
        path = AbnormalPath(0, realised, expected, None)
        assert buy_and_hold(path) == pytest.approx(by_hand)
        assert buy_and_hold(path.within(Window(1, 1))) != pytest.approx(by_hand)

    def test_the_bootstrap_rejects_a_clear_mean_and_keeps_none(self):
        rng = np.random.default_rng(7)
        skewed = rng.exponential(0.1, 200) - 0.1
        assert bhar_bootstrap_test(skewed - skewed.mean(), rng).p > 0.5
        assert bhar_bootstrap_test(skewed - 0.08, rng).p < 0.01
        assert "20 firms" in bhar_bootstrap_test(skewed[:10], rng).unavailable

    @pytest.mark.slow
    def test_the_bootstrap_keeps_its_size_under_skewness(self):
        rng = np.random.default_rng(8)
        share = np.mean(
            [
                bhar_bootstrap_test(rng.exponential(0.1, 200) - 0.1, rng, draws=499).p <= 0.05
                for _ in range(2000)
            ]
        )
        assert share == pytest.approx(0.05, abs=0.02)

    def test_drift_ranks_among_windows_before_the_event(self):
        rng = np.random.default_rng(9)
        draws = {held: 0.01 * rng.standard_normal(281 - held) for held in (1, 5, 20, 30)}
        draws[5][7] = np.nan
        bhar = {1: -0.2002, 5: 0.0004, 20: -0.03, 30: math.nan}
        points = {point.sessions: point for point in drift(LongRun(bhar, draws))}
        assert points[1].bhar == -0.2002
        assert points[1].outcome.p == pytest.approx(1 / 281)
        reached = sum(abs(d) >= 0.0004 for d in draws[5] if np.isfinite(d))
        assert points[5].outcome.p == pytest.approx((1 + reached) / 276)
        assert points[5].outcome.draws == 275
        assert points[20].outcome.warning.startswith("the placebo windows overlap; only about 13")
        assert "end before 30" in points[30].outcome.unavailable


class TestRecovery:
    def test_hand_case(self):
        levels = np.array([100.0, 101, 90, 95, 101, 102, 91, 92])
        assert recovery_time(levels, 2) == (2, False)
        assert recovery_time(levels, 6) == (1, True)
        with pytest.raises(WindowError):
            recovery_time(levels, 0)

    def test_only_earlier_falls_as_deep_count(self):
        steps = np.tile([-0.1, 0.06, 0.06, -0.01], 12)
        levels = 100 * np.cumprod(np.append(1, 1 + np.append(steps, [-0.09, 0.01, 0.12])))
        event = len(levels) - 3
        result = recovery_test(levels, event)
        assert (result.sessions, result.censored) == (2, False)
        assert len(result.placebo) == 12
        assert result.outcome.p == 1.0
        assert "only 0 earlier" in recovery_test(levels * 1.0, event, depth=1.2).outcome.unavailable
        assert "did not fall" in recovery_test(levels, event - 2).outcome.unavailable

    def test_five_falls_are_enough_and_four_are_not(self):
        for falls, enough in ((5, True), (4, False)):
            steps = np.append(np.tile([-0.1, 0.2], falls), [-0.05, 0.01, 0.2])
            levels = 100 * np.cumprod(np.append(1, 1 + steps))
            result = recovery_test(levels, 2 * falls + 1)
            assert result.sessions == 2
            assert len(result.placebo) == falls
            assert result.outcome.available is enough
        assert "only 4 earlier" in result.outcome.unavailable

    def test_nvidias_earlier_falls_took_longer_or_not(self):
        closes = load_history("NVDA")["adj_close"]
        event = int(closes.index.get_loc(pd.Timestamp("2025-01-27")))
        result = recovery_test(closes.to_numpy(), event)
        assert result.sessions > 2
        assert len(result.placebo) >= 5
        assert result.outcome.p > 1 / (len(result.placebo) + 1) - 1e-12


class TestHalves:
    def test_halves_multiply_to_the_whole_and_take_the_dividend_overnight(self):
        frame = load_history("NVDA")
        halves = split_returns(
            frame["open"].to_numpy(), frame["close"].to_numpy(), frame["adj_close"].to_numpy()
        )
        whole = frame["adj_close"].pct_change().to_numpy()
        together = (1 + halves.overnight) * (1 + halves.intraday) - 1
        np.testing.assert_allclose(together[1:], whole[1:], atol=1e-12)
        day = frame.index.get_loc(pd.Timestamp("2025-01-27"))
        assert halves.overnight[day] < -0.1
        assert halves.intraday[day] < 0

    def test_a_half_is_tested_like_a_whole(self):
        rng = np.random.default_rng(10)
        x = 0.005 * rng.standard_normal((100, 1))
        y = 1.5 * x[:, 0] + 0.01 * rng.standard_normal(100)
        outcome = half_test(
            "overnight", LeastSquares(), (y[:99], x[:99]), (y[99:] - 0.1, x[99:]), ("m",), gap=0
        )
        fit = sm.OLS(y[:99], sm.add_constant(x[:99])).fit()
        ahead = fit.get_prediction(np.array([[1.0, x[99, 0]]]))
        expected = (y[99] - 0.1 - ahead.predicted_mean[0]) / ahead.se_obs[0]
        assert outcome.test == "overnight"
        assert outcome.statistic == pytest.approx(expected, rel=1e-9)

    def test_prices_of_nothing_are_refused(self):
        with pytest.raises(DataError, match="positive"):
            split_returns(np.array([0.0]), np.array([1.0]), np.array([1.0]))


class TestReactions:
    names = ("NVDA", "chips")

    def draw(self, seed, days):
        rng = np.random.default_rng(seed)
        return rng.standard_normal((days, 1)) * 0.7 + 0.7 * rng.standard_normal((days, 2))

    def test_the_one_day_is_found_and_the_floors_are_honest(self):
        sar, placebo = self.draw(1, 20), self.draw(2, 400)
        sar[7] = (-9.0, -8.0)
        found = reactions(
            0.02 * sar, sar, placebo, self.names, np.array([248.0, 248.0]), np.random.default_rng(3)
        )
        assert len(found) == 40
        best = next(r for r in found if r.day == 7 and r.series == "NVDA")
        assert best.ar == pytest.approx(-0.18)
        assert best.p_day == pytest.approx(1 / 401)
        assert best.p_all == pytest.approx(20 / 420, abs=0.01)
        assert best.p_holm < 1e-12
        assert sum(r.p_all <= 0.06 for r in found) <= 3

    def test_family_wise_error_is_kept(self):
        rng = np.random.default_rng(4)
        rejected = 0
        for seed in range(150):
            sar, placebo = self.draw(1000 + seed, 5), self.draw(5000 + seed, 120)
            found = reactions(sar, sar, placebo, self.names, np.array([1e6, 1e6]), rng, draws=199)
            rejected += min(r.p_all for r in found) <= 0.1
        assert rejected / 150 == pytest.approx(0.10, abs=0.06)

    def test_a_missing_value_is_left_out(self):
        sar = self.draw(5, 3)
        sar[1, 1] = np.nan
        found = reactions(
            sar,
            sar,
            self.draw(6, 50),
            self.names,
            np.array([99.0, 99.0]),
            np.random.default_rng(0),
            draws=99,
        )
        assert len(found) == 5

    def test_too_few_placebo_sessions_are_refused(self):
        sar = self.draw(7, 30)
        with pytest.raises(DataError, match="too few"):
            reactions(
                sar, sar, sar[:20], self.names, np.array([99.0, 99.0]), np.random.default_rng(0)
            )


def test_which_other_effects_are_of_a_return():
    tests = methods.TESTS
    assert {t.id for t in tests if not t.of_return} == {
        "volume", "variance-f", "beaver", "brown-forsythe", "recovery",
    }  # fmt: skip
    assert not any(t.always or t.slow or t.firms_wanted or t.sides != 1 for t in tests)
    assert HORIZONS == (20, 60, 120, 250)
    (spread,) = (t for t in tests if t.id == "brown-forsythe")
    side = np.random.default_rng(1).standard_normal(40)
    sample = SimpleNamespace(fit=SimpleNamespace(residuals=side[:20]), after=side[20:])
    wanted = stats.levene(side[:20], side[20:], center="median")
    assert spread.run(sample, None).p == pytest.approx(wanted.pvalue)
