"""Every expected-return model against statsmodels, R, SciPy and a filter written out plainly."""

from __future__ import annotations

import csv
import itertools
import math

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize
from statsmodels.regression.recursive_ls import RecursiveLS
from statsmodels.regression.rolling import RollingOLS

from analysis.errors import DataError, StudyError, WindowError
from analysis.models.asynchronous import Dimson, ScholesWilliams
from analysis.models.catalog import MODELS
from analysis.models.design import (
    ReturnArrays,
    build_design,
    check_donors,
    industry_index,
)
from analysis.models.donors import (
    ElasticNet,
    RidgeAugmented,
    SyntheticControl,
    augmented_weights,
    elastic_path,
    forward_errors,
    simplex_weights,
)
from analysis.models.linear import LeastSquares
from analysis.models.moving import Ewma, KalmanBeta, Rolling
from analysis.models.robust import Huber
from analysis.models.spec import BENCHMARK_AFTER

T, EVENT = 190, 180
ESTIMATION = np.arange(T) < 170
AT_EVENT = (np.arange(T) >= EVENT) & (np.arange(T) < EVENT + 3)
FACTORS = ("mkt_rf", "smb", "hml", "rmw", "cma", "mom", "rf")


def returns_of(seed: int, touch=None) -> ReturnArrays:
    """Draw all the series that a model may ask for; `touch` changes each of them."""
    rng = np.random.default_rng(seed)

    def series(scale: float = 0.01) -> np.ndarray:
        drawn = scale * rng.standard_normal(T)
        return drawn if touch is None else touch(drawn)

    benchmark = series()
    donors = {f"D{i}": series() + 0.3 * benchmark for i in range(6)}
    firm = series() + 1.3 * benchmark + 0.4 * donors["D1"]
    return ReturnArrays(
        "F",
        firm,
        benchmark,
        {name: series(0.001) if name == "rf" else series() for name in FACTORS},
        {"F": firm, "G": series() + benchmark, "H": series() + benchmark},
        donors,
    )


def fitted(spec, returns):
    design = build_design(spec, returns, ESTIMATION, AT_EVENT)
    rows = ESTIMATION & design.complete
    return design, spec.estimator.fit(design.y[rows], design.x[rows], design.names)


@pytest.mark.parametrize("poison", [np.nan, 1e6])
@pytest.mark.parametrize("spec", MODELS.values(), ids=list(MODELS))
def test_no_model_reads_the_event_window_or_later_while_fitting(spec, poison):
    def touch(series):
        series = series.copy()
        series[EVENT:] = poison
        return series

    _, clean = fitted(spec, returns_of(1))
    _, poisoned = fitted(spec, returns_of(1, touch))
    assert clean.coefficients == poisoned.coefficients
    np.testing.assert_array_equal(clean.residuals, poisoned.residuals)


@pytest.mark.parametrize("spec", MODELS.values(), ids=list(MODELS))
def test_every_model_keeps_the_protocol(spec):
    design, fit = fitted(spec, returns_of(2))
    rows = int((ESTIMATION & design.complete).sum())
    assert fit.residuals.shape == fit.leverage.shape == (rows,)
    assert next(iter(fit.coefficients)) == "alpha"
    assert 0 < fit.df <= rows
    assert 0.003 < fit.sigma < 0.03
    prediction = fit.predict(design.x[AT_EVENT], gap=0)
    assert prediction.expected.shape == (3,)
    if prediction.covariance is not None:
        assert prediction.covariance.shape == (3, 3)
        np.testing.assert_allclose(prediction.covariance, prediction.covariance.T)
        assert np.linalg.eigvalsh(prediction.covariance).min() > 0


class TestDesign:
    def test_the_session_before_is_the_row_before(self):
        returns = returns_of(3)
        design = build_design(MODELS["dimson"], returns, ESTIMATION, AT_EVENT)
        np.testing.assert_array_equal(design.x[1:, 1], returns.benchmark[:-1])
        assert np.isnan(design.x[0, 1])

    def test_the_session_after_stays_within_its_window(self):
        """Were it to leave it, the fit would depend on where the first event window begins."""
        returns = returns_of(3)
        design = build_design(MODELS["dimson-lead"], returns, ESTIMATION, AT_EVENT)
        after = design.x[:, design.names.index(BENCHMARK_AFTER)]
        np.testing.assert_array_equal(after[:169], returns.benchmark[1:170])
        np.testing.assert_array_equal(after[170 : EVENT - 1], returns.benchmark[171:EVENT])
        assert np.isnan(after[[169, EVENT - 1]]).all()
        assert not after[EVENT:].any()

    def test_an_estimation_window_without_a_gap_loses_the_row_that_would_leak(self):
        returns = returns_of(3)
        everything_before = np.arange(T) < EVENT
        design = build_design(MODELS["dimson-lead"], returns, everything_before, AT_EVENT)
        assert (everything_before & design.complete).sum() == EVENT - 2

    def test_the_industry_leaves_the_firm_out_and_is_orthogonal_to_the_market(self):
        returns = returns_of(4)
        design = build_design(MODELS["market-industry"], returns, ESTIMATION, AT_EVENT)
        index = (returns.members["G"] + returns.members["H"]) / 2
        own = sm.OLS(index[ESTIMATION], sm.add_constant(returns.benchmark[ESTIMATION])).fit()
        expected = index - own.predict(sm.add_constant(returns.benchmark))
        np.testing.assert_allclose(design.x[:, 1], expected, atol=1e-15)

    def test_orthogonalising_leaves_abnormal_returns_and_gives_the_one_factor_beta(self):
        returns = returns_of(5)
        design, fit = fitted(MODELS["market-industry"], returns)
        raw = np.column_stack([returns.benchmark, industry_index(returns.members, "F")])
        plain = LeastSquares().fit(returns.firm[ESTIMATION], raw[ESTIMATION], ("m", "i"))
        np.testing.assert_allclose(
            fit.predict(design.x[AT_EVENT], gap=0).expected,
            plain.predict(raw[AT_EVENT], gap=0).expected,
        )
        _, market = fitted(MODELS["market"], returns)
        assert fit.coefficients["benchmark"] == pytest.approx(market.coefficients["benchmark"])

    def test_excess_returns_give_the_rate_back_as_base(self):
        returns = returns_of(6)
        design = build_design(MODELS["capm"], returns, ESTIMATION, AT_EVENT)
        np.testing.assert_allclose(design.y + design.base, returns.firm)
        np.testing.assert_allclose(design.x[:, 0], returns.benchmark - returns.factors["rf"])

    def test_what_is_missing_is_named(self):
        bare = ReturnArrays("F", np.zeros(T))
        for model, error, words in (
            ("market", DataError, "benchmark"),
            ("ff3", DataError, "'mkt_rf'"),
            ("synthetic", StudyError, "donors"),
        ):
            with pytest.raises(error, match=words):
                build_design(MODELS[model], bare, ESTIMATION, AT_EVENT)
        alone = ReturnArrays("F", np.zeros(T), np.zeros(T), {}, {"F": np.zeros(T)})
        with pytest.raises(StudyError, match="no other member"):
            build_design(MODELS["market-industry"], alone, ESTIMATION, AT_EVENT)

    def test_an_estimation_window_that_overlaps_the_event_is_refused(self):
        with pytest.raises(DataError, match="must end before"):
            build_design(MODELS["market"], returns_of(1), np.arange(T) < 185, AT_EVENT)

    def test_affected_donors_are_refused_unless_forced(self):
        with pytest.raises(StudyError, match="AMD, AVGO"):
            check_donors(["XLP", "AVGO", "AMD"], ["AMD", "AVGO"], "NVDA")
        check_donors(["XLP", "AMD"], ["AMD"], "NVDA", force=True)
        with pytest.raises(StudyError, match="of itself"):
            check_donors(["NVDA"], [], "NVDA", force=True)

    def test_a_session_on_which_most_members_are_missing_is_missing(self):
        nan = np.nan
        members = {
            "F": np.zeros(2),
            "A": np.array([0.1, nan]),
            "B": np.array([0.3, nan]),
            "C": np.array([nan, 0.5]),
        }
        np.testing.assert_allclose(industry_index(members, "F"), [0.2, nan])


def thin_trading(seed: int, rows: int = 4000):
    """A share that does not trade on three days in ten; its price then stands still."""
    rng = np.random.default_rng(seed)
    market = 0.01 * rng.standard_normal(rows + 2)
    log_price = np.cumsum(1.5 * market + 0.005 * rng.standard_normal(rows + 2))
    seen = np.where(rng.random(rows + 2) < 0.3, np.nan, log_price)
    for k in range(1, rows + 2):
        if np.isnan(seen[k]):
            seen[k] = seen[k - 1] if k > 1 else 0.0
    y = np.diff(np.nan_to_num(seen))[1:-1]
    x = np.column_stack([market[2:-1], market[1:-2], market[3:]])
    return y, x


class TestAsynchronous:
    names = ("benchmark", "benchmark[-1]", "benchmark[+1]")

    def test_both_repair_the_beta_of_thin_trading(self):
        y, x = thin_trading(1)
        plain = LeastSquares().fit(y, x[:, :1], ("benchmark",)).coefficients["benchmark"]
        assert plain == pytest.approx(1.05, abs=0.05)
        for estimator in (ScholesWilliams(), Dimson()):
            beta = estimator.fit(y, x, self.names).coefficients["benchmark"]
            assert beta == pytest.approx(1.365, abs=0.06)

    def test_scholes_williams_is_their_ratio(self):
        y, x = thin_trading(2, 300)
        slopes = [sm.OLS(y, sm.add_constant(x[:, k])).fit().params[1] for k in range(3)]
        rho = np.corrcoef(x[:, 0], x[:, 1])[0, 1]
        fit = ScholesWilliams().fit(y, x, self.names)
        assert fit.coefficients["benchmark"] == pytest.approx(sum(slopes) / (1 + 2 * rho))
        assert fit.residuals.mean() == pytest.approx(0, abs=1e-15)

    def test_dimson_is_the_sum_of_one_regression(self):
        y, x = thin_trading(3, 300)
        full = sm.OLS(y, sm.add_constant(x)).fit()
        fit = Dimson().fit(y, x, self.names)
        assert fit.coefficients["benchmark"] == pytest.approx(full.params[1:].sum())
        test = full.t_test(np.array([0.0, 1, 1, 1]))
        variance = fit.sigma**2 * fit.spread[1, 1]
        assert math.sqrt(variance) == pytest.approx(test.sd.item(), rel=1e-9)
        assert fit.df == len(y) - 4

    @pytest.mark.parametrize("estimator", [ScholesWilliams(), Dimson()])
    def test_prediction_errors_have_the_spread_they_claim(self, estimator):
        rng = np.random.default_rng(4)
        errors, claimed = [], []
        for _ in range(600):
            market = 0.01 * rng.standard_normal(64)
            y = 1.5 * market + 0.02 * rng.standard_normal(64)
            x = np.column_stack([market[1:-1], market[:-2], market[2:]])
            fit = estimator.fit(y[1:59], x[:58], self.names)
            prediction = fit.predict(x[58:61], gap=0)
            errors.append((y[59:62] - prediction.expected).sum())
            claimed.append(prediction.covariance.sum())
        assert np.var(errors) == pytest.approx(np.mean(claimed), rel=0.15)

    def test_the_leading_column_is_not_read_in_the_window(self):
        y, x = thin_trading(5, 200)
        fit = Dimson().fit(y, x, self.names)
        window = x[:2].copy()
        window[:, 1:] = np.nan
        assert np.isfinite(fit.predict(window, gap=0).expected).all()

    def test_a_benchmark_that_turns_about_every_session_is_refused(self):
        market = np.tile([0.01, -0.01], 30)
        x = np.column_stack([market, -market, -market])
        with pytest.raises(DataError, match="autocorrelation"):
            ScholesWilliams().fit(market, x, self.names)


class TestHuber:
    def test_coefficients_are_those_of_mass(self, root):
        table = np.loadtxt(
            root / "tests/golden/many_firms_input.csv", delimiter=",", skiprows=1, max_rows=60
        )
        with (root / "tests/golden/huber_golden.csv").open() as file:
            golden = {row["name"]: float(row["value"]) for row in csv.DictReader(file)}
        fit = Huber().fit(table[:, 2], table[:, :1], ("market",))
        # statsmodels stops when the deviance moves by less than 1e-8
        assert fit.coefficients["market"] == pytest.approx(golden["market"], rel=1e-4)
        assert fit.coefficients["alpha"] == pytest.approx(golden["alpha"], rel=1e-3)
        assert fit.predict(table[:2, :1], gap=0).covariance is None
        by_hand = table[:, 2] - golden["alpha"] - golden["market"] * table[:, 0]
        np.testing.assert_allclose(fit.residuals, by_hand, atol=1e-5)
        assert fit.sigma == pytest.approx(math.sqrt(by_hand @ by_hand / 58), rel=1e-4)

    def test_an_earnings_day_hardly_moves_it(self):
        rng = np.random.default_rng(6)
        x = 0.01 * rng.standard_normal((120, 1))
        y = 1.5 * x[:, 0] + 0.01 * rng.standard_normal(120)
        x[50], y[50] = 0.03, -0.25
        robust = Huber().fit(y, x, ("m",)).coefficients["m"]
        plain = LeastSquares().fit(y, x, ("m",)).coefficients["m"]
        assert abs(robust - 1.5) < 0.35 * abs(plain - 1.5)


def days(seed: int, rows: int = 150):
    rng = np.random.default_rng(seed)
    x = 0.01 * rng.standard_normal((rows, 1))
    return 0.001 + 1.4 * x[:, 0] + 0.015 * rng.standard_normal(rows), x


class TestMoving:
    def test_ewma_is_weighted_least_squares(self):
        y, x = days(7)
        weights = 0.97 ** np.arange(149, -1, -1)
        expected = sm.WLS(y, sm.add_constant(x), weights).fit().params
        fit = Ewma().fit(y, x, ("m",))
        np.testing.assert_allclose(list(fit.coefficients.values()), expected, rtol=1e-9)
        assert 40 < fit.df < 66

    def test_ewma_without_decay_is_least_squares(self):
        y, x = days(8)
        ours, plain = Ewma(1.0).fit(y, x, ("m",)), LeastSquares().fit(y, x, ("m",))
        assert ours.df == pytest.approx(plain.df)
        assert ours.sigma == pytest.approx(plain.sigma)
        np.testing.assert_allclose(ours.leverage, plain.leverage)
        np.testing.assert_allclose(
            ours.predict(x[:3], gap=0).covariance, plain.predict(x[:3], gap=0).covariance, rtol=1e-9
        )

    def test_the_spread_of_ewma_is_that_of_simulation(self):
        rng = np.random.default_rng(9)
        x = 0.01 * rng.standard_normal((120, 1))
        errors, claimed = [], []
        for _ in range(800):
            y = x[:, 0] + 0.02 * rng.standard_normal(120)
            fit = Ewma(0.93).fit(y[:118], x[:118], ("m",))
            prediction = fit.predict(x[118:], gap=0)
            errors.append((y[118:] - prediction.expected).sum())
            claimed.append(prediction.covariance.sum())
        assert np.var(errors) == pytest.approx(np.mean(claimed), rel=0.15)

    def test_rolling_is_the_last_window_of_statsmodels(self):
        y, x = days(10)
        expected = RollingOLS(y, sm.add_constant(x), window=60).fit().params[-1]
        fit = Rolling(60).fit(y, x, ("m",))
        np.testing.assert_allclose(list(fit.coefficients.values()), expected, rtol=1e-8)
        assert fit.df == 58
        ahead = sm.OLS(y[-60:], sm.add_constant(x[-60:])).fit()
        se = ahead.get_prediction(np.array([[1.0, 0.02]])).se_obs[0]
        ours = fit.predict(np.array([[0.02]]), gap=0).covariance
        assert math.sqrt(ours[0, 0]) == pytest.approx(se, rel=1e-9)
        with pytest.raises(WindowError, match="60 estimation sessions"):
            Rolling(60).fit(y[:50], x[:50], ("m",))

    def test_a_walk_that_stands_still_is_least_squares(self):
        y, x = days(11)
        ours, plain = KalmanBeta(0.0).fit(y, x, ("m",)), LeastSquares().fit(y, x, ("m",))
        recursive = RecursiveLS(y, sm.add_constant(x)).fit()
        np.testing.assert_allclose(list(ours.coefficients.values()), recursive.params, rtol=1e-6)
        assert ours.sigma == pytest.approx(plain.sigma)
        np.testing.assert_allclose(ours.residuals, plain.residuals, atol=1e-12)
        np.testing.assert_allclose(
            ours.predict(x[:2], gap=0).covariance, plain.predict(x[:2], gap=0).covariance, rtol=1e-8
        )

    @pytest.mark.parametrize("ratio", [1e-4, 1e-2])
    def test_the_state_is_that_of_a_filter_written_out(self, ratio):
        y, x = days(12)
        fit = KalmanBeta(ratio).fit(y, x, ("m",))
        design = np.column_stack([np.ones(150), x])
        walk = np.diag([0.0, ratio / x.var()])
        state, spread = np.zeros(2), np.eye(2) * 1e7
        squares = 0.0
        for k in range(150):
            spread = spread + (walk if k else 0)
            row = design[k]
            variance = row @ spread @ row + 1
            gain = spread @ row / variance
            error = y[k] - row @ state
            squares += error**2 / variance if k > 1 else 0.0
            state, spread = state + gain * error, spread - np.outer(gain, row @ spread)
        np.testing.assert_allclose(list(fit.coefficients.values()), state, rtol=1e-4)
        np.testing.assert_allclose(fit.spread, spread, rtol=1e-4)
        assert fit.sigma == pytest.approx(math.sqrt(squares / 148), rel=1e-4)
        row = np.array([1.0, 0.02])
        one_ahead = fit.sigma**2 * (row @ (spread + walk) @ row + 1)
        assert fit.predict(np.array([[0.02]]), gap=0).covariance[0, 0] == pytest.approx(
            one_ahead, rel=1e-4
        )

    def test_the_state_spreads_through_the_gap(self):
        y, x = days(14)
        fit = KalmanBeta(1e-2).fit(y, x, ("m",))
        step = np.diag([0.0, 1e-2 / x.var()])
        first, second = np.array([1.0, 0.02]), np.array([1.0, -0.03])
        ahead = fit.predict(np.array([[0.02], [-0.03]]), gap=10).covariance / fit.sigma**2
        # ten sessions of the gap and the day itself: eleven steps of the walk
        assert ahead[0, 0] == pytest.approx(1 + first @ (fit.spread + 11 * step) @ first, rel=1e-9)
        assert ahead[1, 1] == pytest.approx(
            1 + second @ (fit.spread + 12 * step) @ second, rel=1e-9
        )
        assert ahead[0, 1] == pytest.approx(first @ (fit.spread + 11 * step) @ second, rel=1e-9)

    def test_a_beta_that_moves_is_followed_and_one_that_stays_is_not(self):
        rng = np.random.default_rng(13)
        x = 0.01 * rng.standard_normal((200, 1))
        path = 1 + np.cumsum(0.1 * rng.standard_normal(200))
        noise = 0.005 * rng.standard_normal(200)
        moving = KalmanBeta().fit(path * x[:, 0] + noise, x, ("m",))
        plain = LeastSquares().fit(path * x[:, 0] + noise, x, ("m",))
        truth = path[-1]
        assert abs(moving.coefficients["m"] - truth) < abs(plain.coefficients["m"] - truth)
        assert moving.drift[1, 1] > 0
        staying = KalmanBeta().fit(1.2 * x[:, 0] + noise, x, ("m",))
        assert staying.coefficients["m"] == pytest.approx(1.2, abs=0.1)


class TestDonors:
    @settings(max_examples=25, deadline=None)
    @given(seed=st.integers(0, 10_000), count=st.integers(1, 8))
    def test_simplex_weights_are_the_best(self, seed, count):
        rng = np.random.default_rng(seed)
        x = 0.01 * rng.standard_normal((80, count))
        y = 0.01 * rng.standard_normal(80) + 0.5 * x[:, 0]
        weights = simplex_weights(y, x)
        assert weights.min() >= 0
        assert weights.sum() == pytest.approx(1)

        def cost(w):
            return 1e4 * float(np.square(y - x @ w).sum())

        found = optimize.minimize(
            cost,
            np.full(count, 1 / count),
            bounds=[(0, 1)] * count,
            constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
            method="SLSQP",
            options={"ftol": 1e-14, "maxiter": 500},
        )
        assert cost(weights) <= found.fun + 1e-7

    def test_a_firm_that_is_a_mix_is_found(self):
        rng = np.random.default_rng(14)
        x = 0.01 * rng.standard_normal((100, 4))
        truth = np.array([0.6, 0.0, 0.4, 0.0])
        fit = SyntheticControl().fit(x @ truth, x, tuple("abcd"))
        np.testing.assert_allclose(list(fit.coefficients.values()), [0, *truth], atol=1e-6)
        assert fit.predict(x[:2], gap=0).covariance is None

    def test_ridge_correction_is_its_formula_and_falls_back_to_the_simplex(self):
        rng = np.random.default_rng(15)
        x = 0.01 * rng.standard_normal((100, 5))
        y = 1.6 * x[:, 0] + 0.01 * rng.standard_normal(100)
        start = simplex_weights(y, x)
        z = x - x.mean(axis=1, keepdims=True)
        lam = 0.1 * np.linalg.svd(z, compute_uv=False)[0] ** 2
        expected = start + np.linalg.inv(z.T @ z + lam * np.eye(5)) @ z.T @ (y - x @ start)
        np.testing.assert_allclose(augmented_weights(y, x, 0.1), expected)
        assert augmented_weights(y, x, 0.1).sum() == pytest.approx(1)
        np.testing.assert_allclose(augmented_weights(y, x, 1e9), start, atol=1e-6)
        # without a penalty: least squares over all weights that add up to 1
        free = np.linalg.lstsq(x[:, :4] - x[:, 4:], y - x[:, 4], rcond=None)[0]
        ordinary = np.append(free, 1 - free.sum())
        np.testing.assert_allclose(augmented_weights(y, x, 1e-9), ordinary, atol=1e-6)

    def test_ridge_leaves_the_simplex_where_that_predicts_better(self):
        rng = np.random.default_rng(16)
        x = 0.01 * rng.standard_normal((200, 5))
        y = 1.8 * x[:, 0] - 0.8 * x[:, 1] + 0.003 * rng.standard_normal(200)
        fit = RidgeAugmented().fit(y, x, tuple("abcde"))
        assert fit.coefficients["a"] > 1.5
        assert fit.sigma < SyntheticControl().fit(y, x, tuple("abcde")).sigma

    @pytest.mark.parametrize("mix", [0.2, 0.5, 1.0])
    def test_elastic_net_is_that_of_statsmodels(self, mix):
        rng = np.random.default_rng(17)
        x = rng.standard_normal((120, 6)) * [1, 2, 1, 0.5, 1, 1]
        y = 2 + x @ [1.0, 0, -0.5, 0, 0, 0.2] + rng.standard_normal(120)
        scaled = (x - x.mean(axis=0)) / x.std(axis=0)
        theirs = sm.OLS(y - y.mean(), scaled).fit_regularized(
            alpha=0.2, L1_wt=mix, cnvrg_tol=1e-12, maxiter=2000
        )
        ours = elastic_path(y, x, mix, [0.2])[0]
        np.testing.assert_allclose(ours[1:] * x.std(axis=0), theirs.params, atol=1e-6)
        assert ours[0] == pytest.approx(y.mean() - ours[1:] @ x.mean(axis=0))

    def test_elastic_net_keeps_the_donors_that_matter(self):
        rng = np.random.default_rng(18)
        x = 0.01 * rng.standard_normal((250, 12))
        y = 0.001 + 0.9 * x[:, 2] + 0.004 * rng.standard_normal(250)
        fit = ElasticNet(mix=1.0).fit(y, x, tuple("abcdefghijkl"))
        weights = np.array(list(fit.coefficients.values()))[1:]
        assert weights[2] > 0.8
        assert np.abs(np.delete(weights, 2)).max() < 0.1
        # the path that tuning walked ends where the penalty alone leads
        again = ElasticNet(1.0, 1e-9).fit(y, x, tuple("abcdefghijkl"))
        plain = sm.OLS(y, sm.add_constant(x)).fit().params
        np.testing.assert_allclose(list(again.coefficients.values()), plain, atol=1e-5)

    def test_tuning_looks_forward_only(self):
        rng = np.random.default_rng(19)
        x, y = rng.standard_normal((100, 2)), rng.standard_normal(100)
        seen = []

        def path(train_y, train_x):
            seen.append(len(train_y))
            np.testing.assert_array_equal(train_y, y[: len(train_y)])
            return np.zeros((1, 3))

        total = forward_errors(y, x, path)
        assert seen == [50, 60, 70, 80, 90]
        assert all(a < b for a, b in itertools.pairwise(seen))
        assert total[0] == pytest.approx(np.square(y[50:]).sum())

    def test_no_donor_or_too_few_sessions_are_refused(self):
        with pytest.raises(WindowError, match="donors"):
            SyntheticControl().fit(np.zeros(50), np.empty((50, 0)), ())
        with pytest.raises(WindowError, match="40 estimation"):
            ElasticNet().fit(np.zeros(20), np.zeros((20, 2)), ("a", "b"))
