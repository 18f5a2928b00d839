"""Defaults, ends and fall-backs of the tests, each by a hand case, SciPy or statsmodels."""

from __future__ import annotations

import csv
import importlib
import inspect
import math
import pkgutil
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from analysis import inference
from analysis.abnormal import AbnormalPath
from analysis.errors import DataError
from analysis.inference import clustered, controls, factor_bootstrap
from analysis.inference import portfolio as portfolio_module
from analysis.inference.bootstrap import block_indices
from analysis.inference.catalog import GROUP_SIZES, TESTS, listing
from analysis.inference.clustered import (
    date_bootstrap_test,
    date_cluster_test,
    date_portfolio_test,
    two_way_of,
    wild_cluster_test,
)
from analysis.inference.conformal import ConformalSetting, conformal_p, conformal_test
from analysis.inference.cross_section import generalised_sign_test, sign_test
from analysis.inference.date_sums import Codes, codes_of
from analysis.inference.effects.buy_and_hold import bhar_bootstrap_test, drift
from analysis.inference.effects.recovery import recovery_test
from analysis.inference.effects.variance import beaver_test, brown_forsythe_test
from analysis.inference.effects.volume import abnormal_volume_test
from analysis.inference.extremes import tail_test
from analysis.inference.factor_bootstrap import prediction_errors
from analysis.inference.firm import DailyHistory, FirmSample, LongRun
from analysis.inference.firm_battery import firm_battery
from analysis.inference.group import GroupSample
from analysis.inference.group_battery import group_battery, inflation, spread_ratio
from analysis.inference.multiplicity import adjust
from analysis.inference.outcome import NO_COVARIANCE, NO_SCALE, Outcome
from analysis.inference.page import methods_page
from analysis.inference.placebo_dates import placebo_bmp_test
from analysis.inference.portfolio import (
    calendar_time_test,
    crude_dependence_test,
    portfolio_garch_test,
    portfolio_test,
)
from analysis.inference.power import minimum_detectable_effect, power
from analysis.inference.rank_tests import corrado_zivney_test, grank_t
from analysis.inference.registry import Registry, Settings
from analysis.inference.scaled import (
    ScaledPlacebo,
    recent_test,
    scaled_placebo,
    volatile_test,
    volatility_forecasts,
)
from analysis.inference.student import fit_student
from analysis.models.garch import Garch
from analysis.models.latent import InteractiveEffects
from analysis.models.linear import LeastSquares


def normal(*shape: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def firm(window: int = 1, **more) -> FirmSample:
    """Eighty sessions on one factor, and a window after them."""
    x = 0.01 * normal(80 + window, 1)
    y = x[:, 0] + 0.02 * normal(80 + window, seed=2)
    fit = LeastSquares().fit(y[:80], x[:80], ("market",))
    ahead = fit.predict(x[80:], gap=0)
    return FirmSample(
        LeastSquares(), fit, AbnormalPath(0, y[80:], ahead.expected, ahead.covariance),
        y[:80], x[:80], y[80:], x[80:], ("market",), **more,
    )  # fmt: skip


def group(residuals: np.ndarray, ar: np.ndarray, **more) -> GroupSample:
    """Firms whose prediction errors are of the size of their residuals' deviation."""
    sigma = np.nanstd(residuals, axis=0, ddof=1)
    covariance = sigma[:, None, None] ** 2 * np.eye(len(ar))
    return GroupSample(
        residuals, np.zeros(residuals.shape), sigma, np.full(len(sigma), 58.0), ar, covariance,
        **more,
    )  # fmt: skip


class TestGroups:
    def test_the_spread_stands_out_beyond_the_highest_per_mille_of_its_law(self):
        """Of eight firms that do not correlate, chi-squared with seven degrees of freedom."""
        count = 8
        residuals = normal(60, count)
        scar = normal(count, seed=5)
        ar = (scar - scar.mean()) / scar.std(ddof=1)
        sample = group(residuals, np.zeros((1, count)))
        expected = 1 - max(sample.correlation, 0.0)
        limit = stats.chi2.isf(0.001, count - 1) / (count - 1) * expected
        for share, wide in ((0.99, False), (1.01, True)):
            wanted = math.sqrt(share * limit)
            ratio = spread_ratio(replace(sample, ar=(ar * wanted * sample.sigma)[None, :]))
            assert ratio == pytest.approx(wanted / math.sqrt(expected) if wide else 1.0)
        assert spread_ratio(group(normal(60, 1), 9 * np.ones((1, 1)))) == 1.0
        two = group(normal(60, 2), np.array([[-30.0, 30.0]]))
        assert spread_ratio(two) > 20

    @pytest.mark.parametrize("correlation", ["none", "negative"])
    def test_without_a_positive_correlation_the_spread_expected_is_one(self, correlation):
        residuals = normal(60, 3)
        if correlation == "none":
            residuals[:30, 0] = residuals[30:, 1] = np.nan
            residuals[15:45, 2] = np.nan  # no pair has twenty sessions in common
            residuals[30:45, 0] = residuals[15:30, 1] = residuals[:5, 2] = residuals[55:, 2] = (
                np.nan
            )
        else:
            residuals[:, 1] -= residuals[:, 0]
        sample = group(residuals, np.zeros((1, 3)))
        assert math.isnan(sample.correlation) == (correlation == "none")
        assert math.isnan(sample.correlation) or sample.correlation < 0
        wide = replace(sample, ar=(np.array([-9.0, 0.0, 9.0]) * sample.sigma)[None, :])
        assert spread_ratio(wide) == pytest.approx(9.0)
        if correlation == "none":
            assert inflation(sample) == 1.0

    def test_a_portfolio_needs_its_factors_too(self):
        sample = group(normal(60, 3), np.zeros((1, 3)))
        told = "the firms do not share their regressors"
        assert sample.lacks("portfolio") == told
        assert replace(sample, portfolio=np.zeros(61)).lacks("portfolio") == told
        assert replace(sample, factors=np.zeros((61, 1))).lacks("portfolio") == told
        both = replace(sample, portfolio=np.zeros(61), factors=np.zeros((61, 1)))
        assert both.lacks("portfolio") == ""
        for half in (replace(both, factors=None), replace(both, portfolio=None)):
            assert portfolio_garch_test(half).unavailable

    def test_residuals_that_cancel_leave_no_error_of_the_mean(self):
        sides = np.where(normal(64, 1) > 0, 1.0, -1.0)
        sample = group(sides * np.array([1.0, -1.0]), np.ones((1, 2)))
        assert math.isnan(sample.mean_se)
        told = portfolio_test(sample).unavailable
        assert told == "the firms' residuals cancel: no error is left"

    def test_one_session_is_one_and_two_are_several(self):
        for window, told in ((1, ""), (2, "is for one session; the window has several")):
            assert group(normal(60, 2), np.ones((window, 2))).lacks("one session") == told

    def test_two_firms_have_a_ratio_on_every_placebo_date(self):
        sample = group(normal(60, 2), np.array([[3.0, 4.0]]))
        scar = np.vstack([sample.residuals / sample.sigma, 1 / sample.sigma * [3.0, 4.0]])
        ratio = np.abs(stats.ttest_1samp(scar, 0, axis=1).statistic)
        found = placebo_bmp_test(sample)
        assert found.draws == 60
        assert found.p == (1 + (ratio[:-1] >= ratio[-1]).sum()) / 61

    def test_squares_are_of_one_session_with_a_firm(self):
        sample = group(normal(60, 3), np.ones((1, 3)))
        assert beaver_test(sample).available
        told = "is for one session with at least one firm"
        assert beaver_test(group(normal(60, 3), np.ones((2, 3)))).unavailable == told
        assert beaver_test(group(normal(60, 3), np.full((1, 3), np.nan))).unavailable == told

    def test_a_session_with_half_of_the_firms_counts_among_the_squares(self):
        residuals = normal(60, 4)
        residuals[:10, :2] = np.nan  # two of four stay
        residuals[10:25, :3] = np.nan  # one of four
        sample = group(residuals, np.ones((1, 4)))
        found = beaver_test(sample)
        squares = np.square(residuals / sample.sigma)
        mean = np.nanmean(np.delete(squares, np.s_[10:25], axis=0), axis=1)
        own = np.square(1 / sample.sigma).mean()
        assert found.draws == 45
        assert found.p == (1 + (mean >= own).sum()) / 46

    def test_the_garch_of_a_portfolio_is_fitted_on_sessions_with_a_return_and_a_factor(
        self, monkeypatch
    ):
        portfolio, factors = 0.01 * normal(253), 0.01 * normal(253, 1, seed=2)
        portfolio[5], factors[9] = np.nan, np.nan
        sample = group(normal(252, 2), np.zeros((1, 2)), portfolio=portfolio, factors=factors)
        given = []

        def fit(_, y, x, names):
            given.append((y, x, names))
            raise DataError("not fitted here: it takes long")

        monkeypatch.setattr(Garch, "fit", fit)
        with pytest.raises(DataError):
            portfolio_garch_test(sample)
        ((y, x, names),) = given
        np.testing.assert_array_equal(y, np.delete(portfolio[:252], [5, 9]))
        np.testing.assert_array_equal(x, np.delete(factors[:252], [5, 9], axis=0))
        assert names == ("x0",)
        short = replace(sample, portfolio=portfolio.copy())
        short.portfolio[20] = np.nan
        told = portfolio_garch_test(short).unavailable
        assert told == "needs 250 estimation sessions, there are 249"
        for name in ("portfolio", "factors"):
            ahead = replace(sample, **{name: getattr(sample, name).copy()})
            getattr(ahead, name)[-1] = np.nan
            assert "in the event window" in portfolio_garch_test(ahead).unavailable

    @pytest.mark.parametrize(("common", "there"), [(20, True), (19, False)])
    def test_twenty_sessions_of_all_firms_are_enough(self, common, there):
        residuals = normal(60, 2)
        residuals[:40, 0] = np.nan
        residuals[40 + common :, 1] = np.nan
        sample = replace(group(residuals, np.ones((1, 2))), df=np.array([18.0, 38.0 + common]))
        crude, whole = crude_dependence_test(sample), portfolio_test(sample)
        assert (crude.available, whole.available) == (there, there)
        if there:
            mean = residuals[40:].mean(axis=1)
            assert crude.statistic == pytest.approx(1 / mean.std(ddof=1))
            assert (crude.df, whole.df) == (19, 18)
        else:
            assert "only 19 estimation sessions" in whole.unavailable

    def test_firms_whose_parameters_use_up_their_common_sessions_have_no_mean(self):
        sample = group(normal(22, 2), np.ones((1, 2)))
        for df, there in ((1.0, True), (0.0, False)):
            assert portfolio_test(replace(sample, df=np.full(2, df))).available is there

    def test_calendar_time_needs_the_portfolio_and_its_factors(self):
        sample = group(normal(60, 3), np.zeros((1, 3)))
        run, settings = TESTS["calendar-time"].run, Settings()
        assert run(sample, settings).unavailable
        assert run(replace(sample, portfolio=normal(61)), settings).unavailable
        assert run(replace(sample, factors=normal(61, 1)), settings).unavailable
        both = replace(sample, portfolio=normal(61), factors=normal(61, 1, seed=2))
        assert run(both, settings).available

    @pytest.mark.parametrize("sessions", [5, 6])
    def test_a_constant_counts_in_a_dummy_of_up_to_five_sessions(self, sessions):
        y, x = 0.01 + 0.01 * normal(80), 0.01 * normal(80, 1, seed=2)
        event = np.arange(80) >= 80 - sessions
        constant = np.ones(80) if sessions == 5 else ~event
        fit = sm.OLS(y, np.column_stack([event, constant, x]).astype(float)).fit()
        found = calendar_time_test(y, x, event)
        assert found.statistic == pytest.approx(fit.tvalues[0])
        assert (found.low, found.high) == pytest.approx(tuple(fit.conf_int()[0]))
        assert found.df == fit.df_resid


class TestClusters:
    def test_weights_have_mean_0_and_variance_1(self):
        assert clustered._WEBB.sum() == pytest.approx(0.0, abs=1e-15)
        assert np.square(clustered._WEBB).mean() == pytest.approx(1.0)
        assert sorted(np.square(clustered._WEBB)) == pytest.approx([0.5, 0.5, 1, 1, 1.5, 1.5])

    def test_redraws_are_999_where_nothing_else_is_asked(self):
        values, dates = 0.1 + normal(20), 9 * np.arange(20)
        assert wild_cluster_test(values, dates, rng()).draws == 999
        assert date_bootstrap_test(values, dates, rng()).draws == 999

    def test_one_portfolio_a_date_is_the_t_of_its_means(self):
        values, dates = 0.2 + normal(30), np.repeat(9 * np.arange(10), 3)
        means = values.reshape(10, 3).mean(axis=1)
        found, wanted = date_portfolio_test(values, dates), stats.ttest_1samp(means, 0)
        assert (found.statistic, found.df) == (pytest.approx(wanted.statistic), 9)
        assert found.p == pytest.approx(wanted.pvalue)
        ends = wanted.confidence_interval(0.95)
        assert (found.low, found.high) == pytest.approx((ends.low, ends.high))

    def test_a_mean_of_dates_that_do_not_differ_has_no_error(self):
        told = "the variance of the mean cannot be estimated from so few"
        for test in (date_cluster_test, date_portfolio_test):
            assert test(np.full(8, 0.5), 9 * np.arange(8)).unavailable == told

    @pytest.mark.parametrize(("dates", "firms"), [(4, 9), (9, 4), (5, 9), (9, 5)])
    def test_of_dates_and_firms_the_fewer_count(self, dates, firms):
        found = two_way_of(0.1, 45, [(2.0, dates), (3.0, firms), (1.0, 45)])
        if min(dates, firms) < 5:
            assert found.unavailable == "needs 5 clusters or more, there are 4"
        else:
            assert found.df == 4
            parts = [2.0 * dates / (dates - 1), 3.0 * firms / (firms - 1), 45 / 44]
            se = math.sqrt(parts[0] + parts[1] - parts[2]) / 45
            assert found.statistic == pytest.approx(0.1 / se)

    def test_where_the_cells_vary_most_the_greater_of_the_two_ways_stands(self):
        for squares in ([(1.0, 6), (2.0, 6)], [(2.0, 6), (1.0, 6)]):
            found = two_way_of(0.1, 36, [*squares, (9.0, 36)])
            assert found.statistic == pytest.approx(0.1 / math.sqrt(2.0 * 6 / 5 / 36**2))

    def test_codes_that_are_known_are_given_back(self):
        known = Codes.of(np.array([9, 3, 9]))
        found, code = codes_of(known)
        assert found is known.found
        assert code is known.code


class TestConformal:
    def test_an_effect_with_a_p_of_exactly_the_size_is_rejected(self):
        """Of four sessions no p is below a quarter: at 75 % it is the end of the interval."""
        y = np.array([0.01, -0.02, 0.015, 0.03])
        setting = ConformalSetting(LeastSquares(), y, np.empty((4, 0)), (), 1)
        found = conformal_test(setting, rng(), level=0.75)
        assert found.low < 0 < found.high

    def test_one_refit_ranks_among_all_shifts_as_the_whole_test_does(self):
        y, x = 0.02 * normal(40), 0.01 * normal(40, 1, seed=2)
        setting = ConformalSetting(LeastSquares(), y, x, ("market",), 3)
        residuals = sm.OLS(y, sm.add_constant(x)).fit().resid
        sums = [abs(np.roll(residuals, k)[-3:].sum()) for k in range(40)]
        rank = np.mean([size >= sums[0] * (1 - 1e-12) for size in sums])
        assert conformal_p(setting) == pytest.approx(rank, rel=1e-12)
        whole = conformal_test(setting, rng(), scheme="conformal-block")
        assert conformal_p(setting) == whole.p

    def test_where_no_effect_is_rejected_there_is_no_interval(self):
        """A session that alone moves the factor is fitted whatever its return."""
        y, x = 0.02 * normal(60), 1e-3 * normal(60, 1, seed=2)
        x[-1] = 1e6
        found = conformal_test(ConformalSetting(LeastSquares(), y, x, ("market",), 1), rng())
        assert (found.low, found.high) == (None, None)
        assert found.p > 0.05

    def test_twenty_sessions_are_enough_for_an_interval_of_95_percent(self):
        for rows, there in ((20, True), (19, False)):
            y = 0.02 * normal(rows)
            setting = ConformalSetting(LeastSquares(), y, np.empty((rows, 0)), (), 1)
            assert (conformal_test(setting, rng()).low is not None) is there


class TestControls:
    @pytest.mark.parametrize(("donors", "rank"), [(19, 1), (38, 1), (39, 2)])
    def test_the_interval_is_by_the_donors_that_a_level_leaves_beyond(self, donors, rank):
        gaps = 0.001 * np.arange(1.0, donors + 1)[:, None]
        names = tuple(f"D{k:02d}" for k in range(donors))
        units = controls.PlaceboUnits(names, gaps, np.full(donors, 0.002))
        found = units.outcome(-0.05, 0.004)
        half = 0.001 * (donors + 1 - rank) / 0.002 * 0.004
        assert (found.low, found.high) == pytest.approx((-0.05 - half, -0.05 + half))
        assert units.outcome(-0.05, 0.004, level=0.99).low is None
        equal = replace(units, gaps=np.full((donors, 1), 0.025))  # each ratio is the firm's own
        assert equal.outcome(-0.05, 0.004).p == 1.0
        fewer = controls.PlaceboUnits(names[:18], gaps[:18], np.full(18, 0.002))
        assert fewer.outcome(-0.05, 0.004).unavailable == "only 18 donors can be placed (19 needed)"
        assert "without error" in units.outcome(-0.05, 0.0).unavailable

    @pytest.mark.parametrize(
        ("count", "level", "lower", "upper"),
        [(29, 0.9, 3, 27), (19, 0.95, 1, 19), (18, 0.95, 0, 19)],
    )
    def test_left_out_means_give_an_interval_by_their_ranks(self, count, level, lower, upper):
        """Without regressors the fit without a fold is the mean of the others."""
        y = normal(count)
        fold = np.arange(count) % min(25, count)
        means = np.array([y[fold != k].mean() for k in fold])
        errors = np.abs(y - means)
        found = controls.jackknife_plus(
            LeastSquares(), y, np.empty((count, 0)), 5.0, np.empty(0), (), level=level
        )
        assert found.statistic == pytest.approx(5.0 - means.mean())
        assert (found.p, found.draws) == (1 / (count + 1), count)
        equal = controls.jackknife_plus(  # as far as session 3 is, which counts
            LeastSquares(), y, np.empty((count, 0)), float(y[3]), np.empty(0), (), level=level
        )
        beyond = errors >= np.abs(y[3] - means) - 1e-14
        assert beyond[3]
        assert equal.p == (1 + beyond.sum()) / (count + 1)
        if lower:
            assert found.high == pytest.approx(5.0 - np.sort(means - errors)[lower - 1])
            assert found.low == pytest.approx(5.0 - np.sort(means + errors)[upper - 1])
        else:
            assert (found.low, found.high) == (None, None)


class TestScaled:
    def test_twenty_abnormal_returns_are_the_first_that_forecast(self):
        abnormal = 0.01 * normal(20)
        found = volatility_forecasts(abnormal)
        assert np.isnan(found[:20]).all()
        assert found[20] == pytest.approx(math.sqrt(np.mean(abnormal**2)))

    def test_a_forecast_is_made_before_the_window_begins(self):
        returns = 0.01 * normal(80)
        forecasts = volatility_forecasts(returns)
        dates = np.arange(20, 60)
        plain, earlier = (
            scaled_placebo(returns, returns, 79, dates, **more) for more in ({}, {"ahead": -3})
        )
        assert plain.forecast == forecasts[79]
        np.testing.assert_array_equal(plain.forecasts, forecasts[20:60])
        assert earlier.forecast == forecasts[76]
        np.testing.assert_array_equal(earlier.forecasts, forecasts[17:57])
        assert plain.car == returns[79]
        first = scaled_placebo(returns, returns, 1, dates[:1], ahead=-3)
        assert math.isnan(first.forecast)  # there is no session before the first

    def test_a_car_is_counted_in_forecasts(self):
        sample = ScaledPlacebo(
            -0.1, 0.02, np.array([0.01, -0.03]), np.array([0.5, 2.0]), np.arange(2)
        )
        assert sample.scaled.tolist() == pytest.approx([0.02, -0.015])
        assert sample.statistic == pytest.approx(-5.0)

    def test_a_quarter_of_the_dates_is_volatile_and_those_on_the_limit_are(self):
        sample = ScaledPlacebo(-0.1, 0.02, np.ones(100), np.arange(1.0, 101), np.arange(100))
        assert sample.volatile.sum() == 25
        limit = np.quantile(np.arange(1.0, 101), 0.75)
        np.testing.assert_array_equal(sample.volatile, np.arange(1.0, 101) >= limit)
        flat = replace(sample, forecasts=np.ones(100))
        assert flat.volatile.all()
        assert not replace(sample, cars=np.full(100, np.nan)).volatile.any()
        assert volatile_test("v", sample).draws == 25

    def test_the_250_nearest_dates_that_have_a_value_are_recent(self):
        cars = np.full(400, 0.001)
        cars[:150], cars[380:] = 0.9, np.nan
        sample = ScaledPlacebo(-0.5, 1.0, cars, np.ones(400), np.arange(400))
        found = recent_test("r", sample)  # rows 130 to 379: twenty of them fell as far
        assert (found.draws, found.p) == (250, 21 / 251)


class TestEffects:
    def test_a_drift_of_one_session_never_overlaps_and_a_longer_one_says_so(self):
        placebo = normal(400)
        lengths = {1: 0.5, 20: 0.5, 21: 0.5, 22: 0.5, 23: math.nan}
        points = drift(LongRun(lengths, dict.fromkeys(lengths, placebo)))
        found = {point.sessions: point.outcome for point in points}
        assert [found[sessions].warning for sessions in (1, 20, 21)] == [""] * 3  # 400 // 21 are 19
        told = "the placebo windows overlap; only about 18 are independent"
        assert found[22].warning == told
        assert found[23].unavailable == "the figures end before 23 sessions have passed"
        for count, told in ((19, ""), (18, "only 18 pseudo-dates")):
            one = LongRun({1: 0.5}, {1: np.append(placebo[:count], np.nan)})
            assert drift(one)[0].outcome.unavailable.startswith(told)
            assert drift(one)[0].outcome.warning == ""

    def test_resamples_of_a_quarter_of_twenty_firms(self):
        sample = 0.1 + normal(20)
        found = bhar_bootstrap_test(np.append(sample, np.nan), rng(), draws=499)
        assert (found.df, found.draws) == (19, 499)
        picks = rng().choice(sample - sample.mean(), (499, 5))

        def johnson(x):
            g = stats.skew(x, axis=-1, bias=False)
            ratio = x.mean(axis=-1) / x.std(axis=-1, ddof=1)
            n = x.shape[-1]
            return math.sqrt(n) * (ratio + g * ratio**2 / 3 + g / (6 * n))

        null, own = johnson(picks), johnson(sample)
        tail = min((null <= own).sum(), (null >= own).sum())
        assert found.statistic == pytest.approx(own)
        assert found.p == pytest.approx(min(1, 2 * (1 + tail) / 500))
        assert bhar_bootstrap_test(sample[:19], rng()).unavailable
        assert bhar_bootstrap_test(np.ones(20), rng()).unavailable
        assert bhar_bootstrap_test(sample, rng()).draws == 1999

    def test_twenty_sessions_on_each_side_have_a_spread(self):
        many, few = normal(20), normal(19, seed=2)
        assert brown_forsythe_test(many, normal(20, seed=3)).df == 38
        assert "there are 19 before and 20 after" in brown_forsythe_test(few, many).unavailable
        assert brown_forsythe_test(many, few).unavailable

    def test_a_level_that_stays_did_not_fall(self):
        told = recovery_test(np.array([1.0, 2.0, 2.0, 2.0]), 2).outcome.unavailable
        assert told == "the level did not fall on the event session"

    @pytest.mark.parametrize("sign", [1.0, -1.0])
    def test_an_autocorrelation_near_one_is_held_below_it(self, sign):
        """A trend, and a series that changes sides every session."""
        rows = np.arange(1500)
        y = (rows / 100 if sign > 0 else (-1.0) ** rows) + 0.01 * normal(1500)
        model = sm.GLSAR(y, np.ones((1500, 1)), rho=1)
        fit = model.iterative_fit(maxiter=50)
        assert sign * np.ravel(model.rho)[0] > 0.99
        df = fit.df_resid - 1
        variance = fit.wresid @ fit.wresid / df / (1 - 0.99**2) * 2 * (1 + sign * 0.99)
        variance += 4 * fit.cov_params()[0, 0]
        found = abnormal_volume_test(y, np.empty((1500, 0)), np.array([9.0, 9]), np.empty((2, 0)))
        wanted = (18 - 2 * fit.params[0]) / math.sqrt(variance)
        assert found.statistic == pytest.approx(wanted)

    def test_thirty_sessions_have_an_autocorrelation(self):
        for rows, there in ((30, True), (29, False)):
            found = abnormal_volume_test(
                normal(rows), np.empty((rows, 0)), np.ones(1), np.empty((1, 0))
            )
            assert found.available is there

    def daily(self, **more) -> DailyHistory:
        half = (0.01 * normal(60), np.array([-0.05]))
        none = (np.empty((60, 0)), np.empty((1, 0)))
        given = {
            "overnight": half, "intraday": half, "market_overnight": none,
            "market_intraday": none, "turnover": (np.empty(0), np.zeros(1)), "gap": 0,
            "levels": np.ones(9), "position": 5, **more,
        }  # fmt: skip
        return DailyHistory(**given)

    def run(self, name: str, daily: DailyHistory):
        return TESTS[name].run(firm(history=daily), Settings())

    def test_a_half_is_held_against_the_benchmark_where_it_is_at_hand(self):
        alone = self.run("overnight", self.daily())
        assert alone.warning == (
            "no opens of the benchmark are at hand: the return is held against its own mean"
        )
        mean, spread = 0.01 * normal(60).mean(), 0.01 * normal(60).std(ddof=1)
        wanted = (-0.05 - mean) / (spread * math.sqrt(1 + 1 / 60))
        assert alone.statistic == pytest.approx(wanted)
        x = 0.01 * normal(61, 1, seed=4)
        beside = self.run("intraday", self.daily(market_intraday=(x[:60], x[60:])))
        design = sm.add_constant(x)
        ahead = sm.OLS(0.01 * normal(60), design[:60]).fit().get_prediction(design[60:])
        assert beside.warning == ""
        wanted = (-0.05 - ahead.predicted_mean[0]) / ahead.se_obs[0]
        assert beside.statistic == pytest.approx(wanted)

    def test_without_opens_or_volume_that_is_told(self):
        none = (np.empty(0), np.zeros(1))
        told = self.run("overnight", self.daily(overnight=none)).unavailable
        assert told == "needs an open and a close of every session of the window"
        told = self.run("volume", self.daily()).unavailable
        assert told == "needs the volume of every session of the windows"


class TestFirm:
    def test_a_tail_is_of_losses_in_units_of_the_forecast_before_each(self):
        losses = 0.02 * stats.t.rvs(4, size=900, random_state=3)
        forecasts = volatility_forecasts(losses)
        found = TESTS["evt"].run(firm(losses=losses, loss=0.3), Settings())
        assert found.statistic == pytest.approx(0.3 / forecasts[900])
        assert found.draws == 880
        assert found.test == "evt"
        recent = TESTS["evt-recent"].run(
            firm(losses=np.r_[np.full(3000, 0.01), losses.repeat(5)], loss=0.3), Settings()
        )
        assert recent.draws == 15 * 252 - 20

    def test_what_is_not_to_be_had_carries_no_warning(self):
        sample = firm()
        fat = np.r_[normal(79), 30.0]
        sample = replace(sample, fit=replace(sample.fit, residuals=fat))
        (found,) = firm_battery(sample, tests=Registry(TESTS["t"]))
        assert "not normal" in found.warning
        without = replace(sample, path=replace(sample.path, covariance=None))
        (told,) = firm_battery(without, tests=Registry(TESTS["t"]))
        assert (told.unavailable, told.warning) == (NO_COVARIANCE, "")
        (quiet,) = firm_battery(firm(), tests=Registry(TESTS["t"]))
        assert quiet.warning == ""

    def test_a_loss_at_the_threshold_is_as_probable_as_one_beyond_it(self):
        losses = np.abs(normal(1000))
        limit = np.quantile(losses, 0.95)
        for beyond in (1e-9, 4e-7):
            found = tail_test(losses, limit + beyond)
            assert (found.p, found.high) == pytest.approx((0.05, 0.05), rel=1e-4)
        assert tail_test(losses, limit).unavailable

    def test_what_is_not_given_is_empty(self):
        sample = firm()
        assert [len(part) for part in (sample.placebo, sample.losses, sample.after)] == [0, 0, 0]
        assert sample.lacks("losses")
        assert firm(losses=np.ones(9)).lacks("losses")
        assert not firm(losses=np.ones(9), loss=0.1).lacks("losses")

    def test_factors_are_those_of_interactive_effects_alone(self):
        sample = firm()
        assert sample.lacks("factors") == "it is made for interactive fixed effects only"
        assert not replace(sample, estimator=InteractiveEffects()).lacks("factors")

    def test_a_fit_that_chose_nothing_has_no_factors(self):
        sample = firm()
        assert sample.factors == 0
        assert replace(sample, fit=SimpleNamespace(tuning=None)).factors == 0
        assert replace(sample, fit=SimpleNamespace(tuning=3.0)).factors == 3

    def test_how_a_battery_runs_where_nothing_else_is_asked(self):
        assert (Settings().level, Settings().draws, Settings().seed) == (0.95, 19_999, 20250127)

    def test_thirty_firms_are_enough_where_thirty_are_wanted(self):
        for count, warned in ((30, False), (29, True)):
            sample = group(normal(60, count), normal(1, count, seed=2))
            hall = next(o for o in group_battery(sample, Settings(draws=99)) if o.test == "hall")
            assert (f"needs about 30 firms, there are {count}" in hall.warning) is warned


def test_an_effect_smaller_than_its_error_can_be_the_smallest_found():
    effect = minimum_detectable_effect(1.0, 100, alpha=0.5, wanted=0.55).statistic
    assert 0 < effect < 1
    assert power(effect, 1.0, 100, alpha=0.5) == pytest.approx(0.55)


@pytest.mark.parametrize("block", [1.0, 1.5, 2.0, 10.0])
def test_a_run_goes_on_with_the_chance_that_its_mean_length_leaves(block):
    found = block_indices(1000, 50, 400, block, rng())
    on = (np.diff(found, axis=1) % 1000 == 1).mean()
    assert on == pytest.approx(1 - 1 / block, abs=0.02)
    assert found.min() >= 0
    assert found.max() <= 999


def test_more_than_half_of_noughts_gives_no_law():
    values = np.r_[np.zeros(30), normal(30)]
    assert fit_student(values).count == 60
    assert fit_student(np.append(values, [np.nan, 0.0])) is None
    assert fit_student(np.array([np.nan])) is None


def test_the_page_says_what_a_rate_of_5_percent_may_err_by():
    text = methods_page()
    count = int(text.split("; with ")[1].split(" replications")[0].replace(",", ""))
    error = stats.binom(count, 0.05).std() / count
    assert f"standard error of {100 * error:.1f} points" in " ".join(text.split())


def functions():
    """Every function of the room with its parameters."""
    for found in pkgutil.walk_packages(inference.__path__, "analysis.inference."):
        module = importlib.import_module(found.name)
        for name, function in vars(module).items():
            if inspect.isfunction(function) and function.__module__ == found.name:
                yield f"{found.name.rpartition('.')[2]}.{name}", inspect.signature(function)
        for name, made in vars(module).items():
            if inspect.isclass(made) and made.__module__ == found.name:
                for method, function in vars(made).items():
                    if inspect.isfunction(function):
                        yield f"{name}.{method}", inspect.signature(function)


def test_what_is_taken_where_nothing_else_is_asked():
    found: dict[str, dict[str, object]] = {}
    for name, signature in functions():
        for key, parameter in signature.parameters.items():
            if type(parameter.default) in {int, float, bool}:
                found.setdefault(key, {})[name] = parameter.default
    found["level"].pop("StudentLaw.reach", None)
    assert set(found["level"].values()) == {0.95}
    assert set(found["alpha"].values()) == {0.05}
    assert set(found["reach"].values()) == {1}
    assert set(found["quantile"].values()) == {0.95}
    assert found["draws"] == {
        "announcement.reactions": 4999, "bootstrap.prediction_errors": 1999,
        "buy_and_hold.bhar_bootstrap_test": 1999, "clustered.date_bootstrap_test": 999,
        "clustered.wild_cluster_test": 999, "conformal.conformal_test": 1999,
        "factor_bootstrap.factor_bootstrap": 1000, "Settings.__init__": 19_999,
    }  # fmt: skip
    assert found["ahead"] == {"scaled.scaled_placebo": 0}
    assert found["block"] == {"bootstrap.prediction_errors": 1.0}
    assert found["wanted"] == {"power.minimum_detectable_effect": 0.8}
    assert found["depth"] == {"recovery.recovery_test": 1.0}
    assert found["gap"] == {"controls.placebo_units": 0}
    assert found["most"] == {"controls.placebo_units": 499}
    assert found["every"] == {"firm_battery.firm_battery": True}
    assert found["least_df"] == {"student.fit_student": 0.1}
    assert found["most_df"] == {"student.fit_student": 1e6}


@pytest.mark.parametrize("donors", [9, 10, 200, 201])
def test_donors_of_a_bootstrap_are_ten_at_the_least_and_thinned_beyond_two_hundred(
    donors, monkeypatch
):
    y, x = 0.01 * normal(14), 0.01 * normal(14, donors, seed=2)
    given = []

    def errors(x, post_x, rank, chosen):
        given.append(chosen.tolist())
        return prediction_errors(x, post_x, rank, chosen)

    monkeypatch.setattr(factor_bootstrap, "prediction_errors", errors)

    def run():
        return factor_bootstrap.factor_bootstrap(
            y[:12], x[:12], y[12:], x[12:], rng(), rank=1, draws=2
        )

    if donors < 10:
        with pytest.raises(DataError, match=r"only 9 donors \(10 needed\)"):
            run()
    else:
        assert run().draws == 2
        assert given == [list(range(0, donors, 1 if donors <= 200 else 2))]


def test_a_rank_ratio_that_leaves_no_room_is_held_off_it():
    assert grank_t(30.0, 100).statistic == pytest.approx(30 * math.sqrt(98 / 1e-9))
    near = math.sqrt(98.5)
    assert grank_t(near, 100).statistic == pytest.approx(near * math.sqrt(98 / 0.5))


def test_a_return_of_nought_is_not_positive():
    found = sign_test(np.array([0.0, 0.0, 0.1, -0.1]), 0.5)
    assert found.statistic == pytest.approx((1 - 2) / math.sqrt(4 * 0.25))
    by_residuals = generalised_sign_test(
        np.array([0.0, 0.1]), np.tile([[0.0], [1.0], [-1]], (1, 2))
    )
    assert by_residuals.statistic == pytest.approx((1 - 2 / 3) / math.sqrt(2 * 2 / 9))


def test_an_adjusted_p_is_one_at_the_most():
    assert adjust(np.array([0.9, 0.8]), "holm").tolist() == [1.0, 1.0]


def test_adjusting_no_p_value_at_all_gives_none():
    for how in ("holm", "bh", "by"):
        assert np.isnan(adjust(np.array([np.nan, np.nan]), how)).all()


def test_rates_of_even_effects_stand_before_those_of_uneven_ones():
    heads = {line for line in methods_page().splitlines() if line.startswith("| test | N | ")}
    power = [head.split(" | ")[2:] for head in heads if " even " in head]
    assert power
    for columns in power:
        names = [column.strip(" |") for column in columns]
        assert names[1::2] == [name.removesuffix(" even") for name in names[::2]]
        assert all(name.endswith(" even") for name in names[::2])


def tables_of(page: str) -> dict[str, dict[tuple[str, str], dict[str, str]]]:
    """The tables of the page by their heading: cells by test and N, then by column."""
    found = {}
    for part in page.split("\n### ")[1:]:
        lines = [line for line in part.splitlines() if line.startswith("| ")]
        rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
        if rows and rows[0][:2] == ["test", "N"]:
            found[part.splitlines()[0]] = {
                (row[0].strip("`"), row[1]): dict(zip(rows[0][2:], row[2:], strict=True))
                for row in rows[2:]
            }
    return found


def test_every_rate_of_groups_stands_in_its_table() -> None:
    tables = tables_of(methods_page())
    told = 0
    for rate in csv.DictReader(GROUP_SIZES.read_text("utf-8").splitlines()):
        effect = float(rate["effect"])
        heading = f"Power: {rate['market']}" if effect else "Of a true null"
        even = " even" if rate["evenly"] == "yes" else ""
        column = f"{100 * effect:g}{even}" if effect else rate["market"]
        cell = tables[heading][rate["test"], rate["firms"]][column]
        assert cell == f"{100 * float(rate['at_5']):.1f}"
        told += 1
    cells = [c for t in tables.values() for row in t.values() for c in row.values() if c]
    assert told == len(cells) > 0


def test_tests_are_listed_beneath_their_family():
    family = ""
    seen = []
    for line in filter(None, listing().splitlines()):
        if line.startswith("  "):
            name, title = line.split(maxsplit=1)
            assert TESTS[name].family == family
            assert title == TESTS[name].title
            seen.append(name)
        else:
            family = line
    assert seen == list(TESTS)


def test_one_firm_has_no_spread_to_be_rescaled_by():
    found = corrado_zivney_test(normal(40, 1), normal(1, 1))
    assert found.unavailable == "needs two firms or more"


def test_without_a_forecast_the_tests_on_its_scale_say_so():
    for name in ("placebo-ewma", "placebo-turbulent", "placebo-unscheduled", "placebo-recent"):
        assert TESTS[name].run(firm(), Settings()).unavailable == NO_SCALE
    sample = group(normal(60, 2), np.zeros((1, 2)))
    for name in ("placebo-scaled", "placebo-volatile"):
        assert TESTS[name].run(sample, Settings()).unavailable == NO_SCALE


@pytest.mark.parametrize(
    ("alpha", "wanted"), [(0.0, 0.8), (1.0, 0.8), (0.05, 0.05), (0.05, 1.0), (0.05, 0.01)]
)
def test_a_power_that_no_effect_has_is_refused(alpha, wanted):
    with pytest.raises(DataError, match="no effect is found with power"):
        minimum_detectable_effect(1.0, 100, alpha=alpha, wanted=wanted)


def test_the_variance_of_a_portfolio_is_carried_through_the_sessions_between(monkeypatch):
    portfolio, factors = 0.01 * normal(253), 0.01 * normal(253, 1, seed=2)
    between = 0.01 * normal(6), 0.01 * normal(6, 1, seed=3)
    between[0][1] = between[1][4, 0] = np.nan
    sample = group(
        normal(252, 2), np.zeros((1, 2)), portfolio=portfolio, factors=factors, between=between
    )
    given = []

    def carried(_, y, x, *, after, level):
        given.append(after)
        return Outcome("garch-t", statistic=1.0)

    monkeypatch.setattr(Garch, "fit", lambda *_: None)
    monkeypatch.setattr(portfolio_module, "garch_test", carried)
    assert portfolio_garch_test(sample).test == "portfolio-garch"
    np.testing.assert_array_equal(given[0][0], between[0][[0, 2, 3, 5]])
    np.testing.assert_array_equal(given[0][1], between[1][[0, 2, 3, 5]])
    portfolio_garch_test(replace(sample, between=None))
    assert given[1] is None
