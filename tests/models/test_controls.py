"""Control portfolios against published cases, plain formulas and a Kalman filter."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from analysis.errors import WindowError
from analysis.inference.conformal import ConformalSetting, conformal_test
from analysis.models.completion import MatrixCompletion, SplitMarket, completed
from analysis.models.differences import (
    DifferenceInDifferences,
    SyntheticDifference,
    penalised_weights,
)
from analysis.models.donors import (
    SyntheticControl,
    augmented_weights,
    best_ridge,
    simplex_weights,
)
from analysis.models.latent import InteractiveEffects, principal_components
from analysis.models.simplex import simplex_least_squares
from analysis.models.structural import StructuralTimeSeries

GOLDEN = Path(__file__).parent.parent / "golden"


def table(name):
    return pd.read_csv(GOLDEN / name, index_col=0)


def market(rows, donors, seed, noise=0.01):
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(rows, 3)) * 0.01
    loads = rng.normal(1, 0.5, size=(3, donors + 1))
    returns = common @ loads + rng.normal(size=(rows, donors + 1)) * noise
    return returns[:, 0].copy(), np.ascontiguousarray(returns[:, 1:])


class TestCalifornia:
    @pytest.fixture
    def case(self):
        packs = table("california_tobacco.csv")
        before = (packs.index < 1989).astype(bool)
        own, donors = packs["California"].to_numpy(), packs.drop(columns="California").to_numpy()
        return own[before], donors[before], own[~before], donors[~before]

    def test_difference_in_differences(self, case):
        y, x, after, donors = case
        gap = y - x.mean(axis=1)
        expected = donors.mean(axis=1) + gap.mean()
        assert (after - expected).mean() == pytest.approx(-27.3, abs=0.05)

    def test_synthetic_control(self, case):
        y, x, after, donors = case
        weights = simplex_weights(y, x)
        # published by a descent that stops early; the optimum itself is -19.51
        assert (after - donors @ weights).mean() == pytest.approx(-19.6, abs=0.12)

    def test_synthetic_difference_in_differences(self, case):
        y, x, after, donors = case
        noise = float(np.diff(x, axis=0).std(ddof=1))
        weights = penalised_weights(y, x, len(after) ** 0.25 * noise)
        target, sessions = donors.mean(axis=0), x.T
        times = simplex_least_squares(
            target - target.mean(),
            sessions - sessions.mean(axis=0),
            ridge=(1e-6 * noise) ** 2 * x.shape[1],
        ).dense(len(y))
        effect = (after - donors @ weights).mean() - times @ (y - x @ weights)
        assert effect == pytest.approx(-15.604, abs=0.01)


class TestKansas:
    @pytest.fixture
    def case(self):
        product = table("kansas_gdp.csv")
        before = np.asarray(product.index < 2012.25)
        own, donors = product["20"].to_numpy(), product.drop(columns="20").to_numpy()
        return own[before], donors[before], own[~before], donors[~before]

    def test_synthetic_control(self, case):
        y, x, after, donors = case
        fit = simplex_least_squares(y, x)
        assert (after - donors @ fit.dense(49)).mean() == pytest.approx(-0.0294, abs=5e-5)
        assert len(fit.donors) == 7
        assert fit.weights.min() == pytest.approx(0.053, abs=5e-4)
        assert fit.weights.max() == pytest.approx(0.301, abs=5e-4)
        assert np.sqrt(fit.objective) == pytest.approx(0.083, abs=5e-4)

    def test_ridge_augmentation(self, case):
        y, x, after, donors = case
        weights = augmented_weights(y, x, best_ridge(y, x))
        gaps = after - donors @ weights
        assert gaps.mean() == pytest.approx(-0.0401, abs=5e-5)
        published = [-0.022, -0.047, -0.043, -0.030, -0.041, -0.059, -0.045, -0.058]
        published += [-0.055, -0.041, -0.029, -0.040, -0.030, -0.033, -0.029, -0.038]
        np.testing.assert_allclose(gaps, published, atol=6e-4)
        assert np.linalg.norm(y - x @ weights) == pytest.approx(0.062, abs=5e-4)
        assert weights.sum() == pytest.approx(1, abs=1e-10)

    def test_conformal_ranks_and_intervals_of_every_quarter(self):
        """Published from 1,000 random permutations and a grid of effects; ours are exact."""
        product = table("kansas_gdp.csv")
        before, after = product[product.index < 2012.25], product[product.index >= 2012.25]
        names = tuple(product.columns.drop("20"))
        for (_, quarter), (p, low, high) in zip(after.iterrows(), CONFORMAL, strict=True):
            rows = pd.concat([before, quarter.to_frame().T])
            setting = ConformalSetting(
                SyntheticControl(),
                rows["20"].to_numpy(),
                np.ascontiguousarray(rows[list(names)].to_numpy()),
                names,
                1,
            )
            found = conformal_test(setting, np.random.default_rng(0))
            assert found.p == pytest.approx(p, abs=0.022)  # 2 of their standard errors
            assert (found.low, found.high) == pytest.approx((low, high), abs=0.0076)


CONFORMAL = (
    (0.123, -0.042, 0.006),
    (0.026, -0.070, -0.007),
    (0.041, -0.060, -0.001),
    (0.104, -0.046, 0.005),
    (0.042, -0.053, 0.000),
    (0.018, -0.075, -0.015),
    (0.027, -0.056, -0.010),
    (0.016, -0.074, -0.013),
    (0.019, -0.079, -0.014),
    (0.036, -0.066, 0.000),
    (0.123, -0.053, 0.018),
    (0.083, -0.074, 0.005),
    (0.122, -0.051, 0.013),
    (0.105, -0.058, 0.007),
    (0.172, -0.055, 0.013),
    (0.102, -0.067, 0.008),
)
"""p and 95 % interval of the synthetic control of Kansas by quarter, as augsynth prints them."""


@pytest.mark.parametrize(
    ("name", "treated", "begins", "apart"),
    [
        ("california_tobacco.csv", "California", 1989, 0.002),
        ("kansas_gdp.csv", "20", 2012.25, 0.005),
        ("basque_gdp.csv", "Basque Country (Pais Vasco)", 1970, 0.05),
        ("germany_gdp.csv", "West Germany", 1991, 0.005),
    ],
)
def test_no_worse_than_another_package_and_close_to_it(name, treated, begins, apart):
    product = table(name)
    before = np.asarray(product.index < begins)
    scaled = product[before].div(product[before].std(axis=1), axis=0)
    donors = scaled.drop(columns=treated)
    y, x = scaled[treated].to_numpy(), np.ascontiguousarray(donors.to_numpy())
    other = pd.read_csv(GOLDEN / "controls_pysyncon.csv")
    other = other[other["case"] == name].set_index("what")["value"]
    theirs = other.drop("mean gap").reindex(donors.columns).fillna(0.0).to_numpy()
    fit = simplex_least_squares(y, x)
    weights = fit.dense(x.shape[1])
    cost = float(np.square(y - x @ (theirs / theirs.sum())).sum())
    assert fit.objective <= cost <= 1.0015 * fit.objective
    np.testing.assert_allclose(weights, theirs, atol=apart)
    gap = product[treated] - product[donors.columns].to_numpy() @ weights
    assert gap[~before].mean() == pytest.approx(other["mean gap"], rel=0.02)


@pytest.mark.parametrize(
    ("name", "treated", "published", "years", "gap"),
    [
        (
            "basque",
            "Basque Country (Pais Vasco)",
            {"Cataluna": 0.851, "Madrid (Comunidad De)": 0.149},
            range(1975, 1998),
            -0.6996,
        ),
        (
            "germany",
            "West Germany",
            {
                "Austria": 0.415,
                "USA": 0.216,
                "Japan": 0.163,
                "Switzerland": 0.108,
                "Netherlands": 0.098,
            },
            range(1990, 2004),
            -1555.1,
        ),
    ],
)
def test_published_weights(name, treated, published, years, gap):
    predictors = table(f"{name}_predictors.csv")
    importance = predictors.pop("v")
    scaled = predictors.div(predictors.std(axis=1), axis=0).mul(np.sqrt(importance), axis=0)
    donors = scaled.drop(columns=treated)
    weights = simplex_weights(scaled[treated].to_numpy(), donors.to_numpy())
    found = dict(zip(donors.columns, weights, strict=True))
    for unit, weight in found.items():
        assert weight == pytest.approx(published.get(unit, 0.0), abs=0.012), unit
    product = table(f"{name}_gdp.csv").loc[list(years)]
    effect = product[treated] - product[donors.columns].to_numpy() @ weights
    assert effect.mean() == pytest.approx(gap, rel=0.01)


class TestDifferenceInDifferences:
    def test_is_the_constant_mean_model_of_the_gap(self):
        y, x = market(120, 7, 1)
        after = market(4, 7, 2)[1]
        fit = DifferenceInDifferences().fit(y, x, tuple("abcdefg"))
        oracle = sm.OLS(y - x.mean(axis=1), np.ones(120)).fit()
        prediction = fit.predict(after, gap=0)
        np.testing.assert_allclose(prediction.expected, after.mean(axis=1) + oracle.params[0])
        covariance = oracle.mse_resid * (np.eye(4) + 1 / 120)
        np.testing.assert_allclose(prediction.covariance, covariance, rtol=1e-12)
        assert fit.df == 119
        assert fit.coefficients["c"] == 1 / 7


class TestSyntheticDifference:
    def test_a_window_alone_is_its_own(self):
        y, x = market(200, 12, 3)
        after = market(6, 12, 4)[1]
        fit = SyntheticDifference().fit(y, x, tuple("abcdefghijkl"))
        one, two = fit.predict(after[:2], gap=0).expected, fit.predict(after[:2], gap=0).expected
        np.testing.assert_array_equal(one, two)
        weights = np.array(list(fit.coefficients.values()))[1:]
        assert weights.min() >= 0
        assert weights.sum() == pytest.approx(1)
        level = fit.session_weights(after[:2]) @ (y - x @ weights)
        np.testing.assert_allclose(one, after[:2] @ weights + level, rtol=1e-12)

    def test_a_constant_added_to_every_return_changes_no_effect(self):
        y, x = market(200, 12, 3)
        own, after = market(2, 12, 4)
        names = tuple("abcdefghijkl")
        plain = own - SyntheticDifference().fit(y, x, names).predict(after, gap=0).expected
        moved = SyntheticDifference().fit(y + 0.01, x + 0.01, names).predict(after + 0.01, gap=0)
        np.testing.assert_allclose(own + 0.01 - moved.expected, plain, atol=1e-9)


class TestInteractiveEffects:
    def test_is_the_regression_on_principal_components(self):
        y, x = market(150, 40, 5)
        after = market(3, 40, 6)[1]
        fit = InteractiveEffects(factors=3).fit(y, x, tuple(map(str, range(40))))
        centred = x - x.mean(axis=0)
        _, _, right = np.linalg.svd(centred, full_matrices=False)
        oracle = sm.OLS(y, sm.add_constant(centred @ right[:3].T)).fit()
        ahead = sm.add_constant((after - x.mean(axis=0)) @ right[:3].T, has_constant="add")
        np.testing.assert_allclose(
            fit.predict(after, gap=0).expected, ahead @ oracle.params, atol=1e-12
        )
        np.testing.assert_allclose(fit.residuals, oracle.resid, atol=1e-12)
        assert fit.df == oracle.df_resid

    def test_finds_the_number_of_factors_of_a_factor_model(self):
        ranks = []
        for seed in range(20):
            y, x = market(250, 100, seed, noise=0.004)
            scores, _ = principal_components(x)
            fit = InteractiveEffects().fit(y, x, tuple(map(str, range(100))))
            ranks.append(len(y) - 1 - fit.df)
            assert scores.T @ scores == pytest.approx(np.eye(scores.shape[1]), abs=1e-9)
        assert np.median(ranks) == 3

    def test_leaving_one_session_out_is_what_refits_give(self):
        y, x = market(60, 8, 7)
        scores, _ = principal_components(x)
        design = sm.add_constant(scores[:, :2])
        influence = sm.OLS(y, design).fit().get_influence()
        errors = []
        for row in range(60):
            keep = np.arange(60) != row
            params = sm.OLS(y[keep], design[keep]).fit().params
            errors.append(y[row] - design[row] @ params)
        np.testing.assert_allclose(influence.resid_press, errors, atol=1e-12)
        hat = 1 / 60 + np.square(scores[:, :2]).sum(axis=1)
        np.testing.assert_allclose(influence.hat_matrix_diag, hat, atol=1e-12)


class TestMatrixCompletion:
    @pytest.mark.parametrize("donors", [10, 60])
    def test_the_completed_cells_minimise_the_penalised_distance(self, donors):
        y, x = market(30, donors, 8)
        known = np.arange(30) < 27
        penalty = 0.02
        found = completed(y, SplitMarket.of(x), known, penalty)

        def cost(column):
            """The complete-data objective at its optimum over effects and low-rank part."""
            matrix = np.column_stack([x, column])
            centred = matrix - matrix.mean(1, keepdims=True) - matrix.mean(0) + matrix.mean()
            sizes = np.linalg.svd(centred, compute_uv=False)
            small = np.minimum(sizes, penalty)
            return 0.5 * float((small**2).sum()) + penalty * float(
                np.maximum(sizes - penalty, 0).sum()
            )

        # at the optimum of the observed cells' objective the missing cells are the fitted ones,
        # where the complete-data objective is least as a function of them
        column = np.where(known, y, found)
        best = cost(column)
        rng = np.random.default_rng(1)
        for _ in range(200):
            other = column.copy()
            other[~known] += rng.normal(size=3) * 10.0 ** rng.uniform(-6, -2)
            assert cost(other) >= best - 1e-15

    @pytest.mark.parametrize(("rows", "donors"), [(80, 30), (80, 79), (80, 200)])
    @pytest.mark.parametrize("without", [None, 4])
    def test_a_step_is_that_of_a_whole_decomposition(self, rows, donors, without):
        y, x = market(rows, donors, 21)
        split = SplitMarket.of(x)
        others = x if without is None else np.delete(x, without, axis=1)
        matrix = np.column_stack([others, y])
        effects = matrix.mean(1, keepdims=True) + matrix.mean(0) - matrix.mean()
        left, sizes, right = np.linalg.svd(matrix - effects, full_matrices=False)
        for penalty in (0.0, sizes[20] * (1 + 1e-9), *sizes[0] * np.array([0.01, 0.1, 0.4, 2.0])):
            shrunk = (left * np.maximum(sizes - penalty, 0)) @ right[:, -1] + effects[:, -1]
            found = split.fitted(y, penalty, without)
            np.testing.assert_allclose(found, shrunk, atol=1e-13)

    def test_a_donor_that_is_there_twice_loses_no_digits(self):
        y, x = market(60, 100, 22)
        x[:, 50:] = x[:, :50]  # axes of equal size, and a firm that none of them sees
        y = x[:, 3] + 1e-9 * y
        matrix = np.column_stack([x, y])
        effects = matrix.mean(1, keepdims=True) + matrix.mean(0) - matrix.mean()
        left, sizes, right = np.linalg.svd(matrix - effects, full_matrices=False)
        shrunk = (left * np.maximum(sizes - 0.02, 0)) @ right[:, -1] + effects[:, -1]
        np.testing.assert_allclose(SplitMarket.of(x).fitted(y, 0.02), shrunk, atol=1e-12)

    def test_a_low_rank_market_is_completed_exactly_without_penalty(self):
        rng = np.random.default_rng(3)
        matrix = rng.normal(size=(60, 1)) @ rng.normal(size=(1, 21)) * 0.01
        y, x = matrix[:, 0], matrix[:, 1:]
        fit = MatrixCompletion().fit(y[:55], x[:55], tuple(map(str, range(20))))
        np.testing.assert_allclose(fit.predict(x[55:], gap=0).expected, y[55:], atol=1e-3)
        largest = np.linalg.svd(matrix[:55] - matrix[:55].mean(axis=0), compute_uv=False)[0]
        assert fit.tuning < 0.02 * largest

    def test_an_infinite_penalty_is_two_way_effects(self):
        y, x = market(80, 9, 9)
        after = market(2, 9, 10)[1]
        fit = MatrixCompletion(penalty=1e6).fit(y, x, tuple("abcdefghi"))
        expected = after.mean(axis=1) + (y - x.mean(axis=1)).mean()
        np.testing.assert_allclose(fit.predict(after, gap=0).expected, expected, atol=1e-10)


class TestStructural:
    def test_with_hardly_any_drift_it_is_close_to_least_squares(self):
        rng = np.random.default_rng(4)
        x = rng.normal(size=(250, 1)) * 0.01
        y = 0.001 + 1.5 * x[:, 0] + rng.normal(size=250) * 0.02
        fit = StructuralTimeSeries().fit(y, x, ("market",))
        oracle = sm.OLS(y, sm.add_constant(x)).fit()
        assert fit.drift[0, 0] < 0.01  # of the noise's variance a session
        assert abs(fit.coefficients["market"] - oracle.params[1]) < 0.2 * oracle.bse[1]
        assert fit.sigma == pytest.approx(np.sqrt(oracle.mse_resid), rel=0.03)

    def test_predictions_are_those_of_the_filter(self):
        from statsmodels.tsa.statespace.structural import UnobservedComponents

        rng = np.random.default_rng(5)
        level = np.cumsum(rng.normal(size=200)) * 0.004
        x = rng.normal(size=(200, 1)) * 0.01
        y = level + 1.5 * x[:, 0] + rng.normal(size=200) * 0.01
        after = rng.normal(size=(4, 1)) * 0.01
        fit = StructuralTimeSeries().fit(y, x, ("market",))
        scale = y.std()
        model = UnobservedComponents(
            y / scale, level="local level", exog=x / scale, mle_regression=False
        )
        forecast = model.fit(disp=False).get_forecast(4, exog=after / scale)
        prediction = fit.predict(after, gap=0)
        np.testing.assert_allclose(prediction.expected, forecast.predicted_mean * scale, rtol=1e-8)
        variance = forecast.var_pred_mean * scale**2
        np.testing.assert_allclose(np.diag(prediction.covariance), variance, rtol=1e-8)


@pytest.mark.parametrize(
    "estimator",
    [DifferenceInDifferences(), SyntheticDifference(), InteractiveEffects(), MatrixCompletion()],
)
class TestAll:
    def test_no_donor_and_few_sessions_get_words(self, estimator):
        y, x = market(60, 4, 1)
        with pytest.raises(WindowError, match="needs donors"):
            estimator.fit(y, x[:, :0], ())
        with pytest.raises(WindowError, match="needs 40 estimation sessions, there are 30"):
            estimator.fit(y[:30], x[:30], tuple("abcd"))

    def test_the_order_of_donors_does_not_matter(self, estimator):
        y, x = market(150, 15, 2)
        after = market(3, 15, 3)[1]
        order = np.random.default_rng(0).permutation(15)
        names = tuple(map(str, range(15)))
        one = estimator.fit(y, x, names).predict(after, gap=0).expected
        two = estimator.fit(y, np.ascontiguousarray(x[:, order]), names).predict(
            after[:, order], gap=0
        )
        np.testing.assert_allclose(two.expected, one, atol=1e-8)
