"""The tests of one firm against hand examples, direct enumeration, R, statsmodels and arch."""

from __future__ import annotations

import csv
import itertools
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from arch import arch_model
from arch.bootstrap import StationaryBootstrap
from scipy import stats

from analysis.abnormal import AbnormalPath
from analysis.errors import DataError, WindowError
from analysis.inference.autocorrelation import hac_t_test, variance_ratio
from analysis.inference.bootstrap import PredictionErrors, block_indices, prediction_errors
from analysis.inference.catalog import TESTS
from analysis.inference.conformal import ConformalSetting, conformal_test
from analysis.inference.diagnostics import broken_assumptions
from analysis.inference.extremes import fit_tail, tail_test
from analysis.inference.firm import FirmSample
from analysis.inference.firm_battery import firm_battery
from analysis.inference.garch_test import garch_test
from analysis.inference.one_firm import t_test
from analysis.inference.power import minimum_detectable_effect, power
from analysis.inference.registry import Registry, Settings
from analysis.inference.scaled import ScaledPlacebo
from analysis.models.garch import Garch, mean_absolute_t
from analysis.models.linear import LeastSquares, MarketAdjusted
from analysis.models.moving import Ewma, KalmanBeta, Rolling
from analysis.models.robust import Huber
from analysis.prices.snapshot import load_history


def market_days(rng, rows, *, fat=False):
    market = 0.01 * rng.standard_normal((rows, 1))
    noise = rng.standard_t(4, rows) if fat else rng.standard_normal(rows)
    return 0.0005 + 1.5 * market[:, 0] + 0.02 * noise, market


def setting(y, x, window, estimator=None):
    return ConformalSetting(estimator or LeastSquares(), y, x, ("market",), window)


class TestConformal:
    def test_one_session_is_the_rank_of_its_refitted_residual(self):
        y, x = market_days(np.random.default_rng(1), 81)
        y[-1] -= 0.05
        residuals = np.abs(sm.OLS(y, sm.add_constant(x)).fit().resid)
        expected = np.mean(residuals >= residuals[-1])
        outcome = conformal_test(setting(y, x, 1), np.random.default_rng(0))
        assert outcome.p == pytest.approx(expected)

    def test_all_permutations_of_a_short_series_are_enumerated_in_the_limit(self):
        rng = np.random.default_rng(2)
        y, x = market_days(rng, 12)
        y[-2:] -= 0.02
        residuals = sm.OLS(y, sm.add_constant(x)).fit().resid
        observed = abs(residuals[-2:].sum())
        sums = [abs(a + b) for a, b in itertools.combinations(residuals, 2)]
        exact = np.mean(np.array(sums) >= observed - 1e-12)
        drawn = conformal_test(setting(y, x, 2), rng, draws=20_000, level=0.5).p
        assert drawn == pytest.approx(exact, abs=0.015)

    def test_moving_blocks_are_the_cyclic_shifts(self):
        y, x = market_days(np.random.default_rng(3), 60)
        y[-3:] -= 0.02
        residuals = sm.OLS(y, sm.add_constant(x)).fit().resid
        sums = [abs(np.roll(residuals, shift)[-3:].sum()) for shift in range(60)]
        expected = np.mean(np.array(sums) >= sums[0] - 1e-12)
        outcome = conformal_test(
            setting(y, x, 3), np.random.default_rng(0), scheme="conformal-block"
        )
        assert outcome.p == pytest.approx(expected)
        assert outcome.p >= 1 / 60

    @pytest.mark.parametrize("scheme", ["conformal", "conformal-block"])
    @pytest.mark.parametrize("window", [1, 3])
    def test_the_interval_inverts_the_test(self, scheme, window):
        y, x = market_days(np.random.default_rng(4), 120, fat=True)
        y[-window:] -= 0.03
        outcome = conformal_test(
            setting(y, x, window), np.random.default_rng(7), scheme=scheme, draws=999
        )
        assert outcome.low < outcome.high
        for edge, outward in ((outcome.low, -1), (outcome.high, 1)):
            for step, kept in ((-1e-5, True), (1e-5, False)):
                shifted = y.copy()
                shifted[-window:] -= (edge + outward * step) / window
                again = conformal_test(
                    setting(shifted, x, window),
                    np.random.default_rng(7),
                    scheme=scheme,
                    draws=999,
                )
                assert (again.p > 0.05) == kept

    def test_too_few_sessions_for_the_level_give_no_interval(self):
        y, x = market_days(np.random.default_rng(5), 15)
        outcome = conformal_test(setting(y, x, 1), np.random.default_rng(0))
        assert outcome.low is None
        assert outcome.high is None

    def test_a_shift_of_all_returns_of_the_window_shifts_the_interval(self):
        y, x = market_days(np.random.default_rng(6), 80)
        moved = y.copy()
        moved[-2:] += 0.01
        one = conformal_test(setting(y, x, 2), np.random.default_rng(1), scheme="conformal-block")
        two = conformal_test(
            setting(moved, x, 2), np.random.default_rng(1), scheme="conformal-block"
        )
        assert two.low - one.low == pytest.approx(0.02, abs=1e-6)
        assert two.high - one.high == pytest.approx(0.02, abs=1e-6)

    def test_a_model_without_parameters_works_too(self):
        y, x = market_days(np.random.default_rng(7), 60)
        outcome = conformal_test(setting(y, x, 1, MarketAdjusted()), np.random.default_rng(0))
        assert outcome.p == pytest.approx(np.mean(abs(y - x[:, 0]) >= abs(y[-1] - x[-1, 0])))


class TestBootstrap:
    def test_normal_errors_give_the_exact_interval(self):
        rng = np.random.default_rng(8)
        y, x = market_days(rng, 405)
        fit = LeastSquares().fit(y[:-5], x[:-5], ("market",))
        se = math.sqrt(fit.predict(x[-5:], gap=0).covariance.sum())
        redrawn = prediction_errors(y, x, 5, rng, draws=20_000)
        theirs = sm.OLS(y[:-5], sm.add_constant(x[:-5])).fit()
        car = float((y[-5:] - theirs.predict(sm.add_constant(x[-5:]))).sum())
        assert redrawn.car == pytest.approx(car, rel=1e-9)
        exact = t_test(car, se, fit.df)
        ours = redrawn.outcome("bootstrap")
        assert redrawn.draws.std() == pytest.approx(se, rel=0.03)
        assert ours.low == pytest.approx(exact.low, abs=0.06 * se)
        assert ours.high == pytest.approx(exact.high, abs=0.06 * se)

    def test_parameter_error_is_redrawn(self):
        # with 10 sessions and a window of 5 the parameters are a large part of the error
        rng = np.random.default_rng(9)
        y, x = market_days(rng, 15)
        fit = LeastSquares().fit(y[:-5], x[:-5], ("market",))
        se = math.sqrt(fit.predict(x[-5:], gap=0).covariance.sum())
        redrawn = prediction_errors(y, x, 5, rng, draws=40_000)
        # redrawn residuals are centred, which costs them a share of 1 / M of the variance
        assert redrawn.draws.std() == pytest.approx(se, rel=0.12)
        assert se > 1.2 * fit.sigma * math.sqrt(5)

    def test_the_refit_is_the_one_of_statsmodels(self):
        y, x = market_days(np.random.default_rng(10), 42)
        drawn = prediction_errors(y, x, 2, np.random.default_rng(4), draws=3).draws
        design = sm.add_constant(x)
        fit = sm.OLS(y[:-2], design[:-2]).fit()
        hat = fit.get_influence().hat_matrix_diag
        errors = fit.resid / np.sqrt(1 - hat)
        errors -= errors.mean()
        redrawn = errors[block_indices(40, 42, 3, 1.0, np.random.default_rng(4))]
        for row, value in zip(redrawn, drawn, strict=True):
            star = sm.OLS(fit.fittedvalues + row[:40], design[:-2]).fit().params
            expected = row[40:].sum() - design[-2:].sum(axis=0) @ (star - fit.params)
            assert value == pytest.approx(expected, rel=1e-9)

    def test_the_interval_turns_the_quantiles_round(self):
        redrawn = PredictionErrors(-0.04, np.arange(-50.0, 51.0) ** 3 / 1e6, 1.0)
        outcome = redrawn.outcome("bootstrap", level=0.9)
        # the 5 % and 95 % quantiles are those of -45 and 45
        assert outcome.low == pytest.approx(-0.04 - 0.091125)
        assert outcome.high == pytest.approx(-0.04 + 0.091125)
        # of 101 draws those of -35 and beyond, 35 and beyond are as large as 0.04 (34.2 cubed)
        assert outcome.p == pytest.approx((1 + 32) / 102)

    def test_runs_are_those_of_the_stationary_bootstrap_of_arch(self):
        rng = np.random.default_rng(12)
        ours = block_indices(50, 50, 4000, 5.0, rng)
        theirs = StationaryBootstrap(5, np.arange(50), seed=np.random.default_rng(3))
        drawn = np.array([args[0] for args, _ in theirs.bootstrap(4000)])
        for sample in (ours, drawn):
            share = np.mean((np.diff(sample, axis=1) % 50) == 1)
            assert share == pytest.approx(1 - 1 / 5 + 1 / 5 / 50, abs=0.005)

    def test_blocks_keep_the_autocorrelation_of_a_window(self):
        rng = np.random.default_rng(13)
        noise = np.zeros(1205)
        for k in range(1, 1205):
            noise[k] = 0.5 * noise[k - 1] + 0.01 * rng.standard_normal()
        x = 0.01 * rng.standard_normal((1205, 1))
        single = prediction_errors(noise, x, 5, rng, block=1.0).draws.std()
        blocks = prediction_errors(noise, x, 5, rng, block=20.0).draws.std()
        truth = math.sqrt(1 + 2 * sum((1 - k / 5) * 0.5**k for k in range(1, 5)))
        assert blocks / single == pytest.approx(truth, rel=0.1)

    def test_a_session_that_fits_itself_is_refused(self):
        x = np.zeros((20, 1))
        x[3] = 1.0
        x[-1] = 0.5
        with pytest.raises(WindowError, match="its own fit"):
            prediction_errors(np.arange(20.0), x, 1, np.random.default_rng(0))


class TestAutocorrelation:
    def test_one_session_has_ratio_one(self):
        assert variance_ratio(np.array([0.3, 0.2, 0.1, -0.6]), 1) == 1.0

    def test_the_ratio_is_the_variance_of_sums(self):
        rng = np.random.default_rng(14)
        noise = np.zeros(40_000)
        for k in range(1, len(noise)):
            noise[k] = 0.3 * noise[k - 1] + rng.standard_normal()
        sums = noise.reshape(-1, 5).sum(axis=1)
        assert variance_ratio(noise, 5) == pytest.approx(sums.var() / (5 * noise.var()), rel=0.05)

    def test_the_weights_are_those_of_statsmodels(self):
        residuals = np.random.default_rng(15).standard_normal(80)
        residuals -= residuals.mean()
        fit = sm.OLS(residuals, np.ones(80)).fit(
            cov_type="HAC", cov_kwds={"maxlags": 3, "use_correction": False}
        )
        plain = sm.OLS(residuals, np.ones(80)).fit(cov_type="HC0")
        expected = fit.cov_params()[0, 0] / plain.cov_params()[0, 0]
        assert variance_ratio(residuals, 4) == pytest.approx(expected, rel=1e-10)

    def test_the_statistic_is_divided_by_its_root(self):
        residuals = np.tile([1.0, 1.0, -1.0, -1.0], 20)
        ratio = variance_ratio(residuals, 2)
        outcome = hac_t_test(-0.1, 0.02, 78, residuals, 2)
        assert outcome.statistic == pytest.approx(-5 / math.sqrt(ratio))
        assert outcome.test == "hac-t"


class TestGarch:
    @pytest.fixture
    def days(self):
        rng = np.random.default_rng(16)
        x = 0.01 * rng.standard_normal((700, 1))
        z = rng.standard_t(6, 700) / math.sqrt(1.5)
        error, variance = np.empty(700), 4e-4
        for k in range(700):
            error[k] = math.sqrt(variance) * z[k]
            weight = 0.08 + (0.06 if error[k] < 0 else 0)
            variance = 2e-5 + weight * error[k] ** 2 + 0.84 * variance
        return 0.001 + 1.4 * x[:, 0] + error, x

    @pytest.mark.parametrize("kind", ["garch", "gjr", "egarch"])
    def test_the_variance_is_that_of_arch(self, days, kind):
        y, x = days
        ours = Garch(kind).fit(y[:690], x[:690], ("market",))
        model = arch_model(
            100 * y[:690],
            x=100 * x[:690],
            mean="ARX",
            lags=0,
            vol="EGARCH" if kind == "egarch" else "GARCH",
            o=0 if kind == "garch" else 1,
            dist="t",
        ).fit(disp="off")
        assert list(ours.coefficients.values()) == pytest.approx(
            [model.params.iloc[0] / 100, model.params.iloc[1]], rel=1e-6
        )
        horizon = 1 if kind == "egarch" else 4
        ahead = model.forecast(horizon=horizon, x=100 * x[690 : 690 + horizon].T[None])
        expected = ahead.variance.iloc[-1].to_numpy() / 1e4
        np.testing.assert_allclose(ours.variance_ahead(horizon), expected, rtol=1e-8)
        covariance = ours.predict(x[690 : 690 + horizon], gap=0).covariance
        np.testing.assert_allclose(covariance, np.diag(expected), rtol=1e-8)

    @pytest.mark.parametrize("kind", ["garch", "gjr"])
    def test_a_window_after_a_gap_has_the_variance_that_arch_forecasts_for_it(self, days, kind):
        y, x = days
        ours = Garch(kind).fit(y[:680], x[:680], ("market",))
        model = arch_model(
            100 * y[:680],
            x=100 * x[:680],
            mean="ARX",
            lags=0,
            vol="GARCH",
            o=0 if kind == "garch" else 1,
            dist="t",
        ).fit(disp="off")
        ahead = model.forecast(horizon=13, x=100 * x[680:693].T[None])
        expected = ahead.variance.iloc[-1].to_numpy()[10:] / 1e4
        found = ours.predict(x[690:693], gap=10).covariance
        np.testing.assert_allclose(found, np.diag(expected), rtol=1e-7)

    @pytest.mark.parametrize("kind", ["garch", "gjr", "egarch"])
    def test_sessions_between_carry_the_variance_on(self, days, kind):
        y, x = days
        ours = Garch(kind).fit(y[:690], x[:690], ("market",))
        model = arch_model(
            100 * y,
            x=100 * x,
            mean="ARX",
            lags=0,
            vol="EGARCH" if kind == "egarch" else "GARCH",
            o=0 if kind == "garch" else 1,
            dist="t",
        )
        held = model.fix(model.fit(disp="off", last_obs=690).params)
        filtered = held.conditional_volatility[699] / 100
        carried = ours.variance_ahead(1, after=(y[690:699], x[690:699]))[0]
        # arch starts its recursion from the whole sample; the difference has died out
        assert math.sqrt(carried) == pytest.approx(filtered, rel=1e-6)

    @pytest.mark.slow
    @pytest.mark.parametrize("seed", [3, 17])
    def test_a_window_on_which_the_usual_starts_fail_is_fitted_from_others(self, seed):
        """Gives up nowhere on calm and wild stretches; as likely as the library's own optimum."""
        rng = np.random.default_rng(seed)
        scale = np.exp(0.4 * np.sin(np.arange(390) / 9))
        x = 0.008 * (scale * rng.standard_t(5, 390))[:, None]
        y = 1.1 * x[:, 0] + 0.012 * scale * rng.standard_t(5, 390)
        for begin in range(0, 240, 15):
            part = slice(begin, begin + 150)
            fit = Garch("egarch").fit(y[part], x[part], ("market",))
            own = arch_model(
                100 * y[part], x=100 * x[part], mean="ARX", lags=0, vol="EGARCH", o=1, dist="t"
            ).fit(disp="off", show_warning=False)
            if own.convergence_flag == 0:
                z = fit.residuals / fit.volatility
                law = stats.t(fit.law.nu, scale=math.sqrt((fit.law.nu - 2) / fit.law.nu))
                likelihood = law.logpdf(z).sum() - np.log(100 * fit.volatility).sum()
                assert likelihood > own.loglikelihood - 1e-2

    def test_p_is_that_of_the_scaled_t(self, days):
        y, x = days
        fit = Garch().fit(y[:690], x[:690], ("market",))
        outcome = garch_test(fit, y[690:691] - 0.1, x[690:691])
        law = stats.t(fit.law.nu, scale=math.sqrt((fit.law.nu - 2) / fit.law.nu))
        assert outcome.p == pytest.approx(2 * law.sf(abs(outcome.statistic)), rel=1e-9)
        deviation = math.sqrt(fit.variance_ahead(1)[0])
        effect = outcome.statistic * deviation
        assert outcome.high - effect == pytest.approx(law.ppf(0.975) * deviation, rel=1e-9)

    def test_mean_absolute_t(self):
        law = stats.t(5, scale=math.sqrt(3 / 5))
        assert mean_absolute_t(5) == pytest.approx(law.expect(abs), rel=1e-6)

    def test_short_windows_are_refused(self, days):
        with pytest.raises(WindowError, match="100 sessions"):
            Garch().fit(days[0][:50], days[1][:50], ("market",))


class TestTail:
    @pytest.fixture
    def losses(self, root):
        return np.loadtxt(root / "tests/golden/tail_losses.csv", skiprows=1)

    @pytest.fixture
    def golden(self, root):
        with (root / "tests/golden/tail_golden.csv").open() as file:
            return {row["name"]: float(row["value"]) for row in csv.DictReader(file)}

    def test_the_fit_and_the_profile_interval_agree_with_evd(self, losses, golden):
        tail, outcome = fit_tail(losses), tail_test(losses, 0.16)
        assert tail.threshold == pytest.approx(golden["threshold"])
        # evd stops its search early
        assert tail.scale == pytest.approx(golden["scale"], rel=0.01)
        assert tail.shape == pytest.approx(golden["shape"], rel=0.01)
        # the level that is exceeded once in 2,520 sessions has that probability
        assert tail.probability(golden["level2520"]) == pytest.approx(1 / 2520, rel=0.02)
        assert outcome.p == pytest.approx(golden["probability"], rel=0.01)
        assert outcome.low == pytest.approx(golden["low"], rel=1e-3)
        assert outcome.high == pytest.approx(golden["high"], rel=1e-3)

    @pytest.mark.slow
    def test_the_interval_covers(self):
        rng = np.random.default_rng(17)
        truth = stats.t.sf(6.0, 4)
        covered, below = 0, 0
        for _ in range(60):
            outcome = tail_test(rng.standard_t(4, 1000), 6.0, quantile=0.9, level=0.8)
            covered += outcome.low <= truth <= outcome.high
            below += outcome.high < truth
        # 48 of 60 are expected; three standard errors are 9
        assert 39 <= covered <= 57
        assert below < 20

    def test_a_tail_whose_fitted_shape_is_moderately_negative_is_kept(self):
        losses = np.random.default_rng(23).beta(1, 3, 4000)
        tail = fit_tail(losses)
        # a beta law of 1 and 3 ends like (1 - x)^3: its shape is -1/3
        assert tail.shape == pytest.approx(-1 / 3, abs=0.15)
        assert tail.probability(0.9) == pytest.approx(0.1**3, rel=0.5)

    def test_a_tail_that_ends_says_so_and_keeps_an_upper_bound(self):
        losses = np.random.default_rng(18).uniform(-1, 1, 1000)
        outcome = tail_test(losses, 2.0)
        assert outcome.low == 0
        assert 0 < outcome.p < 1e-300
        assert 0 <= outcome.high < 0.05
        assert "upper bound" in outcome.warning

    def test_a_tail_that_piles_up_at_its_end_is_uniform_up_to_the_deepest_loss(self):
        """The density rises towards the end, where the likelihood of a shape below -1 has none."""
        losses = 1 - np.random.default_rng(24).uniform(0, 1, 2000) ** 3
        tail = fit_tail(losses)
        assert tail.shape == -1.0
        assert tail.scale == pytest.approx(losses.max() - tail.threshold, rel=1e-6)
        middle = tail.threshold + tail.scale / 2
        assert tail.probability(middle) == pytest.approx(tail.share / 2, rel=1e-6)
        assert tail.share == pytest.approx(0.05)

    def test_thirty_losses_beyond_the_threshold_are_enough(self):
        losses = np.random.default_rng(25).standard_exponential(600)
        assert len(fit_tail(losses).excesses) == 30
        with pytest.raises(DataError, match="only 29 losses"):
            fit_tail(losses[:580])

    def test_what_is_no_loss_or_too_short_is_unavailable(self, losses):
        assert "no loss" in tail_test(losses, 0.01).unavailable
        assert "exceed" not in tail_test(losses[:100], 0.16).unavailable
        assert "longer history" in tail_test(losses[:100], 0.16).unavailable
        with pytest.raises(DataError):
            fit_tail(losses[:100])

    def test_nvidias_fall_since_1999_is_rare_but_not_unheard_of(self):
        closes = load_history("NVDA")["adj_close"].pct_change()
        before = -closes[closes.index < pd.Timestamp("2025-01-27")].dropna().to_numpy()
        outcome = tail_test(before, -closes[pd.Timestamp("2025-01-27")])
        worse = np.mean(before >= outcome.statistic)
        assert outcome.low < worse < outcome.high
        assert outcome.low < outcome.p < outcome.high


class TestPower:
    def test_published_values(self):
        assert minimum_detectable_effect(1.0, 248).statistic == pytest.approx(2.812, abs=5e-4)
        ninety = minimum_detectable_effect(1.0, 248, wanted=0.9)
        assert ninety.statistic == pytest.approx(3.254, abs=5e-4)
        one_day = minimum_detectable_effect(0.025 * math.sqrt(1 + 1 / 250), 248)
        assert one_day.statistic == pytest.approx(0.0705, abs=1e-4)

    def test_power_is_that_of_simulation(self):
        rng = np.random.default_rng(19)
        t = (rng.standard_normal(200_000) + 1.7) / np.sqrt(rng.chisquare(12, 200_000) / 12)
        share = np.mean(np.abs(t) > stats.t.ppf(0.975, 12))
        assert power(-1.7, 1.0, 12) == pytest.approx(share, abs=0.004)

    @pytest.mark.parametrize("df", [1, 3, 1000])
    def test_the_effect_has_the_power_wanted(self, df):
        effect = minimum_detectable_effect(0.02, df, wanted=0.7).statistic
        assert power(effect, 0.02, df) == pytest.approx(0.7)


def sample_of(y, x, window=1, gap=0, estimator=None, **more) -> FirmSample:
    """Fit all rows but those of the gap and the window, as a study does."""
    estimator = estimator or LeastSquares()
    stop = len(y) - window - gap
    fit = estimator.fit(y[:stop], x[:stop], ("market",))
    prediction = fit.predict(x[-window:], gap=gap)
    return FirmSample(
        estimator=estimator,
        fit=fit,
        path=AbnormalPath(0, y[-window:], prediction.expected, prediction.covariance),
        y=y[:stop],
        x=x[:stop],
        post_y=y[-window:],
        post_x=x[-window:],
        names=("market",),
        gap_y=y[stop : len(y) - window],
        gap_x=x[stop : len(y) - window],
        **more,
    )


def great_fall(window=1, **more) -> FirmSample:
    y, x = market_days(np.random.default_rng(20), 255 + window, fat=True)
    y[255] -= 0.15
    quiet = 0.02 * np.random.default_rng(3).standard_normal(200)
    scaled = ScaledPlacebo(
        -0.15, 0.02, quiet, np.full(200, 0.02), np.arange(200), np.zeros(200, dtype=np.bool_)
    )
    return sample_of(
        y,
        x,
        window,
        gap=5,
        placebo=np.random.default_rng(1).standard_normal(200),
        losses=0.02 * np.random.default_rng(2).standard_t(4, 3000),
        loss=0.15,
        scaled=scaled,
        **more,
    )


OWN = tuple(
    test.id for test in TESTS.of("firm") if test.family == "one firm" and "donors" not in test.needs
)


class TestBattery:
    settings = Settings(draws=399)

    def by_test(self, sample, settings=None):
        return {o.test: o for o in firm_battery(sample, settings or self.settings)}

    def test_every_test_has_its_place_and_all_of_one_firm_find_a_great_fall(self):
        found = self.by_test(great_fall())
        assert list(found) == [test.id for test in TESTS.of("firm")]
        for test in OWN:
            assert found[test].available, test
            if test != "mde":
                assert 0 < found[test].p < 0.02

    def test_the_same_seed_gives_the_same_outcomes_and_another_seed_others(self):
        sample = great_fall()
        assert self.by_test(sample) == self.by_test(sample)
        other = self.by_test(sample, Settings(draws=399, seed=1))
        assert other["bootstrap"].low != self.by_test(sample)["bootstrap"].low

    def test_no_test_changes_what_another_draws(self):
        sample = great_fall()
        alone = Registry(TESTS["bootstrap"])
        (outcome,) = firm_battery(sample, self.settings, tests=alone)
        assert outcome == self.by_test(sample)["bootstrap"]

    def test_no_test_of_a_fit_refits_it(self):
        """Tests read the fit that they are given, whatever it is."""
        sample = great_fall()
        doubled = replace(
            sample,
            path=replace(sample.path, covariance=4 * sample.path.covariance),
        )
        one, two = self.by_test(sample), self.by_test(doubled)
        for test in ("t", "hac-t"):
            assert two[test].statistic == pytest.approx(one[test].statistic / 2)

    def test_fat_tails_are_said(self):
        found = self.by_test(great_fall())
        assert "not normal" in found["t"].warning
        assert not found["conformal"].warning

    def test_a_window_leaves_out_what_is_for_one_session(self):
        found = self.by_test(great_fall(window=2))
        for test in ("sq", "garch-t", "evt"):
            assert found[test].unavailable == "is for one session; the window has several"
        assert found["hac-t"].available

    @pytest.mark.parametrize(
        ("estimator", "test", "reason"),
        [
            (Garch("egarch"), "conformal", "depends on the order of sessions"),
            (Ewma(), "conformal-block", "depends on the order of sessions"),
            (Rolling(), "conformal", "depends on the order of sessions"),
            (KalmanBeta(), "conformal", "depends on the order of sessions"),
            (KalmanBeta(), "placebo", "not drawn"),
            (Garch(), "placebo", "not drawn"),
            (Huber(), "bootstrap", "least squares only"),
            (Huber(), "t", "no covariance"),
            (Huber(), "bhar-placebo", "least squares only"),
            (LeastSquares(), "placebo-space", "the model has no donors"),
            (LeastSquares(), "jackknife-plus", "the model has no donors"),
        ],
    )
    def test_what_a_model_does_not_allow_says_why(self, estimator, test, reason):
        found = self.by_test(great_fall(estimator=estimator))
        assert reason in found[test].unavailable

    @pytest.mark.parametrize("estimator", [LeastSquares(), MarketAdjusted(), Huber()])
    def test_permutations_are_made_where_the_order_does_not_matter(self, estimator):
        found = self.by_test(great_fall(estimator=estimator))
        assert found["conformal"].p == pytest.approx(1 / 251)
        assert found["placebo"].available

    def test_a_garch_model_is_judged_by_its_own_law(self):
        sample = great_fall(estimator=Garch("gjr"))
        outcome = self.by_test(sample)["garch-t"]
        variance = sample.fit.variance_ahead(1, after=(sample.gap_y, sample.gap_x))[0]
        assert outcome.statistic == pytest.approx(sample.car / math.sqrt(variance))
        assert outcome.df == sample.fit.law.nu

    def test_broken_assumptions_are_seen_where_they_are(self):
        rng = np.random.default_rng(21)
        calm = rng.standard_normal(500)
        assert broken_assumptions(calm, 5) == broken_assumptions(calm, 1) == {}
        pairs = np.convolve(calm, [1, 0.5], "same")
        assert "correlate" in broken_assumptions(pairs, 2)["independent sessions"]
        assert "independent sessions" not in broken_assumptions(pairs, 1)
        clustered = calm * np.exp(np.convolve(rng.standard_normal(500), np.ones(20), "same") / 5)
        assert "clusters" in broken_assumptions(clustered, 1)["constant volatility"]
